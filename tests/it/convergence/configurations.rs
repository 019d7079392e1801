//! Configurations that differ in every way that two states of one project differ.
//!
//! Each is one small change of the first. What no apply can do is not among them: a category of an approved template
//! that changes, a name that comes back within 30 days of its deletion.

use std::fmt::Write as _;

use crate::kit::{Project, rows};

pub(super) const SECOND_WABA: &str = "202290129340398";
pub(super) const SECOND_NUMBER: &str = "+15550783882";

/// A declared state of the world.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    pub(super) name: &'static str,
    text: String,
    /// Files beside it.
    files: Vec<(&'static str, Vec<u8>)>,
}

impl Configuration {
    /// Makes a project's directory hold exactly this; its state stays.
    pub(super) fn write_to(&self, project: &Project) {
        project.write("waform.toml", &self.text);
        for (name, bytes) in &self.files {
            project.write(name, bytes);
        }
    }

    fn new(name: &'static str, text: String) -> Self {
        Self {
            name,
            text,
            files: vec![("customers.csv", rows(0..4).into())],
        }
    }

    /// The first one, with one place changed.
    fn but(name: &'static str, from: &str, to: &str) -> Self {
        let text = first();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        Self::new(name, text.replace(from, to))
    }

    /// The first one, and more.
    fn and(name: &'static str, more: &str) -> Self {
        Self::new(name, first() + more)
    }

    fn with(mut self, name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.retain(|(file, _)| *file != name);
        self.files.push((name, bytes.into()));
        self
    }
}

fn account(name: &str, waba: &str, more: &str) -> String {
    format!(
        "[account.{name}]\nwaba_id = \"{waba}\"\naccess_token = {{ env = \"WHATSAPP_ACCESS_TOKEN\" }}\n\
         base_url = \"${{var.base_url}}\"\n{more}\n"
    )
}

fn head() -> String {
    format!(
        "[variable.base_url]\n{}[phone.support]\nnumber = \"+15550783881\"\naccount = \"main\"\n",
        account("main", "102290129340398", "")
    )
}

fn first() -> String {
    head()
        + r#"
[template.order_update]
account = "main"
category = "utility"
language = "en_US"
body = "Hi {{first_name}}, your order {{order_no}} leaves us today. Reply here with any questions."
example = { first_name = "Ana", order_no = "1042" }

[list.customers]
source = { csv = "customers.csv" }
phone = "phone"
opt_in = { field = "opted_in" }

[mapping.orders]
template = "order_update"
[mapping.orders.variables]
first_name = { field = "first_name", default = "there" }
order_no = { field = "order_no" }

[campaign.spring]
account = "main"
template = "order_update"
mapping = "orders"
lists = ["customers"]
from = "support"
"#
}

const TEXT: &str = "leaves us today. Reply here with any questions.\"";

/// A picture as small as they come.
const PNG: &[u8] = include_bytes!("../../../examples/media-template/hero.png");

/// Accounts and numbers, and nothing to be made of them.
pub(super) fn nothing() -> Configuration {
    Configuration::new("nothing", head())
}

/// All of them.
pub(super) fn all() -> Vec<Configuration> {
    let mut many = String::new();
    for index in 0..6 {
        writeln!(
            many,
            "[template.notice_{index}]\naccount = \"main\"\ncategory = \"{}\"\nlanguage = \"en_US\"\n\
             body = \"Notice number {index}: our shop is closed on the coming Monday.\"\n",
            if index % 2 == 0 { "utility" } else { "marketing" }
        )
        .unwrap();
    }
    let languages = r#"
[template.order_update.translation.es]
body = "Hola {{first_name}}, tu pedido {{order_no}} sale hoy de nuestra casa. Responde si tienes preguntas."
[template.order_update.translation.de]
body = "Hallo {{first_name}}, deine Bestellung {{order_no}} verlässt heute unser Haus. Antworte bei Fragen."
"#;
    let lists = r#"
[list.friends]
source = { csv = "friends.csv" }
phone = "phone"
opt_in = { field = "opted_in" }
[suppression.stop]
source = { csv = "stop.csv" }
"#;
    let second_campaign = r#"
[template.winter]
account = "main"
category = "marketing"
language = "en_US"
body = "Our winter collection has come in, have a look while it lasts."
[list.others]
source = { csv = "others.csv" }
phone = "phone"
opt_in = { field = "opted_in" }
[campaign.winter]
account = "main"
template = "winter"
lists = ["others"]
from = "support"
"#;
    let second_account = account("other", SECOND_WABA, "")
        + &format!(
            "[phone.other]\nnumber = \"{SECOND_NUMBER}\"\naccount = \"other\"\n\
             [template.elsewhere]\naccount = \"other\"\ncategory = \"utility\"\nlanguage = \"en_US\"\n\
             body = \"This comes from our other house, and is about nothing at all.\"\n"
        );
    let deletion = head().replace(
        &account("main", "102290129340398", ""),
        &account("main", "102290129340398", "deletion = \"delete\""),
    );
    let friends = |from: Configuration| {
        from.with("friends.csv", rows(2..9))
            .with("stop.csv", format!("phone\n{}\n", crate::kit::number(8)))
    };
    vec![
        Configuration::new("first", first()),
        nothing(),
        Configuration::new("everything deleted", deletion),
        Configuration::but(
            "another text",
            TEXT,
            "will leave our house tomorrow. Reply with questions.\"",
        ),
        Configuration::but(
            "buttons and a footer",
            TEXT,
            concat!(
                "leaves us today. Reply here with any questions.\"\nfooter = \"Reply STOP to opt out\"\nbuttons = [\n",
                "  { quick_reply = { text = \"Call me\", id = \"call\" } },\n",
                "  { url = { text = \"Follow it\", url = \"https://example.com/{{order_no}}\" } },\n]"
            ),
        ),
        Configuration::but(
            "a header of text",
            TEXT,
            "leaves us today. Reply here with any questions.\"\nheader = { text = \"Order {{order_no}}\" }",
        ),
        Configuration::but(
            "a header with a picture",
            TEXT,
            "leaves us today. Reply here with any questions.\"\nheader = { image = \"hero.png\" }",
        )
        .with("hero.png", PNG),
        Configuration::but(
            "another time to live",
            TEXT,
            "leaves us today. Reply here with any questions.\"\nmessage_send_ttl_seconds = 3600",
        ),
        Configuration::and("more languages", languages),
        Configuration::and("many templates", &many),
        Configuration::but(
            "paused",
            "from = \"support\"",
            "from = \"support\"\nstate = \"paused\"",
        ),
        Configuration::but(
            "stopped",
            "from = \"support\"",
            "from = \"support\"\nstate = \"stopped\"",
        ),
        Configuration::but(
            "another rate and mapping",
            "order_no = { field = \"order_no\" }",
            "order_no = { expr = \"order_no ~ '/A'\" }",
        ),
        friends(Configuration::and("longer lists", lists)).edited(
            "lists = [\"customers\"]",
            "lists = [\"customers\", \"friends\"]",
        ),
        Configuration::and("a second campaign", second_campaign).with("others.csv", rows(500..503)),
        Configuration::and("a second account", &second_account),
    ]
}

impl Configuration {
    fn edited(mut self, from: &str, to: &str) -> Self {
        assert_eq!(self.text.matches(from).count(), 1, "{from}");
        self.text = self.text.replace(from, to);
        self
    }
}
