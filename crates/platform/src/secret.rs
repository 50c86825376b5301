//! The installation's secret: 32 bytes in a file that only its owner may read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use lp_ports::Ids;

use sha2::{Digest, Sha256};

use crate::StartError;

/// Reads the secret, or makes it on the first start.
pub(crate) fn load(path: &Path, ids: &dyn Ids) -> Result<[u8; 32], StartError> {
    match fs::read(path) {
        Ok(bytes) => bytes.try_into().map_err(|_| StartError::Secret {
            path: path.to_owned(),
            source: io::Error::new(io::ErrorKind::InvalidData, "the file does not hold 32 bytes"),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path, ids),
        Err(source) => Err(StartError::Secret { path: path.to_owned(), source }),
    }
}

/// Two processes may start at once: whoever is second reads what the first has made.
fn create(path: &Path, ids: &dyn Ids) -> Result<[u8; 32], StartError> {
    let fault = |source| StartError::Secret { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fault)?;
    }
    let secret = ids.random();
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = owner_only().open(&fresh).map_err(fault)?;
    file.write_all(&secret).and_then(|()| file.sync_all()).map_err(fault)?;
    let linked = fs::hard_link(&fresh, path);
    fs::remove_file(&fresh).map_err(fault)?;
    match linked {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => load(path, ids),
        Err(error) => Err(fault(error)),
    }
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// What a secret can be known by without telling it.
pub(crate) fn mark(secret: &[u8; 32]) -> String {
    let hash = Sha256::new().chain_update(b"link-platform secret mark").chain_update(secret).finalize();
    lp_core::base32(&hash[..16])
}
