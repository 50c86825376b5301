//! The protocol's methods.

use std::borrow::Cow;
use std::sync::Arc;

use http::request::Parts;
use lp_application::{Application, Error, Fault, Kind, Operation, Request};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod,
    CompleteRequestParams, CompleteResult, CustomRequest, CustomResult, DiscoverResult, ErrorCode, ErrorData,
    ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesRequestMethod,
    ListResourceTemplatesResult, ListResourcesRequestMethod, ListResourcesResult, ListToolsResult,
    MetaObject, PaginatedRequestParams, ProtocolVersion, RequestMetaObject, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde_json::Value;

use crate::caller::Caller;
use crate::{envelope, identity, tools};

/// How long the list of tools is good: it changes with a release of the program only.
const TTL_MS: u64 = 300_000;

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
const IDEMPOTENCY_KEY: &str = "link-platform/idempotencyKey";
const REPLAYED: &str = "link-platform/replayed";

/// Methods whose requests the library takes for unknown ones when their parameters are malformed.
const SERVED: &[&str] = &["server/discover", "tools/list", "tools/call"];
/// The same of the handshake era only.
const SERVED_ONCE: &[&str] = &["initialize", "ping"];

/// Answers one request; the library asks for a new one each time, so it is cheap to clone.
#[derive(Clone)]
pub(crate) struct Handler {
    app: Application,
    tools: Arc<Vec<Tool>>,
}

impl Handler {
    pub(crate) fn new(app: Application) -> Self {
        let tools = Arc::new(tools::tools(app.catalogue()));
        Self { app, tools }
    }

    async fn call(
        &self,
        operation: &Operation,
        params: CallToolRequestParams,
        meta: &RequestMetaObject,
        caller: &Caller,
    ) -> CallToolResult {
        let ended = match idempotency_key(meta) {
            Ok(key) => {
                let request = caller.request(operation.name, params.arguments.unwrap_or_default(), key);
                self.run(operation, request).await
            }
            Err(error) => Err(error),
        };
        match ended {
            Ok(result) => result,
            Err(error) => envelope::failure(&relocate(error), operation.need, caller),
        }
    }

    async fn run(&self, operation: &Operation, request: Request) -> Result<CallToolResult, Error> {
        if let Kind::Stream(stream) = operation.kind {
            let signed = self.app.sign(request).await.result?;
            return Ok(envelope::success(envelope::address(&signed, stream)));
        }
        let reply = self.app.call(request).await.result?;
        let mut result = envelope::success(reply.value);
        if reply.replayed {
            result.meta.get_or_insert_default().insert(REPLAYED.to_owned(), Value::Bool(true));
        }
        Ok(result)
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        identity::config()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        identity::versions()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let mut found =
            DiscoverResult::from_server_info(identity::versions().into_owned(), identity::config());
        (found.ttl_ms, found.cache_scope) = (TTL_MS, CacheScope::Public);
        Ok(found)
    }

    /// One page; a cursor can only be a made-up one.
    async fn list_tools(
        &self,
        params: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if params.is_some_and(|params| params.cursor.is_some()) {
            return Err(ErrorData::invalid_params("the list has one page, so there is no such cursor", None));
        }
        let mut listed = ListToolsResult::with_all_items(self.tools.as_ref().clone());
        if is_modern(&context) {
            listed = listed.with_ttl_ms(TTL_MS).with_cache_scope(CacheScope::Public);
            stamp(&mut listed.meta);
        }
        Ok(listed)
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let found = self.app.catalogue().find(&params.name).filter(|row| row.tool);
        let Some(operation) = found else {
            return Err(ErrorData::invalid_params(format!("there is no tool '{:.80}'", params.name), None));
        };
        let parts = context.extensions.get::<Parts>();
        let Some(caller) = parts.and_then(|parts| parts.extensions.get::<Caller>()) else {
            return Err(ErrorData::internal_error("the request came past its transport", None));
        };
        let mut result = self.call(operation, params, &context.meta, caller).await;
        if is_modern(&context) {
            stamp(&mut result.meta);
        }
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        let name = method.as_str();
        if SERVED.contains(&name) || (SERVED_ONCE.contains(&name) && !is_modern(&context)) {
            return Err(ErrorData::invalid_params(format!("the parameters of {method} are malformed"), None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("there is no method '{method:.80}'"), None))
    }

    // What is not declared is not answered either, not even with an empty list.

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }
}

/// Whether the request is of a revision without handshake.
fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| !version.has_initialize())
}

/// Says who answers, which later revisions ask of every result.
fn stamp(meta: &mut Option<MetaObject>) {
    if let Ok(server) = serde_json::to_value(identity::implementation()) {
        meta.get_or_insert_default().insert(SERVER_INFO.to_owned(), server);
    }
}

/// The key under which a repeat is recognised. One that is no text is refused: ignored, it would protect nothing.
fn idempotency_key(meta: &RequestMetaObject) -> Result<Option<String>, Error> {
    match meta.get(IDEMPOTENCY_KEY) {
        None => Ok(None),
        Some(Value::String(key)) => Ok(Some(key.clone())),
        Some(_) => Err(Error::field("/Idempotency-Key", "wrong_type", "must be of type string")),
    }
}

/// Faults of the idempotency key point to where it stands here.
fn relocate(error: Error) -> Error {
    if error.fields.iter().all(|fault| fault.pointer != "/Idempotency-Key") {
        return error;
    }
    let pointer = "/_meta/link-platform~1idempotencyKey";
    let fields = error.fields.iter().map(|fault| match fault.pointer.as_str() {
        "/Idempotency-Key" => Fault { pointer: pointer.to_owned(), ..fault.clone() },
        _ => fault.clone(),
    });
    Error::faults(fields.collect())
}
