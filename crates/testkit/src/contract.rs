//! What every store must do, as a table of cases.
//!
//! The ports say in words what they ask of a store; here each of those sentences is a case that tries it. A store that
//! passes them all, and [`model`](crate::model) besides, can stand behind a platform.
//!
//! # Running it on a store of your own
//!
//! The kit is a dev-dependency, and without its default features it brings no store of its own:
//!
//! ```toml
//! [dev-dependencies]
//! lp-testkit = { version = "0.1", default-features = false }
//! ```
//!
//! [`store_contract!`](crate::store_contract) makes each case a `#[test]` of its own, named as it is here, so that one
//! can be run alone (`cargo test links::a_link_reads_back_as_it_was_written`). Give each store a module:
//!
//! ```
//! # #[cfg(feature = "sandbox")]
//! mod contract {
//!     # mod my_store {
//!     #     use lp_testkit::contract::Fresh;
//!     #     pub(super) async fn open() -> Fresh { Fresh::shared(lp_testkit::embedded_store().await) }
//!     # }
//!     lp_testkit::store_contract!(async || my_store::open().await);
//! }
//! ```
//!
//! Where nodes share the store and count calls together, [`counters_contract!`](crate::counters_contract) does the same
//! for [`Counters`]. [`run`] does all of it in one test of yours: for stores that are dear to make and have to be closed
//! in between.
//!
//! # What the factory gives
//!
//! The expression is an async function or closure without arguments. It is called once for each case, and each time gives
//! a store that nobody has used: empty, with its schema, open. Its answer is the store itself (anything that is a
//! [`Store`]), or, where something must outlive it (a folder, a container), a [`Fresh`] that [keeps](Fresh::keeping) it.
//! Each case runs on a runtime of its own with four threads and all drivers.
//!
//! # Time and faults
//!
//! A store has no clock: every instant it needs is in what it is given, the cases' begin at [`START`](crate::START), and
//! none of them sleeps. Only [`Counters`] read the store's own clock; their cases use rates by which it makes no
//! difference. Ids are [seeded](crate::SeededIds), so a failing case fails again the same way, but for those that race.
//!
//! Cases named `racing` let six rivals run through as many rounds as half a second or so holds. Who judges and writes in
//! two steps is found out by chance: most times, the less is going on elsewhere on the machine the more surely. One that
//! fails once has found something.
//!
//! No case makes the engine below a store fail: how to do that only the store's own tests know. Four promises are theirs:
//! what was committed is there when the store is opened again; an engine that cannot be reached, is full or too slow is
//! [`StoreError::Unavailable`](lp_ports::StoreError), and never an empty answer; a row that the domain refuses is
//! `StoreError::Corrupt`, and never a default value; and where several processes share the store, all of this holds
//! between them.
//!
//! # When a case fails
//!
//! It says what was promised and what came instead:
//!
//! ```text
//! the store breaks its contract
//!   case:      lists::pages_meet_without_gap_or_overlap
//!   promised:  `LinkReader::list`: following `next` reads every link once, however long the pages are.
//!   came:      pages of 1 overlap
//! ```
//!
//! The cases are in [`CASES`] and [`COUNTERS`], and as functions in [`cases`], where rustdoc lists them all.

mod access;
mod analytics;
mod audit;
mod batches;
mod budgets;
mod changes;
mod clicks;
mod connections;
mod counters;
mod counts;
mod events;
mod handles;
mod health;
mod links;
mod lists;
mod mail;
mod plans;
mod race;
mod replies;
mod revisions;
mod rules;
mod sessions;
mod table;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lp_ports::Counters;

use crate::Store;

use race::{RIVALS, heats, race, race_once};

/// One line of the contract.
pub struct Case<P: ?Sized = dyn Store> {
    /// The line, as a sentence, behind the name of its group.
    pub name: &'static str,
    /// Which port, and what it promises there.
    pub promise: &'static str,
    /// Proves it on a store that nobody has used; panics where it does not hold.
    pub run: fn(Arc<P>) -> BoxFuture<'static, ()>,
}

/// A store that nobody has used, and what must outlive it.
pub struct Fresh<P: ?Sized = dyn Store> {
    store: Arc<P>,
    kept: Vec<Box<dyn Any>>,
}

/// The whole contract. A case that is written and not listed here does not compile without a warning.
pub const CASES: &[Case] = crate::__store_cases!(table);

/// What [`Counters`] promise besides, where nodes share a store.
pub const COUNTERS: &[Case<dyn Counters>] = crate::__counters_cases!(table);

/// Every case as a function that panics where its promise does not hold.
pub mod cases {
    crate::__store_cases!(functions dyn crate::Store);
    crate::__counters_cases!(functions dyn lp_ports::Counters);
}

