// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Running a program
 *
 * One loop waits for records, for signals and for the reader of the output to go
 * away. The session ends when the kernel says so; what happens here only asks
 * for it. Where the output is not read, that waits for its reader and for signals.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "picture.h"
#include "run.h"
#include "spec.h"
#include "suggest.h"
#include "tracefs.h"

#define READ_SIZE	(4 * KTAP_REC_MAX)

/*
 * Who waits for records is woken by the next one, which costs more than the record.
 * So where few came at once, as in reads of less than so many bytes, more are let
 * come for a while that nobody sees.
 */
#define READ_FEW	4096
#define REST_MS		4

/* What is mapped comes in bursts as well. */
#define MAPS_REST_MS	10

/*
 * A screen that no tick draws is complete if nothing was added for so long. The end of a
 * tick is told, so where there are ticks that is waited for.
 */
#define SCREEN_MS	200
#define SCREEN_TICK_MS	5000

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
 * @usym: what names addresses of user code
 * @picture: what it prints, as far as that is drawn
 * @specs: what it prints and may not be shown
 * @nr_events: events of the program
 * @watch: what is looked at while output waits for its reader
 * @interrupts: how often the user asked to end
 * @tracing: handlers run, as far as is known here
 * @few: few records came
 * @ended: the last record was read
 * @dropped: output that nobody reads was left out when the user asked again
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
	struct usym usym;
	struct picture picture;
	struct specs specs;
	uint32_t nr_events;
	struct watch watch;
	unsigned int interrupts;
	bool tracing;
	bool few;
	bool ended;
	bool dropped;
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
	[KTAP_STAT_UNCOUNTED] = "trace fewer perf events at once",
	[KTAP_STAT_BAD_READ] = "they gave nil",
	[KTAP_STAT_NO_SPEC] = "commit or discard each",
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

/* Shows one of the verifier's warnings, which begin with a place. */
static void show_warning(const struct run *run, const char *text)
{
	const char *reg = strstr(text, ": register r"), *arg = strstr(text, ": argument ");
	const char *name = ktap_image_name(run->image);
	size_t len = strlen(name);
	struct linecol lc;
	int end = 0;

	if (strncmp(text, name, len) ||
	    sscanf(text + len, ":%u:%u: insn %n", &lc.line, &lc.col, &end) != 2 || !end) {
		ktap_msg("warning: %s", text);
		return;
	}
	/* Neither instructions nor registers mean anything to a person. */
	fprintf(stderr, "%s:%u:%u: warning: %s%s\n", name, lc.line, lc.col,
		reg ? "a value" : "", reg ? strstr(reg, " is ") :
		arg ? arg + 2 : text + len + end);
	if (run->src)
		ktap_show_line(run->src, lc, stderr);
}

