//! Which argument of an interpreter is the program: a table of the options that matter.

/// What the arguments of an interpreter say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a, 'b> {
    /// A file, followed by its own arguments.
    File(&'b [&'a [u8]]),
    /// A module by name.
    Module(&'a [u8]),
    /// Code on the command line or on standard input.
    Nothing,
    /// The arguments end before they say.
    End,
}

/// How an interpreter reads its options.
///
/// A cluster of short options (`-Wignore`, `-Im`) is read letter by letter until one of them ends it.
#[derive(Debug)]
pub(super) struct Interpreter {
    /// Names that it goes by, in lower case; a version may follow.
    names: &'static [&'static str],
    /// Letters after which no file follows: code.
    code: &'static [u8],
    /// Letters whose value is the rest of the cluster, else the next argument.
    value: &'static [u8],
    /// Letters whose value, if any, is the rest of the cluster.
    attached: &'static [u8],
    /// Letters whose value is a module to run.
    module: &'static [u8],
    /// Whole options, without leading dashes and in lower case, after which no file follows.
    long_code: &'static [&'static str],
    /// Whole options whose value is the next argument.
    long_value: &'static [&'static str],
    /// Whole options whose value is the file to run.
    long_file: &'static [&'static str],
    /// Options are words after one dash or two (`-jar`), not clusters of letters.
    has_words: bool,
}

const NO_OPTIONS: Interpreter = Interpreter {
    names: &[],
    code: b"",
    value: b"",
    attached: b"",
    module: b"",
    long_code: &[],
    long_value: &[],
    long_file: &[],
    has_words: false,
};

/// The dynamic loader reads its own options, then the program and its arguments.
pub(super) const LOADER: Interpreter = Interpreter {
    // These look at the program without running it.
    long_code: &[
        "help",
        "list",
        "list-diagnostics",
        "list-tunables",
        "verify",
        "version",
    ],
    long_value: &[
        "argv0",
        "audit",
        "glibc-hwcaps-mask",
        "glibc-hwcaps-prepend",
        "inhibit-rpath",
        "library-path",
        "preload",
    ],
    has_words: true,
    ..NO_OPTIONS
};

const INTERPRETERS: [Interpreter; 8] = [
    Interpreter {
        names: &["python", "pypy"],
        code: b"c",
        value: b"WX",
        module: b"m",
        long_value: &["check-hash-based-pycs"],
        ..NO_OPTIONS
    },
    Interpreter {
        names: &["perl"],
        code: b"eE",
        value: b"I",
        attached: b"0CDFMTdilmxV",
        ..NO_OPTIONS
    },
    Interpreter {
        names: &["ruby"],
        code: b"e",
        value: b"CEIr",
        attached: b"0FKTWix",
        ..NO_OPTIONS
    },
    Interpreter {
        names: &["node", "nodejs"],
        code: b"ep",
        value: b"Cr",
        long_code: &["eval", "print"],
        long_value: &[
            "conditions",
            "env-file",
            "experimental-loader",
            "import",
            "loader",
            "require",
        ],
        ..NO_OPTIONS
    },
    Interpreter {
        names: &["bash", "sh", "dash", "zsh", "ksh", "mksh", "ash"],
        code: b"cs",
        value: b"oO",
        long_value: &["init-file", "rcfile"],
        ..NO_OPTIONS
    },
    Interpreter {
        names: &["java"],
        long_value: &[
            "add-exports",
            "add-modules",
            "add-opens",
            "add-reads",
            "class-path",
            "classpath",
            "cp",
            "module-path",
            "p",
            "upgrade-module-path",
        ],
        long_file: &["jar", "m", "module"],
        has_words: true,
        ..NO_OPTIONS
    },
    Interpreter {
        names: &["pwsh", "powershell"],
        long_code: &[
            "c",
            "command",
            "e",
            "ec",
            "encodedcommand",
            "commandwithargs",
            "cwa",
        ],
        long_value: &[
            "configurationfile",
            "configurationname",
            "custompipename",
            "ep",
            "ex",
            "executionpolicy",
            "inputformat",
            "outputformat",
            "settingsfile",
            "version",
            "wd",
            "windowstyle",
            "workingdirectory",
        ],
        long_file: &["f", "file"],
        has_words: true,
        ..NO_OPTIONS
    },
    Interpreter {
        names: &["lua", "luajit", "texlua"],
        value: b"el",
        ..NO_OPTIONS
    },
];

