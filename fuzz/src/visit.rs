//! What visitors say of themselves, a line each: user agent, referrer, purpose, method; and what is counted of it.

use lp_analytics::tally;
use lp_application::{ClickSink, Visit, counts_as_click};
use lp_core::{Device, Handle, Language, LinkId, Slug};
use lp_personalization::{Room, campaign_in, host_of, referred_by, source_in};
use lp_ports::JournalReader;
use lp_testkit::Sandbox;
use uuid::Uuid;

use crate::stage::Stage;

thread_local! {
    static STAGE: Stage<(Sandbox, ClickSink)> = Stage::new(u32::MAX, || Box::pin(async {
        let sandbox = Sandbox::new().await;
        let sink = sandbox.app.clicks();
        (sandbox, sink)
    }));
}

pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or("");
    let (user_agent, referrer, purpose, method) = (line(), line(), line(), line());
    device(user_agent);
    purposes(method, purpose);
    language(purpose);
    attribution(purpose, referrer);
    STAGE.with(|stage| stage.run(async |made| recorded(made, user_agent, referrer).await));
}

/// The class does not depend on case, and whoever names a robot is one, whatever else they say.
fn device(user_agent: &str) {
    let device = Device::of(user_agent);
    assert_eq!(Device::of(&user_agent.to_ascii_uppercase()), device);
    assert_eq!(Device::of(&user_agent.to_ascii_lowercase()), device);
    assert_eq!(Device::of(&format!("{user_agent} Bot")), Device::Bot);
    assert_eq!(Device::of(&format!("sPiDer{user_agent}")), Device::Bot);
    if device == Device::Bot {
        assert_eq!(Device::of(&format!("Mozilla/5.0 (iPhone) {user_agent} Mobile")), Device::Bot);
    }
}

/// Whatever is accepted, a language is one that was named.
fn language(accepted: &str) {
    if let Some(language) = Language::preferred(accepted) {
        assert_eq!(Language::parse(language.as_str()), Ok(language));
        assert!(accepted.to_ascii_lowercase().contains(language.as_str()));
    }
}

/// Whatever a query says, a source is text that was in it, decoded as browsers do.
fn attribution(query: &str, referrer: &str) {
    let (mut source, mut campaign) = (Room::default(), Room::default());
    for (found, names) in [
        (source_in(query, &mut source), &["utm_source", "source", "ref"][..]),
        (campaign_in(query, &mut campaign), &["utm_campaign"]),
    ] {
        let Some(found) = found else { continue };
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        assert!(pairs.any(
            |(name, value)| value == found && names.iter().any(|known| known.eq_ignore_ascii_case(&name))
        ));
    }
    assert!(["direct", "email", "search", "social", "referral"].contains(&referred_by(referrer)));
}

fn purposes(method: &str, purpose: &str) {
    assert!(!counts_as_click("HEAD", Some(purpose)));
    let counts = counts_as_click(method, Some(purpose));
    assert_eq!(counts_as_click(method, Some(&purpose.to_ascii_uppercase())), counts);
    assert!(!counts || method == "GET");
    assert!(!counts_as_click(method, Some(&format!("{purpose}, prefetch;anonymous"))));
}

/// What is counted by is bounded and harmless, whatever is sent: a host in lower case or nothing.
async fn recorded((sandbox, sink): &(Sandbox, ClickSink), user_agent: &str, referrer: &str) {
    let handle = Handle::parse("hello").expect("a handle");
    let slug = Slug::parse("launch").expect("a slug");
    let visit = Visit {
        at: lp_testkit::START,
        handle: &handle,
        link: LinkId::new(Uuid::from_u128(1)),
        slug: &slug,
        visitor: sink.stranger(lp_testkit::START, [203, 0, 113, 7].into(), user_agent),
        device: Device::of(user_agent),
        referrer: host_of(referrer),
        facts: lp_analytics::Facts::default(),
    };
    for _ in 0..2 {
        sink.record(visit).expect("room for a click");
    }
    let read = sandbox.journal.read(10).expect("memory reads").expect("two clicks");
    sandbox.journal.acknowledge(&read.journal, read.upto);
    let [first, second] = read.clicks.as_slice() else { panic!("two clicks were recorded") };
    assert_eq!(
        (first.visitor, &first.referrer, first.device),
        (second.visitor, &second.referrer, second.device)
    );
    let host = &first.referrer;
    let written = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    assert!(host.len() <= 253 && host.bytes().all(written), "{host:?}");
    assert!(host.is_empty() || referrer.to_ascii_lowercase().contains(host.as_str()));
    // What is counted names each click once by each thing, and never more robots than clicks.
    let counts = tally(&read.clicks);
    assert!(
        counts.values().all(|count| count.clicks == 2 && (count.bot_clicks == 0 || count.bot_clicks == 2))
    );
    assert_eq!(counts.len(), if host.is_empty() { 4 } else { 6 });
}
