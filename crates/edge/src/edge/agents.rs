use std::sync::Arc;

use lp_application::{Agent, UserAgents};
use lp_core::{Browser, Device, Os};

use super::remembered::{Remembered, Sought};

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

    /// Begins to seek a user agent.
    pub(super) fn seek(&self, user_agent: &str) -> Sought {
        self.remembered.seek(user_agent)
    }

    /// What a user agent comes from, and what it goes by: `number` says that, always the same of the same.
    pub(super) fn of(
        &self,
        sought: Sought,
        user_agent: &str,
        number: impl FnOnce(&str) -> u32,
    ) -> (Agent, u32) {
        let find =
            || self.known.as_ref().map_or_else(|| Agent::of(user_agent), |known| known.agent_of(user_agent));
        unpacked(self.remembered.of(sought, || packed(find(), number(user_agent))))
    }
}

/// A bit that makes it no 0 and one for previews, three places in lists of a byte each, and the number.
fn packed(agent: Agent, number: u32) -> u64 {
    let device = at(&Device::ALL, &agent.device);
    let (os, browser) = (at(Os::ALL, &agent.os), at(Browser::ALL, &agent.browser));
    1 | u64::from(agent.previews) << 1 | device << 8 | os << 16 | browser << 24 | u64::from(number) << 32
}

fn unpacked(word: u64) -> (Agent, u32) {
    let [flags, device, os, browser, number @ ..] = word.to_le_bytes();
    let agent = Agent {
        device: Device::ALL.get(usize::from(device)).copied().unwrap_or(Device::Unknown),
        os: Os::ALL.get(usize::from(os)).copied().unwrap_or_default(),
        browser: Browser::ALL.get(usize::from(browser)).copied().unwrap_or_default(),
        previews: flags & 2 != 0,
    };
    (agent, u32::from_le_bytes(number))
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
                for (previews, number) in [(false, 0), (true, 1), (true, u32::MAX)] {
                    let agent = Agent { device, os, browser, previews };
                    assert_eq!(unpacked(packed(agent, number)), (agent, number));
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
                let number = |text: &str| u32::try_from(text.len()).expect("short");
                prop_assert_eq!(known.of(known.seek(agent), agent, number), (Agent::of(agent), number(agent)));
            }
        }
    }
}
