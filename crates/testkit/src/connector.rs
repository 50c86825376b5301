use lp_application::{Credential, Request, Surface};
use serde_json::{Value, json};

use crate::Sandbox;

/// A proof and its challenge: RFC 7636, appendix B.
pub const PROOF: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// See [`PROOF`].
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Where the answers of [`Sandbox::client`] go.
pub const CALLBACK: &str = "https://assistant.example/callback";
/// The MCP server of the sandbox's handle, on its own host.
pub const RESOURCE: &str = "http://hello.mcp.localhost:8080/mcp";

impl Sandbox {
    /// Registers an app that keeps no secret, and gives its id.
    pub async fn client(&self) -> String {
        let metadata = json!({
            "client_name": "Assistant",
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "none",
        });
        let registered = self.public("oauth_register", metadata).await.expect("registered");
        registered["client_id"].as_str().expect("an id").to_owned()
    }

    /// What such an app asks for.
    pub fn asked(client: &str) -> Value {
        json!({
            "client_id": client,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "s",
            "resource": RESOURCE,
        })
    }

    /// The owner lets an app in, with these scopes; gives the code.
    pub async fn approve(&self, client: &str, scopes: &[&str]) -> String {
        let Value::Object(mut asked) = Self::asked(client) else { return String::new() };
        asked.insert("decision".to_owned(), "approve".into());
        asked.insert("scopes".to_owned(), json!(scopes));
        let answer = self.call_by(self.owner, "hello", "oauth_authorization_decide", asked.into()).await;
        let answer = answer.result.expect("decided").value;
        let redirect = answer["redirectTo"].as_str().expect("an address");
        let code = redirect.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
        code.unwrap_or_else(|| panic!("no code in {redirect}")).to_owned()
    }

    /// What an app sends for the tokens of a code.
    pub fn redemption(client: &str, code: &str) -> Value {
        json!({
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": PROOF,
            "client_id": client,
            "resource": RESOURCE,
        })
    }

    /// A new app with these scopes in the owner's handle: its id, and its tokens.
    pub async fn connector(&self, scopes: &[&str]) -> (String, Value) {
        let client = self.client().await;
        let code = self.approve(&client, scopes).await;
        let tokens = self.public("oauth_token", Self::redemption(&client, &code)).await.expect("tokens");
        (client, tokens)
    }

    /// Calls without a credential; the code of a refusal.
    pub async fn public(&self, operation: &str, arguments: Value) -> Result<Value, String> {
        let request = self.request(operation, arguments, Credential::None);
        let answer = self.app.call(Request { bound: None, surface: Surface::Rest, ..request }).await;
        answer.result.map(|reply| reply.value).map_err(|error| error.code.name().to_owned())
    }
}
