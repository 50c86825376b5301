//! The query of a REST call, bound by the rows: the first byte says which, the rest is the query as it is sent.

use axum::Router;
use axum::body::Body;
use http::{Request, Uri};
use http_body_util::BodyExt;
use lp_application::Operation;
use lp_http_api::{Options, router};
use lp_testkit::Sandbox;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::stage::Stage;

/// Paths, the row that each belongs to, and the names that its query takes.
const PATHS: [(&str, &str, &[&str]); 7] = [
    ("/v2/public/handles/hello/links", "links_list", &["limit", "cursor", "tag", "q"]),
    ("/v2/public/handles/hello/analytics", "analytics_get", &["slug", "period"]),
    ("/v2/public/handles/hello/links/launch/history", "links_history", &["limit", "cursor"]),
    ("/v2/public/handles/hello/links/export", "links_export", &["format"]),
    ("/v2/public/handles/hello/links/launch", "links_get", &[]),
    (
        "/v2/public/handles/hello/links/launch/qr",
        "links_qr",
        &["format", "size", "margin", "color", "background", "errorLevel"],
    ),
    ("/v2/public/handles/hello/system/health", "system_health", &[]),
];

struct Api {
    sandbox: Sandbox,
    router: Router,
}

thread_local! {
    static STAGE: Stage<Api> = Stage::new(u32::MAX, || Box::pin(async {
        let sandbox = Sandbox::new().await;
        let payload = json!({ "destinationUrl": "https://example.com", "tags": ["news"] });
        sandbox.call("links_upsert", json!({ "slug": "launch", "payload": payload })).await.result.expect("a link");
        let router = router(sandbox.app.clone(), Options::default());
        Api { sandbox, router }
    }));
}

pub fn check(data: &[u8]) {
    let Some((&which, raw)) = data.split_first() else { return };
    let (path, row, names) = PATHS[usize::from(which) % PATHS.len()];
    let Ok(raw) = str::from_utf8(raw) else { return };
    let Ok(uri) = format!("{path}?{raw}").parse::<Uri>() else { return };
    STAGE.with(|stage| {
        stage.run(async |api| {
            let operation = api.sandbox.app.catalogue().find(row).expect("a row");
            let first = api.get(&uri).await;
            judge(&uri, names, operation, &first);
            assert_eq!(api.get(&uri).await, first, "the same question has the same answer");
        });
    });
}

/// What is answered stands in the row; what is accepted are the row's own names, each once.
fn judge(uri: &Uri, names: &[&str], operation: &Operation, (status, body): &(u16, Vec<u8>)) {
    if *status != 200 {
        let body: Value = serde_json::from_slice(body).expect("a refusal is JSON");
        let code = body["error"].as_str().expect("a refusal has a code");
        let known = operation.all_codes().into_iter().find(|known| known.name() == code);
        let known = known.unwrap_or_else(|| panic!("{code} is no code of {}", operation.name));
        assert_eq!(known.status(), *status);
        assert!(*status < 500, "{body}");
        return;
    }
    let query = uri.query().unwrap_or_default();
    let mut sent: Vec<String> =
        url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    sent.retain(|name| name != "grant");
    assert!(sent.iter().all(|name| names.contains(&name.as_str())), "{sent:?}");
    let count = sent.len();
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len(), count, "a name that stands twice means two things");
}

impl Api {
    async fn get(&self, uri: &Uri) -> (u16, Vec<u8>) {
        let request = Request::get(uri)
            .header("authorization", format!("Bearer {}", self.sandbox.pat))
            .header("x-request-id", "fuzz")
            .body(Body::empty())
            .expect("a request");
        let reply = self.router.clone().oneshot(request).await.expect("routers do not fail");
        let (head, body) = reply.into_parts();
        (head.status.as_u16(), body.collect().await.expect("the body is whole").to_bytes().to_vec())
    }
}
