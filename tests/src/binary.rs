//! The process under test.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A data folder, and the binary to use on it.
pub struct Workspace {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// A running server.
pub struct Server {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it printed before it listened.
    pub greeting: Vec<String>,
    /// Where it listens.
    pub port: u16,
    client: Client,
}

impl Workspace {
    /// An empty one.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), variables: Vec::new() }
    }

    /// The same on a database that it may share with others.
    #[must_use]
    pub fn on(mut self, database: &str) -> Self {
        self.variables.push(("LINK_PLATFORM_DATABASE_URL", database.to_owned()));
        self
    }

    /// The same with a secret of others.
    #[must_use]
    pub fn sharing(self, secret: &Path) -> Self {
        self.with("LINK_PLATFORM_SECRET_KEY_FILE", secret)
    }

    /// The same with the path of a file in a variable of the environment.
    #[must_use]
    pub fn with(mut self, variable: &'static str, file: &Path) -> Self {
        self.variables.push((variable, file.to_string_lossy().into_owned()));
        self
    }

    /// The same with a setting.
    #[must_use]
    pub fn setting(mut self, variable: &'static str, value: &str) -> Self {
        self.variables.push((variable, value.to_owned()));
        self
    }

    /// One with handle `hello` and its token.
    pub async fn bootstrapped() -> (Self, String) {
        let workspace = Self::new();
        let pat = workspace.bootstrap("hello").await;
        (workspace, pat)
    }

    /// Makes a handle; gives its token.
    pub async fn bootstrap(&self, handle: &str) -> String {
        let email = format!("{handle}@example.com");
        let made = self
            .run(&[
                "bootstrap",
                "--email",
                &email,
                "--password",
                "correct horse",
                "--handle",
                handle,
                "--json",
            ])
            .await;
        let line = String::from_utf8(made.stdout).expect("text");
        let made: Value = serde_json::from_str(line.lines().last().expect("a line")).expect("JSON");
        made["pat"].as_str().expect("a token").to_owned()
    }

    /// The folder of the data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where its secret is, once it has one.
    pub fn secret(&self) -> PathBuf {
        self.data().join("secret.key")
    }

    /// Runs a command to its end.
    pub async fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().await.expect("the binary runs")
    }

    /// Runs a command that reads this.
    pub async fn feed(&self, args: &[&str], input: &str) -> Output {
        let file = self.folder.path().join("input");
        std::fs::write(&file, input).expect("a file");
        let mut command = self.command(args);
        command.stdin(std::fs::File::open(&file).expect("the file"));
        command.output().await.expect("the binary runs")
    }

    /// Starts the server on a port of the system's choice and waits until it listens.
    pub async fn serve(&self) -> Server {
        self.serve_with(&[]).await
    }

    /// Starts the server on a port that it had before.
    pub async fn serve_at(&self, port: u16) -> Server {
        self.start(&format!("127.0.0.1:{port}"), &[]).await
    }

    /// Starts it on any port with further environment variables.
    pub async fn serve_with(&self, variables: &[(&str, &str)]) -> Server {
        self.start("127.0.0.1:0", variables).await
    }

    /// The same with what it logs in a file.
    pub async fn serve_logging(&self, variables: &[(&str, &str)], log: &Path) -> Server {
        let log = std::fs::File::create(log).expect("a file");
        self.start_to("127.0.0.1:0", variables, log.into()).await
    }

    async fn start(&self, address: &str, variables: &[(&str, &str)]) -> Server {
        self.start_to(address, variables, Stdio::inherit()).await
    }

    async fn start_to(&self, address: &str, variables: &[(&str, &str)], log: Stdio) -> Server {
        let mut command = self.command(&["serve", "--listen", address]);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
        let mut greeting = Vec::new();
        let port = loop {
            let line = lines.next_line().await.expect("text").expect("the server says where it listens");
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port");
            }
            greeting.push(line);
        };
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        Server { child, lines, greeting, port, client: client.expect("a client") }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .env_clear()
            .env("LINK_PLATFORM_DATA_DIR", self.data())
            .env("LINK_PLATFORM_LOG", "error")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("LINK_PLATFORM_RATE_LIMITS", "false").stdin(Stdio::null());
        command
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// A request to the API host.
    pub fn api(&self, method: &str, path: &str) -> RequestBuilder {
        self.on("localhost", method, path)
    }

    /// A request to any host of the server.
    pub fn on(&self, host: &str, method: &str, path: &str) -> RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        self.client.request(method, url).header("host", format!("{host}:{}", self.port))
    }

    /// Tells the process to end and waits for it; gives whether it ended well, and what it still said.
    pub async fn terminate(mut self) -> (bool, Vec<String>) {
        self.signal("TERM");
        let status = self.child.wait().await.expect("it ends");
        let mut rest = Vec::new();
        while let Ok(Some(line)) = self.lines.next_line().await {
            rest.push(line);
        }
        (status.success(), rest)
    }

    /// The same at any moment of somebody else's; it is waited for when the server is dropped.
    pub fn kill_now(&self) {
        self.signal("KILL");
    }

    /// Sends the process a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let told = std::process::Command::new("sh").args(["-c", "kill -\"$1\" \"$0\"", &id, name]).status();
        assert!(told.expect("a signal").success());
    }

    /// Ends the process at once, as `kill -9` does.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it ends");
    }
}

/// The binary beside this program, or above it where this is a test; `cargo xtask ci` builds it before any test.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("this test's own path");
    let folders = test.ancestors().skip(1).take(2).map(|folder| folder.join("link-platform"));
    let binary = folders.into_iter().find(|path| path.is_file()).unwrap_or_default();
    assert!(binary.exists(), "the binary is missing: run `cargo build --workspace --all-targets` first");
    binary
}
