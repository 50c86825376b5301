use std::future::poll_fn;
use std::task::Poll;

/// Lets other work of the thread go on, once: for long computations that never wait for anything by themselves.
pub(crate) async fn breathe() {
    let mut waited = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