impl Interpreter {
    /// The interpreter of that name, in lower case, with or without a version.
    pub(super) fn named(program: &[u8]) -> Option<&'static Self> {
        INTERPRETERS.iter().find(|interpreter| {
            interpreter.names.iter().any(|name| {
                program
                    .strip_prefix(name.as_bytes())
                    .is_some_and(is_version)
            })
        })
    }

    /// Finds the program among `arguments`, argv[0] included.
    pub(super) fn find<'a, 'b>(&self, arguments: &'b [&'a [u8]]) -> Found<'a, 'b> {
        let mut at = 1;
        while let Some(argument) = arguments.get(at).copied() {
            let rest = |from: usize| match arguments.get(from..) {
                Some(rest) if !rest.is_empty() => Found::File(rest),
                _ => Found::End,
            };
            at += match self.read(argument) {
                Meaning::File => return rest(at),
                Meaning::FileFollows => return rest(at + 1),
                Meaning::Code => return Found::Nothing,
                Meaning::Module(module) => return Found::Module(module),
                Meaning::ModuleFollows => {
                    return arguments
                        .get(at + 1)
                        .map_or(Found::End, |module| Found::Module(module));
                }
                Meaning::Alone => 1,
                Meaning::ValueFollows => 2,
            };
        }
        Found::End
    }

    fn read<'a>(&self, argument: &'a [u8]) -> Meaning<'a> {
        if argument == b"-" {
            return Meaning::Code;
        }
        if argument == b"--" {
            return Meaning::FileFollows;
        }
        if let Some(word) = argument.strip_prefix(b"--") {
            return self.read_word(word);
        }
        match argument.split_first() {
            Some((b'-', word)) if self.has_words => self.read_word(word),
            Some((b'-', letters)) => self.read_letters(letters),
            // A shell also takes `+o option`.
            Some((b'+', letters)) if self.code.contains(&b's') => self.read_letters(letters),
            _ => Meaning::File,
        }
    }

    fn read_word<'a>(&self, word: &[u8]) -> Meaning<'a> {
        let word = word.to_ascii_lowercase();
        let mut parts = word.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default();
        let is_one_of = |words: &[&str]| words.iter().any(|known| known.as_bytes() == name);
        if is_one_of(self.long_code) {
            Meaning::Code
        } else if parts.next().is_some() {
            Meaning::Alone
        } else if is_one_of(self.long_file) {
            Meaning::FileFollows
        } else if is_one_of(self.long_value) {
            Meaning::ValueFollows
        } else {
            Meaning::Alone
        }
    }

    fn read_letters<'a>(&self, letters: &'a [u8]) -> Meaning<'a> {
        let mut letters = letters;
        while let Some((letter, rest)) = letters.split_first() {
            if self.code.contains(letter) {
                return Meaning::Code;
            }
            if self.module.contains(letter) {
                return if rest.is_empty() {
                    Meaning::ModuleFollows
                } else {
                    Meaning::Module(rest)
                };
            }
            if self.value.contains(letter) {
                return if rest.is_empty() {
                    Meaning::ValueFollows
                } else {
                    Meaning::Alone
                };
            }
            if self.attached.contains(letter) {
                return Meaning::Alone;
            }
            letters = rest;
        }
        Meaning::Alone
    }
}

/// What one argument means.
enum Meaning<'a> {
    /// No option: the file itself.
    File,
    FileFollows,
    Code,
    Module(&'a [u8]),
    ModuleFollows,
    Alone,
    ValueFollows,
}

/// Nothing, or something like `3.11`, `-5.36`, `5.3`, `3.11d`.
fn is_version(rest: &[u8]) -> bool {
    rest.iter().enumerate().all(|(index, byte)| {
        byte.is_ascii_digit() || matches!(byte, b'.' | b'-') || (index > 0 && *byte == b'd')
    })
}
