//! What a row of the table says.

/// A deed and everything that the sensor must find about it: no more, no less.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// A program and its arguments, run in an empty directory as the leader of a session of its own.
    pub(crate) deed: Vec<&'static str>,
    /// In the order of their first accesses.
    pub(crate) finds: Vec<Find>,
    /// Commands without which it cannot be done here; they must succeed.
    pub(crate) needs: Vec<Vec<&'static str>>,
    /// It takes longer than a window, so that there may be several detections of each kind.
    pub(crate) is_long: bool,
}

impl Row {
    pub(crate) fn new(name: &'static str, deed: &[&'static str]) -> Self {
        Self {
            name,
            deed: deed.to_vec(),
            finds: Vec::new(),
            needs: Vec::new(),
            is_long: false,
        }
    }

    /// A script of the shell that every system has.
    pub(crate) fn shell(name: &'static str, script: &'static str) -> Self {
        Self::new(name, &["sh", "-e", "-c", script])
    }

    pub(crate) fn finds(mut self, find: Find) -> Self {
        self.finds.push(find);
        self
    }

    pub(crate) fn needs(mut self, command: &[&'static str]) -> Self {
        self.needs.push(command.to_vec());
        self
    }

    pub(crate) fn long(mut self) -> Self {
        self.is_long = true;
        self
    }
}

/// What a recipe says of itself.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) technique: &'static str,
    severity: Severity,
}

/// The word and the number.
pub(crate) type Severity = (&'static str, i64);

pub(crate) const LOW: Severity = ("low", 10);
const MEDIUM: Severity = ("medium", 13);
pub(crate) const HIGH: Severity = ("high", 17);
const CRITICAL: Severity = ("critical", 18);

pub(crate) const OS: Rule = rule("os_fingerprint", "T1082", MEDIUM);
pub(crate) const NETWORK: Rule = rule("os_network_fingerprint", "T1082", LOW);
pub(crate) const MACHINE: Rule = rule("machine_fingerprint", "T1082", MEDIUM);
pub(crate) const SNIFF: Rule = rule("net_sniff_tool_exec", "T1040", CRITICAL);
pub(crate) const SCAN: Rule = rule("net_scan_tool_exec", "T1046", CRITICAL);

const fn rule(name: &'static str, technique: &'static str, severity: Severity) -> Rule {
    Rule {
        name,
        technique,
        severity,
    }
}

/// Which process did it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// The row's own, a child of the test.
    Itself,
    /// A child of the row's own.
    Child,
    /// The same; it is the one whose pid is the first line that the deed prints.
    Told,
}

/// One detection: its `first` and its `summary`.
pub(crate) struct Find {
    pub(crate) rule: Rule,
    pub(crate) severity: Severity,
    /// `file.path`, `None` for an execution. `./x` lies in the row's directory, one `*` stands for anything.
    pub(crate) file: Option<&'static str>,
    /// `process.executable.path`: a name is looked up and its links are resolved, `./x` lies in the row's directory.
    pub(crate) executable: &'static str,
    pub(crate) argv0: &'static str,
    pub(crate) who: Who,
    /// What the row's own process ran when it made the child, if another did it.
    pub(crate) parent: &'static str,
    pub(crate) count: i64,
    pub(crate) processes: i64,
    /// What else is said.
    pub(crate) facts: Vec<(&'static str, Fact)>,
}

/// A value of an attribute.
pub(crate) enum Fact {
    Is(bool),
    Text(&'static str),
    Number(i64),
}

impl Rule {
    /// A file is opened by the row's own process, the name of which is that of its executable.
    pub(crate) fn opened(self, file: &'static str, executable: &'static str) -> Find {
        Find {
            file: Some(file),
            ..self.executed(executable)
        }
    }

    /// A program is executed by the row's own process.
    pub(crate) fn executed(self, executable: &'static str) -> Find {
        Find {
            rule: self,
            severity: self.severity,
            file: None,
            executable,
            argv0: executable,
            who: Who::Itself,
            parent: "",
            count: 1,
            processes: 1,
            facts: Vec::new(),
        }
    }
}

impl Find {
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(crate) fn argv0(mut self, argv0: &'static str) -> Self {
        self.argv0 = argv0;
        self
    }

    pub(crate) fn by(mut self, who: Who, parent: &'static str) -> Self {
        self.who = who;
        self.parent = parent;
        self
    }

    pub(crate) fn times(mut self, count: i64, processes: i64) -> Self {
        self.count = count;
        self.processes = processes;
        self
    }

    pub(crate) fn fact(mut self, name: &'static str, fact: Fact) -> Self {
        self.facts.push((name, fact));
        self
    }
}
