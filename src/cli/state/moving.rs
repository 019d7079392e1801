//! `waform state mv`
//!
//! A campaign's name is what its ledger hangs on: under another name it would be another campaign, and everybody would be
//! messaged again. So its ledger goes with the name, and only where that is safe: the old name must have left the
//! configuration, or the next apply would launch it anew; the new one must be declared, so that it is known to be the same
//! object; and no message may be in flight, since whoever sends it knows the campaign by its old name.

use super::{MvArgs, agreed, unknown};
use crate::cli::Context;
use crate::cli::error::{Failure, Result};
use crate::cli::exit::Exit;
use crate::cli::interrupt::Interrupt;
use crate::cli::ledger::{Ledger, Writable};
use crate::cli::locking;
use crate::cli::recorder::Recorder;
use crate::config::Address;
use crate::resource::{Desired, Project, kinds};
use crate::store::{Applied, Database, Note, Renaming};

const COMMAND: &str = "waform state mv";

/// One object that gets another name.
struct Move {
    from: Address,
    id: String,
    renaming: Renaming,
}

pub(super) async fn run(context: &Context, args: &MvArgs) -> Result<Exit> {
    let ledger = Ledger::read(context, &args.world)?;
    let wanted = Wanted::of(&ledger.project, args)?;
    // A slip is told before anybody waits for a lock.
    wanted.moves(&*ledger.store).await?;
    let interrupt = Interrupt::watch(context);
    let ledger = ledger.writable(context, &args.world).await?;
    let moved = carry_over(context, args, &wanted, &ledger, &interrupt).await;
    ledger.close().await?;
    moved
}

async fn carry_over(
    context: &Context,
    args: &MvArgs,
    wanted: &Wanted,
    ledger: &Writable,
    interrupt: &Interrupt,
) -> Result<Exit> {
    let Writable { store, clock, .. } = ledger;
    let timeout = &args.writing.lock_timeout;
    let lock = locking::take(context, store, clock, COMMAND, timeout, interrupt).await?;
    let done = async {
        let moves = wanted.moves(&**store).await?;
        let told: Vec<String> = moves.iter().map(Move::told).collect();
        let told = told.join("\n");
        let question = format!("{told}\nIs it the same object, under another name?");
        if !agreed(context, &args.writing, interrupt, &question).await? {
            return Ok(Exit::Error);
        }
        let recorder = Recorder::begin(context, store, clock, COMMAND).await?;
        let renamed = rename(&**store, lock.id(), &recorder, &moves).await;
        let done = renamed.map(|()| Exit::Done);
        recorder.end(&done).await;
        done.and_then(|done| {
            context.ui.out(&told)?;
            Ok(done)
        })
    };
    let done = done.await;
    lock.release().await?;
    done
}

async fn rename(
    store: &dyn Database,
    lock: &str,
    recorder: &Recorder,
    moves: &[Move],
) -> Result<()> {
    for Move { from, id, renaming } in moves {
        let note = Note {
            address: Some(renaming.to.to_string()),
            object: Some(id.clone()),
            text: Some(format!("was {from}")),
            ..recorder.done("state mv")
        };
        store.rename(lock, renaming, &note).await?;
    }
    Ok(())
}

impl Move {
    fn told(&self) -> String {
        let ledger = if self.renaming.in_ledger {
            ", with its ledger"
        } else {
            ""
        };
        format!("{} -> {}{ledger}", self.from, self.renaming.to)
    }
}

/// What was asked for, held against the configuration.
struct Wanted {
    from: String,
    kind: String,
    /// What is declared under the new name.
    declared: Vec<Desired>,
    /// Whether its live side is the ledger.
    in_ledger: bool,
}

