//! A process that is killed in the middle of appending, and what the next one finds.

use std::collections::HashSet;
use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lp_ports::{ClickJournal, JournalReader};

use crate::contract::{click, next, numbers};
use crate::folder::{folder, open};

const FOLDER: &str = "JOURNAL_TEST_FOLDER";
const FIRST: &str = "JOURNAL_TEST_FIRST";

/// What the process does that is killed: says the number of every click that was appended. `None` in any other process.
#[expect(clippy::disallowed_methods, reason = "the test that starts it tells it so what to do")]
fn append_until_killed() -> Option<()> {
    let (folder, first) = (env::var_os(FOLDER).map(PathBuf::from)?, env::var(FIRST).ok()?);
    let first: u128 = first.parse().expect("a number");
    let journal = open(&folder, &format!("from-{first}"));
    let mut out = io::stdout();
    for number in first..first + 1_000_000 {
        journal.append(click(number).borrowed()).expect("room");
        writeln!(out, "kept {number}").expect("a reader");
    }
    Some(())
}

/// Has a process append from a number on, and kills it after so many clicks or a few more; the numbers it said.
fn kill_after(folder: &Path, first: u128, clicks: usize) -> Vec<u128> {
    let mut child = Command::new(env::current_exe().expect("this test"))
        .args(["--exact", "kill::a_killed_process_loses_no_click_and_none_is_read_twice", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test again");
    let mut said = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut text = String::new();
    for _ in 0..clicks {
        said.read_line(&mut text).expect("a line");
    }
    child.kill().expect("running");
    said.read_to_string(&mut text).expect("the rest");
    child.wait().expect("ended");
    // A line that was torn by the kill was not said.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter_map(|line| line.strip_prefix("kept ")?.parse().ok()).collect()
}

#[test]
fn a_killed_process_loses_no_click_and_none_is_read_twice() {
    // This very test is the process that is killed, too.
    if append_until_killed().is_some() {
        return;
    }
    let folder = folder();
    let mut said = Vec::new();
    let mut read: Vec<u128> = Vec::new();
    for (round, clicks) in (0_u128..).zip([4, 50, 97, 333, 48, 1_000, 7, 2_500, 180, 641, 90, 5_000]) {
        said.extend(kill_after(folder.path(), round * 1_000_000, clicks));
        let journal = open(folder.path(), &format!("reader-{round}"));
        // Now and then a reader ends in the middle, too.
        let mut stretches = if round % 3 == 2 { 3 } else { usize::MAX };
        while stretches > 0
            && let Some(stretch) = next(&journal, 61)
        {
            journal.acknowledge(&stretch.journal, stretch.upto);
            read.extend(numbers(&stretch));
            stretches -= 1;
        }
        if stretches == 0 {
            // What it has read is known by its number: the next one may get it again, as from a whole segment.
            drop(journal);
            let journal = open(folder.path(), &format!("again-{round}"));
            let known: HashSet<u128> = read.iter().copied().collect();
            while let Some(stretch) = next(&journal, 61) {
                read.extend(numbers(&stretch).into_iter().filter(|number| !known.contains(number)));
                journal.acknowledge(&stretch.journal, stretch.upto);
            }
        }
    }
    assert!(said.len() > 9_000);
    let once: HashSet<u128> = read.iter().copied().collect();
    assert_eq!(once.len(), read.len(), "none twice");
    let missing: Vec<&u128> = said.iter().filter(|number| !once.contains(number)).collect();
    assert_eq!(missing, Vec::<&u128>::new());
    assert!(read.is_sorted(), "in the order of appending");
}
