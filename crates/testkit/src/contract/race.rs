//! Races that are won and lost for real.
//!
//! What a store does between a look and a write may take a fraction of a microsecond, and nothing makes two threads meet
//! there. So rivals run through many rounds side by side: who is behind has less to do and catches up, and a store that
//! is fast is raced the more often.

use std::iter;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// How many run side by side.
pub(super) const RIVALS: u64 = 6;
/// As many rounds has the first heat; each has twice as many as the one before.
const FIRST: u64 = 4;
/// After this there is no further heat; the last may take twice as long as all before it.
const LONG_ENOUGH: Duration = Duration::from_millis(400);
/// No more rounds than this in all.
const MOST: u64 = 50_000;

/// The rounds, by the heat.
pub(super) fn heats() -> impl Iterator<Item = Range<u64>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "only how often a race repeats depends on it, not what is asked"
    )]
    let start = Instant::now();
    let doubled = iter::successors(Some(0..FIRST), |heat| Some(heat.end..heat.end * 3 - heat.start * 2));
    doubled.take_while(move |heat| heat.start == 0 || (heat.end < MOST && start.elapsed() < LONG_ENOUGH))
}

/// Lets each rival run through its rounds, all at once on the threads of the runtime, and gives what came of it: per
/// round, what each of them got.
pub(super) async fn race<T, R>(rivals: Vec<Vec<R>>) -> Vec<Vec<T>>
where
    T: Send + 'static,
    R: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(rivals.len()));
    let mut running = JoinSet::new();
    for (number, rounds) in rivals.into_iter().enumerate() {
        let start = Arc::clone(&start);
        running.spawn(async move {
            start.wait().await;
            let mut got = Vec::with_capacity(rounds.len());
            for round in rounds {
                got.push(round.await);
            }
            (number, got)
        });
    }
    let mut ended = running.join_all().await;
    ended.sort_by_key(|(number, _)| *number);
    let mut left: Vec<_> = ended.into_iter().map(|(_, got)| got.into_iter()).collect();
    iter::from_fn(|| left.iter_mut().map(Iterator::next).collect()).collect()
}

/// The same with one round.
pub(super) async fn race_once<T, R>(rivals: impl IntoIterator<Item = R>) -> Vec<T>
where
    T: Send + 'static,
    R: Future<Output = T> + Send + 'static,
{
    race(rivals.into_iter().map(|rival| vec![rival]).collect()).await.pop().unwrap_or_default()
}
