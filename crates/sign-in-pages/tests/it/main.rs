//! The pages before a real application in memory, as a browser without scripts uses them.

mod account;
mod browser;
mod cookies;
mod desktop;
mod documents;
mod escaping;
mod forgery;
mod mailed;
mod markup;
mod sessions;
mod signing_in;
