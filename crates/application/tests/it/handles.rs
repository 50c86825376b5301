//! Handles as a team shares them: who works in them, what they tell, what they are called, and when they are gone.

use std::time::Duration;

use lp_access::{Actor, Email};
use lp_application::{Accepts, Application, Credential, Ports, Request, RouteListener, Settings};
use lp_core::UserId;
use lp_ports::{AccessReader, AuditReader, HandleReader, LinkReader};
use lp_testkit::{Sandbox, fixtures};
use proptest::prelude::*;
use serde_json::{Value, json};

const DAY: Duration = Duration::from_hours(24);

/// A sandbox with accounts beside the owner of `hello`: those of `ann`, `bob` and `cat`, each with a handle of its name.
struct Team {
    sandbox: Sandbox,
    owner: UserId,
    ann: UserId,
    bob: UserId,
    cat: UserId,
}

impl Team {
    async fn new() -> Self {
        let sandbox = Sandbox::new().await;
        let mut users = Vec::new();
        for name in ["ann", "bob", "cat"] {
            sandbox.other(name).await;
            let email = Email::parse(&format!("{name}@example.com")).expect("an address");
            users.push(sandbox.store.account(&email).await.expect("reads").expect("an account").id);
        }
        let (owner, ann, bob, cat) = (sandbox.owner, users[0], users[1], users[2]);
        Self { sandbox, owner, ann, bob, cat }
    }

    /// Calls as an account, in any handle.
    async fn ask(
        &self,
        user: UserId,
        handle: &str,
        operation: &str,
        arguments: Value,
    ) -> Result<Value, lp_application::Error> {
        let answer = self.sandbox.call_by(user, handle, operation, arguments).await;
        answer.result.map(|reply| reply.value)
    }

    /// Calls with the token of `hello`.
    async fn script(
        &self,
        handle: &str,
        operation: &str,
        arguments: Value,
    ) -> Result<Value, lp_application::Error> {
        let credential = Credential::Bearer(self.sandbox.pat.clone());
        self.send(credential, handle, operation, arguments).await
    }

    async fn send(
        &self,
        credential: Credential,
        handle: &str,
        operation: &str,
        arguments: Value,
    ) -> Result<Value, lp_application::Error> {
        let request = self.sandbox.request(operation, arguments, credential);
        let request = Request { bound: Some(handle.to_owned()), ..request };
        self.sandbox.app.call(request).await.result.map(|reply| reply.value)
    }

    /// The owner's call in `hello`, which succeeds.
    async fn owned(&self, operation: &str, arguments: Value) -> Value {
        self.ask(self.owner, "hello", operation, arguments).await.expect("its owner may")
    }

    async fn share(&self, collaborators: Value) -> Value {
        self.owned("collaborators_replace", json!({ "collaborators": collaborators })).await
    }
}

fn code(answer: Result<Value, lp_application::Error>) -> &'static str {
    answer.expect_err("refused").code.name()
}

#[tokio::test]
async fn an_owner_shares_a_handle_and_its_members_may_what_their_roles_say() {
    let team = Team::new().await;
    let ann = team.ann.to_string();
    let shared = team
        .share(
            json!([{ "userId": ann, "role": "CREATOR" }, { "email": "BOB@example.com", "role": "OPERATOR" }]),
        )
        .await;
    assert_eq!(
        shared,
        json!({
            "handle": "hello",
            "ownerUserId": team.owner.to_string(),
            "collaborators": [
                { "userId": ann, "role": "CREATOR", "email": "ann@example.com" },
                { "userId": team.bob.to_string(), "role": "OPERATOR", "email": "bob@example.com" },
            ],
        })
    );
    for user in [team.owner, team.ann, team.bob] {
        assert_eq!(team.ask(user, "hello", "collaborators_list", json!({})).await.ok(), Some(shared.clone()));
    }
    assert_eq!(code(team.ask(team.cat, "hello", "collaborators_list", json!({})).await), "not_found");
    assert_eq!(code(team.ask(team.ann, "hello", "tokens_list", json!({})).await), "insufficient_role");
    team.ask(team.bob, "hello", "tokens_list", json!({})).await.expect("an operator may");
    let nobody = json!({ "collaborators": [] });
    for user in [team.ann, team.bob] {
        let refused = team.ask(user, "hello", "collaborators_replace", nobody.clone()).await;
        assert_eq!(code(refused), "insufficient_role");
    }
    let listed = team.ask(team.ann, "ann", "handles_list", json!({})).await.expect("an account");
    let names: Vec<_> =
        listed["handles"].as_array().expect("a list").iter().map(|one| &one["handle"]).collect();
    assert_eq!(names, ["ann", "hello"]);
}

