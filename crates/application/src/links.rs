//! Links: what an owner does with them.
//!
//! The constants are the operations, for [`Application::run`](crate::Application::run); beside them stand what goes in,
//! what comes out, and the values inside.

mod change;
mod controls;
mod export;
mod health;
mod history;
mod import;
mod input;
mod password;
mod preview;
mod qr;
mod read;
mod rows;
mod social;
mod view;

use lp_access::{Feature, Need};
use lp_core::{Role, Scope};

pub use lp_core::{Country, Device, Slug, Timestamp, WebUrl};
pub use lp_links::{
    Allocation, Background, CampaignId, ClickLimit, Color, Description, Label, Position, Priority,
    QueryPassThrough, RedirectStatus, RuleId, Term, Title, TrackingValue,
};

pub use self::controls::{RoutingRule, RoutingRuleView, Tracking, TrackingView, When, WhenView};
pub use self::health::{HealthReport, HealthResult};
pub use self::input::*;
pub(crate) use self::preview::told;
pub use self::preview::{RoutePreview, TraceStep};
pub use self::social::{SocialPreview, SocialPreviewView};
pub use self::view::*;
use crate::catalogue::{Body, Effect, Method, Op, Operation, Stream};
pub use crate::wire::LinkSecret;
use crate::{Code, StreamReply};

/// Lists links in position order, a page at a time.
pub const LIST: Op<ListLinks, LinkList> = Op::named("links_list");
/// Gets a link.
pub const GET: Op<OneLink, LinkView> = Op::named("links_get");
/// Lists what a link was, newest first.
pub const HISTORY: Op<ListRevisions, RevisionList> = Op::named("links_history");
/// Creates a link where its slug is free.
pub const CREATE: Op<CreateLink, LinkView> = Op::named("links_create");
/// Creates a link, or sets fields of the one that has the slug.
pub const UPSERT: Op<UpsertLink, LinkView> = Op::named("links_upsert");
/// Sets fields of a link that exists.
pub const UPDATE: Op<UpdateLink, LinkView> = Op::named("links_update");
/// Takes a link away.
pub const DELETE: Op<OneLink, DeletedLink> = Op::named("links_delete");
/// Brings an earlier revision back.
pub const ROLLBACK: Op<RollbackLink, LinkView> = Op::named("links_rollback");
/// Asks destinations whether they live.
pub const HEALTH_CHECK: Op<CheckHealth, HealthReport> = Op::named("links_health_check");
/// Shows where a visitor would be sent, and why.
pub const ROUTE_PREVIEW: Op<PreviewRoute, RoutePreview> = Op::named("links_route_preview");
/// Writes all links of a handle; the bytes handed in are ignored.
pub const EXPORT: Op<ExportLinks, StreamReply> = Op::named("links_export");
/// Reads many links.
pub const IMPORT: Op<ImportLinks, StreamReply> = Op::named("links_import");

/// Draws the QR code of a link; the bytes handed in are ignored.
pub const QR: Op<DrawQr, StreamReply> = Op::named("links_qr");

const READ: Need = Need::Member { role: Role::Creator, scope: Scope::LINKS_READ };
const WRITE: Need = Need::Member { role: Role::Creator, scope: Scope::LINKS_WRITE };

const CSV: &str = "text/csv";
const LINES: &str = "application/x-ndjson";
const SVG: &str = "image/svg+xml";
const PNG: &str = "image/png";
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
        Operation::read(LIST, READ, read::list)
            .about(
                "List links",
                "List the links of a handle in position order, a page at a time; filter by tag or by text in slug, \
                 title, description or destination.",
            )
            .at(Method::Get, "links")
            .fails(&[Code::INVALID_CURSOR]),
        Operation::read(GET, READ, read::get)
            .about("Get a link", "Get one link by slug, with all its fields.")
            .at(Method::Get, "links/{slug}")
            .fails(SLUG),
        Operation::read(HISTORY, READ, history::list)
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
        Operation::write(CREATE, WRITE, change::create)
            .about(
                "Create a link",
                "Create a link; without a slug it gets an unguessable one of 7 characters. Fails where the slug is \
                 taken: links_upsert sets existing links.",
            )
            .effect(Effect::PUBLISH_ANEW)
            .at(Method::Post, "links")
            .body(Body::Under("payload"))
            .fails(FIELDS),
        Operation::write(UPSERT, WRITE, change::upsert)
            .about(
                "Create or update a link",
                "Create the link with this slug, or set the given fields of the one that has it: absent fields are \
                 kept, null clears. Every change keeps a revision that links_rollback restores.",
            )
            .at(Method::Put, "links/{slug}")
            .body(Body::Under("payload"))
            .fails(FIELDS),
        Operation::write(UPDATE, WRITE, change::update)
            .about(
                "Update a link",
                "Set the given fields of an existing link; fails where there is none. Absent fields are kept, null \
                 clears.",
            )
            .at(Method::Patch, "links/{slug}")
            .body(Body::Under("payload"))
            .fails(FIELDS),
        Operation::write(DELETE, WRITE, change::delete)
            .about(
                "Delete a link",
                "Take a link away: visitors get 404. Its revisions stay, so links_rollback can bring it back.",
            )
            .at(Method::Delete, "links/{slug}")
            .fails(SLUG),
        Operation::write(ROLLBACK, WRITE, history::rollback)
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
        Operation::read(HEALTH_CHECK, READ, health::check)
            .about(
                "Check destinations",
                "Request the destinations of up to 100 links and tell which are reachable. Counts no clicks.",
            )
            .effect(Effect::PROBE)
            .at(Method::Post, "links/health-check")
            .body(Body::Under("payload"))
            .fails(&[Code::INVALID_SLUG, Code::INVALID_CURSOR]),
        Operation::read(ROUTE_PREVIEW, READ, preview::preview)
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
    let picture = Stream { consumes: &[], produces: &[SVG, PNG], max_bytes: 0 };
    vec![
        Operation::stream(EXPORT, READ, Effect::READ, table, export::export)
            .about("Export links", "Export all links of a handle as CSV or JSON lines, in a form that links_import takes.")
            .feature(Feature::Exports)
            .at(Method::Get, "links/export"),
        Operation::stream(IMPORT, WRITE, Effect::PUBLISH, rows, import::import)
            .about(
                "Import links",
                "Create or update many links from CSV (with a header line) or JSON lines; answers one JSON line per \
                 row and a summary, and goes on past faulty rows. With dryRun nothing is written.",
            )
            .at(Method::Post, "links/bulk-import"),
        Operation::stream(QR, READ, Effect::READ, picture, qr::draw)
            .about(
                "Draw a QR code",
                "Draw the QR code of a link's short address as SVG or PNG. Colors must be dark on light, with a contrast of \
                 3 to 1 or more.",
            )
            .at(Method::Get, "links/{slug}/qr")
            .fails(SLUG),
    ]
}
