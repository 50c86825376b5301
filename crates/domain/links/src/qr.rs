//! How the QR code of a link may look (ISO/IEC 18004): what scanners read, and where the modules fall.

use std::fmt;

use thiserror::Error;

/// A colour of 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color([u8; 3]);

/// A text that is no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be a colour written as #rrggbb")]
pub struct ColorFault;

/// What lies behind the modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Background {
    Color(Color),
    /// What is printed below shows.
    Transparent,
}

/// How a code is drawn. Its colours can be told apart by scanners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QrStyle {
    size: u32,
    margin: u32,
    color: Color,
    background: Background,
}

/// Why a code is not drawn like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QrFault {
    #[error("must be {least} to {most} pixels", least = QrStyle::LEAST_SIZE, most = QrStyle::MOST_SIZE)]
    Size,
    #[error("must be at most {most} modules", most = QrStyle::MOST_MARGIN)]
    Margin,
    #[error("is lighter than the background; scanners look for dark on light")]
    Reversed,
    #[error("differs too little from the background for scanners: 3 to 1 is the least")]
    LowContrast,
    #[error("must be at least {least} pixels, one for each module of this code and its margin")]
    TooSmall { least: u32 },
}

/// Where the modules of a code fall in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QrGrid {
    /// How wide and high a module is.
    pub scale: u32,
    /// How far the first one is from the left and from the top.
    pub offset: u32,
}

impl Color {
    pub const BLACK: Self = Self([0; 3]);
    pub const WHITE: Self = Self([255; 3]);

    /// Reads six hexadecimal digits. The `#` may be left out: in the query of an address it would begin the fragment.
    pub fn parse(text: &str) -> Result<Self, ColorFault> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ColorFault);
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| ColorFault)?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }

    pub fn rgb(self) -> [u8; 3] {
        self.0
    }

    /// How bright it is, 0 to 1 (relative luminance of WCAG 2.2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Background {
    const TRANSPARENT: &'static str = "transparent";

    pub fn parse(text: &str) -> Result<Self, ColorFault> {
        if text == Self::TRANSPARENT { Ok(Self::Transparent) } else { Color::parse(text).map(Self::Color) }
    }

    /// The colour it is judged by: what is transparent lies on paper.
    fn seen(self) -> Color {
        match self {
            Self::Color(color) => color,
            Self::Transparent => Color::WHITE,
        }
    }
}

impl fmt::Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Color(color) => color.fmt(f),
            Self::Transparent => f.write_str(Self::TRANSPARENT),
        }
    }
}

impl QrStyle {
    pub const LEAST_SIZE: u32 = 64;
    pub const MOST_SIZE: u32 = 2_048;
    pub const SIZE: u32 = 512;
    pub const MOST_MARGIN: u32 = 16;
    /// What the standard asks for (ISO/IEC 18004, 6.3.8).
    pub const MARGIN: u32 = 4;

    /// The contrast between dark and light that it takes, as WCAG 2.2 counts it.
    const LEAST_CONTRAST: f64 = 3.0;

    /// A picture of `size` pixels with `margin` modules around the code; every fault at once.
    pub fn new(size: u32, margin: u32, color: Color, background: Background) -> Result<Self, Vec<QrFault>> {
        let sized = (Self::LEAST_SIZE..=Self::MOST_SIZE).contains(&size);
        let faults = [
            (!sized).then_some(QrFault::Size),
            (margin > Self::MOST_MARGIN).then_some(QrFault::Margin),
            contrast(color, background.seen()).err(),
        ];
        let faults: Vec<_> = faults.into_iter().flatten().collect();
        if faults.is_empty() { Ok(Self { size, margin, color, background }) } else { Err(faults) }
    }

    pub fn size(&self) -> u32 {
        self.size
    }

    pub fn margin(&self) -> u32 {
        self.margin
    }

    pub fn color(&self) -> Color {
        self.color
    }

    pub fn background(&self) -> Background {
        self.background
    }

    /// Where the modules of a code fall that is `modules` wide: each on whole pixels, as large as there is room for, in the
    /// middle. What is left over goes to the margin.
    pub fn grid(&self, modules: u32) -> Result<QrGrid, QrFault> {
        let least = modules.saturating_add(2 * self.margin).max(1);
        let scale = self.size / least;
        if scale == 0 {
            return Err(QrFault::TooSmall { least });
        }
        Ok(QrGrid { scale, offset: (self.size - scale * modules) / 2 })
    }
}

fn contrast(dark: Color, light: Color) -> Result<(), QrFault> {
    let (dark, light) = (dark.luminance(), light.luminance());
    if dark > light {
        Err(QrFault::Reversed)
    } else if (light + 0.05) / (dark + 0.05) < QrStyle::LEAST_CONTRAST {
        Err(QrFault::LowContrast)
    } else {
        Ok(())
    }
}
