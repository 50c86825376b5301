use std::sync::Arc;

use lp_analytics::{Click, Facts};
use lp_core::{ClickId, Device};

use super::analytics::stretch;
use crate::Store;
use crate::fixtures::{at, handle, key, known_click, other_handle, slug, uuid};

async fn keep(store: &dyn Store, clicks: &[Click]) {
    store.ingest(&stretch("node-1", 0, 1, clicks)).await.expect("should be taken in");
}

pub(super) async fn a_click_is_read_as_it_was_taken_in(store: Arc<dyn Store>) {
    let all = known_click(1);
    let none = Click { facts: Facts::default(), referrer: String::new(), ..known_click(2) };
    let some = Click {
        facts: Facts {
            region: None,
            source: String::new(),
            rules_revision: None,
            returning: false,
            ..all.facts.clone()
        },
        ..known_click(3)
    };
    let theirs = Click { handle: other_handle(), ..known_click(4) };
    let later = Click { id: ClickId::of(at(4), uuid(5)), at: at(5), ..known_click(5) };
    keep(&*store, &[all.clone(), none.clone(), some.clone(), theirs.clone(), later.clone()]).await;
    for click in [all, none, some, later] {
        let read = store.click(&handle(), click.id).await.expect("should be read");
        assert_eq!(read.as_ref(), Some(&click));
    }
    assert_eq!(
        store.click(&handle(), theirs.id).await.expect("should answer"),
        None,
        "it is another handle's"
    );
    assert_eq!(store.click(&other_handle(), theirs.id).await.expect("should answer"), Some(theirs));
    let unknown = ClickId::of(at(1), uuid(99));
    assert_eq!(store.click(&handle(), unknown).await.expect("should answer"), None);
}

pub(super) async fn the_newest_visits_come_first_and_without_bots(store: Arc<dyn Store>) {
    let of = |number| match number % 4 {
        0 => Click { device: Device::Bot, ..known_click(number) },
        1 => Click { slug: slug("Other"), ..known_click(number) },
        2 => Click { handle: other_handle(), ..known_click(number) },
        _ => known_click(number),
    };
    let same = Click { id: ClickId::of(at(19), uuid(500)), ..known_click(19) };
    let clicks: Vec<Click> = (1..=20).map(of).chain([same.clone()]).collect();
    keep(&*store, &clicks).await;
    let read = |slug: Option<&'static str>, most| {
        let store = Arc::clone(&store);
        async move {
            let slug = slug.map(key);
            let visits = store.newest_visits(&handle(), slug.as_ref(), most).await.expect("should be read");
            visits.into_iter().map(|click| click.id).collect::<Vec<_>>()
        }
    };
    let ids = |numbers: &[u64]| numbers.iter().map(|number| known_click(*number).id).collect::<Vec<_>>();
    let newest = [same.id].into_iter().chain(ids(&[19, 17, 15, 13]));
    assert_eq!(read(None, 5).await, newest.collect::<Vec<_>>());
    assert_eq!(read(None, 100).await.len(), 11);
    assert_eq!(read(Some("other"), 3).await, ids(&[17, 13, 9]));
    assert_eq!((read(Some("none"), 3).await, read(None, 0).await), (vec![], vec![]));
    let visits = store.newest_visits(&handle(), None, 1).await.expect("should be read");
    assert_eq!(visits, [same]);
}
