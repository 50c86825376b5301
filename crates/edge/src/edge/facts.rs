//! What a request says of its visitor. It is found out once, for the decision and for what is kept of the click.

use http::{HeaderMap, HeaderValue};
use lp_application::{Agent, Facts, Territory, bounded};
use lp_core::{Language, Revision, Timestamp};
use lp_personalization::{
    Asks, Policy, Redirect, Room, Route, Visitor, campaign_in, host_of, referred_by, source_in,
};

use super::fields::{Fields, cookies, text};
use super::remembered::Sought;
use super::{Client, Head, Inner};

/// The cookie of visitors who were allotted to something.
const COOKIE_NAME: &str = "_lp_vid";
/// Thirty days, in seconds.
const COOKIE_AGE: u32 = 30 * 24 * 60 * 60;

/// Where what stands in the query is decoded.
#[derive(Default)]
pub(super) struct Rooms {
    source: Room,
    campaign: Room,
}

/// What a request shows of its visitor.
#[derive(Clone, Copy)]
pub(super) struct LookedAt<'v> {
    pub(super) head: Head<'v>,
    pub(super) fields: Fields<'v>,
    client: Client,
    user_agent: &'v str,
    /// Where it is remembered what the user agent is, and where the address.
    agent: Sought,
    place: Sought,
}

/// What was found out of a visitor.
pub(super) struct Seen<'v> {
    pub(super) at: Timestamp,
    /// What the visitor is told apart by today.
    pub(super) stranger: u64,
    /// The host of the page that sent the visitor; empty where there is none.
    pub(super) referrer: &'v str,
    pub(super) agent: Agent,
    territory: Option<Territory>,
    language: Option<Language>,
    source: &'v str,
    campaign: &'v str,
    /// Found out where something asks for it.
    key: Option<VisitorKey>,
    returning: bool,
}

/// What a visitor is known by; the same one has the same.
#[derive(Clone, Copy)]
pub(super) struct VisitorKey {
    bytes: [u8; Self::MAX],
    length: usize,
    /// The visitor brought it.
    brought: bool,
}

impl Inner {
    /// Begins to look at a visitor: what is remembered is sought from here on.
    pub(super) fn looked_at<'v>(&self, head: Head<'v>, fields: Fields<'v>, client: Client) -> LookedAt<'v> {
        let user_agent = text(fields.user_agent);
        let (place, agent) = (self.places.seek(client), self.agents.seek(user_agent));
        LookedAt { head, fields, client, user_agent, agent, place }
    }

    /// Looks at a visitor, for a link that asks for this. All but the key is looked at in any case, because clicks keep it.
    pub(super) fn look<'v>(
        &self,
        at: Timestamp,
        visitor: LookedAt<'v>,
        asks: Asks,
        rooms: &'v mut Rooms,
    ) -> Seen<'v> {
        let LookedAt { head, fields, client, user_agent, agent, place } = visitor;
        let territory = self.places.territory(place, head.headers, client);
        let (agent, number) = self.agents.of(agent, user_agent, |text| self.clicks.agent(text));
        let query = head.uri.query().unwrap_or("");
        let brought = fields.cookie.and_then(|_| VisitorKey::brought(head.headers));
        let stranger = self.clicks.stranger(at, client.address, number);
        let referrer = host_of(text(fields.referer));
        let Rooms { source, campaign } = rooms;
        Seen {
            at,
            stranger,
            referrer,
            agent,
            territory,
            language: Language::preferred(text(fields.accept_language)),
            source: source_in(query, source).unwrap_or_else(|| referred_by(referrer)),
            campaign: campaign_in(query, campaign).unwrap_or(""),
            key: brought.or_else(|| asks.has(Asks::KEY).then(|| VisitorKey::stranger(stranger))),
            returning: brought.is_some(),
        }
    }
}

impl Seen<'_> {
    /// What is decided by.
    pub(super) fn visitor(&self) -> Visitor<'_> {
        Visitor {
            at: self.at,
            country: self.territory.map(|territory| territory.country),
            device: self.agent.device,
            source: self.source,
            campaign: self.campaign,
            segments: if self.returning { &[Visitor::RETURNING] } else { &[] },
            key: self.key.as_ref().map_or("", VisitorKey::as_str),
            ..Visitor::UNKNOWN
        }
    }

    /// What is kept with the click of a visitor who is sent on.
    pub(super) fn facts<'f>(
        &'f self,
        route: &'f Route,
        revision: Option<Revision>,
        policy: &Policy,
        redirect: &Redirect<'f>,
    ) -> Facts<&'f str> {
        let campaign = if self.campaign.is_empty() { route.campaign() } else { self.campaign };
        let drawn = self.key.as_ref().filter(|_| redirect.drawn);
        Facts {
            country: self.territory.map(|territory| territory.country),
            region: self.territory.and_then(|territory| territory.region),
            os: self.agent.os,
            browser: self.agent.browser,
            language: self.language,
            source: bounded(self.source),
            campaign: bounded(campaign),
            rule: redirect.rule().unwrap_or(""),
            variant: redirect.personal().map_or("", |personal| personal.variant()),
            link_revision: revision,
            rules_revision: Some(policy.revision()).filter(|revision| revision.0 > 0),
            key: drawn.map_or("", VisitorKey::as_str),
            returning: self.returning,
        }
    }

    /// What was drawn for comes back as the cookie that lets it be drawn again, unless the visitor does not want to be
    /// remembered.
    pub(super) fn cookie(&self, drawn: bool, headers: &HeaderMap, secure: bool) -> Option<HeaderValue> {
        let given = self.key.filter(|key| drawn && !key.brought && !forbids(headers));
        given.and_then(|key| key.cookie(secure))
    }
}

impl VisitorKey {
    const MAX: usize = 64;

    /// The one of the cookie: 1 to 64 letters, digits, `-` and `_`. Whatever else stands there is none.
    fn brought(headers: &HeaderMap) -> Option<Self> {
        let mut values = cookies(headers, COOKIE_NAME);
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
