//! Passwords of links, as visitors say them: whether one is right, how often may be guessed, and what shows later that it
//! was said.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lp_core::{LinkId, Timestamp};
use sha2::Sha256;

use crate::application::Inner;
use crate::limits::{Attempts, Turns, neighbourhood};
use crate::{Application, Code, Error, Rate};

/// Wrong passwords of one link from one place.
const PLACE: Attempts = Attempts { at_once: 5, then_each: 60 };
/// Wrong passwords of one link from everywhere.
const EVERYWHERE: Attempts = Attempts { at_once: 100, then_each: 2 };
/// Passwords from one place, right ones too and whatever the link: each takes tens of milliseconds of a core, which
/// whoever signs in waits for.
const CHECKS: Rate = Rate { per_second: 5, burst: 300 };

/// What a grant is in bytes: when it ends, in seconds since 1970, and a MAC of half of SHA-256.
const EXPIRY: usize = 8;
const MAC: usize = 16;

/// The edge's narrow way to the passwords of links. Cheap to clone.
#[derive(Clone)]
pub struct LinkLocks {
    app: Arc<Inner>,
    turns: Arc<Turns>,
}

/// What a visitor says to a link.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    /// To which one.
    pub link: LinkId,
    /// The hash of its password, as PHC text.
    pub hash: &'a str,
    /// The password, as the visitor has it.
    pub said: &'a str,
    /// Where it is said.
    pub address: IpAddr,
}

impl Application {
    /// The edge's way to the passwords of links.
    pub fn locks(&self) -> LinkLocks {
        LinkLocks { app: self.inner.clone(), turns: Arc::default() }
    }
}

impl LinkLocks {
    /// How long a visitor who said the password is not asked again.
    pub const LIFE: Duration = Duration::from_hours(12);
    /// The length of a grant, in characters of base64url.
    pub const GRANT: usize = (EXPIRY + MAC).div_ceil(3) * 4;

    /// Whether this is a grant for the link, of the password that it has now, and not too old. Neither waits nor reads.
    pub fn is_open(&self, link: LinkId, hash: &str, grant: &str) -> bool {
        self.opens(link, hash, grant).unwrap_or(false)
    }

    /// Checks a password, and gives the grant that shows later that it was right.
    ///
    /// Only wrong ones are counted, so that a crowd behind one address comes in. What is said from one place to one link
    /// is checked one after the other: of twenty guesses at once as many are looked at as of twenty in a row.
    pub async fn unlock(&self, attempt: Attempt<'_>) -> Result<String, Error> {
        let Attempt { link, hash, said, address } = attempt;
        if said.is_empty() {
            return Err(Error::new(Code::PASSWORD_REQUIRED, "say the password of the link"));
        }
        let unable = || Error::new(Code::UNAVAILABLE, "no passwords can be checked on this installation");
        let passwords = &self.app.ports.sign_in.as_ref().ok_or_else(unable)?.passwords;
        let place = neighbourhood(address);
        let (here, everywhere) = (format!("unlock:{link}|{place}"), format!("unlock:{link}"));
        let _turn = self.turns.take(&here).await;
        let counted = [(&here, PLACE), (&everywhere, EVERYWHERE)];
        for (name, attempts) in counted {
            self.may_still(name, attempts).await?;
        }
        self.pay(&format!("unlock|{place}"), CHECKS).await?;
        if passwords.matches(said.to_owned(), Some(hash.to_owned())).await? {
            return self.grant(link, hash);
        }
        for (name, attempts) in counted {
            self.note(name, attempts).await;
        }
        Err(Error::new(Code::WRONG_PASSWORD, "that is not the password of the link"))
    }

    async fn may_still(&self, name: &str, attempts: Attempts) -> Result<(), Error> {
        if self.app.settings.limits.is_none() {
            return Ok(());
        }
        let (rate, now) = (attempts.rate(), self.app.ports.clock.monotonic());
        let left = self.app.limiter.could_pay(name, rate, attempts.then_each, now).await;
        left.map_err(|wait| attempts.refusal(wait))
    }

    /// What it does not hold, others who were wrong at the same moment have taken.
    async fn note(&self, name: &str, attempts: Attempts) {
        let now = self.app.ports.clock.monotonic();
        let paid = self.app.limiter.pay(name, attempts.rate(), attempts.then_each, now).await;
        if paid.is_err() {
            tracing::debug!("more passwords were wrong at once than are counted");
        }
    }

    async fn pay(&self, name: &str, rate: Rate) -> Result<(), Error> {
        if self.app.settings.limits.is_none() {
            return Ok(());
        }
        let now = self.app.ports.clock.monotonic();
        let attempts = Attempts { at_once: rate.burst, then_each: 1 };
        self.app.limiter.pay(name, rate, 1, now).await.map_err(|wait| attempts.refusal(wait))
    }

    fn grant(&self, link: LinkId, hash: &str) -> Result<String, Error> {
        let ends = seconds(self.app.ports.clock.now().plus(Self::LIFE)).to_be_bytes();
        let mac = mac(self.app.settings.secret.now(), link, hash, ends);
        let mac = mac.ok_or_else(|| Error::internal("a grant could not be signed"))?.finalize().into_bytes();
        let mut grant = [0; EXPIRY + MAC];
        grant.iter_mut().zip(ends.into_iter().chain(mac)).for_each(|(to, from)| *to = from);
        Ok(URL_SAFE_NO_PAD.encode(grant))
    }

    fn opens(&self, link: LinkId, hash: &str, grant: &str) -> Option<bool> {
        let mut bytes = [0; EXPIRY + MAC];
        let read = (grant.len() == Self::GRANT).then_some(grant)?;
        URL_SAFE_NO_PAD.decode_slice(read, &mut bytes).ok()?;
        let (ends, sent) = bytes.split_first_chunk::<EXPIRY>()?;
        if seconds(self.app.ports.clock.now()) >= i64::from_be_bytes(*ends) {
            return Some(false);
        }
        let signed = |secret| Some(mac(secret, link, hash, *ends)?.verify_truncated_left(sent).is_ok());
        Some(self.app.settings.secret.believed().any(|secret| signed(secret).unwrap_or(false)))
    }
}

/// Over the link, the end and the hash of its password: another password ends what the one before opened.
fn mac(secret: &[u8; 32], link: LinkId, hash: &str, ends: [u8; EXPIRY]) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    Some(
        mac.chain_update(b"link-unlocked")
            .chain_update(link.uuid().as_bytes())
            .chain_update(ends)
            .chain_update(hash),
    )
}

fn seconds(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000_000)
}
