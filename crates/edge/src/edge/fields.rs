use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The header fields that the edge looks at, found in one pass: to look up each by its name would cost more than finding
/// the route. Of a field that comes more than once the first counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fields<'r> {
    pub(super) request_id: Option<&'r HeaderValue>,
    pub(super) user_agent: Option<&'r HeaderValue>,
    pub(super) referer: Option<&'r HeaderValue>,
    pub(super) accept_language: Option<&'r HeaderValue>,
    pub(super) cookie: Option<&'r HeaderValue>,
    pub(super) purpose: Option<&'r HeaderValue>,
    pub(super) sec_purpose: Option<&'r HeaderValue>,
}

impl<'r> Fields<'r> {
    pub(super) fn of(headers: &'r HeaderMap) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            let field = match name.as_str() {
                "x-request-id" => &mut fields.request_id,
                "user-agent" => &mut fields.user_agent,
                "referer" => &mut fields.referer,
                "accept-language" => &mut fields.accept_language,
                "cookie" => &mut fields.cookie,
                "purpose" => &mut fields.purpose,
                "sec-purpose" => &mut fields.sec_purpose,
                _ => continue,
            };
            field.get_or_insert(value);
        }
        fields
    }
}

/// A field as text; empty where it is absent or no UTF-8.
pub(super) fn text(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| std::str::from_utf8(value.as_bytes()).ok()).unwrap_or("")
}

/// What a visitor's cookies of this name hold, in the order they came.
pub(super) fn cookies<'r>(headers: &'r HeaderMap, name: &'r str) -> impl Iterator<Item = &'r str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(move |pair| {
        let (known, value) = pair.trim().split_once('=')?;
        (known == name).then_some(value)
    })
}