#[tokio::test]
async fn who_is_removed_is_a_stranger_at_the_next_call_and_the_tokens_of_the_handle_stay() {
    let team = Team::new().await;
    team.share(json!([{ "userId": team.bob.to_string(), "role": "OPERATOR" }])).await;
    let wanted = json!({ "name": "deploy", "scopes": ["links.read"] });
    let made = team.ask(team.bob, "hello", "tokens_create", wanted).await.expect("an operator may");
    team.share(json!([])).await;
    assert_eq!(code(team.ask(team.bob, "hello", "links_list", json!({})).await), "not_found");
    let credential = Credential::Bearer(made["token"].as_str().expect("a token").to_owned());
    team.send(credential, "hello", "links_list", json!({})).await.expect("it is the handle's");
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_list_is_told_at_once() {
    let team = Team::new().await;
    let (ann, unknown) = (team.ann.to_string(), UserId::new(fixtures::uuid(77)).to_string());
    let wrong = json!([
        { "userId": ann, "role": "CREATOR" },
        { "userId": unknown, "role": "CREATOR" },
        { "email": "nobody@example.com", "role": "OPERATOR" },
        { "email": "no address", "role": "CREATOR" },
        { "userId": "usr_1", "role": "CREATOR" },
        { "email": "ann@example.com", "role": "CREATOR" },
        { "userId": team.bob.to_string(), "role": "OWNER" },
        { "userId": team.cat.to_string(), "role": "ADMIN" },
        { "role": "CREATOR" },
    ]);
    let refused =
        team.ask(team.owner, "hello", "collaborators_replace", json!({ "collaborators": wrong })).await;
    let error = refused.expect_err("refused");
    assert_eq!(error.code.name(), "invalid_collaborators");
    assert_eq!(
        crate::faults(&error),
        [
            "/collaborators/1/userId unknown_account",
            "/collaborators/2/email unknown_account",
            "/collaborators/3/email invalid_email",
            "/collaborators/4/userId invalid_id",
            "/collaborators/5/userId duplicate",
            "/collaborators/6/role unknown_value",
            "/collaborators/7/role unknown_value",
            "/collaborators/8/userId required",
        ]
    );
    let many: Vec<_> = (0..102).map(|_| json!({ "userId": ann, "role": "CREATOR" })).collect();
    let refused =
        team.ask(team.owner, "hello", "collaborators_replace", json!({ "collaborators": many })).await;
    assert_eq!(crate::faults(&refused.expect_err("refused")), ["/collaborators too_many"]);
    let kept = team.owned("collaborators_list", json!({})).await;
    assert_eq!(kept["collaborators"], json!([]), "nothing was written");
}

#[tokio::test]
async fn the_owner_is_kept_when_the_list_names_it() {
    let team = Team::new().await;
    let owner = team.owner.to_string();
    for role in ["OWNER", "CREATOR"] {
        let shared = team.share(json!([{ "userId": owner, "role": role }])).await;
        assert_eq!((&shared["ownerUserId"], &shared["collaborators"]), (&json!(owner), &json!([])));
    }
}

#[tokio::test]
async fn ownership_goes_to_another_account_and_the_old_owner_works_on() {
    let team = Team::new().await;
    team.share(json!([
        { "userId": team.ann.to_string(), "role": "CREATOR" },
        { "userId": team.bob.to_string(), "role": "CREATOR" },
    ]))
    .await;
    let to = |user: UserId| json!({ "newOwnerUserId": user.to_string() });
    for wrong in [json!({}), json!({ "newOwnerUserId": "me" }), to(UserId::new(fixtures::uuid(77)))] {
        let refused = team.ask(team.owner, "hello", "handles_transfer", wrong).await;
        assert_eq!(code(refused), "new_owner_required");
    }
    assert_eq!(
        code(team.ask(team.ann, "hello", "handles_transfer", to(team.ann)).await),
        "insufficient_role"
    );
    let passed = team.owned("handles_transfer", to(team.ann)).await;
    assert_eq!(passed["ownerUserId"], team.ann.to_string());
    let roles: Vec<_> = passed["collaborators"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["userId"].as_str().expect("an id").to_owned(), one["role"].as_str().expect("a role")))
        .collect();
    assert_eq!(roles.len(), 2);
    assert!(roles.contains(&(team.owner.to_string(), "OPERATOR")), "{roles:?}");
    assert!(roles.contains(&(team.bob.to_string(), "CREATOR")), "{roles:?}");
    let again = team.ask(team.owner, "hello", "handles_transfer", to(team.owner)).await;
    assert_eq!(code(again), "insufficient_role");
    let same = team.ask(team.ann, "hello", "handles_transfer", to(team.ann)).await.expect("it is its own");
    assert_eq!(same, passed);
    let outside = team.ask(team.ann, "hello", "handles_transfer", to(team.cat)).await.expect("any account");
    assert_eq!(outside["ownerUserId"], team.cat.to_string());
}

