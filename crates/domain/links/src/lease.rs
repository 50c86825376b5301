//! How nodes share the clicks that a link with a limit takes: each is lent some ahead, and the fewer are left the fewer.

use std::time::Duration;

use crate::ClickLimit;

/// What became of a visit that was to use up one of a link's clicks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    /// It is one of them.
    Granted,
    /// None is left.
    UsedUp,
}

/// What a node was lent of one link's clicks, and what it knows of the rest.
///
/// Time is whatever span since some start that the caller measures with one clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The limit under which all else here was found out.
    limit: ClickLimit,
    /// Lent and not spent.
    held: u32,
    /// How many were left when it was last asked.
    left: Option<u32>,
    /// When it was found that none are left; `None` where some were.
    empty_at: Option<Duration>,
    touched_at: Duration,
}

/// How many clicks a node may be lent ahead of those who wait for one, where so many are left: one of 32, so that little is
/// lost with a node that dies, and at most 64. Of the last 31 none is.
pub fn lent_ahead(left: u32) -> u32 {
    (left / 32).min(64)
}

impl Lease {
    /// For how long a lease that nobody uses is kept from the others.
    pub const IDLE: Duration = Duration::from_secs(2);
    /// For how long it is believed that none are left: others may have given back what they did not use.
    pub const EMPTY_FOR: Duration = Duration::from_secs(1);
    /// For how long it is remembered for those who use up none.
    pub const REMEMBERED: Duration = Duration::from_mins(1);

    /// Nothing lent, nothing known.
    pub fn new(limit: ClickLimit, now: Duration) -> Self {
        Self { limit, held: 0, left: None, empty_at: None, touched_at: now }
    }

    /// Spends one; `None` where that cannot be said without asking for more.
    pub fn spend(&mut self, limit: ClickLimit, now: Duration) -> Option<Spent> {
        self.touched_at = now;
        if self.limit != limit {
            return None;
        }
        if let Some(held) = self.held.checked_sub(1) {
            self.held = held;
            return Some(Spent::Granted);
        }
        let known = self.empty_at.is_some_and(|at| now.saturating_sub(at) < Self::EMPTY_FOR);
        known.then_some(Spent::UsedUp)
    }

    /// Whether none are left, as far as is known: for whoever would use up none.
    pub fn is_empty(&self, limit: ClickLimit) -> bool {
        self.limit == limit && self.held == 0 && self.empty_at.is_some()
    }

    /// How many are to be asked for where so many visitors wait. What goes beyond them is lent ahead.
    pub fn wanted(&self, waiting: u32) -> u32 {
        waiting.saturating_add(lent_ahead(self.left.unwrap_or(0).saturating_sub(waiting)))
    }

    /// From now on this limit holds; where it is another one, what was lent under the former is to be given back.
    pub fn turn_to(&mut self, limit: ClickLimit) -> u32 {
        if self.limit == limit {
            return 0;
        }
        let lent = self.held;
        *self = Self::new(limit, self.touched_at);
        lent
    }

    /// Notes what was handed out, and what was left behind it. Others may have taken much since it was last asked; what
    /// is now more than may be lent ahead of those who wait is to be given back.
    pub fn receive(&mut self, waiting: u32, granted: u32, left: u32, now: Duration) -> u32 {
        let ahead = granted.saturating_sub(waiting);
        let surplus = ahead.saturating_sub(lent_ahead(left.saturating_add(ahead)));
        self.held = self.held.saturating_add(granted - surplus);
        self.left = Some(left.saturating_add(surplus));
        self.empty_at = (left == 0 && surplus == 0).then_some(now);
        surplus
    }

    /// Nobody could be asked. Where none were left before, that is still believed, and said.
    pub fn unanswered(&mut self, now: Duration) -> Option<Spent> {
        self.empty_at.as_mut().map(|at| {
            *at = now;
            Spent::UsedUp
        })
    }

    /// Whether it may be given back: nobody has come for a while.
    pub fn is_idle(&self, now: Duration) -> bool {
        now.saturating_sub(self.touched_at) >= Self::IDLE
    }

    /// Whether nothing is lost where it is forgotten.
    pub fn is_forgettable(&self, now: Duration) -> bool {
        let quiet = now.saturating_sub(self.touched_at);
        let over = if self.empty_at.is_some() { Self::REMEMBERED } else { Self::IDLE };
        self.held == 0 && quiet >= over
    }

    /// What is lent and not spent.
    pub fn held(&self) -> u32 {
        self.held
    }

    /// Gives back all of it.
    pub fn give_back(&mut self) -> u32 {
        std::mem::take(&mut self.held)
    }
}
