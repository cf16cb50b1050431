/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * THE kernel/user contract.
 *
 * Everything that crosses from the eBPF programs to user space, or back, is in this file: ring
 * records, map keys and values, counters, limits. Its mirror is the crate `scoutline-abi`, and a
 * test compares the two from the BTF of the compiled object, struct by struct, field by field.
 *
 * Rules: fixed-width integers, natural alignment, explicit padding, never packed, no enum, bool or
 * pointer. A ring record is a fixed struct followed by a tail of bytes; a `text` says where in the
 * tail a string lies. Offsets count from the first byte of the tail. Whoever changes a layout
 * raises SL_ABI_VERSION: recordings made before are then refused instead of misread.
 */
#ifndef SCOUTLINE_ABI_H
#define SCOUTLINE_ABI_H

#include <linux/types.h>

#define SL_ABI_VERSION 2

/* ---- Limits --------------------------------------------------------------------------------- */

#define SL_COMM_LEN 16
/* Components of one path. A deeper path is cut and flagged SL_TEXT_TRUNCATED, never dropped. */
#define SL_PATH_DEPTH 32
/* Bytes of one path component, as NAME_MAX. */
#define SL_NAME_LEN 255
/* Leading bytes of a component that the sieve hashes; the length is hashed as well. */
#define SL_HASHED_LEN 40
/* argv is bounded by bytes, not by count: `-W ignore` five hundred times hides nothing. */
#define SL_ARGV_LEN 2048
#define SL_FILENAME_LEN 256
#define SL_EXEC_TAIL 8192
#define SL_OPEN_TAIL 2048
#define SL_CGROUP_DEPTH 16
#define SL_CGROUP_TAIL 2048
/* Variables of an environment that are looked at, and bytes of one; a longer one counts as several. */
#define SL_ENVIRON_VARIABLES 128
#define SL_ENVIRON_VARIABLE 256
/* Bytes of a TRACEPARENT that are sent; a valid one is shorter. */
#define SL_TRACE_CONTEXT_LEN 128
/* Folded objects of one program in one process, beyond which objects share one key. */
#define SL_FOLD_QUOTA 256
/* A repeat of a folded open is announced again after this long (see struct fold_value). */
#define SL_FOLD_REARM_NS 1000000000ULL

/* ---- Ring records --------------------------------------------------------------------------- */

#define SL_EVENT_EXEC 1
#define SL_EVENT_FORK 2
#define SL_EVENT_EXIT 3
#define SL_EVENT_TASK 4 /* a process that was there before the sensor; from iter/task */
#define SL_EVENT_OPEN 5
#define SL_EVENT_CGROUP 6
#define SL_EVENT_TRACE_CONTEXT 7

struct event_header {
	__u16 kind;    /* SL_EVENT_* */
	__u16 version; /* SL_ABI_VERSION */
	__u32 size;    /* whole record, tail included */
	__u64 time_ns; /* CLOCK_BOOTTIME */
};

/* A string in the tail. Bytes are whatever the process or the file system chose. */
struct text {
	__u16 offset;
	__u16 len;
	__u32 flags; /* SL_TEXT_* */
};

#define SL_TEXT_TRUNCATED (1u << 0)  /* a bound cut it: what is missing is unknown */
#define SL_TEXT_UNREADABLE (1u << 1) /* a read failed part of the way */
/*
 * Paths are written leaf first, each component followed by '/': "/proc/sys/kernel" is
 * "kernel/sys/" inside procfs. So a cut loses the far end, and the kernel never has to write backwards.
 */

