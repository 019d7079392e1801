//! One account: everything is read at the same time, and judged in order.

use futures::future::join_all;
use jiff::Timestamp;

use super::check::Check;
use super::{account, number, token};
use crate::meta::{Error, GraphRead, Number};
use crate::resource::phone::Phone;

/// An account under examination.
pub struct Patient<'a> {
    /// The account's address.
    pub subject: String,
    pub waba_id: &'a str,
    pub api_version: &'a str,
    /// The app's id, where it is declared.
    pub app_id: Option<&'a str>,
    /// Its declared numbers, by address.
    pub phones: Vec<(String, &'a Phone)>,
    pub graph: &'a dyn GraphRead,
    pub now: Timestamp,
}

/// Examines an account and its numbers.
pub async fn examine(patient: &Patient<'_>) -> Vec<Check> {
    let Patient {
        subject,
        waba_id,
        api_version,
        app_id,
        phones,
        graph,
        now,
    } = patient;
    let (info, node, health, apps, numbers) = futures::join!(
        graph.token(),
        graph.account(waba_id),
        graph.health(waba_id),
        graph.subscribed_apps(waba_id),
        graph.numbers(waba_id),
    );
    let mut findings = Findings {
        subject,
        checks: Vec::new(),
        first: None,
    };

    let app = info
        .as_ref()
        .ok()
        .map(|info| info.app_id.clone())
        .filter(|id| !id.is_empty());
    findings.take("token", info, |info| {
        token::token(subject, &info, waba_id, *app_id, *now)
    });
    findings.checks.push(account::version(subject, api_version));
    findings.take("account", node, |node| account::account(subject, &node));
    findings.take("health", health, |health| {
        vec![account::health(subject, &health)]
    });
    if let Some(app) = app.as_deref().or(*app_id) {
        findings.take("webhooks", apps, |apps| {
            vec![account::webhooks(subject, &apps, app)]
        });
    }
    let numbers = match numbers {
        Ok(numbers) => numbers,
        Err(error) => {
            findings.take("numbers", Err(error), |(): ()| Vec::new());
            return findings.checks;
        }
    };
    let examined = phones
        .iter()
        .map(|(address, phone)| phone_checks(address, phone, &numbers, *graph));
    let mut checks = findings.checks;
    checks.extend(join_all(examined).await.into_iter().flatten());
    checks
}

async fn phone_checks(
    address: &str,
    phone: &Phone,
    numbers: &[Number],
    graph: &dyn GraphRead,
) -> Vec<Check> {
    let Some(live) = numbers.iter().find(|live| number::is_named_by(live, phone)) else {
        return vec![number::absent(address, phone, numbers)];
    };
    let mut checks = number::number(address, live);
    checks.push(match graph.health(&live.id).await {
        Ok(health) => account::health(address, &health),
        Err(error) => Check::unread(address, "health", &error),
    });
    checks
}

/// What was found, where one reason that all reads fail for is told once.
struct Findings<'a> {
    subject: &'a str,
    checks: Vec<Check>,
    /// The code of the first read that failed.
    first: Option<&'static str>,
}

impl Findings<'_> {
    fn take<T>(
        &mut self,
        check: &'static str,
        read: Result<T, Error>,
        judge: impl FnOnce(T) -> Vec<Check>,
    ) {
        match read {
            Ok(read) => self.checks.extend(judge(read)),
            Err(error) if self.first == Some(error.code()) => {
                self.checks.push(
                    Check::fail(
                        self.subject,
                        check,
                        "could not be read, for the same reason",
                    )
                    .code(error.code()),
                );
            }
            Err(error) => {
                self.first.get_or_insert(error.code());
                self.checks.push(Check::unread(self.subject, check, &error));
            }
        }
    }
}
