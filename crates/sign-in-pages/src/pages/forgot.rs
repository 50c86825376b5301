//! A new password for whoever forgot the old one.

use super::confirm::Confirm;
use super::start::Start;
use crate::fields::{CODE, EMAIL, NEW_PASSWORD};
use crate::page::Page;

pub(super) static START: Start = Start {
    page: Page::Forgot,
    confirm: Page::ConfirmForgot,
    title: "Forgot your password?",
    lead: "We send a code to the address of your account. With it you choose a new password.",
    fields: &[&EMAIL],
    button: "Send me a code",
};
pub(super) static CONFIRM: Confirm = Confirm {
    page: Page::ConfirmForgot,
    again: Page::Forgot,
    title: "Choose a new password",
    fields: &[&EMAIL, &CODE, &NEW_PASSWORD],
    button: "Save and sign in",
};
