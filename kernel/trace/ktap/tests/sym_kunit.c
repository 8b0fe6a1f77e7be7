// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the builtin functions of symbols
 *
 * What names the kernel has is asked of it; a kernel without names has none.
 */
#include "call.h"

#include "../sys.h"

#define KNOWN	"vfs_read"

static u64 known_addr(void)
{
	unsigned long size;

	return ktap_sys_address(KNOWN, &size);
}

static const struct call_row rows[] = {
	ROW(KSYM, "stack", V_INT(1)),
	ROW(KSYM, "nil", V_NIL),
	ROW(KSYM, "error: ksym: argument 1 is a string value", V_STR("a")),
	ROW(USYM, "stack", V_INT(-1)),
	ROW(USYM, "nil", V_NIL),
	ROW(USYM, "error: usym: argument 1 is a boolean value", V_TRUE),
	ROW(KADDR, "error: kaddr: the kernel has no symbol ''", V_STR("")),
	ROW(KADDR, "error: kaddr: the kernel has no symbol 'there is none'",
	    V_STR("there is none")),
	ROW(KADDR, "error: kaddr: the kernel has no symbol '" KNOWN "'", V_STR(KNOWN "\0x")),
	ROW(KADDR, "error: kaddr: the kernel has no symbol 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
	    V_LONG("x", 4000)),
	ROW(KADDR, "error: kaddr: argument 1 is a integer value", V_INT(1)),
	ROW(KERNEL_VAR, "error: kernel_var: the kernel has no symbol 'there is none'",
	    V_STR("there is none")),
	ROW(KERNEL_VAR, "error: kernel_var: argument 1 is a nil value", V_NIL),
};

static void test_rows(struct kunit *test)
{
	call_rows(test, rows, ARRAY_SIZE(rows));
}

/* The text of a symbol at @addr. */
static void check_name(struct kunit *test, enum ktap_func func, u64 addr, const char *want)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);

	call_reset(c, exec);
	ktap_set_int(&exec->regs[0], addr);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, func, 1), 0);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_TOSTRING, 1), 0);
	KUNIT_EXPECT_STREQ(test, c->text, want);
	KUNIT_EXPECT_GE(test, c->cost, 512ULL * (func == KTAP_FUNC_KSYM));
}

static void test_names(struct kunit *test)
{
	u64 addr = known_addr();

	if (addr) {
		check_name(test, KTAP_FUNC_KSYM, addr, "\"" KNOWN "\"");
		check_name(test, KTAP_FUNC_KSYM, addr + 4, "\"" KNOWN "+0x4\"");
	}
	check_name(test, KTAP_FUNC_KSYM, 16, "\"0x10\"");
	check_name(test, KTAP_FUNC_USYM, 0x401000, "\"0x401000\"");
	check_name(test, KTAP_FUNC_USYM, U64_MAX, "\"0xffffffffffffffff\"");
}

/* Stacks have a line for each frame, and of many those that there is room for. */
static void test_stacks(struct kunit *test)
{
	static const u64 user[] = { 0x400000, 0x400010, 0x400020 };
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct ktap_val_stack *stack;
	struct ktap_str *str;
	u32 i, size = struct_size(stack, data, KTAP_MAX_STACK * sizeof(u64));
	u64 addr = U64_MAX / 2;

	call_reset(c, exec);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_USTACK, 0), 0);
	KUNIT_EXPECT_EQ(test, exec->regs[0].str->len, (u32)struct_size(stack, data, sizeof(user)));
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_TOSTRING, 1), 0);
	KUNIT_EXPECT_STREQ(test, c->text, "\"0x400000\\x0a0x400010\\x0a0x400020\"");

	call_reset(c, exec);
	str = ktap_arena_str(&exec->arena, size);
	KUNIT_ASSERT_NOT_NULL(test, str);
	stack = (struct ktap_val_stack *)str->data;
	stack->flags = KTAP_STACK_USER;
	stack->pid = 1;
	for (i = 0; i < KTAP_MAX_STACK; i++)
		memcpy(stack->data + i * sizeof(addr), &addr, sizeof(addr));
	exec->regs[0].str = str;
	exec->regs[0].type = KTAP_T_STACK;
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_TOSTRING, 1), 0);
	/* Each has 18 characters and a newline in front, but for the first one. */
	KUNIT_EXPECT_EQ(test, exec->regs[0].str->len, KTAP_MAX_STACK * 19U - 1);

	/* With less room there are fewer, and none is cut. */
	exec->arena.size = 4000;
	exec->arena.used = ktap_str_size(size);
	exec->regs[0].str = str;
	exec->regs[0].type = KTAP_T_STACK;
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_TOSTRING, 1), 0);
	KUNIT_EXPECT_EQ(test, exec->regs[0].str->len, 2001 / 19 * 19U - 1);
}

