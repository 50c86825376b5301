//! Domain values on the wire: each a string or number with a schema that says its rule and a parser that is the rule.

mod patch;
mod rules;
mod words;

use std::borrow::Cow;

use lp_access::password::NewPassword;
use lp_access::{Bio, DisplayName, Email, MailCode, Proof, ProofChallenge};
use lp_analytics::Period;
use lp_core::{
    ClickId, ConnectionId, Country, Device, Handle, ScopePattern, SessionId, Slug, TimeZone, Timestamp,
    TokenId, WebUrl,
};
use lp_links::{
    Background, CampaignId, Color, Description, Label, Position, QueryPassThrough, RedirectStatus, RuleId,
    Term, Title, TrackingValue,
};
use lp_personalization::{Cta, Origin, VariantId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

pub use patch::Patch;
pub use words::{CursorText, LinkSecret, Search, SiteUrl, Word};

/// A named format of strings: how schemas refer to a domain rule.
pub(crate) struct Format {
    pub(crate) name: &'static str,
    /// The code of a fault.
    pub(crate) code: &'static str,
    /// What is wrong with a text; `None` where nothing is.
    pub(crate) check: fn(&str) -> Option<String>,
}

/// A domain value that is read from text.
pub(crate) trait WireText: Sized {
    const FORMAT: &'static str;
    fn read(text: &str) -> Result<Self, String>;
    /// What is read as the same value again.
    fn text(&self) -> Cow<'_, str>;
    /// What the schema says beside type and format.
    fn hints() -> Value;
}

/// Whether a part of an input says nothing; then it is left out, and its schema shows no default.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A domain value where it stands in an input: on the wire a string or number, and reading it is parsing it.
///
/// In a program `value.into()` makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire<T>(
    /// The value.
    pub T,
);

macro_rules! wire_text {
    ($($ty:ty, $format:literal, $code:literal, $read:expr, $write:expr, $hints:tt;)+) => {
        $(
            impl WireText for $ty {
                const FORMAT: &'static str = $format;

                fn read(text: &str) -> Result<Self, String> {
                    let read: fn(&str) -> Result<$ty, String> = $read;
                    read(text)
                }

                fn text(&self) -> Cow<'_, str> {
                    let write: fn(&$ty) -> Cow<'_, str> = $write;
                    write(self)
                }

                fn hints() -> Value {
                    serde_json::json!($hints)
                }
            }
        )+

        /// Every format, for the validators.
        pub(crate) const FORMATS: &[Format] = &[
            $(Format { name: $format, code: $code, check: |text| <$ty as WireText>::read(text).err() },)+
        ];
    };
}

