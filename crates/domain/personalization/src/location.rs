use std::borrow::Cow;
use std::collections::HashSet;

use lp_links::QueryPassThrough;
use url::form_urlencoded;

use crate::Redirect;

impl Redirect<'_> {
    /// The value of `Location`: the destination, and the visitor's query as the link wants it, in one buffer.
    ///
    /// `query` is what stood behind the `?` of the request, still encoded. Bytes that may not stand in a header are
    /// left out; a fragment of the destination stays at the end. The work grows with the lengths of both, not with their
    /// product, because anybody may send a long query.
    pub fn location(&self, query: Option<&str>) -> String {
        let query = query.unwrap_or("");
        if self.tracking.is_empty() {
            return with_query(self.destination, self.query, query);
        }
        with_query(
            &with_query(self.destination, QueryPassThrough::Override, self.tracking),
            self.query,
            query,
        )
    }
}

/// A destination with a query, as far as the mode wants it.
pub(crate) fn with_query(destination: &str, mode: QueryPassThrough, query: &str) -> String {
    let (base, fragment) = split_fragment(destination);
    let added = if mode == QueryPassThrough::Off || query.is_empty() { 0 } else { query.len() + 1 };
    let mut location = String::with_capacity(destination.len() + added);
    let has_query = match mode {
        QueryPassThrough::Off | QueryPassThrough::Append => {
            location.push_str(base);
            base.contains('?')
        }
        QueryPassThrough::Override => push_without(&mut location, base, query),
    };
    if mode != QueryPassThrough::Off {
        let mut mark = if has_query { '&' } else { '?' };
        for pair in pairs(query) {
            location.push(mark);
            location.extend(pair.chars().filter(char::is_ascii_graphic));
            mark = '&';
        }
    }
    location.push_str(fragment);
    location
}

/// Pushes `base` without those of its parameters that `query` names too; whether any are left.
fn push_without(location: &mut String, base: &str, query: &str) -> bool {
    let Some((path, own)) = base.split_once('?') else {
        location.push_str(base);
        return false;
    };
    location.push_str(path);
    // Of the link's names rather than the visitor's: these are the bounded ones.
    let mut kept: HashSet<_> = pairs(own).map(name).collect();
    for pair in pairs(query) {
        kept.remove(&name(pair));
    }
    let mut mark = '?';
    for pair in pairs(own).filter(|pair| kept.contains(&name(pair))) {
        location.push(mark);
        location.push_str(pair);
        mark = '&';
    }
    mark == '&'
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
