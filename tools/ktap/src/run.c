// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Running a program
 *
 * One loop waits for records, for signals and for the reader of the output to go
 * away. The session ends when the kernel says so; what happens here only asks
 * for it.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "run.h"
#include "tracefs.h"

#define READ_SIZE	(4 * KTAP_REC_MAX)

/*
 * Who waits for records is woken by the next one, which costs more than the record.
 * So where few came at once, as in reads of less than so many bytes, more are let
 * come for a while that nobody sees.
 */
#define READ_FEW	4096
#define REST_MS		4

/* Exit status of a program that was ended by SIGINT. */
#define EXIT_INTERRUPTED	130

/**
 * struct run - a session
 * @opt: how to run
 * @image: the program
 * @src: its text, or NULL
 * @fd: the control file
 * @sigfd: signals
 * @pidfd: the process that is traced; -1 for none
 * @mask: signals that were blocked before
 * @cmd: the command that is traced
 * @output: what the script prints
 * @nr_events: events of the program
 * @interrupts: how often the user asked to end
 * @tracing: handlers run, as far as is known here
 * @few: few records came
 * @ended: the last record was read
 * @failed: the script failed
 * @status: exit status of the script
 * @cmd_failed: exit status if the command could not be executed, or 0
 */
struct run {
	const struct run_options *opt;
	const struct image_view *image;
	struct source *src;
	int fd;
	int sigfd;
	int pidfd;
	sigset_t mask;
	struct command cmd;
	struct output output;
	uint32_t nr_events;
	unsigned int interrupts;
	bool tracing;
	bool few;
	bool ended;
	bool failed;
	int status;
	int cmd_failed;
};

/* What helps against each kind of loss. */
static const char * const stat_help[KTAP_STAT_NR] = {
	[KTAP_STAT_RING_FULL] = "--buffer makes it larger",
	[KTAP_STAT_TOO_LONG] = "print less at once",
	[KTAP_STAT_HEAP_FULL] = "-m gives more",
	[KTAP_STAT_LOCK_BUSY] = "use fewer tables in handlers of interrupts",
	[KTAP_STAT_MISSED] = "trace fewer functions at once",
	[KTAP_STAT_TICKS] = "let it do less, or less often",
	[KTAP_STAT_BAD_READ] = "they gave nil",
	[KTAP_STAT_TAB_GONE] = "keep tables in variables as long as they are used",
};

#define STAT_TEXT(id, nr, text)			\
	[nr] = text,
static const char * const stat_text[KTAP_STAT_NR] = {
	___KTAP_STAT_MAPPER(STAT_TEXT)
};

#undef STAT_TEXT

static void show_lines(const char *text)
{
	if (*text)
		fprintf(stderr, "%s\n", text);
}

static const char *log_or_errno(const struct strbuf *log, int err)
{
	return log->len ? log->str : strerror(err);
}

/* Gives the program to the kernel. */
static bool load(struct run *run)
{
	struct strbuf log = { 0 };
	int ret = ktap_load_image(run->fd, run->image, &run->opt->limits, &log);

	if (ret == -ENOTTY || ret == -EOPNOTSUPP || (ret == -E2BIG && !log.len))
		ktap_msg("this kernel has another version of ktap: %s",
			 strerror(-ret));
	else if (ret && log.len)
		ktap_msg("the kernel refuses the program:");
	else if (ret)
		ktap_msg("the kernel refuses the program: %s", strerror(-ret));
	if (ret || run->opt->verbose)
		show_lines(log.str);
	ktap_strbuf_destroy(&log);
	return !ret;
}

static void event_error(const struct run *run, uint32_t nr, const char *text,
			int err)
{
	const struct ktap_img_event *event;
	struct linecol lc;
	const char *spec, *lines;
	uint32_t nr_events;
	size_t len;

	event = ktap_image_section(run->image, KTAP_SEC_EVENT, &nr_events);
	event += nr;
	lc = (struct linecol){ event->line, event->col };
	/* A text of several lines shows a place in the filter. */
	lines = strchr(text, '\n');
	fprintf(stderr, "%s:%u:%u: error: %s\n", ktap_image_name(run->image),
		lc.line, lc.col, lines ? "the kernel refuses the filter" : text);
	if (run->src)
		ktap_show_line(run->src, lc, stderr);
	if (lines)
		show_lines(text);
	if (err != ENOENT ||
	    !ktap_image_string(run->image, event->spec, &spec, &len) ||
	    spec + len >= run->image->data + run->image->size || spec[len])
		return;
	if (event->kind == KTAP_PROBE_EVENT)
		ktap_tracefs_suggest(run->opt->tracefs, spec, stderr);
	else if (event->kind == KTAP_PROBE_FUNC)
		ktap_tracefs_suggest_function(run->opt->tracefs, spec, stderr);
}

