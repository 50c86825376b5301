use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time of this thread a call, in nanoseconds: a busy machine counts little.
pub fn nanos_a_call(calls: u32, mut call: impl FnMut(u32)) -> f64 {
    let began = processor();
    for number in 0..calls {
        call(number);
    }
    processor().saturating_sub(began).as_secs_f64() * 1e9 / f64::from(calls)
}

/// Of this thread, since some start.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
