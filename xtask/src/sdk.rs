//! The script for pages: what is served is its source without comments and indentation.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

const SOURCE: &str = "crates/edge/sdk/link-platform.js";
const BUILT: &str = "crates/edge/sdk/link-platform.min.js";

/// Writes the served form, or compares it with the one that is checked in.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let source = fs::read_to_string(root.join(SOURCE)).context(SOURCE)?;
    let built = built(&source);
    if !check {
        fs::write(root.join(BUILT), built).context(BUILT)?;
    } else if fs::read_to_string(root.join(BUILT)).context(BUILT)? != built {
        bail!("{BUILT} is not the built form of {SOURCE}: run cargo xtask sdk");
    }
    Ok(())
}

/// Lines without what stands around them, and without those that are empty or comments. Lines stay lines, so nothing
/// changes what it means: the source has no text that goes over several.
fn built(source: &str) -> String {
    let lines = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.fold(String::new(), |built, line| built + line + "\n")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn what_is_served_is_the_built_form_of_the_source_and_small() {
        run(root(), true).expect("cargo xtask sdk was run");
        let built = fs::read(root().join(BUILT)).expect("the built form");
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(&built).expect("memory takes it");
        let packed = packed.finish().expect("memory takes it").len();
        assert!(packed < 6_000, "{packed} bytes gzipped");
    }

    #[test]
    fn comments_and_indentation_are_left_out_and_lines_stay() {
        assert_eq!(
            built("// a\n\nf(() => {\n  // b\n  g(\"// c\");\n});\n"),
            "f(() => {\ng(\"// c\");\n});\n"
        );
    }

    #[test]
    fn the_source_can_be_built_line_by_line() {
        let source = fs::read_to_string(root().join(SOURCE)).expect("the source");
        let served = built(&source);
        assert!(!served.contains('`') && !served.contains("/*"), "texts and comments of several lines");
        for word in ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "document.cookie", "eval("]
        {
            assert!(!served.contains(word), "{word}");
        }
    }
}