static void show_warnings(const struct run *run, char *log)
{
	char *line;

	for (line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
		show_warning(run, line);
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
	if (ret)
		show_lines(log.str);
	else if (log.len && !run->opt->quiet)
		show_warnings(run, log.str);
	ktap_strbuf_destroy(&log);
	return !ret;
}

/* A string of the image, which ends in it; NULL if there is none. */
static const char *image_text(const struct run *run, uint32_t nr)
{
	const char *text;
	size_t len;

	if (nr == KTAP_IMG_NONE || !ktap_image_string(run->image, nr, &text, &len) ||
	    text + len >= run->image->data + run->image->size || text[len])
		return NULL;
	return text;
}

/* What is between the last two quotes of a message. */
static char *last_quoted(const char *text)
{
	const char *end = strrchr(text, '\''), *start = end;

	while (start && start > text && start[-1] != '\'')
		start--;
	return start && start > text ? strndup(start, end - start) : NULL;
}

/* What trace events have in place of a field that they do not have. */
static void suggest_fields(const struct run *run, const struct ktap_img_event *event,
			   const char *spec, const char *text, bool in_filter)
{
	const char *filter = image_text(run, event->filter);
	char *name;

	if (in_filter) {
		if (filter && strstr(text, "Field not found"))
			ktap_suggest_filter(run->opt->tracefs, spec, filter, stderr);
		return;
	}
	if (!strstr(text, "has no field"))
		return;
	name = last_quoted(text);
	if (name)
		ktap_suggest_field(run->opt->tracefs, spec, name, stderr);
	free(name);
}

static void suggest(const struct run *run, const struct ktap_img_event *event,
		    const char *text, bool in_filter, int err)
{
	const char *spec = image_text(run, event->spec);
	const char *filter = image_text(run, event->filter);

	if (!spec)
		return;
	if (strstr(text, "error_log in tracefs"))
		ktap_suggest_fetch(run->opt->tracefs, stderr);
	if (event->kind == KTAP_PROBE_EVENT && err == EINVAL)
		suggest_fields(run, event, spec, text, in_filter);
	if (err != ENOENT)
		return;
	if (event->kind == KTAP_PROBE_EVENT)
		ktap_suggest_event(run->opt->tracefs, spec, stderr);
	else if (event->kind == KTAP_PROBE_FUNC)
		ktap_suggest_function(run->opt->tracefs, spec, stderr);
	else if (event->kind == KTAP_PROBE_FTRACE && filter)
		ktap_suggest_function(run->opt->tracefs, filter, stderr);
	else if (event->kind == KTAP_PROBE_MEM)
		ktap_suggest_symbol(spec, stderr);
}

static void event_error(const struct run *run, uint32_t nr, const char *text,
			int err)
{
	const struct ktap_img_event *event;
	struct linecol lc;
	const char *what = "the kernel refuses the event", *lines;
	uint32_t nr_events;

	event = ktap_image_section(run->image, KTAP_SEC_EVENT, &nr_events);
	event += nr;
	lc = (struct linecol){ event->line, event->col };
	lines = strchr(text, '\n');
	if (!lines)
		what = text;
	else if (event->filter != KTAP_IMG_NONE)
		what = "the kernel refuses the filter";
	fprintf(stderr, "%s:%u:%u: error: %s\n", ktap_image_name(run->image),
		lc.line, lc.col, what);
	if (run->src)
		ktap_show_line(run->src, lc, stderr);
	if (lines)
		show_lines(text);
	suggest(run, event, text, lines, err);
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

static void show_skipped(const struct run *run, const struct start *start,
			 const struct strbuf *log)
{
	if (start->skipped)
		ktap_msg("%u function%s of a glob cannot be probed%s",
			 start->skipped, start->skipped == 1 ? "" : "s",
			 run->opt->verbose ? ":" : "; -v names them");
	if (run->opt->verbose)
		show_lines(log->str);
}

/* What processes map is told from before the first event until after the last one. */
static void open_usym(struct run *run)
{
	const struct run_options *opt = run->opt;

	if (!ktap_image_calls(run->image, KTAP_FUNC_USTACK) &&
	    !ktap_image_calls(run->image, KTAP_FUNC_USYM))
		return;
	if (opt->pid)
		ktap_usym_open(&run->usym, opt->pid, opt->children, false);
	else if (run->cmd.argv && !opt->all)
		ktap_usym_open(&run->usym, run->cmd.pid, true, true);
	else
		ktap_usym_open(&run->usym, 0, true, false);
}

static bool attach(struct run *run)
{
	struct strbuf log = { 0 };
	struct start start = { .names = run->opt->verbose };
	int ret;

	set_target(run, &start);
	ret = ktap_load_start(run->fd, &log, &start);
	if (ret && start.event < run->nr_events)
		event_error(run, start.event, log_or_errno(&log, -ret), -ret);
	else if (ret)
		ktap_msg("cannot start: %s", log_or_errno(&log, -ret));
	else
		show_skipped(run, &start, &log);
	run->output.json.attached = start.attached;
	run->output.json.skipped = start.skipped;
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

/* Does somebody look at what is said here? */
static bool is_watched(const struct run *run)
{
	return !run->opt->quiet && isatty(STDERR_FILENO);
}

/* From now on handlers run; before main has ended they do not. */
static void show_attached(struct run *run)
{
	uint32_t nr = run->output.json.attached;

	/* In its place behind what main printed. */
	ktap_output_flush(&run->output);
	ktap_msg("%u event%s attached", nr, nr == 1 ? "" : "s");
}

static void on_running(struct run *run)
{
	if (run->opt->verbose)
		show_attached(run);
	run->tracing = run->nr_events;
	/* If main ends the script there is nothing to show. */
	run->output.dump = !run->opt->quiet && !run->opt->dry;
	if (run->cmd.argv) {
		ktap_command_go(&run->cmd);
		return;
	}
	if (!run->nr_events) {
		stop(run, false);
		return;
	}
	if (is_watched(run)) {
		ktap_output_flush(&run->output);
		fputs("Tracing\xe2\x80\xa6 Hit Ctrl-C to end.\n", stderr);
	}
}

static void on_error(struct run *run, const struct ktap_rec *rec)
{
	struct strbuf text = { 0 };

	run->failed = true;
	/* In its place among what was printed, and not in its colours. */
	ktap_output_restore(&run->output);
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

/* Is a picture wanted, or stacks in text? */
static bool draws(const struct run_options *opt)
{
	return opt->svg >= 0 || opt->folded >= 0;
}

static void show_record(void *data, const struct ktap_rec *rec)
{
	struct run *run = data;

	if (draws(run->opt))
		ktap_picture_record(&run->picture, rec);
	ktap_output_record(&run->output, rec);
}

static void on_record(struct run *run, const struct ktap_rec *rec)
{
	if (rec->type & KTAP_REC_HELD) {
		ktap_specs_hold(&run->specs, rec);
		return;
	}
	show_record(run, rec);
	switch (rec->type) {
	case KTAP_REC_RUNNING:
		on_running(run);
		break;
	case KTAP_REC_COMMIT:
	case KTAP_REC_DISCARD:
		ktap_specs_end(&run->specs, rec, show_record, run);
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
		/* All of it is output, or nothing that must be known. */
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

static void on_interrupt(struct run *run, int signo)
{
	/* The terminal shows "^C" in the line where the cursor is, unless it is stopped. */
	if (signo == SIGINT && !run->interrupts && is_watched(run) &&
	    !run->output.flushing) {
		ktap_output_flush(&run->output);
		fputc('\n', stderr);
	}
	run->interrupts += signo == SIGQUIT ? 2 : 1;
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
			on_interrupt(run, info.ssi_signo);
	}
}

static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) || S_ISREG(st.st_mode);
}

/* While output waits for its reader: is that to end? */
static bool on_blocked(void *data)
{
	struct run *run = data;

	read_signals(run);
	return run->interrupts > 1;
}

/*
 * A file that does not block, for what is not read. Others that have it open do not
 * expect that, so it is opened anew where that can be done.
 */
static int open_again(int fd)
{
	char path[32];

	if (fd < 0 || is_regular(fd))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Messages wait for nobody either. */
static void drop_output(struct run *run)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	run->dropped = true;
	if (!poll(&pfd, 1, 0) && !freopen("/dev/null", "w", stderr))
		fclose(stderr);
}

/* What came of a write. That nobody reads it is no failure. */
static void check_write(struct run *run, int err)
{
	if (err == -EINTR) {
		drop_output(run);
	} else if (err && err != -EPIPE) {
		ktap_msg("cannot write: %s", strerror(-err));
		run->failed = true;
	}
}

/* Nobody reads the output any more, which is as good as an interrupt. */
static bool output_gone(struct run *run)
{
	if (!run->output.err)
		return false;
	check_write(run, run->output.err);
	stop(run, true);
	return true;
}

/* Returns what poll() does for all but the records. */
static int rest(struct run *run, struct pollfd *fds, nfds_t nr)
{
	int ready;

	run->few = false;
	ktap_output_idle(&run->output);
	fds[0].fd = -1;
	ready = poll(fds, nr, REST_MS);
	fds[0].fd = run->fd;
	return ready;
}

static bool has_ticks(const struct run *run)
{
	const struct ktap_img_event *event;
	uint32_t nr, i;

	event = ktap_image_section(run->image, KTAP_SEC_EVENT, &nr);
	for (i = 0; i < nr; i++)
		if (event[i].kind == KTAP_PROBE_TICK)
			return true;
	return false;
}

/* The same where there are no records, for so many milliseconds, or for long: -1. */
static int wait_records(struct run *run, struct pollfd *fds, nfds_t nr, int ms)
{
	int ready = 0;

	ktap_output_idle(&run->output);
	if (ms >= 0)
		return poll(fds, nr, ms);
	if (run->output.screen.open)
		ready = poll(fds, nr, has_ticks(run) ? SCREEN_TICK_MS : SCREEN_MS);
	if (ready)
		return ready;
	ktap_output_end_screen(&run->output);
	return poll(fds, nr, -1);
}

static void loop(struct run *run, char *buf)
{
	int maps_fd = run->usym.side.epoll, ready;
	struct pollfd fds[] = {
		{ .fd = run->fd, .events = POLLIN },
		{ .fd = run->sigfd, .events = POLLIN },
		{ .fd = is_regular(run->opt->out) ? -1 : run->opt->out },
		{ .fd = run->pidfd, .events = POLLIN },
		{ .fd = maps_fd, .events = POLLIN },
	};
	bool gone = false;

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
			ready = wait_records(run, fds, ARRAY_SIZE(fds),
					     fds[4].fd == maps_fd ? -1 : MAPS_REST_MS);
		}
		if (ready < 0)
			continue;
		if (fds[1].revents)
			read_signals(run);
		if (fds[4].revents)
			ktap_usym_read(&run->usym);
		fds[4].fd = fds[4].revents ? -1 : maps_fd;
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
	ktap_output_restore(&run->output);
	/* The last lines may be what could not be written. */
	if (!gone)
		output_gone(run);
}

static void write_text(struct run *run, int fd, const struct strbuf *text)
{
	int again = open_again(fd);

	if (text->len)
		check_write(run, ktap_write_watched(again < 0 ? fd : again, text->str,
						    text->len, &run->watch));
	if (again >= 0)
		close(again);
}

/* What was printed as a picture, and its stacks as text. */
static void write_pictures(struct run *run)
{
	struct strbuf svg = { 0 }, folded = { 0 };

	if (run->opt->svg >= 0) {
		if (!ktap_picture_draw(&run->picture, &svg))
			ktap_msg("there is nothing to draw: no table and no histogram was printed");
		write_text(run, run->opt->svg, &svg);
	}
	if (run->opt->folded >= 0) {
		if (!ktap_picture_fold(&run->picture, &folded))
			ktap_msg("there are no stacks to write: no table with stacks as keys was printed");
		write_text(run, run->opt->folded, &folded);
	}
	ktap_strbuf_destroy(&svg);
	ktap_strbuf_destroy(&folded);
}

static void show_stats(struct run *run)
{
	uint64_t stats[KTAP_STAT_NR], heap_size, heap_used;
	uint32_t i;

	if (ktap_load_stats(run->fd, stats, &heap_size, &heap_used))
		return;
	/* Where another CPU ends one there may be some on their way. */
	stats[KTAP_STAT_SPEC_OVER] += run->specs.late;
	ktap_output_stats(&run->output, stats, heap_size, heap_used);
	ktap_output_flush(&run->output);
	if (run->specs.lost)
		ktap_msg("%llu records of speculations lost: too many were held back",
			 (unsigned long long)run->specs.lost);
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

/* What is ignored, as SIGHUP by nohup(1), does not come. */
static void add_signal(sigset_t *set, int signo)
{
	struct sigaction act;

	if (sigaction(signo, NULL, &act) || act.sa_handler != SIG_IGN)
		sigaddset(set, signo);
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
	add_signal(&set, SIGHUP);
	add_signal(&set, SIGQUIT);
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
	open_usym(run);
	if (!attach(run))
		return KTAP_EXIT_FAILED;

	run->watch = (struct watch){ run->sigfd, on_blocked, run };
	if (!is_regular(run->opt->out))
		run->output.watch = &run->watch;
	buf = ktap_alloc(READ_SIZE);
	loop(run, buf);
	free(buf);
	write_pictures(run);
	show_stats(run);
	ktap_usym_show_lost(&run->usym);
	if (run->cmd_failed)
		return run->cmd_failed;
	if (run->failed)
		return run->status ? run->status : KTAP_EXIT_FAILED;
	if ((!run->ended && run->interrupts) || run->dropped)
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
			.as_json = opt->json,
		},
	};
	int again = open_again(opt->out), ret = 0;

	if (again >= 0)
		run.output.fd = again;
	ktap_screen_init(&run.output.screen, opt->out);
	ktap_usym_init(&run.usym, opt->verbose);
	run.output.usym = &run.usym;
	ktap_picture_init(&run.picture, image);
	run.picture.usym = &run.usym;
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
	ktap_usym_destroy(&run.usym);
	ktap_picture_destroy(&run.picture);
	ktap_specs_destroy(&run.specs);
	if (again >= 0)
		close(again);
	if (run.sigfd >= 0)
		close(run.sigfd);
	if (run.pidfd >= 0)
		close(run.pidfd);
	if (run.fd >= 0)
		close(run.fd);
	return ret;
}
