//! What becomes of connections, counted for `/metrics` and the log.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// The connections there are, and why others did not end by themselves, since the start.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    open: AtomicU64,
    cuts: [AtomicU64; CUTS.len()],
}

/// Why a connection was not taken, or not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Its address had too many, all of them busy.
    RefusedAddress,
    /// It did not come to terms about TLS.
    RefusedTls,
    /// It rested when there were too many in all.
    ShedTotal,
    /// It rested when its address had too many.
    ShedAddress,
    /// No head of a request, or no handshake, in time.
    ShedHead,
    /// A request's body came too slowly; over HTTP/2 its stream alone ended.
    ShedBody,
    /// Nothing was taken of an answer.
    ShedAnswer,
    /// Nothing was asked for long.
    ShedIdle,
    /// Most of its requests were given up by itself.
    ShedResets,
}

/// Each as the page has it: what became of the connection, and why. In the order of [`Cut`].
const CUTS: [(Cut, &str, &str); 9] = [
    (Cut::RefusedAddress, "connections_refused", "address"),
    (Cut::RefusedTls, "connections_refused", "tls"),
    (Cut::ShedTotal, "connections_shed", "total"),
    (Cut::ShedAddress, "connections_shed", "address"),
    (Cut::ShedHead, "connections_shed", "head"),
    (Cut::ShedBody, "connections_shed", "body"),
    (Cut::ShedAnswer, "connections_shed", "answer"),
    (Cut::ShedIdle, "connections_shed", "idle"),
    (Cut::ShedResets, "connections_shed", "resets"),
];

impl Counts {
    pub(super) fn opened(&self) {
        self.open.fetch_add(1, Relaxed);
    }

    pub(super) fn closed(&self) {
        self.open.fetch_sub(1, Relaxed);
    }

    pub(super) fn count(&self, cut: Cut) {
        self.add(cut, 1);
    }

    pub(super) fn add(&self, cut: Cut, connections: u64) {
        self.cuts[cut as usize].fetch_add(connections, Relaxed);
    }

    pub(super) fn of(&self, cut: Cut) -> u64 {
        self.cuts[cut as usize].load(Relaxed)
    }

    /// In Prometheus' text form.
    pub(crate) fn page(&self) -> String {
        let mut page =
            format!("# TYPE connections_open gauge\nconnections_open {}\n", self.open.load(Relaxed));
        let mut before = "";
        for (cut, name, reason) in CUTS {
            // Writing to a string cannot fail.
            if name != before {
                let _ = writeln!(page, "\n# TYPE {name} counter");
                before = name;
            }
            let _ = writeln!(page, "{name}{{reason=\"{reason}\"}} {}", self.of(cut));
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cut_has_a_place_and_a_name_of_its_own() {
        for (at, (cut, name, reason)) in CUTS.into_iter().enumerate() {
            assert_eq!(cut as usize, at);
            let counts = Counts::default();
            counts.add(cut, 7);
            assert!(
                counts.page().contains(&format!("\n{name}{{reason=\"{reason}\"}} 7\n")),
                "{}",
                counts.page()
            );
            assert_eq!(counts.page().matches("} 7\n").count(), 1, "{}", counts.page());
        }
    }

    #[test]
    fn the_page_tells_each_kind_once_before_its_figures() {
        let counts = Counts::default();
        counts.opened();
        counts.opened();
        counts.closed();
        let page = counts.page();
        assert!(page.starts_with("# TYPE connections_open gauge\nconnections_open 1\n\n# TYPE "), "{page}");
        for name in ["connections_refused", "connections_shed"] {
            let kind = format!("# TYPE {name} counter\n{name}{{");
            assert_eq!(page.matches(&kind).count(), 1, "{page}");
        }
        assert_eq!(page.matches("# TYPE").count(), 3, "{page}");
    }
}
