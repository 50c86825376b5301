use lp_core::Revision;
use lp_ports::Guard;
use sqlx::PgConnection;

use crate::store::int;

/// What each guard asks about, all at one moment: the greatest revision of a slug, or how many there are of the rest.
const FOUND: &str = "SELECT CASE asked.kind \
         WHEN 'slug' THEN (SELECT max(revision) FROM link_revisions \
                      WHERE handle = asked.name AND slug_key = asked.slug) \
         WHEN 'handle' THEN (SELECT count(*) FROM handles WHERE handle = asked.name) \
         WHEN 'email' THEN (SELECT count(*) FROM accounts WHERE email = asked.name) \
         ELSE (SELECT count(*) FROM (SELECT 1 FROM accounts LIMIT 1) AS first) END AS found \
     FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (kind, name, slug, place) \
     ORDER BY place";

/// The first guard that does not hold now, within the transaction that writes.
pub(crate) async fn first_failing<'g>(
    connection: &mut PgConnection,
    guards: &'g [Guard],
) -> Result<Option<&'g Guard>, sqlx::Error> {
    if guards.is_empty() {
        return Ok(None);
    }
    let asked: Vec<_> = guards.iter().map(question).collect();
    let found: Vec<Option<i64>> = sqlx::query_scalar(FOUND)
        .bind(asked.iter().map(|(kind, ..)| *kind).collect::<Vec<_>>())
        .bind(asked.iter().map(|(_, name, _)| *name).collect::<Vec<_>>())
        .bind(asked.iter().map(|(.., slug)| *slug).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    let mut answers = guards.iter().zip(found);
    Ok(answers.find(|(guard, found)| *found != wanted(guard)).map(|(guard, _)| guard))
}

fn question(guard: &Guard) -> (&'static str, &str, &str) {
    match guard {
        Guard::SlugAt { handle, slug, .. } => ("slug", handle.as_str(), slug.as_str()),
        Guard::HandleFree(handle) => ("handle", handle.as_str(), ""),
        Guard::EmailFree(email) => ("email", email.as_str(), ""),
        Guard::StoreEmpty => ("accounts", "", ""),
    }
}

fn wanted(guard: &Guard) -> Option<i64> {
    match guard {
        Guard::SlugAt { latest, .. } => latest.map(|Revision(latest)| int(latest)),
        Guard::HandleFree(_) | Guard::EmailFree(_) | Guard::StoreEmpty => Some(0),
    }
}
