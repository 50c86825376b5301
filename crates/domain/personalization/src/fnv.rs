//! FNV-1a of 64 bits (Fowler, Noll and Vo), for texts that are looked up among few others.

/// The hash of nothing.
pub(crate) const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of what was hashed before and of one byte more.
pub(crate) fn mixed(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}
