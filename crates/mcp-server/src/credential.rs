use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use lp_application::{Code, Credential, Error};

pub(crate) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What the caller shows in its headers: a bearer token (RFC 6750), or the same in `x-api-key`.
///
/// Two that differ are refused, because whoever sent them and whoever logs them may each mean another one.
pub(crate) fn of_headers(headers: &HeaderMap) -> Result<Credential, Error> {
    let mut shown: Option<&str> = None;
    let bearers = headers.get_all(AUTHORIZATION).iter().map(|value| value.to_str().ok().and_then(bearer));
    let keys = headers.get_all(API_KEY).iter().map(|value| value.to_str().ok().and_then(visible));
    for token in bearers.chain(keys) {
        let token = token.ok_or_else(|| {
            invalid("send the credential as 'Authorization: Bearer <token>' or 'x-api-key: <token>'")
        })?;
        if shown.is_some_and(|other| other != token) {
            return Err(invalid("the request carries two different credentials; send one"));
        }
        shown = Some(token);
    }
    Ok(shown.map_or(Credential::None, |token| Credential::Bearer(token.to_owned())))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| visible(token))?
}

fn visible(token: &str) -> Option<&str> {
    let token = token.trim();
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then_some(token)
}

fn invalid(message: &str) -> Error {
    Error::new(Code::INVALID_TOKEN, message)
}
