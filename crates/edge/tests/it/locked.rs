//! Links that ask for a password, and those who say it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Full;
use lp_application::{Application, Limits, Ports, Settings, catalogue};
use lp_edge::{Edge, Entrance, RouteTable, Whereabouts};
use lp_testkit::Secret;
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::fixture::{Reply, VISITOR, asked};

const HOST: Entrance<'static> = Entrance::Host("hello");
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const HIDDEN: &str = "https://example.com/hidden";

struct World {
    sandbox: Sandbox,
    edge: Edge,
}

impl World {
    /// One whose handle `hello` has the link `secret`, whose password is `open sesame`.
    async fn new() -> Self {
        let table = Arc::new(RouteTable::default());
        let limits = Some(Limits::default());
        let options = SandboxOptions { listener: Some(table.clone()), limits, ..SandboxOptions::default() };
        let sandbox = Sandbox::with(options).await;
        let edge = Edge::new(&sandbox.app, table, Whereabouts::default());
        let world = Self { sandbox, edge };
        world
            .put("secret", json!({ "destinationUrl": HIDDEN, "description": "D", "password": "open sesame", "appendContext": false }))
            .await;
        world
    }

    async fn put(&self, slug: &str, payload: Value) {
        let link = json!({ "slug": slug, "payload": payload });
        self.sandbox.call("links_upsert", link).await.result.expect("made");
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let headers = [&[("user-agent", BROWSER)], headers].concat();
        Reply::of(self.edge.visit(HOST, &asked("GET", path, &headers), VISITOR).await).await
    }

    async fn post_from(&self, from: IpAddr, path: &str, headers: &[(&str, &str)], form: &str) -> Reply {
        let headers = [&[("user-agent", BROWSER), FORM], headers].concat();
        let body = Full::new(Bytes::from(form.to_owned()));
        Reply::of(self.edge.submit(HOST, &asked("POST", path, &headers), from, body).await).await
    }

    async fn post(&self, path: &str, form: &str) -> Reply {
        self.post_from(VISITOR, path, &[], form).await
    }

    /// The grant of whoever says the password of `secret`.
    async fn grant(&self) -> String {
        let right = self.post("/secret", "password=open+sesame").await;
        let cookie = right.header("set-cookie").expect("a grant");
        cookie.split(';').next().expect("a pair").to_owned()
    }

    async fn clicks(&self) -> Value {
        self.sandbox.drain().await;
        let counts = self.sandbox.call("analytics_get", json!({})).await.result.expect("counts");
        json!([counts.value["clicks"], counts.value["qualifiedClicks"]])
    }

    /// Another application over the same store.
    fn beside(&self, secret: Secret) -> Application {
        let Sandbox { app, store, probe, documents, journal, clock, ids, .. } = &self.sandbox;
        let (store, probe, documents) = (Arc::new(store.clone()), probe.clone(), documents.clone());
        let ports = Ports::over(store, probe, documents, journal.clone(), clock.clone(), ids.clone());
        let settings = Settings { secret, ..app.settings().clone() };
        let table = Arc::new(RouteTable::default());
        Application::new(catalogue(), ports, settings, table, self.sandbox.observed.clone())
    }
}

fn away(reply: &Reply) -> (u16, Option<&str>) {
    (reply.status, reply.header("location"))
}

fn machine(number: u8) -> IpAddr {
    Ipv4Addr::new(203, 0, 113, number).into()
}

#[tokio::test]
async fn a_locked_link_asks_on_a_page_that_tells_nothing_of_it_and_is_kept_nowhere() {
    let world = World::new().await;
    for headers in [&[][..], &[("accept", "*/*")], &[("accept", "text/html,application/xhtml+xml;q=0.9")]] {
        let page = world.get("/secret?utm_source=mail", headers).await;
        assert_eq!(away(&page), (200, None), "{headers:?}");
        for (name, value) in [
            ("cache-control", "private, no-store"),
            ("content-type", "text/html; charset=utf-8"),
            ("x-robots-tag", "noindex"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.header(name), Some(value), "{name}");
        }
        assert!(page.body.contains("<form method=\"post\">") && page.body.contains("name=\"password\""));
        assert!(!page.body.contains("/hidden") && !page.body.contains("example.com"), "{}", page.body);
        assert!(!page.body.contains(">D<") && !page.body.contains("argon2"), "{}", page.body);
    }
    let (page, head) = (world.get("/secret", &[]).await, asked("HEAD", "/secret", &[]));
    let head = Reply::of(world.edge.visit(HOST, &head, VISITOR).await).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some(page.body.len().to_string().as_str()));
    assert_eq!(world.clicks().await, json!([0, 0]), "a question is no click");
}

