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
/* No operation comes near to these numbers of accesses. */
#define POINTS		5000
#define BOUND		100000

/*
 * FN(name): operations on one key of a plain table, on one of a table of histograms,
 * on a variable
 */
#define OPS(FN)								\
	FN(ADD) FN(SET) FN(SET_STR) FN(SET_BIG) FN(SET_TAB) FN(KEY_TAB) FN(DELETE) \
	FN(GET) FN(CLEAR) FN(ZERO) FN(NEXT) FN(ITEMS)			\
	FN(FEED) FN(FEED_ANEW) FN(FEED_ALL) FN(STAT_DELETE) FN(STAT_ZERO) FN(STAT_CLEAR) \
	FN(SUM) FN(REAP) FN(GLOBAL_ADD) FN(GLOBAL_STR) FN(GLOBAL_TAB)

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
 * @local: execution slots, of the task and of the NMI
 * @tab: a plain table
 * @hist: one of histograms
 * @global: cell of a global
 * @op: operation of the NMI
 * @key: its key
 * @ret: what it returned
 * @hit: it came
 */
struct env {
	struct ktap_heap heap;
	struct ktap_tabs tabs;
	struct ktap_local local[2];
	u64 tab;
	u64 hist;
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

/* A new table with something in it. */
static int new_table(struct env *env, struct ktap_local *local, struct ktap_value *val)
{
	struct ktap_value str;
	struct ktap_key key;

	ktap_set_str(&str, &text.str);
	ktap_set_tab(val, ktap_tab_create(&env->tabs, local, NULL));
	if (!val->ref)
		return -ENOMEM;
	ktap_tab_key(&env->tabs, val->ref, &str, &key);
	return ktap_tab_set(&env->tabs, local, &key, &str);
}

static int key_table(struct env *env, struct ktap_local *local)
{
	struct ktap_value tab;
	struct ktap_key key;
	int ret;

	ret = new_table(env, local, &tab);
	if (ret)
		return ret;
	ktap_tab_key(&env->tabs, env->tab, &tab, &key);
	ret = ktap_tab_set(&env->tabs, local, &key, &tab);
	if (!ret)
		ret = ktap_tab_delete(&env->tabs, local, &key);
	return ret;
}

static int set_global(struct env *env, struct ktap_local *local,
		      const struct ktap_value *val)
{
	u64 word;
	int ret;

	ret = ktap_cell_make(&env->heap, local, val, &word);
	return ret ?: ktap_cell_set(&env->heap, local, &env->global, word);
}

static int items(struct env *env, struct ktap_arena *arena)
{
	struct ktap_item items[4];
	struct ktap_value key, val;
	s64 cursor = ktap_tab_first(&env->tabs, env->tab);
	int nr = ktap_tab_items(&env->tabs, env->tab, &cursor, items, ARRAY_SIZE(items));
	int ret = 0;

	while (nr-- > 0 && !ret)
		ret = ktap_tab_item(&env->tabs, env->tab, &items[nr], arena, &key, &val);
	return ret;
}

static int operate(struct env *env, enum op op, s64 i, struct ktap_local *local)
{
	u64 tab = op >= DO_FEED && op <= DO_SUM ? env->hist : env->tab;
	struct ktap_value key = { .i = i, .type = KTAP_T_INT };
	struct ktap_value val = { .i = 100, .type = KTAP_T_INT };
	struct ktap_update upd = { .arith = KTAP_A_ADD, .operand = 1 };
	char room[128] __aligned(8);
	struct ktap_arena arena = { .half = { room }, .size = sizeof(room) };
	struct ktap_stat_sum sum;
	enum ktap_type type;
	struct ktap_key k;
	int ret = 0;
	s64 cursor;

	ktap_tab_key(&env->tabs, tab, &key, &k);
	ktap_pin(&env->heap, local->pin);
	switch (op) {
	case DO_ADD:
		ret = ktap_tab_update(&env->tabs, local, &k, &upd);
		break;
	case DO_SET_STR:
		ktap_set_str(&val, &text.str);
		ret = ktap_tab_set(&env->tabs, local, &k, &val);
		break;
	case DO_SET:
	case DO_SET_BIG:
		val.i = op == DO_SET ? 100 : S64_MAX;
		ret = ktap_tab_set(&env->tabs, local, &k, &val);
		break;
	case DO_SET_TAB:
		ret = new_table(env, local, &val) ?:
		      ktap_tab_set(&env->tabs, local, &k, &val);
		break;
	case DO_KEY_TAB:
		ret = key_table(env, local);
		break;
	case DO_DELETE:
	case DO_STAT_DELETE:
		ret = ktap_tab_delete(&env->tabs, local, &k);
		break;
	case DO_GET:
		ret = ktap_tab_get(&env->tabs, &k, &arena, &val);
		break;
	case DO_CLEAR:
	case DO_STAT_CLEAR:
		ret = ktap_tab_clear(&env->tabs, local, tab, HEAP);
		break;
	case DO_ZERO:
	case DO_STAT_ZERO:
		cursor = ktap_tab_first(&env->tabs, tab);
		ret = ktap_tab_zero(&env->tabs, tab, &cursor, HEAP);
		break;
	case DO_NEXT:
		cursor = ktap_tab_first(&env->tabs, tab);
		do {
			ret = ktap_tab_next(&env->tabs, tab, &cursor, HEAP, &arena, &key,
					    &val);
		} while (!ret);
		break;
	case DO_ITEMS:
		ret = items(env, &arena);
		break;
	case DO_FEED:
		ret = ktap_tab_feed(&env->tabs, local, &k, 5, &type);
		break;
	case DO_FEED_ANEW:
		/* All its parts are made again. */
		cursor = ktap_tab_first(&env->tabs, tab);
		ret = ktap_tab_zero(&env->tabs, tab, &cursor, HEAP) ?:
		      ktap_tab_feed(&env->tabs, local, &k, 5, &type);
		break;
	case DO_FEED_ALL:
		ret = ktap_tab_feed_all(&env->tabs, local, tab, 5);
		break;
	case DO_SUM:
		ktap_stat_sum(&env->heap, ktap_tab_stat(&env->tabs, tab), &sum);
		break;
	case DO_REAP:
		ret = new_table(env, local, &val) ?:
		      ktap_tab_reap(&env->tabs, local, HEAP);
		break;
	case DO_GLOBAL_ADD:
		ret = ktap_cell_update(&env->heap, &env->global, &upd);
		break;
	case DO_GLOBAL_STR:
		ktap_set_str(&val, &text.str);
		ret = set_global(env, local, &val);
		break;
	case DO_GLOBAL_TAB:
		ret = new_table(env, local, &val) ?: set_global(env, local, &val);
		break;
	default:
		break;
	}
	ktap_unpin(local->pin);
	return ret;
}

static void nmi(void *arg)
{
	struct env *env = arg;

	env->hit = true;
	env->ret = operate(env, env->op, env->key, &env->local[1]);
}

static bool env_init(struct env *env, enum op second, s64 key, bool there)
{
	static const struct ktap_agg hist = { .kind = KTAP_AGG_HIST };
	struct ktap_local *local = &env->local[0];
	bool ok;

	memset(env, 0, sizeof(*env));
	if (ktap_heap_init(&env->heap, HEAP, 1) ||
	    ktap_tabs_init(&env->tabs, &env->heap))
		return false;
	local->pin = &env->heap.pins[0].pin[0];
	env->local[1].pin = &env->heap.pins[0].pin[3];
	ktap_pin(&env->heap, local->pin);
	env->tab = ktap_tab_create(&env->tabs, local, NULL);
	env->hist = ktap_tab_create(&env->tabs, local, &hist);
	ok = ktap_tab_hold(&env->tabs, env->tab) && ktap_tab_hold(&env->tabs, env->hist) &&
	     !ktap_tab_reap(&env->tabs, local, HEAP);
	ktap_unpin(local->pin);
	atomic64_set(&env->global, KTAP_CELL_INT(0));
	env->op = second;
	env->key = key;
	if (there)
		ok &= !operate(env, DO_ADD, KEY, local) &&
		      !operate(env, DO_FEED, KEY, local) &&
		      !operate(env, DO_FEED_ALL, KEY, local);
	return ok;
}

/* What a key has. */
static struct ktap_value value_of(struct env *env, u64 tab, s64 i)
{
	struct ktap_value key = { .i = i, .type = KTAP_T_INT }, val;
	char room[128] __aligned(8);
	struct ktap_arena arena = { .half = { room }, .size = sizeof(room) };
	struct ktap_key k;

