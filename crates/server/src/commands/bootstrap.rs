use std::process::ExitCode;

use link_platform::{Bootstrap, Builder};
use serde_json::json;

use crate::cli::BootstrapArgs;
use crate::output;
use crate::settings::Settings;

/// Makes what is missing of account, handle and token.
pub(super) async fn bootstrap(settings: &Settings, args: BootstrapArgs) -> anyhow::Result<ExitCode> {
    let platform = Builder::from(settings.config(settings.listen.port())).open().await?;
    let wanted =
        Bootstrap { rotate: args.rotate_pat, ..Bootstrap::new(args.email, args.password, args.handle) };
    let made = platform.bootstrap(wanted).await;
    platform.stop().await;
    let made = made?;
    if args.json {
        let line = json!({
            "email": made.email.as_str(),
            "handle": made.handle.as_str(),
            "userId": made.user.to_string(),
            "pat": made.pat,
        });
        output::line(&line.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("account  {} ({})", made.email, made.user))?;
    output::line(&format!("handle   {}", made.handle))?;
    match made.pat {
        Some(pat) => output::line(&format!("token    {pat}\n         shown this once; keep it"))?,
        None => output::line("token    unchanged; --rotate-pat makes a new one")?,
    }
    Ok(ExitCode::SUCCESS)
}
