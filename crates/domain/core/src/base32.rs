//! Crockford's base 32 in lower case: sortable, safe in DNS labels and wherever case is lost.

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes bytes as base 32, most significant bits first; the last character is padded with zero bits.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut held, mut bits) = (0u32, 0u32);
    for &byte in bytes {
        held = (held << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(digit(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(digit(held << (5 - bits)));
    }
    text
}

/// The 26 characters of a 128-bit number, leading zeros kept, so that text order is numeric order.
pub(crate) fn encode_u128(number: u128) -> String {
    (0..26).rev().map(|place| digit(u32::try_from((number >> (place * 5)) & 31).unwrap_or(0))).collect()
}

/// Reads exactly what [`encode_u128`] writes; anything else (upper case, look-alikes, overflow) is `None`.
pub(crate) fn decode_u128(text: &str) -> Option<u128> {
    if text.len() != 26 {
        return None;
    }
    let mut number: u128 = 0;
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|&letter| letter == byte)?;
        if number >> 123 != 0 {
            return None;
        }
        number = (number << 5) | value as u128;
    }
    Some(number)
}

fn digit(value: u32) -> char {
    char::from(ALPHABET[(value & 31) as usize])
}
