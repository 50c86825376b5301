//! What the gate asks of a plan: whether it has a feature, and whether there is room for one more write today.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lp_access::{Actor, Denied, Locked, Plan, SessionRefused, WriteUse};
use lp_core::{Handle, TimeZone, Timestamp, UserId};
use lp_ports::{Batch, CommitError, CountedWrite, Receipt};
use serde_json::json;

use super::view::{WriteLimits, WriteUsage};
use crate::application::Inner;
use crate::catalogue::Operation;
use crate::error::Exhausted;
use crate::{Accepts, Code, Error};

const DAY: Duration = Duration::from_hours(24);

/// Against whose writes of a day a call counts. However many batches it commits, it counts once; clones are of one call.
#[derive(Debug, Clone)]
pub(crate) struct Quota {
    account: UserId,
    standing: WriteUse,
    time_zone: TimeZone,
    counted: Arc<AtomicBool>,
}

impl Inner {
    /// Whether the plan behind a call has what the row needs: that of the handle's owner, or of the account where there is
    /// no handle. The machine's own operator is held back by no plan.
    pub(crate) async fn unlocked(
        &self,
        operation: &Operation,
        actor: &Actor,
        handle: Option<&Handle>,
    ) -> Result<(), Error> {
        let Some(feature) = operation.feature else { return Ok(()) };
        let account = match (actor, handle) {
            (Actor::Operator, _) => return Ok(()),
            (_, Some(handle)) => self.ports.access.handle(handle).await?.ok_or(Denied::Stranger)?.owner,
            (Actor::User { id, .. }, None) => *id,
            (Actor::Anonymous | Actor::Token { .. } | Actor::Connector { .. }, None) => {
                return Err(Denied::Kind.into());
            }
        };
        let found = self.ports.access.subscription(account).await?.ok_or(SessionRefused::Unknown)?;
        Ok(self.settings.plans.unlocked(&found.terms, feature)?)
    }

    /// What a call counts against; `None` where it does not count. Only calls of accounts do, of which there is an access
    /// token: tokens and assistants write as often as they like. One for which there is no room is refused here, before
    /// it does anything; of several that come at once, the store judges.
    pub(crate) async fn quota(
        &self,
        operation: &Operation,
        accepts: Accepts,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Option<Quota>, Error> {
        let &Actor::User { id: account, .. } = actor else { return Ok(None) };
        if accepts != Accepts::Jwt || !operation.is_metered() {
            return Ok(None);
        }
        let found = self.ports.access.subscription(account).await?.ok_or(SessionRefused::Unknown)?;
        let standing = self.settings.plans.write_use(&found, at);
        if !standing.has_room() {
            return Err(spent(&standing, at));
        }
        let counted = Arc::new(AtomicBool::new(false));
        Ok(Some(Quota { account, standing, time_zone: found.terms.time_zone, counted }))
    }
}

impl Quota {
    /// Has the batch count, unless an earlier one of the call did.
    pub(crate) fn count(&self, batch: Batch) -> Batch {
        if self.counted.load(Ordering::Relaxed) {
            return batch;
        }
        let WriteUse { most, today, .. } = self.standing;
        batch.counting(CountedWrite { account: self.account, day: today.day, most })
    }

    /// What became of the batch.
    pub(crate) fn settle(
        &self,
        committed: Result<Receipt, CommitError>,
        at: Timestamp,
    ) -> Result<Receipt, Error> {
        match committed {
            Err(CommitError::Spent(today)) => {
                let ends_at = self.time_zone.end_of(today.day, at);
                Err(spent(&WriteUse { today, ends_at, ..self.standing }, at))
            }
            committed => {
                let receipt = committed?;
                self.counted.store(true, Ordering::Relaxed);
                Ok(receipt)
            }
        }
    }
}

fn spent(standing: &WriteUse, at: Timestamp) -> Error {
    let (plan, most) = (standing.plan.as_str(), standing.most.unwrap_or_default());
    let wait = at.until(standing.ends_at);
    let message = format!(
        "the plan {plan} allows {most} writes a day, and today has had them; the next day begins at {}",
        standing.ends_at
    );
    let limit = Exhausted { name: "writes", quota: most, window: DAY, reset: wait };
    let error = Error::new(Code::RATE_LIMITED, message)
        .detail("plan", plan)
        .detail("limits", json!(WriteLimits::of(standing)))
        .detail("usage", json!(WriteUsage::of(standing)));
    Error { retry_after: Some(wait), limit: Some(Box::new(limit)), ..error }
}

impl From<Locked> for Error {
    fn from(locked: Locked) -> Self {
        let required = locked.required.map(Plan::as_str);
        Self::new(Code::FEATURE_LOCKED, locked.to_string())
            .detail("feature", locked.feature.as_str())
            .detail("requiredPlan", required)
    }
}
