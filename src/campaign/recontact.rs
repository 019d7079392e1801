//! The recontact template: sent to those who wrote back, and whose service window has closed since.
//!
//! It is one lane more of its number's dispatch, with claims of its own ([`crate::store::Contacts::claim_recontact`]): the
//! lease, the rates, the quiet hours and what an unknown result means are those of all messages.

use std::sync::Arc;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::dispatch::{self, Claimer, Observer};
use super::error::Error;
use super::limits::Portfolio;
use super::message::Languages;
use super::ready::{self, Ready};
use super::send::{self, Sending, Sent};
use super::sent_values::sent_values;
use crate::clock::Clock;
use crate::config::Report;
use crate::meta::GraphWriter;
use crate::resource::campaign::Campaign;
use crate::resource::template::{Composer, Template};
use crate::resource::{Declared, Project};
use crate::store::{
    self, Claim, ClaimRequest, Claimed, Database, RecontactRequest, Settled, Settlement,
};

/// A campaign's recontact template, ready to be sent.
#[derive(Clone)]
pub struct Recontact {
    /// With the template's gaps, not the campaign's.
    ready: Ready,
    campaign: Declared<Campaign>,
    writing: Arc<Writing>,
}

/// How one message is made of what the campaign sent.
struct Writing {
    /// The campaign's template.
    sent: Declared<Template>,
    composer: Composer,
    languages: Languages,
}

impl Recontact {
    /// Returns a campaign's recontact; none where it declares none.
    ///
    /// # Errors
    /// Where a template is not declared, or a header's file cannot be read.
    pub fn of(project: &Project, ready: &Ready) -> Result<Option<Self>, Report> {
        let Some(campaign) = project.get::<Campaign>(&ready.name) else {
            return Ok(None);
        };
        let Some(name) = &campaign.value.recontact else {
            return Ok(None);
        };
        let template = project.get::<Template>(name).ok_or_else(|| {
            Report::error(
                "reference::unknown",
                "the recontact template is not declared",
            )
        })?;
        let composer = Composer::new(project, template)?;
        let languages = Languages::new(composer.languages().map(str::to_owned).collect());
        let writing = Writing {
            sent: ready::template(project, campaign)?.clone(),
            composer,
            languages,
        };
        Ok(Some(Self {
            ready: Ready {
                gaps: ready::gaps(project, template),
                ..ready.clone()
            },
            campaign: campaign.clone(),
            writing: Arc::new(writing),
        }))
    }

    /// Returns the campaign, with the template that is sent.
    #[must_use]
    pub fn campaign(&self) -> &Ready {
        &self.ready
    }

    pub(super) async fn lane(
        &self,
        sending: &Sending<'_>,
        writer: &GraphWriter,
    ) -> Result<dispatch::Campaign, Error> {
        let (project, number) = (sending.project, self.ready.number());
        let media = sending
            .uploads
            .ensure(
                project,
                &self.writing.composer,
                number,
                writer,
                sending.clock.now(),
            )
            .await?;
        Ok(dispatch::Campaign {
            media,
            claimer: Some(self.claimer(&sending.store, &sending.clock)),
            ..send::lane(&self.ready, &self.campaign)
        })
    }

    fn claimer(&self, store: &Arc<dyn Database>, clock: &Clock) -> Claimer {
        let (store, clock) = (Arc::clone(store), clock.clone());
        let writing = Arc::clone(&self.writing);
        Arc::new(move |request| {
            let (store, clock) = (Arc::clone(&store), clock.clone());
            let writing = Arc::clone(&writing);
            async move { claim(&*store, &clock, &writing, request).await }.boxed()
        })
    }
}

async fn claim(
    store: &dyn Database,
    clock: &Clock,
    writing: &Writing,
    request: ClaimRequest,
) -> store::Result<Claimed> {
    let ClaimRequest {
        account,
        campaign,
        template,
        now,
        max,
        worker,
        lease,
        decide,
    } = request;
    let claims = store
        .claim_recontact(RecontactRequest {
            account,
            campaign,
            template,
            now,
            max,
            worker,
            lease,
            decide,
        })
        .await?;
    let unfinished = claims.len() == max;
    let (mut written, mut unfit) = (Vec::new(), Vec::new());
    for claim in claims {
        let attempt_id = claim.attempt_id.clone();
        match writing.write(claim) {
            Ok(claim) => written.push(claim),
            Err(reason) => unfit.push(Settlement {
                attempt_id,
                at: clock.now(),
                result: Settled::Failed {
                    code: None,
                    reason,
                    retry_at: None,
                    suppress: false,
                },
            }),
        }
    }
    if !unfit.is_empty() {
        store.settle(unfit).await?;
    }
    Ok(Claimed {
        claims: written,
        unfinished,
        ..Claimed::default()
    })
}

impl Writing {
    /// Puts the recontact template, in the nearest language and with the values that were sent, in the place of what was
    /// sent.
    fn write(&self, claim: Claim) -> Result<Claim, String> {
        let sent = self.sent.value.in_language(&claim.language);
        let values = sent
            .map(|sent| sent_values(&sent, &claim.variables))
            .unwrap_or_default();
        let language = self.languages.choose(&claim.language).to_owned();
        let components = self
            .composer
            .compose(&language, &values)
            .map_err(|unfit| unfit.to_string())?;
        let variables = serde_json::from_str(&components)
            .map_err(|error| format!("the components are no JSON: {error}"))?;
        Ok(Claim {
            language,
            variables,
            ..claim
        })
    }
}

/// Sends a campaign's recontact template to all who wait for it, under their number's lease.
///
/// # Errors
/// Where the ledger cannot be written or a header's file cannot be uploaded; what was sent until then is recorded.
pub async fn recontact(
    sending: &Sending<'_>,
    recontact: Recontact,
    observer: Arc<dyn Observer>,
    stop: &CancellationToken,
) -> Result<Option<Sent>, Error> {
    let ready = recontact.campaign();
    let now = sending.clock.now();
    let portfolio = Portfolio::read(&*sending.store, &ready.account, ready.limit(), now).await?;
    send::send_due(
        sending,
        &[],
        &[recontact],
        Arc::new(portfolio),
        observer,
        stop,
    )
    .await
}
