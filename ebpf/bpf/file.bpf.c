/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Opens of files and directories.
 *
 * Hooks, best first; `loader/src/hooks.rs` says which one is used:
 *   lsm/file_open, fentry/security_file_open: every open inside the kernel, whatever system call, io_uring
 *     or compat entry led to it; also before an open that then fails in the driver.
 *   tp_btf/sys_exit: open, openat, openat2, creat and open_by_handle_at that returned a descriptor, from
 *     which the struct file is looked up. Costs every system call a little, see docs.
 *
 * What matters is the file that the kernel resolved, never the string that was typed.
 *
 * Not seen: opens for execve (exec.bpf.c has those), O_PATH, stat, access, readlink; on sys_exit also
 * io_uring. Known race on sys_exit: another thread can close or replace the descriptor between its
 * installation and the exit of the call; an empty slot is counted as `open_race`.
 */
#include "abi.h"
#include "drift.h"
#include "environ.h"
#include "fold.h"
#include "kernel.h"
#include "path.h"
#include "rings.h"
#include "sieve.h"
#include "stats.h"
#include "task.h"

/* One open that passed the sieve, before it has a record. Small: it lives on the stack. */
struct open {
	struct file *file;
	struct path path;
	struct fold_key key;
	__u32 mode;
	__u32 flags;
};

struct open_record {
	struct open_event event;
	__u8 tail[SL_OPEN_TAIL];
};

/* ---- Records ---------------------------------------------------------------------------------- */

/*
 * Room is reserved before the paths are written, and of one size: a buffer a CPU would be overwritten where
 * a hook can be preempted. The reader leaves the unused rest behind.
 */
static __always_inline struct open_event *prepare(const struct open *open, struct task_struct *task)
{
	struct open_record *record = bpf_ringbuf_reserve(&opens, sizeof(*record), 0);
	struct path_writer paths = { .limit = SL_OPEN_TAIL };
	struct file *file = open->file;
	struct open_event *event;

	if (!record)
		return NULL;
	event = &record->event;
	paths.tail = record->tail;
	paths.used = &event->header.size;
	paths.root_len = &event->file.root_len;
	paths.root_dentry = (__u64)BPF_CORE_READ(task, fs, root.dentry);
	paths.root_mount = mount_of((__u64)BPF_CORE_READ(task, fs, root.mnt));
	event->header.size = 0;
	fill_task(&event->task, task);
	fill_file(&event->file, &open->path, BPF_CORE_READ(file, f_inode));
	write_path(&paths, &event->file.path_fs, (__u64)open->path.dentry, 0, PATH_FS);
	write_path(&paths, &event->file.path_mount, (__u64)open->path.dentry,
		   mount_of((__u64)open->path.mnt), PATH_MOUNT);
	event->key = open->key;
	event->count = 1;
	event->open_flags = BPF_CORE_READ(file, f_flags);
	event->file_mode = open->mode;
	event->pad = 0;
	fill_header(&event->header, SL_EVENT_OPEN, sizeof(*event) + event->header.size,
		    bpf_ktime_get_boot_ns());
	return event;
}

/* ---- Fold ------------------------------------------------------------------------------------- */

/* Makes the key of a record that is ready to go; false if another thread just did. */
static __always_inline bool insert(struct stats *stats, struct open *open, __u64 now)
{
	struct fold_value fresh = { .count = 1, .sent_ns = now };
	long error = bpf_map_update_elem(&fold, &open->key, &fresh, BPF_NOEXIST);
	struct fold_value *value;

	if (!error) {
		quota_use(open->key.program);
		return true;
	}
	if (error == -EEXIST) {
		value = bpf_map_lookup_elem(&fold, &open->key);
		if (value) {
			__sync_fetch_and_add(&value->count, 1);
			return false;
		}
	}
	open->flags |= SL_OPEN_UNFOLDED;
	count(stats, fold_full);
	return true;
}

/* The ring is full. A known key loses nothing: it is counted, and the next open announces it. */
static __always_inline void count_unsent(struct stats *stats, const struct open *open)
{
	struct fold_value *value = bpf_map_lookup_elem(&fold, &open->key);

	if (value) {
		__sync_fetch_and_add(&value->count, 1);
		count(stats, open_folded);
	} else {
		count(stats, open_ring_full);
	}
}

static __always_inline void fold_open(struct stats *stats, struct open *open, struct task_struct *task,
				      __u64 signature)
{
	struct fold_value *value = bpf_map_lookup_elem(&fold, &open->key);
	__u64 now = bpf_ktime_get_boot_ns();
	struct open_event *event;

	if (!value && quota_used_up(open->key.program)) {
		count(stats, fold_quota);
		open->key.object = signature;
		open->flags |= SL_OPEN_QUOTA;
		value = bpf_map_lookup_elem(&fold, &open->key);
	}
	if (value && now - value->sent_ns < SL_FOLD_REARM_NS) {
		__sync_fetch_and_add(&value->count, 1);
		count(stats, open_folded);
		return;
	}
	/* The first of this program. */
	if (!value && !bpf_map_lookup_elem(&quota, &open->key.program))
		report_trace_context();
	event = prepare(open, task);
	/* Tested once and never again: a 6.1 verifier forgets what the first test said. */
	if (!event) {
		count_unsent(stats, open);
		return;
	}
	/* Looked up again, so that the verifier need not go through prepare() with and without a value. */
	value = bpf_map_lookup_elem(&fold, &open->key);
	if (value) {
		__sync_fetch_and_add(&value->count, 1);
		value->sent_ns = now;
		event->count = value->count;
		open->flags |= SL_OPEN_AGAIN;
	} else if (!insert(stats, open, now)) {
		/* Not in silence: the reader may stand here, and a record behind it wakes nobody then. */
		bpf_ringbuf_discard(event, 0);
		count(stats, open_folded);
		return;
	}
	event->flags = open->flags;
	bpf_ringbuf_submit(event, 0);
	count(stats, open_sent);
}

