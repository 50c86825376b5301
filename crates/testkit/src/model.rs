//! Random batches on a few slugs, and a model that says what must become of them.
//!
//! [`apply`] sends [`steps`] to a store; [`expect`] says, without one, what each is answered and what is read in the
//! end. Two stores given the same steps must agree with each other likewise. [`check`] does it all on many lists of steps,
//! and [`store_contract!`](crate::store_contract) makes a test of it.

mod check;
mod memory;
mod observed;
mod step;

use std::sync::Arc;
use std::time::Duration;

use lp_core::SlugKey;
use lp_ports::{Batch, CommitError, Guard, Receipt};

use crate::{Author, Store};

pub use check::check;
pub use observed::{Observed, observe};
pub use step::{SLUGS, Step, steps};

/// What one step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The domain found nothing to decide: no link to delete, no such revision.
    Idle,
    /// Applied; the handle has this version.
    Done(u64),
    /// Refused by this guard.
    Stale(Guard),
    /// Known already; this was the reply.
    Repeated(String),
    /// The store failed.
    Failed(String),
}

/// Sends the steps to a store, one after the other.
pub async fn apply(store: Arc<dyn Store>, steps: &[Step]) -> Vec<Outcome> {
    let author = Author::new(Arc::clone(&store));
    let mut outcomes = Vec::with_capacity(steps.len());
    for step in steps {
        let mut known = step::Known::default();
        for slug in step.slugs() {
            known.slots.push(author.slot(slug).await);
        }
        known.greatest =
            store.greatest_position(&author.handle).await.expect("the greatest position should be read");
        if let Some((slug, revision)) = step.chosen() {
            let found = store.revision(&author.handle, &slug, revision).await;
            known.chosen = found.expect("the revision should be read");
        }
        outcomes.push(match plan(&author, step, &known) {
            Some(batch) => store.commit(batch).await.into(),
            None => Outcome::Idle,
        });
    }
    outcomes
}

/// What [`apply`] must answer, and what [`observe`] must see then.
pub fn expect(author: &Author, steps: &[Step]) -> (Vec<Outcome>, Observed) {
    let mut memory = memory::Memory::new(author.handle.clone());
    let mut outcomes = Vec::with_capacity(steps.len());
    for step in steps {
        let known = step::Known {
            slots: step.slugs().into_iter().map(|slug| memory.slot(&key_of(slug))).collect(),
            greatest: memory.greatest(),
            chosen: step.chosen().and_then(|(slug, revision)| memory.revision(&slug, revision)),
        };
        outcomes.push(plan(author, step, &known).map_or(Outcome::Idle, |batch| memory.commit(&batch)));
    }
    (outcomes, memory.observed())
}

/// The batch of a step, given what is known; draws ids in the same order for every store.
fn plan(author: &Author, step: &Step, known: &step::Known) -> Option<Batch> {
    author.clock.advance(Duration::from_secs(step.seconds()));
    step.batch(author, known)
}

fn key_of(slug: &str) -> SlugKey {
    crate::fixtures::key(slug)
}

impl From<Result<Receipt, CommitError>> for Outcome {
    fn from(outcome: Result<Receipt, CommitError>) -> Self {
        match outcome {
            Ok(receipt) => Self::Done(receipt.version),
            Err(CommitError::Stale(guard)) => Self::Stale(guard),
            Err(CommitError::Repeated(reply)) => Self::Repeated(reply.body),
            Err(CommitError::Spent(day)) => Self::Failed(format!("{day:?} is spent")),
            Err(CommitError::Store(fault)) => Self::Failed(fault.to_string()),
        }
    }
}
