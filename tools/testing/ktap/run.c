// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The tool, with the core in place of a kernel
 *
 * The tool is linked as it is, with main() and all, and finds the two functions at
 * the end of this file where it opens the control file and calls ioctl(). The
 * program is verified and run by the core in user space, so what a script prints,
 * its errors and its exit status come out as from a kernel.
 *
 * START runs all of it: main, each handler once, or as often as KTAP_RUN_TIMES in
 * the environment says, and trace_end. The records are in a file then, which the
 * tool reads. Fields of events are made up: those with a number are that number
 * and 100, those with a name are the name.
 */
#include <unistd.h>

#include "../../../kernel/trace/ktap/builtin.h"
#include "../../../kernel/trace/ktap/rec.h"
#include "../../../kernel/trace/ktap/sys.h"
#include "../../../kernel/trace/ktap/verify.h"
#include "../../../kernel/trace/ktap/vm.h"

/* As the kernel has it. */
#define RUN_HEAP	(4U << 20)

/**
 * struct run - the session
 * @core: the program and what it has
 * @proc: slot of main and trace_end
 * @probe: slot of handlers
 * @owner: this process
 * @probename: name of the event whose handler runs, with room for its text
 * @file: where records go
 * @nr_records: their number
 * @stop: only trace_end is still to be run
 * @failed: not even that
 * @fault: why
 * @end: what the last record says
 */
struct run {
	struct ktap_core core;
	struct ktap_exec proc;
	struct ktap_exec probe;
	struct ktap_owner owner;
	struct ktap_str *probename;
	FILE *file;
	u64 nr_records;
	bool stop;
	bool failed;
	struct ktap_fault fault;
	struct ktap_rec_end end;
};

static struct run run;

/*
 * What the interpreter asks for
 */

static void put_record(enum ktap_rec_type type, const void *body, u32 size)
{
	struct ktap_rec rec = {
		.size = sizeof(rec) + ALIGN(size, KTAP_REC_ALIGN),
		.type = type,
		.ts = run.nr_records++ * 1000,
	};
	static const char zeros[KTAP_REC_ALIGN];

	fwrite(&rec, 1, sizeof(rec), run.file);
	fwrite(body, 1, size, run.file);
	fwrite(zeros, 1, ALIGN(size, KTAP_REC_ALIGN) - size, run.file);
}

static int run_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct ktap_prog *prog = exec->core->prog;
	const struct ktap_img_field *field = &prog->fields[idx];

	if (field->kind == KTAP_FIELD_NAME)
		ktap_set_str(val, prog->strs[field->name]);
	else
		ktap_set_int(val, 100 * field->kind + field->index);
	return 0;
}

/* Bytes of a value behind its header. */
static u32 body_size(const struct ktap_val *val)
{
	switch (val->type) {
	case KTAP_T_INT:
	case KTAP_T_TUPLE:
	case KTAP_T_STAT:
	case KTAP_T_STACK:
		return ALIGN(val->len, KTAP_REC_ALIGN);
	case KTAP_T_STR:
		return val->len & KTAP_VAL_CONST ? 0 : ALIGN(val->len, KTAP_REC_ALIGN);
	default:
		return 0;
	}
}

/* Names of a stack of the kernel, as ring.c makes them. */
static char *put_names(char *to, const char *pos, const char *end, bool symbol)
{
	bool first = true;
	u64 addr;
	u32 len;

	for (; pos < end; pos += sizeof(addr), first = false) {
		memcpy(&addr, pos, sizeof(addr));
		len = ktap_sys_symbol(to, 128, addr, !first);
		if (symbol)
			len = ktap_short_name(to, len);
		to += len;
		*to++ = '\n';
	}
	return to;
}

