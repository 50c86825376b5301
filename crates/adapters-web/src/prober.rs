use std::time::Duration;

use async_trait::async_trait;
use http::{Method, StatusCode};
use lp_core::WebUrl;
use lp_ports::{HealthProbe, Probe, ProbeFault};
use tokio::sync::Semaphore;

use crate::client::{Failure, Outbound, Timeouts};
use crate::guard::{Guard, Policy, Refused};

/// How many requests a node makes at the same time, whoever asks: links may all name one destination, and nobody's
/// health check shall be an attack on it.
const AT_ONCE: usize = 64;

/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Probes destinations with real requests.
pub struct WebProber {
    outbound: Outbound,
    places: Semaphore,
}

impl WebProber {
    pub fn new(policy: Policy) -> Self {
        Self::over(Outbound::new(Guard::new(policy), Timeouts::default()))
    }

    pub fn over(outbound: Outbound) -> Self {
        Self { outbound, places: Semaphore::new(AT_ONCE) }
    }

    /// Asks for the head alone; where that is answered as many servers answer what they did not expect, asks as a
    /// browser would.
    async fn ask(&self, url: &WebUrl) -> Result<StatusCode, Failure> {
        match self.outbound.status(Method::HEAD, url).await {
            Ok(status) if !dislikes_head(status) => Ok(status),
            Ok(_) | Err(Failure::Broken) => self.outbound.status(Method::GET, url).await,
            Err(failure) => Err(failure),
        }
    }
}

#[async_trait]
impl HealthProbe for WebProber {
    async fn probe(&self, url: WebUrl) -> Probe {
        // A flood of checks fails by itself, and says so: nothing is known then of the destination.
        let Ok(Ok(_place)) = tokio::time::timeout(PATIENCE, self.places.acquire()).await else {
            return Probe::Failed(ProbeFault::Busy);
        };
        match tokio::time::timeout(self.outbound.timeouts().overall, self.ask(&url)).await {
            Ok(Ok(status)) => Probe::Answered(status.as_u16()),
            Ok(Err(failure)) => Probe::Failed(fault(failure)),
            Err(_) => Probe::Failed(ProbeFault::Timeout),
        }
    }
}

fn dislikes_head(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 403 | 404 | 405 | 501)
}

fn fault(failure: Failure) -> ProbeFault {
    match failure {
        Failure::Refused(Refused::Unresolved) => ProbeFault::Unresolved,
        Failure::Refused(Refused::Slow) | Failure::Timeout => ProbeFault::Timeout,
        Failure::Refused(
            Refused::Scheme | Refused::Credentials | Refused::Port | Refused::Name | Refused::Address,
        ) => ProbeFault::Forbidden,
        Failure::Unreachable => ProbeFault::Unreachable,
        Failure::Insecure => ProbeFault::Insecure,
        Failure::Redirects => ProbeFault::Redirects,
        Failure::Broken => ProbeFault::Broken,
    }
}
