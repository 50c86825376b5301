//! What an installation stands on besides the server: the version, the shell's completions, the manual, the unit file.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use e2e::Workspace;

const COMMANDS: &[&str] = &[
    "serve",
    "migrate",
    "bootstrap",
    "call",
    "plan",
    "oauth-client",
    "verify-counts",
    "rotate-key",
    "audit",
    "doctor",
    "health",
    "openapi",
    "mcp-catalogue",
    "errors",
    "completions",
    "man",
];

async fn printed(arguments: &[&str]) -> String {
    let ended = Workspace::new().run(arguments).await;
    assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).expect("text")
}

fn said(ended: &Output) -> String {
    String::from_utf8_lossy(&[ended.stdout.as_slice(), ended.stderr.as_slice()].concat()).into_owned()
}

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test]
async fn the_list_of_commands_here_is_that_of_the_program() {
    let help = printed(&["--help"]).await;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed: Vec<_> = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert_eq!(listed, COMMANDS);
}

#[tokio::test]
async fn the_version_names_its_commit_where_that_is_known() {
    let version = printed(&["--version"]).await;
    let rest = version.trim_end().strip_prefix(concat!("link-platform ", env!("CARGO_PKG_VERSION")));
    let rest = rest.expect("name and version");
    // A tarball of the sources has no commit.
    if rest.is_empty() {
        return;
    }
    let build = rest.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')')).expect("in brackets");
    let (commit, date) = build.split_once(' ').unwrap_or((build, "2026-01-01"));
    assert!(commit.chars().all(|c| c.is_ascii_alphanumeric()) && commit.len() <= 12, "{version}");
    let numbers: Vec<u32> = date.split('-').map(|part| part.parse().expect("a number")).collect();
    let [year, month, day] = numbers[..] else { panic!("{version}") };
    assert!(year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day), "{version}");
}

#[tokio::test]
async fn shells_complete_every_command_and_bash_and_zsh_every_operation() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]).await;
        for word in COMMANDS.iter().chain(&["click-durability"]) {
            assert!(script.contains(word), "{word} for {shell}");
        }
        assert!(
            script.contains("links_upsert") || !["bash", "zsh"].contains(&shell),
            "operations for {shell}"
        );
    }
}

#[tokio::test]
async fn bash_completes_within_a_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("completions");
    fs::write(&script, printed(&["completions", "bash"]).await).expect("it writes");
    let typed = r#"source "$0"
        function=$(complete -p link-platform); function=${function##*-F }; function=${function% *}
        COMP_WORDS=(link-platform "$@"); COMP_CWORD=$#
        "$function" link-platform "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        echo "${COMPREPLY[*]}""#;
    for (words, completed) in [
        (&["ver"][..], "verify-counts"),
        (&["health", "--li"], "--live --listen"),
        (&["call", "links_ups"], "links_upsert"),
        (&["verify-counts", "--click-d"], "--click-durability"),
        (&["serve", "--click-durability", "d"], "disk"),
    ] {
        let mut bash = std::process::Command::new("bash");
        let ended = bash.args(["-c", typed]).arg(&script).args(words).output().expect("bash runs");
        assert_eq!(said(&ended).trim_end(), completed, "{words:?}");
    }
}

#[tokio::test]
async fn the_manual_has_a_page_for_every_command() {
    let pages = printed(&["man"]).await;
    let titles: Vec<_> = pages.lines().filter_map(|line| line.strip_prefix(".TH ")).collect();
    assert_eq!(titles.len(), 1 + COMMANDS.len(), "{titles:?}");
    let all =
        titles.iter().all(|title| title.contains("\"link-platform ") && title.ends_with("\"Link Platform\""));
    assert!(all, "{titles:?}");
    for command in COMMANDS {
        assert!(
            titles.iter().any(|title| title.starts_with(&format!("link-platform-{command} 1 "))),
            "{command}"
        );
        let listed = format!("link-platform-{command}(1)").replace('-', "\\-");
        assert!(pages.contains(&listed), "{command} on the program's own page");
    }

    let folder = tempfile::tempdir().expect("a folder");
    let man = folder.path().join("share/man1");
    assert_eq!(printed(&["man", &man.to_string_lossy()]).await, "");
    let names = |name: &str| man.join(name).is_file();
    assert!(
        names("link-platform.1") && COMMANDS.iter().all(|name| names(&format!("link-platform-{name}.1")))
    );
}

#[tokio::test]
async fn a_running_server_is_healthy_and_none_is_not() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    let listen = format!("127.0.0.1:{}", server.port);
    let url = format!("http://{listen}");
    for arguments in [
        &["health", "--url", &url][..],
        &["health", "--live", "--url", &url],
        &["health", "--listen", &listen],
        &["health", "--listen", &format!("0.0.0.0:{}", server.port)],
    ] {
        let ended = workspace.run(arguments).await;
        assert!(ended.status.success(), "{arguments:?}: {}", said(&ended));
    }
    let other = workspace.run(&["health", "--url", &format!("{url}/v2"), "--timeout", "0"]).await;
    assert!(!other.status.success() && said(&other).contains("--timeout"), "{}", said(&other));
    server.terminate().await;
    for arguments in [&["health", "--url", &url][..], &["health", "--live", "--listen", &listen]] {
        let ended = workspace.run(arguments).await;
        assert!(!ended.status.success(), "{arguments:?}");
        assert!(said(&ended).contains("does not answer"), "{arguments:?}: {}", said(&ended));
    }
}

#[tokio::test]
async fn the_unit_and_the_image_say_only_what_the_program_takes() {
    let unit = file("packaging/systemd/link-platform.service");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a command");
    assert!(
        unit.lines().any(|line| line == "ExecReload=/bin/kill -HUP $MAINPID"),
        "what SIGHUP does is tested"
    );
    let image = file("packaging/container/Containerfile");
    let check = image.split_once("CMD [\"/usr/local/bin/link-platform\", ").expect("a health check").1;
    let check = check.split_once(']').expect("its end").0.replace(['"', ','], "");
    for words in [start.split_whitespace().skip(1).collect::<Vec<_>>(), check.split_whitespace().collect()] {
        let help = printed(&[words[0], "--help"]).await;
        for option in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.split_whitespace().any(|word| word == *option), "{option} in {help}");
        }
    }
    let help = printed(&["--help"]).await;
    let lines = image.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    let variables = lines.filter(|word| word.starts_with("LINK_PLATFORM_"));
    let variables: Vec<_> = variables.filter_map(|word| word.split_once('=')).map(|(name, _)| name).collect();
    assert!(!variables.is_empty());
    for variable in variables {
        assert!(help.contains(variable), "{variable}");
    }
}

#[tokio::test]
async fn the_default_configuration_is_taken_as_it_is_and_with_every_line_in_force() {
    let folder = tempfile::tempdir().expect("a folder");
    let ours = file("packaging/config.toml");
    // A line that is out of force begins with its setting's name.
    let whole = ours.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(char::is_alphabetic) => setting,
        _ => line,
    });
    let whole = whole.filter(|line| !line.starts_with("database-url")).collect::<Vec<_>>().join("\n");
    for text in [&ours, &whole] {
        let config = folder.path().join("config.toml");
        fs::write(&config, text).expect("it writes");
        let ended = Workspace::new().run(&["migrate", "--config", &config.to_string_lossy()]).await;
        assert!(ended.status.success(), "{}", said(&ended));
    }
}
