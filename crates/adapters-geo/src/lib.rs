//! Countries and regions of addresses, from a file in MaxMind's format.
//!
//! This crate decides which fields of such a file name a country and its region, and when the file is read anew. It does
//! not know where the file comes from, how old it may be, or what the country is asked for; addresses are looked up and
//! not kept.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use lp_core::text::with_causes;
use lp_core::{Country, Region, Territory, Timestamp};
use lp_ports::Countries;
use maxminddb::{LookupResult, MaxMindDbError, Reader, path};
use thiserror::Error;
use tracing::{info, warn};

/// A file of networks and where they are, read into memory, and read again when it is another one.
pub struct GeoFile {
    path: PathBuf,
    reader: RwLock<Arc<Reader<Vec<u8>>>>,
    edition: AtomicU64,
    /// As the file was when it was last looked at.
    seen: Mutex<Option<Stamp>>,
}

/// A file that cannot be used.
#[derive(Debug, Error)]
#[error("it cannot be read as a database of addresses in MaxMind's format")]
pub struct GeoFileFault(#[from] MaxMindDbError);

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What its maker calls it, such as `GeoLite2-City`.
    pub kind: String,
    pub built: Timestamp,
}

/// By what another file is told from the one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
}

impl GeoFile {
    /// Reads a file of countries or cities, whoever makes it.
    pub fn open(path: &Path) -> Result<Self, GeoFileFault> {
        // Before it is read: what is written meanwhile is read again.
        let seen = stamp(path);
        let reader = Reader::open_readfile(path)?;
        Ok(Self {
            path: path.to_owned(),
            reader: RwLock::new(Arc::new(reader)),
            edition: AtomicU64::new(1),
            seen: Mutex::new(seen),
        })
    }

    /// What the file that is in use says of itself.
    pub fn about(&self) -> About {
        let reader = self.reader();
        let seconds = i64::try_from(reader.metadata().build_epoch).unwrap_or(0);
        About {
            kind: reader.metadata().database_type.clone(),
            built: Timestamp::from_millis(seconds.saturating_mul(1_000)),
        }
    }

    fn reader(&self) -> Arc<Reader<Vec<u8>>> {
        self.reader.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The code of a country as the file has it, under whichever name it has it: MaxMind and DB-IP nest it, the files of
/// iptoasn and IPinfo do not.
fn country<'r>(found: &LookupResult<'r, Vec<u8>>) -> Option<&'r str> {
    let nested = found.decode_path::<&str>(&path!["country", "iso_code"]).ok().flatten();
    nested
        .or_else(|| found.decode_path(&path!["country_code"]).ok().flatten())
        .or_else(|| found.decode_path(&path!["country"]).ok().flatten())
}

/// The code of the greatest part of the country; files of cities have it, and not all of those.
fn region<'r>(found: &LookupResult<'r, Vec<u8>>) -> Option<&'r str> {
    found.decode_path(&path!["subdivisions", 0, "iso_code"]).ok().flatten()
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = path.metadata().ok()?;
    Some(Stamp { modified: file.modified().ok(), size: file.len() })
}

impl Countries for GeoFile {
    fn territory_of(&self, address: IpAddr) -> Option<Territory> {
        let reader = self.reader();
        let found = reader.lookup(address).ok()?;
        let country = country(&found).and_then(|code| Country::parse(code).ok())?;
        let region = region(&found).and_then(|code| Region::parse(code).ok());
        Some(Territory { country, region })
    }

    fn edition(&self) -> u64 {
        self.edition.load(Ordering::Relaxed)
    }

    /// A file that cannot be read changes nothing, and is complained of once.
    fn renew(&self) {
        let now = stamp(&self.path);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == now {
            return;
        }
        *seen = now;
        let file = self.path.display();
        match Reader::open_readfile(&self.path) {
            Ok(reader) => {
                *self.reader.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(reader);
                self.edition.fetch_add(1, Ordering::Relaxed);
                let About { kind, built } = self.about();
                info!(geo.file = %file, geo.kind = kind, geo.built = %built, "the database of addresses is another one now");
            }
            Err(fault) => {
                warn!(error.source = %with_causes(&fault), geo.file = %file, "the database of addresses cannot be read; the one of before stays in use");
            }
        }
    }
}
