use std::fs;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::tls::Validity;
use super::*;

/// A folder with the files.
struct Folder {
    folder: TempDir,
    files: TlsFiles,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let files =
            TlsFiles { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
        Self { folder, files }
    }

    /// Puts a new certificate there.
    fn fill(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        write(&self.files.certificate, &made.cert.pem());
        write(&self.files.key, &made.signing_key.serialize_pem());
        made.cert.der().clone()
    }

    /// What is said where they are no good.
    fn fault(&self) -> String {
        let fault = Certificates::read(self.files.clone()).expect_err("no good");
        format!("{fault:#}").replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("it writes");
}

async fn shake(running: &Running, trusted: &CertificateDer<'static>, alpn: &[&str]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.expect("versions").with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").expect("a name");
    let shaken = TlsConnector::from(Arc::new(config)).connect(name, running.connect().await);
    timeout(LONG, shaken).await.expect("in time").expect("a handshake")
}

#[tokio::test]
async fn requests_are_answered_over_tls_and_the_protocol_is_agreed_upon() {
    let folder = Folder::new();
    let trusted = folder.fill();
    let certificates = Certificates::read(folder.files.clone()).expect("good files");
    let acceptor = certificates.acceptor().expect("good files");
    let running = Running::start_with(patient(), Some(acceptor)).await;
    for (offered, agreed) in
        [(&["h2", "http/1.1"][..], Some("h2")), (&["http/1.1"], Some("http/1.1")), (&[], None)]
    {
        let mut stream = shake(&running, &trusted, offered).await;
        let said = stream.get_ref().1.alpn_protocol().map(String::from_utf8_lossy);
        assert_eq!(said.as_deref(), agreed);
        if agreed != Some("h2") {
            ask(&mut stream).await;
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_a_restart_and_a_bad_one_is_not() {
    let folder = Folder::new();
    let old = folder.fill();
    let mut certificates = Certificates::read(folder.files.clone()).expect("good files");
    let running = Running::start_with(patient(), Some(certificates.acceptor().expect("good files"))).await;
    let mut before = shake(&running, &old, &[]).await;

    write(&folder.files.certificate, "nonsense");
    certificates.look();
    shake(&running, &old, &[]).await;
    fs::remove_file(&folder.files.certificate).expect("it is there");
    certificates.look();
    shake(&running, &old, &[]).await;

    let new = folder.fill();
    certificates.look();
    let mut after = shake(&running, &new, &[]).await;
    let shown = after.get_ref().1.peer_certificates().expect("a certificate");
    assert_eq!(shown, [new]);
    ask(&mut after).await;
    ask(&mut before).await;
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_handshake_is_closed_and_others_are_served() {
    let folder = Folder::new();
    let trusted = folder.fill();
    let certificates = Certificates::read(folder.files.clone()).expect("good files");
    let acceptor = certificates.acceptor().expect("good files");
    let running = Running::start_with(Limits { head: SHORT * 5, ..patient() }, Some(acceptor)).await;
    for begun in ["GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02", "", "\0\0\0\0\0\0\0\0"] {
        let mut stream = running.connect().await;
        send(&mut stream, begun).await;
        assert!(rest(&mut stream).await.is_some(), "still open after {begun:?}");
    }
    let cuts = [Cut::RefusedTls, Cut::ShedHead].map(|cut| running.counts.of(cut));
    assert_eq!(cuts, [2, 2], "what is none, and what is not there in time");
    let mut silent = shake(&running, &trusted, &[]).await;
    let mut bytes = Vec::new();
    let _ = timeout(LONG, silent.read_to_end(&mut bytes)).await.expect("closed: it asked for nothing");
    ask(&mut shake(&running, &trusted, &[]).await).await;
    running.stop().await;
}

#[test]
fn what_is_wrong_with_the_files_is_said_in_clear_words() {
    let folder = Folder::new();
    assert!(folder.fault().starts_with("cert.pem cannot be read: "), "{}", folder.fault());
    folder.fill();
    let (certificate, key) = (
        fs::read_to_string(&folder.files.certificate).expect("text"),
        fs::read_to_string(&folder.files.key).expect("text"),
    );
    folder.fill();
    for (certificate_file, key_file, said) in [
        ("", key.as_str(), "cert.pem has no certificate: there must be a BEGIN CERTIFICATE in it"),
        (&key, &key, "cert.pem has no certificate: there must be a BEGIN CERTIFICATE in it"),
        (
            &certificate,
            &certificate,
            "key.pem has no private key: there must be a BEGIN PRIVATE KEY in it, unencrypted",
        ),
    ] {
        write(&folder.files.certificate, certificate_file);
        write(&folder.files.key, key_file);
        assert_eq!(folder.fault(), said);
    }
    folder.fill();
    write(&folder.files.certificate, &certificate);
    assert_eq!(folder.fault(), "the key in key.pem is not that of the certificate in cert.pem");
    write(&folder.files.key, &key);
    assert!(Certificates::read(folder.files.clone()).is_ok(), "these two fit");
}

#[test]
fn the_time_of_a_certificate_is_known_whoever_signed_it() {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2030, 1, 1);
    let made = params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate");
    let year = |years: u64| Duration::from_hours(years * 8_766);
    for (time, validity) in
        [(year(49), Validity::Ahead), (year(55), Validity::Now), (year(61), Validity::Over)]
    {
        assert_eq!(Validity::at(made.der(), time).expect("a certificate"), validity);
    }
}
