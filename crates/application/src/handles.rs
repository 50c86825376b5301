//! Handles: the spaces of links that accounts have, who works in them, and what they are called.
//!
//! Nothing of this is an MCP tool: a handle is managed by its people.

mod closing;
mod collaborators;
mod profile;
mod rename;

use lp_access::{Actor, Denied, HandleRecord, HandleState, Need};
use lp_core::{Handle, Role, Timestamp};
use lp_ports::{Change, Guard};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::closing::{DeleteHandle, DeletedHandle};
pub use self::collaborators::{
    Collaborator, CollaboratorList, CollaboratorView, ReplaceCollaborators, TransferOwnership,
};
pub use self::profile::{ProfileView, UpdateProfile};
pub use self::rename::{RenameHandle, RenamedHandle};
use crate::catalogue::{Auth, Body, Effect, Method, Mount, Op, Operation, View};
use crate::cx::Cx;
use crate::system::NoInput;
use crate::wire::Wire;
use crate::{Code, Error, PublicUrls};

/// Lists the handles of the account.
pub const LIST: Op<NoInput, HandleList> = Op::named("handles_list");
/// Takes a handle that nobody has.
pub const CREATE: Op<CreateHandle, HandleView> = Op::named("handles_create");
/// Lists who works in a handle.
pub const COLLABORATORS: Op<NoInput, CollaboratorList> = Op::named("collaborators_list");
/// Says who works in a handle.
pub const REPLACE_COLLABORATORS: Op<ReplaceCollaborators, CollaboratorList> =
    Op::named("collaborators_replace");
/// Gives a handle another owner.
pub const TRANSFER: Op<TransferOwnership, CollaboratorList> = Op::named("handles_transfer");
/// Gets what a handle tells of itself.
pub const PROFILE: Op<NoInput, ProfileView> = Op::named("profile_get");
/// Sets what a handle tells of itself.
pub const UPDATE_PROFILE: Op<UpdateProfile, ProfileView> = Op::named("profile_update");
/// Calls a handle something else.
pub const RENAME: Op<RenameHandle, RenamedHandle> = Op::named("handles_rename");
/// Gives a handle up.
pub const DELETE: Op<DeleteHandle, DeletedHandle> = Op::named("handles_delete");
/// Takes a handle back.
pub const RESTORE: Op<NoInput, HandleView> = Op::named("handles_restore");

/// Which handle is wanted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateHandle {
    pub handle: Wire<Handle>,
}

/// A handle of the account.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct HandleView {
    pub handle: String,
    /// What the account may do in it.
    pub role: String,
    /// Where visitors come.
    pub url: String,
    /// Where assistants connect.
    pub mcp_url: String,
    pub created_at: String,
    /// When it is gone for good, where its owner gave it up; null where not.
    pub deletes_at: Option<String>,
    #[serde(skip)]
    created: bool,
}

/// The handles in which the account is a member.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct HandleList {
    pub handles: Vec<HandleView>,
}

impl HandleView {
    fn of(record: &HandleRecord, role: Role, urls: &PublicUrls) -> Self {
        Self {
            handle: record.name.to_string(),
            role: role.as_str().to_owned(),
            url: urls.host(&record.name),
            mcp_url: urls.mcp(&record.name),
            created_at: record.created_at.to_string(),
            deletes_at: record.deletes_at().as_ref().map(Timestamp::to_string),
            created: false,
        }
    }
}

impl View for HandleList {}

impl View for HandleView {
    fn created(&self) -> bool {
        self.created
    }

    fn with_created(self, created: bool) -> Self {
        Self { created, ..self }
    }
}

pub(crate) fn operations() -> Vec<Operation> {
    let mount = |method| Mount::new(method, "/v2/handles", Auth::Jwt);
    let mut rows = vec![
        Operation::read(LIST, Need::Account, list)
            .about(
                "List handles",
                "List the handles in which the account is a member, in name order, with its role; those it gave up, too, while it \
                 can take them back.",
            )
            .mount(mount(Method::Get)),
        Operation::write(CREATE, Need::Account, create)
            .about("Create a handle", "Take a handle that nobody has; the account becomes its owner.")
            .effect(Effect::PUBLISH_ANEW)
            .mount(mount(Method::Post))
            .body(Body::Rest),
    ];
    rows.extend(team());
    rows.extend(life());
    rows.into_iter().map(Operation::no_tool).collect()
}

