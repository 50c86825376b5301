use lp_core::Device;
use lp_links::{QueryPassThrough, RedirectStatus};

use crate::Route;

/// What is known of a visitor when a link is asked for. Empty text means unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor<'v> {
    /// ISO 3166-1 alpha-2, any case.
    pub country: &'v str,
    pub device: Device,
    pub source: &'v str,
    pub campaign: &'v str,
}

/// Where the visitor goes, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'r> {
    Redirect(Redirect<'r>),
    Closed(Closed),
}

/// Why a link does not lead anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Its owner switched it off: visitors see what they would see without it.
    Disabled,
}

/// A destination and how to send the visitor there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redirect<'r> {
    pub(crate) destination: &'r str,
    pub(crate) query: QueryPassThrough,
    pub status: RedirectStatus,
    /// The rule that chose the destination; `None` where it is the link's own.
    pub rule: Option<&'r str>,
}

/// One thing looked at on the way to a decision, in the order it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'r> {
    /// Is the link switched on?
    Switch { on: bool },
    /// No rule chose, so the link's own destination stands.
    Default { destination: &'r str },
}

impl Visitor<'_> {
    /// A visitor of whom nothing is known.
    pub const UNKNOWN: Visitor<'static> =
        Visitor { country: "", device: Device::Unknown, source: "", campaign: "" };
}

impl Route {
    /// Where this visitor goes.
    pub fn decide<'r>(&'r self, visitor: &Visitor<'_>) -> Decision<'r> {
        self.explain(visitor, &mut |_| {})
    }

    /// Decides and tells each step to `told`: the same decision as [`Route::decide`], which is this with nobody
    /// listening.
    pub fn explain<'r>(&'r self, _visitor: &Visitor<'_>, told: &mut impl FnMut(Step<'r>)) -> Decision<'r> {
        told(Step::Switch { on: self.enabled });
        if !self.enabled {
            return Decision::Closed(Closed::Disabled);
        }
        told(Step::Default { destination: &self.destination });
        Decision::Redirect(Redirect {
            destination: &self.destination,
            query: self.query,
            status: self.status,
            rule: None,
        })
    }
}
