use std::mem;

use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type};

/// Above so many statements they are run before further ones are added: a large import would make a text that is parsed for
/// longer than it saves.
const MOST: usize = 64;

/// Statements that are run at once.
///
/// Each call to the engine wakes its thread and waits to be woken by it, which takes several times as long as a small
/// statement. So what needs no answer is said in one go. Values are bound, never written into the text.
#[derive(Default)]
pub(crate) struct Script {
    text: String,
    statements: usize,
    values: SqliteArguments,
    /// Of a value that could not be bound.
    fault: Option<BoxDynError>,
}

impl Script {
    /// Adds a statement, whose parameters are `?1`, `?2` … in this order, each once.
    pub(crate) fn say(&mut self, statement: &str) -> &mut Self {
        for (number, part) in statement.split('?').enumerate() {
            if number == 0 {
                self.text.push_str(part);
                continue;
            }
            let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
            debug_assert_eq!(part.strip_suffix(rest), Some(&*number.to_string()), "{statement}");
            // The engine's numbers are those of one statement; without any, values go to parameters in turn.
            self.text.push('?');
            self.text.push_str(rest);
        }
        self.text.push(';');
        self.statements += 1;
        self
    }

    /// Binds the next value of the statement that was added last.
    pub(crate) fn bind<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        if let Err(fault) = self.values.add(value) {
            self.fault.get_or_insert(fault);
        }
        self
    }

    /// Whether it should be run before more is added.
    pub(crate) fn is_long(&self) -> bool {
        self.statements >= MOST
    }

    /// Runs what was added, and begins anew.
    pub(crate) async fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let Self { text, statements, values, fault } = mem::take(self);
        if let Some(fault) = fault {
            return Err(sqlx::Error::Encode(fault));
        }
        if statements == 0 {
            return Ok(());
        }
        // Made of this crate's own constants and of numbers.
        sqlx::query_with(AssertSqlSafe(text), values).execute(connection).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;

    #[tokio::test]
    async fn each_statement_gets_its_own_values() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
        let mut script = Script::default();
        script.say("CREATE TABLE t (a TEXT, b INTEGER, c BLOB)");
        script.say("INSERT INTO t VALUES (?1, ?2, NULL)").bind("seven").bind(7);
        script.say("INSERT INTO t VALUES (?1, ?2, ?3)").bind(None::<&str>).bind(8_i64).bind(&[1_u8, 2][..]);
        script.say("UPDATE t SET b = b + ?1").bind(100);
        script.run(&mut connection).await.expect("runs");
        script.run(&mut connection).await.expect("nothing is left to run");
        let rows: Vec<(Option<String>, i64, Option<Vec<u8>>)> =
            sqlx::query_as("SELECT * FROM t ORDER BY b").fetch_all(&mut connection).await.expect("reads");
        assert_eq!(rows, [(Some("seven".to_owned()), 107, None), (None, 108, Some(vec![1, 2]))]);
    }

    #[tokio::test]
    async fn what_follows_a_statement_that_fails_is_not_run() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database");
        let mut script = Script::default();
        script.say("CREATE TABLE t (a INTEGER PRIMARY KEY)");
        script.say("INSERT INTO t VALUES (?1)").bind(1);
        script.say("INSERT INTO t VALUES (?1)").bind(1);
        script.say("INSERT INTO t VALUES (?1)").bind(2);
        let fault = script.run(&mut connection).await.expect_err("a key twice");
        assert!(
            fault.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation),
            "{fault}"
        );
        let rows: Vec<i64> =
            sqlx::query_scalar("SELECT a FROM t").fetch_all(&mut connection).await.expect("reads");
        assert_eq!(rows, [1]);
    }
}
