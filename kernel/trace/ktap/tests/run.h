/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Running programs in tests
 *
 * The environment of these runs keeps what the program prints as text, one line
 * for each record.
 */
#ifndef _KTAP_TESTS_RUN_H
#define _KTAP_TESTS_RUN_H

#include <kunit/test.h>

#include "../builtin.h"
#include "../verify.h"
#include "../vm.h"
#include "prog.h"

#define TEST_OUTPUT	4096

/* Memory that programs can read, which ends behind the text. */
#define TEST_MEM	0x1000
#define TEST_MEM_TEXT	"text in memory"

/**
 * struct test_run - a program that is loaded
 * @core: program and memory
 * @proc: slot for main and trace_end
 * @probe: slot for the probe
 * @out: what was printed
 * @len: length of @out
 * @pauses: calls of @pause
 * @stop: call of @pause that says to stop, from 1; 0 for never
 * @other: function of kind PROBE that runs at each call of @pause, or 0
 * @allocs: pieces of memory that were taken and not given back
 * @no_memory: call of @alloc that fails, from 1; 0 for none
 * @failed: of the last run that failed
 * @log: why the program was refused
 */
struct test_run {
	struct ktap_core core;
	struct ktap_exec proc;
	struct ktap_exec probe;
	char out[TEST_OUTPUT];
	u32 len;
	u32 pauses;
	u32 stop;
	u32 other;
	u32 allocs;
	u32 no_memory;
	const struct ktap_fault *failed;
	char log[256];
};

static inline void test_out(struct test_run *run, const char *text, u32 len)
{
	if (len < sizeof(run->out) - run->len) {
		memcpy(run->out + run->len, text, len);
		run->len += len;
	}
	run->out[run->len] = '\0';
}

static inline void test_out_str(struct test_run *run, const char *data, u32 len)
{
	char buf[32];
	u32 i;

	if (len > 200) {
		test_out(run, buf, scnprintf(buf, sizeof(buf), "<%u bytes>", len));
		return;
	}
	test_out(run, "\"", 1);
	for (i = 0; i < len; i++) {
		if (data[i])
			test_out(run, &data[i], 1);
		else
			test_out(run, "\\0", 2);
	}
	test_out(run, "\"", 1);
}

/* The addresses of a stack. */
static inline void test_out_stack(struct test_run *run, const char *data, u32 len)
{
	u32 pos = sizeof(struct ktap_val_stack);
	struct ktap_val_stack stack;
	char buf[32];
	u64 addr;

	memcpy(&stack, data, sizeof(stack));
	test_out(run, buf, scnprintf(buf, sizeof(buf), "stack %u %u",
				     stack.flags, stack.pid));
	for (; pos < len; pos += sizeof(addr)) {
		memcpy(&addr, data + pos, sizeof(addr));
		test_out(run, buf, scnprintf(buf, sizeof(buf), " %llx", addr));
	}
}

/* The parts of a compound key. */
static inline void test_out_tuple(struct test_run *run, const struct ktap_str *str)
{
	struct ktap_val head;
	char buf[32];
	u32 pos = 0;
	s64 num;

	test_out(run, "[", 1);
	while (pos < str->len) {
		if (pos)
			test_out(run, ", ", 2);
		memcpy(&head, str->data + pos, sizeof(head));
		pos += sizeof(head);
		switch (head.type) {
		case KTAP_T_INT:
			memcpy(&num, str->data + pos, sizeof(num));
			pos += sizeof(num);
			test_out(run, buf, scnprintf(buf, sizeof(buf), "%lld", num));
			break;
		case KTAP_T_STR:
			test_out_str(run, str->data + pos, head.len);
			pos += ALIGN(head.len, 8);
			break;
		case KTAP_T_STACK:
			test_out_stack(run, str->data + pos, head.len);
			pos += ALIGN(head.len, 8);
			break;
		case KTAP_T_FUNC:
			test_out(run, buf, scnprintf(buf, sizeof(buf), "function %u",
						     head.len));
			break;
		default:
			test_out(run, head.type == KTAP_T_TRUE ? "true" : "false",
				 head.type == KTAP_T_TRUE ? 4 : 5);
			break;
		}
	}
	test_out(run, "]", 1);
}

