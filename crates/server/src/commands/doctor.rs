use std::process::ExitCode;

use link_platform::Platform;

use crate::output;
use crate::settings::Settings;

/// Says of each thing whether it is well.
pub(super) async fn doctor(settings: &Settings) -> anyhow::Result<ExitCode> {
    say("settings", &Ok("well-formed".to_owned()))?;
    if !settings.database().exists() {
        say("store", &Ok(format!("not there yet; serve makes it at {}", settings.database().display())))?;
        return Ok(ExitCode::SUCCESS);
    }
    let platform = match Platform::open(settings.config(settings.listen.port())).await {
        Ok(platform) => platform,
        Err(error) => {
            say("store", &Err(format!("{:#}", anyhow::Error::new(error))))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let findings = link_platform::doctor(&platform).await;
    platform.stop().await;
    for finding in &findings {
        say(finding.what, &finding.result)?;
    }
    let well = findings.iter().all(|finding| finding.result.is_ok());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn say(what: &str, result: &Result<String, String>) -> std::io::Result<()> {
    match result {
        Ok(good) => output::line(&format!("ok    {what:<10} {good}")),
        Err(bad) => output::line(&format!("FAIL  {what:<10} {bad}")),
    }
}
