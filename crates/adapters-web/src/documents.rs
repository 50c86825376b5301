use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use lp_core::WebUrl;
use lp_ports::{ClientDocument, ClientDocuments, DocumentFault};
use reqwest::Response;
use tokio::sync::Semaphore;

use crate::client::{Failure, Outbound, Timeouts, piece};
use crate::freshness;
use crate::guard::{Guard, Policy, Refused};

const USER_AGENT: &str = concat!("LinkPlatform/", env!("CARGO_PKG_VERSION"), " (+OAuth client metadata)");

/// How many documents a node fetches at the same time, whoever wants them: their addresses are chosen by strangers.
const AT_ONCE: usize = 16;

/// How long a fetch waits for its turn.
const PATIENCE: Duration = Duration::from_secs(1);

/// A document that has not come by then does not come.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    request: Duration::from_secs(5),
    overall: Duration::from_secs(5),
};

/// Fetches documents of clients with real requests: https, no redirects, small, and JSON by their own word.
pub struct WebDocuments {
    outbound: Outbound,
    /// Whether http will do, too.
    allow_plain: bool,
    places: Semaphore,
    patience: Duration,
}

impl WebDocuments {
    pub fn new(policy: Policy) -> Self {
        Self::over(Outbound::new(Guard::new(policy), TIMEOUTS), policy)
    }

    /// The same over a client of the caller's; the policy says only whether http will do, too.
    pub fn over(outbound: Outbound, policy: Policy) -> Self {
        Self {
            outbound: outbound.called(USER_AGENT),
            allow_plain: policy.allow_private,
            places: Semaphore::new(AT_ONCE),
            patience: PATIENCE,
        }
    }

    /// The same with so many at a time, and so long to wait for a turn.
    #[must_use]
    pub fn at_once(self, places: usize, patience: Duration) -> Self {
        Self { places: Semaphore::new(places), patience, ..self }
    }

    async fn get(&self, url: &WebUrl) -> Result<ClientDocument, DocumentFault> {
        let response = self.outbound.get(url, "application/json").await.map_err(fault)?;
        if response.status() != http::StatusCode::OK {
            return Err(DocumentFault::Status(response.status().as_u16()));
        }
        let headers = response.headers();
        if !is_json(headers) {
            return Err(DocumentFault::MediaType);
        }
        let keep = freshness::left(headers).unwrap_or(ClientDocument::USUAL);
        let keep = keep.clamp(ClientDocument::SHORTEST, ClientDocument::LONGEST);
        Ok(ClientDocument { bytes: body(response).await?, keep })
    }
}

#[async_trait]
impl ClientDocuments for WebDocuments {
    async fn fetch(&self, url: &WebUrl) -> Result<ClientDocument, DocumentFault> {
        if !(self.allow_plain
            || url.as_str().get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://")))
        {
            return Err(DocumentFault::Forbidden);
        }
        let Ok(Ok(_place)) = tokio::time::timeout(self.patience, self.places.acquire()).await else {
            return Err(DocumentFault::Busy);
        };
        let fetched = tokio::time::timeout(self.outbound.timeouts().overall, self.get(url)).await;
        fetched.unwrap_or(Err(DocumentFault::Timeout))
    }
}

/// The whole body, which is not read on where it is too long.
async fn body(mut response: Response) -> Result<Vec<u8>, DocumentFault> {
    let said =
        response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|length| length > ClientDocument::MOST as u64) {
        return Err(DocumentFault::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(next) = piece(&mut response).await.map_err(fault)? {
        if bytes.len() + next.len() > ClientDocument::MOST {
            return Err(DocumentFault::TooLarge);
        }
        bytes.extend_from_slice(&next);
    }
    Ok(bytes)
}

/// Whether one type is said, and it is JSON (RFC 8259; RFC 6839, 3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let mut said = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (said.next(), said.next()) else { return false };
    let essence = only.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn fault(failure: Failure) -> DocumentFault {
    match failure {
        Failure::Refused(Refused::Unresolved) => DocumentFault::Unresolved,
        Failure::Refused(Refused::Slow) | Failure::Timeout => DocumentFault::Timeout,
        Failure::Refused(
            Refused::Scheme | Refused::Credentials | Refused::Port | Refused::Name | Refused::Address,
        ) => DocumentFault::Forbidden,
        Failure::Unreachable => DocumentFault::Unreachable,
        Failure::Insecure => DocumentFault::Insecure,
        Failure::Redirects | Failure::Broken => DocumentFault::Broken,
    }
}
