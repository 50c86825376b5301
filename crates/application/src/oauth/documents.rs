//! Clients that are described at their own address (OAuth client id metadata documents): the address is their id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lp_access::{Client, ClientKind, ClientProof};
use lp_core::WebUrl;
use lp_ports::DocumentFault;

use super::REGISTER;
use super::metadata::ClientMetadata;
use crate::cx::Cx;
use crate::{Code, Error};

/// More clients than this are not remembered at a time.
const MOST: usize = 1_000;
/// How many documents may be asked for from one place: so many at once, then one in so many seconds. Whoever asks makes this
/// installation ask somebody else.
const FETCHES: (u32, u32) = (30, 2);

/// The clients whose documents were read a while ago.
#[derive(Default)]
pub(crate) struct KnownDocuments {
    known: Mutex<HashMap<String, Known>>,
}

struct Known {
    client: Arc<Client>,
    /// Of the monotonic clock.
    until: Duration,
}

/// The client that its address describes.
pub(super) async fn client(cx: &Cx, id: &str) -> Result<Client, Error> {
    let known = &cx.app.client_documents;
    let now = cx.app.ports.clock.monotonic();
    if let Some(client) = known.find(id, now) {
        return Ok(client.as_ref().clone());
    }
    let url = address(id)?;
    cx.attempt("client-document", FETCHES.0, FETCHES.1).await?;
    let document = cx.app.ports.documents.fetch(&url).await.map_err(unread)?;
    let metadata = read(cx, &document.bytes)?;
    let client = Arc::new(described(id, &metadata)?);
    known.keep(Arc::clone(&client), now + document.keep);
    Ok(client.as_ref().clone())
}

/// An address that can be an id: with a path, and without anything that could be written in two ways.
fn address(id: &str) -> Result<WebUrl, Error> {
    let invalid =
        |why: &str| Error::new(Code::INVALID_CLIENT, format!("the client_id is an address that {why}"));
    let url = WebUrl::parse(id).map_err(|fault| invalid(&fault.to_string()))?;
    let path = id.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    match path {
        _ if url.as_str() != id => Err(invalid("is not written in its plain form")),
        _ if id.contains(['#', '\\']) => Err(invalid("has a fragment or a backslash")),
        None | Some("") => Err(invalid("has no path")),
        Some(_) => Ok(url),
    }
}

/// A document says what a registration does; what else it says is not understood either, and ignored.
fn read(cx: &Cx, bytes: &[u8]) -> Result<ClientMetadata, Error> {
    let registration = cx.app.catalogue.find(REGISTER.name());
    let known = |key: &str| registration.is_some_and(|row| row.knows(key));
    let invalid = || {
        Error::new(Code::INVALID_CLIENT, "the client's document is not a JSON object that describes a client")
    };
    let mut object = crate::parse_json(bytes).map_err(|_| invalid())?;
    object.retain(|key, value| known(key) && !value.is_null());
    serde_json::from_value(object.into()).map_err(|_| invalid())
}

fn described(id: &str, metadata: &ClientMetadata) -> Result<Client, Error> {
    let invalid =
        |why: String| Error::new(Code::INVALID_CLIENT, format!("the client's document is refused: {why}"));
    // Or one could be copied to another host and speak for it.
    if metadata.client_id.as_deref() != Some(id) {
        return Err(invalid("its client_id is not its own address".to_owned()));
    }
    let understood = metadata.understand(ClientProof::None).map_err(|error| invalid(error.message))?;
    if understood.proves_by != ClientProof::None {
        return Err(invalid(
            "a secret cannot be agreed by a document; say token_endpoint_auth_method none".to_owned(),
        ));
    }
    Ok(Client {
        id: id.to_owned(),
        kind: ClientKind::Document,
        name: understood.name,
        redirects: understood.redirects,
        proves_by: ClientProof::None,
    })
}

fn unread(fault: DocumentFault) -> Error {
    let message = format!("the client's document was not read: {fault}");
    match fault {
        DocumentFault::Busy => {
            Error { retry_after: Some(Duration::from_secs(1)), ..Error::new(Code::RATE_LIMITED, message) }
        }
        _ => Error::new(Code::INVALID_CLIENT, message),
    }
}

impl KnownDocuments {
    fn find(&self, id: &str, now: Duration) -> Option<Arc<Client>> {
        self.known().get(id).filter(|known| now < known.until).map(|known| Arc::clone(&known.client))
    }

    fn keep(&self, client: Arc<Client>, until: Duration) {
        let mut known = self.known();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(client.id.clone(), Known { client, until });
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
