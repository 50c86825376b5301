mod facts;

use lp_analytics::{Click, ClickRef, Facts};
use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};
use uuid::Uuid;

/// What stands before the body: its length and its checksum, four bytes each.
pub(crate) const HEAD: usize = 8;
/// Records begin at multiples of this, so that the next one can be found behind a damaged one.
pub(crate) const ALIGN: usize = 8;
/// No record is longer.
pub(crate) const LONGEST: usize =
    (HEAD + FIXED + 32 + 64 + LONGEST_REFERRER + facts::LONGEST).next_multiple_of(ALIGN);

/// A host name has 253 characters at most; what is longer was none and is cut.
const LONGEST_REFERRER: usize = 1_024;
/// The bytes of a body that every click has.
const FIXED: usize = 56;
/// What records ended in before facts were kept: all else is the same. Such records are still read, because a node may be
/// updated while its journal holds some.
const WITHOUT_FACTS: u8 = 1;
const VERSION: u8 = 2;

/// The checksum of a body, before it is bound to the place where the body is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digest {
    length: u32,
    crc: u32,
}

/// Writes a click as a record whose head is still empty, in place of what was there.
///
/// The body ends in a byte that is not zero, so the last byte of a segment that is not zero is the end of its clicks.
pub(crate) fn encode(click: ClickRef<'_>, record: &mut Vec<u8>) -> Digest {
    let referrer = &click.referrer[..click.referrer.floor_char_boundary(LONGEST_REFERRER)];
    record.clear();
    record.extend_from_slice(&[0; HEAD]);
    record.extend_from_slice(&click.at.micros().to_le_bytes());
    record.extend_from_slice(&click.visitor.to_le_bytes());
    record.extend_from_slice(click.id.uuid().as_bytes());
    record.extend_from_slice(click.link.uuid().as_bytes());
    record.push(code(click.device));
    for text in [click.handle.as_str(), click.slug.as_str(), referrer] {
        // All three are bounded far below.
        record.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    }
    for text in [click.handle.as_str(), click.slug.as_str(), referrer] {
        record.extend_from_slice(text.as_bytes());
    }
    facts::encode(&click.facts, record);
    record.push(VERSION);
    let body = &record[HEAD..];
    let digest = Digest { length: u32::try_from(body.len()).unwrap_or(u32::MAX), crc: crc32fast::hash(body) };
    record.resize(record.len().next_multiple_of(ALIGN), 0);
    digest
}

/// The head of a record that is written at a position of a segment with this seed.
pub(crate) fn head(digest: Digest, seed: u64, position: u64) -> [u8; HEAD] {
    let bound = digest.crc ^ key(seed, position, digest.length);
    (u64::from(bound) << 32 | u64::from(digest.length)).to_le_bytes()
}

/// The click whose record the bytes begin with, and how many of them it takes; `None` where that is no whole record, or
/// one that was written elsewhere.
pub(crate) fn decode(bytes: &[u8], seed: u64, position: u64) -> Option<(Click, usize)> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let [a, b, c, d, crc @ ..] = *head;
    let length = u32::from_le_bytes([a, b, c, d]);
    let taken = usize::try_from(length).ok().filter(|length| (FIXED..=LONGEST - HEAD).contains(length))?;
    let body = rest.get(..taken)?;
    if crc32fast::hash(body) ^ key(seed, position, length) != u32::from_le_bytes(crc) {
        return None;
    }
    Some((click(body)?, (HEAD + taken).next_multiple_of(ALIGN)))
}

/// What binds a checksum to its place: without the segment's seed nobody can write a text that is taken for a record,
/// and a record that strayed to another place is none there.
fn key(seed: u64, position: u64, length: u32) -> u32 {
    // The finish of SplitMix64.
    let mut mixed = seed ^ position.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(length).rotate_left(40);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let [.., a, b, c, d] = (mixed ^ (mixed >> 31)).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn click(body: &[u8]) -> Option<Click> {
    let (version, body) = body.split_last()?;
    let mut fields = Fields(body);
    let at = Timestamp::from_micros(i64::from_le_bytes(fields.take()?));
    let visitor = u64::from_le_bytes(fields.take()?);
    let id = ClickId::new(Uuid::from_bytes(fields.take()?));
    let link = LinkId::new(Uuid::from_bytes(fields.take()?));
    let [device] = fields.take()?;
    let lengths = [fields.length()?, fields.length()?, fields.length()?];
    let [handle, slug, referrer] = lengths.map(|length| fields.text(length));
    let click = Click {
        id,
        handle: Handle::parse(handle?).ok()?,
        link,
        slug: Slug::parse(slug?).ok()?,
        at,
        device: device_of(device)?,
        visitor,
        referrer: referrer?.to_owned(),
        facts: match *version {
            VERSION => facts::decode(&mut fields)?,
            WITHOUT_FACTS => Facts::default(),
            _ => return None,
        },
    };
    fields.0.is_empty().then_some(click)
}

/// What is left of a body.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    fn length(&mut self) -> Option<usize> {
        self.take().map(|bytes| usize::from(u16::from_le_bytes(bytes)))
    }

    fn text(&mut self, length: usize) -> Option<&'a str> {
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        str::from_utf8(text).ok()
    }
}

fn code(device: Device) -> u8 {
    match device {
        Device::Unknown => 0,
        Device::Mobile => 1,
        Device::Tablet => 2,
        Device::Desktop => 3,
        Device::Bot => 4,
    }
}

