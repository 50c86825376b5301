//! Signing in with a code instead of a password.

use super::confirm::Confirm;
use super::start::Start;
use crate::fields::{CODE, EMAIL};
use crate::page::Page;

pub(super) static START: Start = Start {
    page: Page::Code,
    confirm: Page::ConfirmCode,
    title: "Sign in with a code",
    lead: "We send a code to the address of your account. You need no password.",
    fields: &[&EMAIL],
    button: "Send me a code",
};
pub(super) static CONFIRM: Confirm = Confirm {
    page: Page::ConfirmCode,
    again: Page::Code,
    title: "Enter your code",
    fields: &[&EMAIL, &CODE],
    button: "Sign in",
};
