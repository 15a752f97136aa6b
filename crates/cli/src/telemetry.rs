//! The log: one subscriber, set up once, to standard error.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::config::{Log, LogFormat};

/// Sets the process's log up. Libraries log from `warn` on, our own crates as configured, and a
/// panic where it happened: what it says may hold anything.
///
/// # Errors
/// When the process has a log already.
pub fn init(log: Log) -> Result<(), TryInitError> {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a fault of the service: it panicked");
    }));
    let builder = tracing_subscriber::fmt().with_max_level(log.level).with_writer(std::io::stderr);
    let targets = targets(log.level);
    match log.format {
        LogFormat::Json => builder.json().flatten_event(true).finish().with(targets).try_init(),
        LogFormat::Text => builder.finish().with(targets).try_init(),
    }
}

fn targets(level: Level) -> Targets {
    Targets::new().with_default(level.min(Level::WARN)).with_target("dossier", level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_never_log_more_than_warnings() {
        for (level, library) in [(Level::DEBUG, Level::WARN), (Level::ERROR, Level::ERROR)] {
            let targets = targets(level);
            for ours in ["dossier::request", "dossier_http::listener"] {
                assert!(targets.would_enable(ours, &level), "{ours}");
            }
            assert!(targets.would_enable("hyper::proto", &library));
            assert!(!targets.would_enable("hyper::proto", &Level::INFO));
        }
        assert!(!targets(Level::INFO).would_enable("dossier_http", &Level::DEBUG));
    }
}
