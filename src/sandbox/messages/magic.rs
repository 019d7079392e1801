//! Telephone numbers that behave in a certain way.
//!
//! All are of the numbers 555-0100 to 555-0199 that are kept free for fiction, and valid, so that they pass every check on
//! the way here. They are Toronto's: marketing to the United States is paused, to Canada it is not.

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Refused at once with a code.
    Refused(i64),
    /// Answered with 131000 and yet accepted.
    TakenButError,
    /// The first message is refused with a code, later ones arrive.
    RefusedFirst(i64),
    /// Accepted; fails with a code.
    Fails(i64),
    /// Accepted and sent; fails later.
    FailsAfterSent(i64),
    /// The first message fails with a code, later ones arrive.
    FailsFirst(i64),
    /// Marketing fails with a code, everything else arrives.
    MarketingFails(i64),
    /// Sent, never delivered, never failed.
    NeverDelivered,
    /// Delivered, never read.
    NeverRead,
    /// Read, without a `delivered` before.
    ReadAtOnce,
    /// `sent` is told before the call is answered.
    ToldFirst,
    /// Delivered; templates are answered.
    Answers(Reply),
}

/// What a person answers to a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Taps the first quick reply, where there is one; with the context or, as happens, without.
    FirstButton {
        context: bool,
    },
    Text(&'static str),
    /// Stops marketing in the settings of the chat, without a word.
    Stop,
}

/// A number and what it does.
#[derive(Debug)]
pub(crate) struct Magic {
    /// In E.164.
    pub number: &'static str,
    pub fate: Fate,
    pub says: &'static str,
}

/// All of them.
pub(crate) const MAGIC: [Magic; 24] = [
    Magic {
        number: "+14165550101",
        fate: Fate::Fails(131_026),
        says: "not on WhatsApp: accepted, then failed with 131026",
    },
    Magic {
        number: "+14165550102",
        fate: Fate::FailsFirst(131_000),
        says: "the first message fails with 131000, later ones arrive",
    },
    Magic {
        number: "+14165550103",
        fate: Fate::MarketingFails(131_049),
        says: "has had enough marketing: fails with 131049",
    },
    Magic {
        number: "+14165550104",
        fate: Fate::MarketingFails(131_050),
        says: "has stopped marketing messages: fails with 131050",
    },
    Magic {
        number: "+14165550105",
        fate: Fate::MarketingFails(130_472),
        says: "is part of an experiment: marketing fails with 130472",
    },
    Magic {
        number: "+14165550106",
        fate: Fate::NeverDelivered,
        says: "sent, never delivered, never failed",
    },
    Magic {
        number: "+14165550107",
        fate: Fate::NeverRead,
        says: "delivered, never read",
    },
    Magic {
        number: "+14165550108",
        fate: Fate::ReadAtOnce,
        says: "read without delivered",
    },
    Magic {
        number: "+14165550109",
        fate: Fate::Refused(131_056),
        says: "refused with 131056, the pair rate limit",
    },
    Magic {
        number: "+14165550110",
        fate: Fate::Refused(131_021),
        says: "refused with 131021, recipient is sender",
    },
    Magic {
        number: "+14165550111",
        fate: Fate::Refused(131_000),
        says: "refused with 131000 (HTTP 500), not accepted",
    },
    Magic {
        number: "+14165550112",
        fate: Fate::TakenButError,
        says: "refused with 131000 (HTTP 500), and yet accepted and delivered",
    },
    Magic {
        number: "+14165550113",
        fate: Fate::Fails(137_000),
        says: "has changed identity: fails with 137000",
    },
    Magic {
        number: "+14165550114",
        fate: Fate::Refused(130_497),
        says: "refused with 130497, country restricted",
    },
    Magic {
        number: "+14165550115",
        fate: Fate::Refused(131_048),
        says: "refused with 131048, spam rate limit",
    },
    Magic {
        number: "+14165550116",
        fate: Fate::FailsAfterSent(131_026),
        says: "sent, then failed with 131026",
    },
    Magic {
        number: "+14165550117",
        fate: Fate::Refused(130_429),
        says: "refused with 130429, throughput reached",
    },
    Magic {
        number: "+14165550118",
        fate: Fate::Answers(Reply::FirstButton { context: true }),
        says: "answers templates with their first quick reply",
    },
    Magic {
        number: "+14165550119",
        fate: Fate::Answers(Reply::FirstButton { context: false }),
        says: "answers templates with their first quick reply, without the context",
    },
    Magic {
        number: "+14165550120",
        fate: Fate::Answers(Reply::Text("Please contact me by Phone call")),
        says: "answers templates with the text \"Please contact me by Phone call\"",
    },
    Magic {
        number: "+14165550121",
        fate: Fate::Answers(Reply::Text("STOP")),
        says: "answers templates with the text \"STOP\"",
    },
    Magic {
        number: "+14165550122",
        fate: Fate::Answers(Reply::Stop),
        says: "stops marketing (user_preferences) after a template; later marketing fails with 131050",
    },
    Magic {
        number: "+14165550123",
        fate: Fate::RefusedFirst(131_016),
        says: "the first message is refused with 131016 (HTTP 500), not accepted; later ones arrive",
    },
    Magic {
        number: "+14165550124",
        fate: Fate::ToldFirst,
        says: "sent is told by webhook before the call is answered",
    },
];

/// Returns the fate of a number.
pub(crate) fn of(wa_id: &str) -> Option<Fate> {
    // The one prefix that all share spares every other recipient the search.
    wa_id.strip_prefix("141655501")?;
    MAGIC
        .iter()
        .find(|magic| magic.number[1..] == *wa_id)
        .map(|magic| magic.fate)
}

#[cfg(test)]
mod tests {
    use rlibphonenumber::PhoneNumber;

    use super::*;

    #[test]
    fn magic_numbers_are_valid_and_found() {
        for magic in &MAGIC {
            let parsed: PhoneNumber = magic.number.parse().unwrap();
            assert!(parsed.is_valid(), "{}", magic.number);
            assert_eq!(of(&magic.number[1..]), Some(magic.fate));
        }
        assert_eq!(of("14165550199"), None);
    }
}
