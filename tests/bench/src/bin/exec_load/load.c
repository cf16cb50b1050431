/*
 * Executes a program at a steady rate: load TINY RATE SECONDS. Prints how many and in how many nanoseconds.
 *
 * vfork and execve alone, so that what is measured is an execution and not its preparation. SIGCHLD is
 * ignored: the kernel reaps.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(int argc, char **argv)
{
	char *const arguments[] = { argc > 3 ? argv[1] : NULL, NULL };
	long long rate, end, begin = now();
	long count = 0;

	if (argc != 4)
		return 2;
	rate = atoll(argv[2]);
	end = begin + atoll(argv[3]) * 1000000000ll;
	signal(SIGCHLD, SIG_IGN);
	while (now() < end) {
		/* Against the beginning: what one execution took longer, the next take less. */
		long long next = begin + 1000000000ll * ++count / rate;
		struct timespec until = { next / 1000000000ll, next % 1000000000ll };

		if (!vfork()) {
			execv(arguments[0], arguments);
			_exit(127);
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	}
	printf("%ld %lld\n", count, now() - begin);
	return 0;
}
