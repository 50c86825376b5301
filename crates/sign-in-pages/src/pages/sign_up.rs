//! Making an account.

use super::confirm::Confirm;
use super::start::Start;
use crate::fields::{CODE, EMAIL, FIRST_PASSWORD};
use crate::page::Page;

pub(super) static START: Start = Start {
    page: Page::SignUp,
    confirm: Page::ConfirmSignUp,
    title: "Create an account",
    lead: "We send a code to your address, so that nobody else can use it.",
    fields: &[&EMAIL, &FIRST_PASSWORD],
    button: "Create the account",
};
pub(super) static CONFIRM: Confirm = Confirm {
    page: Page::ConfirmSignUp,
    again: Page::SignUp,
    title: "Confirm your address",
    fields: &[&EMAIL, &CODE],
    button: "Confirm and sign in",
};
