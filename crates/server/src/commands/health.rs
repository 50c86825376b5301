use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use crate::cli::HealthArgs;
use crate::output;
use crate::settings::Settings;

/// Says what a running server says of itself: containers and scripts need no other program for it.
pub(super) async fn health(settings: &Settings, args: HealthArgs) -> anyhow::Result<ExitCode> {
    let mut url = match &args.url {
        Some(origin) => Url::parse(origin).context("--url")?,
        None => own(settings.listen, settings.tls().is_some())?,
    };
    url.set_path(if args.live { "/healthz" } else { "/readyz" });
    // Its own server has no certificate for an address of the machine, and is told no secret. Where no certificate is
    // looked at, none of the machine's are needed either: a small container has none.
    let unseen = args.url.is_none() || url.scheme() == "http";
    let client = Client::builder()
        .no_proxy() // a server this near is not reached through one
        .redirect(Policy::none())
        .timeout(Duration::from_secs(args.timeout))
        .tls_danger_accept_invalid_certs(unseen)
        .build()?;
    let reply = client.get(url.clone()).send().await.map_err(reqwest::Error::without_url);
    let reply = reply.with_context(|| format!("{url} does not answer"))?;
    let status = reply.status();
    let said = reply.text().await.with_context(|| format!("{url} does not finish its answer"))?;
    if status.is_success() {
        output::line(said.trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    output::remark(&format!("{url} answers {status}: {}", said.trim_end()));
    Ok(ExitCode::FAILURE)
}

/// Where a server with these settings is reached from its own machine.
fn own(listen: SocketAddr, tls: bool) -> anyhow::Result<Url> {
    if listen.port() == 0 {
        bail!("the system chose the port; say with --url where the server listens");
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let scheme = if tls { "https" } else { "http" };
    Ok(Url::parse(&format!("{scheme}://{}", SocketAddr::new(ip, listen.port())))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_asked_on_this_machine() {
        for (listen, tls, asked) in [
            ("127.0.0.1:8080", false, "http://127.0.0.1:8080/"),
            ("0.0.0.0:80", false, "http://127.0.0.1/"),
            ("[::]:8443", true, "https://[::1]:8443/"),
            ("192.0.2.7:9000", false, "http://192.0.2.7:9000/"),
        ] {
            let url = own(listen.parse().expect("an address"), tls).expect("a URL");
            assert_eq!(url.as_str(), asked);
        }
    }

    #[test]
    fn a_port_of_the_systems_choice_is_not_guessed() {
        let error = own("127.0.0.1:0".parse().expect("an address"), false).expect_err("nobody knows it");
        assert!(error.to_string().contains("--url"));
    }
}
