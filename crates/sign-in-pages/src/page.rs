//! Which paths there are, and which operation each is a page of.

use lp_application::{accounts, handles};

use crate::site::Site;

/// A path of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The account.
    Home,
    SignIn,
    SignOut,
    /// Takes a handle.
    Handles,
    /// Ends a session.
    Sessions,
    SignUp,
    ConfirmSignUp,
    Forgot,
    ConfirmForgot,
    /// Signing in by a code instead of a password.
    Code,
    ConfirmCode,
    /// Changing the password.
    Password,
}

/// Each with its path and its operation.
const PAGES: &[(Page, &str, &str)] = &[
    (Page::Home, "/", accounts::ME.name()),
    (Page::SignIn, "/sign-in", accounts::LOGIN.name()),
    (Page::SignOut, "/sign-out", accounts::LOGOUT.name()),
    (Page::Handles, "/handles", handles::CREATE.name()),
    (Page::Sessions, "/sessions", accounts::END_SESSION.name()),
    (Page::SignUp, "/sign-up", "auth_signup"),
    (Page::ConfirmSignUp, "/sign-up/confirm", "auth_signup_confirm"),
    (Page::Forgot, "/forgot", "auth_password_forgot"),
    (Page::ConfirmForgot, "/forgot/confirm", "auth_password_forgot_confirm"),
    (Page::Code, "/sign-in/code", "auth_passwordless_start"),
    (Page::ConfirmCode, "/sign-in/code/confirm", "auth_passwordless_confirm"),
    (Page::Password, "/password", "account_password_change"),
];

impl Page {
    /// The page of a path, where the installation has what it does.
    pub(crate) fn at(path: &str, site: &Site) -> Option<Self> {
        let (page, ..) = PAGES.iter().find(|(_, known, _)| *known == path)?;
        page.is_in(site).then_some(*page)
    }

    /// Whether an installation has it.
    pub(crate) fn is_in(self, site: &Site) -> bool {
        site.offers(self.operation())
    }

    pub(crate) fn path(self) -> &'static str {
        self.row().1
    }

    /// What it calls.
    pub(crate) fn operation(self) -> &'static str {
        self.row().2
    }

    /// Whether something can be sent to it.
    pub(crate) fn takes_forms(self) -> bool {
        self != Self::Home
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        PAGES.iter().find(|(page, ..)| *page == self).unwrap_or(&PAGES[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_path_of_its_own() {
        for (page, path, operation) in PAGES {
            assert_eq!((page.path(), page.operation()), (*path, *operation));
            assert_eq!(PAGES.iter().filter(|(_, other, _)| other == path).count(), 1);
        }
    }
}
