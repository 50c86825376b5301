//! Accounts by e-mail: signing up, a new password, signing in with a code.

use std::time::Duration;

use lp_application::{Credential, Limits, Request, SignUps};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

const OWNER: &str = "owner@example.com";
const NEW: &str = "new@example.com";
const PASSWORD: &str = "battery staple";

async fn call(sandbox: &Sandbox, operation: &str, arguments: Value) -> Result<Value, (String, String)> {
    let answer = sandbox.app.call(sandbox.request(operation, arguments, Credential::None)).await;
    answer.result.map(|reply| reply.value).map_err(|error| (error.code.name().to_owned(), error.message))
}

async fn code_of(sandbox: &Sandbox, operation: &str, arguments: Value) -> String {
    call(sandbox, operation, arguments).await.map_or_else(|error| error.0, |_| "ok".to_owned())
}

async fn as_account(
    sandbox: &Sandbox,
    signed_in: &Value,
    operation: &str,
    arguments: Value,
) -> Result<Value, String> {
    let token = signed_in["accessToken"].as_str().expect("a token");
    let answer = sandbox.call_as(token, operation, arguments).await;
    answer.result.map(|reply| reply.value).map_err(|error| error.code.name().to_owned())
}

/// The code in the one mail that is due.
async fn mailed(sandbox: &Sandbox, to: &str) -> String {
    let mails = sandbox.mails().await;
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!(mail.to.as_str(), to);
    let code = mail.text.lines().map(str::trim).find(|line| is_code(line));
    let code = code.unwrap_or_else(|| panic!("no code in {}", mail.text)).to_owned();
    assert!(!mail.subject.contains(&code), "{}", mail.subject);
    code
}

fn is_code(line: &str) -> bool {
    line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit())
}

/// Another code than this one.
fn other(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

async fn ask_to_sign_up(sandbox: &Sandbox, email: &str, password: &str) -> String {
    let asked = call(sandbox, "auth_signup", json!({ "email": email, "password": password })).await;
    assert_eq!(asked, Ok(json!({ "email": email, "status": "CONFIRMATION_REQUIRED" })));
    mailed(sandbox, email).await
}

async fn login(sandbox: &Sandbox, email: &str, password: &str) -> String {
    code_of(sandbox, "auth_login", json!({ "email": email, "password": password })).await
}

#[tokio::test]
async fn who_shows_the_code_has_an_account_and_is_signed_in() {
    let sandbox = Sandbox::new().await;
    let code = ask_to_sign_up(&sandbox, NEW, PASSWORD).await;
    assert_eq!(login(&sandbox, NEW, PASSWORD).await, "invalid_credentials", "there is no account yet");
    let shown = json!({ "email": NEW, "code": code, "agent": "laptop" });
    let signed_in = call(&sandbox, "auth_signup_confirm", shown.clone()).await.expect("signed in");
    assert_eq!((&signed_in["tokenType"], &signed_in["user"]["email"]), (&json!("Bearer"), &json!(NEW)));
    let me = as_account(&sandbox, &signed_in, "auth_me", json!({})).await.expect("known");
    assert_eq!(me["userId"], signed_in["user"]["userId"]);
    let made = as_account(&sandbox, &signed_in, "handles_create", json!({ "handle": "acme" })).await;
    assert_eq!(made.expect("made")["role"], "OWNER");
    assert_eq!(login(&sandbox, NEW, PASSWORD).await, "ok");
    assert_eq!(code_of(&sandbox, "auth_signup_confirm", shown).await, "invalid_code", "once");
}

#[tokio::test]
async fn a_mailbox_with_an_account_is_answered_the_same_and_told_by_mail() {
    let sandbox = Sandbox::new().await;
    let asked = call(&sandbox, "auth_signup", json!({ "email": OWNER, "password": PASSWORD })).await;
    assert_eq!(asked, Ok(json!({ "email": OWNER, "status": "CONFIRMATION_REQUIRED" })));
    let mails = sandbox.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("http://app.localhost:8080/forgot"), "{}", mails[0].text);
    assert!(!mails[0].text.lines().any(|line| is_code(line.trim())), "{}", mails[0].text);
    for code in ["000000", "123456"] {
        let shown = json!({ "email": OWNER, "code": code });
        assert_eq!(code_of(&sandbox, "auth_signup_confirm", shown).await, "invalid_code");
    }
    assert_eq!(login(&sandbox, OWNER, "correct horse").await, "ok", "nothing was changed");
}

