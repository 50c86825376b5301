use lp_core::Handle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PAGE_PATH, PARAMETER, SCRIPT_PATH};
use crate::catalogue::View;
use crate::cx::Cx;
use crate::{Error, Wire};

/// For which handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SdkConfig {
    pub handle: Wire<Handle>,
}

/// What a page has to know to have itself fitted to its visitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct ScriptConfig {
    pub handle: String,
    pub api_url: String,
    /// Where the script asks for the page's decision.
    pub context_url: String,
    /// Where the script is loaded from; the tag names the handle in data-handle.
    pub script_url: String,
    /// The parameter in which pages get their visitors' context tokens.
    pub context_parameter: String,
    pub attributes: ScriptAttributes,
}

/// How a page marks what may be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScriptAttributes {
    /// Its text becomes the variant's title.
    pub title: String,
    /// Its text becomes the variant's call to action.
    pub cta: String,
    /// Its href becomes the variant's destination.
    pub destination: String,
}

impl View for ScriptConfig {}

pub(super) async fn config(cx: Cx, input: SdkConfig) -> Result<ScriptConfig, Error> {
    let missing = || Error::not_found("the handle");
    let named = cx.names().resolve(&input.handle.0).filter(|named| named.active).ok_or_else(missing)?;
    cx.access().handle(&named.key).await?.ok_or_else(missing)?;
    let (api, name) = (&cx.urls().api, named.name);
    Ok(ScriptConfig {
        context_url: format!("{api}{PAGE_PATH}{name}"),
        script_url: format!("{api}{SCRIPT_PATH}"),
        api_url: api.clone(),
        handle: name.to_string(),
        context_parameter: PARAMETER.to_owned(),
        attributes: ScriptAttributes {
            title: "data-lp-title".to_owned(),
            cta: "data-lp-cta".to_owned(),
            destination: "data-lp-destination".to_owned(),
        },
    })
}