#[tokio::test]
async fn the_policy_of_the_page_allows_its_style_and_no_frame_and_leaves_open_where_its_form_ends() {
    let world = World::new().await;
    let page = world.get("/secret", &[]).await;
    let (_, style) = page.body.split_once("<style>").expect("a style");
    let (style, _) = style.split_once("</style>").expect("its end");
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = page.header("content-security-policy").expect("a policy");
    assert_eq!(
        policy,
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'")
    );
}

#[tokio::test]
async fn who_takes_no_page_is_told_by_a_code() {
    let world = World::new().await;
    let json = [("accept", "application/json")];
    let asked = world.get("/secret", &json).await;
    assert_eq!((asked.status, asked.header("content-type")), (403, Some("application/json")));
    assert!(asked.body.contains("\"password_required\"") && !asked.body.contains("example.com"));
    for (form, code) in
        [("password=open", "wrong_password"), ("password=", "password_required"), ("", "password_required")]
    {
        let wrong = world.post_from(VISITOR, "/secret", &json, form).await;
        assert_eq!(wrong.status, 403, "{form}");
        assert!(wrong.body.contains(&format!("\"error\":\"{code}\"")), "{}", wrong.body);
    }
}

#[tokio::test]
async fn the_title_of_its_card_is_shown_and_escaped() {
    let world = World::new().await;
    let title = "<b>Tom & \"Co\"</b>";
    world
        .put(
            "secret",
            json!({ "title": "Inside", "socialPreview": { "title": title, "description": "Hush" } }),
        )
        .await;
    let page = world.get("/secret", &[]).await;
    assert!(page.body.contains("&lt;b&gt;Tom &amp; &quot;Co&quot;&lt;/b&gt;</h1>"), "{}", page.body);
    assert!(!page.body.contains("Inside") && !page.body.contains("Hush"), "{}", page.body);
}

#[tokio::test]
async fn the_right_password_sends_on_with_303_and_a_grant_and_is_a_click() {
    let world = World::new().await;
    for status in [302, 308] {
        world.put("secret", json!({ "redirectStatus": status, "appendContext": false })).await;
        let right = world.post("/secret?a=1", "password=open+sesame").await;
        assert_eq!(away(&right), (303, Some("https://example.com/hidden?a=1")), "{status}");
        assert_eq!(right.header("cache-control"), Some("private, no-store"));
        let cookie = right.header("set-cookie").expect("a grant");
        assert!(
            cookie.starts_with("_lp_pw=")
                && cookie.ends_with("; Path=/secret; Max-Age=43200; HttpOnly; SameSite=Lax"),
            "{cookie}"
        );
    }
    assert_eq!(world.clicks().await, json!([2, 2]));
    let grant = world.grant().await;
    let visit = world.get("/secret", &[("cookie", &format!("x=1; {grant}; y=2"))]).await;
    assert_eq!(away(&visit), (308, Some(HIDDEN)));
    assert_eq!(visit.header("set-cookie"), None);
    let again = world.post_from(VISITOR, "/secret", &[("cookie", &grant)], "password=whatever").await;
    assert_eq!(away(&again), (303, Some(HIDDEN)), "who has said it is not asked again");
    assert_eq!(world.clicks().await, json!([5, 5]));
}

#[tokio::test]
async fn a_wrong_password_asks_again_and_is_no_click() {
    let world = World::new().await;
    let wrong = world.post("/secret", "password=%3Cscript%3E").await;
    assert_eq!((away(&wrong), wrong.header("set-cookie")), ((403, None), None));
    assert_eq!(wrong.header("cache-control"), Some("private, no-store"));
    assert!(
        wrong.body.contains("role=\"alert\"") && wrong.body.contains("aria-invalid=\"true\""),
        "{}",
        wrong.body
    );
    assert!(!wrong.body.contains("script") && !wrong.body.contains("example.com"), "{}", wrong.body);
    assert_eq!(world.clicks().await, json!([0, 0]));
}

