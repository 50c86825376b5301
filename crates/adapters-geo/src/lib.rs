//! Countries of addresses, from a file in MaxMind's format.
//!
//! This crate decides which fields of such a file name a country. It does not know where the file comes from, how old it
//! may be, or what the country is asked for; addresses are looked up and not kept.

use std::net::IpAddr;
use std::path::Path;

use lp_core::{Country, Territory};
use lp_ports::Countries;
use maxminddb::{MaxMindDbError, Reader, path};
use thiserror::Error;

/// A file of networks and their countries, read into memory once.
pub struct GeoFile {
    reader: Reader<Vec<u8>>,
}

/// A file that cannot be used.
#[derive(Debug, Error)]
#[error("it cannot be read as a database of addresses in MaxMind's format")]
pub struct GeoFileFault(#[from] MaxMindDbError);

impl GeoFile {
    /// Reads a file of countries or cities, whoever makes it.
    pub fn open(path: &Path) -> Result<Self, GeoFileFault> {
        Ok(Self { reader: Reader::open_readfile(path)? })
    }

    /// The code of a country as the file has it, under whichever name it has it: MaxMind and DB-IP nest it, the files of
    /// iptoasn and IPinfo do not.
    fn code(&self, address: IpAddr) -> Option<&str> {
        let found = self.reader.lookup(address).ok()?;
        let nested = found.decode_path::<&str>(&path!["country", "iso_code"]).ok().flatten();
        nested
            .or_else(|| found.decode_path(&path!["country_code"]).ok().flatten())
            .or_else(|| found.decode_path(&path!["country"]).ok().flatten())
    }
}

impl Countries for GeoFile {
    fn territory_of(&self, address: IpAddr) -> Option<Territory> {
        let country = self.code(address).and_then(|code| Country::parse(code).ok())?;
        Some(Territory { country, region: None })
    }
}
