//! What all requests share: the application, and where and how its pages are served.

use std::fmt::Write as _;

use bytes::Bytes;
use http::HeaderValue;
use lp_application::Application;
use sha2::{Digest, Sha256};

use crate::cookies::Jar;

const STYLE: &str = include_str!("look/style.css");
const ICON: &str = include_str!("look/icon.svg");

/// One host's pages.
pub(crate) struct Site {
    pub(crate) app: Application,
    /// This host as browsers write it in `Origin`.
    pub(crate) origin: String,
    pub(crate) jar: Jar,
    pub(crate) style: Asset,
    pub(crate) icon: Asset,
}

/// A file that never changes under its name, because its content is in the name.
pub(crate) struct Asset {
    pub(crate) path: String,
    pub(crate) content_type: HeaderValue,
    pub(crate) bytes: Bytes,
}

impl Site {
    pub(crate) fn new(app: Application, origin: String) -> Self {
        // By the setting and never by the request: who stands in between may have spoken plain HTTP.
        let jar = Jar { secure: app.settings().urls.scheme == "https" };
        let style = Asset::new("style", "css", "text/css; charset=utf-8", STYLE);
        let icon = Asset::new("icon", "svg", "image/svg+xml", ICON);
        Self { app, origin, jar, style, icon }
    }

    /// Whether there is such an operation: an installation without mail lacks those that send it.
    pub(crate) fn offers(&self, operation: &str) -> bool {
        self.app.catalogue().find(operation).is_some()
    }

    /// Whether an operation has such an argument.
    pub(crate) fn takes(&self, operation: &str, argument: &str) -> bool {
        let row = self.app.catalogue().find(operation);
        row.is_some_and(|row| row.input["properties"].get(argument).is_some())
    }

    pub(crate) fn asset(&self, path: &str) -> Option<&Asset> {
        [&self.style, &self.icon].into_iter().find(|asset| asset.path == path)
    }
}

impl Asset {
    fn new(name: &str, ending: &str, content_type: &'static str, text: &'static str) -> Self {
        let mut mark = String::new();
        for byte in &Sha256::digest(text.as_bytes())[..8] {
            // Writing to a string cannot fail.
            let _ = write!(mark, "{byte:02x}");
        }
        Self {
            path: format!("/{name}-{mark}.{ending}"),
            content_type: HeaderValue::from_static(content_type),
            bytes: Bytes::from_static(text.as_bytes()),
        }
    }
}
