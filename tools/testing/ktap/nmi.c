// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - NMIs at every point of every operation
 *
 * Each operation on a table is interrupted at each of its accesses to shared
 * memory, one after the other, by an NMI that does each of the operations on the
 * same or on another key. Neither may go on for ever, which is seen by the number
 * of accesses; what was done and what was given up as busy must add up; and no
 * memory may be lost.
 */
#include "run.h"
#include "shared.h"

#define KEY		1
#define OTHER		2
#define HEAP		KTAP_HEAP_MIN
/* No operation comes near to this number of accesses. */
#define BOUND		100000

/* FN(name): operations on one key */
#define OPS(FN)								\
	FN(ADD) FN(SET) FN(SET_STR) FN(SET_BIG) FN(DELETE) FN(GET) FN(CLEAR) \
	FN(NEXT) FN(CREATE) FN(GLOBAL_ADD) FN(GLOBAL_STR)

#define OP_ENUM(name) DO_##name,
#define OP_NAME(name) #name,
enum op {
	OPS(OP_ENUM)
	DO_NR
};

static const char * const op_names[] = { OPS(OP_NAME) };

/**
 * struct env - what is operated on
 * @heap: memory
 * @tabs: tables in it
 * @tab: one table
 * @global: cell of a global
 * @op: operation of the NMI
 * @key: its key
 * @ret: what it returned
 * @hit: it came
 */
struct env {
	struct ktap_heap heap;
	struct ktap_tabs tabs;
	u32 tab;
	atomic64_t global;
	enum op op;
	s64 key;
	int ret;
	bool hit;
};

static const struct {
	struct ktap_str str;
	char data[56];
} text = { { 50, KTAP_STR_MADE }, "text" };

static int operate(struct env *env, enum op op, s64 i, u32 *pin)
{
	struct ktap_value key = { .i = i, .type = KTAP_T_INT };
	struct ktap_value val = { .i = 100, .type = KTAP_T_INT };
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	struct ktap_arena arena = {};
	struct ktap_key k;
	s64 cursor = 0;
	u64 word = 0;
	int ret = 0;

	ktap_tab_key(&env->tabs, env->tab, &key, &k);
	if (op == DO_SET_STR || op == DO_GLOBAL_STR)
		ktap_set_str(&val, &text.str);
	else if (op == DO_SET_BIG)
		val.i = S64_MAX;
	ktap_pin(&env->heap, pin);
	switch (op) {
	case DO_ADD:
		ret = ktap_tab_update(&env->tabs, pin, &k, &upd);
		break;
	case DO_SET:
	case DO_SET_STR:
	case DO_SET_BIG:
		ret = ktap_tab_set(&env->tabs, pin, &k, &val);
		break;
	case DO_DELETE:
		ret = ktap_tab_delete(&env->tabs, &k);
		break;
	case DO_GET:
		ret = ktap_tab_get(&env->tabs, &k, &arena, &val);
		break;
	case DO_CLEAR:
		ret = ktap_tab_clear(&env->tabs, env->tab, &cursor, HEAP);
		break;
	case DO_NEXT:
		ret = ktap_tab_next(&env->tabs, env->tab, &arena, &cursor, HEAP, &key,
				    &val);
		break;
	case DO_CREATE:
		word = ktap_tab_create(&env->tabs, pin);
		ret = word ? 0 : -ENOMEM;
		/* As nothing refers to it yet. */
		if (word)
			ktap_heap_free(&env->heap, word);
		break;
	case DO_GLOBAL_ADD:
		ret = ktap_cell_update(&env->heap, &env->global, &upd);
		break;
	case DO_GLOBAL_STR:
		ret = ktap_cell_make(&env->heap, pin, &val, &word);
		if (!ret)
			ret = ktap_cell_set(&env->heap, &env->global, word);
		break;
	default:
		break;
	}
	ktap_unpin(pin);
	return ret;
}

static void nmi(void *arg)
{
	struct env *env = arg;

	env->hit = true;
	env->ret = operate(env, env->op, env->key, &env->heap.pins[0].pin[3]);
}

