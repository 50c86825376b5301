use std::io;

/// Where the first reply in the buffer ends; `None` while it is not whole. An error where it is none that was asked for.
pub(crate) fn end(buffer: &[u8], status: &[u8]) -> io::Result<Option<usize>> {
    let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = head + 4;
    if buffer.get(9..9 + status.len()) != Some(status) {
        return Err(io::Error::other(String::from_utf8_lossy(&buffer[..head]).into_owned()));
    }
    let end = head + content_length(&buffer[..head]).unwrap_or(0);
    Ok((buffer.len() >= end).then_some(end))
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let line = head
        .split(|byte| *byte == b'\n')
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))?;
    std::str::from_utf8(&line[NAME.len()..]).ok()?.trim().parse().ok()
}
