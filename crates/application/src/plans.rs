//! Plans: what accounts are on, what that opens, and how much of it is used.

mod account;
mod meters;
mod quota;
mod terms;
mod view;

use lp_access::Need;
use lp_core::{Role, Scope};

pub(crate) use self::quota::Quota;
pub use self::terms::{AccountTerms, SetTerms, TermsError, account_terms};
pub use self::view::{
    AccountTimeZone, BillingSummary, Meter, SetTimeZone, UsageMeters, UsageQuery, WriteLimits, WriteUsage,
    WritesToday,
};
use crate::catalogue::{Auth, Body, Effect, Method, Mount, Op, Operation, Query};
use crate::system::NoInput;

/// Says how much of everything is used.
pub const USAGE: Op<UsageQuery, UsageMeters> = Op::named("system_usage_meters");
/// Says what the account is on.
pub const SUMMARY: Op<NoInput, BillingSummary> = Op::named("billing_summary");
/// Says where the account's days begin.
pub const SET_TIME_ZONE: Op<SetTimeZone, AccountTimeZone> = Op::named("account_time_zone_update");

pub(crate) fn operations() -> Vec<Operation> {
    let usage = Need::Member { role: Role::Creator, scope: Scope::SYSTEM_USAGE_READ };
    vec![
        Operation::read(USAGE, usage, meters::read)
            .about(
                "Read usage meters",
                "Read how much of a handle is used: links, tokens, collaborators, clicks of this month; and of the plan: \
                 writes of today and how many a day it allows (null: any number). Changes and resets nothing.",
            )
            .at(Method::Get, "usage-meters")
            .query(Query::Under("payload")),
        Operation::read(SUMMARY, Need::Account, account::summary)
            .about("Read the account's plan", "Get what the account is on, what that opens, and what it has used today.")
            .no_tool()
            .mount(Mount::new(Method::Get, "/v2/billing/summary", Auth::Jwt)),
        Operation::write(SET_TIME_ZONE, Need::Account, account::set_time_zone)
            .about(
                "Set the account's time zone",
                "Say where the account's days begin, and with them its daily quota. A day that has begun stays begun.",
            )
            .effect(Effect::PRIVATE)
            .no_tool()
            .mount(Mount::new(Method::Put, "/v2/account/time-zone", Auth::Jwt))
            .body(Body::Rest),
    ]
}
