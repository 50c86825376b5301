//! Arguments of operations: the first byte says of which, the rest is their JSON.

use lp_application::{Kind, parse_json};
use lp_testkit::Sandbox;
use serde_json::{Map, Value, json};

use crate::stage::Stage;

thread_local! {
    static STAGE: Stage<Sandbox> = Stage::new(2_000, || Box::pin(async {
        let sandbox = Sandbox::new().await;
        let payload = json!({ "destinationUrl": "https://example.com/launch", "title": "Launch" });
        sandbox.call("links_upsert", json!({ "slug": "launch", "payload": payload })).await.result.expect("a link");
        sandbox
    }));
}

pub fn check(data: &[u8]) {
    let Some((&which, text)) = data.split_first() else { return };
    let Some(arguments) = parsed(text) else { return };
    STAGE.with(|stage| stage.run(async |sandbox| called(sandbox, which, arguments).await));
}

/// The strict reader takes nothing that the usual one refuses or reads otherwise, and what it read can be written and
/// read again.
fn parsed(text: &[u8]) -> Option<Map<String, Value>> {
    let strict = parse_json(text);
    let usual = serde_json::from_slice::<Value>(text);
    match (&strict, &usual) {
        (Ok(object), Ok(Value::Object(other))) => assert_eq!(object, other),
        (Ok(_), other) => panic!("only the strict reader takes this: {other:?}"),
        (Err(bad), _) => assert!(!bad.message.is_empty()),
    }
    let object = strict.ok()?;
    let written = serde_json::to_vec(&object).expect("what was read can be written");
    let again = parse_json(&written).expect("what was written can be read");
    assert_eq!(without_fractions(again.into()), without_fractions(object.clone().into()));
    Some(object)
}

/// Reading and writing a fraction may change its last digit.
fn without_fractions(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => Value::Null,
        Value::Array(items) => items.into_iter().map(without_fractions).collect(),
        Value::Object(object) => {
            Value::Object(object.into_iter().map(|(key, value)| (key, without_fractions(value))).collect())
        }
        other => other,
    }
}

/// Whatever the arguments, the call ends with a value or with one of the row's codes; the schema knows every fault that
/// reading them could meet, and each fault is in what was sent.
async fn called(sandbox: &Sandbox, which: u8, arguments: Map<String, Value>) {
    let rows = sandbox.app.catalogue().operations();
    let rows: Vec<_> = rows.iter().filter(|row| row.kind == Kind::Json).collect();
    let row = rows[usize::from(which) % rows.len()];
    let answer = sandbox.call(row.name, Value::Object(arguments)).await;
    let Err(error) = answer.result else { return };
    assert!(row.all_codes().contains(&error.code), "{} ended with {:?}", row.name, error.code);
    assert!(error.code.status() < 500, "{error:?}");
    for fault in &error.fields {
        assert_ne!(
            (fault.pointer.as_str(), fault.code),
            ("", "invalid"),
            "the schema let it through: {fault:?}"
        );
        assert!(fault.pointer.is_empty() || fault.pointer.starts_with('/'));
        assert!(!fault.message.is_empty());
    }
}
