//! What an app may do in a handle for somebody, from their consent until it is taken back.

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use lp_core::{ConnectionId, Handle, Scope, ScopeFault, ScopePattern, Scopes, Timestamp, UserId};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{Proof, ProofChallenge, SecretHash, TokenRefused};

/// 256 bits in base 32.
const SECRET_LENGTH: usize = 52;

/// Scopes of other servers that libraries ask for by habit; here they mean nothing, and asking does no harm.
const FOREIGN: &[&str] = &["openid", "profile", "email", "offline_access"];

/// One consent: this app may act in this handle for this person.
///
/// It begins when the person says yes, as something that lasts as long as the code which the app is sent; what is done
/// with the code and then with each refresh token lets it go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub id: ConnectionId,
    /// The key of the handle.
    pub handle: Handle,
    pub user: UserId,
    pub client: ConnectedClient,
    pub audience: Audience,
    /// What the person allowed. What their role allows is asked at each call.
    pub scopes: Scopes,
    pub created_at: Timestamp,
    /// When the app was last given tokens.
    pub renewed_at: Timestamp,
    /// Unless it is renewed before, it ends then.
    pub expires_at: Timestamp,
    /// Taken back, or found stolen.
    pub ended_at: Option<Timestamp>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<Timestamp>,
}

/// An app as the person saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedClient {
    pub id: String,
    /// `""` where it did not say.
    pub name: String,
    /// Where its answers go: an origin.
    pub place: String,
}

/// Which addresses of the MCP server a connection is for (RFC 8707): no other one takes its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Those that name the handle: its own host, and its path on the API's.
    Handle,
    /// The one that names none.
    Shared,
}

/// What an app shows, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// Brings the first tokens, once.
    Code,
    /// Brings the next tokens, once.
    Refresh,
    /// Opens the MCP server.
    Access,
}

/// Such a thing as its holder has it: opaque, 256 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionSecret {
    pub kind: CredentialKind,
    secret: Box<str>,
}

/// Such a thing as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRecord {
    pub connection: Connection,
    pub grants: Grants,
    pub expires_at: Timestamp,
    /// When a code or refresh token was used; `None` where it still may be.
    pub used_at: Option<Timestamp>,
}

/// What it is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grants {
    /// The first tokens, for who asked.
    Code {
        /// Where the code was sent.
        redirect_uri: String,
        /// What only who asked can prove.
        challenge: ProofChallenge,
    },
    /// The next tokens.
    Refresh,
    /// These scopes: those of the connection, or fewer.
    Access(Scopes),
}

/// What becomes of a code or refresh token that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// Tokens are given out.
    Give,
    /// The token was used a moment ago and its answer seems lost: the same are given again.
    Repeat,
}

/// Why no tokens are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ExchangeRefused {
    #[error("the code or token is not known, or of another client")]
    Unknown,
    #[error("the code or token has expired; ask the person again")]
    Expired,
    #[error("the connection was taken back; ask the person again")]
    Ended,
    #[error("the code was sent to another redirect_uri")]
    Redirect,
    #[error("the code_verifier is not what the code_challenge was made of")]
    Proof,
    /// It came a second time: either of its two users stole it, so the connection ends for both (RFC 9700, 4.14.2;
    /// RFC 6749, 4.1.2).
    #[error("the code or token was used before, so the connection was ended; ask the person again")]
    Reused,
}

impl Connection {
    /// How long one lives that nobody renews.
    pub const LIFE: Duration = Duration::from_hours(30 * 24);
    /// How long a code is good.
    pub const CODE_LIFE: Duration = Duration::from_mins(1);
    /// How long an access token is good.
    pub const ACCESS_LIFE: Duration = Duration::from_mins(30);
    /// How long one is remembered after it has expired: for a list that tells what there was.
    pub const KEPT: Duration = Duration::from_hours(7 * 24);
    /// How long its codes and tokens are, so that who shows one is told that it has expired.
    pub const CREDENTIALS_KEPT: Duration = Duration::from_hours(1);
    /// So many of one app in one handle for one person: those that were renewed longest ago end before more begin.
    pub const MOST: usize = 20;

    /// Whether it goes on.
    pub fn standing(&self, now: Timestamp) -> Result<(), TokenRefused> {
        if self.ended_at.is_some() {
            return Err(TokenRefused::Revoked);
        }
        if self.expires_at <= now { Err(TokenRefused::Expired) } else { Ok(()) }
    }

    /// Whether its app has been given tokens: before that it is nothing but a code on its way.
    pub fn is_taken_up(&self) -> bool {
        self.expires_at > self.created_at.plus(Self::CODE_LIFE)
    }
}

impl CredentialRecord {
    /// How long after its use a refresh token is taken for a repeat of the same call rather than for a stolen one.
    pub const GRACE: Duration = Duration::from_secs(10);

