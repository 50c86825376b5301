use std::process::ExitCode;

use link_platform::Builder;
use link_platform::plans::{AccountTerms, SetTerms};
use serde_json::json;

use crate::cli::PlanArgs;
use crate::output;
use crate::settings::{PlanName, Settings};

/// Shows what an account is on; before that, sets what is given of it.
pub(super) async fn plan(settings: &Settings, args: PlanArgs) -> anyhow::Result<ExitCode> {
    let platform = Builder::from(settings.config(settings.listen.port())).open().await?;
    let set = SetTerms {
        plan: args.plan.map(PlanName::plan),
        time_zone: args.time_zone,
        openanalyst: args.openanalyst,
    };
    let found = platform.account_terms(&args.email, set).await;
    platform.stop().await;
    let found = found?;
    output::line(&if args.json { line(&found) } else { text(&found) })?;
    Ok(ExitCode::SUCCESS)
}

fn line(found: &AccountTerms) -> String {
    let writes = &found.writes;
    let features: Vec<_> = found.features.iter().map(|feature| feature.as_str()).collect();
    json!({
        "email": found.email.as_str(),
        "userId": found.user.to_string(),
        "plan": writes.plan.as_str(),
        "ownPlan": found.own_plan,
        "features": features,
        "limits": { "writesPerDay": writes.most },
        "usage": { "writesToday": writes.today.writes, "writesDay": writes.today.day.to_string() },
        "timeZone": found.time_zone.name(),
    })
    .to_string()
}

fn text(found: &AccountTerms) -> String {
    let writes = &found.writes;
    let features: Vec<_> = found.features.iter().map(|feature| feature.as_str()).collect();
    let origin = if found.own_plan { "" } else { " (default-plan; it has none of its own)" };
    let most = writes.most.map_or_else(|| "any number".to_owned(), |most| most.to_string());
    [
        format!("account    {} ({})", found.email, found.user),
        format!("plan       {}{origin}", writes.plan.as_str()),
        format!("features   {}", features.join(", ")),
        format!("writes     {} of {most} on {}", writes.today.writes, writes.today.day),
        format!("time zone  {}, the next day begins at {}", found.time_zone, writes.ends_at),
    ]
    .join("\n")
}
