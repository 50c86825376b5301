use std::sync::Arc;

use lp_analytics::{Click, Range, Totals};
use lp_core::{Device, Handle, SlugKey};
use lp_ports::JournalId;

use crate::Store;
use crate::fixtures::{at, click, handle, key, other_handle, slug};

const EVER: (u64, u64) = (0, 1_000_000);

fn journal(name: &str) -> JournalId {
    JournalId(name.to_owned())
}

async fn totals(
    store: &dyn Store,
    handle: &Handle,
    (from, to): (u64, u64),
    slug: Option<&SlugKey>,
) -> Totals {
    let range = Range { from: at(from), to: at(to) };
    store.totals(handle, range, slug).await.expect("the totals read")
}

async fn take(store: &dyn Store, upto: u64, clicks: &[Click]) {
    store.ingest(&journal("node-1"), upto, clicks).await.expect("the clicks are taken in");
}

pub(super) async fn nothing_counted_is_zero(store: Arc<dyn Store>) {
    assert_eq!(totals(&*store, &handle(), EVER, None).await, Totals::default());
    assert_eq!(totals(&*store, &handle(), EVER, Some(&key("launch"))).await, Totals::default());
    assert_eq!(store.ingested(&journal("node-1")).await.expect("reads"), 0);
}

pub(super) async fn clicks_are_counted_once_by_journal_position(store: Arc<dyn Store>) {
    let clicks: Vec<_> = (1..=3).map(click).collect();
    take(&*store, 300, &clicks).await;
    take(&*store, 300, &clicks).await;
    take(&*store, 300, &[click(8)]).await;
    take(&*store, 200, &[click(9)]).await;
    assert_eq!(store.ingested(&journal("node-1")).await.expect("reads"), 300);
    assert_eq!(totals(&*store, &handle(), EVER, None).await.clicks, 3);
    take(&*store, 400, &[]).await;
    assert_eq!(store.ingested(&journal("node-1")).await.expect("reads"), 400);
    take(&*store, 500, &[click(4)]).await;
    assert_eq!(totals(&*store, &handle(), EVER, None).await.clicks, 4);
}

pub(super) async fn journals_have_positions_of_their_own(store: Arc<dyn Store>) {
    take(&*store, 300, &[click(1)]).await;
    store.ingest(&journal("node-2"), 100, &[click(2)]).await.expect("another journal");
    assert_eq!(store.ingested(&journal("node-1")).await.expect("reads"), 300);
    assert_eq!(store.ingested(&journal("node-2")).await.expect("reads"), 100);
    assert_eq!(totals(&*store, &handle(), EVER, None).await.clicks, 2);
}

pub(super) async fn a_range_includes_its_start_and_not_its_end(store: Arc<dyn Store>) {
    let clicks: Vec<_> = (10..20).map(click).collect();
    take(&*store, 1, &clicks).await;
    let some = totals(&*store, &handle(), (12, 15), None).await;
    assert_eq!((some.clicks, some.last_at), (3, Some(at(14))));
    assert_eq!(totals(&*store, &handle(), (15, 15), None).await, Totals::default());
    assert_eq!(totals(&*store, &handle(), (15, 12), None).await, Totals::default());
}

pub(super) async fn bots_are_counted_and_are_no_visitors(store: Arc<dyn Store>) {
    let of = |number, device| Click { device, visitor: number, ..click(number) };
    let devices =
        [Device::Mobile, Device::Tablet, Device::Desktop, Device::Unknown, Device::Bot, Device::Bot];
    let clicks: Vec<_> = (1..).zip(devices).map(|(number, device)| of(number, device)).collect();
    take(&*store, 1, &clicks).await;
    let expected =
        Totals { clicks: 6, bot_clicks: 2, unique_visitors: 4, conversions: 0, last_at: Some(at(6)) };
    assert_eq!(totals(&*store, &handle(), EVER, None).await, expected);
}

pub(super) async fn visitors_are_counted_once_and_slugs_ignore_case(store: Arc<dyn Store>) {
    let clicks = [
        Click { visitor: 7, ..click(1) },
        Click { visitor: 7, slug: slug("LAUNCH"), ..click(2) },
        Click { visitor: 7, slug: slug("other"), ..click(3) },
        Click { visitor: 8, slug: slug("launch-2"), ..click(4) },
        Click { visitor: 9, handle: other_handle(), ..click(5) },
    ];
    take(&*store, 1, &clicks).await;
    let all = totals(&*store, &handle(), EVER, None).await;
    assert_eq!((all.clicks, all.unique_visitors), (4, 2));
    let one = totals(&*store, &handle(), EVER, Some(&key("Launch"))).await;
    assert_eq!((one.clicks, one.unique_visitors, one.last_at), (2, 1, Some(at(2))));
    assert_eq!(totals(&*store, &other_handle(), EVER, None).await.clicks, 1);
}

pub(super) async fn great_numbers_survive(store: Arc<dyn Store>) {
    let visitor = |number, visitor| Click { visitor, ..click(number) };
    let clicks: Vec<_> = (1..=350).map(click).collect();
    take(&*store, 1, &clicks).await;
    let rare =
        [visitor(401, u64::MAX), visitor(402, u64::MAX - 1), visitor(403, 1 << 63), visitor(404, u64::MAX)];
    take(&*store, 1 << 60, &rare).await;
    let all = totals(&*store, &handle(), EVER, None).await;
    assert_eq!((all.clicks, all.unique_visitors), (354, 353));
    assert_eq!(store.ingested(&journal("node-1")).await.expect("reads"), 1 << 60);
}