wire_text! {
    Slug, "slug", "invalid_slug", |text| Slug::parse(text).map_err(|fault| fault.to_string()),
        |slug| slug.as_str().into(),
        {"minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9-][A-Za-z0-9_-]*$", "description": "Last part of the short link; case does not matter.", "examples": ["launch"]};
    WebUrl, "web-url", "invalid_destination_url", |text| WebUrl::parse(text).map_err(|fault| fault.to_string()),
        |url| url.as_str().into(),
        {"maxLength": 4096, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?:", "description": "Absolute web address.", "examples": ["https://example.com/launch"]};
    Title, "title", "invalid_text", |text| Title::parse(text).map_err(|fault| fault.to_string()),
        |title| title.as_str().into(),
        {"minLength": 1, "maxLength": 300, "description": "One line."};
    Description, "description", "invalid_text", |text| Description::parse(text).map_err(|fault| fault.to_string()),
        |text| text.as_str().into(),
        {"minLength": 1, "maxLength": 2000};
    Label, "label", "invalid_text", |text| Label::parse(text).map_err(|fault| fault.to_string()),
        |label| label.as_str().into(),
        {"minLength": 1, "maxLength": 64};
    Search, "search", "invalid_text", Search::parse,
        |text| text.as_str().into(),
        {"minLength": 1, "maxLength": 200, "description": "Text to look for; case does not matter."};
    Email, "email-address", "invalid_email", |text| Email::parse(text).map_err(|fault| fault.to_string()),
        |email| email.as_str().into(),
        {"minLength": 3, "maxLength": 254, "description": "E-mail address; case does not matter.", "examples": ["owner@example.com"]};
    NewPassword, "password", "weak_password", |text| NewPassword::parse(text).map_err(|fault| fault.to_string()),
        |password| password.as_str().into(),
        {"minLength": 8, "maxLength": 1024, "description": "At least 8 characters, whichever."};
    MailCode, "mail-code", "malformed_code", |text| MailCode::parse(text).map_err(|fault| fault.to_string()),
        |code| code.to_string().into(),
        {"pattern": "^[0-9]{6}$", "description": "The six digits of the mail.", "examples": ["012345"]};
    ProofChallenge, "device-challenge", "malformed_challenge", words::challenge,
        |challenge| words::written(challenge).into(),
        {"pattern": "^[A-Za-z0-9_-]{43}$", "description": "SHA-256 of the proof in base64url without padding: S256 of RFC 7636.", "examples": ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"]};
    Proof, "device-proof", "malformed_proof", |text| Proof::parse(text).map_err(|fault| fault.to_string()),
        |proof| proof.as_str().into(),
        {"pattern": "^[A-Za-z0-9._~-]{43,128}$", "description": "What the challenge was made of: a code_verifier of RFC 7636.", "examples": ["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"]};
    Handle, "handle", "invalid_handle", |text| Handle::parse(text).map_err(|fault| fault.to_string()),
        |handle| handle.as_str().into(),
        {"minLength": 2, "maxLength": 32, "pattern": "^[a-z0-9][a-z0-9-]*[a-z0-9]$", "description": "Name of a space of links, and first label of its host.", "examples": ["hello"]};
    DisplayName, "display-name", "invalid_text", |text| DisplayName::parse(text).map_err(|fault| fault.to_string()),
        |name| name.as_str().into(),
        {"minLength": 1, "maxLength": 100, "description": "One line."};
    Bio, "bio", "invalid_text", |text| Bio::parse(text).map_err(|fault| fault.to_string()),
        |bio| bio.as_str().into(),
        {"minLength": 1, "maxLength": 500};
    SiteUrl, "site-url", "invalid_url", SiteUrl::parse,
        |url| url.0.as_str().into(),
        {"maxLength": 4096, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?:", "description": "Absolute web address.", "examples": ["https://example.com/about"]};
    ScopePattern, "scope", "unknown_scope", |text| ScopePattern::parse(text).map_err(|fault| fault.to_string()),
        |scope| scope.as_str().into(),
        {"minLength": 1, "maxLength": 64, "description": "A scope, a family of scopes such as links.*, or * for all.", "examples": ["links.*"]};
    ConnectionId, "connection-id", "invalid_id", |text| ConnectionId::parse(text).map_err(|_| "is not the id of a connection".to_owned()),
        |id| id.to_string().into(),
        {"pattern": "^con_[0-9a-hjkmnp-tv-z]{26}$", "description": "As the list of connections shows it.", "examples": ["con_06dq5ry9v5qk1h3mzt8n2w4c7g"]};
    ClickId, "click-id", "invalid_id", |text| ClickId::parse(text).map_err(|_| "is not the id of a click".to_owned()),
        |id| id.to_string().into(),
        {"pattern": "^clk_[0-9a-hjkmnp-tv-z]{26}$", "description": "As destinations and events tell it.", "examples": ["clk_06dq5ry9v5qk1h3mzt8n2w4c7g"]};
    TokenId, "token-id", "invalid_id", |text| TokenId::parse(text).map_err(|_| "is not the id of a token".to_owned()),
        |id| id.to_string().into(),
        {"pattern": "^[0-9a-hjkmnp-tv-z]{26}$", "description": "The part of a token between patv1_ and the dot.", "examples": ["06dq5ry9v5qk1h3mzt8n2w4c7g"]};
    SessionId, "session-id", "invalid_id", |text| SessionId::parse(text).map_err(|_| "is not the id of a session".to_owned()),
        |id| id.to_string().into(),
        {"pattern": "^ses_[0-9a-hjkmnp-tv-z]{26}$", "description": "As the list of sessions shows it.", "examples": ["ses_06dq5ry9v5qk1h3mzt8n2w4c7g"]};
    Timestamp, "instant", "invalid_instant", |text| Timestamp::parse(text).map_err(|fault| fault.to_string()),
        |at| at.to_string().into(),
        {"description": "Instant as RFC 3339.", "examples": ["2030-01-01T00:00:00Z"]};
    TimeZone, "time-zone", "invalid_time_zone", |text| TimeZone::parse(text).map_err(|fault| fault.to_string()),
        |zone| zone.name().to_owned().into(),
        {"minLength": 1, "maxLength": 64, "description": "Name of a time zone in the IANA database; case does not matter.", "examples": ["Europe/Berlin"]};
    Period, "period", "invalid_period", |text| Period::parse(text).map_err(|fault| fault.to_string()),
        |period| period.to_string().into(),
        {"pattern": "^[0-9]{1,3}[hdwm]$", "description": "How far back: hours, days, weeks or months of 30 days.", "examples": ["7d"]};
    Device, "device", "unknown_value", |text| Device::parse(text).ok_or_else(|| "must be one of mobile, tablet, desktop, bot, unknown".to_owned()),
        |device| device.as_str().into(),
        {"description": "mobile, tablet, desktop, bot or unknown; case does not matter."};
    Country, "country", "invalid_country", |text| Country::parse(text).map_err(|fault| fault.to_string()),
        |country| country.as_str().into(),
        {"pattern": "^[A-Za-z]{2}$", "description": "ISO 3166-1 alpha-2; case does not matter.", "examples": ["US"]};
    RuleId, "rule-id", "invalid_id", |text| RuleId::parse(text).map_err(|fault| fault.to_string()),
        |id| id.as_str().into(),
        {"pattern": "^[a-z0-9][a-z0-9_-]{1,63}$", "examples": ["mobile-us"]};
    VariantId, "variant-id", "invalid_id", |text| VariantId::parse(text).map_err(|fault| fault.to_string()),
        |id| id.as_str().into(),
        {"pattern": "^[A-Za-z0-9_.-]{1,64}$"};
    Cta, "call-to-action", "invalid_text", |text| Cta::parse(text).map_err(|fault| fault.to_string()),
        |cta| cta.as_str().into(),
        {"minLength": 1, "maxLength": 100};
    CampaignId, "campaign-id", "invalid_id", |text| CampaignId::parse(text).map_err(|fault| fault.to_string()),
        |id| id.as_str().into(),
        {"pattern": "^[a-z0-9][a-z0-9_-]{2,63}$"};
    Term, "term", "invalid_text", |text| Term::parse(text).map_err(|fault| fault.to_string()),
        |term| term.as_str().into(),
        {"minLength": 1, "maxLength": 100};
    Origin, "origin", "invalid_origin", |text| Origin::parse(text).map_err(|fault| fault.to_string()),
        |origin| origin.as_str().into(),
        {"maxLength": 300, "description": "Scheme, host and port of pages, as browsers send it.", "examples": ["https://shop.example.com"]};
    LinkSecret, "link-password", "invalid_text", LinkSecret::parse,
        |secret| secret.as_str().into(),
        {"minLength": 1, "maxLength": 128};
    TrackingValue, "tracking-value", "invalid_text", |text| TrackingValue::parse(text).map_err(|fault| fault.to_string()),
        |value| value.as_str().into(),
        {"minLength": 1, "maxLength": 100};
    Color, "color", "invalid_color", |text| Color::parse(text).map_err(|fault| fault.to_string()),
        |color| color.to_string().into(),
        {"pattern": "^#?[0-9A-Fa-f]{6}$"};
    Background, "background", "invalid_color", |text| Background::parse(text).map_err(|fault| format!("{fault}, or transparent")),
        |background| background.to_string().into(),
        {"pattern": "^(transparent|#?[0-9A-Fa-f]{6})$"};
    Word, "word", "invalid_text", Word::parse,
        |word| word.as_str().into(),
        {"minLength": 1, "maxLength": 200, "description": "One line."};
    CursorText, "cursor", "invalid_cursor", CursorText::parse,
        |cursor| cursor.as_str().into(),
        {"minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9_-]*$", "description": "The nextCursor of the page before."};
}

impl<'de, T: WireText> Deserialize<'de> for Wire<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        T::read(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl<T: WireText> JsonSchema for Wire<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::FORMAT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({ "type": "string", "format": T::FORMAT });
        if let Value::Object(hints) = T::hints() {
            for (key, value) in hints {
                schema.insert(key, value);
            }
        }
        schema
    }
}

impl<T: WireText> Serialize for Wire<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.text())
    }
}

