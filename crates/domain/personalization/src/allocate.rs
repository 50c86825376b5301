//! Who belongs to a part of the visitors: the hash that GrowthBook publishes for its kits, version 2, so that the same
//! visitor is in the same part everywhere and for ever.

use lp_links::Allocation;

/// Lots are numbered below this.
const LOTS: u16 = 10_000;

/// How many of the lots win.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seats(u16);

/// The lot of a visitor under a seed, between 0 and 1, in steps of a ten-thousandth.
///
/// FNV-1a of 32 bits over seed and value, written as decimal, hashed again, modulo 10,000. It is defined over UTF-16; here
/// it is over bytes, which is the same for ASCII, as seeds and keys are.
pub fn lot(seed: &str, value: &str) -> f64 {
    f64::from(number(seed, value)) / f64::from(LOTS)
}

fn number(seed: &str, value: &str) -> u16 {
    let first = fnv(seed.bytes().chain(value.bytes()));
    let mut digits = [0; 10];
    let second = fnv(decimal(first, &mut digits).iter().copied());
    u16::try_from(second % u32::from(LOTS)).unwrap_or(0)
}

fn fnv(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A number as text, without a place on the heap.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        if number == 0 {
            return &digits[at..];
        }
    }
}

impl Seats {
    /// The lots that lie below the share.
    pub(crate) fn of(allocation: Allocation) -> Self {
        let below = |lot: u16| f64::from(lot) / f64::from(LOTS) < allocation.share();
        let (mut win, mut lose) = (0, LOTS);
        while win < lose {
            let middle = win.midpoint(lose);
            if below(middle) { win = middle + 1 } else { lose = middle }
        }
        Self(win)
    }

    /// Whether it depends on the visitor who wins: not where all do, or none.
    pub(crate) fn are_drawn(self) -> bool {
        (1..LOTS).contains(&self.0)
    }

    /// Whether this visitor wins one.
    pub(crate) fn takes(self, seed: &str, key: &str) -> bool {
        self.0 >= LOTS || (self.0 > 0 && !key.is_empty() && number(seed, key) < self.0)
    }
}
