use std::sync::{Arc, Mutex, PoisonError};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use lp_access::{Secret, TokenRefused};
use lp_core::{SessionId, Timestamp, UserId};
use lp_ports::{AccessClaims, AccessTokens, PublishedKey, Source};
use serde::{Deserialize, Serialize};

use crate::keys::{Key, derive, term};

/// RFC 9068, 2.1: no other signed text of this installation can be taken for an access token.
const TYPE: &str = "at+jwt";
/// What nodes' clocks may differ by, in seconds.
const LEEWAY: u64 = 30;
/// Longer than any token of ours: others are not even decoded.
const LONGEST: usize = 2_048;

/// Access tokens as JSON web tokens (RFC 7519) signed with Ed25519 (RFC 8037).
///
/// There is one algorithm, and keys are those of this installation: what a token's header says of either is only
/// compared.
pub struct SignedTokens {
    secret: Secret,
    /// Who issues, and for whom: the API's origin.
    issuer: String,
    /// Of the terms that were used last, so that a token is checked without deriving a key.
    keys: Mutex<Vec<(Which, Arc<Key>)>>,
}

/// Which key: of which term, and whether of the secret before.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Which {
    term: i64,
    before: bool,
}

#[derive(Serialize, Deserialize)]
struct Body {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl SignedTokens {
    /// `issuer` is the API's origin.
    pub fn new(secret: Secret, issuer: impl Into<String>) -> Self {
        Self { secret, issuer: issuer.into(), keys: Mutex::default() }
    }

    fn key(&self, which: Which) -> Option<Arc<Key>> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = keys.iter().find(|(of, _)| *of == which) {
            return Some(key.clone());
        }
        let secret = if which.before { self.secret.before()? } else { self.secret.now() };
        let key = Arc::new(derive(secret, which.term)?);
        // The term before, this one, the next, of two secrets.
        keys.truncate(5);
        keys.insert(0, (which, key.clone()));
        Some(key)
    }

    /// The keys that may have signed something that is still good: this term's, the one before, and that of a node whose
    /// clock is ahead; of the secret, and of the one before it.
    fn current(&self, now: Timestamp) -> impl Iterator<Item = Arc<Key>> {
        let term = term(now);
        let terms = [term, term - 1, term + 1];
        let of = move |before| terms.into_iter().map(move |term| Which { term, before });
        of(false).chain(of(true)).filter_map(|which| self.key(which))
    }

    fn claims(&self, text: &str, now: Timestamp) -> Option<AccessClaims> {
        if text.len() > LONGEST {
            return None;
        }
        let header = decode_header(text).ok()?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let named = header.kid?;
        let key = self.current(now).find(|key| key.id == named)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.issuer]);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // Times are compared with the installation's clock below, not with the machine's.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let body = match decode::<Body>(text, &key.checks, &rules) {
            Ok(data) => data.claims,
            Err(error) => {
                debug_assert!(
                    !matches!(error.kind(), ErrorKind::ExpiredSignature),
                    "time is not judged here"
                );
                return None;
            }
        };
        let instant = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000));
        if instant(body.nbf.saturating_sub_unsigned(LEEWAY)) > now {
            return None;
        }
        Some(AccessClaims {
            user: UserId::parse(&body.sub).ok()?,
            session: SessionId::parse(&body.sid).ok()?,
            issued_at: instant(body.iat),
            expires_at: instant(body.exp),
        })
    }
}

impl AccessTokens for SignedTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<String, Source> {
        let which = Which { term: term(claims.issued_at), before: false };
        let key = self.key(which).ok_or("no key could be derived")?;
        let seconds = |at: Timestamp| at.micros().div_euclid(1_000_000);
        let header =
            Header { typ: Some(TYPE.to_owned()), kid: Some(key.id.clone()), ..Header::new(Algorithm::EdDSA) };
        let body = Body {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: claims.user.to_string(),
            sid: claims.session.to_string(),
            iat: seconds(claims.issued_at),
            nbf: seconds(claims.issued_at),
            exp: seconds(claims.expires_at),
        };
        Ok(encode(&header, &body, &key.signs)?)
    }

    fn check(&self, text: &str, now: Timestamp) -> Result<AccessClaims, TokenRefused> {
        let claims = self.claims(text, now).ok_or(TokenRefused::Unknown)?;
        if claims.expires_at <= now { Err(TokenRefused::Expired) } else { Ok(claims) }
    }

    fn published(&self, now: Timestamp) -> Vec<PublishedKey> {
        self.current(now).map(|key| PublishedKey { id: key.id.clone(), public: key.public }).collect()
    }
}
