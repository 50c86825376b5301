use std::time::Duration;

use async_trait::async_trait;
use lettre::address::AddressError;
use lettre::message::Mailbox;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message as Letter, Tokio1Executor};
use lp_ports::{MailFault, Mailer, Message};
use thiserror::Error;
use url::{Host, Url};

/// How long the server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Hands mails to an SMTP server (RFC 5321), over TLS unless the server is on this machine or somebody says otherwise.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Host and port, for people.
    server: String,
}

/// What is wrong with the settings of a mail server. None repeats the address: there may be a password in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SmtpSettingFault {
    /// The server's address.
    #[error("not an address such as smtps://user:password@mail.example.com or smtp://mail.example.com:587")]
    Url,
    /// A parameter that there is not.
    #[error("the only parameter is tls, and is required, opportunistic or none; smtps takes none")]
    Parameter,
    /// A password that anybody on the way could read.
    #[error("a user and password must not travel without TLS; say smtps://, or leave out the parameter tls")]
    Plain,
    /// The sender.
    #[error("not a sender such as links@example.com or Links <links@example.com>")]
    From,
    /// TLS itself.
    #[error("TLS cannot be prepared: {0}")]
    Tls(String),
}

/// How TLS is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    FromTheStart,
    Required,
    /// Where the server offers it.
    Opportunistic,
    None,
}

/// A server's address, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Server {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<(String, String)>,
}

impl SmtpMailer {
    /// `url` is `smtps://user:password@host:port` (TLS from the start, port 465) or `smtp://…` (STARTTLS, port 587). To a
    /// server on this machine `smtp` takes TLS where it is offered; `?tls=` says otherwise.
    pub fn new(url: &str, from: &str) -> Result<Self, SmtpSettingFault> {
        let server = Server::parse(url)?;
        let from: Mailbox = from.parse().map_err(|_: AddressError| SmtpSettingFault::From)?;
        let parameters = || {
            TlsParameters::new(server.host.clone()).map_err(|fault| SmtpSettingFault::Tls(fault.to_string()))
        };
        let tls = match server.security {
            Security::FromTheStart => Tls::Wrapper(parameters()?),
            Security::Required => Tls::Required(parameters()?),
            Security::Opportunistic => Tls::Opportunistic(parameters()?),
            Security::None => Tls::None,
        };
        let hello = ClientId::Domain(from.email.domain().to_owned());
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .hello_name(hello)
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = server.credentials {
            transport = transport.credentials((user, password).into());
        }
        let place = format!("{}:{}", server.host, server.port);
        Ok(Self { transport: transport.build(), from, server: place })
    }

    fn letter(&self, message: &Message) -> Result<Letter, MailFault> {
        let never = |fault: Box<dyn std::error::Error + Send + Sync>| MailFault::Never(fault);
        let to: Address = message.to.as_str().parse().map_err(|fault: AddressError| never(fault.into()))?;
        Letter::builder()
            .message_id(Some(format!("<{}@{}>", message.id, self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&message.subject)
            .header(lettre::message::header::ContentType::TEXT_PLAIN)
            .body(message.text.clone())
            .map_err(|fault| never(fault.into()))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, message: &Message) -> Result<(), MailFault> {
        let letter = self.letter(message)?;
        match self.transport.send(letter).await {
            Ok(_) => Ok(()),
            // A server that says no means it; that it cannot be reached, or not safely, is none of the mail's fault.
            Err(fault) if fault.is_permanent() => Err(MailFault::Never(fault.into())),
            Err(fault) => Err(MailFault::Later(fault.into())),
        }
    }

    async fn check(&self) -> Result<String, MailFault> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(format!("{} takes mails of {}", self.server, self.from.email)),
            Ok(false) => {
                Err(MailFault::Later(format!("{} does not answer as it should", self.server).into()))
            }
            Err(fault) => Err(MailFault::Later(fault.into())),
        }
    }
}

