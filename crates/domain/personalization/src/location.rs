use std::borrow::Cow;

use lp_links::QueryPassThrough;
use url::form_urlencoded;

use crate::Redirect;

impl Redirect<'_> {
    /// The value of `Location`: the destination, and the visitor's query as the link wants it, in one buffer.
    ///
    /// `query` is what stood behind the `?` of the request, still encoded. Bytes that may not stand in a header are
    /// left out; a fragment of the destination stays at the end.
    pub fn location(&self, query: Option<&str>) -> String {
        let query = query.unwrap_or("");
        let (base, fragment) = split_fragment(self.destination);
        let mut location = String::with_capacity(self.destination.len() + query.len() + 1);
        match self.query {
            QueryPassThrough::Off | QueryPassThrough::Append => location.push_str(base),
            QueryPassThrough::Override => push_without(&mut location, base, query),
        }
        if self.query != QueryPassThrough::Off {
            for pair in pairs(query) {
                location.push(if location.contains('?') { '&' } else { '?' });
                location.extend(pair.chars().filter(char::is_ascii_graphic));
            }
        }
        location.push_str(fragment);
        location
    }
}

/// Pushes `base` without those of its parameters that `query` names too.
fn push_without(location: &mut String, base: &str, query: &str) {
    let Some((path, own)) = base.split_once('?') else { return location.push_str(base) };
    location.push_str(path);
    let mut mark = '?';
    for pair in pairs(own).filter(|pair| !pairs(query).any(|other| name(other) == name(pair))) {
        location.push(mark);
        location.push_str(pair);
        mark = '&';
    }
}

fn split_fragment(url: &str) -> (&str, &str) {
    url.find('#').map_or((url, ""), |at| url.split_at(at))
}

fn pairs(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|pair| !pair.is_empty())
}

/// The decoded name of one `name=value`, so that `utm%5Fsource` and `utm_source` are the same.
fn name(pair: &str) -> Cow<'_, str> {
    form_urlencoded::parse(pair.as_bytes()).next().map_or(Cow::Borrowed(""), |(name, _)| name)
}
