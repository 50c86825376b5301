//! `AnalyticsReader` and `CountsReader`: what was counted, and whether it is what the clicks say.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use lp_analytics::{Click, Dimension, Range, Split, Totals, day_of, day_range, tally};
use lp_core::{ClickId, Device, Handle, SlugKey, Timestamp};
use lp_ports::{AROUND, AnalyticsReader, CountsReader, DayCounts, StoreError};

use crate::MemoryStore;
use crate::clicks::Clicks;

#[async_trait]
impl AnalyticsReader for MemoryStore {
    async fn totals(
        &self,
        handle: &Handle,
        range: Range,
        slug: Option<&SlugKey>,
    ) -> Result<Totals, StoreError> {
        Ok(self.state().clicks.get(handle).map_or_else(Totals::default, |clicks| clicks.totals(range, slug)))
    }

    async fn click(&self, handle: &Handle, id: ClickId) -> Result<Option<Click>, StoreError> {
        let state = self.state();
        let Some(clicks) = state.clicks.get(handle) else { return Ok(None) };
        let (from, to) = (id.instant().minus(AROUND), id.instant().plus(AROUND));
        Ok(clicks.within(Range { from, to }).find(|click| click.id == id).cloned())
    }

    async fn newest_visits(
        &self,
        handle: &Handle,
        slug: Option<&SlugKey>,
        most: u32,
    ) -> Result<Vec<Click>, StoreError> {
        let state = self.state();
        let kept = state.clicks.get(handle).into_iter().flat_map(|clicks| clicks.kept.values().rev());
        let wanted =
            |click: &&Click| click.device != Device::Bot && slug.is_none_or(|slug| click.slug.key() == *slug);
        Ok(kept.filter(wanted).take(usize::try_from(most).unwrap_or(usize::MAX)).cloned().collect())
    }
}

#[async_trait]
impl CountsReader for MemoryStore {
    async fn countable_days(&self) -> Result<Vec<(Handle, Timestamp)>, StoreError> {
        let state = self.state();
        let days = state.clicks.iter().flat_map(|(handle, clicks)| {
            clicks.countable_days().into_iter().map(|day| (handle.clone(), day))
        });
        Ok(days.collect())
    }

    async fn day_counts(&self, handle: &Handle, day: Timestamp) -> Result<DayCounts, StoreError> {
        Ok(self.state().clicks.get(handle).map_or_else(DayCounts::default, |clicks| clicks.day_counts(day)))
    }
}

impl Clicks {
    /// Whole hours from their counts, what lies around them from the clicks; the domain takes the range apart. Visitors
    /// cannot be added up: they are told apart among the clicks, and where those are forgotten they were, day by day.
    fn totals(&self, range: Range, slug: Option<&SlugKey>) -> Totals {
        let kept = self.kept_since();
        let Split { hours, clicks } = range.split(kept);
        let mut totals = Totals::default();
        for (key, count) in &self.hours {
            let counted = key.dimension == Dimension::All && key.slug.as_ref() == slug;
            if counted && key.hour >= hours.from && key.hour < hours.to {
                totals.clicks += count.clicks;
                totals.bot_clicks += count.bot_clicks;
                totals.last_at = totals.last_at.max(Some(count.last_at));
            }
        }
        for click in clicks.into_iter().flat_map(|part| self.of(part, slug)) {
            totals.clicks += 1;
            totals.bot_clicks += u64::from(click.device == Device::Bot);
            totals.last_at = totals.last_at.max(Some(click.at));
        }
        totals.unique_visitors = self.visitors(range, slug);
        totals
    }

    fn visitors(&self, range: Range, slug: Option<&SlugKey>) -> u64 {
        let kept = self.kept_since();
        let people = self.of(Range { from: range.from.max(kept), to: range.to }, slug);
        let people = people.filter(|click| click.device != Device::Bot);
        let told_apart: HashSet<u64> = people.map(|click| click.visitor).collect();
        let (first, end) = (day_of(range.from), range.to.min(kept));
        let days = self.visitor_days.iter();
        let forgotten = days.filter(|((of, day), _)| of.as_ref() == slug && *day >= first && *day < end);
        told_apart.len() as u64 + forgotten.map(|(_, visitors)| visitors).sum::<u64>()
    }

    fn of(&self, range: Range, slug: Option<&SlugKey>) -> impl Iterator<Item = &Click> {
        self.within(range).filter(move |click| slug.is_none_or(|slug| click.slug.key() == *slug))
    }

    /// The days of which there are clicks or counts, and no clicks are forgotten.
    fn countable_days(&self) -> BTreeSet<Timestamp> {
        let counted = self.hours.keys().map(|key| day_of(key.hour));
        let clicked = self.kept.values().map(|click| day_of(click.at));
        counted.chain(clicked).filter(|day| *day >= self.kept_since()).collect()
    }

    /// Nothing on both sides where the day is forgotten: it may have been since it was listed.
    fn day_counts(&self, day: Timestamp) -> DayCounts {
        let range = day_range(day);
        if range.from < self.kept_since() {
            return DayCounts::default();
        }
        let clicks: Vec<&Click> = self.within(range).collect();
        let stored = self.hours.iter().filter(|(key, _)| key.hour >= range.from && key.hour < range.to);
        DayCounts {
            clicks: clicks.len() as u64,
            derived: tally(clicks),
            stored: stored.map(|(key, count)| (key.clone(), *count)).collect(),
        }
    }
}
