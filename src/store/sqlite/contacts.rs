//! The calls about people, their conversations, and rounds of a campaign.

use jiff::Timestamp;

use super::store::Sqlite;
use super::{contact_file, interactions, recontact, rounds};
use crate::store::{
    Answer, Claim, ContactFile, Contacts, InteractionFilter, InteractionRow, RecontactRequest,
    RetryOf, Suspect,
};

impl Contacts for Sqlite {
    fn contact<'a>(&'a self, account: &'a str, who: &'a str) -> Answer<'a, Option<ContactFile>> {
        let [account, who] = [account, who].map(str::to_owned);
        Box::pin(
            self.0
                .read(move |connection| contact_file::file(connection, &account, &who)),
        )
    }

    fn acknowledge<'a>(
        &'a self,
        account: &'a str,
        phone: &'a str,
        actor: &'a str,
        now: Timestamp,
    ) -> Answer<'a, bool> {
        let [account, phone, actor] = [account, phone, actor].map(str::to_owned);
        Box::pin(self.0.write(move |connection| {
            contact_file::acknowledge(connection, &account, &phone, &actor, now)
        }))
    }

    fn suspects<'a>(&'a self, account: &'a str, limit: usize) -> Answer<'a, Vec<Suspect>> {
        let account = account.to_owned();
        Box::pin(
            self.0
                .read(move |connection| contact_file::suspects(connection, &account, limit)),
        )
    }

    fn interactions<'a>(
        &'a self,
        filter: &'a InteractionFilter,
    ) -> Answer<'a, Vec<InteractionRow>> {
        let filter = filter.clone();
        Box::pin(
            self.0
                .read(move |connection| interactions::interactions(connection, &filter)),
        )
    }

    fn retry_count<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        of: &'a RetryOf,
        now: Timestamp,
    ) -> Answer<'a, u64> {
        let [account, campaign] = [account, campaign].map(str::to_owned);
        let of = of.clone();
        Box::pin(
            self.0
                .read(move |connection| rounds::count(connection, &account, &campaign, &of, now)),
        )
    }

    fn retry<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        of: &'a RetryOf,
        actor: &'a str,
        now: Timestamp,
    ) -> Answer<'a, u64> {
        let [account, campaign, actor] = [account, campaign, actor].map(str::to_owned);
        let of = of.clone();
        Box::pin(self.0.write(move |connection| {
            rounds::retry(connection, &account, &campaign, &of, &actor, now)
        }))
    }

    fn resend_uncertain<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        before: Timestamp,
        now: Timestamp,
    ) -> Answer<'a, u64> {
        let [account, campaign] = [account, campaign].map(str::to_owned);
        Box::pin(self.0.write(move |connection| {
            rounds::resend_uncertain(connection, &account, &campaign, before, now)
        }))
    }

    fn claim_recontact(&self, mut request: RecontactRequest) -> Answer<'_, Vec<Claim>> {
        Box::pin(
            self.0
                .write(move |connection| recontact::claim(connection, &mut request)),
        )
    }

    fn recontact_count<'a>(
        &'a self,
        account: &'a str,
        campaign: &'a str,
        now: Timestamp,
    ) -> Answer<'a, u64> {
        let [account, campaign] = [account, campaign].map(str::to_owned);
        Box::pin(
            self.0
                .read(move |connection| recontact::count(connection, &account, &campaign, now)),
        )
    }

    fn next_timeout<'a>(&'a self, account: &'a str) -> Answer<'a, Option<Timestamp>> {
        let account = account.to_owned();
        Box::pin(
            self.0
                .read(move |connection| rounds::next_timeout(connection, &account)),
        )
    }
}
