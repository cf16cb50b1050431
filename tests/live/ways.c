/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways to open and to execute that no ordinary tool takes: `ways NAME ARGUMENT...`, one function each.
 *
 * In C, because each way is one particular system call, and safe Rust has most of them not at all. Exits with 1
 * and a reason if a call fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "must.h"

extern char **environ;

static int open_it(const char *path, int flags)
{
	return must(open(path, flags | O_CLOEXEC), path);
}

static void in_thread(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, body, argument);
	must(errno ? -1 : 0, "pthread_create");
	pthread_join(thread, NULL);
}

/* ---- Opens ------------------------------------------------------------------------------------ */

static void openat_directory(char **arg)
{
	must(openat(open_it(arg[0], O_PATH | O_DIRECTORY), arg[1], O_RDONLY), arg[1]);
}

/* With all descriptors below it taken. Beyond 63 they lie in a table of another kind. */
static void open_as(char **arg)
{
	int wanted = atoi(arg[0]);
	int fd;

	while ((fd = must(dup(0), "dup")) < wanted - 1)
		;
	fd = open_it(arg[1], O_RDONLY);
	if (fd != wanted) {
		fprintf(stderr, "%s: descriptor %d\n", arg[1], fd);
		exit(1);
	}
}

/* The table is large, the descriptor is small. */
static void open_beside(char **arg)
{
	must(dup2(0, atoi(arg[0])), "dup2");
	open_it(arg[1], O_RDONLY);
}

static void openat2_resolving(const char *directory, const char *path, unsigned long long resolve)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = resolve };
	int fd = open_it(directory, O_PATH | O_DIRECTORY);

	must(syscall(SYS_openat2, fd, path, &how, sizeof(how)), path);
}

static void openat2_in_root(char **arg)
{
	openat2_resolving(arg[0], arg[1], RESOLVE_IN_ROOT);
}

static void openat2_no_links(char **arg)
{
	openat2_resolving(arg[0], arg[1], RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
}

static void legacy_open(char **arg)
{
#ifdef SYS_open
	must(syscall(SYS_open, arg[0], O_RDONLY), arg[0]);
#else
	open_it(arg[0], O_RDONLY);
#endif
}

static void compat_open(char **arg)
{
#ifdef __x86_64__
	char *low =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result;

	must(low == MAP_FAILED ? -1 : 0, "mmap");
	strncpy(low, arg[0], 4095);
	/* 5: open in the table of 32-bit calls, whatever the width of who calls. */
	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(5), "b"(low), "c"(O_RDONLY), "d"(0)
		     : "memory", "r8", "r9", "r10", "r11");
	errno = result < 0 ? -result : 0;
	must(result < 0 ? -1 : 0, "32-bit open");
#else
	errno = ENOSYS;
	must(-1, arg[0]);
#endif
}

static void read_write(char **arg)
{
	open_it(arg[0], O_RDWR);
}

static void write_only(char **arg)
{
	open_it(arg[0], O_WRONLY);
}

static void create(char **arg)
{
	must(creat(arg[0], 0600), arg[0]);
}

static void path_only(char **arg)
{
	open_it(arg[0], O_PATH);
}

static void path_reopened(char **arg)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", open_it(arg[0], O_PATH));
	open_it(link, O_RDONLY);
}

static void by_handle(char **arg)
{
	struct {
		struct file_handle handle;
		unsigned char bytes[MAX_HANDLE_SZ];
	} it = { .handle.handle_bytes = MAX_HANDLE_SZ };
	int directory = open_it(arg[0], O_RDONLY | O_DIRECTORY);
	int mount;

	must(name_to_handle_at(directory, arg[1], &it.handle, &mount, 0), "name_to_handle_at");
	must(open_by_handle_at(directory, &it.handle, O_RDONLY), "open_by_handle_at");
}

