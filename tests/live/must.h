/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of these tests have in common: a call that fails ends them, with a reason. */
#ifndef MUST_H
#define MUST_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>

static int must(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
		exit(1);
	}
	return result;
}

static void succeed(pid_t child)
{
	int status;

	must(waitpid(child, &status, 0), "waitpid");
	if (status) {
		fprintf(stderr, "child: status %d\n", status);
		exit(1);
	}
}

#endif
