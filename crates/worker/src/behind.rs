use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;
use tracing::debug;

/// How much the thread yields to others: at 10 it gets a tenth of a processor that visitors want whole, and all that
/// they leave.
const NICE: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// A thread for work that takes processors for long, of lower priority than those that answer visitors. It ends with this
/// value.
pub(crate) struct Behind {
    jobs: mpsc::Sender<Job>,
}

/// Work that broke off, or a thread that is gone.
#[derive(Debug, thiserror::Error)]
#[error("work behind the visitors broke off")]
pub struct BrokenOff;

impl Behind {
    pub(crate) fn start(name: &str) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            // On Linux it is the thread's own; without the permission it goes on like any other.
            if let Err(error) = rustix::process::setpriority_process(None, NICE) {
                debug!(error.source = %error, "a thread keeps the priority of all others");
            }
            for job in queue {
                job();
            }
        })?;
        Ok(Self { jobs })
    }

    /// Does the work there, after what was asked before.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BrokenOff> {
        let (answer, answered) = oneshot::channel();
        let job = move || {
            let outcome: Result<T, Box<dyn Any + Send>> = catch_unwind(AssertUnwindSafe(work));
            // Who no longer waits gets no answer.
            let _ = answer.send(outcome);
        };
        self.jobs.send(Box::new(job)).map_err(|_| BrokenOff)?;
        answered.await.map_err(|_| BrokenOff)?.map_err(|_| BrokenOff)
    }
}
