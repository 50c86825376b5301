//! JSON as callers should write it: one object, no key twice, not nested without end.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{Code, Error, Fault};

/// How deep arrays and objects may nest.
const DEPTH: usize = 32;

/// What is wrong with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadJson {
    /// What a parser says of it.
    pub message: String,
    /// Keys that stand twice, as pointers.
    pub twice: Vec<String>,
}

/// Parses one JSON object strictly: serde_json takes the last of two equal keys, and what the caller meant is lost.
pub fn parse(bytes: &[u8]) -> Result<Map<String, Value>, BadJson> {
    let faults = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let strict = Strict { path: String::new(), depth: 0, twice: &faults };
    let parsed = strict.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    let twice = faults.into_inner();
    match parsed {
        Ok(Value::Object(object)) if twice.is_empty() => Ok(object),
        Ok(Value::Object(_)) => {
            Err(BadJson { message: "a key stands twice in one object".to_owned(), twice })
        }
        Ok(_) => Err(BadJson { message: "the body must be a JSON object".to_owned(), twice }),
        Err(error) => Err(BadJson { message: format!("the body is not well-formed JSON: {error}"), twice }),
    }
}

impl From<BadJson> for Error {
    fn from(bad: BadJson) -> Self {
        let fields = bad.twice.into_iter().map(|pointer| Fault {
            pointer,
            code: "duplicate_key",
            message: "stands twice in its object".to_owned(),
        });
        Self { fields: fields.collect(), ..Self::new(Code::INVALID_PAYLOAD, bad.message) }
    }
}

struct Strict<'f> {
    path: String,
    depth: usize,
    twice: &'f RefCell<Vec<String>>,
}

impl Strict<'_> {
    fn inside<E: serde::de::Error>(&self, step: &str) -> Result<Strict<'_>, E> {
        if self.depth >= DEPTH {
            return Err(E::custom(format!("nested deeper than {DEPTH} levels")));
        }
        let step = step.replace('~', "~0").replace('/', "~1");
        Ok(Strict { path: format!("{}/{step}", self.path), depth: self.depth + 1, twice: self.twice })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let inside = self.inside::<A::Error>(&items.len().to_string())?;
            match seq.next_element_seed(inside)? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let inside = self.inside::<A::Error>(&key)?;
            let pointer = inside.path.clone();
            let value = map.next_value_seed(inside)?;
            if object.insert(key, value).is_some() {
                if self.twice.borrow().len() >= 100 {
                    return Err(A::Error::custom("more than 100 keys stand twice"));
                }
                self.twice.borrow_mut().push(pointer);
            }
        }
        Ok(Value::Object(object))
    }
}
