use lp_application::{Error, Operation};
use serde_json::{Map, Value};

/// The body of a refusal as OAuth writes it (RFC 6749, 5.2): the word and its description, and what else the platform says
/// of it under the names that it has everywhere.
pub(crate) fn refusal(operation: &Operation, error: &Error, request_id: &str) -> Value {
    let mut body = Map::new();
    body.insert("error".to_owned(), operation.called(error.code).name().into());
    body.insert("error_description".to_owned(), described(&told(error)).into());
    if let Value::Object(usual) = error.body(request_id) {
        body.extend(usual.into_iter().filter(|(key, _)| !matches!(key.as_str(), "error" | "message")));
    }
    Value::Object(body)
}

/// What is wrong, all of it: who reads a description sees no list of fields.
fn told(error: &Error) -> String {
    if error.fields.len() < 2 {
        return error.message.clone();
    }
    let faults = error
        .fields
        .iter()
        .map(|fault| format!("{} {}", fault.pointer.trim_start_matches('/'), fault.message));
    faults.collect::<Vec<_>>().join("; ")
}

/// In the characters that a description may have: ASCII without `"` and `\\`.
fn described(message: &str) -> String {
    let allowed = |c: char| match c {
        '"' => '\'',
        ' '..='~' if c != '\\' => c,
        _ => '?',
    };
    message.chars().map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_keeps_to_the_characters_of_the_standard() {
        assert_eq!(described("plain: 'yes', (no) [~]"), "plain: 'yes', (no) [~]");
        assert_eq!(described("a \"b\" c\\d\n\u{e4}"), "a 'b' c?d??");
    }
}
