use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};

use crate::Facts;

/// One visit of a link that was answered with a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    pub id: ClickId,
    pub handle: Handle,
    pub link: LinkId,
    pub slug: Slug,
    pub at: Timestamp,
    pub device: Device,
    /// Keyed hash of what tells visitors apart within a day; says nothing about who it was.
    pub visitor: u64,
    /// Host of the referring page, lower case; empty for direct visits.
    pub referrer: String,
    pub facts: Facts,
}

/// A [`Click`] whose texts are borrowed: what a visit is noted as while it is being answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClickRef<'c> {
    pub id: ClickId,
    pub handle: &'c Handle,
    pub link: LinkId,
    pub slug: &'c Slug,
    pub at: Timestamp,
    pub device: Device,
    pub visitor: u64,
    pub referrer: &'c str,
    pub facts: Facts<&'c str>,
}

impl Click {
    pub fn borrowed(&self) -> ClickRef<'_> {
        let Self { id, handle, link, slug, at, device, visitor, referrer, facts } = self;
        let (id, link, at, device, visitor) = (*id, *link, *at, *device, *visitor);
        ClickRef { id, handle, link, slug, at, device, visitor, referrer, facts: facts.borrowed() }
    }
}

impl ClickRef<'_> {
    pub fn to_owned(&self) -> Click {
        Click {
            id: self.id,
            handle: self.handle.clone(),
            link: self.link,
            slug: self.slug.clone(),
            at: self.at,
            device: self.device,
            visitor: self.visitor,
            referrer: self.referrer.to_owned(),
            facts: self.facts.to_owned(),
        }
    }
}

/// Whether a request is a click at all. `HEAD` asks for headers only; a prefetch (`Sec-Purpose`, `Purpose`) is a
/// browser's guess that nobody has made yet.
pub fn counts(method: &str, purpose: Option<&str>) -> bool {
    let prefetch = purpose.is_some_and(|purpose| {
        purpose.split([',', ';']).any(|part| {
            let part = part.trim();
            part.eq_ignore_ascii_case("prefetch")
                || part.eq_ignore_ascii_case("prerender")
                || part.eq_ignore_ascii_case("preview")
        })
    });
    method == "GET" && !prefetch
}