#[tokio::test]
async fn a_code_that_is_wrong_expired_used_void_or_of_nobody_looks_the_same() {
    let sandbox = Sandbox::new().await;
    let mut answers = Vec::new();
    let mut show = async |email: &str, code: &str| {
        let shown = json!({ "email": email, "code": code });
        answers.push(call(&sandbox, "auth_passwordless_confirm", shown).await.expect_err("refused"));
    };
    let ask = async || {
        call(&sandbox, "auth_passwordless_start", json!({ "email": OWNER })).await.expect("asked");
        mailed(&sandbox, OWNER).await
    };
    show("nobody@example.com", "123456").await;
    show(OWNER, "123456").await;
    let code = ask().await;
    show(OWNER, &other(&code)).await;
    sandbox.clock.advance(Duration::from_mins(15));
    show(OWNER, &code).await;
    let code = ask().await;
    for _ in 0..5 {
        show(OWNER, &other(&code)).await;
    }
    show(OWNER, &code).await;
    let code = ask().await;
    let shown = json!({ "email": OWNER, "code": code });
    assert_eq!(code_of(&sandbox, "auth_passwordless_confirm", shown).await, "ok", "a new one is good again");
    let used = call(&sandbox, "auth_passwordless_confirm", json!({ "email": OWNER, "code": code })).await;
    answers.push(used.expect_err("refused"));
    assert_eq!(answers.len(), 11);
    assert_eq!(answers[0].0, "invalid_code");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn four_wrong_codes_are_forgiven() {
    let sandbox = Sandbox::new().await;
    let code = ask_to_sign_up(&sandbox, NEW, PASSWORD).await;
    for _ in 0..4 {
        let shown = json!({ "email": NEW, "code": other(&code) });
        assert_eq!(code_of(&sandbox, "auth_signup_confirm", shown).await, "invalid_code");
    }
    sandbox.clock.advance(Duration::from_mins(14));
    assert_eq!(code_of(&sandbox, "auth_signup_confirm", json!({ "email": NEW, "code": code })).await, "ok");
}

#[tokio::test]
async fn a_new_sign_up_takes_the_place_of_the_one_before() {
    let sandbox = Sandbox::new().await;
    let first = ask_to_sign_up(&sandbox, NEW, "somebody else's").await;
    let second = ask_to_sign_up(&sandbox, NEW, PASSWORD).await;
    assert_ne!(first, second);
    let shown = json!({ "email": NEW, "code": first });
    assert_eq!(code_of(&sandbox, "auth_signup_confirm", shown).await, "invalid_code");
    assert_eq!(code_of(&sandbox, "auth_signup_confirm", json!({ "email": NEW, "code": second })).await, "ok");
    assert_eq!(login(&sandbox, NEW, "somebody else's").await, "invalid_credentials");
    assert_eq!(login(&sandbox, NEW, PASSWORD).await, "ok");
}

#[tokio::test]
async fn a_code_is_good_for_its_purpose_only() {
    let sandbox = Sandbox::new().await;
    call(&sandbox, "auth_passwordless_start", json!({ "email": OWNER })).await.expect("asked");
    let code = mailed(&sandbox, OWNER).await;
    let shown = json!({ "email": OWNER, "code": code, "password": PASSWORD });
    assert_eq!(code_of(&sandbox, "auth_password_forgot_confirm", shown).await, "invalid_code");
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let sandbox = Sandbox::new().await;
    let sessions = [sandbox.sign_in().await, sandbox.sign_in().await];
    let asked = call(&sandbox, "auth_password_forgot", json!({ "email": OWNER })).await;
    assert_eq!(asked, Ok(json!({ "email": OWNER, "status": "CONFIRMATION_REQUIRED" })));
    let code = mailed(&sandbox, OWNER).await;
    let shown = json!({ "email": OWNER, "code": code, "password": PASSWORD });
    let signed_in = call(&sandbox, "auth_password_forgot_confirm", shown).await.expect("signed in");
    for session in &sessions {
        let refused = as_account(&sandbox, session, "auth_me", json!({})).await;
        assert_eq!(refused, Err("token_revoked".to_owned()));
        let renewal = json!({ "refreshToken": session["refreshToken"] });
        assert_eq!(code_of(&sandbox, "auth_refresh", renewal).await, "token_revoked");
    }
    as_account(&sandbox, &signed_in, "auth_me", json!({})).await.expect("the new session goes on");
    assert_eq!(login(&sandbox, OWNER, "correct horse").await, "invalid_credentials");
    assert_eq!(login(&sandbox, OWNER, PASSWORD).await, "ok");
    let told = sandbox.mails().await;
    assert!(told.len() == 1 && told[0].subject.contains("was changed"), "{told:?}");
}

#[tokio::test]
async fn nobody_is_mailed_where_there_is_no_account_and_the_answer_is_the_same() {
    let sandbox = Sandbox::new().await;
    for (ask, confirm) in [
        ("auth_password_forgot", "auth_password_forgot_confirm"),
        ("auth_passwordless_start", "auth_passwordless_confirm"),
    ] {
        let asked = call(&sandbox, ask, json!({ "email": NEW })).await;
        assert_eq!(asked, Ok(json!({ "email": NEW, "status": "CONFIRMATION_REQUIRED" })));
        assert_eq!(sandbox.mails().await, [], "{ask}");
        let mut shown = json!({ "email": NEW, "code": "123456" });
        if confirm.contains("password_forgot") {
            shown["password"] = json!(PASSWORD);
        }
        for _ in 0..7 {
            assert_eq!(code_of(&sandbox, confirm, shown.clone()).await, "invalid_code");
        }
    }
}

#[tokio::test]
async fn who_has_the_code_signs_in_without_a_password() {
    let sandbox = Sandbox::new().await;
    call(&sandbox, "auth_passwordless_start", json!({ "email": "OWNER@example.com" })).await.expect("asked");
    let code = mailed(&sandbox, OWNER).await;
    let shown = json!({ "email": OWNER, "code": code });
    let signed_in = call(&sandbox, "auth_passwordless_confirm", shown).await.expect("signed in");
    assert_eq!(signed_in["user"]["userId"], sandbox.owner.to_string());
    as_account(&sandbox, &signed_in, "auth_me", json!({})).await.expect("known");
}

#[tokio::test]
async fn changing_the_password_ends_the_other_sessions() {
    let sandbox = Sandbox::new().await;
    let (here, there) = (sandbox.sign_in().await, sandbox.sign_in().await);
    let wrong = json!({ "currentPassword": "a guess", "newPassword": PASSWORD });
    let refused = as_account(&sandbox, &here, "account_password_change", wrong).await;
    assert_eq!(refused, Err("invalid_credentials".to_owned()));
    let weak = json!({ "currentPassword": "correct horse", "newPassword": "short" });
    let refused = as_account(&sandbox, &here, "account_password_change", weak).await;
    assert_eq!(refused, Err("validation_error".to_owned()));
    assert_eq!(sandbox.mails().await, []);

    let right = json!({ "currentPassword": "correct horse", "newPassword": PASSWORD });
    let changed = as_account(&sandbox, &here, "account_password_change", right).await;
    assert_eq!(changed, Ok(json!({ "changed": true })));
    as_account(&sandbox, &here, "auth_me", json!({})).await.expect("this session goes on");
    let refused = as_account(&sandbox, &there, "auth_me", json!({})).await;
    assert_eq!(refused, Err("token_revoked".to_owned()));
    assert_eq!(login(&sandbox, OWNER, PASSWORD).await, "ok");
    assert_eq!(sandbox.mails().await.len(), 1);
}

#[tokio::test]
async fn a_closed_installation_takes_no_sign_ups() {
    let options = SandboxOptions { sign_ups: SignUps::Closed, ..SandboxOptions::default() };
    let sandbox = Sandbox::with(options).await;
    let wanted = json!({ "email": NEW, "password": PASSWORD });
    assert_eq!(code_of(&sandbox, "auth_signup", wanted).await, "signup_closed");
    let shown = json!({ "email": NEW, "code": "123456" });
    assert_eq!(code_of(&sandbox, "auth_signup_confirm", shown).await, "signup_closed");
    assert_eq!(code_of(&sandbox, "auth_password_forgot", json!({ "email": OWNER })).await, "ok");
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_up_is_told_at_once() {
    let sandbox = Sandbox::new().await;
    let wrong = json!({ "email": "nobody", "password": "1234567", "more": true });
    let request = sandbox.request("auth_signup", wrong, Credential::None);
    let error = sandbox.app.call(request).await.result.expect_err("refused");
    let mut codes: Vec<_> = error.fields.iter().map(|fault| fault.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["invalid_email", "unknown_field", "weak_password"]);
    let request =
        sandbox.request("auth_signup_confirm", json!({ "email": NEW, "code": "12345" }), Credential::None);
    let error = sandbox.app.call(request).await.result.expect_err("refused");
    assert_eq!(error.fields[0].code, "malformed_code");
}

#[tokio::test]
async fn old_codes_and_mails_that_nobody_sent_are_forgotten() {
    let sandbox = Sandbox::new().await;
    let wanted = json!({ "email": NEW, "password": PASSWORD });
    call(&sandbox, "auth_signup", wanted).await.expect("asked");
    sandbox.clock.advance(Duration::from_mins(29));
    assert_eq!(sandbox.app.forget_codes().await.expect("the store answers"), 0);
    sandbox.clock.advance(Duration::from_mins(2));
    assert_eq!(sandbox.app.forget_codes().await.expect("the store answers"), 1);
    assert_eq!(sandbox.mails().await, []);
}

async fn from(sandbox: &Sandbox, place: &str, operation: &str, arguments: Value) -> String {
    let request = sandbox.request(operation, arguments, Credential::None);
    let request = Request { address: Some(place.parse().expect("an address")), ..request };
    let answer = sandbox.app.call(request).await;
    answer.result.map_or_else(|error| error.code.name().to_owned(), |_| "ok".to_owned())
}

#[tokio::test]
async fn mails_to_one_mailbox_are_bounded_and_one_place_cannot_use_them_up() {
    let options = SandboxOptions { limits: Some(Limits::default()), ..SandboxOptions::default() };
    let sandbox = Sandbox::with(options).await;
    let ask =
        async |place: &str| from(&sandbox, place, "auth_password_forgot", json!({ "email": OWNER })).await;
    for _ in 0..3 {
        assert_eq!(ask("192.0.2.1").await, "ok");
    }
    for _ in 0..20 {
        assert_eq!(ask("192.0.2.1").await, "rate_limited");
    }
    for _ in 0..3 {
        assert_eq!(ask("192.0.2.2").await, "ok", "the person elsewhere");
    }
    assert_eq!(ask("192.0.2.3").await, "rate_limited", "a mailbox gets no more, whoever asks");
    assert_eq!(sandbox.mails().await.len(), 6);
    let unknown = json!({ "email": NEW });
    assert_eq!(from(&sandbox, "192.0.2.3", "auth_password_forgot", unknown).await, "ok", "another mailbox");
    sandbox.clock.advance(Duration::from_secs(601));
    assert_eq!(ask("192.0.2.4").await, "ok", "soon again");
}

#[tokio::test]
async fn a_mailbox_without_an_account_is_limited_like_one_with() {
    let options = SandboxOptions { limits: Some(Limits::default()), ..SandboxOptions::default() };
    let sandbox = Sandbox::with(options).await;
    let mut said = Vec::new();
    for email in [OWNER, NEW] {
        let mut answers = Vec::new();
        for number in 0..10 {
            let place = format!("192.0.2.{}", number / 4);
            answers.push(from(&sandbox, &place, "auth_password_forgot", json!({ "email": email })).await);
        }
        for _ in 0..7 {
            let shown = json!({ "email": email, "code": "000000", "password": PASSWORD });
            answers.push(from(&sandbox, "192.0.2.9", "auth_password_forgot_confirm", shown).await);
        }
        said.push(answers);
    }
    assert_eq!(said[0], said[1]);
    assert!(said[0].contains(&"rate_limited".to_owned()), "{said:?}");
}

#[tokio::test]
async fn no_place_mails_strangers_by_the_thousand() {
    let options = SandboxOptions { limits: Some(Limits::default()), ..SandboxOptions::default() };
    let sandbox = Sandbox::with(options).await;
    let ask = async |number: u32| {
        let email = format!("stranger{number}@example.com");
        from(&sandbox, "192.0.2.1", "auth_passwordless_start", json!({ "email": email })).await
    };
    for number in 0..20 {
        assert_eq!(ask(number).await, "ok");
    }
    assert_eq!(ask(20).await, "rate_limited");
    sandbox.clock.advance(Duration::from_secs(31));
    assert_eq!(ask(21).await, "ok");
}
