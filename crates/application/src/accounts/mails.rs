//! What mails say.

use lp_access::{CodePurpose, Mail, MailCode, MailKind};
use lp_ports::Message;

use crate::{Application, PublicUrls};

impl Application {
    /// The mail as it is sent; `None` where there is nothing to send.
    pub fn message(&self, mail: &Mail) -> Option<Message> {
        let settings = self.settings();
        let (subject, text) = match mail.kind {
            MailKind::Decoy => return None,
            MailKind::Code(purpose) => {
                let code = MailCode::derive(settings.secret.now(), purpose, &mail.to, &mail.seed);
                with_code(purpose, code, &settings.urls)
            }
            MailKind::HasAccount => has_account(&settings.urls),
            MailKind::PasswordChanged => password_changed(&settings.urls),
        };
        Some(Message { id: mail.id, to: mail.to.clone(), subject, text })
    }
}

/// The code stands in the text alone: subjects are shown on locked screens and written into logs.
fn with_code(purpose: CodePurpose, code: MailCode, urls: &PublicUrls) -> (String, String) {
    let place = &urls.domain;
    let (subject, before, after) = match purpose {
        CodePurpose::SignUp => (
            format!("Confirm your e-mail address for {place}"),
            format!(
                "Somebody, you we hope, signs up at {place} with this e-mail address.\nThe code to confirm it is"
            ),
            "If it was not you, do nothing: without the code no account is made.",
        ),
        CodePurpose::Reset => (
            format!("A new password for {place}"),
            format!("Somebody asked for a new password for your account at {place}.\nThe code to set it is"),
            "Give it to nobody: whoever has it can take your account. If you did not\nask, do nothing: your password stays as it is.",
        ),
        CodePurpose::SignIn => (
            format!("Sign in at {place}"),
            format!("The code to sign in at {place} is"),
            "Give it to nobody: whoever has it signs in as you. If you did not ask,\ndo nothing.",
        ),
    };
    (subject, format!("{before}\n\n    {code}\n\nIt is good for 15 minutes and for one use.\n\n{after}\n"))
}

fn has_account(urls: &PublicUrls) -> (String, String) {
    let (place, page) = (&urls.domain, urls.forgot());
    let text = format!(
        "Somebody tried to sign up at {place} with this e-mail address, which has an\naccount already. Nothing was changed.\n\n\
         If it was you, sign in. If you have forgotten the password, ask for a new one:\n\n    \
         {page}\n\nIf it was not you, do nothing.\n"
    );
    (format!("You have an account at {place}"), text)
}

fn password_changed(urls: &PublicUrls) -> (String, String) {
    let (place, page) = (&urls.domain, urls.forgot());
    let text = format!(
        "The password of your account at {place} was changed, and every other session\nof the account was ended.\n\n\
         If it was not you, ask for a new password at once:\n\n    {page}\n"
    );
    (format!("Your password for {place} was changed"), text)
}
