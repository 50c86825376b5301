//! Calls with types: the keys are those of the rows, and the gate is the same.

use std::collections::HashSet;

use lp_application::links::{self, LinkFields, OneLink, PreviewRoute, Slug, Title, UpsertLink, WebUrl};
use lp_application::{
    Caller, Catalogue, Code, Op, Patch, StreamReply, View, accounts, analytics, audit, catalogue, contexts,
    handles, oauth, personalization, plans, system, tokens, whole,
};
use lp_core::Handle;
use lp_testkit::Sandbox;
use schemars::JsonSchema;
use serde_json::json;

/// The rows whose keys have been looked at.
struct Seen {
    catalogue: Catalogue,
    names: HashSet<&'static str>,
}

impl Seen {
    fn key<I: JsonSchema, O: View>(&mut self, key: Op<I, O>) {
        let name = key.name();
        let row = self.catalogue.find(name).expect(name);
        assert_eq!((&row.input, &row.output), (&key.input_schema(), &key.output_schema()), "{name}");
        self.names.insert(name);
    }

    fn stream<I: JsonSchema>(&mut self, key: Op<I, StreamReply>) {
        let name = key.name();
        let row = self.catalogue.find(name).expect(name);
        assert_eq!(row.input, key.input_schema(), "{name}");
        self.names.insert(name);
    }
}

fn upsert(slug: &str, to: &str) -> UpsertLink {
    let destination_url = WebUrl::parse(to).expect("an address").into();
    UpsertLink {
        slug: Slug::parse(slug).expect("a slug").into(),
        payload: LinkFields { destination_url, ..LinkFields::default() },
        replace: false,
    }
}

fn one(slug: &str) -> OneLink {
    OneLink { slug: Slug::parse(slug).expect("a slug").into() }
}

#[test]
fn every_row_has_a_key_with_its_types() {
    let mut seen = Seen { catalogue: catalogue(), names: HashSet::new() };
    seen.key(links::LIST);
    seen.key(links::GET);
    seen.key(links::HISTORY);
    seen.key(links::CREATE);
    seen.key(links::UPSERT);
    seen.key(links::UPDATE);
    seen.key(links::DELETE);
    seen.key(links::ROLLBACK);
    seen.key(links::HEALTH_CHECK);
    seen.key(links::ROUTE_PREVIEW);
    seen.stream(links::EXPORT);
    seen.stream(links::IMPORT);
    seen.stream(links::QR);
    seen.key(contexts::RESOLVE);
    seen.key(contexts::SDK_CONFIG);
    seen.key(contexts::LIST_ORIGINS);
    seen.key(contexts::UPDATE_ORIGINS);
    seen.key(personalization::LIST);
    seen.key(personalization::GET);
    seen.key(personalization::UPSERT);
    seen.key(personalization::DELETE);
    seen.key(personalization::REORDER);
    seen.key(analytics::GET);
    seen.key(analytics::EXPLAIN_CLICK);
    seen.key(personalization::SIMULATE);
    seen.key(audit::LIST);
    seen.key(system::HEALTH);
    seen.key(system::PLATFORM_HEALTH);
    seen.key(accounts::LOGIN);
    seen.key(accounts::REFRESH);
    seen.key(accounts::LOGOUT);
    seen.key(accounts::ME);
    seen.key(accounts::OPENANALYST);
    seen.key(accounts::SESSIONS);
    seen.key(accounts::END_SESSION);
    seen.key(accounts::SIGN_UP);
    seen.key(accounts::CONFIRM_SIGN_UP);
    seen.key(accounts::FORGOT);
    seen.key(accounts::RESET);
    seen.key(accounts::START_PASSWORDLESS);
    seen.key(accounts::CONFIRM_PASSWORDLESS);
    seen.key(accounts::CHANGE_PASSWORD);
    seen.key(accounts::START_DESKTOP);
    seen.key(accounts::REDEEM_DESKTOP);
    seen.key(accounts::DESKTOP);
    seen.key(accounts::APPROVE_DESKTOP);
    seen.key(accounts::DECLINE_DESKTOP);
    seen.key(handles::LIST);
    seen.key(handles::CREATE);
    seen.key(handles::COLLABORATORS);
    seen.key(handles::REPLACE_COLLABORATORS);
    seen.key(handles::TRANSFER);
    seen.key(handles::PROFILE);
    seen.key(handles::UPDATE_PROFILE);
    seen.key(handles::RENAME);
    seen.key(handles::DELETE);
    seen.key(handles::RESTORE);
    seen.key(oauth::REGISTER);
    seen.key(oauth::TOKEN);
    seen.key(oauth::REVOKE);
    seen.key(oauth::AUTHORIZATION);
    seen.key(oauth::DECIDE);
    seen.key(oauth::CONNECTIONS);
    seen.key(oauth::END_CONNECTION);
    seen.key(oauth::HANDLE_CONNECTIONS);
    seen.key(oauth::END_HANDLE_CONNECTION);
    seen.key(tokens::CREATE);
    seen.key(tokens::LIST);
    seen.key(tokens::REVOKE);
    seen.key(plans::USAGE);
    seen.key(plans::SUMMARY);
    seen.key(plans::SET_TIME_ZONE);
    let rows: HashSet<_> = catalogue().operations().iter().map(|row| row.name).collect();
    assert_eq!(seen.names, rows);
}

