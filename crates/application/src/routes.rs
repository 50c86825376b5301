use std::sync::Arc;

use lp_core::{Handle, Revision, SlugKey};
use lp_personalization::{Closed, HandleRules, Policy, Route, compile, compile_rules};
use lp_ports::{LinkReader, RulesReader};

use crate::names::Names;
use crate::{Code, Error, PublicUrls};

/// The edge's narrow way to the store: one compiled route, or the compiled rules of one handle, at a time.
#[derive(Clone)]
pub struct RouteSource {
    links: Arc<dyn LinkReader>,
    rules: Arc<dyn RulesReader>,
    urls: PublicUrls,
    names: Names,
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
    pub(crate) fn new(
        links: Arc<dyn LinkReader>,
        rules: Arc<dyn RulesReader>,
        urls: PublicUrls,
        names: Names,
    ) -> Self {
        Self { links, rules, urls, names }
    }

    /// Reads and compiles what the slug holds now.
    pub async fn load(&self, handle: &Handle, slug: &SlugKey) -> Result<Loaded, Error> {
        let slot = self.links.slot(handle, slug).await?;
        Ok(Loaded { revision: slot.latest, route: slot.live.as_ref().map(compile) })
    }

    /// Reads and compiles the rules of a handle as they are now.
    pub async fn policy(&self, handle: &Handle) -> Result<Arc<Policy>, Error> {
        let rules = self.rules.rules(handle, None).await?;
        Ok(Arc::new(compiled(&self.urls, &self.names, handle, &rules)))
    }
}

/// The rules of a handle for deciding, which know the short addresses of its links under every name that it has or had.
pub(crate) fn compiled(urls: &PublicUrls, names: &Names, handle: &Handle, rules: &HandleRules) -> Policy {
    let names = names.ever_called(handle);
    compile_rules(rules, |url| urls.link_at(url, &names))
}
