//! Password and refresh token become a session.

use std::time::Duration;

use lp_access::{Account, Actor, RefreshToken, Renewal, Session, SessionRefused};
use lp_core::{Handle, SessionId};
use lp_ports::{AccessClaims, Batch, Change, Guard};

use super::input::{Login, Refresh};
use super::view::{SignedIn, User};
use crate::cx::Cx;
use crate::refusals::Refusal;
use crate::wire::{Wire, Word};
use crate::{Code, Error};

/// How long an access token is good.
const ACCESS: Duration = Duration::from_hours(1);
/// Attempts at one account from one place: so many at once, then one in so many seconds.
pub(super) const ACCOUNT_ATTEMPTS: (u32, u32) = (10, 60);
/// Attempts from one place, whatever the account.
pub(super) const PLACE_ATTEMPTS: (u32, u32) = (60, 2);

/// Signs in with a password. Unknown address and wrong password look the same, and take as long.
pub(super) async fn login(cx: Cx, input: Login) -> Result<SignedIn, Error> {
    let email = input.email.0;
    cx.attempt("sign-in", PLACE_ATTEMPTS.0, PLACE_ATTEMPTS.1).await?;
    cx.attempt(&format!("sign-in:{email}"), ACCOUNT_ATTEMPTS.0, ACCOUNT_ATTEMPTS.1).await?;
    let account = cx.access().account(&email).await?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let matches = cx.sign_in()?.passwords.matches(input.password, hash).await?;
    let Some(account) = account.filter(|_| matches) else {
        note_refusal(&cx, Code::INVALID_CREDENTIALS);
        return Err(Error::new(
            Code::INVALID_CREDENTIALS,
            "no account has this e-mail address with this password",
        ));
    };
    // A password that is changed at this moment must not begin a session that outlives the change.
    let still = Guard::PasswordIs { email, hash: account.password_hash.clone() };
    begin(&cx, &account, input.agent.as_ref(), |batch| batch.guard(still)).await
}

/// Begins a session, in one batch with what goes before it.
pub(super) async fn begin(
    cx: &Cx,
    account: &Account,
    agent: Option<&Wire<Word>>,
    before: impl FnOnce(Batch) -> Batch,
) -> Result<SignedIn, Error> {
    let agent = agent.map_or("", |agent| agent.0.as_str());
    let session = Session::begin(cx.session_id(), account.id, agent, cx.at());
    let refresh = RefreshToken::first(cx.random());
    let signed_in = signed_in(cx, account, session.id, &refresh)?;
    let batch = before(batch(cx, account, session.id))
        .change(Change::SessionBegun { session, refresh: refresh.hash() });
    // Not remembered for repeats: tokens are never stored.
    cx.commit(batch).await?;
    Ok(signed_in)
}

/// Goes on with a session.
pub(super) async fn refresh(cx: Cx, input: Refresh) -> Result<SignedIn, Error> {
    let shown = RefreshToken::parse(&input.refresh_token).ok_or(SessionRefused::Unknown)?;
    let record = cx.sessions().refresh(shown.hash()).await?.ok_or(SessionRefused::Unknown)?;
    let (id, at) = (record.session.id, cx.at());
    let account = cx.access().account_of(record.session.user).await?.ok_or(SessionRefused::Unknown)?;
    let next = shown.next(cx.secret().now());
    match record.judge(at) {
        Ok(Renewal::Repeat) => signed_in(&cx, &account, id, &next),
        Ok(Renewal::Renew) => {
            let expires_at = at.plus(Session::LIFE);
            let renewed =
                Change::SessionRenewed { id, used: shown.hash(), next: next.hash(), at, expires_at };
            let signed_in = signed_in(&cx, &account, id, &next)?;
            let batch = batch(&cx, &account, id).guard(Guard::RefreshUnused(shown.hash())).change(renewed);
            cx.commit(batch).await?;
            Ok(signed_in)
        }
        Err(refused) => {
            if refused == SessionRefused::Reused {
                cx.commit(batch(&cx, &account, id).change(Change::SessionEnded { id, at })).await?;
                note_refusal(&cx, Code::TOKEN_REVOKED);
            }
            Err(refused.into())
        }
    }
}

pub(super) fn batch(cx: &Cx, account: &Account, session: SessionId) -> Batch {
    let actor = Actor::User { id: account.id, session: Some(session) };
    cx.batch_in(&Handle::installation(), &actor, &session.to_string())
}

/// Who tries is not known, so the audit tells only how often.
pub(super) fn note_refusal(cx: &Cx, code: Code) {
    cx.app.refusals.add(Refusal {
        handle: Handle::installation(),
        actor: cx.call.actor.to_string(),
        surface: cx.call.surface.as_str().to_owned(),
        operation: cx.call.operation.to_owned(),
        code: code.name().to_owned(),
    });
}

pub(super) fn signed_in(
    cx: &Cx,
    account: &Account,
    session: SessionId,
    refresh: &RefreshToken,
) -> Result<SignedIn, Error> {
    let issued_at = cx.at();
    let claims = AccessClaims { user: account.id, session, issued_at, expires_at: issued_at.plus(ACCESS) };
    Ok(SignedIn {
        access_token: cx.sign_in()?.tokens.issue(&claims).map_err(Error::internal)?,
        token_type: "Bearer".to_owned(),
        expires_in: ACCESS.as_secs(),
        refresh_token: refresh.text(),
        user: User { user_id: account.id.to_string(), email: account.email.to_string() },
    })
}
