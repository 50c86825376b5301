//! The tokens of one browser, and what becomes of them while it is answered.

use http::{HeaderMap, HeaderValue};
use lp_application::accounts::{self, SignedIn};

use crate::cookies::{ACCESS, Jar, REFRESH};

/// Who a browser says it is, and what it is to be told about that.
#[derive(Default)]
pub(crate) struct Session {
    access: Option<String>,
    refresh: Option<String>,
    /// What the browser is to keep from now on, and for how long.
    fresh: Option<u64>,
    over: bool,
}

impl Session {
    pub(crate) fn read(jar: Jar, headers: &HeaderMap) -> Self {
        Self { access: jar.read(headers, ACCESS), refresh: jar.read(headers, REFRESH), ..Self::default() }
    }

    /// Whether there is anything that could be a session.
    pub(crate) fn is_claimed(&self) -> bool {
        self.access.is_some() || self.refresh.is_some()
    }

    pub(crate) fn access(&self) -> Option<&str> {
        self.access.as_deref()
    }

    pub(crate) fn refresh(&self) -> Option<&str> {
        self.refresh.as_deref()
    }

    /// Somebody signed in, or goes on being so.
    pub(crate) fn begin(&mut self, signed_in: SignedIn) {
        *self = Self {
            access: Some(signed_in.access_token),
            refresh: Some(signed_in.refresh_token),
            fresh: Some(signed_in.expires_in),
            over: false,
        };
    }

    /// Nobody is signed in any more.
    pub(crate) fn end(&mut self) {
        *self = Self { over: true, ..Self::default() };
    }

    /// What the browser is told to keep or to forget.
    pub(crate) fn cookies(&self, jar: Jar) -> Vec<HeaderValue> {
        let told = match (self.fresh, &self.access, &self.refresh) {
            (Some(seconds), Some(access), Some(refresh)) => [
                jar.keep(ACCESS, access, seconds),
                jar.keep(REFRESH, refresh, accounts::SIGNED_IN_FOR.as_secs()),
            ],
            _ if self.over => [jar.forget(ACCESS), jar.forget(REFRESH)],
            _ => [None, None],
        };
        told.into_iter().flatten().collect()
    }
}