static inline void test_out_stat(struct test_run *run, u64 ref)
{
	struct ktap_stat_sum sum = {};
	char buf[128];

	ktap_pin(&run->core.heap, &run->core.heap.pins[0].pin[2]);
	ktap_stat_sum(&run->core.heap, ref, &sum);
	ktap_unpin(&run->core.heap.pins[0].pin[2]);
	test_out(run, buf, scnprintf(buf, sizeof(buf),
				     "<count %llu, sum %lld, min %lld, max %lld>",
				     sum.count, sum.sum, sum.min, sum.max));
}

/* Strings are shown in quotes with NUL as \0, longer ones by their length. */
static inline void test_out_value(struct test_run *run, const struct ktap_value *val)
{
	char buf[32];

	switch (val->type) {
	case KTAP_T_INT:
		test_out(run, buf, scnprintf(buf, sizeof(buf), "%lld", val->i));
		break;
	case KTAP_T_STR:
		test_out_str(run, val->str->data, val->str->len);
		break;
	case KTAP_T_TUPLE:
		test_out_tuple(run, val->str);
		break;
	case KTAP_T_STACK:
		test_out_stack(run, val->str->data, val->str->len);
		break;
	case KTAP_T_STAT:
		test_out_stat(run, val->ref);
		break;
	case KTAP_T_FUNC:
		test_out(run, buf, scnprintf(buf, sizeof(buf), "function %lld", val->i));
		break;
	case KTAP_T_TRUE:
		test_out(run, "true", 4);
		break;
	case KTAP_T_FALSE:
		test_out(run, "false", 5);
		break;
	default:
		test_out(run, ktap_type_names[val->type],
			 strlen(ktap_type_names[val->type]));
		break;
	}
}

static inline struct test_run *test_run_of(struct ktap_exec *exec)
{
	return container_of(exec->core, struct test_run, core);
}

static inline void test_record(struct ktap_exec *exec, enum ktap_rec_type type,
			       const struct ktap_value *vals, u32 nr)
{
	struct test_run *run = test_run_of(exec);
	char buf[32];
	u32 i;

	if (ktap_spec_loses(exec))
		return;
	if (exec->spec)
		test_out(run, buf, scnprintf(buf, sizeof(buf), "for %llu: ", exec->spec));
	if (type == KTAP_REC_PRINTF)
		test_out(run, "printf ", 7);
	for (i = 0; i < nr; i++) {
		if (i)
			test_out(run, " ", 1);
		test_out_value(run, &vals[i]);
	}
	test_out(run, "\n", 1);
}

/* Other records: what they are, and of those that have a body its size. */
static inline void test_raw(struct ktap_exec *exec, enum ktap_rec_type type,
			    const void *body, u32 size)
{
	struct test_run *run = test_run_of(exec);
	const struct ktap_rec_agg *agg = body;
	char buf[64];

	switch (type) {
	case KTAP_REC_AGG:
		test_out(run, buf, scnprintf(buf, sizeof(buf), "agg %u %u %s\n", agg->func,
					     agg->limit, ktap_type_names[agg->type]));
		break;
	case KTAP_REC_AGG_END:
		test_out(run, "end\n", 4);
		break;
	case KTAP_REC_COMMIT:
	case KTAP_REC_DISCARD:
		test_out(run, buf, scnprintf(buf, sizeof(buf), "%s %llu\n",
					     type == KTAP_REC_COMMIT ? "commit" : "discard",
					     ((const struct ktap_rec_spec *)body)->id));
		break;
	default:
		test_out(run, buf, scnprintf(buf, sizeof(buf), "record %u of %u bytes\n",
					     type, size));
		break;
	}
}

/* Where in the memory that programs can read @size bytes are, if they are. */
static inline const char *test_mem(u64 addr, u64 size)
{
	static const char mem[] = TEST_MEM_TEXT;

	if (addr < TEST_MEM || addr - TEST_MEM >= sizeof(mem) ||
	    size > sizeof(mem) - (addr - TEST_MEM))
		return NULL;
	return mem + (addr - TEST_MEM);
}

static inline bool test_read(struct ktap_exec *exec, void *to, u64 addr, u32 size,
			     bool user)
{
	const char *from = test_mem(addr, size);

	if (from)
		memcpy(to, from, size);
	return from;
}

