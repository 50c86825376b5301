//! Accounts by e-mail against the real binary, which writes mails into its outbox folder.

use std::fs;
use std::path::Path;
use std::time::Duration;

use e2e::{Server, Workspace};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

async fn post(server: &Server, path: &str, body: Value) -> (u16, Value) {
    let request = server.api("POST", path).header("content-type", "application/json");
    let reply = request.body(body.to_string()).send().await.expect("a reply");
    let status = reply.status().as_u16();
    (status, serde_json::from_str(&reply.text().await.expect("text")).expect("JSON"))
}

/// The code of a mail to this address, once it lies in the folder; the mail is taken away.
pub(crate) async fn code(outbox: &Path, to: &str) -> String {
    let found = async {
        loop {
            let files = fs::read_dir(outbox).into_iter().flatten().flatten();
            for path in files.map(|entry| entry.path()) {
                let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
                let text = fs::read_to_string(&path).unwrap_or_default();
                if hidden || !text.starts_with(&format!("To: {to}\n")) {
                    continue;
                }
                fs::remove_file(&path).expect("it goes away");
                let digits = |line: &str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
                let code = text.lines().map(str::trim).find(|line| digits(line));
                return code.unwrap_or_else(|| panic!("no code in {text}")).to_owned();
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(20), found).await.expect("a mail comes")
}

/// Whether a text stands in any file below a folder.
fn stands_in(folder: &Path, text: &str) -> bool {
    let entries = fs::read_dir(folder).expect("it reads").flatten().map(|entry| entry.path());
    let found = |path: &Path| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    entries.into_iter().any(|path| if path.is_dir() { stands_in(&path, text) } else { found(&path) })
}

#[tokio::test]
async fn a_mail_outlives_the_process_that_was_asked_for_it_and_its_code_opens_an_account() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let logs = tempfile::tempdir().expect("a folder");
    let verbose = [("LINK_PLATFORM_LOG", "debug")];
    let server = workspace.serve_logging(&verbose, &logs.path().join("first")).await;
    let wanted = json!({ "email": "me@example.com", "password": "battery staple" });
    let (status, asked) = post(&server, "/v2/auth/signup", wanted).await;
    assert_eq!(
        (status, asked),
        (202, json!({ "email": "me@example.com", "status": "CONFIRMATION_REQUIRED" }))
    );
    // At once: whether the mail was written by then or not, it comes.
    server.kill().await;

    let server = workspace.serve_logging(&verbose, &logs.path().join("second")).await;
    let code = code(&workspace.data().join("outbox"), "me@example.com").await;
    assert!(!stands_in(&workspace.data(), &code), "the code is kept readably");
    let shown = json!({ "email": "me@example.com", "code": code, "agent": "a test" });
    let (status, signed_in) = post(&server, "/v2/auth/signup/confirm", shown.clone()).await;
    assert_eq!(status, 200, "{signed_in}");
    let token = signed_in["accessToken"].as_str().expect("a token");
    let handle = server.api("POST", "/v2/handles").bearer_auth(token);
    let handle = handle.header("content-type", "application/json").body(r#"{"handle":"mine"}"#).send().await;
    assert_eq!(handle.expect("a reply").status(), 201);
    let (status, refused) = post(&server, "/v2/auth/signup/confirm", shown).await;
    assert_eq!((status, &refused["error"]), (401, &json!("invalid_code")));
    let (status, _) =
        post(&server, "/v2/auth/login", json!({ "email": "me@example.com", "password": "battery staple" }))
            .await;
    assert_eq!(status, 200);
    server.terminate().await;
    assert!(!stands_in(logs.path(), &code), "the code is logged");
    assert!(stands_in(logs.path(), "/outbox/mai_"), "the file is named in the log");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_a_code_signs_in() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let outbox = workspace.data().join("outbox");
    let me = json!({ "email": "hello@example.com" });
    let (status, asked) = post(&server, "/v2/auth/password/forgot", me.clone()).await;
    assert_eq!((status, &asked["status"]), (202, &json!("CONFIRMATION_REQUIRED")));
    let shown = json!({
        "email": "hello@example.com",
        "code": code(&outbox, "hello@example.com").await,
        "password": "battery staple",
    });
    let (status, signed_in) = post(&server, "/v2/auth/password/forgot/confirm", shown).await;
    assert_eq!((status, &signed_in["user"]["email"]), (200, &json!("hello@example.com")));
    let old = json!({ "email": "hello@example.com", "password": "correct horse" });
    assert_eq!(post(&server, "/v2/auth/login", old).await.0, 401);

    let change = json!({ "currentPassword": "battery staple", "newPassword": "correct horse" });
    let token = signed_in["accessToken"].as_str().expect("a token");
    let request = server.api("POST", "/v2/account/password").bearer_auth(token);
    let request = request.header("content-type", "application/json").body(change.to_string());
    assert_eq!(request.send().await.expect("a reply").status(), 200);

    let nobody = json!({ "email": "nobody@example.com" });
    assert_eq!(post(&server, "/v2/auth/passwordless/start", nobody).await.0, 202);
}

#[tokio::test]
async fn a_closed_installation_and_settings_of_mail_that_make_no_sense_are_told() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve_with(&[("LINK_PLATFORM_SIGNUP", "closed")]).await;
    let wanted = json!({ "email": "me@example.com", "password": "battery staple" });
    let (status, refused) = post(&server, "/v2/auth/signup", wanted).await;
    assert_eq!((status, &refused["error"]), (403, &json!("signup_closed")));

    let ended = workspace.run(&["doctor", "--smtp-url", "smtp://me:secret@mail.example.com?tls=none"]).await;
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(!ended.status.success() && said.contains("smtp-url") && !said.contains("secret"), "{said}");
    let ended = workspace.run(&["doctor", "--smtp-url", "smtp://127.0.0.1:1"]).await;
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(!ended.status.success() && said.contains("FAIL  mail"), "{said}");
}
