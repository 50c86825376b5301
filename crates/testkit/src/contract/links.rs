use std::sync::Arc;

use lp_core::Revision;
use lp_links::{Controls, ControlsChange, Field, LinkChange, QueryPassThrough, RedirectStatus, Slot};
use lp_ports::LinkQuery;

use crate::fixtures::{controls, description, handle, key, labels, other_handle, position, title, to, url};
use crate::{Author, Store};

pub(super) async fn an_unused_slug_is_an_empty_slot(store: Arc<dyn Store>) {
    let (handle, slug) = (handle(), key("launch"));
    assert_eq!(store.slot(&handle, &slug).await.expect("should answer"), Slot::default());
    assert_eq!(store.revisions(&handle, &slug, None, 10).await.expect("should answer"), []);
    assert_eq!(store.revision(&handle, &slug, Revision::FIRST).await.expect("should answer"), None);
    assert_eq!(store.count(&handle).await.expect("should answer"), 0);
    assert_eq!(store.greatest_position(&handle).await.expect("should answer"), None);
    let query = LinkQuery { after: None, limit: 10, tag: None, text: None };
    let page = store.list(&handle, &query).await.expect("should answer");
    assert!(page.items.is_empty() && page.next.is_none(), "a list of nothing has {page:?}");
}

pub(super) async fn a_link_reads_back_as_it_was_written(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let change = LinkChange {
        destination: Field::Set(url("https://example.com/a?b=c&d=%25#e")),
        title: Field::Set(title("Gruß, 世界 🚀 \"'%_\\")),
        description: Field::Set(description("two\nlines\tand a tab")),
        tags: Field::Set(labels(&["Sale", "ünï", "a,b"])),
        categories: Field::Set(labels(&["c\"d"])),
        enabled: Field::Set(false),
        position: Field::Set(position(1_000_000_000)),
        redirect_status: Field::Set(RedirectStatus::PermanentRedirect),
        query: Field::Set(QueryPassThrough::Override),
        controls: controls(),
    };
    let link = author.put("Launch_1", change).await;
    let slot = author.slot("launch_1").await;
    assert_eq!(slot.live, Some(link.clone()));
    assert_eq!(slot.latest, Some(Revision::FIRST));
    let query = LinkQuery { after: None, limit: 10, tag: None, text: None };
    let page = store.list(&handle(), &query).await.expect("should answer");
    assert_eq!(page.items, [link], "a list shows it as it is");
}

pub(super) async fn controls_read_back_as_they_were_written_in_every_revision(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let with = LinkChange { controls: controls(), ..to("https://example.com") };
    let first = author.put("launch", with).await;
    assert_eq!(author.slot("launch").await.live.as_ref(), Some(&first));
    let rules = ControlsChange { rules: Field::Clear, ..ControlsChange::default() };
    let second = author.put("launch", LinkChange { controls: rules, ..LinkChange::default() }).await;
    assert!(second.parts().controls.rules.is_empty());
    assert_eq!(second.parts().controls.schedule, first.parts().controls.schedule);
    assert_eq!(author.slot("launch").await.live.as_ref(), Some(&second));
    let none = ControlsChange {
        start: Field::Clear,
        end: Field::Clear,
        expiry: Field::Clear,
        fallback: Field::Clear,
        campaign: Field::Clear,
        tracking: Field::Clear,
        rules: Field::Keep,
        limit: Field::Clear,
        password: Field::Clear,
        social: Field::Clear,
        append_context: Field::Clear,
    };
    let third = author.put("launch", LinkChange { controls: none, ..LinkChange::default() }).await;
    assert_eq!(third.parts().controls, Controls::default());
    assert_eq!(author.slot("launch").await.live.as_ref(), Some(&third));
    author.delete("launch").await;
    let history = store.revisions(&handle(), &key("launch"), None, 10).await.expect("should answer");
    let kept: Vec<_> = history.iter().rev().map(|revision| &revision.link.parts().controls).collect();
    let none = Controls::default();
    assert_eq!(kept, [&first.parts().controls, &second.parts().controls, &none, &none]);
}

pub(super) async fn absent_fields_read_back_as_absent(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let link = author.put("launch", to("http://example.com")).await;
    let live = author.slot("launch").await.live.expect("the link should be live");
    assert_eq!(live, link);
    assert_eq!((&live.parts().title, &live.parts().description), (&None, &None));
    let cleared = LinkChange { title: Field::Set(title("one")), ..LinkChange::default() };
    author.put("launch", cleared).await;
    author.put("launch", LinkChange { title: Field::Clear, ..LinkChange::default() }).await;
    assert_eq!(author.slot("launch").await.live.expect("the link should be live").parts().title, None);
}

pub(super) async fn slugs_ignore_case_and_keep_their_spelling(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    author.put("LaUnch", to("https://example.com/1")).await;
    author.put("launCH", to("https://example.com/2")).await;
    let slot = author.slot("LAUNCH").await;
    let parts = slot.live.as_ref().expect("the link should be found whatever the case").parts();
    assert_eq!((parts.slug.as_str(), parts.destination.as_str()), ("LaUnch", "https://example.com/2"));
    assert_eq!(slot.latest, Some(Revision(2)));
    assert_eq!(store.count(&handle()).await.expect("should answer"), 1);
}

pub(super) async fn handles_do_not_see_each_others_links(store: Arc<dyn Store>) {
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    mine.put("launch", to("https://example.com/mine")).await;
    theirs.put("launch", to("https://example.com/theirs")).await;
    mine.delete("launch").await;
    assert_eq!(mine.slot("launch").await.live, None);
    let live = theirs.slot("launch").await.live.expect("their link should be live still");
    assert_eq!(live.parts().handle, other_handle());
    assert_eq!(store.count(&handle()).await.expect("should answer"), 0);
    assert_eq!(store.count(&other_handle()).await.expect("should answer"), 1);
    let history = store.revisions(&other_handle(), &key("launch"), None, 10).await.expect("should answer");
    assert_eq!(history.len(), 1);
}

pub(super) async fn a_deleted_slug_is_empty_and_keeps_its_count(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    let first = author.put("launch", to("https://example.com")).await;
    author.delete("launch").await;
    assert_eq!(author.slot("launch").await, Slot { live: None, latest: Some(Revision(2)) });
    let again = author.put("Launch", to("https://example.com/again")).await;
    assert_eq!(again.parts().revision, Revision(3));
    let live = author.slot("launch").await.live.expect("the link should be live: it was made again");
    assert_eq!(live.parts().slug.as_str(), "Launch");
    assert_ne!(live.parts().id, first.parts().id);
}

pub(super) async fn count_and_greatest_position_are_of_live_links(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    for (slug, place) in [("one", 5), ("two", 900), ("three", 900), ("zero", 0)] {
        let change = LinkChange { position: Field::Set(position(place)), ..to("https://example.com") };
        author.put(slug, change).await;
    }
    assert_eq!(store.count(&author.handle).await.expect("should answer"), 4);
    assert_eq!(store.greatest_position(&author.handle).await.expect("should answer"), Some(position(900)));
    author.delete("two").await;
    author.delete("three").await;
    assert_eq!(store.count(&author.handle).await.expect("should answer"), 2);
    assert_eq!(store.greatest_position(&author.handle).await.expect("should answer"), Some(position(5)));
}
