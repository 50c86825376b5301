use std::collections::HashSet;
use std::sync::LazyLock;

use jsonschema::Validator;
use lp_application::Catalogue;
use lp_core::{Device, Slug, text};
use lp_http_api::{docs, openapi};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::api::Api;

fn documents() -> [(Catalogue, Value); 2] {
    [lp_application::catalogue(), crate::rows::catalogue()].map(|catalogue| {
        let document = openapi(&catalogue, "1.2.3", Some("https://api.example"));
        (catalogue, document)
    })
}

fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods");
            methods.iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

/// Calls `seen` with every object of a document.
fn walk<'a>(value: &'a Value, seen: &mut impl FnMut(&'a serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            seen(object);
            object.values().for_each(|value| walk(value, seen));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(value, seen)),
        _ => {}
    }
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).expect("a reference that leads somewhere"),
        None => value,
    }
}

#[test]
fn every_mount_is_an_operation_with_an_id_of_its_own() {
    for (catalogue, document) in documents() {
        let mounts: usize = catalogue.operations().iter().map(|row| row.mounts().len()).sum();
        let operations = operations(&document);
        assert_eq!(operations.len(), mounts);
        let ids: HashSet<_> =
            operations.iter().filter_map(|(.., operation)| operation["operationId"].as_str()).collect();
        assert_eq!(ids.len(), mounts);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    for (_, document) in documents() {
        walk(&document, &mut |object| {
            if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').expect("references stay in the document");
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
        });
    }
}

#[test]
fn components_have_names_that_the_specification_takes() {
    for (_, document) in documents() {
        for (kind, components) in document["components"].as_object().expect("components") {
            for name in components.as_object().expect("named components").keys() {
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
                assert!(name.chars().all(plain), "{kind} {name}");
            }
        }
    }
}

#[test]
fn parameters_are_those_of_the_path_and_each_stands_once() {
    for (_, document) in documents() {
        for (path, method, operation) in operations(&document) {
            let empty = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&empty);
            let parameters: Vec<_> =
                parameters.iter().map(|parameter| resolve(&document, parameter)).collect();
            let named: Vec<_> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| {
                    assert_eq!(parameter["required"], true, "{path}");
                    format!("{{{}}}", parameter["name"].as_str().expect("a name"))
                })
                .collect();
            let in_path: Vec<_> = path.split('/').filter(|segment| segment.starts_with('{')).collect();
            assert_eq!(named, in_path, "{method} {path}");
            let each: HashSet<_> =
                parameters.iter().map(|one| (one["in"].as_str(), one["name"].as_str())).collect();
            assert_eq!(each.len(), parameters.len(), "{method} {path}");
            assert!(parameters.iter().all(|parameter| parameter["schema"].is_object()));
        }
    }
}

#[test]
fn no_two_paths_differ_by_the_names_of_their_parameters_alone() {
    for (_, document) in documents() {
        let paths = document["paths"].as_object().expect("paths");
        let bare = |path: &String| {
            path.split('/')
                .map(|part| if part.starts_with('{') { "{}" } else { part })
                .collect::<Vec<_>>()
                .join("/")
        };
        assert_eq!(paths.keys().map(bare).collect::<HashSet<_>>().len(), paths.len());
    }
}

#[test]
fn every_schema_compiles() {
    for (_, document) in documents() {
        let mut schemas = Vec::new();
        walk(&document, &mut |object| schemas.extend(object.get("schema")));
        schemas.extend(document["components"]["schemas"].as_object().expect("schemas").values());
        assert!(schemas.len() > 20);
        for schema in schemas {
            let whole = json!({ "allOf": [schema], "components": document["components"] });
            let built = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&whole);
            assert!(built.is_ok(), "{schema}: {:?}", built.err());
        }
    }
}

#[test]
fn every_code_of_a_row_stands_under_its_status() {
    for (catalogue, document) in documents() {
        for (path, method, operation) in operations(&document) {
            let name = operation["x-link-platform-operation"].as_str().expect("the row's name");
            let anybody = [json!([]), json!([{}, { "clientBasic": [] }])];
            let public = anybody.contains(&operation["security"]);
            let row = catalogue.find(name).expect("a row");
            for code in row.all_codes() {
                let reply = resolve(&document, &operation["responses"][code.status().to_string()]);
                let schema = &reply["content"]["application/json"]["schema"]["allOf"][1];
                let codes = &schema["properties"]["error"]["enum"];
                let named = codes
                    .as_array()
                    .is_some_and(|codes| codes.iter().any(|one| one == row.called(code).name()));
                assert!(named || (public && code.status() == 401), "{method} {path}: {}", code.name());
            }
        }
    }
}

#[test]
fn every_operation_has_what_a_reader_needs() {
    for (_, document) in documents() {
        let schemes = document["components"]["securitySchemes"].as_object().expect("schemes");
        for (path, method, operation) in operations(&document) {
            assert!(
                operation["summary"].is_string() && operation["description"].is_string(),
                "{method} {path}"
            );
            let responses = &operation["responses"];
            let done = responses.get("200").unwrap_or(&responses["202"]);
            assert!(done["content"].is_object(), "{method} {path}");
            for scheme in operation["security"].as_array().expect("security") {
                assert!(
                    scheme.as_object().expect("a requirement").keys().all(|key| schemes.contains_key(key))
                );
            }
            let writes = operation["parameters"].as_array().is_some_and(|parameters| {
                parameters.contains(&json!({ "$ref": "#/components/parameters/IdempotencyKey" }))
            });
            assert_eq!(writes, operation["responses"]["409"].is_object(), "{method} {path}");
        }
    }
}

