//! The sensor's own log: always on stderr, because stdout carries detections or belongs to CMD.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::cli::{Color, CommonArgs, LogFormat};

/// Starts the log.
///
/// # Errors
/// If this process has a log already.
pub fn start(args: &CommonArgs) -> Result<(), TryInitError> {
    let registry = tracing_subscriber::registry().with(levels(args.verbose, args.quiet));
    let stderr = std::io::stderr;
    match args.log_format {
        LogFormat::Text => {
            let layer = tracing_subscriber::fmt::layer()
                .with_writer(stderr)
                .with_ansi(is_coloured(args.color))
                .with_target(false);
            registry.with(layer).try_init()
        }
        LogFormat::Json => {
            let layer = tracing_subscriber::fmt::layer().with_writer(stderr).json();
            registry.with(layer).try_init()
        }
    }
}

/// How much is said. The libraries below (h2, hyper, rustls) say too much for everyday use: they are
/// heard from the second `-v` on.
fn levels(verbose: u8, quiet: u8) -> Targets {
    let (own, libraries) = match (verbose, quiet) {
        (0, 0) => (LevelFilter::INFO, LevelFilter::WARN),
        (0, 1) => (LevelFilter::WARN, LevelFilter::WARN),
        (0, _) => (LevelFilter::ERROR, LevelFilter::ERROR),
        (1, _) => (LevelFilter::DEBUG, LevelFilter::WARN),
        (2, _) => (LevelFilter::DEBUG, LevelFilter::DEBUG),
        (_, _) => (LevelFilter::TRACE, LevelFilter::TRACE),
    };
    Targets::new()
        .with_default(libraries)
        .with_target("scoutline", own)
}

fn is_coloured(color: Color) -> bool {
    let choice = match color {
        Color::Auto => anstream::AutoStream::choice(&std::io::stderr()),
        Color::Always | Color::Never => color.into(),
    };
    choice != anstream::ColorChoice::Never
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn each_v_and_q_moves_the_own_log_first() {
        let would_say = |verbose, quiet| {
            let levels = levels(verbose, quiet);
            let most = |target| {
                [
                    Level::TRACE,
                    Level::DEBUG,
                    Level::INFO,
                    Level::WARN,
                    Level::ERROR,
                ]
                .into_iter()
                .find(|level| levels.would_enable(target, level))
            };
            (most("scoutline_otlp::export"), most("h2"))
        };
        assert_eq!(would_say(0, 0), (Some(Level::INFO), Some(Level::WARN)));
        assert_eq!(would_say(1, 0), (Some(Level::DEBUG), Some(Level::WARN)));
        assert_eq!(would_say(2, 0), (Some(Level::DEBUG), Some(Level::DEBUG)));
        assert_eq!(would_say(3, 0), (Some(Level::TRACE), Some(Level::TRACE)));
        assert_eq!(would_say(0, 1), (Some(Level::WARN), Some(Level::WARN)));
        assert_eq!(would_say(0, 2), (Some(Level::ERROR), Some(Level::ERROR)));
    }
}
