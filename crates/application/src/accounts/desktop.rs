//! Signing a desktop in from a browser (RFC 8628): it starts, a person answers on a page, it redeems with its proof.
//!
//! An attempt is nothing but a sealed text until somebody answers it. Approving begins the session that the device will
//! take, with a refresh token that nobody is told; redeeming is the one use of that token. So what lets two renewals
//! race to exactly one does the same here, on any number of nodes.

mod rows;
mod sealed;

use std::time::Duration;

use lp_access::{AttemptState, RefreshRecord, RefreshToken, Session};
use lp_core::{Handle, SessionId, Timestamp, UserId};
use lp_ports::{Change, Guard};

pub(super) use self::rows::operations;
use self::sealed::Sealed;
use super::input::{OneAttempt, RedeemAttempt, StartDesktop};
use super::sign_in::{PLACE_ATTEMPTS, batch, note_refusal, signed_in};
use super::view::{AttemptView, SignedIn, StartedDesktop};
use crate::cx::Cx;
use crate::{Code, Error};

/// How long a device waits before it asks again.
const PAUSE: Duration = Duration::from_secs(5);

/// Begins an attempt. Nothing is stored.
pub(super) async fn start(cx: Cx, input: StartDesktop) -> Result<StartedDesktop, Error> {
    cx.sign_in()?;
    cx.attempt("desktop-start", PLACE_ATTEMPTS.0, PLACE_ATTEMPTS.1).await?;
    let agent = input.agent.as_ref().map_or("", |agent| agent.0.as_str());
    let sealed = Sealed::new(input.device_proof_challenge.0, agent, cx.at(), cx.random(), cx.secret())?;
    Ok(StartedDesktop {
        authorize_url: cx.urls().desktop(&sealed.text),
        expires_at: sealed.attempt.expires_at().to_string(),
        attempt_id: sealed.text,
    })
}

/// Gives the device its session, once somebody approved. Nobody without the proof learns how the attempt stands.
pub(super) async fn redeem(cx: Cx, input: RedeemAttempt) -> Result<SignedIn, Error> {
    cx.attempt("desktop-redeem", PLACE_ATTEMPTS.0, PLACE_ATTEMPTS.1).await?;
    let sealed = Sealed::open(&input.attempt_id, cx.secret()).ok_or_else(|| refused(&cx))?;
    if !sealed.attempt.fits(&input.device_proof.0) {
        return Err(refused(&cx));
    }
    let answer = cx.sessions().refresh(sealed.ticket.hash()).await?;
    match (sealed.attempt.state(answer.as_ref(), cx.at()), answer) {
        (AttemptState::Approved(id), Some(answer)) => {
            take(&cx, id, answer.session.user, &sealed.ticket).await
        }
        (AttemptState::Waiting | AttemptState::Approved(_), _) => {
            let error = Error::new(Code::AUTHORIZATION_PENDING, "nobody has answered in the browser yet");
            Err(Error { retry_after: Some(PAUSE), ..error })
        }
        (AttemptState::Declined, _) => {
            Err(Error::new(Code::ACCESS_DENIED, "signing in was declined in the browser"))
        }
        (AttemptState::Expired, _) => Err(expired()),
        (AttemptState::Redeemed, _) => Err(refused(&cx)),
    }
}

/// What a person sees before answering.
pub(super) async fn look(cx: Cx, input: OneAttempt) -> Result<AttemptView, Error> {
    let (sealed, answer) = read(&cx, &input).await?;
    Ok(AttemptView::of(&sealed.attempt, sealed.attempt.state(answer.as_ref(), cx.at())))
}

/// Lets the device be signed in as the account that calls.
pub(super) async fn approve(cx: Cx, input: OneAttempt) -> Result<AttemptView, Error> {
    let (sealed, answer) = read(&cx, &input).await?;
    match sealed.attempt.state(answer.as_ref(), cx.at()) {
        state @ (AttemptState::Approved(_) | AttemptState::Redeemed) => {
            Ok(AttemptView::of(&sealed.attempt, state))
        }
        AttemptState::Waiting => {
            let (user, _) = cx.account()?;
            let id = cx.session_id();
            let view = AttemptView::of(&sealed.attempt, AttemptState::Approved(id));
            begin(&cx, sealed.attempt.approved(id, user, cx.at()), &sealed.ticket, view).await
        }
        AttemptState::Declined => Err(answered("it was declined; start again on the device")),
        AttemptState::Expired => Err(expired()),
    }
}

