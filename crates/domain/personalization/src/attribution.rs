//! Where a visitor comes from, as far as the request says.

/// Room for one parameter of a query, decoded. A longer one is none that a rule can name.
pub struct Room([u8; Self::BYTES]);

/// Parameters that name a source; the first that is there counts.
const SOURCES: [&str; 3] = ["utm_source", "source", "ref"];

/// What kinds of pages there are, beside all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Email,
    Search,
    Social,
}

/// Engines that answer under many endings, by the label before those.
const SEARCH_NAMES: &[&str] =
    &["google", "bing", "yahoo", "yandex", "baidu", "duckduckgo", "ecosia", "qwant"];

/// Hosts, in order; those below them are of the same kind, unless they stand here themselves.
const HOSTS: &[(&str, Kind)] = &[
    ("ask.com", Kind::Search),
    ("bsky.app", Kind::Social),
    ("com.google.android.gm", Kind::Email),
    ("discord.com", Kind::Social),
    ("facebook.com", Kind::Social),
    ("fb.com", Kind::Social),
    ("fb.me", Kind::Social),
    ("instagram.com", Kind::Social),
    ("kagi.com", Kind::Search),
    ("linkedin.com", Kind::Social),
    ("lnkd.in", Kind::Social),
    ("mail.aol.com", Kind::Email),
    ("mail.google.com", Kind::Email),
    ("mail.proton.me", Kind::Email),
    ("mail.qq.com", Kind::Email),
    ("mail.yahoo.com", Kind::Email),
    ("mail.yandex.com", Kind::Email),
    ("mail.yandex.ru", Kind::Email),
    ("mail.zoho.com", Kind::Email),
    ("mastodon.social", Kind::Social),
    ("messenger.com", Kind::Social),
    ("naver.com", Kind::Search),
    ("news.ycombinator.com", Kind::Social),
    ("ok.ru", Kind::Social),
    ("outlook.live.com", Kind::Email),
    ("outlook.office.com", Kind::Email),
    ("outlook.office365.com", Kind::Email),
    ("perplexity.ai", Kind::Search),
    ("pin.it", Kind::Social),
    ("pinterest.com", Kind::Social),
    ("quora.com", Kind::Social),
    ("redd.it", Kind::Social),
    ("reddit.com", Kind::Social),
    ("search.aol.com", Kind::Search),
    ("search.brave.com", Kind::Search),
    ("seznam.cz", Kind::Search),
    ("snapchat.com", Kind::Social),
    ("so.com", Kind::Search),
    ("sogou.com", Kind::Search),
    ("startpage.com", Kind::Search),
    ("t.co", Kind::Social),
    ("t.me", Kind::Social),
    ("telegram.org", Kind::Social),
    ("threads.com", Kind::Social),
    ("threads.net", Kind::Social),
    ("tiktok.com", Kind::Social),
    ("tumblr.com", Kind::Social),
    ("twitter.com", Kind::Social),
    ("vk.com", Kind::Social),
    ("weibo.com", Kind::Social),
    ("whatsapp.com", Kind::Social),
    ("x.com", Kind::Social),
    ("xing.com", Kind::Social),
    ("ya.ru", Kind::Search),
    ("youtu.be", Kind::Social),
    ("youtube.com", Kind::Social),
];

impl Room {
    const BYTES: usize = 400;
}

impl Default for Room {
    fn default() -> Self {
        Self([0; Self::BYTES])
    }
}

/// What a query names as the source of the visit: `utm_source`, else `source`, else `ref`.
pub fn source_in<'r>(query: &str, room: &'r mut Room) -> Option<&'r str> {
    let name = SOURCES.into_iter().find(|name| raw(query, name).is_some())?;
    parameter(query, name, room)
}

/// What a query names as the campaign of the visit.
pub fn campaign_in<'r>(query: &str, room: &'r mut Room) -> Option<&'r str> {
    parameter(query, "utm_campaign", room)
}

