use std::fmt::Debug;
use std::sync::Arc;

use lp_ports::ChangePosition;
use proptest::prelude::{ProptestConfig, TestCaseError};
use proptest::test_runner::{TestError, TestRunner};

use super::{Observed, Outcome, SLUGS, Step, apply, expect, observe, steps};
use crate::contract::{Fresh, runtime};
use crate::{Author, Store, fixtures};

/// Sends so many random lists of steps to stores that nobody has used, and fails with the shortest list it finds whose
/// answers, or what can be read afterwards, are not what the model says.
pub fn check<F: Into<Fresh>>(cases: u32, fresh: impl AsyncFn() -> F) {
    let runtime = runtime();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        runtime.block_on(async {
            let fresh = fresh().await.into();
            let store = fresh.store();
            match compare(store, &steps).await {
                None => Ok(()),
                Some(difference) => Err(TestCaseError::fail(difference)),
            }
        })
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, steps)) => {
            panic!("the store differs from the model\n{why}\n{}", listed(&steps))
        }
        Err(TestError::Abort(why)) => panic!("random batches could not be made: {why}"),
    }
}

/// What the store answers or shows that the model does not; `None` where they agree.
async fn compare(store: Arc<dyn Store>, steps: &[Step]) -> Option<String> {
    let since: ChangePosition = store.position().await.expect("the position reads");
    let (should, end) = expect(&Author::new(Arc::clone(&store)), steps);
    let answered = apply(Arc::clone(&store), steps).await;
    answers(&answered, &should).or(observe(&*store, &fixtures::handle(), since).await.difference(&end))
}

fn answers(answered: &[Outcome], should: &[Outcome]) -> Option<String> {
    let mut pairs = (1..).zip(answered.iter().zip(should));
    let (number, (answered, should)) = pairs.find(|(_, (answered, should))| answered != should)?;
    Some(told(&format!("the answer to step {number}"), answered, should))
}

fn told(what: &str, answered: &impl Debug, should: &impl Debug) -> String {
    format!("  came:  {what}\n    answered:  {answered:?}\n    should be: {should:?}")
}

fn listed(steps: &[Step]) -> String {
    let lines = (1..).zip(steps).map(|(number, step)| format!("    {number}. {step:?}"));
    format!("  after these steps on the slugs {SLUGS:?}:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The first thing in which two lists differ.
fn in_list<T: PartialEq + Debug>(what: &str, read: &[T], should: &[T]) -> Option<String> {
    let longest = read.len().max(should.len());
    let at = (0..longest).find(|at| read.get(*at) != should.get(*at))?;
    let what = format!("{what}, number {} of {} that should be {}", at + 1, read.len(), should.len());
    Some(told(&what, &read.get(at), &should.get(at)))
}

fn in_one<T: PartialEq + Debug>(what: &str, read: &T, should: &T) -> Option<String> {
    (read != should).then(|| told(what, read, should))
}

impl Observed {
    /// Where this, as it was read, is not as it should be.
    pub fn difference(&self, should: &Self) -> Option<String> {
        let revisions = SLUGS.iter().zip(self.revisions.iter().zip(&should.revisions));
        let slots = SLUGS.iter().zip(self.slots.iter().zip(&should.slots));
        slots
            .into_iter()
            .find_map(|(slug, (read, should))| in_one(&format!("the slot of {slug}"), read, should))
            .or_else(|| {
                let mut revisions = revisions.into_iter();
                revisions.find_map(|(slug, (read, should))| {
                    in_list(&format!("the revisions of {slug}"), read, should)
                })
            })
            .or_else(|| in_list("the list of links", &self.links, &should.links))
            .or_else(|| in_list("the links with the tag SALE", &self.sales, &should.sales))
            .or_else(|| in_one("the count of links", &self.count, &should.count))
            .or_else(|| in_one("the greatest position", &self.greatest, &should.greatest))
            .or_else(|| in_list("the events", &self.events, &should.events))
            .or_else(|| in_list("the audit", &self.audit, &should.audit))
            .or_else(|| in_list("the change log", &self.notes, &should.notes))
    }
}
