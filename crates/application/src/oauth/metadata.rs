//! What a client says of itself, when it registers or in its document (RFC 7591, 2).

#![expect(missing_docs, reason = "what is said of a field stands in the schema")]

use std::fmt;

use lp_access::{ClientName, ClientProof, RedirectUri, redirects};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::View;
use crate::error::Fault;
use crate::{Code, Error};

const CODE: &str = "authorization_code";
const REFRESH: &str = "refresh_token";

/// What a client says of itself. What is not named here is not understood, and ignored.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClientMetadata {
    /// Of a document: its own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Where answers may go: https, or http to the person's own machine.
    pub redirect_uris: Vec<String>,
    /// What it calls itself, in at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// `none`, `client_secret_basic` or `client_secret_post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// `authorization_code` and `refresh_token`; others are not granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    /// `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
}

/// A client as it is registered (RFC 7591, 3.2.1).
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct RegisteredClient {
    pub client_id: String,
    /// Seconds since 1970.
    pub client_id_issued_at: i64,
    /// Of clients that keep one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// 0: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<i64>,
    pub redirect_uris: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    pub token_endpoint_auth_method: String,
    pub grant_types: Vec<String>,
    pub response_types: Vec<String>,
}

/// What of it counts.
pub(super) struct Understood {
    pub(super) name: Option<ClientName>,
    pub(super) redirects: Vec<RedirectUri>,
    pub(super) proves_by: ClientProof,
}

impl ClientMetadata {
    /// What counts of it, or everything that is wrong with it. `unsaid` is how a client proves itself that does not say.
    pub(super) fn understand(&self, unsaid: ClientProof) -> Result<Understood, Error> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, code, message: String| {
            faults.push(Fault { pointer: pointer.to_owned(), code, message });
        };
        let redirects = redirects(self.redirect_uris.iter().map(String::as_str))
            .map_err(|why| fault("/redirect_uris", "invalid_redirect_uri", why.to_string()))
            .unwrap_or_default();
        let named = self.client_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = named.map(ClientName::parse).transpose();
        let name =
            name.map_err(|why| fault("/client_name", "invalid_text", why.to_string())).unwrap_or_default();
        let proof = self.token_endpoint_auth_method.as_deref().map(ClientProof::parse);
        if proof == Some(None) {
            let message = "must be none, client_secret_basic or client_secret_post".to_owned();
            fault("/token_endpoint_auth_method", "unknown_value", message);
        }
        let lacks = |said: &Option<Vec<String>>, word: &str| {
            said.as_ref().is_some_and(|said| !said.iter().any(|one| one == word))
        };
        if lacks(&self.grant_types, CODE) {
            fault("/grant_types", "unknown_value", "must have authorization_code in it".to_owned());
        }
        if lacks(&self.response_types, "code") {
            fault("/response_types", "unknown_value", "must have code in it".to_owned());
        }
        if faults.is_empty() {
            return Ok(Understood { name, redirects, proves_by: proof.flatten().unwrap_or(unsaid) });
        }
        let code = match faults.as_slice() {
            [only] if only.code == "invalid_redirect_uri" => Code::INVALID_REDIRECT_URI,
            _ => Code::INVALID_CLIENT_METADATA,
        };
        Err(Error { code, ..Error::faults(faults) })
    }
}

impl Understood {
    /// What a client is told of its registration: what it said, as far as it counts.
    pub(super) fn registered(
        self,
        client_id: String,
        issued_at: i64,
        secret: Option<String>,
    ) -> RegisteredClient {
        RegisteredClient {
            client_id,
            client_id_issued_at: issued_at,
            client_secret_expires_at: secret.is_some().then_some(0),
            client_secret: secret,
            redirect_uris: self.redirects.iter().map(ToString::to_string).collect(),
            client_name: self.name.map(|name| name.as_str().to_owned()),
            token_endpoint_auth_method: self.proves_by.as_str().to_owned(),
            grant_types: vec![CODE.to_owned(), REFRESH.to_owned()],
            response_types: vec!["code".to_owned()],
        }
    }
}

impl View for RegisteredClient {
    fn created(&self) -> bool {
        true
    }
}

/// Shows no secret.
impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredClient").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
