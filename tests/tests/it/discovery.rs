//! From a refused call to the endpoints of the authorization server, as clients of OAuth find the way.

use e2e::{Server, Workspace};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::Value;

/// Reads an address that was handed out, on whichever host.
async fn read(server: &Server, address: &str) -> (u16, HeaderMap, String) {
    let (_, rest) = address.split_once("://").expect("an address");
    let (host, path) = rest.split_once('/').expect("a path");
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let reply = server.on(host, "GET", &format!("/{path}")).header("origin", "https://inspector.example");
    let reply = reply.send().await.expect("a reply");
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    (status, headers, reply.text().await.expect("text"))
}

async fn document(server: &Server, address: &str) -> Value {
    let (status, headers, text) = read(server, address).await;
    assert_eq!(status, 200, "{address}: {text}");
    assert_eq!(headers["content-type"], "application/json", "{address}");
    assert_eq!(headers["access-control-allow-origin"], "*", "{address}");
    assert!(headers["cache-control"].to_str().expect("text").starts_with("public, max-age="), "{address}");
    serde_json::from_str(&text).expect("JSON")
}

/// What a challenge says under a name.
fn said<'a>(challenge: &'a HeaderValue, name: &str) -> &'a str {
    let text = challenge.to_str().expect("text");
    let value = text.split_once(&format!("{name}=\"")).expect("the parameter").1;
    value.split('"').next().expect("its end")
}

#[tokio::test]
async fn a_refused_call_leads_to_the_server_s_metadata_and_these_to_the_issuer_s() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    let api = format!("http://localhost:{}", server.port);
    let mut issuers = Vec::new();
    for (host, path, resource) in [
        ("hello.mcp.localhost", "/mcp", format!("http://hello.mcp.localhost:{}/mcp", server.port)),
        ("nobody.mcp.localhost", "/mcp", format!("http://nobody.mcp.localhost:{}/mcp", server.port)),
        ("localhost", "/mcp/hello/mcp", format!("{api}/mcp/hello/mcp")),
        ("localhost", "/mcp", format!("{api}/mcp")),
    ] {
        let refused = server.on(host, "POST", path).header("content-type", "application/json").body("{}");
        let refused = refused.send().await.expect("a reply");
        assert_eq!(refused.status(), 401, "{host}{path}");
        let challenge = &refused.headers()["www-authenticate"];
        let metadata = document(&server, said(challenge, "resource_metadata")).await;
        assert_eq!(metadata["resource"], resource.as_str(), "what is called is what is described");
        let supported = metadata["scopes_supported"].as_array().expect("scopes");
        for scope in said(challenge, "scope").split(' ') {
            assert!(supported.iter().any(|one| one == scope), "{scope}");
        }
        assert_eq!(metadata["authorization_servers"], Value::from(vec![api.as_str()]));
        issuers.push(metadata["authorization_servers"][0].as_str().expect("an issuer").to_owned());
        // Clients that do not follow the challenge look at the root of the server's host.
        let authority = resource.split('/').take(3).collect::<Vec<_>>().join("/");
        let root = document(&server, &format!("{authority}/.well-known/oauth-protected-resource")).await;
        assert_eq!(root["authorization_servers"], metadata["authorization_servers"]);
    }
    issuers.dedup();
    assert_eq!(issuers, [api.as_str()]);

    let issuer = document(&server, &format!("{api}/.well-known/oauth-authorization-server")).await;
    assert_eq!(issuer["issuer"], api.as_str(), "byte for byte where it was found");
    for (endpoint, method, expected) in [
        ("authorization_endpoint", "GET", 302),
        ("token_endpoint", "POST", 400),
        ("registration_endpoint", "POST", 400),
        ("revocation_endpoint", "POST", 401),
    ] {
        let path = issuer[endpoint].as_str().and_then(|address| address.strip_prefix(&api)).expect("ours");
        let reply = server.api(method, path).send().await.expect("a reply");
        assert_eq!(reply.status().as_u16(), expected, "{endpoint}");
        if expected == 302 {
            let console = format!("http://app.localhost:{}{path}", server.port);
            assert_eq!(reply.headers()["location"], console.as_str());
        }
    }
}

#[tokio::test]
async fn the_host_of_an_mcp_server_shows_the_issuer_s_documents_as_they_are() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let (_, _, there) = read(&server, &format!("http://localhost:{}{path}", server.port)).await;
        let (status, _, here) =
            read(&server, &format!("http://hello.mcp.localhost:{}{path}", server.port)).await;
        assert_eq!((status, &here), (200, &there), "{path}");
        let keys = serde_json::from_str::<Value>(&here).expect("JSON")["jwks_uri"].clone();
        if let Some(keys) = keys.as_str() {
            let keys = serde_json::from_str::<Value>(&read(&server, keys).await.2).expect("JSON");
            assert!(keys["keys"].as_array().is_some_and(|keys| !keys.is_empty()));
        }
    }
    for (method, path) in [("GET", "/authorize?state=1"), ("POST", "/token"), ("POST", "/register")] {
        let reply = server.on("hello.mcp.localhost", method, path).send().await.expect("a reply");
        assert_eq!(reply.status().as_u16(), 307, "{path}");
        let expected = format!("http://localhost:{}/oauth{path}", server.port);
        assert_eq!(reply.headers()["location"], expected.as_str());
    }
}
