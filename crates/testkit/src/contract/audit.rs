use std::sync::Arc;

use lp_access::{AuditEntry, AuditFilter, AuditOutcome, verify};
use lp_core::Handle;
use lp_ports::Batch;

use crate::fixtures::{at, entry, handle, other_handle, to};
use crate::{Author, Store};

pub(super) async fn the_chain_verifies_and_counts_from_one(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    author.put("aa", to("https://example.com")).await;
    store.commit(author.batch("look")).await.expect("should be committed: nothing is against it");
    let stale = author.decide("aa", to("https://example.com/2")).await;
    author.delete("aa").await;
    assert!(author.commit("links_upsert", &stale).await.is_err(), "a batch with a stale guard was applied");
    author.put("aa", to("https://example.com/3")).await;
    let records = store.audit(&handle(), 0, 100).await.expect("the audit should be read");
    assert_eq!(verify(None, &records), Ok(()));
    let told: Vec<_> = records.iter().map(|it| (it.seq, it.entry.operation.as_str())).collect();
    assert_eq!(told, [(1, "links_upsert"), (2, "look"), (3, "links_delete"), (4, "links_upsert")]);
}

pub(super) async fn refusals_are_kept_with_code_and_number(store: Arc<dyn Store>) {
    let outcome = AuditOutcome::Refused { code: "insufficient_scope".to_owned(), times: 41 };
    let refusal =
        AuditEntry { outcome, subject: "läunch".to_owned(), ..entry(&handle(), at(3), "links_upsert") };
    let receipt =
        store.commit(Batch::new(refusal.clone())).await.expect("should be committed: nothing is against it");
    assert_eq!(receipt.version, 0);
    let records = store.audit(&handle(), 0, 10).await.expect("the audit should be read");
    assert_eq!(records[0].entry, refusal);
    assert_eq!(verify(None, &records), Ok(()));
}

pub(super) async fn the_chain_verifies_in_stretches(store: Arc<dyn Store>) {
    let author = Author::new(Arc::clone(&store));
    for _ in 0..7 {
        store.commit(author.batch("look")).await.expect("should be committed: nothing is against it");
    }
    let first = store.audit(&handle(), 0, 3).await.expect("the audit should be read");
    let rest = store.audit(&handle(), 3, 100).await.expect("the audit should be read");
    assert_eq!((first.len(), rest.len()), (3, 4));
    assert_eq!(verify(first.last(), &rest), Ok(()));
    assert!(verify(None, &rest).is_err(), "the rest verifies without what came before it");
    assert_eq!(store.audit(&handle(), 7, 100).await.expect("the audit should be read"), []);
}

pub(super) async fn the_head_is_the_newest_entry(store: Arc<dyn Store>) {
    assert_eq!(store.audit_head(&handle()).await.expect("should answer"), None);
    let author = Author::new(Arc::clone(&store));
    for _ in 0..3 {
        store.commit(author.batch("look")).await.expect("should be committed: nothing is against it");
        let newest = store.audit(&handle(), 0, 100).await.expect("the audit should be read").pop();
        let newest = newest.map(|record| (record.seq, record.hash));
        assert_eq!(store.audit_head(&handle()).await.expect("should answer"), newest);
    }
    assert_eq!(store.audit_head(&other_handle()).await.expect("should answer"), None);
}

pub(super) async fn handles_have_chains_of_their_own(store: Arc<dyn Store>) {
    assert_eq!(store.audited_handles().await.expect("should answer"), []);
    let (mine, theirs) = (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), other_handle()));
    for author in [&theirs, &mine, &theirs] {
        store.commit(author.batch("look")).await.expect("should be committed: nothing is against it");
    }
    assert_eq!(store.audited_handles().await.expect("should answer"), [handle(), other_handle()]);
    for (handle, length) in [(handle(), 1), (other_handle(), 2)] {
        let records = store.audit(&handle, 0, 100).await.expect("the audit should be read");
        assert_eq!((records.len(), verify(None, &records)), (length, Ok(())));
    }
}

pub(super) async fn the_installation_has_a_chain_like_a_handle(store: Arc<dyn Store>) {
    let installation = Handle::installation();
    assert_eq!(store.audit_head(&installation).await.expect("should answer"), None);
    let (mine, common) =
        (Author::new(Arc::clone(&store)), Author::of(Arc::clone(&store), installation.clone()));
    for author in [&common, &mine, &common] {
        store.commit(author.batch("look")).await.expect("should be committed: nothing is against it");
    }
    assert_eq!(store.audited_handles().await.expect("should answer"), [installation.clone(), handle()]);
    let records = store.audit(&installation, 0, 100).await.expect("the audit should be read");
    assert_eq!((records.len(), verify(None, &records)), (2, Ok(())));
    assert!(records.iter().all(|record| record.entry.handle == installation), "entries of another handle");
    let newest = records.last().map(|record| (record.seq, record.hash));
    assert_eq!(store.audit_head(&installation).await.expect("should answer"), newest);
}

pub(super) async fn a_filter_finds_what_it_matches_newest_first(store: Arc<dyn Store>) {
    let refused = AuditOutcome::Refused { code: "insufficient_scope".to_owned(), times: 3 };
    let plain = |second, operation: &str| entry(&handle(), at(second), operation);
    let entries = [
        plain(1, "look"),
        AuditEntry { subject: "läunch\0".to_owned(), ..plain(2, "links_upsert") },
        AuditEntry { actor: "usr_other".to_owned(), ..plain(3, "look") },
        AuditEntry { outcome: refused, surface: "mcp".to_owned(), ..plain(4, "links_upsert") },
        AuditEntry { request_id: "r-5".to_owned(), ..plain(5, "look") },
    ];
    for entry in &entries {
        store.commit(Batch::new(entry.clone())).await.expect("should be committed: nothing is against it");
    }
    let text = |text: &str| Some(text.to_owned());
    let none = AuditFilter::default;
    let filters = [
        none(),
        AuditFilter { operation: text("look"), ..none() },
        AuditFilter { subject: text("läunch\0"), ..none() },
        AuditFilter { subject: text("läunch"), ..none() },
        AuditFilter { actor: text("usr_other"), ..none() },
        AuditFilter { surface: text("mcp"), ..none() },
        AuditFilter { request_id: text("r-5"), ..none() },
        AuditFilter { refused: Some(true), ..none() },
        AuditFilter { refused: Some(false), operation: text("links_upsert"), ..none() },
        AuditFilter { from: Some(at(2)), until: Some(at(4)), ..none() },
    ];
    for filter in filters {
        for (before, limit) in [(None, 100_u32), (None, 1), (Some(4), 100), (Some(1), 100)] {
            let found = store.audit_found(&handle(), &filter, before, limit).await.expect("should answer");
            let found: Vec<_> = found.iter().map(|record| record.seq).collect();
            let wanted =
                (1_u64..).zip(&entries).filter(|(_, entry)| filter.matches(entry)).map(|(seq, _)| seq);
            let mut wanted: Vec<_> = wanted.filter(|seq| before.is_none_or(|before| *seq < before)).collect();
            wanted.reverse();
            wanted.truncate(limit as usize);
            assert_eq!(found, wanted, "{filter:?} below {before:?}, at most {limit}");
        }
    }
    let theirs = store.audit_found(&other_handle(), &none(), None, 100).await.expect("should answer");
    assert_eq!(theirs, [], "entries of another handle");
}
