use async_trait::async_trait;
use lp_core::{Handle, Revision};
use lp_personalization::HandleRules;

use crate::StoreError;

/// Reads what is decided for whole handles.
#[async_trait]
pub trait RulesReader: Send + Sync {
    /// The rules of a handle as they were at a revision (`None`: as they are now), all of one moment. At a revision that
    /// they have not reached they are as they are now; where nothing was decided by then, or for nobody, they are the
    /// default ones.
    async fn rules(&self, handle: &Handle, at: Option<Revision>) -> Result<HandleRules, StoreError>;
}
