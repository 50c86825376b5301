//! Visitors of one link who are sent to different places, and what the preview says of each.

use e2e::{Server, Workspace};
use lp_testkit::{GeoForm, geo_file, without_context};
use serde_json::{Value, json};

use crate::edge::put;

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Safari/604.1";
const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36";

async fn visit(server: &Server, headers: &[(&str, &str)]) -> (String, Option<String>) {
    let mut request = server.on("hello.localhost", "GET", "/pricing");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reply = request.send().await.expect("a reply");
    let text =
        |name: &str| reply.headers().get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    (
        text("location").map_or_else(|| reply.status().to_string(), |location| without_context(&location)),
        text("set-cookie"),
    )
}

async fn preview(server: &Server, pat: &str, visitor: Value) -> Value {
    let asked = server.api("POST", "/v2/public/handles/hello/links/pricing/route-preview").bearer_auth(pat);
    let asked = asked.header("content-type", "application/json").body(visitor.to_string());
    let said = asked.send().await.expect("a reply").text().await.expect("text");
    serde_json::from_str(&said).expect("JSON")
}

#[tokio::test]
async fn five_visitors_of_one_link_go_where_the_preview_says() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let file = workspace.data().with_file_name("countries.mmdb");
    std::fs::write(&file, geo_file(GeoForm::Nested, &[([203, 0, 113, 0], 24, "US")])).expect("written");
    let file = file.to_str().expect("UTF-8");
    let settings =
        [("LINK_PLATFORM_GEOIP_DB", file), ("LINK_PLATFORM_TRUSTED_PROXIES", "127.0.0.0/8,::1/128")];
    let server = workspace.serve_with(&settings).await;
    let link = json!({
        "destinationUrl": "https://e.com/own", "queryPassThrough": "off", "routingRules": [
            { "id": "mobile-us", "priority": 1, "when": { "countryIn": ["US"], "deviceIn": ["MOBILE"] },
              "destinationUrl": "https://e.com/m" },
            { "id": "german", "priority": 2, "when": { "countryIn": ["DE"] }, "destinationUrl": "https://e.com/de" },
            { "id": "social", "priority": 3, "when": { "sourceIn": ["social"] }, "destinationUrl": "https://e.com/s" },
            { "id": "half", "priority": 4, "when": { "deviceIn": ["DESKTOP"] }, "destinationUrl": "https://e.com/half",
              "trafficAllocation": 0.5 },
        ],
    });
    assert_eq!(put(&server, &pat, "pricing", &link.to_string()).await, 201);
    let us = ("x-forwarded-for", "203.0.113.7");
    let far = ("x-forwarded-for", "198.51.100.9");
    for (headers, told) in [
        (vec![us, ("user-agent", PHONE)], json!({ "country": "US", "device": "mobile" })),
        (
            vec![us, ("user-agent", PHONE), ("cf-ipcountry", "DE")],
            json!({ "country": "DE", "device": "mobile" }),
        ),
        (
            vec![far, ("user-agent", PHONE), ("referer", "https://www.instagram.com/")],
            json!({ "device": "mobile", "source": "social" }),
        ),
        (vec![far, ("user-agent", PHONE)], json!({ "device": "mobile", "source": "direct" })),
    ] {
        let (location, cookie) = visit(&server, &headers).await;
        let preview = preview(&server, &pat, told).await;
        assert_eq!((Value::from(location), cookie), (preview["resolvedUrl"].clone(), None), "{preview}");
    }
    let (location, cookie) = visit(&server, &[far, ("user-agent", DESKTOP)]).await;
    let cookie = cookie.expect("a lot was drawn");
    let (cookie, _) = cookie.split_once(';').expect("attributes");
    let key = cookie.strip_prefix("_lp_vid=").expect("our cookie");
    let tried = preview(&server, &pat, json!({ "device": "desktop", "visitorKey": key })).await;
    assert_eq!(tried["resolvedUrl"], *location, "{tried}");
    let again =
        visit(&server, &[us, ("user-agent", &DESKTOP.replace("140", "141")), ("cookie", cookie)]).await;
    assert_eq!(again, (location, None), "the cookie says who it is, whatever else changed");
}

#[tokio::test]
async fn a_file_that_is_no_database_of_addresses_is_told_at_the_start() {
    let workspace = Workspace::new();
    let file = workspace.data().with_file_name("countries.mmdb");
    std::fs::write(&file, "nothing of the kind").expect("written");
    let ended = workspace.run(&["serve", "--geoip-db", file.to_str().expect("UTF-8")]).await;
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!ended.status.success() && said.contains("countries.mmdb cannot be used"), "{said}");
}
