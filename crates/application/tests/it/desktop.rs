//! Signing a desktop in from a browser.

use std::time::Duration;

use lp_application::{Credential, Limits, Request};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

/// A proof and its challenge: RFC 7636, appendix B.
const PROOF: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn public(sandbox: &Sandbox, operation: &str, arguments: Value) -> Result<Value, String> {
    let answer = sandbox.app.call(sandbox.request(operation, arguments, Credential::None)).await;
    answer.result.map(|reply| reply.value).map_err(|error| error.code.name().to_owned())
}

async fn start(sandbox: &Sandbox) -> String {
    let arguments = json!({ "deviceProofChallenge": CHALLENGE, "agent": "OpenAnalyst" });
    let started = public(sandbox, "desktop_start", arguments).await.expect("started");
    started["attemptId"].as_str().expect("an id").to_owned()
}

async fn redeem(sandbox: &Sandbox, attempt: &str, proof: &str) -> Result<Value, String> {
    public(sandbox, "desktop_redeem", json!({ "attemptId": attempt, "deviceProof": proof })).await
}

/// What becomes of it, as the word of its refusal.
async fn outcome(sandbox: &Sandbox, attempt: &str) -> String {
    redeem(sandbox, attempt, PROOF).await.map_or_else(|code| code, |_| "ok".to_owned())
}

/// The access token of the owner of `hello`.
async fn owner(sandbox: &Sandbox) -> String {
    token(&sandbox.sign_in().await)
}

/// That of somebody else.
async fn stranger(sandbox: &Sandbox) -> String {
    let asked = json!({ "email": "new@example.com", "password": "battery staple" });
    public(sandbox, "auth_signup", asked).await.expect("asked");
    let mails = sandbox.mails().await;
    let digits = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    let code = mails[0].text.lines().map(str::trim).find(digits).expect("a code");
    let shown = json!({ "email": "new@example.com", "code": code });
    token(&public(sandbox, "auth_signup_confirm", shown).await.expect("signed in"))
}

fn token(signed_in: &Value) -> String {
    signed_in["accessToken"].as_str().expect("a token").to_owned()
}

/// The state that an answer leads to, or the word of its refusal.
async fn act(sandbox: &Sandbox, token: &str, operation: &str, attempt: &str) -> String {
    let answer = sandbox.call_as(token, operation, json!({ "attemptId": attempt })).await;
    match answer.result {
        Ok(reply) => reply.value["state"].as_str().expect("a state").to_owned(),
        Err(error) => error.code.name().to_owned(),
    }
}

async fn sessions(sandbox: &Sandbox, token: &str) -> Vec<Value> {
    let list = sandbox.call_as(token, "account_sessions_list", json!({})).await.result.expect("a list").value;
    list["sessions"].as_array().expect("sessions").clone()
}

#[tokio::test]
async fn an_approved_desktop_is_signed_in_once_and_stays_so() {
    let sandbox = Sandbox::new().await;
    let arguments = json!({ "deviceProofChallenge": CHALLENGE, "agent": "OpenAnalyst" });
    let started = public(&sandbox, "desktop_start", arguments).await.expect("started");
    let attempt = started["attemptId"].as_str().expect("an id");
    let page = format!("http://login.connect.localhost:8080/desktop?attempt={attempt}");
    assert_eq!(started["authorizeUrl"], page);
    assert!(!page.contains(PROOF));
    let (owner, pending) = (owner(&sandbox).await, Err("authorization_pending".to_owned()));
    assert_eq!(redeem(&sandbox, attempt, PROOF).await, pending);
    assert_eq!(redeem(&sandbox, attempt, PROOF).await, pending, "asking costs nothing");
    let looked = sandbox.call_as(&owner, "desktop_get", json!({ "attemptId": attempt })).await;
    let looked = looked.result.expect("seen").value;
    assert_eq!((&looked["agent"], &looked["state"]), (&json!("OpenAnalyst"), &json!("WAITING")));
    assert_eq!(looked["expiresAt"], started["expiresAt"]);
    assert_eq!(act(&sandbox, &owner, "desktop_approve", attempt).await, "APPROVED");
    assert_eq!(act(&sandbox, &owner, "desktop_approve", attempt).await, "APPROVED", "twice is once");

    let signed_in = redeem(&sandbox, attempt, PROOF).await.expect("signed in");
    assert_eq!(
        signed_in["user"],
        json!({ "userId": sandbox.owner.to_string(), "email": "owner@example.com" })
    );
    let mine = sessions(&sandbox, &token(&signed_in)).await;
    let own: Vec<_> = mine.iter().filter(|session| session["current"] == json!(true)).collect();
    assert_eq!((own.len(), &own[0]["agent"]), (1, &json!("OpenAnalyst")));
    assert_eq!(outcome(&sandbox, attempt).await, "invalid_grant", "once");
    assert_eq!(act(&sandbox, &owner, "desktop_get", attempt).await, "SIGNED_IN");
    assert_eq!(act(&sandbox, &owner, "desktop_decline", attempt).await, "conflict", "too late");

    sandbox.clock.advance(Duration::from_hours(24));
    let arguments = json!({ "refreshToken": signed_in["refreshToken"] });
    let renewed = public(&sandbox, "auth_refresh", arguments).await.expect("a session as any other");
    assert_eq!(sessions(&sandbox, &token(&renewed)).await.len(), 2);
}

