use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use lp_application::{Countries, Country, Region, Territory, UserAgents};

use super::remembered::{Remembered, Sought};

/// How many addresses are remembered: to look one up takes longer than all else that is found out of a visitor.
const PLACES: usize = 65_536;

/// Who visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    pub address: IpAddr,
    /// Whether a proxy that is trusted hands the request on, so that what it says of the visitor is believed.
    pub vouched: bool,
}

/// How it is found out from where and with what visitors come; nobody knows unless one of these does.
#[derive(Clone, Default)]
pub struct Whereabouts {
    /// The header in which trusted proxies name the country. They have to set or drop it themselves: what a visitor sends
    /// is not told from what they say.
    pub header: Option<HeaderName>,
    /// As that one, for the region.
    pub region_header: Option<HeaderName>,
    /// Who knows both of addresses, where no proxy says the country.
    pub countries: Option<Arc<dyn Countries>>,
    /// Who knows more of user agents than their words say.
    pub agents: Option<Arc<dyn UserAgents>>,
}

/// [`Whereabouts`] that remember addresses.
pub(super) struct Places {
    whereabouts: Whereabouts,
    remembered: Option<Remembered>,
}

impl From<IpAddr> for Client {
    /// One whom nobody vouches for.
    fn from(address: IpAddr) -> Self {
        Self { address, vouched: false }
    }
}

impl Places {
    pub(super) fn new(whereabouts: Whereabouts) -> Self {
        let remembered = whereabouts.countries.as_ref().map(|_| Remembered::new(PLACES));
        Self { whereabouts, remembered }
    }

    /// Begins to seek an address.
    pub(super) fn seek(&self, client: Client) -> Sought {
        let known = self.whereabouts.countries.as_ref().zip(self.remembered.as_ref());
        known.map_or_else(Sought::default, |(countries, all)| all.seek((countries.edition(), client.address)))
    }

    /// Where a visitor is. The country that a proxy names goes before all else, and then its region or none: one that
    /// somebody else knows may be of another country.
    pub(super) fn territory(&self, sought: Sought, headers: &HeaderMap, client: Client) -> Option<Territory> {
        let Whereabouts { header, region_header, .. } = &self.whereabouts;
        let named = |header: &Option<HeaderName>| {
            let name = header.as_ref().filter(|_| client.vouched)?;
            headers.get(name)?.to_str().ok()
        };
        if let Some(country) = named(header).and_then(|code| Country::parse(code).ok()) {
            let region = named(region_header).and_then(|code| Region::parse(code).ok());
            return Some(Territory { country, region });
        }
        let countries = self.whereabouts.countries.as_ref()?;
        let find = || packed(countries.territory_of(client.address));
        let word = match &self.remembered {
            Some(remembered) => remembered.of(sought, find),
            None => find(),
        };
        unpacked(word)
    }
}

/// The letters of both codes, behind a byte that makes it no 0.
fn packed(territory: Option<Territory>) -> u64 {
    let mut bytes = [1, 0, 0, 0, 0, 0, 0, 0];
    if let Some(Territory { country, region }) = territory {
        let region = region.as_ref().map_or("", Region::as_str);
        let letters = country.as_str().bytes().chain(region.bytes());
        bytes.iter_mut().skip(1).zip(letters).for_each(|(place, letter)| *place = letter);
    }
    u64::from_le_bytes(bytes)
}

fn unpacked(word: u64) -> Option<Territory> {
    let [_, letters @ ..] = word.to_le_bytes();
    let text = std::str::from_utf8(&letters).ok()?.trim_end_matches('\0');
    let (country, region) = text.split_at_checked(2)?;
    Some(Territory { country: Country::parse(country).ok()?, region: Region::parse(region).ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_territory_survives_being_packed() {
        let territory = |country, region| {
            let country = Country::parse(country).expect("a country");
            Some(Territory { country, region: Region::parse(region).ok() })
        };
        for territory in
            [None, territory("US", "CA"), territory("DE", ""), territory("FR", "75C"), territory("XK", "1")]
        {
            assert_eq!(unpacked(packed(territory)), territory);
        }
    }
}
