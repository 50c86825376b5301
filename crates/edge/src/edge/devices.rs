use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;
use lp_core::Device;

/// How many user agents are remembered: a power of two. Few thousands make up nearly all traffic.
const PLACES: usize = 4_096;
/// The bits of an entry that say which device.
const CODE: u64 = 0b111;

/// Remembers what user agents were taken for.
///
/// An entry is the hash of a user agent with its device in the lowest bits, so reading and writing it needs no lock. The
/// hash is seeded at each start: nobody can prepare two user agents that are taken for each other.
pub(super) struct Devices {
    entries: Box<[AtomicU64]>,
    seed: RandomState,
}

impl Default for Devices {
    fn default() -> Self {
        Self { entries: (0..PLACES).map(|_| AtomicU64::new(0)).collect(), seed: RandomState::default() }
    }
}

impl Devices {
    /// The same as [`Device::of`], from memory where possible.
    pub(super) fn of(&self, user_agent: &str) -> Device {
        let hash = self.seed.hash_one(user_agent.as_bytes()) & !CODE;
        let Some(entry) = usize::try_from(hash >> 32).ok().and_then(|place| self.entries.get(place % PLACES))
        else {
            return Device::of(user_agent);
        };
        let known = entry.load(Ordering::Relaxed);
        if known & !CODE == hash
            && let Some(device) = device(known & CODE)
        {
            return device;
        }
        let device = Device::of(user_agent);
        entry.store(hash | code(device), Ordering::Relaxed);
        device
    }
}

/// 0 is none: an entry that was never written.
fn code(device: Device) -> u64 {
    match device {
        Device::Mobile => 1,
        Device::Tablet => 2,
        Device::Desktop => 3,
        Device::Bot => 4,
        Device::Unknown => 5,
    }
}

fn device(code: u64) -> Option<Device> {
    match code {
        1 => Some(Device::Mobile),
        2 => Some(Device::Tablet),
        3 => Some(Device::Desktop),
        4 => Some(Device::Bot),
        5 => Some(Device::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_user_agent_is_taken_for_the_same_whether_it_is_remembered_or_not(
            agents in prop::collection::vec("[ -~]{0,40}(Mobile|iPad|bot|Windows NT|)", 1..200),
        ) {
            let devices = Devices::default();
            for agent in agents.iter().chain(&agents) {
                prop_assert_eq!(devices.of(agent), Device::of(agent));
            }
        }
    }
}
