//! Clients as their own ids tell them: sealed texts, so that no store keeps one and every node knows all.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lp_access::{AuditEntry, AuditOutcome, Client, ClientKind, ClientName, ClientProof, RedirectUri, Secret};
use lp_core::{Handle, Timestamp};
use lp_ports::Batch;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::metadata::{ClientMetadata, RegisteredClient, Understood};
use crate::cx::Cx;
use crate::{Application, Code, Error, Ports};

/// Of clients that registered themselves.
const REGISTERED: &str = "dcr1.";
/// Of clients that the operator registered.
const VOUCHED: &str = "app1.";
/// No client id of ours is as long: what is longer is not worth a look.
const LONGEST: usize = 8_192;

/// What stands in an id.
#[derive(Serialize, Deserialize)]
struct Payload {
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "r")]
    redirects: Vec<String>,
    #[serde(rename = "p")]
    proves_by: String,
    /// Seconds since 1970.
    #[serde(rename = "t")]
    issued_at: i64,
    /// Keeps apart clients that are the same in all else: a consent is for one of them.
    #[serde(rename = "u")]
    nonce: [u8; 8],
}

/// Registers a client that the operator of the machine vouches for, and writes that down.
pub(crate) async fn vouch(
    ports: &Ports,
    secret: &Secret,
    metadata: &ClientMetadata,
) -> Result<RegisteredClient, Error> {
    let at = ports.clock.now();
    let understood = metadata.understand(ClientProof::None)?;
    let origins: Vec<_> = understood.redirects.iter().map(RedirectUri::origin).collect();
    let entry = AuditEntry {
        handle: Handle::installation(),
        at,
        actor: "operator".to_owned(),
        surface: "cli".to_owned(),
        operation: "oauth_client".to_owned(),
        subject: origins.join(" "),
        request_id: String::new(),
        outcome: AuditOutcome::Done,
    };
    let registered = seal(understood, VOUCHED, secret, at, ports.ids.random())?;
    ports.committer.commit(Batch::new(entry)).await?;
    Ok(registered)
}

impl Application {
    /// Registers an app that the operator of the machine vouches for: people are told so when it asks them. What it may do
    /// they decide all the same.
    pub async fn vouch_for_client(&self, metadata: &ClientMetadata) -> Result<RegisteredClient, Error> {
        vouch(&self.inner.ports, &self.inner.settings.secret, metadata).await
    }
}

/// Registers a client that asks for it. Nothing is stored, so who registers often fills nothing.
pub(super) async fn register(cx: Cx, metadata: ClientMetadata) -> Result<RegisteredClient, Error> {
    // What RFC 7591, 2 says of a client that does not say it.
    let understood = metadata.understand(ClientProof::Basic)?;
    seal(understood, REGISTERED, cx.secret(), cx.at(), cx.random())
}

fn seal(
    client: Understood,
    prefix: &str,
    secret: &Secret,
    at: Timestamp,
    random: [u8; 32],
) -> Result<RegisteredClient, Error> {
    let issued_at = at.micros() / 1_000_000;
    let mut nonce = [0; 8];
    nonce.copy_from_slice(&random[..8]);
    let payload = Payload {
        name: client.name.as_ref().map(|name| name.as_str().to_owned()),
        redirects: client.redirects.iter().map(ToString::to_string).collect(),
        proves_by: client.proves_by.as_str().to_owned(),
        issued_at,
        nonce,
    };
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload).map_err(Error::internal)?);
    let body = format!("{prefix}{payload}");
    let seal = mac(secret.now(), b"oauth-client", &body)?.finalize().into_bytes();
    let id = format!("{body}.{}", URL_SAFE_NO_PAD.encode(seal));
    let shown = match client.proves_by {
        ClientProof::None => None,
        ClientProof::Basic | ClientProof::Post => Some(client_secret(secret.now(), &id)?),
    };
    Ok(client.registered(id, issued_at, shown))
}

/// The client of an id that was sealed here; `None` for every other text.
pub(super) fn open(id: &str, secret: &Secret) -> Option<Client> {
    let kind = match id {
        _ if id.len() > LONGEST => return None,
        _ if id.starts_with(REGISTERED) => ClientKind::Registered,
        _ if id.starts_with(VOUCHED) => ClientKind::Vouched,
        _ => return None,
    };
    let (body, sent) = id.rsplit_once('.')?;
    let sent = URL_SAFE_NO_PAD.decode(sent).ok()?;
    let sealed = |key| mac(key, b"oauth-client", body).is_ok_and(|mac| mac.verify_slice(&sent).is_ok());
    if !secret.believed().any(sealed) {
        return None;
    }
    let (_, payload) = body.split_once('.')?;
    let payload: Payload = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(Client {
        id: id.to_owned(),
        kind,
        name: payload.name.as_deref().and_then(|name| ClientName::parse(name).ok()),
        redirects: payload.redirects.iter().filter_map(|text| RedirectUri::parse(text).ok()).collect(),
        proves_by: ClientProof::parse(&payload.proves_by)?,
    })
}

/// Which client is meant.
pub(super) async fn find(cx: &Cx, id: &str) -> Result<Client, Error> {
    if id.starts_with("https://") || id.starts_with("http://") {
        return super::documents::client(cx, id).await;
    }
    open(id, cx.secret()).ok_or_else(|| {
        let message = "this client is not registered here, or no longer; register it again";
        Error::new(Code::INVALID_CLIENT, message)
    })
}

/// The client that asks for tokens, if it is who it says it is.
pub(super) async fn authenticate(cx: &Cx, id: Option<&str>, shown: Option<&str>) -> Result<Client, Error> {
    let id = id.ok_or_else(|| Error::new(Code::INVALID_CLIENT, "name the client in client_id"))?;
    let client = find(cx, id).await?;
    if client.proves_by == ClientProof::None {
        return Ok(client);
    }
    let wrong = || Error::new(Code::INVALID_CLIENT, "the client's secret is missing or wrong");
    let shown = shown.ok_or_else(wrong)?;
    for key in cx.secret().believed() {
        if client_secret(key, id)?.as_bytes().ct_eq(shown.as_bytes()).into() {
            return Ok(client);
        }
    }
    Err(wrong())
}

/// A client's secret, which is kept nowhere: who has the installation's can say it again.
fn client_secret(key: &[u8; 32], id: &str) -> Result<String, Error> {
    let mac = mac(key, b"oauth-client-secret", id)?.finalize().into_bytes();
    Ok(format!("lpcs_{}", lp_core::base32(&mac)))
}

fn mac(key: &[u8; 32], what: &[u8], text: &str) -> Result<Hmac<Sha256>, Error> {
    let mac = Hmac::<Sha256>::new_from_slice(key).map_err(Error::internal)?;
    Ok(mac.chain_update(what).chain_update(text.as_bytes()))
}
