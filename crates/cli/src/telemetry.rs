//! The log: one subscriber, set up once, to standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::TryInitError;

use crate::config::{Log, LogFormat};

/// Sets the process's log up. Libraries log from `warn` on, our own crates as configured, and a
/// panic where it happened: what it says may hold anything.
///
/// # Errors
/// When the process has a log already.
pub fn init(log: Log) -> Result<(), TryInitError> {
    use tracing_subscriber::util::SubscriberInitExt as _;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a fault of the service: it panicked");
    }));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(directives(log.level)))
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
        LogFormat::Text => builder.finish().try_init(),
    }
}

fn directives(level: tracing::Level) -> String {
    let libraries = level.min(tracing::Level::WARN);
    format!("{libraries},dossier={level}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_never_log_more_than_warnings() {
        assert_eq!(directives(tracing::Level::DEBUG), "WARN,dossier=DEBUG");
        assert_eq!(directives(tracing::Level::ERROR), "ERROR,dossier=ERROR");
    }
}
