//! Plans, against the real binary: every row whose feature is locked, every row without a write left, and what an operator
//! changes beside a running server.

use e2e::{Answer, Server, Workspace, fitting, mcp, rest_at};
use link_platform::{Auth, Operation, Plan, catalogue};
use serde_json::{Value, json};

/// One whose accounts start on a plan, with handle `hello` and its token.
async fn starting_on(plan: &str, settings: &[(&'static str, &str)]) -> (Workspace, String) {
    let workspace = Workspace::new().setting("LINK_PLATFORM_DEFAULT_PLAN", plan);
    let workspace =
        settings.iter().fold(workspace, |workspace, (name, value)| workspace.setting(name, value));
    let pat = workspace.bootstrap("hello").await;
    (workspace, pat)
}

async fn ask(server: &Server, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
    let mut request = server.api(method, path).bearer_auth(token);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let reply = request.send().await.expect("a reply");
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    let text = reply.text().await.expect("text");
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)), headers }
}

async fn sign_in(server: &Server) -> String {
    let login = json!({ "email": "hello@example.com", "password": "correct horse" });
    let answer = ask(server, "POST", "/v2/auth/login", "", Some(login)).await;
    answer.body["accessToken"].as_str().unwrap_or_else(|| panic!("signed in: {}", answer.body)).to_owned()
}

