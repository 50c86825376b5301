use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use link_platform::{Body, Peer, Platform};
use tower::ServiceExt;

async fn page(platform: &Platform) -> String {
    let request = http::Request::get("/metrics").header("host", "localhost");
    let request = request.extension(Peer(([127, 0, 0, 1], 1).into())).body(Body::empty());
    let answered = platform.service().oneshot(request.expect("a request")).await;
    let response = answered.unwrap_or_else(|never| match never {});
    assert_eq!(response.status(), http::StatusCode::OK);
    let bytes = axum::body::to_bytes(response.into_body(), 1_000_000).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn a_running_platform_says_how_old_its_routes_may_be() {
    let platform = Platform::builder().in_memory().build().await.expect("a platform in memory");
    let page = page(&platform).await;
    platform.stop().await;
    let age = page.lines().find_map(|line| line.strip_prefix("edge_change_age_seconds ")).expect("the age");
    assert!((0.0..60.0).contains(&age.parse::<f64>().expect("a number")), "{age}");
    assert!(page.contains("# TYPE edge_route_loads counter\n"), "{page}");
}

#[tokio::test]
async fn the_page_ends_with_what_the_program_measures_as_it_is_now() {
    let asked = AtomicU64::new(0);
    let lines = move || format!("# TYPE asked counter\nasked {}\n", asked.fetch_add(1, Relaxed) + 1);
    let platform = Platform::builder().in_memory().metrics(lines).build().await.expect("a platform");
    for asked in 1..3 {
        let page = page(&platform).await;
        assert!(page.ends_with(&format!("\n# TYPE asked counter\nasked {asked}\n")), "{page}");
        assert!(page.contains("# TYPE clicks_lost counter\n"), "{page}");
    }
    platform.stop().await;
}