/* ---- Programs --------------------------------------------------------------------------------- */

/* A pointer as a number: the verifier lets a typed one be read through, but not reckoned with. */
static __always_inline __u64 address(const void *pointer)
{
	__u64 number = (__u64)pointer;

	asm volatile("%0 = -%0\n%0 = -%0" : "+r"(number));
	return number;
}

/* The way without a call, for a file whose type the verifier knows. */
static __always_inline void take_file(struct open *open, const struct file *file)
{
	open->file = (void *)address(file);
	open->path.mnt = (void *)address(file->f_path.mnt);
	open->path.dentry = (void *)address(file->f_path.dentry);
}

static __always_inline int observe(struct stats *stats, struct open *open, struct task_struct *task)
{
	struct sieve_walk walk;
	const struct sensor_self *self;
	struct file *file = open->file;
	__u32 zero = 0;
	int verdict;

	self = bpf_map_lookup_elem(&sensor_self, &zero);
	if (!self) { /* an array has all its elements; the verifier does not know */
		count(stats, open_unreadable);
		return 0;
	}
	verdict = sieve_file(&walk, self, (__u64)open->path.dentry, (__u64)open->path.mnt);
	if (verdict == SIEVE_UNMATCHED) {
		count(stats, open_unmatched);
		return 0;
	}
	if (verdict == SIEVE_UNREADABLE) {
		count(stats, open_unreadable);
		return 0;
	}
	if (self->tgid == (__u32)task->tgid) {
		count(stats, open_own);
		return 0;
	}
	open->mode = BPF_CORE_READ(file, f_mode);
	if (open->mode & FMODE_PATH) {
		count(stats, open_path);
		return 0;
	}
	open->mode &= FMODE_READ | FMODE_WRITE;
	open->key.program = fold_program(task);
	open->key.object = fold_object((__u64)BPF_CORE_READ(file, f_inode), (__u64)open->path.dentry,
				       (__u64)open->path.mnt, walk.name, open->mode);
	open->flags = verdict == SIEVE_TRUNCATED ? SL_OPEN_SIEVE_TRUNCATED : 0;
	fold_open(stats, open, task, walk.matched);
	return 0;
}

/* Opens that are none of a process's: for execve, and by kernel threads. sys_exit sees neither. */
static __always_inline int observe_resolved(struct file *file)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct stats *stats = my_stats();
	struct open open;

	if (!stats || (file->f_flags & __FMODE_EXEC) || (task->flags & PF_KTHREAD))
		return 0;
	count(stats, open_seen);
	take_file(&open, file);
	return observe(stats, &open, task);
}

SEC("lsm/file_open")
int BPF_PROG(open__lsm, struct file *file, int ret)
{
	/* An earlier module denied it: there is nothing to see. */
	if (!ret)
		observe_resolved(file);
	return ret;
}

SEC("fentry/security_file_open")
int BPF_PROG(open__fentry, struct file *file)
{
	return observe_resolved(file);
}

/*
 * A process with few files has them in an array of fixed size. The verifier knows the type of what lies
 * at a constant index, and lets it be read without a call.
 */
#define FILE_AT(index) \
	case (index):  \
		return files->fd_array[index];
#define FILES_AT(index) FILE_AT(index) FILE_AT((index) + 1) FILE_AT((index) + 2) FILE_AT((index) + 3)
#define FILES_AT_16(index) \
	FILES_AT(index) FILES_AT((index) + 4) FILES_AT((index) + 8) FILES_AT((index) + 12)

static __always_inline const struct file *typed_file(const struct files_struct *files, long fd)
{
	if (files->fdt != &files->fdtab)
		return NULL;
	switch (fd) {
		FILES_AT_16(0)
		FILES_AT_16(16)
		FILES_AT_16(32)
		FILES_AT_16(48)
	default:
		return NULL;
	}
}

/* Fills in file and path of a descriptor; false if that is not possible, which is counted. */
static __always_inline bool take_descriptor(struct open *open, const struct files_struct *files, long fd,
					    struct stats *stats)
{
	const struct file *typed = typed_file(files, fd);
	const struct fdtable *table = files->fdt;
	struct file *file = NULL;

	if (typed) {
		take_file(open, typed);
		return true;
	}
	if (fd >= table->max_fds || bpf_probe_read_kernel(&file, sizeof(file), table->fd + fd) ||
	    !file) {
		count(stats, open_race);
		return false;
	}
	open->file = file;
	if (BPF_CORE_READ_INTO(&open->path, file, f_path)) {
		count(stats, open_unreadable);
		return false;
	}
	return true;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(open__tp_btf, struct pt_regs___sl *regs, long ret)
{
	int opens = syscall_opens(syscall_number(regs));
	struct task_struct *task;
	struct stats *stats;
	struct open open;

	/* The task is fetched only where it is needed: every system call comes through here. */
	if (opens == OPENS_NEVER || ret < 0)
		return 0;
	task = bpf_get_current_task_btf();
	if (opens != OPENS_ALWAYS && is_compat(task) != (opens == OPENS_COMPAT))
		return 0;
	stats = my_stats();
	if (!stats)
		return 0;
	count(stats, open_seen);
	if (!take_descriptor(&open, task->files, ret, stats))
		return 0;
	return observe(stats, &open, task);
}
