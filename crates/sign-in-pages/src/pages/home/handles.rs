use lp_application::handles::{self, HandleList, HandleView};
use lp_application::{Error, PublicUrls};
use maud::{Markup, html};
use serde_json::Map;

use super::FIELDS;
use crate::faults::Faults;
use crate::fields::Field;
use crate::form::Values;
use crate::look::{Form, role, summary};
use crate::next::Next;
use crate::page::Page;
use crate::visit::{self, Visit};

/// The handles of the account, and the form to take another.
pub(super) async fn section(visit: &mut Visit<'_>, form: &Values, faults: &Faults) -> Result<Markup, Error> {
    if !visit.site.offers(handles::LIST.name()) {
        return Ok(Markup::default());
    }
    let list: HandleList = visit::read(visit.act(handles::LIST.name(), Map::new()).await?)?;
    let urls = &visit.site.app.settings().urls;
    Ok(html! {
        section.card aria-labelledby="handles" {
            h2 #handles { "Your handles" }
            @if list.handles.is_empty() {
                p.lead { "You have none yet. A handle names the address of your links: " code { (example(urls)) } "." }
            } @else {
                ul.items { @for handle in &list.handles { (item(handle, urls)) } }
            }
            @if Page::Handles.is_in(visit.site) { div.take { (summary(faults)) (take(visit, form, faults)) } }
        }
    })
}

fn item(view: &HandleView, urls: &PublicUrls) -> Markup {
    let rest = format!("{}/v2/handles/{}", urls.api, view.handle);
    html! {
        li {
            h3.name { (view.handle) " " span.badge { (role(&view.role)) } }
            dl.facts {
                dt { "Short links" } dd { a href=(view.url) { (view.url) } }
                dt { "REST" } dd { code { (rest) } " · " a href={ (urls.api) "/v2/docs" } { "API documents" } }
                dt { "MCP" } dd { code { (view.mcp_url) } }
            }
        }
    }
}

/// The form to take a handle, on the page of whoever has `visit.next()` to go on with.
fn take(visit: &Visit<'_>, form: &Values, faults: &Faults) -> Markup {
    let value = |field: &Field| form.get(field.name).trim().to_owned();
    let form = Form {
        action: &Next::behind(visit.next().as_ref(), Page::Handles.path()),
        fields: &FIELDS,
        value: &value,
        faults,
        button: "Take this handle",
        username: None,
    };
    form.render()
}

fn example(urls: &PublicUrls) -> String {
    let port = urls.port.map_or_else(String::new, |port| format!(":{port}"));
    format!("your-name.{}{port}", urls.domain)
}
