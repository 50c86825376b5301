//! Domain values on the wire: each a string or number with a schema that says its rule and a parser that is the rule.

use std::borrow::Cow;

use lp_analytics::Period;
use lp_core::{Device, Slug, WebUrl};
use lp_links::{Description, Field, Label, Position, QueryPassThrough, RedirectStatus, Title};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

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
    /// What the schema says beside type and format.
    fn hints() -> Value;
}

/// A domain value where it stands in an input; reading it is parsing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wire<T>(pub T);

/// A field of a change: absent is kept, `null` is cleared, a value is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Patch<T> {
    /// Not mentioned.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A value.
    Value(T),
}

macro_rules! wire_text {
    ($($ty:ty, $format:literal, $code:literal, $read:expr, $hints:tt;)+) => {
        $(
            impl WireText for $ty {
                const FORMAT: &'static str = $format;

                fn read(text: &str) -> Result<Self, String> {
                    let read: fn(&str) -> Result<$ty, String> = $read;
                    read(text)
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
        {"minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9-][A-Za-z0-9_-]*$", "description": "Last part of the short link; case does not matter.", "examples": ["launch"]};
    WebUrl, "web-url", "invalid_destination_url", |text| WebUrl::parse(text).map_err(|fault| fault.to_string()),
        {"maxLength": 4096, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?:", "description": "Absolute web address.", "examples": ["https://example.com/launch"]};
    Title, "title", "invalid_text", |text| Title::parse(text).map_err(|fault| fault.to_string()),
        {"minLength": 1, "maxLength": 300, "description": "One line."};
    Description, "description", "invalid_text", |text| Description::parse(text).map_err(|fault| fault.to_string()),
        {"minLength": 1, "maxLength": 2000};
    Label, "label", "invalid_text", |text| Label::parse(text).map_err(|fault| fault.to_string()),
        {"minLength": 1, "maxLength": 64};
    Search, "search", "invalid_text", Search::parse,
        {"minLength": 1, "maxLength": 200, "description": "Text to look for; case does not matter."};
    Period, "period", "invalid_period", |text| Period::parse(text).map_err(|fault| fault.to_string()),
        {"pattern": "^[0-9]{1,3}[hdwm]$", "description": "How far back: hours, days, weeks or months of 30 days.", "examples": ["7d"]};
    Device, "device", "unknown_value", |text| Device::parse(text).ok_or_else(|| "must be one of mobile, tablet, desktop, bot, unknown".to_owned()),
        {"description": "mobile, tablet, desktop, bot or unknown; case does not matter."};
    Country, "country", "invalid_country", Country::parse,
        {"pattern": "^[A-Za-z]{2}$", "description": "ISO 3166-1 alpha-2; case does not matter.", "examples": ["US"]};
    Word, "word", "invalid_text", Word::parse,
        {"minLength": 1, "maxLength": 200, "description": "One line."};
    CursorText, "cursor", "invalid_cursor", CursorText::parse,
        {"minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9_-]*$", "description": "The nextCursor of the page before."};
}

/// Text to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search(pub String);

/// A country, as two upper-case letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Country(pub String);

/// A source, campaign or other plain word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word(pub String);

/// Something that could be a cursor; which list it belongs to shows when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CursorText(pub String);

impl Search {
    fn parse(text: &str) -> Result<Self, String> {
        lp_core::text::line(text, 200).map(|()| Self(text.to_owned())).map_err(|fault| fault.to_string())
    }
}

impl Country {
    fn parse(text: &str) -> Result<Self, String> {
        let letters = text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
        if letters {
            Ok(Self(text.to_ascii_uppercase()))
        } else {
            Err("must be two letters, such as US".to_owned())
        }
    }
}

impl Word {
    fn parse(text: &str) -> Result<Self, String> {
        lp_core::text::line(text, 200).map(|()| Self(text.to_owned())).map_err(|fault| fault.to_string())
    }
}

impl CursorText {
    fn parse(text: &str) -> Result<Self, String> {
        let written = (1..=200).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if written {
            Ok(Self(text.to_owned()))
        } else {
            Err("is not a cursor that a list gave out".to_owned())
        }
    }
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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Patch_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        <Option<T> as JsonSchema>::json_schema(generator)
    }
}

impl<T> Patch<T> {
    /// As the domain says it, each value passed through `read`.
    pub(crate) fn field<D>(self, read: impl FnOnce(T) -> D) -> Field<D> {
        match self {
            Self::Absent => Field::Keep,
            Self::Null => Field::Clear,
            Self::Value(value) => Field::Set(read(value)),
        }
    }
}

/// A redirect status as its number.
impl<'de> Deserialize<'de> for Wire<RedirectStatus> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = u16::deserialize(deserializer)?;
        RedirectStatus::of(code).map(Self).ok_or_else(|| serde::de::Error::custom("not a redirect status"))
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
