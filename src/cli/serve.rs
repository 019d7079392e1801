//! `waform serve`

mod changes;
mod doors;
mod gauges;
mod watching;

use std::net::SocketAddr;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::watching::Watching;
use super::args::World;
use super::error::{Failure, Result};
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::session::{self, Session};
use super::{Context, apply, environment, pages, status};
use crate::campaign::{Identity, SERVE};
use crate::resource::Project;
use crate::resource::serve::{LISTEN, Serve};
use crate::serve::health::{Health, Pulse};
use crate::serve::meters::Meters;
use crate::serve::receiver::{self, Door, Guarded, Limits, Receiver, Tls};
use crate::serve::{Serving, run};
use crate::store::sqlite::Mode;

/// Receive Meta's webhooks, send what is due, answer and hand over
///
/// Listens where `[serve]` says (127.0.0.1:8080 where it says nothing) at the paths of the declared webhooks, keeps what
/// comes durably before it answers, records statuses and answers, sends what falls due (retries, new contacts of a launched
/// campaign), replies, hands conversations to the desk and tells who is notified. Beside the webhooks: a dashboard at /,
/// /metrics for Prometheus, /healthz and /readyz. A configuration that changes is read again while it runs. Ctrl-C finishes
/// what is in flight.
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    world: World,
    /// How the log on standard error is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    #[default]
    Human,
    /// One JSON object a line
    Json,
}

/// Why a round of serving ended.
enum Ended {
    Stopped,
    /// The configuration is another, and valid.
    Changed(Box<Project>),
}

pub(crate) async fn run_command(context: &Context, args: &ServeArgs) -> Result<Exit> {
    let Context {
        ui,
        environment,
        directory,
        ..
    } = context;
    let stop = Interrupt::watch(context).stop;
    let mut session =
        Session::open(ui, environment, directory, &args.world, Mode::ReadWrite).await?;
    loop {
        let listener = listen(&session.project).await;
        let ended = match listener {
            Ok(listener) => serve(context, args, &session, listener, &stop).await,
            Err(error) => Err(error),
        };
        match ended {
            Ok(Ended::Changed(project)) => {
                ui.say("The configuration has changed: going on with the new one.");
                let sandbox = session.sandbox.take();
                drop(session);
                session = Session::assemble(ui, environment, *project, sandbox, Mode::ReadWrite)?;
                session.check_state().await?;
            }
            Ok(Ended::Stopped) => {
                session.close().await?;
                return Ok(Exit::Done);
            }
            Err(failure) => {
                session.close().await?;
                return Err(failure);
            }
        }
    }
}

async fn listen(project: &Project) -> Result<TcpListener> {
    let declared = project.all::<Serve>().next();
    let address = declared.map_or_else(|| LISTEN.parse().ok(), |serve| serve.value.address());
    let address: SocketAddr = address
        .ok_or_else(|| Failure::new("serve::listen", "`[serve] listen` is no address and port"))?;
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(
            "serve::listen",
            format!("cannot listen on {address}: {error}"),
        )
        .help("something else may listen there already; `[serve] listen` names another address")
    })
}