/* Who. Identity of a process is (tgid, start_ns), of the program in it (tgid, start_ns, exec_id). */
struct task_info {
	__u64 start_ns;        /* thread-group leader's start, CLOCK_BOOTTIME */
	__u64 exec_id;         /* self_exec_id: counts executions, inherited by fork */
	__u64 parent_start_ns; /* same, of the real parent's leader */
	__u64 cgroup_id;       /* inode of the cgroup v2 directory; 1 or 0 without v2 */
	__u64 cgroup_v1_id;    /* the same of the pids controller, 0 if that is not on a v1 hierarchy */
	__u64 capabilities;    /* effective, a bit each */
	__u32 tgid;            /* in the initial pid namespace, as every number here but vpid */
	__u32 tid;
	__u32 parent_tgid;
	__u32 vpid;       /* tgid as the process itself sees it */
	__u32 session_id; /* POSIX session */
	__u32 tty;        /* (major << 20) | minor of the controlling terminal; 0: none */
	__u32 uid;        /* real */
	__u32 gid;        /* real */
	__u32 euid;
	__u32 login_uid;     /* who logged in, whoever they became since; all ones: nobody */
	__u32 audit_session; /* one for each login; all ones: none. Only a privileged process can leave it */
	__u32 pid_ns;        /* inodes of its namespaces, as in /proc/PID/ns */
	__u32 mnt_ns;
	__u32 net_ns;
	__u32 user_ns;
	__u32 flags; /* SL_TASK_* */
	__u8 comm[SL_COMM_LEN];
};

#define SL_TASK_KTHREAD (1u << 0)

/* What was opened or mapped. */
struct file_info {
	__u64 inode;
	__u32 device;     /* s_dev as the kernel has it: (major << 20) | minor */
	__u32 generation; /* i_generation */
	__u32 fs_magic;   /* s_magic */
	__u32 mount_id;
	__u32 mode; /* i_mode: type and permissions */
	__u32 nlink;
	__u32 flags;    /* SL_FILE_* */
	__u32 root_len; /* bytes of path_mount below the process's root; SL_ROOT_OUTSIDE if not below */
	struct text path_fs;    /* A: from the root of the file system's superblock */
	struct text path_mount; /* B: from the root of the mount namespace */
};

#define SL_FILE_DELETED (1u << 0) /* no name leads to it any more */
#define SL_FILE_MEMFD (1u << 1)
#define SL_ROOT_OUTSIDE 0xffffffffu

/* exec and task. A task record has no argv, filename or interpreter: they are gone by then. */
struct exec_event {
	struct event_header header;
	struct task_info task;
	struct file_info file; /* the file really mapped: for a script, its interpreter */
	struct text cwd;
	struct text filename;    /* as typed by the caller */
	struct text interpreter; /* differs from filename for a script */
	struct text argv;        /* NUL after each; bounded by SL_ARGV_LEN */
	__u32 old_tid; /* the thread that called exec, in place of which the leader stands now */
	__u32 flags;   /* SL_EXEC_* */
};

#define SL_EXEC_SCRIPT (1u << 0)

struct fork_event {
	struct event_header header;
	struct task_info task; /* of the child */
	/* Who forked: not always the parent (CLONE_PARENT), but always what the child still runs. */
	__u64 forker_start_ns;
	__u32 forker_tgid;
	__u32 pad;
};

struct exit_event {
	struct event_header header;
	__u64 start_ns;
	__u64 exec_id;
	__u32 tgid;
	__u32 exit_code; /* as wait(2) reports it */
};

/*
 * Where a cgroup is: sent when it is made, when it is removed, and for each process of the iterator. The
 * path is leaf first, as all paths.
 */
struct cgroup_event {
	struct event_header header;
	__u64 id;
	__u32 flags; /* SL_CGROUP_* */
	__u32 pad;
	struct text path;
};

#define SL_CGROUP_V1 (1u << 0) /* in the v1 hierarchy of the pids controller */
#define SL_CGROUP_REMOVED (1u << 1)

/* TRACEPARENT of a program, as its environment has it; before the open that it was read for. */
struct trace_context_event {
	struct event_header header;
	__u64 start_ns;
	__u64 exec_id;
	__u32 tgid;
	__u32 pad;
	struct text value;
};

struct fold_key {
	__u64 program; /* keyed hash of (tgid, start_ns, exec_id) */
	__u64 object;  /* keyed hash of (device, inode, generation, mount, parent, name, mode) */
};

/*
 * One folded open. Written by the kernel only: user space reads `count` by difference, and deletes an
 * entry only after its process ended. The first open of a key is sent; a repeat only counts, and is sent
 * again when SL_FOLD_REARM_NS have passed since the last one that was, so that an access after a closed
 * window opens the next one at once.
 */
