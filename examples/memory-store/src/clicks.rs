//! `Ingest`: clicks come in by the stretch, are counted as they do, and go after a while.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use lp_analytics::{Click, Count, CountKey, Counts, Dimension, Range, day_of, day_range, tally};
use lp_core::{ClickId, Device, SlugKey, Timestamp};
use lp_ports::{Ingest, JournalId, StoreError, Stretch};

use crate::MemoryStore;

/// The clicks of one handle and what is counted of them.
#[derive(Default)]
pub(crate) struct Clicks {
    pub(crate) kept: BTreeMap<(Timestamp, ClickId), Click>,
    /// As [`tally`] makes them. They outlive their clicks.
    pub(crate) hours: Counts,
    /// Before this, the first instant of a day, clicks are forgotten; `None` where none are.
    pub(crate) forgotten: Option<Timestamp>,
    /// How many visitors forgotten days had, by slug and, under `None`, of all slugs together.
    pub(crate) visitor_days: BTreeMap<(Option<SlugKey>, Timestamp), u64>,
}

impl Clicks {
    /// Those of a range, in order; none where it is empty.
    pub(crate) fn within(&self, range: Range) -> impl Iterator<Item = &Click> {
        let inside = move |click: &&Click| click.at >= range.from && click.at < range.to;
        self.kept.values().filter(inside)
    }

    /// Since when all clicks are still there.
    pub(crate) fn kept_since(&self) -> Timestamp {
        self.forgotten.unwrap_or(Timestamp::from_micros(i64::MIN))
    }

    fn add(&mut self, key: CountKey, count: Count) {
        self.hours.entry(key).and_modify(|sum| sum.add(count)).or_insert(count);
    }

    /// Forgets the clicks of whole days before the instant, and says how many those were. What was counted of them
    /// stays, but for the referrers: visitors choose what they say there, so these may not be kept for ever.
    fn forget(&mut self, before: Timestamp) -> u64 {
        let before = day_of(before);
        let all = std::mem::take(&mut self.kept).into_iter();
        let (old, kept): (BTreeMap<_, _>, _) = all.partition(|(_, click)| click.at < before);
        self.kept = kept;
        let mut days: BTreeMap<Timestamp, Vec<&Click>> = BTreeMap::new();
        for click in old.values() {
            days.entry(day_of(click.at)).or_default().push(click);
        }
        for (day, clicks) in days {
            // What came in for a day that was forgotten before is counted, but its visitors cannot be told apart any more.
            if day >= self.kept_since() {
                self.close(day, &clicks);
            }
        }
        old.len() as u64
    }

    fn close(&mut self, day: Timestamp, clicks: &[&Click]) {
        let mut visitors: BTreeMap<Option<SlugKey>, HashSet<u64>> = BTreeMap::new();
        for click in clicks.iter().filter(|click| click.device != Device::Bot) {
            for slug in [None, Some(click.slug.key())] {
                visitors.entry(slug).or_default().insert(click.visitor);
            }
        }
        for (slug, visitors) in visitors {
            self.visitor_days.insert((slug, day), visitors.len() as u64);
        }
        let Range { from, to } = day_range(day);
        self.hours.retain(|key, _| key.dimension != Dimension::Referrer || key.hour < from || key.hour >= to);
        self.forgotten = Some(to);
    }
}

#[async_trait]
impl Ingest for MemoryStore {
    /// Clicks, counts and the journal's position are written together, and only where the journal stands at the
    /// stretch's start. That is why a stretch that is handed in twice, after a crash or by two nodes, is counted once.
    async fn ingest(&self, stretch: &Stretch) -> Result<u64, StoreError> {
        let state = &mut *self.state();
        let stands = state.journals.entry(stretch.journal.clone()).or_default();
        if *stands != stretch.from {
            return Ok(*stands);
        }
        *stands = stretch.upto;
        for (key, count) in tally(&stretch.clicks) {
            state.clicks.entry(key.handle.clone()).or_default().add(key, count);
        }
        for click in &stretch.clicks {
            let clicks = state.clicks.entry(click.handle.clone()).or_default();
            clicks.kept.insert((click.at, click.id), click.clone());
        }
        Ok(stretch.upto)
    }

    async fn ingested(&self, journal: &JournalId) -> Result<u64, StoreError> {
        Ok(self.state().journals.get(journal).copied().unwrap_or(0))
    }

    async fn expire(&self, before: Timestamp) -> Result<u64, StoreError> {
        Ok(self.state().clicks.values_mut().map(|clicks| clicks.forget(before)).sum())
    }
}
