// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The command that is traced
 *
 * Its process is made before tracing begins, and waits until the events are
 * enabled. All that it needs is prepared before it waits, so that what is traced
 * first is its execve(). When ktap ends for whatever reason, the pipe on which it
 * waits is closed, and it ends, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

/* Exit status as a shell has it. */
#define EXIT_NOEXEC	126
#define EXIT_NOENT	127

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

/* Gives the file of a command, or what is the best to fail with. */
static char *find_path(const char *name)
{
	const char *dirs = getenv("PATH"), *end;
	struct strbuf path = { 0 };
	char *found = NULL;

	if (!dirs || strchr(name, '/'))
		return strdup(name);
	for (;; dirs = end + 1) {
		end = strchr(dirs, ':');
		if (!end)
			end = dirs + strlen(dirs);
		path.len = 0;
		ktap_strbuf_addf(&path, "%.*s%s%s", (int)(end - dirs), dirs,
				 end == dirs ? "" : "/", name);
		if (is_file(path.str)) {
			if (!found || !access(path.str, X_OK)) {
				free(found);
				found = strdup(path.str);
			}
			if (!access(path.str, X_OK))
				break;
		}
		if (!*end)
			break;
	}
	ktap_strbuf_destroy(&path);
	return found ? found : strdup(name);
}

static int no_command(const char *name, int err)
{
	ktap_msg("cannot run '%s': %s", name,
		 err == ENOENT ? "command not found" : strerror(err));
	return err == ENOENT ? EXIT_NOENT : EXIT_NOEXEC;
}

/**
 * ktap_command_find - Find the file of a command
 * @cmd: the command
 * @argv: its name and arguments
 *
 * Return: 0, or the exit status if it cannot be run, which was told.
 */
int ktap_command_find(struct command *cmd, char **argv)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->argv = argv;
	cmd->go = -1;
	cmd->failed = -1;
	cmd->path = find_path(argv[0]);
	if (!cmd->path)
		return no_command(argv[0], ENOMEM);
	if (access(cmd->path, F_OK))
		return no_command(argv[0], errno);
	if (!is_file(cmd->path) || access(cmd->path, X_OK))
		return no_command(argv[0], EACCES);
	return 0;
}

/* A script without an interpreter line is for the shell. */
static void exec_shell(const struct command *cmd)
{
	size_t nr = 0, i;
	char **argv;

	while (cmd->argv[nr])
		nr++;
	argv = calloc(nr + 2, sizeof(*argv));
	if (!argv)
		return;
	argv[0] = strdup("/bin/sh");
	argv[1] = cmd->path;
	for (i = 1; i < nr; i++)
		argv[i + 1] = cmd->argv[i];
	if (argv[0])
		execv(argv[0], argv);
}

static void child(const struct command *cmd, int go, int failed,
		  const sigset_t *mask)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	ssize_t nr;
	char c;
	int err;

	sigaction(SIGPIPE, &dfl, NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	do
		nr = read(go, &c, 1);
	while (nr < 0 && errno == EINTR);
	if (nr != 1)
		_exit(KTAP_EXIT_FAILED);

	execv(cmd->path, cmd->argv);
	if (errno == ENOEXEC)
		exec_shell(cmd);
	err = errno;
	if (write(failed, &err, sizeof(err)) != sizeof(err))
		_exit(EXIT_NOEXEC);
	_exit(err == ENOENT ? EXIT_NOENT : EXIT_NOEXEC);
}

/**
 * ktap_command_fork - Make the process of a command
 * @cmd: a command that was found
 * @close_fd: a file that it must not keep
 * @mask: signals that are blocked in it
 *
 * Return: 0, or -1 if that failed, which was told.
 */
int ktap_command_fork(struct command *cmd, int close_fd, const sigset_t *mask)
{
	int go[2], failed[2];

	if (pipe2(go, O_CLOEXEC)) {
		ktap_msg("cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	if (pipe2(failed, O_CLOEXEC)) {
		ktap_msg("cannot make a pipe: %s", strerror(errno));
		goto close_go;
	}
	cmd->pid = fork();
	if (cmd->pid < 0) {
		ktap_msg("cannot make a process: %s", strerror(errno));
		cmd->pid = 0;
		goto close_failed;
	}
	if (!cmd->pid) {
		close(close_fd);
		close(go[1]);
		close(failed[0]);
		child(cmd, go[0], failed[1], mask);
	}
	close(go[0]);
	close(failed[1]);
	cmd->go = go[1];
	cmd->failed = failed[0];
	return 0;

close_failed:
	close(failed[0]);
	close(failed[1]);
close_go:
	close(go[0]);
	close(go[1]);
	return -1;
}

static void close_go(struct command *cmd)
{
	if (cmd->go >= 0)
		close(cmd->go);
	cmd->go = -1;
}

/**
 * ktap_command_go - Let a command run
 * @cmd: its process waits
 */
void ktap_command_go(struct command *cmd)
{
	if (cmd->go < 0)
		return;
	/* If it is not there any more, that will be seen. */
	ktap_write_all(cmd->go, "", 1);
	close_go(cmd);
}

/**
 * ktap_command_reap - See if a command has ended
 * @cmd: the command
 *
 * Return: True if it has ended since the last call.
 */
bool ktap_command_reap(struct command *cmd)
{
	if (!cmd->pid || waitpid(cmd->pid, &cmd->status, WNOHANG) != cmd->pid)
		return false;
	cmd->pid = 0;
	return true;
}

/**
 * ktap_command_result - Tell if a command could not be executed
 * @cmd: a command that has ended
 *
 * Return: 0 if it was executed, else the exit status for that.
 */
int ktap_command_result(const struct command *cmd)
{
	int err;

	if (cmd->failed < 0 ||
	    read(cmd->failed, &err, sizeof(err)) != sizeof(err))
		return 0;
	/* The command itself was found, so this is its interpreter. */
	ktap_msg("cannot run '%s': %s%s", cmd->argv[0],
		 err == ENOENT ? "its interpreter: " : "", strerror(err));
	return err == ENOENT ? EXIT_NOENT : EXIT_NOEXEC;
}

/**
 * ktap_command_end - Get rid of a command
 * @cmd: the command, in any state
 *
 * If it still runs it is asked to end, as there is nobody who waits for it.
 */
void ktap_command_end(struct command *cmd)
{
	bool waits = cmd->go >= 0;

	close_go(cmd);
	if (cmd->pid) {
		if (waits)
			waitpid(cmd->pid, &cmd->status, 0);
		else
			kill(cmd->pid, SIGTERM);
	}
	if (cmd->failed >= 0)
		close(cmd->failed);
	cmd->failed = -1;
	cmd->pid = 0;
	free(cmd->path);
	cmd->path = NULL;
}
