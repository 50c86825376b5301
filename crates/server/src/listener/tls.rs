//! TLS: certificates from files, and new ones without a restart.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use link_platform::adapter::Countries;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// When a certificate that ends soon is worth a line in the log; those of public authorities are renewed earlier.
const SOON: Duration = Duration::from_hours(7 * 24);

/// Where certificate and key are, both in PEM; the certificate with those that lead to its authority behind it.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What is shown to clients, and where it came from.
#[derive(Debug)]
pub(crate) struct Certificates {
    files: TlsFiles,
    shown: Arc<Shown>,
    /// What the files held when they were last looked at, good or bad: a fault is told once.
    seen: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl Certificates {
    /// Reads the files; says in clear words what is wrong with them.
    pub(crate) fn read(files: TlsFiles) -> anyhow::Result<Self> {
        let seen = files.bytes()?;
        let key = files.certified(&seen)?;
        Ok(Self { files, shown: Arc::new(Shown(RwLock::new(Arc::new(key)))), seen })
    }

    /// What takes connections with these certificates, and with those that come after them.
    pub(crate) fn acceptor(&self) -> anyhow::Result<TlsAcceptor> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(self.shown.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.ticketer = aws_lc_rs::Ticketer::new()?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Looks at the files; where they changed and are good, they are shown from now on. What is shown stays otherwise.
    pub(crate) fn look(&mut self) {
        match self.renew() {
            Ok(false) => {}
            Ok(true) => info!("the TLS certificate was changed; new connections see the new one"),
            Err(error) => {
                warn!(error.source = %format_args!("{error:#}"), "the TLS files changed and are no good; the certificate from before stays");
            }
        }
    }

    fn renew(&mut self) -> anyhow::Result<bool> {
        let bytes = match self.files.bytes() {
            Ok(bytes) => bytes,
            // Told once as well.
            Err(_) if self.seen.is_empty() => return Ok(false),
            Err(error) => {
                self.seen.clear();
                return Err(error);
            }
        };
        if bytes == self.seen {
            return Ok(false);
        }
        self.seen = bytes;
        let key = self.files.certified(&self.seen)?;
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
        Ok(true)
    }
}

impl TlsFiles {
    fn bytes(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let read =
            |path: &PathBuf| fs::read(path).with_context(|| format!("{} cannot be read", path.display()));
        Ok(vec![read(&self.certificate)?, read(&self.key)?])
    }

    fn certified(&self, bytes: &[Vec<u8>]) -> anyhow::Result<CertifiedKey> {
        let [certificate, key] = bytes else { bail!("two files are needed") };
        let path = self.certificate.display();
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<_, _>>()
            .map_err(|error| anyhow!("{path} is not PEM: {error}"))?;
        let Some(own) = chain.first() else {
            bail!("{path} has no certificate: there must be a BEGIN CERTIFICATE in it");
        };
        note_validity(own).with_context(|| format!("{path} has a certificate that cannot be read"))?;
        let path = self.key.display();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            anyhow!("{path} has no private key: there must be a BEGIN PRIVATE KEY in it, unencrypted")
        })?;
        CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                anyhow!("the key in {path} is not that of the certificate in {}", self.certificate.display())
            }
            other => anyhow!("the key in {path} cannot be used: {other}"),
        })
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Warns where a certificate is not valid now, or not for long. Clients refuse it then, which is theirs to decide.
fn note_validity(certificate: &CertificateDer<'_>) -> anyhow::Result<()> {
    let now = Duration::from_secs(UnixTime::now().as_secs());
    match Validity::at(certificate, now)? {
        Validity::Over => warn!("the TLS certificate has expired; clients will refuse it"),
        Validity::Ahead => warn!("the TLS certificate is not valid yet; clients will refuse it"),
        Validity::Now if Validity::at(certificate, now.saturating_add(SOON))? == Validity::Over => {
            warn!("the TLS certificate expires within seven days");
        }
        Validity::Now => {}
    }
    Ok(())
}

/// Where in time a certificate is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Validity {
    Ahead,
    Now,
    Over,
}

impl Validity {
    /// Nobody is trusted here, so no certificate is found good; but its time is checked before its authority.
    pub(super) fn at(certificate: &CertificateDer<'_>, since_1970: Duration) -> Result<Self, rustls::Error> {
        use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
        let parsed = ParsedCertificate::try_from(certificate)?;
        let time = UnixTime::since_unix_epoch(since_1970);
        let algorithms = provider().signature_verification_algorithms.all;
        let nobody = RootCertStore::empty();
        Ok(match verify_server_cert_signed_by_trust_anchor(&parsed, &nobody, &[], time, algorithms) {
            Err(rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. })) => Self::Over,
            Err(rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. })) => Self::Ahead,
            _ => Self::Now,
        })
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// SIGHUP, which no longer ends the process from here on.
pub(crate) fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Looks at the files now and then, and at once on SIGHUP, until the process is to end. `countries` is looked at now and
/// then by somebody else.
pub(crate) fn renew(
    certificates: Option<Certificates>,
    countries: Option<Arc<dyn Countries>>,
    told: Signal,
    stopping: CancellationToken,
) {
    TaskTracker::new().spawn(stopping.run_until_cancelled_owned(async move {
        match certificates {
            Some(certificates) => keep_looking(certificates, countries, told).await,
            None => pass_over(countries, told).await,
        }
    }));
}

async fn keep_looking(
    mut certificates: Certificates,
    countries: Option<Arc<dyn Countries>>,
    mut told: Signal,
) {
    loop {
        tokio::select! {
            () = sleep(LOOK) => {}
            _ = told.recv() => look_at(countries.clone()),
        }
        // Two small files; where their disk does not answer, nobody else waits for it.
        let looked = spawn_blocking(move || {
            certificates.look();
            certificates
        });
        let Ok(looked) = looked.await else { return };
        certificates = looked;
    }
}

async fn pass_over(countries: Option<Arc<dyn Countries>>, mut told: Signal) {
    while told.recv().await.is_some() {
        match &countries {
            Some(_) => look_at(countries.clone()),
            None => {
                info!(
                    "SIGHUP: nothing to reload, as there are no TLS files; changed settings take a restart"
                );
            }
        }
    }
}

/// Where its disk does not answer, nobody waits for it.
fn look_at(countries: Option<Arc<dyn Countries>>) {
    if let Some(countries) = countries {
        spawn_blocking(move || countries.renew());
    }
}
