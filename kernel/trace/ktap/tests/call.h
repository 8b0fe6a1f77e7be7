/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Calling builtin functions in tests
 *
 * A builtin function takes its arguments in registers and leaves its result there,
 * so it is called as it is, with no program around it: a test is a list of calls
 * with the text of what they give. Each call is made in a slot for probes and in
 * one for process context, with an arena that is empty but for the arguments and
 * with one that is full, so that strings move. What they moved from is overwritten
 * wherever the run may pause.
 */
#ifndef _KTAP_TESTS_CALL_H
#define _KTAP_TESTS_CALL_H

#include "run.h"

#include "../builtin.h"

/* Registers; the last two have strings that a call must leave alone. */
#define CALL_REGS	64
#define CALL_COPY	(CALL_REGS - 2)
#define CALL_GUARD	(CALL_REGS - 1)

#define CALL_HEAP	(256U << 10)
#define CALL_BUDGET	1000000U
#define CALL_RECORDS	(128U << 10)
#define CALL_TEXT	2048

/* What is at TEST_USER in user memory, and at TEST_KERNEL in that of the kernel. */
#define TEST_USER	0x10000
#define TEST_KERNEL	0x20000
#define TEST_MEM_SIZE	8192

/**
 * struct call_arg - an argument
 * @type: &enum ktap_type
 * @num: the integer, or the index of the function
 * @text: bytes of a string
 * @len: their number
 * @times: how often they are repeated, if not 0
 * @parts: of a compound key
 * @nr_parts: their number
 */
struct call_arg {
	enum ktap_type type;
	s64 num;
	const char *text;
	u32 len;
	u32 times;
	const struct call_arg *parts;
	u32 nr_parts;
};

#define V_NIL		{ KTAP_T_NIL }
#define V_TRUE		{ KTAP_T_TRUE }
#define V_FALSE		{ KTAP_T_FALSE }
#define V_INT(n)		{ KTAP_T_INT, .num = (n) }
#define V_FUNC(n)		{ KTAP_T_FUNC, .num = (n) }
#define V_STR(s)		{ KTAP_T_STR, .text = s, .len = sizeof(s) - 1 }
#define V_LONG(s, n)	{ KTAP_T_STR, .text = s, .len = sizeof(s) - 1, .times = n }
/* Nothing at all: a table that could not be made, or that is gone. */
#define V_GONE		{ KTAP_T_TAB }
#define V_NO_STAT		{ KTAP_T_STAT }
#define V_KEY(...)							\
	{ KTAP_T_TUPLE, .parts = (const struct call_arg[]){ __VA_ARGS__ },	\
	  .nr_parts = sizeof((struct call_arg[]){ __VA_ARGS__ }) / sizeof(struct call_arg) }

#define CALL_ARGS	4

/**
 * struct call_row - a call and what it gives
 * @func: function
 * @want: its result, or the message of an error behind "error: "
 * @args: arguments
 * @nr: their number
 */
struct call_row {
	enum ktap_func func;
	const char *want;
	struct call_arg args[CALL_ARGS];
	u32 nr;
};

#define ROW(name, result, ...)						\
	{ KTAP_FUNC_##name, result, { __VA_ARGS__ },			\
	  sizeof((struct call_arg[]){ __VA_ARGS__ }) / sizeof(struct call_arg) }

/**
 * struct call - what calls are made with
 * @core: memory
 * @slots: slots for probes and for process context
 * @budget: of a call
 * @cost: of the last call
 * @scratch: for strings of tables that are made into text
 * @text: the last result
 * @len: its length
 * @records: records as they were written, one behind the other, each a struct
 *           call_rec and its body
 * @size: of all of them
 * @mem: what can be read
 */
struct call {
	struct ktap_core core;
	struct ktap_exec slots[2];
	u64 budget;
	u64 cost;
	struct ktap_arena scratch;
	char text[CALL_TEXT];
	u32 len;
	char records[CALL_RECORDS] __aligned(8);
	u32 size;
	char mem[TEST_MEM_SIZE];
};

