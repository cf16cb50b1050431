//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use scoutline_semconv::Severity;

use crate::exit::Exit;

/// See who looks around on this host, and tell an OpenTelemetry Collector.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "scoutline",
    version,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub common: CommonArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub struct CommonArgs {
    /// Configuration file [default: /etc/scoutline/scoutline.yaml if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Directory with more recipes, on top of the built-in ones (repeatable)
    #[arg(long, global = true, value_name = "DIR")]
    pub recipes: Vec<PathBuf>,

    /// When to use colours; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,

    /// Say more in the own log (-vv: also what the libraries say)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// Only warnings in the own log (-qq: only errors)
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "verbose")]
    pub quiet: u8,

    /// What the own log on stderr looks like
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Watch this host until SIGINT or SIGTERM
    Run(RunArgs),
    /// Watch a command and everything it starts, and sum up when it ends
    #[command(override_usage = "scoutline exec [OPTIONS] -- <CMD> [ARG]...")]
    Exec(ExecArgs),
    /// Run the pipeline on a recording: no root, no kernel, any machine
    Replay(ReplayArgs),
    /// Say what this kernel and this configuration allow, what is missing, and what that costs
    Doctor(DoctorArgs),
    /// Look at recipes
    #[command(subcommand)]
    Recipes(RecipesCommand),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
}

/// Where detections go, apart from the exporters of the configuration.
#[derive(Args, Clone, Debug)]
pub struct OutputArgs {
    /// Also write OTLP/JSON lines into this directory (logs.jsonl)
    #[arg(long, value_name = "DIR")]
    pub otlp_dir: Option<PathBuf>,

    /// What detections look like on the terminal
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}

/// What `run` and `exec` share: both watch a kernel.
#[derive(Args, Clone, Debug)]
pub struct WatchArgs {
    /// Where detections go.
    #[command(flatten)]
    pub output: OutputArgs,

    /// Keep the raw kernel events for `scoutline replay`
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Ignore every exporter of the configuration
    #[arg(long)]
    pub no_export: bool,
}

/// `scoutline run`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Options shared with `exec`.
    #[command(flatten)]
    pub watch: WatchArgs,
}

/// `scoutline exec -- CMD [ARG...]`.
#[derive(Args, Clone, Debug)]
pub struct ExecArgs {
    /// Options shared with `run`.
    #[command(flatten)]
    pub watch: WatchArgs,

    /// Summary when CMD ended: text or json, FORMAT=FILE writes to a file, else stderr (repeatable)
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub summary: Vec<SummaryArg>,

    /// Exit non-zero if a detection is at least this severe
    #[arg(
        long,
        value_name = "SEVERITY",
        value_parser = PossibleValuesParser::new(["low", "medium", "high", "critical"])
            .try_map(|word| word.parse::<Severity>()),
    )]
    pub fail_on: Option<Severity>,

    /// Exit code of --fail-on; a failing CMD's own code wins
    #[arg(
        long,
        value_name = "N",
        default_value_t = Exit::FAIL_ON_CODE,
        value_parser = clap::value_parser!(u8).range(1..),
        requires = "fail_on",
    )]
    pub fail_exit_code: u8,

    /// What to start, with its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// `scoutline replay FILE`.
#[derive(Args, Clone, Debug)]
pub struct ReplayArgs {
    /// Where detections go.
    #[command(flatten)]
    pub output: OutputArgs,

    /// A recording, made by --record
    pub file: PathBuf,
}

/// `scoutline doctor`.
#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `scoutline recipes …`.
#[derive(Clone, Debug, Subcommand)]
pub enum RecipesCommand {
    /// List the recipes that are in use
    List {
        /// What the list looks like
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Show what one recipe looks for, and what to do when it fires
    Show {
        /// Name of the recipe, os_fingerprint
        name: String,
        /// What it looks like
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Check recipes: exit code 2 if one is wrong
    Check {
        /// Recipe files, instead of those in use
        files: Vec<PathBuf>,
    },
    /// Check recipes and run the tests that they carry
    Test {
        /// Recipe files, instead of those in use
        files: Vec<PathBuf>,
    },
}

/// `scoutline config …`.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check a configuration file
    Check {
        /// The file, instead of --config
        file: Option<PathBuf>,
    },
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Also into a pipe.
    Always,
    /// Never.
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// What the own log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What detections look like on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Pretty,
    /// One OTLP/JSON message a line.
    Json,
    /// Nothing.
    None,
}

/// What a report looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// One `--summary`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryArg {
    /// What it looks like.
    pub format: Format,
    /// Where it goes; stderr without one, because stdout belongs to CMD.
    pub file: Option<PathBuf>,
}

impl FromStr for SummaryArg {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let (format, file) = match typed.split_once('=') {
            Some((_, "")) => return Err(format!("no file after `{typed}`")),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (typed, None),
        };
        let format = match format {
            "text" => Format::Text,
            "json" => Format::Json,
            "markdown" | "sarif" => {
                return Err(format!("{format} is not supported by this version"));
            }
            _ => return Err(format!("`{format}` is neither text nor json")),
        };
        Ok(Self { format, file })
    }
}

#[cfg(test)]
mod tests;
