use std::process::ExitCode;

use link_platform::migrate as bring_up_to_date;

use crate::output;
use crate::settings::Settings;

/// Brings the store's schema up to date, and says what was done.
pub(super) async fn migrate(settings: &Settings) -> anyhow::Result<ExitCode> {
    let applied = bring_up_to_date(settings.database()).await?;
    for step in &applied {
        output::line(&format!("applied {step}"))?;
    }
    output::line("the store's schema is up to date")?;
    Ok(ExitCode::SUCCESS)
}
