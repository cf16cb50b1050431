/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where kernels and architectures differ, and nowhere else.
 */
#ifndef SCOUTLINE_DRIFT_H
#define SCOUTLINE_DRIFT_H

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* The name inside of a dentry: `d_iname` until 6.13, a union `d_shortname` since. */
struct dentry___iname {
	unsigned char d_iname[1];
};

union shortname_store {
	unsigned char string[1];
};

struct dentry___shortname {
	union shortname_store d_shortname;
};

/* Of a directory of a kernfs: `parent` until 6.14, `__parent` since. */
struct kernfs_node___parent {
	struct kernfs_node *parent;
};

struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs___sl {
	unsigned long orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs___sl {
	int syscallno;
};

struct thread_info___arm64 {
	unsigned long flags;
};
#else
#error "unsupported architecture"
#endif

#pragma clang attribute pop

#define field_offset(type, field) \
	__builtin_preserve_field_info(((type *)0)->field, BPF_FIELD_BYTE_OFFSET)

static __always_inline __u32 dentry_inline_name_offset(void)
{
	if (bpf_core_field_exists(((struct dentry___shortname *)0)->d_shortname))
		return field_offset(struct dentry___shortname, d_shortname);
	return field_offset(struct dentry___iname, d_iname);
}

static __always_inline __u32 kernfs_parent_offset(void)
{
	if (bpf_core_field_exists(((struct kernfs_node___rcu *)0)->__parent))
		return field_offset(struct kernfs_node___rcu, __parent);
	return field_offset(struct kernfs_node___parent, parent);
}

/* Whether a system call returns a descriptor of a newly opened file: numbers mean other things in 32-bit code. */
#define OPENS_NEVER 0
#define OPENS_NATIVE 1 /* if it was not made by 32-bit code */
#define OPENS_COMPAT 2 /* only if it was */
#define OPENS_ALWAYS 3

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 0x2
#define X32_SYSCALL_BIT 0x40000000

static __always_inline long syscall_number(const struct pt_regs___sl *regs)
{
	return regs->orig_ax;
}

static __always_inline int syscall_opens(long nr)
{
	switch (nr & ~X32_SYSCALL_BIT) {
	case 2:   /* open */
	case 85:  /* creat; i386: readlink */
	case 257: /* openat; i386: remap_file_pages */
	case 304: /* open_by_handle_at; i386: renameat2 */
		return OPENS_NATIVE;
	case 5:   /* i386 open; fstat */
	case 8:   /* i386 creat; lseek */
	case 295: /* i386 openat; preadv */
	case 342: /* i386 open_by_handle_at */
		return OPENS_COMPAT;
	case 437: /* openat2 in both */
		return OPENS_ALWAYS;
	default:
		return OPENS_NEVER;
	}
}

static __always_inline bool is_compat(const struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}

#else

#define TIF_32BIT 22

static __always_inline long syscall_number(const struct pt_regs___sl *regs)
{
	return regs->syscallno;
}

static __always_inline int syscall_opens(long nr)
{
	switch (nr) {
	case 56:  /* openat; arm: - */
	case 265: /* open_by_handle_at */
		return OPENS_NATIVE;
	case 5:   /* arm open */
	case 8:   /* arm creat */
	case 322: /* arm openat */
	case 371: /* arm open_by_handle_at */
		return OPENS_COMPAT;
	case 437:
		return OPENS_ALWAYS;
	default:
		return OPENS_NEVER;
	}
}

static __always_inline bool is_compat(const struct task_struct *task)
{
	const struct thread_info___arm64 *info = (const void *)&task->thread_info;

	return info->flags & (1ul << TIF_32BIT);
}

#endif

#endif
