use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use link_platform::{
    AuditHash, AuditHead, AuditWanted, Builder, Handle, Platform, audit_heads, verify_audit,
};
use serde::{Deserialize, Serialize};

use crate::cli::AuditCommand;
use crate::output;
use crate::settings::Settings;

/// So many faults are written out; of the others their number is enough.
const SHOWN: u64 = 100;

/// A head as a line of JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    handle: String,
    seq: u64,
    hash: String,
}

pub(super) async fn audit(settings: &Settings, command: AuditCommand) -> anyhow::Result<ExitCode> {
    let wanted = match &command {
        AuditCommand::Heads => AuditWanted::default(),
        AuditCommand::Verify { handle, against } => AuditWanted {
            handle: handle.as_deref().map(space).transpose()?,
            known: against.as_deref().map(noted).transpose()?.unwrap_or_default(),
        },
    };
    let platform = Builder::from(settings.config(settings.listen.port())).look().await?;
    let done = match command {
        AuditCommand::Heads => heads(&platform).await,
        AuditCommand::Verify { .. } => verify(&platform, &wanted).await,
    };
    platform.stop().await;
    done
}

async fn heads(platform: &Platform) -> anyhow::Result<ExitCode> {
    for head in audit_heads(platform).await? {
        let line = HeadLine { handle: head.handle.to_string(), seq: head.seq, hash: head.hash.hex() };
        output::line(&serde_json::to_string(&line)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(platform: &Platform, wanted: &AuditWanted) -> anyhow::Result<ExitCode> {
    let mut shown = 0;
    let mut broken = None;
    let checked = verify_audit(platform, wanted, |fault| {
        shown += 1;
        if shown <= SHOWN && broken.is_none() {
            broken = output::line(&format!("FAIL  {fault}")).err();
        }
    })
    .await?;
    if let Some(error) = broken {
        return Err(error.into());
    }
    if checked.faults > SHOWN {
        output::line(&format!("… and {} more", checked.faults - SHOWN))?;
    }
    let looked_at = format!("{} entries of {} chains", checked.entries, checked.chains);
    if checked.faults == 0 {
        output::line(&format!("ok    {looked_at}, all as they were written"))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!("FAIL  {looked_at}, {} faults", checked.faults))?;
    Ok(ExitCode::FAILURE)
}

fn noted(file: &Path) -> anyhow::Result<Vec<AuditHead>> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| head(line).with_context(|| format!("{}, line {}", file.display(), number + 1)))
        .collect()
}

fn head(line: &str) -> anyhow::Result<AuditHead> {
    let HeadLine { handle, seq, hash } = serde_json::from_str(line)?;
    let Some(hash) = AuditHash::parse(&hash) else {
        bail!("'{hash}' is not a hash of 64 hexadecimal digits")
    };
    Ok(AuditHead { handle: space(&handle)?, seq, hash })
}

fn space(text: &str) -> anyhow::Result<Handle> {
    Handle::stored(text).with_context(|| format!("'{text}' is not a handle"))
}
