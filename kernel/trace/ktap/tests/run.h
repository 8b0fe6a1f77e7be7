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

#include "../verify.h"
#include "../vm.h"
#include "prog.h"

#define TEST_OUTPUT	1024

/**
 * struct test_run - a program that is loaded
 * @core: program and memory
 * @proc: slot for main and trace_end
 * @probe: slot for the probe
 * @out: what was printed
 * @len: length of @out
 * @pauses: calls of @pause
 * @stop: call of @pause that says to stop, from 1; 0 for never
 * @pc: instruction at which the last run failed, if it did
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
	u32 pc;
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

/* Strings are shown in quotes with NUL as \0, longer ones by their length. */
static inline void test_out_value(struct test_run *run, const struct ktap_value *val)
{
	char buf[32];
	u32 i;

	switch (val->type) {
	case KTAP_T_INT:
		test_out(run, buf, scnprintf(buf, sizeof(buf), "%lld", val->i));
		break;
	case KTAP_T_STR:
		if (val->str->len > 200) {
			test_out(run, buf, scnprintf(buf, sizeof(buf), "<%u bytes>",
						     val->str->len));
			break;
		}
		test_out(run, "\"", 1);
		for (i = 0; i < val->str->len; i++) {
			if (val->str->data[i])
				test_out(run, &val->str->data[i], 1);
			else
				test_out(run, "\\0", 2);
		}
		test_out(run, "\"", 1);
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
	u32 i;

	if (type == KTAP_REC_PRINTF)
		test_out(run, "printf ", 7);
	for (i = 0; i < nr; i++) {
		if (i)
			test_out(run, " ", 1);
		test_out_value(run, &vals[i]);
	}
	test_out(run, "\n", 1);
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

static inline bool test_pause(struct ktap_exec *exec)
{
	struct test_run *run = test_run_of(exec);

	return ++run->pauses == run->stop;
}

static const struct ktap_env test_env = {
	.field = test_field,
	.record = test_record,
	.pause = test_pause,
};

static const struct ktap_owner test_owner = {
	.pid = 100, .tid = 101, .ppid = 99, .uid = 1000, .gid = 1001, .comm = "owner",
};

static const struct {
	struct ktap_str str;
	char text[16];
} test_probename = { { 12, KTAP_STR_MADE }, "system:event" };

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
	run->probe.probename = &test_probename.str;
	return ret;
}

static inline void test_run_unload(struct test_run *run)
{
	ktap_exec_destroy(&run->proc);
	ktap_exec_destroy(&run->probe);
	if (run->core.prog)
		ktap_core_destroy(&run->core);
}

/* Run one function in the slot for it. */
static inline enum ktap_end test_run_proto(struct test_run *run, u32 proto)
{
	bool probe = run->core.prog->protos[proto].kind == KTAP_PROTO_PROBE;
	struct ktap_exec *exec = probe ? &run->probe : &run->proc;
	enum ktap_end end;

	preempt_disable();
	end = ktap_vm_run(exec, proto);
	preempt_enable();
	if (end == KTAP_END_FAULT) {
		run->pc = exec->fault.pc;
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

	for (kind = KTAP_PROTO_NR - 1; kind > KTAP_PROTO_MAIN; kind--) {
		for (i = 1; i < run->core.prog->nr_protos; i++) {
			if (end == KTAP_END_RETURN &&
			    run->core.prog->protos[i].kind == kind)
				end = test_run_proto(run, i);
		}
	}
	return end;
}

/**
 * struct run_row - a program and what it shall do
 * @name: of the row
 * @prog: the program
 * @out: what it prints, and the message of an error
 * @end: how it ends; KTAP_END_FAULT is at @pc
 * @pc: the instruction that fails
 * @status: argument of exit()
 */
struct run_row {
	const char *name;
	struct test_prog prog;
	const char *out;
	enum ktap_end end;
	u32 pc;
	s32 status;
};

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
	if (row->end == KTAP_END_FAULT)
		KUNIT_EXPECT_EQ(test, run->pc, row->pc);
	if (row->end == KTAP_END_EXIT)
		KUNIT_EXPECT_EQ(test, run->proc.status | run->probe.status, row->status);
	test_run_unload(run);
}

/* Print registers @reg to @reg + @nr - 1; the first one becomes nil. */
#define PRINT(reg, nr)	OP(CALLB, reg, KTAP_FUNC_PRINT, nr)

#endif /* _KTAP_TESTS_RUN_H */
