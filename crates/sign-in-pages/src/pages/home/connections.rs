use lp_application::Error;
use maud::{Markup, html};

use crate::page::Page;
use crate::pages::connections;
use crate::visit::Visit;

/// How many apps were let in, and the way to them.
pub(super) async fn section(visit: &mut Visit<'_>) -> Result<Markup, Error> {
    if !Page::Connections.is_in(visit.site) {
        return Ok(Markup::default());
    }
    let count = connections::list(visit).await?.len();
    Ok(html! {
        section.card aria-labelledby="apps" {
            h2 #apps { "Connected apps" }
            p.lead {
                @match count {
                    0 => "No app may act for you.",
                    1 => "One app may act for you.",
                    many => { (many) " apps may act for you." },
                }
            }
            p.do {
                a href=(Page::Connections.path()) {
                    @if count == 0 { "Connect an assistant" } @else { "See what they may do, or disconnect them" }
                }
            }
        }
    })
}
