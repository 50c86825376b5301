use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{Engine, encoded_len};
use lp_access::Secret;
use lp_core::Timestamp;
use lp_personalization::Context;
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::keys::{Key, term};
use crate::{Code, Error};

const PREFIX: &str = "ctx1.";
const MAC_TEXT: usize = Key::MAC.div_ceil(3) * 4 - 2;
/// A payload: which key, and what is said.
const PAYLOAD: usize = Key::ID + Context::MAX;
/// Few payloads are longer.
const USUAL: usize = 128;
/// No token is longer.
const LONGEST: usize = PREFIX.len() + PAYLOAD.div_ceil(3) * 4 + 1 + MAC_TEXT;
/// Ten years of keys are derived once each; after that each token derives its own.
const TERMS: usize = 122;

/// Makes context tokens and opens them: the edge's narrow way to their keys. Cheap to clone.
///
/// A token is `ctx1.<payload>.<mac>`, both base64url without padding (RFC 4648, 5). The payload is the id of the key and
/// the compact form of the context.
#[derive(Clone)]
pub struct ContextMint {
    shared: Arc<Shared>,
}

struct Shared {
    secret: Secret,
    /// The term of the first of the keys.
    first: u16,
    keys: Box<[OnceLock<Key>]>,
}

/// Room for what a token says.
#[derive(Debug, Default)]
pub struct ContextRoom(Vec<u8>);

/// Why a text tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ContextRefused {
    /// It is not written as tokens are, or not whole.
    #[error("this is not a context token: one is written ctx1.<payload>.<mac>, and taken over whole")]
    Malformed,
    /// Of another installation, or of a secret that was followed by two others.
    #[error("the context token was made with a key that this installation does not know, or not any more")]
    UnknownKey,
    /// Somebody wrote or changed it who has not the key.
    #[error("the context token was changed on its way")]
    Forged,
    /// Its time is over.
    #[error("the context token has expired; they are good for 30 days")]
    Expired,
}

impl ContextMint {
    /// How long a token is good.
    pub const LIFE: Duration = Duration::from_hours(30 * 24);

    pub(crate) fn new(secret: Secret, now: Timestamp) -> Self {
        let keys = (0..TERMS).map(|_| OnceLock::new()).collect();
        Self { shared: Arc::new(Shared { secret, first: term(now), keys }) }
    }

    /// The token that says this.
    pub fn mint(&self, context: &Context<'_>) -> String {
        let term = term(context.at);
        match self.shared.key(term) {
            Some(key) => sealed(key, context),
            None => sealed(&Key::derive(self.shared.secret.now(), term), context),
        }
    }

    /// What a token says, if it was made here and not too long ago.
    pub fn open<'r>(
        &self,
        text: &str,
        room: &'r mut ContextRoom,
        now: Timestamp,
    ) -> Result<Context<'r>, ContextRefused> {
        let malformed = || ContextRefused::Malformed;
        if text.len() > LONGEST {
            return Err(ContextRefused::Malformed);
        }
        let parts = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.'));
        let (payload, sent) = parts.ok_or_else(malformed)?;
        let mut mac = [0; Key::MAC];
        match URL_SAFE_NO_PAD.decode_slice(sent, &mut mac) {
            Ok(Key::MAC) => {}
            _ => return Err(ContextRefused::Malformed),
        }
        room.0.clear();
        URL_SAFE_NO_PAD.decode_vec(payload, &mut room.0).map_err(|_| ContextRefused::Malformed)?;
        let (id, form) = room.0.split_first_chunk::<{ Key::ID }>().ok_or_else(malformed)?;
        let mut candidates = self.shared.candidates(*id).peekable();
        if candidates.peek().is_none() {
            return Err(ContextRefused::UnknownKey);
        }
        if !candidates.any(|key| bool::from(key.mac(&room.0).ct_eq(&mac))) {
            return Err(ContextRefused::Forged);
        }
        let context = Context::decode(form).map_err(|_| ContextRefused::Malformed)?;
        if context.at.plus(Self::LIFE) <= now { Err(ContextRefused::Expired) } else { Ok(context) }
    }
}

impl Shared {
    /// The key that makes tokens of a term; `None` where it is not kept.
    fn key(&self, term: u16) -> Option<&Key> {
        let at = usize::from(term.checked_sub(self.first)?);
        Some(self.keys.get(at)?.get_or_init(|| Key::derive(self.secret.now(), term)))
    }

    /// The keys that an id may mean, of the secret and of the one before it.
    fn candidates(&self, id: [u8; Key::ID]) -> impl Iterator<Item = Key> {
        let term = Key::term_of(id);
        self.secret.believed().map(move |secret| Key::derive(secret, term)).filter(move |key| key.id == id)
    }
}

/// A token made with this key.
fn sealed(key: &Key, context: &Context<'_>) -> String {
    let mut payload = Vec::with_capacity(USUAL);
    payload.extend_from_slice(&key.id);
    context.encode(&mut payload);
    let said = encoded_len(payload.len(), false).unwrap_or(0);
    let mut text = vec![b'.'; PREFIX.len() + said + 1 + MAC_TEXT];
    let (prefix, rest) = text.split_at_mut(PREFIX.len());
    let (before, behind) = rest.split_at_mut(said);
    prefix.copy_from_slice(PREFIX.as_bytes());
    // Each has exactly the room it takes.
    let written = URL_SAFE_NO_PAD.encode_slice(&payload, before).is_ok()
        && URL_SAFE_NO_PAD.encode_slice(key.mac(&payload), &mut behind[1..]).is_ok();
    debug_assert!(written, "a token is as long as was said");
    String::from_utf8(text).unwrap_or_default()
}

impl From<ContextRefused> for Error {
    fn from(refused: ContextRefused) -> Self {
        let code = match refused {
            ContextRefused::Expired => Code::CONTEXT_EXPIRED,
            _ => Code::INVALID_CONTEXT,
        };
        Self::new(code, refused.to_string())
    }
}