impl<T> From<T> for Wire<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

/// A redirect status as its number.
impl<'de> Deserialize<'de> for Wire<RedirectStatus> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = u16::deserialize(deserializer)?;
        RedirectStatus::of(code).map(Self).ok_or_else(|| serde::de::Error::custom("not a redirect status"))
    }
}

impl Serialize for Wire<RedirectStatus> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0.code())
    }
}

impl JsonSchema for Wire<RedirectStatus> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "redirect-status".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer",
            "enum": [301, 302, 307, 308],
            "description": "HTTP status visitors get; 302 unless said otherwise."
        })
    }
}

/// A query mode by its name.
impl<'de> Deserialize<'de> for Wire<QueryPassThrough> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        QueryPassThrough::parse(&text).map(Self).ok_or_else(|| serde::de::Error::custom("not a query mode"))
    }
}

impl Serialize for Wire<QueryPassThrough> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl JsonSchema for Wire<QueryPassThrough> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "query-pass-through".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "enum": ["append", "override", "off"],
            "description": "What becomes of the query a visitor brings: it follows the destination's own, replaces parameters of the same name, or is dropped."
        })
    }
}

/// A position as its number.
impl<'de> Deserialize<'de> for Wire<Position> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        Position::of(number).map(Self).ok_or_else(|| serde::de::Error::custom("too great a position"))
    }
}

impl Serialize for Wire<Position> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0.number())
    }
}

impl JsonSchema for Wire<Position> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "position".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer",
            "minimum": 0,
            "maximum": Position::MAX,
            "description": "Place in lists, smaller first; a new link goes last."
        })
    }
}
