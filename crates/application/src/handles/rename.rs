//! What a handle is called.

use lp_access::HandleRefused;
use lp_core::Handle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{owned, taken};
use crate::catalogue::View;
use crate::cx::Cx;
use crate::wire::Wire;
use crate::{Code, Error};

/// What the handle shall be called.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenameHandle {
    pub new_handle: Wire<Handle>,
}

/// What the handle is called now, and what it was called.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct RenamedHandle {
    pub handle: String,
    /// What it was called before this call.
    pub previous_handle: String,
    /// Until then the previous name leads on; null where it is the same.
    pub redirects_until: Option<String>,
    /// Where visitors come.
    pub url: String,
    /// Where assistants connect.
    pub mcp_url: String,
}

impl View for RenamedHandle {}

pub(super) async fn rename(cx: Cx, input: RenameHandle) -> Result<RenamedHandle, Error> {
    let record = owned(&cx).await?;
    let name = input.new_handle.0;
    if cx.handles().named(&name).await?.is_some_and(|key| key != record.handle) {
        return Err(taken(&name));
    }
    let batch = cx.batch(name.as_str())?;
    let (batch, until) = if name == record.name {
        (batch, None)
    } else {
        let write = record.renamed(&name, cx.at()).map_err(refused)?;
        let former = write.record.former.iter().find(|former| former.name == record.name);
        let until = former.map(|former| former.until.to_string());
        (batch.handle(write), until)
    };
    let view = RenamedHandle {
        url: cx.urls().host(&name),
        mcp_url: cx.urls().mcp(&name),
        handle: name.to_string(),
        previous_handle: record.name.to_string(),
        redirects_until: until,
    };
    cx.finish(batch, view).await
}

pub(super) fn refused(refused: HandleRefused) -> Error {
    Error::new(Code::CONFLICT, refused.to_string())
}