/* Copy values with names in place of addresses. Returns the end of the copy. */
static char *copy_vals(char *to, const char *pos, const char *end)
{
	struct ktap_val_stack stack;
	struct ktap_val val;
	char *head, *body;

	while (pos < end) {
		head = to;
		body = to + sizeof(val);
		memcpy(&val, pos, sizeof(val));
		pos += sizeof(val);
		memcpy(&stack, pos, min_t(u64, sizeof(stack), end - pos));
		if (val.type == KTAP_T_TUPLE) {
			to = copy_vals(body, pos, pos + val.len);
		} else if (val.type == KTAP_T_STACK && !(stack.flags & KTAP_STACK_USER)) {
			memcpy(body, &stack, sizeof(stack));
			to = put_names(body + sizeof(stack), pos + sizeof(stack), pos + val.len,
				       stack.flags & KTAP_STACK_SYMBOL);
		} else {
			memcpy(body, pos, body_size(&val));
			to = body + body_size(&val);
		}
		pos += body_size(&val);
		if (val.type == KTAP_T_TUPLE || val.type == KTAP_T_STACK)
			val.len = to - body;
		memcpy(head, &val, sizeof(val));
		while ((to - body) % KTAP_REC_ALIGN)
			*to++ = 0;
	}
	return to;
}

static void run_raw(struct ktap_exec *exec, enum ktap_rec_type type,
		    const void *body, u32 size)
{
	static char text[2 * KTAP_REC_MAX], held[8 * KTAP_REC_MAX];

	if (type == KTAP_REC_ITEM) {
		size = copy_vals(text, body, body + size) - text;
		body = text;
	}
	if (ktap_spec_loses(exec))
		return;
	if (exec->spec) {
		memmove(held + sizeof(exec->spec), body, size);
		memcpy(held, &exec->spec, sizeof(exec->spec));
		size += sizeof(exec->spec);
		body = held;
		type |= KTAP_REC_HELD;
	}
	exec->stats[KTAP_STAT_RECORDS]++;
	put_record(type, body, size);
}

/* What there is of an event in place of its text. */
static const struct {
	struct ktap_str str;
	char text[8];
} event_text = { { 6, KTAP_STR_MADE }, "argstr" };

static void run_record(struct ktap_exec *exec, enum ktap_rec_type type,
		       const struct ktap_value *vals, u32 nr)
{
	static char text[8 * KTAP_REC_MAX];
	struct ktap_value val;
	u32 size = 0, i;
	void *body, *to;

	for (i = 0; i < nr; i++)
		size += vals[i].type == KTAP_T_EVENT ? 16 : ktap_rec_size(&vals[i]);
	body = kzalloc(size, GFP_KERNEL);
	to = body;
	for (i = 0; i < nr; i++) {
		val = vals[i];
		if (val.type == KTAP_T_EVENT)
			ktap_set_str(&val, &event_text.str);
		to = ktap_rec_put(exec, &val, to);
	}
	if (sizeof(struct ktap_rec) + size > KTAP_REC_MAX)
		exec->stats[KTAP_STAT_TOO_LONG]++;
	else
		run_raw(exec, type, text, copy_vals(text, body, body + size) - text);
	kfree(body);
}

/*
 * A kernel has some variables and two pages, and a process none: in the first one each
 * byte is the low byte of its address, in the second one each word is the address of the
 * word two further on.
 */
#define MEM_BYTES	0x1000
#define MEM_WORDS	0x2000
#define MEM_END		0x3000

static bool read_byte(u8 *to, u64 addr)
{
	u64 word = (addr & -sizeof(u64)) + 2 * sizeof(u64);

	if (addr < MEM_BYTES || addr >= MEM_END)
		return false;
	*to = addr < MEM_WORDS ? addr : ((u8 *)&word)[addr % sizeof(word)];
	return true;
}

static bool run_read(struct ktap_exec *exec, void *to, u64 addr, u32 size,
		     bool user)
{
	u32 i;

	if (user)
		return false;
	if (test_sys_read(to, addr, size))
		return true;
	for (i = 0; i < size; i++)
		if (!read_byte(to + i, addr + i))
			return false;
	return true;
}

/* Three frames, the innermost one first. */
static u32 run_stack(struct ktap_exec *exec, u64 *addrs, u32 max, u32 skip, bool user)
{
	u32 nr;

	for (nr = 0; nr < max && skip + nr < 3; nr++)
		addrs[nr] = (user ? 0x400000 : 0x1000) + 16 * (skip + nr);
	return nr;
}

static long run_read_str(struct ktap_exec *exec, char *to, u64 addr, u32 size,
			 bool user)
{
	u32 len;

	for (len = 0; len < size; len++) {
		if (user || !read_byte((u8 *)to + len, addr + len))
			return -EFAULT;
		if (!to[len])
			return len;
	}
	to[size - 1] = '\0';
	return size - 1;
}