impl Wanted {
    fn of(project: &Project, args: &MvArgs) -> Result<Self> {
        let refused = |message: String, help: &str| {
            Failure::new("state::cannot_move", message).help(help.to_owned())
        };
        let kind_of = |address: &str| address.split_once('.').map(|(kind, _)| kind.to_owned());
        let (Some(kind), Some(to_kind)) = (kind_of(&args.from), kind_of(&args.to)) else {
            return Err(refused(
                format!("`{}` or `{}` is no address", args.from, args.to),
                "write it as the plan does: campaign.spring, or template.order_update[\"en_US\"]",
            ));
        };
        if kind != to_kind {
            return Err(refused(
                format!("`{}` and `{}` are not of one kind", args.from, args.to),
                "an object keeps its kind; only its name can be another",
            ));
        }
        let reconciler = kinds()
            .iter()
            .filter_map(|kind| kind.reconciler())
            .find(|reconciler| reconciler.kind() == kind);
        let Some(reconciler) = reconciler else {
            return Err(refused(
                format!("nothing of the kind `{kind}` is remembered"),
                "it is only declared, so that its name may be changed freely",
            ));
        };
        let desired = reconciler
            .desired(project)
            .map_err(|report| Failure::report(&project.sources, report))?;
        if let Some(still) = desired
            .iter()
            .find(|desired| desired.address.is_named_by(&args.from))
        {
            let why = if reconciler.is_elsewhere() {
                "rename its block first"
            } else {
                "rename its block first: without its ledger the next apply would launch it anew and message everybody again"
            };
            return Err(refused(format!("{} is still declared", still.address), why));
        }
        let declared: Vec<Desired> = desired
            .into_iter()
            .filter(|desired| desired.address.is_named_by(&args.to))
            .collect();
        if declared.is_empty() {
            return Err(refused(
                format!("{} is not declared", args.to),
                "rename the block first, so that it can be seen that both are the same object",
            ));
        }
        Ok(Self {
            from: args.from.clone(),
            kind,
            declared,
            in_ledger: !reconciler.is_elsewhere(),
        })
    }

    /// Returns what gets which name; an error where something would be taken for what it is not.
    async fn moves(&self, store: &dyn Database) -> Result<Vec<Move>> {
        let applied = store.applied().await?;
        let mut found: Vec<(Address, String, String, String)> = applied
            .iter()
            .filter(|last| last.address.is_named_by(&self.from))
            .map(|last| {
                let Applied {
                    address,
                    account,
                    key,
                    id,
                    ..
                } = last.clone();
                (address, account, key, id)
            })
            .collect();
        if self.in_ledger && found.is_empty() {
            // Launched, and forgotten since: the ledger is what counts.
            let launched = store.campaigns().await?.into_iter();
            found.extend(launched.filter_map(|record| {
                let address = Address::new(&self.kind, &record.name);
                let named = address.is_named_by(&self.from);
                named.then(|| (address, record.account, record.name.clone(), record.name))
            }));
        }
        if found.is_empty() {
            return Err(unknown(&self.from, &applied));
        }
        let each = found.into_iter().map(|(from, account, key, id)| {
            let to = self.declared.iter().find(|desired| {
                desired.account == account && desired.address.index == from.index
            });
            let Some(to) = to else {
                return Err(Failure::new(
                    "state::cannot_move",
                    format!("{from} of the account `{account}` has nothing declared that it could become"),
                )
                .help("declare it, with the same languages and the same account"));
            };
            if !self.in_ledger && to.key != key {
                return Err(Failure::new(
                    "state::cannot_move",
                    format!("{} is another object at Meta: `{}`, and {from} is `{key}`", to.address, to.key),
                )
                .help("a name at Meta cannot be changed; keep it in the renamed block, with name = \"...\""));
            }
            Ok(Move {
                renaming: Renaming {
                    account,
                    kind: self.kind.clone(),
                    key,
                    to: to.address.clone(),
                    to_key: to.key.clone(),
                    in_ledger: self.in_ledger,
                },
                from,
                id,
            })
        });
        each.collect()
    }
}
