use std::fs;
use std::process::Command;

use super::{COMPLETIONS, FILES, lay_out, pack, sum};
use crate::workspace;

#[test]
fn a_checksum_line_is_one_that_sha256sum_reads() {
    let line = sum(b"abc", "archive.tar.gz");
    assert_eq!(line, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  archive.tar.gz\n");
}

#[test]
fn every_file_of_the_archive_is_in_the_project() {
    for (file, _) in FILES {
        assert!(workspace::root().join(file).is_file(), "{file}");
    }
}

#[test]
fn the_same_contents_give_the_same_archive_whenever_they_are_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    // It stands in for the program: `true` says nothing and fails nowhere.
    let silent = ["/bin/true", "/usr/bin/true"].into_iter().find(|path| fs::exists(path).unwrap_or(false));
    let mut archives = Vec::new();
    for round in ["first", "second"] {
        let above = folder.path().join(round);
        lay_out(&workspace::root(), silent.expect("a silent program").as_ref(), &above.join("name"))
            .expect("it is laid out");
        let archive = folder.path().join(format!("{round}.tar.gz"));
        pack(&above, "name", 1_000_000_000, &archive).expect("it is packed");
        archives.push(fs::read(&archive).expect("the archive"));
    }
    assert!(archives[0] == archives[1]);

    let archive = folder.path().join("first.tar.gz");
    let listed = Command::new("tar").arg("--list").arg("--file").arg(archive).output().expect("tar runs");
    let listed = String::from_utf8(listed.stdout).expect("text");
    let completions = COMPLETIONS.iter().map(|(shell, file)| format!("completions/{shell}/{file}"));
    let files = FILES.iter().map(|(_, file)| (*file).to_owned());
    for file in completions.chain(files).chain(["link-platform".to_owned()]) {
        assert!(listed.lines().any(|line| line == format!("name/{file}")), "{file} in {listed}");
    }
}
