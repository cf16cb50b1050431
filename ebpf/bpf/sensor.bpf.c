/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one object that is loaded: every event family, sharing rings, counters and the contract of abi.h.
 * Each program is loaded on its own, so that one that this kernel refuses costs only what it would see.
 */
#include "cgroup.bpf.c"
#include "exec.bpf.c"
#include "exit.bpf.c"
#include "file.bpf.c"

/* "Dual BSD/GPL" is how the kernel spells this project's licence; helpers need a GPL-compatible one. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
