//! An app asks, a person answers on the page.

use std::time::Duration;

use http::Request;
use lp_application::accounts::SIGNED_IN_FOR;
use lp_application::oauth::ClientMetadata;
use lp_testkit::connector::CALLBACK;
use serde_json::json;

use crate::asking::{allow, answer_path, boxes, granted, hidden, path, question, registered, told};
use crate::browser::{Browser, EMAIL, PASSWORD};

const WANTED: (&str, &str) = ("scope", "links.read links.write analytics.read");

#[tokio::test]
async fn a_person_signs_in_sees_who_asks_and_lets_the_app_in() {
    let mut browser = Browser::new().await;
    let client = browser.sandbox.client().await;
    let asked = question(&client, &[WANTED, ("state", "a b&c=<d>")]);
    let next = form_urlencoded::Serializer::new(String::new()).append_pair("next", &asked).finish();
    browser.get(&asked).await.leads_to(&format!("/sign-in?{next}"));
    let ways = ["/sign-in", "/sign-in/code", "/sign-up", "/forgot"].map(|way| format!("\"{way}?{next}\""));
    let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
    let sign_in = browser.get(&format!("/sign-in?{next}")).await;
    sign_in.shows(200, &ways);
    sign_in.shows(200, &["An app asks for access. Sign in to see what for."]);
    let form = [("email", EMAIL), ("password", PASSWORD)];
    browser.post(&format!("/sign-in?{next}"), &form).await.leads_to(&asked);
    let page = browser.get(&asked).await;
    page.shows(200, &["“<bdi>Assistant</bdi>”", "Nobody has checked that.", "https://assistant.example"]);
    page.shows(200, &["Any app can register here under any name.", EMAIL, "30 days"]);
    page.shows(200, &["See links, their history", "changes what visitors see", "private", "reads"]);
    let (ticked, not) = boxes(&page);
    assert_eq!(ticked, ["links.read", "links.write", "analytics.read"]);
    assert!(not.contains(&"system.usage.read".to_owned()), "{not:?}");
    let reply = allow(&mut browser, &asked, &["links.read", "links.write", "analytics.read"]).await;
    assert!(told(&reply, "code").is_some_and(|code| code.starts_with("mcpac_")), "{reply:?}");
    assert_eq!(told(&reply, "state").as_deref(), Some("a b&c=<d>"));
    assert_eq!(told(&reply, "iss").as_deref(), Some("http://localhost:8080"));
    let scopes = granted(&browser, &client, &reply).await;
    assert_eq!(scopes, "analytics.read links.read links.write mcp.connect skills.read");
}

#[tokio::test]
async fn what_is_taken_away_is_not_granted_and_what_is_added_is() {
    let mut browser = Browser::signed_in().await;
    let client = browser.sandbox.client().await;
    let asked = question(&client, &[WANTED]);
    let reply = allow(&mut browser, &asked, &["links.read", "system.usage.read"]).await;
    let scopes = granted(&browser, &client, &reply).await;
    assert_eq!(scopes, "links.read mcp.connect skills.read system.usage.read");
    let reply = allow(&mut browser, &asked, &[]).await;
    assert_eq!(granted(&browser, &client, &reply).await, "mcp.connect skills.read");
}

#[tokio::test]
async fn a_person_cancels_and_the_app_is_told() {
    let mut browser = Browser::signed_in().await;
    let asked = path(&browser.sandbox, &[WANTED]).await;
    let reply =
        browser.post(&answer_path(&asked), &[("decision", "deny"), ("allow-links.read", "yes")]).await;
    assert!(reply.header("location").is_some_and(|place| place.starts_with(CALLBACK)), "{reply:?}");
    assert_eq!(told(&reply, "error").as_deref(), Some("access_denied"));
    assert_eq!((told(&reply, "state").as_deref(), told(&reply, "code")), (Some("s"), None));
    assert_eq!(told(&reply, "iss").as_deref(), Some("http://localhost:8080"));
    browser.get("/connections").await.shows(200, &["None so far."]);
}