static void below_chroot(char **arg)
{
	must(chroot(arg[0]), arg[0]);
	open_it(arg[1], O_RDONLY);
}

static void create_below_chroot(char **arg)
{
	must(chroot(arg[0]), arg[0]);
	create(arg + 1);
}

static void *open_path(void *path)
{
	open_it(path, O_RDONLY);
	return NULL;
}

static void thread(char **arg)
{
	in_thread(open_path, arg[0]);
}

static void *open_own_task(void *path)
{
	char own[256];

	snprintf(own, sizeof(own), "/proc/%d/task/%d/%s", getpid(), gettid(), (char *)path);
	open_it(own, O_RDONLY);
	return NULL;
}

static void task_directory(char **arg)
{
	in_thread(open_own_task, arg[0]);
}

static void mapped(char **arg)
{
	int fd = open_it(arg[0], O_RDONLY);

	must(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0, "mmap");
}

static void duplicated(char **arg)
{
	int fd = open_it(arg[0], O_RDONLY);
	char byte;

	must(read(must(dup(fd), "dup"), &byte, 1), "read");
	must(read(must(fcntl(fd, F_DUPFD, 100), "fcntl"), &byte, 1), "read");
	must(read(must(dup2(fd, 200), "dup2"), &byte, 1), "read");
}

/* Prints the child's pid. */
static void forked(char **arg)
{
	pid_t child = must(fork(), "fork");

	if (!child) {
		open_it(arg[0], O_RDONLY);
		_exit(0);
	}
	succeed(child);
	printf("%d\n", child);
}

/* The same, from a child that borrows our memory. */
static void vforked(char **arg)
{
	pid_t child = must(vfork(), "vfork");

	if (!child)
		_exit(open(arg[0], O_RDONLY) < 0);
	succeed(child);
	printf("%d\n", child);
}

/* Opens, tells its pid, and makes the next process get the same one. */
static void pid_reused(char **arg)
{
	pid_t wanted = 0;

	for (int tries = 0; tries < 1000; tries++) {
		FILE *last = fopen("/proc/sys/kernel/ns_last_pid", "w");
		pid_t child;

		if (!last)
			must(-1, "ns_last_pid");
		if (wanted)
			fprintf(last, "%d", wanted - 1);
		fclose(last);
		child = must(fork(), "fork");
		if (!child) {
			if (!wanted)
				execlp(arg[0], arg[0], arg[2], NULL);
			if (getpid() == wanted)
				execlp(arg[1], arg[1], arg[2], NULL);
			_exit(wanted ? 0 : 1);
		}
		succeed(child);
		if (child == wanted) {
			printf("%d\n", wanted);
			return;
		}
		if (!wanted)
			wanted = child;
	}
	errno = EAGAIN;
	must(-1, "the same pid again");
}

static void examined(char **arg)
{
	struct stat status;
	char link[256];

	must(stat(arg[0], &status), "stat");
	must(access(arg[0], R_OK), "access");
	must(readlink("/proc/self/exe", link, sizeof(link)), "readlink");
}

/* ---- Many opens ------------------------------------------------------------------------------- */

struct loop {
	long times;
	char **paths; /* NULL at the end */
};

static void *open_again_and_again(void *argument)
{
	const struct loop *loop = argument;

	for (long i = 0; i < loop->times; i++)
		for (char **path = loop->paths; *path; path++)
			close(open_it(*path, O_RDONLY));
	return NULL;
}

/* THREADS TIMES PATH...: each thread opens each path so often. */
static void threads(char **arg)
{
	struct loop loop = { .times = atol(arg[1]), .paths = arg + 2 };
	pthread_t all[64];
	int count = atoi(arg[0]);

	for (int i = 0; i < count; i++) {
		errno = pthread_create(&all[i], NULL, open_again_and_again, &loop);
		must(errno ? -1 : 0, "pthread_create");
	}
	for (int i = 0; i < count; i++)
		pthread_join(all[i], NULL);
}

