//! The running service: opens the store, listens, reaps, and stops gracefully.

mod background;

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use dossier_app::{App, ChosenSecret, Operator};
use dossier_domain::ContentCheck;
use dossier_http::{Api, Listener, ListenerSettings, MetricsPlace, Pace, Settings, tls_config};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use self::background::Background;
use crate::checkpoint::Places;
use crate::config::{BootstrapKeySource, Config};
use crate::secret;
use crate::store::{self, StoreLock};

/// A server that has its store and its address, and answers once it runs.
pub(crate) struct Server {
    pub(crate) app: Arc<App>,
    config: Config,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    settings: ListenerSettings,
    checkpoints: Option<Places>,
    _lock: StoreLock,
}

/// What to do when something else listens on the configured port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TakenPort {
    /// Nothing: clients would not find the service elsewhere.
    Refuse,
    /// Take any free port of the same address.
    Replace,
}

impl Server {
    /// Opens everything; whatever is wrong shows here, before the first connection. The store is
    /// opened first: beside another server on it no port is of use.
    pub(crate) async fn start(config: Config, taken: TakenPort) -> anyhow::Result<Self> {
        let settings = listener_settings(&config)?;
        let checkpoints = Places::configured(&config)?;
        let (app, lock) = store::open_to_serve(&config).await?;
        make_bootstrap_key(&app, &config).await?;
        if config.content_check != ContentCheck::Structure {
            let content_check = config.content_check.name();
            tracing::warn!(
                content_check,
                "files are taken in without a full check of their content"
            );
        }
        if config.tls.is_none() && !config.listen.ip().is_loopback() {
            let address = config.listen;
            tracing::warn!(
                %address,
                "keys and documents come in the clear, unless a proxy with TLS stands before this"
            );
        }
        let listener = match (TcpListener::bind(config.listen).await, taken) {
            (Err(error), TakenPort::Replace) if error.kind() == ErrorKind::AddrInUse => {
                bind(SocketAddr::new(config.listen.ip(), 0)).await?
            }
            (bound, TakenPort::Refuse | TakenPort::Replace) => bound_to(config.listen, bound)?,
        };
        let metrics = match config.metrics_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let app = Arc::new(app);
        Ok(Self { app, config, listener, metrics, settings, checkpoints, _lock: lock })
    }

    /// Where it listens; the port is known even when any was asked for.
    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        self.listener.local_addr().context("the listener has no address")
    }

    /// Serves until `stop`, then lets running requests finish for the configured time. A task
    /// beside the listener that ends by itself stops the service too.
    ///
    /// # Errors
    /// The task that did.
    pub(crate) async fn run(self, stop: impl Future<Output = ()> + Send) -> anyhow::Result<()> {
        let Self { app, config, listener, metrics, settings, checkpoints, _lock } = self;
        let api = Api::new(Arc::clone(&app), api_settings(&config));
        let mut background = Background::new();
        background
            .spawn("reaper", |stopped| reap_forever(Arc::clone(&app), config.clone(), stopped));
        background.spawn("courier of webhooks", |stopped| deliver(Arc::clone(&app), stopped));
        if let Some(places) = checkpoints {
            let interval = config.jobs.audit_checkpoint_interval;
            background.spawn("keeper of checkpoints", |stopped| {
                places.keep_forever(Arc::clone(&app), interval, stopped)
            });
        }
        if let Some(socket) = metrics {
            tracing::info!(address = %socket.local_addr()?, "metrics");
            let listener = Listener::new(socket, settings.clone());
            let router = dossier_http::metrics_router(api.clone());
            background.spawn("metrics listener", |stopped| async {
                listener.serve(router, until_closed(stopped)).await;
            });
        }
        tracing::info!(address = %listener.local_addr()?, "listening");
        let listener = Listener::new(listener, settings).counted_by(&api);
        let stop = background.run_until(stop);
        let report = listener.serve(dossier_http::router(api), stop).await;
        tracing::info!(cut = report.cut, "stopped");
        background.stop().await
    }
}

