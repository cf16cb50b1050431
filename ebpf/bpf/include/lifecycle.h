/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ring of exec, fork and exit: apart from that of opens, so that a storm of opens cannot starve
 * lineage. And who the sensor itself is.
 */
#ifndef SCOUTLINE_LIFECYCLE_H
#define SCOUTLINE_LIFECYCLE_H

#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} lifecycle SEC(".maps");

/*
 * The sensor's tgid in the initial pid namespace. It cannot know that number itself when it runs in a
 * container, so the iterator notes who reads it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} sensor_tgid SEC(".maps");

static __always_inline void note_reader(void)
{
	__u32 zero = 0;
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	bpf_map_update_elem(&sensor_tgid, &zero, &tgid, BPF_ANY);
}

static __always_inline bool is_sensor(__u32 tgid)
{
	__u32 zero = 0;
	__u32 *sensor = bpf_map_lookup_elem(&sensor_tgid, &zero);

	return sensor && *sensor == tgid;
}

#endif
