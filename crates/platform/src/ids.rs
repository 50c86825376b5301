//! The machine's randomness.

use std::cell::RefCell;
use std::time::SystemTime;

use lp_ports::Ids;
use uuid::{Builder, Uuid};

/// Asks the operating system.
#[derive(Debug)]
pub(crate) struct SystemIds;

/// The random bytes of an id (RFC 9562, 5.7: 74 random bits beside the time).
const EACH: usize = 10;
/// Of how many ids they are asked for at once: each visit needs one, and asking the system takes longer than the rest of
/// noting the visit.
const AHEAD: usize = 64;

struct Stock {
    bytes: [u8; EACH * AHEAD],
    left: usize,
}

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; EACH * AHEAD], left: 0 }) };
}

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the source of ids that everybody else is given")]
    fn uuid(&self) -> Uuid {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        of(u64::try_from(since.as_millis()).unwrap_or(0))
    }

    fn timeless_uuid(&self) -> Uuid {
        of(0)
    }

    fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        fill(&mut bytes);
        bytes
    }
}

fn of(millis: u64) -> Uuid {
    let random = STOCK.with_borrow_mut(Stock::take);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

impl Stock {
    fn take(&mut self) -> [u8; EACH] {
        if self.left == 0 {
            fill(&mut self.bytes);
            self.left = AHEAD;
        }
        self.left -= 1;
        let (all, _) = self.bytes.as_chunks::<EACH>();
        all[self.left]
    }
}

// Where the system has no randomness nothing here may go on: every secret would be guessable.
#[expect(clippy::expect_used, reason = "no secret may be made without randomness")]
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}
