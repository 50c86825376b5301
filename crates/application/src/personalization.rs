//! Rules of a whole handle: who sees something else at all its links and pages.
//!
//! The constants are the operations, for [`Application::run`](crate::Application::run); beside them stand what goes in,
//! what comes out, and the values inside.

mod change;
mod input;
mod read;
mod simulate;
mod view;

use lp_access::Need;
use lp_core::{Role, Scope};

pub use lp_core::WebUrl;
pub use lp_links::{Allocation, Priority, RuleId, Title};
pub use lp_personalization::{Cta, VariantId};

pub use self::input::*;
pub use self::simulate::{MovedDestination, MovedSlug, SimulateRule, Simulation, TriedRule};
pub use self::view::*;
use crate::Code;
use crate::catalogue::{Body, Method, Op, Operation};
pub use crate::links::{When, WhenView};

/// Lists the rules of a handle in the order they are looked at.
pub const LIST: Op<ListRules, RuleList> = Op::named("tracking_list_personalization_rules");
/// Gets a rule.
pub const GET: Op<OneRule, RuleView> = Op::named("tracking_get_personalization_rule");
/// Creates a rule, or sets fields of the one that has the id.
pub const UPSERT: Op<UpsertRule, RuleView> = Op::named("tracking_upsert_personalization_rule");
/// Takes a rule away.
pub const DELETE: Op<OneRule, DeletedRule> = Op::named("tracking_delete_personalization_rule");
/// Says in which order the rules are looked at.
pub const REORDER: Op<ReorderRules, RuleList> = Op::named("tracking_reorder_personalization_rules");

/// Tries a rule on visits that were.
pub const SIMULATE: Op<SimulateRule, Simulation> = Op::named("tracking_simulate_personalization_rule");

const READ: Need = Need::Member { role: Role::Creator, scope: Scope::TRACKING_PERSONALIZATION_READ };
const WRITE: Need = Need::Member { role: Role::Creator, scope: Scope::TRACKING_PERSONALIZATION_WRITE };

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::read(LIST, READ, read::list)
            .about(
                "List personalization rules",
                "List the A/B and personalization rules of a handle in the order they are looked at, behind a link's own \
                 routingRules; as they are, or as they were at an earlier revision.",
            )
            .at(Method::Get, "personalization-rules")
            .fails(&[Code::NOT_FOUND]),
        Operation::read(GET, READ, read::get)
            .about("Get a personalization rule", "Get one personalization rule of a handle by its id.")
            .no_tool()
            .at(Method::Get, "personalization-rules/{ruleId}")
            .fails(&[Code::NOT_FOUND]),
        Operation::write(UPSERT, WRITE, change::upsert)
            .about(
                "Create or update a personalization rule",
                "Create the rule with this id, or set the given fields of the one that has it: absent fields are kept, null \
                 resets. Visitors who meet all conditions see the variant; there are no operators such as equals. \
                 links_route_preview shows what comes of it.",
            )
            .at(Method::Put, "personalization-rules/{ruleId}")
            .body(Body::Under("payload"))
            .fails(&[Code::INVALID_DESTINATION_URL]),
        Operation::write(DELETE, WRITE, change::delete)
            .about(
                "Delete a personalization rule",
                "Take a rule away. What it was is listed at the revision before.",
            )
            .at(Method::Delete, "personalization-rules/{ruleId}")
            .fails(&[Code::NOT_FOUND]),
        Operation::write(REORDER, WRITE, change::reorder)
            .about(
                "Order personalization rules",
                "Look at the rules in this order from now on, in which each of them stands once: they get the priorities \
                 10, 20, 30 and so on.",
            )
            .at(Method::Post, "personalization-rules/reorder")
            .body(Body::Under("payload")),
        Operation::read(SIMULATE, READ, simulate::simulate)
            .about(
                "Try a personalization rule",
                "Decide the newest visits of the handle again, by the rules as they are and with this one in its place, and \
                 tell how many would be led elsewhere. Nothing is saved.",
            )
            .no_tool()
            .at(Method::Post, "personalization-rules/{ruleId}/simulate")
            .body(Body::Under("payload"))
            .fails(&[Code::INVALID_DESTINATION_URL]),
    ]
}
