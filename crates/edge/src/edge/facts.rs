//! What a request says of its visitor, found out only where a route asks for it.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use lp_personalization::{Asks, Decision, Policy, Room, Route, Visitor, campaign_in, referred_by, source_in};

use super::fields::text;
use super::{Inner, Visiting};

/// The cookie of visitors who were allotted to something.
const COOKIE_NAME: &str = "_lp_vid";
/// Thirty days, in seconds.
const COOKIE_AGE: u32 = 30 * 24 * 60 * 60;
/// The segment of those who bring the cookie.
const RETURNING: &[&str] = &["returning"];

/// What a visitor is known by; the same one has the same.
#[derive(Clone, Copy)]
pub(super) struct VisitorKey {
    bytes: [u8; Self::MAX],
    length: usize,
    /// The visitor brought it.
    brought: bool,
}

impl Inner {
    /// Decides for a route, or rules of its handle, that ask for more than the device. What was drawn for comes back as the cookie that lets it
    /// be drawn again.
    pub(super) fn decide_asked<'r>(
        &self,
        asks: Asks,
        route: &'r Route,
        policy: &'r Policy,
        visit: &Visiting<'_>,
        seen: Visitor<'_>,
    ) -> (Decision<'r>, Option<HeaderValue>) {
        let head = &visit.asked.head;
        let query = head.uri.query().unwrap_or("");
        let (mut source, mut campaign) = (Room::default(), Room::default());
        let of_visitor = asks.has(Asks::KEY) || asks.has(Asks::SEGMENTS);
        let key = of_visitor.then(|| self.key_of(visit));
        let mut visitor = seen;
        if asks.has(Asks::TIME) {
            visitor.at = self.clicks.now();
        }
        if asks.has(Asks::COUNTRY) {
            visitor.country = self.whereabouts.country(head.headers, visit.client);
        }
        if asks.has(Asks::SOURCE) {
            let named = source_in(query, &mut source);
            visitor.source = named.unwrap_or_else(|| referred_by(text(visit.fields.referer)));
        }
        if asks.has(Asks::CAMPAIGN) {
            visitor.campaign = campaign_in(query, &mut campaign).unwrap_or("");
        }
        if let Some(key) = &key {
            visitor.key = key.as_str();
            visitor.segments = if key.brought { RETURNING } else { &[] };
        }
        let decision = route.decide(policy, &visitor);
        let drawn = matches!(&decision, Decision::Redirect(redirect) if redirect.drawn);
        let given = key.filter(|key| drawn && !key.brought && !forbids(head.headers));
        (decision, given.and_then(|key| key.cookie(self.secure)))
    }

    fn key_of(&self, visit: &Visiting<'_>) -> VisitorKey {
        let brought = VisitorKey::brought(visit.asked.head.headers);
        brought.unwrap_or_else(|| {
            let user_agent = text(visit.fields.user_agent);
            VisitorKey::stranger(self.clicks.stranger(visit.client.address, user_agent))
        })
    }
}

impl VisitorKey {
    const MAX: usize = 64;

    /// The one of the cookie: 1 to 64 letters, digits, `-` and `_`. Whatever else stands there is none.
    fn brought(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut values = cookies.flat_map(|line| line.split(';')).filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == COOKIE_NAME).then_some(value)
        });
        let written = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let value = values.find(|value| !value.is_empty() && value.bytes().all(written))?;
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..value.len())?.copy_from_slice(value.as_bytes());
        Some(Self { bytes, length: value.len(), brought: true })
    }

    /// Of one who brings none: 16 digits.
    fn stranger(number: u64) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut bytes = [0; Self::MAX];
        for (at, place) in bytes.iter_mut().take(16).enumerate() {
            let digit = number >> (60 - 4 * at) & 15;
            *place = DIGITS[usize::try_from(digit).unwrap_or(0)];
        }
        Self { bytes, length: 16, brought: false }
    }

    /// Only ASCII is put in, so the fallback is never taken.
    fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    /// The cookie holds what was drawn with, so that the next visit draws the same.
    fn cookie(self, secure: bool) -> Option<HeaderValue> {
        let secure = if secure { "; Secure" } else { "" };
        let key = self.as_str();
        HeaderValue::try_from(format!(
            "{COOKIE_NAME}={key}; Path=/; Max-Age={COOKIE_AGE}; HttpOnly; SameSite=Lax{secure}"
        ))
        .ok()
    }
}

/// Whether the visitor does not want to be remembered: Tracking Preference Expression, or Global Privacy Control.
fn forbids(headers: &HeaderMap) -> bool {
    ["dnt", "sec-gpc"].iter().any(|name| headers.get(*name).is_some_and(|value| value == "1"))
}
