//! What the account that is signed in is on.

use lp_access::{SessionRefused, TermsChange};
use lp_core::Handle;
use lp_ports::Change;

use super::view::{AccountTimeZone, BillingSummary, SetTimeZone, WriteLimits, WriteUsage};
use crate::Error;
use crate::cx::Cx;
use crate::system::NoInput;

pub(super) async fn summary(cx: Cx, _: NoInput) -> Result<BillingSummary, Error> {
    let (account, _) = cx.account()?;
    let found = cx.access().subscription(account).await?.ok_or(SessionRefused::Unknown)?;
    let standing = cx.plans().write_use(&found, cx.at());
    let features = cx.plans().features(&found.terms);
    Ok(BillingSummary {
        plan: standing.plan.as_str().to_owned(),
        features: features.into_iter().map(|feature| feature.as_str().to_owned()).collect(),
        limits: WriteLimits::of(&standing),
        usage: WriteUsage::of(&standing),
        time_zone: found.terms.time_zone.to_string(),
    })
}

pub(super) async fn set_time_zone(cx: Cx, input: SetTimeZone) -> Result<AccountTimeZone, Error> {
    let (account, _) = cx.account()?;
    let time_zone = input.time_zone.0;
    let view = AccountTimeZone { time_zone: time_zone.to_string() };
    let set = TermsChange { time_zone: Some(time_zone), ..TermsChange::default() };
    let batch = cx
        .batch_in(&Handle::installation(), &cx.call.actor, &account.to_string())
        .change(Change::Terms { account, set });
    cx.finish(batch, view).await
}
