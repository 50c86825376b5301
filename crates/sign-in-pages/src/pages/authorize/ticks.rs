//! Which boxes there are, and which of them are ticked.

use lp_application::oauth::{HandleChoice, Requested, ScopeChoice};

use super::question::Choice;
use crate::form::Values;

/// What stands before a scope in the name of its box.
pub(super) const BOX: &str = "allow-";
const CONNECT: &str = "CONNECT";

/// The boxes of one page.
pub(super) struct Ticks<'r> {
    requested: &'r Requested,
    /// What the person ticked, where the page is shown again; or what is left of it, where they had to sign in again.
    chosen: Chosen<'r>,
}

/// What is known of the person's choice.
#[derive(Clone, Copy)]
pub(super) enum Chosen<'r> {
    Form(&'r Values),
    Before(&'r Choice),
}

impl<'r> Ticks<'r> {
    pub(super) fn new(requested: &'r Requested, chosen: Chosen<'r>) -> Self {
        Self { requested, chosen }
    }

    /// Whether the app says nothing of what it needs.
    pub(super) fn asks_nothing(&self) -> bool {
        !self.requested.scopes.iter().any(|scope| scope.asked && !is_always(scope))
    }

    /// What it gets in any case.
    pub(super) fn always(&self) -> impl Iterator<Item = &'r ScopeChoice> {
        self.requested.scopes.iter().filter(|scope| is_always(scope))
    }

    /// What is put before the person at once: what is asked for; where nothing is, what only reads.
    pub(super) fn first(&self) -> Vec<&'r ScopeChoice> {
        self.boxes().filter(|scope| self.is_meant(scope)).collect()
    }

    /// What else could be allowed.
    pub(super) fn more(&self) -> Vec<&'r ScopeChoice> {
        self.boxes().filter(|scope| !self.is_meant(scope)).collect()
    }

    /// What is asked for, and beyond what the person may do in any handle that can be meant.
    pub(super) fn beyond(&self) -> Vec<&'r ScopeChoice> {
        let all = self.requested.scopes.iter();
        all.filter(|scope| scope.asked && !is_always(scope) && !self.is_usable(scope)).collect()
    }

    pub(super) fn is_ticked(&self, scope: &ScopeChoice) -> bool {
        match self.chosen {
            Chosen::Form(form) => form.has(&format!("{BOX}{}", scope.scope)),
            Chosen::Before(choice) => {
                let kept = choice.keep.as_ref().is_none_or(|keep| keep.contains(&scope.scope));
                self.is_meant(scope) && kept
            }
        }
    }

    /// What the role in a handle does not let the person allow, of what stands there with a box.
    pub(super) fn not_in(&self, handle: &'r HandleChoice) -> Vec<&'r ScopeChoice> {
        self.boxes().filter(|scope| !handle.scopes.contains(&scope.scope)).collect()
    }

    /// What is allowed in a handle by what is ticked.
    pub(super) fn allowed(&self, handle: &HandleChoice) -> Vec<String> {
        let ticked = self.boxes().filter(|scope| self.is_ticked(scope));
        let usable = ticked.chain(self.always()).filter(|scope| handle.scopes.contains(&scope.scope));
        usable.map(|scope| scope.scope.clone()).collect()
    }

    fn boxes(&self) -> impl Iterator<Item = &'r ScopeChoice> {
        self.requested.scopes.iter().filter(|scope| !is_always(scope) && self.is_usable(scope))
    }

    /// What was allowed before counts as asked for, where it is certain that it was in this handle.
    fn is_meant(&self, scope: &ScopeChoice) -> bool {
        let before = scope.allowed && self.requested.handles.len() == 1;
        let reads = self.asks_nothing() && scope.risk == "READ";
        scope.asked || before || reads
    }

    fn is_usable(&self, scope: &ScopeChoice) -> bool {
        self.requested.handles.iter().any(|handle| handle.scopes.contains(&scope.scope))
    }
}

fn is_always(scope: &ScopeChoice) -> bool {
    scope.risk == CONNECT
}
