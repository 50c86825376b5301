//! What a file of this project looks like.

mod documents;
mod migrations;
mod source;
#[cfg(test)]
mod tests;

use std::fs;

use anyhow::{Context as _, Result};

pub(crate) use self::migrations::Bless;
use crate::workspace;

/// One file's relative path and its text.
pub(crate) struct Text {
    path: String,
    content: String,
}

/// What the look at all files gave: faults fail the check, notes only ask for a second look.
#[derive(Default)]
struct Findings {
    faults: Vec<String>,
    notes: Vec<String>,
}

pub(crate) fn run(bless: Bless) -> Result<()> {
    let texts = texts()?;
    let mut findings = inspect(&texts, |path| workspace::root().join(path).exists());
    findings.faults.extend(migrations::run(&texts, bless)?);

    for note in &findings.notes {
        println!("note: {note}");
    }
    workspace::report("tidy", &findings.faults)?;
    println!("tidy: {} files", texts.len());
    Ok(())
}

/// Every file of the project that is text.
fn texts() -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    for path in workspace::files()? {
        let bytes = fs::read(workspace::root().join(&path)).with_context(|| format!("cannot read {path}"))?;
        if let Ok(content) = String::from_utf8(bytes)
            && !content.contains('\0')
        {
            texts.push(Text { path, content });
        }
    }
    Ok(texts)
}

/// The rules that need nothing but the files; `exists` answers for a path relative to the root.
fn inspect(texts: &[Text], exists: impl Fn(&str) -> bool) -> Findings {
    let mut findings = Findings::default();
    for Text { path, content } in texts {
        findings.faults.extend(documents::machine_paths(path, content));
        if workspace::is_kind(path, "rs") {
            findings.faults.extend(source::faults(path, content));
            findings.notes.extend(source::note(path, content));
        }
        if workspace::is_kind(path, "md") {
            findings.faults.extend(documents::broken_links(path, content, &exists));
        }
        if path.ends_with(".snap.new") || path.ends_with(".pending-snap") {
            findings.faults.push(format!("{path}: a snapshot waits for review (`cargo insta review`)"));
        }
    }
    findings
}