	ktap_tab_key(&env->tabs, tab, &key, &k);
	ktap_pin(&env->heap, env->local[0].pin);
	ktap_tab_get(&env->tabs, &k, &arena, &val);
	ktap_unpin(env->local[0].pin);
	return val;
}

static bool has(struct env *env, u64 tab, s64 i)
{
	return value_of(env, tab, i).type != KTAP_T_NIL;
}

/* Is the number of entries right, in the table and in its list? */
static bool length_right(struct env *env, u64 tab)
{
	u32 len = has(env, tab, KEY) + has(env, tab, OTHER), found = 0, said;
	struct ktap_value key, val;
	s64 cursor;

	ktap_pin(&env->heap, env->local[0].pin);
	said = ktap_tab_len(&env->tabs, tab);
	cursor = ktap_tab_first(&env->tabs, tab);
	for (;;) {
		char room[128] __aligned(8);
		struct ktap_arena arena = { .half = { room }, .size = sizeof(room) };

		if (ktap_tab_next(&env->tabs, tab, &cursor, HEAP, &arena, &key, &val))
			break;
		found++;
	}
	ktap_unpin(env->local[0].pin);
	return said == len && found == len;
}

/* Count of a statistic, or U64_MAX if that is not what its ranges come to. */
static u64 count_of(struct env *env, u64 stat)
{
	struct ktap_val_range range;
	struct ktap_stat_sum sum;
	u64 count = 0;
	u32 from = 0;

	ktap_pin(&env->heap, env->local[0].pin);
	ktap_stat_sum(&env->heap, stat, &sum);
	while (ktap_stat_ranges(&env->heap, stat, &from, &range, 1))
		count += range.count;
	ktap_unpin(env->local[0].pin);
	return count == sum.count && sum.sum == 5 * (s64)count ? count : U64_MAX;
}

static u64 count_at(struct env *env, s64 i)
{
	struct ktap_value val = value_of(env, env->hist, i);

	return val.type == KTAP_T_STAT ? count_of(env, val.ref) : 0;
}

static u64 count_all(struct env *env)
{
	u64 stat;

	ktap_pin(&env->heap, env->local[0].pin);
	stat = ktap_tab_stat(&env->tabs, env->hist);
	ktap_unpin(env->local[0].pin);
	return count_of(env, stat);
}

/* Nothing is in use when all is given back. */
static bool memory_whole(struct env *env)
{
	struct ktap_local *local = &env->local[0];
	u32 found = 0;
	bool ok;

	ktap_pin(&env->heap, local->pin);
	ktap_cell_set(&env->heap, local, &env->global, KTAP_CELL_NIL);
	ktap_tab_unhold(&env->tabs, local, env->tab);
	ktap_tab_unhold(&env->tabs, local, env->hist);
	/* What the NMI has on its list as well, as its run would at the end. */
	ok = !ktap_tab_reap(&env->tabs, local, HEAP) &&
	     !ktap_tab_reap(&env->tabs, &env->local[1], HEAP) &&
	     !ktap_tab_reap(&env->tabs, local, HEAP);
	ktap_unpin(local->pin);

	ktap_pin(&env->heap, local->pin);
	while (ktap_heap_alloc(&env->heap, local->pin, 1))
		found++;
	ktap_unpin(local->pin);
	return ok && found == env->heap.nr_units - 1;
}

/* May what was interrupted come to this? */
static bool allowed(enum op op, int ret)
{
	switch (op) {
	case DO_NEXT:
		return ret == -ENOENT || ret == -ENOSPC;
	case DO_ITEMS:
		return !ret || ret == -ENOENT || ret == -ENOSPC;
	case DO_ADD:
	case DO_GLOBAL_ADD:
		return !ret || ret == -EINVAL;
	default:
		return !ret;
	}
}

/* What must be so afterwards. Returns NULL or what is not. */
static const char *check(struct env *env, enum op first, int ret, bool there)
{
	bool same = first == env->op && env->key == KEY;
	u32 both = there + 1 + (env->hit && !env->ret);
	struct ktap_value val = value_of(env, env->tab, KEY);

	if (!allowed(first, ret))
		return "what was interrupted failed";
	if (!allowed(env->op, env->ret) && env->ret && env->ret != -EBUSY)
		return "the NMI failed otherwise than by being busy";
	if (!length_right(env, env->tab) || !length_right(env, env->hist))
		return "the number of entries is wrong";
	/* Counting is exact. */
	if (first == DO_ADD && same && (val.type != KTAP_T_INT || val.i != both))
		return "a count was lost";
	if (first == DO_FEED && same && count_at(env, KEY) != both)
		return "a value was lost";
	if (first == DO_FEED_ALL && env->op == first && count_all(env) != both)
		return "a value of the whole was lost";
	if (first == DO_GLOBAL_ADD && env->op == DO_GLOBAL_ADD &&
	    atomic64_read(&env->global) != (s64)KTAP_CELL_INT(env->hit + 1))
		return "a count of a global was lost";
	if (count_at(env, KEY) == U64_MAX || count_at(env, OTHER) == U64_MAX ||
	    count_all(env) == U64_MAX)
		return "a statistic does not agree with its ranges";
	/* What was added after a delete is there. */
	if (first == DO_DELETE && env->op == DO_ADD && env->key == KEY && there &&
	    val.type == KTAP_T_INT && val.i != 1)
		return "the sum is more than what was added";
	if (!memory_whole(env))
		return "memory was lost";
	return NULL;
}

static bool run_pair(enum op first, enum op second, s64 key, bool there,
		     unsigned long *hits)
{
	unsigned long point;

	for (point = 1; point < POINTS; point++) {
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
		ret = operate(&env, first, KEY, &env.local[0]);
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
	tap_note("%s: more than %d accesses", op_names[first], POINTS);
	return false;
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
	u64 tab = ktap_cell_ref(atomic64_read(&run->core.globals[0]));
	struct ktap_local local = { .pin = &heap->pins[0].pin[3] };

	ktap_pin(heap, local.pin);
	ktap_tab_clear(&run->core.tabs, &local, tab, HEAP);
	ktap_unpin(local.pin);
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