async fn serve(
    context: &Context,
    args: &ServeArgs,
    session: &Session,
    listener: TcpListener,
    stop: &CancellationToken,
) -> Result<Ended> {
    let project = Arc::clone(&session.project);
    let declared = project.all::<Serve>().next().map(|serve| &serve.value);
    let doors = doors::of(session)?;
    let (arrived, pulse) = (Arc::new(Notify::new()), Arc::new(Pulse::new()));
    let meters = Arc::new(Meters::new(session.clock.now()));
    let token = match declared.and_then(|serve| serve.dashboard_token.as_ref()) {
        Some(reference) => project.secret(reference.get())?,
        None => None,
    };
    let guarded = Guarded {
        // In a sandbox nothing is secret, and nothing comes through a proxy.
        token: token.filter(|_| session.sandbox.is_none()),
        behind_proxy: session.sandbox.is_none() && declared.is_some_and(Serve::is_behind_proxy),
    };
    let shown = pages::router(pages::Pages {
        project: Arc::clone(&project),
        store: Arc::clone(&session.store),
        clock: session.clock.clone(),
        sources: status::sources(session).collect(),
        is_sandbox: session.sandbox.is_some(),
    });
    let inbox = || -> Arc<dyn crate::store::Inbox> { Arc::clone(&session.store) as _ };
    let health = Health {
        inbox: inbox(),
        pulse: Arc::clone(&pulse),
        clock: session.clock.clone(),
    };
    let pages = guarded
        .protect(shown.merge(Arc::clone(&meters).routes()))
        .merge(health.routes());
    announce(context, session, &listener, &doors)?;
    let tls = declared
        .and_then(|serve| serve.tls.as_ref())
        .map(|tls| Tls {
            cert: project.path(&tls.cert),
            key: project.path(&tls.key),
        });
    let receiver = Receiver {
        doors,
        inbox: inbox(),
        meters: Arc::clone(&meters),
        pulse,
        wake: Arc::clone(&arrived),
        pages,
        limits: Limits::default(),
        clock: session.clock.clone(),
    };
    let gauged = Arc::clone(&meters);
    let holder = apply::holder(context, SERVE);
    let fails = watching::fail_points(context.environment.get(environment::FAILPOINT));
    let point = Arc::clone(&fails);
    let serving = Serving {
        writers: session.writers()?,
        readers: doors::accounts(session),
        store: Arc::clone(&session.store),
        clock: session.clock.clone(),
        identity: Identity {
            holder: holder.name,
            host: holder.host,
            process: holder.process,
            command: holder.command,
        },
        received: arrived,
        sinks: None,
        tally: meters,
        observer: Arc::new(Watching::new(fails)),
        is_trial: session.sandbox.is_some(),
        reached: Arc::new(move |reached| point(reached.as_str())),
        project,
    };
    let round = stop.child_token();
    let changed = async {
        let project = changes::wait(context, args, &round).await;
        round.cancel();
        project
    };
    let following = async {
        match &session.sandbox {
            Some(sandbox) => tokio::select! {
                () = sandbox.follow_clock() => {}
                () = round.cancelled() => {}
            },
            None => round.cancelled().await,
        }
    };
    let received = receiver::serve(receiver, listener, tls, round.clone());
    let (received, ran, (), (), changed) = tokio::join!(
        async {
            let received = received.await;
            round.cancel();
            received
        },
        async {
            let ended = run(serving, round.clone()).await;
            round.cancel();
            ended
        },
        following,
        gauges::run(&gauged, &*session.store, &session.clock, &round),
        changed,
    );
    received.map_err(|error| Failure::new(error.code(), error.to_string()).help(error.advice()))?;
    ran?;
    Ok(match changed {
        Some(project) if !stop.is_cancelled() => Ended::Changed(Box::new(project)),
        _ => Ended::Stopped,
    })
}

fn announce(
    context: &Context,
    session: &Session,
    listener: &TcpListener,
    doors: &[Door],
) -> Result<()> {
    let address = listener.local_addr()?;
    let ui = &context.ui;
    ui.out(&format!("Listening on {address}."))?;
    for door in doors {
        ui.say(&format!(
            "Webhooks of account.{} are taken at {}.",
            door.account, door.path
        ));
    }
    if doors.is_empty() {
        ui.warning(
            "no webhook is declared: statuses and answers are not heard of",
            "serve::no_webhook",
            Some("declare [webhook.NAME] with the address at which Meta reaches this"),
        );
    }
    if session.sandbox.is_some() {
        let again = super::invocation(&context.directory, "apply", true);
        ui.hint(
            "the sandbox is the account; apply from another terminal:",
            &[format!("{again} --wait")],
        );
    }
    Ok(())
}

/// Reads the project again; none where it is not valid now.
fn read_again(context: &Context, args: &ServeArgs) -> Option<Project> {
    session::project(
        &context.ui,
        &context.environment,
        &context.directory,
        &args.world.variables,
    )
    .ok()
}
