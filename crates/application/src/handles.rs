//! Handles: the spaces of links that accounts have.

use lp_access::{HandleRecord, Need};
use lp_core::{Handle, Role};
use lp_ports::{Change, Guard};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Auth, Body, Effect, Method, Mount, Op, Operation, View};
use crate::cx::Cx;
use crate::system::NoInput;
use crate::wire::Wire;
use crate::{Code, Error, PublicUrls};

/// Lists the handles of the account.
pub const LIST: Op<NoInput, HandleList> = Op::named("handles_list");
/// Takes a handle that nobody has.
pub const CREATE: Op<CreateHandle, HandleView> = Op::named("handles_create");

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
            handle: record.handle.to_string(),
            role: role.as_str().to_owned(),
            url: urls.host(&record.handle),
            mcp_url: urls.mcp(&record.handle),
            created_at: record.created_at.to_string(),
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
    vec![
        Operation::read(LIST, Need::Account, list)
            .about(
                "List handles",
                "List the handles in which the account is a member, in name order, with its role.",
            )
            .no_tool()
            .mount(mount(Method::Get)),
        Operation::write(CREATE, Need::Account, create)
            .about("Create a handle", "Take a handle that nobody has; the account becomes its owner.")
            .effect(Effect::PUBLISH_ANEW)
            .no_tool()
            .mount(mount(Method::Post))
            .body(Body::Rest),
    ]
}

async fn list(cx: Cx, _: NoInput) -> Result<HandleList, Error> {
    let (user, _) = cx.account()?;
    let handles = cx.access().handles_of(user).await?;
    let views = handles.iter().map(|(record, role)| HandleView::of(record, *role, cx.urls()));
    Ok(HandleList { handles: views.collect() })
}

async fn create(cx: Cx, input: CreateHandle) -> Result<HandleView, Error> {
    let (owner, _) = cx.account()?;
    let handle = input.handle.0;
    if cx.access().handle(&handle).await?.is_some() {
        return Err(Error::new(Code::CONFLICT, format!("the handle '{handle}' is taken")));
    }
    let record = HandleRecord { handle: handle.clone(), owner, created_at: cx.at() };
    let view = HandleView::of(&record, Role::Owner, cx.urls()).with_created(true);
    let batch = cx
        .batch_in(&handle, &cx.call.actor, handle.as_str())
        .guard(Guard::HandleFree(handle.clone()))
        .change(Change::Handle(record));
    cx.finish(batch, view).await
}
