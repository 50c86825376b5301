use std::sync::atomic::{AtomicU64, Ordering};

use lp_ports::Ids;
use uuid::Uuid;

use crate::START;

/// Ids and randomness that are the same in every run of a test, and differ with the seed.
#[derive(Debug)]
pub struct SeededIds {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededIds {
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }

    fn draw(&self) -> u64 {
        self.drawn.fetch_add(1, Ordering::SeqCst)
    }
}

impl Ids for SeededIds {
    fn uuid(&self) -> Uuid {
        let number = self.draw();
        let millis = u64::try_from(START.micros() / 1_000).unwrap_or(0) + number;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&scatter(self.seed, number, 0).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn random(&self) -> [u8; 32] {
        let number = self.draw();
        let mut bytes = [0; 32];
        for (part, chunk) in (1..).zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&scatter(self.seed, number, part).to_be_bytes());
        }
        bytes
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): a bijection of 64 bits, so different numbers of a seed stay different.
fn scatter(seed: u64, number: u64, part: u64) -> u64 {
    let mixed = |word: u64| {
        let word = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    };
    mixed(number ^ mixed(seed ^ mixed(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_repeat_with_the_seed_and_are_version_seven() {
        let (one, same, other) = (SeededIds::new(1), SeededIds::new(1), SeededIds::new(2));
        let mut last = Uuid::nil();
        for _ in 0..1_000 {
            let id = one.uuid();
            assert_eq!(id, same.uuid());
            assert_ne!(id, other.uuid());
            assert!(id > last && id.get_version_num() == 7);
            last = id;
        }
        assert_ne!(one.random(), one.random());
    }
}
