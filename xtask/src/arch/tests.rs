use super::{Crate, Purpose, Use, crates, faults, takes_workspace_lints};
use crate::workspace;

fn member(name: &str, layer: &str, shipped: &[&str], tests: &[&str]) -> Crate {
    let uses = |names: &[&str], purpose| -> Vec<Use> {
        names.iter().map(|name| Use { name: (*name).to_owned(), purpose }).collect()
    };
    let mut all = uses(shipped, Purpose::Shipped);
    all.extend(uses(tests, Purpose::Tests));
    Crate { name: name.to_owned(), layer: Some(layer.to_owned()), workspace_lints: true, uses: all }
}

/// A sound workspace in small, with one more crate in it.
fn with(extra: Crate) -> Vec<String> {
    let mut crates = vec![
        member("lp-core", "core", &["serde", "url"], &["proptest"]),
        member("lp-access", "domain", &["lp-core", "sha2"], &[]),
        member("lp-links", "domain", &["lp-core", "thiserror"], &["proptest"]),
        member("lp-personalization", "domain", &["lp-core", "lp-links"], &[]),
        member("lp-ports", "ports", &["lp-core", "lp-links", "async-trait", "mockall"], &[]),
        member("lp-application", "application", &["lp-ports", "schemars"], &["tokio", "lp-testkit"]),
        member("lp-adapters-sqlite", "adapter", &["lp-ports", "sqlx"], &["lp-testkit"]),
        member("lp-http-api", "front", &["lp-application", "axum"], &["lp-testkit"]),
        member("link-platform", "assembly", &["lp-adapters-sqlite", "lp-http-api"], &[]),
        member("lp-testkit", "test", &["lp-adapters-sqlite", "lp-application"], &[]),
    ];
    crates.retain(|known| known.name != extra.name);
    crates.push(extra);
    faults(&crates)
}

#[test]
fn a_domain_crate_may_not_use_tokio() {
    assert_eq!(
        with(member("lp-links", "domain", &["lp-core", "tokio"], &[])),
        ["lp-links (domain) may not use the outside crate tokio"]
    );
}

#[test]
fn the_tests_of_a_domain_crate_may_not_use_tokio_either() {
    assert_eq!(
        with(member("lp-links", "domain", &[], &["insta", "tokio"])),
        ["lp-links (domain) may not use the outside crate tokio in its tests"]
    );
}

#[test]
fn a_domain_crate_may_not_test_with_the_test_kit() {
    assert_eq!(
        with(member("lp-links", "domain", &[], &["lp-testkit"])),
        ["lp-links (domain) may not use lp-testkit (test) in its tests"]
    );
}

#[test]
fn contexts_do_not_see_each_other_unless_the_pair_is_listed() {
    assert_eq!(
        with(member("lp-links", "domain", &["lp-access"], &[])),
        ["lp-links (domain) may not use lp-access (domain)"]
    );
    assert!(with(member("lp-personalization", "domain", &["lp-links"], &[])).is_empty());
}

#[test]
fn the_domain_does_not_see_the_ports() {
    assert_eq!(
        with(member("lp-links", "domain", &["lp-ports"], &[])),
        ["lp-links (domain) may not use lp-ports (ports)"]
    );
}

#[test]
fn a_front_sees_neither_ports_nor_adapters_nor_a_database() {
    assert_eq!(
        with(member("lp-mcp-server", "front", &["lp-ports", "lp-adapters-sqlite", "sqlx", "rmcp"], &[])),
        [
            "lp-mcp-server (front) may not use lp-ports (ports)",
            "lp-mcp-server (front) may not use lp-adapters-sqlite (adapter)",
            "lp-mcp-server (front) may not use the outside crate sqlx",
        ]
    );
}

#[test]
fn an_adapter_does_not_see_the_application() {
    assert_eq!(
        with(member("lp-adapters-web", "adapter", &["lp-application", "reqwest"], &[])),
        ["lp-adapters-web (adapter) may not use lp-application (application)"]
    );
}

#[test]
fn the_edge_sees_compiled_routes_and_no_other_context() {
    assert_eq!(
        with(member("lp-edge", "edge", &["lp-personalization", "lp-links", "arc-swap"], &[])),
        ["lp-edge (edge) may not use lp-links (domain)"]
    );
}

#[test]
fn only_the_platform_and_the_test_kit_name_an_adapter() {
    assert_eq!(
        with(member("lp-server", "assembly", &["link-platform", "lp-adapters-sqlite"], &[])),
        ["lp-server (assembly) may not use lp-adapters-sqlite (adapter)"]
    );
    assert_eq!(
        with(member("e2e", "test", &["link-platform", "lp-adapters-sqlite"], &[])),
        ["e2e (test) may not use lp-adapters-sqlite (adapter)"]
    );
}

#[test]
fn a_missing_layer_and_an_unknown_one_are_faults() {
    let mut unlabelled = member("lp-campaigns", "", &["tokio"], &[]);
    unlabelled.layer = None;
    let said = with(unlabelled);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("lp-campaigns states no layer"), "{said:?}");

    assert_eq!(
        with(member("lp-campaigns", "shared", &["tokio"], &[])),
        ["lp-campaigns states the unknown layer shared"]
    );
}

#[test]
fn a_crate_without_the_workspace_lints_is_a_fault() {
    let mut loose = member("lp-campaigns", "domain", &[], &[]);
    loose.workspace_lints = false;
    assert_eq!(with(loose), ["lp-campaigns does not say `[lints] workspace = true`"]);
}

#[test]
fn lints_are_read_from_the_manifest() {
    let says = |manifest: &str| takes_workspace_lints(manifest).expect("valid TOML");
    assert!(says("[lints]\nworkspace = true\n"));
    assert!(says("lints.workspace = true\n"));
    assert!(!says("[package]\nname = \"x\"\n"));
    assert!(!says("[lints]\nworkspace = false\n"));
    assert!(!says("[lints.rust]\nunsafe_code = \"deny\"\n"));
}

#[test]
fn this_workspace_keeps_to_its_layers() {
    let metadata = workspace::metadata().expect("the workspace has metadata");
    let crates = crates(&metadata).expect("every manifest is readable");
    assert!(crates.len() > 10, "only {} crates were looked at", crates.len());
    assert_eq!(faults(&crates), Vec::<String>::new());
}
