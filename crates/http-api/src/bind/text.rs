/// Undoes percent-encoding (RFC 3986, 2.1), and in forms also `+` for a space. `None` where a `%` is not followed by
/// two hexadecimal digits or the bytes are not UTF-8: both are refused rather than replaced.
pub(super) fn decode(raw: &[u8], form: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'%' => digit(*rest.next()?)? << 4 | digit(*rest.next()?)?,
            b'+' if form => b' ',
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A key as one step of a JSON pointer (RFC 6901).
pub(super) fn step(key: &str) -> String {
    format!("/{}", lp_application::pointer_step(key))
}
