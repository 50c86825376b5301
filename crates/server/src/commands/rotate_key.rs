use std::process::ExitCode;

use anyhow::Context as _;
use link_platform::{Builder, rotate_secret};

use crate::output;
use crate::settings::Settings;

/// Puts a new secret into the file, in front of the one that was there.
pub(super) async fn rotate(settings: &Settings, leaked: bool) -> anyhow::Result<ExitCode> {
    let config = settings.config(settings.listen.port());
    let file = config.secret_file.clone().context("there is no secret key file")?;
    anyhow::ensure!(
        file.exists(),
        "{} is not there: `serve` makes the first secret, and there is nothing to rotate before",
        file.display()
    );
    let platform = Builder::from(config).open().await?;
    let rotated = rotate_secret(&platform, &file, !leaked).await;
    platform.stop().await;
    rotated?;
    output::line(&format!("a new secret is in {}", file.display()))?;
    output::line(if leaked {
        "Nothing that the one before has signed stays good. Start every node again with this file, now."
    } else {
        "What the one before has signed stays good until the next rotation. Give every node this file and start it again."
    })?;
    Ok(ExitCode::SUCCESS)
}
