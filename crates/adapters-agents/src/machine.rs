use lp_core::{Browser, Device, Os};
use woothee::parser::Parser;

/// What the library says of machine and program. Devices are told more finely by [`Device::of`]: the library knows no
/// tablets.
pub(crate) fn of(user_agent: &str) -> (Device, Os, Browser) {
    let Some(found) = Parser::new().parse(user_agent) else {
        return (Device::Unknown, Os::Unknown, Browser::Unknown);
    };
    let device = match found.category {
        "pc" => Device::Desktop,
        "smartphone" | "mobilephone" => Device::Mobile,
        "crawler" => Device::Bot,
        _ => Device::Unknown,
    };
    if device == Device::Bot {
        return (device, Os::Unknown, Browser::Unknown);
    }
    (device, os(found.os), browser(found.name, user_agent))
}

fn os(named: &str) -> Os {
    match named {
        "" | "UNKNOWN" => Os::Unknown,
        "Mac OSX" | "Mac OS Classic" => Os::MacOs,
        "iPhone" | "iPad" | "iPod" | "iOS" => Os::Ios,
        "Android" => Os::Android,
        "ChromeOS" => Os::ChromeOs,
        "Linux" => Os::Linux,
        windows if windows.starts_with("Windows") && !windows.contains("Phone") => Os::Windows,
        _ => Os::Other,
    }
}

/// Opera's newer names are no words of the library's: it takes them for Chrome, as they say they are.
fn browser(named: &str, user_agent: &str) -> Browser {
    match named {
        "" | "UNKNOWN" => Browser::Unknown,
        _ if user_agent.contains("OPT/") || user_agent.contains("OPR/") => Browser::Opera,
        "Chrome" => Browser::Chrome,
        "Safari" => Browser::Safari,
        "Firefox" => Browser::Firefox,
        "Edge" => Browser::Edge,
        "Opera" => Browser::Opera,
        "SamsungBrowser" => Browser::Samsung,
        "Internet Explorer" => Browser::InternetExplorer,
        _ => Browser::Other,
    }
}