#[tokio::test]
async fn a_form_without_an_answer_asks_again() {
    let mut browser = Browser::signed_in().await;
    let asked = path(&browser.sandbox, &[WANTED]).await;
    let answer = answer_path(&asked);
    for form in [&[][..], &[("decision", "")], &[("decision", "Approve")], &[("allow-links.read", "yes")]] {
        browser.post(&answer, form).await.leads_to(&asked);
    }
    browser.get(&answer).await.leads_to(&asked);
}

#[tokio::test]
async fn an_app_that_does_not_say_what_it_needs_is_offered_what_reads() {
    let mut browser = Browser::signed_in().await;
    let client = browser.sandbox.client().await;
    for scope in ["", "openid offline_access", "mcp.connect", "skills.read mcp.connect"] {
        let page = browser.get(&question(&client, &[("scope", scope)])).await;
        page.shows(200, &["It did not say what it needs."]);
        let (ticked, not) = boxes(&page);
        assert_eq!(
            ticked,
            ["links.read", "tracking.personalization.read", "routing.context_origins.read"],
            "{scope}"
        );
        assert!(not.contains(&"links.write".to_owned()) && not.contains(&"analytics.read".to_owned()));
    }
}

#[tokio::test]
async fn who_vouches_for_an_app_is_told() {
    let mut browser = Browser::signed_in().await;
    let sandbox = &browser.sandbox;
    let address = "https://claude.example/client.json";
    let document = json!({ "client_id": address, "client_name": "Claude", "redirect_uris": [CALLBACK] });
    sandbox.documents.describe(address, &document);
    let metadata = ClientMetadata {
        client_name: Some("Partner".to_owned()),
        redirect_uris: vec![CALLBACK.to_owned()],
        ..ClientMetadata::default()
    };
    let vouched = sandbox.app.vouch_for_client(&metadata).await.expect("vouched for");
    let nameless = registered(sandbox, " ", CALLBACK).await;
    for (client, words) in [
        (address, "The owner of <strong>claude.example</strong> says so."),
        (&vouched.client_id, "The operator of this installation registered it."),
        (&nameless, "It does not say its name. Nobody has checked that."),
    ] {
        let page = browser.get(&question(client, &[WANTED])).await;
        page.shows(200, &[words, "https://assistant.example"]);
        let warns = page.text.contains("Any app can register here under any name.");
        assert_eq!(warns, client == nameless, "{client}");
    }
}

#[tokio::test]
async fn what_was_allowed_before_is_not_asked_again() {
    let mut browser = Browser::signed_in().await;
    let client = browser.sandbox.client().await;
    let asked = question(&client, &[("scope", "links.read")]);
    let reply = allow(&mut browser, &asked, &["links.read", "analytics.read"]).await;
    granted(&browser, &client, &reply).await;
    let again = browser.get(&asked).await;
    assert_eq!(granted(&browser, &client, &again).await, "analytics.read links.read mcp.connect skills.read");
    let page = browser.get(&question(&client, &[("scope", "links.read"), ("prompt", "consent")])).await;
    page.shows(200, &["allowed before", "Ticked is what it asks for, and what it was allowed before."]);
    let more = browser.get(&question(&client, &[("scope", "links.read links.write")])).await;
    assert_eq!(boxes(&more).0, ["links.read", "links.write", "analytics.read"]);
    // Another app under the same name is another app.
    assert_eq!(browser.get(&path(&browser.sandbox, &[("scope", "links.read")]).await).await.status, 200);
}