/* What a constant names is looked for once. */
static void test_once(struct kunit *test)
{
	static const struct {
		struct ktap_str str;
		char text[16];
	} name = { { 4, 0 }, "none" };
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct ktap_place *places;

	places = kvcalloc(1, sizeof(*places), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, places);
	c->core.places = places;
	call_reset(c, exec);
	ktap_set_str(&exec->regs[0], &name.str);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_KADDR, 1), -EFAULT);
	places->addr = 4096;
	ktap_set_str(&exec->regs[0], &name.str);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_KADDR, 1), 0);
	KUNIT_EXPECT_STREQ(test, c->text, "4096");
	KUNIT_EXPECT_LT(test, c->cost, 100ULL);
}

/* A variable has the size that its symbol has, if an integer can have it. */
static void test_variable(struct kunit *test)
{
	static const struct {
		struct ktap_str str;
		char text[16];
	} name = { { 4, 0 }, "none" };
	static const u8 sizes[][2] = {
		{ 1, 1 }, { 2, 2 }, { 4, 4 }, { 8, sizeof(long) }, { 3, sizeof(long) },
		{ 0, sizeof(long) }, { 200, sizeof(long) },
	};
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	struct ktap_place *place;
	u32 i, end;

	place = kvcalloc(1, sizeof(*place), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, place);
	c->core.places = place;
	memset(c->mem, 0xff, sizeof(c->mem));
	call_reset(c, exec);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		end = TEST_MEM_SIZE - sizes[i][1];
		place->size = sizes[i][0];
		/* Where it just fits, and one byte further. */
		place->addr = TEST_KERNEL + end;
		ktap_set_str(&exec->regs[0], &name.str);
		KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_KERNEL_VAR, 1), 0);
		KUNIT_EXPECT_EQ(test, (u64)exec->regs[0].i,
				sizes[i][1] == 8 ? U64_MAX : BIT_ULL(8 * sizes[i][1]) - 1);
		place->addr++;
		ktap_set_str(&exec->regs[0], &name.str);
		KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_KERNEL_VAR, 1), 0);
		KUNIT_EXPECT_STREQ(test, c->text, "nil");
	}
	KUNIT_EXPECT_EQ(test, exec->stats[KTAP_STAT_BAD_READ], (u64)ARRAY_SIZE(sizes));
}

/* As it is found it is kept. */
static void test_kept(struct kunit *test)
{
	static const struct {
		struct ktap_str str;
		char text[16];
	} name = { { sizeof(KNOWN) - 1, 0 }, KNOWN };
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	u64 addr = known_addr(), cost;

	c->core.places = kvcalloc(1, sizeof(*c->core.places), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c->core.places);
	call_reset(c, exec);
	ktap_set_str(&exec->regs[0], &name.str);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_KADDR, 1), addr ? 0 : -EFAULT);
	cost = c->cost;
	KUNIT_EXPECT_EQ(test, (u64)c->core.places->addr, addr);
	if (!addr)
		return;
	KUNIT_EXPECT_EQ(test, (u64)exec->regs[0].i, addr);
	KUNIT_EXPECT_GE(test, cost, 1000ULL);
}

static const struct {
	const char *text;
	const char *want;
} names[] = {
	{ "f+0x0/0x10", "f" },
	{ "f+0x10/0x120", "f+0x10" },
	{ "f+0x0/0x10 [module]", "f [module]" },
	{ "f+0x8/0x10 [module]", "f+0x8 [module]" },
	{ "a+b+0x0/0x1", "a+b" },
	{ "0xffffffff81000000", "0xffffffff81000000" },
	{ "f", "f" },
	{ "f+0x10", "f+0x10" },
	{ "a/b", "a/b" },
	{ "", "" },
};

static void test_short_names(struct kunit *test)
{
	char text[64];
	u32 i, len;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		len = scnprintf(text, sizeof(text), "%s", names[i].text);
		len = ktap_short_name(text, len);
		KUNIT_EXPECT_STREQ(test, text, names[i].want);
		KUNIT_EXPECT_EQ(test, len, (u32)strlen(names[i].want));
	}
}

static struct kunit_case sym_cases[] = {
	KUNIT_CASE(test_rows),
	KUNIT_CASE(test_names),
	KUNIT_CASE(test_stacks),
	KUNIT_CASE(test_once),
	KUNIT_CASE(test_kept),
	KUNIT_CASE(test_variable),
	KUNIT_CASE(test_short_names),
	{}
};

static struct kunit_suite sym_suite = {
	.name = "ktap_sym",
	.init = call_init,
	.exit = call_exit,
	.test_cases = sym_cases,
};

kunit_test_suite(sym_suite);
