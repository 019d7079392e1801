//! What every engine owes, as tests that know the trait alone.
//!
//! An engine runs them with [`conform`](super::conform), giving a way to open one and the same state again and again.

pub(in crate::store) mod answers;
mod audience;
mod claims;
mod contacts;
pub(in crate::store) mod errands;
mod ground;
pub(in crate::store) mod halts;
pub(in crate::store) mod inbox;
pub(in crate::store) mod intake;
pub(in crate::store) mod journal;
mod kit;
pub(in crate::store) mod lanes;
mod law;
mod locks;
pub(in crate::store) mod orders;
pub(in crate::store) mod overtaking;
pub(in crate::store) mod plans;
pub(in crate::store) mod receipts;
mod recontacts;
mod rounds;
mod settling;
pub(in crate::store) mod waiting;

pub(in crate::store) use ground::{Ground, Planted};
pub(in crate::store) use kit::Opener;
pub(in crate::store) use law::the_hopper_keeps_its_law;

/// Makes tests of one file's functions, over what an expression opens.
macro_rules! tests_of {
    ($open:expr; $file:ident: $($name:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::store::conformance::$file::$name($open).await;
            }
        )+
    };
}
pub(in crate::store) use tests_of;

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
        rights_come_back_oldest_first, the_ledger_keeps_its_name_and_the_latest_time,
        an_account_is_bound_once_and_under_the_lock;
    audience: the_first_of_two_with_one_number_counts,
                a_retry_that_the_lists_have_lost_is_counted_when_it_is_due, the_digest_does_not_depend_on_order,
        comparing_changes_nothing, a_skipped_contact_is_fresh_when_its_reason_is_gone,
        recipients_are_counted_by_country,
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

/// Names every test of people and rounds once and hands them to an engine's `conversations_of!`.
macro_rules! conversation_tests {
    ($($file:ident: $($name:ident),+;)+) => {
        $($(
            pub(in crate::store) async fn $name(ground: Ground) {
                $file::$name(ground).await;
            }
        )+)+

        /// Makes a test of each, over the grounds that an expression gives.
        macro_rules! conversations_of {
            ($ground:expr) => {
                $($(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $name() {
                        $crate::store::conformance::$name($ground).await;
                    }
                )+)+
            };
        }
        pub(in crate::store) use conversations_of;
    };
}

conversation_tests! {
    contacts: a_file_tells_the_conversation_in_order,
        somebody_is_found_by_any_name_and_in_their_account_alone, who_is_acknowledged_is_messaged_again,
        suspects_come_latest_first, interactions_are_what_may_have_reached_somebody,
        interactions_of_several_campaigns_are_in_one_order, the_first_valid_answer_is_the_answer,
        history_shows_those_alone_who_were_asked_for, the_time_shown_is_that_of_the_latest_status,
        what_webhooks_say_stands_in_the_file;
    recontacts: whose_window_has_closed_is_contacted_again_once, who_must_not_be_messaged_is_not_contacted_again,
        recontacts_are_claimed_up_to_a_number_and_under_the_lease, nobody_is_contacted_again_while_a_halt_holds,
        who_is_in_conversation_with_another_campaign_is_not_contacted_again,
        a_recontact_counts_as_a_message_and_dies_uncertain;
    rounds: a_round_takes_in_what_failed_for_a_passing_reason, a_round_counts_attempts_anew_and_history_counts_all,
        the_uncertain_are_taken_in_only_when_asked_for, the_uncertain_that_time_has_closed_are_taken_in,
        a_round_is_recorded_with_who_began_it, what_is_over_begins_no_round_and_says_how_it_could,
        who_was_tried_in_an_earlier_round_is_not_taken_for_new,
        who_was_tried_in_an_earlier_round_fails_and_is_released_as_such, a_round_lets_go_who_waited_for_the_uncertain,
        silence_of_a_receiver_that_ran_lets_the_uncertain_be_sent_again, the_next_timeout_is_the_earliest_of_all;
}
