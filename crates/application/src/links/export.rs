use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lp_ports::{LinkCursor, LinkQuery};

use super::input::{ExportLinks, Format};
use super::view::LinkView;
use super::{CSV, LINES, rows};
use crate::cx::Cx;
use crate::{ByteStream, Error, StreamReply, gate};

/// How many links are read at a time.
const PAGE: u32 = 500;

/// Where an export goes on.
enum Next {
    Start,
    After(LinkCursor),
    End,
}

/// Writes all links of a handle, page by page: memory does not grow with their number, and links that come or go
/// meanwhile may be in it or not.
pub(super) async fn export(cx: Cx, input: ExportLinks, _: ByteStream) -> Result<StreamReply, Error> {
    let format = input.format;
    let (content_type, ending) = match format {
        Format::Csv => (CSV, "csv"),
        Format::Ndjson => (LINES, "ndjson"),
    };
    let file_name = Some(format!("links-{}.{ending}", cx.name()?));
    let header = match format {
        Format::Csv => rows::csv_header(),
        Format::Ndjson => Vec::new(),
    };
    let pages = stream::unfold((cx, Next::Start), move |(cx, next)| async move {
        let after = match next {
            Next::Start => None,
            Next::After(cursor) => Some(cursor),
            Next::End => return None,
        };
        match page(&cx, format, after).await {
            Ok((bytes, Some(cursor))) => Some((Ok(bytes), (cx, Next::After(cursor)))),
            Ok((bytes, None)) => Some((Ok(bytes), (cx, Next::End))),
            Err(error) => {
                gate::log(&error);
                Some((Err(error), (cx, Next::End)))
            }
        }
    });
    let header = stream::once(async move { Ok(Bytes::from(header)) });
    Ok(StreamReply { content_type, file_name, inline: false, body: Box::pin(header.chain(pages)) })
}

async fn page(
    cx: &Cx,
    format: Format,
    after: Option<LinkCursor>,
) -> Result<(Bytes, Option<LinkCursor>), Error> {
    let query = LinkQuery { after, limit: PAGE, tag: None, text: None };
    let page = cx.links().list(cx.handle()?, &query).await?;
    let home = cx.home()?;
    let bytes = page.items.iter().flat_map(|link| {
        let view = LinkView::of(link, home);
        match format {
            Format::Csv => rows::to_csv(&view),
            Format::Ndjson => rows::to_line(&view),
        }
    });
    Ok((bytes.collect::<Vec<_>>().into(), page.next))
}