/* Whose events are wanted. */
static void set_target(const struct run *run, struct start *start)
{
	const struct run_options *opt = run->opt;

	if (opt->dry)
		start->flags |= KTAP_START_DRY;
	if (opt->one_cpu) {
		start->flags |= KTAP_START_CPU;
		start->cpu = opt->cpu;
	}
	if (opt->pid) {
		start->flags |= KTAP_START_PID;
		start->pid = opt->pid;
		if (opt->children)
			start->flags |= KTAP_START_CHILDREN;
	} else if (run->cmd.argv && !opt->all) {
		/* Not what is done here to execute it. */
		start->flags |= KTAP_START_PID | KTAP_START_CHILDREN |
				KTAP_START_EXEC;
		start->pid = run->cmd.pid;
	}
}

static void show_attached(const struct run *run, const struct start *start,
			  const struct strbuf *log)
{
	if (run->opt->verbose)
		ktap_msg("%u event%s attached", start->attached,
			 start->attached == 1 ? "" : "s");
	if (start->skipped)
		ktap_msg("%u function%s of a glob cannot be probed%s",
			 start->skipped, start->skipped == 1 ? "" : "s",
			 run->opt->verbose ? ":" : "; -v names them");
	if (run->opt->verbose)
		show_lines(log->str);
}

static bool attach(struct run *run)
{
	struct strbuf log = { 0 };
	struct start start = { 0 };
	int ret;

	set_target(run, &start);
	ret = ktap_load_start(run->fd, &log, &start);
	if (ret && start.event < run->nr_events)
		event_error(run, start.event, log_or_errno(&log, -ret), -ret);
	else if (ret)
		ktap_msg("cannot start: %s", log_or_errno(&log, -ret));
	else
		show_attached(run, &start, &log);
	ktap_strbuf_destroy(&log);
	return !ret;
}

/* Asks for the end; it comes as a record. */
static void stop(struct run *run, bool now)
{
	run->tracing = false;
	/* A session that has ended already does not mind. */
	ktap_load_stop(run->fd, now);
}

static void on_running(struct run *run)
{
	run->tracing = run->nr_events;
	if (run->cmd.argv) {
		ktap_command_go(&run->cmd);
		return;
	}
	if (!run->nr_events) {
		stop(run, false);
		return;
	}
	if (!run->opt->quiet && isatty(STDERR_FILENO)) {
		ktap_output_flush(&run->output);
		fputs("Tracing\xe2\x80\xa6 Hit Ctrl-C to end.\n", stderr);
	}
}

static void on_error(struct run *run, const struct ktap_rec *rec)
{
	struct strbuf text = { 0 };

	run->failed = true;
	/* In its place among what was printed. */
	ktap_output_flush(&run->output);
	ktap_record_error(rec, run->image, &text);
	if (text.len)
		fwrite(text.str, 1, text.len, stderr);
	ktap_strbuf_destroy(&text);
}

static void on_drops(const struct run *run, const struct ktap_rec *rec)
{
	const struct ktap_rec_drops *drops;
	const char *name;
	size_t len;

	drops = ktap_record_body(rec, &len);
	if (len < sizeof(*drops) ||
	    !ktap_image_string(run->image, drops->name, &name, &len))
		return;
	ktap_msg("table '%.*s' lost %llu entr%s, the memory was full; %s",
		 (int)len, name, (unsigned long long)drops->count,
		 drops->count == 1 ? "y" : "ies",
		 stat_help[KTAP_STAT_HEAP_FULL]);
}

static void on_end(struct run *run, const struct ktap_rec *rec)
{
	const struct ktap_rec_end *end;
	size_t len;

	end = ktap_record_body(rec, &len);
	run->ended = true;
	if (len < sizeof(*end))
		return;
	run->status = end->status & 0xff;
	if (end->flags & KTAP_END_ERROR)
		run->failed = true;
}

