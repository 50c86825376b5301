//! Repeats of a call: under what its reply is remembered, and when a remembered one answers.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use lp_access::{Actor, Secret};
use lp_core::{Handle, Timestamp};
use lp_ports::{ReplyKey, StoredReply};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Code, Error};

/// How long a reply is remembered.
const REMEMBERED: Duration = Duration::from_hours(24);

/// A call that its caller has named, so that it can be known again, and which question it asks.
#[derive(Debug, Clone)]
pub(crate) struct Repeat {
    pub(crate) key: ReplyKey,
    /// Keyed by the installation's secret, because it is stored: who reads the store cannot try out what was asked, such
    /// as the password of a link.
    fingerprint: [u8; 32],
    /// The same by the secret before, which may have made what is stored.
    earlier: Option<[u8; 32]>,
}

impl Repeat {
    /// Checks the caller's key, and takes the fingerprint of what is asked.
    pub(crate) fn of(
        key: &str,
        operation: &str,
        actor: &Actor,
        handle: Option<&Handle>,
        arguments: &Value,
        secret: &Secret,
    ) -> Result<Self, Error> {
        if !(1..=128).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
            let message = "an idempotency key has 1 to 128 visible ASCII characters";
            return Err(Error::field("/Idempotency-Key", "invalid_idempotency_key", message));
        }
        let asked = format!("{}\0{}", handle.map_or("", Handle::as_str), canonical(arguments));
        let [fingerprint, earlier] = [Some(secret.now()), secret.before()].map(|secret| {
            let mac = Hmac::<Sha256>::new_from_slice(secret?).ok()?;
            Some(mac.chain_update(b"repeat").chain_update(&asked).finalize().into_bytes().into())
        });
        let fingerprint = fingerprint.ok_or_else(|| Error::internal("a fingerprint could not be taken"))?;
        let key = ReplyKey { actor: actor.to_string(), operation: operation.to_owned(), key: key.to_owned() };
        Ok(Self { key, fingerprint, earlier })
    }

    /// One part of the call, of its own: the `number`th, with what it says beside the call's own question.
    pub(crate) fn part(&self, number: u32, said: &[u8; 32]) -> Self {
        let of = |whole: [u8; 32]| Sha256::new().chain_update(whole).chain_update(said).finalize().into();
        let (fingerprint, earlier) = (of(self.fingerprint), self.earlier.map(of));
        Self { key: self.part_key(number), fingerprint, earlier }
    }

    /// Under what a part is remembered, whatever it says.
    pub(crate) fn part_key(&self, number: u32) -> ReplyKey {
        ReplyKey { key: format!("{}#{number}", self.key.key), ..self.key.clone() }
    }

    /// What is stored for the repeats of a call that was answered so at this instant.
    pub(crate) fn reply(
        &self,
        created: bool,
        body: &impl Serialize,
        at: Timestamp,
    ) -> Result<StoredReply, Error> {
        Ok(StoredReply {
            key: self.key.clone(),
            fingerprint: self.fingerprint,
            created,
            body: serde_json::to_string(body).map_err(Error::internal)?,
            expires_at: at.plus(REMEMBERED),
        })
    }

    /// What was answered then, if the same was asked.
    pub(crate) fn recall<T: DeserializeOwned>(&self, stored: &StoredReply) -> Result<T, Error> {
        if ![Some(self.fingerprint), self.earlier].contains(&Some(stored.fingerprint)) {
            let message = "the idempotency key was used before for something else";
            return Err(Error::new(Code::IDEMPOTENCY_CONFLICT, message));
        }
        serde_json::from_str(&stored.body).map_err(Error::internal)
    }
}

/// The same value with the keys of every object in order: how a caller orders keys does not make another question.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> =
                object.iter().map(|(key, value)| (key.clone(), canonical(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(canonical).collect(),
        plain => plain.clone(),
    }
}
