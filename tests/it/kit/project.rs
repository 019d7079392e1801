//! A project in a directory of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The project that tests start from: one template, one list, one campaign.
const CONFIGURATION: &str = r#"
[variable.base_url]

[account.main]
waba_id = "102290129340398"
access_token = { env = "WHATSAPP_ACCESS_TOKEN" }
app_secret = { env = "WHATSAPP_APP_SECRET" }
base_url = "${var.base_url}"

[phone.support]
number = "+15550783881"

[template.order_update]
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
template = "order_update"
mapping = "orders"
lists = ["customers"]
from = "support"
"#;

/// A directory with a configuration and its lists.
pub(crate) struct Project {
    directory: TempDir,
}

impl Project {
    /// The project that everybody starts from, with three customers.
    pub(crate) fn new() -> Self {
        Self::with_customers(3)
    }

    pub(crate) fn with_customers(count: usize) -> Self {
        let project = Self::empty();
        project.write("waform.toml", CONFIGURATION);
        project.write("customers.csv", rows(0..count));
        project
    }

    pub(crate) fn empty() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
        }
    }

    /// A copy of one of the examples.
    pub(crate) fn example(name: &str) -> Self {
        let project = Self::empty();
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .join(name);
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                std::fs::copy(entry.path(), project.path().join(entry.file_name())).unwrap();
            }
        }
        project
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path().join(".waform/state.db")
    }

    pub(crate) fn sandbox_data(&self) -> PathBuf {
        self.path().join(".waform/sandbox.db")
    }

    pub(crate) fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(file), text).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).unwrap()
    }

    pub(crate) fn append(&self, file: &str, text: &str) {
        self.write(file, self.read(file) + text);
    }

    /// Changes one place of the configuration.
    #[track_caller]
    pub(crate) fn change(&self, from: &str, to: &str) {
        let text = self.read("waform.toml");
        assert_eq!(
            text.matches(from).count(),
            1,
            "{from:?} is not one place of the configuration"
        );
        self.write("waform.toml", text.replace(from, to));
    }

    /// Takes one block out, from its title to the next one's.
    #[track_caller]
    pub(crate) fn remove(&self, title: &str) {
        let text = self.read("waform.toml");
        let from = text.find(title).unwrap();
        let to = text[from + 1..]
            .find("\n[")
            .map_or(text.len(), |end| from + 1 + end);
        self.write("waform.toml", [&text[..from], &text[to..]].concat());
    }

    /// Removes state and ledger, as a fresh checkout has none.
    pub(crate) fn forget_state(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let path = format!("{}{suffix}", self.state().display());
            if let Err(error) = std::fs::remove_file(&path) {
                assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{path}");
            }
        }
        assert!(!self.state().exists());
    }
}

/// The number of the customer at an index: valid, Toronto's, and none of those that behave in a certain way.
pub(crate) fn number(index: usize) -> String {
    assert!(index < 1_500_000, "more customers than numbers");
    format!("+1416{}", 2_000_000 + index)
}

/// A list of customers with its header.
pub(crate) fn rows(indices: impl IntoIterator<Item = usize>) -> String {
    let mut text = String::from("phone,first_name,order_no,opted_in\n");
    for index in indices {
        writeln!(
            text,
            "{},Customer {index},{},yes",
            number(index),
            10_000 + index
        )
        .unwrap();
    }
    text
}
