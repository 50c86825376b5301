#![expect(missing_docs, reason = "what is said of a field stands in the schema")]

use lp_access::WriteUse;
use lp_core::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::View;
use crate::system::NoInput;
use crate::wire::{Wire, is_default};

/// Nothing can be chosen yet.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UsageQuery {
    /// Empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub payload: NoInput,
}

/// Where days shall begin.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetTimeZone {
    pub time_zone: Wire<TimeZone>,
}

/// What a plan allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteLimits {
    /// Null: as many as one likes.
    pub writes_per_day: Option<u32>,
}

/// What was written on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteUsage {
    pub writes_today: u32,
    /// The day by the account's time zone, as in 20260225.
    pub writes_day: String,
}

/// What was written today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WritesToday {
    pub writes_today: u32,
}

/// How much of a handle is used. Plan, day, limits and usage are those of the account that calls; of a token's call, of the
/// handle's owner.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageMeters {
    pub handle: String,
    /// FREE, PRO or ENTERPRISE.
    pub plan: String,
    /// The day by the account's time zone, as in 20260225.
    pub writes_day: String,
    pub limits: WriteLimits,
    pub usage: WritesToday,
    pub meters: Vec<Meter>,
}

/// How much of one thing is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meter {
    /// links, tokens, collaborators, clicks or writes.
    pub name: String,
    pub used: u64,
    /// Null: as many as one likes.
    pub limit: Option<u64>,
    /// What is counted: what there is now, or what was since the day or the month began. Clicks go by the months of the
    /// owner's time zone.
    pub period: String,
}

/// What an account is on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingSummary {
    /// FREE, PRO or ENTERPRISE.
    pub plan: String,
    /// What it opens in the handles that the account owns.
    pub features: Vec<String>,
    pub limits: WriteLimits,
    pub usage: WriteUsage,
    /// Where the account's days begin.
    pub time_zone: String,
}

/// Where an account's days begin.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountTimeZone {
    pub time_zone: String,
}

impl WriteLimits {
    pub(super) fn of(standing: &WriteUse) -> Self {
        Self { writes_per_day: standing.most }
    }
}

impl WriteUsage {
    pub(super) fn of(standing: &WriteUse) -> Self {
        Self { writes_today: standing.today.writes, writes_day: standing.today.day.to_string() }
    }
}

impl Meter {
    pub(super) fn new(name: &str, used: u64, limit: Option<u64>, period: &str) -> Self {
        Self { name: name.to_owned(), used, limit, period: period.to_owned() }
    }
}

impl View for UsageMeters {}
impl View for BillingSummary {}
impl View for AccountTimeZone {}
