use std::collections::HashSet;

use lp_application::Code;
use lp_http_api::{docs, errors_markdown, openapi};
use serde_json::json;

use crate::api::Api;

/// The values of an attribute, as they stand in the page.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!(" {name}=\"");
    page.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn the_page_is_served_under_a_policy_that_lets_nothing_in() {
    let api = Api::new().await;
    let reply = api.anonymous("GET", "/v2/docs").send().await;
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        reply
            .header("content-security-policy")
            .is_some_and(|policy| policy.starts_with("default-src 'none'"))
    );
    let page = reply.text();
    assert!(page.contains("http://localhost:8080/v2/public/handles/hello/links"));
    for foreign in ["<script", "<link", "<img", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn the_page_has_every_operation_and_every_code() {
    let catalogue = lp_application::catalogue();
    let page = docs(&openapi(&catalogue, "1.2.3", Some("https://api.example")));
    let ids: Vec<_> = attributes(&page, "id");
    for row in catalogue.operations().iter().filter(|row| !row.mounts().is_empty()) {
        assert!(ids.contains(&row.name), "{}", row.name);
    }
    for code in Code::ALL {
        assert!(ids.contains(&format!("error-{}", code.name()).as_str()));
    }
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "ids stand once");
    let targets = attributes(&page, "href").into_iter().filter_map(|href| href.strip_prefix('#'));
    for target in targets {
        assert!(ids.contains(&target), "#{target} leads nowhere");
    }
    assert!(!page.contains("{{"));
}

#[test]
fn words_of_rows_cannot_become_markup() {
    let page = docs(&openapi(&crate::rows::catalogue(), "<1>", Some("https://api.example/\"><script>")));
    assert!(page.contains("Makes &lt;b&gt;a thing&lt;/b&gt; &amp; &quot;sets&quot; it."));
    assert!(page.contains("&lt;1&gt;"));
    assert!(!page.contains("<script"));
}

#[test]
fn a_document_without_anything_is_a_page_still() {
    assert!(docs(&json!({})).contains("</html>"));
}

#[test]
fn the_error_page_names_every_code_once() {
    let page = errors_markdown();
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.name(), code.status());
        assert_eq!(page.matches(&row).count(), 1, "{}", code.name());
    }
    assert!(page.ends_with("|\n"));
}
