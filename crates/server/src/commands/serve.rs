use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use link_platform::{Builder, FirstRun, Platform};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::listener::{Certificates, Counts};
use crate::settings::Settings;
use crate::{listener, output};

/// After the requests have ended, or were cut off: it must be gone ten seconds after it was told to.
const LAST: Duration = Duration::from_millis(2_500);

/// Runs everything until the process is told to end.
pub(super) async fn serve(settings: Settings) -> anyhow::Result<ExitCode> {
    // Whoever reloads it while it starts must not end it.
    let hangups = listener::hangups()?;
    let limits = settings.limits(listener::raise_handles());
    let certificates = settings.tls().map(Certificates::read).transpose().context("TLS")?;
    let acceptor = certificates.as_ref().map(Certificates::acceptor).transpose().context("TLS")?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let counts = Arc::new(Counts::default());
    let counted = counts.clone();
    let platform = Builder::from(settings.config(address.port())).metrics(move || counted.page());
    let platform = platform.build().await?;
    for remark in &settings.remarks {
        warn!("{remark}");
    }
    if let Some(made) = platform.first_run().await?
        && let Err(error) = greet(&platform, &made)
    {
        let (email, handle) = (&made.bootstrapped.email, &made.bootstrapped.handle);
        output::remark(&format!(
            "the first start could not be shown; a new token comes from: link-platform bootstrap --email {email} \
             --password '…' --handle {handle} --rotate-pat"
        ));
        return Err(error);
    }
    let stopping = listener::until_told()?;
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    listener::renew(certificates, platform.countries(), hangups, stopping.clone());
    output::line(&format!("listening on {scheme}://{address}"))?;
    let service = platform.service();
    listener::accept(listener, move |peer| service.facing(peer), stopping, limits, acceptor, counts).await;
    info!("stopped accepting; counting the last clicks");
    if timeout(LAST, platform.stop()).await.is_err() {
        warn!("the store is busy; the process ends without waiting for it");
    }
    Ok(ExitCode::SUCCESS)
}

/// What a first start shows, once: everything there is to click, and the only sight of the secrets.
fn greet(platform: &Platform, made: &FirstRun) -> anyhow::Result<()> {
    let urls = &platform.application().settings().urls;
    let handle = &made.bootstrapped.handle;
    let short = urls.short(handle, &made.slug);
    let pat = made.bootstrapped.pat.as_deref().unwrap_or_default();
    output::line(&format!(
        "\n  Link Platform: a first start. This is shown once.\n\n\
         \x20 short link   {short}\n\
         \x20 sign-in page {sign_in}\n\
         \x20 API docs     {api}/v2/docs\n\
         \x20 MCP server   {mcp}\n\
         \x20              {shared}\n\n\
         \x20 e-mail       {email}\n\
         \x20 password     {password}\n\
         \x20 token        {pat}\n\n\
         \x20 Try it:\n\
         \x20   curl -i {short}\n\
         \x20   curl -X PUT {api}/v2/public/handles/{handle}/links/launch \\\n\
         \x20     -H 'authorization: Bearer {pat}' \\\n\
         \x20     -H 'content-type: application/json' -d '{{\"destinationUrl\":\"https://example.com/launch\"}}'\n",
        sign_in = urls.sign_in(),
        api = urls.api,
        mcp = urls.mcp(handle),
        shared = urls.shared_mcp(handle),
        email = made.bootstrapped.email,
        password = made.password,
    ))?;
    Ok(())
}
