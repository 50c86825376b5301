//! What earlier starts have left.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use lp_ports::JournalId;
use tracing::{error, info};

use super::read::Track;
use super::shelf::{Segment, Shelf};
use crate::record::ALIGN;
use crate::segment::{self, HEADER, Header};
use crate::slots::Slot;

/// The journals in a slot.
pub(crate) struct Left {
    /// Oldest first.
    pub(crate) tracks: Vec<Track>,
    /// Bytes of their files.
    pub(crate) size: u64,
    /// A number that no file of the slot has, nor any above it.
    pub(crate) unused: u64,
}

/// Finds the journals in a slot. Files that are none are set aside, and nothing is read but headers and ends.
pub(crate) fn left(slot: &Arc<Slot>) -> io::Result<Left> {
    let (numbers, unused) = segment::numbers(&slot.dir)?;
    let mut journals: Vec<(JournalId, Vec<Segment>)> = Vec::new();
    for number in numbers {
        match examine(&slot.dir, number) {
            Ok(Some((id, segment))) => match journals.iter_mut().find(|(known, _)| *known == id) {
                Some((_, segments)) => segments.push(segment),
                None => journals.push((id, vec![segment])),
            },
            Ok(None) => {}
            Err(fault) => {
                let file = segment::path(&slot.dir, number);
                error!(error.source = %fault, journal.file = %file.display(), "a file of the click journal cannot be read; its clicks wait for the next start");
            }
        }
    }
    for (_, segments) in &mut journals {
        put_in_line(segments);
    }
    let size = journals.iter().flat_map(|(_, segments)| segments).map(|segment| segment.size).sum();
    if !journals.is_empty() {
        info!(journal.folder = %slot.dir.display(), journal.bytes = size, "clicks of earlier starts are taken over");
    }
    let tracks = journals
        .into_iter()
        .map(|(id, segments)| Track::new(id, Arc::new(Shelf::new(slot.dir.clone(), segments)), slot.clone()))
        .collect();
    Ok(Left { tracks, size, unused })
}

/// Orders segments by position. One that somebody has made longer ends where the next one begins.
fn put_in_line(segments: &mut [Segment]) {
    segments.sort_unstable_by_key(|segment| segment.base);
    let nexts: Vec<u64> = segments.iter().skip(1).map(|segment| segment.base).collect();
    for (segment, next) in segments.iter_mut().zip(nexts) {
        segment.size = segment.size.min(next - segment.base);
        segment.end = segment.end.map(|end| end.min(segment.size));
    }
}

fn examine(dir: &Path, number: u64) -> io::Result<Option<(JournalId, Segment)>> {
    let path = segment::path(dir, number);
    let file = File::open(&path)?;
    let size = file.metadata()?.len();
    let mut bytes = [0; HEADER];
    let header = if size < HEADER as u64 {
        None
    } else {
        file.read_exact_at(&mut bytes, 0)?;
        Header::decode(&bytes)
    };
    let data = segment::end_of_data(&file, size)?;
    if let Some(Header { journal, base, seed }) = header {
        let end = data.next_multiple_of(ALIGN as u64).min(size);
        return Ok(Some((journal, Segment { number, base, seed, size, end: Some(end) })));
    }
    if data == 0 {
        // It was prepared and never used.
        fs::remove_file(&path)?;
    } else {
        let aside = segment::set_aside(dir, number)?;
        error!(journal.file = %aside.display(), "a file of the click journal has no readable beginning and was set aside");
    }
    Ok(None)
}
