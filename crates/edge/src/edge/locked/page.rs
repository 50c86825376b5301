use lp_application::{Code, Error};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::form::{FROM, PASSWORD};
use super::Question;

/// The only style the page may use; [`POLICY`] names its hash.
const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded or run, and nobody may frame the page. Where its form may lead is left open (`form-action`):
/// browsers hold that against the redirect that answers the form, too (CSP 3, 4.2.2), and the link may lead anywhere.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'sha256-/jPUbGt5ZcRzvFT8sGr/iKUqLK1W50iuuEAUj+O0P9g='; base-uri 'none'; frame-ancestors 'none'";

const LOCK: PreEscaped<&str> = PreEscaped(
    "<svg viewBox=\"0 0 32 32\" aria-hidden=\"true\" focusable=\"false\"><rect width=\"32\" height=\"32\" rx=\"8\"/>\
     <path d=\"M11 15v-3a5 5 0 0 1 10 0v3M9.5 15h13v8.5h-13zM16 18.5v2\"/></svg>",
);

/// The page works without script, and its form goes to where it stands, the visitor's query included.
pub(super) fn render(question: &Question<'_>) -> Markup {
    let Question { slug, title, from, fault } = question;
    let named = title.unwrap_or("Password needed");
    let told = (*fault).map(explained);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { @if told.is_some() { "Error: " } (named) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (LOCK)
                    h1 dir="auto" { (named) }
                    p #lead { "Whoever shared this link has protected it. Enter its password to go on." }
                    @if let Some(told) = &told { p.fault #fault role="alert" { (told) } }
                    form method="post" {
                        @if !from.is_empty() { input type="hidden" name=(FROM) value=(from); }
                        // So that password managers tell the links of one host apart.
                        input type="text" name="username" autocomplete="username" value=(slug) readonly hidden;
                        label for=(PASSWORD) { "Password" }
                        input #password name=(PASSWORD) type="password" required autofocus
                            autocomplete="current-password" autocapitalize="none" spellcheck="false"
                            aria-invalid=[told.is_some().then_some("true")]
                            aria-describedby=(if told.is_some() { "fault lead" } else { "lead" });
                        button type="submit" { "Go on" }
                    }
                }
            }
        }
    }
}

fn explained(fault: &Error) -> String {
    match fault.code {
        Code::WRONG_PASSWORD => "That is not the password of this link. Try again.".to_owned(),
        Code::PASSWORD_REQUIRED => "Enter the password.".to_owned(),
        Code::RATE_LIMITED => format!("Too many attempts. Try again {}.", wait(fault)),
        _ => "Passwords cannot be checked right now. Try again later.".to_owned(),
    }
}

fn wait(fault: &Error) -> String {
    match fault.retry_after_seconds() {
        None => "later".to_owned(),
        Some(1) => "in a second".to_owned(),
        Some(seconds @ ..=90) => format!("in {seconds} seconds"),
        Some(seconds) => format!("in {} minutes", seconds.div_ceil(60)),
    }
}