/**
 * struct call_rec - a record that was written
 * @type: &enum ktap_rec_type
 * @size: of what follows, a multiple of eight
 */
struct call_rec {
	u32 type;
	u32 size;
};

static inline struct call *call_of(struct ktap_exec *exec)
{
	return container_of(exec->core, struct call, core);
}

static inline void *call_room(struct call *c, enum ktap_rec_type type, u32 size)
{
	struct call_rec *rec = (void *)c->records + c->size;

	if (size + sizeof(*rec) > sizeof(c->records) - c->size)
		return NULL;
	rec->type = type;
	rec->size = size;
	c->size += sizeof(*rec) + size;
	return rec + 1;
}

static inline void call_raw(struct ktap_exec *exec, enum ktap_rec_type type,
			    const void *body, u32 size)
{
	void *to = call_room(call_of(exec), type, size);

	if (to)
		memcpy(to, body, size);
}

static inline void call_record(struct ktap_exec *exec, enum ktap_rec_type type,
			       const struct ktap_value *vals, u32 nr)
{
	u32 size = 0, i;
	void *to;

	for (i = 0; i < nr; i++)
		size += ktap_rec_size(&vals[i]);
	to = call_room(call_of(exec), type, size);
	for (i = 0; to && i < nr; i++)
		to = ktap_rec_put(exec, &vals[i], to);
}

/* Where @size bytes are, if they are. */
static inline const char *call_mem(struct call *c, u64 addr, u64 size, bool user)
{
	u64 base = user ? TEST_USER : TEST_KERNEL;

	if (addr < base || addr - base >= sizeof(c->mem) ||
	    size > sizeof(c->mem) - (addr - base))
		return NULL;
	return c->mem + (addr - base);
}

static inline bool call_read(struct ktap_exec *exec, void *to, u64 addr, u32 size,
			     bool user)
{
	const char *from = call_mem(call_of(exec), addr, size, user);

	if (from)
		memcpy(to, from, size);
	return from;
}

/* Three frames, the innermost one first. */
static inline u32 call_stack(struct ktap_exec *exec, u64 *addrs, u32 max, u32 skip, bool user)
{
	u32 nr;

	for (nr = 0; nr < max && skip + nr < 3; nr++)
		addrs[nr] = (user ? 0x400000 : 0x1000) + 16 * (skip + nr);
	return nr;
}

/* Byte by byte: where memory ends, there is none. */
static inline long call_read_str(struct ktap_exec *exec, char *to, u64 addr, u32 size,
				 bool user)
{
	u32 i;

	for (i = 0; i + 1 < size; i++) {
		const char *from = call_mem(call_of(exec), addr + i, 1, user);

		if (!from)
			return -EFAULT;
		to[i] = *from;
		if (!*from)
			return i;
	}
	if (!call_mem(call_of(exec), addr, 1, user))
		return -EFAULT;
	to[i] = '\0';
	return i;
}

/* Pause at each charge, and leave nothing of what strings were moved from. */
static inline bool call_pause(struct ktap_exec *exec)
{
	struct ktap_arena *arena = &exec->arena;

	memset(arena->half[!arena->cur], 0xa5, arena->size);
	exec->budget += exec->fuel;
	exec->fuel = 0;
	return false;
}

static const struct ktap_env call_env = {
	.record = call_record,
	.raw = call_raw,
	.read = call_read,
	.read_str = call_read_str,
	.stack = call_stack,
	.pause = call_pause,
};

static inline struct ktap_exec *call_slot(struct call *c, bool proc)
{
	return &c->slots[proc];
}

/* What there has to be for the slots to have registers, and a function. */
static const struct test_prog call_prog = {
	.probe = CODE(OP(RET)),
	.regs = CALL_REGS,
	.f = { CODE(OP(RET)) },
};

