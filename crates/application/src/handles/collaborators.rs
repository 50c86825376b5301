//! Who works in a handle.

use std::collections::HashMap;

use lp_access::{Denied, Email, HandleRecord, Members, MembersFault};
use lp_core::{Role, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::owned;
use crate::catalogue::View;
use crate::cx::Cx;
use crate::error::Fault;
use crate::system::NoInput;
use crate::{Code, Error};

/// The collaborators there shall be, all of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplaceCollaborators {
    /// At most 100. The owner stays the owner, named here or not.
    pub collaborators: Vec<Collaborator>,
}

/// One collaborator, by its account or by the account's e-mail address.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Collaborator {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// In place of userId.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// CREATOR or OPERATOR.
    pub role: String,
}

/// Who shall own the handle.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransferOwnership {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_owner_user_id: Option<String>,
}

/// Who works in the handle.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct CollaboratorList {
    pub handle: String,
    pub owner_user_id: String,
    /// All members but the owner.
    pub collaborators: Vec<CollaboratorView>,
}

/// A member of a handle.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct CollaboratorView {
    pub user_id: String,
    /// CREATOR or OPERATOR.
    pub role: String,
    /// Null where the account is gone.
    pub email: Option<String>,
}

impl View for CollaboratorList {}

/// How many wrong lists are looked up at once, and after how many seconds the next: a list tells which addresses have
/// accounts.
const GUESSES: (u32, u32) = (10, 60);

pub(super) async fn list(cx: Cx, _: NoInput) -> Result<CollaboratorList, Error> {
    let members = members(&cx).await?;
    shown(&cx, &members).await
}

pub(super) async fn replace(cx: Cx, input: ReplaceCollaborators) -> Result<CollaboratorList, Error> {
    let record = owned(&cx).await?;
    let before = members(&cx).await?;
    let wanted = read(&cx, &before, &input.collaborators).await?;
    let after = before.replaced(wanted).map_err(|fault| invalid(vec![whole(fault)]))?;
    change(&cx, &record, &before, after).await
}

pub(super) async fn transfer(cx: Cx, input: TransferOwnership) -> Result<CollaboratorList, Error> {
    let record = owned(&cx).await?;
    let before = members(&cx).await?;
    let to = input.new_owner_user_id.as_deref().and_then(|id| UserId::parse(id).ok());
    let known = match to {
        Some(id) => cx.access().account_of(id).await?,
        None => None,
    };
    let Some(account) = known else {
        return Err(Error {
            fields: vec![fault("/newOwnerUserId", "unknown_account", "is not the id of an account")],
            ..Error::new(Code::NEW_OWNER_REQUIRED, "name the account that shall own the handle")
        });
    };
    let after = before.transferred(account.id).map_err(|fault| invalid(vec![whole(fault)]))?;
    change(&cx, &record, &before, after).await
}

async fn change(
    cx: &Cx,
    record: &HandleRecord,
    before: &Members,
    after: Members,
) -> Result<CollaboratorList, Error> {
    let view = shown(cx, &after).await?;
    let batch = cx.batch(&difference(before, &after))?;
    let batch = if after == *before { batch } else { batch.handle(record.with_members(after)) };
    cx.finish(batch, view).await
}

async fn members(cx: &Cx) -> Result<Members, Error> {
    cx.handles().members(cx.handle()?).await?.ok_or_else(|| Denied::Stranger.into())
}

async fn shown(cx: &Cx, members: &Members) -> Result<CollaboratorList, Error> {
    let mut collaborators = Vec::new();
    for (user, role) in members.collaborators() {
        let account = cx.access().account_of(user).await?;
        collaborators.push(CollaboratorView {
            user_id: user.to_string(),
            role: role.as_str().to_owned(),
            email: account.map(|account| account.email.to_string()),
        });
    }
    Ok(CollaboratorList {
        handle: cx.name()?.to_string(),
        owner_user_id: members.owner().to_string(),
        collaborators,
    })
}

