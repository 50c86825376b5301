//! The operations and their gate, on the real embedded store with a fixed clock and seeded ids.

mod accounts;
mod audit;
mod by_mail;
mod connections;
mod contexts;
mod controls;
mod desktop;
mod faults;
mod gate;
mod handles;
mod hard_cases;
mod held_tokens;
mod import;
mod json;
mod limits;
mod links;
mod oauth;
mod passwords;
mod personalization;
mod plans;
mod qr;
mod rows;
mod typed;

use lp_application::{Answer, Error, Reply};
use serde_json::Value;

fn value(answer: Answer<Reply>) -> Value {
    answer.result.expect("the call succeeds").value
}

fn error(answer: Answer<Reply>) -> Error {
    answer.result.expect_err("the call is refused")
}

/// The faults of an error as `pointer code`.
fn faults(error: &Error) -> Vec<String> {
    error.fields.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
}
