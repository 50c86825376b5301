//! What an app asks for, as its address says it, and the way back to it.

use lp_application::{Code, Error, oauth};
use serde_json::{Map, Value};

use crate::page::Page;
use crate::visit::Visit;

/// What stands for bytes that are no text.
const REPLACEMENT: char = '\u{FFFD}';
/// The handle that was chosen before somebody had to sign in again.
const HANDLE: &str = "handle";
/// The boxes that were ticked then. It takes ticks away and never sets one, because an app could write it, too.
const KEEP: &str = "keep";

/// One request of an app.
pub(super) struct Question {
    /// Its parameters.
    asked: Map<String, Value>,
    /// What the person had chosen before they had to sign in again.
    pub(super) choice: Choice,
}

/// What a person chose, as far as it goes into an address.
#[derive(Default)]
pub(super) struct Choice {
    pub(super) handle: Option<String>,
    /// Nothing else is ticked; `None` where nothing was chosen yet.
    pub(super) keep: Option<Vec<String>>,
}

impl Question {
    /// Reads it from the address. What has no value counts as absent, and what is not known is ignored (RFC 6749, 3.1).
    pub(super) fn read(visit: &Visit<'_>) -> Result<Self, Error> {
        let invalid = |name: &str, why: &str| Error::new(Code::INVALID_REQUEST, format!("{name} {why}"));
        let (mut asked, mut choice) = (Map::new(), Choice::default());
        for (name, value) in form_urlencoded::parse(visit.raw_query().as_bytes()) {
            match &*name {
                HANDLE => choice.handle = Some(value.into_owned()),
                KEEP => choice.keep = Some(value.split(' ').map(ToOwned::to_owned).collect()),
                name if value.is_empty() || !visit.site.takes(oauth::AUTHORIZATION.name(), name) => {}
                name if value.contains(REPLACEMENT) => return Err(invalid(name, "is no text")),
                name => {
                    if asked.insert(name.to_owned(), value.into()).is_some() {
                        return Err(invalid(name, "stands twice in the request"));
                    }
                }
            }
        }
        Ok(Self { asked, choice })
    }

    /// As the arguments of an operation.
    pub(super) fn arguments(&self) -> Map<String, Value> {
        self.asked.clone()
    }

    /// Its page.
    pub(super) fn address(&self) -> String {
        self.at(Page::Authorize, &[])
    }

    /// Where it is answered.
    pub(super) fn answer_address(&self) -> String {
        self.at(Page::Decision, &[])
    }

    /// Its page, with what the person chose there.
    pub(super) fn address_with(&self, choice: &Choice) -> String {
        let keep = choice.keep.as_ref().map(|scopes| scopes.join(" "));
        let handle = choice.handle.as_deref().map(|handle| (HANDLE, handle));
        let chosen: Vec<_> = handle.into_iter().chain(keep.as_deref().map(|keep| (KEEP, keep))).collect();
        self.at(Page::Authorize, &chosen)
    }

    fn at(&self, page: Page, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(
            self.asked.iter().filter_map(|(name, value)| value.as_str().map(|value| (name, value))),
        );
        query.extend_pairs(more);
        format!("{}?{}", page.path(), query.finish())
    }
}
