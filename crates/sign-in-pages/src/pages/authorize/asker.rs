//! Who asks, as far as anybody can know.

use lp_application::oauth::ClientView;
use maud::{Markup, html};

use crate::look::claimed;

/// What the app says it is, who vouches for that, and where the answer goes.
pub(super) fn section(client: &ClientView) -> Markup {
    html! {
        p.lead {
            @match client.name.as_deref() {
                Some(name) => { "It calls itself " (claimed(name)) "." },
                None => "It does not say its name.",
            }
            " " (backing(client))
        }
        dl.facts.asker { dt { "Answers go to" } dd { strong { (client.answers_to) } } }
        @if let Some(warning) = warning(client) { p.warning { (warning) } }
    }
}

fn backing(client: &ClientView) -> Markup {
    html! {
        @match (client.kind.as_str(), client.host.as_deref()) {
            ("DOCUMENT", Some(host)) => { "The owner of " strong { (host) } " says so." },
            ("VOUCHED", _) => "The operator of this installation registered it.",
            _ => "Nobody has checked that.",
        }
    }
}

/// What to be careful of.
fn warning(client: &ClientView) -> Option<Markup> {
    let yourself = "Allow only if you started this yourself, just now.";
    let anybody = "Any app can register here under any name.";
    match (client.local, client.kind.as_str()) {
        (true, kind) => Some(html! {
            @if kind == "REGISTERED" { (anybody) " " }
            "Answers go to this computer, where any program could be asking. " (yourself)
        }),
        (false, "REGISTERED") => Some(html! {
            (anybody) " Go by where answers go: allow only if you know that address and started this yourself."
        }),
        _ => None,
    }
}
