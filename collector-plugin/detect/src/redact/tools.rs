//! Options that mean a secret to one tool and something else to another: `-p` of `sshpass` and of `ssh`.

/// A tool, and where it takes secrets.
pub(super) struct Tool {
    names: &'static [&'static str],
    /// Only behind this word, as in `docker login -p …`.
    pub(super) after: Option<&'static str>,
    /// Letters without a value that may stand before another in one argument: `s` and `S` of `curl -sSu`.
    switches: &'static str,
    options: &'static [Flag],
}

/// An option, with its dashes, or a plain word.
pub(super) struct Flag {
    name: &'static str,
    form: Form,
    what: What,
}

/// Where the value of an option is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In the next argument, or in the same.
    Either,
    /// Only in the same: alone, it asks for a password.
    Attached,
    /// Only in the next.
    Next,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Secret,
    /// Secret if it is no path of a file.
    Key,
    /// Secret behind the first of this character.
    SecretAfter(char),
    /// A line of a header.
    Header,
    /// How openssl takes a password: `pass:…` is one, `file:…` and `env:…` say where it is.
    Source,
}

/// What an argument means to a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The next argument is the value.
    Next(What),
    /// The value begins here, bytes.
    From(usize, What),
}

const fn either(name: &'static str, what: What) -> Flag {
    let form = Form::Either;
    Flag { name, form, what }
}

const fn attached(name: &'static str) -> Flag {
    Flag {
        name,
        form: Form::Attached,
        what: What::Secret,
    }
}

const fn next(name: &'static str, what: What) -> Flag {
    let form = Form::Next;
    Flag { name, form, what }
}

const fn tool(names: &'static [&'static str], options: &'static [Flag]) -> Tool {
    Tool {
        names,
        after: None,
        switches: "",
        options,
    }
}

const USER: What = What::SecretAfter(':');
const SAMBA_USER: What = What::SecretAfter('%');

