//! Attempts as the installation hands them out: whole, so that no node has to keep one, and sealed, so that none is made up.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lp_access::{DeviceAttempt, ProofChallenge, RefreshToken, Secret};
use lp_core::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::Error;

const PREFIX: &str = "d1.";

/// An attempt, and the text that it is known by.
pub(super) struct Sealed {
    pub(super) attempt: DeviceAttempt,
    pub(super) text: String,
    /// The refresh token of the session that answers it, of the secret that sealed it. It never leaves the installation, so
    /// only redeeming uses it.
    pub(super) ticket: RefreshToken,
}

/// What stands in the text.
#[derive(Serialize, Deserialize)]
struct Payload {
    #[serde(rename = "c")]
    challenge: [u8; 32],
    #[serde(rename = "a")]
    agent: String,
    #[serde(rename = "s")]
    started: i64,
    /// Keeps apart attempts that are the same in all else.
    #[serde(rename = "n")]
    nonce: [u8; 16],
}

impl Sealed {
    pub(super) fn new(
        challenge: ProofChallenge,
        agent: &str,
        started_at: Timestamp,
        random: [u8; 32],
        secret: &Secret,
    ) -> Result<Self, Error> {
        let attempt = DeviceAttempt { challenge, agent: agent.to_owned(), started_at };
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&random[..16]);
        let started = started_at.micros();
        let payload = Payload { challenge: challenge.0, agent: agent.to_owned(), started, nonce };
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload).map_err(Error::internal)?);
        let no_mac = || Error::internal("an HMAC takes keys of every length");
        let seal = mac(secret.now(), b"desktop-attempt", &payload).ok_or_else(no_mac)?;
        let text = format!("{PREFIX}{payload}.{}", URL_SAFE_NO_PAD.encode(seal.finalize().into_bytes()));
        let ticket = ticket(secret.now(), &text).ok_or_else(no_mac)?;
        Ok(Self { attempt, text, ticket })
    }

    /// Opens what [`Sealed::new`] made, however old; anything else is none.
    pub(super) fn open(text: &str, secret: &Secret) -> Option<Self> {
        let (payload, sent) = text.strip_prefix(PREFIX)?.split_once('.')?;
        let sent = URL_SAFE_NO_PAD.decode(sent).ok()?;
        let sealed = |key: &&[u8; 32]| {
            mac(key, b"desktop-attempt", payload).is_some_and(|mac| mac.verify_slice(&sent).is_ok())
        };
        let ticket = ticket(secret.believed().find(sealed)?, text)?;
        let payload: Payload = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let attempt = DeviceAttempt {
            challenge: ProofChallenge(payload.challenge),
            agent: payload.agent,
            started_at: Timestamp::from_micros(payload.started),
        };
        Some(Self { attempt, text: text.to_owned(), ticket })
    }
}

fn ticket(secret: &[u8; 32], text: &str) -> Option<RefreshToken> {
    let mac = mac(secret, b"desktop-ticket", text)?;
    Some(RefreshToken::first(mac.finalize().into_bytes().into()))
}

fn mac(secret: &[u8; 32], what: &[u8], text: &str) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    Some(mac.chain_update(what).chain_update(text.as_bytes()))
}
