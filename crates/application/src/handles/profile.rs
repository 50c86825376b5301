//! What a handle tells of itself.

use lp_access::{Bio, DisplayName, Profile};
use lp_core::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::found;
use crate::Error;
use crate::catalogue::View;
use crate::cx::Cx;
use crate::system::NoInput;
use crate::wire::{Patch, SiteUrl, Wire};

/// What changes of a profile: what is absent is kept, null is cleared.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateProfile {
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub display_name: Patch<Wire<DisplayName>>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub bio: Patch<Wire<Bio>>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub avatar_url: Patch<Wire<SiteUrl>>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub website_url: Patch<Wire<SiteUrl>>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub time_zone: Patch<Wire<TimeZone>>,
}

/// What a handle tells of itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct ProfileView {
    pub handle: String,
    pub display_name: Option<String>,
    pub bio: Option<String>,
    pub avatar_url: Option<String>,
    pub website_url: Option<String>,
    pub time_zone: Option<String>,
}

impl View for ProfileView {}

pub(super) async fn get(cx: Cx, _: NoInput) -> Result<ProfileView, Error> {
    let profile = cx.handles().profile(cx.handle()?).await?;
    shown(&cx, &profile)
}

pub(super) async fn update(cx: Cx, input: UpdateProfile) -> Result<ProfileView, Error> {
    // Before the profile: what is read after it and is older has been changed, and is found by its revision.
    let record = found(&cx).await?;
    let before = cx.handles().profile(cx.handle()?).await?;
    let after = Profile {
        display_name: patched(before.display_name.as_ref(), input.display_name),
        bio: patched(before.bio.as_ref(), input.bio),
        avatar: patched(before.avatar.clone().map(SiteUrl).as_ref(), input.avatar_url).map(|url| url.0),
        website: patched(before.website.clone().map(SiteUrl).as_ref(), input.website_url).map(|url| url.0),
        time_zone: patched(before.time_zone.as_ref(), input.time_zone),
    };
    let view = shown(&cx, &after)?;
    let batch = cx.batch("")?;
    let batch = if after == before { batch } else { batch.handle(record.with_profile(after)) };
    cx.finish(batch, view).await
}

fn patched<T: Clone>(before: Option<&T>, patch: Patch<Wire<T>>) -> Option<T> {
    match patch {
        Patch::Absent => before.cloned(),
        Patch::Null => None,
        Patch::Value(value) => Some(value.0),
    }
}

fn shown(cx: &Cx, profile: &Profile) -> Result<ProfileView, Error> {
    let text = |text: &str| text.to_owned();
    Ok(ProfileView {
        handle: cx.name()?.to_string(),
        display_name: profile.display_name.as_ref().map(DisplayName::as_str).map(text),
        bio: profile.bio.as_ref().map(Bio::as_str).map(text),
        avatar_url: profile.avatar.as_ref().map(|url| text(url.as_str())),
        website_url: profile.website.as_ref().map(|url| text(url.as_str())),
        time_zone: profile.time_zone.as_ref().map(TimeZone::name).map(text),
    })
}
