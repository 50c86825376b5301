use std::fmt;

use lp_access::{PlanRules, Secret};
use lp_core::{Handle, Slug, SlugKey, WebUrl, is_domain};

use crate::Limits;

/// What an installation decides for itself.
#[derive(Clone)]
pub struct Settings {
    /// Where it can be reached.
    pub urls: PublicUrls,
    /// The handle that is meant where neither host nor arguments name one.
    pub default_handle: Option<Handle>,
    /// `None` turns rate limits off.
    pub limits: Option<Limits>,
    /// Who may have an account.
    pub sign_ups: SignUps,
    /// What accounts start with, and what its plan allows an account.
    pub plans: PlanRules,
    /// Signs what leaves the installation and comes back, and keys the hashes of visitors.
    pub secret: Secret,
}

/// Where links are found besides, below the API's origin and that of their handle.
const REDIRECTS: &str = "/_edge/redirect/";

/// Who may have an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignUps {
    /// Whoever reads a mailbox.
    #[default]
    Open,
    /// Whom the operator gives one.
    Closed,
}

/// The addresses that are handed out. They come from the settings, never from a `Host` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrls {
    /// The domain below which handles have their hosts.
    pub domain: String,
    /// `http` or `https`.
    pub scheme: String,
    /// What stands behind the host, where it is not the scheme's own.
    pub port: Option<u16>,
    /// The API's origin, without a `/` at its end.
    pub api: String,
}

/// Where visitors find one handle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Home<'h> {
    pub(crate) urls: &'h PublicUrls,
    /// What it is called now.
    pub(crate) name: &'h Handle,
}

impl PublicUrls {
    /// The usual ones below a domain: plain HTTP and a port of its own on `localhost`, HTTPS with the API at `ai.{domain}`
    /// anywhere else.
    pub fn below(domain: &str, port: Option<u16>) -> Self {
        let local = domain == "localhost";
        let port = port.or(local.then_some(8_080));
        let (scheme, api) = if local { ("http", "localhost") } else { ("https", &*format!("ai.{domain}")) };
        let own = port.filter(|port| (scheme, *port) != ("http", 80) && (scheme, *port) != ("https", 443));
        let api = format!("{scheme}://{api}{}", written(own));
        Self { domain: domain.to_owned(), scheme: scheme.to_owned(), port: own, api }
    }

    /// What is wrong with them, one sentence each.
    pub fn faults(&self) -> Vec<String> {
        let web = ["http", "https"];
        let origin = self.api.split_once("://").is_some_and(|(scheme, host)| {
            web.contains(&scheme) && !host.is_empty() && !host.contains(['/', '?', '#', '@'])
        });
        let rules = [
            (
                is_domain(&self.domain),
                format!("'{}' is not a domain such as example.com, in lower case", self.domain),
            ),
            (web.contains(&self.scheme.as_str()), format!("'{}' is neither http nor https", self.scheme)),
            (
                origin,
                format!(
                    "'{}' is not an origin such as https://ai.example.com, without path or query",
                    self.api
                ),
            ),
        ];
        rules.into_iter().filter(|(kept, _)| !kept).map(|(_, fault)| fault).collect()
    }

    /// The short link of a slug.
    pub fn short(&self, handle: &Handle, slug: &Slug) -> String {
        format!("{}/{slug}", self.origin(handle.as_str()))
    }

    /// The link whose short address this is, under one of the names of a handle; `None` where it is another place. Query and
    /// fragment make no difference.
    pub(crate) fn link_at(&self, url: &WebUrl, names: &[Handle]) -> Option<SlugKey> {
        let bare = url.as_str().split(['?', '#']).next()?.trim_end_matches('/');
        names.iter().find_map(|name| {
            let host = self.host(name);
            let below = [
                format!("{host}/"),
                format!("{host}{REDIRECTS}{name}/"),
                format!("{}{REDIRECTS}{name}/", self.api),
            ];
            below.iter().find_map(|place| {
                let slug = bare.get(place.len()..)?;
                let within = bare.get(..place.len())?.eq_ignore_ascii_case(place);
                // What a form writes otherwise than a path is in no slug.
                let plain = within && !slug.contains(['+', '&', '=']);
                let (slug, _) = plain.then(|| form_urlencoded::parse(slug.as_bytes()).next()).flatten()?;
                Slug::parse(&slug).ok().map(|slug| slug.key())
            })
        })
    }

    /// The origin of a handle's own host, where visitors come.
    pub fn host(&self, handle: &Handle) -> String {
        self.origin(handle.as_str())
    }

    /// The MCP server of a handle, on its own host.
    pub fn mcp(&self, handle: &Handle) -> String {
        format!("{}/mcp", self.origin(&format!("{handle}.mcp")))
    }

    /// The same MCP server on the API's host.
    pub fn shared_mcp(&self, handle: &Handle) -> String {
        format!("{}/mcp/{handle}/mcp", self.api)
    }

    /// The host of account and console.
    pub fn app(&self) -> String {
        self.origin("app")
    }

    /// Where people sign in.
    pub fn sign_in(&self) -> String {
        format!("{}/sign-in", self.app())
    }

    /// Where somebody who forgot the password gets another.
    pub fn forgot(&self) -> String {
        format!("{}/forgot", self.app())
    }

    /// The host of signing in for others.
    pub fn login(&self) -> String {
        self.origin("login.connect")
    }

    /// Where somebody lets a desktop be signed in; an attempt is safe in an address as it is.
    pub fn desktop(&self, attempt: &str) -> String {
        format!("{}/desktop?attempt={attempt}", self.login())
    }

    fn origin(&self, labels: &str) -> String {
        format!("{}://{labels}.{}{}", self.scheme, self.domain, written(self.port))
    }
}

impl Home<'_> {
    /// The short link of a slug.
    pub(crate) fn short(self, slug: &Slug) -> String {
        self.urls.short(self.name, slug)
    }
}

fn written(port: Option<u16>) -> String {
    port.map_or_else(String::new, |port| format!(":{port}"))
}

/// Shows no secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("urls", &self.urls)
            .field("default_handle", &self.default_handle)
            .field("limits", &self.limits)
            .field("sign_ups", &self.sign_ups)
            .field("plans", &self.plans)
            .finish_non_exhaustive()
    }
}
