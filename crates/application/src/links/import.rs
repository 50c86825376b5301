//! Many links at once: rows come in as a stream, are committed in chunks, and each gets a line of the reply.

use std::collections::HashMap;
use std::sync::LazyLock;

use futures_util::StreamExt;
use jsonschema::Validator;
use lp_core::SlugKey;
use lp_links::{Field, LinkWrite, Mode, Position, Slot};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::change::refused;
use super::input::{ContentType, ImportLinks, UpsertLink};
use super::rows::{Cutter, Row};
use super::{LINES, change, password, rows};
use crate::breath::breathe;
use crate::catalogue::decode;
use crate::cx::Cx;
use crate::error::Cause;
use crate::repeat::Repeat;
use crate::wire::Patch;
use crate::{ByteStream, Code, Error, StreamReply, gate, schema};

mod tally;

use tally::{RowResult, Tally};

/// How many rows are committed at once, and how many audit entries that makes: one.
const CHUNK: usize = 500;
/// More rows than this are sent in parts.
const MOST_ROWS: u64 = 100_000;
const TRIES: u32 = 3;
/// After so many rows others may go on.
const BREATH: u64 = 100;

static UPSERT: LazyLock<Validator> = LazyLock::new(|| schema::validator(&schema::of_input::<UpsertLink>()));

/// A row that passed its checks and waits for its chunk.
struct Waiting {
    row: u64,
    input: UpsertLink,
    /// It is of a link that asked for a password where it was exported.
    locked: bool,
}

struct Import {
    cx: Cx,
    dry_run: bool,
    tally: Tally,
    chunk: Vec<Waiting>,
    chunks: u32,
    /// What the rows of the chunk said, so that a repeat of it is known.
    said: Sha256,
    /// What the slugs of a dry run would hold by now.
    imagined: HashMap<SlugKey, Slot>,
    /// The greatest position there would be by now.
    reached: Option<Position>,
}

