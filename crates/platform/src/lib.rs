//! Link Platform as a library: the assembly that the server and other services embed.
//!
//! This crate decides which adapter stands behind which port, starts and ends the loops, and sends each request to the
//! surface that its host belongs to. It knows every crate and decides no rule. The server binary is its first user:
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use link_platform::{Config, Platform};
//!
//! let platform = Platform::start(Config::local("data".as_ref(), 8080)).await?;
//! let service = platform.service(); // a tower service over `http` requests
//! # let _ = service;
//! platform.stop().await;
//! # Ok(())
//! # }
//! ```

#![warn(missing_docs)]

mod backing;
mod client;
mod clock;
mod config;
mod counts;
mod doctor;
mod ids;
mod metrics;
mod migrate;
mod platform;
mod secret;
mod serve;

pub use client::Peer;
pub use config::{Config, Database, Durability, Journal};
pub use counts::{CountsChecked, verify_counts};
pub use doctor::{Finding, doctor};
pub use migrate::{MigrateError, migrate};
pub use platform::{Platform, StartError};
pub use serve::{PlatformService, documents};

pub use axum::body::Body;
pub use lp_access::Actor;
pub use lp_analytics::{Count, Difference};
pub use lp_application::Body as BodyBinding;
pub use lp_application::{
    Accepts, Answer, Application, Auth, Bootstrap, BootstrapError, Bootstrapped, ByteStream, Catalogue, Code,
    Credential, Error, FirstRun, Kind, Limits, Method, Mount, Operation, PublicUrls, Query, Rate, Reply,
    Request, StreamReply, Surface, catalogue, parse_json,
};
pub use lp_core::{Handle, HandleFault};
