//! Where a visitor comes from, as far as the request says.

/// Room for one parameter of a query, decoded. A longer one is none that a rule can name.
pub struct Room([u8; Self::BYTES]);

/// Parameters that name a source; the first that is there counts.
const SOURCES: [&str; 3] = ["utm_source", "source", "ref"];

/// Hosts of web mail, which stand below those of search.
const EMAIL: &[&str] = &[
    "mail.google.com",
    "mail.yahoo.com",
    "mail.aol.com",
    "mail.yandex.ru",
    "mail.yandex.com",
    "mail.qq.com",
    "mail.proton.me",
    "mail.zoho.com",
    "outlook.live.com",
    "outlook.office.com",
    "outlook.office365.com",
    "com.google.android.gm",
];

/// Engines that answer under many endings, by the label before those.
const SEARCH_NAMES: &[&str] =
    &["google", "bing", "yahoo", "yandex", "baidu", "duckduckgo", "ecosia", "qwant"];

const SEARCH: &[&str] = &[
    "search.brave.com",
    "startpage.com",
    "kagi.com",
    "naver.com",
    "sogou.com",
    "so.com",
    "seznam.cz",
    "ask.com",
    "search.aol.com",
    "perplexity.ai",
    "ya.ru",
];

const SOCIAL: &[&str] = &[
    "facebook.com",
    "fb.com",
    "fb.me",
    "instagram.com",
    "threads.net",
    "threads.com",
    "twitter.com",
    "x.com",
    "t.co",
    "linkedin.com",
    "lnkd.in",
    "reddit.com",
    "redd.it",
    "pinterest.com",
    "pin.it",
    "tiktok.com",
    "youtube.com",
    "youtu.be",
    "snapchat.com",
    "whatsapp.com",
    "t.me",
    "telegram.org",
    "discord.com",
    "vk.com",
    "ok.ru",
    "weibo.com",
    "bsky.app",
    "mastodon.social",
    "tumblr.com",
    "quora.com",
    "news.ycombinator.com",
    "messenger.com",
    "xing.com",
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

/// What kind of page sent the visitor: `direct` where there is none, else `email`, `search`, `social` or `referral`.
pub fn referred_by(referrer: &str) -> &'static str {
    let Some(host) = host_of(referrer) else { return "direct" };
    let below = |hosts: &[&str]| hosts.iter().any(|known| is_below(host, known));
    if below(EMAIL) {
        "email"
    } else if below(SEARCH) || is_engine(host) {
        "search"
    } else if below(SOCIAL) {
        "social"
    } else {
        "referral"
    }
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
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(named, value)| named.eq_ignore_ascii_case(name) && !value.is_empty())?;
    Some(value)
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

/// The host of a web address or of an Android app, without port.
fn host_of(referrer: &str) -> Option<&str> {
    let (_, rest) = referrer.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(':').next()?.trim_end_matches('.');
    (!host.is_empty()).then_some(host)
}

/// Whether a host is this one, or one below it.
fn is_below(host: &str, known: &str) -> bool {
    let Some(at) = host.len().checked_sub(known.len()) else { return false };
    let ends = host.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(known));
    ends && (at == 0 || host.as_bytes().get(at - 1) == Some(&b'.'))
}

/// Whether a host is one of the engines that answer under many endings: `www.google.de`, `google.co.uk`.
fn is_engine(host: &str) -> bool {
    let mut labels = host.rsplit('.');
    let (Some(last), Some(second)) = (labels.next(), labels.next()) else { return false };
    let known = |label: &str| SEARCH_NAMES.iter().any(|name| name.eq_ignore_ascii_case(label));
    let shared = last.len() == 2 && matches!(second, "co" | "com" | "org" | "ne");
    known(second) || (shared && labels.next().is_some_and(known))
}
