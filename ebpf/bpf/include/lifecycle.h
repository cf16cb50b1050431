/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ring of exec, fork and exit: apart from that of opens, so that a storm of opens cannot starve
 * lineage. And who the sensor itself is: programs run in the context of others, but the iterator in that of the
 * process that reads it.
 */
#ifndef SCOUTLINE_LIFECYCLE_H
#define SCOUTLINE_LIFECYCLE_H

#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} lifecycle SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sensor_self);
} sensor_self SEC(".maps");

#endif
