use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use lp_ports::{MailFault, Mailer, Message};
use tokio::task::spawn_blocking;
use tracing::info;

/// Writes each mail into a file: for installations without a mail server, whose operator reads them, and for trying out.
///
/// Files hold codes, so only their owner may read them, and the folder too. They stay until somebody deletes them.
pub struct OutboxFolder {
    folder: PathBuf,
}

impl OutboxFolder {
    /// Into this folder, which is made with the first mail.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

#[async_trait]
impl Mailer for OutboxFolder {
    async fn send(&self, message: &Message) -> Result<(), MailFault> {
        let (folder, name, text) = (self.folder.clone(), format!("{}.txt", message.id), written(message));
        let path = folder.join(&name);
        let done = spawn_blocking(move || write(&folder, &name, &text)).await;
        done.map_err(|broken| MailFault::Later(broken.into()))?
            .map_err(|error| MailFault::Later(format!("{}: {error}", path.display()).into()))?;
        info!(mail.file = %path.display(), mail.to = %message.to, "a mail lies in the outbox folder");
        Ok(())
    }

    async fn check(&self) -> Result<String, MailFault> {
        let folder = &self.folder;
        if !folder.exists() {
            return Ok(format!("not there yet; the first mail makes {}", folder.display()));
        }
        let probe = folder.join(format!(".doctor-{}", std::process::id()));
        owner_only()
            .open(&probe)
            .and_then(|_| fs::remove_file(&probe))
            .map_err(|error| MailFault::Later(format!("{}: {error}", folder.display()).into()))?;
        Ok(format!("mails are written into {}; no mail server is set", folder.display()))
    }
}

/// As RFC 5322 has it, near enough to be read by people and by programs for mail.
fn written(message: &Message) -> String {
    let Message { id, to, subject, text } = message;
    format!("To: {to}\nSubject: {subject}\nMessage-ID: <{id}@outbox>\n\n{text}")
}

/// Under another name first: whoever sees the file sees all of it.
fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)?;
    let fresh = folder.join(format!(".{name}"));
    let mut file = owner_only().open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, folder.join(name))
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}
