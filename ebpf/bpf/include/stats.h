/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters for every way out of a program. One struct a CPU: a program looks it up once and adds without
 * atomics, since only one program at a time adds on a CPU, or, where a hook can be preempted, a lost
 * increment would need two of them within one instruction of each other.
 */
#ifndef SCOUTLINE_STATS_H
#define SCOUTLINE_STATS_H

#include "abi.h"
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stats);
} stats SEC(".maps");

static __always_inline struct stats *my_stats(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

#define count(stats, field) __sync_fetch_and_add(&(stats)->field, 1)

#endif
