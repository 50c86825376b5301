//! Locks on what is no row yet, or not one that every batch about it writes. They end with their transaction.

use lp_access::SecretHash;
use lp_core::Handle;
use lp_ports::{Batch, Change, ConnectionChange, Guard, MailChange, ReplyKey};
use sqlx::PgConnection;

/// Advisory locks are numbers; the upper 16 bits say what for. Below 2^15, so that the numbers stay above zero.
const NAMES: i64 = 0x4c4e << 48;

const TAKE: &str = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS keys (key)";

/// Lets one transaction at a time decide about the names of a batch that may not be there yet: mailboxes, handles, reply
/// keys, the first account; and about the use of a refresh token, or a code of an app or a mail. Taken before all other locks and in the order of the numbers, so that no two transactions
/// wait for each other. Two names with one number only wait without need.
pub(crate) async fn take(connection: &mut PgConnection, batch: &Batch) -> Result<(), sqlx::Error> {
    let mut keys: Vec<i64> = Vec::new();
    keys.extend(batch.reply().map(|reply| of_reply(&reply.key)));
    for guard in batch.guards() {
        match guard {
            Guard::SlugAt { .. } | Guard::HandleAt { .. } | Guard::RulesAt { .. } => {}
            Guard::HandleFree(handle) => keys.push(of_handle(handle)),
            Guard::EmailFree(email) | Guard::PasswordIs { email, .. } => {
                keys.push(of(&["email", email.as_str()]));
            }
            Guard::RefreshUnused(hash)
            | Guard::RefreshFree(hash)
            | Guard::CredentialUnused(hash)
            | Guard::CodeOpen(hash) => {
                keys.push(of_secret(hash));
            }
            Guard::StoreEmpty => keys.push(of(&["accounts"])),
        }
    }
    for change in batch.changes() {
        match change {
            Change::Account(new) => keys.extend([of(&["accounts"]), of(&["email", new.email.as_str()])]),
            Change::Handle(new) => keys.push(of_handle(&new.handle)),
            Change::HandleWritten(write) => keys.push(of_handle(&write.record.name)),
            Change::SessionRenewed { used: hash, .. }
            | Change::Connection(ConnectionChange::Renewed { used: hash, .. })
            | Change::Mail(MailChange::Tried(hash) | MailChange::Used(hash)) => keys.push(of_secret(hash)),
            Change::Mail(MailChange::Issued(code)) => {
                keys.push(of(&["code", code.purpose.as_str(), code.email.as_str()]));
            }
            Change::Link { .. }
            | Change::Rules(_)
            | Change::Token(_)
            | Change::TokenRevoked { .. }
            | Change::Terms { .. }
            | Change::SessionBegun { .. }
            | Change::SessionEnded { .. }
            | Change::SessionsEnded { .. }
            | Change::PasswordSet { .. }
            | Change::Connection(_)
            | Change::Mail(MailChange::Queued(_)) => {}
        }
    }
    if keys.is_empty() {
        return Ok(());
    }
    keys.sort_unstable();
    keys.dedup();
    sqlx::query(TAKE).bind(keys).execute(connection).await.map(drop)
}

fn of_handle(handle: &Handle) -> i64 {
    of(&["handle", handle.as_str()])
}

fn of_reply(key: &ReplyKey) -> i64 {
    of(&["reply", &key.actor, &key.operation, &key.key])
}

fn of_secret(hash: &SecretHash) -> i64 {
    number(b"secret\0".iter().chain(&hash.0).copied())
}

fn of(words: &[&str]) -> i64 {
    number(words.iter().flat_map(|word| word.bytes().chain([0])))
}

/// FNV-1a, cut to 48 bits; the same on every node, whatever built it.
fn number(bytes: impl IntoIterator<Item = u8>) -> i64 {
    let hash = bytes.into_iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    NAMES | (hash >> 16).cast_signed()
}
