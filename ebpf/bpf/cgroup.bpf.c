/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Cgroups: which container, service or login a process belongs to.
 *
 * Hooks: tp_btf/cgroup_mkdir and tp_btf/cgroup_rmdir. A process's record only has the cgroup's number; what
 * was made before the sensor is told by iter/task (exec.bpf.c), a process at a time.
 *
 * Not seen: a cgroup that was made before the sensor, and that no process was in then; renamed ones, which
 * only v1 allows. Hierarchies of v1 other than that of the pids controller are of no interest: container
 * engines make the same folders in all of them.
 */
#include "abi.h"
#include "cgroup.h"
#include "kernel.h"
#include "rings.h"
#include "stats.h"

static __always_inline int report_cgroup(struct cgroup *cgroup, __u32 flags)
{
	struct stats *stats = my_stats();
	struct cgroup_record *record;

	if (!stats || !is_reported(cgroup))
		return 0;
	record = bpf_ringbuf_reserve(&lifecycle, sizeof(*record), 0);
	if (!record) {
		count(stats, cgroup_ring_full);
		return 0;
	}
	fill_cgroup(record, cgroup, flags);
	bpf_ringbuf_submit(record, 0);
	count(stats, cgroup_sent);
	ring_bell();
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(mkdir__tp_btf, struct cgroup *cgroup)
{
	return report_cgroup(cgroup, 0);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(rmdir__tp_btf, struct cgroup *cgroup)
{
	return report_cgroup(cgroup, SL_CGROUP_REMOVED);
}
