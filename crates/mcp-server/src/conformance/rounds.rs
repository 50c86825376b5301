//! Calls that answer only once the client has said more: the newest revision's way of asking (MRTR).

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock, InputRequest,
    InputRequests, InputRequiredResult, InputResponses, RequestStateCodec, SealOptions,
};
use serde_json::{Value, json};

/// How long a state is good.
const STATE_LIVES: Duration = Duration::from_mins(5);

/// What a client is asked, under a name of its own.
pub(super) type Ask = (&'static str, Value);

/// Where a call stands.
pub(super) enum Asked {
    /// Everything was said; what, in one line.
    Answered(String),
    Open(InputRequiredResult),
}

/// Tools that ask, each with what it is about.
pub(super) const TOOLS: &[(&str, &str)] = &[
    ("test_input_required_result_elicitation", "Asks for a name."),
    ("test_input_required_result_sampling", "Asks the client's model for a capital."),
    ("test_input_required_result_list_roots", "Asks for the client's roots."),
    ("test_input_required_result_request_state", "Asks for consent and has its state handed back."),
    ("test_input_required_result_multiple_inputs", "Asks three things at once."),
    ("test_input_required_result_multi_round", "Asks one thing after another."),
    ("test_input_required_result_tampered_state", "Takes no state but its own."),
    ("test_input_required_result_capabilities", "Asks only what the client can answer."),
    ("test_streaming_elicitation", "Asks for a name, within its own answer."),
];

/// Answers one of [`TOOLS`].
pub(super) fn call(
    states: &RequestStateCodec,
    params: &CallToolRequestParams,
    client: &ClientCapabilities,
) -> Result<CallToolResponse, ErrorData> {
    let tool = params.name.as_ref();
    let responses = params.input_responses.as_ref();
    let name = || question("user_name", "What is your name?", "name");
    let capital = || sampling("capital_question", "What is the capital of France?", 100);
    let roots = || ("client_roots", json!({ "method": "roots/list", "params": {} }));
    let asked = match tool {
        "test_input_required_result_sampling" => asked(&[capital()], responses)?,
        "test_input_required_result_list_roots" => asked(&[roots()], responses)?,
        "test_input_required_result_request_state" | "test_input_required_result_tampered_state" => {
            match asked(&[consent()], responses)? {
                Asked::Answered(said) => {
                    opened(states, params)?;
                    Asked::Answered(format!("state-ok, {said}"))
                }
                Asked::Open(open) => Asked::Open(sealed(open, states, tool, 1)?),
            }
        }
        "test_input_required_result_multiple_inputs" => {
            let asks = [name(), sampling("greeting", "Generate a greeting", 50), roots()];
            match asked(&asks, responses)? {
                Asked::Answered(said) => {
                    opened(states, params)?;
                    Asked::Answered(said)
                }
                Asked::Open(open) => Asked::Open(sealed(open, states, tool, 1)?),
            }
        }
        "test_input_required_result_multi_round" => {
            let first = question("step1", "Step 1: What is your name?", "name");
            let second = question("step2", "Step 2: What is your favorite color?", "color");
            let round = if params.request_state.is_some() { opened(states, params)? } else { 0 };
            let (ask, next) = match (round, asked(std::slice::from_ref(&first), responses)?) {
                (0, _) | (1, Asked::Open(_)) => (first, 1),
                _ => (second, 2),
            };
            match asked(&[ask], responses.filter(|_| round == next))? {
                Asked::Open(open) => Asked::Open(sealed(open, states, tool, next)?),
                answered @ Asked::Answered(_) => answered,
            }
        }
        "test_input_required_result_capabilities" => {
            let able = [
                client.elicitation.is_some().then(name),
                client.sampling.is_some().then(capital),
                client.roots.is_some().then(roots),
            ];
            let asks: Vec<Ask> = able.into_iter().flatten().collect();
            if asks.is_empty() {
                let required = ClientCapabilities::builder().enable_elicitation().build();
                return Err(ErrorData::missing_required_client_capability(required));
            }
            asked(&asks, responses)?
        }
        _ => asked(&[name()], responses)?,
    };
    Ok(match asked {
        Asked::Answered(said) => CallToolResult::success(vec![ContentBlock::text(said)]).into(),
        Asked::Open(open) => open.into(),
    })
}

/// A question with one field to fill in.
pub(super) fn question(key: &'static str, message: &str, field: &str) -> Ask {
    let schema =
        json!({ "type": "object", "properties": { field: { "type": "string" } }, "required": [field] });
    let params = json!({ "mode": "form", "message": message, "requestedSchema": schema });
    (key, json!({ "method": "elicitation/create", "params": params }))
}

/// Whether everything asked was answered; what is unknown among the answers does not matter.
pub(super) fn asked(asks: &[Ask], responses: Option<&InputResponses>) -> Result<Asked, ErrorData> {
    let said = asks.iter().map(|(key, ask)| said(ask, responses?.get(*key)?));
    if let Some(said) = said.collect::<Option<Vec<String>>>() {
        return Ok(Asked::Answered(said.join(", ")));
    }
    let requests = asks.iter().map(|(key, ask)| Ok(((*key).to_owned(), request(ask)?)));
    let requests = requests.collect::<Result<InputRequests, ErrorData>>()?;
    Ok(Asked::Open(InputRequiredResult::from_input_requests(requests)))
}

fn consent() -> Ask {
    let schema =
        json!({ "type": "object", "properties": { "ok": { "type": "boolean" } }, "required": ["ok"] });
    let params = json!({ "mode": "form", "message": "Please confirm", "requestedSchema": schema });
    ("confirm", json!({ "method": "elicitation/create", "params": params }))
}

fn sampling(key: &'static str, text: &str, tokens: u32) -> Ask {
    let message = json!({ "role": "user", "content": { "type": "text", "text": text } });
    let params = json!({ "messages": [message], "maxTokens": tokens });
    (key, json!({ "method": "sampling/createMessage", "params": params }))
}

fn request(ask: &Value) -> Result<InputRequest, ErrorData> {
    serde_json::from_value(ask.clone()).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

/// An answer in words, where it is one to this request.
fn said(ask: &Value, response: &Value) -> Option<String> {
    match ask["method"].as_str()? {
        "elicitation/create" => {
            let required = ask.pointer("/params/requestedSchema/required")?.as_array()?;
            let content = response["content"].as_object().filter(|_| response["action"] == "accept")?;
            let values = required.iter().map(|field| content.get(field.as_str()?).map(Value::to_string));
            Some(values.collect::<Option<Vec<_>>>()?.join(", "))
        }
        "sampling/createMessage" => response.pointer("/content/text")?.as_str().map(ToOwned::to_owned),
        _ => Some(format!("{} roots", response["roots"].as_array()?.len())),
    }
}

/// Hands out a state that only this tool takes back: which round is open.
fn sealed(
    mut open: InputRequiredResult,
    states: &RequestStateCodec,
    tool: &str,
    round: u8,
) -> Result<InputRequiredResult, ErrorData> {
    let options = SealOptions::new().associated_data(tool.as_bytes()).ttl(STATE_LIVES);
    let state = states.seal_json_with(&round, &options);
    open.request_state = Some(state.map_err(|error| ErrorData::internal_error(error.to_string(), None))?);
    Ok(open)
}

fn opened(states: &RequestStateCodec, params: &CallToolRequestParams) -> Result<u8, ErrorData> {
    let state = params.request_state.as_deref().unwrap_or_default();
    let opened = states.open_json_with(state, params.name.as_bytes());
    opened.map_err(|_| ErrorData::invalid_params("this is no state that the server handed out", None))
}
