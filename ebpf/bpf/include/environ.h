/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which trace a program says it is part of: TRACEPARENT of its environment, copied at its first open that passes
 * the sieve, since a short-lived process is gone before user space could look. Nothing else of the environment
 * leaves the kernel.
 *
 * Not seen: beyond SL_ENVIRON_ENTRIES variables; pages that are not in memory; what a program put into its own
 * environment after its exec, unless it wrote over the old one.
 */
#ifndef SCOUTLINE_ENVIRON_H
#define SCOUTLINE_ENVIRON_H

#include "abi.h"
#include "kernel.h"
#include "rings.h"
#include "stats.h"
#include "task.h"

/* Small: it takes its place in the ring also if there is nothing to say, until the reader has passed it. */
struct trace_context_record {
	struct trace_context_event event;
	__u8 variable[SL_ENVIRON_VARIABLE];
};

#define NAME_LEN 12 /* "TRACEPARENT=" */

static __always_inline bool is_trace_context(const __u8 *variable)
{
	/* In two reads: the record is aligned. */
	return *(const __u64 *)variable == 0x5241504543415254ULL && /* "TRACEPAR" */
	       *(const __u32 *)(variable + 8) == 0x3d544e45;        /* "ENT=" */
}

/* Not inlined: there is no room left on the stack of the open programs. */
static __noinline int report_trace_context(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct stats *stats = my_stats();
	struct trace_context_record *record;
	struct trace_context_event *event;
	__u64 at = task->mm->env_start;
	__u64 end = task->mm->env_end;
	long len = 0;

	if (!stats || at >= end)
		return 0;
	record = bpf_ringbuf_reserve(&opens, sizeof(*record), 0);
	if (!record) {
		count(stats, trace_context_ring_full);
		return 0;
	}
	event = &record->event;
	event->value.len = 0;
	for (int i = 0; i < SL_ENVIRON_VARIABLES && at < end; i++) {
		len = bpf_probe_read_user_str(record->variable, SL_ENVIRON_VARIABLE, (void *)at);
		if (len <= 0)
			break;
		if (len > NAME_LEN && is_trace_context(record->variable)) {
			/* Without the NUL. What is longer is none, and only its beginning is sent. */
			len -= NAME_LEN + 1;
			event->value.len = len < SL_TRACE_CONTEXT_LEN ? len : SL_TRACE_CONTEXT_LEN;
			event->value.offset = NAME_LEN;
			event->value.flags = 0;
			break;
		}
		at += len;
	}
	if (!event->value.len) {
		bpf_ringbuf_discard(record, 0);
		return 0;
	}
	event->start_ns = task->group_leader->start_boottime;
	event->exec_id = task->self_exec_id;
	event->tgid = task->tgid;
	event->pad = 0;
	fill_header(&event->header, SL_EVENT_TRACE_CONTEXT,
		    sizeof(*event) + NAME_LEN + SL_TRACE_CONTEXT_LEN, bpf_ktime_get_boot_ns());
	bpf_ringbuf_submit(record, 0);
	count(stats, trace_context_sent);
	return 0;
}

#undef NAME_LEN

#endif
