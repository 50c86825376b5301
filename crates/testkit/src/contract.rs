//! What every store must do, as a table of cases.

mod access;
mod analytics;
mod audit;
mod batches;
mod changes;
mod counts;
mod events;
mod health;
mod links;
mod lists;
mod replies;
mod revisions;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::Store;

/// One line of the contract.
pub struct Case {
    /// The line, as a sentence.
    pub name: &'static str,
    /// Proves it on a store that nobody has used; panics where it does not hold.
    pub run: fn(Arc<dyn Store>) -> BoxFuture<'static, ()>,
}

macro_rules! cases {
    ($($module:ident: $($name:ident),+;)+) => {
        &[$($(Case {
            name: concat!(stringify!($module), "::", stringify!($name)),
            run: |store| Box::pin($module::$name(store)),
        }),+),+]
    };
}

/// The whole contract. A case that is written and not listed here does not compile without a warning.
pub const CASES: &[Case] = cases! {
    links:
        an_unused_slug_is_an_empty_slot,
        a_link_reads_back_as_it_was_written,
        absent_fields_read_back_as_absent,
        slugs_ignore_case_and_keep_their_spelling,
        handles_do_not_see_each_others_links,
        a_deleted_slug_is_empty_and_keeps_its_count,
        count_and_greatest_position_are_of_live_links;
    lists:
        the_list_is_in_position_order_with_ties_by_id,
        pages_meet_without_gap_or_overlap,
        the_last_full_page_has_no_next,
        a_page_goes_on_behind_a_link_that_is_gone,
        a_tag_is_matched_whole_and_without_case,
        a_text_is_found_in_every_field_without_case,
        a_text_has_no_wildcards,
        filters_come_before_paging;
    revisions:
        revisions_survive_deletion_and_go_on_after_it,
        a_restored_link_rises_under_its_old_id,
        revisions_are_paged_from_the_newest_down,
        one_revision_is_found_by_its_number,
        a_revision_says_who_did_what_and_when;
    batches:
        what_was_committed_is_seen_by_the_next_read,
        the_first_failing_guard_is_named,
        every_kind_of_guard_is_judged,
        a_batch_with_a_stale_guard_leaves_nothing,
        a_batch_whose_last_change_fails_leaves_nothing,
        a_refused_batch_does_not_touch_those_committed_beside_it,
        of_racing_batches_on_one_revision_exactly_one_wins,
        racing_batches_on_many_slugs_all_win,
        the_version_rises_by_one_for_every_batch_with_changes,
        a_link_of_another_handle_is_refused;
    events:
        events_are_numbered_without_gaps_per_handle,
        an_event_reads_back_with_its_name_and_facts,
        events_are_read_in_stretches;
    audit:
        the_chain_verifies_and_counts_from_one,
        refusals_are_kept_with_code_and_number,
        the_chain_verifies_in_stretches,
        the_head_is_the_newest_entry,
        handles_have_chains_of_their_own;
    replies:
        a_repeat_is_answered_from_memory_and_changes_nothing,
        a_repeat_is_a_repeat_even_when_its_guards_are_stale,
        a_forgotten_reply_makes_room,
        keys_of_actors_and_operations_never_meet,
        a_refused_batch_is_not_remembered,
        a_reply_is_read_until_it_expires,
        forgetting_drops_only_what_has_expired,
        of_racing_repeats_exactly_one_is_done;
    access:
        a_fresh_store_has_no_accounts,
        accounts_and_handles_read_back,
        the_owner_is_a_member_and_strangers_are_not,
        tokens_read_back_oldest_first,
        a_revoked_token_is_still_read,
        a_second_store_preparation_is_refused;
    changes:
        a_fresh_log_is_empty_at_its_position,
        every_note_is_read_once_in_order,
        notes_are_read_in_stretches,
        access_is_noted,
        a_batch_notes_each_thing_once,
        what_changes_nothing_is_not_noted,
        a_reader_left_behind_is_told_that_it_missed_notes,
        trimming_keeps_the_newest_notes_and_the_position;
    analytics:
        nothing_counted_is_zero,
        a_stretch_is_taken_where_its_journal_stands_and_nowhere_else,
        of_racing_intakes_of_one_stretch_one_is_counted,
        racing_intakes_of_many_journals_are_all_counted,
        journals_have_positions_of_their_own,
        a_range_includes_its_start_and_not_its_end,
        bots_are_counted_and_are_no_visitors,
        visitors_are_counted_once_and_slugs_ignore_case,
        great_numbers_survive;
    counts:
        any_range_is_counted_as_its_clicks_say,
        stored_counts_are_what_the_clicks_say,
        forgotten_clicks_leave_their_counts,
        a_click_of_a_forgotten_day_is_counted_still,
        handles_are_forgotten_together;
    health:
        a_fresh_store_answers_a_ping,
        the_first_value_agreed_on_stays;
};

/// Runs every case on a store of its own, and fails naming those that do not hold.
pub async fn run(fresh: impl AsyncFn() -> Arc<dyn Store>) {
    let mut failed = Vec::new();
    for case in CASES {
        let store = fresh().await;
        if AssertUnwindSafe((case.run)(store)).catch_unwind().await.is_err() {
            failed.push(case.name);
        }
    }
    assert!(
        failed.is_empty(),
        "the store breaks {} of {} lines of the contract: {failed:#?}",
        failed.len(),
        CASES.len()
    );
}
