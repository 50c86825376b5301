//! Whether a node has the installation's secret, and how all come to have the next one.
//!
//! The store keeps marks, which tell nothing of the secrets: that of the first one, and under each mark the one of the
//! secret that followed it. A name in the store keeps its first value, so of two rotations at a time one counts.

use std::path::Path;

use lp_access::{AuditEntry, AuditOutcome, Secret};
use lp_core::Handle;
use lp_core::text::with_causes;
use lp_ports::{Batch, CommitError, StoreError, StoreHealth};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tracing::warn;

use crate::{Platform, StartError, secret};

/// Under which name the first mark is kept.
const FIRST: &str = "secret";

/// How a node's secret stands to the installation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No node has ever served on this store.
    Unmarked,
    /// It is the installation's.
    Shared,
    /// It follows the installation's, and the store does not know yet.
    Next,
    /// It was the installation's, until another node got the next one.
    Behind,
    /// It is another installation's.
    Foreign,
}

/// Why a secret was not rotated.
#[derive(Debug, Error)]
pub enum RotateError {
    /// The file does not hold the installation's present secret.
    #[error(
        "this file does not hold the installation's secret; rotate where the nodes' file is, or copy it here first"
    )]
    NotOurs,
    /// Another node did it at the same moment.
    #[error(
        "another node rotated the secret at the same moment and came first: give this node that node's file"
    )]
    Outrun,
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] StartError),
    /// The store cannot be asked or told.
    #[error("the store cannot be told; start a node with the new file, which tells it")]
    Store(#[from] StoreError),
}

/// Puts a new secret into the file, and tells the store. Nodes use it from their next start on.
///
/// With `believe_before`, what the one before has signed stays good until the next rotation: access tokens, addresses of
/// streams, codes that were mailed. Without, as after a leak, all that ends.
pub async fn rotate_secret(
    platform: &Platform,
    file: &Path,
    believe_before: bool,
) -> Result<(), RotateError> {
    let health = platform.store.health.as_ref();
    let own = &platform.parts.app.settings().secret;
    if !matches!(standing(health, own).await?, Standing::Unmarked | Standing::Shared | Standing::Next) {
        return Err(RotateError::NotOurs);
    }
    settle(health, own).await?;
    let (before, now) = secret::rotate(file, platform.ports.ids.as_ref(), believe_before)?;
    let told = health.agree(&after(&mark(before.now())), &mark(now.now())).await?;
    if told != mark(now.now()) {
        return Err(RotateError::Outrun);
    }
    let committed = platform.ports.committer.commit(Batch::new(entry(platform))).await;
    match committed {
        Err(CommitError::Store(error)) => Err(error.into()),
        // It guards nothing.
        _ => Ok(()),
    }
}

fn entry(platform: &Platform) -> AuditEntry {
    AuditEntry {
        handle: Handle::installation(),
        at: platform.application().now(),
        actor: "operator".to_owned(),
        surface: "cli".to_owned(),
        operation: "rotate_key".to_owned(),
        subject: String::new(),
        request_id: platform.application().request_id(),
        outcome: AuditOutcome::Done,
    }
}

/// How a secret stands to the installation's.
pub(crate) async fn standing(health: &dyn StoreHealth, own: &Secret) -> Result<Standing, StoreError> {
    let Some(mut newest) = health.agreed(FIRST).await? else { return Ok(Standing::Unmarked) };
    let mine = mark(own.now());
    let mut met = newest == mine;
    while let Some(next) = health.agreed(&after(&newest)).await? {
        newest = next;
        met |= newest == mine;
    }
    Ok(if newest == mine {
        Standing::Shared
    } else if met {
        Standing::Behind
    } else if own.before().is_some_and(|before| mark(before) == newest) {
        Standing::Next
    } else {
        Standing::Foreign
    })
}

/// Tells the store of the first secret, or of one that follows the installation's.
async fn settle(health: &dyn StoreHealth, own: &Secret) -> Result<(), StoreError> {
    health.agree(FIRST, &mark(own.before().unwrap_or(own.now()))).await?;
    if let Some(before) = own.before()
        && standing(health, own).await? == Standing::Next
    {
        health.agree(&after(&mark(before)), &mark(own.now())).await?;
    }
    Ok(())
}

/// What a node does about its secret when it starts to serve.
pub(crate) async fn compare(health: &dyn StoreHealth, own: &Secret) {
    let compared = async {
        settle(health, own).await?;
        standing(health, own).await
    };
    match compared.await {
        Ok(Standing::Unmarked | Standing::Shared | Standing::Next) => {}
        Ok(Standing::Behind) => warn!(
            "the installation's secret was rotated: what nodes with the new one sign is refused here; give this node the \
             new secret key file and start it again"
        ),
        Ok(Standing::Foreign) => warn!(
            "this node's secret differs from that of the installation: addresses signed by other nodes are refused \
             here, and their visitors are counted as others; give every node the same secret key file"
        ),
        Err(error) => {
            warn!(error.source = %with_causes(&error), "the secret could not be compared with the installation's");
        }
    }
}

fn after(mark: &str) -> String {
    format!("{FIRST}-after-{mark}")
}

/// What a secret can be known by without telling it.
fn mark(secret: &[u8; 32]) -> String {
    let hash = Sha256::new().chain_update(b"link-platform secret mark").chain_update(secret).finalize();
    lp_core::base32(&hash[..16])
}