static inline int call_load(struct call *c)
{
	struct ktap_log log = {};
	struct ktap_prog *prog = test_prog_make(&call_prog, &log);
	int ret, i;

	if (IS_ERR(prog))
		return PTR_ERR(prog);
	ret = ktap_verify(prog, &log);
	if (ret) {
		ktap_prog_destroy(prog);
		return ret;
	}
	ret = ktap_core_init(&c->core, prog, CALL_HEAP, 2);
	for (i = 0; !ret && i < 2; i++)
		ret = ktap_exec_init(&c->slots[i], &c->core, &call_env,
				     &c->core.heap.pins[i].pin[0], i);
	c->budget = CALL_BUDGET;
	c->scratch.size = 64U << 10;
	c->scratch.half[0] = kvmalloc(c->scratch.size, GFP_KERNEL);
	return ret ?: c->scratch.half[0] ? 0 : -ENOMEM;
}

static inline void call_unload(struct call *c)
{
	kvfree(c->scratch.half[0]);
	ktap_exec_destroy(&c->slots[0]);
	ktap_exec_destroy(&c->slots[1]);
	if (c->core.prog)
		ktap_core_destroy(&c->core);
}

/* For suites. */
static inline int call_init(struct kunit *test)
{
	struct call *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	int ret;

	if (!c)
		return -ENOMEM;
	ret = call_load(c);
	if (ret)
		call_unload(c);
	else
		test->priv = c;
	return ret;
}

static inline void call_exit(struct kunit *test)
{
	if (test->priv)
		call_unload(test->priv);
}

/*
 * Results as text
 */

__printf(2, 3)
static inline void call_add(struct call *c, const char *fmt, ...)
{
	u32 room = sizeof(c->text) - c->len;
	va_list args;

	va_start(args, fmt);
	c->len += min_t(u32, vsnprintf(c->text + c->len, room, fmt, args), room - 1);
	va_end(args);
}

static inline void call_add_str(struct call *c, const struct ktap_str *str)
{
	u32 i;

	if (str->len > 200) {
		call_add(c, "<%u bytes>", str->len);
		return;
	}
	call_add(c, "\"");
	for (i = 0; i < str->len; i++) {
		u8 byte = str->data[i];

		call_add(c, byte < ' ' || byte > '~' ? "\\x%02x" : "%c", byte);
	}
	call_add(c, str->data[str->len] ? "\" and no NUL" : "\"");
}

static inline void call_add_value(struct call *c, const struct ktap_value *val)
{
	switch (val->type) {
	case KTAP_T_INT:
		call_add(c, "%lld", val->i);
		break;
	case KTAP_T_STR:
		call_add_str(c, val->str);
		break;
	case KTAP_T_TRUE:
		call_add(c, "true");
		break;
	case KTAP_T_FALSE:
		call_add(c, "false");
		break;
	default:
		call_add(c, "%s", ktap_type_names[val->type]);
		break;
	}
}

/* The pairs of a table, in the order in which they came. */
static inline void call_add_tab(struct call *c, struct ktap_exec *exec, u64 tab)
{
	struct ktap_value key, val;
	const char *sep = "";
	s64 cursor;
	int ret;

	ktap_pin(&c->core.heap, exec->local.pin);
	cursor = ktap_tab_first(&c->core.tabs, tab);
	call_add(c, "{");
	do {
		c->scratch.used = 0;
		ret = ktap_tab_next(&c->core.tabs, tab, &cursor, 64, &c->scratch, &key,
				    &val);
		if (ret)
			continue;
		call_add(c, "%s", sep);
		call_add_value(c, &key);
		call_add(c, "=");
		call_add_value(c, &val);
		sep = " ";
	} while (!ret || ret == -EAGAIN);
	call_add(c, "}");
	ktap_unpin(exec->local.pin);
}

