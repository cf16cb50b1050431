/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that take the numbers of those before them, over and over, and say who they are.
 *
 *   reuse below TRUTH PATH CHILDREN TIMES FIRST   forks so many, with one of the numbers FIRST..FIRST+15
 *   reuse between TRUTH PATH FIRST                what every third of them runs: forks once more
 *   reuse last TRUTH PATH                         what another third runs
 *
 * Of each generation the last process becomes a login of its own, appends a line to TRUTH and opens PATH. The line is
 * what the kernel says: its number and executable, the same of its parent, and its grandparent's executable.
 * CHILDREN are copies of this program, in one directory, by number. Exits with 1 and a reason if a call fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "must.h"

/* Fewer than there are forkers at a time, so that each number goes from one to another. */
#define NUMBERS 8

static void executable(pid_t process, char *path)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/exe", process);
	path[must(readlink(link, path, PATH_MAX - 1), link)] = 0;
}

static pid_t parent_of(pid_t process)
{
	char path[64], line[256];
	pid_t parent = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", process);
	status = fopen(path, "r");
	must(status ? 0 : -1, path);
	while (!parent && fgets(line, sizeof(line), status))
		sscanf(line, "PPid: %d", &parent);
	fclose(status);
	return parent;
}

static void last(const char *truth, const char *path)
{
	static char own[PATH_MAX], parent[PATH_MAX], above[PATH_MAX], line[4 * PATH_MAX];
	int fd = must(open("/proc/self/loginuid", O_WRONLY), "loginuid");
	int len;

	must(write(fd, "0", 1), "loginuid");
	close(fd);
	executable(getpid(), own);
	executable(getppid(), parent);
	executable(parent_of(getppid()), above);
	len = snprintf(line, sizeof(line), "%d %s %d %s %s\n", getpid(), own, getppid(), parent, above);
	fd = must(open(truth, O_WRONLY | O_APPEND), truth);
	/* One write, which others cannot come between. */
	must(write(fd, line, len), truth);
	close(fd);
	close(must(open(path, O_RDONLY), path));
}

/* Forks a child with one of the numbers, waiting for a free one; 0 in the child. */
static pid_t fork_as(pid_t first)
{
	static unsigned int turn;
	const struct timespec pause = { .tv_nsec = 50000 };

	for (int tries = 0; tries < 200000; tries++) {
		pid_t wanted = first + (getpid() + turn++) % NUMBERS;
		struct clone_args args = {
			.exit_signal = SIGCHLD,
			.set_tid = (uintptr_t)&wanted,
			.set_tid_size = 1,
		};
		long child = syscall(SYS_clone3, &args, sizeof(args));

		if (child >= 0)
			return child;
		must(errno == EEXIST ? 0 : -1, "clone3");
		nanosleep(&pause, NULL);
	}
	errno = EAGAIN;
	return must(-1, "clone3");
}

static void below(char **arg)
{
	const char *truth = arg[0], *path = arg[1], *children = arg[2];
	int times = atoi(arg[3]), first = atoi(arg[4]);
	char child[PATH_MAX], numbers[16];

	snprintf(numbers, sizeof(numbers), "%d", first + NUMBERS);
	for (int i = 0; i < times; i++) {
		pid_t pid = fork_as(first);

		if (pid) {
			succeed(pid);
			continue;
		}
		snprintf(child, sizeof(child), "%s/%d", children, (getppid() + i) % NUMBERS);
		if (i % 3 == 1)
			must(execl(child, child, "last", truth, path, NULL), child);
		if (i % 3 == 2)
			must(execl(child, child, "between", truth, path, numbers, NULL), child);
		last(truth, path);
		_exit(0);
	}
}

static void between(char **arg)
{
	pid_t pid = fork_as(atoi(arg[2]));

	if (!pid) {
		last(arg[0], arg[1]);
		_exit(0);
	}
	succeed(pid);
}

int main(int count, char **argv)
{
	if (count == 7 && !strcmp(argv[1], "below"))
		below(argv + 2);
	else if (count == 5 && !strcmp(argv[1], "between"))
		between(argv + 2);
	else if (count == 4 && !strcmp(argv[1], "last"))
		last(argv[2], argv[3]);
	else
		return 2;
	return 0;
}
