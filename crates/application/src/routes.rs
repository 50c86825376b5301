use std::sync::Arc;

use lp_core::{Handle, Revision, SlugKey};
use lp_personalization::{Closed, Route, compile};
use lp_ports::LinkReader;

use crate::{Code, Error};

/// The edge's narrow way to the store: one compiled route at a time.
#[derive(Clone)]
pub struct RouteSource {
    links: Arc<dyn LinkReader>,
}

/// What a slug holds, compiled, and how new that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The slug's greatest revision; `None` where it was never used. Of two loads the greater is the newer.
    pub revision: Option<Revision>,
    /// `None` where no link answers.
    pub route: Option<Route>,
}

/// What visitors of a link are told that does not lead anywhere.
pub fn refusal(closed: Closed) -> Code {
    match closed {
        Closed::Disabled | Closed::NotStarted => Code::NOT_FOUND,
        Closed::Ended | Closed::Expired | Closed::UsedUp => Code::GONE,
    }
}

impl RouteSource {
    pub(crate) fn new(links: Arc<dyn LinkReader>) -> Self {
        Self { links }
    }

    /// Reads and compiles what the slug holds now.
    pub async fn load(&self, handle: &Handle, slug: &SlugKey) -> Result<Loaded, Error> {
        let slot = self.links.slot(handle, slug).await?;
        Ok(Loaded { revision: slot.latest, route: slot.live.as_ref().map(compile) })
    }
}
