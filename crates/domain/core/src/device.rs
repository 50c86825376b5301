/// What kind of machine a visitor's user agent claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Device {
    Mobile,
    Tablet,
    Desktop,
    /// Crawlers, previewers, monitors and scripts: counted, but as a class of their own.
    Bot,
    Unknown,
}

/// Parts of user agents that people do not browse with, in lower case.
const BOTS: &[&str] = &[
    "bot",
    "crawl",
    "spider",
    "slurp",
    "facebookexternalhit",
    "embedly",
    "preview",
    "whatsapp",
    "skypeuripreview",
    "curl/",
    "wget/",
    "python",
    "java/",
    "go-http-client",
    "okhttp",
    "libwww",
    "httpclient",
    "headless",
    "scrapy",
    "axios/",
    "node-fetch",
    "ruby",
    "perl",
    "php/",
    "reqwest",
    "monitor",
    "uptime",
    "pingdom",
    "lighthouse",
];
const TABLETS: &[&str] = &["ipad", "tablet", "kindle", "silk/", "playbook"];
const MOBILES: &[&str] = &["iphone", "ipod", "mobile", "windows phone", "opera mini", "blackberry"];
const DESKTOPS: &[&str] = &["windows nt", "macintosh", "x11", "linux", "cros "];

impl Device {
    pub const ALL: [Self; 5] = [Self::Mobile, Self::Tablet, Self::Desktop, Self::Bot, Self::Unknown];

    /// Classifies a `User-Agent`; an Android without `Mobile` is a tablet, an absent or strange one is unknown.
    pub fn of(user_agent: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| contains(user_agent, word));
        if user_agent.is_empty() {
            Self::Unknown
        } else if has(BOTS) {
            Self::Bot
        } else if has(TABLETS) || (has(&["android"]) && !has(&["mobile"])) {
            Self::Tablet
        } else if has(MOBILES) || has(&["android"]) {
            Self::Mobile
        } else if has(DESKTOPS) {
            Self::Desktop
        } else {
            Self::Unknown
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "MOBILE",
            Self::Tablet => "TABLET",
            Self::Desktop => "DESKTOP",
            Self::Bot => "BOT",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Reads the documented names in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|device| device.as_str().eq_ignore_ascii_case(text))
    }
}

/// Whether `text` contains the lower-case `word`, without regard to ASCII case and without allocating.
fn contains(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}