/// Who works in a handle, and what it tells of itself.
fn team() -> [Operation; 5] {
    let role = Need::Role;
    [
        Operation::read(COLLABORATORS, role(Role::Creator), collaborators::list)
            .about("List collaborators", "List who works in the handle beside its owner, with roles.")
            .at_for_accounts(Method::Get, "collaborators"),
        Operation::write(REPLACE_COLLABORATORS, role(Role::Owner), collaborators::replace)
            .about(
                "Set collaborators",
                "Set who works in the handle beside its owner: the whole list, at most 100. Who is not in it any more is a \
                 stranger from the next call on.",
            )
            .effect(Effect::PRIVATE)
            .at_for_accounts(Method::Put, "collaborators")
            .body(Body::Rest)
            .fails(&[Code::INVALID_COLLABORATORS]),
        Operation::write(TRANSFER, role(Role::Owner), collaborators::transfer)
            .about(
                "Transfer ownership",
                "Give the handle another owner. Who owned it becomes an operator, and nobody else's role changes.",
            )
            .effect(Effect { destructive: true, ..Effect::PRIVATE })
            .at_for_accounts(Method::Post, "transfer-ownership")
            .body(Body::Rest)
            .fails(&[Code::NEW_OWNER_REQUIRED, Code::INVALID_COLLABORATORS]),
        Operation::read(PROFILE, role(Role::Creator), profile::get)
            .about("Get the profile", "Get what the handle tells of itself.")
            .at_for_accounts(Method::Get, "profile"),
        Operation::write(UPDATE_PROFILE, role(Role::Operator), profile::update)
            .about(
                "Change the profile",
                "Set what the handle tells of itself: what is absent is kept, null is cleared.",
            )
            .effect(Effect { open_world: true, ..Effect::PRIVATE })
            .at_for_accounts(Method::Put, "profile")
            .body(Body::Rest),
    ]
}

/// What a handle is called, and whether there is one.
fn life() -> [Operation; 3] {
    let owner = Need::Role(Role::Owner);
    [
        Operation::write(RENAME, owner, rename::rename)
            .about(
                "Rename a handle",
                "Call the handle something else. The name it had leads on for 90 days and is nobody else's ever again.",
            )
            .at_for_accounts(Method::Post, "rename")
            .body(Body::Rest),
        Operation::write(DELETE, owner, closing::delete)
            .about(
                "Delete a handle",
                "Give the handle up: its links are closed at once, and after 30 days all that belonged to it is deleted. Until \
                 then its owner can take it back.",
            )
            .effect(Effect { destructive: true, ..Effect::PUBLISH })
            .mount(Mount::new(Method::Delete, "/v2/handles/{handle}", Auth::Jwt))
            .body(Body::Rest),
        Operation::write(RESTORE, owner, closing::restore)
            .about("Restore a handle", "Take a handle back that was given up less than 30 days ago.")
            .on_closed()
            .at_for_accounts(Method::Post, "restore"),
    ]
}

/// The record of the call's handle.
async fn found(cx: &Cx) -> Result<HandleRecord, Error> {
    cx.access().handle(cx.handle()?).await?.ok_or_else(|| Denied::Stranger.into())
}

/// The same for its owner. The gate has seen to that; but a call that is run again, because the handle changed under it,
/// may be run for somebody who owns it no longer.
async fn owned(cx: &Cx) -> Result<HandleRecord, Error> {
    let record = found(cx).await?;
    match &cx.call.actor {
        Actor::User { id, .. } if *id != record.owner => Err(Denied::Role(Role::Owner).into()),
        _ => Ok(record),
    }
}

fn taken(name: &Handle) -> Error {
    Error::new(Code::CONFLICT, format!("the handle '{name}' is taken"))
}

async fn list(cx: Cx, _: NoInput) -> Result<HandleList, Error> {
    let (user, _) = cx.account()?;
    let handles = cx.access().handles_of(user).await?;
    // One that was given up is there for its owner only.
    let there = |(record, role): &&(HandleRecord, Role)| match record.state {
        HandleState::Active => true,
        HandleState::Closed { .. } => *role == Role::Owner,
        HandleState::Purging => false,
    };
    let handles = handles.iter().filter(there);
    let views = handles.map(|(record, role)| HandleView::of(record, *role, cx.urls()));
    Ok(HandleList { handles: views.collect() })
}

async fn create(cx: Cx, input: CreateHandle) -> Result<HandleView, Error> {
    let (owner, _) = cx.account()?;
    let handle = input.handle.0;
    if cx.handles().named(&handle).await?.is_some() {
        return Err(taken(&handle));
    }
    let record = HandleRecord::new(handle.clone(), owner, cx.at());
    let view = HandleView::of(&record, Role::Owner, cx.urls()).with_created(true);
    let batch = cx
        .batch_in(&handle, &cx.call.actor, handle.as_str())
        .guard(Guard::HandleFree(handle.clone()))
        .change(Change::Handle(record));
    cx.finish(batch, view).await
}