static void *run_alloc(struct ktap_exec *exec, size_t size)
{
	return kvmalloc(size, GFP_KERNEL);
}

static void run_free(struct ktap_exec *exec, void *mem)
{
	kvfree(mem);
}

static int run_name(struct ktap_exec *exec, struct ktap_value *val)
{
	ktap_set_str(val, run.probename);
	return 0;
}

static bool run_pause(struct ktap_exec *exec)
{
	return false;
}

static const struct ktap_env run_env = {
	.field = run_field,
	.name = run_name,
	.record = run_record,
	.raw = run_raw,
	.read = run_read,
	.read_str = run_read_str,
	.stack = run_stack,
	.alloc = run_alloc,
	.free = run_free,
	.pause = run_pause,
};

/*
 * The session
 */

static int run_load(struct ktap_load *load)
{
	struct ktap_log log = {
		.buf = (char *)(uintptr_t)load->log,
		.size = load->log_size,
	};
	void *image = kvmalloc(load->image_size, GFP_KERNEL);
	struct ktap_prog *prog;
	int ret;

	memcpy(image, (void *)(uintptr_t)load->image, load->image_size);
	prog = ktap_prog_create(image, load->image_size, &log);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	ret = ktap_verify(prog, &log);
	if (ret) {
		ktap_prog_destroy(prog);
		return ret;
	}
	ret = ktap_core_init(&run.core, prog, load->heap_size ?: RUN_HEAP, 2);
	if (ret)
		return ret;
	run.core.budget[0] = load->probe_budget ?: KTAP_PROBE_BUDGET;
	run.core.budget[1] = load->proc_budget ?: KTAP_PROC_BUDGET;
	run.core.utc_offset = load->utc_offset;

	ret = ktap_exec_init(&run.proc, &run.core, &run_env,
			     &run.core.heap.pins[1].pin[0], true);
	if (!ret)
		ret = ktap_exec_init(&run.probe, &run.core, &run_env,
				     &run.core.heap.pins[0].pin[0], false);
	run.owner = (struct ktap_owner) {
		.pid = getpid(),
		.tid = getpid(),
		.ppid = getppid(),
		.uid = getuid(),
		.gid = getgid(),
		.cgroup = ktap_var_cgroup(),
		.comm = "ktap",
	};
	run.proc.owner = &run.owner;
	run.probe.owner = &run.owner;
	return ret;
}

static void run_proto(struct ktap_exec *exec, u32 proto)
{
	switch (ktap_vm_run(exec, proto)) {
	case KTAP_END_EXIT:
		run.end.status = exec->status;
		run.stop = true;
		break;
	case KTAP_END_FAULT:
		run.fault = exec->fault;
		run.failed = true;
		run.stop = true;
		break;
	default:
		break;
	}
}

static void run_event(const struct ktap_img_event *event)
{
	const struct ktap_prog *prog = run.core.prog;
	bool named = event->name != KTAP_IMG_NONE;
	const struct ktap_str *spec = prog->strs[named ? event->name : event->spec];
	const char *name = named ? NULL : strchr(spec->data, ':');
	struct ktap_exec *exec = &run.probe;
	u64 records;
	u32 len;

	name = name ? name + 1 : spec->data;
	len = strlen(name);
	if (prog->protos[event->proto].kind == KTAP_PROTO_TICK)
		exec = &run.proc;
	run.probename = kzalloc(ktap_str_size(len), GFP_KERNEL);
	run.probename->len = len;
	run.probename->id = KTAP_STR_MADE;
	memcpy(run.probename->data, name, len);
	exec->stats[KTAP_STAT_HITS]++;
	records = exec->stats[KTAP_STAT_RECORDS];
	run_proto(exec, event->proto);
	if (exec == &run.proc && exec->stats[KTAP_STAT_RECORDS] != records)
		put_record(KTAP_REC_TICK, NULL, 0);
	kfree(run.probename);
}

