//! Arguments of any row from its schema: mostly such that are taken, of ids and names that there are.

use link_platform::Operation;
use proptest::prelude::Rng;
use proptest::test_runner::TestRng;
use serde_json::{Map, Value, json};

/// Names and ids that calls may be about, those of other handles among them.
pub(super) struct Pool {
    slugs: Vec<String>,
    handles: Vec<String>,
    ids: Vec<String>,
    cursors: Vec<String>,
}

/// More cursors and ids than these are not remembered: the newest push out the oldest.
const MOST: usize = 40;

impl Pool {
    pub(super) fn new(handles: &[&str], ids: Vec<String>) -> Self {
        let of_handles = handles.iter().map(|handle| format!("{handle}-one"));
        Self {
            slugs: ["common", "fresh"].into_iter().map(ToOwned::to_owned).chain(of_handles).collect(),
            handles: handles.iter().map(|handle| (*handle).to_owned()).collect(),
            ids,
            cursors: vec!["bDEuMg".to_owned()],
        }
    }

    /// Whatever id or cursor an answer tells may be used by everybody later.
    pub(super) fn learn(&mut self, answer: &Value) {
        match answer {
            Value::Object(object) => {
                for (key, value) in object {
                    match value.as_str() {
                        Some(text) if key == "nextCursor" => keep(&mut self.cursors, text),
                        Some(text) if key.ends_with("Id") && key != "requestId" => keep(&mut self.ids, text),
                        _ => self.learn(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            _ => {}
        }
    }

    pub(super) fn arguments(&self, row: &Operation, random: &mut TestRng) -> Value {
        self.value(&row.input, "", random)
    }

    fn value(&self, schema: &Value, name: &str, random: &mut TestRng) -> Value {
        if let Some(choices) = schema["enum"].as_array().filter(|choices| !choices.is_empty()) {
            return of(choices, random).clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[0].as_str(),
            kind => kind.as_str(),
        };
        match kind {
            Some("object") | None if schema["properties"].is_object() => self.object(schema, random),
            Some("array") => {
                (0..random.next_u32() % 3).map(|_| self.value(&schema["items"], name, random)).collect()
            }
            Some("integer" | "number") => json!(1 + random.next_u32() % 3),
            Some("boolean") => json!(random.next_u32().is_multiple_of(2)),
            Some("string") => json!(self.text(schema["format"].as_str().unwrap_or(name), name, random)),
            _ => json!({}),
        }
    }

    fn object(&self, schema: &Value, random: &mut TestRng) -> Value {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let mut object = Map::new();
        for (name, schema) in properties {
            if required.contains(&json!(name)) || random.next_u32().is_multiple_of(3) {
                let value = self.value(&schema, &name, random);
                object.insert(name, value);
            }
        }
        Value::Object(object)
    }

    /// A text of a format, or, where the schema names none, of what the property is called.
    fn text(&self, format: &str, name: &str, random: &mut TestRng) -> String {
        match format {
            "slug" => of(&self.slugs, random).clone(),
            "handle" if name != "handle" || random.next_u32().is_multiple_of(2) => {
                format!("fresh-{}", random.next_u32() % 1_000)
            }
            "handle" => of(&self.handles, random).clone(),
            "web-url" => format!("https://example.com/{}", random.next_u32() % 10),
            "cursor" => of(&self.cursors, random).clone(),
            "instant" => "2031-01-01T00:00:00Z".to_owned(),
            "scope" => of(&["links.*", "*", "analytics.read"], random).to_string(),
            "period" => "7d".to_owned(),
            "device" => "mobile".to_owned(),
            "country" => "US".to_owned(),
            "email-address" => format!("{}@example.com", of(&self.handles, random)),
            "password" => "correct horse".to_owned(),
            "mail-code" => "012345".to_owned(),
            "rule-id" => of(&["common", "fresh"], random).to_string(),
            "variant-id" => "a".to_owned(),
            format if format.ends_with("-id") || format.ends_with("Id") => of(&self.ids, random).clone(),
            _ => "text".to_owned(),
        }
    }
}

fn of<'a, T>(list: &'a [T], random: &mut TestRng) -> &'a T {
    &list[random.next_u32() as usize % list.len()]
}

fn keep(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
        if list.len() > MOST {
            list.remove(0);
        }
    }
}
