//! Links for so many visits: which visits use up one, and what becomes of those who come when none is left.

use lp_application::{Code, Spent, StoreAway};
use lp_core::Device;
use lp_personalization::{Choice, Decision, Policy, Route};

use super::{Answered, Edge, Inner, Visiting, is_click, reply};
use crate::Found;

/// What a visit brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fare {
    /// Whatever this node holds for the link.
    AtHand,
    /// What the store has said.
    Asked(Spent),
}

/// What a visit of a link with a limit has to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toll {
    /// It uses up none, or has paid.
    Free,
    UsedUp,
    /// The store has to be asked, and nothing has happened yet.
    Unknown,
}

impl Inner {
    /// Uses up a click for whoever is sent on and counts as one. Bots, HEAD and prefetches use up none; they are told that
    /// none is left once this node has heard it.
    pub(super) fn toll(
        &self,
        route: &Route,
        visit: &Visiting<'_>,
        device: Device,
        decision: &Decision<'_>,
        fare: Fare,
    ) -> Toll {
        let Some(limit) = route.limit() else { return Toll::Free };
        // One that is not open has no use for a click, whatever is left.
        match decision {
            Decision::Redirect(redirect) if !matches!(redirect.choice, Choice::Fallback(_)) => {}
            Decision::Redirect(_) | Decision::Closed(_) => return Toll::Free,
            Decision::Locked => return self.known(route),
        }
        if device == Device::Bot || !is_click(visit.asked.head.method, visit.visitor.fields) {
            return self.known(route);
        }
        let spent = match fare {
            Fare::AtHand => {
                self.budgets.as_ref().and_then(|budgets| budgets.spend_at_once(route.link(), limit))
            }
            Fare::Asked(spent) => Some(spent),
        };
        match spent {
            Some(Spent::Granted) => Toll::Free,
            Some(Spent::UsedUp) => Toll::UsedUp,
            None => Toll::Unknown,
        }
    }

    /// For those who use up none.
    fn known(&self, route: &Route) -> Toll {
        let known = route.limit().zip(self.budgets.as_ref());
        let used_up = known.is_some_and(|(limit, budgets)| budgets.is_used_up(route.link(), limit));
        if used_up { Toll::UsedUp } else { Toll::Free }
    }

    async fn spend(&self, found: &Found) -> Result<Fare, StoreAway> {
        let (handle, route) = found.link().ok_or(StoreAway)?;
        let (limit, budgets) = route.limit().zip(self.budgets.as_ref()).ok_or(StoreAway)?;
        budgets.spend(handle, route.link(), limit).await.map(Fare::Asked)
    }
}

impl Edge {
    /// Asks whether the link takes a further visit, and answers then. Where nobody can say so, the visitor is not sent on.
    pub(super) async fn answer_limited(
        &self,
        visit: Visiting<'_>,
        found: &Found,
        policy: &Policy,
    ) -> Answered {
        let answered = match self.inner.spend(found).await {
            Ok(fare) => self.answer(visit, found, policy, fare),
            Err(StoreAway) => Err(visit),
        };
        answered.unwrap_or_else(|visit| (reply::refused(visit.asked, Code::UNAVAILABLE), None))
    }
}
