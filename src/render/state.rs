//! What is remembered of the account.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::count;
use super::status;
use super::style::Look;
use super::time::rfc3339;
use crate::engine::Repair;
use crate::sanitize;
use crate::store::{
    Applied, CampaignRecord, Halt, Kept, LedgerInfo, LockInfo, OpenClaims, RightUsed, RunRecord,
};

const FORMAT: &str = "1.0";

/// Returns the addresses as a table.
#[must_use]
pub fn table(applied: &[&Applied], look: Look) -> String {
    let titles = ["ADDRESS", "ACCOUNT", "ID", "APPLIED"];
    let rows = applied.iter().map(|applied| {
        vec![
            applied.address.to_string(),
            applied.account.clone(),
            applied.id.clone(),
            rfc3339(applied.at),
        ]
    });
    status::table(&titles, rows, look)
}

/// Returns the addresses for programs.
#[must_use]
pub fn list(applied: &[&Applied]) -> Value {
    let resources: Vec<Value> = applied.iter().map(|applied| head(applied)).collect();
    json!({ "format_version": FORMAT, "resources": resources })
}

fn head(applied: &Applied) -> Value {
    let Applied {
        address,
        account,
        key,
        id,
        at,
        ..
    } = applied;
    json!({
        "address": address.to_string(), "kind": address.kind, "name": address.name, "index": address.index,
        "account": account, "key": key, "id": id, "applied_at": at,
    })
}

/// Returns all that is remembered of one object, and the run that wrote it where the journal knows.
#[must_use]
pub fn human(applied: &Applied, written: Option<&(RunRecord, Kept)>, look: Look) -> String {
    let mut text = format!(
        "{}\n",
        look.strong(sanitize::line(&applied.address.to_string()))
    );
    let mut fact = |name: &str, value: &str| {
        let name = look.faint(format_args!("{name:10}"));
        let _infallible = writeln!(text, "  {name}{}", sanitize::line(value));
    };
    fact("account", &applied.account);
    fact("key", &applied.key);
    fact("id", &applied.id);
    fact("applied", &rfc3339(applied.at));
    if let Some((run, kept)) = written {
        let by = format!("{} ({}, run {})", run.who, run.command, run.id);
        fact("by", &by);
        if let Some(plan) = &run.plan {
            fact("plan", plan);
        }
        if let Some(request) = kept.note.requests.last() {
            fact("request", request);
        }
    }
    let _infallible = writeln!(text, "  {}", look.faint("content"));
    for line in format!("{:#}", applied.content).lines() {
        let _infallible = writeln!(text, "    {}", sanitize::line(line));
    }
    text
}

/// Returns the same for programs.
#[must_use]
pub fn document(applied: &Applied, written: Option<&(RunRecord, Kept)>) -> Value {
    let mut document = head(applied);
    document["format_version"] = FORMAT.into();
    document["content"] = applied.content.clone();
    document["written_by"] = written.map_or(Value::Null, |(run, kept)| {
        json!({
            "run": run.id, "plan": run.plan, "who": run.who, "command": run.command, "action": kept.note.action,
            "at": kept.note.at, "requests": kept.note.requests,
        })
    });
    document
}

/// All that the state says, without the ledger's contacts.
#[derive(Clone, Debug)]
pub struct Whole {
    pub ledger: LedgerInfo,
    pub applied: Vec<Applied>,
    pub rights: Vec<RightUsed>,
    pub campaigns: Vec<CampaignRecord>,
    pub halts: Vec<Halt>,
    pub lock: Option<LockInfo>,
}

/// Returns the whole state for programs.
#[must_use]
pub fn whole(whole: &Whole) -> Value {
    let resources = whole.applied.iter().map(|applied| {
        let mut resource = head(applied);
        resource["content"] = applied.content.clone();
        resource
    });
    let campaigns = whole.campaigns.iter().map(|campaign| {
        json!({
            "account": campaign.account, "name": campaign.name, "state": campaign.state,
            "declaration": campaign.declaration, "first_applied_at": campaign.first_applied_at,
            "starts_at": campaign.starts_at, "ends_at": campaign.ends_at,
        })
    });
    json!({
        "format_version": FORMAT,
        "ledger": {
            "id": whole.ledger.id, "created_at": whole.ledger.created_at, "confirmed_at": whole.ledger.confirmed_at,
        },
        "resources": resources.collect::<Vec<_>>(),
        "rights_used": whole.rights,
        "campaigns": campaigns.collect::<Vec<_>>(),
        "halts": whole.halts,
        "lock": whole.lock,
    })
}

