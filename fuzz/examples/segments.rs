//! Makes the whole journal that the target `journal` changes: `cargo run --example segments` in this folder.

use std::{fs, path::Path};

use lp_fuzz::journal::{CLICKS, ID, click, open};
use lp_ports::ClickJournal;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = open(folder.path(), ID);
    for number in 0..CLICKS {
        journal.append(click(number).borrowed()).expect("room for a few");
    }
    drop(journal);
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("segments");
    fs::create_dir_all(&place).expect("a folder");
    for entry in fs::read_dir(folder.path().join("0")).expect("a slot") {
        let file = entry.expect("a file");
        if file.path().extension().is_some_and(|extension| extension == "clicks") {
            fs::copy(file.path(), place.join(file.file_name())).expect("copied");
        }
    }
}
