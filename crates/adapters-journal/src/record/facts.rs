//! What a record holds of a visit beside what it is counted by.

use lp_analytics::Facts;
use lp_core::{Browser, Country, Language, Os, Region, Revision};

use super::Fields;

/// The bytes that all facts have.
const FIXED: usize = 27 + 2 * 5;
/// Each text is bounded where it is found out; what is longer was none and is cut.
const LONGEST_TEXTS: [usize; 5] = [400, 400, 64, 64, 64];
/// No facts are longer.
pub(super) const LONGEST: usize = FIXED + 400 + 400 + 64 * 3;

/// In the order of their numbers, which never change: another one is put behind the last.
const SYSTEMS: [Os; 8] =
    [Os::Unknown, Os::Windows, Os::MacOs, Os::Ios, Os::Android, Os::ChromeOs, Os::Linux, Os::Other];

/// As [`SYSTEMS`].
const BROWSERS: [Browser; 9] = [
    Browser::Unknown,
    Browser::Chrome,
    Browser::Safari,
    Browser::Firefox,
    Browser::Edge,
    Browser::Opera,
    Browser::Samsung,
    Browser::InternetExplorer,
    Browser::Other,
];

pub(super) fn encode(facts: &Facts<&str>, record: &mut Vec<u8>) {
    record.extend_from_slice(&letters::<2>(facts.country.as_ref().map(Country::as_str)));
    record.extend_from_slice(&letters::<3>(facts.region.as_ref().map(Region::as_str)));
    record.extend_from_slice(&letters::<3>(facts.language.as_ref().map(Language::as_str)));
    record.push(number(&SYSTEMS, &facts.os));
    record.push(number(&BROWSERS, &facts.browser));
    record.push(u8::from(facts.returning));
    for revision in [facts.link_revision, facts.rules_revision] {
        record.extend_from_slice(&revision.map_or(0, |revision| revision.0).to_le_bytes());
    }
    let texts = [facts.source, facts.campaign, facts.rule, facts.variant, facts.key];
    let mut cut = texts;
    for ((cut, text), longest) in cut.iter_mut().zip(texts).zip(LONGEST_TEXTS) {
        *cut = text.get(..text.floor_char_boundary(longest)).unwrap_or_default();
        record.extend_from_slice(&u16::try_from(cut.len()).unwrap_or(u16::MAX).to_le_bytes());
    }
    for text in cut {
        record.extend_from_slice(text.as_bytes());
    }
}

pub(super) fn decode(fields: &mut Fields<'_>) -> Option<Facts> {
    let country = said(&fields.take::<2>()?, |text| Country::parse(text).ok()).ok()?;
    let region = said(&fields.take::<3>()?, |text| Region::parse(text).ok()).ok()?;
    let language = said(&fields.take::<3>()?, |text| Language::parse(text).ok()).ok()?;
    let [os, browser, returning] = fields.take()?;
    let revision = |number: u64| (number > 0).then_some(Revision(number));
    let link_revision = revision(u64::from_le_bytes(fields.take()?));
    let rules_revision = revision(u64::from_le_bytes(fields.take()?));
    let mut lengths = [0; 5];
    for length in &mut lengths {
        *length = fields.length()?;
    }
    let [source, campaign, rule, variant, key] = lengths.map(|length| fields.text(length));
    Some(Facts {
        country,
        region,
        language,
        os: *SYSTEMS.get(usize::from(os))?,
        browser: *BROWSERS.get(usize::from(browser))?,
        source: source?.to_owned(),
        campaign: campaign?.to_owned(),
        rule: rule?.to_owned(),
        variant: variant?.to_owned(),
        link_revision,
        rules_revision,
        key: key?.to_owned(),
        returning: match returning {
            0 => false,
            1 => true,
            _ => return None,
        },
    })
}

/// A short code, filled up with zeros; nothing but zeros where there is none.
fn letters<const N: usize>(code: Option<&str>) -> [u8; N] {
    let mut letters = [0; N];
    letters.iter_mut().zip(code.unwrap_or_default().bytes()).for_each(|(place, byte)| *place = byte);
    letters
}

/// What [`letters`] wrote; an error where that is no code.
fn said<T>(letters: &[u8], parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ()> {
    let text = str::from_utf8(letters).map_err(drop)?.trim_end_matches('\0');
    if text.is_empty() { Ok(None) } else { parse(text).map(Some).ok_or(()) }
}

fn number<T: PartialEq>(all: &[T], one: &T) -> u8 {
    all.iter().position(|other| other == one).and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in super::super) fn any_facts() -> impl Strategy<Value = Facts> {
        let places = (
            prop::option::of(prop::sample::select(vec!["US", "DE", "XK"])),
            prop::option::of("[A-Z0-9]{1,3}"),
            prop::option::of("[a-z]{2,3}"),
        );
        let machine = (prop::sample::select(Os::ALL), prop::sample::select(Browser::ALL), any::<bool>());
        let texts = (".{0,100}", ".{0,100}", "[a-z0-9_-]{0,64}", "[a-z0-9_-]{0,64}", "[A-Za-z0-9_-]{0,64}");
        let revisions = (any::<u64>(), any::<u64>());
        (places, machine, texts, revisions).prop_map(|(places, machine, texts, revisions)| {
            let (country, region, language) = places;
            let revision = |number: u64| (number > 0).then_some(Revision(number));
            Facts {
                country: country.map(|code| Country::parse(code).expect("a country")),
                region: region.map(|code| Region::parse(&code).expect("a region")),
                language: language.map(|tag| Language::parse(&tag).expect("a language")),
                os: machine.0,
                browser: machine.1,
                returning: machine.2,
                source: texts.0,
                campaign: texts.1,
                rule: texts.2,
                variant: texts.3,
                key: texts.4,
                link_revision: revision(revisions.0),
                rules_revision: revision(revisions.1),
            }
        })
    }

    #[test]
    fn every_system_and_browser_has_a_number() {
        assert!(Os::ALL.iter().all(|os| SYSTEMS.contains(os)) && SYSTEMS.len() == Os::ALL.len());
        assert!(
            Browser::ALL.iter().all(|one| BROWSERS.contains(one)) && BROWSERS.len() == Browser::ALL.len()
        );
    }
}
