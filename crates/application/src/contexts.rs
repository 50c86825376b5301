//! Contexts: what a visitor carries on to the page that a link leads to, and what that page may know of it.
//!
//! A redirect mints a token and puts it into the destination as `ctx`. Nothing of it is stored: the token says all, and
//! proves that it comes from here.

mod keys;
mod resolve;
mod script;
mod token;

use lp_access::Need;

pub use self::resolve::{AttributionView, ContextView, ResolveContext, VarsView};
pub use self::script::{ScriptAttributes, ScriptConfig, SdkConfig};
pub use self::token::{ContextMint, ContextRefused, ContextRoom};
use crate::Code;
use crate::catalogue::{Auth, Method, Mount, Op, Operation};

/// Tells what a context token says.
pub const RESOLVE: Op<ResolveContext, ContextView> = Op::named("tracking_resolve_context");
/// Tells pages how to ask.
pub const SDK_CONFIG: Op<SdkConfig, ScriptConfig> = Op::named("tracking_sdk_config");

/// The parameter in which destinations get a token.
pub const PARAMETER: &str = "ctx";
/// Where the script for pages is, on the API's host and on those of handles.
pub const SCRIPT_PATH: &str = "/_assets/sdk/link-platform.js";
/// Where it asks, before the handle.
pub const PAGE_PATH: &str = "/_edge/context/";

pub(crate) fn operations() -> Vec<Operation> {
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
    ]
}