/// What asks the process to end. From its making on, a signal waits to be taken instead of ending
/// the process where it stands: make it before anybody can know that there is a server.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
        let interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
        Ok(Self { terminate, interrupt })
    }

    /// Ends when the process is asked to end.
    pub(crate) async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        tracing::info!("stopping: running requests may finish");
    }
}

async fn until_closed(mut channel: watch::Receiver<()>) {
    while channel.changed().await.is_ok() {}
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    bound_to(address, TcpListener::bind(address).await)
}

fn bound_to(address: SocketAddr, bound: io::Result<TcpListener>) -> anyhow::Result<TcpListener> {
    bound.with_context(|| {
        format!("cannot listen on {address}; is another server there? `--listen` takes another")
    })
}

async fn make_bootstrap_key(app: &App, config: &Config) -> anyhow::Result<()> {
    let secret = match &config.bootstrap_key {
        None => return Ok(()),
        Some(BootstrapKeySource::Value(secret)) => secret.clone(),
        Some(BootstrapKeySource::File(path)) => {
            let text = secret::read_mounted_file(path, "bootstrap key")?;
            ChosenSecret::parse(&text).with_context(|| format!("the file {}", path.display()))?
        }
    };
    Ok(app.ensure_bootstrap_key(Operator, &secret).await?)
}

/// Sweeps beside the service, first what a crash left: the listener does not wait for it.
async fn reap_forever(app: Arc<App>, config: Config, mut stopped: watch::Receiver<()>) {
    loop {
        let round = async {
            reap(&app, config.jobs.orphan_age).await;
            tokio::time::sleep(config.jobs.reaper_interval).await;
        };
        tokio::select! {
            () = round => {}
            // What a sweep has not finished the next one finds.
            _ = stopped.changed() => return,
        }
    }
}

/// Delivers webhooks beside the service. What is cut off at the end is sent again after the next
/// start.
async fn deliver(app: Arc<App>, mut stopped: watch::Receiver<()>) {
    tokio::select! {
        never = app.deliver_forever(Operator) => match never {},
        _ = stopped.changed() => {}
    }
}

async fn reap(app: &App, unnamed_age: Duration) {
    match app.sweep(Operator, unnamed_age).await {
        Ok(report) if report == Default::default() => {}
        Ok(report) => tracing::info!(
            erasures = report.erasures_finished,
            unnamed = report.unnamed_erased,
            keys = report.keys_expired,
            events = report.events_forgotten,
            tokens = report.tokens_expired,
            "the reaper tidied up"
        ),
        Err(error) => tracing::error!(%error, "the reaper could not finish"),
    }
}

fn api_settings(config: &Config) -> Settings {
    let limits = &config.limits;
    Settings {
        pace: pace(config),
        metrics: match config.metrics_listen {
            None => MetricsPlace::Here,
            Some(_) => MetricsPlace::Elsewhere,
        },
        requests_per_minute: limits
            .requests_per_minute
            .map(|n| u32::try_from(n).expect("the setting is at most ten million")),
    }
}

fn pace(config: &Config) -> Pace {
    let limits = &config.limits;
    Pace {
        idle_max: limits.idle_timeout,
        rate_min: limits.rate_min.get(),
        window: limits.rate_window,
        request_max: limits.request_time_max,
    }
}

fn listener_settings(config: &Config) -> anyhow::Result<ListenerSettings> {
    let limits = &config.limits;
    let tls = match &config.tls {
        None => None,
        Some(files) => Some(tls_config(&files.cert, &files.key)?),
    };
    Ok(ListenerSettings {
        connections_max: limits.connections_max,
        connections_per_address_max: limits.connections_per_address_max,
        headers_timeout: limits.headers_timeout,
        keep_alive_timeout: limits.keep_alive_timeout,
        write_timeout: limits.write_timeout,
        pace: pace(config),
        drain_time: config.drain_time,
        tls,
        ..ListenerSettings::default()
    })
}