struct fold_value {
	__u64 count;
	__u64 sent_ns;
};

struct open_event {
	struct event_header header;
	struct task_info task;
	struct file_info file;
	struct fold_key key;
	__u64 count;      /* fold_value.count when this was sent, this open included */
	__u32 open_flags; /* f_flags */
	__u32 file_mode;  /* f_mode: 1 read, 2 write */
	__u32 flags;      /* SL_OPEN_* */
	__u32 pad;
};

#define SL_OPEN_SIEVE_TRUNCATED (1u << 0) /* the sieve could not see the whole path: judge it */
#define SL_OPEN_QUOTA (1u << 1)           /* key shared by all further objects of this program */
#define SL_OPEN_UNFOLDED (1u << 2)        /* the fold is full: every open of it is sent */
#define SL_OPEN_AGAIN (1u << 3)           /* a repeat, announced after SL_FOLD_REARM_NS */

/* ---- Sieve ---------------------------------------------------------------------------------- */

#define SL_CLASS_PROC 0     /* procfs, path A */
#define SL_CLASS_SYSFS 1    /* sysfs, path A */
#define SL_CLASS_ORDINARY 2 /* everything else, paths A and B */
/* Of tables by class: a power of two, so that a mask bounds an index where verifiers forget a comparison. */
#define SL_CLASS_SLOTS 4

#define SL_BLOOM_WORDS 1024
#define SL_LEAF_GLOBS 4

#define SL_GLOB_PREFIX 1
#define SL_GLOB_SUFFIX 2

/* How the sieve shortens a leaf before hashing it: its first or last `len` (1..=8) bytes. */
struct leaf_glob {
	__u32 kind; /* SL_GLOB_*; 0: unused */
	__u32 len;
};

struct sieve_table {
	__u64 bloom[SL_BLOOM_WORDS];
	struct leaf_glob globs[SL_CLASS_SLOTS * SL_LEAF_GLOBS];
	__u32 masks[SL_CLASS_SLOTS]; /* bit m set: signatures with level mask m (1..7) exist */
	/*
	 * 0, 1, 2: the classes themselves. Read from a map, their values are unknown to the verifier, which then
	 * goes through the sieve once and not once a class.
	 */
	__u32 classes[SL_CLASS_SLOTS];
};

#define SL_SIEVE_SIGNATURES 8192

/* Who the sensor is: noted by the iterator, since in a container it cannot know these itself. */
struct sensor_self {
	__u32 tgid; /* in the initial pid namespace; what it opens is not reported */
	__u32 pad;
	/* The mount at its root, above which the sieve need not look; 0 if it is a part of a file system. */
	__u64 root_mount;
	__u64 root_dentry;
};

/* ---- Counters: one struct a CPU, summed by user space ---------------------------------------- */

struct stats {
	__u64 exec_sent;
	__u64 exec_ring_full;
	__u64 fork_sent;
	__u64 fork_ring_full;
	__u64 exit_sent;
	__u64 exit_ring_full;
	__u64 cgroup_sent;
	__u64 cgroup_ring_full;
	__u64 trace_context_sent;
	__u64 trace_context_ring_full;
	__u64 open_seen; /* = sum of the eight below */
	__u64 open_unmatched;
	__u64 open_own;        /* passed the sieve, by the sensor itself */
	__u64 open_path;       /* passed it, with O_PATH: nothing can be read through it */
	__u64 open_race;       /* descriptor closed or replaced before it could be looked at */
	__u64 open_unreadable; /* a kernel structure could not be read */
	__u64 open_folded;
	__u64 open_sent;
	__u64 open_ring_full;
	__u64 fold_full;  /* of open_sent: sent unfolded */
	__u64 fold_quota; /* of open_sent and open_folded: under a shared key */
	__u64 task_sent;
	__u64 task_dropped;
	__u64 scratch_missing; /* a per-CPU buffer could not be had: cannot happen, counted all the same */
};

#endif
