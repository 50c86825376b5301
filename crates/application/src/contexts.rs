//! Contexts: what a visitor carries on to the page that a link leads to, and what that page may know of it.
//!
//! A redirect mints a token and puts it into the destination as `ctx`. Nothing of it is stored: the token says all, and
//! proves that it comes from here.

mod keys;
mod origins;
mod page;
mod resolve;
mod script;
mod token;

use lp_access::Need;
use lp_core::{Role, Scope};

pub use self::origins::{ContextOrigins, ContextOriginsView, UpdateContextOrigins};
pub use self::page::PageAsked;
pub use self::resolve::{AttributionView, ContextView, ResolveContext, VarsView};
pub use self::script::{ScriptAttributes, ScriptConfig, SdkConfig};
pub use self::token::{ContextMint, ContextRefused, ContextRoom};
pub use lp_personalization::Context;

use crate::Code;
use crate::catalogue::{Auth, Body, Effect, Method, Mount, Op, Operation};
use crate::system::NoInput;

/// Tells what a context token says.
pub const RESOLVE: Op<ResolveContext, ContextView> = Op::named("tracking_resolve_context");
/// Lists whose pages may ask for contexts.
pub const LIST_ORIGINS: Op<NoInput, ContextOriginsView> = Op::named("routing_list_context_origins");
/// Says whose pages may ask for contexts, and whether redirects carry them.
pub const UPDATE_ORIGINS: Op<UpdateContextOrigins, ContextOriginsView> =
    Op::named("routing_update_context_origins");
/// Tells pages how to ask.
pub const SDK_CONFIG: Op<SdkConfig, ScriptConfig> = Op::named("tracking_sdk_config");

/// The parameter in which destinations get a token.
pub const PARAMETER: &str = "ctx";
/// Where the script for pages is, on the API's host and on those of handles.
pub const SCRIPT_PATH: &str = "/_assets/sdk/link-platform.js";
/// Where it asks, before the handle.
pub const PAGE_PATH: &str = "/_edge/context/";

pub(crate) fn operations() -> Vec<Operation> {
    let member = |scope| Need::Member { role: Role::Creator, scope };
    vec![
        Operation::read(RESOLVE, Need::Public, resolve::resolve)
            .about(
                "Resolve a context token",
                "Tell what the ctx parameter of a page's address says: the link and the click that led there, its source and \
                 campaign, and the variant and segment that were chosen. Needs no credential; tokens are good for 30 days.",
            )
            .mount(Mount::new(Method::Get, "/v2/public/context", Auth::Public))
            .for_pages()
            .fails(&[Code::INVALID_CONTEXT, Code::CONTEXT_EXPIRED, Code::NOT_FOUND]),
        Operation::read(SDK_CONFIG, Need::Public, script::config)
            .about(
                "Configure the script for pages",
                "Tell where the browser script of a handle is, where it asks, and which attributes it looks for.",
            )
            .no_tool()
            .mount(Mount::new(Method::Get, "/v2/public/sdk/config", Auth::Public))
            .for_pages()
            .fails(&[Code::NOT_FOUND]),
        Operation::read(LIST_ORIGINS, member(Scope::ROUTING_CONTEXT_ORIGINS_READ), origins::list)
            .about(
                "List context origins",
                "List the origins whose pages may ask in browsers for their visitors' contexts, and whether redirects give \
                 destinations a context token.",
            )
            .at(Method::Get, "context-origins"),
        Operation::write(UPDATE_ORIGINS, member(Scope::ROUTING_CONTEXT_ORIGINS_WRITE), origins::update)
            .about(
                "Replace the context origins",
                "Say whose pages may ask in browsers for their visitors' contexts: the whole list, at most 100, each scheme, \
                 host and port. Pages of an origin that is left out are refused from then on.",
            )
            .effect(Effect { destructive: true, ..Effect::PUBLISH })
            .at(Method::Put, "context-origins")
            .body(Body::Under("payload")),
    ]
}