/*
 * Calls
 */

/* Make an argument. Returns false if the arena has no room for it. */
static inline bool call_put(struct ktap_exec *exec, const struct call_arg *arg,
			    struct ktap_value *val)
{
	u32 times = arg->times ?: 1, size = 0, i;
	struct ktap_value parts[8];
	struct ktap_str *str;
	void *to;

	val->type = arg->type;
	val->i = arg->num;
	if (arg->type == KTAP_T_STR) {
		str = ktap_arena_str(&exec->arena, arg->len * times);
		for (i = 0; str && i < times; i++)
			memcpy(str->data + i * arg->len, arg->text, arg->len);
		val->str = str;
		return str;
	}
	if (arg->type != KTAP_T_TUPLE)
		return true;
	for (i = 0; i < arg->nr_parts; i++) {
		if (!call_put(exec, &arg->parts[i], &parts[i]))
			return false;
		size += ktap_rec_size(&parts[i]);
	}
	str = ktap_arena_str(&exec->arena, size);
	for (to = str ? str->data : NULL, i = 0; to && i < arg->nr_parts; i++)
		to = ktap_rec_put(exec, &parts[i], to);
	val->str = str;
	return str;
}

/* Begin anew: no strings, no tables but those that others have. */
static inline void call_reset(struct call *c, struct ktap_exec *exec)
{
	u32 i;

	for (i = 0; i < CALL_REGS; i++)
		ktap_set_nil(&exec->regs[i]);
	exec->live = CALL_REGS;
	exec->top = CALL_REGS;
	exec->arena.used = 0;
	exec->fuel = 0;
	exec->budget = S64_MAX;
	preempt_disable();
	ktap_vm_reap(exec);
	preempt_enable();
	exec->nr_frames = 1;
	exec->fault.nr_pcs = 0;
	exec->fault.text[0] = '\0';
	memset(exec->stats, 0, sizeof(exec->stats));
	c->size = 0;
}

/* Leave no room in the arena. */
static inline void call_fill(struct ktap_exec *exec)
{
	u32 room = exec->arena.size - exec->arena.used;

	if (room)
		ktap_arena_str(&exec->arena, room - sizeof(struct ktap_str) - 1);
}

/*
 * Call a function with what is in the first registers. Returns 0, when the result
 * is in the first one, or an error; the text is that of the result or the error.
 */
static inline int call_func(struct call *c, struct ktap_exec *exec,
			    enum ktap_func func, u32 nr)
{
	int ret;

	exec->fuel = 0;
	exec->budget = c->budget;
	preempt_disable();
	ret = ktap_vm_call(exec, func, exec->regs, nr);
	preempt_enable();
	c->cost = c->budget - exec->budget - exec->fuel;

	c->len = 0;
	c->text[0] = '\0';
	if (ret == -EFAULT)
		call_add(c, "error: %s", exec->fault.text);
	else if (ret == -ECANCELED)
		call_add(c, "exit %d", exec->status);
	else if (ret)
		call_add(c, "result %d", ret);
	else if (exec->regs[0].type == KTAP_T_TAB)
		call_add_tab(c, exec, exec->regs[0].ref);
	else
		call_add_value(c, &exec->regs[0]);
	return ret;
}