#[tokio::test]
async fn the_audit_says_who_came_and_who_went() {
    let team = Team::new().await;
    let (ann, bob) = (team.ann.to_string(), team.bob.to_string());
    team.share(json!([{ "userId": ann, "role": "CREATOR" }])).await;
    team.share(json!([{ "userId": bob, "role": "OPERATOR" }])).await;
    team.owned("handles_transfer", json!({ "newOwnerUserId": bob })).await;
    let audit = team.sandbox.store.audit(&fixtures::handle(), 0, 100).await.expect("reads");
    let subjects: Vec<_> = audit.iter().rev().take(3).map(|record| record.entry.subject.clone()).collect();
    let owner = team.owner.to_string();
    assert_eq!(
        subjects,
        [format!("{bob}=OWNER {owner}=OPERATOR"), format!("{bob}=OPERATOR -{ann}"), format!("{ann}=CREATOR")]
    );
}

/// Who does what to the members of `hello`, by number of the account.
#[derive(Debug, Clone)]
enum Step {
    Replace { by: usize, with: Vec<(usize, bool)> },
    Transfer { by: usize, to: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let replace = (0..4_usize, prop::collection::vec((0..4_usize, any::<bool>()), 0..4));
    let step = prop_oneof![
        replace.prop_map(|(by, with)| Step::Replace { by, with }),
        (0..4_usize, 0..5_usize).prop_map(|(by, to)| Step::Transfer { by, to }),
    ];
    prop::collection::vec(step, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn at_every_instant_exactly_one_account_owns_a_handle(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let team = Team::new().await;
            let users = [team.owner, team.ann, team.bob, team.cat];
            let id = |number: usize| users.get(number).map_or_else(|| "usr_none".to_owned(), ToString::to_string);
            for step in steps {
                let before = team.sandbox.store.members(&fixtures::handle()).await.expect("reads").expect("members");
                let (by, answer) = match step {
                    Step::Replace { by, with } => {
                        let list: Vec<_> = with
                            .into_iter()
                            .map(|(number, operator)| json!({ "userId": id(number), "role": if operator { "OPERATOR" } else { "CREATOR" } }))
                            .collect();
                        (by, team.ask(users[by], "hello", "collaborators_replace", json!({ "collaborators": list })).await)
                    }
                    Step::Transfer { by, to } => {
                        (by, team.ask(users[by], "hello", "handles_transfer", json!({ "newOwnerUserId": id(to) })).await)
                    }
                };
                assert!(answer.is_err() || users[by] == before.owner(), "only the owner changes members");
                let record = team.sandbox.store.handle(&fixtures::handle()).await.expect("reads").expect("a handle");
                let mut owners = Vec::new();
                for user in users {
                    let role = team.sandbox.store.role(user, &fixtures::handle()).await.expect("reads");
                    owners.extend((role == Some(lp_core::Role::Owner)).then_some(user));
                }
                assert_eq!(owners, [record.owner]);
            }
        });
    }
}

