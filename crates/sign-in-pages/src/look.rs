//! How pages look: the sheet around each, and the parts that several have.

mod form;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(crate) use self::form::{Form, summary};
use crate::site::Site;

/// A name in the foot and in titles.
const PRODUCT: &str = "Link Platform";
/// The mark: two links of a chain.
const MARK: PreEscaped<&str> = PreEscaped(
    "<svg class=\"mark\" viewBox=\"0 0 32 32\" aria-hidden=\"true\" focusable=\"false\"><rect width=\"32\" height=\"32\" rx=\"8\"/>\
     <path d=\"M14 18a4.5 4.5 0 0 0 6.4 0l3.2-3.2a4.5 4.5 0 0 0-6.4-6.4l-1.4 1.4M18 14a4.5 4.5 0 0 0-6.4 0l-3.2 3.2a4.5 4.5 0 0 0 6.4 6.4l1.4-1.4\"/></svg>",
);

/// One page.
pub(crate) struct Sheet<'a> {
    pub(crate) title: &'a str,
    /// Whether it tells of a form that was refused: its title says so first, because that is what is read aloud.
    pub(crate) faulty: bool,
    /// Who is signed in.
    pub(crate) person: Option<&'a str>,
    pub(crate) body: Markup,
}

impl Sheet<'_> {
    pub(crate) fn render(self, site: &Site) -> Markup {
        let Sheet { title, faulty, person, body } = self;
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { @if faulty { "Error: " } (title) " – " (PRODUCT) }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    link rel="icon" type="image/svg+xml" href=(site.icon.path);
                    link rel="stylesheet" href=(site.style.path);
                }
                body class=(if person.is_some() { "wide" } else { "narrow" }) {
                    a.skip href="#main" { "Skip to content" }
                    header {
                        a.brand href="/" { (MARK) span { (PRODUCT) } }
                        @if let Some(email) = person {
                            div.person {
                                span.who { span.unseen { "Signed in as " } (email) }
                                form method="post" action="/sign-out" { button.quiet type="submit" { "Sign out" } }
                            }
                        }
                    }
                    main #main { (body) }
                    footer { p { span.host { (host(&site.origin)) } } }
                }
            }
        }
    }
}

/// That something went well.
pub(crate) fn notice(text: &str) -> Markup {
    html! { p.notice role="status" { (text) } }
}

/// An instant as people read it, from RFC 3339.
pub(crate) fn instant(text: &str) -> Markup {
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;
    let read = OffsetDateTime::parse(text, &Rfc3339);
    let shown = read.map_or_else(
        |_| text.to_owned(),
        |at| format!("{} {} {}, {:02}:{:02} UTC", at.day(), at.month(), at.year(), at.hour(), at.minute()),
    );
    html! { time datetime=(text) { (shown) } }
}

/// What somebody says of themselves, set apart so that it can pass for nothing that we say.
pub(crate) fn claimed(text: &str) -> Markup {
    html! { span.claimed { "“" bdi { (text) } "”" } }
}

/// What a thing that an app may do means at worst, in a word or two.
pub(crate) fn tag(risk: &str) -> Markup {
    html! {
        @match risk {
            "CONNECT" => {},
            "READ" => span.risk { "reads" },
            "PRIVATE" => span.risk.private { "private" },
            _ => span.risk.write { "changes what visitors see" },
        }
    }
}

/// A role as people read it: `OWNER` as `Owner`.
pub(crate) fn role(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().chain(letters.flat_map(char::to_lowercase)).collect()
}

/// An origin without its scheme.
fn host(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}
