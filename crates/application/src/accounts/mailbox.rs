//! Codes that are mailed to whoever reads a mailbox, and shown by whoever does.
//!
//! What is answered, and what it costs, is the same whether the mailbox has an account or not: a code that nobody can show
//! and a mail that is not sent take the place of the real ones.

use lp_access::{
    AuditEntry, AuditOutcome, CodePurpose, CodeRecord, CodeVerdict, Email, Mail, MailCode, MailKind,
    SecretHash,
};
use lp_core::Handle;
use lp_ports::{Batch, Change, MailChange};

use super::sign_in::{PLACE_ATTEMPTS, note_refusal};
use super::view::Mailed;
use crate::cx::Cx;
use crate::{Code, Error};

/// Mails asked for from one place, whoever they are for: so many at once, then one in so many seconds. This is no way to
/// mail strangers by the thousand.
const MAILS_OF_PLACE: (u32, u32) = (20, 30);
/// Mails to one mailbox asked for from one place.
const MAILS_FROM_PLACE: (u32, u32) = (3, 900);
/// The same from anywhere: more, so that no single place can use up what the mailbox's own person needs. With its tries each
/// mail is five chances in a million for who guesses from everywhere: under one in a thousand a day.
const MAILS: (u32, u32) = (6, 600);
/// Codes shown for one mailbox from one place. One place can void a code of another's in ten minutes, not more.
const SHOWN_FROM_PLACE: (u32, u32) = (CodeRecord::TRIES, 120);

/// Lets a mail be asked for, or says when.
pub(super) async fn may_ask(cx: &Cx, purpose: CodePurpose, email: &Email) -> Result<(), Error> {
    let what = format!("mail:{}:{email}", purpose.as_str());
    cx.attempt("mail", MAILS_OF_PLACE.0, MAILS_OF_PLACE.1).await?;
    cx.attempt(&what, MAILS_FROM_PLACE.0, MAILS_FROM_PLACE.1).await?;
    cx.attempt_anywhere(&what, MAILS.0, MAILS.1).await
}

/// Issues a code and queues a mail, or what looks like it. Only a mail that tells the code makes one that can be shown.
pub(super) async fn ask(
    cx: &Cx,
    purpose: CodePurpose,
    email: Email,
    kind: MailKind,
    password_hash: Option<String>,
) -> Result<Mailed, Error> {
    let seed = cx.random();
    let code = MailCode::derive(cx.secret().now(), purpose, &email, &seed);
    let hash = match kind {
        MailKind::Code(_) => code.hash(cx.secret().now(), purpose, &email),
        _ => SecretHash(cx.random()),
    };
    let record = CodeRecord { password_hash, ..CodeRecord::issue(purpose, email.clone(), hash, cx.at()) };
    let mail = Mail::new(cx.mail_id(), email.clone(), kind, seed, cx.at());
    let batch = cx
        .batch_in(&Handle::installation(), &cx.call.actor, "")
        .change(Change::Mail(MailChange::Issued(record)))
        .change(Change::Mail(MailChange::Queued(mail)));
    // Not remembered for repeats: callers that nobody knows would share their keys.
    cx.commit(batch).await?;
    Ok(Mailed { email: email.to_string(), status: "CONFIRMATION_REQUIRED".to_owned() })
}

/// A mail that tells an account's person what has happened to it.
pub(super) fn telling(cx: &Cx, email: &Email, kind: MailKind) -> Change {
    Change::Mail(MailChange::Queued(Mail::new(cx.mail_id(), email.clone(), kind, cx.random(), cx.at())))
}

/// The code that was shown, if it is the right one. It is used by whoever commits `MailChange::Used`; a wrong one has
/// cost a try.
pub(super) async fn shown(
    cx: &Cx,
    purpose: CodePurpose,
    email: &Email,
    code: MailCode,
) -> Result<CodeRecord, Error> {
    cx.attempt("mail-code", PLACE_ATTEMPTS.0, PLACE_ATTEMPTS.1).await?;
    let what = format!("mail-code:{}:{email}", purpose.as_str());
    cx.attempt(&what, SHOWN_FROM_PLACE.0, SHOWN_FROM_PLACE.1).await?;
    let Some(record) = cx.codes().code(purpose, email).await? else { return Err(refused(cx)) };
    match record.judge(code, cx.secret(), cx.at()) {
        CodeVerdict::Right => Ok(record),
        CodeVerdict::Void => Err(refused(cx)),
        CodeVerdict::Wrong => {
            let tried = Change::Mail(MailChange::Tried(record.hash));
            cx.commit(refusing(cx).change(tried)).await?;
            Err(invalid())
        }
    }
}

/// The refusal of a code that fits nothing, whatever the reason.
pub(super) fn refused(cx: &Cx) -> Error {
    note_refusal(cx, Code::INVALID_CODE);
    invalid()
}

fn invalid() -> Error {
    let message = "this is not a code that is good for this address now; a new one can be asked for";
    Error::new(Code::INVALID_CODE, message)
}

/// A batch whose audit says that the call was refused.
fn refusing(cx: &Cx) -> Batch {
    let done = cx.batch_in(&Handle::installation(), &cx.call.actor, "");
    let outcome = AuditOutcome::Refused { code: Code::INVALID_CODE.name().to_owned(), times: 1 };
    Batch::new(AuditEntry { outcome, ..done.audit().clone() })
}