#[tokio::test]
async fn of_a_profile_what_is_absent_is_kept_and_null_is_cleared() {
    let team = Team::new().await;
    team.share(json!([
        { "userId": team.ann.to_string(), "role": "CREATOR" },
        { "userId": team.bob.to_string(), "role": "OPERATOR" },
    ]))
    .await;
    let empty = json!({
        "handle": "hello", "displayName": null, "bio": null, "avatarUrl": null, "websiteUrl": null, "timeZone": null,
    });
    assert_eq!(team.ask(team.ann, "hello", "profile_get", json!({})).await.expect("a creator may"), empty);
    let told = json!({
        "displayName": "Hello & co.", "bio": "First line\nsecond", "avatarUrl": "https://example.com/a.png",
        "websiteUrl": "https://example.com", "timeZone": "Europe/Berlin",
    });
    assert_eq!(code(team.ask(team.ann, "hello", "profile_update", told.clone()).await), "insufficient_role");
    team.ask(team.bob, "hello", "profile_update", told).await.expect("an operator may");
    let change = json!({ "displayName": "Hello", "bio": null });
    let changed = team.owned("profile_update", change).await;
    assert_eq!(
        changed,
        json!({
            "handle": "hello", "displayName": "Hello", "bio": null, "avatarUrl": "https://example.com/a.png",
            "websiteUrl": "https://example.com", "timeZone": "Europe/Berlin",
        })
    );
    assert_eq!(team.owned("profile_get", json!({})).await, changed);
    let wrong = json!({
        "displayName": "", "bio": "x".repeat(501), "avatarUrl": "javascript:alert(1)", "websiteUrl": 7,
        "timeZone": "here", "more": 1,
    });
    let error = team.ask(team.owner, "hello", "profile_update", wrong).await.expect_err("refused");
    assert_eq!(error.code.name(), "validation_error");
    assert!(error.fields.len() >= 5, "{:?}", error.fields);
    assert_eq!(team.owned("profile_get", json!({})).await, changed);
}

async fn rename(team: &Team, from: &str, to: &str) -> Result<Value, lp_application::Error> {
    team.ask(team.owner, from, "handles_rename", json!({ "newHandle": to })).await
}

#[tokio::test]
async fn a_renamed_handle_is_served_under_both_names_and_shows_the_new_one() {
    let team = Team::new().await;
    let link = json!({ "slug": "launch", "payload": { "destinationUrl": "https://example.com" } });
    team.script("hello", "links_upsert", link).await.expect("made");
    let renamed = rename(&team, "hello", "acme").await.expect("its owner may");
    let until = team.sandbox.app.now().plus(DAY * 90).to_string();
    assert_eq!(
        renamed,
        json!({
            "handle": "acme", "previousHandle": "hello", "redirectsUntil": until,
            "url": "http://acme.localhost:8080", "mcpUrl": "http://acme.mcp.localhost:8080/mcp",
        })
    );
    let mut shown = Vec::new();
    for name in ["acme", "hello"] {
        let list = team.script(name, "links_list", json!({})).await.expect("served");
        assert_eq!(list["links"][0]["shortUrl"], "http://acme.localhost:8080/launch");
        shown.push(list);
        team.ask(team.owner, name, "links_get", json!({ "slug": "launch" })).await.expect("served");
    }
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[0]["handle"], "acme");
    let health = team.script("hello", "system_health", json!({})).await.expect("served");
    assert_eq!(health["handle"], "acme");
    let listed = team.ask(team.owner, "acme", "handles_list", json!({})).await.expect("listed");
    assert_eq!(listed["handles"][0]["url"], "http://acme.localhost:8080");

    // One name in the address and the other as an argument are no contradiction; a third is.
    team.script("hello", "links_list", json!({ "handle": "acme" })).await.expect("the same handle");
    assert_eq!(code(team.script("hello", "links_list", json!({ "handle": "ann" })).await), "handle_mismatch");
    // A token that names nothing acts in its own handle.
    let credential = Credential::Bearer(team.sandbox.pat.clone());
    let request = team.sandbox.request("system_health", json!({}), credential);
    let own = team.sandbox.app.call(Request { bound: None, ..request }).await.result.expect("its own");
    assert_eq!(own.value["handle"], "acme");

    team.sandbox.clock.advance(DAY * 89);
    team.script("hello", "links_list", json!({})).await.expect("served for 90 days");
    team.sandbox.clock.advance(DAY);
    assert_eq!(code(team.script("hello", "links_list", json!({})).await), "not_found");
    assert_eq!(code(team.ask(team.owner, "hello", "links_list", json!({})).await), "not_found");
    team.script("acme", "links_list", json!({})).await.expect("its name");
}

#[tokio::test]
async fn the_setting_s_handle_is_followed_for_ever_and_what_others_have_learnt_is_found_again() {
    let team = Team::new().await;
    rename(&team, "hello", "acme").await.expect("renamed");
    team.sandbox.clock.advance(DAY * 400);
    let Sandbox { app, store, clock, ids, journal, probe, documents, observed, .. } = &team.sandbox;
    let store = std::sync::Arc::new(store.clone());
    let ports =
        Ports::over(store, probe.clone(), documents.clone(), journal.clone(), clock.clone(), ids.clone());
    let default_handle = Some(fixtures::handle());
    let settings = Settings { default_handle, ..app.settings().clone() };
    let deaf = std::sync::Arc::new(Deaf);
    let later = Application::new(lp_application::catalogue(), ports, settings, deaf, observed.clone());
    later.load_names().await.expect("the store answers");
    let request = team.sandbox.request("system_health", json!({}), Credential::Known(Actor::Operator));
    let request = Request { accepts: Accepts::Trusted, bound: None, ..request };
    let health = later.call(request).await.result.expect("the setting's");
    assert_eq!(health.value["handle"], "acme");
}

