//! What user agents are taken for.

use lp_adapters_agents::KnownAgents;
use lp_core::{Agent, Browser, Device, Os};
use lp_ports::UserAgents as _;
use proptest::prelude::*;

/// A user agent of each robot of the list, and whether it draws cards; written with the list.
const INSTANCES: &str = include_str!("instances.tsv");

/// What people browse with.
const PEOPLE: &[(&str, Device, Os, Browser)] = &[
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        Device::Mobile,
        Os::Ios,
        Browser::Safari,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1",
        Device::Mobile,
        Os::Ios,
        Browser::Chrome,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/142.0 Mobile/15E148 Safari/605.1.15",
        Device::Mobile,
        Os::Ios,
        Browser::Firefox,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 380.0.0",
        Device::Mobile,
        Os::Ios,
        Browser::Other,
    ),
    (
        "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        Device::Tablet,
        Os::Ios,
        Browser::Safari,
    ),
    (
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
        Device::Mobile,
        Os::Android,
        Browser::Chrome,
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        Device::Tablet,
        Os::Android,
        Browser::Chrome,
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
        Device::Mobile,
        Os::Android,
        Browser::Samsung,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        Device::Desktop,
        Os::Windows,
        Browser::Chrome,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
        Device::Desktop,
        Os::Windows,
        Browser::Edge,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/121.0.0.0",
        Device::Desktop,
        Os::Windows,
        Browser::Opera,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko",
        Device::Desktop,
        Os::Windows,
        Browser::InternetExplorer,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
        Device::Desktop,
        Os::MacOs,
        Browser::Safari,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0",
        Device::Desktop,
        Os::MacOs,
        Browser::Firefox,
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
        Device::Desktop,
        Os::Linux,
        Browser::Firefox,
    ),
    (
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        Device::Desktop,
        Os::ChromeOs,
        Browser::Chrome,
    ),
    ("", Device::Unknown, Os::Unknown, Browser::Unknown),
    ("something", Device::Unknown, Os::Unknown, Browser::Unknown),
];

fn of(user_agent: &str) -> Agent {
    KnownAgents.agent_of(user_agent)
}

#[test]
fn people_are_known_by_machine_and_browser() {
    for (user_agent, device, os, browser) in PEOPLE {
        let (device, os, browser) = (*device, *os, *browser);
        let expected = Agent { device, os, browser, previews: false };
        assert_eq!(of(user_agent), expected, "{user_agent}");
    }
}

#[test]
fn every_robot_of_the_list_is_one_and_those_that_draw_cards_are_told_apart() {
    let mut seen = 0;
    for (kind, user_agent) in INSTANCES.lines().filter_map(|line| line.split_once('\t')) {
        let agent = of(user_agent);
        assert_eq!(agent.device, Device::Bot, "{user_agent}");
        assert!(agent.previews || kind != "card", "{user_agent}");
        seen += 1;
    }
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn known_drawers_of_cards_are_known_and_search_engines_and_scripts_are_none() {
    for user_agent in [
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 \
         Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "facebookexternalhit/1.1;line-poker/1.0",
        "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
        "Twitterbot/1.0",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "Slackbot 1.0 (+https://api.slack.com/robots)",
        "WhatsApp/2.23.20.0",
        "WhatsApp/2",
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
        "Mozilla/5.0 (compatible; Pinterestbot/1.0; +https://www.pinterest.com/bot.html)",
        "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)",
        "Iframely/1.3.1 (+https://iframely.com/docs/about)",
        "Mozilla/5.0 (compatible; Embedly/0.2; +http://support.embed.ly/)",
        "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
        "http.rb/5.1.1 (Mastodon/4.2.1; +https://mastodon.example/) Bot",
        "Mastodon/4.3.0 (http.rb/5.2.0; +https://mastodon.example/)",
        "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
        "Google-PageRenderer Google (+https://developers.google.com/+/web/snippet/)",
    ] {
        let agent = of(user_agent);
        assert!(agent.previews && agent.device == Device::Bot, "{user_agent}: {agent:?}");
    }
    for user_agent in [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "curl/8.5.0",
        "python-requests/2.32",
        "LinkPlatform/0.1.0 (+health check)",
    ] {
        let agent = of(user_agent);
        assert!(!agent.previews && agent.device == Device::Bot, "{user_agent}: {agent:?}");
    }
}

#[test]
fn people_who_browse_inside_an_app_are_no_drawers_of_cards() {
    for user_agent in [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 \
         [FBAN/FBIOS;FBAV/433.0.0.31.111;FBBV/1;FBDV/iPhone14,5]",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/20F66 \
         [Pinterest/iOS]",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0 \
         Mobile Safari/537.36 Telegram-Android/10.3.2 (Google Pixel 8; Android 14; SDK 34; HIGH)",
    ] {
        let agent = of(user_agent);
        assert!(!agent.previews && agent.device == Device::Mobile, "{user_agent}: {agent:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_for_something(text in "(Mozilla|Opera|Android|iPhone|iPad|Windows|; |/|[0-9.]{0,4}|\\PC{0,8}){0,40}") {
        let agent = of(&text);
        prop_assert!(!agent.previews || agent.device == Device::Bot);
        // What the words say of the device stands, but for robots.
        let said = Device::of(text.get(..text.floor_char_boundary(1_024)).unwrap_or_default());
        prop_assert!(said == Device::Unknown || agent.device == said || agent.device == Device::Bot);
    }
}
