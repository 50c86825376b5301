use lp_core::Timestamp;
use lp_links::{QueryPassThrough, RedirectStatus};

use crate::route::{Controlled, Target};
use crate::rules::{Chosen, Verdict};
use crate::{Route, Visitor};

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
    /// Its start is to come: as if it were not there yet.
    NotStarted,
    /// Its end is past: visitors may know that it was there.
    Ended,
    /// As [`Self::Ended`].
    Expired,
}

/// A destination and how to send the visitor there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redirect<'r> {
    pub(crate) destination: &'r str,
    pub(crate) query: QueryPassThrough,
    pub status: RedirectStatus,
    pub choice: Choice<'r>,
    /// Whether the visitor's key had a say in it, so that it should be remembered.
    pub drawn: bool,
}

/// What chose a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<'r> {
    /// The rule of this id.
    Rule(&'r str),
    /// No rule: it is the link's own.
    Link,
    /// The link has ended, and this is where its owner wants late visitors. It is no click of the link.
    Fallback(Closed),
}

/// One thing looked at on the way to a decision, in the order it was looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Step<'s> {
    /// Is the link switched on?
    Switch { on: bool },
    /// Has the link started?
    Start { at: Timestamp, reached: bool },
    /// Is it over, and which of the two does that?
    End { at: Timestamp, reached: bool, by: Closed },
    /// It is over, and visitors go there instead.
    Fallback { destination: &'s str },
    /// Is a rule for this visitor?
    Rule { id: &'s str, verdict: Verdict },
    /// No rule chose, so the link's own destination stands.
    Default { destination: &'s str },
}

/// Whoever wants to be told of each step.
type Told<'t> = &'t mut dyn FnMut(Step<'_>);

impl<'r> Redirect<'r> {
    /// The rule that chose the destination; `None` where none did.
    pub fn rule(&self) -> Option<&'r str> {
        match self.choice {
            Choice::Rule(id) => Some(id),
            Choice::Link | Choice::Fallback(_) => None,
        }
    }
}

impl Route {
    /// Where this visitor goes.
    pub fn decide<'r>(&'r self, visitor: &Visitor<'_>) -> Decision<'r> {
        self.walk(visitor, None)
    }

    /// Decides and tells each step to `told`: the same decision as [`Route::decide`], which is this with nobody
    /// listening.
    pub fn explain<'r>(&'r self, visitor: &Visitor<'_>, told: &mut impl FnMut(Step<'_>)) -> Decision<'r> {
        self.walk(visitor, Some(told))
    }

    fn walk<'r>(&'r self, visitor: &Visitor<'_>, mut told: Option<Told<'_>>) -> Decision<'r> {
        tell(&mut told, || Step::Switch { on: self.enabled });
        if !self.enabled {
            return Decision::Closed(Closed::Disabled);
        }
        match &self.target {
            Target::Plain(destination) => {
                tell(&mut told, || Step::Default { destination });
                Decision::Redirect(self.redirect(destination, Choice::Link, false))
            }
            Target::Controlled(controlled) => self.walk_controlled(controlled, visitor, told),
        }
    }

    fn walk_controlled<'r>(
        &'r self,
        controlled: &'r Controlled,
        visitor: &Visitor<'_>,
        mut told: Option<Told<'_>>,
    ) -> Decision<'r> {
        if let Some(at) = controlled.opens {
            let reached = visitor.at >= at;
            tell(&mut told, || Step::Start { at, reached });
            if !reached {
                return Decision::Closed(Closed::NotStarted);
            }
        }
        if let Some((at, by)) = controlled.closes {
            let reached = visitor.at >= at;
            tell(&mut told, || Step::End { at, reached, by });
            if reached {
                let Some(destination) = &controlled.fallback else { return Decision::Closed(by) };
                tell(&mut told, || Step::Fallback { destination });
                let redirect = self.redirect(destination, Choice::Fallback(by), false);
                return Decision::Redirect(Redirect { status: RedirectStatus::Found, ..redirect });
            }
        }
        let campaign = if visitor.campaign.is_empty() { &controlled.campaign } else { visitor.campaign };
        let visitor = Visitor { campaign, ..*visitor };
        let Chosen { rule, drawn } = match &mut told {
            None => controlled.rules.choose(&visitor, None),
            Some(told) => {
                let mut each = |id: &str, verdict| told(Step::Rule { id, verdict });
                controlled.rules.choose(&visitor, Some(&mut each))
            }
        };
        if let Some(rule) = rule {
            return Decision::Redirect(self.redirect(&rule.destination, Choice::Rule(&rule.id), drawn));
        }
        let destination = &*controlled.destination;
        tell(&mut told, || Step::Default { destination });
        Decision::Redirect(self.redirect(destination, Choice::Link, drawn))
    }

    fn redirect<'r>(&self, destination: &'r str, choice: Choice<'r>, drawn: bool) -> Redirect<'r> {
        Redirect { destination, query: self.query, status: self.status, choice, drawn }
    }
}

fn tell<'s>(told: &mut Option<Told<'_>>, step: impl FnOnce() -> Step<'s>) {
    if let Some(told) = told {
        told(step());
    }
}
