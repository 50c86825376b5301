use std::cell::LazyCell;

use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use lp_application::{Loaded, refusal};
use lp_core::Revision;
use lp_edge::{Entrance, RouteKey};
use lp_personalization::{Decision, Policy, Route, Visitor};
use lp_testkit::Sandbox;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::fixture::{Rig, VISITOR, asked, route};

const HEADERS: [&str; 8] =
    ["user-agent", "referer", "accept", "x-request-id", "sec-purpose", "purpose", "cookie", "host"];

/// A runtime and an application that all cases of a property share.
struct World {
    runtime: Runtime,
    sandbox: Sandbox,
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let sandbox = runtime.block_on(Sandbox::new());
        Self { runtime, sandbox }
    }
}

fn payload() -> impl Strategy<Value = Value> {
    let url = "https?://[a-z]{1,8}\\.example(/[a-zA-Z0-9._~-]{0,8}){0,3}(\\?[a-z]{1,3}=[a-z0-9%&=]{0,8})?(#[a-z]{0,4})?";
    (
        url.prop_filter("a whole escape", |url| !url.contains('%')),
        prop::sample::select(vec![301, 302, 307, 308]),
        prop::sample::select(vec!["append", "override", "off"]),
        prop::bool::weighted(0.9),
    )
        .prop_map(|(url, status, mode, enabled)| {
            json!({ "destinationUrl": url, "redirectStatus": status, "queryPassThrough": mode, "enabled": enabled })
        })
}

fn expected(route: &Route, query: Option<&str>) -> (u16, Option<String>) {
    match route.decide(Policy::none(), &Visitor::UNKNOWN) {
        Decision::Redirect(redirect) => (redirect.status.code(), Some(redirect.location(query))),
        Decision::Locked => (200, None),
        Decision::Closed(closed) => (refusal(closed).status(), None),
    }
}

/// A request as a server would hand it on: whatever the types of `http` let through.
fn request(method: &[u8], target: &[u8], headers: &[(usize, Vec<u8>)]) -> Option<Parts> {
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(method).ok()?;
    *request.uri_mut() = Uri::try_from(target).ok()?;
    for (name, value) in headers {
        let name = HeaderName::from_static(HEADERS[name % HEADERS.len()]);
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request.headers_mut().append(name, value);
        }
    }
    Some(request.into_parts().0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_edge_answers_what_the_domain_decides(
        links in prop::collection::vec((payload(), prop::option::of("[ -~&&[^#]]{0,24}")), 1..4)
    ) {
        thread_local!(static WORLD: LazyCell<World> = LazyCell::new(World::new));
        WORLD.with(|world| world.runtime.block_on(async {
            for (payload, query) in links {
                let route = route(&world.sandbox, "any", payload).await;
                let rig = Rig::new();
                let known = Loaded { revision: Some(Revision::FIRST), route: Some(route.clone()) };
                rig.store.put("hello/any", known);
                let (edge, _) = rig.edge();
                let target = query.map_or("/any".to_owned(), |query| format!("/any?{query}"));
                let Ok(uri) = Uri::try_from(target) else { continue };

                let reply = edge.visit(Entrance::Host("hello"), &asked("GET", &uri.to_string(), &[]), VISITOR).await;
                let location = reply.headers().get("location").map(|value| value.to_str().expect("ASCII").to_owned());
                prop_assert_eq!((reply.status().as_u16(), location), expected(&route, uri.query()));
            }
            Ok(())
        }))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(
        label in "\\PC{0,40}",
        method in prop_oneof![Just(b"GET".to_vec()), prop::collection::vec(any::<u8>(), 1..8)],
        path in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..100),
            "[a-zA-Z0-9%/_.?#+-]{0,100}".prop_map(String::into_bytes),
            "_edge/redirect/[a-z%-]{0,40}/[a-zA-Z0-9%_-]{0,80}".prop_map(String::into_bytes),
        ],
        headers in prop::collection::vec((any::<usize>(), prop::collection::vec(any::<u8>(), 0..200)), 0..6),
    ) {
        let target = [b"/".as_slice(), &path].concat();
        let Some(parts) = request(&method, &target, &headers) else { return Ok(()) };
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (edge, _) = Rig::new().edge();
            let host = edge.visit(Entrance::Host(&label), &parts, VISITOR).await;
            prop_assert!(host.headers().contains_key("x-request-id"));
            let path = edge.visit(Entrance::Host(&label), &parts, VISITOR).await;
            prop_assert!(matches!(path.status().as_u16(), 204 | 404 | 405));
            Ok(())
        })?;
    }

    #[test]
    fn a_key_is_the_lower_case_of_what_was_asked_for(handle in "[a-zA-Z0-9-]{0,32}", slug in "[a-zA-Z0-9_-]{0,64}") {
        let key = RouteKey::of(&handle, &slug).expect("within the bounds");
        prop_assert_eq!(key.as_str(), format!("{handle}/{slug}").to_ascii_lowercase());
        prop_assert_eq!((key.handle(), key.slug()), (&*handle.to_ascii_lowercase(), &*slug.to_ascii_lowercase()));
    }

    #[test]
    fn what_is_too_long_has_no_key(handle in "[a-z]{33,80}", slug in "[a-z]{65,120}") {
        prop_assert!(RouteKey::of(&handle, "slug").is_none());
        prop_assert!(RouteKey::of("h", &slug).is_none());
    }
}
