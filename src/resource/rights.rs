//! Which scarce rights were used and when, found by what they were used for.
//!
//! How many uses are allowed, and in which time, is known to the kind that asks.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::store::RightUsed;

/// The uses of rights, those of the plan under way among them. A plan of thousands of changes asks for each of them.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    /// By account, right and subject; oldest first.
    times: BTreeMap<(String, String, String), Vec<Timestamp>>,
}

impl Rights {
    /// Books one more use.
    pub fn add(&mut self, used: RightUsed) {
        let RightUsed {
            account,
            right,
            subject,
            at,
        } = used;
        let times = self.times.entry((account, right, subject)).or_default();
        times.insert(times.partition_point(|earlier| *earlier <= at), at);
    }

    /// Returns when a right on a subject was used within a time before `now`, oldest first.
    #[must_use]
    pub fn used(
        &self,
        account: &str,
        right: &str,
        subject: &str,
        now: Timestamp,
        within: SignedDuration,
    ) -> &[Timestamp] {
        let key = (account.to_owned(), right.to_owned(), subject.to_owned());
        let times = self.times.get(&key).map_or(&[][..], Vec::as_slice);
        &times[times.partition_point(|at| now.duration_since(*at) >= within)..]
    }
}

impl FromIterator<RightUsed> for Rights {
    fn from_iter<I: IntoIterator<Item = RightUsed>>(uses: I) -> Self {
        let mut rights = Self::default();
        uses.into_iter().for_each(|used| rights.add(used));
        rights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_found_by_subject_and_time_in_whatever_order_they_came() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1000);
        let used = |subject: &str, hours| RightUsed {
            account: "main".to_owned(),
            right: "edit".to_owned(),
            subject: subject.to_owned(),
            at: now - SignedDuration::from_hours(hours),
        };
        let rights: Rights = [("1", 2), ("2", 1), ("1", 24), ("1", 23), ("1", 0)]
            .map(|(subject, hours)| used(subject, hours))
            .into_iter()
            .collect();
        let hours = |account, right, subject| -> Vec<i64> {
            rights
                .used(account, right, subject, now, SignedDuration::from_hours(24))
                .iter()
                .map(|at| now.duration_since(*at).as_hours())
                .collect()
        };
        assert_eq!(hours("main", "edit", "1"), [23, 2, 0]);
        assert_eq!(hours("main", "edit", "2"), [1]);
        assert!(hours("main", "create", "1").is_empty());
        assert!(hours("other", "edit", "1").is_empty());
    }
}
