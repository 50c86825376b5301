/// Where on this installation a visitor knocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance<'e> {
    /// At the host of a handle, whose label is given as the visitor wrote it.
    Host(&'e str),
    /// At a place that a program gave the links of this handle for good, whatever the handle is called later.
    Mounted(&'e str),
    /// At the API's host, below `/_edge/`.
    Api,
}

impl<'e> Entrance<'e> {
    /// What stands for the handle beside the path.
    pub(super) fn label(self) -> Option<&'e str> {
        match self {
            Self::Host(label) | Self::Mounted(label) => Some(label),
            Self::Api => None,
        }
    }

    /// The handle and the slug that a path asks for; `None` where it cannot be a link's.
    pub(super) fn wanted(self, path: &'e str) -> Option<(&'e str, &'e str)> {
        let (handle, slug) = match (self, path.strip_prefix("/_edge/")) {
            (Self::Host(label) | Self::Mounted(label), None) => (label, path.strip_prefix('/')?),
            (_, Some(rest)) => redirect_path(rest)?,
            (Self::Api, None) => return None,
        };
        is_segment(slug).then_some((handle, slug))
    }
}

/// What stands below `/_edge/`.
fn redirect_path(rest: &str) -> Option<(&str, &str)> {
    rest.strip_prefix("redirect/")?.split_once('/')
}

pub(super) fn is_segment(text: &str) -> bool {
    !text.is_empty() && !text.contains('/')
}