#[tokio::test]
async fn who_lacks_the_proof_gets_nothing_and_learns_nothing() {
    let sandbox = Sandbox::new().await;
    let (attempt, owner) = (start(&sandbox).await, owner(&sandbox).await);
    let wrong = "x".repeat(43);
    for state in ["waiting", "approved", "redeemed", "expired"] {
        // The challenge is no secret: it must not do as the proof.
        for proof in [wrong.as_str(), CHALLENGE] {
            let refused = redeem(&sandbox, &attempt, proof).await;
            assert_eq!(refused, Err("invalid_grant".to_owned()), "{state}");
        }
        match state {
            "waiting" => assert_eq!(act(&sandbox, &owner, "desktop_approve", &attempt).await, "APPROVED"),
            "approved" => assert_eq!(outcome(&sandbox, &attempt).await, "ok"),
            _ => sandbox.clock.advance(Duration::from_mins(10)),
        }
    }
}

#[tokio::test]
async fn an_attempt_that_is_not_ours_as_it_was_opens_nothing() {
    let sandbox = Sandbox::new().await;
    let (attempt, owner) = (start(&sandbox).await, owner(&sandbox).await);
    assert_eq!(act(&sandbox, &owner, "desktop_approve", &attempt).await, "APPROVED");
    let (body, mac) = attempt.rsplit_once('.').expect("a seal");
    let changed = body.replace("d1.ey", "d1.eX");
    let forged = [
        format!("{changed}.{mac}"),
        format!("{body}."),
        body.to_owned(),
        format!("{body}.{}", "A".repeat(mac.len())),
        format!("{attempt}A"),
        format!(" {attempt}"),
        attempt.replace("d1.", "g1."),
        "d1..".to_owned(),
        "ä".to_owned(),
        "x".repeat(2_048),
    ];
    for text in forged {
        assert_ne!(text, attempt);
        assert_eq!(outcome(&sandbox, &text).await, "invalid_grant", "{text}");
        for operation in ["desktop_get", "desktop_approve", "desktop_decline"] {
            assert_eq!(act(&sandbox, &owner, operation, &text).await, "not_found", "{text}");
        }
    }
    assert_eq!(outcome(&sandbox, &attempt).await, "ok");
}

#[tokio::test]
async fn a_declined_desktop_is_told_and_no_session_is_left() {
    let sandbox = Sandbox::new().await;
    let owner = owner(&sandbox).await;
    let declined = start(&sandbox).await;
    assert_eq!(act(&sandbox, &owner, "desktop_decline", &declined).await, "DECLINED");
    assert_eq!(act(&sandbox, &owner, "desktop_decline", &declined).await, "DECLINED", "twice is once");
    assert_eq!(act(&sandbox, &owner, "desktop_approve", &declined).await, "conflict");
    assert_eq!(outcome(&sandbox, &declined).await, "access_denied");
    // Whoever approved may think better of it, here or in the list of sessions.
    for by_list in [false, true] {
        let attempt = start(&sandbox).await;
        assert_eq!(act(&sandbox, &owner, "desktop_approve", &attempt).await, "APPROVED");
        let waiting = sessions(&sandbox, &owner).await;
        let waiting = waiting.iter().find(|session| session["current"] == json!(false)).expect("it is shown");
        if by_list {
            let ended = json!({ "session": waiting["sessionId"] });
            sandbox.call_as(&owner, "account_sessions_end", ended).await.result.expect("ended");
        } else {
            assert_eq!(act(&sandbox, &owner, "desktop_decline", &attempt).await, "DECLINED");
        }
        assert_eq!(outcome(&sandbox, &attempt).await, "access_denied");
        assert_eq!(sessions(&sandbox, &owner).await.len(), 1);
    }
}

