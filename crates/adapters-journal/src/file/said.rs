use std::sync::atomic::Ordering;
use std::{io, mem};

use tracing::{error, info, warn};

use super::Shared;

/// What the keeper has said, so that it is said once.
#[derive(Default)]
pub(crate) struct Said {
    /// The journal cannot grow.
    failing: bool,
    /// Clicks are being lost.
    losing: bool,
    /// Lost clicks that were reported.
    lost: u64,
    nearly_full: bool,
}

impl Said {
    /// Says what is new, now that a segment is prepared, or there is no room for one, or it cannot be made.
    pub(crate) fn report(&mut self, shared: &Shared, provided: io::Result<bool>) {
        if shared.losing.load(Ordering::Relaxed) && !mem::replace(&mut self.losing, true) {
            losing(shared, &provided);
            self.failing |= provided.is_err();
        }
        match provided {
            Err(fault) => self.warn_of(&fault, shared),
            Ok(true) => self.recovered(shared),
            Ok(false) => {}
        }
        self.warn_early(shared);
    }

    fn warn_of(&mut self, fault: &io::Error, shared: &Shared) {
        if !mem::replace(&mut self.failing, true) {
            warn!(error.source = %fault, journal.folder = %shared.slot.dir.display(), "the click journal cannot grow; when its last file is full, visitors are redirected and their clicks are not counted");
        }
    }

    fn recovered(&mut self, shared: &Shared) {
        let failing = mem::take(&mut self.failing);
        // What was lost since the report began is said in the next one.
        if mem::take(&mut self.losing) {
            shared.losing.store(false, Ordering::Relaxed);
            let lost = shared.lost.load(Ordering::Relaxed);
            info!(clicks.lost = lost - self.lost, "the click journal has room again");
            self.lost = lost;
        } else if failing {
            info!("the click journal can grow again");
        }
    }

    fn warn_early(&mut self, shared: &Shared) {
        let (held, capacity) = (shared.held(), shared.options.capacity);
        let nearly_full = held >= capacity / 5 * 4;
        if nearly_full && !self.nearly_full {
            warn!(
                journal.held_bytes = held,
                journal.capacity_bytes = capacity,
                "the click journal is nearly full: clicks are noted faster than they are counted"
            );
        }
        self.nearly_full = nearly_full;
    }
}

/// Says that the first click of a time is lost, and why.
fn losing(shared: &Shared, provided: &io::Result<bool>) {
    match provided {
        Err(fault) => {
            error!(error.source = %fault, journal.folder = %shared.slot.dir.display(), "the click journal cannot grow and its last file is full; visitors are redirected, their clicks are not counted");
        }
        Ok(false) => error!(
            journal.capacity_bytes = shared.options.capacity,
            "the click journal is full; visitors are redirected, their clicks are not counted"
        ),
        Ok(true) => {
            error!(journal.folder = %shared.slot.dir.display(), "the next file of the click journal was not ready in time; visitors were redirected, their clicks are not counted");
        }
    }
}
