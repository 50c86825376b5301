//! Bodies on their way in and out, and whom they wait for.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::connection::UnderWay;
use super::counts::{Counts, Cut};
use super::limits::Pace;

/// Time away that is not worth moving a timer for.
const BRIEF: Duration = Duration::from_millis(10);

/// A request's body that ends with an error when it trickles. Only time in which its sender is waited for counts.
pub(super) struct Paced<B> {
    body: B,
    pace: Pace,
    /// The end of the window, once the sender had to be waited for at all.
    window: Option<Pin<Box<Sleep>>>,
    /// Bytes in this window.
    came: u64,
    /// Since when nobody waited for the sender, from the first window on.
    away: Option<Instant>,
    counts: Arc<Counts>,
}

/// An answer's body, which tells its connection whose turn it is.
pub(super) struct Answer<B> {
    body: B,
    /// `None` once there is nothing more to send.
    under_way: Option<UnderWay>,
}

impl<B> Paced<B> {
    pub(super) fn new(body: B, pace: Pace, counts: Arc<Counts>) -> Self {
        Self { body, pace, window: None, came: 0, away: None, counts }
    }

    /// Whether the sender is too slow, now that there is nothing of it.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let length = self.pace.window;
        let window = self.window.get_or_insert_with(|| Box::pin(sleep(length)));
        if let Some(away) = self.away.take().map(|since| since.elapsed())
            && away > BRIEF
        {
            let end = window.deadline() + away;
            window.as_mut().reset(end);
        }
        while window.as_mut().poll(context).is_ready() {
            if self.came < self.pace.bytes {
                return true;
            }
            self.came = 0;
            window.as_mut().reset(Instant::now() + length);
        }
        false
    }
}

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                self.away = self.window.is_some().then(Instant::now);
                if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
                    self.came += data.len() as u64;
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending if self.is_late(context) => {
                self.counts.count(Cut::ShedBody);
                let late = io::Error::new(io::ErrorKind::TimedOut, "the body comes too slowly");
                Poll::Ready(Some(Err(late.into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: Body> Answer<B> {
    pub(super) fn new(body: B, mut under_way: UnderWay) -> Self {
        if body.is_end_stream() {
            under_way.ended();
            return Self { body, under_way: None };
        }
        under_way.answered();
        Self { body, under_way: Some(under_way) }
    }
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Some(under_way) = &mut self.under_way {
            under_way.waits_for(frame.is_pending());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::poll_fn;

    use futures_util::{FutureExt, StreamExt, stream};
    use link_platform::Body as AnyBody;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    /// Longer than a busy machine keeps a test waiting.
    const PACE: Pace = Pace { window: Duration::from_millis(400), bytes: 1_000 };

    async fn next<B: Body<Data = Bytes> + Unpin>(body: &mut B) -> Option<Result<Bytes, B::Error>> {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
        Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
    }

    /// How many bytes come of twelve pieces of so many bytes, each after so much time; `None` where they are given up.
    async fn count(bytes: usize, every: Duration) -> Option<usize> {
        let counts = Arc::<Counts>::default();
        let piece = move |()| async move {
            sleep(every).await;
            Ok::<_, Infallible>(Bytes::from(vec![b'x'; bytes]))
        };
        let pieces = AnyBody::from_stream(stream::repeat(()).then(piece).take(12));
        let mut body = Paced::new(pieces, PACE, counts.clone());
        let mut count = 0;
        while let Some(piece) = next(&mut body).await {
            let Ok(piece) = piece else {
                assert_eq!(counts.of(Cut::ShedBody), 1);
                return None;
            };
            count += piece.len();
        }
        assert_eq!(counts.of(Cut::ShedBody), 0);
        Some(count)
    }

    #[tokio::test]
    async fn a_body_that_trickles_is_given_up_and_one_that_flows_is_not() {
        let window = PACE.window;
        assert_eq!(count(1_000, window / 5).await, Some(12_000), "fast enough in each of some windows");
        assert_eq!(count(10, window / 5).await, None, "a trickle");
        assert_eq!(count(10_000, window * 3).await, None, "silence");
        assert_eq!(count(1, Duration::ZERO).await, Some(12), "small and quick");
    }

    #[tokio::test]
    async fn time_in_which_nobody_reads_is_not_the_senders() {
        let (sender, receiver) = unbounded_channel::<Bytes>();
        let pieces = stream::unfold(receiver, |mut receiver| async move {
            let piece = receiver.recv().await?;
            Some((Ok::<_, Infallible>(piece), receiver))
        });
        let mut body = Paced::new(AnyBody::from_stream(pieces), PACE, Arc::default());
        assert!(next(&mut body).now_or_never().is_none(), "the window opens");
        sender.send(Bytes::from_static(b"a")).expect("it is there");
        assert!(next(&mut body).await.is_some());
        sleep(PACE.window * 2).await;
        assert!(next(&mut body).now_or_never().is_none(), "the window goes on where it was left");
        assert!(next(&mut body).await.is_some_and(|piece| piece.is_err()), "and ends in its time");
    }
}
