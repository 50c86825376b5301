use super::suite::{self, Summary};
use super::{Verdict, authorization, table};

const SAID: &str = "\
=== Running scenario: ping ===
✓ not yet: 1 passed

=== SUMMARY ===
✓ ping: 2 passed, 0 failed
✗ caching: 7 passed, 1 failed
✓ tools-list: 4 passed, 0 failed
✗ tasks-lifecycle: 1 passed, 8 failed
✓ json-schema-2020-12: 8 passed, 0 failed

Total: 22 passed, 9 failed

Not scored for 2026-07-28: 2 scenario(s) run, 1 failing. These do not affect conformance.
  ✗ tasks-lifecycle (extension)
  ✓ json-schema-2020-12 (pending)
";

#[test]
fn only_what_a_revision_requires_counts() {
    let expected = Summary {
        passed: vec!["ping".to_owned(), "tools-list".to_owned()],
        failed: vec!["caching".to_owned()],
        unscored: (1, 2),
    };
    assert_eq!(suite::read(SAID), Some(expected));
    assert_eq!(suite::read("=== Running scenario: ping ==="), None);
}

#[test]
fn the_table_says_how_each_ended() {
    let verdict = |what: &str, passed| Verdict { what: what.to_owned(), said: "3 of 4".to_owned(), passed };
    let table = table(&[verdict("suite", true), verdict("a longer one", false)]);
    assert_eq!(table, "suite         ok      3 of 4\na longer one  FAILED  3 of 4");
}

#[test]
fn the_marks_are_read_with_what_is_said_of_them() {
    let said = "\
mcp-authlab 0.2.2  ·  spec 2025-06-18
level    Conformant with warnings   grade A   score 98/100
         warnings: TLS-01
checks   29 pass · 0 fail · 1 warn · 2 skipped
";
    let told = "grade A, 98/100; 29 pass · 0 fail · 1 warn · 2 skipped; warnings: TLS-01".to_owned();
    assert_eq!(authorization::marks(said), Some(("A".to_owned(), 98, told)));
    assert_eq!(authorization::marks("it is not there"), None);
}
