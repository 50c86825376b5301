use lp_access::Pat;

use super::Credential;
use crate::{Code, Error};

impl Credential {
    /// What a caller shows in headers: bearer tokens (RFC 6750), or the same as API keys. A header that is no text is
    /// `None`.
    ///
    /// Two that differ are refused, because whoever sent them and whoever logs them may each mean another one.
    pub fn of_headers<'h>(
        authorizations: impl Iterator<Item = Option<&'h str>>,
        api_keys: impl Iterator<Item = Option<&'h str>>,
    ) -> Result<Self, Error> {
        let mut shown: Option<&str> = None;
        let bearers = authorizations.map(|value| value.and_then(bearer));
        for token in bearers.chain(api_keys.map(|value| value.and_then(visible))) {
            let token = token.ok_or_else(|| {
                invalid("send the credential as 'Authorization: Bearer <token>' or 'x-api-key: <token>'")
            })?;
            if shown.is_some_and(|other| other != token) {
                return Err(Self::several());
            }
            shown = Some(token);
        }
        Ok(shown.map_or(Self::None, |token| Self::Bearer(token.to_owned())))
    }

    /// Whether it claims to be a personal access token: one whose scopes nobody can widen.
    pub fn is_personal(&self) -> bool {
        matches!(self, Self::Bearer(text) if Pat::claims(text))
    }

    /// The refusal of more than one credential.
    pub fn several() -> Error {
        invalid("the request carries two different credentials; send one")
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| visible(token))?
}

fn visible(token: &str) -> Option<&str> {
    let token = token.trim();
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then_some(token)
}

fn invalid(message: &str) -> Error {
    Error::new(Code::INVALID_TOKEN, message)
}
