//! How much is used, counted from the rows that everything else shows.

use lp_access::{Actor, SessionRefused, TokenRecord};
use lp_analytics::Range;

use super::view::{Meter, UsageMeters, UsageQuery, WriteLimits, WritesToday};
use crate::Error;
use crate::cx::Cx;

/// The end of a range is not in it, and the present instant shall be.
const INSTANT: std::time::Duration = std::time::Duration::from_millis(1);

pub(super) async fn read(cx: Cx, _: UsageQuery) -> Result<UsageMeters, Error> {
    let (handle, at) = (cx.handle()?, cx.at());
    let record = cx.access().handle(handle).await?.ok_or_else(|| Error::not_found("the handle"))?;
    let owner = cx.access().subscription(record.owner).await?.ok_or(SessionRefused::Unknown)?;
    let month = Range { from: owner.terms.time_zone.month_of(at), to: at.plus(INSTANT) };
    let caller = match &cx.call.actor {
        Actor::User { id, .. } if *id != record.owner => {
            cx.access().subscription(*id).await?.ok_or(SessionRefused::Unknown)?
        }
        _ => owner,
    };
    let standing = cx.plans().write_use(&caller, at);
    let tokens = cx.access().tokens(handle).await?;
    let good = |token: &&TokenRecord| token.standing(at).is_ok();
    let writes = standing.today.writes;
    let meters = vec![
        Meter::new("links", cx.links().count(handle).await?, None, "now"),
        Meter::new("tokens", tokens.iter().filter(good).count() as u64, None, "now"),
        Meter::new("collaborators", cx.access().collaborators(handle).await?, Some(COLLABORATORS), "now"),
        Meter::new("clicks", cx.analytics().totals(handle, month, None).await?.clicks, None, "month"),
        Meter::new("writes", writes.into(), standing.most.map(u64::from), "day"),
    ];
    Ok(UsageMeters {
        handle: cx.name()?.to_string(),
        plan: standing.plan.as_str().to_owned(),
        writes_day: standing.today.day.to_string(),
        limits: WriteLimits::of(&standing),
        usage: WritesToday { writes_today: writes },
        meters,
    })
}

/// How many a handle may have.
const COLLABORATORS: u64 = 100;
