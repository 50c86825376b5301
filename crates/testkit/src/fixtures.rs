//! Ready values: handle `hello`, its owner, links, tokens, clicks.

use std::time::Duration;

use lp_access::{
    Account, Audience, AuditEntry, AuditOutcome, ConnectedClient, Connection, Email, HandleRecord,
    SecretHash, Session, Terms, TokenRecord,
};
use lp_analytics::{Click, Facts};
use lp_core::{
    Browser, ClickId, ConnectionId, Country, Device, Handle, Language, LinkId, Os, Region, Revision, Scopes,
    SessionId, Slug, SlugKey, Timestamp, TokenId, UserId, WebUrl,
};
use lp_links::{
    Allocation, Birth, CampaignId, ClickLimit, ControlsChange, Description, Field, Label, Labels, LinkChange,
    LinkPassword, Position, Priority, RoutingRule, RoutingRules, RuleId, SocialPreview, Term, Title,
    Tracking, TrackingValue, Utm, When,
};
use lp_ports::{Batch, Change, Guard, ReplyKey, StoredReply};
use uuid::Uuid;

use crate::START;

/// The actor in whose name fixtures write.
pub const ACTOR: &str = "operator";

pub fn handle() -> Handle {
    Handle::parse("hello").expect("a handle")
}

pub fn other_handle() -> Handle {
    Handle::parse("other").expect("a handle")
}

