//! The protocol's methods over the fixtures.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, CompletionInfo,
    GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, LoggingLevel, PaginatedRequestParams,
    ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse, RequestStateCodec, ServerCapabilities,
    ServerConfig, SetLevelRequestMethod, SetLevelRequestParams, SubscribeRequestMethod,
    SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestMethod, UnsubscribeRequestParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::sync::broadcast::{self, Sender};

use super::{prompts, requests, resources, rounds, tools};
use crate::identity;

/// Seals the state of calls that ask back. No secret: nothing is behind the fixtures.
const KEY: &[u8; 32] = b"the key of the fixtures, no key!";
/// How many changes a slow listener may miss before it is told that it missed some.
const CHANGES: usize = 16;

/// Answers one request, or one session.
#[derive(Clone)]
pub(super) struct Fixtures {
    shared: Arc<Shared>,
    sessions: bool,
    /// From which level on this session wants to read the log.
    level: Arc<Mutex<LoggingLevel>>,
}

struct Shared {
    tools: Vec<Tool>,
    states: RequestStateCodec,
    changes: Sender<Change>,
}

/// What a listener is told.
#[derive(Debug, Clone, Copy)]
enum Change {
    Tools,
    Prompts,
}

impl Fixtures {
    pub(super) fn new(sessions: bool) -> Self {
        let (changes, _) = broadcast::channel(CHANGES);
        let states = RequestStateCodec::new_unchecked(*KEY);
        let shared = Arc::new(Shared { tools: tools::tools(), states, changes });
        Self { shared, sessions, level: Arc::new(Mutex::new(LoggingLevel::Info)) }
    }

    /// The same for a session of its own.
    pub(super) fn session(&self) -> Self {
        Self { level: Arc::new(Mutex::new(LoggingLevel::Info)), ..self.clone() }
    }

    fn capabilities(&self) -> ServerCapabilities {
        let mut capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_resources()
            .enable_completions()
            .build();
        if self.sessions {
            capabilities.logging = Some(serde_json::Map::new());
            if let Some(resources) = &mut capabilities.resources {
                resources.subscribe = Some(true);
            }
        }
        capabilities
    }

    /// What was changed, if this tool says that something was.
    fn tell(&self, tool: &str) {
        let change = match tool {
            tools::TOOLS_CHANGED => Change::Tools,
            tools::PROMPTS_CHANGED => Change::Prompts,
            _ => return,
        };
        // Nobody may be listening.
        self.shared.changes.send(change).ok();
    }
}

impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(self.capabilities())
            .with_server_info(Implementation::new("link-platform-fixtures", env!("CARGO_PKG_VERSION")))
            .with_instructions("Fixtures of the conformance suite.")
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        identity::versions()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shared.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.shared.tools.clone()))
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let name = params.name.as_ref();
        if rounds::TOOLS.iter().any(|(tool, _)| *tool == name) {
            let client = context.client_capabilities().unwrap_or_default();
            return rounds::call(&self.shared.states, &params, &client);
        }
        let arguments = params.arguments.clone().unwrap_or_default();
        if requests::TOOLS.iter().any(|(tool, ..)| *tool == name) {
            return Ok(requests::call(name, &arguments, &context.peer).await?.into());
        }
        let level = *self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let result = tools::call(name, &arguments, level, &context).await?;
        self.tell(name);
        Ok(result.into())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(resources::resources()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(resources::read(&params.uri)?.into())
    }

    async fn subscribe(
        &self,
        params: SubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.sessions {
            return Err(ErrorData::method_not_found::<SubscribeRequestMethod>());
        }
        // No resource ever changes, so who wants to know of it need not be remembered.
        resources::read(&params.uri).map(|_| ())
    }

    async fn unsubscribe(
        &self,
        params: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.sessions {
            return Err(ErrorData::method_not_found::<UnsubscribeRequestMethod>());
        }
        resources::read(&params.uri).map(|_| ())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::prompts()))
    }

    async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&params)
    }

    async fn complete(
        &self,
        params: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let values = prompts::completions(&params.argument.name, &params.argument.value);
        let info = CompletionInfo::with_all_values(values);
        Ok(CompleteResult::new(info.map_err(|error| ErrorData::internal_error(error, None))?))
    }

    async fn set_level(
        &self,
        params: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let modern = context.protocol_version().is_some_and(|version| !version.has_initialize());
        if !self.sessions || modern {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        *self.level.lock().unwrap_or_else(PoisonError::into_inner) = params.level;
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.shared.changes.subscribe();
        loop {
            let change = tokio::select! {
                () = context.cancelled() => return Ok(()),
                change = changes.recv() => change,
            };
            // The sink drops what the listener has not asked for.
            let told = match change {
                Ok(Change::Tools) => context.sink().notify_tool_list_changed().await,
                Ok(Change::Prompts) => context.sink().notify_prompt_list_changed().await,
                Err(_) => Ok(()),
            };
            told.ok();
        }
    }
}
