//! The pages before a real application in memory, as a browser without scripts uses them.

mod account;
mod asking;
mod browser;
mod connections;
mod consent;
mod consent_guard;
mod cookies;
mod desktop;
mod documents;
mod escaping;
mod forgery;
mod handles;
mod mailed;
mod markup;
mod sessions;
mod signing_in;
