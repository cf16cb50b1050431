/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The life of a process between executions: fork and exit. Threads are not reported.
 *
 * Hooks: tp_btf/sched_process_fork and tp_btf/sched_process_exit. Known race: when the last two threads
 * end at once both may see no other alive, and the exit is sent twice.
 */
#include "abi.h"
#include "kernel.h"
#include "rings.h"
#include "stats.h"
#include "task.h"

#define SIGNAL_GROUP_EXIT 0x4

SEC("tp_btf/sched_process_fork")
int BPF_PROG(fork__tp_btf, struct task_struct *parent, struct task_struct *child)
{
	struct stats *stats = my_stats();
	struct fork_event *event;

	if (!stats || child->pid != child->tgid)
		return 0;
	event = bpf_ringbuf_reserve(&lifecycle, sizeof(*event), 0);
	if (!event) {
		count(stats, fork_ring_full);
		return 0;
	}
	fill_header(&event->header, SL_EVENT_FORK, sizeof(*event), bpf_ktime_get_boot_ns());
	fill_task(&event->task, child);
	event->forker_start_ns = parent->group_leader->start_boottime;
	event->forker_tgid = parent->tgid;
	event->pad = 0;
	bpf_ringbuf_submit(event, 0);
	count(stats, fork_sent);
	ring_bell();
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(exit__tp_btf, struct task_struct *task)
{
	struct stats *stats = my_stats();
	struct signal_struct *signal = task->signal;
	struct exit_event *event;

	if (!stats || signal->live.counter != 0)
		return 0;
	event = bpf_ringbuf_reserve(&lifecycle, sizeof(*event), 0);
	if (!event) {
		count(stats, exit_ring_full);
		return 0;
	}
	fill_header(&event->header, SL_EVENT_EXIT, sizeof(*event), bpf_ktime_get_boot_ns());
	event->start_ns = task->group_leader->start_boottime;
	event->exec_id = task->self_exec_id;
	event->tgid = task->tgid;
	event->exit_code = signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : task->exit_code;
	bpf_ringbuf_submit(event, 0);
	count(stats, exit_sent);
	return 0;
}
