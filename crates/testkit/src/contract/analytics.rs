use std::sync::Arc;

use lp_analytics::{Click, Range, Totals};
use lp_core::{Device, Handle, SlugKey};
use lp_ports::{JournalId, StoreError, Stretch};

use super::{RIVALS, heats, race, race_once};
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
    store.totals(handle, range, slug).await.expect("the totals should be read")
}

/// Takes the next stretch of a journal in, wherever it stands.
async fn take(store: &dyn Store, upto: u64, clicks: &[Click]) {
    let from = store.ingested(&journal("node-1")).await.expect("should answer");
    let stretch = stretch("node-1", from, upto, clicks);
    assert_eq!(store.ingest(&stretch).await.expect("the clicks should be taken in"), upto);
}

pub(super) fn stretch(name: &str, from: u64, upto: u64, clicks: &[Click]) -> Stretch {
    Stretch { journal: journal(name), from, upto, clicks: clicks.to_vec() }
}

/// One of several that are taken in at once.
fn intake(store: &Arc<dyn Store>, stretch: Stretch) -> impl Future<Output = Result<u64, StoreError>> + use<> {
    let store = Arc::clone(store);
    async move { store.ingest(&stretch).await }
}

pub(super) async fn nothing_counted_is_zero(store: Arc<dyn Store>) {
    assert_eq!(totals(&*store, &handle(), EVER, None).await, Totals::default());
    assert_eq!(totals(&*store, &handle(), EVER, Some(&key("launch"))).await, Totals::default());
    assert_eq!(store.ingested(&journal("node-1")).await.expect("should answer"), 0);
}

pub(super) async fn a_stretch_is_taken_where_its_journal_stands_and_nowhere_else(store: Arc<dyn Store>) {
    let clicks: Vec<_> = (1..=3).map(click).collect();
    let first = stretch("node-1", 0, 300, &clicks);
    assert_eq!(store.ingest(&first).await.expect("should be taken in"), 300);
    for elsewhere in [
        first,
        stretch("node-1", 0, 400, &[click(8)]),
        stretch("node-1", 200, 500, &[click(9)]),
        stretch("node-1", 301, 500, &[click(9)]),
    ] {
        assert_eq!(store.ingest(&elsewhere).await.expect("should answer"), 300, "it stands elsewhere");
    }
    assert_eq!(store.ingested(&journal("node-1")).await.expect("should answer"), 300);
    assert_eq!(totals(&*store, &handle(), EVER, None).await.clicks, 3);
    assert_eq!(store.ingest(&stretch("node-1", 300, 400, &[])).await.expect("should be taken in"), 400);
    assert_eq!(store.ingested(&journal("node-1")).await.expect("should answer"), 400);
    assert_eq!(
        store.ingest(&stretch("node-1", 400, 500, &[click(4)])).await.expect("should be taken in"),
        500
    );
    assert_eq!(totals(&*store, &handle(), EVER, None).await.clicks, 4);
}

pub(super) async fn of_racing_intakes_of_one_stretch_one_is_counted(store: Arc<dyn Store>) {
    for heat in heats() {
        let part = |round: u64| {
            // Most have no clicks: the less there is to do, the more often it is raced.
            let clicks = if round.is_multiple_of(4) { vec![click(round)] } else { vec![] };
            intake(&store, stretch("node-1", round * 10, round * 10 + 10, &clicks))
        };
        let workers = (0..RIVALS).map(|_| heat.clone().map(part).collect());
        for (round, stands) in heat.clone().zip(race(workers.collect()).await) {
            // Others may have gone on from there already.
            for stands in stands {
                let stands = stands.expect("should be answered");
                assert!(
                    stands >= round * 10 + 10,
                    "of a stretch up to {} it stands at {stands}",
                    round * 10 + 10
                );
            }
        }
        let counted = totals(&*store, &handle(), EVER, None).await.clicks;
        assert_eq!(counted, heat.end.div_ceil(4), "clicks that are counted, one in every fourth stretch");
        assert_eq!(store.ingested(&journal("node-1")).await.expect("should answer"), heat.end * 10);
    }
}

pub(super) async fn racing_intakes_of_many_journals_are_all_counted(store: Arc<dyn Store>) {
    let stretches: Vec<_> = (0..12_u64)
        .map(|node| {
            let clicks: Vec<_> = (0..30).map(|number| click(node * 1_000 + number)).collect();
            stretch(&format!("node-{node}"), 0, 30, &clicks)
        })
        .collect();
    let racing = stretches.into_iter().map(|stretch| intake(&store, stretch));
    for stands in race_once(racing).await {
        assert_eq!(stands.expect("should be taken in"), 30);
    }
    assert_eq!(totals(&*store, &handle(), EVER, None).await.clicks, 360);
}

pub(super) async fn journals_have_positions_of_their_own(store: Arc<dyn Store>) {
    take(&*store, 300, &[click(1)]).await;
    let other = stretch("node-2", 0, 100, &[click(2)]);
    assert_eq!(store.ingest(&other).await.expect("should be taken in: it is of another journal"), 100);
    assert_eq!(store.ingested(&journal("node-1")).await.expect("should answer"), 300);
    assert_eq!(store.ingested(&journal("node-2")).await.expect("should answer"), 100);
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
    assert_eq!(store.ingested(&journal("node-1")).await.expect("should answer"), 1 << 60);
}
