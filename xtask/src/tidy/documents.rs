//! Rules for text of any kind, and for documents.

/// Written in pieces, because this file is checked as well.
const MACHINE_FOLDERS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Absolute paths that exist on one machine only. A folder of that name inside an address or a longer path is none.
pub(super) fn machine_paths(path: &str, content: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(content.lines()) {
        for folder in MACHINE_FOLDERS {
            let found = line.match_indices(folder).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | '*'))
            });
            if found {
                faults.push(format!("{path}:{number}: a path of one machine ({folder}…)"));
            }
        }
    }
    faults
}

/// Links to files that are not there.
pub(super) fn broken_links(path: &str, content: &str, exists: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(content.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        for target in link_targets(&without_code(line)) {
            if local_file(path, &target).is_some_and(|file| !exists(&file)) {
                faults.push(format!("{path}:{number}: the link to {target} leads nowhere"));
            }
        }
    }
    faults
}

/// The line with what stands between backticks taken out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// The targets of `[text](target)` and of `[name]: target`.
fn link_targets(line: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for (at, _) in line.match_indices("](") {
        let inside = line[at + 2..].split(')').next().unwrap_or_default();
        targets.push(inside);
    }
    if let Some(reference) = line.strip_prefix('[')
        && let Some((name, target)) = reference.split_once("]: ")
        && !name.contains(']')
    {
        targets.push(target);
    }
    targets
        .into_iter()
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.trim_matches(['<', '>']).to_owned())
        .collect()
}

/// The file a link names, relative to the root; `None` when it leads to another place or into the same document.
fn local_file(document: &str, target: &str) -> Option<String> {
    let file = target.split(['#', '?']).next().unwrap_or_default();
    let elsewhere = file.contains("://") || file.starts_with("mailto:");
    if file.is_empty() || elsewhere {
        return None;
    }
    let mut folders: Vec<&str> = match file.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => document.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
    };
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                folders.pop();
            }
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}
