//! What visitors carry on, and its compact form.

use lp_core::{ClickId, Timestamp};
use lp_personalization::{Context, ContextFault};
use proptest::prelude::*;
use uuid::Uuid;

fn full() -> Context<'static> {
    Context {
        at: Timestamp::from_millis(1_772_442_000_123),
        click: Some(ClickId::new(Uuid::from_u128(0x0193_2c8e_0000_7000_8000_0000_0000_0001))),
        handle: "hello",
        slug: "launch",
        source: "newsletter",
        campaign: "spring",
        rule: "mobile-us",
        variant: "b",
        segment: "returning",
    }
}

fn encoded(context: &Context<'_>) -> Vec<u8> {
    let mut form = Vec::new();
    context.encode(&mut form);
    assert!(form.len() <= Context::MAX);
    form
}

/// All texts that a context may hold.
fn text(least: usize) -> impl Strategy<Value = String> {
    let longest = Context::TEXT;
    proptest::collection::vec(any::<char>(), least..40)
        .prop_map(String::from_iter)
        .prop_filter("short enough", move |text| text.len() <= longest)
}

#[test]
fn what_is_written_is_read_again_and_is_small() {
    let bytes = encoded(&full());
    assert_eq!(Context::decode(&bytes), Ok(full()));
    assert_eq!(bytes.len(), 76);
}

#[test]
fn what_a_page_asked_for_itself_names_neither_click_nor_link() {
    let page = Context { click: None, slug: "", rule: "", variant: "", segment: "", ..full() };
    let bytes = encoded(&page);
    assert_eq!(Context::decode(&bytes), Ok(page));
}

#[test]
fn a_text_that_is_too_long_is_left_out() {
    let long = "x".repeat(Context::TEXT + 1);
    let bytes = encoded(&Context { source: &long, ..full() });
    assert_eq!(Context::decode(&bytes), Ok(Context { source: "", ..full() }));
}

#[test]
fn the_longest_fits() {
    let text = "x".repeat(Context::TEXT);
    let longest = Context {
        handle: &text,
        slug: &text,
        source: &text,
        campaign: &text,
        rule: &text,
        variant: &text,
        segment: &text,
        ..full()
    };
    let bytes = encoded(&longest);
    assert_eq!(bytes.len(), Context::MAX);
    assert_eq!(Context::decode(&bytes), Ok(longest));
}

#[test]
fn nothing_may_be_missing_and_nothing_may_follow() {
    let bytes = encoded(&full());
    for length in 0..bytes.len() {
        assert_eq!(Context::decode(&bytes[..length]), Err(ContextFault), "cut to {length}");
    }
    assert_eq!(Context::decode(&[&bytes[..], &[0]].concat()), Err(ContextFault));
    assert_eq!(Context::decode(&encoded(&Context { handle: "", ..full() })), Err(ContextFault), "no handle");
}

proptest! {
    #[test]
    fn every_context_is_read_as_it_was_written(
        at in 0_i64..250_000_000_000_000,
        click in proptest::option::of(any::<u128>()),
        handle in text(1),
        texts in proptest::array::uniform6(text(0)),
    ) {
        let [slug, source, campaign, rule, variant, segment] = &texts;
        let context = Context {
            at: Timestamp::from_millis(at),
            click: click.map(|number| ClickId::new(Uuid::from_u128(number))),
            handle: &handle, slug, source, campaign, rule, variant, segment,
        };
        let bytes = encoded(&context);
        prop_assert_eq!(Context::decode(&bytes), Ok(context));
    }

    #[test]
    fn bytes_are_a_context_in_one_way_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(context) = Context::decode(&bytes) {
            prop_assert_eq!(encoded(&context), bytes);
        }
    }

    #[test]
    fn a_context_with_a_byte_changed_is_another_or_none(at in any::<proptest::sample::Index>(), by in 1_u8..) {
        let mut bytes = encoded(&full());
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        prop_assert_ne!(Context::decode(&bytes), Ok(full()));
    }
}
