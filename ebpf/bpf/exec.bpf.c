/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Executions, and the processes that were there before.
 *
 * Hooks: tp_btf/sched_process_exec, after the new image is in place, so that the file really mapped, the
 * final credentials and the final argv are seen, never what the caller typed alone. For a `#!` script the
 * mapped file is the interpreter; `bprm->executable` is already gone by then, so the script itself is
 * known as typed (`filename`). iter/task reads the rest of the system once, after attaching.
 *
 * Not seen: a failed execve; code that is mapped later (dlopen). Known races: argv is user memory and can
 * be rewritten by another process with ptrace before it is copied.
 *
 * Every execution is sent, matched or not: lineage needs them all.
 */
#include "abi.h"
#include "cgroup.h"
#include "drift.h"
#include "kernel.h"
#include "path.h"
#include "rings.h"
#include "stats.h"
#include "task.h"

struct exec_scratch {
	struct exec_event event;
	__u8 tail[SL_EXEC_TAIL];
};

/* tp_btf programs cannot be preempted, so a buffer a CPU is enough. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_scratch);
} exec_scratch SEC(".maps");

/* The iterator can be preempted, but there is only ever one reader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_scratch);
} task_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgroup_record);
} cgroup_scratch SEC(".maps");

static __always_inline void write_string(struct path_writer *out, struct text *text, const char *string)
{
	__u32 at = *out->used;
	long len;

	text->offset = at;
	if (at > SL_EXEC_TAIL - SL_FILENAME_LEN)
		return;
	len = bpf_probe_read_kernel_str(out->tail + at, SL_FILENAME_LEN, string);
	if (len <= 0 || len > SL_FILENAME_LEN) {
		text->flags = SL_TEXT_UNREADABLE;
		return;
	}
	if (len == SL_FILENAME_LEN)
		text->flags = SL_TEXT_TRUNCATED;
	text->len = len - 1; /* without the NUL */
	*out->used = at + len;
}

static __always_inline void write_argv(struct path_writer *out, struct text *text, struct mm_struct *mm)
{
	unsigned long start = mm->arg_start;
	unsigned long len = mm->arg_end - start;
	__u32 at = *out->used;

	text->offset = at;
	if (at > SL_EXEC_TAIL - SL_ARGV_LEN)
		return;
	if (len > SL_ARGV_LEN) {
		len = SL_ARGV_LEN;
		text->flags = SL_TEXT_TRUNCATED;
	}
	if (bpf_probe_read_user(out->tail + at, len, (void *)start)) {
		text->flags = SL_TEXT_UNREADABLE;
		return;
	}
	text->len = len;
	*out->used = at + len;
}

static __always_inline void write_image(struct path_writer *out, struct exec_event *event,
					struct task_struct *task)
{
	struct file *file = task->mm->exe_file;
	struct path exe, cwd;

	if (bpf_core_read(&exe, sizeof(exe), &file->f_path) || !exe.dentry)
		return;
	bpf_core_read(&cwd, sizeof(cwd), &task->fs->pwd);
	out->root_dentry = (__u64)BPF_CORE_READ(task, fs, root.dentry);
	out->root_mount = mount_of((__u64)BPF_CORE_READ(task, fs, root.mnt));
	fill_file(&event->file, &exe, BPF_CORE_READ(file, f_inode));
	write_path(out, &event->file.path_fs, (__u64)exe.dentry, 0, PATH_FS);
	write_path(out, &event->file.path_mount, (__u64)exe.dentry, mount_of((__u64)exe.mnt),
		   PATH_MOUNT);
	write_path(out, &event->cwd, (__u64)cwd.dentry, mount_of((__u64)cwd.mnt), PATH_MOUNT);
}

/* Until it is finished, the header's size is the number of bytes used in the tail. */
static __always_inline struct exec_event *begin(struct exec_scratch *scratch, struct path_writer *out)
{
	struct exec_event *event = &scratch->event;

	__builtin_memset(event, 0, sizeof(*event));
	out->tail = scratch->tail;
	out->limit = SL_EXEC_TAIL;
	out->used = &event->header.size;
	out->root_len = &event->file.root_len;
	return event;
}

