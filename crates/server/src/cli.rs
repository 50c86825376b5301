//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::settings::{PlanName, SettingArgs};

/// The version, and the commit it is built from where that is known.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("LINK_PLATFORM_BUILD"));
/// The day of that commit, or nothing.
pub(crate) const DATE: &str = env!("LINK_PLATFORM_BUILD_DATE");

/// Short links: visitors redirected and counted, everything operated over REST and MCP.
#[derive(Debug, Parser)]
#[command(name = "link-platform", version = VERSION, propagate_version = true)]
pub(crate) struct Cli {
    /// What to do; `serve` where nothing is said.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) settings: SettingArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything: REST, MCP, the edge and the loops behind them
    Serve,
    /// Apply schema migrations and exit; the embedded store migrates by itself, PostgreSQL only by this
    Migrate,
    /// Make an account, a handle and a token with scope `*`; a repeat changes nothing
    Bootstrap(BootstrapArgs),
    /// Run one operation of the catalogue, here or on a remote server
    Call(CallArgs),
    /// Show what an account is on, or set it
    Plan(PlanArgs),
    /// Register an app that may ask people for access over OAuth, and vouch for it
    OauthClient(OauthClientArgs),
    /// Derive the hourly counts from the clicks anew and report differences; exit code 0 only if there are none
    VerifyCounts,
    /// Put a new secret into the secret key file; nodes use it from their next start on
    RotateKey {
        /// Nothing that the secret before has signed stays good: for after a leak
        #[arg(long)]
        leaked: bool,
    },
    /// Prove the audit, or note where it stands
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check configuration, store, audit, clock and names; exit code 0 only if all is well
    Doctor,
    /// Ask a running server whether it is ready; exit code 0 only if it is
    Health(HealthArgs),
    /// Print the OpenAPI document
    Openapi,
    /// Print the MCP tools
    McpCatalogue,
    /// Print the table of error codes in Markdown
    Errors,
    /// Print what makes a shell complete this command line
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual pages, or write them into a folder
    Man {
        /// Folder for one file per command; standard output where nothing is said
        #[arg(value_hint = ValueHint::DirPath)]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Walk every chain and name each entry that is not as it was written; exit code 0 only if all is whole
    Verify {
        /// Only the chain of this handle; `_` is the installation's own
        #[arg(long)]
        handle: Option<String>,
        /// What `audit heads` printed earlier: entries up to there must be the ones of then
        #[arg(long, value_hint = ValueHint::FilePath)]
        against: Option<PathBuf>,
    },
    /// Print where every chain ends, a line of JSON each; kept elsewhere, it proves later what was there
    Heads,
}

#[derive(Debug, Args)]
pub(crate) struct BootstrapArgs {
    /// E-mail address of the account
    #[arg(long)]
    pub(crate) email: String,
    /// Password of a new account, 8 characters at least
    #[arg(long, env = "LINK_PLATFORM_BOOTSTRAP_PASSWORD", hide_env_values = true)]
    pub(crate) password: String,
    /// The handle
    #[arg(long)]
    pub(crate) handle: String,
    /// Print one line of JSON as the last on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Make a new token and revoke the one an earlier run made
    #[arg(long)]
    pub(crate) rotate_pat: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// E-mail address of the account
    #[arg(long)]
    pub(crate) email: String,
    /// The plan it shall be on
    #[arg(long)]
    pub(crate) plan: Option<PlanName>,
    /// Where its days shall begin, by the IANA database's name, for example Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    pub(crate) time_zone: Option<String>,
    /// Whether it shall be able to use OpenAnalyst
    #[arg(long, value_name = "BOOL")]
    pub(crate) openanalyst: Option<bool>,
    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OauthClientArgs {
    /// What people are told that it is called
    #[arg(long)]
    pub(crate) name: String,
    /// Where answers may go: https, or http to 127.0.0.1, [::1] or localhost with whatever port; once for each
    #[arg(long = "redirect-uri", required = true, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) redirect_uris: Vec<String>,
    /// Give it a secret, for apps that run on a server and can keep one
    #[arg(long)]
    pub(crate) secret: bool,
    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The operation's name, for example `links_upsert`
    pub(crate) operation: String,
    /// The handle it acts in
    #[arg(long)]
    pub(crate) handle: Option<String>,
    /// Its arguments, a JSON object
    #[arg(long, default_value = "{}")]
    pub(crate) json: String,
    /// What a repeat of this call is recognised by
    #[arg(long)]
    pub(crate) idempotency_key: Option<String>,
    /// Origin of a remote server, for example `https://ai.example.com`; without it the local store is used
    #[arg(long, requires = "token")]
    pub(crate) url: Option<String>,
    /// Token for the remote server
    #[arg(long, env = "LINK_PLATFORM_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// File that an import reads; standard input where nothing is said
    #[arg(long)]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// Origin of the server; the address that `serve` listens on by the same settings where nothing is said
    #[arg(long, value_hint = ValueHint::Url)]
    pub(crate) url: Option<String>,
    /// Ask only whether it answers, and not whether its store does
    #[arg(long)]
    pub(crate) live: bool,
    /// Seconds to wait for the answer
    #[arg(long, default_value = "5", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) timeout: u64,
}
