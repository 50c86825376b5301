use lp_access::AuditRecord;
use lp_core::Handle;
use lp_links::{Link, LinkRevision, Position, Slot};
use lp_ports::{ChangeNote, ChangePosition, LinkQuery, StoredEvent};

use super::SLUGS;
use crate::Store;
use crate::fixtures::key;

/// Everything that can be read of a handle's links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// In the order of [`SLUGS`].
    pub slots: Vec<Slot>,
    /// In the order of [`SLUGS`], newest first.
    pub revisions: Vec<Vec<LinkRevision>>,
    pub links: Vec<Link>,
    pub sales: Vec<Link>,
    pub count: u64,
    pub greatest: Option<Position>,
    pub events: Vec<StoredEvent>,
    pub audit: Vec<AuditRecord>,
    pub notes: Vec<ChangeNote>,
}

/// Reads it all, the change log from a position on.
pub async fn observe(store: &dyn Store, handle: &Handle, since: ChangePosition) -> Observed {
    let (mut slots, mut revisions) = (Vec::new(), Vec::new());
    for slug in SLUGS {
        slots.push(store.slot(handle, &key(slug)).await.expect("the slot should be read"));
        revisions.push(
            store.revisions(handle, &key(slug), None, 10_000).await.expect("the revisions should be read"),
        );
    }
    let all = LinkQuery { after: None, limit: 1_000, tag: None, text: None };
    let sales = LinkQuery { tag: Some("SALE".to_owned()), ..all.clone() };
    Observed {
        slots,
        revisions,
        links: store.list(handle, &all).await.expect("the list should be read").items,
        sales: store.list(handle, &sales).await.expect("the list should be read").items,
        count: store.count(handle).await.expect("the count reads"),
        greatest: store.greatest_position(handle).await.expect("the greatest position should be read"),
        events: store.events(handle, 0, 10_000).await.expect("the events should be read"),
        audit: store.audit(handle, 0, 10_000).await.expect("the audit should be read"),
        notes: store.changes(since, 10_000).await.expect("the log should be read").notes,
    }
}
