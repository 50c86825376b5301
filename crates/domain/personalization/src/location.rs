use std::borrow::Cow;
use std::collections::HashSet;

use lp_links::QueryPassThrough;
use url::form_urlencoded;

use crate::Redirect;

/// The parameter in which a destination gets the context of the visit.
const CONTEXT: &str = "ctx";

impl Redirect<'_> {
    /// The value of `Location`: the destination, and the visitor's query as the link wants it, in one buffer.
    ///
    /// `query` is what stood behind the `?` of the request, still encoded. Bytes that may not stand in a header are
    /// left out; a fragment of the destination stays at the end. The work grows with the lengths of both, not with their
    /// product, because anybody may send a long query.
    pub fn location(&self, query: Option<&str>) -> String {
        self.written(query, None)
    }

    /// The same with a context token, which goes before the fragment and in place of whatever else would be called so:
    /// parameters of the destination, and of the visitor, who may have come through another link.
    pub fn location_with(&self, query: Option<&str>, token: &str) -> String {
        self.written(query, Some(token))
    }

    fn written(&self, query: Option<&str>, token: Option<&str>) -> String {
        let query = query.unwrap_or("");
        if self.tracking.is_empty() {
            return with_context(self.destination, self.query, query, token);
        }
        let tracked = with_query(self.destination, QueryPassThrough::Override, self.tracking);
        with_context(&tracked, self.query, query, token)
    }
}

/// A destination with a query, as far as the mode wants it.
pub(crate) fn with_query(destination: &str, mode: QueryPassThrough, query: &str) -> String {
    with_context(destination, mode, query, None)
}

fn with_context(destination: &str, mode: QueryPassThrough, query: &str, token: Option<&str>) -> String {
    let query = if mode == QueryPassThrough::Off { "" } else { query };
    let (base, fragment) = split(destination, '#');
    let (path, own) = split(base, '?');
    let own = own.strip_prefix('?');
    let added = if query.is_empty() { 0 } else { query.len() + 1 };
    let carried = token.map_or(0, |token| CONTEXT.len() + token.len() + 2);
    let mut location = String::with_capacity(destination.len() + added + carried);
    let drops = |pair: &str| token.is_some() && is_context(pair);
    let mut has_query = match own {
        Some(own) if mode == QueryPassThrough::Override => {
            location.push_str(path);
            push_without(&mut location, own, query, drops)
        }
        Some(own) if pairs(own).any(drops) => {
            location.push_str(path);
            push_pairs(&mut location, pairs(own).filter(|pair| !drops(pair)))
        }
        own => {
            location.push_str(base);
            own.is_some()
        }
    };
    for pair in pairs(query).filter(|pair| !drops(pair)) {
        location.push(if has_query { '&' } else { '?' });
        if pair.bytes().all(|byte| byte.is_ascii_graphic()) {
            location.push_str(pair);
        } else {
            location.extend(pair.chars().filter(char::is_ascii_graphic));
        }
        has_query = true;
    }
    if let Some(token) = token {
        location.push(if has_query { '&' } else { '?' });
        location.push_str(CONTEXT);
        location.push('=');
        location.push_str(token);
    }
    location.push_str(fragment);
    location
}

/// Pushes parameters behind a path; whether there are any.
fn push_pairs<'p>(location: &mut String, pairs: impl Iterator<Item = &'p str>) -> bool {
    let mut mark = '?';
    for pair in pairs {
        location.push(mark);
        location.push_str(pair);
        mark = '&';
    }
    mark == '&'
}

/// Whether a parameter is called as that of contexts is.
fn is_context(pair: &str) -> bool {
    // Nearly none is, and decoding names takes longer than looking at a letter.
    matches!(pair.as_bytes().first(), Some(b'c' | b'%')) && name(pair) == CONTEXT
}

/// Pushes those of a destination's parameters that `query` does not name too and that are not dropped; whether any are
/// left.
fn push_without(location: &mut String, own: &str, query: &str, drops: impl Fn(&str) -> bool) -> bool {
    // Of the link's names rather than the visitor's: these are the bounded ones.
    let mut kept: HashSet<_> = pairs(own).map(name).collect();
    for pair in pairs(query) {
        kept.remove(&name(pair));
    }
    push_pairs(location, pairs(own).filter(|pair| kept.contains(&name(pair)) && !drops(pair)))
}

/// What stands before a mark, and the rest with it.
fn split(url: &str, mark: char) -> (&str, &str) {
    // Not `find`: addresses are short, and it searches by words of the machine.
    let at = url.bytes().position(|byte| char::from(byte) == mark);
    url.split_at(at.unwrap_or(url.len()))
}

fn pairs(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|pair| !pair.is_empty())
}

/// The decoded name of one `name=value`, so that `utm%5Fsource` and `utm_source` are the same.
fn name(pair: &str) -> Cow<'_, str> {
    form_urlencoded::parse(pair.as_bytes()).next().map_or(Cow::Borrowed(""), |(name, _)| name)
}
