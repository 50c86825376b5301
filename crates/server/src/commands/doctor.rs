use std::fs::{self, File};
use std::path::Path;
use std::process::ExitCode;

use link_platform::{Builder, Config, Database, Finding};

use crate::listener::Certificates;
use crate::output;
use crate::settings::Settings;

/// Says of each thing whether it is well, settings that could not be settled included.
pub(super) async fn doctor(settings: anyhow::Result<Settings>) -> anyhow::Result<ExitCode> {
    let findings = findings(settings).await;
    for finding in &findings {
        let what = finding.what;
        match &finding.result {
            Ok(good) => output::line(&format!("ok    {what:<10} {good}"))?,
            Err(bad) => output::line(&format!("FAIL  {what:<10} {bad}"))?,
        }
    }
    let well = findings.iter().all(|finding| finding.result.is_ok());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn findings(settings: anyhow::Result<Settings>) -> Vec<Finding> {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return vec![Finding { what: "settings", result: Err(format!("{error:#}")) }],
    };
    let mut findings = vec![Finding { what: "settings", result: Ok("well-formed".to_owned()) }];
    if let Some(files) = settings.tls() {
        let read = Certificates::read(files).map_err(|error| format!("{error:#}"));
        findings.push(Finding { what: "tls", result: read.map(|_| "certificate and key fit".to_owned()) });
    }
    let config = settings.config(settings.listen.port());
    // Looking must not make anything: what is not there is not opened.
    let config = Config { secret_file: config.secret_file.filter(|path| path.exists()), ..config };
    let store = match settings.database() {
        Database::File(path) if !path.exists() => Some(room(path)),
        _ => None,
    };
    match store {
        None => match Box::pin(Builder::from(config.clone()).look()).await {
            Ok(platform) => {
                findings.extend(link_platform::doctor(&platform).await);
                platform.stop().await;
            }
            Err(error) => {
                let why = format!("{:#}", anyhow::Error::new(error));
                findings.push(Finding { what: "store", result: Err(why) });
                findings.extend(without_store(config).await);
            }
        },
        Some(result) => {
            findings.push(Finding { what: "store", result });
            findings.extend(without_store(config).await);
        }
    }
    findings
}

/// What can be looked at where there is no store: an empty one in memory stands in for it.
async fn without_store(config: Config) -> Vec<Finding> {
    let config = Config { database: Database::Memory, secret_file: None, ..config };
    let Ok(platform) = Box::pin(Builder::from(config).open()).await else { return Vec::new() };
    let mut findings = link_platform::doctor(&platform).await;
    platform.stop().await;
    findings.retain(|finding| !matches!(finding.what, "store" | "writes" | "audit" | "secret"));
    findings
}

/// Whether the store's file can be made: in its folder, or in the nearest one above it that is there.
fn room(database: &Path) -> Result<String, String> {
    let above = database
        .ancestors()
        .skip(1)
        .map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path });
    let folder = above.into_iter().find(|path| path.exists()).unwrap_or(Path::new("."));
    let probe = folder.join(format!(".link-platform-doctor-{}", std::process::id()));
    File::create(&probe)
        .and_then(|_| fs::remove_file(&probe))
        .map_err(|error| format!("not there yet, and {} cannot be written: {error}", folder.display()))?;
    Ok(format!("not there yet; serve makes it at {}", database.display()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    async fn said(arguments: &[&str]) -> Vec<(&'static str, bool)> {
        let cli = Cli::try_parse_from([&["link-platform", "doctor"], arguments].concat()).expect("arguments");
        let findings = findings(cli.settings.settle()).await;
        findings.into_iter().map(|finding| (finding.what, finding.result.is_ok())).collect()
    }

    #[tokio::test]
    async fn bad_settings_are_a_finding() {
        assert_eq!(said(&["--public-domain", "https://example.com"]).await, [("settings", false)]);
    }

    #[tokio::test]
    async fn a_machine_without_a_store_is_looked_at_and_left_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("some/data");
        let found = said(&["--data-dir", &data.to_string_lossy()]).await;
        let what = ["settings", "store", "journal", "mail", "clock", "addresses", "countries"];
        assert_eq!(found, what.map(|what| (what, true)));
        assert_eq!(fs::read_dir(folder.path()).expect("it reads").count(), 0);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_a_finding() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("it writes");
        let found = said(&["--data-dir", &file.to_string_lossy()]).await;
        assert_eq!(found[1], ("store", false));
    }
}
