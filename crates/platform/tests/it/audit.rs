//! What a check of the audit names after somebody worked on the store behind the platform's back.

use std::path::Path;

use link_platform::{
    AuditHead, AuditWanted, Bootstrap, Builder, Config, Platform, audit_heads, verify_audit,
};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

/// A platform whose handle `hello` has five entries, and more of the installation's.
async fn platform(folder: &Path) -> Platform {
    let platform = Builder::from(Config::local(folder, 80)).open().await.expect("the store opens");
    for turn in 0..5 {
        let wanted =
            Bootstrap { rotate: turn > 0, ..Bootstrap::new("owner@example.com", "correct horse", "hello") };
        platform.bootstrap(wanted).await.expect("it is made");
    }
    platform
}

async fn damage(folder: &Path, statement: &'static str) {
    let options = SqliteConnectOptions::new().filename(folder.join("link-platform.db"));
    let mut connection = options.connect().await.expect("it connects");
    sqlx::raw_sql(statement).execute(&mut connection).await.expect("the damage is done");
    connection.close().await.expect("it closes");
}

/// The entries that are named after the damage, in order, each with what is wrong.
async fn named_after(statement: &'static str, known: &[AuditHead]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let platform = platform(folder.path()).await;
    damage(folder.path(), statement).await;
    let named = named(&platform, &AuditWanted { handle: None, known: known.to_vec() }).await;
    platform.stop().await;
    named
}

async fn named(platform: &Platform, wanted: &AuditWanted) -> Vec<String> {
    let mut named = Vec::new();
    let checked = verify_audit(platform, wanted, |fault| named.push(fault.to_string())).await;
    let checked = checked.expect("the store answers");
    assert_eq!(checked.faults, named.len() as u64);
    named
}

#[tokio::test]
async fn one_altered_entry_is_named_and_no_other() {
    let altered = [
        "UPDATE audit SET actor = 'user:somebody' WHERE seq = 3",
        "UPDATE audit SET at = at + 1 WHERE seq = 3",
        "UPDATE audit SET subject = subject || ' ' WHERE seq = 3",
        "UPDATE audit SET operation = 'links_list' WHERE seq = 3",
    ];
    for statement in altered {
        let named = named_after(statement, &[]).await;
        assert_eq!(named.len(), 1, "{statement}: {named:?}");
        assert!(named[0].starts_with("hello: entry 3: it is not what was written"), "{named:?}");
    }
}

#[tokio::test]
async fn entries_that_are_cut_out_swapped_or_added_are_named() {
    let whole = "SELECT 1";
    let cases: [(&'static str, &[&str]); 5] = [
        (whole, &[]),
        ("DELETE FROM audit WHERE seq = 3", &["hello: entry 4: entries before it are missing"]),
        (
            "UPDATE audit SET seq = 100 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; \
             UPDATE audit SET seq = 3 WHERE seq = 100",
            &["hello: entry 2: it is not", "hello: entry 3: it is not", "hello: entry 4: it does not follow"],
        ),
        ("DELETE FROM audit WHERE seq > 3", &["hello: the audit ends at entry 3"]),
        (
            "INSERT INTO audit SELECT handle, 6, hash, zeroblob(32), at, actor, surface, operation, subject, request_id, \
             refused_code, refused_times FROM audit WHERE seq = 5",
            &["hello: entry 6: it is not what was written", "hello: entry 6: it is above the head"],
        ),
    ];
    for (statement, wanted) in cases {
        let named = named_after(statement, &[]).await;
        assert_eq!(named.len(), wanted.len(), "{statement}: {named:#?}");
        for (named, wanted) in named.iter().zip(wanted) {
            assert!(named.starts_with(wanted), "{statement}: {named}");
        }
    }
}

#[tokio::test]
async fn a_chain_that_was_written_anew_shows_only_against_a_head_noted_elsewhere() {
    let (folder, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let platform_of_then = platform(folder.path()).await;
    let noted = audit_heads(&platform_of_then).await.expect("the store answers");
    platform_of_then.stop().await;
    assert_eq!(noted.iter().map(|head| (head.handle.as_str(), head.seq)).collect::<Vec<_>>(), [("hello", 5)]);
    // Another chain, whole in itself, in the place of the one that was noted.
    let forged = platform(other.path()).await;
    assert_eq!(named(&forged, &AuditWanted::default()).await, [] as [String; 0]);
    let found = named(&forged, &AuditWanted { handle: None, known: noted.clone() }).await;
    assert_eq!(found, ["hello: entry 5: its hash is another one than was noted"]);
    forged.stop().await;
    let gone = named_after("DELETE FROM audit; DELETE FROM heads", &noted).await;
    assert!(gone.len() == 1 && gone[0].starts_with("hello: the audit ends at entry 0"), "{gone:?}");
}
