//! Clicks in the binary format of COPY: the widest way in.

use lp_analytics::Click;
use sqlx::PgConnection;
use sqlx::postgres::PgCopyIn;

use crate::text::stored;

const STATEMENT: &str =
    "COPY clicks (handle, at, id, link, slug, device, visitor, referrer) FROM STDIN (FORMAT binary)";
/// Signature, flags, and the length of an extension that there is none of.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COLUMNS: i16 = 8;
const TRAILER: i16 = -1;
/// A click takes about so many bytes.
const LIKELY: usize = 160;

pub(super) fn encode(clicks: &[Click]) -> Vec<u8> {
    let mut rows = Vec::with_capacity(HEADER.len() + clicks.len() * LIKELY + 2);
    rows.extend_from_slice(HEADER);
    for click in clicks {
        rows.extend_from_slice(&COLUMNS.to_be_bytes());
        field(&mut rows, click.handle.as_str().as_bytes());
        field(&mut rows, &click.at.micros().to_be_bytes());
        field(&mut rows, click.id.uuid().as_bytes());
        field(&mut rows, click.link.uuid().as_bytes());
        field(&mut rows, click.slug.as_str().as_bytes());
        field(&mut rows, click.device.as_str().as_bytes());
        field(&mut rows, &click.visitor.to_be_bytes());
        field(&mut rows, stored(&click.referrer).as_bytes());
    }
    rows.extend_from_slice(&TRAILER.to_be_bytes());
    rows
}

/// Sends the rows; they are in once the copy is finished.
pub(super) async fn begin<'c>(
    connection: &'c mut PgConnection,
    rows: &[u8],
) -> Result<PgCopyIn<&'c mut PgConnection>, sqlx::Error> {
    let mut copy = connection.copy_in_raw(STATEMENT).await?;
    copy.send(rows).await?;
    Ok(copy)
}

/// Its length and its bytes. None is longer than a request's headers.
fn field(rows: &mut Vec<u8>, bytes: &[u8]) {
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    rows.extend_from_slice(&length.to_be_bytes());
    rows.extend_from_slice(bytes);
}
