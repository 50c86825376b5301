//! Whether things work.

use lp_access::Need;
use lp_core::{Role, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::catalogue::{Auth, Body, Method, Mount, Operation, Query, View};
use crate::cx::Cx;

/// Nothing is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoInput {}

/// That a connector reaches its handle.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SystemHealth {
    handle: String,
    healthy: bool,
    /// How many links the handle has.
    links: u64,
}

/// That the installation works.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlatformHealth {
    healthy: bool,
    version: &'static str,
}

impl View for SystemHealth {}

impl View for PlatformHealth {}

pub(crate) fn operations() -> Vec<Operation> {
    let connected = Need::Member { role: Role::Creator, scope: Scope::MCP_CONNECT };
    vec![
        Operation::read("system_health", connected, health)
            .about(
                "Check the connection",
                "Check that this connection reaches its handle and the store answers; returns how many links the \
                 handle has. Does not check destinations: links_health_check does.",
            )
            .at(Method::Get, "system/health"),
        Operation::read("platform_health", Need::Public, platform_health)
            .about("Check the installation", "Check that the installation answers and its store can be used.")
            .no_tool()
            .mount(Mount {
                method: Method::Get,
                path: "/v2/system/health".to_owned(),
                auth: Auth::Public,
                body: Body::None,
                query: Query::Rest,
            }),
    ]
}

async fn health(cx: Cx, _: NoInput) -> Result<SystemHealth, Error> {
    let handle = cx.handle()?;
    let links = cx.links().count(handle).await?;
    Ok(SystemHealth { handle: handle.to_string(), healthy: true, links })
}

async fn platform_health(cx: Cx, _: NoInput) -> Result<PlatformHealth, Error> {
    cx.store().ping().await?;
    Ok(PlatformHealth { healthy: true, version: env!("CARGO_PKG_VERSION") })
}
