use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum_core::BoxError;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use lp_core::Handle;
use lp_edge::Entrance;
use tower::Service;

use crate::Body;
use crate::client::peer_in;
use crate::platform::Parts;

/// The short links of one handle as a tower service; [`Platform::redirects`](crate::Platform::redirects) gives it.
///
/// It stays that handle's, whatever that is called later. `GET /{slug}` redirects and is counted, `POST /{slug}` takes the password of a link that has one, anything else is refused as on the handle's own host. Mount it below a path
/// whose prefix the router strips. Put [`Peer`](crate::Peer) into each request's extensions: visitors are told apart by their
/// address.
#[derive(Clone)]
pub struct Redirects {
    parts: Arc<Parts>,
    handle: Handle,
}

impl Redirects {
    pub(crate) fn new(parts: Arc<Parts>, handle: Handle) -> Self {
        Self { parts, handle }
    }

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let (request, body) = request.into_parts();
        let proxies = &self.parts.proxies;
        let client = proxies.visitor(proxies.other_end(peer_in(&request.extensions)), &request.headers);
        let entrance = Entrance::Mounted(self.handle.as_str());
        self.parts.edge.submit(entrance, &request, client, body).await.map(Body::new)
    }
}

impl<B> Service<Request<B>> for Redirects
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = self.clone();
        let request = request.map(Body::new);
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}
