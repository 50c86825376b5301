use std::path::Path;

use link_platform::{Bootstrap, Builder, Config, doctor};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

/// What the doctor says of the audit after a statement was run behind the store's back.
async fn audit_after(folder: &Path, statement: &'static str) -> Result<String, String> {
    let config = Config::local(folder, 80);
    let platform = Builder::from(config).open().await.expect("the store opens");
    for rotate in [false, true] {
        let wanted = Bootstrap { rotate, ..Bootstrap::new("owner@example.com", "correct horse", "hello") };
        platform.bootstrap(wanted).await.expect("it is made");
    }
    let options = SqliteConnectOptions::new().filename(folder.join("link-platform.db"));
    let mut connection = options.connect().await.expect("it connects");
    sqlx::raw_sql(statement).execute(&mut connection).await.expect("the damage is done");
    connection.close().await.expect("it closes");
    let findings = doctor(&platform).await;
    platform.stop().await;
    findings.into_iter().find(|finding| finding.what == "audit").expect("it is looked at").result
}

#[tokio::test]
async fn the_doctor_names_the_handle_whose_audit_was_cut_off() {
    let damages = [
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        "DELETE FROM audit",
        "UPDATE heads SET audit_seq = audit_seq - 1",
        "UPDATE heads SET audit_hash = zeroblob(32)",
    ];
    for damage in damages {
        let folder = tempfile::tempdir().expect("a folder");
        let found = audit_after(folder.path(), damage).await.expect_err(damage);
        assert!(found.starts_with("hello: "), "{damage}: {found}");
    }
}

#[tokio::test]
async fn the_doctor_is_content_with_a_whole_audit() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = audit_after(folder.path(), "SELECT 1").await.expect("it is whole");
    assert!(found.contains("1 handles, every chain whole"), "{found}");
}
