//! What the operator of the machine sees and sets of an account: no operation can, since no account may for another.

use lp_access::{Account, AuditEntry, AuditOutcome, Email, Feature, Plan, PlanRules, TermsChange, WriteUse};
use lp_core::{Handle, TimeZone, UserId};
use lp_ports::{Batch, Change, CommitError, StoreError};
use thiserror::Error;

use crate::Ports;

/// What is wanted of an account's terms; `None` keeps what is there.
#[derive(Debug, Clone, Default)]
pub struct SetTerms {
    /// FREE, PRO or ENTERPRISE.
    pub plan: Option<Plan>,
    /// By its name in the IANA database.
    pub time_zone: Option<String>,
    /// Whether it may use OpenAnalyst.
    pub openanalyst: Option<bool>,
}

/// How an account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTerms {
    /// Whose mailbox.
    pub email: Email,
    /// The account.
    pub user: UserId,
    /// Whether its plan is its own; otherwise it has the one with which the installation starts accounts.
    pub own_plan: bool,
    /// Where its days begin.
    pub time_zone: TimeZone,
    /// What it opens.
    pub features: Vec<Feature>,
    /// Plan, quota and what is used of it today.
    pub writes: WriteUse,
}

/// Why nothing was shown or set.
#[derive(Debug, Error)]
pub enum TermsError {
    /// Something given breaks a rule: each with its name.
    #[error("{}", .0.iter().map(|(name, why)| format!("{name}: {why}")).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<(&'static str, String)>),
    /// Nobody has this mailbox.
    #[error("no account has the e-mail address {0}")]
    NoAccount(Email),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sets what is given of the terms of an account, and says how it stands then.
pub async fn account_terms(
    ports: &Ports,
    rules: &PlanRules,
    email: &str,
    wanted: SetTerms,
) -> Result<AccountTerms, TermsError> {
    let (email, set) = check(email, &wanted)?;
    let Some(account) = ports.access.account(&email).await? else { return Err(TermsError::NoAccount(email)) };
    if !set.is_empty() {
        commit(ports, &account, set).await?;
    }
    let Some(found) = ports.access.subscription(account.id).await? else {
        return Err(TermsError::NoAccount(email));
    };
    Ok(AccountTerms {
        email,
        user: account.id,
        own_plan: found.terms.plan.is_some(),
        features: rules.features(&found.terms),
        writes: rules.write_use(&found, ports.clock.now()),
        time_zone: found.terms.time_zone,
    })
}

fn check(email: &str, wanted: &SetTerms) -> Result<(Email, TermsChange), TermsError> {
    let email = Email::parse(email);
    let time_zone = wanted.time_zone.as_deref().map(TimeZone::parse).transpose();
    match (email, time_zone) {
        (Ok(email), Ok(time_zone)) => {
            Ok((email, TermsChange { plan: wanted.plan, time_zone, openanalyst: wanted.openanalyst }))
        }
        (email, time_zone) => {
            let mut faults = Vec::new();
            faults.extend(email.err().map(|fault| ("email", fault.to_string())));
            faults.extend(time_zone.err().map(|fault| ("time-zone", fault.to_string())));
            Err(TermsError::Invalid(faults))
        }
    }
}

/// In the installation's own space, like all that happens to accounts.
async fn commit(ports: &Ports, account: &Account, set: TermsChange) -> Result<(), TermsError> {
    let entry = AuditEntry {
        handle: Handle::installation(),
        at: ports.clock.now(),
        actor: "operator".to_owned(),
        surface: "cli".to_owned(),
        operation: "plan".to_owned(),
        subject: account.id.to_string(),
        request_id: String::new(),
        outcome: AuditOutcome::Done,
    };
    let batch = Batch::new(entry).change(Change::Terms { account: account.id, set });
    match ports.committer.commit(batch).await {
        Ok(_) => Ok(()),
        Err(CommitError::Store(error)) => Err(error.into()),
        // It has no guard, no key and no quota.
        Err(other) => Err(StoreError::Unavailable(Box::new(other)).into()),
    }
}
