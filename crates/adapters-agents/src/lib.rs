//! What user agents come from: device, system, browser, and whether they are robots.
//!
//! This crate decides how the words of a library and of a list of robots are read as the domain's. It does not know what
//! that is asked for, and it does not remember answers: who asks for each visit does. Which device it is goes by
//! [`Device::of`]; the library is asked where that does not know, and the list adds robots.

mod crawlers;
mod machine;

use std::sync::{Arc, LazyLock};

use lp_core::{Agent, Device};
use lp_ports::UserAgents;

use self::crawlers::Crawlers;

/// How much of a user agent is looked at: browsers send a fifth of it, and anybody may send a whole header.
const LONGEST: usize = 1_024;

static CRAWLERS: LazyLock<Crawlers> = LazyLock::new(Crawlers::read);

/// User agents by a library and a list that are part of the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct KnownAgents;

impl KnownAgents {
    /// Prepares the list on a thread of its own, which takes some milliseconds: a visitor who comes before waits for it.
    pub fn prepared() -> Arc<dyn UserAgents> {
        // Where no thread can be had the first visitor prepares it.
        let prepare = || {
            LazyLock::force(&CRAWLERS);
            KnownAgents.agent_of(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
            );
        };
        std::thread::Builder::new().name("user-agents".to_owned()).spawn(prepare).ok();
        Arc::new(Self)
    }
}

impl UserAgents for KnownAgents {
    fn agent_of(&self, user_agent: &str) -> Agent {
        let user_agent = user_agent.get(..user_agent.floor_char_boundary(LONGEST)).unwrap_or_default();
        let (kind, os, browser) = machine::of(user_agent);
        let crawler = CRAWLERS.kind(user_agent);
        let device = match Device::of(user_agent) {
            _ if crawler.is_some() => Device::Bot,
            Device::Unknown => kind,
            device => device,
        };
        Agent { device, os, browser, previews: crawler.is_some_and(|kind| kind.previews) }
    }
}
