//! Keeps checkpoints of the audit outside the database: in a file, at a receiver, or both.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use dossier_app::{App, CheckpointReceiver, Operator};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use crate::config::{CheckpointWebhook, Config};
use crate::secret;

/// How long the last one may take to be sent: the stop waits for it.
const LAST_TIME_MAX: Duration = Duration::from_secs(3);

/// Where checkpoints are kept.
#[derive(Debug)]
pub(crate) struct Places {
    file: Option<PathBuf>,
    receiver: Option<CheckpointReceiver>,
}

impl Places {
    /// What the configuration names; `None` when it names nothing.
    pub(crate) fn configured(config: &Config) -> anyhow::Result<Option<Self>> {
        let file = config.jobs.audit_checkpoint_file.clone();
        let webhook = config.jobs.audit_checkpoint_webhook.as_ref();
        let receiver = webhook.map(receiver).transpose()?;
        Ok((file.is_some() || receiver.is_some()).then_some(Self { file, receiver }))
    }

    /// Keeps a checkpoint at once, then every so often, and a last one when the server stops. Each
    /// is sent again until it is time for the next one.
    pub(crate) async fn keep_forever(
        self,
        app: Arc<App>,
        interval: Duration,
        mut stopped: watch::Receiver<()>,
    ) {
        loop {
            let next = Instant::now() + interval;
            let round = async {
                self.keep_or_complain(&app, interval).await;
                sleep_until(next).await;
            };
            tokio::select! {
                () = round => {}
                // What was not sent yet, the last one says too.
                _ = stopped.changed() => break,
            }
        }
        self.keep_or_complain(&app, LAST_TIME_MAX).await;
    }

    async fn keep_or_complain(&self, app: &App, time_max: Duration) {
        let line = match app.audit_checkpoint(Operator).await {
            Ok(line) => line,
            Err(error) => {
                tracing::error!(%error, "no checkpoint of the audit could be made");
                return;
            }
        };
        let appended = async {
            let Some(path) = &self.file else { return };
            if let Err(error) = append(&line, path).await {
                let error = format!("{error:#}");
                tracing::error!(error, "no checkpoint of the audit could be kept");
            }
        };
        let sent = async {
            let Some(receiver) = &self.receiver else { return };
            if let Err(error) = app.send_checkpoint(Operator, receiver, &line, time_max).await {
                tracing::error!(%error, "no checkpoint of the audit could be sent");
            }
        };
        tokio::join!(appended, sent);
    }
}

/// The configured receiver, with its secret.
pub(crate) fn receiver(webhook: &CheckpointWebhook) -> anyhow::Result<CheckpointReceiver> {
    let name = "checkpoint secret";
    let secret = secret::read(&webhook.secret, name)?;
    CheckpointReceiver::new(webhook.target.clone(), &secret)
        .with_context(|| format!("the {name} cannot be used"))
}

/// Appends a checkpoint and syncs it. A file that is not there is made, readable by its owner
/// only.
pub(crate) async fn append(line: &str, path: &Path) -> anyhow::Result<()> {
    let line = format!("{line}\n");
    let path = path.to_owned();
    spawn_blocking(move || write(&path, &line)).await.context("the write was cut off")?
}

fn write(path: &Path, line: &str) -> anyhow::Result<()> {
    let shown = path.display();
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    let mut file = file.with_context(|| format!("cannot open {shown}"))?;
    let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
    written.with_context(|| format!("cannot write to {shown}"))
}