/* Three frames, the innermost one first. */
static inline u32 test_stack(struct ktap_exec *exec, u64 *addrs, u32 max, u32 skip, bool user)
{
	u32 nr;

	for (nr = 0; nr < max && skip + nr < 3; nr++)
		addrs[nr] = (user ? 0x400000 : 0x1000) + 16 * (skip + nr);
	return nr;
}

static inline long test_read_str(struct ktap_exec *exec, char *to, u64 addr, u32 size,
				 bool user)
{
	const char *from = test_mem(addr, 1);
	u32 len;

	if (!from)
		return -EFAULT;
	len = min((u32)strlen(from), size - 1);
	memcpy(to, from, len);
	to[len] = '\0';
	return len;
}

static inline void *test_alloc_mem(struct ktap_exec *exec, size_t size)
{
	struct test_run *run = test_run_of(exec);
	void *mem = NULL;

	/* As in a session: runs go on with preemption off. */
	preempt_enable();
	if (!run->no_memory || --run->no_memory)
		mem = kvmalloc(size, GFP_KERNEL);
	preempt_disable();
	run->allocs += !!mem;
	return mem;
}

static inline void test_free_mem(struct ktap_exec *exec, void *mem)
{
	test_run_of(exec)->allocs -= !!mem;
	preempt_enable();
	kvfree(mem);
	preempt_disable();
}

/* The fields are a number, a string and one that the event does not have. */
static inline int test_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	static const char text[] = "field";
	struct ktap_str *str;

	switch (idx) {
	case 0:
		ktap_set_int(val, 42);
		return 0;
	case 1:
		str = ktap_arena_str(&exec->arena, sizeof(text) - 1);
		if (!str)
			return -ENOSPC;
		memcpy(str->data, text, sizeof(text) - 1);
		ktap_set_str(val, str);
		return 0;
	default:
		ktap_set_nil(val);
		return 0;
	}
}

static inline int test_name(struct ktap_exec *exec, struct ktap_value *val)
{
	static const struct {
		struct ktap_str str;
		char text[16];
	} name = { { 12, KTAP_STR_MADE }, "system:event" };

	ktap_set_str(val, &name.str);
	return 0;
}

static inline bool test_pause(struct ktap_exec *exec)
{
	struct test_run *run = test_run_of(exec);

	if (run->other)
		ktap_vm_run(&run->probe, run->other);
	return ++run->pauses == run->stop;
}

static const struct ktap_env test_env = {
	.field = test_field,
	.name = test_name,
	.record = test_record,
	.raw = test_raw,
	.read = test_read,
	.read_str = test_read_str,
	.stack = test_stack,
	.alloc = test_alloc_mem,
	.free = test_free_mem,
	.pause = test_pause,
};

static const struct ktap_owner test_owner = {
	.pid = 100, .tid = 101, .ppid = 99, .uid = 1000, .gid = 1001, .cgroup = 7,
	.comm = "owner",
};

/**
 * test_run_load - Verify a program and make it ready to run
 * @run: all zero
 * @code: the program
 *
 * Return: 0; or an error, when @run->log says why if the program was refused.
 */
static inline int test_run_load(struct test_run *run, const struct test_prog *code)
{
	struct ktap_log log = { .buf = run->log, .size = sizeof(run->log) };
	struct ktap_prog *prog = test_prog_make(code, &log);
	int ret;

	if (IS_ERR(prog))
		return PTR_ERR(prog);
	ret = ktap_verify(prog, &log);
	if (ret) {
		ktap_prog_destroy(prog);
		return ret;
	}
	ret = ktap_core_init(&run->core, prog, KTAP_HEAP_MIN, 1);
	if (ret)
		return ret;
	run->core.budget[0] = KTAP_PROBE_BUDGET;
	run->core.budget[1] = 1000000;
	ret = ktap_exec_init(&run->proc, &run->core, &test_env,
			     &run->core.heap.pins[0].pin[0], true);
	if (!ret)
		ret = ktap_exec_init(&run->probe, &run->core, &test_env,
				     &run->core.heap.pins[0].pin[1], false);
	run->proc.owner = &test_owner;
	run->probe.owner = &test_owner;
	return ret;
}

static inline void test_run_unload(struct test_run *run)
{
	ktap_exec_destroy(&run->proc);
	ktap_exec_destroy(&run->probe);
	if (run->core.prog)
		ktap_core_destroy(&run->core);
}