/// Keeps the device from being signed in.
pub(super) async fn decline(cx: Cx, input: OneAttempt) -> Result<AttemptView, Error> {
    let (sealed, answer) = read(&cx, &input).await?;
    let view = AttemptView::of(&sealed.attempt, AttemptState::Declined);
    match sealed.attempt.state(answer.as_ref(), cx.at()) {
        AttemptState::Declined => Ok(view),
        AttemptState::Waiting => {
            let (user, _) = cx.account()?;
            begin(&cx, sealed.attempt.declined(cx.session_id(), user, cx.at()), &sealed.ticket, view).await
        }
        AttemptState::Approved(id) => {
            // The use of its token and this end race: if the device is first, this is decided anew.
            let batch = cx.batch_in(&Handle::installation(), &cx.call.actor, &id.to_string());
            let batch = batch.guard(Guard::RefreshUnused(sealed.ticket.hash()));
            cx.finish(batch.change(Change::SessionEnded { id, at: cx.at() }), view).await
        }
        AttemptState::Redeemed => {
            Err(answered("the device is signed in already; end its session in the list of sessions"))
        }
        AttemptState::Expired => Err(expired()),
    }
}

/// The attempt, and the answer that it has. One that another account answered is none of this one's business.
async fn read(cx: &Cx, input: &OneAttempt) -> Result<(Sealed, Option<RefreshRecord>), Error> {
    let unknown = || Error::not_found("the attempt to sign in");
    let sealed = Sealed::open(&input.attempt_id, cx.secret()).ok_or_else(unknown)?;
    let answer = cx.sessions().refresh(sealed.ticket.hash()).await?;
    let (user, _) = cx.account()?;
    if answer.as_ref().is_some_and(|answer| answer.session.user != user) {
        return Err(unknown());
    }
    Ok((sealed, answer))
}

/// Writes the answer down, unless another one was first: then this is decided anew.
async fn begin(
    cx: &Cx,
    session: Session,
    ticket: &RefreshToken,
    view: AttemptView,
) -> Result<AttemptView, Error> {
    let batch = cx.batch_in(&Handle::installation(), &cx.call.actor, &session.id.to_string());
    let batch = batch.guard(Guard::RefreshFree(ticket.hash()));
    cx.finish(batch.change(Change::SessionBegun { session, refresh: ticket.hash() }), view).await
}

/// The one use of what approving left behind.
async fn take(cx: &Cx, id: SessionId, user: UserId, ticket: &RefreshToken) -> Result<SignedIn, Error> {
    let account = cx.access().account_of(user).await?.ok_or_else(|| refused(cx))?;
    let (at, shown) = (cx.at(), ticket.hash());
    let refresh = RefreshToken::first(cx.random());
    let expires_at: Timestamp = at.plus(Session::LIFE);
    let signed_in = signed_in(cx, &account, id, &refresh)?;
    let taken = Change::SessionRenewed { id, used: shown, next: refresh.hash(), at, expires_at };
    // Not remembered for repeats: tokens are never stored.
    cx.commit(batch(cx, &account, id).guard(Guard::RefreshUnused(shown)).change(taken)).await?;
    Ok(signed_in)
}

/// Whatever is wrong with it: a wrong proof looks like an attempt that never was.
fn refused(cx: &Cx) -> Error {
    note_refusal(cx, Code::INVALID_GRANT);
    Error::new(Code::INVALID_GRANT, "this proof opens no attempt, or the attempt was redeemed; start again")
}

fn expired() -> Error {
    Error::new(Code::EXPIRED_TOKEN, "the attempt has expired; start again on the device")
}

fn answered(why: &str) -> Error {
    Error::new(Code::CONFLICT, why)
}
