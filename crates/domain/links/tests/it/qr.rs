use lp_links::{Background, Color, ColorFault, QrFault, QrStyle};
use proptest::prelude::*;

fn color(text: &str) -> Color {
    Color::parse(text).expect("a colour")
}

fn style(dark: &str, light: &str) -> Result<QrStyle, Vec<QrFault>> {
    let light = Background::parse(light).expect("a background");
    QrStyle::new(QrStyle::SIZE, QrStyle::MARGIN, color(dark), light)
}

#[test]
fn a_colour_is_six_digits_with_or_without_a_hash() {
    assert_eq!(color("#0a0B0c").rgb(), [10, 11, 12]);
    assert_eq!(color("0A0b0C").to_string(), "#0a0b0c");
    for text in ["", "#", "#fff", "##ffffff", "#ggffff", "+fffff", "#ffffff0", "red", "transparent", "#ffffä"]
    {
        assert_eq!(Color::parse(text), Err(ColorFault), "{text}");
    }
}

#[test]
fn only_a_background_may_be_transparent() {
    assert_eq!(Background::parse("transparent"), Ok(Background::Transparent));
    assert_eq!(Background::parse("#FFFFFF"), Ok(Background::Color(Color::WHITE)));
    assert_eq!(Background::parse("Transparent"), Err(ColorFault));
}

#[test]
fn dark_on_light_passes_and_the_rest_is_refused() {
    for (dark, light) in [
        ("#000000", "#ffffff"),
        ("#0b5fff", "#ffffff"),
        // 3.03 to 1; one step lighter is below.
        ("#949494", "#ffffff"),
        ("#000000", "#5a5a5a"),
        ("#7a0000", "transparent"),
    ] {
        assert!(style(dark, light).is_ok(), "{dark} on {light}");
    }
    for (dark, light) in [
        ("#959595", "#ffffff"),
        ("#ffffff", "#ffffff"),
        ("#ffff00", "#ffffff"),
        ("#ffff00", "transparent"),
        ("#000000", "#303030"),
    ] {
        assert_eq!(style(dark, light), Err(vec![QrFault::LowContrast]), "{dark} on {light}");
    }
    assert_eq!(style("#ffffff", "#000000"), Err(vec![QrFault::Reversed]));
}

#[test]
fn every_fault_is_named_at_once() {
    let refused = QrStyle::new(63, 17, Color::WHITE, Background::Color(Color::BLACK));
    assert_eq!(refused, Err(vec![QrFault::Size, QrFault::Margin, QrFault::Reversed]));
}

proptest! {
    #[test]
    fn a_style_keeps_its_bounds(size in any::<u32>(), margin in any::<u32>()) {
        let made = QrStyle::new(size, margin, Color::BLACK, Background::Transparent);
        prop_assert_eq!(made.is_ok(), (64..=2_048).contains(&size) && margin <= 16);
    }

    #[test]
    fn a_colour_is_read_as_it_is_written(rgb in any::<u32>().prop_map(|rgb| rgb & 0x00ff_ffff)) {
        let written = format!("#{rgb:06x}");
        prop_assert_eq!(color(&written).to_string(), written);
    }

    #[test]
    fn of_two_colours_at_most_one_may_lie_in_front(a in any::<[u8; 3]>(), b in any::<[u8; 3]>()) {
        let text = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
        let (a, b) = (text(a), text(b));
        prop_assert!(style(&a, &b).is_err() || style(&b, &a).is_err());
    }

    #[test]
    fn modules_fall_on_whole_pixels_within_the_margin(
        size in 64_u32..=2_048, margin in 0_u32..=16, version in 1_u32..=40,
    ) {
        let modules = 17 + 4 * version;
        let style = QrStyle::new(size, margin, Color::BLACK, Background::Transparent).expect("a style");
        match style.grid(modules) {
            Ok(grid) => {
                let end = grid.offset + grid.scale * modules;
                prop_assert!(grid.scale >= 1 && end <= size);
                prop_assert!(grid.offset >= margin * grid.scale && size - end >= margin * grid.scale);
                prop_assert!(size - end - grid.offset <= 1, "it stands in the middle");
                prop_assert!((grid.scale + 1) * (modules + 2 * margin) > size, "no larger module has room");
            }
            Err(fault) => {
                let least = modules + 2 * margin;
                prop_assert_eq!(fault, QrFault::TooSmall { least });
                prop_assert!(least > size);
            }
        }
    }
}
