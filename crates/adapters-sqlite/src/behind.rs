//! Threads whose work yields to that of visitors.

use std::thread;

use lp_ports::StoreError;
use tokio::runtime::Handle;

use crate::fault::unavailable;

/// At 10 a thread gets a tenth of a processor that others want whole, and all that they leave.
const NICE: i32 = 10;

/// Runs a future on a thread of its own of lower priority, which threads that are made there take over; `then` gets
/// what came of it. Taking in thousands of clicks takes milliseconds of a processor: not on those that answer visitors.
pub(crate) fn run<T: Send + 'static>(
    name: &str,
    future: impl Future<Output = T> + Send + 'static,
    then: impl FnOnce(T) + Send + 'static,
) -> Result<(), StoreError> {
    let runtime = Handle::current();
    let work = move || {
        if let Err(error) = rustix::process::setpriority_process(None, NICE) {
            tracing::debug!(error.source = %error, "a thread keeps the priority of all others");
        }
        then(runtime.block_on(future));
    };
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop).map_err(unavailable)
}
