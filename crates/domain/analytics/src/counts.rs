use std::collections::{BTreeMap, HashMap};
use std::fmt;

use lp_core::{Device, Handle, Slug, SlugKey, Timestamp};

use crate::Click;
use crate::grid::hour_of;

/// By what the clicks of an hour are told apart: by one thing at a time, so that the number of counts grows with the sum
/// of what they can be, not with its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Not at all.
    All,
    /// By device class.
    Device,
    /// By referring host. Direct visits have none: they are what [`Dimension::All`] counts beyond these.
    Referrer,
}

/// What is counted: clicks of one hour, of a slug or of a whole handle, that have one thing in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountKey {
    pub handle: Handle,
    /// `None`: of all slugs together.
    pub slug: Option<SlugKey>,
    pub dimension: Dimension,
    /// The first instant of the hour.
    pub hour: Timestamp,
    /// What they have in common; empty for [`Dimension::All`].
    pub value: String,
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Bots included.
    pub clicks: u64,
    pub bot_clicks: u64,
    /// When the newest of them happened.
    pub last_at: Timestamp,
}

/// Hourly counts, in the order of their keys.
pub type Counts = BTreeMap<CountKey, Count>;

/// A count that is not what its clicks say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub key: CountKey,
    /// What the clicks say; `None`: there should be no such count.
    pub derived: Option<Count>,
    /// What is stored; `None`: the count is missing.
    pub stored: Option<Count>,
}

/// The hourly counts of these clicks. Counts of the same key from several tallies add up.
pub fn tally<'c>(clicks: impl IntoIterator<Item = &'c Click>) -> Counts {
    let mut groups: HashMap<Group<'c>, Count> = HashMap::new();
    for click in clicks {
        let count = Count::of(click);
        groups.entry(Group::of(click)).and_modify(|sum| sum.add(count)).or_insert(count);
    }
    let groups: Vec<_> = groups.into_iter().map(|(group, count)| (group.slug.key(), group, count)).collect();
    // Borrowed while they are summed up: a key is owned once for each count, not once for each group that adds to it.
    let mut sums: HashMap<KeyRef<'_>, Count> = HashMap::with_capacity(groups.len());
    for (slug, group, count) in &groups {
        for key in group.keys(slug) {
            sums.entry(key).and_modify(|sum| sum.add(*count)).or_insert(*count);
        }
    }
    sums.into_iter().map(|(key, count)| (key.to_owned(), count)).collect()
}

/// What stands in one of them and not so in the other, in the order of the keys.
pub fn differences(derived: &Counts, stored: &Counts) -> Vec<Difference> {
    let missing_or_other = derived.iter().filter(|(key, count)| stored.get(key) != Some(count));
    let surplus = stored.keys().filter(|key| !derived.contains_key(key));
    let mut keys: Vec<&CountKey> = missing_or_other.map(|(key, _)| key).chain(surplus).collect();
    keys.sort_unstable();
    let difference = |key: &CountKey| Difference {
        key: key.clone(),
        derived: derived.get(key).copied(),
        stored: stored.get(key).copied(),
    };
    keys.into_iter().map(difference).collect()
}

/// Clicks that are counted alike everywhere: in a busy hour there are far fewer of these than clicks.
#[derive(PartialEq, Eq, Hash)]
struct Group<'c> {
    handle: &'c Handle,
    slug: &'c Slug,
    hour: Timestamp,
    device: Device,
    referrer: &'c str,
}

impl<'c> Group<'c> {
    fn of(click: &'c Click) -> Self {
        Self {
            handle: &click.handle,
            slug: &click.slug,
            hour: hour_of(click.at),
            device: click.device,
            referrer: &click.referrer,
        }
    }

    /// What it counts for; `slug` is the key of its slug.
    fn keys<'k>(&self, slug: &'k SlugKey) -> impl Iterator<Item = KeyRef<'k>>
    where
        'c: 'k,
    {
        let values = [
            (Dimension::All, ""),
            (Dimension::Device, self.device.as_str()),
            (Dimension::Referrer, self.referrer),
        ];
        let (handle, hour) = (self.handle, self.hour);
        [None, Some(slug)].into_iter().flat_map(move |slug| {
            let told_apart = values
                .into_iter()
                .filter(|(dimension, value)| *dimension == Dimension::All || !value.is_empty());
            told_apart.map(move |(dimension, value)| KeyRef { handle, slug, dimension, hour, value })
        })
    }
}

/// A [`CountKey`] of borrowed parts.
#[derive(PartialEq, Eq, Hash)]
struct KeyRef<'k> {
    handle: &'k Handle,
    slug: Option<&'k SlugKey>,
    dimension: Dimension,
    hour: Timestamp,
    value: &'k str,
}

impl KeyRef<'_> {
    fn to_owned(&self) -> CountKey {
        CountKey {
            handle: self.handle.clone(),
            slug: self.slug.cloned(),
            dimension: self.dimension,
            hour: self.hour,
            value: self.value.to_owned(),
        }
    }
}

impl Count {
    fn of(click: &Click) -> Self {
        Self { clicks: 1, bot_clicks: u64::from(click.device == Device::Bot), last_at: click.at }
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        self.clicks += other.clicks;
        self.bot_clicks += other.bot_clicks;
        self.last_at = self.last_at.max(other.last_at);
    }
}

impl Dimension {
    pub const EVERY: [Self; 3] = [Self::All, Self::Device, Self::Referrer];

    /// A stable word for stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Device => "device",
            Self::Referrer => "referrer",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|dimension| dimension.as_str() == text)
    }
}

impl fmt::Display for CountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slug = self.slug.as_ref().map_or("*", SlugKey::as_str);
        write!(f, "{}/{slug} {} {}", self.handle, self.hour, self.dimension.as_str())?;
        if self.value.is_empty() { Ok(()) } else { write!(f, " '{}'", self.value) }
    }
}
