use std::process::ExitCode;

use link_platform::oauth::ClientMetadata;
use link_platform::{Builder, Error};

use crate::cli::OauthClientArgs;
use crate::output;
use crate::settings::Settings;

/// Makes a client id that says what is registered. Nothing is kept but an entry in the audit.
pub(super) async fn register(settings: &Settings, args: OauthClientArgs) -> anyhow::Result<ExitCode> {
    let platform = Builder::from(settings.config(settings.listen.port())).open().await?;
    let method = if args.secret { "client_secret_basic" } else { "none" };
    let metadata = ClientMetadata {
        client_name: Some(args.name),
        redirect_uris: args.redirect_uris,
        token_endpoint_auth_method: Some(method.to_owned()),
        ..ClientMetadata::default()
    };
    let registered = platform.application().vouch_for_client(&metadata).await;
    platform.stop().await;
    let client = registered.map_err(told)?;
    if args.json {
        output::line(&serde_json::to_string(&client)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("client id      {}", client.client_id))?;
    if let Some(secret) = &client.client_secret {
        output::line(&format!("client secret  {secret}"))?;
    }
    output::line("Both are good until the secret key was rotated twice. They are shown only now.")?;
    Ok(ExitCode::SUCCESS)
}

/// Every fault, by the option that it is of.
fn told(error: Error) -> anyhow::Error {
    if error.fields.is_empty() {
        return anyhow::anyhow!(error.message);
    }
    let option = |pointer: &str| match pointer {
        "/redirect_uris" => "--redirect-uri",
        _ => "--name",
    };
    let faults = error.fields.iter().map(|fault| format!("{} {}", option(&fault.pointer), fault.message));
    anyhow::anyhow!(faults.collect::<Vec<_>>().join("; "))
}
