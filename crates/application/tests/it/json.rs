use lp_application::parse_json;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn a_key_that_stands_twice_is_refused_and_named() {
    let bad = parse_json(br#"{"a":1,"b":{"c":1,"c":2,"d/e":[{"x":1,"x":1}]},"a":2}"#).expect_err("twice");
    assert_eq!(bad.twice, ["/b/c", "/b/d~1e/0/x", "/a"]);
}

#[test]
fn only_one_whole_object_is_taken() {
    for bad in ["", "[]", "1", "null", "{", "{}{}", "{\"a\":1,}", "{\"a\":\u{1}}", "\u{feff}{}"] {
        assert!(parse_json(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert!(parse_json(b"{\"a\":\"\xff\"}").is_err(), "invalid UTF-8");
    assert!(parse_json(b" {\"a\":[1,2.5,null,true]} ").is_ok());
}

#[test]
fn nesting_has_an_end() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(parse_json(deep.as_bytes()).expect_err("too deep").message.contains("nested"));
}

#[test]
fn a_body_of_very_many_values_is_refused() {
    let many = format!("{{\"{}\":[{}1]}}", "k".repeat(100_000), "1,".repeat(60_000));
    assert!(parse_json(many.as_bytes()).expect_err("too many").message.contains("more than"));
    let few = format!("{{\"{}\":[{}1]}}", "k".repeat(100_000), "1,".repeat(40_000));
    assert!(parse_json(few.as_bytes()).is_ok(), "a long key costs nothing per value");
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-c/~]{1,3}", inner, 0..4).prop_map(|map| map.into_iter().collect())
        ]
    })
}

proptest! {
    #[test]
    fn what_is_well_formed_reads_as_it_was_written(value in values()) {
        let object = json!({ "v": value });
        prop_assert_eq!(parse_json(object.to_string().as_bytes()).map(Value::Object), Ok(object));
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = parse_json(&bytes);
    }
}