/// So many seconds after [`START`].
pub fn at(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

/// The UUIDv7 of the instant [`START`] with this number.
pub fn uuid(number: u64) -> Uuid {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let millis = u64::try_from(START.micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

pub fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

pub fn key(text: &str) -> SlugKey {
    slug(text).key()
}

pub fn url(text: &str) -> WebUrl {
    WebUrl::parse(text).expect("a web address")
}

pub fn title(text: &str) -> Title {
    Title::parse(text).expect("a title")
}

pub fn description(text: &str) -> Description {
    Description::parse(text).expect("a description")
}

pub fn labels(texts: &[&str]) -> Labels {
    Labels::of(texts.iter().map(|text| Label::parse(text).expect("a label"))).expect("labels")
}

pub fn position(number: u32) -> Position {
    Position::of(number).expect("a position")
}

/// The account that has `hello`. Its password hash opens nothing.
pub fn owner() -> Account {
    Account {
        id: UserId::new(uuid(1)),
        email: Email::parse("owner@example.com").expect("an e-mail address"),
        password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$none".to_owned(),
        created_at: START,
        terms: Terms::default(),
    }
}

/// A further account, with its own number and mailbox.
pub fn account(number: u64) -> Account {
    let email = Email::parse(&format!("user{number}@example.com")).expect("an e-mail address");
    Account { id: UserId::new(uuid(number)), email, ..owner() }
}

pub fn handle_record() -> HandleRecord {
    HandleRecord::new(handle(), owner().id, START)
}

/// A token of `hello` that may do everything.
pub fn token(number: u64) -> TokenRecord {
    TokenRecord {
        id: TokenId::new(uuid(number)),
        handle: handle(),
        owner: owner().id,
        name: format!("token {number}"),
        scopes: Scopes::all(),
        secret: SecretHash([u8::try_from(number % 256).unwrap_or(0); 32]),
        created_at: START,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

/// A session of the owner, begun at [`START`].
pub fn session(number: u64) -> Session {
    Session::begin(SessionId::new(uuid(number)), owner().id, "curl/8.5.0", START)
}

/// A connection of the owner in `hello`, begun at [`START`]: its code is on its way.
pub fn connection(number: u64) -> Connection {
    let client = ConnectedClient {
        id: "dcr1.eyJuIjoiRGVzayJ9.c2VhbA".to_owned(),
        name: "Desk".to_owned(),
        place: "https://desk.example".to_owned(),
    };
    Connection {
        id: ConnectionId::new(uuid(number)),
        handle: handle(),
        user: owner().id,
        client,
        audience: Audience::Handle,
        scopes: Scopes::parse(["mcp.connect", "links.read", "links.write"]).expect("scopes"),
        created_at: START,
        renewed_at: START,
        expires_at: START.plus(Connection::CODE_LIFE),
        ended_at: None,
        last_used_at: None,
    }
}

/// What a store keeps of a refresh token.
pub fn refresh(number: u64) -> SecretHash {
    let mut hash = [0; 32];
    hash[24..].copy_from_slice(&number.to_be_bytes());
    SecretHash(hash)
}

pub fn entry(handle: &Handle, at: Timestamp, operation: &str) -> AuditEntry {
    AuditEntry {
        handle: handle.clone(),
        at,
        actor: ACTOR.to_owned(),
        surface: "embedded".to_owned(),
        operation: operation.to_owned(),
        subject: String::new(),
        request_id: "req-1".to_owned(),
        outcome: AuditOutcome::Done,
    }
}

/// Makes the owner and handle `hello` in an empty store.
pub fn household() -> Batch {
    Batch::new(entry(&handle(), START, "bootstrap"))
        .guard(Guard::StoreEmpty)
        .change(Change::Account(owner()))
        .change(Change::Handle(handle_record()))
}

/// A change that sets the destination and nothing else.
pub fn to(destination: &str) -> LinkChange {
    LinkChange { destination: Field::Set(url(destination)), ..LinkChange::default() }
}

/// A change that sets everything beside the destination that an owner may decide about a link.
pub fn controls() -> ControlsChange {
    let term = |text: &str| Term::parse(text).expect("a term");
    let when = When::default()
        .sources(["Newsletter", "größer als \"%\\"].map(term))
        .and_then(|when| when.campaigns([term("spring")]))
        .and_then(|when| when.countries(["US", "XK"].map(|code| Country::parse(code).expect("a country"))))
        .and_then(|when| when.devices(Device::ALL))
        .and_then(|when| when.segments([term("returning")]));
    let value = |text: &str| TrackingValue::parse(text).expect("a value");
    let tracking =
        Tracking::default().with(Utm::Source, value("größer & so")).with(Utm::Content, value("100%"));
    let rule = |id: &str, when: When, share: f64| RoutingRule {
        id: RuleId::parse(id).expect("an id"),
        enabled: share < 1.0,
        priority: Priority::of(-7).expect("a priority"),
        when,
        destination: url("https://example.com/?a=%25#b"),
        allocation: Allocation::of(share).expect("a share"),
    };
    let rules = vec![rule("some", when.expect("few values"), 0.1), rule("all", When::default(), 1.0)];
    ControlsChange {
        start: Field::Set(START),
        end: Field::Set(at(60)),
        expiry: Field::Set(at(120)),
        fallback: Field::Set(url("https://example.org/over")),
        campaign: Field::Set(CampaignId::parse("cmp_launch").expect("an id")),
        tracking: Field::Set(tracking),
        rules: Field::Set(RoutingRules::of(rules).expect("few rules")),
        limit: ClickLimit::of(1_000).map_or(Field::Keep, Field::Set),
        password: Field::Set(
            LinkPassword::stored("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA").expect("a hash"),
        ),
        social: Field::Set(SocialPreview {
            title: Title::parse("größer \"als\"").ok(),
            description: Description::parse("two\nlines").ok(),
            image: Some(url("https://example.com/card.png")),
        }),
        append_context: Field::Set(false),
    }
}

/// A new link of `hello`.
pub fn birth(text: &str, number: u64) -> Birth {
    Birth {
        id: LinkId::new(uuid(number)),
        handle: handle(),
        slug: slug(text),
        position: Position::FIRST,
        at: START,
    }
}

/// A reply of [`ACTOR`] that is forgotten from an instant on.
pub fn reply(key: &str, body: &str, expires_at: Timestamp) -> StoredReply {
    let key = ReplyKey { actor: ACTOR.to_owned(), operation: "links_upsert".to_owned(), key: key.to_owned() };
    StoredReply { key, fingerprint: [7; 32], created: true, body: body.to_owned(), expires_at }
}

/// A visit of `hello`/`launch` by a person, at [`START`] and so many seconds.
pub fn click(number: u64) -> Click {
    Click {
        id: ClickId::new(uuid(number)),
        handle: handle(),
        link: LinkId::new(uuid(1)),
        slug: slug("launch"),
        at: at(number),
        device: Device::Desktop,
        visitor: number,
        referrer: "example.org".to_owned(),
        facts: Facts::default(),
    }
}

/// A visit as [`click`] makes it, with an id that tells its instant, and with all that is kept of a visit.
pub fn known_click(number: u64) -> Click {
    let click = click(number);
    let facts = Facts {
        country: Country::parse("US").ok(),
        region: Region::parse("CA").ok(),
        os: Os::MacOs,
        browser: Browser::Safari,
        language: Language::parse("de").ok(),
        source: "größer \0 als \u{1a} \"%".to_owned(),
        campaign: "spring sale".to_owned(),
        rule: "to-europe".to_owned(),
        variant: "b".to_owned(),
        link_revision: Some(Revision(7)),
        rules_revision: Some(Revision(1 << 60)),
        key: "0123456789abcdef".to_owned(),
        returning: true,
    };
    Click { id: ClickId::of(click.at, uuid(number)), facts, ..click }
}