#[tokio::test]
async fn a_grant_opens_its_link_only_until_it_ends_or_the_password_is_another() {
    let world = World::new().await;
    world.put("other", json!({ "destinationUrl": HIDDEN, "password": "open sesame" })).await;
    let grant = world.grant().await;
    let visit = async |path: &str, cookie: &str| world.get(path, &[("cookie", cookie)]).await.status;
    assert_eq!(visit("/secret", &grant).await, 302);
    assert_eq!(visit("/other", &grant).await, 200, "of another link with the same password");
    let (value, last) = grant.split_at(grant.len() - 1);
    let forged = format!("{value}{}", if last == "A" { "B" } else { "A" });
    let many = "_lp_pw=x; ".repeat(4) + &grant;
    for cookie in [
        &forged,
        "_lp_pw=",
        "_lp_pw=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "_lp_pw=%%",
        &format!("{grant}AAAA"),
        &many,
    ] {
        assert_eq!(visit("/secret", cookie).await, 200, "{cookie}");
    }
    world.put("secret", json!({ "password": "open sesame", "title": "T" })).await;
    assert_eq!(visit("/secret", &grant).await, 302, "the same password again");
    world.put("secret", json!({ "password": "swordfish" })).await;
    assert_eq!(visit("/secret", &grant).await, 200, "another password");
    world.put("secret", json!({ "password": null })).await;
    assert_eq!(visit("/secret", "").await, 302, "none any more");

    let rollback = json!({ "slug": "secret", "payload": { "revision": 1 } });
    world.sandbox.call("links_rollback", rollback).await.result.expect("rolled back");
    assert_eq!(visit("/secret", &grant).await, 302, "the first password is back");
    world.sandbox.clock.advance(Duration::from_hours(12) - Duration::from_secs(2));
    assert_eq!(visit("/secret", &grant).await, 302);
    world.sandbox.clock.advance(Duration::from_secs(3));
    assert_eq!(visit("/secret", &grant).await, 200, "after twelve hours");
}

#[tokio::test]
async fn nodes_with_the_same_secret_or_the_next_one_believe_a_grant_and_others_do_not() {
    let world = World::new().await;
    let grant = world.grant().await;
    let secret = world.sandbox.app.settings().secret.clone();
    let rotated = Secret::following(&secret, [9; 32]);
    for (secret, status) in [
        (secret, 302),
        (rotated.clone(), 302),
        (Secret::new([9; 32]), 200),
        (Secret::following(&rotated, [8; 32]), 200),
    ] {
        let app = world.beside(secret);
        let edge = Edge::new(&app, Arc::new(RouteTable::default()), Whereabouts::default());
        let head = asked("GET", "/secret", &[("cookie", &grant)]);
        assert_eq!(edge.visit(HOST, &head, VISITOR).await.status(), status);
    }
}

#[tokio::test]
async fn of_twenty_guesses_at_once_from_one_place_five_are_looked_at() {
    let world = World::new().await;
    let guesses: Vec<_> = (0..20).map(|number| format!("password=guess{number}")).collect();
    let replies = join_all(guesses.iter().map(|guess| world.post("/secret", guess))).await;
    let with = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((with(403), with(429)), (5, 15));
    let late = replies.iter().find(|reply| reply.status == 429).expect("a refusal");
    assert_eq!(late.header("retry-after"), Some("60"));
    assert!(late.body.contains("Too many attempts. Try again in 60 seconds."), "{}", late.body);

    assert_eq!(world.post("/secret", "password=open+sesame").await.status, 429, "the right one neither");
    world.sandbox.clock.advance(Duration::from_mins(1));
    assert_eq!(world.post("/secret", "password=wrong").await.status, 403, "one a minute");
    assert_eq!(world.post("/secret", "password=open+sesame").await.status, 429);
    world.sandbox.clock.advance(Duration::from_mins(1));
    assert_eq!(world.post("/secret", "password=open+sesame").await.status, 303);
}

#[tokio::test]
async fn right_passwords_are_not_counted_so_a_crowd_behind_one_address_comes_in() {
    let world = World::new().await;
    for _ in 0..12 {
        assert_eq!(world.post("/secret", "password=open+sesame").await.status, 303);
    }
}

#[tokio::test]
async fn guessing_from_many_places_is_slowed_down_and_those_with_a_grant_go_on() {
    let world = World::new().await;
    let grant = world.grant().await;
    for number in 0..100 {
        let from = machine(number % 25);
        assert_eq!(world.post_from(from, "/secret", &[], "password=guess").await.status, 403, "{number}");
    }
    let fresh = machine(200);
    let late = world.post_from(fresh, "/secret", &[], "password=guess").await;
    assert_eq!((late.status, late.header("retry-after")), (429, Some("2")));
    assert_eq!(world.get("/secret", &[("cookie", &grant)]).await.status, 302);
    world.put("other", json!({ "destinationUrl": HIDDEN, "password": "open sesame" })).await;
    assert_eq!(world.post_from(fresh, "/other", &[], "password=open+sesame").await.status, 303);
}