impl Server {
    fn parse(text: &str) -> Result<Self, SmtpSettingFault> {
        let url = Url::parse(text).map_err(|_| SmtpSettingFault::Url)?;
        let host = match url.host() {
            // What is no web address keeps the case and the escapes that it was written with.
            Some(Host::Domain(name)) if is_name(name) => name.to_ascii_lowercase(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err(SmtpSettingFault::Url),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SmtpSettingFault::Url);
        }
        let here = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        let parameters: Vec<_> = url.query_pairs().collect();
        let tls = match parameters.as_slice() {
            [] => None,
            [(name, value)] if name == "tls" => Some(value.as_ref()),
            _ => return Err(SmtpSettingFault::Parameter),
        };
        let security = match (url.scheme(), tls) {
            ("smtps", None) => Security::FromTheStart,
            ("smtp", None) if here => Security::Opportunistic,
            ("smtp", None | Some("required")) => Security::Required,
            ("smtp", Some("opportunistic")) => Security::Opportunistic,
            ("smtp", Some("none")) => Security::None,
            ("smtp" | "smtps", _) => return Err(SmtpSettingFault::Parameter),
            _ => return Err(SmtpSettingFault::Url),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some((plain(user)?, plain(password)?)),
            _ => return Err(SmtpSettingFault::Url),
        };
        let open = matches!(security, Security::Opportunistic | Security::None);
        if credentials.is_some() && open && !here {
            return Err(SmtpSettingFault::Plain);
        }
        let usual = if security == Security::FromTheStart { 465 } else { 587 };
        Ok(Self { host, port: url.port().unwrap_or(usual), security, credentials })
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

/// Without the escapes of an address (RFC 3986, 2.1).
fn plain(text: &str) -> Result<String, SmtpSettingFault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next().unwrap_or_default()).to_digit(16);
        let (high, low) = digit().zip(digit()).ok_or(SmtpSettingFault::Url)?;
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| SmtpSettingFault::Url)?);
    }
    String::from_utf8(bytes).map_err(|_| SmtpSettingFault::Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<(String, u16, Security), SmtpSettingFault> {
        Server::parse(url).map(|server| (server.host, server.port, server.security))
    }

    #[test]
    fn tls_is_spoken_unless_the_server_is_here_or_somebody_says_otherwise() {
        for (url, host, port, security) in [
            ("smtps://mail.example.com", "mail.example.com", 465, Security::FromTheStart),
            ("smtp://mail.example.com", "mail.example.com", 587, Security::Required),
            ("smtp://Mail.example.com:25/", "mail.example.com", 25, Security::Required),
            ("smtp://localhost:1025", "localhost", 1_025, Security::Opportunistic),
            ("smtp://[::1]:25", "::1", 25, Security::Opportunistic),
            ("smtp://127.0.0.1?tls=required", "127.0.0.1", 587, Security::Required),
            ("smtp://10.0.0.1:25?tls=none", "10.0.0.1", 25, Security::None),
            ("smtp://10.0.0.1:25?tls=opportunistic", "10.0.0.1", 25, Security::Opportunistic),
        ] {
            assert_eq!(parsed(url), Ok((host.to_owned(), port, security)), "{url}");
        }
    }

    #[test]
    fn user_and_password_are_read_and_never_sent_in_the_open() {
        let server = Server::parse("smtps://me%40example.com:p%3A%2Fw%C3%A4@mail.example.com").expect("good");
        assert_eq!(server.credentials, Some(("me@example.com".to_owned(), "p:/wä".to_owned())));
        for url in ["smtp://me:pw@10.0.0.1?tls=none", "smtp://me:pw@mail.example.com?tls=opportunistic"] {
            assert_eq!(parsed(url), Err(SmtpSettingFault::Plain));
        }
        assert!(Server::parse("smtp://me:pw@localhost:25").is_ok());
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for url in [
            "",
            "mail.example.com",
            "smtp://",
            "http://mail.example.com",
            "smtp://me@mail.example.com",
            "smtp://:pw@mail.example.com",
            "smtp://mail.example.com/path",
            "smtp://mail.example.com#x",
            "smtp://exa mple.com",
            "smtp://me:%zz@mail.example.com",
            "smtps://mail.example.com?tls=none",
            "smtp://mail.example.com?tls=perhaps",
            "smtp://mail.example.com?x=y",
        ] {
            parsed(url).expect_err(url);
        }
    }

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        for from in ["links@example.com", "Links <links@example.com>"] {
            assert!(SmtpMailer::new("smtp://localhost:25", from).is_ok(), "{from}");
        }
        for from in ["", "links", "a@b@c", "Links links@example.com"] {
            let refused = SmtpMailer::new("smtp://localhost:25", from).err();
            assert_eq!(refused, Some(SmtpSettingFault::From), "{from}");
        }
    }
}
