/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rings: exec, fork and exit have one of their own, so that a storm of opens cannot starve lineage. And
 * who the sensor itself is: programs run in the context of others, but the iterator in that of the process
 * that reads it.
 */
#ifndef SCOUTLINE_RINGS_H
#define SCOUTLINE_RINGS_H

#include "abi.h"
#include "kernel.h"

/*
 * Bytes of the rings, all of which count as user space's. That of lifecycle events is read in long pauses, and
 * before the pause is over once it holds this much: see `ring_bell`.
 */
#define OPENS_RING (4 * 1024 * 1024)
#define LIFECYCLE_RING (2 * 1024 * 1024)
#define LIFECYCLE_URGENT (LIFECYCLE_RING / 4)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, LIFECYCLE_RING);
} lifecycle SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, OPENS_RING);
} opens SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sensor_self);
} sensor_self SEC(".maps");

/*
 * Lifecycle events wait until user space's pause is over, but not in a ring that fills up. User space always
 * waits for opens: an empty record that is thrown away wakes it there. If something lies there unread, it
 * has been woken already.
 */
static __always_inline void ring_bell(void)
{
	void *bell;

	if (bpf_ringbuf_query(&lifecycle, BPF_RB_AVAIL_DATA) < LIFECYCLE_URGENT ||
	    bpf_ringbuf_query(&opens, BPF_RB_AVAIL_DATA))
		return;
	bell = bpf_ringbuf_reserve(&opens, sizeof(__u64), 0);
	if (bell)
		bpf_ringbuf_discard(bell, BPF_RB_FORCE_WAKEUP);
}

#endif
