//! Links as rows of text: CSV with a header line (RFC 4180), and JSON lines.

use serde_json::{Map, Value, json};

use super::controls::RoutingRuleView;
use super::view::LinkView;
use crate::{Error, Fault, parse_json};

/// The columns of an export, which an import takes; it sets nothing by the last three.
const COLUMNS: [&str; 23] = [
    "slug",
    "destinationUrl",
    "title",
    "description",
    "tags",
    "categories",
    "enabled",
    "position",
    "redirectStatus",
    "queryPassThrough",
    "scheduledStartAt",
    "scheduledEndAt",
    "expiresAt",
    "fallbackUrl",
    "campaignId",
    "tracking",
    "routingRules",
    "maxClicks",
    "socialPreview",
    "appendContext",
    "hasPassword",
    "createdAt",
    "updatedAt",
];

/// What an export says and nobody can set.
const TOLD: [&str; 5] = ["createdAt", "updatedAt", "revision", "shortUrl", "hasPassword"];

/// A longer row is no link.
pub(super) const LONGEST: usize = 64 * 1024;

/// One row as it was read.
pub(super) struct Row {
    /// The arguments of an upsert.
    pub(super) arguments: Value,
    /// It is of a link that asked for a password.
    pub(super) locked: bool,
}

/// Cuts a byte stream into rows. A row ends at a line feed; in CSV only where no quotation mark is open.
#[derive(Debug, Default)]
pub(super) struct Cutter {
    bytes: Vec<u8>,
    /// Where the next row begins.
    start: usize,
    /// How far it has been looked at.
    seen: usize,
    quoted: bool,
    csv: bool,
}

impl Cutter {
    pub(super) fn new(csv: bool) -> Self {
        Self { csv, ..Self::default() }
    }

    /// Takes a piece, and lets go of the rows that were cut out of earlier ones.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.start);
        self.seen -= self.start;
        self.start = 0;
        self.bytes.extend_from_slice(piece);
    }

    /// Whether the row at hand is longer than a row can be.
    pub(super) fn overflown(&self) -> bool {
        self.seen - self.start > LONGEST
    }

    /// The next whole row, without its end of line.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        while let Some(&byte) = self.bytes.get(self.seen).filter(|_| !self.overflown()) {
            self.seen += 1;
            match byte {
                b'"' if self.csv => self.quoted = !self.quoted,
                b'\n' if !self.quoted => {
                    let row = &self.bytes[self.start..self.seen - 1];
                    let row = row.strip_suffix(b"\r").unwrap_or(row).to_vec();
                    self.start = self.seen;
                    return Some(row);
                }
                _ => {}
            }
        }
        None
    }

    /// What is left at the end: a last row without a line feed.
    pub(super) fn last(&mut self) -> Option<Vec<u8>> {
        let row = self.bytes.split_off(self.start);
        (self.start, self.seen) = (0, 0);
        self.bytes.clear();
        (!row.is_empty()).then_some(row)
    }
}

/// The header of a CSV import: which column is which field. Every fault at once.
pub(super) fn header(row: &[u8]) -> Result<Vec<String>, Error> {
    let row = row.strip_prefix("\u{feff}".as_bytes()).unwrap_or(row);
    let names: Vec<_> = cells(row)?.iter().map(|name| column(name)).collect();
    let mut faults = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if !COLUMNS.contains(&name.as_str()) && !TOLD.contains(&name.as_str()) {
            let message = format!("is not a column of links; those are {}", COLUMNS.join(", "));
            faults.push(Fault { pointer: format!("/{name}"), code: "unknown_field", message });
        } else if names[..at].contains(name) {
            faults.push(Fault {
                pointer: format!("/{name}"),
                code: "duplicate_key",
                message: "stands twice".to_owned(),
            });
        }
    }
    if !names.iter().any(|name| name == "slug") {
        let message = "the first line must name the columns, slug among them".to_owned();
        faults.push(Fault { pointer: "/slug".to_owned(), code: "required", message });
    }
    if faults.is_empty() { Ok(names) } else { Err(Error::faults(faults)) }
}

/// A column by its name in any case; spreadsheets like to change it.
fn column(name: &str) -> String {
    let known = COLUMNS.iter().chain(&TOLD).find(|known| known.eq_ignore_ascii_case(name.trim()));
    known.map_or(name, |known| known).to_owned()
}

/// A CSV row as the arguments of an upsert. An empty cell says nothing about its field.
pub(super) fn from_csv(names: &[String], row: &[u8]) -> Result<Row, Error> {
    let cells = cells(row)?;
    if cells.len() != names.len() {
        let message = format!("has {} cells where the header has {}", cells.len(), names.len());
        return Err(Error::field("", "wrong_length", message));
    }
    let fields = names.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
    Ok(arguments(fields.map(|(name, cell)| (name.clone(), value(name, cell))).collect()))
}

