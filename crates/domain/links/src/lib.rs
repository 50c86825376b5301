//! What a link is and how it may change.
//!
//! This crate decides which values a link may hold, what creating, changing, deleting and restoring one means, which
//! event each of these is, and when a destination counts as healthy. It does not know who asks, how links are stored
//! or looked up, nor where a visitor is sent (that is `lp-personalization`).

mod change;
mod event;
mod health;
mod link;
mod restore;
mod slug;
mod values;
mod write;

pub use change::{Birth, Field, LinkChange, Mode, create, delete, update, upsert};
pub use event::LinkEvent;
pub use health::healthy;
pub use link::{Link, LinkParts, LinkRefused};
pub use restore::{LinkRevision, RevisionAction, restore};
pub use slug::generated_slug;
pub use values::{Description, Label, Labels, Position, QueryPassThrough, RedirectStatus, Title, TooMany};
pub use write::{LinkState, LinkWrite, Slot};
