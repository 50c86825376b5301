//! An app that a person lets in, over the wire.

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::Server;

/// A proof and its challenge: RFC 7636, appendix B.
pub const PROOF: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Where the app's answers go.
pub const CALLBACK: &str = "https://assistant.example/callback";

/// Registers an app that keeps no secret; gives its id.
pub async fn register(server: &Server) -> String {
    let metadata = json!({
        "client_name": "Assistant", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none",
        "software_id": "what is not understood is ignored",
    });
    let request = server.api("POST", "/oauth/register").header(CONTENT_TYPE, "application/json");
    let reply = request.body(metadata.to_string()).send().await.expect("a reply");
    assert_eq!(reply.status(), 201);
    let made = json_of(reply).await;
    made["client_id"].as_str().expect("an id").to_owned()
}

/// The MCP server of a handle, on its own host.
pub fn resource(server: &Server, handle: &str) -> String {
    format!("http://{handle}.mcp.localhost:{}/mcp", server.port)
}

/// What the app asks for.
pub fn asked(client: &str, resource: &str) -> Value {
    json!({
        "client_id": client, "redirect_uri": CALLBACK, "response_type": "code", "state": "s", "resource": resource,
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    })
}

/// Somebody who is signed in lets the app in with these scopes; gives the code.
pub async fn approve(server: &Server, access: &str, asked: &Value, scopes: &[&str]) -> String {
    let mut decision = asked.clone();
    decision["decision"] = "approve".into();
    decision["scopes"] = json!(scopes);
    let request = server.api("POST", "/oauth/authorize/decision").bearer_auth(access);
    let request = request.header(CONTENT_TYPE, "application/json").body(decision.to_string());
    let answer = json_of(request.send().await.expect("a reply")).await;
    let redirect = answer["redirectTo"].as_str().unwrap_or_else(|| panic!("an address: {answer}"));
    let code = redirect.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
    code.unwrap_or_else(|| panic!("no code in {redirect}")).to_owned()
}

/// Sends a form to an endpoint; the status and what is answered.
pub async fn form(server: &Server, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = server.api("POST", path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let reply = request.body(body).send().await.expect("a reply");
    (reply.status().as_u16(), json_of(reply).await)
}

/// The tokens of a code.
pub async fn redeem(server: &Server, client: &str, code: &str, resource: &str) -> (u16, Value) {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", PROOF),
        ("client_id", client),
        ("resource", resource),
    ];
    form(server, "/oauth/token", &fields).await
}

/// A new app with these scopes in a handle of the person: its id and tokens.
pub async fn connect(server: &Server, access: &str, handle: &str, scopes: &[&str]) -> (String, Value) {
    let (client, resource) = (register(server).await, resource(server, handle));
    let code = approve(server, access, &asked(&client, &resource), scopes).await;
    let (status, tokens) = redeem(server, &client, &code, &resource).await;
    assert_eq!(status, 200, "{tokens}");
    (client, tokens)
}

async fn json_of(reply: Response) -> Value {
    let text = reply.text().await.expect("text");
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}
