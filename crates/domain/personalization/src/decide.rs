use lp_core::Timestamp;
use lp_links::{ClickLimit, QueryPassThrough, RedirectStatus};

use crate::route::{Controlled, Target};
use crate::rules::{Chosen, Verdict};
use crate::{Personal, Personalized, Policy, Route, Visitor};

/// Where the visitor goes, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'r> {
    Redirect(Redirect<'r>),
    /// The visitor has to say the link's password first.
    Locked,
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
    /// As [`Self::Ended`]: it was for so many visits, and there were those.
    UsedUp,
}

/// A destination and how to send the visitor there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redirect<'r> {
    pub(crate) destination: &'r str,
    /// What the link says of itself that the destination does not carry yet, as a query.
    pub(crate) tracking: &'r str,
    pub(crate) query: QueryPassThrough,
    pub status: RedirectStatus,
    pub choice: Choice<'r>,
    /// Whether the visitor's key had a say in it, so that it should be remembered.
    pub drawn: bool,
}

/// What chose a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<'r> {
    /// The link's rule of this id.
    Rule(&'r str),
    /// The handle's rule of this id; it may leave the destination to the link.
    Personal(&'r str, &'r Personal),
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
    /// Is it for so many visits only, and were there those?
    Limit { most: ClickLimit, used_up: bool },
    /// Does the visitor have to say a password, and did?
    Password { said: bool },
    /// Is a rule for this visitor? `own`: it is one of the link, not of its handle.
    Rule { id: &'s str, own: bool, verdict: Verdict },
    /// The rule of the handle that chose leaves the destination to the link: it names none, or this link itself.
    Kept { destination: &'s str },
    /// No rule chose, so the link's own destination stands.
    Default { destination: &'s str },
}

/// Whoever wants to be told of each step.
type Told<'t> = &'t mut dyn FnMut(Step<'_>);

impl<'r> Redirect<'r> {
    /// Where the visitor goes, as it was stored: without what the link or the visitor adds to it.
    pub fn destination(&self) -> &'r str {
        self.destination
    }

    /// The rule that chose the destination; `None` where none did.
    pub fn rule(&self) -> Option<&'r str> {
        match self.choice {
            Choice::Rule(id) | Choice::Personal(id, _) => Some(id),
            Choice::Link | Choice::Fallback(_) => None,
        }
    }

    /// What the visitor is to see beside the destination; `None` where no rule of the handle chose.
    pub fn personal(&self) -> Option<&'r Personal> {
        match self.choice {
            Choice::Personal(_, personal) => Some(personal),
            Choice::Rule(_) | Choice::Link | Choice::Fallback(_) => None,
        }
    }
}

impl Route {
    /// Where this visitor goes, by the link and by the rules of its handle.
    pub fn decide<'r>(&'r self, policy: &'r Policy, visitor: &Visitor<'_>) -> Decision<'r> {
        self.walk(policy, visitor, None)
    }

    /// Decides and tells each step to `told`: the same decision as [`Route::decide`], which is this with nobody
    /// listening.
    pub fn explain<'r>(
        &'r self,
        policy: &'r Policy,
        visitor: &Visitor<'_>,
        told: &mut impl FnMut(Step<'_>),
    ) -> Decision<'r> {
        self.walk(policy, visitor, Some(told))
    }

    fn walk<'r>(
        &'r self,
        policy: &'r Policy,
        visitor: &Visitor<'_>,
        mut told: Option<Told<'_>>,
    ) -> Decision<'r> {
        tell(&mut told, || Step::Switch { on: self.enabled });
        if !self.enabled {
            return Decision::Closed(Closed::Disabled);
        }
        match &self.target {
            Target::Plain(destination) => {
                Decision::Redirect(self.walk_handle(policy, visitor, destination, "", false, told))
            }
            Target::Controlled(controlled) => self.walk_controlled(controlled, policy, visitor, told),
        }
    }

    fn walk_controlled<'r>(
        &'r self,
        controlled: &'r Controlled,
        policy: &'r Policy,
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
                return self.over(controlled, by, told);
            }
        }
        if let Some(most) = controlled.limit {
            let used_up = visitor.used_up;
            tell(&mut told, || Step::Limit { most, used_up });
            if used_up {
                return self.over(controlled, Closed::UsedUp, told);
            }
        }
        if controlled.password.is_some() {
            tell(&mut told, || Step::Password { said: visitor.unlocked });
            if !visitor.unlocked {
                return Decision::Locked;
            }
        }
        let campaign = if visitor.campaign.is_empty() { &controlled.campaign } else { visitor.campaign };
        let visitor = Visitor { campaign, ..*visitor };
        let Chosen { rule, drawn } = match &mut told {
            None => controlled.rules.choose(&visitor, None),
            Some(told) => {
                let mut each = |id: &str, verdict| told(Step::Rule { id, own: true, verdict });
                controlled.rules.choose(&visitor, Some(&mut each))
            }
        };
        if let Some(rule) = rule {
            return Decision::Redirect(self.redirect(&rule.then, Choice::Rule(&rule.id), drawn));
        }
        let own = &*controlled.destination;
        Decision::Redirect(self.walk_handle(policy, &visitor, own, &controlled.said, drawn, told))
    }

    /// What the handle's rules make of it, and the link's own destination else.
    fn walk_handle<'r>(
        &'r self,
        policy: &'r Policy,
        visitor: &Visitor<'_>,
        own: &'r str,
        said: &'r str,
        drawn: bool,
        mut told: Option<Told<'_>>,
    ) -> Redirect<'r> {
        let Personalized { rule, drawn: also } = match &mut told {
            None => policy.choose(visitor, None),
            Some(told) => {
                let mut each = |id: &str, verdict| told(Step::Rule { id, own: false, verdict });
                policy.choose(visitor, Some(&mut each))
            }
        };
        let drawn = drawn || also;
        let Some((id, personal)) = rule else {
            tell(&mut told, || Step::Default { destination: own });
            return self.redirect(own, Choice::Link, drawn);
        };
        let choice = Choice::Personal(id, personal);
        match &personal.destination {
            Some(destination) if !personal.leads_to(&self.slug) => {
                Redirect { tracking: said, ..self.redirect(destination, choice, drawn) }
            }
            _ => {
                tell(&mut told, || Step::Kept { destination: own });
                self.redirect(own, choice, drawn)
            }
        }
    }

    /// The link is over: late visitors go where its owner wants them, if anywhere.
    fn over<'r>(&self, controlled: &'r Controlled, by: Closed, mut told: Option<Told<'_>>) -> Decision<'r> {
        let Some(destination) = &controlled.fallback else { return Decision::Closed(by) };
        tell(&mut told, || Step::Fallback { destination });
        let redirect = self.redirect(destination, Choice::Fallback(by), false);
        Decision::Redirect(Redirect { status: RedirectStatus::Found, ..redirect })
    }

    fn redirect<'r>(&self, destination: &'r str, choice: Choice<'r>, drawn: bool) -> Redirect<'r> {
        Redirect { destination, tracking: "", query: self.query, status: self.status, choice, drawn }
    }
}

fn tell<'s>(told: &mut Option<Told<'_>>, step: impl FnOnce() -> Step<'s>) {
    if let Some(told) = told {
        told(step());
    }
}
