//! Runs of the real binary, in an environment that holds nothing but what the test put there.

use std::fmt;
use std::io::Write as _;
use std::process::{ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use super::{Project, World};

/// The sandbox's own token and secret. They are what must never be seen outside of a request's headers.
pub(crate) const TOKEN: &str = "waform-sandbox-token";
pub(crate) const APP_SECRET: &str = "waform-sandbox-app-secret";

/// A run that has ended; how must be asked before anything else.
#[must_use = "a run that nobody looks at shows nothing"]
pub(crate) struct Ended(Run);

impl Ended {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Run {
        assert_eq!(self.0.code, Some(code), "{}", self.0);
        self.0
    }

    #[track_caller]
    pub(crate) fn succeeds(self) -> Run {
        self.exits(0)
    }

    /// However it ended.
    pub(crate) fn anyhow(self) -> Run {
        self.0
    }
}

/// How long a run may take to say what is waited for.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// How a run ended and what it said.
pub(crate) struct Run {
    pub(crate) line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            code,
            stdout,
            stderr,
        } = self;
        write!(
            formatter,
            "$ {line}\nexit: {code:?}\n--- stdout\n{stdout}--- stderr\n{stderr}"
        )
    }
}

impl Run {
    /// Holds that something was said, to whichever stream.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "nothing said {text:?}\n{self}"
        );
        self
    }

    #[track_caller]
    pub(crate) fn does_not_say(self, text: &str) -> Self {
        assert!(
            !self.stdout.contains(text) && !self.stderr.contains(text),
            "something said {text:?}\n{self}"
        );
        self
    }

    /// Standard output without the plan's id, which the live objects' ids and times are part of.
    #[track_caller]
    pub(crate) fn without_plan_id(&self) -> String {
        let (before, id) = self.stdout.split_once("Plan id: ").unwrap();
        let (id, after) = id.split_at(32);
        assert!(id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{self}");
        format!("{before}Plan id: [ID]{after}")
    }

    /// The one JSON document on standard output.
    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("{error}\n{self}"),
        }
    }

    /// The JSON documents on standard output, one a line.
    #[track_caller]
    pub(crate) fn json_lines(self) -> Vec<serde_json::Value> {
        let line = |line: &str| match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {line:?}\n{self}"),
        };
        self.stdout.lines().map(line).collect()
    }
}

/// A run under way.
pub(crate) struct Child {
    line: String,
    process: std::process::Child,
    stdout: Reader,
    stderr: Reader,
    tidy: Tidy,
    /// The latest request before it started.
    pub(crate) started_at: i64,
}

impl Child {
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }

    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.process.stdin.take().unwrap()
    }

    /// Waits until it has said something on standard output.
    pub(crate) fn has_said(&self, text: &str) {
        self.stdout.wait_for(text);
    }

    /// Whether it has said something on standard output by now.
    pub(crate) fn said(&self, text: &str) -> bool {
        self.stdout.has(text)
    }

    /// Waits until it has said something on standard error.
    pub(crate) fn has_told(&self, text: &str) {
        self.stderr.wait_for(text);
    }

    /// Asks it to end, as a supervisor would.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args([&format!("-{name}"), &self.id().to_string()]);
        assert!(kill.status().unwrap().success());
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
    }

    fn wait(mut self) -> Ended {
        let status: ExitStatus = self.process.wait().unwrap();
        Ended(Run {
            line: self.line,
            code: status.code(),
            stdout: self.tidy.text(&self.stdout.whole()),
            stderr: self.tidy.text(&self.stderr.whole()),
        })
    }

    pub(crate) async fn ended(self) -> Ended {
        tokio::task::spawn_blocking(|| self.wait()).await.unwrap()
    }
}

/// Takes out of a text what differs from run to run.
struct Tidy {
    directory: String,
    base_url: String,
}

impl Tidy {
    fn text(&self, text: &str) -> String {
        text.replace(&self.directory, "[PROJECT]")
            .replace(&self.base_url, "[SANDBOX]")
    }
}

/// A stream that is read while it is written, so that the writer never waits.
struct Reader {
    text: Arc<(Mutex<Vec<u8>>, Condvar)>,
    thread: JoinHandle<()>,
}