#[tokio::test]
async fn an_attempt_is_over_after_ten_minutes_whatever_was_answered() {
    let sandbox = Sandbox::new().await;
    let owner = owner(&sandbox).await;
    let (waiting, approved, late) = (start(&sandbox).await, start(&sandbox).await, start(&sandbox).await);
    assert_ne!(waiting, approved, "each is its own");
    assert_eq!(act(&sandbox, &owner, "desktop_approve", &approved).await, "APPROVED");
    sandbox.clock.advance(Duration::from_secs(599));
    assert_eq!(outcome(&sandbox, &waiting).await, "authorization_pending");
    assert_eq!(act(&sandbox, &owner, "desktop_approve", &late).await, "APPROVED");
    assert_eq!(outcome(&sandbox, &late).await, "ok", "up to the last second");
    sandbox.clock.advance(Duration::from_secs(1));
    for attempt in [&waiting, &approved] {
        assert_eq!(outcome(&sandbox, attempt).await, "expired_token");
    }
    for operation in ["desktop_approve", "desktop_decline"] {
        assert_eq!(act(&sandbox, &owner, operation, &waiting).await, "expired_token");
    }
    assert_eq!(sessions(&sandbox, &owner).await.len(), 2, "the one that was not taken is over");
    // The approval is forgotten with its session, and still nobody can redeem it.
    sandbox.clock.advance(Duration::from_hours(24));
    sandbox.app.forget_sessions().await.expect("forgotten");
    assert_eq!(outcome(&sandbox, &approved).await, "expired_token");
}

#[tokio::test]
async fn an_answer_is_its_account_s_and_nobody_else_s() {
    let sandbox = Sandbox::new().await;
    let (owner, stranger) = (owner(&sandbox).await, stranger(&sandbox).await);
    let attempt = start(&sandbox).await;
    assert_eq!(act(&sandbox, &owner, "desktop_approve", &attempt).await, "APPROVED");
    for operation in ["desktop_get", "desktop_approve", "desktop_decline"] {
        assert_eq!(act(&sandbox, &stranger, operation, &attempt).await, "not_found", "{operation}");
    }
    let signed_in = redeem(&sandbox, &attempt, PROOF).await.expect("signed in");
    assert_eq!(signed_in["user"]["email"], "owner@example.com");
    for operation in ["desktop_get", "desktop_approve", "desktop_decline"] {
        let attempt = json!({ "attemptId": start(&sandbox).await });
        let answer = sandbox.app.call(sandbox.request(operation, attempt, Credential::None)).await;
        assert_eq!(answer.result.expect_err("refused").code.name(), "missing_bearer_token", "{operation}");
    }
}

