//! How long a connection has been waiting for its client, and whether that is too long. Pure: time comes in ticks.

use std::time::Duration;

use super::connection::{Glance, Order};
use super::limits::Limits;

/// What is remembered of a connection between two looks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    opened: u64,
    phase: Phase,
    since: u64,
    /// The bytes that the phase is about, as they were at `since`.
    bytes: u64,
    requests: u64,
}

/// What a connection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The client is to send the head of a request.
    Head,
    /// Requests are answered, or their bodies come, which have limits of their own.
    Work,
    /// The client is to take what there is for it.
    Reply,
    /// The client may ask for more.
    Idle,
    /// It was told to go.
    Going,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// It asked for nothing for long.
    Rested,
    /// A request's head is not there in time.
    Late,
    /// What there is for the client is not taken.
    Stalled,
    /// It was told to go, and had time to.
    Gone,
}

/// [`Limits`] in ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    head: u64,
    idle: u64,
    stall: u64,
    farewell: u64,
}

impl Patience {
    pub(super) fn of(limits: &Limits) -> Self {
        let ticks = |time| ticks(time, limits.tick);
        Self {
            head: ticks(limits.head),
            idle: ticks(limits.idle),
            stall: ticks(limits.stall),
            farewell: ticks(limits.farewell),
        }
    }
}

impl Watch {
    pub(super) fn new(tick: u64) -> Self {
        Self { opened: tick, phase: Phase::Head, since: tick, bytes: 0, requests: 0 }
    }

    /// When what it is at began.
    pub(super) fn since(&self) -> u64 {
        self.since
    }

    /// What began between two looks is taken to have begun at the later one.
    pub(super) fn look(&mut self, now: Glance, tick: u64, patience: &Patience) -> Verdict {
        let (phase, bytes) = self.phase(now);
        // Whoever took something, or asked for something, starts anew.
        let moved = match phase {
            Phase::Reply => bytes != self.bytes,
            Phase::Idle => now.requests != self.requests,
            Phase::Work => true,
            Phase::Head | Phase::Going => false,
        };
        if phase != self.phase || moved {
            let (opened, requests) = (self.opened, now.requests);
            *self = Self { opened, phase, since: tick, bytes, requests };
        }
        let waited = tick - self.since;
        // Nothing that a client does before its first request gives it more time.
        if now.requests == 0 && tick - self.opened >= patience.head {
            return Verdict::Late;
        }
        match phase {
            Phase::Head if waited >= patience.head => Verdict::Late,
            Phase::Reply if waited >= patience.stall => Verdict::Stalled,
            Phase::Idle if waited >= patience.idle => Verdict::Rested,
            Phase::Going if waited >= patience.farewell => Verdict::Gone,
            _ => Verdict::Fine,
        }
    }

    /// What it is at now, and the bytes that count there.
    fn phase(&self, now: Glance) -> (Phase, u64) {
        let asked_more = now.requests != self.requests;
        if now.blocked || (now.under_way > 0 && now.ours == 0) {
            (Phase::Reply, now.sent)
        } else if now.under_way > 0 {
            (Phase::Work, 0)
        } else if now.order != Order::Stay {
            (Phase::Going, 0)
        } else if now.requests == 0 || (self.phase == Phase::Head && !asked_more) {
            (Phase::Head, 0)
        } else if self.phase == Phase::Idle && !asked_more && !now.multiplexed && now.received != self.bytes {
            // The first bytes of a further request. HTTP/2 has other things to say between two requests.
            (Phase::Head, 0)
        } else if self.phase == Phase::Idle && !asked_more {
            (Phase::Idle, self.bytes)
        } else {
            (Phase::Idle, now.received)
        }
    }
}

/// So much time in ticks, at least one.
fn ticks(time: Duration, tick: Duration) -> u64 {
    let ticks = time.as_nanos().div_ceil(tick.as_nanos().max(1));
    u64::try_from(ticks).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { head: 10, idle: 60, stall: 10, farewell: 2 };
    const NEW: Glance = Glance {
        received: 0,
        sent: 0,
        requests: 0,
        under_way: 0,
        ours: 0,
        blocked: false,
        multiplexed: false,
        order: Order::Stay,
    };
    const SERVED: Glance = Glance { received: 100, sent: 100, requests: 1, ..NEW };

    /// After how many ticks it is judged, and how, where each look shows what `seen` says of that tick.
    fn judged(seen: impl Fn(u64) -> Glance) -> Option<(u64, Verdict)> {
        let mut watch = Watch::new(0);
        (1..200)
            .map(|tick| (tick, watch.look(seen(tick), tick, &PATIENCE)))
            .find(|(_, v)| *v != Verdict::Fine)
    }

    #[test]
    fn a_first_request_has_its_time_whatever_else_comes() {
        assert_eq!(judged(|_| NEW), Some((10, Verdict::Late)));
        assert_eq!(judged(|tick| Glance { received: tick, ..NEW }), Some((10, Verdict::Late)), "it trickles");
        let flicker = |tick| Glance { blocked: tick % 2 == 0, sent: tick, ..NEW };
        assert_eq!(judged(flicker), Some((10, Verdict::Late)), "it takes what is no answer");
    }

    #[test]
    fn a_further_request_has_its_time_from_its_first_byte() {
        let seen = |tick| if tick < 30 { SERVED } else { Glance { received: 100 + tick, ..SERVED } };
        assert_eq!(judged(seen), Some((40, Verdict::Late)));
        let often = |tick| Glance { received: 100 * tick, requests: tick, ..SERVED };
        assert_eq!(judged(often), None, "who asks all the time is never late");
    }

    #[test]
    fn a_connection_may_rest_for_a_while() {
        assert_eq!(judged(|_| SERVED), Some((61, Verdict::Rested)));
        let pings = |tick| Glance { received: 100 + tick, multiplexed: true, ..SERVED };
        assert_eq!(judged(pings), Some((61, Verdict::Rested)), "an answer to a ping is no request");
        let slowly = |tick| Glance { requests: 1 + tick / 50, ..SERVED };
        assert_eq!(judged(slowly), None, "it asks for something now and then");
    }

    #[test]
    fn an_answer_must_be_taken_bit_by_bit() {
        let stuck = Glance { blocked: true, under_way: 1, ..SERVED };
        assert_eq!(judged(|_| stuck), Some((11, Verdict::Stalled)));
        assert_eq!(judged(|tick| Glance { sent: 100 + tick / 9, ..stuck }), None, "slow, but it goes on");
        let window = Glance { under_way: 1, multiplexed: true, ..SERVED };
        assert_eq!(judged(|_| window), Some((11, Verdict::Stalled)), "a stream without a window");
    }

    #[test]
    fn work_on_this_side_takes_as_long_as_it_takes() {
        assert_eq!(judged(|_| Glance { under_way: 2, ours: 1, ..SERVED }), None);
    }

    #[test]
    fn who_was_told_to_go_is_gone_soon() {
        assert_eq!(judged(|_| Glance { order: Order::Finish, ..SERVED }), Some((3, Verdict::Gone)));
        let busy = Glance { under_way: 1, ours: 1, ..SERVED };
        assert_eq!(
            judged(|_| Glance { order: Order::Finish, ..busy }),
            None,
            "what is under way comes to its end"
        );
    }

    #[test]
    fn times_are_whole_ticks_and_at_least_one() {
        let second = Duration::from_secs(1);
        assert_eq!(ticks(Duration::from_secs(10), second), 10);
        assert_eq!(ticks(Duration::from_millis(10_001), second), 11);
        assert_eq!(ticks(Duration::ZERO, second), 1);
    }
}
