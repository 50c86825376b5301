use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lp_adapters_mail::OutboxFolder;
use lp_ports::{MailFault, Mailer};

use crate::message;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[tokio::test]
async fn a_mail_is_a_file_that_only_its_owner_can_read() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = data.path().join("some/outbox");
    let outbox = OutboxFolder::new(&folder);
    assert!(outbox.check().await.expect("well").contains("not there yet"));
    assert!(!folder.exists(), "looking makes nothing");

    outbox.send(&message("me@example.com")).await.expect("written");
    let file = folder.join("mai_01hf000000000000000000000b.txt");
    let text = fs::read_to_string(&file).expect("text");
    assert!(text.starts_with("To: me@example.com\nSubject: Sign in at example.com\n"), "{text}");
    assert!(text.contains("\n\nThe code is\n\n    012345\n"), "{text}");
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    outbox.send(&message("me@example.com")).await.expect("again");
    assert_eq!(fs::read_dir(&folder).expect("it reads").count(), 1, "the same mail is the same file");
    assert!(outbox.check().await.expect("well").contains("written into"));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_tried_again_later() {
    let data = tempfile::tempdir().expect("a folder");
    let file = data.path().join("file");
    fs::write(&file, "").expect("it writes");
    let refused = OutboxFolder::new(file.join("outbox")).send(&message("me@example.com")).await;
    assert!(matches!(refused, Err(MailFault::Later(_))), "{refused:?}");
}
