use lp_application::{Called, Meant, Names, PublicUrls};
use lp_core::{Handle, Slug};

use super::Entrance;
use crate::RouteKey;

/// What the names of handles mean, and where those are that are called otherwise now.
pub(super) struct Signs {
    pub(super) names: Names,
    pub(super) urls: PublicUrls,
}

/// Whose host a visitor knocks at, where its name does not say all.
pub(super) enum Host {
    /// The name says all, or it is no handle's host.
    Plain,
    /// A handle's, by whatever name.
    Meant(Meant),
    /// One that moved: its origin.
    Moved(String),
}

impl Signs {
    /// Which handle a label means; `None` where it says all itself.
    pub(super) fn meant(&self, label: &str) -> Option<Meant> {
        if !self.names.any() {
            return None;
        }
        // The key folds the label, on the stack.
        let folded = RouteKey::of(label, "")?;
        self.names.meant(folded.handle())
    }

    /// The short link of a slug, under what its handle is called now.
    pub(super) fn short(&self, handle: &Handle, slug: &Slug) -> String {
        let meant = self.names.meant(handle.as_str());
        self.urls.short(meant.as_ref().map_or(handle, Meant::name), slug)
    }

    pub(super) fn host(&self, entrance: Entrance<'_>) -> Host {
        let Some(meant) = entrance.label().and_then(|label| self.meant(label)) else { return Host::Plain };
        let moved = matches!(entrance, Entrance::Host(_)) && meant.called() == Called::Before;
        if moved && meant.is_active() {
            Host::Moved(self.urls.host(meant.name()))
        } else {
            Host::Meant(meant)
        }
    }
}

impl Host {
    /// The key of the handle that a path below this host names; `None` where nobody may visit it here.
    pub(super) fn key<'k>(
        &'k self,
        entrance: Entrance<'_>,
        handle: &'k str,
        named: Option<&'k Meant>,
    ) -> Option<&'k str> {
        let meant = if entrance.label() == Some(handle) { self.meant() } else { named };
        let key = meant.map_or(handle, |meant| meant.key().as_str());
        let here = entrance.label().is_none_or(|label| {
            self.meant().map_or(label, |meant| meant.key().as_str()).eq_ignore_ascii_case(key)
        });
        let lost =
            |meant: &Meant| meant.called() == Called::NoMore && !matches!(entrance, Entrance::Mounted(_));
        let open = meant.is_none_or(|meant| meant.is_active() && !lost(meant));
        (here && open).then_some(key)
    }

    fn meant(&self) -> Option<&Meant> {
        match self {
            Self::Meant(meant) => Some(meant),
            Self::Plain | Self::Moved(_) => None,
        }
    }
}
