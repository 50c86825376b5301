//! The real binary over real sockets.

mod bad_input;
mod by_mail;
mod contexts;
mod crashes;
mod desktop;
mod discovery;
mod edge;
mod first_run;
mod handles;
mod isolation;
mod limits;
mod max_clicks;
mod nodes;
mod oauth;
mod operations;
mod packaging;
mod pages;
mod parity;
mod passwords;
mod personalization;
mod plans;
mod primer;
mod routing;
mod standing;
mod sweep;
mod tls;
