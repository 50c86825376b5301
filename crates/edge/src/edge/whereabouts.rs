use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use lp_application::{Countries, Country};

/// Who visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    pub address: IpAddr,
    /// Whether a proxy that is trusted hands the request on, so that what it says of the visitor is believed.
    pub vouched: bool,
}

/// How it is found out which country a visitor is in; nobody knows unless one of the two does.
#[derive(Clone, Default)]
pub struct Whereabouts {
    /// The header in which trusted proxies name it. They have to set or drop it themselves: what a visitor sends is not
    /// told from what they say.
    pub header: Option<HeaderName>,
    /// Who knows it of addresses, where no proxy says it.
    pub countries: Option<Arc<dyn Countries>>,
}

impl From<IpAddr> for Client {
    /// One whom nobody vouches for.
    fn from(address: IpAddr) -> Self {
        Self { address, vouched: false }
    }
}

impl Whereabouts {
    pub(super) fn country(&self, headers: &HeaderMap, client: Client) -> Option<Country> {
        let named = self.header.as_ref().filter(|_| client.vouched).and_then(|name| headers.get(name));
        let named = named.and_then(|value| value.to_str().ok());
        named
            .and_then(|code| Country::parse(code).ok())
            .or_else(|| self.countries.as_ref()?.country_of(client.address))
    }
}
