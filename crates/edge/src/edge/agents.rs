use std::sync::Arc;

use lp_application::{Agent, UserAgents};
use lp_core::{Browser, Device, Os};

use super::remembered::Remembered;

/// How many user agents are remembered. Few thousands make up nearly all traffic.
const PLACES: usize = 8_192;

/// What user agents come from, as far as somebody knows.
pub(super) struct Agents {
    remembered: Remembered,
    /// `None`: what their words say of the device is all.
    known: Option<Arc<dyn UserAgents>>,
}

impl Agents {
    pub(super) fn new(known: Option<Arc<dyn UserAgents>>) -> Self {
        Self { remembered: Remembered::new(PLACES), known }
    }

    pub(super) fn of(&self, user_agent: &str) -> Agent {
        let find =
            || self.known.as_ref().map_or_else(|| Agent::of(user_agent), |known| known.agent_of(user_agent));
        unpacked(self.remembered.of(user_agent.as_bytes(), || packed(find())))
    }
}

/// Four places in a list each, and a bit that makes it no 0.
fn packed(agent: Agent) -> u64 {
    let device = at(&Device::ALL, &agent.device);
    let (os, browser) = (at(Os::ALL, &agent.os), at(Browser::ALL, &agent.browser));
    1 | u64::from(agent.previews) << 1 | device << 8 | os << 16 | browser << 24
}

fn unpacked(word: u64) -> Agent {
    let [flags, device, os, browser, ..] = word.to_le_bytes();
    Agent {
        device: Device::ALL.get(usize::from(device)).copied().unwrap_or(Device::Unknown),
        os: Os::ALL.get(usize::from(os)).copied().unwrap_or_default(),
        browser: Browser::ALL.get(usize::from(browser)).copied().unwrap_or_default(),
        previews: flags & 2 != 0,
    }
}

fn at<T: PartialEq>(all: &[T], one: &T) -> u64 {
    all.iter().position(|other| other == one).and_then(|at| u64::try_from(at).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_agent_survives_being_packed() {
        for device in Device::ALL {
            for (os, browser) in Os::ALL.iter().flat_map(|os| Browser::ALL.iter().map(move |one| (*os, *one)))
            {
                for previews in [false, true] {
                    let agent = Agent { device, os, browser, previews };
                    assert_eq!(unpacked(packed(agent)), agent);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_user_agent_is_taken_for_the_same_whether_it_is_remembered_or_not(
            agents in prop::collection::vec("[ -~]{0,40}(Mobile|iPad|bot|Windows NT|)", 1..200),
        ) {
            let known = Agents::new(None);
            for agent in agents.iter().chain(&agents) {
                prop_assert_eq!(known.of(agent), Agent::of(agent));
            }
        }
    }
}
