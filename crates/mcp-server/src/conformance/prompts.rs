//! Prompts, and what completes their arguments.

use rmcp::ErrorData;
use rmcp::model::{
    GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role,
};
use serde_json::json;

use super::contents::{embedded, image};
use super::rounds::{self, Asked};

/// The one that wants to know more before it answers.
const ASKING: &str = "test_input_required_result_prompt";

pub(super) fn prompts() -> Vec<Prompt> {
    let argument = |name: &str| PromptArgument::new(name).with_description("A text.").with_required(true);
    let prompt = |name: &str, about: &str, arguments: &[&str]| {
        let arguments: Vec<_> = arguments.iter().map(|name| argument(name)).collect();
        Prompt::new(name, Some(about), (!arguments.is_empty()).then_some(arguments))
    };
    vec![
        prompt("test_simple_prompt", "One sentence.", &[]),
        prompt("test_prompt_with_arguments", "Repeats its arguments.", &["arg1", "arg2"]),
        prompt("test_prompt_with_embedded_resource", "Holds a resource.", &["resourceUri"]),
        prompt("test_prompt_with_image", "Holds an image.", &[]),
        prompt(ASKING, "Asks for a context first.", &[]),
    ]
}

pub(super) fn get(params: &GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let argument = |name: &str| {
        let value = params.arguments.as_ref().and_then(|arguments| arguments.get(name)?.as_str());
        value.ok_or_else(|| ErrorData::invalid_params(format!("the argument {name} is missing"), None))
    };
    let text = |text: &str| PromptMessage::new_text(Role::User, text);
    let messages = match params.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (first, second) = (argument("arg1")?, argument("arg2")?);
            vec![text(&format!("Prompt with arguments: arg1='{first}', arg2='{second}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let uri = argument("resourceUri")?;
            let resource = embedded(uri, "text/plain", "Embedded resource content for testing.");
            vec![
                PromptMessage::new(Role::User, resource),
                text("Please process the embedded resource above."),
            ]
        }
        "test_prompt_with_image" => {
            vec![PromptMessage::new(Role::User, image()), text("Please analyze the image above.")]
        }
        ASKING => {
            let asks = [rounds::question("user_context", "What context should the prompt use?", "context")];
            match rounds::asked(&asks, params.input_responses.as_ref())? {
                Asked::Answered(context) => vec![text(&format!("The context: {context}"))],
                Asked::Open(result) => return Ok(result.into()),
            }
        }
        name => {
            let data = Some(json!({ "name": name }));
            return Err(ErrorData::invalid_params("there is no such prompt", data));
        }
    };
    Ok(GetPromptResult::new(messages).into())
}

/// What a value that begins so may end as.
pub(super) fn completions(argument: &str, value: &str) -> Vec<String> {
    let known = match argument {
        "arg1" | "arg2" => ["paris", "park", "test"].as_slice(),
        "id" => ["1", "12", "123"].as_slice(),
        _ => &[],
    };
    known.iter().filter(|known| known.starts_with(value)).map(|&known| known.to_owned()).collect()
}
