//! The apps that somebody let in, and taking that back.

use axum::response::Response;
use http::StatusCode;
use lp_application::Error;
use lp_application::handles::{self, HandleList};
use lp_application::oauth::{self, ConnectionList, ConnectionView};
use lp_core::Handle;
use maud::{Markup, html};
use serde_json::{Map, json};

use crate::fields;
use crate::form::Values;
use crate::look::{Sheet, claimed, instant, notice, tag};
use crate::page::Page;
use crate::render;
use crate::site::Site;
use crate::visit::{self, Visit};

const TITLE: &str = "Connected apps";
const CONNECTION: &str = "connection";

pub(super) async fn show(visit: &mut Visit<'_>) -> Result<Response, Error> {
    let account = visit.account().await?;
    let connections = list(visit).await?;
    let addresses = addresses(visit).await?;
    let body = html! {
        h1 { (TITLE) }
        @if visit.query.get("done") == "ended" { (notice("The app is disconnected: it can do nothing here any more.")) }
        section.card aria-labelledby="apps" {
            h2 #apps { "Apps that may act for you" }
            @if connections.is_empty() {
                p.lead { "None so far." }
            } @else {
                p.lead { "Names are what apps call themselves; go by where their answers go. Disconnect what you do not know or need." }
                ul.items { @for one in &connections { (item(one, visit.site)) } }
            }
        }
        (how(&addresses))
        p { a href=(Page::Home.path()) { "Back to your account" } }
    };
    let sheet = Sheet { title: TITLE, faulty: false, person: Some(&account.email), body };
    Ok(render::page(StatusCode::OK, sheet.render(visit.site)))
}

pub(super) async fn act(visit: &mut Visit<'_>, form: &Values) -> Result<Response, Error> {
    let connection = fields::object(json!({ "connectionId": form.get(CONNECTION) }));
    visit.act(oauth::END_CONNECTION.name(), connection).await?;
    Ok(render::see_other(&format!("{}?done=ended", Page::Connections.path())))
}

/// All of them, newest first.
pub(super) async fn list(visit: &mut Visit<'_>) -> Result<Vec<ConnectionView>, Error> {
    let list: ConnectionList = visit::read(visit.act(oauth::CONNECTIONS.name(), Map::new()).await?)?;
    Ok(list.connections)
}

/// Where assistants find the person's handles.
async fn addresses(visit: &mut Visit<'_>) -> Result<Vec<String>, Error> {
    if !visit.site.offers(handles::LIST.name()) {
        return Ok(Vec::new());
    }
    let list: HandleList = visit::read(visit.act(handles::LIST.name(), Map::new()).await?)?;
    Ok(list.handles.into_iter().map(|handle| handle.mcp_url).collect())
}

fn item(one: &ConnectionView, site: &Site) -> Markup {
    let urls = &site.app.settings().urls;
    let mcp = Handle::parse(&one.handle).ok().map(|handle| urls.mcp(&handle));
    let documented = oauth::offered_scopes(site.app.catalogue());
    let mut scopes: Vec<_> = one.scopes.iter().collect();
    scopes.sort_by_key(|name| documented.iter().position(|scope| scope.as_str() == name.as_str()));
    html! {
        li.connection {
            h3.name {
                @match one.client_name.as_deref() {
                    Some(name) => (claimed(name)),
                    None => "An app without a name",
                }
            }
            dl.facts {
                dt { "Answers go to" } dd { (one.answers_to) }
                dt { "Handle" } dd { (one.handle) @if let Some(mcp) = mcp { " · " code { (mcp) } } }
                dt { "May" }
                dd { ul.may { @for scope in scopes { (allowed(scope)) } } }
                dt { "Since" } dd { (instant(&one.created_at)) }
                dt { "Last used" }
                dd { @match one.last_used_at.as_deref() { Some(at) => (instant(at)), None => "not yet" } }
                dt { "Ends" } dd { (instant(&one.expires_at)) ", unless it is used" }
            }
            @if site.offers(oauth::END_CONNECTION.name()) {
                form method="post" action=(Page::Connections.path()) {
                    input type="hidden" name=(CONNECTION) value=(one.connection_id);
                    button.quiet type="submit" {
                        "Disconnect" span.unseen { " " (one.client_name.as_deref().unwrap_or("the app without a name")) }
                    }
                }
            }
        }
    }
}

fn allowed(scope: &str) -> Markup {
    html! {
        @match oauth::scope_in_words(scope) {
            Some((title, risk)) => li { (title) " " (tag(risk)) },
            None => li { code { (scope) } },
        }
    }
}

fn how(addresses: &[String]) -> Markup {
    html! {
        section.card aria-labelledby="how" {
            h2 #how { "Connect an assistant" }
            @if addresses.is_empty() {
                p.lead { "Take a handle first, on the page of " a href=(Page::Home.path()) { "your account" } "." }
            } @else {
                p.lead { "Give it the address of a handle's MCP server. It sends you here, and you say what it may do." }
                ul.addresses { @for address in addresses { li { code { (address) } } } }
            }
        }
    }
}
