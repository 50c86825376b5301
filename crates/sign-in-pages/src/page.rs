//! Which paths there are, and which operation each is a page of.

use lp_application::{SignUps, accounts, handles, oauth};

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
    /// Letting a desktop be signed in.
    Desktop,
    /// What an app asks for.
    Authorize,
    /// Letting it in, or not.
    Decision,
    /// The apps that were let in.
    Connections,
}

/// Each with its path and its operation.
const PAGES: &[(Page, &str, &str)] = &[
    (Page::Home, "/", accounts::ME.name()),
    (Page::SignIn, "/sign-in", accounts::LOGIN.name()),
    (Page::SignOut, "/sign-out", accounts::LOGOUT.name()),
    (Page::Handles, "/handles", handles::CREATE.name()),
    (Page::Sessions, "/sessions", accounts::END_SESSION.name()),
    (Page::SignUp, "/sign-up", accounts::SIGN_UP.name()),
    (Page::ConfirmSignUp, "/sign-up/confirm", accounts::CONFIRM_SIGN_UP.name()),
    (Page::Forgot, "/forgot", accounts::FORGOT.name()),
    (Page::ConfirmForgot, "/forgot/confirm", accounts::RESET.name()),
    (Page::Code, "/sign-in/code", accounts::START_PASSWORDLESS.name()),
    (Page::ConfirmCode, "/sign-in/code/confirm", accounts::CONFIRM_PASSWORDLESS.name()),
    (Page::Password, "/password", accounts::CHANGE_PASSWORD.name()),
    (Page::Desktop, "/desktop", accounts::APPROVE_DESKTOP.name()),
    (Page::Authorize, oauth::addresses::AUTHORIZE, oauth::AUTHORIZATION.name()),
    (Page::Decision, "/oauth/authorize/decision", oauth::DECIDE.name()),
    (Page::Connections, "/connections", oauth::CONNECTIONS.name()),
];

impl Page {
    /// The page of a path, where the installation has what it does.
    pub(crate) fn at(path: &str, site: &Site) -> Option<Self> {
        let (page, ..) = PAGES.iter().find(|(_, known, _)| *known == path)?;
        page.is_in(site).then_some(*page)
    }

    /// Whether an installation has it.
    pub(crate) fn is_in(self, site: &Site) -> bool {
        let makes_accounts = matches!(self, Self::SignUp | Self::ConfirmSignUp);
        let open = site.app.settings().sign_ups == SignUps::Open;
        site.offers(self.operation()) && (open || !makes_accounts)
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
        !matches!(self, Self::Home | Self::Authorize)
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