struct Deaf;

impl RouteListener for Deaf {
    fn link_changed(&self, _: &lp_core::Handle, _: &lp_core::SlugKey, _: lp_application::Loaded) {}

    fn rules_changed(&self, _: &lp_core::Handle, _: std::sync::Arc<lp_application::Policy>) {}
}

#[tokio::test]
async fn a_name_is_its_handle_s_for_ever_and_its_owner_may_rename_back() {
    let team = Team::new().await;
    rename(&team, "hello", "acme").await.expect("renamed");
    team.sandbox.clock.advance(DAY * 400);
    for name in ["hello", "acme"] {
        let refused = team.ask(team.ann, "ann", "handles_create", json!({ "handle": name })).await;
        assert_eq!(code(refused), "conflict", "{name}");
        let refused = team.ask(team.ann, "ann", "handles_rename", json!({ "newHandle": name })).await;
        assert_eq!(code(refused), "conflict", "{name}");
        let own = team.ask(team.owner, "acme", "handles_create", json!({ "handle": name })).await;
        assert_eq!(code(own), "conflict", "not even for its owner as another handle: {name}");
    }
    assert_eq!(code(rename(&team, "acme", "ann").await), "conflict");
    assert_eq!(code(rename(&team, "acme", "app").await), "validation_error");
    let back = rename(&team, "acme", "hello").await.expect("its own");
    assert_eq!((&back["handle"], &back["previousHandle"]), (&json!("hello"), &json!("acme")));
    team.script("hello", "links_list", json!({})).await.expect("its name again");
    let same = rename(&team, "hello", "hello").await.expect("nothing to do");
    assert_eq!(same["redirectsUntil"], Value::Null);
}

#[tokio::test]
async fn audit_revisions_and_new_links_of_a_renamed_handle_stay_together() {
    let team = Team::new().await;
    let link = |to: &str| json!({ "slug": "launch", "payload": { "destinationUrl": to } });
    team.script("hello", "links_upsert", link("https://example.com/1")).await.expect("made");
    rename(&team, "hello", "acme").await.expect("renamed");
    let changed = team.script("acme", "links_upsert", link("https://example.com/2")).await.expect("changed");
    assert_eq!(changed["revision"], 2);
    let audit = team.sandbox.store.audit(&fixtures::handle(), 0, 100).await.expect("reads");
    assert_eq!(lp_access::verify(None, &audit), Ok(()));
    let done: Vec<_> = audit.iter().rev().take(3).map(|record| record.entry.operation.as_str()).collect();
    assert_eq!(done, ["links_upsert", "handles_rename", "links_upsert"]);
    for own in ["http://acme.localhost:8080/launch", "http://hello.localhost:8080/launch"] {
        let refused = team.script("acme", "links_upsert", link(own)).await;
        assert_eq!(code(refused), "invalid_destination_url", "round for ever: {own}");
    }
}