/// A line of JSON as the arguments of an upsert.
pub(super) fn from_line(row: &[u8]) -> Result<Row, Error> {
    Ok(arguments(parse_json(row)?))
}

fn arguments(mut fields: Map<String, Value>) -> Row {
    let locked = fields.get("hasPassword") == Some(&Value::Bool(true));
    for name in TOLD {
        fields.shift_remove(name);
    }
    let slug = fields.shift_remove("slug");
    let mut arguments = Map::new();
    arguments.extend(slug.map(|slug| ("slug".to_owned(), slug)));
    arguments.insert("payload".to_owned(), Value::Object(fields));
    Row { arguments: Value::Object(arguments), locked }
}

fn cells(row: &[u8]) -> Result<Vec<String>, Error> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row);
    let mut record = csv::StringRecord::new();
    let invalid = |why: &str| Error::field("", "invalid_csv", format!("is not a row of CSV in UTF-8: {why}"));
    reader.read_record(&mut record).map_err(|error| invalid(&error.to_string()))?;
    let cells = record.iter().map(ToOwned::to_owned).collect();
    // A carriage return alone ends a row for the reader, but not for whoever cut this one.
    match reader.read_record(&mut record) {
        Ok(false) => Ok(cells),
        _ => Err(invalid("rows must end with a line feed")),
    }
}

/// A cell as the JSON its field takes; what does not fit stays text, and the schema says so.
fn value(name: &str, cell: String) -> Value {
    match name {
        "tags" | "categories" => labels(&cell),
        "enabled" | "appendContext" | "hasPassword" => {
            cell.to_ascii_lowercase().parse().map_or(Value::String(cell), Value::Bool)
        }
        "tracking" | "routingRules" | "socialPreview" => {
            serde_json::from_str(&cell).unwrap_or(Value::String(cell))
        }
        "position" | "redirectStatus" | "maxClicks" => {
            cell.parse::<i64>().map_or(Value::String(cell), Value::from)
        }
        _ => Value::String(cell),
    }
}

/// Labels stand in one cell with semicolons between them, or as a JSON array where one of them has a semicolon.
fn labels(cell: &str) -> Value {
    if cell.starts_with('[')
        && let Ok(array @ Value::Array(_)) = serde_json::from_str(cell)
    {
        return array;
    }
    cell.split(';').map(str::trim).filter(|label| !label.is_empty()).collect()
}

fn cell_of(labels: &[String]) -> String {
    if labels.iter().any(|label| label.contains(';') || label.starts_with('[') || label.trim() != label) {
        json!(labels).to_string()
    } else {
        labels.join(";")
    }
}

fn rules_cell(rules: &[RoutingRuleView]) -> String {
    if rules.is_empty() { String::new() } else { json!(rules).to_string() }
}

/// The header line of an export.
pub(super) fn csv_header() -> Vec<u8> {
    csv_line(&COLUMNS.map(ToOwned::to_owned))
}

/// A link as a CSV row.
pub(super) fn to_csv(link: &LinkView) -> Vec<u8> {
    csv_line(&[
        link.slug.clone(),
        link.destination_url.clone(),
        link.title.clone().unwrap_or_default(),
        link.description.clone().unwrap_or_default(),
        cell_of(&link.tags),
        cell_of(&link.categories),
        link.enabled.to_string(),
        link.position.to_string(),
        link.redirect_status.to_string(),
        link.query_pass_through.to_string(),
        link.scheduled_start_at.clone().unwrap_or_default(),
        link.scheduled_end_at.clone().unwrap_or_default(),
        link.expires_at.clone().unwrap_or_default(),
        link.fallback_url.clone().unwrap_or_default(),
        link.campaign_id.clone().unwrap_or_default(),
        link.tracking.as_ref().map_or_else(String::new, |tracking| json!(tracking).to_string()),
        rules_cell(&link.routing_rules),
        link.max_clicks.map_or_else(String::new, |most| most.to_string()),
        link.social_preview.as_ref().map_or_else(String::new, |social| json!(social).to_string()),
        link.append_context.map_or_else(String::new, |append| append.to_string()),
        link.has_password.to_string(),
        link.created_at.clone(),
        link.updated_at.clone(),
    ])
}

fn csv_line(cells: &[String]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    // Writing to memory cannot fail, and a row of fixed length cannot be uneven.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}

/// A link as a line of JSON.
pub(super) fn to_line(link: &LinkView) -> Vec<u8> {
    let mut json = serde_json::to_vec(link).unwrap_or_default();
    json.push(b'\n');
    json
}
