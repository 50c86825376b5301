//! Where the fixtures of the conformance suite answer: on the API's host, without a credential. Only in builds with the
//! feature `conformance`, which are for tests.

use std::convert::Infallible;

use axum_core::body::Body;
use http::{Request, Response};
use lp_application::Application;
use lp_mcp_server::{FixtureService, Options};
use tower::ServiceExt;
use tracing::warn;

/// Both mounts.
pub(crate) struct Fixtures {
    stateless: FixtureService,
    sessions: FixtureService,
}

impl Fixtures {
    pub(crate) fn new(app: &Application) -> Self {
        warn!("built with the fixtures of the conformance suite: for tests only");
        let options = Options::default();
        let stateless = FixtureService::stateless(app.clone(), &options);
        Self { stateless, sessions: FixtureService::with_sessions(app.clone(), &options) }
    }

    /// The mount at this path, if one is there.
    pub(crate) fn at(&self, path: &str) -> Option<FixtureService> {
        match path {
            "/conformance/mcp" => Some(self.stateless.clone()),
            "/conformance/sessions/mcp" => Some(self.sessions.clone()),
            _ => None,
        }
    }
}

pub(crate) async fn answer(fixtures: FixtureService, request: Request<Body>) -> Response<Body> {
    let answered: Result<_, Infallible> = fixtures.oneshot(request).await;
    match answered {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}