static inline struct ktap_exec *test_run_exec(struct test_run *run, u32 proto)
{
	return run->core.prog->protos[proto].kind == KTAP_PROTO_PROBE ? &run->probe :
									&run->proc;
}

/* Run one function in the slot for it. */
static inline enum ktap_end test_run_proto(struct test_run *run, u32 proto)
{
	struct ktap_exec *exec = test_run_exec(run, proto);
	enum ktap_end end;

	preempt_disable();
	end = ktap_vm_run(exec, proto);
	preempt_enable();
	if (end == KTAP_END_FAULT) {
		run->failed = &exec->fault;
		test_out(run, "error: ", 7);
		test_out(run, exec->fault.text, strlen(exec->fault.text));
		test_out(run, "\n", 1);
	}
	return end;
}

/* Run main, the probe if there is one, and trace_end, until one does not return. */
static inline enum ktap_end test_run_all(struct test_run *run)
{
	enum ktap_end end = test_run_proto(run, 0);
	u32 kind, i;

	for (kind = KTAP_PROTO_PROBE; kind > KTAP_PROTO_MAIN; kind--) {
		for (i = 1; i < run->core.prog->nr_protos; i++) {
			if (end == KTAP_END_RETURN &&
			    run->core.prog->protos[i].kind == kind)
				end = test_run_proto(run, i);
		}
	}
	return end;
}

/* Most functions that a row says were called. */
#define TEST_CALLERS	6

/**
 * struct run_row - a program and what it shall do
 * @name: of the row
 * @prog: the program
 * @out: what it prints, and the message of an error
 * @end: how it ends; KTAP_END_FAULT is at @pc
 * @pc: the instruction that fails
 * @status: argument of exit()
 * @callers: the calls that led to @pc, the innermost first
 * @nr_callers: their number; those behind the last of @callers are like it
 */
struct run_row {
	const char *name;
	struct test_prog prog;
	const char *out;
	enum ktap_end end;
	u32 pc;
	s32 status;
	u32 callers[TEST_CALLERS];
	u32 nr_callers;
};

static inline void test_fault(struct kunit *test, const struct ktap_fault *fault,
			      const struct run_row *row)
{
	u32 i;

	KUNIT_EXPECT_EQ(test, fault->nr_pcs, row->nr_callers + 1);
	KUNIT_EXPECT_EQ(test, fault->pcs[0], row->pc);
	for (i = 0; i < row->nr_callers; i++)
		KUNIT_EXPECT_EQ(test, fault->pcs[i + 1], row->callers[min(i, TEST_CALLERS - 1U)]);
}

static inline void test_run_row(struct kunit *test)
{
	const struct run_row *row = test->param_value;
	struct test_run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	enum ktap_end end;

	KUNIT_ASSERT_NOT_NULL(test, run);
	KUNIT_EXPECT_EQ(test, test_run_load(run, &row->prog), 0);
	KUNIT_EXPECT_STREQ(test, run->log, "");
	if (!run->proc.core) {
		test_run_unload(run);
		return;
	}
	end = test_run_all(run);
	KUNIT_EXPECT_STREQ(test, run->out, row->out);
	KUNIT_EXPECT_EQ(test, (u32)end, (u32)row->end);
	if (end == KTAP_END_FAULT && row->end == end)
		test_fault(test, run->failed, row);
	if (row->end == KTAP_END_EXIT)
		KUNIT_EXPECT_EQ(test, run->proc.status | run->probe.status, row->status);
	KUNIT_EXPECT_EQ(test, run->allocs, 0U);
	test_run_unload(run);
}

/* A program that is loaded, for tests that do more with it than rows do. */
static inline struct test_run *test_load(struct kunit *test, const struct test_prog *prog)
{
	struct test_run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, run);
	ret = test_run_load(run, prog);
	if (ret)
		test_run_unload(run);
	KUNIT_EXPECT_STREQ(test, run->log, "");
	KUNIT_ASSERT_EQ(test, ret, 0);
	return run;
}

/* Print registers @reg to @reg + @nr - 1; the first one becomes nil. */
#define PRINT(reg, nr)	OP(CALLB, reg, KTAP_FUNC_PRINT, nr)

#endif /* _KTAP_TESTS_RUN_H */
