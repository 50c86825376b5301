//! What the edge promises: loading and freshness (docs/adr/0003), replies, and that it decides as the domain does.

mod allocations;
mod bounds;
mod cards;
mod contexts;
mod decisions;
mod explained;
mod fixture;
mod freshness;
mod handle_rules;
mod kept;
mod limited;
mod loading;
mod locked;
mod names;
mod replies;
mod rules;
mod simulated;
mod whole;