#[tokio::test]
async fn only_a_person_who_goes_there_is_sent_on_unasked() {
    let mut browser = Browser::signed_in().await;
    let client = browser.sandbox.client().await;
    let asked = question(&client, &[("scope", "links.read")]);
    let reply = allow(&mut browser, &asked, &["links.read"]).await;
    granted(&browser, &client, &reply).await;
    let calls = |browser: &Browser| {
        browser
            .sandbox
            .observed
            .records()
            .iter()
            .filter(|call| call.operation == "oauth_authorization_decide")
            .count()
    };
    let before = calls(&browser);
    for request in [
        Request::head(&asked),
        Request::get(&asked).header("sec-fetch-dest", "image"),
        Request::get(&asked).header("sec-fetch-dest", "iframe"),
        Request::get(&asked).header("sec-fetch-dest", "document").header("sec-purpose", "prefetch;prerender"),
    ] {
        let reply = browser.send(request, "").await;
        assert_eq!((reply.status, reply.header("location")), (200, None), "{reply:?}");
    }
    assert_eq!(calls(&browser), before, "nothing was decided");
    let request = Request::get(&asked).header("sec-fetch-dest", "document");
    assert_eq!(browser.send(request, "").await.status, 303);
}

#[tokio::test]
async fn an_app_on_the_persons_machine_is_asked_about_every_time() {
    let mut browser = Browser::signed_in().await;
    for origin in
        ["http://127.0.0.1:4000", "http://localhost:4000", "http://[::1]:4000", "https://localhost:4000"]
    {
        let redirect = format!("{origin}/callback");
        let client = registered(&browser.sandbox, "Editor", &redirect).await;
        let asked = question(&client, &[("redirect_uri", &redirect), ("scope", "links.read")]);
        for _ in 0..2 {
            let page = browser.get(&asked).await;
            page.shows(
                200,
                &[
                    origin,
                    "any program could be asking",
                    "Allow only if you started this yourself, just now.",
                ],
            );
            let reply = allow(&mut browser, &asked, &["links.read"]).await;
            let code = told(&reply, "code").expect("a code");
            let mut redemption = lp_testkit::Sandbox::redemption(&client, &code);
            redemption["redirect_uri"] = redirect.as_str().into();
            browser.sandbox.public("oauth_token", redemption).await.expect("tokens");
        }
    }
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_costs_neither_the_question_nor_what_was_taken_away() {
    for over in [SIGNED_IN_FOR + Duration::from_secs(1), Duration::ZERO] {
        let mut browser = Browser::signed_in().await;
        let client = browser.sandbox.client().await;
        let asked = question(&client, &[WANTED, ("state", "ä+&=")]);
        browser.get(&asked).await.shows(200, &["An app asks for access"]);
        browser.sandbox.clock.advance(over);
        if over.is_zero() {
            browser.cookies.clear();
        }
        let form =
            [("account", "x"), ("handle", "hello"), ("decision", "approve"), ("allow-links.read", "yes")];
        let reply = browser.post(&answer_path(&asked), &form).await;
        let place = reply.header("location").expect("a place").to_owned();
        assert!(reply.status == 303 && place.starts_with("/sign-in?next="), "{reply:?}");
        let back = browser.post(&place, &[("email", EMAIL), ("password", PASSWORD)]).await;
        let back = back.header("location").expect("a place").to_owned();
        assert_eq!(back, format!("{asked}&handle=hello&keep=links.read"));
        let page = browser.get(&back).await;
        assert_eq!(boxes(&page).0, ["links.read"]);
        assert!(page.text.contains(&answer_path(&asked).replace('&', "&amp;")), "{}", page.text);
        browser.get("/connections").await.shows(200, &["None so far."]);
        let reply = allow(&mut browser, &back, &["links.read"]).await;
        assert_eq!(told(&reply, "state").as_deref(), Some("ä+&="));
        assert_eq!(granted(&browser, &client, &reply).await, "links.read mcp.connect skills.read");
    }
}

#[tokio::test]
async fn what_an_address_says_was_chosen_takes_ticks_away_and_sets_none() {
    let mut browser = Browser::signed_in().await;
    let client = browser.sandbox.client().await;
    for (keep, ticked) in [("links.read links.write", &["links.read"][..]), ("", &[]), ("*", &[])] {
        let asked = question(&client, &[("scope", "links.read")]);
        let keep = form_urlencoded::Serializer::new(String::new()).append_pair("keep", keep).finish();
        assert_eq!(boxes(&browser.get(&format!("{asked}&{keep}")).await).0, ticked, "{keep}");
    }
}

#[tokio::test]
async fn what_one_person_was_shown_another_does_not_allow() {
    let mut browser = Browser::signed_in().await;
    let asked = path(&browser.sandbox, &[WANTED]).await;
    let page = browser.get(&asked).await;
    let (account, handle) = (hidden(&page, "account"), hidden(&page, "handle"));
    for (account, handle) in [("", handle.as_str()), ("usr_00000000000000000000000000", &handle)] {
        let form = [("account", account), ("handle", handle), ("decision", "approve")];
        browser.post(&answer_path(&asked), &form).await.leads_to(&asked);
    }
    let form = [("account", account.as_str()), ("handle", "acme"), ("decision", "approve")];
    let refused = browser.post(&answer_path(&asked), &form).await;
    refused
        .shows(400, &["Handle is not one of those that can be meant", "href=\"#handle\"", "id=\"handle\""]);
    let form = [("account", account.as_str()), ("decision", "approve")];
    browser.post(&answer_path(&asked), &form).await.shows(400, &["Choose a handle."]);
    browser.get("/connections").await.shows(200, &["None so far."]);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_to_the_person_until_its_app_is_certain() {
    let mut browser = Browser::signed_in().await;
    let client = browser.sandbox.client().await;
    let whole = question(&client, &[]);
    for (asked, words) in [
        ("/oauth/authorize".to_owned(), "The request lacks client_id."),
        (question("", &[]), "The request lacks client_id."),
        (question("dcr1.e30.x", &[]), "This client is not registered here, or no longer; register it again."),
        (question("https://nobody.example/client", &[]), "The client's document was not read"),
        (question(&client, &[("redirect_uri", "")]), "The request lacks redirect_uri."),
        (
            question(&client, &[("redirect_uri", "https://evil.example/")]),
            "is not one that this client registered",
        ),
        (
            question(&client, &[("redirect_uri", "https://assistant.example/callback/")]),
            "is not one that this client",
        ),
        (format!("{whole}&client_id=dcr1.e30.x"), "Client_id stands twice in the request."),
        (format!("{whole}&redirect_uri=https://evil.example"), "Redirect_uri stands twice in the request."),
        (
            question(&client, &[("state", "")]).replace("response_type=code", "state=%FF&response_type=code"),
            "State is no text.",
        ),
    ] {
        let shown = browser.get(&asked).await;
        let answered = browser.post(&answer_path(&asked), &[("decision", "deny")]).await;
        for reply in [shown, answered] {
            reply.shows(400, &["This app cannot ask for access", words, "Nothing was allowed"]);
            assert_eq!(reply.header("location"), None, "{asked}");
        }
    }
    for (other, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("scope", "links.burn"), "invalid_scope"),
        (("resource", "https://elsewhere.example/mcp"), "invalid_target"),
    ] {
        let reply = browser.get(&question(&client, &[other])).await;
        assert_eq!(reply.status, 303, "{reply:?}");
        assert_eq!(told(&reply, "error").as_deref(), Some(error));
        assert_eq!(told(&reply, "state").as_deref(), Some("s"));
    }
    // What the standard tells servers to ignore.
    browser
        .get(&format!("{whole}&utm=1&utm=2&nonce=x&max_age="))
        .await
        .shows(200, &["An app asks for access"]);
}

#[tokio::test]
async fn a_request_that_is_too_long_to_be_kept_is_told_before_it_is_lost() {
    let mut browser = Browser::new().await;
    let client = browser.sandbox.client().await;
    let long = question(&client, &[("state", &"x".repeat(13_000))]);
    let reply = browser.get(&long).await;
    reply.shows(400, &["Sign in first", "too long to be kept", "href=\"/sign-in\""]);
    browser.sign_in().await;
    browser.get(&long).await.shows(200, &["An app asks for access"]);
    let usual = question(&client, &[("state", &"x".repeat(8_000))]);
    browser.cookies.clear();
    assert_eq!(browser.get(&usual).await.status, 303);
}
