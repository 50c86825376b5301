//! The numbers of rules and limits.

use std::borrow::Cow;

use lp_links::{Allocation, ClickLimit, Priority};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Wire;

/// A priority as its number.
impl<'de> Deserialize<'de> for Wire<Priority> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i32::deserialize(deserializer)?;
        Priority::of(number).map(Self).ok_or_else(|| serde::de::Error::custom("a priority out of bounds"))
    }
}

impl Serialize for Wire<Priority> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.0.number())
    }
}

impl JsonSchema for Wire<Priority> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "priority".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer",
            "minimum": Priority::MIN,
            "maximum": Priority::MAX,
            "description": "Lower numbers are looked at first, ties by id; 100 unless said otherwise."
        })
    }
}

/// An allocation as its share.
impl<'de> Deserialize<'de> for Wire<Allocation> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = f64::deserialize(deserializer)?;
        Allocation::of(share).map(Self).ok_or_else(|| serde::de::Error::custom("not between 0 and 1"))
    }
}

/// Whole shares as whole numbers, as they are mostly sent.
impl Serialize for Wire<Allocation> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let share = self.0.share();
        if share <= 0.0 {
            serializer.serialize_u8(0)
        } else if share >= 1.0 {
            serializer.serialize_u8(1)
        } else {
            serializer.serialize_f64(share)
        }
    }
}

impl JsonSchema for Wire<Allocation> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "allocation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "minimum": 0,
            "maximum": 1,
            "description": "Part of the visitors who meet the rule that it takes, always the same ones; 1 unless said otherwise."
        })
    }
}

/// A limit as its number.
impl<'de> Deserialize<'de> for Wire<ClickLimit> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        ClickLimit::of(number).map(Self).ok_or_else(|| serde::de::Error::custom("a limit out of bounds"))
    }
}

impl Serialize for Wire<ClickLimit> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0.number())
    }
}

impl JsonSchema for Wire<ClickLimit> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "click-limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": ClickLimit::MAX })
    }
}
