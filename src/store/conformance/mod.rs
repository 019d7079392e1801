//! What every engine owes, as tests that know the trait alone.
//!
//! An engine runs them with [`conform`](super::conform), giving a way to open one and the same state again and again.

mod audience;
mod claims;
mod kit;
mod law;
mod locks;
mod settling;

pub(in crate::store) use kit::Opener;
pub(in crate::store) use law::the_hopper_keeps_its_law;

/// Names every test once and hands them to an engine's `conformance_of!`.
macro_rules! conformance_tests {
    ($($file:ident: $($name:ident),+;)+) => {
        $($(
            pub(in crate::store) async fn $name(open: Opener) {
                $file::$name(open).await;
            }
        )+)+

        /// Makes a test of each, over the states that an expression opens.
        macro_rules! conformance_of {
            ($open:expr) => {
                $($(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $name() {
                        $crate::store::conformance::$name($open).await;
                    }
                )+)+
            };
        }
        pub(in crate::store) use conformance_of;
    };
}

conformance_tests! {
    locks: a_held_lock_names_its_holder, a_lock_that_ran_out_is_taken_over_and_its_holder_fenced,
        a_lock_whose_process_is_dead_is_taken_over, a_lease_is_prolonged_by_its_holder_alone,
        a_released_lease_goes_to_the_next_with_a_higher_fence, what_was_applied_is_remembered_until_forgotten,
        rights_come_back_oldest_first, the_ledger_keeps_its_name_and_the_latest_time;
    audience: the_first_of_two_with_one_number_counts,
                a_retry_that_the_lists_have_lost_is_counted_when_it_is_due, the_digest_does_not_depend_on_order,
        comparing_changes_nothing, a_skipped_contact_is_fresh_when_its_reason_is_gone,
        who_leaves_the_lists_is_taken_out_unless_messaged,
        who_was_put_off_is_asked_again_by_the_next_run, values_are_refreshed_until_they_are_sent,
        gaps_hold_contacts_of_other_campaigns, an_opt_out_is_skipped_in_every_campaign_of_the_account,
        a_campaign_that_was_never_launched_takes_no_audience, a_lost_lock_commits_nothing,
        a_declared_start_moves_only_when_it_is_declared_anew;
    claims: workers_never_share_a_contact, a_lost_lease_claims_nothing, verdicts_are_obeyed,
        a_long_line_of_the_postponed_is_passed, who_was_not_looked_at_is_told_from_who_is_not_due,
        nothing_is_claimed_before_the_start_nor_while_paused,
        the_earliest_due_is_claimed_first, a_claim_survives_a_crash_as_uncertain,
        a_claim_from_a_number_that_is_not_used_any_more_becomes_uncertain, an_attempt_id_is_never_used_twice, recipients_are_counted_once;
    settling: an_acceptance_waits_for_the_response, a_failure_is_retried_until_the_attempts_are_used_up,
        no_retry_is_planned_beyond_the_end, a_release_does_not_count, the_first_answer_counts,
        a_late_answer_settles_what_was_uncertain, time_closes_what_waits, a_stopped_campaign_closes_what_was_not_sent,
        history_gives_everyone_once;
}
