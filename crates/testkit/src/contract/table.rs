//! The contract as one table: every case under its port, with what it promises. Everything else that lists cases (the
//! tables that are run, the documented functions, the tests in an adapter's own crate) is made of it.

/// Makes of the table what is asked for: `table`, `functions` or `tests`.
#[doc(hidden)]
#[macro_export]
macro_rules! __expand_cases {
    ([table] $($module:ident: $($(#[doc = $promise:literal])+ $name:ident),+;)+) => {
        &[$($(Case {
            name: concat!(stringify!($module), "::", stringify!($name)),
            promise: concat!($($promise),+).trim_ascii(),
            run: |store| Box::pin($module::$name(store)),
        }),+),+]
    };
    ([functions $port:ty] $($module:ident: $($(#[doc = $promise:literal])+ $name:ident),+;)+) => {
        $(
            #[doc = concat!("The cases `", stringify!($module), "::*`.")]
            pub mod $module {
                $(
                    $(#[doc = $promise])+
                    pub async fn $name(store: std::sync::Arc<$port>) {
                        $crate::contract::$module::$name(store).await;
                    }
                )+
            }
        )+
    };
    ([tests] $($module:ident: $($(#[doc = $promise:literal])+ $name:ident),+;)+) => {
        $(
            mod $module {
                $(
                    $(#[doc = $promise])+
                    #[test]
                    fn $name() {
                        super::prove(concat!(stringify!($module), "::", stringify!($name)));
                    }
                )+
            }
        )+
    };
}

/// What every store promises.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_cases {
    ($($wanted:tt)*) => { $crate::__expand_cases! { [$($wanted)*]
        links:
            /// `LinkReader`: a slug that was never used is an empty slot without revisions, and a handle that nobody has
            /// is a list without links; neither is an error.
            an_unused_slug_is_an_empty_slot,
            /// `LinkReader::slot`: every field of a link reads back exactly as it was committed.
            a_link_reads_back_as_it_was_written,
            /// `LinkReader::slot`: a field that is not there, or was cleared, reads back as not there.
            absent_fields_read_back_as_absent,
            /// `LinkReader`: schedule, fallback, campaign, tracking and rules read back exactly as they were committed, in the
            /// link and in every one of its revisions, and as none once they were cleared.
            controls_read_back_as_they_were_written_in_every_revision,
            /// `LinkReader::slot`: a slug is found whatever its case, and keeps the spelling of whoever made it.
            slugs_ignore_case_and_keep_their_spelling,
            /// `LinkReader`: the same slug under two handles is two links.
            handles_do_not_see_each_others_links,
            /// `LinkReader::slot`: a deleted slug is empty, and its revisions go on counting where they were.
            a_deleted_slug_is_empty_and_keeps_its_count,
            /// `LinkReader::count` and `greatest_position` look at live links only.
            count_and_greatest_position_are_of_live_links;
        lists:
            /// `LinkReader::list`: live links by position, those of one position by id.
            the_list_is_in_position_order_with_ties_by_id,
            /// `LinkReader::list`: following `next` reads every link once, however long the pages are.
            pages_meet_without_gap_or_overlap,
            /// `LinkReader::list`: `next` is there only where links are left, and names the last link of the page.
            the_last_full_page_has_no_next,
            /// `LinkReader::list`: the next page begins behind the cursor's link even if that is gone by then.
            a_page_goes_on_behind_a_link_that_is_gone,
            /// `LinkQuery::tag`: a whole tag is meant, ASCII case ignored; categories are no tags.
            a_tag_is_matched_whole_and_without_case,
            /// `LinkQuery::text`: found in slug, title, description or destination, ASCII case ignored, and nowhere else.
            a_text_is_found_in_every_field_without_case,
            /// `LinkQuery::text`: every character stands for itself.
            a_text_has_no_wildcards,
            /// `LinkQuery`: a page has as many links as it may of those that pass the filters.
            filters_come_before_paging;
        revisions:
            /// `LinkReader::revisions`: those of a deleted link and of its successors are one list with one count.
            revisions_survive_deletion_and_go_on_after_it,
            /// `Committer`: a restored link has the id that it had, and a revision of its own.
            a_restored_link_rises_under_its_old_id,
            /// `LinkReader::revisions`: newest first, below `before`, at most `limit`.
            revisions_are_paged_from_the_newest_down,
            /// `LinkReader::revision`: the one with this number; `None` where the slug never had it.
            one_revision_is_found_by_its_number,
            /// `LinkReader::revisions`: each carries the action, and actor and instant of the batch's audit entry.
            a_revision_says_who_did_what_and_when;
        rules:
            /// `RulesReader::rules`: rules and contexts read back as they were committed, in the order they are looked at; the
            /// default ones where nothing was decided.
            rules_read_back_as_they_were_written,
            /// `RulesReader::rules`: at each revision they are what they were then, whatever was changed or taken away since.
            rules_of_every_revision_read_back,
            /// `Guard::RulesAt`: it holds at the present revision only, and a second change of a number is answered as this
            /// guard, whether it was stated or not.
            rules_change_once_on_a_revision,
            /// `Committer`: of racing changes of the rules of one handle exactly one wins; the others are told the guard.
            of_racing_changes_of_rules_exactly_one_wins,
            /// `RulesReader`: each handle has rules, revisions and guards of its own.
            handles_do_not_see_each_others_rules,
            /// `Committer`: a batch that is refused changes no rules, and one that decided nothing leaves revision and version.
            what_is_refused_or_nothing_changes_no_rules,
            /// `ChangeLog`: rules are noted as `Changed::Rules` of their handle, once for each batch.
            rules_are_noted_once_a_batch,
            /// `HandleReader::purge`: the rules of the handle go with their history; those of others stay.
            a_purged_handle_takes_its_rules_away;
        batches:
            /// `Committer`: what was committed is seen by the next read.
            what_was_committed_is_seen_by_the_next_read,
            /// `Committer`: guards are judged in the order of the batch, and the first that fails is returned.
            the_first_failing_guard_is_named,
            /// `Guard`: each kind holds and fails as it says; a deleted slug was used.
            every_kind_of_guard_is_judged,
            /// `Guard::SlugAt`: it is judged on the handle that it names, not on the batch's.
            a_guard_is_judged_on_the_handle_that_it_names,
            /// `Committer`: all or nothing: a batch whose guard fails leaves no change, event, audit, reply or note.
            a_batch_with_a_stale_guard_leaves_nothing,
            /// `Committer`: all or nothing: a batch whose last change is refused takes back those before it. A second
            /// account of a mailbox is answered as `EmailFree`, a second owner of a handle as `HandleFree`.
            a_batch_whose_last_change_fails_leaves_nothing,
            /// `Committer`: a second revision of a number is answered as `SlugAt`, though nothing guarded against it.
            a_second_revision_of_a_number_is_refused_without_a_guard,
            /// `Committer`: batches that are applied together with a refused one are applied all the same.
            a_refused_batch_does_not_touch_those_committed_beside_it,
            /// `Committer`: of racing batches guarded on the same revision exactly one wins; the others are told the guard.
            of_racing_batches_on_one_revision_exactly_one_wins,
            /// `Committer`: racing batches that do not contradict each other all win, each with a version of its own.
            racing_batches_on_many_slugs_all_win,
            /// `Receipt::version`: a batch with changes raises its handle's version by one, any other leaves it.
            the_version_rises_by_one_for_every_batch_with_changes,
            /// `Committer`: all of a batch belongs to the handle of its audit entry; a link of another one is corrupt.
            a_link_of_another_handle_is_refused;
        events:
            /// `Committer`: the events of a handle get consecutive numbers from 1; refused batches take none.
            events_are_numbered_without_gaps_per_handle,
            /// `EventReader`: an event keeps its id, name, instant, actor and facts, in their order.
            an_event_reads_back_with_its_name_and_facts,
            /// `EventReader::events`: those above a number, in order, at most `limit`.
            events_are_read_in_stretches;
        audit:
            /// `Committer`: every applied batch appends its entry to the handle's hash chain, a refused one does not.
            the_chain_verifies_and_counts_from_one,
            /// `AuditReader`: an entry of refused calls keeps its code and their number, and is no change.
            refusals_are_kept_with_code_and_number,
            /// `AuditReader::audit`: those above a number, in order, at most `limit`; stretches chain on.
            the_chain_verifies_in_stretches,
            /// `AuditReader::audit_head`: number and hash of the newest entry; `None` where there is none.
            the_head_is_the_newest_entry,
            /// `AuditReader::audit_found`: what the filter matches, newest first, below `before`, at most `limit`.
            a_filter_finds_what_it_matches_newest_first,
            /// `AuditReader`: each handle has a chain of its own, and `audited_handles` names them in order.
            handles_have_chains_of_their_own,
            /// `AuditReader`: what happens in the installation's own space is chained, and named, like a handle's.
            the_installation_has_a_chain_like_a_handle;
        replies:
            /// `Committer`: a batch whose reply key is remembered commits nothing and returns the remembered reply.
            a_repeat_is_answered_from_memory_and_changes_nothing,
            /// `Committer`: a repeat is found before guards are judged.
            a_repeat_is_a_repeat_even_when_its_guards_are_stale,
            /// `Committer`: a reply that has expired at the entry's instant is none, and its key can be used again.
            a_forgotten_reply_makes_room,
            /// `ReplyKey`: actor, operation and key together; the caller's key keeps its case.
            keys_of_actors_and_operations_never_meet,
            /// `Committer`: a refused batch is not remembered, so it can be tried again under its key.
            a_refused_batch_is_not_remembered,
            /// `IdempotencyReader::reply`: `None` from the instant on at which it expires.
            a_reply_is_read_until_it_expires,
            /// `IdempotencyReader::forget`: drops what has expired by then and nothing else, and says how many.
            forgetting_drops_only_what_has_expired,
            /// `Committer`: of racing batches under one key one is applied, and the others return its reply.
            of_racing_repeats_exactly_one_is_done;
        access:
            /// `AccessReader`: what is not there is `None` or an empty list.
            a_fresh_store_has_no_accounts,
            /// `AccessReader`: accounts and handles read back as they were committed.
            accounts_and_handles_read_back,
            /// `Change::Handle`: the owner becomes a member with role owner, and nobody else does.
            the_owner_is_a_member_and_strangers_are_not,
            /// `AccessReader::tokens`: oldest first, those of one instant by id, each as it was committed.
            tokens_read_back_oldest_first,
            /// `Change::TokenRevoked`: the token is read still, and revoking it again keeps the first instant.
            a_revoked_token_is_still_read,
            /// `AccessReader::note_token_uses`: the latest instant stands; unknown tokens are passed over; no note is left.
            the_latest_use_of_a_token_is_kept,
            /// `Guard::StoreEmpty`: of two nodes that prepare an empty store one is refused.
            a_second_store_preparation_is_refused,
            /// `AccessReader::account_of`: an account is found by its id as well.
            an_account_is_found_by_its_id,
            /// `AccessReader::handles_of`: the handles in which an account is a member, with its role; by name, compared
            /// byte by byte.
            handles_of_an_account_are_read_by_name;
        handles:
            /// `Change::HandleWritten`: record, members and profile read back as they were committed; what a change does
            /// not mention stays.
            a_handle_reads_back_as_it_was_written,
            /// `Guard::HandleAt`: it holds at the present revision only, and a second change of a number is answered as
            /// this guard, whether it was stated or not.
            a_handle_changes_once_on_a_revision,
            /// `Change::HandleWritten`: its members are those that are given and no others, and who was one is a stranger.
            members_are_replaced_whole,
            /// `HandleReader::named`: a name leads to the handle that has or had it, and is nobody else's again; its own
            /// handle may take it back.
            a_name_belongs_to_its_handle_for_ever,
            /// `HandleReader::handles_apart`: those that ever had another name, and those that are not active; by key.
            handles_apart_are_those_whose_names_do_not_say_all,
            /// `Committer`: of racing renames to one name exactly one wins, and the others are told that it is not free.
            of_racing_renames_to_one_name_exactly_one_wins,
            /// `Committer`: all of a batch belongs to the handle of its audit entry; another handle in it is corrupt.
            another_handle_is_not_written,
            /// `HandleReader::purge`: all that belonged to the handle goes; its names, its audit and its version stay, and
            /// other handles keep everything.
            a_purged_handle_leaves_its_names_and_its_audit,
            /// `HandleReader::purge`: a handle in any other state keeps everything.
            only_what_is_to_be_purged_is;
        plans:
            /// `AccessReader::subscription`: an account's terms read back as they were committed, with what it wrote; `None`
            /// where there is no such account.
            terms_read_back,
            /// `Change::Terms`: what is set is set, and the rest is kept.
            what_is_not_set_of_terms_is_kept,
            /// `CountedWrite`: a batch is counted where it is applied, whether it changes something or not.
            a_write_is_counted_with_its_batch,
            /// `Committer`: a write for which there is no room is refused, told what was written, and leaves nothing.
            a_write_without_room_is_refused_and_leaves_nothing,
            /// `Committer`: a batch that is refused for anything else, or repeated, is not counted; guards and repeats are
            /// judged before.
            what_is_refused_or_repeated_is_not_counted,
            /// `WriteDay::counted_on`: a later day begins with nothing; what comes for an earlier one counts on the later.
            days_only_go_on,
            /// `CountedWrite::account`: each account has a count of its own, and who is not there has none.
            accounts_have_days_of_their_own,
            /// `Committer`: of a hundred racing writes for the last place of an account, in as many handles, one is applied.
            of_a_hundred_racing_writes_for_one_place_one_wins,
            /// `Committer`: racing writes of an account take every place and no more.
            racing_writes_take_no_more_than_there_is_room,
            /// `AccessReader::collaborators`: members who do not own the handle.
            the_owner_is_no_collaborator;
        sessions:
            /// `SessionReader::session`: every field reads back as it was committed; `None` where there never was one.
            a_session_reads_back_as_it_was_begun,
            /// `SessionReader::refresh`: a refresh token is read with its session as that is now, and when it was used;
            /// those that were are read still.
            a_refresh_token_reads_back_with_its_session,
            /// `Committer`: a second use of a refresh token is answered as `RefreshUnused`, whether that was stated or not,
            /// and so is the use of one that is not there, or of another session.
            a_refresh_token_is_good_for_one_renewal,
            /// `Committer`: a session with a refresh token that another one has is answered as `RefreshFree`, whether that
            /// was stated or not, also where the token was used; of racing ones exactly one begins.
            a_refresh_token_is_of_one_session,
            /// `Committer`: of racing renewals with one refresh token exactly one wins; the others are told the guard.
            of_racing_renewals_of_one_token_exactly_one_wins,
            /// `Change::SessionEnded`: ending a session again keeps the first instant, and nothing brings it back.
            an_ended_session_stays_ended_since_the_first_time,
            /// `SessionReader::sessions`: newest first, those of one instant by id likewise, ended ones included.
            sessions_of_an_account_are_read_newest_first,
            /// `SessionReader::forget_sessions`: drops what expired before the instant, ended or not, with its refresh
            /// tokens, and nothing else; says how many sessions.
            forgetting_drops_sessions_that_have_expired_and_no_others,
            /// `Change::SessionsEnded`: every session of the account that goes on ends, but for the one excepted; those of
            /// others, and what had ended before, stay as they are.
            all_sessions_of_an_account_end_but_the_excepted_one;
        connections:
            /// `ConnectionReader::connection`: every field reads back as it was committed; `None` where there never was one.
            a_connection_reads_back_as_it_was_begun,
            /// `ConnectionReader::credential`: a code or token is read with its connection as that is now, with what it is
            /// good for, until when, and when it was used; those that were are read still.
            a_credential_reads_back_with_its_connection,
            /// `Committer`: a second use of a code or refresh token is answered as `CredentialUnused`, whether that was
            /// stated or not, and so is the use of one that is not there, of another connection, or of an access token.
            a_code_or_refresh_token_is_good_for_one_renewal,
            /// `Committer`: of racing renewals with one code exactly one wins; the others are told the guard.
            of_racing_renewals_of_one_code_exactly_one_wins,
            /// `ConnectionChange::Ended`: ending a connection again keeps the first instant, and nothing brings it back.
            an_ended_connection_stays_ended_since_the_first_time,
            /// `ConnectionChange::AccessRevoked`: the access token is unknown from then on; codes, refresh tokens, other
            /// access tokens and the connection stay.
            a_revoked_access_token_is_unknown,
            /// `ConnectionReader::connections_of` and `connections_in`: newest first, those of one instant by id likewise,
            /// ended and expired ones included.
            connections_are_read_newest_first,
            /// `ConnectionReader::note_connection_uses`: the latest instant is kept; an id that is not there is passed over.
            the_latest_use_of_a_connection_is_kept,
            /// `ConnectionReader::forget_connections`: drops connections that expired before the first instant with all
            /// that is theirs, codes and tokens that expired before the second, and nothing else; says how many connections.
            forgetting_drops_what_has_expired_and_nothing_else,
            /// `ConnectionChange`: a connection that begins in a batch of another handle is corrupt, and a batch of another
            /// handle neither renews nor ends one that is there.
            connections_belong_to_the_handle_of_the_batch,
            /// `Committer`: what apps may do is noted as access of the handle, once for each batch, and audited there.
            connections_are_noted_and_audited_in_their_handle,
            /// `HandleReader::purge`: the connections of the handle go with all that is theirs; those of others stay.
            a_purged_handle_takes_its_connections_away;
        mail:
            /// `CodeReader::code`: every field reads back as it was committed; one for each mailbox and purpose, and a new
            /// one takes the place of the one before.
            a_code_reads_back_and_is_replaced,
            /// `MailChange::Tried`: each takes one try, until none is left; then the code can be neither tried nor used,
            /// which is answered as `CodeOpen`.
            a_code_is_open_while_it_has_tries_left,
            /// `Committer`: of racing uses of a code exactly one wins; the others are told the guard.
            of_racing_uses_of_a_code_exactly_one_wins,
            /// `Committer`: of racing tries as many count as there are left.
            racing_tries_never_count_more_than_there_are,
            /// `Change::PasswordSet`: the account is read with it, and `PasswordIs` holds for it and no other.
            a_new_password_takes_the_place_of_the_one_before,
            /// `MailQueue`: a mail is claimed when it is due, again when its claim has run out, and no more once it is done.
            a_mail_is_claimed_until_it_is_done,
            /// `MailQueue::mail_later`: the mail is due at the new instant; who has lost the claim changes nothing.
            a_mail_is_put_off_by_who_has_it,
            /// `MailQueue`: of racing claims each mail is given to one.
            of_racing_claims_each_mail_is_given_to_one,
            /// `Committer`: a batch that is refused queues no mail.
            a_refused_batch_sends_nothing,
            /// `CodeReader::forget_codes`: drops what expired before the instant, mails too, and nothing else.
            forgetting_drops_codes_and_mails_that_have_expired;
        changes:
            /// `ChangeLog`: nothing follows the end of a fresh log.
            a_fresh_log_is_empty_at_its_position,
            /// `ChangeLog`: a reader that goes on from each answer's position sees every note once, in order.
            every_note_is_read_once_in_order,
            /// `ChangeLog::changes`: at most `limit` notes, even where one batch wrote more.
            notes_are_read_in_stretches,
            /// `ChangeLog`: accounts, handles, tokens and revocations are noted as `Changed::Access`.
            access_is_noted,
            /// `ChangeLog`: what happens to sessions is noted as `Changed::Access` of the installation's own space.
            sessions_are_noted_of_the_installation,
            /// `Committer`: each thing that a batch changed is noted once.
            a_batch_notes_each_thing_once,
            /// `Committer`: a batch without changes leaves the log and its position as they are.
            what_changes_nothing_is_not_noted,
            /// `ChangeLog::trim`: who is further behind than the log reaches goes on with the oldest note that is left,
            /// and is told that some were missed; who is not, is not.
            a_reader_left_behind_is_told_that_it_missed_notes,
            /// `ChangeLog::trim`: the newest `keep` notes stay, the position too, and numbers are never given again.
            trimming_keeps_the_newest_notes_and_the_position;
        analytics:
            /// `AnalyticsReader` and `Ingest`: where nothing was counted everything is 0.
            nothing_counted_is_zero,
            /// `Ingest::ingest`: a stretch is taken only where its journal stands at its `from`; anywhere else nothing is,
            /// and the answer says where the journal stands.
            a_stretch_is_taken_where_its_journal_stands_and_nowhere_else,
            /// `Ingest::ingest`: one stretch handed in many times at once is counted once.
            of_racing_intakes_of_one_stretch_one_is_counted,
            /// `Ingest::ingest`: stretches of many journals at once are all counted.
            racing_intakes_of_many_journals_are_all_counted,
            /// `Ingest::ingested`: each journal has a position of its own.
            journals_have_positions_of_their_own,
            /// `AnalyticsReader::totals`: from the range's start up to and not including its end.
            a_range_includes_its_start_and_not_its_end,
            /// `AnalyticsReader::totals`: bots are clicks and no visitors.
            bots_are_counted_and_are_no_visitors,
            /// `AnalyticsReader::totals`: a visitor is one however often, a slug is one whatever its case.
            visitors_are_counted_once_and_slugs_ignore_case,
            /// `Ingest`: positions up to 2^60 and visitors of the whole of `u64` are kept apart.
            great_numbers_survive;
        clicks:
            /// `Ingest` and `AnalyticsReader::click`: what is known of a click reads back, what is not stays unknown, and
            /// a click is found by its handle and its id, whose instant may be off by [`lp_ports::AROUND`].
            a_click_is_read_as_it_was_taken_in,
            /// `AnalyticsReader::newest_visits`: of a handle or one of its slugs, the newest first, no bots, and no more
            /// than wanted.
            the_newest_visits_come_first_and_without_bots;
        budgets:
            /// `ClickBudgets::hand_out`: as many as are wanted, at most as many as the limit leaves, and it says what is left.
            no_more_is_handed_out_than_the_limit,
            /// `ClickBudgets::hand_out`: another limit changes what is left and nothing else; a lower one than what is handed
            /// out leaves nothing.
            another_limit_changes_what_is_left,
            /// `ClickBudgets::take_back`: what is taken back is handed out again, and there is never less than nothing.
            what_is_taken_back_is_handed_out_again,
            /// `ClickBudgets`: each link of each handle has a budget of its own.
            links_have_budgets_of_their_own,
            /// `ClickBudgets`: of racing callers none gets what another got, and what is taken back is not lost.
            racing_callers_never_get_what_another_got,
            /// `HandleReader::purge`: the budgets of the handle go with it; those of others stay.
            a_purged_handle_takes_its_budgets_away;
        counts:
            /// `AnalyticsReader::totals`: any range, whole hours or not, says what a plain look at all clicks does.
            any_range_is_counted_as_its_clicks_say,
            /// `CountsReader`: on every day the stored hourly counts are what `lp_analytics::tally` makes of the clicks.
            stored_counts_are_what_the_clicks_say,
            /// `Ingest::expire`: the clicks of whole UTC days go, their counts and the number of their visitors stay, and
            /// such a day is not countable any more.
            forgotten_clicks_leave_their_counts,
            /// `Ingest`: a click that comes in for a forgotten day is counted still, and forgotten by the next `expire`.
            a_click_of_a_forgotten_day_is_counted_still,
            /// `Ingest::expire`: it forgets for all handles, and each keeps its own counts.
            handles_are_forgotten_together;
        health:
            /// `StoreHealth`: a store that can be used says so, and takes a write of no meaning as often as asked.
            a_fresh_store_answers_a_ping,
            /// `StoreHealth::agree`: the first value under a name is kept and is what everybody is answered.
            the_first_value_agreed_on_stays,
            /// `StoreHealth::agree`: of racing nodes all are answered the same value, one of theirs.
            racing_nodes_agree_on_one_value;
    } };
}

/// What [`Counters`](lp_ports::Counters) promise.
#[doc(hidden)]
#[macro_export]
macro_rules! __counters_cases {
    ($($wanted:tt)*) => { $crate::__expand_cases! { [$($wanted)*]
        counters:
            /// `Counters::take`: as many as are wanted, at most as many as are left; 0 where nothing is.
            an_empty_bucket_grants_nothing,
            /// `Counters::take`: it says how long until the bucket is full again, and wanting nothing takes nothing.
            a_bucket_says_when_it_is_full_again,
            /// `Counters::take`: every caller has a bucket of their own, whatever characters name them.
            callers_have_buckets_of_their_own,
            /// `Counters::take`: of racing takers none gets what another got.
            racing_takers_never_get_more_than_the_bucket_holds,
            /// `Counters::forget_full`: forgets buckets that are full, says how many, and leaves the others.
            only_full_buckets_are_forgotten;
    } };
}
