use lp_core::{EventId, LinkId, Revision, SlugKey};
use lp_links::{Birth, Field, LinkChange, LinkRevision, LinkWrite, Mode, Position, Slot};
use lp_ports::{Batch, Clock, Guard, Ids};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;

use crate::Author;
use crate::fixtures::{at, entry, key, labels, position, reply, slug, title, url};

/// The slugs that steps quarrel over; the second is the first in another spelling.
pub const SLUGS: [&str; 5] = ["launch", "LAUNCH", "docs", "a_b", "z-9"];

/// One thing an author tries. Slugs are numbers of [`SLUGS`].
#[derive(Debug, Clone)]
pub enum Step {
    /// An upsert, perhaps under a key of an earlier one.
    Put { slug: usize, draft: Draft, replace: bool, key: Option<u8> },
    /// A deletion.
    Delete { slug: usize },
    /// A rollback to a revision that may not exist.
    Restore { slug: usize, revision: u64 },
    /// Two upserts in one batch, the second perhaps decided on what no longer holds.
    Pair { first: usize, second: usize, draft: Draft, stale: bool },
    /// A batch that only audits.
    Look,
    /// Time passes, so that replies are forgotten.
    Wait { seconds: u64 },
}

/// Fields of an upsert.
#[derive(Debug, Clone)]
pub struct Draft {
    destination: u8,
    title: Field<u8>,
    tags: Option<u8>,
    position: Option<u32>,
    enabled: Option<bool>,
}

/// What a step's decision rests on.
#[derive(Default)]
pub(super) struct Known {
    /// Of the step's slugs, in their order.
    pub(super) slots: Vec<Slot>,
    pub(super) greatest: Option<Position>,
    pub(super) chosen: Option<LinkRevision>,
}

const TAGS: [&[&str]; 4] = [&[], &["sale"], &["Sale", "x"], &["summer sale"]];
/// How long a reply is remembered.
const MEMORY: u64 = 60;

/// Up to 40 steps.
pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let slug = || 0..SLUGS.len();
    let put = (slug(), draft(), any::<bool>(), option::weighted(0.3, 0..3_u8));
    let pair = (slug(), slug(), draft(), any::<bool>());
    let step = prop_oneof![
        6 => put.prop_map(|(slug, draft, replace, key)| Step::Put { slug, draft, replace, key }),
        3 => slug().prop_map(|slug| Step::Delete { slug }),
        2 => (slug(), 1..6_u64).prop_map(|(slug, revision)| Step::Restore { slug, revision }),
        2 => pair.prop_map(|(first, second, draft, stale)| Step::Pair { first, second, draft, stale }),
        1 => Just(Step::Look),
        1 => (1..100_u64).prop_map(|seconds| Step::Wait { seconds }),
    ];
    vec(step, 0..40)
}

fn draft() -> impl Strategy<Value = Draft> {
    let fields = (
        0..4_u8,
        prop_oneof![Just(Field::Keep), Just(Field::Clear), (0..3_u8).prop_map(Field::Set)],
        option::of(0..4_u8),
        option::weighted(0.3, 0..5_u32),
        option::weighted(0.2, any::<bool>()),
    );
    fields.prop_map(|(destination, title, tags, position, enabled)| Draft {
        destination,
        title,
        tags,
        position,
        enabled,
    })
}

impl Step {
    /// The slugs it touches.
    pub(super) fn slugs(&self) -> Vec<&'static str> {
        match *self {
            Self::Put { slug, .. } | Self::Delete { slug } | Self::Restore { slug, .. } => vec![SLUGS[slug]],
            Self::Pair { first, second, .. } => vec![SLUGS[first], SLUGS[second]],
            Self::Look | Self::Wait { .. } => vec![],
        }
    }

    /// The revision it wants back.
    pub(super) fn chosen(&self) -> Option<(SlugKey, Revision)> {
        match *self {
            Self::Restore { slug, revision } => Some((key(SLUGS[slug]), Revision(revision))),
            _ => None,
        }
    }

    pub(super) fn seconds(&self) -> u64 {
        if let Self::Wait { seconds } = self { *seconds } else { 1 }
    }

    pub(super) fn batch(&self, author: &Author, known: &Known) -> Option<Batch> {
        let now = author.clock.now();
        let batch = |operation| Batch::new(entry(&author.handle, now, operation));
        let event = || EventId::new(author.ids.uuid());
        match self {
            Self::Wait { .. } => None,
            Self::Look => Some(batch("look")),
            Self::Put { slug, draft, replace, key } => {
                let mode = if *replace { Mode::Replace } else { Mode::Merge };
                let write = upsert(author, SLUGS[*slug], &known.slots[0], known.greatest, draft, mode);
                let batch = batch("links_upsert").link(&write, event());
                let forgotten = now.plus(std::time::Duration::from_secs(MEMORY));
                Some(match key {
                    Some(key) => {
                        batch.remember(reply(&key.to_string(), &format!("{key} at {now}"), forgotten))
                    }
                    None => batch,
                })
            }
            Self::Delete { .. } => {
                let live = known.slots[0].live.as_ref()?;
                Some(batch("links_delete").link(&lp_links::delete(live, now), event()))
            }
            Self::Restore { .. } => {
                let write = lp_links::restore(known.chosen.as_ref()?, &known.slots[0], now).ok()?;
                Some(batch("links_rollback").link(&write, event()))
            }
            Self::Pair { first, second, draft, stale } => {
                let one = upsert(author, SLUGS[*first], &known.slots[0], known.greatest, draft, Mode::Merge);
                let two = upsert(author, SLUGS[*second], &known.slots[1], known.greatest, draft, Mode::Merge);
                let batch = batch("links_import").link(&one, event());
                if key(SLUGS[*first]) == key(SLUGS[*second]) {
                    return Some(batch);
                }
                let batch = batch.link(&two, event());
                let latest = Some(two.link().parts().revision.next());
                let wrong =
                    Guard::SlugAt { handle: author.handle.clone(), slug: key(SLUGS[*second]), latest };
                Some(if *stale { batch.guard(wrong) } else { batch })
            }
        }
    }
}

fn upsert(
    author: &Author,
    text: &str,
    slot: &Slot,
    greatest: Option<Position>,
    draft: &Draft,
    mode: Mode,
) -> LinkWrite {
    let birth = Birth {
        id: LinkId::new(author.ids.uuid()),
        handle: author.handle.clone(),
        slug: slug(text),
        position: Position::after(greatest),
        at: author.clock.now().max(at(0)),
    };
    lp_links::upsert(slot, birth, draft.change(), mode).expect("every draft has a destination")
}

impl Draft {
    fn change(&self) -> LinkChange {
        LinkChange {
            destination: Field::Set(url(&format!("https://example.com/{}", self.destination))),
            title: match self.title {
                Field::Keep => Field::Keep,
                Field::Clear => Field::Clear,
                Field::Set(number) => Field::Set(title(&format!("title {number}"))),
            },
            tags: self.tags.map_or(Field::Keep, |which| Field::Set(labels(TAGS[usize::from(which)]))),
            position: self.position.map_or(Field::Keep, |number| Field::Set(position(number))),
            enabled: self.enabled.map_or(Field::Keep, Field::Set),
            ..LinkChange::default()
        }
    }
}
