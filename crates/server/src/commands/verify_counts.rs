use std::process::ExitCode;

use link_platform::{Builder, Count, Difference, verify_counts};

use crate::output;
use crate::settings::Settings;

/// So many differences are written out; of the others their number is enough.
const SHOWN: u64 = 100;

/// Holds all hourly counts against the clicks; exit code 0 only where they agree.
pub(super) async fn verify(settings: &Settings) -> anyhow::Result<ExitCode> {
    let platform = Builder::from(settings.config(settings.listen.port())).look().await?;
    let mut shown = 0;
    let mut broken = None;
    let checked = verify_counts(&platform, |difference| {
        shown += 1;
        if shown <= SHOWN && broken.is_none() {
            broken = output::line(&described(difference)).err();
        }
    })
    .await;
    platform.stop().await;
    let checked = checked?;
    if let Some(error) = broken {
        return Err(error.into());
    }
    if checked.differences > SHOWN {
        output::line(&format!("… and {} more", checked.differences - SHOWN))?;
    }
    let (counts, clicks, days) = (checked.counts, checked.clicks, checked.days);
    let looked_at = format!("{counts} counts of {clicks} clicks on {days} days of handles");
    if checked.differences == 0 {
        output::line(&format!("ok    {looked_at}, no difference"))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("FAIL  {looked_at}, {} differences", checked.differences))?;
    Ok(ExitCode::FAILURE)
}

fn described(difference: &Difference) -> String {
    let of = |count: Option<Count>| {
        count.map_or_else(
            || "nothing".to_owned(),
            |count| format!("{} clicks, {} of bots, last {}", count.clicks, count.bot_clicks, count.last_at),
        )
    };
    format!("{}: stored {}; the clicks say {}", difference.key, of(difference.stored), of(difference.derived))
}