impl Reader {
    fn start(mut from: impl std::io::Read + Send + 'static) -> Self {
        let text = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let shared = Arc::clone(&text);
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            // A terminal that has gone ends with an error instead of an end.
            while let Ok(read @ 1..) = from.read(&mut buffer) {
                shared.0.lock().unwrap().extend_from_slice(&buffer[..read]);
                shared.1.notify_all();
            }
        });
        Self { text, thread }
    }

    fn has(&self, wanted: &str) -> bool {
        contains(&self.text.0.lock().unwrap(), wanted)
    }

    fn wait_for(&self, wanted: &str) {
        let found = |text: &Vec<u8>| contains(text, wanted);
        let text = self.text.0.lock().unwrap();
        let (text, timeout) = self
            .text
            .1
            .wait_timeout_while(text, PATIENCE, |text| !found(text))
            .unwrap();
        let text = String::from_utf8_lossy(&text);
        assert!(!timeout.timed_out(), "never said {wanted:?}:\n{text}");
    }

    fn whole(self) -> String {
        self.thread.join().unwrap();
        let text = std::mem::take(&mut *self.text.0.lock().unwrap());
        String::from_utf8(text).unwrap()
    }
}

fn contains(text: &[u8], wanted: &str) -> bool {
    text.windows(wanted.len())
        .any(|part| part == wanted.as_bytes())
}

impl Project {
    /// The command, with the environment that a run in CI would have. The first words are the binary's arguments.
    pub(crate) fn command(&self, world: &World, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waform"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("USER", "tester")
            .env("TZ", "UTC")
            .env("WHATSAPP_ACCESS_TOKEN", TOKEN)
            .env("WHATSAPP_APP_SECRET", APP_SECRET)
            .arg("-C")
            .arg(self.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A variable that nobody declares is an error.
        if self.read("waform.toml").contains("[variable.base_url]") {
            command.env("WAFORM_VAR_base_url", world.base_url());
        }
        command
    }

    /// Runs the binary in a world without Meta: no secret is set and nothing answers. `environment` is added, `input` is its
    /// standard input.
    pub(crate) fn offline_with(
        &self,
        environment: &[(&str, &str)],
        arguments: &[&str],
        input: &str,
    ) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waform"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .envs(environment.iter().copied())
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut stdin = process.stdin.take().unwrap();
        // A run that reads nothing may have ended by now.
        let _gone = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = process.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended(Run {
            line: arguments.join(" "),
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        })
    }

    /// Runs the binary offline, in the project's directory.
    pub(crate) fn offline(&self, arguments: &[&str]) -> Ended {
        self.offline_with(&[], arguments, "")
    }

    /// Starts a command that was made by [`Project::command`].
    pub(crate) fn start(&self, world: &World, mut command: Command) -> Child {
        let line = command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ");
        let mut process = command.spawn().unwrap();
        Child {
            line: format!("waform {line}"),
            stdout: Reader::start(process.stdout.take().unwrap()),
            stderr: Reader::start(process.stderr.take().unwrap()),
            process,
            tidy: Tidy {
                directory: self.path().display().to_string(),
                base_url: world.base_url(),
            },
            started_at: 0,
        }
    }

    /// Starts the binary, and knows what the world had seen until then.
    pub(crate) async fn begin(&self, world: &World, arguments: &[&str]) -> Child {
        let started_at = world.latest().await;
        let mut child = self.start(world, self.command(world, arguments));
        child.started_at = started_at;
        child
    }

    /// Runs the binary to its end.
    pub(crate) async fn run(&self, world: &World, arguments: &[&str]) -> Ended {
        self.start(world, self.command(world, arguments))
            .ended()
            .await
    }

    /// Runs the binary with more in its environment.
    pub(crate) async fn run_with(
        &self,
        world: &World,
        environment: &[(&str, &str)],
        arguments: &[&str],
    ) -> Ended {
        let mut command = self.command(world, arguments);
        command.envs(environment.iter().copied());
        self.start(world, command).ended().await
    }

    /// `waform apply`, to the end of the reviews, by somebody who knows that the ledger is new; the code tells all.
    pub(crate) async fn apply(&self, world: &World) -> Ended {
        self.run(
            world,
            &[
                "apply",
                "--auto-approve",
                "--wait",
                "--allow",
                "new_ledger",
                "--detailed-exitcode",
            ],
        )
        .await
    }

    /// `waform plan`; the code tells what it found. Whatever it finds, it has only read.
    pub(crate) async fn plan(&self, world: &World) -> Ended {
        self.plan_with(world, &[]).await
    }

    pub(crate) async fn plan_with(&self, world: &World, arguments: &[&str]) -> Ended {
        let before = world.latest().await;
        let arguments = [&["plan", "--detailed-exitcode"], arguments].concat();
        let ended = self.run(world, &arguments).await;
        let writes = world.writes_after(before).await;
        assert!(writes.is_empty(), "a plan wrote: {writes:#?}");
        ended
    }
}
