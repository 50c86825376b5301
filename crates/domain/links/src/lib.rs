//! What a link is and how it may change.
//!
//! This crate decides which values a link may hold, what its rules may say, what creating, changing, deleting and restoring one means, which
//! event each of these is, when a destination counts as healthy, and which QR codes scanners can read. It does not know who asks, how links are stored
//! or looked up, nor where a visitor is sent (that is `lp-personalization`).

mod change;
mod controls;
mod event;
mod health;
mod lease;
mod link;
mod plain;
mod qr;
mod restore;
mod rules;
mod slug;
mod values;
mod write;

pub use change::{Birth, ControlsChange, Field, LinkChange, Mode, create, delete, update, upsert};
pub use controls::{
    CampaignId, CampaignIdFault, ClickLimit, Controls, LinkPassword, NeverOpen, NoPasswordHash, Schedule,
    SocialPreview, Tracking, TrackingValue, Utm,
};
pub use event::LinkEvent;
pub use health::healthy;
pub use lease::{Lease, Spent, lent_ahead};
pub use link::{Link, LinkParts, LinkRefused};
pub use plain::{PlainControls, PlainFault, PlainWhen};
pub use qr::{Background, Color, ColorFault, QrFault, QrGrid, QrStyle};
pub use restore::{LinkRevision, RevisionAction, restore};
pub(crate) use rules::is_key;
pub use rules::{
    Allocation, Fact, Priority, RoutingRule, RoutingRules, RuleId, RuleIdFault, RulesFault, Term, When,
};
pub use slug::generated_slug;
pub use values::{Description, Label, Labels, Position, QueryPassThrough, RedirectStatus, Title, TooMany};
pub use write::{LinkState, LinkWrite, Slot};
