use std::io::{self, Read};
use std::process::ExitCode;

use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use link_platform::{
    Accepts, Application, Builder, ByteStream, Credential, Error, Kind, Request, Surface, catalogue,
};
use serde_json::{Map, Value};

use super::remote;
use crate::cli::CallArgs;
use crate::output;
use crate::settings::Settings;

/// Runs one operation, here as the store's own operator or on a remote server with a token.
pub(super) async fn call(settings: &Settings, args: CallArgs) -> anyhow::Result<ExitCode> {
    let arguments = arguments(&args.json)?;
    let rows = catalogue();
    let Some(operation) = rows.find(&args.operation) else {
        let names: Vec<_> = rows.operations().iter().map(|operation| operation.name).collect();
        bail!("there is no operation '{}'; there are {}", args.operation, names.join(", "));
    };
    let bytes = match operation.kind {
        Kind::Stream(stream) if !stream.consumes.is_empty() => Some(read(&args)?),
        _ => None,
    };
    if let (Some(url), Some(token)) = (&args.url, &args.token) {
        return remote::call(operation, url, token, &args, arguments, bytes).await;
    }
    let platform = Builder::from(settings.config(settings.listen.port())).open().await?;
    let request = Request {
        operation: operation.name.to_owned(),
        arguments,
        bound: args.handle,
        credential: Credential::Known(link_platform::Actor::Operator),
        accepts: Accepts::Trusted,
        surface: Surface::Cli,
        request_id: platform.application().request_id(),
        idempotency_key: args.idempotency_key,
        address: None,
    };
    let ended = run(platform.application(), operation.kind, request, bytes.unwrap_or_default()).await;
    platform.stop().await;
    ended
}

async fn run(app: &Application, kind: Kind, request: Request, bytes: Vec<u8>) -> anyhow::Result<ExitCode> {
    let id = request.request_id.clone();
    match kind {
        Kind::Json => match app.call(request).await.result {
            Ok(reply) => output::line(&serde_json::to_string_pretty(&reply.value)?)?,
            Err(error) => return refused(&error, &id),
        },
        Kind::Stream(_) => {
            let body: ByteStream = Box::pin(stream::once(async move { Ok(bytes.into()) }));
            let mut reply = match app.stream(request, body).await.result {
                Ok(reply) => reply,
                Err(error) => return refused(&error, &id),
            };
            while let Some(piece) = reply.body.next().await {
                match piece {
                    Ok(piece) => output::bytes(&piece)?,
                    Err(error) => return refused(&error, &id),
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn refused(error: &Error, request_id: &str) -> anyhow::Result<ExitCode> {
    output::remark(&serde_json::to_string_pretty(&error.body(request_id))?);
    Ok(ExitCode::FAILURE)
}

fn arguments(text: &str) -> anyhow::Result<Map<String, Value>> {
    link_platform::parse_json(text.as_bytes()).map_err(|bad| {
        let twice = if bad.twice.is_empty() { String::new() } else { format!(" ({})", bad.twice.join(", ")) };
        anyhow::anyhow!("--json: {}{twice}", bad.message)
    })
}

fn read(args: &CallArgs) -> anyhow::Result<Vec<u8>> {
    if let Some(path) = &args.file {
        return std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()));
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).context("standard input cannot be read")?;
    Ok(bytes)
}
