use clap::CommandFactory as _;
use clap::error::ErrorKind;

use super::*;

/// The arguments of `exec`.
fn exec(words: &[&str]) -> Result<ExecArgs, clap::Error> {
    let cli = cli(&[&["exec"], words].concat())?;
    match cli.command {
        Command::Exec(args) => Ok(args),
        other => panic!("{other:?}"),
    }
}

fn cli(words: &[&str]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from([&["scoutline"], words].concat())
}

#[test]
fn is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn common_options_go_before_and_after_the_command() {
    let options = [
        "--config",
        "/c.yaml",
        "--recipes",
        "/a",
        "--recipes",
        "/b",
        "--color",
        "never",
        "-vv",
        "--log-format",
        "json",
    ];
    for words in [
        [options.as_slice(), &["doctor"]].concat(),
        [["doctor"].as_slice(), &options].concat(),
    ] {
        let common = cli(&words).expect("documented").common;
        assert_eq!(common.config, Some("/c.yaml".into()));
        assert_eq!(common.recipes, ["/a", "/b"].map(PathBuf::from));
        assert_eq!(common.color, Color::Never);
        assert_eq!((common.verbose, common.quiet), (2, 0));
        assert_eq!(common.log_format, LogFormat::Json);
    }
}

#[test]
fn exec_takes_everything_after_its_command() {
    let args = exec(&[
        "--no-export",
        "--record",
        "/r",
        "--otlp-dir",
        "/o",
        "--output",
        "json",
        "--summary",
        "text",
        "--summary",
        "json=/s.json",
        "--fail-on",
        "high",
        "--fail-exit-code",
        "9",
        "--",
        "sh",
        "-c",
        "--fail-on low",
    ])
    .expect("documented");
    assert!(args.watch.no_export);
    assert_eq!(args.watch.record, Some("/r".into()));
    assert_eq!(args.watch.output.otlp_dir, Some("/o".into()));
    assert_eq!(args.watch.output.output, Some(Output::Json));
    assert_eq!(
        args.summary,
        [
            SummaryArg {
                format: Format::Text,
                file: None
            },
            SummaryArg {
                format: Format::Json,
                file: Some("/s.json".into())
            }
        ]
    );
    assert_eq!(
        (args.fail_on, args.fail_exit_code),
        (Some(Severity::High), 9)
    );
    assert_eq!(args.command, ["sh", "-c", "--fail-on low"]);
}

#[test]
fn exec_sums_up_as_text_and_fails_with_3_unless_told_otherwise() {
    let args = exec(&["--", "true"]).expect("documented");
    assert_eq!(args.summary.len(), 1);
    assert_eq!(args.summary[0].format, Format::Text);
    assert_eq!((args.fail_on, args.fail_exit_code), (None, 3));
    assert_eq!(args.watch.output.output, None);
}

#[test]
fn refuses_what_makes_no_sense() {
    for (words, kind) in [
        (vec!["--"], ErrorKind::MissingRequiredArgument),
        (
            vec!["--fail-on", "informational", "--", "a"],
            ErrorKind::InvalidValue,
        ),
        (
            vec!["--fail-on", "low", "--fail-exit-code", "0", "--", "a"],
            ErrorKind::ValueValidation,
        ),
        (
            vec!["--fail-exit-code", "4", "--", "a"],
            ErrorKind::MissingRequiredArgument,
        ),
        (
            vec!["--summary", "sarif", "--", "a"],
            ErrorKind::ValueValidation,
        ),
        (
            vec!["--summary", "json=", "--", "a"],
            ErrorKind::ValueValidation,
        ),
        (vec!["--unknown", "--", "a"], ErrorKind::UnknownArgument),
    ] {
        let refused = exec(&words).expect_err("makes no sense");
        assert_eq!(refused.kind(), kind, "{words:?}");
        assert_eq!(refused.exit_code(), 2);
    }
    let both = cli(&["-v", "-q", "doctor"]).expect_err("makes no sense");
    assert_eq!(both.kind(), ErrorKind::ArgumentConflict);
}
