//! Settings: flags before environment variables before the configuration file before defaults.

mod rules;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use http::HeaderName;
use ipnet::{IpNet, Ipv4Net};
use link_platform::{
    Config, Database, Durability, Handle, Journal, Limits, MailRoute, MailRouteFault, Plan, PlanRules,
    PublicUrls, ScopeChallenge, SignUps,
};
use serde::Deserialize;

use crate::listener;

/// Where Cloudflare names a visitor's country and region.
const CLOUDFLARE: HeaderName = HeaderName::from_static("cf-ipcountry");
const CLOUDFLARE_REGION: HeaderName = HeaderName::from_static("cf-region-code");

/// As given; what is missing is looked for in the file, then defaults stand.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct SettingArgs {
    /// TOML file with any of these settings by their long names
    #[arg(long, global = true, env = "LINK_PLATFORM_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Address to listen on; port 0 lets the system choose [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "LINK_PLATFORM_LISTEN", value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Connections at most; at the bound those that rest are closed for new ones [default: nearly as many as there may be
    /// open files]
    #[arg(long, global = true, env = "LINK_PLATFORM_CONNECTIONS", value_name = "COUNT")]
    connections: Option<u32>,
    /// Connections of one address, or of one /64 network of IPv6, 0 for any number; this machine and trusted proxies are
    /// not counted [default: 256]
    #[arg(long, global = true, env = "LINK_PLATFORM_CONNECTIONS_PER_ADDRESS", value_name = "COUNT")]
    connections_per_address: Option<u32>,
    /// Certificate for TLS in PEM, followed by those that lead to its authority; read again when it changes [default:
    /// none, plain HTTP]
    #[arg(long, global = true, env = "LINK_PLATFORM_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM, unencrypted
    #[arg(long, global = true, env = "LINK_PLATFORM_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Folder for everything that has no other place [default: ./data]
    #[arg(long, global = true, env = "LINK_PLATFORM_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Store: sqlite://FILE, or postgres://USER:PASSWORD@HOST:PORT/DATABASE for several nodes [default:
    /// sqlite://{data-dir}/link-platform.db]
    #[arg(
        long,
        global = true,
        env = "LINK_PLATFORM_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_url: Option<String>,
    /// Connections of this node to PostgreSQL at most [default: 16]
    #[arg(long, global = true, env = "LINK_PLATFORM_DATABASE_CONNECTIONS", value_name = "COUNT")]
    database_connections: Option<u32>,
    /// Blobs [default: file://{data-dir}/blobs]; nothing is stored there yet
    #[arg(long, global = true, env = "LINK_PLATFORM_BLOB_URL", value_name = "URL")]
    blob_url: Option<String>,
    /// Domain below which handles have their hosts [default: localhost]
    #[arg(long, global = true, env = "LINK_PLATFORM_PUBLIC_DOMAIN", value_name = "DOMAIN")]
    public_domain: Option<String>,
    /// Scheme of public addresses [default: http on localhost without TLS, else https]
    #[arg(long, global = true, env = "LINK_PLATFORM_PUBLIC_SCHEME", value_name = "SCHEME")]
    public_scheme: Option<Scheme>,
    /// Port of public addresses [default: the listen port on localhost, else none]
    #[arg(long, global = true, env = "LINK_PLATFORM_PUBLIC_PORT", value_name = "PORT")]
    public_port: Option<u16>,
    /// Origin of the API [default: SCHEME://localhost:PORT on localhost, else https://ai.{domain}]
    #[arg(long, global = true, env = "LINK_PLATFORM_API_URL", value_name = "URL")]
    api_url: Option<String>,
    /// Memory of links that are visited, in MB: about 200 bytes a link [default: 512]
    #[arg(long, global = true, env = "LINK_PLATFORM_ROUTE_MEMORY_MB", value_name = "MB")]
    route_memory_mb: Option<u32>,
    /// Database of addresses for the countries of visitors, in MaxMind's format [default: none]
    #[arg(long, global = true, env = "LINK_PLATFORM_GEOIP_DB", value_name = "FILE")]
    geoip_db: Option<PathBuf>,
    /// Header in which trusted proxies name a visitor's country; they must set or drop it themselves [default:
    /// CF-IPCountry where there are trusted proxies]
    #[arg(long, global = true, env = "LINK_PLATFORM_COUNTRY_HEADER", value_name = "NAME")]
    country_header: Option<String>,
    /// Header in which they name the region, believed where they name the country [default: CF-Region-Code there]
    #[arg(long, global = true, env = "LINK_PLATFORM_REGION_HEADER", value_name = "NAME")]
    region_header: Option<String>,
    /// Handle that is meant where neither host nor arguments name one [default: none]
    #[arg(long, global = true, env = "LINK_PLATFORM_DEFAULT_HANDLE", value_name = "HANDLE")]
    default_handle: Option<String>,
    /// Networks whose X-Forwarded-* headers are believed, with commas between them [default: none]
    #[arg(
        long,
        global = true,
        env = "LINK_PLATFORM_TRUSTED_PROXIES",
        value_name = "CIDR,…",
        value_delimiter = ','
    )]
    trusted_proxies: Option<Vec<IpNet>>,
    /// Plan of new accounts [default: ENTERPRISE without a daily write quota]
    #[arg(long, global = true, env = "LINK_PLATFORM_DEFAULT_PLAN", value_name = "PLAN")]
    default_plan: Option<PlanName>,
    /// Writes a day of accounts on ENTERPRISE [default: any number; the product's figure is 500]
    #[arg(long, global = true, env = "LINK_PLATFORM_ENTERPRISE_WRITES_PER_DAY", value_name = "COUNT")]
    enterprise_writes_per_day: Option<u32>,
    /// Let health checks and fetches of OAuth clients' documents reach loopback and private addresses, and documents be
    /// plain http [default: false]
    #[arg(long, global = true, env = "LINK_PLATFORM_ALLOW_PRIVATE_TARGETS", value_name = "BOOL")]
    allow_private_targets: Option<bool>,
    /// What an answered click survives: process (a killed process), disk (power loss), memory (the last 10 ms are at
    /// risk) [default: process]
    #[arg(long, global = true, env = "LINK_PLATFORM_CLICK_DURABILITY", value_name = "MODE")]
    click_durability: Option<DurabilityMode>,
    /// Megabytes of clicks that may wait to be counted; beyond, visitors are redirected and not counted [default: 1024]
    #[arg(long, global = true, env = "LINK_PLATFORM_CLICK_JOURNAL_MB", value_name = "MB")]
    click_journal_mb: Option<u32>,
    /// Days that clicks are kept one by one, 0 for ever; their hourly counts are kept for ever [default: 400]
    #[arg(long, global = true, env = "LINK_PLATFORM_CLICK_RETENTION_DAYS", value_name = "DAYS")]
    click_retention_days: Option<u32>,
    /// Limit calls per actor and address [default: true]
    #[arg(long, global = true, env = "LINK_PLATFORM_RATE_LIMITS", value_name = "BOOL")]
    rate_limits: Option<bool>,
    /// Who may have an account: open (whoever reads a mailbox), closed (whom the operator makes one) [default: open]
    #[arg(long, global = true, env = "LINK_PLATFORM_SIGNUP", value_name = "WHO")]
    signup: Option<SignupMode>,
    /// How connectors on MCP are told that a tool needs more scopes: envelope (in its result), http (with status 403, at
    /// which some clients ask the person for more) [default: envelope]
    #[arg(long, global = true, env = "LINK_PLATFORM_SCOPE_CHALLENGE", value_name = "FORM")]
    scope_challenge: Option<ChallengeForm>,
    /// Mail server: smtps://USER:PASSWORD@HOST:PORT, or smtp://… for STARTTLS [default: none, mails are written into
    /// {data-dir}/outbox]
    #[arg(long, global = true, env = "LINK_PLATFORM_SMTP_URL", hide_env_values = true, value_name = "URL")]
    smtp_url: Option<String>,
    /// Sender of mails, such as Links <links@example.com> [default: links@{domain}]
    #[arg(long, global = true, env = "LINK_PLATFORM_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Log filter [default: info]
    #[arg(long, global = true, env = "LINK_PLATFORM_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// Log format [default: pretty on a terminal, else json]
    #[arg(long, global = true, env = "LINK_PLATFORM_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// File with the installation's secret [default: {data-dir}/secret.key]
    #[arg(long, global = true, env = "LINK_PLATFORM_SECRET_KEY_FILE", value_name = "FILE")]
    secret_key_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Pretty,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DurabilityMode {
    Process,
    Disk,
    Memory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ChallengeForm {
    Envelope,
    Http,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SignupMode {
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[value(rename_all = "UPPER")]
pub(crate) enum PlanName {
    Free,
    Pro,
    Enterprise,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scheme {
    Http,
    Https,
}

impl PlanName {
    pub(crate) fn plan(self) -> Plan {
        match self {
            Self::Free => Plan::Free,
            Self::Pro => Plan::Pro,
            Self::Enterprise => Plan::Enterprise,
        }
    }
}

/// All settled, but for what depends on the port that is really listened on.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) log: String,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) remarks: Vec<&'static str>,
    database: Database,
    domain: String,
    api: Option<String>,
    given: SettingArgs,
    default_handle: Option<Handle>,
    country_header: HeaderName,
    region_header: HeaderName,
    mail: MailRoute,
}

impl SettingArgs {
    /// Settles what is given. All faults are said at once, each with the setting's name.
    pub(crate) fn settle(self) -> anyhow::Result<Settings> {
        let given = match &self.config {
            Some(path) => read(path)?.under(self),
            None => self,
        };
        let data_dir = given.data_dir.clone().unwrap_or_else(|| PathBuf::from("./data"));
        let mut faults = Vec::new();
        let database = check("database-url", given.database_url.as_deref(), rules::database, &mut faults);
        let domain = check("public-domain", given.public_domain.as_deref(), rules::domain, &mut faults);
        let api = check("api-url", given.api_url.as_deref(), rules::origin, &mut faults);
        let handle = given.default_handle.as_deref().filter(|text| !text.is_empty());
        let parse = |text: &str| Handle::parse(text).map_err(|fault| fault.to_string());
        let default_handle = check("default-handle", handle, parse, &mut faults);
        let name = |text: &str| text.parse().map_err(|_| format!("'{text}' is no name of a header"));
        let country_header = check("country-header", given.country_header.as_deref(), name, &mut faults);
        let region_header = check("region-header", given.region_header.as_deref(), name, &mut faults);
        let domain_or_local = domain.clone().unwrap_or_else(|| "localhost".to_owned());
        let mail = given.mail(&data_dir, &domain_or_local);
        faults.extend(mail.fault().map(|fault| match fault {
            MailRouteFault::Server(why) => format!("smtp-url: {why}"),
            MailRouteFault::Sender(why) => format!("mail-from: {why}"),
        }));
        if given.database_connections.is_some_and(|count| !(2..=1_000).contains(&count)) {
            faults.push("database-connections: between 2 and 1000".to_owned());
        }
        if given.connections.is_some_and(|count| count < 16) {
            faults.push("connections: at least 16".to_owned());
        }
        if given.tls_cert.is_some() != given.tls_key.is_some() {
            let (missing, there) =
                if given.tls_key.is_none() { ("tls-key", "tls-cert") } else { ("tls-cert", "tls-key") };
            faults.push(format!("{missing}: needed together with {there}"));
        }
        if given.enterprise_writes_per_day == Some(0) {
            faults.push("enterprise-writes-per-day: at least 1; leave it out for any number".to_owned());
        }
        if given.route_memory_mb.is_some_and(|megabytes| megabytes < 16) {
            faults.push("route-memory-mb: at least 16".to_owned());
        }
        if given.click_journal_mb.is_some_and(|megabytes| megabytes < 64) {
            faults.push("click-journal-mb: at least 64".to_owned());
        }
        if given.click_retention_days.is_some_and(|days| days > 36_500) {
            faults.push("click-retention-days: at most 36500".to_owned());
        }
        if !faults.is_empty() {
            bail!("{}", faults.join("; "));
        }
        let connections = given.database_connections.unwrap_or(Database::CONNECTIONS);
        let database = match database {
            Some(Database::Postgres { url, .. }) => Database::Postgres { url, connections },
            Some(other) => other,
            None => Database::File(data_dir.join("link-platform.db")),
        };
        let mut remarks = Vec::new();
        if given.blob_url.is_some() {
            remarks.push("blob-url is set, but nothing is stored as a blob yet");
        }
        Ok(Settings {
            listen: given.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            log: given.log.clone().unwrap_or_else(|| "info".to_owned()),
            log_format: given.log_format,
            remarks,
            database,
            domain: domain_or_local,
            api,
            given: Self { data_dir: Some(data_dir), ..given },
            default_handle,
            country_header: country_header.unwrap_or(CLOUDFLARE),
            region_header: region_header.unwrap_or(CLOUDFLARE_REGION),
            mail,
        })
    }

    fn mail(&self, data_dir: &Path, domain: &str) -> MailRoute {
        let Some(url) = self.smtp_url.clone() else { return MailRoute::in_folder(data_dir) };
        let from = self.mail_from.clone().unwrap_or_else(|| format!("links@{domain}"));
        MailRoute::Smtp { url, from }
    }

    /// What is given here, and what is not is taken from `self`, the file.
    fn under(self, over: Self) -> Self {
        Self {
            config: over.config,
            listen: over.listen.or(self.listen),
            connections: over.connections.or(self.connections),
            connections_per_address: over.connections_per_address.or(self.connections_per_address),
            tls_cert: over.tls_cert.or(self.tls_cert),
            tls_key: over.tls_key.or(self.tls_key),
            data_dir: over.data_dir.or(self.data_dir),
            database_url: over.database_url.or(self.database_url),
            database_connections: over.database_connections.or(self.database_connections),
            blob_url: over.blob_url.or(self.blob_url),
            public_domain: over.public_domain.or(self.public_domain),
            public_scheme: over.public_scheme.or(self.public_scheme),
            public_port: over.public_port.or(self.public_port),
            api_url: over.api_url.or(self.api_url),
            route_memory_mb: over.route_memory_mb.or(self.route_memory_mb),
            geoip_db: over.geoip_db.or(self.geoip_db),
            country_header: over.country_header.or(self.country_header),
            region_header: over.region_header.or(self.region_header),
            default_handle: over.default_handle.or(self.default_handle),
            trusted_proxies: over.trusted_proxies.or(self.trusted_proxies),
            default_plan: over.default_plan.or(self.default_plan),
            enterprise_writes_per_day: over.enterprise_writes_per_day.or(self.enterprise_writes_per_day),
            allow_private_targets: over.allow_private_targets.or(self.allow_private_targets),
            click_durability: over.click_durability.or(self.click_durability),
            click_journal_mb: over.click_journal_mb.or(self.click_journal_mb),
            click_retention_days: over.click_retention_days.or(self.click_retention_days),
            rate_limits: over.rate_limits.or(self.rate_limits),
            signup: over.signup.or(self.signup),
            scope_challenge: over.scope_challenge.or(self.scope_challenge),
            smtp_url: over.smtp_url.or(self.smtp_url),
            mail_from: over.mail_from.or(self.mail_from),
            log: over.log.or(self.log),
            log_format: over.log_format.or(self.log_format),
            secret_key_file: over.secret_key_file.or(self.secret_key_file),
        }
    }
}

impl Settings {
    /// The store.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// What the platform is started with, given the port that visitors reach it at.
    pub(crate) fn config(&self, port: u16) -> Config {
        let given = &self.given;
        let domain = self.domain.clone();
        let local = domain == "localhost";
        let own_plain = local && given.tls_cert.is_none();
        let plain = given.public_scheme.map_or(own_plain, |scheme| scheme == Scheme::Http);
        let scheme = if plain { "http" } else { "https" };
        let public_port = given.public_port.or(local.then_some(port));
        let own_port =
            public_port.filter(|port| (scheme, *port) != ("http", 80) && (scheme, *port) != ("https", 443));
        let api = self.api.clone().unwrap_or_else(|| {
            let own = if own_plain { "http" } else { "https" };
            if local { format!("{own}://localhost:{port}") } else { format!("https://ai.{domain}") }
        });
        let data_dir = given.data_dir.clone().unwrap_or_default();
        let secret = given.secret_key_file.clone().unwrap_or_else(|| data_dir.join("secret.key"));
        Config {
            database: self.database.clone(),
            journal: self.journal(&data_dir),
            click_retention: self.retention(),
            secret_file: Some(secret),
            urls: PublicUrls { domain, scheme: scheme.to_owned(), port: own_port, api },
            default_handle: self.default_handle.clone(),
            limits: given.rate_limits.unwrap_or(true).then(Limits::default),
            plans: PlanRules {
                start: given.default_plan.map_or(PlanRules::default().start, PlanName::plan),
                enterprise_writes: given.enterprise_writes_per_day,
            },
            allow_private_targets: given.allow_private_targets.unwrap_or(false),
            scope_challenge: match given.scope_challenge {
                None | Some(ChallengeForm::Envelope) => ScopeChallenge::Envelope,
                Some(ChallengeForm::Http) => ScopeChallenge::Http,
            },
            sign_ups: match given.signup {
                None | Some(SignupMode::Open) => SignUps::Open,
                Some(SignupMode::Closed) => SignUps::Closed,
            },
            mail: self.mail.clone(),
            trusted_proxies: given.trusted_proxies.clone().unwrap_or_default(),
            country_header: Some(self.country_header.clone()),
            route_memory: given.route_memory_mb.map_or(Config::ROUTE_MEMORY, |megabytes| {
                usize::try_from(u64::from(megabytes) << 20).unwrap_or(usize::MAX)
            }),
            region_header: Some(self.region_header.clone()),
            geoip_db: given.geoip_db.clone(),
        }
    }
}

impl Settings {
    /// What connections may cost where the process may have so many handles.
    pub(crate) fn limits(&self, handles: usize) -> listener::Limits {
        let given = &self.given;
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let per_address = given.connections_per_address.map_or(listener::Limits::PER_ADDRESS, count);
        // Whoever connects from this machine is its operator, or a proxy that speaks for all the world.
        let machine = [
            IpNet::from(Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8)),
            IpNet::from(IpAddr::from(Ipv6Addr::LOCALHOST)),
        ];
        listener::Limits {
            connections: given.connections.map_or(listener::Limits::connections_for(handles), count),
            per_address: (per_address > 0).then_some(per_address),
            exempt: machine.into_iter().chain(given.trusted_proxies.iter().flatten().copied()).collect(),
            ..listener::Limits::default()
        }
    }

    /// The files for TLS, where it is spoken.
    pub(crate) fn tls(&self) -> Option<listener::TlsFiles> {
        let (certificate, key) = self.given.tls_cert.clone().zip(self.given.tls_key.clone())?;
        Some(listener::TlsFiles { certificate, key })
    }

    fn journal(&self, data_dir: &Path) -> Journal {
        let durability = match self.given.click_durability.unwrap_or(DurabilityMode::Process) {
            DurabilityMode::Process => Durability::Process,
            DurabilityMode::Disk => Durability::Disk,
            DurabilityMode::Memory => Durability::Memory,
        };
        let given = self.given.click_journal_mb.map(|megabytes| u64::from(megabytes) << 20);
        let capacity = given.unwrap_or(Journal::CAPACITY);
        Journal::Folder { path: data_dir.join("journal"), durability, capacity }
    }

    fn retention(&self) -> Option<Duration> {
        match self.given.click_retention_days {
            None => Some(Config::CLICK_RETENTION),
            Some(0) => None,
            Some(days) => Some(Duration::from_hours(u64::from(days) * 24)),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<SettingArgs> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the configuration file {}", path.display()))?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        // Not the line itself: there may be a password in it.
        let line = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
        anyhow!("the configuration file {}, line {line}: {}", path.display(), error.message())
    })
}

/// What a rule makes of a setting, where it is given; what is wrong with it goes to the faults.
fn check<T>(
    name: &str,
    given: Option<&str>,
    rule: impl Fn(&str) -> Result<T, String>,
    faults: &mut Vec<String>,
) -> Option<T> {
    rule(given?).map_err(|fault| faults.push(format!("{name}: {fault}"))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_said_at_once_with_their_settings() {
        let text = |text: &str| Some(text.to_owned());
        let given = SettingArgs {
            database_url: text("mysql://localhost"),
            public_domain: text("https://example.com"),
            api_url: text("ai.example.com"),
            default_handle: text("No Handle"),
            ..SettingArgs::default()
        };
        let said = given.settle().expect_err("four faults").to_string();
        for name in ["database-url: ", "public-domain: ", "api-url: ", "default-handle: "] {
            assert!(said.contains(name), "{name} in {said}");
        }
    }

    #[test]
    fn mails_go_to_the_server_that_is_named_and_else_into_the_folder() {
        let mail = |url: Option<&str>, from: Option<&str>| {
            let text = |text: &str| text.to_owned();
            let given = SettingArgs {
                public_domain: Some(text("example.com")),
                smtp_url: url.map(text),
                mail_from: from.map(text),
                ..SettingArgs::default()
            };
            given.settle().map(|settings| settings.config(80).mail).map_err(|error| error.to_string())
        };
        assert_eq!(mail(None, None), Ok(MailRoute::Folder("./data/outbox".into())));
        let url = "smtps://me:secret@mail.example.com";
        let route = MailRoute::Smtp { url: url.to_owned(), from: "links@example.com".to_owned() };
        assert_eq!(mail(Some(url), None), Ok(route.clone()));
        assert!(!format!("{route:?}").contains("secret"));
        let fault = mail(Some("smtp://me:secret@10.0.0.1?tls=none"), None).expect_err("in the open");
        assert!(fault.starts_with("smtp-url: ") && !fault.contains("secret"), "{fault}");
        let fault = mail(Some(url), Some("nobody")).expect_err("no sender");
        assert!(fault.starts_with("mail-from: "), "{fault}");
    }

    #[test]
    fn an_empty_domain_is_refused_and_a_missing_one_is_localhost() {
        let given = SettingArgs { public_domain: Some(String::new()), ..SettingArgs::default() };
        assert!(given.settle().is_err());
        let config = SettingArgs::default().settle().expect("defaults are good").config(8_080);
        assert_eq!(
            (config.urls.domain.as_str(), config.urls.api.as_str()),
            ("localhost", "http://localhost:8080")
        );
    }

    #[test]
    fn tls_needs_both_files_and_makes_addresses_https() {
        let given = SettingArgs { tls_cert: Some("cert.pem".into()), ..SettingArgs::default() };
        let said = given.clone().settle().expect_err("no key").to_string();
        assert_eq!(said, "tls-key: needed together with tls-cert");
        let settings = SettingArgs { tls_key: Some("key.pem".into()), ..given }.settle().expect("both");
        let urls = settings.config(8_443).urls;
        assert_eq!(
            (urls.scheme.as_str(), urls.port, urls.api.as_str()),
            ("https", Some(8_443), "https://localhost:8443")
        );
    }

    #[test]
    fn this_machine_and_trusted_proxies_are_not_counted_by_address() {
        let proxies = vec!["192.0.2.0/24".parse().expect("a network")];
        let given = SettingArgs { trusted_proxies: Some(proxies), ..SettingArgs::default() };
        let exempt = given.settle().expect("good").limits(1_024).exempt;
        for (address, free) in
            [("127.0.0.9", true), ("::1", true), ("192.0.2.7", true), ("::2", false), ("198.51.100.1", false)]
        {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(exempt.iter().any(|network| network.contains(&address)), free, "{address}");
        }
    }

    #[test]
    fn no_connections_per_address_means_any_number() {
        let most = |count| {
            let given = SettingArgs { connections_per_address: count, ..SettingArgs::default() };
            given.settle().expect("good").limits(1_024).per_address
        };
        assert_eq!((most(None), most(Some(3)), most(Some(0))), (Some(256), Some(3), None));
    }
}
