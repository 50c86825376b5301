//! What is measured of the platform itself, in Prometheus' text form.

use ::metrics::{counter, gauge, histogram, with_local_recorder};
use lp_application::{CallRecord, Observer};
use lp_edge::EdgeStats;
use lp_ports::JournalReader;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

/// Milliseconds; a call to the embedded store takes about one.
const BUCKETS: &[f64] =
    &[0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 5_000.0, 30_000.0];

/// A recorder of this platform alone: an embedding program keeps its own.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, BuildError> {
        let recorder = PrometheusBuilder::new().set_buckets(BUCKETS)?.build_recorder();
        let handle = recorder.handle();
        Ok(Self { recorder, handle })
    }

    /// The page that Prometheus reads.
    pub(crate) fn render(&self, edge: &EdgeStats, journal: &dyn JournalReader) -> String {
        with_local_recorder(&self.recorder, || {
            let numbers = [
                ("edge_routes_loaded", edge.routes.loaded as u64),
                ("edge_routes_absent", edge.routes.absent as u64),
                ("edge_route_loads", edge.routes.loads),
                ("edge_route_loads_failed", edge.routes.failed_loads),
                ("edge_route_evictions", edge.routes.evictions),
                ("edge_change_position", edge.routes.newest_change),
                ("clicks_lost", edge.clicks_lost.max(journal.lost())),
            ];
            for (name, number) in numbers {
                #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
                gauge!(name).set(number as f64);
            }
        });
        self.handle.run_upkeep();
        self.handle.render()
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
