use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue};
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

    pub(super) fn of(&self, sent: Option<&HeaderValue>) -> HeaderValue {
        match sent {
            Some(own) if own.to_str().is_ok_and(is_request_id) => own.clone(),
            _ => self.next(),
        }
    }

    fn next(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let digits = (u64::BITS - (number | 1).leading_zeros()).div_ceil(4);
        // No more room than it takes: what is left over would be moved to another place.
        let mut id = Vec::with_capacity(self.prefix.len() + 1 + digits as usize);
        id.extend_from_slice(self.prefix.as_bytes());
        id.push(b'-');
        id.extend((0..digits).rev().map(|place| hex(number >> (4 * place))));
        // Letters, digits and `-` are a header value.
        HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("-"))
    }
}

/// The digit of the lowest four bits.
fn hex(number: u64) -> u8 {
    let [.., low] = number.to_be_bytes();
    b"0123456789abcdef"[usize::from(low & 0xf)]
}
