//! The form that a visitor sends to a link.

use std::error::Error as StdError;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use lp_application::{Code, broken_off};
use tokio::time::timeout;

/// Room for a password of 128 characters however they are escaped, and for a referrer.
const MOST: usize = 4 * 1_024;
/// The form has arrived whole by then, however slowly its sender is at it.
const PATIENCE: Duration = Duration::from_secs(30);
const FORM: &str = "application/x-www-form-urlencoded";

/// The field of the password.
pub(super) const PASSWORD: &str = "password";
/// The field of the site that the visitor came from before the question was asked.
pub(super) const FROM: &str = "from";

/// What a visitor sent. It is shown to nobody.
pub(super) struct Form {
    pub(super) password: String,
    pub(super) from: String,
}

/// Reads the form; fields that are not ours are let be.
pub(super) async fn read<B>(headers: &HeaderMap, body: B) -> Result<Form, Code>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    if !is_form(headers) {
        return Err(Code::UNSUPPORTED_MEDIA_TYPE);
    }
    if usize::try_from(body.size_hint().lower()).is_ok_and(|sent| sent > MOST) {
        return Err(Code::PAYLOAD_TOO_LARGE);
    }
    let Ok(collected) = timeout(PATIENCE, Limited::new(body, MOST).collect()).await else {
        return Err(Code::REQUEST_TIMEOUT);
    };
    let bytes = match collected {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(Code::PAYLOAD_TOO_LARGE),
        Err(error) => return Err(broken_off(error.as_ref()).code),
    };
    let said = |wanted: &str| {
        let mut fields = form_urlencoded::parse(&bytes);
        fields.find(|(name, _)| name == wanted).map_or_else(String::new, |(_, value)| value.into_owned())
    };
    Ok(Form { password: said(PASSWORD), from: said(FROM) })
}

/// Whether a body is what a plain form sends.
fn is_form(headers: &HeaderMap) -> bool {
    let mut sent = headers.get_all(CONTENT_TYPE).iter();
    let only = sent.next().filter(|_| sent.next().is_none()).and_then(|value| value.to_str().ok());
    let essence = only.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(FORM)
}
