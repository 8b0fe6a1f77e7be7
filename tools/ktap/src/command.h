/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - The command that is traced
 */
#ifndef _KTAP_COMMAND_H
#define _KTAP_COMMAND_H

#include <signal.h>
#include <sys/types.h>

#include "util.h"

/**
 * struct command - a command that waits to be let go, or runs
 * @argv: its name and arguments
 * @path: its file
 * @pid: its process; 0 if there is none (any more)
 * @go: what is closed, or written to, to let it end, or run
 * @failed: where it says why it cannot be executed
 * @status: of waitpid(), when it has ended
 */
struct command {
	char **argv;
	char *path;
	pid_t pid;
	int go;
	int failed;
	int status;
};

int ktap_command_find(struct command *cmd, char **argv);
int ktap_command_fork(struct command *cmd, int close_fd, const sigset_t *mask);
void ktap_command_go(struct command *cmd);
bool ktap_command_reap(struct command *cmd);
int ktap_command_result(const struct command *cmd);
void ktap_command_end(struct command *cmd);

#endif /* _KTAP_COMMAND_H */
