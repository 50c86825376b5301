//! The load of the benchmark: which requests are sent, how, and what came of them.
//!
//! It knows HTTP/1.1 just enough to count redirects, and nothing of the server: the same bytes go to the platform and to
//! the bare server it is compared with.

/// Where the addresses of the load are, in turn, as `bench-geo` writes it.
pub const COUNTRIES: [&str; 8] = ["US", "DE", "FR", "GB", "IN", "BR", "JP", "NG"];

mod closed;
mod cold;
mod cost;
mod logins;
mod paced;
mod reply;
mod requests;
mod syncs;
mod tally;
mod writes;

pub use closed::closed;
pub use cold::cold;
pub use cost::nanos_a_call;
pub use logins::{Storm, logins};
pub use paced::paced;
pub use requests::{Requests, Visits, drawn};
pub use syncs::syncs;
pub use tally::Tally;
pub use writes::writes;