#[tokio::test]
async fn a_new_password_takes_back_what_was_approved() {
    let sandbox = Sandbox::new().await;
    let (attempt, owner) = (start(&sandbox).await, owner(&sandbox).await);
    assert_eq!(act(&sandbox, &owner, "desktop_approve", &attempt).await, "APPROVED");
    let passwords = json!({ "currentPassword": "correct horse", "newPassword": "battery staple" });
    sandbox.call_as(&owner, "account_password_change", passwords).await.result.expect("changed");
    assert_eq!(outcome(&sandbox, &attempt).await, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_racing_answers_one_counts_and_of_racing_desktops_one_is_signed_in() {
    let sandbox = Sandbox::new().await;
    let (owner, stranger) = (owner(&sandbox).await, stranger(&sandbox).await);
    for _ in 0..8 {
        let attempt = start(&sandbox).await;
        let (first, second, third) = tokio::join!(
            act(&sandbox, &owner, "desktop_approve", &attempt),
            act(&sandbox, &stranger, "desktop_approve", &attempt),
            act(&sandbox, &owner, "desktop_approve", &attempt),
        );
        let approved = [&first, &third].iter().any(|answer| *answer == "APPROVED");
        assert_ne!(approved, second == "APPROVED", "{first} {second} {third}");
        assert_eq!(first, third);
        let outcomes = futures_util::future::join_all((0..6).map(|_| outcome(&sandbox, &attempt))).await;
        assert_eq!(outcomes.iter().filter(|outcome| *outcome == "ok").count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| *outcome == "invalid_grant").count(), 5, "{outcomes:?}");
    }
}

#[tokio::test]
async fn a_challenge_that_is_none_is_an_invalid_request_with_every_fault() {
    let sandbox = Sandbox::new().await;
    let long = "x".repeat(201);
    let short = CHALLENGE.replace("-cM", "-c");
    for (arguments, faults) in [
        (json!({}), &["/deviceProofChallenge required"][..]),
        (json!({ "deviceProofChallenge": "" }), &["/deviceProofChallenge malformed_challenge"]),
        (json!({ "deviceProofChallenge": null }), &["/deviceProofChallenge wrong_type"]),
        (json!({ "deviceProofChallenge": short }), &["/deviceProofChallenge malformed_challenge"]),
        // The last letter says four bits more than 32 bytes have.
        (
            json!({ "deviceProofChallenge": CHALLENGE.replace("-cM", "-cN") }),
            &["/deviceProofChallenge malformed_challenge"],
        ),
        (
            json!({ "deviceProofChallenge": CHALLENGE.replace('-', "+") }),
            &["/deviceProofChallenge malformed_challenge"],
        ),
        (
            json!({ "deviceProofChallenge": format!("{CHALLENGE}="), "agent": long, "handle": "hello" }),
            &["/agent invalid_text", "/deviceProofChallenge malformed_challenge", "/handle unknown_field"],
        ),
    ] {
        let answer = sandbox.app.call(sandbox.request("desktop_start", arguments, Credential::None)).await;
        let error = answer.result.expect_err("refused");
        let mut told = crate::faults(&error);
        told.sort();
        assert_eq!(
            (error.code.name(), error.code.status(), told.as_slice()),
            ("invalid_request", 400, &faults.iter().map(|fault| (*fault).to_owned()).collect::<Vec<_>>()[..])
        );
    }
    let attempt = start(&sandbox).await;
    assert_eq!(redeem(&sandbox, &attempt, "short").await, Err("invalid_request".to_owned()));
}

#[tokio::test]
async fn waiting_is_told_how_long_and_places_are_limited() {
    let options = SandboxOptions { limits: Some(Limits::default()), ..SandboxOptions::default() };
    let sandbox = Sandbox::with(options).await;
    let attempt = start(&sandbox).await;
    let arguments = json!({ "attemptId": attempt, "deviceProof": PROOF });
    let from = |operation: &str, arguments: &Value, address: &str| Request {
        address: Some(address.parse().expect("an address")),
        ..sandbox.request(operation, arguments.clone(), Credential::None)
    };
    let waits = sandbox.app.call(from("desktop_redeem", &arguments, "192.0.2.1")).await;
    let waits = waits.result.expect_err("nobody answered");
    assert_eq!(
        (waits.code.name(), waits.retry_after),
        ("authorization_pending", Some(Duration::from_secs(5)))
    );
    for (operation, arguments) in
        [("desktop_redeem", arguments), ("desktop_start", json!({ "deviceProofChallenge": CHALLENGE }))]
    {
        let mut limited = false;
        for _ in 0..61 {
            let answer = sandbox.app.call(from(operation, &arguments, "192.0.2.2")).await;
            limited = answer.result.is_err_and(|error| error.code.name() == "rate_limited");
        }
        assert!(limited, "{operation}");
        let elsewhere = sandbox.app.call(from(operation, &arguments, "192.0.2.3")).await;
        assert!(!elsewhere.result.is_err_and(|error| error.code.name() == "rate_limited"), "{operation}");
    }
}
