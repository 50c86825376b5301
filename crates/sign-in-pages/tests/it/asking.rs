//! Apps that ask people for access, as the pages see them.

use lp_testkit::Sandbox;
use lp_testkit::connector::CALLBACK;
use serde_json::{Value, json};

use crate::browser::{Browser, Reply};

/// An app that keeps no secret, by name and address for answers; gives its id.
pub(crate) async fn registered(sandbox: &Sandbox, name: &str, redirect: &str) -> String {
    let metadata = json!({
        "client_name": name,
        "redirect_uris": [redirect],
        "token_endpoint_auth_method": "none",
    });
    let client = sandbox.public("oauth_register", metadata).await.expect("registered");
    client["client_id"].as_str().expect("an id").to_owned()
}

/// The question of a new app about `hello`, with other parameters than the usual; those that are empty are left out.
pub(crate) async fn path(sandbox: &Sandbox, other: &[(&str, &str)]) -> String {
    let client = sandbox.client().await;
    question(&client, other)
}

/// The same of a known app.
pub(crate) fn question(client: &str, other: &[(&str, &str)]) -> String {
    let Value::Object(mut asked) = Sandbox::asked(client) else { panic!("an object") };
    for (name, value) in other {
        asked.insert((*name).to_owned(), (*value).into());
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &asked {
        let value = value.as_str().expect("text");
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    format!("/oauth/authorize?{}", query.finish())
}

/// Where the question is answered.
pub(crate) fn answer_path(question: &str) -> String {
    question.replacen("/oauth/authorize", "/oauth/authorize/decision", 1)
}

/// What a page's form sends besides ticks and button.
pub(crate) fn hidden(page: &Reply, name: &str) -> String {
    let mark = format!("type=\"hidden\" name=\"{name}\" value=\"");
    let rest = page.text.split_once(mark.as_str()).unwrap_or_else(|| panic!("no {name} in {}", page.text)).1;
    rest.split('"').next().expect("a value").to_owned()
}

/// The scopes whose boxes are ticked, and those whose are not.
pub(crate) fn boxes(page: &Reply) -> (Vec<String>, Vec<String>) {
    let inputs = page.text.split("<input ").filter(|tag| tag.starts_with("id=\"allow-"));
    let inputs = inputs.map(|rest| rest.split('>').next().expect("a tag"));
    let name = |tag: &str| tag["id=\"allow-".len()..].split('"').next().expect("a name").to_owned();
    let (ticked, not): (Vec<_>, Vec<_>) = inputs.partition(|tag| tag.ends_with(" checked"));
    (ticked.into_iter().map(name).collect(), not.into_iter().map(name).collect())
}

/// Presses Allow on the page of a question, with these boxes ticked.
pub(crate) async fn allow(browser: &mut Browser, question: &str, scopes: &[&str]) -> Reply {
    let page = browser.get(question).await;
    assert_eq!(page.status, 200, "{page:?}");
    let (account, handle) = (hidden(&page, "account"), hidden(&page, "handle"));
    let boxes: Vec<String> = scopes.iter().map(|scope| format!("allow-{scope}")).collect();
    let mut form = vec![("account", account.as_str()), ("handle", &handle), ("decision", "approve")];
    form.extend(boxes.iter().map(|name| (name.as_str(), "yes")));
    browser.post(&answer_path(question), &form).await
}

/// A parameter of the address that a reply leads to.
pub(crate) fn told(reply: &Reply, name: &str) -> Option<String> {
    let place = url::Url::parse(reply.header("location")?).expect("an absolute address");
    place.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// The scopes of the tokens that an app gets for the code in a reply.
pub(crate) async fn granted(browser: &Browser, client: &str, reply: &Reply) -> String {
    let place = reply.header("location").expect("an address");
    assert!(reply.status == 303 && place.starts_with(CALLBACK), "{reply:?}");
    let code = told(reply, "code").expect("a code");
    let tokens = browser.sandbox.public("oauth_token", Sandbox::redemption(client, &code)).await;
    tokens.expect("tokens")["scope"].as_str().expect("scopes").to_owned()
}
