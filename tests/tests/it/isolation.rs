//! Random actors on random rows, surfaces and handles: no reply and no effect crosses a handle.
//!
//! Every handle holds a mark of its own in its links. Who is no member of a handle never reads its mark, and whatever they
//! call leaves the handle at the version it had. What is called and with which arguments is computed from the catalogue,
//! so a new row is tried without being named here.

mod arguments;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use e2e::{Answer, Server, Workspace, fresh_database, mcp, oauth, rest};
use link_platform::{Auth, Operation, catalogue};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};

use self::arguments::Pool;
use self::store::Rows;

const HANDLES: [&str; 3] = ["alpha", "beta", "gamma"];
/// Calls of one run. Each handle's state is compared after every one of them.
const CALLS: usize = 2_500;

/// Somebody who calls.
struct Identity {
    what: &'static str,
    proof: Proof,
}

enum Proof {
    None,
    /// Signs in with this mailbox, anew whenever a call has ended the session.
    Account {
        mailbox: String,
        token: String,
    },
    Token {
        handle: &'static str,
        text: String,
    },
}

/// What the calls came to, so that a run in which nobody reached anything is no proof.
#[derive(Debug, Default)]
struct Tally {
    /// By status.
    answers: BTreeMap<u16, usize>,
    own: usize,
    foreign: usize,
    rows: BTreeSet<&'static str>,
}

fn mark(handle: &str) -> String {
    format!("mark-of-{handle}-9f2c")
}

/// Three handles with owners of their own, each with links and a rule that carry its mark.
async fn furnish(workspace: &Workspace) -> BTreeMap<&'static str, String> {
    let mut tokens = BTreeMap::new();
    for handle in HANDLES {
        tokens.insert(handle, workspace.bootstrap(handle).await);
        for slug in ["common", &format!("{handle}-one")] {
            let (url, title) = (format!("https://{}.example/{slug}", mark(handle)), mark(handle));
            let arguments = json!({ "slug": slug, "payload": { "destinationUrl": url, "title": title, "tags": [title] } });
            let put = ["call", "links_upsert", "--handle", handle, "--json", &arguments.to_string()];
            assert!(workspace.run(&put).await.status.success(), "{handle}/{slug}");
        }
        let rule =
            json!({ "ruleId": "common", "payload": { "variant": { "id": "a", "title": mark(handle) } } });
        let put =
            ["call", "tracking_upsert_personalization_rule", "--handle", handle, "--json", &rule.to_string()];
        assert!(workspace.run(&put).await.status.success(), "the rule of {handle}");
    }
    tokens
}

async fn identities(
    server: &Server,
    tokens: &BTreeMap<&'static str, String>,
    narrow: String,
) -> Vec<Identity> {
    let account = async |handle: &'static str| {
        let mailbox = format!("{handle}@example.com");
        let token = sign_in(server, &mailbox).await;
        Proof::Account { mailbox, token }
    };
    let app = async |handle: &'static str| {
        let owner = sign_in(server, &format!("{handle}@example.com")).await;
        let scopes = ["mcp.connect", "skills.read", "links.read", "links.write", "analytics.read"];
        let tokens = oauth::connect(server, &owner, handle, &scopes).await.1;
        let text = tokens["access_token"].as_str().expect("a token").to_owned();
        Proof::Token { handle, text }
    };
    let token = |handle: &'static str| Proof::Token { handle, text: tokens[handle].clone() };
    vec![
        Identity { what: "nobody", proof: Proof::None },
        Identity { what: "the owner of alpha", proof: account("alpha").await },
        Identity { what: "the owner of beta", proof: account("beta").await },
        Identity { what: "a token of beta", proof: token("beta") },
        Identity {
            what: "a token of alpha that reads links",
            proof: Proof::Token { handle: "alpha", text: narrow },
        },
        Identity { what: "a token of gamma", proof: token("gamma") },
        Identity { what: "an app that is let into beta", proof: app("beta").await },
    ]
}

async fn sign_in(server: &Server, mailbox: &str) -> String {
    let login = json!({ "email": mailbox, "password": "correct horse" });
    let request = server.api("POST", "/v2/auth/login").header("content-type", "application/json");
    let reply = request.body(login.to_string()).send().await.expect("a reply");
    let body: Value = serde_json::from_str(&reply.text().await.expect("text")).expect("JSON");
    body["accessToken"].as_str().unwrap_or_else(|| panic!("{mailbox} signs in: {body}")).to_owned()
}

impl Identity {
    fn credential(&self) -> Option<&str> {
        match &self.proof {
            Proof::None => None,
            Proof::Account { token, .. } => Some(token),
            Proof::Token { text, .. } => Some(text),
        }
    }

    /// Whether it is a member of a handle now.
    async fn belongs(&self, rows: &Rows, handle: &str) -> bool {
        match &self.proof {
            Proof::None => false,
            Proof::Account { mailbox, .. } => rows.is_member(mailbox, handle).await,
            Proof::Token { handle: own, .. } => *own == handle,
        }
    }

    /// Whether a call ended its session: then the next ones would prove nothing.
    async fn stay(&mut self, server: &Server, answer: &Answer) {
        if let Proof::Account { mailbox, token } = &mut self.proof
            && answer.status == 401
            && answer.body["error"] == "token_revoked"
        {
            *token = sign_in(server, mailbox).await;
        }
    }
}

