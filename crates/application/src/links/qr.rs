mod draw;

use lp_links::{QrFault, QrStyle};
use qrcode::{EcLevel, QrCode};

use super::input::{DrawQr, ErrorLevel, Picture};
use super::read::missing;
use super::{PNG, SVG};
use crate::cx::Cx;
use crate::{ByteStream, Error, Fault, StreamReply};

/// The modules of a code: a square of dark and light ones, without its margin.
struct Modules {
    width: u32,
    /// Row by row.
    dark: Vec<bool>,
}

impl Modules {
    /// The smallest code that says this.
    fn of(text: &str, level: ErrorLevel) -> Result<Self, Error> {
        let level = match level {
            ErrorLevel::L => EcLevel::L,
            ErrorLevel::M => EcLevel::M,
            ErrorLevel::Q => EcLevel::Q,
            ErrorLevel::H => EcLevel::H,
        };
        // A short address is far shorter than what a code holds, which is 1,273 bytes at the highest level.
        let code = QrCode::with_error_correction_level(text, level).map_err(Error::internal)?;
        let width = u32::try_from(code.width()).map_err(Error::internal)?;
        Ok(Self {
            width,
            dark: code.to_colors().iter().map(|module| *module == qrcode::Color::Dark).collect(),
        })
    }

    /// From the top to the bottom.
    fn rows(&self) -> impl Iterator<Item = &[bool]> {
        self.dark.chunks(usize::try_from(self.width).unwrap_or(usize::MAX).max(1))
    }
}

/// Draws the code of a link that exists, whether or not it leads anywhere now: what is printed today may open tomorrow.
pub(super) async fn draw(cx: Cx, input: DrawQr, _: ByteStream) -> Result<StreamReply, Error> {
    let slug = &input.slug.0;
    let link = cx.slot(&slug.key()).await?.live.ok_or_else(|| missing(slug))?;
    let home = cx.home()?;
    let slug = &link.parts().slug;
    let modules = Modules::of(&home.short(slug), input.error_level)?;
    let style = QrStyle::new(input.size, input.margin, input.color.0, input.background.0)
        .map_err(|faults| refused(&faults))?;
    let (content_type, ending, bytes) = match input.format {
        Picture::Svg => (SVG, "svg", draw::svg(&modules, &style).into_bytes()),
        Picture::Png => {
            let grid = style.grid(modules.width).map_err(|fault| refused(&[fault]))?;
            (PNG, "png", draw::png(&modules, &style, grid).map_err(Error::internal)?)
        }
    };
    let file_name = Some(format!("{}-{slug}.{ending}", home.name));
    Ok(StreamReply { file_name, ..StreamReply::whole(content_type, bytes) })
}

fn refused(faults: &[QrFault]) -> Error {
    let fault = |fault: &QrFault| {
        let (pointer, code) = match fault {
            QrFault::Size => ("/size", "out_of_range"),
            QrFault::TooSmall { .. } => ("/size", "too_small"),
            QrFault::Margin => ("/margin", "out_of_range"),
            QrFault::Reversed | QrFault::LowContrast => ("/color", "low_contrast"),
        };
        Fault { pointer: pointer.to_owned(), code, message: fault.to_string() }
    };
    Error::faults(faults.iter().map(fault).collect())
}
