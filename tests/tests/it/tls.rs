//! TLS as an operator meets it: health checks, new certificates, and SIGHUP with and without them.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use e2e::{Server, Workspace};
use tempfile::TempDir;
use tokio::time::timeout;

/// Less than the server waits before it looks at the files by itself.
const AT_ONCE: Duration = Duration::from_secs(8);

/// A certificate for `localhost` and its key.
struct Files {
    _folder: TempDir,
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let files = Self { _folder: folder, certificate, key };
        files.renew();
        files
    }

    /// Puts others in their place.
    fn renew(&self) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        fs::write(&self.certificate, made.cert.pem()).expect("it writes");
        fs::write(&self.key, made.signing_key.serialize_pem()).expect("it writes");
    }

    /// Settings with these files, on a machine that trusts this certificate alone.
    fn settings(&self) -> Workspace {
        Workspace::new()
            .with("LINK_PLATFORM_TLS_CERT", &self.certificate)
            .with("LINK_PLATFORM_TLS_KEY", &self.key)
            .with("SSL_CERT_FILE", &self.certificate)
    }
}

async fn is_healthy(workspace: &Workspace, arguments: &[&str]) -> bool {
    workspace.run(&[&["health"], arguments].concat()).await.status.success()
}

fn url(server: &Server) -> String {
    format!("https://localhost:{}", server.port)
}

#[tokio::test]
async fn health_is_asked_over_tls_where_the_server_speaks_it() {
    let files = Files::new();
    let workspace = files.settings();
    let server = workspace.serve().await;
    let (url, port) = (url(&server), server.port);
    let (own, any) = (format!("127.0.0.1:{port}"), format!("0.0.0.0:{port}"));
    for arguments in [&["--listen", &own][..], &["--live", "--listen", &any], &["--url", &url]] {
        assert!(is_healthy(&workspace, arguments).await, "{arguments:?}");
    }
    let stranger = Workspace::new();
    assert!(!is_healthy(&stranger, &["--url", &url]).await, "nobody it trusts signed the certificate");
    assert!(!is_healthy(&stranger, &["--listen", &own]).await, "its settings know nothing of TLS");
    server.terminate().await;
    assert!(!is_healthy(&workspace, &["--listen", &own]).await, "nobody is there");
}

#[tokio::test]
async fn a_hangup_has_new_certificates_shown_at_once() {
    let files = Files::new();
    let workspace = files.settings();
    let server = workspace.serve().await;
    let url = url(&server);
    assert!(is_healthy(&workspace, &["--url", &url]).await);
    files.renew();
    assert!(
        !is_healthy(&workspace, &["--url", &url]).await,
        "the one from before is shown, and trusted no more"
    );
    server.signal("HUP");
    let shown = async { while !is_healthy(&workspace, &["--url", &url]).await {} };
    timeout(AT_ONCE, shown).await.expect("the new one is shown");
    assert!(server.terminate().await.0);
}

#[tokio::test]
async fn a_hangup_without_tls_changes_nothing_and_the_log_says_so() {
    let workspace = Workspace::new();
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let server = workspace.serve_logging(&[("LINK_PLATFORM_LOG", "info")], &log).await;
    server.signal("HUP");
    let said = || fs::read_to_string(&log).expect("a log").matches("SIGHUP: nothing to reload").count();
    let noted = async {
        while said() == 0 {
            let alive = server.api("GET", "/healthz").send().await.expect("it lives");
            assert_eq!(alive.status(), 200);
        }
    };
    timeout(AT_ONCE, noted).await.expect("it is noted");
    assert!(server.terminate().await.0, "it ends as it is told to");
    assert_eq!(said(), 1);
}