const TOOLS: &[Tool] = &[
    // Here these letters are ports, paths and users, also behind one of the tools below.
    tool(
        &[
            "ssh", "scp", "sftp", "rsync", "nmap", "masscan", "nc", "ncat", "socat", "tcpdump",
            "tshark", "ps", "mkdir", "cp", "tar", "find", "grep", "ls", "lsof", "ss", "git",
            "python", "python3", "perl", "psql",
        ],
        &[],
    ),
    Tool {
        switches: "#0123467BGIJLMNOQRSVZafgijklnpqsv",
        ..tool(
            &["curl"],
            &[
                either("-u", USER),
                either("--user", USER),
                either("-U", USER),
                either("--proxy-user", USER),
                either("-E", USER),
                either("--cert", USER),
                either("--proxy-cert", USER),
                either("-b", What::Key),
                either("--cookie", What::Key),
            ],
        )
    },
    tool(
        &["http", "https", "xh", "xhs"],
        &[either("-a", USER), either("--auth", USER)],
    ),
    tool(&["ab"], &[either("-A", USER)]),
    tool(&["hey"], &[either("-a", USER)]),
    tool(&["sshpass"], &[either("-p", What::Secret)]),
    Tool {
        switches: "ABCEGHNTVWfinqrstvX",
        ..tool(
            &[
                "mysql",
                "mysqladmin",
                "mysqldump",
                "mysqlimport",
                "mysqlshow",
                "mysqlcheck",
                "mysqlsh",
                "mysqlslap",
                "mariadb",
                "mariadb-admin",
                "mariadb-dump",
                "mycli",
            ],
            &[attached("-p"), next("password", What::Secret)],
        )
    },
    tool(
        &[
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "mongoexport",
            "mongoimport",
        ],
        &[either("-p", What::Secret)],
    ),
    tool(
        &["redis-cli", "valkey-cli", "keydb-cli"],
        &[either("-a", What::Secret)],
    ),
    tool(
        &["sqlcmd", "bcp", "tsql", "isql"],
        &[either("-P", What::Secret)],
    ),
    tool(
        &["influx"],
        &[either("-t", What::Secret), either("-p", What::Secret)],
    ),
    tool(&["etcdctl"], &[either("--user", USER)]),
    Tool {
        after: Some("login"),
        ..tool(
            &[
                "docker", "podman", "nerdctl", "buildah", "skopeo", "helm", "oras", "crane", "oc",
                "az", "cf",
            ],
            &[either("-p", What::Secret)],
        )
    },
    Tool {
        after: Some("secret"),
        ..tool(
            &["gh"],
            &[either("-b", What::Secret), either("--body", What::Secret)],
        )
    },
    Tool {
        switches: "LMVZcnuvx",
        ..tool(
            &[
                "ldapsearch",
                "ldapadd",
                "ldapmodify",
                "ldapdelete",
                "ldapwhoami",
            ],
            &[either("-w", What::Secret)],
        )
    },
    tool(
        &["ldappasswd"],
        &[
            either("-w", What::Secret),
            either("-s", What::Secret),
            either("-a", What::Secret),
        ],
    ),
    tool(
        &[
            "smbclient",
            "rpcclient",
            "smbcacls",
            "smbget",
            "winexe",
            "wmic",
        ],
        &[either("-U", SAMBA_USER), either("--user", SAMBA_USER)],
    ),
    tool(&["lftp"], &[either("-u", What::SecretAfter(','))]),
    tool(
        &["nxc", "netexec", "crackmapexec", "cme"],
        &[either("-p", What::Secret), either("-H", What::Secret)],
    ),
    tool(
        &[
            "smbmap",
            "evil-winrm",
            "hydra",
            "medusa",
            "rdesktop",
            "kerbrute",
            "enum4linux",
        ],
        &[either("-p", What::Secret), either("-H", What::Secret)],
    ),
    tool(
        &["xfreerdp", "xfreerdp3", "wlfreerdp"],
        &[attached("/p:"), attached("/pth:")],
    ),
    tool(&["useradd", "usermod"], &[either("-p", What::Secret)]),
    tool(
        &["ssh-keygen"],
        &[either("-N", What::Secret), either("-P", What::Secret)],
    ),
    tool(
        &["openssl"],
        &[
            next("-k", What::Secret),
            next("-K", What::Secret),
            next("-pass", What::Source),
            next("-passin", What::Source),
            next("-passout", What::Source),
        ],
    ),
    tool(&["nmcli"], &[next("password", What::Secret)]),
    tool(
        &["ipmitool"],
        &[either("-P", What::Secret), either("-Y", What::Secret)],
    ),
    tool(
        &[
            "snmpwalk",
            "snmpget",
            "snmpbulkwalk",
            "snmpset",
            "snmpbulkget",
        ],
        &[
            either("-c", What::Secret),
            either("-A", What::Secret),
            either("-X", What::Secret),
        ],
    ),
    Tool {
        switches: "0123456789ADFJTdefjlmoqruvy",
        ..tool(&["zip"], &[either("-P", What::Secret)])
    },
    Tool {
        switches: "CDLMVZacfjlnopqtuvz",
        ..tool(&["unzip"], &[either("-P", What::Secret)])
    },
    tool(
        &["7z", "7za", "7zr", "7zz", "rar", "unrar"],
        &[attached("-p"), attached("-hp")],
    ),
];

/// The tool of this name.
pub(super) fn named(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.names.contains(&name))
}

impl Tool {
    /// What `argument` means, if it is one of the options.
    pub(super) fn read(&self, argument: &str) -> Option<Meaning> {
        self.options
            .iter()
            .find_map(|option| option.read(argument))
            .or_else(|| self.read_letters(argument))
    }

    /// `-sSu`, `-sSuuser:password`.
    fn read_letters(&self, argument: &str) -> Option<Meaning> {
        let letters = argument.strip_prefix('-')?;
        let rest = letters.trim_start_matches(|letter| self.switches.contains(letter));
        let skipped = letters.len() - rest.len();
        if skipped == 0 || !rest.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            return None;
        }
        let meaning = self
            .options
            .iter()
            .find_map(|option| option.read(&format!("-{rest}")))?;
        Some(match meaning {
            Meaning::Next(what) => Meaning::Next(what),
            Meaning::From(start, what) => Meaning::From(start + skipped, what),
        })
    }
}

impl Flag {
    fn read(&self, argument: &str) -> Option<Meaning> {
        let rest = argument.strip_prefix(self.name)?;
        let start = self.name.len();
        if rest.is_empty() {
            return (self.form != Form::Attached).then_some(Meaning::Next(self.what));
        }
        if self.name.starts_with("--") {
            return rest
                .starts_with('=')
                .then_some(Meaning::From(start + 1, self.what));
        }
        (self.form != Form::Next).then_some(Meaning::From(start, self.what))
    }
}