static inline const char *call_name(enum ktap_func func)
{
#define CALL_NAME(name, nr, text, ...)					\
	[KTAP_FUNC_##name] = text,
	static const char * const names[KTAP_FUNC_NR] = {
		___KTAP_FUNC_MAPPER(CALL_NAME)
	};
#undef CALL_NAME

	return names[func];
}

/* Make a call of a table of them, and look whether it left the rest alone. */
static inline int call_row(struct kunit *test, struct ktap_exec *exec,
			   const struct call_row *row, bool full)
{
	static const struct call_arg guard = V_STR("to be left alone");
	struct call *c = test->priv;
	const struct ktap_str *copy;
	bool fits;
	u32 i;
	int ret;

	call_reset(c, exec);
	fits = call_put(exec, &guard, &exec->regs[CALL_GUARD]);
	for (i = 0; i < row->nr; i++)
		fits = fits && call_put(exec, &row->args[i], &exec->regs[i]);
	if (!fits) {
		KUNIT_FAIL(test, "no room for the arguments of %s()", call_name(row->func));
		return -ENOSPC;
	}
	if (row->nr)
		exec->regs[CALL_COPY] = exec->regs[0];
	if (full)
		call_fill(exec);
	ret = call_func(c, exec, row->func, row->nr);

	copy = exec->regs[CALL_GUARD].str;
	KUNIT_EXPECT_EQ(test, copy->len, guard.len);
	KUNIT_EXPECT_TRUE(test, !memcmp(copy->data, guard.text, guard.len + 1));
	copy = exec->regs[CALL_COPY].str;
	if (row->nr && row->args[0].type == KTAP_T_STR) {
		KUNIT_EXPECT_EQ(test, copy->len,
				row->args[0].len * (row->args[0].times ?: 1));
		KUNIT_EXPECT_TRUE(test, !memcmp(copy->data, row->args[0].text,
						row->args[0].len));
	}
	return ret;
}

static inline void call_check(struct kunit *test, const struct call_row *row,
			      const char *where)
{
	struct call *c = test->priv;

	if (strcmp(c->text, row->want))
		KUNIT_FAIL(test, "%s(), %u arguments, %s: %s, should be %s",
			   call_name(row->func), row->nr, where, c->text, row->want);
}

/* All ways in which a call can be made. */
static inline void call_rows(struct kunit *test, const struct call_row *rows, u32 nr)
{
	static const u32 wheres[] = {
#define CALL_WHERE(name, nr, text, min, max, arg1, arg2, args, ret, where)	\
		[KTAP_FUNC_##name] = where,
		___KTAP_FUNC_MAPPER(CALL_WHERE)
#undef CALL_WHERE
	};
	struct call *c = test->priv;
	u32 i;

	for (i = 0; i < nr; i++) {
		call_row(test, call_slot(c, true), &rows[i], false);
		call_check(test, &rows[i], "arena empty");
		call_row(test, call_slot(c, true), &rows[i], true);
		call_check(test, &rows[i], "arena full");
		if (!(wheres[rows[i].func] & KTAP_IN(PROBE)))
			continue;
		call_row(test, call_slot(c, false), &rows[i], false);
		call_check(test, &rows[i], "probe, arena empty");
		call_row(test, call_slot(c, false), &rows[i], true);
		call_check(test, &rows[i], "probe, arena full");
	}
}

/*
 * What a call costs: at least as much as @least, so that no budget lets it take too
 * long; and it ends in an error with less than it takes.
 */
static inline void call_costs(struct kunit *test, const struct call_row *row, u64 least)
{
	static const char text[] = "error: loop execute count exceed max limit";
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, true);
	u64 cost, budget;

	c->budget = CALL_BUDGET;
	call_row(test, exec, row, false);
	call_check(test, row, "with all of the budget");
	cost = c->cost;
	if (cost < least)
		KUNIT_FAIL(test, "%s() costs %llu, not %llu", call_name(row->func), cost,
			   least);
	for (budget = 0; budget < cost; budget += max(1ULL, (u64)cost / 16)) {
		c->budget = budget;
		call_row(test, exec, row, false);
		if (strcmp(c->text, text))
			KUNIT_FAIL(test, "%s() with %llu of %llu: %s", call_name(row->func),
				   budget, cost, c->text);
	}
	c->budget = cost - !cost;
	call_row(test, exec, row, false);
	call_check(test, row, "with just what it takes");
	c->budget = CALL_BUDGET;
}

#endif /* _KTAP_TESTS_CALL_H */
