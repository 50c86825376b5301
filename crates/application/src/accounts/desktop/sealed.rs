//! Attempts as the installation hands them out: whole, so that no node has to keep one, and sealed, so that none is made up.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lp_access::{DeviceAttempt, DeviceChallenge, RefreshToken};
use lp_core::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::Error;

const PREFIX: &str = "d1.";

/// An attempt, and the text that it is known by.
pub(super) struct Sealed {
    pub(super) attempt: DeviceAttempt,
    pub(super) text: String,
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
        challenge: DeviceChallenge,
        agent: &str,
        started_at: Timestamp,
        random: [u8; 32],
        secret: &[u8; 32],
    ) -> Result<Self, Error> {
        let attempt = DeviceAttempt { challenge, agent: agent.to_owned(), started_at };
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&random[..16]);
        let started = started_at.micros();
        let payload = Payload { challenge: challenge.0, agent: agent.to_owned(), started, nonce };
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload).map_err(Error::internal)?);
        let mac = mac(secret, b"desktop-attempt", &payload).ok_or_else(no_mac)?.finalize().into_bytes();
        Ok(Self { attempt, text: format!("{PREFIX}{payload}.{}", URL_SAFE_NO_PAD.encode(mac)) })
    }

    /// Opens what [`Sealed::new`] made, however old; anything else is none.
    pub(super) fn open(text: &str, secret: &[u8; 32]) -> Option<Self> {
        let (payload, sent) = text.strip_prefix(PREFIX)?.split_once('.')?;
        let sent = URL_SAFE_NO_PAD.decode(sent).ok()?;
        mac(secret, b"desktop-attempt", payload)?.verify_slice(&sent).ok()?;
        let payload: Payload = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let attempt = DeviceAttempt {
            challenge: DeviceChallenge(payload.challenge),
            agent: payload.agent,
            started_at: Timestamp::from_micros(payload.started),
        };
        Some(Self { attempt, text: text.to_owned() })
    }

    /// The refresh token of the session that answers it. It never leaves the installation, so only redeeming uses it.
    pub(super) fn ticket(&self, secret: &[u8; 32]) -> Result<RefreshToken, Error> {
        let mac = mac(secret, b"desktop-ticket", &self.text).ok_or_else(no_mac)?;
        Ok(RefreshToken::first(mac.finalize().into_bytes().into()))
    }
}

fn mac(secret: &[u8; 32], what: &[u8], text: &str) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    Some(mac.chain_update(what).chain_update(text.as_bytes()))
}

fn no_mac() -> Error {
    Error::internal("an HMAC takes keys of every length")
}
