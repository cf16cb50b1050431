//! THE table of hooks: for each family of events its variants, best first. The first one that the kernel
//! accepts, and that was seen to fire, is used.

/// What a hook reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Executions.
    Exec,
    /// New processes.
    Fork,
    /// Ended processes.
    Exit,
    /// New cgroups.
    CgroupMade,
    /// Removed cgroups.
    CgroupRemoved,
    /// Opens of files and directories.
    FileOpen,
    /// Processes that were there before the sensor.
    Tasks,
}

impl Family {
    /// All, in the order in which they are attached: lineage before what needs it.
    pub const ALL: [Self; 7] = [
        Self::CgroupMade,
        Self::CgroupRemoved,
        Self::Fork,
        Self::Exit,
        Self::Exec,
        Self::Tasks,
        Self::FileOpen,
    ];

    /// The family in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exec => "executions",
            Self::Fork => "new processes",
            Self::Exit => "ended processes",
            Self::CgroupMade => "new cgroups",
            Self::CgroupRemoved => "removed cgroups",
            Self::FileOpen => "opens of files",
            Self::Tasks => "running processes",
        }
    }
}

/// How a program is attached; the text is the kernel's name of the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A tracepoint with BTF types.
    TpBtf(&'static str),
    /// An LSM hook.
    Lsm(&'static str),
    /// The entry of a kernel function.
    Fentry(&'static str),
    /// An iterator, read once.
    Iter(&'static str),
}

/// One way to observe one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// What it reports.
    pub family: Family,
    /// Its name for people, records and the configuration.
    pub name: &'static str,
    /// The program in the object, at most 15 characters.
    pub program: &'static str,
    /// Where it is attached.
    pub place: Place,
    /// What this variant does not see and a better one does, or none does.
    pub misses: &'static [&'static str],
}

const NO_OPEN_AT_ALL: &str = "stat, access and readlink, which open nothing";

/// Every hook there is.
pub const HOOKS: &[Hook] = &[
    Hook {
        family: Family::Exec,
        name: "tp_btf/sched_process_exec",
        program: "exec__tp_btf",
        place: Place::TpBtf("sched_process_exec"),
        misses: &["executions that failed"],
    },
    Hook {
        family: Family::Fork,
        name: "tp_btf/sched_process_fork",
        program: "fork__tp_btf",
        place: Place::TpBtf("sched_process_fork"),
        misses: &[],
    },
    Hook {
        family: Family::Exit,
        name: "tp_btf/sched_process_exit",
        program: "exit__tp_btf",
        place: Place::TpBtf("sched_process_exit"),
        misses: &[],
    },
    Hook {
        family: Family::CgroupMade,
        name: "tp_btf/cgroup_mkdir",
        program: "mkdir__tp_btf",
        place: Place::TpBtf("cgroup_mkdir"),
        misses: &[],
    },
    Hook {
        family: Family::CgroupRemoved,
        name: "tp_btf/cgroup_rmdir",
        program: "rmdir__tp_btf",
        place: Place::TpBtf("cgroup_rmdir"),
        misses: &[],
    },
    Hook {
        family: Family::Tasks,
        name: "iter/task",
        program: "task__iter",
        place: Place::Iter("task"),
        misses: &["arguments of processes that were there before"],
    },
    Hook {
        family: Family::FileOpen,
        name: "lsm/file_open",
        program: "open__lsm",
        place: Place::Lsm("file_open"),
        misses: &[NO_OPEN_AT_ALL],
    },
    Hook {
        family: Family::FileOpen,
        name: "fentry/security_file_open",
        program: "open__fentry",
        place: Place::Fentry("security_file_open"),
        misses: &[NO_OPEN_AT_ALL],
    },
    Hook {
        family: Family::FileOpen,
        name: "tp_btf/sys_exit",
        program: "open__tp_btf",
        place: Place::TpBtf("sys_exit"),
        misses: &[
            NO_OPEN_AT_ALL,
            "opens through io_uring",
            "a descriptor that another thread replaces before the call returns",
        ],
    },
];

/// The hooks of one family, best first.
pub fn of(family: Family) -> impl Iterator<Item = &'static Hook> {
    HOOKS.iter().filter(move |hook| hook.family == family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_a_hook_and_every_name_fits_the_kernel() {
        for family in Family::ALL {
            assert!(of(family).next().is_some(), "{family:?}");
        }
        for hook in HOOKS {
            assert!(hook.program.len() <= 15, "{}", hook.program);
            assert!(hook.program.contains("__"), "{}", hook.program);
        }
    }
}