#[tokio::test]
async fn a_form_is_taken_where_a_password_is_asked_for_and_nowhere_else() {
    let world = World::new().await;
    world.put("open", json!({ "destinationUrl": HIDDEN })).await;
    let open = world.post("/open", "password=x").await;
    assert_eq!((open.status, open.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(world.post("/nothing", "password=x").await.status, 404);
    world.put("secret", json!({ "enabled": false })).await;
    assert_eq!(world.post("/secret", "password=open+sesame").await.status, 404);
    assert_eq!(world.get("/secret", &[]).await.status, 404);
    let over = json!({ "enabled": true, "expiresAt": "2025-01-01T00:00:00Z" });
    world.put("secret", over).await;
    assert_eq!(world.get("/secret", &[]).await.status, 410, "before the page");
    assert_eq!(world.post("/secret", "password=open+sesame").await.status, 410);
    world.put("secret", json!({ "fallbackUrl": "https://example.com/over" })).await;
    let late = world.post("/secret", "password=wrong").await;
    assert_eq!(away(&late), (303, Some("https://example.com/over")));
    assert_eq!(world.clicks().await, json!([0, 0]));
}

#[tokio::test]
async fn what_is_no_form_or_more_than_one_is_refused_before_it_is_looked_at() {
    let world = World::new().await;
    let long = format!("password={}", "x".repeat(4_096));
    assert_eq!(world.post("/secret", &long).await.status, 413);
    for kind in ["application/json", "multipart/form-data; boundary=x", "text/plain", ""] {
        let head = asked("POST", "/secret", &[("content-type", kind)]);
        let body = Full::new(Bytes::from_static(b"password=open+sesame"));
        assert_eq!(world.edge.submit(HOST, &head, VISITOR, body).await.status(), 415, "{kind}");
    }
    let kind = ("content-type", "Application/X-WWW-Form-URLencoded; charset=UTF-8");
    let head = asked("POST", "/secret", &[kind]);
    let body = Full::new(Bytes::from_static(b"x=1&password=open%20sesame&y=2"));
    assert_eq!(world.edge.submit(HOST, &head, VISITOR, body).await.status(), 303);
}

#[tokio::test]
async fn where_the_visitor_came_from_is_kept_through_the_question() {
    let world = World::new().await;
    let rule = json!([{ "id": "social", "when": { "sourceIn": ["social"] }, "destinationUrl": "https://example.com/s" }]);
    world.put("secret", json!({ "routingRules": rule, "appendContext": false })).await;
    let page = world.get("/secret", &[("referer", "https://www.instagram.com/p/1?x=\"><script>")]).await;
    let kept = "<input type=\"hidden\" name=\"from\" value=\"https://www.instagram.com\">";
    assert!(page.body.contains(kept) && !page.body.contains("script"), "{}", page.body);
    let from = "&from=https%3A%2F%2Fwww.instagram.com";
    let wrong = world.post("/secret", &format!("password=no{from}")).await;
    assert!(wrong.body.contains(kept), "{}", wrong.body);
    let right = world.post("/secret", &format!("password=open+sesame{from}")).await;
    assert_eq!(away(&right), (303, Some("https://example.com/s")));
}

#[tokio::test]
async fn the_cookie_is_for_the_path_that_was_visited() {
    let world = World::new().await;
    for (entrance, path, said) in [
        (Entrance::Api, "/_edge/redirect/hello/secret", "; Path=/_edge/redirect/hello/secret;"),
        (HOST, "/Secret", "; Path=/Secret;"),
        (Entrance::Mounted("hello"), "/secret", "; Max-Age=43200; HttpOnly; SameSite=Lax"),
    ] {
        let body = Full::new(Bytes::from_static(b"password=open+sesame"));
        let reply =
            Reply::of(world.edge.submit(entrance, &asked("POST", path, &[FORM]), VISITOR, body).await).await;
        let cookie = reply.header("set-cookie").expect("a grant");
        assert!(reply.status == 303 && cookie.contains(said), "{cookie}");
    }
}

#[tokio::test]
async fn where_nobody_can_sign_in_no_password_can_be_said() {
    let world = World::new().await;
    let app = world.beside(world.sandbox.app.settings().secret.clone());
    let edge = Edge::new(&app, Arc::new(RouteTable::default()), Whereabouts::default());
    let body = Full::new(Bytes::from_static(b"password=open+sesame"));
    let reply = edge.submit(HOST, &asked("POST", "/secret", &[FORM]), VISITOR, body).await;
    assert_eq!(reply.status(), 503);
}

#[tokio::test]
async fn a_locked_link_for_so_many_visits_uses_one_up_for_who_says_the_password() {
    let world = World::new().await;
    world.put("secret", json!({ "maxClicks": 2 })).await;
    for _ in 0..5 {
        assert_eq!(world.get("/secret", &[]).await.status, 200, "a question uses up none");
        assert_eq!(world.post("/secret", "password=wrong").await.status, 403, "nor does a wrong answer");
        world.sandbox.clock.advance(Duration::from_mins(1));
    }
    let grant = world.grant().await;
    assert_eq!(world.get("/secret", &[("cookie", &grant)]).await.status, 302);
    assert_eq!(world.get("/secret", &[("cookie", &grant)]).await.status, 410);
    assert_eq!(world.get("/secret", &[]).await.status, 410, "nobody is asked for what is used up");
    assert_eq!(world.post("/secret", "password=open+sesame").await.status, 410);
    assert_eq!(world.clicks().await, json!([2, 2]));
}
