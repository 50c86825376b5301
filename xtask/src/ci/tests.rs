use std::time::Duration;

use super::{Asset, NO_VALGRIND, NOT_INSTALLED, Outcome, Run, Step, shows_example, steps, table};

const ALL: &[Asset] = &[Asset::Nextest, Asset::Deny, Asset::Machete, Asset::Valgrind, Asset::Doctests];

#[test]
fn the_cheap_steps_come_first_and_the_order_never_changes() {
    let names = |assets: &[Asset]| -> Vec<&str> { steps(assets).iter().map(|step| step.name).collect() };
    let order = [
        "fmt",
        "arch",
        "tidy",
        "postgres",
        "clippy",
        "fixtures",
        "embedding",
        "doc",
        "build",
        "doctests",
        "tests",
        "instructions",
        "surface",
        "deny",
        "machete",
    ];
    assert_eq!(names(ALL), order);
    assert_eq!(names(&[]), order);
}

#[test]
fn what_is_not_installed_is_skipped_by_name() {
    let skipped: Vec<_> = steps(&[])
        .iter()
        .filter_map(|step| match step.run {
            Run::Skip(why) => Some((step.name, why)),
            _ => None,
        })
        .collect();
    assert_eq!(
        skipped,
        [
            ("doctests", "there are none"),
            ("instructions", NO_VALGRIND),
            ("deny", NOT_INSTALLED),
            ("machete", NOT_INSTALLED)
        ]
    );
    assert!(!steps(ALL).iter().any(|step| matches!(step.run, Run::Skip(_))));
}

#[test]
fn every_step_says_how_to_repeat_it() {
    let again: Vec<String> = steps(ALL).into_iter().map(|step| step.again).collect();
    assert!(again.contains(&"cargo clippy --workspace --all-targets -- -D warnings".to_owned()), "{again:?}");
    assert!(again.contains(&"RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps".to_owned()));
    assert!(again.contains(&"cargo xtask surface --check".to_owned()));
    assert!(!again.iter().any(|command| command.contains("RUSTFLAGS=")));
}

#[test]
fn the_tests_run_beside_postgres_and_may_not_go_without() {
    for assets in [ALL, &[]] {
        let beside: Vec<Step> = steps(assets)
            .into_iter()
            .filter(|step| matches!(step.run, Run::Cargo { postgres: true, .. }))
            .collect();
        let [tests] = beside.as_slice() else { panic!("one step needs the server") };
        assert_eq!(tests.name, "tests");
        let required = "LINK_PLATFORM_TEST_POSTGRES=required cargo xtask pg -- cargo ";
        assert!(tests.again.contains(required), "{}", tests.again);
    }
}

#[test]
fn the_table_tells_each_step_its_end_and_the_total() {
    let ended = [
        ("fmt", Outcome::Passed, Duration::from_millis(1_250)),
        ("deny", Outcome::Skipped(NOT_INSTALLED), Duration::ZERO),
        ("tests", Outcome::Failed, Duration::from_secs(61)),
    ];
    assert_eq!(
        table(&ended),
        "step          seconds\n\
         fmt               1.2  ok\n\
         deny              0.0  skipped: not installed\n\
         tests            61.0  FAILED\n\
         total            62.2"
    );
}

#[test]
fn only_rust_blocks_count_as_examples() {
    assert!(shows_example("/// Does.\n///\n/// ```\n/// let a = 1;\n/// ```\n"));
    assert!(shows_example("//! ```rust\n//! ```\n"));
    assert!(!shows_example("/// ```text\n/// plain\n/// ```\nfn a() {}\n"));
    assert!(!shows_example("// ```\nlet a = \"```\";\n"));
}
