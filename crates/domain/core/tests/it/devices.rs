use lp_core::Device;
use proptest::prelude::*;
use proptest::sample::select;

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
    "linkplatform/",
];
const TABLETS: &[&str] = &["ipad", "tablet", "kindle", "silk/", "playbook"];
const MOBILES: &[&str] = &["iphone", "ipod", "mobile", "windows phone", "opera mini", "blackberry"];
const DESKTOPS: &[&str] = &["windows nt", "macintosh", "x11", "linux", "cros "];

/// The rule as one would say it: a search for each word.
fn plainly(user_agent: &str) -> Device {
    let text = user_agent.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(BOTS) {
        Device::Bot
    } else if has(TABLETS) || (has(&["android"]) && !has(&["mobile"])) {
        Device::Tablet
    } else if has(MOBILES) || has(&["android"]) {
        Device::Mobile
    } else if has(DESKTOPS) {
        Device::Desktop
    } else {
        Device::Unknown
    }
}

fn words() -> impl Iterator<Item = &'static str> {
    [BOTS, TABLETS, MOBILES, DESKTOPS, &["android"]].into_iter().flatten().copied()
}

/// A word in any case, sometimes cut short at either end.
fn word() -> impl Strategy<Value = String> {
    let word = select(words().collect::<Vec<_>>());
    (word, any::<u32>(), 0usize..8, 0usize..8).prop_map(|(word, upper, front, back)| {
        let cased = word
            .char_indices()
            .map(|(at, c)| if upper >> (at % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c });
        let (front, back) = (usize::from(front == 1), usize::from(back == 1));
        cased.skip(front).take(word.len() - front - back).collect()
    })
}

fn user_agent() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![word(), "[ -~]{0,4}", "\\PC{0,3}"], 0..6)
        .prop_map(|parts| parts.concat())
}

#[test]
fn user_agents_are_sorted_into_devices() {
    for (user_agent, device) in [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1", Device::Mobile),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140.0 Mobile Safari/537.36", Device::Mobile),
        ("Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/140.0 Safari/537.36", Device::Tablet),
        ("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) Mobile/15E148", Device::Tablet),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36", Device::Desktop),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Device::Bot),
        ("curl/8.5.0", Device::Bot),
        ("LinkPlatform/0.1.0 (+health check)", Device::Bot),
        ("", Device::Unknown),
        ("something", Device::Unknown),
    ] {
        assert_eq!(Device::of(user_agent), device, "{user_agent}");
    }
}

#[test]
fn every_word_counts_at_both_ends_and_in_any_case() {
    for word in words() {
        for text in [word.to_owned(), word.to_ascii_uppercase(), format!("é {word}"), format!("{word} é")] {
            assert_ne!(Device::of(&text), Device::Unknown, "{text}");
            assert_eq!(Device::of(&text), plainly(&text), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn one_pass_finds_what_a_search_for_each_word_finds(user_agent in user_agent()) {
        prop_assert_eq!(Device::of(&user_agent), plainly(&user_agent));
    }
}
