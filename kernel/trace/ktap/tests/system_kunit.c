// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the builtin functions of the system and the current task
 *
 * Names that a kernel may be built without are asked of it.
 */
#include "call.h"

#include "../sys.h"

#define LEAST	"-9223372036854775808"

static const struct call_row rows[] = {
	ROW(ERRNAME, "nil", V_NIL),
	ROW(ERRNAME, "\"0\"", V_INT(0)),
	ROW(ERRNAME, "\"-100000\"", V_INT(-100000)),
	ROW(ERRNAME, "\"4294967298\"", V_INT((1LL << 32) + 2)),
	ROW(ERRNAME, "\"" LEAST "\"", V_INT(S64_MIN)),
	ROW(ERRNAME, "error: errname: argument 1 is a string value", V_STR("2")),
	ROW(SYSCALL_NAME, "nil", V_NIL),
	ROW(SYSCALL_NAME, "\"-1\"", V_INT(-1)),
	ROW(SYSCALL_NAME, "\"100000\"", V_INT(100000)),
	ROW(SYSCALL_NAME, "\"4294967296\"", V_INT(1LL << 32)),
	ROW(SYSCALL_NAME, "\"" LEAST "\"", V_INT(S64_MIN)),
	ROW(SYSCALL_NAME, "error: syscall_name: argument 1 is a table value", V_GONE),
	ROW(SIGNAME, "nil", V_NIL),
	ROW(SIGNAME, "\"SIGKILL\"", V_INT(SIGKILL)),
	ROW(SIGNAME, "\"SIGHUP\"", V_INT(SIGHUP)),
	ROW(SIGNAME, "\"SIGSYS\"", V_INT(SIGSYS)),
	ROW(SIGNAME, "\"SIGCHLD\"", V_INT(SIGCHLD)),
	ROW(SIGNAME, "\"0\"", V_INT(0)),
	ROW(SIGNAME, "\"-9\"", V_INT(-9)),
	ROW(SIGNAME, "\"64\"", V_INT(64)),
	ROW(SIGNAME, "\"" LEAST "\"", V_INT(S64_MIN)),
	ROW(SIGNAME, "error: signame: argument 1 is a boolean value", V_FALSE),
	ROW(CURR_TASKINFO, "error: curr_taskinfo: a task has no ''", V_STR("")),
	ROW(CURR_TASKINFO, "error: curr_taskinfo: a task has no 'pi'", V_STR("pi")),
	ROW(CURR_TASKINFO, "error: curr_taskinfo: a task has no 'pid'", V_STR("pid\0")),
	ROW(CURR_TASKINFO,
	    "error: curr_taskinfo: a task has no 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
	    V_LONG("x", 4000)),
	ROW(CURR_TASKINFO, "error: curr_taskinfo: argument 1 is a integer value", V_INT(1)),
};

static void test_rows(struct kunit *test)
{
	call_rows(test, rows, ARRAY_SIZE(rows));
}

/* Call a function of a number; its result is @name, or the number without one. */
static void check_name(struct kunit *test, enum ktap_func func, s64 num, const char *name)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	char want[64];

	call_reset(c, exec);
	ktap_set_int(&exec->regs[0], num);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, func, 1), 0);
	if (name)
		scnprintf(want, sizeof(want), "\"%s\"", name);
	else
		scnprintf(want, sizeof(want), "\"%lld\"", num);
	KUNIT_EXPECT_STREQ(test, c->text, want);
}

/* Whether there is a minus makes no difference. */
static void test_errname(struct kunit *test)
{
	const char *name = ktap_sys_errname(ENOENT);

	if (name)
		KUNIT_EXPECT_STREQ(test, name, "ENOENT");
	check_name(test, KTAP_FUNC_ERRNAME, ENOENT, name);
	check_name(test, KTAP_FUNC_ERRNAME, -ENOENT, name);
	check_name(test, KTAP_FUNC_ERRNAME, -512, ktap_sys_errname(512));
	KUNIT_EXPECT_NULL(test, ktap_sys_errname(0));
	KUNIT_EXPECT_NULL(test, ktap_sys_errname(U32_MAX));
}

static void test_syscall(struct kunit *test)
{
	u32 nr;

	for (nr = 0; nr < 500; nr++) {
		const char *name = ktap_sys_syscall(nr);

		check_name(test, KTAP_FUNC_SYSCALL_NAME, nr, name);
		if (name)
			KUNIT_EXPECT_TRUE(test, strncmp(name, "sys_", 4));
	}
	KUNIT_EXPECT_NULL(test, ktap_sys_syscall(U32_MAX));
}

static void test_system(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);

	call_reset(c, exec);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_ARCH, 0), 0);
	KUNIT_EXPECT_STREQ(test, exec->regs[0].str->data, ktap_sys_machine());
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_KERNEL_V, 0), 0);
	KUNIT_EXPECT_STREQ(test, exec->regs[0].str->data, ktap_sys_release());
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_IN_INTERRUPT, 0), 0);
	KUNIT_EXPECT_STREQ(test, c->text, "false");
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_IN_IOWAIT, 0), 0);
	KUNIT_EXPECT_STREQ(test, c->text, "false");
}

#define INFO_NAME(name, nr, text)					\
	[KTAP_TASKINFO_##name] = text,
static const char * const infos[KTAP_TASKINFO_NR] = {
	___KTAP_TASKINFO_MAPPER(INFO_NAME)
};

/* All that is in the list; what does not change is as the kernel has it. */
static void test_taskinfo(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct ktap_str *str;
	u32 i, len;

	for (i = 0; i < KTAP_TASKINFO_NR; i++) {
		call_reset(c, exec);
		len = strlen(infos[i]);
		str = ktap_arena_str(&exec->arena, len);
		KUNIT_ASSERT_NOT_NULL(test, str);
		memcpy(str->data, infos[i], len);
		ktap_set_str(&exec->regs[0], str);
		KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_CURR_TASKINFO, 1), 0);
		if (i == KTAP_TASKINFO_COMM)
			KUNIT_EXPECT_EQ(test, exec->regs[0].type, (u64)KTAP_T_STR);
		else
			KUNIT_EXPECT_EQ(test, exec->regs[0].type, (u64)KTAP_T_INT);
		switch (i) {
		case KTAP_TASKINFO_PID:
		case KTAP_TASKINFO_TGID:
		case KTAP_TASKINFO_PRIO:
		case KTAP_TASKINFO_NICE:
		case KTAP_TASKINFO_FLAGS:
		case KTAP_TASKINFO_START_TIME:
			KUNIT_EXPECT_EQ(test, exec->regs[0].i, ktap_sys_taskinfo(i));
			break;
		default:
			break;
		}
	}
}

static struct kunit_case system_cases[] = {
	KUNIT_CASE(test_rows),
	KUNIT_CASE(test_errname),
	KUNIT_CASE(test_syscall),
	KUNIT_CASE(test_system),
	KUNIT_CASE(test_taskinfo),
	{}
};

static struct kunit_suite system_suite = {
	.name = "ktap_system",
	.init = call_init,
	.exit = call_exit,
	.test_cases = system_cases,
};

kunit_test_suite(system_suite);
