//! Clicks in the binary format of COPY: the widest way in.

use lp_analytics::{Click, Facts};
use lp_core::{Browser, Country, Language, Os, Region};
use sqlx::PgConnection;
use sqlx::postgres::PgCopyIn;

use crate::clicks::click_columns;
use crate::store::int;
use crate::text::stored;

const STATEMENT: &str = concat!("COPY clicks (handle, ", click_columns!(), ") FROM STDIN (FORMAT binary)");
/// Signature, flags, and the length of an extension that there is none of.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COLUMNS: i16 = 21;
const TRAILER: i16 = -1;
/// The length of what is not there.
const NULL: i32 = -1;
/// A click takes about so many bytes.
const LIKELY: usize = 256;

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
        facts(&mut rows, &click.facts);
    }
    rows.extend_from_slice(&TRAILER.to_be_bytes());
    rows
}

/// What is unknown or nothing takes no room.
fn facts(rows: &mut Vec<u8>, facts: &Facts) {
    text(rows, facts.country.as_ref().map_or("", Country::as_str));
    text(rows, facts.region.as_ref().map_or("", Region::as_str));
    text(rows, if facts.os == Os::Unknown { "" } else { facts.os.as_str() });
    text(rows, if facts.browser == Browser::Unknown { "" } else { facts.browser.as_str() });
    text(rows, facts.language.as_ref().map_or("", Language::as_str));
    for said in [&facts.source, &facts.campaign, &facts.rule, &facts.variant] {
        text(rows, said);
    }
    for revision in [facts.link_revision, facts.rules_revision] {
        match revision {
            Some(revision) => field(rows, &int(revision.0).to_be_bytes()),
            None => rows.extend_from_slice(&NULL.to_be_bytes()),
        }
    }
    text(rows, &facts.key);
    if facts.returning {
        field(rows, &[1]);
    } else {
        rows.extend_from_slice(&NULL.to_be_bytes());
    }
}

fn text(rows: &mut Vec<u8>, text: &str) {
    if text.is_empty() {
        rows.extend_from_slice(&NULL.to_be_bytes());
    } else {
        field(rows, stored(text).as_bytes());
    }
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
