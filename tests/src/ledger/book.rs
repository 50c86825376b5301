use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use sqlx::{ConnectOptions, Row};

const SENT: u8 = 1;
const ANSWERED: u8 = 2;
const REFUSED: u8 = 3;

/// What became of each visit.
pub(super) struct Book {
    visits: Vec<AtomicU8>,
}

/// What was answered against what was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balance {
    /// How often a node was killed.
    pub kills: u64,
    /// Visits that were sent.
    pub sent: u64,
    /// Visits whose redirect arrived whole.
    pub answered: u64,
    /// Visits that were answered with something else, mostly because a store was away.
    pub refused: u64,
    /// Answered visits that are counted.
    pub counted: u64,
    /// Visits counted whose answer did not arrive: the node was killed in between.
    pub counted_unanswered: u64,
    /// Answered visits that are not counted. There must be none.
    pub missing: u64,
    /// Visits that are counted more than once. There must be none.
    pub twice: u64,
    /// What `verify-counts` said.
    pub verified: String,
}

impl Book {
    pub(super) fn new(visits: u64) -> Self {
        Self { visits: (0..visits).map(|_| AtomicU8::new(0)).collect() }
    }

    pub(super) fn len(&self) -> u64 {
        self.visits.len() as u64
    }

    pub(super) fn sent(&self, visit: u64) {
        self.note(visit, SENT);
    }

    pub(super) fn answered(&self, visit: u64, redirected: bool) {
        self.note(visit, if redirected { ANSWERED } else { REFUSED });
    }

    fn note(&self, visit: u64, what: u8) {
        if let Some(place) = usize::try_from(visit).ok().and_then(|visit| self.visits.get(visit)) {
            place.store(what, Ordering::Relaxed);
        }
    }

    pub(super) fn balance(&self, kills: u64, counted: &HashMap<u64, u64>, verified: &str) -> Balance {
        let mut balance = Balance { kills, verified: verified.trim().to_owned(), ..Balance::default() };
        for (number, what) in (0_u64..).zip(&self.visits) {
            let what = what.load(Ordering::Relaxed);
            let times = counted.get(&number).copied().unwrap_or_default();
            balance.sent += u64::from(what != 0);
            balance.answered += u64::from(what == ANSWERED);
            balance.refused += u64::from(what == REFUSED);
            balance.counted += u64::from(what == ANSWERED && times > 0);
            balance.counted_unanswered += u64::from(what != ANSWERED && times > 0);
            balance.missing += u64::from(what == ANSWERED && times == 0);
            balance.twice += u64::from(times > 1);
        }
        balance
    }
}

impl Balance {
    /// Whether every answered visit is counted, none twice, and the counts fit the clicks.
    pub fn holds(&self) -> bool {
        self.missing == 0 && self.twice == 0 && self.verified.starts_with("ok")
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "nodes killed               {:>9}", self.kills)?;
        writeln!(f, "visits sent                {:>9}", self.sent)?;
        writeln!(f, "redirects that arrived     {:>9}", self.answered)?;
        writeln!(f, "other answers              {:>9}", self.refused)?;
        writeln!(f, "of the arrived, counted    {:>9}", self.counted)?;
        writeln!(f, "of the arrived, missing    {:>9}", self.missing)?;
        writeln!(f, "counted more than once     {:>9}", self.twice)?;
        writeln!(f, "counted, cut off by a kill {:>9}", self.counted_unanswered)?;
        write!(f, "verify-counts: {}", self.verified)
    }
}

/// By visit, how many clicks the store has of it.
pub(super) async fn counted_in_sqlite(file: &Path) -> HashMap<u64, u64> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = options.connect().await.expect("the store");
    let query = sqlx::query("SELECT referrer, count(*) AS times FROM clicks GROUP BY referrer");
    let rows = query.fetch_all(&mut connection).await.expect("the clicks");
    rows.iter().map(|row| counted(row.get("referrer"), row.get("times"))).collect()
}

/// The same of a database.
pub(super) async fn counted_in_postgres(url: &str) -> HashMap<u64, u64> {
    let options: sqlx::postgres::PgConnectOptions = url.parse().expect("an address");
    let mut connection = options.connect().await.expect("the store");
    let query = sqlx::query("SELECT referrer, count(*) AS times FROM clicks GROUP BY referrer");
    let rows = query.fetch_all(&mut connection).await.expect("the clicks");
    rows.iter().map(|row| counted(row.get("referrer"), row.get("times"))).collect()
}

/// The visit is known by the page it came from.
fn counted(referrer: &str, times: i64) -> (u64, u64) {
    let number = referrer.strip_prefix('v').and_then(|rest| rest.strip_suffix(".example"));
    let number = number.and_then(|number| number.parse().ok()).expect("the referrer of a visit");
    (number, u64::try_from(times).expect("a count"))
}
