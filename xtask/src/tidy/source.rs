//! Rules for Rust files. They look at lines, not at syntax: enough for what people really write, and readable.

/// Above this a file is looked at again; above [`TOO_LONG`] it is split.
const LONG: usize = 350;
const TOO_LONG: usize = 600;

/// Written in pieces, because this file is checked as well.
const LEFTOVERS: &[&str] = &[concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("db", "g!(")];

/// Attributes that silence a check, each with what to do instead.
const SILENCERS: &[(&str, &str)] = &[
    ("ignore", "delete the test or make it run"),
    ("should_panic", "assert on the returned error"),
    ("allow(", "use `#[expect(…, reason = \"…\")]`"),
];

/// Everything wrong with this file.
pub(super) fn faults(path: &str, content: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = content.lines().count();
    if lines > TOO_LONG {
        faults.push(format!("{path}: {lines} lines, at most {TOO_LONG}"));
    }
    let file = path.rsplit('/').next().unwrap_or(path);
    if file == "mod.rs" {
        faults.push(format!("{path}: name the file after its module (`links.rs` beside `links/`)"));
    }
    if file == "lib.rs" && !content.starts_with("//!") {
        faults.push(format!("{path}: begin with `//!`: what the crate decides and what it does not know"));
    }

    let mut test_follows = false;
    for (number, line) in (1..).zip(content.lines()) {
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        for leftover in LEFTOVERS {
            if calls(code, leftover) {
                faults.push(format!("{path}:{number}: {leftover}…) is left over"));
            }
        }
        if let Some(attribute) = attribute(code) {
            test_follows |= marks_test(attribute);
            for (name, instead) in SILENCERS {
                if attribute.starts_with(name) {
                    let name = name.trim_end_matches('(');
                    faults.push(format!("{path}:{number}: no `#[{name}]`: {instead}"));
                }
            }
        }
        if let Some(function) = function_name(code) {
            if test_follows && function.starts_with("test_") {
                faults.push(format!(
                    "{path}:{number}: {function}: a test is named by a sentence, without `test_`"
                ));
            }
            test_follows = false;
        }
    }
    faults
}

/// A file that is allowed, but long.
pub(super) fn note(path: &str, content: &str) -> Option<String> {
    let lines = content.lines().count();
    (LONG < lines && lines <= TOO_LONG).then(|| format!("{path}: {lines} lines"))
}

/// Whether the macro is called here, and not one whose name merely ends like it.
fn calls(code: &str, opening: &str) -> bool {
    code.match_indices(opening).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// The inside of an attribute that begins on this line.
fn attribute(code: &str) -> Option<&str> {
    code.strip_prefix("#![").or_else(|| code.strip_prefix("#["))
}

/// `test]`, `tokio::test]`, `tokio::test(…)]`
fn marks_test(attribute: &str) -> bool {
    let name = attribute.split(['(', ']']).next().unwrap_or_default();
    name.rsplit("::").next() == Some("test")
}

/// The name of the function that is declared on this line.
fn function_name(code: &str) -> Option<&str> {
    let rest = match code.find("fn ") {
        Some(0) => &code[3..],
        Some(at) if code[..at].ends_with(' ') => &code[at + 3..],
        _ => return None,
    };
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}
