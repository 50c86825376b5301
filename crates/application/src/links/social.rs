//! The card of a link, on the wire.

#![expect(
    missing_docs,
    reason = "what is said of a field stands in the schema, and is read by models that pay for it"
)]

use lp_core::WebUrl;
use lp_links::{Description, Title};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wire::Wire;

/// What is shown where the link is posted: programs that draw such cards get a page with it instead of the redirect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SocialPreview {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Wire<Title>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Wire<Description>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<Wire<WebUrl>>,
}

/// As it was set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SocialPreviewView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

impl SocialPreview {
    pub(super) fn said(self) -> lp_links::SocialPreview {
        lp_links::SocialPreview {
            title: self.title.map(|title| title.0),
            description: self.description.map(|text| text.0),
            image: self.image_url.map(|url| url.0),
        }
    }
}

impl SocialPreviewView {
    /// `None` where nothing is said.
    pub(super) fn of(social: &lp_links::SocialPreview) -> Option<Self> {
        let view = Self {
            title: social.title.as_ref().map(|title| title.as_str().to_owned()),
            description: social.description.as_ref().map(|text| text.as_str().to_owned()),
            image_url: social.image.as_ref().map(ToString::to_string),
        };
        (view != Self::default()).then_some(view)
    }
}
