use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ones are not taken over from callers.
const MAX: usize = 128;

/// Names requests: by the caller's id if that can be repeated safely, else by a number of our own.
///
/// A number behind a prefix, because fresh randomness for each visitor would cost more than finding the route.
pub(super) struct RequestIds {
    prefix: Box<str>,
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(prefix: &str) -> Self {
        let prefix = prefix.chars().filter(char::is_ascii_alphanumeric).take(64).collect::<String>();
        Self { prefix: prefix.into(), next: AtomicU64::new(0) }
    }

    pub(super) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        match headers.get(X_REQUEST_ID) {
            Some(own) if is_valid(own.as_bytes()) => own.clone(),
            _ => self.next(),
        }
    }

    fn next(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut id = String::with_capacity(self.prefix.len() + 17);
        id.push_str(&self.prefix);
        // Writing to a string does not fail, and letters, digits and `-` are a header value.
        let _ = write!(id, "-{number:x}");
        HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("-"))
    }
}

fn is_valid(id: &[u8]) -> bool {
    (1..=MAX).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte))
}