static void on_record(struct run *run, const struct ktap_rec *rec)
{
	switch (rec->type) {
	case KTAP_REC_RUNNING:
		on_running(run);
		break;
	case KTAP_REC_PRINT:
	case KTAP_REC_PRINTF:
	case KTAP_REC_AGG:
	case KTAP_REC_ITEM:
	case KTAP_REC_AGG_END:
		ktap_output_record(&run->output, rec);
		break;
	case KTAP_REC_ERROR:
		on_error(run, rec);
		break;
	case KTAP_REC_DROPS:
		ktap_output_flush(&run->output);
		on_drops(run, rec);
		break;
	case KTAP_REC_END:
		on_end(run, rec);
		break;
	default:
		/* From a newer kernel, and nothing that must be known. */
		break;
	}
}

/* Reads what there is. Returns false if there will be nothing more. */
static bool read_records(struct run *run, char *buf)
{
	const struct ktap_rec *rec;
	struct record_reader rr;
	ssize_t nr;

	nr = read(run->fd, buf, READ_SIZE);
	if (nr < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (nr < 0) {
		ktap_msg("cannot read from the kernel: %s", strerror(errno));
		run->failed = true;
		return false;
	}
	run->few = nr < READ_FEW;
	rr.pos = buf;
	rr.end = buf + nr;
	while ((rec = ktap_record_next(&rr)))
		on_record(run, rec);
	if (rr.pos != rr.end) {
		ktap_msg("what the kernel sent makes no sense");
		run->failed = true;
		return false;
	}
	return nr > 0;
}

static void on_interrupt(struct run *run)
{
	run->interrupts++;
	stop(run, run->interrupts > 1);
}

static void on_child(struct run *run)
{
	if (!ktap_command_reap(&run->cmd))
		return;
	run->cmd_failed = ktap_command_result(&run->cmd);
	if (run->opt->verbose && WIFSIGNALED(run->cmd.status))
		ktap_msg("the command was killed by signal %d",
			 WTERMSIG(run->cmd.status));
	else if (run->opt->verbose)
		ktap_msg("the command ended with status %d",
			 WEXITSTATUS(run->cmd.status));
	stop(run, false);
}

static void on_process_end(struct run *run)
{
	if (run->opt->verbose)
		ktap_msg("process %d has ended", run->opt->pid);
	stop(run, false);
}

static void read_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->sigfd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			on_child(run);
		else
			on_interrupt(run);
	}
}

static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) || S_ISREG(st.st_mode);
}

/* Nobody reads the output any more, which is as good as an interrupt. */
static bool output_gone(struct run *run)
{
	int err = run->output.err;

	if (!err)
		return false;
	if (err != -EPIPE) {
		ktap_msg("cannot write: %s", strerror(-err));
		run->failed = true;
	}
	stop(run, true);
	return true;
}

/* Returns what poll() does for all but the records. */
static int rest(struct run *run, struct pollfd *fds, nfds_t nr)
{
	int ready;

	run->few = false;
	ktap_output_flush(&run->output);
	fds[0].fd = -1;
	ready = poll(fds, nr, REST_MS);
	fds[0].fd = run->fd;
	return ready;
}

