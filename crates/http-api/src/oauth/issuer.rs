use axum::response::Response;
use bytes::Bytes;
use lp_application::oauth::addresses::{AUTHORIZE, REGISTER, REVOKE, TOKEN};
use lp_application::oauth::offered_scopes;
use lp_application::{Application, Catalogue, PublicUrls};
use serde_json::{Map, Value, json};

use super::KEPT_SECONDS;
use crate::render;

/// How clients may say who they are: not at all, which most do, or with their secret.
const CLIENT_AUTHENTICATION: [&str; 3] = ["none", "client_secret_basic", "client_secret_post"];

/// The documents of the authorization server, which are the same on every host that shows them.
#[derive(Debug, Clone)]
pub(crate) struct Issuer {
    server: Bytes,
    openid: Bytes,
}

impl Issuer {
    pub(crate) fn of(app: &Application) -> Self {
        let urls = &app.settings().urls;
        let server = server(urls, app.catalogue());
        let openid = openid(urls, server.clone());
        let written = |document| Value::Object(document).to_string().into();
        Self { server: written(server), openid: written(openid) }
    }

    /// Metadata of the authorization server (RFC 8414).
    pub(crate) fn server(&self) -> Response {
        render::published(self.server.clone(), KEPT_SECONDS)
    }

    /// The same as OpenID Connect discovery has it.
    pub(crate) fn openid(&self) -> Response {
        render::published(self.openid.clone(), KEPT_SECONDS)
    }
}

fn server(urls: &PublicUrls, catalogue: &Catalogue) -> Map<String, Value> {
    let at = |path: &str| json!(format!("{}{path}", urls.api));
    let scopes: Vec<_> = offered_scopes(catalogue).iter().map(|scope| scope.as_str()).collect();
    let said = [
        // Byte for byte what clients were told, without a `/` at its end.
        ("issuer", json!(urls.api)),
        ("authorization_endpoint", at(AUTHORIZE)),
        ("token_endpoint", at(TOKEN)),
        ("registration_endpoint", at(REGISTER)),
        ("revocation_endpoint", at(REVOKE)),
        ("scopes_supported", json!(scopes)),
        ("response_types_supported", json!(["code"])),
        ("response_modes_supported", json!(["query"])),
        ("grant_types_supported", json!(["authorization_code", "refresh_token"])),
        ("token_endpoint_auth_methods_supported", json!(CLIENT_AUTHENTICATION)),
        ("revocation_endpoint_auth_methods_supported", json!(CLIENT_AUTHENTICATION)),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("client_id_metadata_document_supported", json!(true)),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("service_documentation", at("/v2/docs")),
    ];
    said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What discovery demands beside that (OpenID Connect Discovery 1.0, 3). Nobody is given an id token: the scope `openid`
/// is not among those supported.
fn openid(urls: &PublicUrls, mut server: Map<String, Value>) -> Map<String, Value> {
    server.insert("jwks_uri".to_owned(), json!(format!("{}/.well-known/jwks.json", urls.api)));
    server.insert("subject_types_supported".to_owned(), json!(["public"]));
    server.insert("id_token_signing_alg_values_supported".to_owned(), json!(["EdDSA"]));
    server
}
