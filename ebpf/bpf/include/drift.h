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

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 0x2
#define X32_SYSCALL_BIT 0x40000000

static __always_inline long syscall_number(const struct pt_regs___sl *regs)
{
	return regs->orig_ax;
}

/*
 * Whether system call `nr` can return a descriptor of a newly opened file. 32-bit calls arrive with the
 * numbers of i386, where 5 and 8 are open and creat; in 64-bit code these are fstat and lseek, so the
 * task's status decides, but only for the numbers where it matters.
 */
static __always_inline bool syscall_opens(long nr, struct task_struct *(*task)(void))
{
	switch (nr & ~X32_SYSCALL_BIT) {
	case 2:   /* open */
	case 85:  /* creat; i386: readlink */
	case 257: /* openat; i386: remap_file_pages */
	case 304: /* open_by_handle_at; i386: renameat2 */
		return !(task()->thread_info.status & TS_COMPAT);
	case 5:   /* i386 open */
	case 8:   /* i386 creat */
	case 295: /* i386 openat */
	case 342: /* i386 open_by_handle_at */
		return task()->thread_info.status & TS_COMPAT;
	case 437: /* openat2 in both */
		return true;
	default:
		return false;
	}
}

#else

#define TIF_32BIT 22

static __always_inline long syscall_number(const struct pt_regs___sl *regs)
{
	return regs->syscallno;
}

static __always_inline bool is_compat(struct task_struct *task)
{
	const struct thread_info___arm64 *info = (void *)&task->thread_info;

	return info->flags & (1ul << TIF_32BIT);
}

static __always_inline bool syscall_opens(long nr, struct task_struct *(*task)(void))
{
	switch (nr) {
	case 56:  /* openat; arm: - */
	case 265: /* open_by_handle_at */
		return !is_compat(task());
	case 5:   /* arm open */
	case 8:   /* arm creat */
	case 322: /* arm openat */
	case 371: /* arm open_by_handle_at */
		return is_compat(task());
	case 437:
		return true;
	default:
		return false;
	}
}

#endif

#endif
