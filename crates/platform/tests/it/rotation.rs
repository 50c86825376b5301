//! Rotating the secret: what stays good, what nodes are told, and what is refused.

use std::fs;
use std::path::Path;

use link_platform::{Builder, Config, Platform, RotateError, doctor, rotate_secret};

fn config(folder: &Path, secret: &str) -> Config {
    Config { secret_file: Some(folder.join(secret)), ..Config::local(folder, 80) }
}

/// A node that serves, and so tells the store of its secret.
async fn served(folder: &Path, secret: &str) {
    Builder::from(config(folder, secret)).build().await.expect("it starts").stop().await;
}

async fn opened(folder: &Path, secret: &str) -> Platform {
    Builder::from(config(folder, secret)).open().await.expect("the store opens")
}

/// What the doctor says of a node's secret.
async fn told(folder: &Path, secret: &str) -> Result<String, String> {
    let platform = opened(folder, secret).await;
    let findings = doctor(&platform).await;
    platform.stop().await;
    findings.into_iter().find(|finding| finding.what == "secret").expect("it is looked at").result
}

async fn rotate(folder: &Path, secret: &str, believe_before: bool) -> Result<(), RotateError> {
    let platform = opened(folder, secret).await;
    let rotated = rotate_secret(&platform, &folder.join(secret), believe_before).await;
    platform.stop().await;
    rotated
}

#[tokio::test]
async fn a_rotated_file_holds_the_new_secret_and_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder");
    served(folder.path(), "secret.key").await;
    let file = folder.path().join("secret.key");
    let first = fs::read(&file).expect("it reads");
    rotate(folder.path(), "secret.key", true).await.expect("it is rotated");
    let second = fs::read(&file).expect("it reads");
    assert_eq!((second.len(), &second[32..]), (64, &first[..]));
    assert_ne!(second[..32], first[..]);
    assert!(told(folder.path(), "secret.key").await.is_ok());
    rotate(folder.path(), "secret.key", true).await.expect("it is rotated");
    let third = fs::read(&file).expect("it reads");
    assert_eq!((third.len(), &third[32..]), (64, &second[..32]), "the one two back is gone");
    rotate(folder.path(), "secret.key", false).await.expect("it is rotated");
    assert_eq!(fs::read(&file).expect("it reads").len(), 32, "after a leak nothing before it is kept");
    assert!(told(folder.path(), "secret.key").await.is_ok());
    served(folder.path(), "secret.key").await;
    assert!(told(folder.path(), "secret.key").await.is_ok());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_node_with_the_file_from_before_is_told_so_and_cannot_rotate() {
    let folder = tempfile::tempdir().expect("a folder");
    served(folder.path(), "secret.key").await;
    fs::copy(folder.path().join("secret.key"), folder.path().join("other.key")).expect("it is copied");
    rotate(folder.path(), "secret.key", true).await.expect("it is rotated");
    let behind = told(folder.path(), "other.key").await.expect_err("it is behind");
    assert!(behind.contains("it was rotated"), "{behind}");
    assert!(matches!(rotate(folder.path(), "other.key", true).await, Err(RotateError::NotOurs)));
    fs::write(folder.path().join("foreign.key"), [3; 32]).expect("it is written");
    let foreign = told(folder.path(), "foreign.key").await.expect_err("it is foreign");
    assert!(foreign.contains("another one"), "{foreign}");
    assert!(matches!(rotate(folder.path(), "foreign.key", true).await, Err(RotateError::NotOurs)));
}

#[tokio::test]
async fn a_file_that_the_store_was_not_told_of_is_told_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    served(folder.path(), "secret.key").await;
    // As after a crash between the file and the store.
    let first = fs::read(folder.path().join("secret.key")).expect("it reads");
    fs::write(folder.path().join("next.key"), [&[9; 32][..], &first].concat()).expect("it is written");
    let next = told(folder.path(), "next.key").await.expect("it follows");
    assert!(next.contains("next one"), "{next}");
    served(folder.path(), "next.key").await;
    assert!(told(folder.path(), "next.key").await.expect("it is shared").contains("of this installation"));
    assert!(told(folder.path(), "secret.key").await.is_err());
}