/// Creates or changes the links of the rows. Faulty rows are told and passed over.
pub(super) async fn import(cx: Cx, input: ImportLinks, mut bytes: ByteStream) -> Result<StreamReply, Error> {
    let csv = input.content_type == ContentType::Csv;
    let mut cutter = Cutter::new(csv);
    let mut columns = None;
    let mut import = Import {
        cx,
        dry_run: input.dry_run,
        tally: Tally::default(),
        chunk: Vec::new(),
        chunks: 0,
        said: Sha256::new(),
        imagined: HashMap::new(),
        reached: None,
    };
    let mut row = 0;
    let mut empty = true;
    let mut open = true;
    while open {
        match bytes.next().await {
            Some(Ok(piece)) => {
                empty &= piece.is_empty();
                cutter.push(&piece);
            }
            Some(Err(error)) if row == 0 => return Err(error),
            Some(Err(error)) => {
                import.tally.fail(row + 1, None, &error);
                break;
            }
            None => open = false,
        }
        while let Some(line) = cutter.next().or_else(|| if open { None } else { cutter.last() }) {
            if csv && columns.is_none() {
                columns = Some(rows::header(&line)?);
                continue;
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            row += 1;
            if row > MOST_ROWS {
                let message = format!("one import takes {MOST_ROWS} rows; send the rest in another");
                import.tally.fail(row, None, &Error::new(Code::PAYLOAD_TOO_LARGE, message));
                open = false;
                break;
            }
            let read =
                columns.as_ref().map_or_else(|| rows::from_line(&line), |names| rows::from_csv(names, &line));
            import.take(row, read).await;
        }
        if cutter.overflown() {
            let message = format!("is longer than {} bytes; nothing behind it was read", rows::LONGEST);
            import.tally.fail(row + 1, None, &Error::field("", "too_long", message));
            break;
        }
    }
    if empty {
        return Err(Error::new(Code::INVALID_PAYLOAD, "an import needs a body: rows of CSV or of JSON"));
    }
    import.flush().await;
    Ok(StreamReply::whole(LINES, import.tally.lines(import.dry_run)))
}

impl Import {
    async fn take(&mut self, row: u64, read: Result<Row, Error>) {
        if row.is_multiple_of(BREATH) {
            breathe().await;
        }
        let Row { arguments, locked } = match read {
            Ok(read) => read,
            Err(error) => return self.tally.fail(row, None, &error),
        };
        let faults = schema::faults(&UPSERT, &arguments);
        let said = arguments.to_string();
        let slug = arguments.get("slug").and_then(Value::as_str).map(ToOwned::to_owned);
        let checked =
            if faults.is_empty() { decode::<UpsertLink>(arguments) } else { Err(Error::faults(faults)) };
        let input = match checked {
            Ok(input) => input,
            Err(error) => return self.tally.fail(row, slug, &error),
        };
        // A chunk decides on what is stored, so a slug may stand in it once only.
        let again = self.chunk.iter().any(|waiting| waiting.input.slug.0.key() == input.slug.0.key());
        if again || self.chunk.len() >= CHUNK {
            self.flush().await;
        }
        self.said.update(row.to_be_bytes());
        self.said.update(said);
        self.chunk.push(Waiting { row, input, locked });
    }

    /// Commits what waits.
    async fn flush(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        let said: [u8; 32] = std::mem::take(&mut self.said).finalize().into();
        if chunk.is_empty() {
            return;
        }
        self.chunks += 1;
        let call = self.cx.call.repeat.as_ref().filter(|_| !self.dry_run);
        let repeat = call.map(|repeat| repeat.part(self.chunks, &said));
        let results = match &repeat {
            _ if self.dry_run => self.imagine(&chunk).await,
            repeat => write(&self.cx, &chunk, repeat.as_ref()).await,
        };
        match results {
            Ok(results) => results.into_iter().for_each(|result| self.tally.add(result)),
            Err(error) => {
                // The reply says it row by row, so the gate will not see that anything failed.
                gate::log(&error);
                for waiting in chunk {
                    self.tally.fail(waiting.row, Some(waiting.input.slug.0.to_string()), &error);
                }
            }
        }
    }

    /// Decides without writing; what one row would change, the next ones find.
    async fn imagine(&mut self, chunk: &[Waiting]) -> Result<Vec<RowResult>, Error> {
        let mut results = Vec::with_capacity(chunk.len());
        self.reached = self.reached.max(self.cx.links().greatest_position(self.cx.handle()?).await?);
        for waiting in chunk {
            let key = waiting.input.slug.0.key();
            let slot = match self.imagined.get(&key) {
                Some(slot) => slot.clone(),
                None => self.cx.slot(&key).await?,
            };
            let decided = decide(&self.cx, &slot, waiting, self.reached);
            if let Ok(write) = &decided {
                let link = write.link();
                self.reached = self.reached.max(Some(link.parts().position));
                let slot = Slot { live: Some(link.clone()), latest: Some(link.parts().revision) };
                self.imagined.insert(key, slot);
            }
            results.push(waiting.result(decided.as_ref()));
        }
        Ok(results)
    }
}

impl Waiting {
    fn result(&self, decided: Result<&LinkWrite, &Error>) -> RowResult {
        match decided {
            Ok(write) => RowResult::of(self.row, write),
            Err(error) => RowResult::failed(self.row, Some(self.input.slug.0.to_string()), error),
        }
    }
}

async fn write(cx: &Cx, chunk: &[Waiting], repeat: Option<&Repeat>) -> Result<Vec<RowResult>, Error> {
    if let Some(repeat) = repeat
        && let Some(stored) = cx.app.ports.replies.reply(&repeat.key, cx.at()).await?
    {
        return repeat.recall(&stored);
    }
    let mut tries = 0;
    loop {
        tries += 1;
        match write_once(cx, chunk, repeat).await {
            Err(Error { cause: Cause::Stale, .. }) if tries < TRIES => {}
            Err(Error { cause: Cause::Repeated(stored), .. }) if repeat.is_some() => {
                return repeat.map_or(Ok(Vec::new()), |repeat| repeat.recall(&stored));
            }
            ended => return ended,
        }
    }
}

async fn write_once(cx: &Cx, chunk: &[Waiting], repeat: Option<&Repeat>) -> Result<Vec<RowResult>, Error> {
    let (first, last) = (chunk.first().map_or(0, |one| one.row), chunk.last().map_or(0, |one| one.row));
    let mut batch = cx.batch(&format!("rows {first}-{last}"))?;
    let mut results = Vec::with_capacity(chunk.len());
    let mut greatest = cx.links().greatest_position(cx.handle()?).await?;
    for waiting in chunk {
        let slot = cx.slot(&waiting.input.slug.0.key()).await?;
        let decided = decide(cx, &slot, waiting, greatest);
        if let Ok(write) = &decided {
            greatest = greatest.max(Some(write.link().parts().position));
            batch = batch.link(write, cx.event_id());
        }
        results.push(waiting.result(decided.as_ref()));
    }
    if let Some(repeat) = repeat {
        batch = batch.remember(repeat.reply(false, &results, cx.at())?);
    }
    cx.commit(batch).await?;
    Ok(results)
}

fn decide(cx: &Cx, slot: &Slot, waiting: &Waiting, greatest: Option<Position>) -> Result<LinkWrite, Error> {
    let input = &waiting.input;
    let birth = change::birth_at(cx, input.slug.0.clone(), Position::after(greatest))?;
    let mode = if input.replace { Mode::Replace } else { Mode::Merge };
    password::refuse_in_import(&input.payload, slot.live.as_ref(), waiting.locked)?;
    let mut fields = input.payload.clone();
    let password = match std::mem::take(&mut fields.password) {
        Patch::Null => Field::Clear,
        Patch::Absent | Patch::Value(_) => Field::Keep,
    };
    let mut change = fields.change("/payload")?;
    change.controls.password = password;
    let write = lp_links::upsert(slot, birth, change, mode).map_err(refused)?;
    change::leads_elsewhere(cx, &write)?;
    Ok(write)
}
