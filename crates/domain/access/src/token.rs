use std::fmt;

use lp_core::{Handle, Scopes, Timestamp, TokenId, UserId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;
use uuid::Uuid;

const PREFIX: &str = "patv1_";
/// 256 bits in base 32.
const SECRET_LENGTH: usize = 52;

/// A personal access token as its holder sends it: `patv1_<tokenId>.<secret>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Pat {
    pub id: TokenId,
    secret: Box<str>,
}

/// A text that claims to be a token and is not written like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a token is written patv1_<tokenId>.<secret>")]
pub struct PatFault;

/// SHA-256 of a token's secret. The secret has 256 random bits, so a slow hash would protect nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// A token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    pub id: TokenId,
    pub handle: Handle,
    pub owner: UserId,
    pub name: String,
    pub scopes: Scopes,
    pub secret: SecretHash,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// When it was last let in, to about a minute; what came in the last one may be missing.
    pub last_used_at: Option<Timestamp>,
}

/// Why a token that is written well does not open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenRefused {
    #[error("the token is not known")]
    Unknown,
    #[error("the token has expired")]
    Expired,
    #[error("the token has been revoked")]
    Revoked,
}

/// A new token: the record to store, and the only time its text is seen.
pub struct Minted {
    pub record: TokenRecord,
    pub text: String,
}

impl Pat {
    /// Whether a bearer credential claims to be of this kind.
    pub fn claims(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    pub fn parse(text: &str) -> Result<Self, PatFault> {
        let (id, secret) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')).ok_or(PatFault)?;
        let id = TokenId::parse(id).map_err(|_| PatFault)?;
        let written = secret.len() == SECRET_LENGTH
            && secret.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if written { Ok(Self { id, secret: secret.into() }) } else { Err(PatFault) }
    }

    fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.secret.as_bytes()).into())
    }
}

impl TokenRecord {
    /// Checks what the holder sent against the record, in constant time. Whether it was revoked or has expired is told
    /// only to who knows the secret.
    pub fn admit(&self, sent: &Pat, now: Timestamp) -> Result<(), TokenRefused> {
        if !bool::from(self.secret.0.ct_eq(&sent.hash().0)) {
            return Err(TokenRefused::Unknown);
        }
        self.standing(now)
    }

    /// Whether the token still opens anything, whoever holds it.
    pub fn standing(&self, now: Timestamp) -> Result<(), TokenRefused> {
        if self.revoked_at.is_some() {
            return Err(TokenRefused::Revoked);
        }
        match self.expires_at {
            Some(end) if end <= now => Err(TokenRefused::Expired),
            _ => Ok(()),
        }
    }
}

/// Makes a token from an id and 32 random bytes.
pub fn mint(
    id: Uuid,
    random: [u8; 32],
    handle: Handle,
    owner: UserId,
    name: &str,
    scopes: Scopes,
    at: Timestamp,
) -> Minted {
    let id = TokenId::new(id);
    let pat = Pat { id, secret: lp_core::base32(&random).into() };
    let record = TokenRecord {
        id,
        handle,
        owner,
        name: name.to_owned(),
        scopes,
        secret: pat.hash(),
        created_at: at,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    Minted { record, text: format!("{PREFIX}{id}.{}", pat.secret) }
}

/// Shows which token, never its secret.
impl fmt::Debug for Pat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pat({})", self.id)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}
