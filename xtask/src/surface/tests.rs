use serde_json::{Value, json};

use super::{difference, scopes};

fn tool(name: &str, scope: &str) -> Value {
    json!({ "name": name, "_meta": { "link-platform/scope": scope } })
}

fn catalogue() -> Vec<Value> {
    vec![
        tool("links_list", "links.read"),
        tool("links_upsert", "links.write"),
        tool("links_health_check", "links.read"),
        tool("links_route_preview", "links.read"),
        tool("analytics_get", "analytics.read"),
        tool("system_health", "mcp.connect"),
        tool("system_usage_meters", "system.usage.read"),
        tool("links_history", "links.read"),
        tool("tracking_resolve_context", "mcp.connect"),
        tool("routing_list_context_origins", "routing.context_origins.read"),
        tool("routing_update_context_origins", "routing.context_origins.write"),
    ]
}

#[test]
fn the_documented_catalogue_is_accepted_in_both_forms() {
    assert_eq!(scopes::faults(&Value::from(catalogue())), Vec::<String>::new());
    assert_eq!(scopes::faults(&json!({ "tools": catalogue() })), Vec::<String>::new());
}

#[test]
fn a_missing_tool_is_named() {
    let mut tools = catalogue();
    tools.remove(5);
    assert_eq!(scopes::faults(&Value::from(tools)), ["the tool system_health is missing"]);
}

#[test]
fn a_tool_listed_twice_is_named() {
    let mut tools = catalogue();
    tools.push(tool("links_list", "links.read"));
    assert_eq!(scopes::faults(&Value::from(tools)), ["the tool links_list is listed 2 times"]);
}

#[test]
fn another_scope_than_the_documented_one_is_a_fault() {
    let mut tools = catalogue();
    tools[1] = tool("links_upsert", "links.read");
    tools[0] = json!({ "name": "links_list" });
    assert_eq!(
        scopes::faults(&Value::from(tools)),
        [
            "the tool links_list states the scope none, the documented one is links.read",
            "the tool links_upsert states the scope links.read, the documented one is links.write",
        ]
    );
}

#[test]
fn something_else_than_a_catalogue_is_a_fault() {
    assert_eq!(scopes::faults(&json!({ "paths": {} })), ["holds no list of tools"]);
}

#[test]
fn equal_documents_do_not_differ() {
    assert_eq!(difference("docs/a.json", "{\n}\n", "{\n}\n"), None);
}

#[test]
fn the_first_differing_line_is_shown_with_the_way_to_renew_it() {
    let said = difference("docs/a.json", "{\n  \"a\": 1\n}\n", "{\n  \"a\": 2\n}\n").expect("they differ");
    assert_eq!(
        said,
        "docs/a.json is not current, first in line 2:\n  checked in:   \"a\": 1\n  now:          \"a\": 2\n  renew it with `cargo xtask surface`"
    );
}

#[test]
fn a_shorter_document_and_a_missing_line_end_are_differences() {
    let shorter = difference("docs/a.md", "one\n", "one\ntwo\n").expect("they differ");
    assert!(shorter.contains("line 2") && shorter.contains("(the document ends)"), "{shorter}");
    let unended = difference("docs/a.md", "one", "one\n").expect("they differ");
    assert!(unended.contains("line ends"), "{unended}");
}

#[test]
fn a_long_line_is_cut() {
    let said = difference("docs/a.json", "", &"ä".repeat(5_000)).expect("they differ");
    assert!(said.chars().count() < 500, "{} characters", said.chars().count());
}