/// Makes every case of the contract a test of its own, and random batches against the [model](crate::model) one more, on
/// what the [factory](crate::contract#what-the-factory-gives) gives. Once in a module.
#[macro_export]
macro_rules! store_contract {
    ($fresh:expr $(,)?) => {
        fn prove(case: &str) {
            $crate::contract::prove($crate::contract::CASES, case, $fresh);
        }

        $crate::__store_cases!(tests);

        mod model {
            /// Whatever batches come, they are answered, and leave behind, what the model says.
            #[test]
            fn random_batches_come_to_what_the_model_says() {
                super::prove_model();
            }
        }

        fn prove_model() {
            $crate::model::check(64, $fresh);
        }
    };
}

/// Makes every case of [`Counters`] a test of its own. Once in a module.
#[macro_export]
macro_rules! counters_contract {
    ($fresh:expr $(,)?) => {
        fn prove(case: &str) {
            $crate::contract::prove($crate::contract::COUNTERS, case, $fresh);
        }

        $crate::__counters_cases!(tests);
    };
}

/// Runs one case of a table, found by its name, and fails saying what was promised and what came instead.
pub fn prove<P: ?Sized, F: Into<Fresh<P>>>(cases: &[Case<P>], name: &str, fresh: impl AsyncFnOnce() -> F) {
    let found = cases.iter().find(|case| case.name == name);
    let case = found.unwrap_or_else(|| panic!("the contract has no case {name}"));
    let broken = runtime().block_on(async {
        let fresh = fresh().await.into();
        case.breach(fresh.store()).await
    });
    if let Some(broken) = broken {
        panic!("the store breaks its contract\n{broken}");
    }
}

/// Runs every case on a store of its own, and fails telling of all that do not hold. Needs a runtime with several
/// threads, or nothing races.
pub async fn run(fresh: impl AsyncFn() -> Arc<dyn Store>) {
    run_cases(CASES, fresh).await;
}

/// The same with the cases of any table.
pub async fn run_cases<P: ?Sized>(cases: &[Case<P>], fresh: impl AsyncFn() -> Arc<P>) {
    let mut broken = Vec::new();
    for case in cases {
        broken.extend(case.breach(fresh().await).await);
    }
    assert!(
        broken.is_empty(),
        "the store breaks {} of {} lines of the contract\n{}",
        broken.len(),
        cases.len(),
        broken.join("\n")
    );
}

/// As nodes have it: several threads, so that what may race does.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(4).enable_all().build().expect("a runtime starts")
}

/// The words of a failed assertion, with names for both sides; cases have what the store answered on the left.
fn readable(said: &str) -> String {
    let said = said.replacen("assertion `left == right` failed: ", "", 1);
    let said = said.replacen("assertion `left == right` failed", "something else", 1);
    let Some((what, sides)) = said.split_once("\n  left: ") else { return said };
    let Some((answered, should)) = sides.split_once("\n right: ") else { return said };
    let both = format!("{what}\n    answered:  {answered}\n    should be: {should}");
    // Where long values differ in one field, a reader would look for it for long.
    let same = answered.chars().zip(should.chars()).take_while(|(one, other)| one == other).count();
    if same < 80 {
        return both;
    }
    let part = |side: &str| side.chars().skip(same - 40).take(120).collect::<String>();
    format!("{both}\n  from here:   …{}…\n               …{}…", part(answered), part(should))
}

impl<P: ?Sized> Case<P> {
    /// What is wrong, in words; `None` where the promise holds.
    async fn breach(&self, store: Arc<P>) -> Option<String> {
        let panicked = AssertUnwindSafe((self.run)(store)).catch_unwind().await.err()?;
        let said = panicked.downcast_ref::<String>().map(String::as_str);
        let said =
            said.or_else(|| panicked.downcast_ref::<&str>().copied()).unwrap_or("a panic without words");
        let came = readable(said);
        let Self { name, promise, .. } = self;
        Some(format!("  case:      {name}\n  promised:  {promise}\n  came:      {came}"))
    }
}

impl<P: ?Sized> Fresh<P> {
    /// One that is shared already.
    pub fn shared(store: Arc<P>) -> Self {
        Self { store, kept: Vec::new() }
    }

    /// The store.
    pub(crate) fn store(&self) -> Arc<P> {
        Arc::clone(&self.store)
    }

    /// Drops this only when the case is over and its store is gone.
    #[must_use]
    pub fn keeping(mut self, what: impl Any) -> Self {
        self.kept.push(Box::new(what));
        self
    }
}

impl<S: Store + 'static> From<S> for Fresh<dyn Store> {
    fn from(store: S) -> Self {
        Self::shared(Arc::new(store))
    }
}

impl<S: Counters + 'static> From<S> for Fresh<dyn Counters> {
    fn from(store: S) -> Self {
        Self::shared(Arc::new(store))
    }
}
