//! Whether things work.

use std::borrow::Cow;

use lp_access::Need;
use lp_core::{Role, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::catalogue::{Auth, Method, Mount, Op, Operation, View};
use crate::cx::Cx;

/// Checks that a caller reaches its handle and the store answers.
pub const HEALTH: Op<NoInput, SystemHealth> = Op::named("system_health");
/// Checks that the installation answers.
pub const PLATFORM_HEALTH: Op<NoInput, PlatformHealth> = Op::named("platform_health");

/// Nothing is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoInput {}

/// That a connector reaches its handle.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct SystemHealth {
    pub handle: String,
    pub healthy: bool,
    /// How many links the handle has.
    pub links: u64,
}

/// That the installation works.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct PlatformHealth {
    pub healthy: bool,
    pub version: Cow<'static, str>,
}

impl View for SystemHealth {}

impl View for PlatformHealth {}

pub(crate) fn operations() -> Vec<Operation> {
    let connected = Need::Member { role: Role::Creator, scope: Scope::MCP_CONNECT };
    vec![
        Operation::read(HEALTH, connected, health)
            .about(
                "Check the connection",
                "Check that this connection reaches its handle and the store answers; returns how many links the \
                 handle has. Does not check destinations: links_health_check does.",
            )
            .at(Method::Get, "system/health"),
        Operation::read(PLATFORM_HEALTH, Need::Public, platform_health)
            .about("Check the installation", "Check that the installation answers and its store can be used.")
            .no_tool()
            .mount(Mount::new(Method::Get, "/v2/system/health", Auth::Public)),
    ]
}

async fn health(cx: Cx, _: NoInput) -> Result<SystemHealth, Error> {
    let handle = cx.handle()?;
    let links = cx.links().count(handle).await?;
    Ok(SystemHealth { handle: cx.name()?.to_string(), healthy: true, links })
}

async fn platform_health(cx: Cx, _: NoInput) -> Result<PlatformHealth, Error> {
    cx.store().ping().await?;
    Ok(PlatformHealth { healthy: true, version: env!("CARGO_PKG_VERSION").into() })
}
