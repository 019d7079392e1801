//! Projects from a few lines of TOML, for the tests of this floor.

use crate::config::Inputs;
use crate::resource::{self, Project};

/// Reads lines beside one account, number, template, mapping-free list and campaign:
/// `account.main`, `phone.support`, `template.order_update`, `list.customers`, `campaign.spring`.
pub(crate) const SPRING: &str = r#"
[phone.support]
id = "555"
[template.order_update]
category = "utility"
language = "en_US"
header = { text = "Order {{order_no}} is packed" }
body = "Hi {{first_name}}, your order {{order_no}} leaves us soon. How shall we reach you?"
buttons = [{ quick_reply = { text = "Phone call", id = "phone_call" } }, { quick_reply = { text = "WhatsApp message", id = "chat" } }, { quick_reply = { text = "Email", id = "email" } }, { url = { text = "Track", url = "https://example.com/{{track}}", example = "x" } }]
example = { first_name = "Ana", order_no = "1042" }
[mapping.orders]
template = "order_update"
[mapping.orders.variables]
first_name = { field = "first_name" }
order_no = { field = "order_no" }
track = { field = "order_no" }
[list.customers]
source = { csv = "customers.csv" }
phone = "phone"
opt_in = { field = "opted_in" }
[campaign.spring]
template = "order_update"
mapping = "orders"
lists = ["customers"]
from = "support"
"#;

/// Reads a project of one account and these lines.
pub(crate) fn project(toml: &str) -> Project {
    let directory = tempfile::tempdir().unwrap();
    let account =
        "[account.main]\nwaba_id = \"102290129340398\"\naccess_token = { env = \"TOKEN\" }\n";
    std::fs::write(
        directory.path().join("waform.toml"),
        format!("{account}{toml}"),
    )
    .unwrap();
    let (project, diagnostics) = resource::load(directory.path(), &Inputs::default());
    assert!(!diagnostics.has_errors(), "{:?}", diagnostics.reports());
    project
}