/* The size of the record, 0 if it could not be: the verifier does not know that it always can. */
static __always_inline __u64 finish(struct exec_event *event, __u16 kind)
{
	__u64 size = event->header.size;

	size += sizeof(*event);
	barrier_var(size); /* the number that is checked is the number that is used */
	if (size > sizeof(struct exec_scratch))
		return 0;
	fill_header(&event->header, kind, size, bpf_ktime_get_boot_ns());
	return size;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(exec__tp_btf, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct path_writer out = {};
	struct stats *stats = my_stats();
	struct exec_scratch *scratch;
	struct exec_event *event;
	__u32 zero = 0;
	__u64 size;

	if (!stats)
		return 0;
	scratch = bpf_map_lookup_elem(&exec_scratch, &zero);
	if (!scratch) {
		count(stats, scratch_missing);
		return 0;
	}
	event = begin(scratch, &out);
	fill_task(&event->task, task);
	event->old_tid = old_pid;
	write_string(&out, &event->filename, bprm->filename);
	write_string(&out, &event->interpreter, bprm->interp);
	if (bprm->interp != bprm->filename)
		event->flags |= SL_EXEC_SCRIPT;
	write_argv(&out, &event->argv, task->mm);
	write_image(&out, event, task);
	size = finish(event, SL_EVENT_EXEC);
	if (!size || bpf_ringbuf_output(&lifecycle, scratch, size, 0))
		count(stats, exec_ring_full);
	else
		count(stats, exec_sent);
	ring_bell();
	return 0;
}

/* Whoever reads the iterator is the sensor. */
static __always_inline void note_reader(void)
{
	struct task_struct *sensor = bpf_get_current_task_btf();
	struct sensor_self self = { .tgid = sensor->tgid };
	struct vfsmount *mnt = BPF_CORE_READ(sensor, fs, root.mnt);
	struct dentry *dentry = BPF_CORE_READ(sensor, fs, root.dentry);
	__u32 zero = 0;

	if (dentry == BPF_CORE_READ(mnt, mnt_root) && dentry == BPF_CORE_READ(dentry, d_parent)) {
		self.root_mount = mount_of((__u64)mnt);
		self.root_dentry = (__u64)dentry;
	}
	bpf_map_update_elem(&sensor_self, &zero, &self, BPF_ANY);
}

/* Where the cgroups of a process are: 0, or an error of the iterator's buffer. */
static __always_inline long write_cgroup(struct seq_file *seq, struct cgroup *cgroup)
{
	struct cgroup_record *record;
	__u32 zero = 0;
	__u64 size;

	record = bpf_map_lookup_elem(&cgroup_scratch, &zero);
	if (!record)
		return 0;
	size = fill_cgroup(record, cgroup, 0);
	barrier_var(size);
	if (size > sizeof(*record))
		return 0;
	return bpf_seq_write(seq, record, size);
}

static __always_inline long write_cgroup_v1(struct seq_file *seq, struct css_set *cgroups)
{
	struct cgroup *cgroup = cgroup_v1(cgroups);

	return cgroup ? write_cgroup(seq, cgroup) : 0;
}

SEC("iter/task")
int task__iter(struct bpf_iter__task *ctx)
{
	struct path_writer out = {};
	struct task_struct *task = ctx->task;
	struct stats *stats = my_stats();
	struct exec_scratch *scratch;
	struct exec_event *event;
	__u32 zero = 0;
	__u64 size;

	if (!task || !stats)
		return 0;
	note_reader();
	if (task->pid != task->tgid)
		return 0;
	scratch = bpf_map_lookup_elem(&task_scratch, &zero);
	if (!scratch) {
		count(stats, scratch_missing);
		return 0;
	}
	event = begin(scratch, &out);
	fill_task(&event->task, task);
	if (task->mm && task->fs)
		write_image(&out, event, task);
	size = finish(event, SL_EVENT_TASK);
	/* The process first: a 6.1 verifier forgets a size that was checked before something else. */
	if (!size || bpf_seq_write(ctx->meta->seq, scratch, size) ||
	    write_cgroup(ctx->meta->seq, task->cgroups->dfl_cgrp) ||
	    write_cgroup_v1(ctx->meta->seq, task->cgroups))
		count(stats, task_dropped);
	else
		count(stats, task_sent);
	return 0;
}
