//! Operations, their catalogue, and the one gate that every surface goes through.
//!
//! This crate sequences: it loads through ports, lets a domain crate decide, commits one batch, and shapes the answer.
//! It holds the wire types, the error codes and the catalogue from which surfaces, documents and tests are computed.
//! It does not know HTTP, MCP or any engine, and it decides no rule of its own.

#![warn(missing_docs)]

pub mod accounts;
pub mod analytics;
mod application;
pub mod audit;
mod bootstrap;
mod breath;
mod budgets;
mod catalogue;
mod clicks;
mod code;
pub mod contexts;
mod cursor;
mod cx;
mod error;
mod gate;
mod grant;
pub mod handles;
mod json;
mod limits;
pub mod links;
mod names;
pub mod oauth;
pub mod personalization;
pub mod plans;
mod refusals;
mod repeat;
mod routes;
mod schema;
mod settings;
mod stream;
pub mod system;
pub mod tokens;
mod unlock;
mod wire;

pub use application::{Application, CallRecord, Observer, Ports, RouteListener};
pub use bootstrap::{Bootstrap, BootstrapError, Bootstrapped, FirstRun, bootstrap, first_run};
pub use budgets::{Budgets, StoreAway};
pub use catalogue::{
    Auth, Body, Catalogue, Dialect, Effect, Kind, Method, Mount, Op, Operation, Query, Realm, Stream, View,
    catalogue,
};
pub use clicks::{ClickSink, Noted, Visit};
pub use code::Code;
pub use contexts::{ContextMint, ContextRefused, ContextRoom, PageAsked};
pub use cx::Cx;
pub use error::{Error, Exhausted, Fault};
pub use gate::{Accepts, Answer, Caller, Credential, Reply, Request, Surface};
pub use grant::SignedUrl;
pub use json::{BadJson, parse as parse_json, pointer_step};
pub use limits::{Allowance, Limits, Rate};
pub use lp_access::{Called, Feature, Need, Plan, PlanRules};
pub use lp_analytics::{Facts, bounded, counts as counts_as_click};
pub use lp_core::{Agent, Country, Region, Territory};
pub use lp_links::Spent;
pub use lp_personalization::Policy;
pub use lp_ports::{Countries, JournalFull, Kept, PublishedKey, Settling, UserAgents};
pub use names::{Meant, Names};
pub use routes::{Loaded, RouteSource, refusal};
pub use settings::{PublicUrls, Settings, SignUps};
pub use stream::{ByteStream, StreamReply, broken_off, whole};
pub use unlock::{Attempt, LinkLocks};
pub use wire::{CursorText, Patch, Search, SiteUrl, Wire, Word};
