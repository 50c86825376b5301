use maud::{Markup, html};

use crate::faults::Faults;
use crate::fields::{Field, Kind};

/// A form with a field below the other, and one button.
pub(crate) struct Form<'a> {
    /// Where it is sent, query included.
    pub(crate) action: &'a str,
    pub(crate) fields: &'a [&'static Field],
    /// What a field holds already; secrets are never asked for.
    pub(crate) value: &'a dyn Fn(&Field) -> String,
    pub(crate) faults: &'a Faults,
    pub(crate) button: &'a str,
    /// The account whose password changes, so that password managers know whose it is.
    pub(crate) username: Option<&'a str>,
}

impl Form<'_> {
    pub(crate) fn render(&self) -> Markup {
        let described = (!self.faults.is_empty()).then_some("summary");
        html! {
            form.fields method="post" action=(self.action) aria-describedby=[described] {
                @if let Some(username) = self.username {
                    input type="text" name="username" autocomplete="username" value=(username) readonly hidden;
                }
                @for field in self.fields { (self.field(field)) }
                button type="submit" { (self.button) }
            }
        }
    }

    fn field(&self, field: &Field) -> Markup {
        let fault = self.faults.of_field(field.name);
        let own = fault.filter(|_| self.faults.are_several());
        let (hint_id, fault_id) = (format!("{}-hint", field.name), format!("{}-fault", field.name));
        let fault_told = fault.map(|_| if own.is_some() { fault_id.as_str() } else { "summary" });
        let described: Vec<&str> =
            fault_told.into_iter().chain(field.hint.map(|_| hint_id.as_str())).collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let value = (!field.kind.is_secret()).then(|| (self.value)(field)).filter(|value| !value.is_empty());
        let help = Help::of(field.kind);
        html! {
            div.field.faulty[fault.is_some()] {
                label for=(field.name) { (field.label) }
                @if let Some(hint) = field.hint { p.hint id=(hint_id) { (hint) } }
                @if let Some(fault) = own { p.fault id=(fault_id) { span.unseen { "Error: " } (fault) } }
                input id=(field.name) name=(field.name) type=(help.kind) value=[value] required
                    autocomplete=(help.autocomplete) inputmode=[help.keyboard]
                    autocapitalize=[help.is_text.then_some("none")] spellcheck=[help.is_text.then_some("false")]
                    aria-invalid=[fault.map(|_| "true")] aria-describedby=[described]
                    autofocus[fault.is_some() && self.faults.first_field() == Some(field.name)];
            }
        }
    }
}

/// What browsers and phones are told of a field.
struct Help {
    kind: &'static str,
    autocomplete: &'static str,
    keyboard: Option<&'static str>,
    is_text: bool,
}

impl Help {
    fn of(kind: Kind) -> Self {
        let (kind, autocomplete, keyboard, is_text) = match kind {
            Kind::Email => ("email", "username", Some("email"), true),
            Kind::Password => ("password", "current-password", None, false),
            Kind::NewPassword => ("password", "new-password", None, false),
            Kind::Code => ("text", "one-time-code", Some("numeric"), true),
            Kind::Handle => ("text", "off", None, true),
        };
        Self { kind, autocomplete, keyboard, is_text }
    }
}

/// Everything that is wrong, in one place, each with the way to its field.
pub(crate) fn summary(faults: &Faults) -> Markup {
    html! {
        @if !faults.is_empty() {
            div.summary #summary role="alert" tabindex="-1" {
                @for fault in faults.all() {
                    p {
                        @if let Some(field) = fault.field { a href={ "#" (field) } { (fault.text) } }
                        @else { (fault.text) }
                    }
                }
            }
        }
    }
}
