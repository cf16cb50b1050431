/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who does it, and with which file: the parts that several records share.
 */
#ifndef SCOUTLINE_TASK_H
#define SCOUTLINE_TASK_H

#include "abi.h"
#include "kernel.h"
#include "path.h"

static __always_inline void fill_header(struct event_header *header, __u16 kind, __u32 size, __u64 now)
{
	header->kind = kind;
	header->version = SL_ABI_VERSION;
	header->size = size;
	header->time_ns = now;
}

static __always_inline __u32 tty_device(struct signal_struct *signal)
{
	struct tty_struct *tty = signal->tty;

	if (!tty)
		return 0;
	return ((__u32)tty->driver->major << 20) | (tty->driver->minor_start + tty->index);
}

/* The number of a task in its own, innermost pid namespace, and which that is. */
static __always_inline void fill_namespace_pid(struct task_info *info, struct pid *pid)
{
	__u32 level = pid->level;
	const struct upid *innermost;

	info->vpid = 0;
	info->pid_ns = 0;
	if (level > 32) /* MAX_PID_NS_LEVEL */
		return;
	innermost = (void *)pid + field_offset(struct pid, numbers) +
		    level * __builtin_preserve_type_info(*(struct upid *)0, 1);
	info->vpid = BPF_CORE_READ(innermost, nr);
	info->pid_ns = BPF_CORE_READ(innermost, ns, ns.inum);
}

/* The pids controller's cgroup if that is on a v1 hierarchy, as it is everywhere where v1 is in use. */
static __always_inline struct cgroup *cgroup_v1(struct css_set *cgroups)
{
	struct cgroup *cgroup;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		return NULL;
	cgroup = cgroups->subsys[bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id)]->cgroup;
	return cgroup->root->hierarchy_id ? cgroup : NULL;
}

static __always_inline __u64 cgroup_v1_id(struct css_set *cgroups)
{
	struct cgroup *cgroup = cgroup_v1(cgroups);

	return cgroup ? cgroup->kn->id : 0;
}

static __always_inline void fill_task(struct task_info *info, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	struct task_struct *parent = task->real_parent;
	struct signal_struct *signal = task->signal;
	const struct cred *cred = task->cred;
	struct pid *session = signal->pids[PIDTYPE_SID];

	info->start_ns = leader->start_boottime;
	info->exec_id = task->self_exec_id;
	info->parent_start_ns = parent->group_leader->start_boottime;
	info->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
	info->cgroup_v1_id = cgroup_v1_id(task->cgroups);
	info->tgid = task->tgid;
	info->tid = task->pid;
	info->parent_tgid = parent->tgid;
	fill_namespace_pid(info, leader->thread_pid);
	info->session_id = BPF_CORE_READ(session, numbers[0].nr);
	info->tty = tty_device(signal);
	info->uid = cred->uid.val;
	info->gid = cred->gid.val;
	info->euid = cred->euid.val;
	info->capabilities = 0;
	bpf_probe_read_kernel(&info->capabilities, sizeof(info->capabilities),
			      (void *)cred + field_offset(struct cred, cap_effective));
	info->user_ns = cred->user_ns->ns.inum;
	info->mnt_ns = task->nsproxy->mnt_ns->ns.inum;
	info->net_ns = task->nsproxy->net_ns->ns.inum;
	info->login_uid = -1;
	info->audit_session = -1;
	if (bpf_core_field_exists(task->sessionid)) {
		info->login_uid = task->loginuid.val;
		info->audit_session = task->sessionid;
	}
	info->flags = task->flags & PF_KTHREAD ? SL_TASK_KTHREAD : 0;
	bpf_probe_read_kernel_str(info->comm, sizeof(info->comm), task->comm);
}

/* All but the paths. */
static __always_inline void fill_file(struct file_info *info, const struct path *path,
				      struct inode *inode)
{
	struct super_block *sb = BPF_CORE_READ(inode, i_sb);

	info->inode = BPF_CORE_READ(inode, i_ino);
	info->device = BPF_CORE_READ(sb, s_dev);
	info->generation = BPF_CORE_READ(inode, i_generation);
	info->fs_magic = BPF_CORE_READ(sb, s_magic);
	info->mount_id = BPF_CORE_READ((struct mount *)mount_of((__u64)path->mnt), mnt_id);
	info->mode = BPF_CORE_READ(inode, i_mode);
	info->nlink = BPF_CORE_READ(inode, i_nlink);
	info->root_len = SL_ROOT_OUTSIDE;
	info->flags = 0;
	if ((info->fs_magic == TMPFS_MAGIC || info->fs_magic == HUGETLBFS_MAGIC) &&
	    (BPF_CORE_READ(path->mnt, mnt_flags) & MNT_INTERNAL))
		info->flags |= SL_FILE_MEMFD;
	/* A name of it may be left elsewhere (nlink), but the one that was used is gone. */
	if (!info->nlink || !BPF_CORE_READ(path->dentry, d_hash.pprev))
		info->flags |= SL_FILE_DELETED;
}

#endif
