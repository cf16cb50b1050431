//! The commands that only look: `doctor`, `recipes`, `config`, `completions`.

use std::io::Write;

use anyhow::Context as _;
use clap::CommandFactory as _;
use scoutline_detect::recipe::Matcher;
use scoutline_loader::{FileOpen, Sensor};

use crate::cli::{Cli, CommonArgs, ConfigCommand, Format, RecipesCommand};
use crate::config::{self, Config, Loaded};
use crate::doctor::{self, Check, Report};
use crate::exit::Exit;
use crate::host::Host;
use crate::recipes::{self, Recipes};
use crate::variables::Variables;

/// `scoutline config check`.
pub fn check_config(
    args: &CommonArgs,
    command: &ConfigCommand,
    variables: &Variables,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let ConfigCommand::Check { file } = command;
    let path = file.as_deref().or(args.config.as_deref());
    let loaded = config::load(path, variables)?;
    for warning in &loaded.warnings {
        writeln!(out, "{warning}")?;
    }
    read_recipes(args, &loaded.config)?.compile(&loaded.config.recipes.options)?;
    match &loaded.file {
        Some(file) => writeln!(out, "{}: fine", file.display())?,
        None => writeln!(out, "no configuration file, the defaults are used: fine")?,
    }
    Ok(Exit::Fine)
}

/// `scoutline recipes …`.
pub fn recipes(
    args: &CommonArgs,
    command: &RecipesCommand,
    variables: &Variables,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let in_use = || -> anyhow::Result<_> {
        let config = config::load(args.config.as_deref(), variables)?.config;
        Ok((read_recipes(args, &config)?, config.recipes.options))
    };
    match command {
        RecipesCommand::List { format } => {
            let (all, options) = in_use()?;
            match format {
                Format::Text => write!(out, "{}", recipes::list_text(&all, &options))?,
                Format::Json => writeln!(out, "{:#}", recipes::list_json(&all, &options))?,
            }
            Ok(Exit::Fine)
        }
        RecipesCommand::Show { name, format } => {
            let (all, options) = in_use()?;
            let recipe = all.get(name).ok_or_else(|| all.unknown(name))?;
            match format {
                Format::Text => write!(out, "{}", recipes::show_text(recipe, &options)?)?,
                Format::Json => writeln!(out, "{:#}", recipes::show_json(recipe, &options))?,
            }
            Ok(Exit::Fine)
        }
        RecipesCommand::Check { files } => {
            let all = named_or(files, || Ok(in_use()?.0))?;
            tell(&all, "are well-formed", out)
        }
        RecipesCommand::Test { files } => {
            let mut all = named_or(files, || Ok(in_use()?.0))?;
            all.test();
            tell(&all, "pass their tests", out)
        }
    }
}

/// `scoutline doctor`. Loads the sensor for a moment, as `run` would.
pub fn doctor(
    args: &CommonArgs,
    format: Format,
    variables: &Variables,
    out: &mut impl Write,
) -> anyhow::Result<Exit> {
    let mut report = Report::default();
    let loaded = config::load(args.config.as_deref(), variables);
    report.checks.push(doctor::configuration(&loaded));
    let config = loaded.ok().map(|Loaded { config, .. }| config);
    let host = Host::read()?;
    report.checks.push(doctor::kernel(&host.kernel_release));
    let status = std::fs::read_to_string("/proc/self/status")
        .context("cannot read the privileges of this process")?;
    if let Some(capabilities) = doctor::Capabilities::parse(&status) {
        report.checks.push(doctor::privileges(capabilities));
    }
    if let Some(config) = &config {
        let matcher = examine_recipes(args, config, &mut report);
        if let Some(matcher) = matcher {
            examine_hooks(&matcher, config.file_open, &mut report);
        }
        examine_exporters(config, &mut report)?;
    }
    match format {
        Format::Text => write!(out, "{report}")?,
        Format::Json => writeln!(out, "{}", report.to_json()?)?,
    }
    Ok(report.exit())
}

/// `scoutline completions SHELL`.
pub fn completions(shell: clap_complete::Shell, out: &mut impl Write) -> anyhow::Result<Exit> {
    // The generator cannot say that a pipe was closed: it gets a buffer, and we can.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "scoutline", &mut script);
    out.write_all(&script)?;
    Ok(Exit::Fine)
}

/// The recipes in use: built-in, of the configuration, then of `--recipes`.
pub fn read_recipes(args: &CommonArgs, config: &Config) -> Result<Recipes, recipes::ReadError> {
    let directories = [&config.recipes.directories, &args.recipes];
    let directories: Vec<_> = directories.into_iter().flatten().cloned().collect();
    Recipes::read(&directories)
}

fn named_or(
    files: &[std::path::PathBuf],
    in_use: impl FnOnce() -> anyhow::Result<Recipes>,
) -> anyhow::Result<Recipes> {
    if files.is_empty() {
        in_use()
    } else {
        Ok(Recipes::read_files(files)?)
    }
}

fn tell(all: &Recipes, good: &str, out: &mut impl Write) -> anyhow::Result<Exit> {
    for diagnostic in &all.diagnostics {
        writeln!(out, "{diagnostic}")?;
    }
    if all.has_errors() {
        return Ok(Exit::Usage);
    }
    all.compile(&scoutline_detect::recipe::Options::default())?;
    writeln!(out, "{} recipes {good}", all.recipes.len())?;
    Ok(Exit::Fine)
}

fn examine_recipes(args: &CommonArgs, config: &Config, report: &mut Report) -> Option<Matcher> {
    let all = match read_recipes(args, config) {
        Ok(all) => all,
        Err(error) => {
            let cost = "the sensor does not start without them";
            let check = Check::broken("recipes", error.to_string(), cost, Exit::Usage);
            report.checks.push(check);
            return None;
        }
    };
    let compiled = all.compile(&config.recipes.options);
    let in_use = compiled.as_ref().map(|matcher| matcher.recipes().len());
    report.checks.push(doctor::recipes(&all, in_use));
    compiled.ok()
}

fn examine_hooks(matcher: &Matcher, file_open: FileOpen, report: &mut Report) {
    // Nothing is folded while nobody reads: the key does not matter.
    match Sensor::load(matcher.sieve(), [0, 0], file_open) {
        Ok((_sensor, attachments)) => report.checks.extend(doctor::hooks(&attachments)),
        Err(error) => report.checks.push(doctor::not_loaded(&error)),
    }
}

fn examine_exporters(config: &Config, report: &mut Report) -> anyhow::Result<()> {
    if config.exporters.is_empty() {
        let check = Check::fine("collector", "none is configured: detections are printed");
        report.checks.push(check);
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime for exporters")?;
    for exporter in &config.exporters {
        let probed = runtime.block_on(scoutline_otlp::probe(&exporter.config.destination));
        let check = doctor::collector(&exporter.config.name, &probed);
        report.checks.push(check);
    }
    Ok(())
}
