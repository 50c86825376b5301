use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use lp_core::Timestamp;
use lp_ports::{ClickJournal, Ingest, JournalId, JournalReader, StoreError, Stretch};
use lp_testkit::Sandbox;
use lp_testkit::fixtures::click;
use lp_worker::{Drain, DrainError, drain_clicks};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// A store that can be taken away.
struct Intake {
    store: Arc<dyn Ingest>,
    away: AtomicBool,
}

#[async_trait]
impl Ingest for Intake {
    async fn ingest(&self, stretch: &Stretch) -> Result<u64, StoreError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("away".into()));
        }
        self.store.ingest(stretch).await
    }

    async fn ingested(&self, journal: &JournalId) -> Result<u64, StoreError> {
        self.store.ingested(journal).await
    }

    async fn expire(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.store.expire(before).await
    }
}

struct Fixture {
    sandbox: Sandbox,
    intake: Arc<Intake>,
}

impl Fixture {
    async fn new() -> Self {
        let sandbox = Sandbox::new().await;
        let store = Arc::new(sandbox.store.clone());
        Self { intake: Arc::new(Intake { store, away: AtomicBool::new(false) }), sandbox }
    }

    fn visit(&self, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            self.sandbox.journal.append(click(number).borrowed()).expect("room");
        }
    }

    fn way(&self) -> Drain {
        let (journal, ingest) = (self.sandbox.journal.clone(), self.intake.clone());
        Drain::start(journal, ingest, self.sandbox.app.clone()).expect("a thread")
    }

    async fn drain(&self) -> Result<bool, DrainError> {
        self.way().once().await
    }

    async fn counted(&self) -> u64 {
        let reply = self.sandbox.call("analytics_get", json!({ "query": { "period": "1d" } })).await;
        reply.result.expect("counts").value["clicks"].as_u64().expect("a number")
    }
}

#[tokio::test]
async fn everything_in_the_journal_is_counted() {
    let fixture = Fixture::new().await;
    fixture.sandbox.clock.advance(std::time::Duration::from_hours(10));
    fixture.visit(0..9_000);
    fixture.drain().await.expect("it moves");
    assert_eq!(fixture.counted().await, 9_000);
    assert_eq!(fixture.sandbox.journal.standing().held, 0);
}

#[tokio::test]
async fn clicks_wait_while_the_store_is_away() {
    let fixture = Fixture::new().await;
    fixture.sandbox.clock.advance(std::time::Duration::from_hours(1));
    fixture.visit(0..10);
    fixture.intake.away.store(true, Ordering::SeqCst);
    assert!(matches!(fixture.drain().await, Err(DrainError::Store(_))));
    fixture.visit(10..20);
    fixture.intake.away.store(false, Ordering::SeqCst);
    fixture.drain().await.expect("it moves");
    assert_eq!(fixture.counted().await, 20);
}

#[tokio::test]
async fn what_was_taken_in_and_not_acknowledged_is_not_counted_again() {
    let fixture = Fixture::new().await;
    fixture.sandbox.clock.advance(std::time::Duration::from_hours(1));
    fixture.visit(0..10);
    // As if the process had been killed between the intake and the acknowledgement.
    let stretch = fixture.sandbox.journal.read(6).expect("reads").expect("clicks");
    fixture.intake.ingest(&stretch).await.expect("taken in");
    fixture.drain().await.expect("it moves");
    assert_eq!(fixture.counted().await, 10);
    assert_eq!(fixture.sandbox.journal.standing().held, 0);
}

/// A journal that never runs dry: each reading finds a click that came meanwhile.
struct Busy(Arc<Sandbox>);

impl JournalReader for Busy {
    fn read(&self, max: usize) -> Result<Option<Stretch>, lp_ports::JournalError> {
        self.0.journal.append(click(1).borrowed()).expect("room");
        self.0.journal.read(max)
    }

    fn acknowledge(&self, journal: &JournalId, upto: u64) {
        self.0.journal.acknowledge(journal, upto);
    }

    fn standing(&self) -> lp_ports::JournalStanding {
        self.0.journal.standing()
    }
}

#[tokio::test]
async fn a_steady_trickle_is_written_in_turns_and_counts_as_fresh() {
    let sandbox = Arc::new(Sandbox::new().await);
    let journal: Arc<dyn JournalReader> = Arc::new(Busy(sandbox.clone()));
    let ingest: Arc<dyn Ingest> = Arc::new(sandbox.store.clone());
    let drain = Drain::start(journal, ingest, sandbox.app.clone()).expect("a thread");
    assert!(!drain.once().await.expect("it ends"), "more is to come");
    let reply = sandbox.call("analytics_get", json!({})).await.result.expect("counts");
    assert_eq!(reply.value["freshness"]["status"], "FRESH");
}

#[tokio::test]
async fn an_orderly_end_counts_what_is_left() {
    let fixture = Fixture::new().await;
    fixture.sandbox.clock.advance(std::time::Duration::from_hours(10));
    fixture.visit(0..500);
    let told = CancellationToken::new();
    told.cancel();
    drain_clicks(fixture.way(), told).await;
    assert_eq!(fixture.counted().await, 500);
}
