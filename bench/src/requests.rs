use std::io::Write as _;

/// Which links are visited, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Visits {
    /// The port that the hosts name.
    pub port: u16,
    /// Links `l0`, `l1`, … in turn on the handles `h0`, `h1`, ….
    pub links: u64,
    /// How many handles share them.
    pub handles: u64,
    /// How many different user agents visit.
    pub agents: u64,
    /// From how many addresses they come, as a proxy tells it; 0: no proxy tells anything.
    pub addresses: u64,
}

/// An endless row of visits, the same each time for the same seed.
#[derive(Debug, Clone)]
pub struct Requests {
    visits: Visits,
    state: u64,
    next: Option<u64>,
}

/// What a browser sends beside host and user agent.
const HEADERS: &str = "accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    accept-language: en-GB,en;q=0.7,de;q=0.3\r\n\
    accept-encoding: gzip, deflate, br, zstd\r\n\
    upgrade-insecure-requests: 1\r\n\
    sec-fetch-dest: document\r\n\
    sec-fetch-mode: navigate\r\n\
    sec-fetch-site: cross-site\r\n\
    connection: keep-alive\r\n\r\n";

const SYSTEMS: [&str; 5] = [
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "iPhone; CPU iPhone OS 18_5 like Mac OS X",
    "Linux; Android 16; Pixel 9",
];

impl Requests {
    /// Links drawn uniformly.
    pub fn random(visits: Visits, seed: u64) -> Self {
        Self { visits, state: seed, next: None }
    }

    /// Every `step`-th link from the `first` on, over and over.
    pub fn in_turn(visits: Visits, first: u64) -> Self {
        Self { visits, state: first, next: Some(first) }
    }

    /// Replaces what is in the buffer by the next request; `step` is how far to go where links come in turn.
    pub fn write(&mut self, step: u64, buffer: &mut Vec<u8>) {
        let drawn = self.draw();
        let link = match &mut self.next {
            Some(next) => std::mem::replace(next, next.wrapping_add(step)) % self.visits.links,
            None => drawn % self.visits.links,
        };
        let agent = (drawn >> 32) % self.visits.agents;
        let Visits { port, handles, addresses, .. } = self.visits;
        let system = SYSTEMS[usize::try_from(agent % 5).unwrap_or(0)];
        buffer.clear();
        // Writing to a vector does not fail.
        let _ = write!(
            buffer,
            "GET /l{link}{} HTTP/1.1\r\nhost: h{}.localhost:{port}\r\n\
             user-agent: Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.{agent}.0 Safari/537.36\r\n",
            if addresses > 0 && drawn.is_multiple_of(4) {
                "?utm_source=newsletter&utm_campaign=spring"
            } else {
                ""
            },
            link % handles,
            100 + agent % 40,
        );
        if addresses > 0 {
            let address = (drawn >> 40) % addresses;
            let _ = write!(
                buffer,
                "x-forwarded-for: 10.{}.{}.7\r\nreferer: https://www.google.com/\r\n",
                address / 256 % 256,
                address % 256
            );
        }
        buffer.extend_from_slice(HEADERS.as_bytes());
    }

    /// SplitMix64.
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mixed(self.state)
    }
}

/// The `number`th of an endless row of numbers that look drawn: `SplitMix64`.
pub fn drawn(number: u64) -> u64 {
    mixed(number.wrapping_add(1).wrapping_mul(STEP))
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

fn mixed(state: u64) -> u64 {
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
