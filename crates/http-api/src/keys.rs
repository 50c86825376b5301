use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lp_application::PublishedKey;
use serde_json::json;

use crate::render;

/// The keys of access tokens as a JWK set (RFC 7517; Ed25519 as RFC 8037 writes it).
pub(crate) fn reply(keys: &[PublishedKey]) -> Response {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": "EdDSA",
                "kid": key.id,
                "x": URL_SAFE_NO_PAD.encode(key.public),
            })
        })
        .collect();
    render::document("application/json", json!({ "keys": keys }).to_string().into())
}