static bool env_init(struct env *env, enum op second, s64 key, bool there)
{
	u32 *pin;

	memset(env, 0, sizeof(*env));
	if (ktap_heap_init(&env->heap, HEAP, 1) ||
	    ktap_tabs_init(&env->tabs, &env->heap))
		return false;
	pin = &env->heap.pins[0].pin[0];
	ktap_pin(&env->heap, pin);
	env->tab = ktap_tab_create(&env->tabs, pin);
	ktap_unpin(pin);
	atomic64_set(&env->global, 1);
	env->op = second;
	env->key = key;
	return !there || !operate(env, DO_ADD, KEY, pin);
}

/* The integer of a key; 0 if there is none, -1 if it is something else. */
static s64 value_of(struct env *env, s64 i)
{
	struct ktap_value key = { .i = i, .type = KTAP_T_INT }, val;
	u32 *pin = &env->heap.pins[0].pin[0];
	char room[128] __aligned(8);
	struct ktap_arena arena = { .half = { room }, .size = sizeof(room) };
	struct ktap_key k;

	ktap_tab_key(&env->tabs, env->tab, &key, &k);
	ktap_pin(&env->heap, pin);
	ktap_tab_get(&env->tabs, &k, &arena, &val);
	ktap_unpin(pin);
	return val.type == KTAP_T_INT ? val.i : val.type == KTAP_T_NIL ? 0 : -1;
}

/* Nothing but the table, the entries and their values is in use. */
static bool memory_whole(struct env *env)
{
	u32 *pin = &env->heap.pins[0].pin[0];
	u32 found = 0;
	s64 cell = atomic64_read(&env->global);

	ktap_pin(&env->heap, pin);
	/* Back to nothing but the table. */
	operate(env, DO_CLEAR, 0, &env->heap.pins[0].pin[1]);
	atomic64_set(&env->global, 1);
	ktap_cell_drop(&env->heap, cell);
	ktap_unpin(pin);

	ktap_pin(&env->heap, pin);
	while (ktap_heap_alloc(&env->heap, pin, 1))
		found++;
	ktap_unpin(pin);
	return ktap_tab_len(&env->tabs, env->tab) == 0 &&
	       found == env->heap.nr_units - 2;
}

/* What must be so afterwards. Returns NULL or what is not. */
static const char *check(struct env *env, enum op first, int ret, bool there)
{
	u32 len = ktap_tab_len(&env->tabs, env->tab);
	s64 sum = value_of(env, KEY);

	if (ret != 0 && !(first == DO_NEXT && (ret == -ENOENT || ret == -EAGAIN)) &&
	    ret != -ENOSPC &&
	    !(first == DO_ADD && ret == -EINVAL) &&
	    !(first == DO_GLOBAL_ADD && ret == -EINVAL))
		return "what was interrupted failed";
	if (env->ret != 0 && env->ret != -EBUSY && env->ret != -ENOENT &&
	    env->ret != -ENOSPC && env->ret != -EINVAL && env->ret != -EAGAIN)
		return "the NMI failed otherwise than by being busy";
	if (len != (value_of(env, KEY) != 0) + (value_of(env, OTHER) != 0))
		return "the number of entries is wrong";
	/* Counting is exact. */
	if (first == DO_ADD && env->op == DO_ADD && env->key == KEY &&
	    sum != there + 1 + (env->hit && !env->ret))
		return "a count was lost";
	if (first == DO_GLOBAL_ADD && env->op == DO_GLOBAL_ADD &&
	    atomic64_read(&env->global) != (env->hit ? 5 : 3))
		return "a count of a global was lost";
	/* What was added after a delete is there. */
	if (first == DO_DELETE && env->op == DO_ADD && env->key == KEY && there &&
	    sum != 0 && sum != 1)
		return "the sum is more than what was added";
	if (!memory_whole(env))
		return "memory was lost";
	return NULL;
}

