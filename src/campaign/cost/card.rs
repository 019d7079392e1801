//! A rate card, read from the CSV that Meta publishes.
//!
//! Its layout is made for people: lines of prose come before the header, a cell of the header has a line break in it, a price
//! that does not exist is `n/a`, dollars have been `$US`. Old and new cards differ in their markets and columns. Whatever is
//! not plainly a price is an error with its line: a cost that was reckoned from a misread cell would be believed.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use rust_decimal::Decimal;

use super::markets::{self, Market};

/// A card has some fifty lines; whatever is larger than this is none.
const LARGEST: u64 = 1024 * 1024;
/// No message costs that much in any of Meta's currencies: the dearest is some thousand rupiahs.
const DEAREST: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
/// Characters of a cell that an error shows.
const SHOWN: usize = 40;

/// The prices of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Card {
    /// ISO 4217.
    pub(super) currency: String,
    rows: BTreeMap<Market, Row>,
}

/// One market.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    /// As the card names it.
    name: String,
    /// By category as Meta has it, `MARKETING`; none where there is none.
    prices: BTreeMap<&'static str, Option<Decimal>>,
}

/// Why a file is no card, or a line of it no price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    /// From one.
    pub(super) line: Option<u64>,
    pub(super) message: String,
    pub(super) help: &'static str,
}

impl Fault {
    fn file(message: impl Into<String>, help: &'static str) -> Self {
        Self {
            code: "rate_card::unreadable",
            line: None,
            message: message.into(),
            help,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "{line}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl Card {
    /// Reads a file; everything that is wrong with it is told.
    pub(super) fn open(path: &Path) -> Result<Self, Vec<Fault>> {
        let text = text(path).map_err(|fault| vec![fault])?;
        Self::parse(&text)
    }

    /// Reads the text of a file.
    pub(super) fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut faults = Vec::new();
        let Some((columns, rows)) = table(text) else {
            return Err(vec![Fault {
                code: "rate_card::header",
                line: None,
                message: "no line names the columns Market and Currency, and a price".to_owned(),
                help: "download the card again as CSV, and keep its lines: Market, Currency, Marketing, Utility, ...",
            }]);
        };
        let mut card = Self {
            currency: String::new(),
            rows: BTreeMap::new(),
        };
        for row in &rows {
            card.add(&columns, row, &mut faults);
        }
        if card.rows.is_empty() && faults.is_empty() {
            faults.push(Fault {
                code: "rate_card::header",
                line: None,
                message: "there is no market below the header".to_owned(),
                help: "download the card again as CSV",
            });
        }
        if faults.is_empty() {
            Ok(card)
        } else {
            Err(faults)
        }
    }

    /// Returns the market in which messages to a country are billed, as the card names it, and the price of one where it has
    /// one.
    pub(super) fn price(&self, country: &str, category: &str) -> Option<(&str, Option<Decimal>)> {
        let row = markets::of(country).find_map(|market| self.rows.get(&market))?;
        let price = row.prices.get(category).copied().flatten();
        Some((&row.name, price))
    }

    /// Returns the lowest and the highest price of a category; none where no market has one.
    pub(super) fn range(&self, category: &str) -> Option<(Decimal, Decimal)> {
        let prices = self.rows.values().map(|row| row.prices.get(category));
        let prices = prices.filter_map(|price| price.copied().flatten());
        prices.fold(None, |range, price| match range {
            None => Some((price, price)),
            Some((lowest, highest)) => Some((price.min(lowest), price.max(highest))),
        })
    }

    fn add(&mut self, columns: &Columns, row: &Line, faults: &mut Vec<Fault>) {
        let cell = |column: usize| row.cells.get(column).map_or("", |cell| cell.trim());
        let name = cell(columns.market);
        let others = (0..row.cells.len()).filter(|column| *column != columns.market);
        let is_note = || others.clone().all(|column| cell(column).is_empty());
        let market = markets::read(name);
        // Empty lines, and the notes below the table.
        if name.is_empty() || (market.is_none() && is_note()) {
            return;
        }
        let mut refuse = |code, message, help| {
            faults.push(Fault {
                code,
                line: Some(row.line),
                message,
                help,
            });
        };
        let Some(market) = market else {
            return refuse(
                "rate_card::market",
                format!("`{}` is no country and no region of Meta's", shown(name)),
                "write the country's two letters instead (`BR`), or take the line out",
            );
        };
        match currency(cell(columns.currency)) {
            Some(currency) if self.currency.is_empty() => self.currency = currency,
            Some(currency) if currency == self.currency => {}
            Some(currency) => refuse(
                "rate_card::currency",
                format!(
                    "the currency is {currency} here and {} above",
                    self.currency
                ),
                "a card is in one currency: declare a card for each",
            ),
            None => refuse(
                "rate_card::currency",
                format!("`{}` is not a currency", shown(cell(columns.currency))),
                "write the three letters: USD, EUR, BRL",
            ),
        }
        let mut prices = BTreeMap::new();
        for (category, column) in &columns.prices {
            match price(cell(*column)) {
                Ok(price) => drop(prices.insert(*category, price)),
                Err(()) => refuse(
                    "rate_card::price",
                    format!(
                        "`{}` is not a price ({} of {name})",
                        shown(cell(*column)),
                        category.to_lowercase(),
                    ),
                    "write a number with a point, `0.0625`, or `n/a` where there is none",
                ),
            }
        }
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.rows.contains_key(&market) {
            return refuse(
                "rate_card::market",
                format!("{name} stands there twice"),
                "keep the line that is right",
            );
        }
        self.rows.insert(market, Row { name, prices });
    }
}

/// Reads the file, as far as it may be a card.
fn text(path: &Path) -> Result<String, Fault> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Fault::file(
            "the file does not exist",
            "the path is relative to the project's directory; check its spelling",
        ),
        _ => Fault::file(
            format!("the file cannot be read: {error}"),
            "look at the file's owner and permissions",
        ),
    };
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(Fault::file("it is not a file", "name the CSV file"));
    }
    if about.len() > LARGEST {
        return Err(Fault::file(
            "the file is too large for a rate card",
            "name the CSV file that Meta publishes",
        ));
    }
    String::from_utf8(std::fs::read(path).map_err(unreadable)?).map_err(|_| {
        Fault::file(
            "the file is not UTF-8",
            "save it again as \"CSV UTF-8\" (Excel: File, Save As, CSV UTF-8); a workbook is no CSV",
        )
    })
}