/// The accounts and roles of a list, or everything that is wrong with it.
async fn read(cx: &Cx, now: &Members, wanted: &[Collaborator]) -> Result<Vec<(UserId, Role)>, Error> {
    if wanted.len() > Members::MOST + 1 {
        return Err(invalid(vec![whole(MembersFault::TooMany)]));
    }
    let mut faults = Vec::new();
    let mut read: Vec<(UserId, Role)> = Vec::new();
    let mut seen: HashMap<UserId, usize> = HashMap::new();
    for (place, one) in wanted.iter().enumerate() {
        let at = |key: &str| format!("/collaborators/{place}/{key}");
        let user = account(cx, one, at).await?.map_err(|fault| faults.push(fault)).ok();
        if let Some(other) = user.and_then(|user| seen.insert(user, place)) {
            let message = format!("is the same account as number {other} of the list");
            faults.push(fault(&at("userId"), "duplicate", message));
        }
        match Role::parse(&one.role) {
            Some(Role::Owner) if user != Some(now.owner()) => {
                let message = "must be CREATOR or OPERATOR; the owner is changed by transfer-ownership";
                faults.push(fault(&at("role"), "unknown_value", message));
            }
            Some(role) => read.extend(user.map(|user| (user, role))),
            None => faults.push(fault(&at("role"), "unknown_value", "must be CREATOR or OPERATOR")),
        }
    }
    if faults.is_empty() {
        return Ok(read);
    }
    if faults.iter().any(|fault| fault.code == UNKNOWN) {
        cx.attempt(&format!("collaborators:{}", cx.call.actor), GUESSES.0, GUESSES.1).await?;
    }
    Err(invalid(faults))
}

const UNKNOWN: &str = "unknown_account";

/// The account that an entry means, or what is wrong with it.
async fn account(
    cx: &Cx,
    one: &Collaborator,
    at: impl Fn(&str) -> String,
) -> Result<Result<UserId, Fault>, Error> {
    let unknown = |key: &str| Err(fault(&at(key), UNKNOWN, "is not that of an account"));
    Ok(match (&one.user_id, &one.email) {
        (Some(id), None) => match UserId::parse(id) {
            Ok(id) if cx.access().account_of(id).await?.is_some() => Ok(id),
            Ok(_) => unknown("userId"),
            Err(why) => Err(fault(&at("userId"), "invalid_id", why.to_string())),
        },
        (None, Some(email)) => match Email::parse(email) {
            Ok(email) => match cx.access().account(&email).await? {
                Some(account) => Ok(account.id),
                None => unknown("email"),
            },
            Err(why) => Err(fault(&at("email"), "invalid_email", why.to_string())),
        },
        _ => Err(fault(&at("userId"), "required", "name the account by either userId or email")),
    })
}

/// What the audit says was done: who came, who went, and who has another role.
fn difference(before: &Members, after: &Members) -> String {
    let (old, new): (HashMap<_, _>, HashMap<_, _>) = (before.all().collect(), after.all().collect());
    let set = after.all().filter(|(user, role)| old.get(user) != Some(role));
    let set = set.map(|(user, role)| format!("{user}={role}"));
    let gone = before.all().filter(|(user, _)| !new.contains_key(user)).map(|(user, _)| format!("-{user}"));
    set.chain(gone).collect::<Vec<_>>().join(" ")
}

fn whole(why: MembersFault) -> Fault {
    let code = match why {
        MembersFault::Owner => "unknown_value",
        MembersFault::TooMany => "too_many",
    };
    fault("/collaborators", code, why.to_string())
}

fn invalid(fields: Vec<Fault>) -> Error {
    let message = match fields.as_slice() {
        [only] => format!("{}: {}", only.pointer, only.message),
        many => format!("{} things are wrong with the collaborators; see fields", many.len()),
    };
    Error { fields, ..Error::new(Code::INVALID_COLLABORATORS, message) }
}

fn fault(pointer: &str, code: &'static str, message: impl Into<String>) -> Fault {
    Fault { pointer: pointer.to_owned(), code, message: message.into() }
}
