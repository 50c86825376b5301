//! Forms as browsers send them.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use lp_application::{Code, Error, broken_off};
use tokio::time::timeout;

/// Several times what the longest form of ours needs.
const MOST: usize = 16 * 1024;
/// A form has arrived whole by then, however slowly its sender is at it.
const PATIENCE: Duration = Duration::from_secs(30);
const FORM: &str = "application/x-www-form-urlencoded";
/// What stands for bytes that are no text.
const REPLACEMENT: char = '\u{FFFD}';

/// The fields of a form or a query.
#[derive(Default)]
pub(crate) struct Values(Vec<(String, String)>);

impl Values {
    /// Reads the query of an address. What is no text or stands twice is as good as absent.
    pub(crate) fn of_query(query: Option<&str>) -> Self {
        Self::read(query.unwrap_or_default().as_bytes()).unwrap_or_default()
    }

    /// What a field says, `""` where it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Whether a field was sent, whatever it says.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// What stands behind a prefix in the names of fields: how boxes that are ticked are sent.
    pub(crate) fn named<'v>(&'v self, prefix: &'v str) -> impl Iterator<Item = &'v str> {
        self.0.iter().filter_map(move |(name, _)| name.strip_prefix(prefix))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
        let text =
            pairs.iter().all(|(name, value)| !name.contains(REPLACEMENT) && !value.contains(REPLACEMENT));
        let once =
            |(at, (name, _)): (usize, &(String, String))| pairs[..at].iter().all(|(other, _)| other != name);
        (text && pairs.iter().enumerate().all(once)).then_some(Self(pairs))
    }
}

/// Reads the form in a body.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Values, Error> {
    if !is_form(headers) {
        return Err(Error::new(Code::UNSUPPORTED_MEDIA_TYPE, format!("send the form as {FORM}")));
    }
    let too_large =
        || Error::new(Code::PAYLOAD_TOO_LARGE, format!("the form is larger than {} kB", MOST / 1024));
    if usize::try_from(body.size_hint().lower()).is_ok_and(|sent| sent > MOST) {
        return Err(too_large());
    }
    let Ok(collected) = timeout(PATIENCE, Limited::new(body, MOST).collect()).await else {
        return Err(Error::new(Code::REQUEST_TIMEOUT, "the form did not arrive whole in time"));
    };
    let bytes = match collected {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(error) => return Err(broken_off(error.as_ref())),
    };
    Values::read(&bytes)
        .ok_or_else(|| Error::new(Code::INVALID_PAYLOAD, "a field of the form stands twice or is no text"))
}

/// Whether a body is what a plain form sends. Its parameters say nothing that browsers do not do anyway.
fn is_form(headers: &HeaderMap) -> bool {
    let mut sent = headers.get_all(CONTENT_TYPE).iter();
    let only = sent.next().filter(|_| sent.next().is_none()).and_then(|value| value.to_str().ok());
    let essence = only.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(FORM)
}

/// The values of a form, of which some are secrets, are shown to nobody.
impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