async fn plan(workspace: &Workspace, args: &[&str]) -> Value {
    let ended =
        workspace.run(&[&["plan", "--email", "hello@example.com", "--json"][..], args].concat()).await;
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    serde_json::from_slice(&ended.stdout).expect("one line of JSON")
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn every_row_whose_feature_is_locked_says_so_wherever_it_is_reached() {
    let (workspace, pat) = starting_on("FREE", &[]).await;
    let server = workspace.serve().await;
    plan(&workspace, &["--openanalyst", "false"]).await;
    let jwt = sign_in(&server).await;
    let locked = |answer: &Answer, row: &Operation, place: &str| {
        let feature = row.feature.expect("a feature");
        let (body, required) = (&answer.body, json!(feature.plan().map(Plan::as_str)));
        let said = (answer.status, &body["error"], &body["feature"], &body["requiredPlan"]);
        let documented = (403, &json!("feature_locked"), &json!(feature.as_str()), &required);
        assert_eq!(said, documented, "{} {place}: {body}", row.name);
        assert!(body["message"].is_string() && !body.to_string().contains("example.com"), "{}", row.name);
    };
    let mut combinations = 0;
    for row in catalogue().operations().iter().filter(|row| row.feature.is_some()) {
        let arguments = fitting(row);
        for mount in row.mounts() {
            let token = if mount.auth == Auth::Jwt { &jwt } else { &pat };
            locked(&rest_at(&server, mount, "hello", Some(token), &arguments).await, row, &mount.path);
            combinations += 1;
        }
        if row.tool {
            locked(&mcp(&server, row, "hello", Some(&pat), &arguments).await, row, "MCP");
            combinations += 1;
        }
    }
    assert!(combinations >= 7, "{combinations}");
    // What needs no feature is not held back.
    for row in catalogue().operations().iter().filter(|row| row.feature.is_none() && row.effect.read_only) {
        for mount in row.mounts().iter().filter(|mount| mount.auth == Auth::Jwt) {
            let answer = rest_at(&server, mount, "hello", Some(&jwt), &fitting(row)).await;
            assert_ne!(answer.body["error"], "feature_locked", "{}", row.name);
        }
    }
}

#[tokio::test]
async fn every_row_that_counts_is_refused_without_a_write_left_and_no_other_is() {
    let (workspace, pat) =
        starting_on("ENTERPRISE", &[("LINK_PLATFORM_ENTERPRISE_WRITES_PER_DAY", "1")]).await;
    let server = workspace.serve().await;
    let jwt = sign_in(&server).await;
    let link = json!({ "destinationUrl": "https://example.com" });
    assert_eq!(ask(&server, "PUT", "/v2/handles/hello/links/kept", &jwt, Some(link)).await.status, 201);
    let mut combinations = 0;
    for row in catalogue().operations() {
        let arguments = fitting(row);
        // Some rows end the session that calls.
        let jwt = sign_in(&server).await;
        for mount in row.mounts().iter().filter(|mount| mount.auth == Auth::Jwt) {
            let answer = rest_at(&server, mount, "hello", Some(&jwt), &arguments).await;
            combinations += 1;
            if !row.is_metered() {
                assert_ne!(answer.status, 429, "{}: {}", row.name, answer.body);
                continue;
            }
            let body = &answer.body;
            assert_eq!(
                (answer.status, &body["error"]),
                (429, &json!("rate_limited")),
                "{}: {body}",
                row.name
            );
            assert_eq!(
                (&body["plan"], &body["limits"]),
                (&json!("ENTERPRISE"), &json!({ "writesPerDay": 1 }))
            );
            assert_eq!(body["usage"]["writesToday"], 1, "{}", row.name);
            assert_eq!(body["usage"]["writesDay"].as_str().map(str::len), Some(8), "{}", row.name);
            let wait: u64 = header(&answer, "retry-after").parse().expect("seconds");
            assert!((1..=86_400).contains(&wait), "{}: {wait}", row.name);
            assert_eq!(header(&answer, "ratelimit-policy"), "\"writes\";q=1;w=86400", "{}", row.name);
            assert!(header(&answer, "ratelimit").starts_with("\"writes\";r=0;t="), "{}", row.name);
        }
        for mount in row.mounts().iter().filter(|mount| mount.auth == Auth::Pat) {
            let answer = rest_at(&server, mount, "hello", Some(&pat), &arguments).await;
            assert_ne!(answer.status, 429, "{} by a token: {}", row.name, answer.body);
            combinations += 1;
        }
        if row.tool {
            let answer = mcp(&server, row, "hello", Some(&pat), &arguments).await;
            assert_ne!(answer.status, 429, "{} over MCP: {}", row.name, answer.body);
            combinations += 1;
        }
    }
    assert!(combinations >= 50, "{combinations}");
    // None of the refused had an effect, and none of the others counted.
    let jwt = sign_in(&server).await;
    let summary = ask(&server, "GET", "/v2/billing/summary", &jwt, None).await.body;
    assert_eq!((&summary["usage"]["writesToday"], &summary["timeZone"]), (&json!(1), &json!("UTC")));
    let handles = ask(&server, "GET", "/v2/handles", &jwt, None).await.body;
    assert_eq!(handles["handles"].as_array().map(Vec::len), Some(1), "{handles}");
}

#[tokio::test]
async fn an_operator_changes_plans_beside_a_running_server() {
    let (workspace, _) = starting_on("FREE", &[]).await;
    let server = workspace.serve().await;
    let jwt = sign_in(&server).await;
    let token = json!({ "name": "deploy", "scopes": ["links.*", "system.usage.read"] });
    let locked = ask(&server, "POST", "/v2/handles/hello/tokens", &jwt, Some(token.clone())).await;
    assert_eq!((locked.status, &locked.body["feature"]), (403, &json!("growth_tools")));
    let put = async |slug: &str| {
        let link = json!({ "destinationUrl": "https://example.com" });
        ask(&server, "PUT", &format!("/v2/handles/hello/links/{slug}"), &jwt, Some(link)).await
    };
    assert_eq!((put("one").await.status, put("two").await.status), (201, 201));
    let refused = put("three").await;
    assert_eq!((refused.status, &refused.body["plan"]), (429, &json!("FREE")));
    assert_eq!(refused.body["limits"], json!({ "writesPerDay": 2 }));

    let shown = plan(&workspace, &[]).await;
    assert_eq!(
        (&shown["plan"], &shown["ownPlan"], &shown["features"]),
        (&json!("FREE"), &json!(true), &json!(["openanalyst"]))
    );
    assert_eq!((&shown["limits"]["writesPerDay"], &shown["usage"]["writesToday"]), (&json!(2), &json!(2)));
    let set = plan(&workspace, &["--plan", "PRO", "--time-zone", "africa/abidjan"]).await;
    assert_eq!((&set["plan"], &set["timeZone"]), (&json!("PRO"), &json!("Africa/Abidjan")));

    assert_eq!(put("three").await.status, 201, "seen at once");
    let made = ask(&server, "POST", "/v2/handles/hello/tokens", &jwt, Some(token)).await;
    let pat = made.body["token"].as_str().unwrap_or_else(|| panic!("made: {}", made.body));
    let summary = ask(&server, "GET", "/v2/billing/summary", &jwt, None).await.body;
    assert_eq!((&summary["plan"], &summary["usage"]["writesToday"]), (&json!("PRO"), &json!(4)), "{summary}");
    for (path, token) in
        [("/v2/handles/hello/usage-meters", jwt.as_str()), ("/v2/public/handles/hello/usage-meters", pat)]
    {
        let meters = ask(&server, "GET", path, token, None).await;
        assert_eq!((meters.status, &meters.body["plan"]), (200, &json!("PRO")), "{}", meters.body);
        assert_eq!(
            meters.body["meters"][0],
            json!({ "name": "links", "used": 3, "limit": null, "period": "now" })
        );
        assert_eq!(
            meters.body["meters"][4],
            json!({ "name": "writes", "used": 4, "limit": 10, "period": "day" })
        );
    }

    plan(&workspace, &["--plan", "FREE"]).await;
    let list = ask(&server, "GET", "/v2/public/handles/hello/links", pat, None).await;
    assert_eq!(list.status, 200, "a token goes on after a downgrade");
    let export = ask(&server, "GET", "/v2/public/handles/hello/links/export", pat, None).await;
    assert_eq!((export.status, &export.body["feature"]), (403, &json!("exports")));
}

#[tokio::test]
async fn what_an_operator_gets_wrong_is_said_all_at_once() {
    let (workspace, _) = starting_on("FREE", &[]).await;
    let ended = workspace.run(&["plan", "--email", "nobody", "--time-zone", "Mars/Olympus"]).await;
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success());
    assert!(said.contains("email: is not") && said.contains("time-zone: is not a time zone"), "{said}");
    let ended = workspace.run(&["plan", "--email", "nobody@example.com"]).await;
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("no account has the e-mail address nobody@example.com"), "{said}");
    let ended = workspace.run(&["plan", "--email", "hello@example.com"]).await;
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(text.contains("plan       FREE\n") && text.contains("writes     0 of 2 on 20"), "{text}");
    assert!(text.contains("time zone  UTC, the next day begins at "), "{text}");
}