static void put_error(void)
{
	const struct ktap_prog *prog = run.core.prog;
	const struct ktap_fault *fault = &run.fault;
	const struct ktap_img_line *line;
	u32 len = strlen(fault->text), i;
	struct ktap_rec_error *err;

	err = kzalloc(sizeof(*err) + len, GFP_KERNEL);
	err->code = fault->code;
	err->nr_frames = fault->nr_pcs;
	for (i = 0; i < fault->nr_pcs; i++) {
		line = ktap_prog_line(prog, fault->pcs[i]);
		err->frames[i].name = ktap_prog_proto(prog, fault->pcs[i])->name;
		err->frames[i].line = line ? line->line : 0;
		if (!i)
			err->col = line ? line->col : 0;
	}
	err->len = len;
	memcpy(err->text, fault->text, len);
	put_record(KTAP_REC_ERROR, err, sizeof(*err) + len);
	kfree(err);
}

static void put_drops(void)
{
	struct ktap_core *core = &run.core;
	u32 i;

	for (i = 0; i < core->prog->nr_globals; i++) {
		struct ktap_rec_drops drops = {
			.global = i,
			.name = core->prog->globals[i].name,
		};
		u64 word = atomic64_read(&core->globals[i]);

		if (ktap_cell_type(word) != KTAP_T_TAB)
			continue;
		drops.count = ktap_tab_drops(&core->tabs, ktap_cell_ref(word));
		if (drops.count)
			put_record(KTAP_REC_DROPS, &drops, sizeof(drops));
	}
}

static void run_start(struct ktap_start *start)
{
	const struct ktap_prog *prog = run.core.prog;
	const char *times = getenv("KTAP_RUN_TIMES");
	u32 i, nr, max = times ? atoi(times) : 1;

	run.core.start = ktime_get_mono_fast_ns();
	run_proto(&run.proc, 0);
	if (!run.stop)
		put_record(KTAP_REC_RUNNING, NULL, 0);
	for (i = 0; i < prog->nr_events; i++) {
		for (nr = 0; nr < max && !run.stop; nr++)
			run_event(&prog->events[i]);
	}
	for (i = 1; i < prog->nr_protos && !run.failed; i++) {
		run.stop = false;
		if (prog->protos[i].kind == KTAP_PROTO_END)
			run_proto(&run.proc, i);
		if (run.stop)
			break;
	}
	if (run.failed) {
		put_error();
		run.end.flags = KTAP_END_ERROR;
		run.end.status = 1;
	}
	put_drops();
	put_record(KTAP_REC_END, &run.end, sizeof(run.end));
	fflush(run.file);
	rewind(run.file);
	start->event = KTAP_IMG_NONE;
	start->nr_attached = prog->nr_events;
}

static void run_stats(struct ktap_stats *stats)
{
	u64 *to = (u64 *)(uintptr_t)stats->stats;
	u32 i;

	for (i = 0; i < KTAP_STAT_NR && i < stats->nr_stats; i++)
		to[i] = run.proc.stats[i] + run.probe.stats[i];
	stats->nr_stats = KTAP_STAT_NR;
	stats->heap_size = (u64)run.core.heap.nr_units << KTAP_UNIT_SHIFT;
	stats->heap_used = (u64)atomic_read(&run.core.heap.bump) << KTAP_UNIT_SHIFT;
}

static void run_unload(void)
{
	ktap_exec_destroy(&run.proc);
	ktap_exec_destroy(&run.probe);
	if (run.core.prog)
		ktap_core_destroy(&run.core);
	if (test_alloc.live)
		abort();
}

/*
 * In place of those of the tool and of libc
 */

int __wrap_ktap_tracefs_open(const char *dir)
{
	atexit(run_unload);
	run.file = tmpfile();
	return run.file ? fileno(run.file) : -1;
}

int __real_ioctl(int fd, unsigned long cmd, void *arg);

int __wrap_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret = 0;

	switch (cmd) {
	case KTAP_IOC_LOAD:
		ret = run_load(arg);
		break;
	case KTAP_IOC_START:
		run_start(arg);
		break;
	case KTAP_IOC_STATS:
		run_stats(arg);
		break;
	case KTAP_IOC_STOP:
		break;
	default:
		return __real_ioctl(fd, cmd, arg);
	}
	errno = -ret;
	return ret ? -1 : 0;
}
