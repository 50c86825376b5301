//! Signed addresses: a call that was allowed, to be made later by whoever holds the address, as often as they like until
//! it expires.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lp_access::Secret;
use lp_core::{ConnectionId, Handle, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::{Code, Error};

/// How long a signed address opens (decisions: uploads 15 minutes).
pub(crate) const LIFE: Duration = Duration::from_mins(15);

const PREFIX: &str = "g1.";

/// Where the bytes of a stream can be sent or fetched without a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUrl {
    /// The whole address.
    pub url: String,
    /// The method to use.
    pub method: &'static str,
    /// The content types it takes; none where it only gives.
    pub consumes: &'static [&'static str],
    /// Until when.
    pub expires_at: Timestamp,
    /// How long that is.
    pub expires_in: Duration,
}

/// What a grant allows: this operation, with these arguments, as this token or app, until then. The handle is its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    #[serde(rename = "o")]
    pub(crate) operation: String,
    #[serde(rename = "h")]
    handle: String,
    #[serde(rename = "t")]
    bearer: String,
    #[serde(rename = "a")]
    pub(crate) arguments: Map<String, Value>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    #[serde(rename = "e")]
    expires: i64,
}

/// As whom a grant acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer {
    Token(TokenId),
    Connection(ConnectionId),
}

impl Grant {
    pub(crate) fn new(
        operation: &str,
        handle: &Handle,
        bearer: Bearer,
        arguments: Map<String, Value>,
        key: Option<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            operation: operation.to_owned(),
            handle: handle.to_string(),
            bearer: match bearer {
                Bearer::Token(id) => id.to_string(),
                Bearer::Connection(id) => id.to_string(),
            },
            arguments,
            key,
            expires: now.plus(LIFE).micros(),
        }
    }

    pub(crate) fn expires_at(&self) -> Timestamp {
        Timestamp::from_micros(self.expires)
    }

    pub(crate) fn bearer(&self) -> Result<Bearer, Error> {
        let connection = ConnectionId::parse(&self.bearer).map(Bearer::Connection);
        connection.or_else(|_| TokenId::parse(&self.bearer).map(Bearer::Token)).map_err(|_| invalid())
    }

    /// As it stands in an address.
    pub(crate) fn seal(&self, secret: &[u8; 32]) -> Result<String, Error> {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).map_err(Error::internal)?);
        let mac = mac(secret, &payload)?.finalize().into_bytes();
        Ok(format!("{PREFIX}{payload}.{}", URL_SAFE_NO_PAD.encode(mac)))
    }

    /// Opens what [`Grant::seal`] made, if it is for this operation and handle and not too old.
    pub(crate) fn open(
        text: &str,
        secret: &Secret,
        operation: &str,
        handle: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (payload, sent) =
            text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')).ok_or_else(invalid)?;
        let sent = URL_SAFE_NO_PAD.decode(sent).map_err(|_| invalid())?;
        let signed_with = |secret| mac(secret, payload).is_ok_and(|mac| mac.verify_slice(&sent).is_ok());
        if !secret.believed().any(signed_with) {
            return Err(invalid());
        }
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| invalid())?;
        let grant: Self = serde_json::from_slice(&payload).map_err(|_| invalid())?;
        if grant.operation != operation || handle.is_some_and(|handle| handle != grant.handle) {
            return Err(invalid());
        }
        if grant.expires_at() <= now {
            return Err(Error::new(Code::TOKEN_EXPIRED, "the signed address has expired; ask for a new one"));
        }
        Ok(grant)
    }
}

fn mac(secret: &[u8; 32], payload: &str) -> Result<Hmac<Sha256>, Error> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(Error::internal)?;
    mac.update(b"grant");
    mac.update(payload.as_bytes());
    Ok(mac)
}

fn invalid() -> Error {
    Error::new(Code::INVALID_TOKEN, "the signed address is not one of ours, or not for this")
}
