//! Where a visitor of a link goes.
//!
//! This crate compiles a link into a [`Route`] and the rules of a handle into a [`Policy`], and decides for each visitor by
//! both: the one rule that redirects, previews and pages share. It says what the rules of a handle may say and how they
//! change, what visitors carry on, what has to be known of a visitor, and how a request says where one comes from. It does not know how routes are
//! held in memory, how devices, countries and keys of visitors are found out, or what is counted; deciding is pure, total
//! and does not allocate.

mod allocate;
mod attribution;
mod context;
mod decide;
mod handle_rules;
mod location;
mod origin;
mod page;
mod plain;
mod policy;
mod route;
mod rule_change;
mod rules;
mod variant;
mod visitor;

pub use allocate::lot;
pub use attribution::{Room, campaign_in, host_of, referred_by, source_in};
pub use context::{Context, ContextFault};
pub use decide::{Choice, Closed, Decision, Redirect, Step};
pub use handle_rules::{
    Contexts, HandleRules, PersonalizationRule, RulesItem, RulesRefused, RulesWrite, TooManyOrigins,
};
pub use lp_links::Fact;
pub use origin::{Origin, OriginFault};
pub use plain::{PlainBody, PlainContexts, PlainItem, PlainRule, PlainRuleFault};
pub use policy::{Personal, Personalized, Policy, compile_rules};
pub use route::{Card, Route, compile};
pub use rule_change::RuleChange;
pub use rules::Verdict;
pub use variant::{Cta, Metadata, MetadataTooLong, Variant, VariantId, VariantIdFault};
pub use visitor::{Asks, Visitor};
