/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - A process of a test that sees other files
 */
#ifndef _KTAP_TESTS_INSIDE_H
#define _KTAP_TESTS_INSIDE_H

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process whose files are those of a directory, or -1. */
static pid_t begin_inside(const char *root)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (geteuid() && unshare(CLONE_NEWUSER))
			_exit(1);
		if (!chroot(root) && write(fds[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(fds[1]);
	if (pid > 0 && read(fds[0], &c, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(fds[0]);
	return pid;
}

static void end_inside(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif /* _KTAP_TESTS_INSIDE_H */