#[test]
fn the_upsert_of_a_link_is_described_as_it_is() {
    let (_, document) = &documents()[0];
    let put = &document["paths"]["/v2/public/handles/{handle}/links/{slug}"]["put"];
    assert_eq!(put["operationId"], "links_upsert");
    assert_eq!(put["x-link-platform-scope"], "links.write");
    assert_eq!(put["parameters"][2]["name"], "replace");
    assert_eq!(put["parameters"][2]["schema"]["type"], "boolean");
    assert_eq!(put["requestBody"]["required"], true);
    let body = resolve(document, &put["requestBody"]["content"]["application/json"]["schema"]);
    assert!(body["properties"]["destinationUrl"].is_object());
    assert!(put["responses"]["201"].is_object());
    let account = &document["paths"]["/v2/handles/{handle}/links/{slug}"]["put"];
    assert_eq!(account["operationId"], "links_upsert_account");
    assert_eq!(account["x-link-platform-role"], "CREATOR");
    let import = &document["paths"]["/v2/public/handles/{handle}/links/bulk-import"]["post"];
    assert!(import["requestBody"]["content"]["text/csv"].is_object());
    let names: Vec<_> =
        import["parameters"].as_array().expect("parameters").iter().map(|one| &one["name"]).collect();
    assert!(!names.contains(&&json!("contentType")));
}

#[test]
fn a_form_is_described_as_a_form_and_its_refusals_as_oauth_has_them() {
    let (_, document) = &documents()[1];
    let post = &document["paths"]["/oauth/token"]["post"];
    assert_eq!(post["security"], json!([{}, { "clientBasic": [] }]));
    let content = post["requestBody"]["content"].as_object().expect("a body");
    assert_eq!(content.keys().collect::<Vec<_>>(), ["application/x-www-form-urlencoded"]);
    let form = resolve(document, &content["application/x-www-form-urlencoded"]["schema"]);
    assert!(form["properties"]["client_secret"].is_object());
    assert_eq!((&form["required"], form.get("additionalProperties")), (&json!(["grant_type"]), None));
    assert_eq!(post["parameters"], json!([{ "$ref": "#/components/parameters/IdempotencyKey" }]));
    let codes = |status: &str| {
        let reply = resolve(document, &post["responses"][status]);
        let parts = &reply["content"]["application/json"]["schema"]["allOf"];
        assert_eq!(parts[0]["$ref"], "#/components/schemas/OAuthError", "{status}");
        parts[1]["properties"]["error"]["enum"].clone()
    };
    assert_eq!(codes("400"), json!(["invalid_request", "invalid_grant"]));
    assert_eq!(codes("401"), json!(["invalid_client"]));
    assert_eq!(codes("429"), json!(["temporarily_unavailable"]));
    assert_eq!(codes("500"), json!(["server_error"]));
    let register = &document["paths"]["/oauth/register"]["post"];
    let body = resolve(document, &register["requestBody"]["content"]["application/json"]["schema"]);
    assert_eq!(body.get("additionalProperties"), None, "a lenient row takes whatever else is said");
    let page = docs(document);
    assert!(page.contains("--data-urlencode &#39;grant_type=text&#39;"));
}

/// A field of a body in the document, and what the domain takes there.
type Documented = (Validator, Takes);
type Takes = fn(&str) -> bool;

static DOCUMENTED: LazyLock<Vec<Documented>> = LazyLock::new(|| {
    let document = openapi(&lp_application::catalogue(), "1.2.3", None);
    let fields: [(&str, Takes); 6] = [
        ("links_create_body/properties/slug", |sent| Slug::parse(sent).is_ok()),
        ("links_create_body/properties/title", |sent| text::line(sent, 300).is_ok()),
        ("links_create_body/properties/description", |sent| {
            !sent.is_empty() && text::lines(sent, 2_000).is_ok()
        }),
        ("links_create_body/properties/tags/items", |sent| text::line(sent, 64).is_ok()),
        ("links_route_preview_body/properties/source", |sent| text::line(sent, 200).is_ok()),
        ("links_route_preview_body/properties/device", |sent| Device::parse(sent).is_some()),
    ];
    let compiled = |pointer: &str| {
        let schema = document.pointer(&format!("/components/schemas/{pointer}")).expect("a field");
        jsonschema::draft202012::new(schema).expect("a schema")
    };
    fields.into_iter().map(|(pointer, takes)| (compiled(pointer), takes)).collect()
});

proptest! {
    #[test]
    fn patterns_say_what_the_formats_take(
        sent in prop_oneof![
            ".{0,12}",
            "[a-zA-Z0-9_-]{0,66}",
            "(?i)(mcp|v2|oauth|mobile|bot)x?",
            "[\\t\\n\u{80}-\u{a0}\u{2020}-\u{2070}]{0,3}",
        ],
    ) {
        for (validator, takes) in &*DOCUMENTED {
            prop_assert_eq!(validator.is_valid(&json!(sent)), takes(&sent), "{:?} {:?}", sent, validator);
        }
    }
}

#[test]
fn the_same_rows_give_the_same_document() {
    let [(_, first), _] = documents();
    let [(_, second), _] = documents();
    assert_eq!(first.to_string(), second.to_string());
}

#[tokio::test]
async fn the_document_is_served() {
    let api = Api::new().await;
    let reply = api.anonymous("GET", "/v2/openapi.json").send().await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json()["openapi"], "3.1.0");
    assert_eq!(reply.json()["servers"][0]["url"], "http://localhost:8080");
    api.anonymous("POST", "/v2/openapi.json").send().await.refused(405, "method_not_allowed");
}
