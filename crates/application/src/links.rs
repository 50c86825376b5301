//! Links: what an owner does with them.

mod change;
mod export;
mod health;
mod history;
mod import;
mod input;
mod preview;
mod read;
mod rows;
mod view;

use lp_access::Need;
use lp_core::{Role, Scope};

use crate::Code;
use crate::catalogue::{Body, Effect, Method, Operation, Stream};

const READ: Need = Need::Member { role: Role::Creator, scope: Scope::LINKS_READ };
const WRITE: Need = Need::Member { role: Role::Creator, scope: Scope::LINKS_WRITE };

const CSV: &str = "text/csv";
const LINES: &str = "application/x-ndjson";
/// About a hundred thousand links at once; more is sent in parts.
const IMPORT_BYTES: u64 = 32 * 1024 * 1024;

const SLUG: &[Code] = &[Code::NOT_FOUND, Code::INVALID_SLUG];
const FIELDS: &[Code] = &[Code::INVALID_SLUG, Code::INVALID_DESTINATION_URL];

pub(crate) fn operations() -> Vec<Operation> {
    let mut rows = reading();
    rows.extend(writing());
    rows.extend(looking());
    rows.extend(streams());
    rows
}

fn reading() -> Vec<Operation> {
    vec![
        Operation::read("links_list", READ, read::list)
            .about(
                "List links",
                "List the links of a handle in position order, a page at a time; filter by tag or by text in slug, \
                 title, description or destination.",
            )
            .at(Method::Get, "links")
            .fails(&[Code::INVALID_CURSOR]),
        Operation::read("links_get", READ, read::get)
            .about("Get a link", "Get one link by slug, with all its fields.")
            .at(Method::Get, "links/{slug}")
            .fails(SLUG),
        Operation::read("links_history", READ, history::list)
            .about(
                "List a link's revisions",
                "List what a link was, newest first, deletions included; each revision can be brought back with \
                 links_rollback.",
            )
            .at(Method::Get, "links/{slug}/history")
            .fails(&[Code::NOT_FOUND, Code::INVALID_SLUG, Code::INVALID_CURSOR]),
    ]
}

fn writing() -> Vec<Operation> {
    vec![
        Operation::write("links_create", WRITE, change::create)
            .about(
                "Create a link",
                "Create a link; without a slug it gets an unguessable one of 7 characters. Fails where the slug is \
                 taken: links_upsert sets existing links.",
            )
            .effect(Effect::PUBLISH_ANEW)
            .at(Method::Post, "links")
            .body(Body::Under("payload"))
            .fails(FIELDS),
        Operation::write("links_upsert", WRITE, change::upsert)
            .about(
                "Create or update a link",
                "Create the link with this slug, or set the given fields of the one that has it: absent fields are \
                 kept, null clears. Every change keeps a revision that links_rollback restores.",
            )
            .at(Method::Put, "links/{slug}")
            .body(Body::Under("payload"))
            .fails(FIELDS),
        Operation::write("links_update", WRITE, change::update)
            .about(
                "Update a link",
                "Set the given fields of an existing link; fails where there is none. Absent fields are kept, null \
                 clears.",
            )
            .at(Method::Patch, "links/{slug}")
            .body(Body::Under("payload"))
            .fails(FIELDS),
        Operation::write("links_delete", WRITE, change::delete)
            .about(
                "Delete a link",
                "Take a link away: visitors get 404. Its revisions stay, so links_rollback can bring it back.",
            )
            .at(Method::Delete, "links/{slug}")
            .fails(SLUG),
        Operation::write("links_rollback", WRITE, history::rollback)
            .about(
                "Restore a link's revision",
                "Bring an earlier revision of a link back as a new revision, also after the link was deleted. \
                 links_history lists revisions.",
            )
            .effect(Effect::PUBLISH_ANEW)
            .at(Method::Post, "links/{slug}/rollback")
            .body(Body::Under("payload"))
            .fails(SLUG),
    ]
}

fn looking() -> Vec<Operation> {
    vec![
        Operation::read("links_health_check", READ, health::check)
            .about(
                "Check destinations",
                "Request the destinations of up to 100 links and tell which are reachable. Counts no clicks.",
            )
            .effect(Effect::PROBE)
            .at(Method::Post, "links/health-check")
            .body(Body::Under("payload"))
            .fails(&[Code::INVALID_SLUG, Code::INVALID_CURSOR]),
        Operation::read("links_route_preview", READ, preview::preview)
            .about(
                "Preview a redirect",
                "Show where a link would send a visitor under given conditions and why, without redirecting and \
                 without counting a click.",
            )
            .at(Method::Post, "links/{slug}/route-preview")
            .body(Body::Under("payload"))
            .fails(SLUG),
    ]
}

fn streams() -> Vec<Operation> {
    let table = Stream { consumes: &[], produces: &[CSV, LINES], max_bytes: 0 };
    let rows = Stream { consumes: &[CSV, LINES], produces: &[LINES], max_bytes: IMPORT_BYTES };
    vec![
        Operation::stream("links_export", READ, Effect::READ, table, export::export)
            .about("Export links", "Export all links of a handle as CSV or JSON lines, in a form that links_import takes.")
            .at(Method::Get, "links/export"),
        Operation::stream("links_import", WRITE, Effect::PUBLISH, rows, import::import)
            .about(
                "Import links",
                "Create or update many links from CSV (with a header line) or JSON lines; answers one JSON line per \
                 row and a summary, and goes on past faulty rows. With dryRun nothing is written.",
            )
            .at(Method::Post, "links/bulk-import"),
    ]
}
