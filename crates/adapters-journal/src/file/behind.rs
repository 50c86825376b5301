//! Mode `memory`: clicks are collected and written behind.

use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use std::{io, mem};

use tracing::error;

use super::Shared;
use super::grow::SegmentFile;
use crate::lock::lock;

/// How long a click may be in memory only.
const DELAY: Duration = Duration::from_millis(10);

/// What is to be written, in order.
#[derive(Default)]
pub(crate) struct Pending(Vec<Piece>);

/// Bytes of one segment that lie one behind the other.
struct Piece {
    file: Arc<SegmentFile>,
    offset: u64,
    bytes: Vec<u8>,
    /// The position behind its last record; `None` before the first.
    upto: Option<u64>,
    records: u64,
}

impl Pending {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds bytes, which are a record that ends at a position or else a header.
    pub(crate) fn add(&mut self, file: &Arc<SegmentFile>, offset: u64, bytes: &[u8], upto: Option<u64>) {
        let last = self.0.last_mut().filter(|piece| piece.file.number == file.number);
        if let Some(piece) = last {
            piece.bytes.extend_from_slice(bytes);
            piece.upto = upto.or(piece.upto);
            piece.records += u64::from(upto.is_some());
        } else {
            let (file, bytes, records) = (file.clone(), bytes.to_vec(), u64::from(upto.is_some()));
            self.0.push(Piece { file, offset, bytes, upto, records });
        }
    }
}

/// Writes behind until the journal is closed.
pub(crate) fn keep_writing(shared: &Shared) {
    let mut failing = false;
    loop {
        let mut writer = lock(&shared.writer);
        while writer.pending.0.is_empty() && !writer.closing {
            writer = shared.behind.wait(writer).unwrap_or_else(PoisonError::into_inner);
        }
        let (writer, _) = shared
            .behind
            .wait_timeout_while(writer, DELAY, |writer| !writer.closing)
            .unwrap_or_else(PoisonError::into_inner);
        let closing = writer.closing;
        drop(writer);
        let written = write_out(shared);
        if let Err(fault) = &written
            && !failing
        {
            error!(error.source = %fault, "clicks could not be written to the click journal and are lost");
        }
        failing = written.is_err();
        if closing {
            return;
        }
    }
}

/// Writes what there is. What cannot be written is lost; the rest is written all the same.
pub(crate) fn write_out(shared: &Shared) -> io::Result<()> {
    let _in_turn = lock(&shared.writing_out);
    let pieces = mem::take(&mut lock(&shared.writer).pending.0);
    let mut result = Ok(());
    for piece in pieces {
        if let Err(fault) = piece.file.file.write_all_at(&piece.bytes, piece.offset) {
            shared.lost.fetch_add(piece.records, Ordering::Relaxed);
            result = Err(fault);
        }
        if let Some(upto) = piece.upto {
            shared.committed.store(upto, Ordering::Release);
        }
    }
    result
}
