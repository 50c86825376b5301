use lp_application::{Body, Error, Mount, Query};

/// Makes an error speak of what the caller sent.
///
/// The gate's pointers lead into the arguments; where the mount puts body or query under one argument, the caller
/// knows nothing of it, so that step is taken off.
pub(crate) fn relocate(mut error: Error, mount: &Mount) -> Error {
    let mut whole = Vec::new();
    if let Body::Under(name) = mount.body {
        whole.push((format!("/{name}"), "the body"));
    }
    if let Query::Under(name) = mount.query {
        whole.push((format!("/{name}"), "the query"));
    }
    let single = error.fields.len() == 1;
    for fault in &mut error.fields {
        let rest = whole.iter().find_map(|(prefix, named)| {
            let rest = fault.pointer.strip_prefix(prefix.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| (rest.to_owned(), *named))
        });
        let Some((rest, named)) = rest else { continue };
        if single && error.message == format!("{}: {}", fault.pointer, fault.message) {
            let place = if rest.is_empty() { named } else { &rest };
            error.message = format!("{place}: {}", fault.message);
        }
        fault.pointer = rest;
    }
    error
}