static void loop(struct run *run, char *buf)
{
	struct pollfd fds[] = {
		{ .fd = run->fd, .events = POLLIN },
		{ .fd = run->sigfd, .events = POLLIN },
		{ .fd = is_regular(run->opt->out) ? -1 : run->opt->out },
		{ .fd = run->pidfd, .events = POLLIN },
	};
	bool gone = false;
	int ready;

	while (!run->ended && !gone) {
		if (run->tracing && run->few)
			ready = rest(run, fds, ARRAY_SIZE(fds));
		else
			ready = 0;
		if (!ready)
			ready = poll(fds, ARRAY_SIZE(fds), 0);
		if (!ready) {
			/* Two interrupts, and the kernel has no more to say. */
			if (run->interrupts > 1)
				break;
			ktap_output_flush(&run->output);
			ready = poll(fds, ARRAY_SIZE(fds), -1);
		}
		if (ready < 0)
			continue;
		if (fds[1].revents)
			read_signals(run);
		if (fds[0].revents && !read_records(run, buf))
			break;
		if (fds[3].revents) {
			on_process_end(run);
			fds[3].fd = -1;
		}
		if (fds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
			run->output.err = -EPIPE;
		gone = output_gone(run);
	}
	ktap_output_finish(&run->output);
	ktap_output_flush(&run->output);
	/* The last lines may be what could not be written. */
	if (run->ended && !gone)
		output_gone(run);
}

static void show_stats(const struct run *run)
{
	uint64_t stats[KTAP_STAT_NR], heap_size, heap_used;
	uint32_t i;

	if (ktap_load_stats(run->fd, stats, &heap_size, &heap_used))
		return;
	for (i = 0; i < KTAP_STAT_NR; i++) {
		if (!run->opt->stats && (i < KTAP_STAT_RING_FULL || !stats[i]))
			continue;
		ktap_msg("%llu %s%s%s", (unsigned long long)stats[i],
			 stat_text[i],
			 stats[i] && stat_help[i] ? "; " : "",
			 stats[i] && stat_help[i] ? stat_help[i] : "");
	}
	if (run->opt->stats)
		ktap_msg("%llu of %llu bytes of memory used",
			 (unsigned long long)heap_used,
			 (unsigned long long)heap_size);
}

static bool open_signals(struct run *run)
{
	struct sigaction ign = { .sa_handler = SIG_IGN };
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t set;

	sigaction(SIGPIPE, &ign, NULL);
	/* Ignored, it would not tell of the end of the command. */
	sigaction(SIGCHLD, &dfl, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &run->mask);
	run->sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->sigfd < 0)
		ktap_msg("cannot wait for signals: %s", strerror(errno));
	return run->sigfd >= 0;
}

/* What tells of the end of the process that is traced. */
static bool open_process(struct run *run)
{
	if (!run->opt->pid)
		return true;
	run->pidfd = syscall(SYS_pidfd_open, run->opt->pid, 0);
	if (run->pidfd >= 0)
		return true;
	if (errno == ESRCH || errno == EINVAL || errno == ENOENT)
		ktap_msg("there is no process %d", run->opt->pid);
	else
		ktap_msg("cannot wait for process %d: %s", run->opt->pid,
			 strerror(errno));
	return false;
}

static int trace(struct run *run)
{
	char *buf;

	if (!load(run) || !open_signals(run) || !open_process(run))
		return KTAP_EXIT_FAILED;
	if (run->cmd.argv && ktap_command_fork(&run->cmd, run->fd, &run->mask))
		return KTAP_EXIT_FAILED;
	if (!attach(run))
		return KTAP_EXIT_FAILED;

	buf = ktap_alloc(READ_SIZE);
	loop(run, buf);
	free(buf);
	show_stats(run);
	if (run->cmd_failed)
		return run->cmd_failed;
	if (run->failed)
		return run->status ? run->status : KTAP_EXIT_FAILED;
	if (!run->ended && run->interrupts)
		return EXIT_INTERRUPTED;
	return run->status;
}

static void show_kernel(const struct run *run)
{
	struct ktap_query query;

	if (!ktap_load_query(run->fd, &query))
		ktap_msg("kernel: version %u, %u instructions, %u variables, %u functions",
			 query.abi_version, query.nr_ops, query.nr_vars,
			 query.nr_funcs);
}

/**
 * ktap_run - Run a program
 * @opt: how
 * @image: the program
 * @src: its text for messages, or NULL
 *
 * Return: The exit status.
 */
int ktap_run(const struct run_options *opt, const struct image_view *image,
	     struct source *src)
{
	struct run run = {
		.opt = opt,
		.image = image,
		.src = src,
		.sigfd = -1,
		.pidfd = -1,
		.cmd = { .go = -1, .failed = -1 },
		.output = {
			.fd = opt->out,
			.image = image,
			.stamps = opt->stamps,
		},
	};
	int ret = 0;

	ktap_image_section(image, KTAP_SEC_EVENT, &run.nr_events);
	if (opt->command)
		ret = ktap_command_find(&run.cmd, opt->command);
	if (!ret) {
		run.fd = ktap_tracefs_open(opt->tracefs);
		ret = run.fd < 0 ? KTAP_EXIT_FAILED : 0;
	} else {
		run.fd = -1;
	}
	if (!ret) {
		if (opt->verbose)
			show_kernel(&run);
		ret = trace(&run);
	}

	ktap_command_end(&run.cmd);
	ktap_output_destroy(&run.output);
	if (run.sigfd >= 0)
		close(run.sigfd);
	if (run.pidfd >= 0)
		close(run.pidfd);
	if (run.fd >= 0)
		close(run.fd);
	return ret;
}