/// Where the columns stand.
struct Columns {
    market: usize,
    currency: usize,
    /// By category as Meta has it.
    prices: Vec<(&'static str, usize)>,
}

struct Line {
    line: u64,
    cells: StringRecord,
}

/// The columns that are priced, with their categories. What is billed as international authentication depends on where
/// the business is, and service messages are no templates: both are left alone.
const PRICED: [(&str, &str); 3] = [
    ("marketing", "MARKETING"),
    ("utility", "UTILITY"),
    ("authentication", "AUTHENTICATION"),
];

/// Finds the header, whatever comes before it and whatever the cells are separated by, and returns the lines below.
fn table(text: &str) -> Option<(Columns, Vec<Line>)> {
    [b',', b';', b'\t'].into_iter().find_map(|separator| {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(text.as_bytes());
        // What is no line of CSV can be no header either.
        let mut lines = reader.records().map_while(Result::ok).map(|cells| Line {
            line: cells.position().map_or(0, csv::Position::line),
            cells,
        });
        let columns = lines.by_ref().find_map(|line| columns(&line.cells))?;
        Some((columns, lines.collect()))
    })
}

fn columns(cells: &StringRecord) -> Option<Columns> {
    let named = |wanted: &str| {
        cells.iter().position(|cell| {
            let letters = cell.chars().filter(|letter| letter.is_alphanumeric());
            letters.flat_map(char::to_lowercase).eq(wanted.chars())
        })
    };
    let prices: Vec<_> = PRICED
        .into_iter()
        .filter_map(|(column, category)| Some((category, named(column)?)))
        .collect();
    let columns = Columns {
        market: named("market")?,
        currency: named("currency")?,
        prices,
    };
    (!columns.prices.is_empty()).then_some(columns)
}

/// Reads `USD`; cards of earlier years have `$US`.
fn currency(text: &str) -> Option<String> {
    let text = match text {
        "$US" | "US$" => "USD",
        text => text,
    };
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    is_code.then(|| text.to_owned())
}

/// Reads a price; none where the card says that there is none.
fn price(text: &str) -> Result<Option<Decimal>, ()> {
    if text.is_empty() || ["n/a", "na", "-", "–"].contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    // A comma may part thousands or decimals: neither is guessed.
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return Err(());
    }
    let price: Decimal = text.parse().map_err(|_| ())?;
    if price <= DEAREST {
        Ok(Some(price.normalize()))
    } else {
        Err(())
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
