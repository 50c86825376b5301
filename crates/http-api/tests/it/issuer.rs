//! The documents of OAuth, and the way to where a person consents.

use http::StatusCode;
use lp_application::PublicUrls;
use lp_testkit::SandboxOptions;
use serde_json::{Value, json};

use crate::api::Api;

const SERVER: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";
/// What most assistants need.
const USUAL: [&str; 6] =
    ["mcp.connect", "skills.read", "links.read", "links.write", "analytics.read", "system.usage.read"];
const RESOURCE: &str = "/.well-known/oauth-protected-resource";

async fn read(api: &Api, path: &str) -> Value {
    let reply = api.anonymous("GET", path).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{path}");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
    reply.json()
}

async fn elsewhere() -> Api {
    let urls = Some(PublicUrls::below("links.example", None));
    Api::with(SandboxOptions { urls, ..SandboxOptions::default() }).await
}

#[tokio::test]
async fn the_issuer_says_where_its_endpoints_are_and_what_they_take() {
    let api = elsewhere().await;
    let scopes = [
        "mcp.connect",
        "skills.read",
        "links.read",
        "links.write",
        "analytics.read",
        "tracking.personalization.read",
        "tracking.personalization.write",
        "routing.context_origins.read",
        "routing.context_origins.write",
        "system.usage.read",
        "system.audit.read",
    ];
    let expected = json!({
        "issuer": "https://ai.links.example",
        "authorization_endpoint": "https://ai.links.example/oauth/authorize",
        "token_endpoint": "https://ai.links.example/oauth/token",
        "registration_endpoint": "https://ai.links.example/oauth/register",
        "revocation_endpoint": "https://ai.links.example/oauth/revoke",
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": true,
        "authorization_response_iss_parameter_supported": true,
        "service_documentation": "https://ai.links.example/v2/docs",
    });
    assert_eq!(read(&api, SERVER).await, expected);
}

#[tokio::test]
async fn clients_of_openid_find_the_same_and_what_discovery_demands() {
    let api = elsewhere().await;
    let mut openid = read(&api, OPENID).await;
    let own = openid.as_object_mut().expect("an object");
    assert_eq!(own.shift_remove("jwks_uri"), Some(json!("https://ai.links.example/.well-known/jwks.json")));
    assert_eq!(own.shift_remove("subject_types_supported"), Some(json!(["public"])));
    assert_eq!(own.shift_remove("id_token_signing_alg_values_supported"), Some(json!(["EdDSA"])));
    assert!(!openid["scopes_supported"].as_array().expect("scopes").contains(&json!("openid")));
    assert_eq!(openid, read(&api, SERVER).await);
}

#[tokio::test]
async fn every_mcp_server_of_the_host_names_itself_and_its_issuer() {
    let api = Api::new().await;
    for (path, resource, name) in [
        ("", "http://localhost:8080/mcp", "Link Platform"),
        ("/mcp", "http://localhost:8080/mcp", "Link Platform"),
        ("/mcp/hello/mcp", "http://localhost:8080/mcp/hello/mcp", "Link Platform: hello"),
        (
            "/mcp/nobody-has-it/mcp",
            "http://localhost:8080/mcp/nobody-has-it/mcp",
            "Link Platform: nobody-has-it",
        ),
    ] {
        let expected = json!({
            "resource": resource,
            "authorization_servers": ["http://localhost:8080"],
            "scopes_supported": USUAL,
            "bearer_methods_supported": ["header"],
            "resource_name": name,
            "resource_documentation": "http://localhost:8080/v2/docs",
        });
        assert_eq!(read(&api, &format!("{RESOURCE}{path}")).await, expected, "{path}");
    }
}

#[tokio::test]
async fn what_can_be_no_server_has_no_document() {
    let api = Api::new().await;
    for path in
        ["/mcp/HELLO/mcp", "/mcp/admin/mcp", "/mcp/a--b/mcp", "/mcp//mcp", "/mcp/hello", "/hello", "/"]
    {
        api.anonymous("GET", &format!("{RESOURCE}{path}")).send().await.refused(404, "not_found");
    }
    api.anonymous("POST", SERVER).send().await.refused(405, "method_not_allowed");
    api.anonymous("GET", "/.well-known/openai-apps-challenge").send().await.refused(404, "not_found");
}

#[tokio::test]
async fn a_person_is_led_to_the_console_with_what_the_client_asks() {
    let api = elsewhere().await;
    for path in ["/oauth/authorize", "/authorize"] {
        for (query, expected) in
            [("?client_id=https%3A%2F%2Fa.example%2Fc&state=a+b%00&x", true), ("?", true), ("", false)]
        {
            let reply = api.anonymous("GET", &format!("{path}{query}")).send().await;
            assert_eq!(reply.status, StatusCode::FOUND);
            let query = if expected { query } else { "" };
            let location = format!("https://app.links.example/oauth/authorize{query}");
            assert_eq!(reply.header("location"), Some(location.as_str()));
            assert_eq!(reply.header("cache-control"), Some("no-store"));
        }
        api.anonymous("POST", path).send().await.refused(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn what_is_faulty_for_certain_an_app_on_the_person_s_machine_is_told_before_anybody_signs_in() {
    let api = Api::new().await;
    let register = async |redirect: &str| {
        let metadata = json!({ "redirect_uris": [redirect], "token_endpoint_auth_method": "none" });
        let registered = api.anonymous("POST", "/oauth/register").json(metadata).await;
        registered.json()["client_id"].as_str().expect("an id").to_owned()
    };
    let local = register("http://127.0.0.1:7777/callback").await;
    let (callback, proof) = ("http%3A%2F%2F127.0.0.1%3A9999%2Fcallback", "code_challenge_method=S256");
    let whole = format!(
        "client_id={local}&redirect_uri={callback}&response_type=code&state=a+b&{proof}&\
         code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWkxNuQyxtZSw"
    );
    let led = async |query: &str| {
        let reply = api.anonymous("GET", &format!("/oauth/authorize?{query}")).send().await;
        assert_eq!(reply.status, StatusCode::FOUND, "{query}");
        reply.header("location").expect("an address").to_owned()
    };
    for (faulty, code) in [
        (whole.replace("E9M", ""), "invalid_request"),
        (whole.replace(proof, "code_challenge_method=plain"), "invalid_request"),
        (whole.replace("type=code", "type=token"), "unsupported_response_type"),
        (whole.replace("type=code", "type="), "invalid_request"),
        (format!("{whole}&scope=%22"), "invalid_scope"),
    ] {
        let back = led(&faulty).await;
        let start = format!("http://127.0.0.1:9999/callback?error={code}&error_description=");
        assert!(back.starts_with(&start), "{faulty}: {back}");
        assert!(back.ends_with("&state=a+b&iss=http%3A%2F%2Flocalhost%3A8080"), "{back}");
    }
    // A person is asked, told, or has to show first that there is one: else anybody's site could be led to from here.
    let elsewhere = register("https://elsewhere.example/callback").await;
    let foreign =
        whole.replace(&local, &elsewhere).replace(callback, "https%3A%2F%2Felsewhere.example%2Fcallback");
    for query in [
        whole.clone(),
        foreign.replace("E9M", ""),
        whole.replace("E9M", "").replace("callback", "other"),
        whole.replace("E9M", "").replace("client_id=", "client_id=x"),
        whole.replace("E9M", "").replace("client_id=", "client_id=https%3A%2F%2Fa.example%2F"),
        format!("{whole}&response_type=token"),
    ] {
        let there = led(&query).await;
        assert_eq!(there, format!("http://app.localhost:8080/oauth/authorize?{query}"));
    }
}