    /// What showing this code does now (RFC 6749, 4.1.3; RFC 7636, 4.6). It is good once, without grace.
    pub fn redeem(
        &self,
        client: &str,
        redirect_uri: &str,
        proof: &Proof,
        now: Timestamp,
    ) -> Result<(), ExchangeRefused> {
        let Grants::Code { redirect_uri: sent_to, challenge } = &self.grants else {
            return Err(ExchangeRefused::Unknown);
        };
        self.is_of(client)?;
        if self.used_at.is_some() {
            return Err(ExchangeRefused::Reused);
        }
        if sent_to != redirect_uri {
            return Err(ExchangeRefused::Redirect);
        }
        if !challenge.fits(proof) {
            return Err(ExchangeRefused::Proof);
        }
        self.goes_on(now)
    }

    /// What showing this refresh token does now.
    pub fn renew(&self, client: &str, now: Timestamp) -> Result<Exchange, ExchangeRefused> {
        if self.grants != Grants::Refresh {
            return Err(ExchangeRefused::Unknown);
        }
        self.is_of(client)?;
        self.goes_on(now)?;
        match self.used_at {
            None => Ok(Exchange::Give),
            Some(used) if now <= used.plus(Self::GRACE) => Ok(Exchange::Repeat),
            Some(_) => Err(ExchangeRefused::Reused),
        }
    }

    /// What showing this access token allows.
    pub fn admit(&self, now: Timestamp) -> Result<&Scopes, TokenRefused> {
        let Grants::Access(scopes) = &self.grants else { return Err(TokenRefused::Unknown) };
        self.connection.standing(now)?;
        if self.expires_at <= now { Err(TokenRefused::Expired) } else { Ok(scopes) }
    }

    fn is_of(&self, client: &str) -> Result<(), ExchangeRefused> {
        if self.connection.client.id == client { Ok(()) } else { Err(ExchangeRefused::Unknown) }
    }

    fn goes_on(&self, now: Timestamp) -> Result<(), ExchangeRefused> {
        match self.connection.standing(now) {
            Err(TokenRefused::Revoked) => Err(ExchangeRefused::Ended),
            Err(_) => Err(ExchangeRefused::Expired),
            Ok(()) if self.expires_at <= now => Err(ExchangeRefused::Expired),
            Ok(()) => Ok(()),
        }
    }
}

impl Audience {
    const ALL: [Self; 2] = [Self::Handle, Self::Shared];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Handle => "HANDLE",
            Self::Shared => "SHARED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|audience| audience.as_str() == text)
    }
}

impl CredentialKind {
    const ALL: [Self; 3] = [Self::Code, Self::Refresh, Self::Access];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "CODE",
            Self::Refresh => "REFRESH",
            Self::Access => "ACCESS",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Code => "mcpac_",
            Self::Refresh => "mcprt_",
            Self::Access => "mcpv1_",
        }
    }
}

impl ConnectionSecret {
    /// A code, of 32 random bytes.
    pub fn code(random: [u8; 32]) -> Self {
        Self { kind: CredentialKind::Code, secret: lp_core::base32(&random).into() }
    }

    /// A text that is written like one; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        let kind = CredentialKind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
        let secret = &text[kind.prefix().len()..];
        let written = secret.len() == SECRET_LENGTH
            && secret.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        written.then(|| Self { kind, secret: secret.into() })
    }

    /// Whether a bearer credential claims to be an access token of an app.
    pub fn claims(text: &str) -> bool {
        text.starts_with(CredentialKind::Access.prefix())
    }

    /// What it is exchanged for: always the same, so that a repeat of a lost answer needs nothing to be kept readable.
    /// Nobody can tell it from this one without the installation's secret.
    #[must_use]
    pub fn next(&self, kind: CredentialKind, secret: &[u8; 32]) -> Self {
        // An HMAC takes keys of every length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else { return self.clone() };
        let mac =
            mac.chain_update(b"connection").chain_update(kind.prefix()).chain_update(self.secret.as_bytes());
        Self { kind, secret: lp_core::base32(&mac.finalize().into_bytes()).into() }
    }

    /// What is stored of it; of one kind it is nothing of another.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.text().as_bytes()).into())
    }

    /// As its holder keeps it.
    pub fn text(&self) -> String {
        format!("{}{}", self.kind.prefix(), self.secret)
    }
}

/// The scopes that a request names, each once. Families and `*` are no answer to what an app needs, so they are faults.
pub fn asked_scopes(text: &str) -> Result<Vec<Scope>, ScopeFault> {
    let mut asked = Vec::new();
    for word in text.split_ascii_whitespace().filter(|word| !FOREIGN.contains(word)) {
        let pattern = ScopePattern::parse(word)?;
        let scope = Scope::ALL.iter().find(|scope| scope.as_str() == pattern.as_str());
        let scope = *scope.ok_or_else(|| ScopeFault(word.to_owned()))?;
        if !asked.contains(&scope) {
            asked.push(scope);
        }
    }
    Ok(asked)
}

/// Shows which kind, nothing of the secret.
impl fmt::Debug for ConnectionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionSecret({:?})", self.kind)
    }
}
