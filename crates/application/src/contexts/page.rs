//! What a page is told of its visitor.

use std::net::IpAddr;

use lp_access::{Actor, Need};
use lp_core::Handle;
use lp_personalization::{Context, Personal, Policy, Visitor, host_of, referred_by};
use serde::Serialize;

use super::resolve::{AttributionView, VarsView, said};
use super::{ContextMint, ContextRefused, ContextRoom, PARAMETER};
use crate::personalization::VariantView;
use crate::{Application, Code, Error, limits};

/// What a page says of its visitor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageAsked {
    ctx: Option<String>,
    source: String,
    campaign: String,
    referrer: String,
}

/// What it is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PageContext {
    handle: String,
    ctx: String,
    click_id: Option<String>,
    attribution: AttributionView,
    vars: VarsView,
    decision: Option<PageDecision>,
}

/// What the handle's rules decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PageDecision {
    rule_id: String,
    variant: VariantView,
}

impl PageAsked {
    /// Reads a query. Of a parameter that comes twice the first counts; what pages add beside these is theirs.
    pub fn of(query: &str) -> Self {
        let find = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs
                .find(|(named, value)| named == name && !value.is_empty())
                .map(|(_, value)| value.into_owned())
        };
        Self {
            ctx: find(PARAMETER),
            source: find("source").unwrap_or_default(),
            campaign: find("campaign").unwrap_or_default(),
            referrer: find("referrer").unwrap_or_default(),
        }
    }
}

impl Application {
    /// Takes one call from the bucket of an address, as public operations do.
    pub async fn admit_page(&self, address: IpAddr) -> Result<(), Error> {
        limits::let_through(self.inner.allowance(Need::Public, &Actor::Anonymous, Some(address)).await)
    }

    /// Whether there is a handle of this key.
    pub async fn is_handle(&self, key: &Handle) -> Result<bool, Error> {
        Ok(self.inner.ports.access.handle(key).await?.is_some())
    }
}

impl ContextMint {
    /// What a page of the handle `key`, called `name`, is told of its visitor, as JSON.
    ///
    /// `seen` is what the request shows. What the visitor's token says of source, campaign and segment goes before what
    /// the page says, and what was chosen for the redirect is kept while its rule stands. A token that is missing or has
    /// expired is made, and one that names another variant than this is made anew, of the same click and as old.
    pub fn page(
        &self,
        policy: &Policy,
        key: &Handle,
        name: &Handle,
        asked: &PageAsked,
        seen: Visitor<'_>,
    ) -> Result<String, Error> {
        let mut room = ContextRoom::default();
        let brought = match asked.ctx.as_deref().map(|ctx| self.open(ctx, &mut room, seen.at)) {
            None | Some(Err(ContextRefused::Expired)) => None,
            Some(Err(refused)) => return Err(refused.into()),
            Some(Ok(context)) if context.handle != key.as_str() => {
                return Err(Error::new(Code::INVALID_CONTEXT, "the context token is of another handle"));
            }
            Some(Ok(context)) => Some(context),
        };
        let nothing = Context {
            at: seen.at,
            click: None,
            handle: key.as_str(),
            slug: "",
            source: "",
            campaign: "",
            rule: "",
            variant: "",
            segment: "",
        };
        let known = brought.unwrap_or(nothing);
        let source = first([known.source, &asked.source, referred_by(host_of(&asked.referrer))]);
        let campaign = first([known.campaign, &asked.campaign, ""]);
        let carried = [known.segment];
        let segments = if known.segment.is_empty() { seen.segments } else { &carried };
        let visitor = Visitor { source, campaign, segments, ..seen };
        let chosen = policy.personalize_page(brought.as_ref(), &visitor).rule;
        let (rule, variant) =
            chosen.map_or((known.rule, known.variant), |(rule, personal)| (rule, personal.variant()));
        let segment = segments.first().copied().unwrap_or("");
        let told = Context { source, campaign, rule, variant, segment, ..known };
        let ctx = match &asked.ctx {
            Some(ctx)
                if brought.is_some_and(|brought| (brought.rule, brought.variant) == (rule, variant)) =>
            {
                ctx.clone()
            }
            _ => self.mint(&told),
        };
        let view = PageContext {
            handle: name.to_string(),
            ctx,
            click_id: told.click.map(|click| click.to_string()),
            attribution: AttributionView::of(source, campaign),
            vars: VarsView { variant: said(variant), segment: said(segment) },
            decision: chosen.map(|(rule, personal)| PageDecision::of(rule, personal)).transpose()?,
        };
        serde_json::to_string(&view).map_err(Error::internal)
    }
}

impl PageDecision {
    fn of(rule: &str, personal: &Personal) -> Result<Self, Error> {
        Ok(Self { rule_id: rule.to_owned(), variant: VariantView::chosen(personal)? })
    }
}

/// The first that is known.
fn first(texts: [&str; 3]) -> &str {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or("")
}
