//! What OAuth needs of HTTP beside the rows: its documents, the way to the page where a person consents, and the form of
//! refusals.

mod consent;
mod hosts;
mod issuer;
mod refusal;
mod resource;

pub use hosts::McpHosts;

pub(crate) use consent::authorize;
pub(crate) use issuer::Issuer;
pub(crate) use refusal::refusal;
pub(crate) use resource::of_path;

/// How long clients may keep the documents: they change with the settings and with a release.
const KEPT_SECONDS: u32 = 300;
