/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a cgroup is in its hierarchy: names from the leaf to the root, as for all paths.
 */
#ifndef SCOUTLINE_CGROUP_H
#define SCOUTLINE_CGROUP_H

#include "abi.h"
#include "drift.h"
#include "kernel.h"
#include "task.h"

struct cgroup_record {
	struct cgroup_event event;
	__u8 tail[SL_CGROUP_TAIL];
};

/* Whether a process's record names cgroups of this hierarchy (see task_info). */
static __always_inline bool is_reported(struct cgroup *cgroup)
{
	if (!cgroup->root->hierarchy_id)
		return true;
	return bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id) &&
	       cgroup->subsys[bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id)];
}

static __always_inline void write_cgroup_path(struct cgroup_record *record, __u64 node)
{
	struct text *path = &record->event.path;
	__u64 at = 0;

	path->flags = SL_TEXT_TRUNCATED;
	for (int depth = 0; depth < SL_CGROUP_DEPTH; depth++) {
		const char *name = NULL;
		__u64 parent = 0, last;
		long len;

		if (bpf_probe_read_kernel(&parent, sizeof(parent),
					  (void *)(node + kernfs_parent_offset()))) {
			path->flags = SL_TEXT_UNREADABLE;
			break;
		}
		/* The root has no parent, and no name that counts. */
		if (!parent) {
			path->flags = 0;
			break;
		}
		if (at > SL_CGROUP_TAIL - (SL_NAME_LEN + 1))
			break;
		bpf_probe_read_kernel(&name, sizeof(name),
				      (void *)(node + field_offset(struct kernfs_node, name)));
		len = bpf_probe_read_kernel_str(record->tail + at, SL_NAME_LEN + 1, name);
		if (len <= 0 || len > SL_NAME_LEN + 1) {
			path->flags = SL_TEXT_UNREADABLE;
			break;
		}
		last = at + len - 1;
		barrier_var(last); /* the number that is checked is the number that is used */
		if (last >= SL_CGROUP_TAIL)
			break;
		record->tail[last] = '/'; /* in place of the NUL */
		at = last + 1;
		node = parent;
	}
	path->len = at;
}

/* The whole record; its size. */
static __always_inline __u32 fill_cgroup(struct cgroup_record *record, struct cgroup *cgroup,
					 __u32 flags)
{
	struct cgroup_event *event = &record->event;
	__u32 size;

	event->id = cgroup->kn->id;
	event->flags = flags | (cgroup->root->hierarchy_id ? SL_CGROUP_V1 : 0);
	event->pad = 0;
	event->path.offset = 0;
	write_cgroup_path(record, (__u64)cgroup->kn);
	size = sizeof(*event) + event->path.len;
	fill_header(&event->header, SL_EVENT_CGROUP, size, bpf_ktime_get_boot_ns());
	return size;
}

#endif
