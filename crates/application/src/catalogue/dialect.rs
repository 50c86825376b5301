use super::Operation;
use crate::Code;

/// In whose words a row refuses over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The platform's: `error` and `message`.
    #[default]
    Platform,
    /// Those of OAuth: `error` and `error_description` (RFC 6749, 5.2).
    OAuth,
}

/// The words that OAuth has itself, for endpoints that are not asked by people.
const OF_OAUTH: &[Code] = &[
    Code::INVALID_REQUEST,
    Code::AUTHORIZATION_PENDING,
    Code::ACCESS_DENIED,
    Code::EXPIRED_TOKEN,
    Code::INVALID_GRANT,
    Code::UNAUTHORIZED_CLIENT,
    Code::UNSUPPORTED_GRANT_TYPE,
    Code::UNSUPPORTED_RESPONSE_TYPE,
    Code::INVALID_SCOPE,
    Code::INVALID_TARGET,
    Code::INVALID_REDIRECT_URI,
    Code::INVALID_CLIENT_METADATA,
    Code::INVALID_CLIENT,
];

impl Operation {
    /// Lets it refuse in words of OAuth.
    #[must_use]
    pub fn speaks(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// By which code's name this row's replies over HTTP call an error; the status stays that of the error itself.
    ///
    /// OAuth knows no words for what is wrong with a request as such, so that is called as faults of the arguments are.
    pub fn called(&self, code: Code) -> Code {
        if self.dialect == Dialect::Platform || OF_OAUTH.contains(&code) {
            return code;
        }
        let fault = if self.fault == Code::VALIDATION { Code::INVALID_REQUEST } else { self.fault };
        match code.status() {
            400 | 405 | 408 | 409 | 413 | 415 => fault,
            429 | 503 => Code::TEMPORARILY_UNAVAILABLE,
            status if status >= 500 => Code::SERVER_ERROR,
            // What a credential may not do has one name everywhere (RFC 6750, 3.1).
            _ => code,
        }
    }
}
