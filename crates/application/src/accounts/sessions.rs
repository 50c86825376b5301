//! Who is signed in, and where.

use lp_access::{Account as Record, SessionRefused};
use lp_core::{Handle, SessionId};
use lp_ports::Change;

use super::input::OneSession;
use super::view::{Account, EndedSession, Product, SessionList, SessionView, SignedOut, User};
use crate::Error;
use crate::cx::Cx;
use crate::system::NoInput;

pub(super) async fn me(cx: Cx, _: NoInput) -> Result<Account, Error> {
    let record = account(&cx).await?;
    Ok(Account {
        user_id: record.id.to_string(),
        email: record.email.to_string(),
        created_at: record.created_at.to_string(),
        session_id: cx.account()?.1.map(|session| session.to_string()),
    })
}

/// The gate asks whether it may.
pub(super) async fn openanalyst(cx: Cx, _: NoInput) -> Result<Product, Error> {
    let record = account(&cx).await?;
    Ok(Product {
        product: "openanalyst".to_owned(),
        user: User { user_id: record.id.to_string(), email: record.email.to_string() },
        entitlements: vec!["openanalyst".to_owned()],
    })
}

/// Those that still go on.
pub(super) async fn list(cx: Cx, _: NoInput) -> Result<SessionList, Error> {
    let (user, current) = cx.account()?;
    let sessions = cx.sessions().sessions(user).await?;
    let standing = sessions.iter().filter(|session| session.standing(cx.at()).is_ok());
    Ok(SessionList { sessions: standing.map(|session| SessionView::of(session, current)).collect() })
}

/// Ends one of the account's own; others' do not exist for it.
pub(super) async fn end(cx: Cx, input: OneSession) -> Result<EndedSession, Error> {
    let id = input.session.0;
    let (user, _) = cx.account()?;
    let known = cx.sessions().session(id).await?.filter(|session| session.user == user);
    known.ok_or_else(|| Error::not_found("the session"))?;
    let view = EndedSession { session_id: id.to_string(), ended: true };
    cx.finish(ending(&cx, id), view).await
}

/// Ends the session that asks.
pub(super) async fn logout(cx: Cx, _: NoInput) -> Result<SignedOut, Error> {
    let (_, session) = cx.account()?;
    let session = session.ok_or(SessionRefused::Unknown)?;
    cx.finish(ending(&cx, session), SignedOut { signed_out: true }).await
}

fn ending(cx: &Cx, id: SessionId) -> lp_ports::Batch {
    let batch = cx.batch_in(&Handle::installation(), &cx.call.actor, &id.to_string());
    batch.change(Change::SessionEnded { id, at: cx.at() })
}

pub(super) async fn account(cx: &Cx) -> Result<Record, Error> {
    let (user, _) = cx.account()?;
    Ok(cx.access().account_of(user).await?.ok_or(SessionRefused::Unknown)?)
}
