//! What targets work on that is too costly to make for each run.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

use tokio::runtime::{Builder, Runtime};

/// Makes what a stage holds.
pub(crate) type Making<T> = fn() -> Pin<Box<dyn Future<Output = T>>>;

/// A runtime and something on it that is made anew after so many runs, so that what they leave does not pile up.
pub(crate) struct Stage<T> {
    inner: RefCell<Inner<T>>,
    lasts: u32,
    make: Making<T>,
}

struct Inner<T> {
    held: Option<T>,
    left: u32,
    runtime: Runtime,
}

impl<T> Stage<T> {
    pub(crate) fn new(lasts: u32, make: Making<T>) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { inner: RefCell::new(Inner { held: None, left: 0, runtime }), lasts, make }
    }

    pub(crate) fn run<R>(&self, work: impl AsyncFnOnce(&T) -> R) -> R {
        let mut inner = self.inner.borrow_mut();
        let Inner { held, left, runtime } = &mut *inner;
        runtime.block_on(async {
            if *left == 0 {
                *held = None;
                *left = self.lasts;
            }
            *left -= 1;
            if held.is_none() {
                *held = Some((self.make)().await);
            }
            match held {
                Some(held) => work(held).await,
                None => unreachable!("it was made above"),
            }
        })
    }
}
