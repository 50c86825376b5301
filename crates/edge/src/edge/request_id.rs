use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use lp_core::text::is_request_id;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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
            Some(own) if own.to_str().is_ok_and(is_request_id) => own.clone(),
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
