//! What may be asked, what is asked, and what the answer is called.

mod addresses;
mod documents;
mod guard;
mod probing;
mod redirects;
mod server;