/// What kind of page sent the visitor, by its host as [`host_of`] finds it: `direct` where there is none, else `email`,
/// `search`, `social` or `referral`.
pub fn referred_by(host: &str) -> &'static str {
    if host.is_empty() {
        return "direct";
    }
    match below(host).find_map(kind_of) {
        Some(Kind::Email) => "email",
        Some(Kind::Search) => "search",
        Some(Kind::Social) => "social",
        None if is_engine(host) => "search",
        None => "referral",
    }
}

/// The host of a web address or of an Android app, without user and port; empty where there is none.
pub fn host_of(referrer: &str) -> &str {
    let web = referrer.strip_prefix("https://").or_else(|| referrer.strip_prefix("http://"));
    let behind = || referrer.split_once(':').and_then(|(_, rest)| rest.strip_prefix("//"));
    let Some(rest) = web.or_else(behind) else { return "" };
    let (mut from, mut port, mut end) = (0, None, rest.len());
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'/' | b'?' | b'#' => {
                end = at;
                break;
            }
            b'@' => (from, port) = (at + 1, None),
            b':' => port = port.or(Some(at)),
            _ => {}
        }
    }
    rest.get(from..port.unwrap_or(end)).unwrap_or_default().trim_end_matches('.')
}

/// The first value of a parameter, unless it is empty, no text or longer than any rule's.
fn parameter<'r>(query: &str, name: &str, room: &'r mut Room) -> Option<&'r str> {
    let value = raw(query, name)?;
    let mut length = 0;
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'+' => b' ',
            b'%' => escaped(&mut bytes),
            other => other,
        };
        *room.0.get_mut(length)? = byte;
        length += 1;
    }
    std::str::from_utf8(room.0.get(..length)?).ok()
}

fn raw<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let mut rest = query;
    while !rest.is_empty() {
        let end = rest.bytes().position(|byte| byte == b'&').unwrap_or(rest.len());
        let (pair, behind) = rest.split_at_checked(end)?;
        rest = behind.get(1..).unwrap_or_default();
        let value = pair.get(name.len()..).and_then(|value| value.strip_prefix('=')).unwrap_or_default();
        if !value.is_empty() && pair.get(..name.len()).is_some_and(|named| named.eq_ignore_ascii_case(name)) {
            return Some(value);
        }
    }
    None
}

/// The byte of the two digits that follow; a `%` that none follow is itself.
fn escaped(bytes: &mut std::str::Bytes<'_>) -> u8 {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut ahead = bytes.clone();
    match (ahead.next().and_then(digit), ahead.next().and_then(digit)) {
        (Some(high), Some(low)) => {
            *bytes = ahead;
            high * 16 + low
        }
        _ => b'%',
    }
}

/// The host, and each that it is below.
fn below(host: &str) -> impl Iterator<Item = &str> {
    let dots = host.bytes().enumerate().filter(|(_, byte)| *byte == b'.').map(|(at, _)| at + 1);
    std::iter::once(0).chain(dots).filter_map(|from| host.get(from..))
}

fn kind_of(host: &str) -> Option<Kind> {
    let lower = || host.bytes().map(|byte| byte.to_ascii_lowercase());
    let found = HOSTS.binary_search_by(|(known, _)| known.bytes().cmp(lower())).ok()?;
    HOSTS.get(found).map(|(_, kind)| *kind)
}

/// Whether a host is one of the engines that answer under many endings: `www.google.de`, `google.co.uk`.
fn is_engine(host: &str) -> bool {
    let mut labels = host.rsplit('.');
    let (Some(last), Some(second)) = (labels.next(), labels.next()) else { return false };
    let known = |label: &str| SEARCH_NAMES.iter().any(|name| name.eq_ignore_ascii_case(label));
    let shared = last.len() == 2 && matches!(second, "co" | "com" | "org" | "ne");
    known(second) || (shared && labels.next().is_some_and(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_stand_in_order_or_they_are_not_found() {
        assert!(HOSTS.is_sorted_by(|(one, _), (other, _)| one < other));
    }
}
