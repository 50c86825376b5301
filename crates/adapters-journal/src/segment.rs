use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use lp_ports::JournalId;
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// What a segment begins with.
pub(crate) const HEADER: usize = 64;
/// The most bytes that an id may have.
pub(crate) const LONGEST_ID: usize = 36;

/// Seven letters and the version of the format.
const MAGIC: [u8; 8] = *b"lpclick\x01";
/// No journal gets that far; positions can be added up without care.
const LAST_BASE: u64 = 1 << 62;
const EXTENSION: &str = "clicks";
/// Of what was set aside.
pub(crate) const DAMAGED: &str = "damaged";
const CHUNK: usize = 256 * 1024;

/// What a segment says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) journal: JournalId,
    /// The position of the segment's first byte.
    pub(crate) base: u64,
    /// Binds the checksums to this segment.
    pub(crate) seed: u64,
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..16].copy_from_slice(&self.base.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.seed.to_le_bytes());
        let id = self.journal.0.as_bytes();
        for (to, from) in bytes[24..24 + LONGEST_ID].iter_mut().zip(id) {
            *to = *from;
        }
        let crc = crc32fast::hash(&bytes[..60]);
        bytes[60..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8; HEADER]) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk()?;
        if crc32fast::hash(content) != u32::from_le_bytes(*crc) {
            return None;
        }
        let (magic, rest) = content.split_first_chunk()?;
        let (base, rest) = rest.split_first_chunk()?;
        let (seed, id) = rest.split_first_chunk()?;
        let length = id.iter().position(|byte| *byte == 0).unwrap_or(id.len());
        let id = str::from_utf8(&id[..length]).ok()?;
        let base = u64::from_le_bytes(*base);
        (*magic == MAGIC && base <= LAST_BASE).then(|| Self {
            journal: JournalId(id.to_owned()),
            base,
            seed: u64::from_le_bytes(*seed),
        })
    }
}

/// Where the segment with this number lies.
pub(crate) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:010}.{EXTENSION}"))
}

/// The numbers of the segments in a folder, least first, and the least number that no file has ever had.
pub(crate) fn numbers(dir: &Path) -> io::Result<(Vec<u64>, u64)> {
    let mut numbers = Vec::new();
    let mut unused = 1;
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let Some((number, _)) = name.to_str().and_then(|name| name.split_once('.')) else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        unused = unused.max(number.saturating_add(1));
        // `3.clicks` has the number of another file, and is none of ours.
        if path(dir, number).file_name() == Some(&name) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok((numbers, unused))
}

/// Takes a segment out of its journal, for somebody to look at; where it lies then.
pub(crate) fn set_aside(dir: &Path, number: u64) -> io::Result<PathBuf> {
    let path = path(dir, number);
    let aside = path.with_extension(DAMAGED);
    fs::rename(path, &aside)?;
    Ok(aside)
}

/// Makes an empty segment that has its room on the disk, as far as the file system keeps such a promise.
///
/// One that writes in place (ext4, XFS) does: writing to the segment later cannot fail for want of room. One that
/// copies on write or is thinly provided (btrfs, ZFS, thin volumes) may reserve nothing. There, a write to a page that
/// it cannot store ends the process (SIGBUS), and all that is promised is that the next start recovers.
pub(crate) fn create(dir: &Path, number: u64, size: u64) -> io::Result<File> {
    let path = path(dir, number);
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    let made = reserve(&file, size).and_then(|()| File::open(dir)?.sync_all());
    match made {
        Ok(()) => Ok(file),
        Err(fault) => {
            fs::remove_file(&path).ok();
            Err(fault)
        }
    }
}

/// Reserves the blocks, then writes them once: what was only reserved is made real by the file system when it is first
/// written to, in the same order as whatever else is being synced, and a visitor would wait for that.
fn reserve(file: &File, size: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, size) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
        Err(fault) => return Err(fault.into()),
    }
    let zeros = vec![0; CHUNK];
    let mut at = 0;
    while at < size {
        let length = usize::try_from(size - at).unwrap_or(CHUNK).min(CHUNK);
        file.write_all_at(&zeros[..length], at)?;
        at += length as u64;
    }
    file.sync_data()
}

/// The offset behind the last byte of a file that is not zero.
pub(crate) fn end_of_data(file: &File, length: u64) -> io::Result<u64> {
    let mut bytes = vec![0; CHUNK];
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(CHUNK as u64);
        let part = &mut bytes[..usize::try_from(end - start).unwrap_or(CHUNK)];
        file.read_exact_at(part, start)?;
        if let Some(last) = part.iter().rposition(|byte| *byte != 0) {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_header_is_read_as_it_was_written(id in "[a-z0-9-]{1,36}", base in 0..LAST_BASE, seed: u64) {
            let header = Header { journal: JournalId(id), base, seed };
            prop_assert_eq!(Header::decode(&header.encode()), Some(header));
        }

        #[test]
        fn a_header_with_a_changed_byte_is_none(at in 0..HEADER, by in 1_u8..) {
            let mut bytes = Header { journal: JournalId("one".to_owned()), base: 7, seed: 9 }.encode();
            bytes[at] ^= by;
            prop_assert_eq!(Header::decode(&bytes), None);
        }
    }
}
