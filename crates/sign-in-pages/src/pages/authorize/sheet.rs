//! The page that asks.

use axum::response::Response;
use http::StatusCode;
use lp_application::accounts::Account;
use lp_application::handles;
use lp_application::oauth::{CONNECTED_FOR, HandleChoice, Requested, ScopeChoice};
use maud::{Markup, html};

use super::question::Question;
use super::ticks::{BOX, Chosen, Ticks};
use super::{ACCOUNT, DECISION, NO, YES, asker};
use crate::faults::Faults;
use crate::fields::{CHOSEN_HANDLE, Field, HANDLE};
use crate::look::{self, Form, role, summary, tag};
use crate::next::Next;
use crate::page::Page;
use crate::render;
use crate::visit::Visit;

const TITLE: &str = "An app asks for access";
/// The form beside the question, by which somebody else signs in.
const OTHER: &str = "other";

/// One question to one person.
pub(super) struct Sheet<'r> {
    pub(super) account: &'r Account,
    pub(super) question: &'r Question,
    pub(super) requested: &'r Requested,
    pub(super) chosen: Chosen<'r>,
}

impl<'r> Sheet<'r> {
    pub(super) fn reply(&self, visit: &Visit<'_>, status: StatusCode, faults: &Faults) -> Response {
        let body = html! {
            div.card.consent {
                h1 { (TITLE) }
                (asker::section(&self.requested.client))
                (summary(faults))
                @match (self.requested.handles.as_slice(), self.requested.handle.as_deref()) {
                    ([], Some(handle)) => (self.foreign(visit, handle)),
                    ([], None) => (self.no_handle(visit)),
                    (handles, _) => (self.form(visit, handles, faults)),
                }
            }
        };
        let page = look::Sheet { title: TITLE, faulty: !faults.is_empty(), person: None, body };
        render::leading_to(render::page(status, page.render(visit.site)), &self.requested.client.answers_to)
    }

    /// The question proper.
    fn form(&self, visit: &Visit<'_>, handles: &'r [HandleChoice], faults: &Faults) -> Markup {
        let ticks = Ticks::new(self.requested, self.chosen);
        let days = CONNECTED_FOR.as_secs() / 86_400;
        html! {
            form.ask method="post" action=(self.question.answer_address()) autocomplete="off" {
                input type="hidden" name=(ACCOUNT) value=(self.account.user_id);
                @match handles {
                    [only] => (single(only)),
                    several => (self.several(several, &ticks, faults)),
                }
                (scopes(&ticks))
                dl.facts {
                    dt { "It acts as" }
                    dd { strong { (self.account.email) } @if Page::SignOut.is_in(visit.site) { " " (change()) } }
                    dt { "Until" }
                    dd {
                        "you take it back"
                        @if Page::Connections.is_in(visit.site) { " (Your account, Connected apps)" }
                        ", or it is not used for " (days) " days"
                    }
                }
                (buttons(true))
            }
            (self.other())
        }
    }

