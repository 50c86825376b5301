//! Forms, and what a client shows of itself beside one (RFC 6749, 2.3.1, 3.1 and appendix B).

use axum::body::Body;
use lp_application::{Error, Fault};
use serde_json::{Map, Value};

use super::{basic, body, query, text};
use crate::router::Arrival;

/// What OAuth sends is a few short texts.
const MOST: usize = 64 * 1024;

/// Puts in the fields of a form that the row knows and that say something, and the credentials of the header.
pub(super) async fn arguments(
    arrival: Arrival<'_>,
    sent: Body,
    most: usize,
    into: &mut Map<String, Value>,
) -> Result<(), Error> {
    let headers = &arrival.head.headers;
    let shown = basic::of_headers(headers)?;
    let form = body::form(headers, sent, most.min(MOST)).await?;
    let mut pairs = query::pairs(Some(&form)).map_err(Error::faults)?;
    pairs.retain_mut(|(name, values)| {
        values.retain(|value| !value.is_empty());
        arrival.operation.knows(name) && !values.is_empty()
    });
    let mut faults = query::put(pairs, &arrival.operation.input, into, |_| false);
    if let Some(client) = shown {
        let credentials = [("client_id", Some(client.id)), ("client_secret", client.secret)];
        for (name, value) in credentials {
            let Some(value) = value.filter(|_| arrival.operation.knows(name)) else { continue };
            faults.extend(contradiction(into, name, value));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::faults(faults)) }
}

/// Puts in what the header says, unless the form says something else: whoever logs the one would not see the other.
fn contradiction(into: &mut Map<String, Value>, name: &str, value: String) -> Option<Fault> {
    match into.get(name) {
        Some(said) if *said != value => Some(Fault {
            pointer: text::step(name),
            code: "contradiction",
            message: "is not what the Authorization header says".to_owned(),
        }),
        Some(_) => None,
        None => {
            into.insert(name.to_owned(), Value::String(value));
            None
        }
    }
}