/* PROCESSES PATH: so many children open it once each. */
static void processes(char **arg)
{
	for (int i = atoi(arg[0]); i > 0; i--) {
		pid_t child = must(fork(), "fork");

		if (!child) {
			open_it(arg[1], O_RDONLY);
			_exit(0);
		}
		succeed(child);
	}
}

/* Opens, and prints when: nanoseconds since the Unix epoch. */
static void timed(char **arg)
{
	struct timespec now;

	must(clock_gettime(CLOCK_REALTIME, &now), "clock_gettime");
	open_it(arg[0], O_RDONLY);
	printf("%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
}

/* ---- Executions: FILE ARGV0 ARGUMENT... -------------------------------------------------------- */

static void execute(char **arg)
{
	must(execv(arg[0], arg + 1), arg[0]);
}

static void execute_descriptor(char **arg)
{
	must(syscall(SYS_execveat, open_it(arg[0], O_PATH), "", arg + 1, environ, AT_EMPTY_PATH),
	     arg[0]);
}

static void execute_deleted(char **arg)
{
	int fd = open_it(arg[0], O_PATH);

	must(unlink(arg[0]), arg[0]);
	must(syscall(SYS_execveat, fd, "", arg + 1, environ, AT_EMPTY_PATH), arg[0]);
}

/* SOURCE NAME ARGV0 ARGUMENT...: a copy of SOURCE in memory. */
static void execute_memory(char **arg)
{
	int source = open_it(arg[0], O_RDONLY);
	int memory = must(memfd_create(arg[1], MFD_CLOEXEC), "memfd_create");

	while (must(sendfile(memory, source, NULL, 1 << 20), "sendfile"))
		;
	must(syscall(SYS_execveat, memory, "", arg + 2, environ, AT_EMPTY_PATH), arg[1]);
}

static void *execute_path(void *arg)
{
	execute(arg);
	return NULL;
}

static void execute_in_thread(char **arg)
{
	in_thread(execute_path, arg);
}

/* Prints the child's pid. */
static void execute_vforked(char **arg)
{
	pid_t child = must(vfork(), "vfork");

	if (!child) {
		execv(arg[0], arg + 1);
		_exit(1);
	}
	succeed(child);
	printf("%d\n", child);
}

/* ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	void (*take)(char **arguments);
} ways[] = {
	{ "open", legacy_open },
	{ "openat", openat_directory },
	{ "open-as", open_as },
	{ "open-beside", open_beside },
	{ "openat2-in-root", openat2_in_root },
	{ "openat2-no-links", openat2_no_links },
	{ "compat", compat_open },
	{ "read-write", read_write },
	{ "write-only", write_only },
	{ "create", create },
	{ "path-only", path_only },
	{ "path-reopened", path_reopened },
	{ "by-handle", by_handle },
	{ "below-chroot", below_chroot },
	{ "create-below-chroot", create_below_chroot },
	{ "thread", thread },
	{ "task-directory", task_directory },
	{ "mapped", mapped },
	{ "duplicated", duplicated },
	{ "forked", forked },
	{ "vforked", vforked },
	{ "pid-reused", pid_reused },
	{ "examined", examined },
	{ "threads", threads },
	{ "processes", processes },
	{ "timed", timed },
	{ "execute", execute },
	{ "execute-descriptor", execute_descriptor },
	{ "execute-deleted", execute_deleted },
	{ "execute-memory", execute_memory },
	{ "execute-in-thread", execute_in_thread },
	{ "execute-vforked", execute_vforked },
};

int main(int count, char **argv)
{
	for (size_t i = 0; count > 2 && i < sizeof(ways) / sizeof(*ways); i++) {
		if (!strcmp(ways[i].name, argv[1])) {
			ways[i].take(argv + 2);
			return 0;
		}
	}
	fprintf(stderr, "no such way\n");
	return 1;
}
