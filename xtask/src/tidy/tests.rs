use super::migrations::{self, Bless, Hashes};
use super::{Text, inspect};

/// The faults of one file in a project that has these other paths.
fn faults_beside(path: &str, content: &str, others: &[&str]) -> Vec<String> {
    let texts = [Text { path: path.to_owned(), content: content.to_owned() }];
    inspect(&texts, |asked| others.contains(&asked)).faults
}

fn faults(path: &str, content: &str) -> Vec<String> {
    faults_beside(path, content, &[])
}

#[test]
fn a_clean_file_has_no_faults() {
    let content = "//! What a link is.\n\n#[test]\nfn upsert_keeps_the_position() {}\n";
    assert!(faults("crates/links/src/lib.rs", content).is_empty());
}

#[test]
fn a_file_is_noted_above_350_lines_and_refused_above_600() {
    let of = |lines: usize| {
        let texts = [Text { path: "src/a.rs".to_owned(), content: "x\n".repeat(lines) }];
        let found = inspect(&texts, |_| true);
        (found.notes.len(), found.faults.len())
    };
    assert_eq!([of(350), of(351), of(600), of(601)], [(0, 0), (1, 0), (1, 0), (0, 1)]);
}

#[test]
fn modules_are_named_after_themselves() {
    assert_eq!(faults("crates/links/src/link/mod.rs", "").len(), 1);
    assert!(faults("crates/links/src/link/model.rs", "").is_empty());
}

#[test]
fn a_library_opens_with_what_it_is_for() {
    assert_eq!(faults("crates/links/src/lib.rs", "mod link;\n").len(), 1);
    assert!(faults("crates/links/src/link.rs", "mod link;\n").is_empty());
}

#[test]
fn leftovers_are_found_but_not_in_comments_or_other_names() {
    let opening = concat!("to", "do!(");
    assert_eq!(faults("a.rs", &format!("fn a() {{ {opening}\"later\") }}\n")).len(), 1);
    assert_eq!(faults("a.rs", concat!("let x = db", "g!(y);\n")).len(), 1);
    assert_eq!(faults("a.rs", concat!("    unimpl", "emented!()\n")).len(), 1);
    assert!(faults("a.rs", &format!("// {opening})\nmy_{opening});\n")).is_empty());
}

#[test]
fn attributes_that_silence_a_check_are_refused() {
    let of = |name: &str| faults("a.rs", &format!("#[{name}]\nfn a() {{}}\n"));
    assert_eq!(of("ignore").len(), 1);
    assert_eq!(of("ignore = \"slow\"").len(), 1);
    assert_eq!(of("should_panic(expected = \"x\")").len(), 1);
    assert_eq!(of("allow(dead_code)").len(), 1);
    assert_eq!(faults("a.rs", &format!("#!{}allow(dead_code)]\n", '[')).len(), 1);
    assert!(of("expect(dead_code, reason = \"x\")").is_empty());
}

#[test]
fn a_test_is_named_by_a_sentence() {
    let named = |line: &str| faults("a.rs", line).len();
    assert_eq!(named("#[test]\nfn test_upsert() {}\n"), 1);
    assert_eq!(named("#[tokio::test]\nasync fn test_upsert() {}\n"), 1);
    assert_eq!(named("#[tokio::test(start_paused = true)]\nasync fn test_upsert() {}\n"), 1);
    assert_eq!(named("#[test]\nfn upsert_creates() {}\nfn test_platform() {}\n"), 0);
    assert_eq!(named("#[cfg(test)]\npub fn test_platform() {}\n"), 0);
}

#[test]
fn paths_of_one_machine_are_found_but_not_inside_addresses() {
    let folder = concat!("/ho", "me/");
    assert_eq!(faults("a.md", &format!("see `{folder}ada/notes`\n")).len(), 1);
    assert_eq!(faults("a.toml", &format!("path = \"{folder}ada\"\n")).len(), 1);
    assert!(faults("a.rs", &format!("// https://hello.example{folder}today\n")).is_empty());
    assert!(faults("a.rs", &format!("// docs{folder}today\n")).is_empty());
}

#[test]
fn links_between_documents_must_lead_to_a_file() {
    let of = |content: &str| {
        faults_beside("docs/adr/0001.md", content, &["README.md", "docs/errors.md", "docs/adr"])
    };
    assert!(of("[a](../errors.md) [b](../errors.md#codes) [c](../../README.md \"title\")\n").is_empty());
    assert!(
        of("[a](/README.md) [b](.) [c](#here) [d](https://example.com/x) [e](mailto:a@example.com)\n")
            .is_empty()
    );
    assert!(of("`[a](gone.md)`\n```text\n[a](gone.md)\n```\n").is_empty());
    assert_eq!(of("[a](gone.md)\n"), ["docs/adr/0001.md:1: the link to gone.md leads nowhere"]);
    assert_eq!(of("one\n[ref]: ../gone.md\n"), ["docs/adr/0001.md:2: the link to ../gone.md leads nowhere"]);
}

#[test]
fn a_snapshot_that_waits_for_review_is_a_fault() {
    assert_eq!(faults("crates/application/tests/it/snapshots/list.snap.new", "x").len(), 1);
    assert!(faults("crates/application/tests/it/snapshots/list.snap", "x").is_empty());
}

fn hashes(entries: &[(&str, &str)]) -> Hashes {
    entries.iter().map(|(path, hash)| ((*path).to_owned(), (*hash).to_owned())).collect()
}

#[test]
fn a_new_migration_is_entered_by_blessing() {
    let (locked, found) = (hashes(&[("1.sql", "a")]), hashes(&[("1.sql", "a"), ("2.sql", "b")]));
    assert_eq!(migrations::faults(&locked, &found).len(), 1);
    assert_eq!(migrations::blessed(&locked, &found, Bless::Nothing), locked);
    assert_eq!(migrations::blessed(&locked, &found, Bless::New), found);
}

#[test]
fn an_edited_or_deleted_migration_stays_a_fault_after_blessing() {
    let locked = hashes(&[("1.sql", "a"), ("2.sql", "b")]);
    let found = hashes(&[("2.sql", "edited")]);
    let blessed = migrations::blessed(&locked, &found, Bless::New);
    assert_eq!(
        migrations::faults(&blessed, &found),
        [
            "1.sql: a landed migration was deleted",
            "2.sql: a landed migration was edited: undo that and add a new one"
        ]
    );
}

#[test]
fn a_migration_that_nobody_has_run_can_be_rewritten() {
    let locked = hashes(&[("1.sql", "a")]);
    let found = hashes(&[("1.sql", "edited")]);
    let blessed = migrations::blessed(&locked, &found, Bless::Rewritten);
    assert!(migrations::faults(&blessed, &found).is_empty());
}

#[test]
fn the_lock_file_reads_back_as_written() {
    let entries =
        hashes(&[("crates/a/migrations/0001_a b.sql", "00ff"), ("crates/b/migrations/0001.sql", "11")]);
    assert_eq!(migrations::parse(&migrations::render(&entries)), entries);
    assert!(migrations::parse("").is_empty());
}
