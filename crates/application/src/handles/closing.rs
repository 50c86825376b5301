//! Giving a handle up, and taking it back.

use lp_core::{Role, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rename::refused;
use super::{HandleView, owned};
use crate::Error;
use crate::catalogue::View;
use crate::cx::Cx;
use crate::system::NoInput;

/// That it is meant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeleteHandle {
    /// The handle's name once more: this is not to happen by accident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
}

/// That a handle was given up.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct DeletedHandle {
    pub handle: String,
    /// Until then handles_restore takes it back; then all that belonged to it is deleted.
    pub deletes_at: Option<String>,
}

impl View for DeletedHandle {}

pub(super) async fn delete(cx: Cx, input: DeleteHandle) -> Result<DeletedHandle, Error> {
    let record = owned(&cx).await?;
    if input.confirm.as_deref() != Some(record.name.as_str()) {
        let message = format!("repeat the handle's name, as in ?confirm={}", record.name);
        return Err(Error::field("/confirm", "not_confirmed", message));
    }
    let write = record.closed(cx.at());
    let view = DeletedHandle {
        handle: record.name.to_string(),
        deletes_at: write.record.deletes_at().as_ref().map(Timestamp::to_string),
    };
    cx.finish(cx.batch(record.name.as_str())?.handle(write), view).await
}

pub(super) async fn restore(cx: Cx, _: NoInput) -> Result<HandleView, Error> {
    let record = owned(&cx).await?;
    let write = record.restored(cx.at()).map_err(refused)?;
    let view = HandleView::of(&write.record, Role::Owner, cx.urls());
    cx.finish(cx.batch(record.name.as_str())?.handle(write), view).await
}
