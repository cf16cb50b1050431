//! `scoutline`: command line in, exit code out.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser as _;
use scoutline::cli::{Cli, Command};
use scoutline::exit::Exit;
use scoutline::variables::Variables;
use scoutline::{commands, exec, log, replay, run};

fn main() -> ExitCode {
    scoutline::keep_buffers();
    let cli = Cli::parse();
    let color = cli.common.color.into();
    let mut out = anstream::AutoStream::new(io::stdout(), color);
    let ended = log::start(&cli.common)
        .map_err(anyhow::Error::from)
        .and_then(|()| dispatch(&cli, &mut out));
    let exit = match ended {
        Ok(exit) => exit,
        // Whoever read our output has enough of it.
        Err(error) if is_broken_pipe(&error) => Exit::Fine,
        Err(error) => {
            let mut err = anstream::AutoStream::new(io::stderr(), color);
            // Nobody is left to tell if stderr is gone.
            let _ = writeln!(err, "scoutline: {error:#}");
            Exit::of(&error)
        }
    };
    exit.into()
}

fn dispatch(cli: &Cli, out: &mut impl Write) -> anyhow::Result<Exit> {
    let variables = Variables::of_this_process();
    match &cli.command {
        Command::Run(args) => run::run(&cli.common, args, &variables),
        Command::Exec(args) => exec::exec(&cli.common, args, &variables),
        Command::Replay(args) => replay::replay(&cli.common, args, &variables),
        Command::Doctor(args) => commands::doctor(&cli.common, args.format, &variables, out),
        Command::Recipes(command) => commands::recipes(&cli.common, command, &variables, out),
        Command::Config(command) => commands::check_config(&cli.common, command, &variables, out),
        Command::Completions { shell } => commands::completions(*shell, out),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
