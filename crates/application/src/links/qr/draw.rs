//! Modules as pictures.

use std::fmt::Write;

use lp_links::{Background, Color, QrGrid, QrStyle};
use png::{BitDepth, ColorType, Encoder, EncodingError, Filter};

use super::Modules;

/// As SVG: a rectangle and one path, measured in modules, so that it is sharp at every size. Nothing of what a caller
/// sends is in it but numbers and colours.
pub(super) fn svg(modules: &Modules, style: &QrStyle) -> String {
    let (size, margin) = (style.size(), style.margin());
    let edge = modules.width + 2 * margin;
    let background = match style.background() {
        Background::Color(color) => format!("<rect width=\"{edge}\" height=\"{edge}\" fill=\"{color}\"/>"),
        Background::Transparent => String::new(),
    };
    let color = style.color();
    let path = path(modules, margin);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" viewBox=\"0 0 {edge} {edge}\" \
         shape-rendering=\"crispEdges\">{background}<path fill=\"{color}\" d=\"{path}\"/></svg>\n"
    )
}

/// Each run of dark modules in a row as a rectangle.
fn path(modules: &Modules, margin: u32) -> String {
    let mut path = String::new();
    for (row, y) in modules.rows().zip(margin..) {
        let mut x = margin;
        for run in row.chunk_by(|one, next| one == next) {
            let length = u32::try_from(run.len()).unwrap_or(u32::MAX);
            if run.first() == Some(&true) {
                // Writing to memory cannot fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += length;
        }
    }
    path
}

/// As PNG with one bit for each pixel: 0 is the background, 1 the colour of the modules.
pub(super) fn png(modules: &Modules, style: &QrStyle, grid: QrGrid) -> Result<Vec<u8>, EncodingError> {
    let size = style.size();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, size, size);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::One);
    // Most rows repeat the one above, of which this filter leaves zeros.
    encoder.set_filter(Filter::Up);
    let (back, transparency) = match style.background() {
        Background::Color(color) => (color, None),
        Background::Transparent => (Color::WHITE, Some([0, 255])),
    };
    encoder.set_palette([back.rgb(), style.color().rgb()].concat());
    if let Some(transparency) = transparency {
        encoder.set_trns(transparency.to_vec());
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels(modules, size, grid))?;
    writer.finish()?;
    Ok(bytes)
}

/// Every row of pixels, from the top; eight pixels in a byte, the left one highest (PNG, 7.2).
fn pixels(modules: &Modules, size: u32, grid: QrGrid) -> Vec<u8> {
    let empty = vec![0; wide(size.div_ceil(8))];
    let mut pixels = empty.repeat(wide(grid.offset));
    for row in modules.rows() {
        let mut line = empty.clone();
        for (module, dark) in (0..).zip(row) {
            let left = grid.offset + module * grid.scale;
            for x in (left..left + grid.scale).filter(|_| *dark) {
                line[wide(x / 8)] |= 0x80 >> (x % 8);
            }
        }
        pixels.extend(line.repeat(wide(grid.scale)));
    }
    pixels.resize(empty.len() * wide(size), 0);
    pixels
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
