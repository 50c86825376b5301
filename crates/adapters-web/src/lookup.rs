use std::io;
use std::net::IpAddr;

use async_trait::async_trait;

/// Turns a name into addresses, unjudged.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// All addresses of the name, in the order to try them; an error or an empty list where it has none.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        // The port is a formality of this interface.
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}
