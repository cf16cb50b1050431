//! Capabilities by name.

/// Names by bit, from `linux/capability.h`.
const NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// A set as an analyst reads it: the names, or `ALL` and what is missing from it with a `-`, whichever is shorter.
///
/// `ALL` is every capability that has a name here; a kernel that does not know the newest ones lacks them.
pub(super) fn names(set: u64) -> Vec<String> {
    let has = |bit: usize| set & (1 << bit) != 0;
    let count = (0..NAMES.len()).filter(|bit| has(*bit)).count();
    if count * 2 <= NAMES.len() {
        let bits = NAMES.iter().enumerate().filter(|(bit, _)| has(*bit));
        return bits.map(|(_, name)| (*name).to_owned()).collect();
    }
    let missing = NAMES.iter().enumerate().filter(|(bit, _)| !has(*bit));
    std::iter::once("ALL".to_owned())
        .chain(missing.map(|(_, name)| format!("-{name}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_named_and_nearly_all_are_named_by_what_is_missing() {
        assert!(names(0).is_empty());
        assert_eq!(
            names(1 << 13 | 1 << 10),
            ["CAP_NET_BIND_SERVICE", "CAP_NET_RAW"]
        );
        let all = (1 << NAMES.len()) - 1;
        assert_eq!(names(all), ["ALL"]);
        assert_eq!(names(all & !(1 << 16)), ["ALL", "-CAP_SYS_MODULE"]);
        // What a container engine leaves by default.
        assert_eq!(names(0xa804_25fb).len(), 14);
    }
}
