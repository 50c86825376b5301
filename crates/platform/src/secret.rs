//! The installation's secret: 32 bytes in a file that only its owner may read, and behind them those of the one before.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lp_access::Secret;
use lp_ports::Ids;
use zeroize::Zeroizing;

use crate::StartError;

/// Reads the secret, or makes it on the first start.
pub(crate) fn load(path: &Path, ids: &dyn Ids) -> Result<Secret, StartError> {
    match fs::read(path).map(Zeroizing::new) {
        Ok(bytes) => parse(&bytes).ok_or_else(|| {
            let words = "the file holds neither one secret of 32 bytes nor one and the one before it";
            fault(path, io::Error::new(io::ErrorKind::InvalidData, words))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path, ids),
        Err(error) => Err(fault(path, error)),
    }
}

/// Puts a new secret into the file, in front of the one that is there. With `believe_before` what that one made stays good.
/// Whoever reads the file meanwhile reads it as it was, or as it is.
pub(crate) fn rotate(
    path: &Path,
    ids: &dyn Ids,
    believe_before: bool,
) -> Result<(Secret, Secret), StartError> {
    let bytes = Zeroizing::new(fs::read(path).map_err(|error| fault(path, error))?);
    let words = "the file holds no secret of 32 bytes";
    let before =
        parse(&bytes).ok_or_else(|| fault(path, io::Error::new(io::ErrorKind::InvalidData, words)))?;
    let fresh = ids.random();
    let now = if believe_before { Secret::following(&before, fresh) } else { Secret::new(fresh) };
    let new = write_beside(path, &now)?;
    fs::rename(&new, path).map_err(|error| fault(path, error))?;
    if let Some(folder) = path.parent() {
        // Where folders cannot be synced, the rename is as durable as it gets.
        let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok((before, now))
}

/// One secret, or one and the one before it.
fn parse(bytes: &[u8]) -> Option<Secret> {
    let (now, before) = bytes.split_at_checked(32)?;
    let now = now.try_into().ok()?;
    match before {
        [] => Some(Secret::new(now)),
        before => Some(Secret::following(&Secret::new(before.try_into().ok()?), now)),
    }
}

/// Two processes may start at once: whoever is second reads what the first has made.
fn create(path: &Path, ids: &dyn Ids) -> Result<Secret, StartError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| fault(path, error))?;
    }
    let secret = Secret::new(ids.random());
    let fresh = write_beside(path, &secret)?;
    let linked = fs::hard_link(&fresh, path);
    fs::remove_file(&fresh).map_err(|error| fault(path, error))?;
    match linked {
        Ok(()) => Ok(secret),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => load(path, ids),
        Err(error) => Err(fault(path, error)),
    }
}

/// A file of this process beside the one that is meant, synced.
fn write_beside(path: &Path, secret: &Secret) -> Result<PathBuf, StartError> {
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = owner_only().open(&fresh).map_err(|error| fault(path, error))?;
    let written = secret.believed().try_for_each(|part| file.write_all(part));
    written.and_then(|()| file.sync_all()).map_err(|error| fault(path, error))?;
    Ok(fresh)
}

fn fault(path: &Path, source: io::Error) -> StartError {
    StartError::Secret { path: path.to_owned(), source }
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