#[tokio::test]
async fn a_typed_call_does_and_answers_what_an_untyped_one_does() {
    let sandbox = Sandbox::new().await;
    let caller = Caller::token(&sandbox.pat);
    let made = sandbox.app.run(&links::UPSERT, &caller, upsert("launch", "https://example.com/")).await;
    let made = made.expect("it is made");
    assert!(made.created());

    let fields =
        LinkFields { title: Title::parse("Launch").expect("a title").into(), ..LinkFields::default() };
    let changed = UpsertLink { payload: fields, ..upsert("launch", "https://example.com/") };
    let changed = sandbox.app.run(&links::UPSERT, &caller, changed).await.expect("it is changed");
    assert!(!changed.created());
    assert_eq!(changed.destination_url, "https://example.com/");

    let got = sandbox.app.run(&links::GET, &caller, one("launch")).await.expect("it is there");
    let untyped = sandbox.call("links_get", json!({"slug": "launch"})).await.result.expect("it is there");
    assert_eq!(serde_json::to_value(&got).expect("it serialises"), untyped.value);
    assert_eq!(got.title.as_deref(), Some("Launch"));

    let cleared = LinkFields { title: Patch::Null, ..LinkFields::default() };
    let cleared = UpsertLink { payload: cleared, ..upsert("launch", "https://example.com/") };
    let cleared = sandbox.app.run(&links::UPSERT, &caller, cleared).await.expect("it is changed");
    assert_eq!(cleared.title, None);
}

#[tokio::test]
async fn inputs_that_say_nothing_pass_the_gate() {
    let sandbox = Sandbox::new().await;
    let app = &sandbox.app;
    let caller = Caller::token(&sandbox.pat);
    app.run(&links::UPSERT, &caller, upsert("launch", "https://example.com/")).await.expect("it is made");
    let all = app.run(&links::LIST, &caller, links::ListLinks::default()).await.expect("they are listed");
    assert_eq!(all.links.len(), 1);
    let slug = Slug::parse("launch").expect("a slug").into();
    let preview = PreviewRoute { slug, payload: links::Conditions::default() };
    let preview = app.run(&links::ROUTE_PREVIEW, &caller, preview).await.expect("it is shown");
    assert_eq!(preview.resolved_url.as_deref(), Some("https://example.com/"));
    app.run(&links::HEALTH_CHECK, &caller, links::CheckHealth::default()).await.expect("it is asked");
    app.run(&analytics::GET, &caller, analytics::GetAnalytics::default()).await.expect("they are counted");
    app.run(&system::HEALTH, &caller, system::NoInput {}).await.expect("it is well");
    let exported = app.run_stream(&links::EXPORT, &caller, links::ExportLinks::default(), whole("")).await;
    assert_eq!(exported.expect("it begins").content_type, "text/csv");
}

#[tokio::test]
async fn the_gate_refuses_a_typed_caller_as_it_refuses_others() {
    let sandbox = Sandbox::new().await;
    let reader = Caller::token(sandbox.pat_with(&["links.read"]).await);
    let refused = sandbox.app.run(&links::UPSERT, &reader, upsert("launch", "https://example.com/")).await;
    assert_eq!(refused.expect_err("it may only read").code, Code::INSUFFICIENT_SCOPE);
    let stranger = Caller::token(&sandbox.pat).on(&Handle::parse("other").expect("a handle"));
    let refused = sandbox.app.run(&links::GET, &stranger, one("launch")).await.expect_err("another handle");
    assert_eq!(refused.code, Code::NOT_FOUND);
}

#[tokio::test]
async fn a_repeated_key_is_answered_like_the_first_call() {
    let sandbox = Sandbox::new().await;
    let handle = Handle::parse("hello").expect("a handle");
    let caller = Caller::operator().on(&handle).repeat_key("order-17");
    let first = sandbox.app.run(&links::UPSERT, &caller, upsert("launch", "https://example.com/")).await;
    let again = sandbox.app.run(&links::UPSERT, &caller, upsert("launch", "https://example.com/")).await;
    let (first, again) = (first.expect("it is made"), again.expect("it is remembered"));
    assert!(first.created() && again.created());
    assert_eq!((first.revision, again.revision), (1, 1));
}