    /// Several handles, none of which is chosen for the person.
    fn several(&self, handles: &'r [HandleChoice], ticks: &Ticks<'r>, faults: &Faults) -> Markup {
        let name = CHOSEN_HANDLE.name;
        let chosen = match self.chosen {
            Chosen::Form(form) => Some(form.get(name)),
            Chosen::Before(choice) => choice.handle.as_deref(),
        };
        let fault = faults.of_field(name);
        html! {
            fieldset.boxes #(name).faulty[fault.is_some()] aria-describedby=[fault.map(|_| "summary")] tabindex="-1" {
                legend { "Into which of your handles?" }
                @for (place, handle) in handles.iter().enumerate() {
                    @let id = format!("{name}-{place}");
                    @let without = ticks.not_in(handle);
                    @let hint = (!without.is_empty()).then(|| format!("{id}-without"));
                    div.box {
                        input id=(id) type="radio" name=(name) value=(handle.handle) required autocomplete="off"
                            checked[chosen == Some(handle.handle.as_str())] aria-describedby=[hint.as_deref()];
                        label for=(id) { span { (handle.handle) } " " span.badge { (role(&handle.role)) } }
                        @if let Some(hint) = &hint {
                            p.hint id=(hint) { "Your role there leaves out: " (titles(&without)) "." }
                        }
                    }
                }
            }
        }
    }

    /// The handle that is meant is somebody else's.
    fn foreign(&self, visit: &Visit<'_>, handle: &str) -> Markup {
        html! {
            p.warning {
                "It asks for the handle " strong { (handle) } ", in which " strong { (self.account.email) } " is no member."
            }
            div.ask {
                @if Page::SignOut.is_in(visit.site) { (self.elsewhere("Sign in as somebody else")) }
                (self.cancel())
            }
        }
    }

    /// The person has no handle that an app could be let into.
    fn no_handle(&self, visit: &Visit<'_>) -> Markup {
        let next = Next::parse(&self.question.address());
        let form = Form {
            action: &Next::behind(next.as_ref(), Page::Handles.path()),
            fields: &[&HANDLE],
            value: &|_: &Field| String::new(),
            faults: &Faults::default(),
            button: "Take this handle and go on",
            username: None,
        };
        html! {
            p.warning { "Apps are let into a handle, and " strong { (self.account.email) } " has none." }
            @if visit.site.offers(handles::CREATE.name()) { (form.render()) }
            div.ask {
                @if Page::SignOut.is_in(visit.site) { (self.elsewhere("Sign in as somebody else")) }
                (self.cancel())
            }
        }
    }

    /// Where the button of [`change`] leads, which stands in another form.
    fn other(&self) -> Markup {
        html! { form #(OTHER) method="post" action=(self.sign_out()) hidden {} }
    }

    fn elsewhere(&self, text: &str) -> Markup {
        html! { form method="post" action=(self.sign_out()) { button.quiet type="submit" { (text) } } }
    }

    fn cancel(&self) -> Markup {
        html! { form method="post" action=(self.question.answer_address()) { (buttons(false)) } }
    }

    fn sign_out(&self) -> String {
        Next::behind(Next::parse(&self.question.address()).as_ref(), Page::SignOut.path())
    }
}

fn single(handle: &HandleChoice) -> Markup {
    html! {
        input type="hidden" name=(CHOSEN_HANDLE.name) value=(handle.handle);
        dl.facts #(CHOSEN_HANDLE.name) tabindex="-1" {
            dt { "Into the handle" }
            dd { strong { (handle.handle) } " " span.badge { (role(&handle.role)) } }
        }
    }
}

/// What it may do there.
fn scopes(ticks: &Ticks<'_>) -> Markup {
    let (first, more, beyond) = (ticks.first(), ticks.more(), ticks.beyond());
    let before = first.iter().any(|scope| scope.allowed && !scope.asked);
    html! {
        fieldset.boxes {
            legend { "What may it do there?" }
            p.hint {
                @match (ticks.asks_nothing(), before) {
                    (true, false) => "It did not say what it needs. Ticked is what only reads; see what else it should do.",
                    (true, true) => "It did not say what it needs. Ticked is what only reads, and what it was allowed before.",
                    (false, false) => "It asks for what is ticked. Take away what it should not do.",
                    (false, true) => "Ticked is what it asks for, and what it was allowed before. Take away what it should not do.",
                }
            }
            ul.always { @for scope in ticks.always() { li { span { (scope.title) } span.risk { "always" } } } }
            @for scope in &first { (tick(scope, ticks)) }
            @if !beyond.is_empty() {
                p.hint { "It asks for more than your role lets you allow, and does not get: " (titles(&beyond)) "." }
            }
            @if !more.is_empty() {
                details open[more.iter().any(|scope| ticks.is_ticked(scope))] {
                    summary { "Allow more" }
                    @for scope in &more { (tick(scope, ticks)) }
                }
            }
        }
    }
}

fn tick(scope: &ScopeChoice, ticks: &Ticks<'_>) -> Markup {
    let id = format!("{BOX}{}", scope.scope);
    html! {
        div.box {
            input id=(id) type="checkbox" name=(id) value="yes" autocomplete="off" checked[ticks.is_ticked(scope)];
            label for=(id) {
                span { (scope.title) }
                " "
                span.tags { (tag(&scope.risk)) @if scope.allowed { " " span.risk.before { "allowed before" } } }
            }
        }
    }
}

fn buttons(may_allow: bool) -> Markup {
    html! {
        div.answers {
            @if may_allow { button type="submit" name=(DECISION) value=(YES) { "Allow" } }
            button.quiet type="submit" name=(DECISION) value=(NO) formnovalidate { "Cancel" }
        }
    }
}

fn change() -> Markup {
    html! { button.link type="submit" form=(OTHER) { "Not you?" } }
}

fn titles(scopes: &[&ScopeChoice]) -> String {
    let titles: Vec<_> = scopes.iter().map(|scope| scope.title.as_str()).collect();
    titles.join("; ")
}
