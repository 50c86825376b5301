use std::collections::HashMap;

use lp_application::oauth::addresses::{
    AUTHORIZATION_SERVER, AUTHORIZE, OPENID_CONFIGURATION, PROTECTED_RESOURCE,
};
use lp_application::{Catalogue, Method};

/// Which target a method and path lead to: a tree over path segments.
///
/// A search gives everything that matches, literal segments before parameters from left to right. So a literal path
/// never hides the methods that only a parametric sibling has: `PUT …/links/export` sets the link `export` although
/// `GET …/links/export` is another row.
#[derive(Debug, Default)]
pub(crate) struct Table {
    root: Node,
}

#[derive(Debug, Default)]
struct Node {
    literals: HashMap<String, Node>,
    parameter: Option<Box<Node>>,
    ends: Vec<End>,
}

/// A method and what it leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) method: Method,
    pub(crate) target: Target,
}

/// What a route leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A mount of a row, by their places in the catalogue.
    Row { operation: usize, mount: usize },
    /// The OpenAPI document.
    OpenApi,
    /// The page about it.
    Docs,
    /// The keys that access tokens are checked with.
    Keys,
    /// Metadata of the authorization server.
    AuthorizationServer,
    /// The same for clients of OpenID Connect.
    OpenId,
    /// Metadata of an MCP server.
    Resource,
    /// The way to the page where a person consents.
    Consent,
}

impl Table {
    /// The mounts of all rows, and the documents.
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let mut table = Self::default();
        for (operation, row) in catalogue.operations().iter().enumerate() {
            for (mount, at) in row.mounts().iter().enumerate() {
                table.add(at.method, &at.path, Target::Row { operation, mount });
            }
        }
        table.add(Method::Get, "/v2/openapi.json", Target::OpenApi);
        table.add(Method::Get, "/v2/docs", Target::Docs);
        table.add(Method::Get, "/.well-known/jwks.json", Target::Keys);
        table.add(Method::Get, AUTHORIZATION_SERVER, Target::AuthorizationServer);
        table.add(Method::Get, OPENID_CONFIGURATION, Target::OpenId);
        for server in ["", "/mcp", "/mcp/{handle}/mcp"] {
            table.add(Method::Get, &format!("{PROTECTED_RESOURCE}{server}"), Target::Resource);
        }
        for spelling in [AUTHORIZE, "/authorize"] {
            table.add(Method::Get, spelling, Target::Consent);
        }
        table
    }

    fn add(&mut self, method: Method, path: &str, target: Target) {
        let mut node = &mut self.root;
        for segment in template(path) {
            node = match parameter(segment) {
                Some(_) => node.parameter.get_or_insert_default(),
                None => node.literals.entry(segment.to_owned()).or_default(),
            };
        }
        node.ends.push(End { method, target });
    }

    /// Everything that these segments lead to, the most literal first.
    pub(crate) fn ends(&self, segments: &[String]) -> Vec<End> {
        let mut ends = Vec::new();
        self.root.collect(segments, &mut ends);
        ends
    }
}

impl Node {
    fn collect(&self, segments: &[String], ends: &mut Vec<End>) {
        let Some((first, rest)) = segments.split_first() else {
            ends.extend(&self.ends);
            return;
        };
        if let Some(node) = self.literals.get(first) {
            node.collect(rest, ends);
        }
        if let Some(node) = self.parameter.as_ref().filter(|_| !first.is_empty()) {
            node.collect(rest, ends);
        }
    }
}

/// The segments of a row's path.
pub(crate) fn template(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// The parameter that a template's segment stands for.
pub(crate) fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
