//! Refusals in plain words, each at the field that it is about.

use std::time::Duration;

use lp_application::{Code, Error};

use crate::fields::{Field, Kind};

/// Why a form was refused.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

/// One reason.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The field that it is about; `None` where it is about the whole form.
    pub(crate) field: Option<&'static str>,
    pub(crate) text: String,
}

impl Faults {
    /// What an operation said about a form with these fields.
    pub(crate) fn of(error: &Error, fields: &[&'static Field]) -> Self {
        let told = error.fields.iter().map(|fault| {
            let name = fault.pointer.strip_prefix('/').unwrap_or(&fault.pointer);
            match fields.iter().find(|field| field.name == name) {
                Some(field) if fault.code == "required" => {
                    Fault { field: Some(field.name), text: field.ask.to_owned() }
                }
                Some(field) => Fault { field: Some(field.name), text: about(field, &fault.message) },
                None => Fault { field: None, text: sentence(&format!("{name} {}", fault.message)) },
            }
        });
        let told: Vec<Fault> = told.collect();
        if !told.is_empty() {
            return Self(told);
        }
        let field = whose(error.code, fields);
        Self(vec![Fault { field, text: plain(error) }])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.0
    }

    /// What is wrong with a field.
    pub(crate) fn of_field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|fault| fault.field == Some(name)).map(|fault| fault.text.as_str())
    }

    /// Whether each is told again at its field. A single one stands in the summary, which is told with the field.
    pub(crate) fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    /// The field in which a person goes on: the first faulty one.
    pub(crate) fn first_field(&self) -> Option<&'static str> {
        self.0.iter().find_map(|fault| fault.field)
    }
}

/// An error as a sentence for the person at the browser.
fn plain(error: &Error) -> String {
    match error.retry_after {
        Some(wait) if error.code == Code::RATE_LIMITED => {
            format!("Too many tries. Try again in {}.", span(wait))
        }
        _ => sentence(&error.message),
    }
}

/// Where a refusal without fields is about one of them all the same.
fn whose(code: Code, fields: &[&'static Field]) -> Option<&'static str> {
    let kind = match code {
        Code::INVALID_CREDENTIALS => Kind::Password,
        Code::INVALID_CODE => Kind::Code,
        Code::CONFLICT => Kind::Handle,
        _ => return None,
    };
    fields.iter().find(|field| field.kind == kind).map(|field| field.name)
}

/// Messages about arguments go on where the name of the field ends, or are sentences of their own.
fn about(field: &Field, message: &str) -> String {
    let goes_on = ["is ", "must ", "has ", "was "].iter().any(|verb| message.starts_with(verb));
    if goes_on { sentence(&format!("{} {message}", field.label)) } else { sentence(message) }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut text: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// A wait as people say it, rounded up.
fn span(wait: Duration) -> String {
    let seconds = wait.as_millis().div_ceil(1_000).max(1);
    let (number, unit) = if seconds < 100 { (seconds, "second") } else { (seconds.div_ceil(60), "minute") };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{EMAIL, PASSWORD};

    #[test]
    fn a_fault_is_a_sentence_at_its_field() {
        let error = Error::faults(vec![
            lp_application::Fault {
                pointer: "/email".into(),
                code: "invalid_email",
                message: "is not an address".into(),
            },
            lp_application::Fault {
                pointer: "/password".into(),
                code: "required",
                message: "is missing".into(),
            },
            lp_application::Fault {
                pointer: "/agent".into(),
                code: "invalid_text",
                message: "has a control character".into(),
            },
        ]);
        let faults = Faults::of(&error, &[&EMAIL, &PASSWORD]);
        assert_eq!(faults.of_field("email"), Some("E-mail address is not an address."));
        assert_eq!(faults.of_field("password"), Some("Enter your password."));
        assert_eq!(faults.all()[2], Fault { field: None, text: "Agent has a control character.".to_owned() });
        assert_eq!(faults.first_field(), Some("email"));
    }

    #[test]
    fn waits_are_told_in_words() {
        for (seconds, told) in
            [(0, "1 second"), (1, "1 second"), (60, "60 seconds"), (100, "2 minutes"), (601, "11 minutes")]
        {
            assert_eq!(span(Duration::from_secs(seconds)), told);
        }
    }
}
