use lp_core::Revision;
use lp_ports::Guard;
use sqlx::PgConnection;

use crate::store::int;

/// What each guard asks about, all at one moment: the greatest revision of a slug, or how many there are of the rest (of
/// refresh tokens and what connections use up: unused ones, or all; of codes: open ones; of a handle that should be there: its revision).
const FOUND: &str = "SELECT CASE asked.kind \
         WHEN 'slug' THEN (SELECT max(revision) FROM link_revisions \
                      WHERE handle = asked.name AND slug_key = asked.slug) \
         WHEN 'handle' THEN (SELECT count(*) FROM handle_names WHERE name = asked.name) \
             + (SELECT count(*) FROM handles WHERE handle = asked.name) \
         WHEN 'handle_at' THEN (SELECT revision FROM handles WHERE handle = asked.name) \
         WHEN 'rules_at' THEN (SELECT coalesce(max(revision), 0) FROM handle_rules \
                          WHERE handle = asked.name) \
         WHEN 'email' THEN (SELECT count(*) FROM accounts WHERE email = asked.name) \
         WHEN 'password' THEN (SELECT count(*) FROM accounts \
                          WHERE email = asked.name AND password_hash = asked.slug) \
         WHEN 'code' THEN (SELECT count(*) FROM mail_codes WHERE hash = asked.hash AND tries_left > 0) \
         WHEN 'refresh' THEN (SELECT count(*) FROM refresh_tokens WHERE hash = asked.hash AND used_at IS NULL) \
         WHEN 'credential' THEN (SELECT count(*) FROM connection_credentials \
                          WHERE hash = asked.hash AND kind <> 'ACCESS' AND used_at IS NULL) \
         WHEN 'renewal' THEN (SELECT count(*) FROM refresh_tokens WHERE hash = asked.hash) \
         ELSE (SELECT count(*) FROM (SELECT 1 FROM accounts LIMIT 1) AS first) END AS found \
     FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) \
         WITH ORDINALITY AS asked (kind, name, slug, hash, place) \
     ORDER BY place";

struct Question<'g> {
    kind: &'static str,
    name: &'g str,
    slug: &'g str,
    hash: &'g [u8],
}

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
        .bind(asked.iter().map(|asked| asked.kind).collect::<Vec<_>>())
        .bind(asked.iter().map(|asked| asked.name).collect::<Vec<_>>())
        .bind(asked.iter().map(|asked| asked.slug).collect::<Vec<_>>())
        .bind(asked.iter().map(|asked| asked.hash).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    let mut answers = guards.iter().zip(found);
    Ok(answers.find(|(guard, found)| *found != wanted(guard)).map(|(guard, _)| guard))
}

fn question(guard: &Guard) -> Question<'_> {
    let nothing = Question { kind: "accounts", name: "", slug: "", hash: &[] };
    match guard {
        Guard::SlugAt { handle, slug, .. } => {
            Question { kind: "slug", name: handle.as_str(), slug: slug.as_str(), ..nothing }
        }
        Guard::HandleAt { handle, .. } => Question { kind: "handle_at", name: handle.as_str(), ..nothing },
        Guard::RulesAt { handle, .. } => Question { kind: "rules_at", name: handle.as_str(), ..nothing },
        Guard::HandleFree(handle) => Question { kind: "handle", name: handle.as_str(), ..nothing },
        Guard::EmailFree(email) => Question { kind: "email", name: email.as_str(), ..nothing },
        Guard::RefreshUnused(hash) => Question { kind: "refresh", hash: &hash.0, ..nothing },
        Guard::RefreshFree(hash) => Question { kind: "renewal", hash: &hash.0, ..nothing },
        Guard::CredentialUnused(hash) => Question { kind: "credential", hash: &hash.0, ..nothing },
        Guard::PasswordIs { email, hash } => {
            Question { kind: "password", name: email.as_str(), slug: hash, ..nothing }
        }
        Guard::CodeOpen(hash) => Question { kind: "code", hash: &hash.0, ..nothing },
        Guard::StoreEmpty => nothing,
    }
}

fn wanted(guard: &Guard) -> Option<i64> {
    match guard {
        Guard::SlugAt { latest, .. } => latest.map(|Revision(latest)| int(latest)),
        Guard::HandleAt { revision: Revision(revision), .. }
        | Guard::RulesAt { revision: Revision(revision), .. } => Some(int(*revision)),
        Guard::RefreshUnused(_)
        | Guard::CredentialUnused(_)
        | Guard::PasswordIs { .. }
        | Guard::CodeOpen(_) => Some(1),
        Guard::HandleFree(_) | Guard::EmailFree(_) | Guard::RefreshFree(_) | Guard::StoreEmpty => Some(0),
    }
}
