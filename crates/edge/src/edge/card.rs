//! The card of a link, for programs that draw one where it is posted.

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Response};
use http_body_util::Full;
use lp_core::{Handle, Slug};
use lp_personalization::Card;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Edge;
use super::page::{POLICY, STYLE};
use super::reply::{self, Asked, Shown};

/// Not for caches that people share with such programs: under the same address people are sent on.
const FOR_A_WHILE: HeaderValue = HeaderValue::from_static("private, max-age=300");

impl Edge {
    /// Shows the card, and nothing of where the link leads.
    pub(super) fn show_card(
        &self,
        asked: Asked<'_>,
        card: &Card,
        handle: &Handle,
        slug: &Slug,
    ) -> Response<Full<Bytes>> {
        let address = self.inner.signs.as_ref().map(|signs| signs.short(handle, slug));
        let page = render(card, address.as_deref(), slug).into_string();
        let mut reply = reply::shown(asked, 200, Shown::Page(page, POLICY));
        reply.headers_mut().insert(CACHE_CONTROL, FOR_A_WHILE);
        reply
    }
}

/// The Open Graph protocol (ogp.me), and what X adds to it.
fn render(card: &Card, address: Option<&str>, slug: &Slug) -> Markup {
    let Card { title, description, image } = card;
    let named = title.as_deref().or(address).unwrap_or(slug.as_str());
    let kind = if image.is_some() { "summary_large_image" } else { "summary" };
    html! {
        (DOCTYPE)
        html lang="en" prefix="og: https://ogp.me/ns#" {
            head {
                meta charset="utf-8";
                title { (named) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(address) = address {
                    link rel="canonical" href=(address);
                    meta property="og:url" content=(address);
                }
                meta property="og:type" content="website";
                meta property="og:title" content=(named);
                @if let Some(description) = description {
                    meta property="og:description" content=(description);
                    meta name="description" content=(description);
                }
                @if let Some(image) = image { meta property="og:image" content=(image); }
                meta name="twitter:card" content=(kind);
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (named) }
                @if let Some(description) = description { p { (description) } }
            }
        }
    }
}
