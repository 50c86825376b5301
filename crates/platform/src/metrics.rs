//! What is measured of the platform itself, in Prometheus' text form.

use std::sync::Arc;
use std::time::Duration;

use ::metrics::{counter, gauge, histogram, with_local_recorder};
use lp_application::{CallRecord, Observer};
#[cfg(feature = "edge")]
use lp_edge::EdgeStats;
use lp_ports::JournalStanding;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Milliseconds; a call to the embedded store takes about one.
const BUCKETS: &[f64] =
    &[0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 5_000.0, 30_000.0];
/// How often measured durations are put into their buckets; until then each is kept by itself.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the program around the platform adds to the page.
pub(crate) type Lines = Box<dyn Fn() -> String + Send + Sync>;

/// A recorder of this platform alone: an embedding program keeps its own.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    more: Option<Lines>,
}

/// What is looked up when the page is asked for, rather than noted as it happens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Standing {
    pub(crate) journal: JournalStanding,
    #[cfg(feature = "edge")]
    pub(crate) edge: EdgeStats,
    /// Since the edge last knew all that the store has.
    #[cfg(feature = "edge")]
    pub(crate) change_age: Duration,
}

impl Metrics {
    pub(crate) fn new(more: Option<Lines>) -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(BUCKETS)?.build_recorder();
        let handle = recorder.handle();
        Ok(Self { recorder, handle, more })
    }

    /// The page that Prometheus reads.
    pub(crate) fn render(&self, standing: &Standing) -> String {
        with_local_recorder(&self.recorder, || {
            let journal = &standing.journal;
            level("click_journal_held", journal.held);
            level("click_journal_capacity", journal.capacity);
            counter!("click_journal_damaged").absolute(journal.damaged);
            #[cfg(feature = "edge")]
            visits(standing);
            #[cfg(not(feature = "edge"))]
            counter!("clicks_lost").absolute(journal.lost);
        });
        self.handle.run_upkeep();
        let mut page = self.handle.render();
        if let Some(more) = &self.more {
            page.push_str(&more());
        }
        page
    }
}

#[cfg(feature = "edge")]
fn visits(standing: &Standing) {
    let (edge, routes) = (&standing.edge, &standing.edge.routes);
    level("edge_routes_loaded", routes.loaded as u64);
    level("edge_routes_absent", routes.absent as u64);
    level("edge_route_bytes", routes.bytes as u64);
    level("edge_change_position", routes.newest_change);
    gauge!("edge_change_age_seconds").set(standing.change_age.as_secs_f64());
    let counts = [
        ("edge_route_loads", routes.loads),
        ("edge_route_loads_failed", routes.failed_loads),
        ("edge_route_evictions", routes.evictions),
        ("clicks_lost", edge.clicks_lost.max(standing.journal.lost)),
        ("clicks_unsettled", edge.clicks_unsettled),
    ];
    for (name, number) in counts {
        counter!(name).absolute(number);
    }
}

fn level(name: &'static str, number: u64) {
    #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
    gauge!(name).set(number as f64);
}

/// Keeps measurements small whether or not anybody reads them, until cancelled.
pub(crate) async fn keep_metrics(metrics: Arc<Metrics>, cancelled: CancellationToken) {
    let mut turns = interval(UPKEEP);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = turns.tick() => metrics.handle.run_upkeep(),
            () = cancelled.cancelled() => return,
        }
    }
}

impl Observer for Metrics {
    fn called(&self, record: &CallRecord) {
        with_local_recorder(&self.recorder, || {
            let labels = [
                ("operation", record.operation),
                ("code", record.code),
                ("surface", record.surface.as_str()),
            ];
            histogram!("operation_duration_ms", &labels).record(record.took.as_secs_f64() * 1_000.0);
            counter!("operations", "actor" => record.actor, "code" => record.code).increment(1);
        });
    }
}

#[cfg(all(test, feature = "edge"))]
mod tests {
    use super::*;

    #[test]
    fn what_only_rises_is_a_counter_and_what_may_fall_a_gauge() {
        let metrics = Metrics::new(None).expect("metrics");
        let journal = JournalStanding { lost: 3, held: 9, ..JournalStanding::default() };
        let standing = Standing { journal, change_age: Duration::from_millis(1_500), ..Standing::default() };
        let page = metrics.render(&standing);
        for name in ["edge_route_loads", "edge_route_loads_failed", "edge_route_evictions", "clicks_lost"] {
            assert!(page.contains(&format!("# TYPE {name} counter\n")), "{name} in {page}");
        }
        for name in
            ["edge_routes_loaded", "edge_routes_absent", "edge_change_position", "edge_change_age_seconds"]
        {
            assert!(page.contains(&format!("# TYPE {name} gauge\n")), "{name} in {page}");
        }
        assert!(page.contains("\nclicks_lost 3\n"), "{page}");
        assert!(page.contains("\nedge_change_age_seconds 1.5\n"), "{page}");
    }
}
