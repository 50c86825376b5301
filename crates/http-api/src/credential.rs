use http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use lp_application::{Credential, Error};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What the caller shows in its headers.
pub(crate) fn of_headers(headers: &HeaderMap) -> Result<Credential, Error> {
    let texts = |name| headers.get_all(name).iter().map(|value| value.to_str().ok());
    Credential::of_headers(texts(AUTHORIZATION), texts(API_KEY))
}
