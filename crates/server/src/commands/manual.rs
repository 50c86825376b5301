//! What a shell and `man` know of the command line, computed from it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use link_platform::catalogue;

use crate::cli::{Cli, DATE};
use crate::output;

/// Prints what makes the shell complete commands and options, and the names of operations where it can.
pub(super) fn completions(shell: Shell) -> anyhow::Result<ExitCode> {
    let rows = catalogue();
    let names: Vec<_> = rows.operations().iter().map(|operation| operation.name).collect();
    let operations = PossibleValuesParser::new(names);
    let mut command = Cli::command().mut_subcommand("call", |call| {
        call.mut_arg("operation", |operation| operation.value_parser(operations))
    });
    let mut script = Vec::new();
    generate(shell, &mut command, "link-platform", &mut script);
    if shell == Shell::Bash {
        // It looks for a state of one name under another, and completes nothing within a command, where the program has a
        // hyphen in its name (clap issue 6421). Once that is mended there is nothing here to replace.
        script = String::from_utf8(script)?.replace("link__subcmd__platform", "link__platform").into_bytes();
    }
    output::bytes(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a page per command into the folder, which is made where it is missing; without one all pages follow each other
/// on standard output.
pub(super) fn pages(folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    let pages = all()?;
    let Some(folder) = folder else {
        for (_, page) in pages {
            output::bytes(&page)?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    for (name, page) in pages {
        let file = folder.join(name);
        fs::write(&file, page).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The file name and the text of every page, that of the program first.
fn all() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut whole = Cli::command().disable_help_subcommand(true);
    whole.build();
    let mut pages = vec![page(&whole, None)?];
    for command in whole.get_subcommands() {
        // The settings are on the program's page: repeated on every other, they would hide what is a command's own.
        let own = command.clone().mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
        let mut settings = Roff::new();
        settings.control("SH", ["SETTINGS"]);
        settings.text([
            roman("The options, variables and file of "),
            bold("link-platform"),
            roman("(1) are taken as well."),
        ]);
        pages.push(page(&own, Some(&settings))?);
    }
    Ok(pages)
}

fn page(command: &Command, last: Option<&Roff>) -> io::Result<(String, Vec<u8>)> {
    // A date that is empty would be left out, and what follows it would take its place.
    let date = if DATE.is_empty() { " " } else { DATE };
    let man = Man::new(command.clone())
        .date(date)
        .source(concat!("link-platform ", env!("CARGO_PKG_VERSION")))
        .manual("Link Platform");
    let mut text = Vec::new();
    man.render(&mut text)?;
    if let Some(last) = last {
        last.to_writer(&mut text)?;
    }
    Ok((man.get_filename(), text))
}
