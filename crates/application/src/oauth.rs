//! The authorization server: apps ask people for access to the MCP server of a handle, and act there with what they got.
//!
//! OAuth 2.1 as the MCP authorization specification of 2026-07-28 asks for it: authorization code with PKCE S256 and
//! nothing else, a resource for each grant (RFC 8707), the issuer in every answer (RFC 9207), rotating refresh tokens.
//! Registration stores nothing (RFC 7591, appendix A.5.2), so there is nothing to fill; what is stored is a connection for
//! each consent. None of these rows is an MCP tool: an assistant cannot widen what it was given.

pub mod addresses;
mod authorize;
mod clients;
mod connections;
mod documents;
mod input;
mod metadata;
mod request;
mod resource;
mod rows;
mod scopes;
mod token;
mod view;

pub(crate) use self::documents::KnownDocuments;
pub use self::input::{AuthorizationRequest, Decision, OneConnection, Revocation, TokenRequest};
pub use self::metadata::{ClientMetadata, RegisteredClient};
pub(crate) use self::rows::operations;
pub use self::scopes::{base_scopes, offered_scopes, scope_in_words};
pub use self::view::{
    Authorization, ClientView, ConnectionList, ConnectionView, EndedConnection, HandleChoice, RedirectTo,
    Requested, Revoked, ScopeChoice, Tokens,
};
use crate::catalogue::Op;
use crate::system::NoInput;

/// How long an app stays let in that does nothing.
pub const CONNECTED_FOR: std::time::Duration = lp_access::Connection::LIFE;

/// Registers an app.
pub const REGISTER: Op<ClientMetadata, RegisteredClient> = Op::named("oauth_register");
/// Gives an app tokens.
pub const TOKEN: Op<TokenRequest, Tokens> = Op::named("oauth_token");
/// Takes a token back, for the app that has it.
pub const REVOKE: Op<Revocation, Revoked> = Op::named("oauth_revoke");
/// Says what an app asks for.
pub const AUTHORIZATION: Op<AuthorizationRequest, Authorization> = Op::named("oauth_authorization_get");
/// Lets it, or does not.
pub const DECIDE: Op<Decision, RedirectTo> = Op::named("oauth_authorization_decide");
/// Lists the apps that somebody let in.
pub const CONNECTIONS: Op<NoInput, ConnectionList> = Op::named("account_connections_list");
/// Takes back what was allowed.
pub const END_CONNECTION: Op<OneConnection, EndedConnection> = Op::named("account_connections_end");
/// Lists the apps that members let into a handle.
pub const HANDLE_CONNECTIONS: Op<NoInput, ConnectionList> = Op::named("handle_connections_list");
/// Shuts one out of the handle.
pub const END_HANDLE_CONNECTION: Op<OneConnection, EndedConnection> = Op::named("handle_connections_end");
