//! JSON as callers should write it: one object, no key twice, not nested without end.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{Code, Error, Fault};

/// How deep arrays and objects may nest.
const DEPTH: usize = 32;
/// How many values one body may hold: far more than any operation takes, few enough that a hostile body of two
/// megabytes costs no more memory than its size suggests.
const MOST_VALUES: usize = 50_000;

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
    let seen = Seen::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let strict = Strict { place: &Place::Root, depth: 0, seen: &seen };
    let parsed = strict.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    let twice = seen.twice.into_inner();
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

/// One step of a JSON pointer, with `~` and `/` written as RFC 6901 wants them.
pub fn pointer_step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Where a value stands: steps that point up, so that going down copies nothing.
enum Place<'p> {
    Root,
    Key(&'p Place<'p>, &'p str),
    Index(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(above, key) => format!("{}/{}", above.pointer(), pointer_step(key)),
            Self::Index(above, index) => format!("{}/{index}", above.pointer()),
        }
    }
}

#[derive(Default)]
struct Seen {
    values: Cell<usize>,
    twice: RefCell<Vec<String>>,
}

struct Strict<'s> {
    place: &'s Place<'s>,
    depth: usize,
    seen: &'s Seen,
}

impl<'s> Strict<'s> {
    fn inside<E: serde::de::Error>(&self, place: &'s Place<'s>) -> Result<Self, E> {
        if self.depth >= DEPTH {
            return Err(E::custom(format!("nested deeper than {DEPTH} levels")));
        }
        self.seen.values.set(self.seen.values.get() + 1);
        if self.seen.values.get() > MOST_VALUES {
            return Err(E::custom(format!("holds more than {MOST_VALUES} values")));
        }
        Ok(Self { place, depth: self.depth + 1, seen: self.seen })
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
            let place = Place::Index(self.place, items.len());
            let inside = Strict { place: self.place, ..self }.inside::<A::Error>(&place)?;
            match seq.next_element_seed(inside)? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let place = Place::Key(self.place, &key);
            if object.contains_key(&key) {
                if self.seen.twice.borrow().len() >= 100 {
                    return Err(A::Error::custom("more than 100 keys stand twice"));
                }
                self.seen.twice.borrow_mut().push(place.pointer());
            }
            let value =
                map.next_value_seed(Strict { place: self.place, ..self }.inside::<A::Error>(&place)?)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
