use std::path::{Path, PathBuf};

use ipnet::IpNet;
use lp_application::{Limits, PublicUrls};
use lp_core::Handle;

/// What a platform is started with. [`Config::local`] is enough for a first one.
#[derive(Debug, Clone)]
pub struct Config {
    /// The embedded store's file; `None`: in memory, gone with the process.
    pub database: Option<PathBuf>,
    /// The file with the installation's secret; `None`: a fresh one that is gone with the process.
    pub secret_file: Option<PathBuf>,
    /// Where the platform can be reached.
    pub urls: PublicUrls,
    /// The handle that is meant where nothing names one.
    pub default_handle: Option<Handle>,
    /// `None` turns rate limits off.
    pub limits: Option<Limits>,
    /// Lets health checks reach loopback and private addresses: for tests and closed networks.
    pub allow_private_targets: bool,
    /// Proxies whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
}

impl Config {
    /// One that keeps everything in a folder and is reached on `localhost` at this port.
    pub fn local(data_dir: &Path, port: u16) -> Self {
        Self {
            database: Some(data_dir.join("link-platform.db")),
            secret_file: Some(data_dir.join("secret.key")),
            urls: PublicUrls {
                domain: "localhost".to_owned(),
                scheme: "http".to_owned(),
                port: Some(port),
                api: format!("http://localhost:{port}"),
            },
            default_handle: None,
            limits: Some(Limits::default()),
            allow_private_targets: false,
            trusted_proxies: Vec::new(),
        }
    }
}