fn device_of(written: u8) -> Option<Device> {
    Device::ALL.into_iter().find(|device| code(*device) == written)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_click() -> impl Strategy<Value = Click> {
        let texts = ("[a-z0-9]{2,32}", "[A-Za-z0-9-]{4,64}", ".{0,200}");
        let numbers = (any::<u128>(), any::<u128>(), 0_i64..4_000_000_000_000, any::<u64>());
        (texts, numbers, prop::sample::select(Device::ALL.to_vec()), facts::tests::any_facts())
            .prop_filter_map(
                "a handle and a slug",
                |((handle, slug, referrer), (id, link, at, visitor), device, facts)| {
                    Some(Click {
                        id: ClickId::new(Uuid::from_u128(id)),
                        handle: Handle::parse(&handle).ok()?,
                        link: LinkId::new(Uuid::from_u128(link)),
                        slug: Slug::parse(&slug).ok()?,
                        at: Timestamp::from_millis(at),
                        device,
                        visitor,
                        referrer,
                        facts,
                    })
                },
            )
    }

    /// As version 1 wrote it: its bytes were taken from a journal of then, and its head is made here.
    #[test]
    fn a_record_of_before_facts_were_kept_is_still_read() {
        let body = [
            "a04f204648470600",
            "0700000000000000",
            "00000000000000000000000000000004",
            "00000000000000000000000000000000",
            "00",
            "050006000c00",
            "68656c6c6f6c61756e63686e6577732e6578616d706c65",
            "01",
        ];
        let digits = body.concat();
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
        let body: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
        let digest =
            Digest { length: u32::try_from(body.len()).expect("short"), crc: crc32fast::hash(&body) };
        let mut record = head(digest, 5, 64).to_vec();
        record.extend(body);
        let click = Click {
            id: ClickId::new(Uuid::from_u128(4)),
            handle: Handle::parse("hello").expect("a handle"),
            link: LinkId::new(Uuid::from_u128(0)),
            slug: Slug::parse("launch").expect("a slug"),
            at: Timestamp::from_millis(1_767_225_600_004),
            device: Device::Unknown,
            visitor: 7,
            referrer: "news.example".to_owned(),
            facts: Facts::default(),
        };
        let taken = record.len().next_multiple_of(ALIGN);
        assert_eq!(decode(&record, 5, 64), Some((click, taken)));
    }

    fn written(click: &Click, seed: u64, position: u64) -> Vec<u8> {
        let mut record = Vec::new();
        let digest = encode(click.borrowed(), &mut record);
        record[..HEAD].copy_from_slice(&head(digest, seed, position));
        record
    }

    proptest! {
        #[test]
        fn a_click_is_read_as_it_was_written(click in any_click(), seed: u64, position: u64) {
            let record = written(&click, seed, position);
            prop_assert!(record.len() <= LONGEST);
            prop_assert_eq!(decode(&record, seed, position), Some((click, record.len())));
        }

        #[test]
        fn a_record_is_none_at_another_place(click in any_click(), seed: u64, position: u64, by in 1_u64..1 << 40) {
            let record = written(&click, seed, position);
            prop_assert_eq!(decode(&record, seed, position.wrapping_add(by)), None);
            prop_assert_eq!(decode(&record, seed.wrapping_add(by), position), None);
        }

        #[test]
        fn a_record_with_one_byte_changed_or_cut_off_is_none(
            click in any_click(), seed: u64, position: u64, at: prop::sample::Index, by in 1_u8..,
        ) {
            let mut record = written(&click, seed, position);
            let length = HEAD + usize::from(record[0]) + usize::from(record[1]) * 256;
            let at = at.index(length);
            prop_assert_eq!(decode(&record[..at], seed, position), None);
            record[at] ^= by;
            prop_assert_eq!(decode(&record, seed, position), None);
        }

        #[test]
        fn arbitrary_bytes_are_no_record(bytes in prop::collection::vec(any::<u8>(), 0..2_000), seed: u64) {
            prop_assert_eq!(decode(&bytes, seed, 0), None);
        }

        /// As if a writer of another format had made it: the checksum is right, the body is anything.
        #[test]
        fn an_arbitrary_body_never_panics(body in prop::collection::vec(any::<u8>(), 0..1_200), seed: u64) {
            let length = u32::try_from(body.len()).expect("short");
            let digest = Digest { length, crc: crc32fast::hash(&body) };
            let mut record = head(digest, seed, 0).to_vec();
            record.extend(body);
            let _ = decode(&record, seed, 0);
        }
    }

    #[test]
    fn a_text_that_is_too_long_for_a_host_is_cut() {
        let click = Click {
            id: ClickId::new(Uuid::from_u128(1)),
            handle: Handle::parse("hello").expect("a handle"),
            link: LinkId::new(Uuid::from_u128(1)),
            slug: Slug::parse("launch").expect("a slug"),
            at: Timestamp::from_millis(0),
            device: Device::Bot,
            visitor: 0,
            referrer: "é".repeat(1_000) + "x",
            facts: Facts::default(),
        };
        let record = written(&click, 1, 2);
        let (read, _) = decode(&record, 1, 2).expect("a record");
        assert_eq!(read, Click { referrer: "é".repeat(512), ..click });
    }
}
