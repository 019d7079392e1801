//! What the benchmarks share: the fastest time of each step, told as a ratio to yardsticks of the same run.
//!
//! A machine that is busy with something else makes all times longer, and the ratios hardly.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use criterion::Criterion;

/// The fastest time of each step.
#[derive(Default)]
pub(crate) struct Fastest(RefCell<BTreeMap<String, Duration>>);

impl Fastest {
    /// Runs something a number of times, remembers the fastest, and returns what all took.
    pub(crate) fn time(&self, name: &str, times: u64, mut run: impl FnMut()) -> Duration {
        let mut total = Duration::ZERO;
        for _ in 0..times {
            let start = Instant::now();
            run();
            let took = start.elapsed();
            total += took;
            let mut fastest = self.0.borrow_mut();
            let best = fastest.entry(name.to_owned()).or_insert(took);
            *best = took.min(*best);
        }
        total
    }

    /// Prints the fastest of each step, for each of its elements, and as a ratio to the yardsticks.
    #[expect(clippy::print_stdout, reason = "what a benchmark finds is its output")]
    pub(crate) fn report(&self, title: &str, elements: impl Fn(&str) -> u64, yardsticks: &[&str]) {
        let fastest = self.0.borrow();
        println!("\n{title}, the fastest of each:");
        for (name, took) in &*fastest {
            let each = took.as_secs_f64() * 1e6 / elements(name) as f64;
            let mut line = format!(
                "{name:>24} {:>9.4} s {each:>9.3} us each",
                took.as_secs_f64()
            );
            for yardstick in yardsticks {
                // A filter on the command line may have left it out.
                if let Some(unit) = fastest.get(*yardstick) {
                    let ratio = took.as_secs_f64() / unit.as_secs_f64();
                    write!(line, "  {ratio:>7.2} x {yardstick}").expect("strings grow");
                }
            }
            println!("{line}");
        }
        if let Some(peak) = peak_memory() {
            println!("the most memory so far: {peak}");
        }
    }
}

/// Few and short samples: what is measured takes a second now and then.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args()
}

/// The most memory that this process had at once, where the system tells.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(line.trim_start_matches("VmHWM:").trim().to_owned())
}
