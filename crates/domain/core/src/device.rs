use self::Sign::{Android, Bot, Desktop, Mobile, Phone, Tablet};

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

/// What a word in a user agent points to.
#[derive(Clone, Copy)]
enum Sign {
    /// People do not browse with it.
    Bot,
    Tablet,
    /// A phone if it also says that it is mobile, else a tablet.
    Android,
    Mobile,
    Phone,
    Desktop,
}

/// Words, one bit each: the bit of a word is its place in [`WORDS`].
type WordSet = u64;

/// In lower case, of [`START`] bytes at least, and not more of them than a [`WordSet`] has bits.
const WORDS: &[(&str, Sign)] = &[
    ("bot", Bot),
    ("crawl", Bot),
    ("spider", Bot),
    ("slurp", Bot),
    ("facebookexternalhit", Bot),
    ("embedly", Bot),
    ("preview", Bot),
    ("whatsapp", Bot),
    ("skypeuripreview", Bot),
    ("curl/", Bot),
    ("wget/", Bot),
    ("python", Bot),
    ("java/", Bot),
    ("go-http-client", Bot),
    ("okhttp", Bot),
    ("libwww", Bot),
    ("httpclient", Bot),
    ("headless", Bot),
    ("scrapy", Bot),
    ("axios/", Bot),
    ("node-fetch", Bot),
    ("ruby", Bot),
    ("perl", Bot),
    ("php/", Bot),
    ("reqwest", Bot),
    ("monitor", Bot),
    ("uptime", Bot),
    ("pingdom", Bot),
    ("lighthouse", Bot),
    // Our own health checks, which may well look at a link of this platform.
    ("linkplatform/", Bot),
    ("ipad", Tablet),
    ("tablet", Tablet),
    ("kindle", Tablet),
    ("silk/", Tablet),
    ("playbook", Tablet),
    ("android", Android),
    ("mobile", Mobile),
    ("iphone", Phone),
    ("ipod", Phone),
    ("windows phone", Phone),
    ("opera mini", Phone),
    ("blackberry", Phone),
    ("windows nt", Desktop),
    ("macintosh", Desktop),
    ("x11", Desktop),
    ("linux", Desktop),
    ("cros ", Desktop),
];

/// How many bytes of a word are looked up before it is compared.
const START: usize = 3;

/// For each of the first places of a word: which words have this byte there, in either case.
static STARTS: [[WordSet; 256]; START] = starts();

impl Device {
    pub const ALL: [Self; 5] = [Self::Mobile, Self::Tablet, Self::Desktop, Self::Bot, Self::Unknown];

    /// Classifies a `User-Agent`; an Android without `Mobile` is a tablet, an absent or strange one is unknown.
    pub fn of(user_agent: &str) -> Self {
        const BOT: WordSet = words_of(Bot);
        const TABLET: WordSet = words_of(Tablet);
        const ANDROID: WordSet = words_of(Android);
        const MOBILE: WordSet = words_of(Mobile);
        const PHONE: WordSet = words_of(Phone);
        const DESKTOP: WordSet = words_of(Desktop);

        let words = words_in(user_agent.as_bytes());
        let has = |wanted: WordSet| words & wanted != 0;
        if has(BOT) {
            Self::Bot
        } else if has(TABLET) || (has(ANDROID) && !has(MOBILE)) {
            Self::Tablet
        } else if has(MOBILE | PHONE | ANDROID) {
            Self::Mobile
        } else if has(DESKTOP) {
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

/// Which words stand somewhere in the text, without regard to ASCII case.
///
/// Every visit is classified, so this goes over the text once for all words, and compares one only where its first bytes
/// are.
fn words_in(text: &[u8]) -> WordSet {
    let mut found = 0;
    for (at, &[first, second, third]) in text.array_windows().enumerate() {
        let [firsts, seconds, thirds] = &STARTS;
        let mut likely =
            firsts[usize::from(first)] & seconds[usize::from(second)] & thirds[usize::from(third)] & !found;
        while likely != 0 {
            let bit = likely & likely.wrapping_neg();
            let (word, _) = WORDS[bit.trailing_zeros() as usize];
            if text[at..].get(..word.len()).is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes())) {
                found |= bit;
            }
            likely ^= bit;
        }
    }
    found
}

/// The words that point to this.
const fn words_of(sign: Sign) -> WordSet {
    let mut words = 0;
    let mut at = 0;
    while at < WORDS.len() {
        if WORDS[at].1 as u8 == sign as u8 {
            words |= 1 << at;
        }
        at += 1;
    }
    words
}

/// Fails the build where a word is too short or there are too many.
const fn starts() -> [[WordSet; 256]; START] {
    let mut starts = [[0; 256]; START];
    let mut at = 0;
    while at < WORDS.len() {
        let word = WORDS[at].0.as_bytes();
        let mut place = 0;
        while place < START {
            starts[place][word[place] as usize] |= 1 << at;
            starts[place][word[place].to_ascii_uppercase() as usize] |= 1 << at;
            place += 1;
        }
        at += 1;
    }
    starts
}
