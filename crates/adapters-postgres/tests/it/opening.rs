use lp_adapters_postgres::{MigrateFault, OpenFault, PgOptions, PgStore, migrate};
use lp_ports::{AccessReader, CommitError, Committer, StoreError, StoreHealth};
use lp_testkit::fixtures::household;

use crate::database::Database;

/// What an operator reads: the failure and all that lies under it.
pub(crate) fn told(fault: &StoreError) -> String {
    lp_core::text::with_causes(fault)
}

async fn refused(url: &str) -> (StoreError, String) {
    let Err(fault) = PgStore::connect(url, PgOptions::default()).await else { panic!("it opened") };
    let told = told(&fault);
    (fault, told)
}

fn reason(fault: &StoreError) -> &OpenFault {
    let StoreError::Unavailable(source) = fault else { panic!("{fault} is no outage") };
    source.downcast_ref().unwrap_or_else(|| panic!("{source} does not say why"))
}

#[tokio::test]
async fn a_database_without_schema_is_refused_with_the_way_out() {
    let Some(database) = Database::empty().await else { return };
    let (fault, told) = refused(&database.url).await;
    assert!(matches!(reason(&fault), OpenFault::Unmigrated(_)), "{told}");
    assert!(told.contains("run `link-platform migrate`"), "{told}");
}

#[tokio::test]
async fn a_schema_that_this_program_cannot_follow_is_refused_and_fails_the_ping() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    database
        .damage(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'newer', TRUE, '\\x00', 0)",
        )
        .await;
    store.ping().await.expect("a schema that was only expanded is one for this program, too");
    database.store().await.ping().await.expect("also for a node that starts");
    database.damage("INSERT INTO installation (name, value) VALUES ('schema-needs', '9999')").await;
    let (fault, told) = refused(&database.url).await;
    assert!(matches!(reason(&fault), OpenFault::Newer { found: 9999, needs: 9999, .. }), "{told}");
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(migrate(&database.url).await, Err(MigrateFault::Schema(_))));
    database.damage("UPDATE _sqlx_migrations SET version = version - 9999").await;
    let (fault, told) = refused(&database.url).await;
    assert!(matches!(reason(&fault), OpenFault::Older { found: 0, .. }), "{told}");
    assert!(told.contains("run `link-platform migrate`"), "{told}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let nobody = "postgres://somebody:s3cr3t@127.0.0.1:1/nothing";
    let (fault, told) = refused(nobody).await;
    assert!(matches!(reason(&fault), OpenFault::Unreachable(..)));
    assert!(told.contains("127.0.0.1:1") && told.contains("refused") && !told.contains("s3cr3t"), "{told}");
    let (_, told) = refused("postgres://somebody:s3cr3t@127.0.0.1:notaport/nothing").await;
    assert!(!told.contains("s3cr3t"), "{told}");
    let Some(database) = Database::empty().await else { return };
    let missing = format!("{}x?", database.url.trim_end_matches('?'));
    let (_, told) = refused(&missing).await;
    assert!(told.contains("no such database"), "{told}");
}

#[tokio::test]
async fn migrating_says_what_was_done_and_the_second_time_nothing() {
    let Some(database) = Database::empty().await else { return };
    let report = migrate(&database.url).await.expect("it migrates");
    assert_eq!(report.from, None);
    assert_eq!(report.applied.first(), Some(&(1, "init".to_owned())));
    assert_eq!(report.applied.last().map(|(number, _)| *number), Some(report.to));
    let again = migrate(&database.url).await.expect("it migrates");
    assert_eq!((again.from, again.to, again.applied), (Some(report.to), report.to, vec![]));
    database.store().await.ping().await.expect("it can be used");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_that_migrate_at_once_one_does_it() {
    let Some(database) = Database::empty().await else { return };
    let reports = futures_util::future::join_all((0..3).map(|_| migrate(&database.url))).await;
    let reports: Vec<_> = reports.into_iter().map(|report| report.expect("it migrates")).collect();
    assert_eq!(reports.iter().filter(|report| !report.applied.is_empty()).count(), 1, "{reports:?}");
    database.store().await.commit(household()).await.expect("it can be used");
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let clone = store.clone();
    store.close().await;
    store.close().await;
    assert!(matches!(clone.commit(household()).await, Err(CommitError::Store(StoreError::Unavailable(_)))));
    assert!(matches!(clone.is_empty().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(clone.ping().await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_database_that_takes_no_writes_says_so() {
    let Some(database) = Database::fresh().await else { return };
    let read_only = format!("{}&options=-c%20default_transaction_read_only%3Don", database.url);
    let store = PgStore::connect(&read_only, PgOptions::default()).await.expect("it can be read");
    store.ping().await.expect("it can be read");
    let Err(fault) = store.write_probe().await else { panic!("it was written") };
    assert!(told(&fault).contains("read-only"), "{}", told(&fault));
    store.close().await;
}

#[tokio::test]
async fn a_pool_whose_connections_are_all_in_use_says_so() {
    let Some(database) = Database::fresh().await else { return };
    let store = PgStore::connect(&database.url, PgOptions { connections: 1 }).await.expect("it opens");
    let mut blocker = database.connection().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE accounts").execute(&mut blocker).await.expect("it locks");
    let (stuck, waiting) = tokio::join!(store.is_empty(), store.ping());
    let faults = [stuck.map(drop), waiting].map(|outcome| told(&outcome.expect_err("nothing is free")));
    assert!(faults.iter().any(|told| told.contains("in use")), "{faults:?}");
    assert!(faults.iter().any(|told| told.contains("lock")), "{faults:?}");
}
