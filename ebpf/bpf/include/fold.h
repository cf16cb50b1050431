/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The fold: a repeated open only counts.
 *
 * The counter of a key is written by the kernel alone and only ever grows; user space reads it by
 * difference, and deletes a key only after its process ended. Room in the ring is reserved before a key
 * is inserted, so that a full ring never leaves a key behind that nobody heard of. No LRU: it would
 * forget counts silently.
 *
 * A key holds the program (not just the process) and the object with its mount, parent, name and mode
 * (not just the inode): a hard link under a dull name, a write-only decoy or an exec must not silence
 * what comes after. Both halves are keyed with a secret of this boot of the sensor.
 */
#ifndef SCOUTLINE_FOLD_H
#define SCOUTLINE_FOLD_H

#include "abi.h"
#include "kernel.h"
#include "sieve.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct fold_key);
	__type(value, struct fold_value);
} fold SEC(".maps");

/* Keys of one program, so that no single process can fill the fold for all. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u32);
} quota SEC(".maps");

const volatile __u64 fold_secret[2];

static __always_inline __u64 fold_program(struct task_struct *task)
{
	__u64 hash = mix(fold_secret[0] ^ task->group_leader->start_boottime);

	hash = mix(hash ^ task->tgid);
	return mix(hash ^ task->self_exec_id ^ fold_secret[1]);
}

static __always_inline __u64 fold_object(__u64 inode, __u64 dentry, __u64 vfsmount, __u64 name,
					 __u32 mode)
{
	struct inode *node = (void *)inode;
	__u64 hash = mix(fold_secret[1] ^ BPF_CORE_READ(node, i_ino));

	/* Mixed in as they are read: kept until the end, they would take stack that is not there. */
	barrier_var(hash);
	hash = mix(hash ^ BPF_CORE_READ(node, i_sb, s_dev));
	barrier_var(hash);
	hash = mix(hash ^ ((__u64)BPF_CORE_READ(node, i_generation) << 32) ^ mode);
	barrier_var(hash);
	hash = mix(hash ^ BPF_CORE_READ((struct mount *)mount_of(vfsmount), mnt_id));
	barrier_var(hash);
	hash = mix(hash ^ (__u64)BPF_CORE_READ((struct dentry *)dentry, d_parent));
	return mix(hash ^ name ^ fold_secret[0]);
}

static __always_inline bool quota_used_up(__u64 program)
{
	__u32 *keys = bpf_map_lookup_elem(&quota, &program);

	return keys && *keys >= SL_FOLD_QUOTA;
}

static __always_inline void quota_use(__u64 program)
{
	__u32 one = 1;
	__u32 *keys = bpf_map_lookup_elem(&quota, &program);

	if (keys)
		__sync_fetch_and_add(keys, 1);
	else
		/* Full, or another thread was first: the quota then begins one later. */
		(void)bpf_map_update_elem(&quota, &program, &one, BPF_NOEXIST);
}

#endif
