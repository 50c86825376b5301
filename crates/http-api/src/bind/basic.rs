use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use lp_application::{Code, Error};

use super::text;

/// Padding is left out by some clients.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A client's credentials from the `Authorization` header.
pub(super) struct Client {
    pub(super) id: String,
    /// `None` where it is empty, which means the same (RFC 6749, 2.3.1).
    pub(super) secret: Option<String>,
}

/// The client that a `Basic` header names (RFC 6749, 2.3.1; RFC 7617, 2). Headers of other schemes name none.
pub(super) fn of_headers(headers: &HeaderMap) -> Result<Option<Client>, Error> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = sent.next() else { return Ok(None) };
    if sent.next().is_some() {
        return Err(Error::new(Code::INVALID_REQUEST, "send one Authorization header"));
    }
    let value = first.as_bytes().trim_ascii();
    let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, credentials) = value.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Ok(None);
    }
    let client = client(credentials.trim_ascii()).ok_or_else(|| {
        let message =
            "send 'Authorization: Basic' with base64 of <client id>:<client secret>, both form-urlencoded";
        Error::new(Code::INVALID_CLIENT, message)
    })?;
    Ok(Some(client))
}

fn client(credentials: &[u8]) -> Option<Client> {
    let decoded = BASE64.decode(credentials).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (id, secret) = (text::decode(&decoded[..colon], true)?, text::decode(&decoded[colon + 1..], true)?);
    (!id.is_empty()).then(|| Client { id, secret: (!secret.is_empty()).then_some(secret) })
}
