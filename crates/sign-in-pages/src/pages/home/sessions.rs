use lp_application::Error;
use lp_application::accounts::{self, SessionList, SessionView};
use maud::{Markup, html};
use serde_json::Map;

use crate::look::instant;
use crate::page::Page;
use crate::visit::{self, Visit};

/// More are not looked through by anybody; scripts that sign in all the time make thousands.
const MOST: usize = 50;

/// Where the account is signed in: this browser first, then the newest.
pub(super) async fn section(visit: &mut Visit<'_>) -> Result<Markup, Error> {
    if !visit.site.offers(accounts::SESSIONS.name()) {
        return Ok(Markup::default());
    }
    let list: SessionList = visit::read(visit.act(accounts::SESSIONS.name(), Map::new()).await?)?;
    let mut sessions = list.sessions;
    sessions.sort_by_key(|session| !session.current);
    let hidden = sessions.len().saturating_sub(MOST);
    let may_end = Page::Sessions.is_in(visit.site);
    Ok(html! {
        section.card aria-labelledby="sessions" {
            h2 #sessions { "Where you are signed in" }
            p.lead {
                "End what you do not know"
                @if Page::Password.is_in(visit.site) { ", then " a href=(Page::Password.path()) { "change your password" } }
                "."
            }
            ul.items { @for session in sessions.iter().take(MOST) { (item(session, may_end)) } }
            @if hidden > 0 { p.more { "And " (hidden) " older ones." } }
        }
    })
}

fn item(session: &SessionView, may_end: bool) -> Markup {
    let name = session.agent.as_deref().unwrap_or("Unnamed");
    html! {
        li.session {
            div.name { (name) @if session.current { " " span.badge { "This browser" } } }
            div.when {
                "Signed in " (instant(&session.created_at))
                @if session.renewed_at != session.created_at { " · last renewed " (instant(&session.renewed_at)) }
            }
            @if session.current {
                form method="post" action=(Page::SignOut.path()) { button.quiet type="submit" { "Sign out" } }
            } @else if may_end {
                form method="post" action=(Page::Sessions.path()) {
                    input type="hidden" name="session" value=(session.session_id);
                    button.quiet type="submit" { "End session" span.unseen { " of " (name) } }
                }
            }
        }
    }
}
