use std::sync::Arc;

use lp_core::Revision;
use lp_links::{LinkRevision, RevisionAction};

use crate::fixtures::{ACTOR, at, key, to};
use crate::{Author, Store};

async fn history(author: &Author, before: Option<u64>, limit: u32) -> Vec<LinkRevision> {
    let before = before.map(Revision);
    author
        .store
        .revisions(&author.handle, &key("launch"), before, limit)
        .await
        .expect("the revisions should be read")
}

fn numbers(revisions: &[LinkRevision]) -> Vec<u64> {
    revisions.iter().map(|revision| revision.link.parts().revision.0).collect()
}

pub(super) async fn revisions_survive_deletion_and_go_on_after_it(store: Arc<dyn Store>) {
    let author = Author::new(store);
    let links = [
        author.put("launch", to("https://example.com/1")).await,
        author.put("launch", to("https://example.com/2")).await,
        author.delete("launch").await,
        author.put("LAUNCH", to("https://example.com/3")).await,
    ];
    let revisions = history(&author, None, 10).await;
    assert_eq!(numbers(&revisions), [4, 3, 2, 1]);
    let read: Vec<_> = revisions.iter().rev().map(|revision| revision.link.clone()).collect();
    assert_eq!(read, links);
    let actions: Vec<_> = revisions.iter().rev().map(|revision| revision.action.as_str()).collect();
    assert_eq!(actions, ["CREATED", "UPDATED", "DELETED", "CREATED"]);
    let ids = |at: usize| links[at].parts().id;
    assert!(ids(0) == ids(2) && ids(2) != ids(3), "the successor is another link");
}

pub(super) async fn a_restored_link_rises_under_its_old_id(store: Arc<dyn Store>) {
    let author = Author::new(store);
    let first = author.put("launch", to("https://example.com/1")).await;
    author.put("launch", to("https://example.com/2")).await;
    author.delete("launch").await;
    author.restore("launch", 1).await;
    let slot = author.slot("launch").await;
    let parts = slot.live.as_ref().expect("the link should be live: it was restored").parts();
    assert_eq!((parts.id, parts.destination.as_str()), (first.parts().id, "https://example.com/1"));
    assert_eq!(slot.latest, Some(Revision(4)));
    assert_eq!(history(&author, None, 1).await[0].action, RevisionAction::Restored);
}

pub(super) async fn revisions_are_paged_from_the_newest_down(store: Arc<dyn Store>) {
    let author = Author::new(store);
    for number in 1..=5 {
        author.put("launch", to(&format!("https://example.com/{number}"))).await;
    }
    assert_eq!(numbers(&history(&author, None, 2).await), [5, 4]);
    assert_eq!(numbers(&history(&author, Some(4), 2).await), [3, 2]);
    assert_eq!(numbers(&history(&author, Some(2), 2).await), [1]);
    assert_eq!(numbers(&history(&author, Some(1), 2).await), [0; 0]);
    assert_eq!(numbers(&history(&author, Some(u64::MAX), 10).await), [5, 4, 3, 2, 1]);
}

pub(super) async fn one_revision_is_found_by_its_number(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let first = author.put("launch", to("https://example.com/1")).await;
    author.put("launch", to("https://example.com/2")).await;
    let find = async |number| {
        store.revision(&author.handle, &key("launch"), Revision(number)).await.expect("should answer")
    };
    assert_eq!(find(1).await.expect("the first revision should be found").link, first);
    assert_eq!(find(0).await, None);
    assert_eq!(find(3).await, None);
    assert_eq!(find(u64::MAX).await, None);
}

pub(super) async fn a_revision_says_who_did_what_and_when(store: Arc<dyn Store>) {
    let author = Author::new(store);
    author.put("launch", to("https://example.com/1")).await;
    author.delete("launch").await;
    let revisions = history(&author, None, 10).await;
    let told: Vec<_> = revisions.iter().map(|it| (it.action, it.at, it.actor.as_str())).collect();
    assert_eq!(told, [(RevisionAction::Deleted, at(2), ACTOR), (RevisionAction::Created, at(1), ACTOR)]);
}
