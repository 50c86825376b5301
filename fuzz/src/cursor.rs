//! Cursors of lists: text as it is sent, or what stands inside of it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lp_core::LinkId;
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::stage::Stage;

thread_local! {
    static STAGE: Stage<Sandbox> = Stage::new(u32::MAX, || Box::pin(async {
        let sandbox = Sandbox::new().await;
        for (slug, position) in [("one", 1), ("two", 1), ("three", 7), ("four", 1_000_000_000), ("five", 0)] {
            let fields = json!({ "destinationUrl": "https://example.com", "position": position });
            for title in ["a", "b", "c"] {
                let mut payload = fields.clone();
                payload["title"] = title.into();
                let made = sandbox.call("links_upsert", json!({ "slug": slug, "payload": payload })).await;
                made.result.expect("a link");
            }
        }
        sandbox
    }));
}

pub fn check(data: &[u8]) {
    let Some((&how, rest)) = data.split_first() else { return };
    let Ok(text) = str::from_utf8(rest) else { return };
    let sent = if how.is_ascii_uppercase() { URL_SAFE_NO_PAD.encode(text) } else { text.to_owned() };
    STAGE.with(|stage| {
        stage.run(async |sandbox| {
            links(sandbox, &sent).await;
            revisions(sandbox, &sent).await;
        });
    });
}

/// A cursor is taken only as it is given out; it goes on behind its place, and the next one behind that, to the end.
async fn links(sandbox: &Sandbox, sent: &str) {
    let list = async |cursor: &str| ask(sandbox, "links_list", json!({ "limit": 2, "cursor": cursor })).await;
    let Some(page) = list(sent).await else { return };
    let inner = opened(sent);
    let place = inner.strip_prefix('l').and_then(|inner| inner.split_once('.'));
    let (position, id) = place.unwrap_or_else(|| panic!("{inner:?} is no place in a list of links"));
    let position: u32 = position.parse().expect("a number");
    let id = LinkId::parse(id).expect("an id");
    assert_eq!(inner, format!("l{position}.{id}"), "only what was given out is taken");
    let whole = ask(sandbox, "links_list", json!({})).await.expect("a list without cursor");
    let (mut page, mut behind, mut pages) = (page, Vec::new(), 0);
    loop {
        behind.extend(page["links"].as_array().expect("links").iter().cloned());
        let Some(next) = page["nextCursor"].as_str() else { break };
        assert_eq!(URL_SAFE_NO_PAD.encode(opened(next)), next);
        page = list(next).await.expect("what was given out is taken");
        pages += 1;
        assert!(pages < 4, "five links are three pages");
    }
    let all = whole["links"].as_array().expect("links");
    assert!(all.ends_with(&behind), "the rest of the list, in its order");
    let before = &all[..all.len() - behind.len()];
    assert!(before.iter().all(|link| number(&link["position"]) <= u64::from(position)));
    assert!(behind.iter().all(|link| number(&link["position"]) >= u64::from(position)));
}

async fn revisions(sandbox: &Sandbox, sent: &str) {
    let wanted = json!({ "slug": "one", "limit": 1, "cursor": sent });
    let Some(page) = ask(sandbox, "links_history", wanted).await else { return };
    let inner = opened(sent);
    let last: u64 = inner.strip_prefix('r').and_then(|number| number.parse().ok()).expect("a revision");
    assert_eq!(inner, format!("r{last}"), "only what was given out is taken");
    let revisions = page["revisions"].as_array().expect("revisions");
    assert!(revisions.iter().all(|revision| number(&revision["revision"]) < last));
}

/// The value, or `None` where the cursor is refused; nothing else is to be expected.
async fn ask(sandbox: &Sandbox, operation: &str, arguments: Value) -> Option<Value> {
    match sandbox.call(operation, arguments).await.result {
        Ok(reply) => Some(reply.value),
        Err(error) => {
            assert_eq!(error.code.name(), "invalid_cursor");
            None
        }
    }
}

fn opened(cursor: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).expect("base 64")).expect("text")
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}
