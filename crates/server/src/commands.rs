//! One module per command.

mod audit;
mod bootstrap;
mod call;
mod doctor;
mod health;
mod manual;
mod migrate;
mod oauth_client;
mod plan;
mod remote;
mod rotate_key;
mod serve;
mod verify_counts;

use std::process::ExitCode;

use link_platform::documents;

use crate::cli::{Cli, Command};
use crate::{logs, output};

/// Does what the command line says.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // Documents are computed from the program alone; settings have no say in them.
    match &cli.command {
        Some(Command::Openapi) => return document(&serde_json::to_string_pretty(&documents::openapi())?),
        Some(Command::McpCatalogue) => {
            return document(&serde_json::to_string_pretty(&documents::mcp_tools())?);
        }
        Some(Command::Errors) => return document(documents::errors().trim_end()),
        Some(Command::Completions { shell }) => return manual::completions(*shell),
        Some(Command::Man { dir }) => return manual::pages(dir.as_deref()),
        _ => {}
    }
    let settings = cli.settings.settle().and_then(|settings| {
        logs::start(&settings)?;
        Ok(settings)
    });
    if matches!(cli.command, Some(Command::Doctor)) {
        return doctor::doctor(settings).await;
    }
    let settings = settings?;
    match cli.command {
        None | Some(Command::Serve) => serve::serve(settings).await,
        Some(Command::Migrate) => migrate::migrate(&settings).await,
        Some(Command::VerifyCounts) => verify_counts::verify(&settings).await,
        Some(Command::RotateKey { leaked }) => rotate_key::rotate(&settings, leaked).await,
        Some(Command::Audit(command)) => audit::audit(&settings, command).await,
        Some(Command::Bootstrap(args)) => bootstrap::bootstrap(&settings, args).await,
        Some(Command::Plan(args)) => plan::plan(&settings, args).await,
        Some(Command::OauthClient(args)) => oauth_client::register(&settings, args).await,
        Some(Command::Call(args)) => call::call(&settings, args).await,
        Some(Command::Health(args)) => health::health(&settings, args).await,
        Some(
            Command::Doctor
            | Command::Openapi
            | Command::McpCatalogue
            | Command::Errors
            | Command::Completions { .. }
            | Command::Man { .. },
        ) => Ok(ExitCode::SUCCESS),
    }
}

fn document(text: &str) -> anyhow::Result<ExitCode> {
    output::line(text)?;
    Ok(ExitCode::SUCCESS)
}