static bool run_pair(enum op first, enum op second, s64 key, bool there,
		     unsigned long *hits)
{
	unsigned long point;

	for (point = 1; point < 1000; point++) {
		const char *wrong;
		struct env env;
		int ret;

		if (!env_init(&env, second, key, there)) {
			tap_note("no memory");
			return false;
		}
		test_points.bound = BOUND;
		test_points.nmi = nmi;
		test_points.arg = &env;
		test_points.countdown = point;
		ret = operate(&env, first, KEY, &env.heap.pins[0].pin[0]);
		test_points.countdown = 0;
		test_points.bound = 0;
		wrong = check(&env, first, ret, there);
		ktap_tabs_destroy(&env.tabs);
		ktap_heap_destroy(&env.heap);
		if (wrong) {
			tap_note("%s at access %lu, %s of key %lld in the NMI: %s (%d, %d)",
				 op_names[first], point, op_names[second], (long long)key,
				 wrong, ret, env.ret);
			return false;
		}
		if (!env.hit)
			return true;
		++*hits;
	}
	return true;
}

/*
 * The same with a whole program: it goes through a table with a single entry, which
 * the NMI deletes. At the end of the table the registers for key and value have to
 * be what they were before, for the verifier takes them for that.
 */
static const struct test_prog prog_next = {
	.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), OP(LOADK, 1, K_TEXT16),
		     OP(LOADK, 2, K_WIDE), OP(SETT, 0, 1, 2), OP(RET)),
	.probe = CODE(OP(GETG, 2, 0), OP(ITER, 2), OP(LOADI, 4, 8), OP(LOADI, 5, 9),
		      OP(NEXT, 2), OP(JMP, 0, 3), OP(ADD, 4, 4, 5), OP(SETG, 4, 1),
		      OP(RET), OP(LOADI, 4, 1), OP(SETG, 4, 1), OP(RET)),
};

static void nmi_delete(void *arg)
{
	struct test_run *run = arg;
	struct ktap_heap *heap = &run->core.heap;
	u32 tab = KTAP_CELL_IDX(atomic64_read(&run->core.globals[0]));
	s64 cursor = 0;

	ktap_pin(heap, &heap->pins[0].pin[3]);
	ktap_tab_clear(&run->core.tabs, tab, &cursor, HEAP);
	ktap_unpin(&heap->pins[0].pin[3]);
}

static bool run_next(u32 arena)
{
	unsigned long point, ends = 0;

	for (point = 1; point < 1000; point++) {
		struct test_run *run = calloc(1, sizeof(*run));
		bool hit, ok;
		u64 cell;

		if (test_run_load(run, &prog_next) || test_run_proto(run, 0)) {
			tap_note("cannot run: %s", run->log);
			return false;
		}
		if (arena)
			run->probe.arena.size = arena;
		test_points.bound = BOUND;
		test_points.nmi = nmi_delete;
		test_points.arg = run;
		test_points.countdown = point;
		ok = test_run_proto(run, 1) == KTAP_END_RETURN || arena;
		hit = !test_points.countdown;
		test_points.countdown = 0;
		test_points.bound = 0;
		cell = atomic64_read(&run->core.globals[1]);
		ends += cell == (17 << 1 | 1);
		/* 1 for the pair, the sum at the end, nil after an error. */
		ok &= cell == (1 << 1 | 1) || cell == (17 << 1 | 1) ||
		      (arena && cell == KTAP_CELL_NIL);
		if (!ok)
			tap_note("access %lu: %s, cell %llx", point, run->out,
				 (unsigned long long)cell);
		test_run_unload(run);
		free(run);
		if (!ok)
			return false;
		if (!hit)
			return ends > 1;
	}
	return false;
}

int main(void)
{
	unsigned long hits = 0;
	u32 first, second;
	char name[64];

	/* As the pins are used here. */
	test_cpu = 0;
	for (first = 0; first < DO_NR; first++) {
		bool ok = true;

		for (second = 0; second < DO_NR; second++) {
			ok &= run_pair(first, second, KEY, false, &hits);
			ok &= run_pair(first, second, KEY, true, &hits);
			ok &= run_pair(first, second, OTHER, true, &hits);
		}
		snprintf(name, sizeof(name), "NMI in %s", op_names[first]);
		tap_result(ok, name);
	}
	tap_result(run_next(0), "NMI in a program that goes through a table");
	tap_result(run_next(96), "NMI while there is no room for a value");
	tap_note("%lu NMIs", hits);
	tap_result(hits > 1000, "NMIs came");
	return tap_end();
}
