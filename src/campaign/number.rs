//! The number that a campaign sends from, as it is live.

use crate::config::Report;
use crate::meta::Number;
use crate::resource::Declared;
use crate::resource::guard::Quality;
use crate::resource::phone::Phone;

/// Messages a second of a number whose throughput is `STANDARD` (throughput page, 2025-26).
const STANDARD: f64 = 80.0;
/// Messages a second of a number whose throughput is `HIGH` (throughput page, 2025-26).
const HIGH: f64 = 1000.0;

/// What sending needs to know of a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sender {
    pub(super) id: String,
    /// As people read it.
    pub(super) display: String,
    /// Its throughput, messages a second.
    pub(super) rate: f64,
    /// New recipients of the whole portfolio in 24 hours; none is no limit.
    pub(super) limit: Option<u64>,
    /// Its quality rating at Meta.
    pub(super) quality: Option<Quality>,
}

impl Sender {
    /// Finds a declared number among the account's.
    pub(super) fn find(phone: &Declared<Phone>, numbers: &[Number]) -> Result<Self, Report> {
        let value = &phone.value;
        let named = value.id.as_ref().or(value.number.as_ref());
        let Some(number) = numbers.iter().find(|number| value.names(number)) else {
            let known: Vec<String> = numbers
                .iter()
                .map(|number| format!("{} ({})", number.display_phone_number, number.id))
                .collect();
            let place = named.map_or(phone.name_place.clone(), |named| phone.at(named.span()));
            let help = match known.as_slice() {
                [] => "the account has no number; add one in WhatsApp Manager".to_owned(),
                known => format!("the account has {}", known.join(", ")),
            };
            return Err(Report::error(
                "phone::not_found",
                format!("{} is not a number of its account", phone.address()),
            )
            .at(place, "not found at Meta")
            .help(help));
        };
        Ok(Self {
            id: number.id.clone(),
            display: number.display_phone_number.clone(),
            rate: rate(number),
            limit: number
                .whatsapp_business_manager_messaging_limit
                .as_deref()
                .and_then(tier),
            quality: number.quality_rating.as_deref().and_then(Quality::at_meta),
        })
    }
}

fn rate(number: &Number) -> f64 {
    let level = number
        .throughput
        .as_ref()
        .and_then(|throughput| throughput["level"].as_str());
    if level == Some("HIGH") {
        HIGH
    } else {
        STANDARD
    }
}

/// Returns how many people a tier allows: `TIER_250`, `TIER_2K`, `TIER_UNLIMITED` (messaging limits page, 2025-26).
fn tier(name: &str) -> Option<u64> {
    let number = name.strip_prefix("TIER_")?;
    match number.strip_suffix('K') {
        Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1000),
        None => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::tier;

    #[test]
    fn tiers_are_read_and_unknown_ones_limit_nothing() {
        let read = [
            "TIER_250",
            "TIER_2K",
            "TIER_100K",
            "TIER_UNLIMITED",
            "TIER_NOT_SET",
            "x",
        ]
        .map(tier);
        assert_eq!(
            read,
            [Some(250), Some(2_000), Some(100_000), None, None, None]
        );
    }
}
