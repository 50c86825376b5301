/// Text where HTML stands.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            plain => escaped.push(plain),
        }
    }
    escaped
}

/// A sentence in which `this` is code.
pub(super) fn prose(text: &str) -> String {
    let mut html = String::new();
    for (at, part) in text.split('`').enumerate() {
        let (open, close) = if at % 2 == 1 { ("<code>", "</code>") } else { ("", "") };
        html.push_str(open);
        html.push_str(&escape(part));
        html.push_str(close);
    }
    html
}

/// A method as a badge.
pub(super) fn method(name: &str) -> String {
    let name = escape(name);
    format!("<b class=\"method {}\">{name}</b>", name.to_ascii_lowercase())
}

/// A table that scrolls where it is too wide; `rows` is HTML.
pub(super) fn table(heads: &[&str], rows: &str) -> String {
    let heads: Vec<_> = heads.iter().map(|head| format!("<th>{}</th>", escape(head))).collect();
    let heads = heads.concat();
    format!("<div class=\"wide\"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>")
}

/// A block of code under a caption.
pub(super) fn code(caption: &str, text: &str) -> String {
    format!(
        "<figure><figcaption>{}</figcaption><pre><code>{}</code></pre></figure>",
        escape(caption),
        escape(text)
    )
}