/// One call by way of a random mount, or of MCP.
async fn call(
    server: &Server,
    row: &Operation,
    handle: &str,
    caller: &Identity,
    arguments: &Value,
    way: usize,
) -> Answer {
    let mounts: Vec<Auth> =
        row.mounts().iter().map(|mount| mount.auth).filter(|auth| *auth != Auth::Signed).collect();
    let ways = mounts.len() + usize::from(row.tool);
    match mounts.get(way % ways.max(1)) {
        Some(auth) => rest(server, row, *auth, handle, caller.credential(), arguments).await,
        None => mcp(server, row, handle, caller.credential(), arguments).await,
    }
}

async fn nothing_crosses(workspace: Workspace, rows: Rows, seed: u8) {
    let tokens = furnish(&workspace).await;
    let server = workspace.serve_with(&[("LINK_PLATFORM_RATE_LIMITS", "false")]).await;
    let narrow = {
        let owner = sign_in(&server, "alpha@example.com").await;
        let wanted = json!({ "name": "narrow", "scopes": ["links.read", "mcp.connect"] }).to_string();
        let made = server.api("POST", "/v2/handles/alpha/tokens").bearer_auth(owner);
        let made =
            made.header("content-type", "application/json").body(wanted).send().await.expect("a reply");
        let made: Value = serde_json::from_str(&made.text().await.expect("text")).expect("JSON");
        made["token"].as_str().expect("a token").to_owned()
    };
    let mut callers = identities(&server, &tokens, narrow).await;
    let mut random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut pool = Pool::new(&HANDLES, rows.ids().await);
    let catalogue = catalogue();
    let catalogue: Vec<_> = catalogue.operations().iter().filter(|row| tried(row)).collect();
    let mut tally = Tally::default();
    // Who belonged to a handle at any time: members come and go.
    let mut ever = BTreeSet::new();
    for handle in HANDLES {
        ever.extend(rows.actors_of(handle).await.into_iter().map(|actor| (handle.to_owned(), actor)));
    }
    for number in 0..CALLS {
        let mut pick = |length: usize| random.next_u32() as usize % length;
        let (caller, row) = (pick(callers.len()), catalogue[pick(catalogue.len())]);
        let (target, way) = (HANDLES[pick(HANDLES.len())], pick(97));
        let arguments = pool.arguments(row, &mut random);
        let caller = &mut callers[caller];
        let mut strange = Vec::new();
        for handle in HANDLES {
            if !caller.belongs(&rows, handle).await {
                strange.push((handle, rows.version(handle).await));
            }
        }
        let answer = call(&server, row, target, caller, &arguments, way).await;
        let what = || {
            format!(
                "call {number} of seed {seed}: {} calls {} on {target} with {arguments}",
                caller.what, row.name
            )
        };
        let said = answer.body.to_string();
        for (handle, version) in &strange {
            assert!(!said.contains(&mark(handle)), "{}: it reads of {handle}: {said}", what());
            assert_eq!(rows.version(handle).await, *version, "{}: it changed {handle}: {said}", what());
        }
        assert!(answer.status < 500, "{}: {said}", what());
        let foreign = strange.iter().any(|(handle, _)| *handle == target);
        if row.mounts().iter().all(|mount| mount.path.contains("{handle}")) && foreign {
            // 400: what cannot even be bound to the row is refused before anybody is asked for.
            assert!(matches!(answer.status, 400 | 401 | 403 | 404), "{}: {} {said}", what(), answer.status);
            tally.foreign += 1;
        } else {
            tally.own += usize::from(answer.status < 300);
        }
        if answer.status < 300 && !row.effect.read_only {
            let ours = rows.actors_of(target).await;
            ever.extend(ours.into_iter().map(|actor| (target.to_owned(), actor)));
        }
        *tally.answers.entry(answer.status).or_default() += 1;
        tally.rows.insert(row.name);
        pool.learn(&answer.body);
        caller.stay(&server, &answer).await;
    }
    assert!(tally.own > CALLS / 20 && tally.foreign > CALLS / 5, "the calls proved little: {tally:?}");
    assert_eq!(tally.rows.len(), catalogue.len(), "rows were never called: {tally:?}");
    // Whoever did something in a handle belonged to it, then or in the meantime.
    for (handle, actor) in rows.done().await {
        let ours = rows.actors_of(&handle).await;
        let belonged = ours.contains(&actor) || ever.contains(&(handle.clone(), actor.clone()));
        assert!(actor == "operator" || belonged, "{actor} did something in {handle}");
    }
}

/// What takes no part: rows whose password checks take the longest of all, and which no credential leads to.
fn tried(row: &Operation) -> bool {
    row.mounts().iter().any(|mount| matches!(mount.auth, Auth::Jwt | Auth::Pat))
}

#[tokio::test]
async fn on_the_embedded_store_nothing_crosses_a_handle() {
    let workspace = Workspace::new();
    let rows = Rows::embedded(&workspace.data().join("link-platform.db"));
    nothing_crosses(workspace, rows, 1).await;
}

#[tokio::test]
async fn on_postgres_nothing_crosses_a_handle() {
    let Some(database) = fresh_database().await else { return };
    let workspace = Workspace::new().on(&database);
    assert!(workspace.run(&["migrate"]).await.status.success());
    nothing_crosses(workspace, Rows::postgres(&database), 2).await;
}
