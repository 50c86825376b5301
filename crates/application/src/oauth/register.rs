use super::clients;
use super::metadata::{ClientMetadata, RegisteredClient};
use crate::Error;
use crate::cx::Cx;

/// Registers a client. Nothing is stored, so who registers often fills nothing.
pub(super) async fn register(cx: Cx, metadata: ClientMetadata) -> Result<RegisteredClient, Error> {
    clients::register(&cx, &metadata)
}
