use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lp_application::{Code, Error};
use lp_core::{Handle, SlugKey};
use lp_ports::{ChangeLog, ChangeNote, ChangePosition, Changed, Changes, StoreError};
use lp_testkit::FixedClock;
use lp_testkit::fixtures::{handle, key};
use lp_worker::{RouteKeeper, follow_changes};
use tokio_util::sync::CancellationToken;

/// Gives prepared answers, wakes whoever rests, and ends the loop behind the last of them.
struct Script {
    answers: Mutex<VecDeque<Result<Changes, StoreError>>>,
    asked: Mutex<Vec<u64>>,
    end: CancellationToken,
}

#[async_trait]
impl ChangeLog for Script {
    async fn position(&self) -> Result<ChangePosition, StoreError> {
        Ok(ChangePosition(0))
    }

    async fn changes(&self, after: ChangePosition, _: u32) -> Result<Changes, StoreError> {
        self.asked.lock().expect("no poison").push(after.0);
        let next = self.answers.lock().expect("no poison").pop_front();
        next.unwrap_or_else(|| {
            self.end.cancel();
            Ok(Changes { notes: vec![], position: after, missed: false })
        })
    }

    async fn hint(&self) {}

    async fn trim(&self, _: u64) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// Writes down what it is told; its store is away for the first so many loads.
struct Keeper {
    told: Mutex<Vec<String>>,
    away: Mutex<u32>,
}

impl RouteKeeper for Keeper {
    fn refresh(
        &self,
        _: Handle,
        slug: SlugKey,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>> {
        let mut away = self.away.lock().expect("no poison");
        let refused = *away > 0;
        *away = away.saturating_sub(1);
        let told = if refused { format!("{slug}!") } else { slug.to_string() };
        self.told.lock().expect("no poison").push(told);
        Box::pin(async move { if refused { Err(Error::new(Code::UNAVAILABLE, "away")) } else { Ok(()) } })
    }

    fn rules_changed(&self, handle: Handle) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>> {
        self.told.lock().expect("no poison").push(format!("rules of {handle}"));
        Box::pin(async { Ok(()) })
    }

    fn access_changed(&self, handle: Handle) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>> {
        self.told.lock().expect("no poison").push(format!("access of {handle}"));
        Box::pin(async { Ok(()) })
    }

    fn lost_track(&self) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>> {
        self.told.lock().expect("no poison").push("lost".to_owned());
        Box::pin(async { Ok(()) })
    }

    fn caught_up(&self, position: ChangePosition) {
        self.told.lock().expect("no poison").push(format!("at {}", position.0));
    }

    fn followed(&self, _: Duration) {
        self.told.lock().expect("no poison").push("end".to_owned());
    }
}

fn changes(slugs: &[&str], position: u64, missed: bool) -> Changes {
    let note = |slug: &&str| ChangeNote { handle: handle(), version: 1, changed: Changed::Link(key(slug)) };
    Changes { notes: slugs.iter().map(note).collect(), position: ChangePosition(position), missed }
}

/// What the keeper was told, and from which positions the log was asked.
async fn follow(answers: Vec<Result<Changes, StoreError>>, away: u32) -> (Vec<String>, Vec<u64>) {
    let end = CancellationToken::new();
    let script =
        Arc::new(Script { answers: Mutex::new(answers.into()), asked: Mutex::default(), end: end.clone() });
    let keeper = Arc::new(Keeper { told: Mutex::default(), away: Mutex::new(away) });
    follow_changes(script.clone(), ChangePosition(5), keeper.clone(), Arc::new(FixedClock::default()), end)
        .await;
    let told = keeper.told.lock().expect("no poison").clone();
    let asked = script.asked.lock().expect("no poison").clone();
    (told, asked)
}

#[tokio::test]
async fn every_note_is_followed_to_the_end() {
    let (told, asked) =
        follow(vec![Ok(changes(&["aa", "bb"], 7, false)), Ok(changes(&["cc"], 8, false))], 0).await;
    assert_eq!(told[..5], ["aa", "bb", "at 7", "cc", "at 8"]);
    assert_eq!(asked[..3], [5, 7, 8]);
}

#[tokio::test]
async fn a_note_whose_route_cannot_be_loaded_is_met_again() {
    let notes = || Ok(changes(&["aa"], 6, false));
    let (told, asked) = follow(vec![notes(), notes()], 1).await;
    assert_eq!(told[..3], ["aa!", "aa", "at 6"]);
    assert_eq!(asked[..3], [5, 5, 6]);
}

#[tokio::test]
async fn a_log_that_is_away_is_asked_again_from_the_same_place() {
    let gone = Err(StoreError::Unavailable("away".into()));
    let (told, asked) = follow(vec![gone, Ok(changes(&["aa"], 6, false))], 0).await;
    assert_eq!(told[..2], ["aa", "at 6"]);
    assert_eq!(asked[..3], [5, 5, 6]);
}

#[tokio::test]
async fn after_notes_were_missed_everything_is_given_up_before_the_rest_is_followed() {
    let (told, _) = follow(vec![Ok(changes(&["aa"], 900, true)), Ok(changes(&["bb"], 901, false))], 0).await;
    assert_eq!(told[..5], ["lost", "aa", "at 900", "bb", "at 901"]);
}

#[tokio::test]
async fn changed_access_is_told_and_the_end_of_the_log_behind_it() {
    let note = ChangeNote { handle: handle(), version: 2, changed: Changed::Access };
    let changed = Changes { notes: vec![note], position: ChangePosition(6), missed: false };
    let (told, _) = follow(vec![Ok(changed)], 0).await;
    assert_eq!(told[..4], ["access of hello", "at 6", "at 6", "end"]);
}