#[tokio::test]
async fn a_handle_that_was_given_up_is_there_for_its_owner_s_restore_only() {
    let team = Team::new().await;
    team.share(json!([{ "userId": team.ann.to_string(), "role": "OPERATOR" }])).await;
    for confirm in [json!({}), json!({ "confirm": "acme" })] {
        let refused = team.ask(team.owner, "hello", "handles_delete", confirm).await.expect_err("refused");
        assert_eq!(crate::faults(&refused), ["/confirm not_confirmed"]);
    }
    let confirmed = json!({ "confirm": "hello" });
    assert_eq!(
        code(team.ask(team.ann, "hello", "handles_delete", confirmed.clone()).await),
        "insufficient_role"
    );
    let deleted = team.owned("handles_delete", confirmed).await;
    let until = team.sandbox.app.now().plus(DAY * 30).to_string();
    assert_eq!(deleted, json!({ "handle": "hello", "deletesAt": until }));

    for operation in ["links_list", "collaborators_list", "profile_get", "handles_rename", "handles_delete"] {
        for user in [team.owner, team.ann, team.cat] {
            assert_eq!(code(team.ask(user, "hello", operation, json!({})).await), "not_found", "{operation}");
        }
    }
    assert_eq!(code(team.script("hello", "links_list", json!({})).await), "not_found");
    let listed = |value: &Value| {
        let handles = value["handles"].as_array().expect("a list").clone();
        handles.into_iter().map(|one| (one["handle"].clone(), one["deletesAt"].clone())).collect::<Vec<_>>()
    };
    let mine = team.ask(team.owner, "ann", "handles_list", json!({})).await.expect("listed");
    assert_eq!(listed(&mine), [(json!("hello"), json!(until))]);
    let theirs = team.ask(team.ann, "ann", "handles_list", json!({})).await.expect("listed");
    assert_eq!(listed(&theirs), [(json!("ann"), Value::Null)]);

    for user in [team.ann, team.cat] {
        assert_eq!(code(team.ask(user, "hello", "handles_restore", json!({})).await), "not_found");
    }
    team.sandbox.clock.advance(DAY * 29);
    let restored = team.owned("handles_restore", json!({})).await;
    assert_eq!((&restored["handle"], &restored["deletesAt"]), (&json!("hello"), &Value::Null));
    team.script("hello", "links_list", json!({})).await.expect("as before");
    team.ask(team.ann, "hello", "tokens_list", json!({})).await.expect("with its role");
    assert_eq!(code(team.ask(team.owner, "hello", "handles_restore", json!({})).await), "conflict");
}

#[tokio::test]
async fn after_the_grace_all_of_it_goes_but_its_name_and_its_audit() {
    let team = Team::new().await;
    let link = json!({ "slug": "launch", "payload": { "destinationUrl": "https://example.com" } });
    team.script("hello", "links_upsert", link).await.expect("made");
    rename(&team, "hello", "acme").await.expect("renamed");
    team.ask(team.owner, "acme", "handles_delete", json!({ "confirm": "acme" })).await.expect("given up");
    let app = &team.sandbox.app;
    team.sandbox.clock.advance(DAY * 29);
    assert_eq!(app.purge_handles(app.now()).await.expect("the store answers"), 0);
    team.sandbox.clock.advance(DAY);
    assert_eq!(code(team.ask(team.owner, "acme", "handles_restore", json!({})).await), "conflict");
    assert!(app.purge_handles(app.now()).await.expect("the store answers") > 0);
    assert_eq!(app.purge_handles(app.now()).await.expect("the store answers"), 0);

    assert_eq!(team.sandbox.store.count(&fixtures::handle()).await.expect("reads"), 0);
    assert_eq!(code(team.ask(team.owner, "acme", "handles_restore", json!({})).await), "not_found");
    assert_eq!(
        code(team.script("acme", "links_list", json!({})).await),
        "invalid_token",
        "its token is gone"
    );
    for name in ["hello", "acme"] {
        let refused = team.ask(team.owner, "ann", "handles_create", json!({ "handle": name })).await;
        assert_eq!(code(refused), "conflict", "{name}");
    }
    let audit = team.sandbox.store.audit(&fixtures::handle(), 0, 100).await.expect("reads");
    assert_eq!(lp_access::verify(None, &audit), Ok(()));
    let last = &audit.last().expect("entries").entry;
    assert_eq!((last.operation.as_str(), last.surface.as_str()), ("handles_purge", "worker"));
}

#[tokio::test]
async fn a_signed_address_outlives_a_rename() {
    let team = Team::new().await;
    let credential = Credential::Bearer(team.sandbox.pat.clone());
    let request = team.sandbox.request("links_export", json!({}), credential);
    let signed = team.sandbox.app.sign(request).await.result.expect("signed");
    assert!(signed.url.contains("/handles/hello/"), "{}", signed.url);
    let grant = signed.url.rsplit_once("grant=").expect("a grant").1.to_owned();
    rename(&team, "hello", "acme").await.expect("renamed");
    for name in ["hello", "acme", "ann"] {
        let request = team.sandbox.request("links_export", json!({}), Credential::Grant(grant.clone()));
        let request = Request { bound: Some(name.to_owned()), accepts: Accepts::Signed, ..request };
        let ended = team.sandbox.app.stream(request, lp_application::whole("")).await.result;
        let ended = ended.map(|reply| reply.file_name).map_err(|error| error.code.name());
        let expected =
            if name == "ann" { Err("invalid_token") } else { Ok(Some("links-acme.csv".to_owned())) };
        assert_eq!(ended, expected, "{name}");
    }
}
