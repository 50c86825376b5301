use std::sync::Arc;

use crate::fixtures::{ACTOR, at, handle, other_handle, to};
use crate::{Author, Store};

async fn numbers(store: &dyn Store, author: &Author, after: u64, limit: u32) -> Vec<u64> {
    let events = store.events(&author.handle, after, limit).await.expect("the events should be read");
    events.iter().map(|event| event.seq).collect()
}

pub(super) async fn events_are_numbered_without_gaps_per_handle(store: Arc<dyn Store>) {
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    mine.put("aa", to("https://example.com")).await;
    theirs.put("aa", to("https://example.com")).await;
    let lost = mine.decide("bb", to("https://example.com/lost")).await;
    let mut batch = mine.batch("links_import");
    for slug in ["bb", "cc"] {
        let write = mine.decide(slug, to("https://example.com")).await;
        batch = batch.link(&write, mine.event());
    }
    store.commit(batch).await.expect("should be committed: nothing is against it");
    assert!(mine.commit("links_upsert", &lost).await.is_err(), "a batch with a stale guard was applied");
    mine.delete("aa").await;
    assert_eq!(numbers(&*store, &mine, 0, 100).await, [1, 2, 3, 4]);
    assert_eq!(numbers(&*store, &theirs, 0, 100).await, [1]);
}

pub(super) async fn an_event_reads_back_with_its_name_and_facts(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let write = author.decide("Launch", to("https://example.com")).await;
    let id = author.event();
    store
        .commit(author.batch("links_upsert").link(&write, id))
        .await
        .expect("should be committed: nothing is against it");
    let events = store.events(&handle(), 0, 10).await.expect("the events should be read");
    let [event] = &events[..] else { panic!("one event, not {events:?}") };
    assert_eq!((event.seq, event.id, event.name.as_str()), (1, id, "link.created"));
    assert_eq!((event.at, event.actor.as_str()), (at(1), ACTOR));
    let link = write.link().parts().id.to_string();
    let facts = [("linkId".to_owned(), link), ("slug".to_owned(), "Launch".to_owned())];
    assert_eq!(event.facts, facts);
}

pub(super) async fn events_are_read_in_stretches(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    for number in 1..=5 {
        author.put("launch", to(&format!("https://example.com/{number}"))).await;
    }
    assert_eq!(numbers(&*store, &author, 0, 2).await, [1, 2]);
    assert_eq!(numbers(&*store, &author, 2, 2).await, [3, 4]);
    assert_eq!(numbers(&*store, &author, 4, 2).await, [5]);
    assert_eq!(numbers(&*store, &author, 5, 2).await, [0; 0]);
    assert_eq!(numbers(&*store, &author, u64::MAX, 2).await, [0; 0]);
}