/// Returns what a repair would do, and what it can only name.
#[must_use]
pub fn repair(repair: &Repair, claims: &[OpenClaims], look: Look) -> String {
    let mut text = String::from("The file is sound.\n");
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _infallible = writeln!(text, "\n{title}");
            text.extend(lines);
        }
    };
    let line = |symbol: String, applied: &Applied| {
        let told = format!("{} [id={}]", applied.address, applied.id);
        look.hang(&format!("  {symbol} "), &sanitize::line(&told))
    };
    let remember = repair.remember.iter();
    section(
        "Live as declared, and to be remembered:",
        remember
            .map(|(applied, _)| line(look.added('+'), applied))
            .collect(),
    );
    let gone = repair.gone.iter();
    section(
        "Remembered, and not there any more; to be dropped:",
        gone.map(|applied| line(look.removed('-'), applied))
            .collect(),
    );
    section(
        "Messages that are claimed and not settled:",
        claims.iter().map(|claims| claimed(claims, look)).collect(),
    );
    if repair.remember.is_empty() && repair.gone.is_empty() {
        text.push_str("Nothing is to be repaired.\n");
    }
    text
}

fn claimed(claims: &OpenClaims, look: Look) -> String {
    let OpenClaims {
        campaign,
        number,
        messages,
        since,
        orphaned,
        ..
    } = claims;
    let what = if *orphaned {
        "whoever claimed them is gone, and whether they left is not known: the next run that sends makes them uncertain, and \
         none of them is sent again by itself"
    } else {
        "a run that sends has them"
    };
    let messages = count::of(*messages, "message", "messages");
    let told = format!(
        "campaign.{campaign}, from the number {number}: {messages} since {}; {what}",
        rfc3339(*since)
    );
    look.hang(&format!("  {} ", look.waiting('…')), &sanitize::line(&told))
}

/// Returns the same for programs, once it is done.
#[must_use]
pub fn repair_document(repair: &Repair, claims: &[OpenClaims]) -> Value {
    let remember = repair.remember.iter().map(|(applied, _)| head(applied));
    json!({
        "format_version": FORMAT,
        "remembered": remember.collect::<Vec<_>>(),
        "dropped": repair.gone.iter().map(head).collect::<Vec<_>>(),
        "claims": claims,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::config::Address;
    use crate::store::Note;

    fn applied() -> Applied {
        Applied {
            address: Address::with_index("template", "offer", "en_US"),
            account: "main".to_owned(),
            key: "offer/en_US".to_owned(),
            id: "594425479261596".to_owned(),
            content: json!({ "body": "Hi\u{1b}[2J" }),
            facts: serde_json::Value::Null,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_object_is_shown_with_the_run_that_wrote_it() {
        let run = RunRecord {
            id: "00ff00ff00ff00ff".to_owned(),
            number: 1,
            command: "waform apply".to_owned(),
            who: "ana@desk".to_owned(),
            host: "desk".to_owned(),
            process: 1,
            run_address: None,
            environment: None,
            version: "0.1.0".to_owned(),
            plan: Some("abcd".to_owned()),
            started: Timestamp::UNIX_EPOCH,
            ended: None,
            outcome: None,
        };
        let note = Note {
            requests: vec!["A1".to_owned(), "A2".to_owned()],
            ..Note::default()
        };
        let text = human(
            &applied(),
            Some(&(run, Kept { id: 1, note })),
            Look::plain(80),
        );
        insta::assert_snapshot!(text, @r#"
        template.offer["en_US"]
          account   main
          key       offer/en_US
          id        594425479261596
          applied   1970-01-01T00:00:00Z
          by        ana@desk (waform apply, run 00ff00ff00ff00ff)
          plan      abcd
          request   A2
          content
            {
              "body": "Hi\u001b[2J"
            }
        "#);
    }

    #[test]
    fn a_repair_tells_what_it_does_and_what_it_only_names() {
        let found = Repair {
            remember: vec![(applied(), Vec::new())],
            gone: vec![applied()],
        };
        let claims = OpenClaims {
            account: "main".to_owned(),
            campaign: "spring".to_owned(),
            number: "1063".to_owned(),
            messages: 1,
            since: Timestamp::UNIX_EPOCH,
            orphaned: true,
        };
        insta::assert_snapshot!(repair(&found, &[claims], Look::plain(80)), @r#"
        The file is sound.

        Live as declared, and to be remembered:
          + template.offer["en_US"] [id=594425479261596]

        Remembered, and not there any more; to be dropped:
          - template.offer["en_US"] [id=594425479261596]

        Messages that are claimed and not settled:
          … campaign.spring, from the number 1063: 1 message since 1970-01-01T00:00:00Z;
            whoever claimed them is gone, and whether they left is not known: the next
            run that sends makes them uncertain, and none of them is sent again by
            itself
        "#);
        assert!(repair_is_quiet());
    }

    fn repair_is_quiet() -> bool {
        let quiet = repair(&Repair::default(), &[], Look::plain(80));
        quiet == "The file is sound.\nNothing is to be repaired.\n"
    }
}
