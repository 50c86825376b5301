//! The onboarding primer, line by line, with only host names changed.

use e2e::{Server, Workspace};
use serde_json::{Value, json};

async fn ask(
    server: &Server,
    method: &str,
    path: &str,
    bearer: Option<&str>,
    body: Option<Value>,
) -> (u16, Value) {
    let mut request = server.api(method, path);
    if let Some(token) = bearer {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let reply = request.send().await.expect("a reply");
    let status = reply.status().as_u16();
    let text = reply.text().await.expect("text");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn the_primer_works_as_it_is_written() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;

    // 3. Obtain JWT and PAT
    let login = json!({ "email": "hello@example.com", "password": "correct horse" });
    let (status, body) = ask(&server, "POST", "/v2/auth/login", None, Some(login)).await;
    assert_eq!(status, 200, "{body}");
    let jwt = body["accessToken"].as_str().expect("a token").to_owned();
    let wanted = json!({ "name": "playbook-token", "scopes": ["analytics.*", "webhooks.*", "tracking.templates.*", "links.*"] });
    let (status, body) = ask(&server, "POST", "/v2/handles/hello/tokens", Some(&jwt), Some(wanted)).await;
    assert_eq!(status, 201, "{body}");
    let pat = body["token"].as_str().expect("a token").to_owned();
    assert_eq!(body["tokenId"].as_str(), pat.strip_prefix("patv1_").and_then(|rest| rest.split('.').next()));

    // Smartwork/OpenAnalyst session check
    let (status, body) = ask(&server, "GET", "/v2/account/openanalyst/me", Some(&jwt), None).await;
    assert_eq!((status, &body["user"]["email"]), (200, &json!("hello@example.com")), "{body}");
    let (status, _) = ask(&server, "GET", "/v2/account/openanalyst/me", None, None).await;
    assert_eq!(status, 401);

    // 4. Baseline verification calls
    let (status, body) = ask(&server, "GET", "/v2/handles", Some(&jwt), None).await;
    assert_eq!((status, &body["handles"][0]["handle"]), (200, &json!("hello")), "{body}");
    let (status, body) = ask(&server, "GET", "/v2/public/handles/hello/links", Some(&pat), None).await;
    assert_eq!((status, &body["handle"]), (200, &json!("hello")), "{body}");
    // Each is valid for its own family of routes only.
    let (status, body) = ask(&server, "GET", "/v2/handles/hello/links", Some(&pat), None).await;
    assert_eq!((status, &body["error"]), (401, &json!("invalid_token")));
    let (status, body) = ask(&server, "GET", "/v2/public/handles/hello/links", Some(&jwt), None).await;
    assert_eq!((status, &body["error"]), (401, &json!("invalid_token")));

    // 6. Error model
    let (status, body) =
        ask(&server, "GET", "/v2/public/handles/hello/system/health", Some(&pat), None).await;
    assert_eq!((status, &body["error"]), (403, &json!("insufficient_scope")));
    let (status, body) = ask(&server, "GET", "/v2/handles/nobody/links", Some(&jwt), None).await;
    assert_eq!((status, &body["error"]), (404, &json!("not_found")));
    let (status, body) =
        ask(&server, "POST", "/v2/handles", Some(&jwt), Some(json!({ "handle": "hello" }))).await;
    assert_eq!((status, &body["error"]), (409, &json!("conflict")));
}

#[tokio::test]
async fn access_tokens_are_checked_with_the_published_keys_and_outlive_a_restart() {
    let (workspace, _) = Workspace::bootstrapped().await;
    // Tokens are of one address, whatever port a test gets.
    let address = [("LINK_PLATFORM_API_URL", "http://localhost:1")];
    let server = workspace.serve_with(&address).await;
    let (status, keys) = ask(&server, "GET", "/.well-known/jwks.json", None, None).await;
    assert_eq!((status, keys["keys"].as_array().map(Vec::len)), (200, Some(3)), "{keys}");
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["crv"]), (&json!("OKP"), &json!("Ed25519")));
    let login = json!({ "email": "hello@example.com", "password": "correct horse" });
    let (_, body) = ask(&server, "POST", "/v2/auth/login", None, Some(login)).await;
    let (jwt, refresh) = (body["accessToken"].as_str().expect("a token"), &body["refreshToken"]);
    server.terminate().await;

    let server = workspace.serve_with(&address).await;
    let (status, me) = ask(&server, "GET", "/v2/auth/me", Some(jwt), None).await;
    assert_eq!((status, &me["email"]), (200, &json!("hello@example.com")), "{me}");
    let renew = json!({ "refreshToken": refresh });
    let (status, renewed) = ask(&server, "POST", "/v2/auth/refresh", None, Some(renew)).await;
    assert_eq!(status, 200, "{renewed}");
    let (status, out) = ask(&server, "POST", "/v2/auth/logout", Some(jwt), None).await;
    assert_eq!((status, &out["signedOut"]), (200, &json!(true)), "{out}");
    let token = renewed["accessToken"].as_str().expect("a token");
    let (status, refused) = ask(&server, "GET", "/v2/auth/me", Some(token), None).await;
    assert_eq!((status, &refused["error"]), (401, &json!("token_revoked")));
}
