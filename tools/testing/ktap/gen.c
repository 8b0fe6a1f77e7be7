// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - A generator of programs that the verifier should mostly accept
 *
 * It keeps for each register the types that it can have, and mostly, not always,
 * takes registers with types that fit. What functions take and return is decided
 * before they are made: those of a "typed" function have one type each, and it is
 * called by its index; a "valued" one takes anything, and is called as a value.
 *
 * The registers of a function are, in this order: locals, which begin with its
 * parameters; four for each loop around; a window for operands that have to be
 * next to each other, and for calls.
 */
#include "../../../kernel/trace/ktap/disasm.h"
#include "gen.h"
#include "shared.h"

#define MAX_LOCALS	10
#define MAX_DEPTH	3
#define LOOP_REGS	4
#define REGS		(MAX_LOCALS + MAX_DEPTH * LOOP_REGS)
#define WINDOW_REGS	40
#define ALL_REGS	(REGS + WINDOW_REGS)
/* Of the function that is being made. */
#define LOCALS		(gen->fn->locals)
#define WINDOW		(LOCALS + gen->fn->max_loops * LOOP_REGS)

#define MAX_CODE	300
#define MAX_FUNCS	6
#define MAX_PROTOS	(MAX_FUNCS + 5)
#define MAX_PARAMS	4
#define MAX_RETURNS	3
/* One of each kind. */
#define NR_FIELDS	KTAP_FIELD_NR

/* Types that are not known as well as the verifier knows them: no operand that has
 * to have some of them is taken from there.
 */
#define M_OPAQUE	BIT(31)
#define M_ALL		(KTAP_M_ANY | KTAP_M(EVENT) | KTAP_M(STAT) | KTAP_M(TUPLE))

/* Top-level variables, and the types of what main puts into them. */
enum {
	G_INT,
	G_TAB,
	G_STR,
	G_ANY,
	G_AGG,
	G_FUNC,
	NR_GLOBALS
};

static const u32 global_types[NR_GLOBALS] = {
	[G_INT] = KTAP_M(INT) | KTAP_M(NIL),
	[G_TAB] = KTAP_M(TAB) | KTAP_M(NIL),
	[G_STR] = KTAP_M(STR) | KTAP_M(NIL),
	[G_ANY] = KTAP_M(NIL) | KTAP_M(INT) | KTAP_M(STR) | KTAP_M(TAB),
	[G_AGG] = KTAP_M(TAB) | KTAP_M(NIL),
	[G_FUNC] = KTAP_M(FUNC) | KTAP_M(NIL),
};

static const struct {
	const char *text;
	u32 len;
} texts[] = {
#define TEXT(text) { text, sizeof(text) - 1 }
	TEXT(""),
	TEXT("key"),
	TEXT("a\0b"),
	TEXT("sixteen letters!"),
	TEXT("seventeen letters"),
	TEXT("%d %s %t %x\n"),
	TEXT("-0x7fffffffffffffff"),
	TEXT("/a/path/to/some/file/"),
	TEXT("%Y-%m-%d %H:%M:%S.%f"),
	TEXT("%a%A%b%B%c%C%D%e%F%g%G%h%I%j%k%l%n%N%p%P%r%R%s%T%u%U%V%w%W%x%X%y%Z%z%%%"),
	TEXT("1,22,333,,4444"),
	TEXT(","),
	TEXT("a text that does not fit into a block of one unit of memory"),
	TEXT("prio"),
#undef TEXT
};

/* What a task has. */
#define TASK_TEXT	(ARRAY_SIZE(texts) - 1)

/* One string is as long as this, for what has limits. */
#define LONG_TEXT	4000
#define NR_TEXTS	(ARRAY_SIZE(texts) + 1)

static const s64 ints[] = {
	1LL << 40, S64_MIN, S64_MAX, -1, 1LL << 62, 0xffffffff, 1000000007,
};

#define NR_CONSTS	(ARRAY_SIZE(ints) + NR_TEXTS)

#define VAR_ROW(name, nr, text, types, where)				\
	[KTAP_VAR_##name] = { types, where },
static const struct {
	u32 types;
	u32 where;
} vars[KTAP_VAR_NR] = {
	___KTAP_VAR_MAPPER(VAR_ROW)
};

#define FUNC_ROW(name, nr, text, least, most, first, second, others, result, in) \
	[KTAP_FUNC_##name] = { least, most, { first, second, others }, result, in },
static const struct {
	u32 min;
	u32 max;
	u32 args[3];
	u32 ret;
	u32 where;
} builtins[KTAP_FUNC_NR] = {
	___KTAP_FUNC_MAPPER(FUNC_ROW)
};

/**
 * struct fn - a function of the program
 * @kind: of the function
 * @where: KTAP_IN() of where it has to be usable
 * @valued: called as a value
 * @locals: number of locals
 * @max_loops: loops in each other
 * @nr_params: parameters
 * @params: their types
 * @nr_results: values that it returns
 * @results: their types
 * @code: its instructions
 * @nr: their number
 * @nr_regs: registers that they use
 */
struct fn {
	enum ktap_proto_kind kind;
	u32 where;
	bool valued;
	u32 locals;
	u32 max_loops;
	u32 nr_params;
	u32 params[MAX_PARAMS];
	u32 nr_results;
	u32 results[MAX_RETURNS];
	struct ktap_insn code[MAX_CODE + 200];
	u32 nr;
	u32 nr_regs;
};

/**
 * struct gen - a program that is made
 * @src: where decisions come from
 * @fns: functions
 * @nr_fns: their number
 * @fn: the one that is being made
 * @types: of each register; 0 if it may not have been written
 * @held: registers of the instruction that is being made
 * @stable: in so many loops: registers keep their types
 * @depth: of loops and branches
 * @loops: of loops
 * @may_end: returning here leaves nothing behind that cannot be reached
 * @ended: the code before returned
 * @circles: functions may call each other in circles
 * @noise: make what makes no sense now and then
 */
struct gen {
	struct gen_source *src;
	struct fn fns[MAX_PROTOS];
	u32 nr_fns;
	struct fn *fn;
	u32 types[ALL_REGS];
	u64 held;
	u32 stable;
	u32 depth;
	u32 loops;
	bool may_end;
	bool ended;
	bool circles;
	bool noise;
};

/**
 * gen_below - Make a decision
 * @src: where it comes from
 * @nr: number of ways, at most 65536
 *
 * Return: a number below @nr.
 */
u32 gen_below(struct gen_source *src, u32 nr)
{
	u32 val = 0, i;

	if (src->seed)
		return test_below(&src->seed, nr);
	for (i = 0; i < 1 + (nr > 256) && src->pos < src->size; i++)
		val = val << 8 | src->data[src->pos++];
	return val % nr;
}

static u32 below(struct gen *gen, u32 nr)
{
	return gen_below(gen->src, nr);
}

/* True once in so many times; false when there are no more decisions. */
static bool once_in(struct gen *gen, u32 nr)
{
	return below(gen, nr) == nr - 1;
}

static bool has_room(struct gen *gen)
{
	return gen->fn->nr < MAX_CODE;
}

/* Functions have no more registers than they use, so that there are all sizes. */
static void use_regs(struct gen *gen, u32 reg, u32 nr)
{
	gen->fn->nr_regs = max(gen->fn->nr_regs, reg + nr);
}

static u32 emit(struct gen *gen, enum ktap_op op, u32 a, u32 b, u32 c)
{
	struct ktap_insn *insn = &gen->fn->code[gen->fn->nr];
	const u32 operands[] = { a, b, c };
	u32 i;

	for (i = 0; i < 3; i++) {
		u32 mode = ktap_op_modes[op][i];

		if (mode >= KTAP_OM_DST && mode <= KTAP_OM_LAST)
			use_regs(gen, operands[i], 1);
	}
	*insn = (struct ktap_insn){ op, a, b, c };
	if (gen->noise && !below(gen, 100))
		*(&insn->a + below(gen, 3)) = below(gen, 80);
	return gen->fn->nr++;
}

/* With a joined operand. */
static u32 emitx(struct gen *gen, enum ktap_op op, u32 a, u32 bx)
{
	return emit(gen, op, a, bx & 0xffff, bx >> 16);
}

static void patch(struct gen *gen, u32 jmp, u32 target)
{
	u32 dist = target - jmp - 1;

	gen->fn->code[jmp].b = dist;
	gen->fn->code[jmp].c = dist >> 16;
}

/* Does a register always have one of these types, as far as the verifier knows? */
static bool fits(struct gen *gen, u32 reg, u32 want)
{
	u32 have = gen->types[reg];

	return have && !(have & ~want & M_ALL) &&
	       (!(have & M_OPAQUE) || !(M_ALL & ~want));
}

/* May it have one of them, and does the verifier know that? */
static bool may_fit(struct gen *gen, u32 reg, u32 want)
{
	return gen->types[reg] & want && !(gen->types[reg] & M_OPAQUE);
}

/* A local to write a value of @types to; REGS if there is none. */
static u32 pick_dst(struct gen *gen, u32 types)
{
	u32 from = below(gen, LOCALS), i;

	for (i = 0; i < LOCALS; i++) {
		u32 reg = (from + i) % LOCALS;

		if (!(gen->held & BIT_ULL(reg)) &&
		    (!gen->stable || gen->types[reg] == types))
			return reg;
	}
	return REGS;
}

static u32 any_valued(struct gen *gen)
{
	u32 from = below(gen, gen->nr_fns), i;

	for (i = 0; i < gen->nr_fns; i++) {
		u32 nr = (from + i) % gen->nr_fns;

		if (gen->fns[nr].valued)
			return nr;
	}
	return 0;
}

/* Put a value of one of @want into register @reg. Returns its type. */
static u32 load(struct gen *gen, u32 reg, u32 want)
{
	static const u32 kinds[] = {
		KTAP_M(INT), KTAP_M(STR), KTAP_M(INT), KTAP_M(TAB), KTAP_M(NIL),
		KTAP_M(TRUE), KTAP_M(INT), KTAP_M(FALSE), KTAP_M(FUNC), KTAP_M(TUPLE),
	};
	u32 from = below(gen, ARRAY_SIZE(kinds)), type = 0, func = any_valued(gen), i;

	for (i = 0; i < ARRAY_SIZE(kinds) && !type; i++) {
		type = kinds[(from + i) % ARRAY_SIZE(kinds)] & want;
		if (type == KTAP_M(FUNC) && !func)
			type = 0;
	}
	switch (type) {
	case KTAP_M(INT):
		if (below(gen, 4) < 3)
			emitx(gen, KTAP_OP_LOADI, reg, below(gen, 40) - 10);
		else
			emitx(gen, KTAP_OP_LOADK, reg, below(gen, ARRAY_SIZE(ints)));
		break;
	case KTAP_M(STR):
		i = once_in(gen, 16) ? ARRAY_SIZE(texts) : below(gen, ARRAY_SIZE(texts));
		emitx(gen, KTAP_OP_LOADK, reg, ARRAY_SIZE(ints) + i);
		break;
	case KTAP_M(TRUE):
	case KTAP_M(FALSE):
		emit(gen, KTAP_OP_LOADBOOL, reg, type == KTAP_M(TRUE), 0);
		break;
	case KTAP_M(TAB):
		if (below(gen, 3) == 2)
			emit(gen, KTAP_OP_CALLB, reg,
			     below(gen, 2) ? KTAP_FUNC_STAT : KTAP_FUNC_HIST, 0);
		else
			emit(gen, KTAP_OP_NEWTAB, reg, 0, 0);
		break;
	case KTAP_M(FUNC):
		emitx(gen, KTAP_OP_LOADF, reg, func);
		break;
	case KTAP_M(TUPLE):
		emitx(gen, KTAP_OP_LOADI, WINDOW + 8, below(gen, 4));
		emitx(gen, KTAP_OP_LOADK, WINDOW + 9,
		      ARRAY_SIZE(ints) + below(gen, NR_TEXTS - 1));
		emit(gen, KTAP_OP_KEY, reg, WINDOW + 8, WINDOW + 9);
		break;
	default:
		emit(gen, KTAP_OP_LOADNIL, reg, 0, 0);
		return KTAP_M(NIL);
	}
	return type;
}

/* A register that has a type of @want; one is made if need be, or REGS. */
static u32 pick(struct gen *gen, u32 want)
{
	u32 from = below(gen, WINDOW), maybe = REGS, i, reg;

	if (gen->noise && !below(gen, 50))
		return below(gen, WINDOW);
	for (i = 0; i < WINDOW; i++) {
		reg = (from + i) % WINDOW;
		if (fits(gen, reg, want))
			break;
		if (may_fit(gen, reg, want))
			maybe = reg;
	}
	if (i == WINDOW && maybe < REGS && once_in(gen, 8)) {
		reg = maybe;
		/* With any other type the run ends here. */
		gen->types[reg] &= want;
	} else if (i == WINDOW) {
		u32 type = want & KTAP_M(TAB) && below(gen, 2) ? KTAP_M(TAB) : want;

		for (reg = 0; reg < LOCALS; reg++) {
			if (!gen->types[reg] && !gen->stable)
				break;
		}
		if (reg == LOCALS)
			reg = gen->stable ? REGS : pick_dst(gen, type);
		if (reg == REGS)
			return REGS;
		gen->types[reg] = load(gen, reg, type);
	}
	gen->held |= BIT_ULL(reg);
	return reg;
}

/* Put a value of @want into a register of the window. */
static void put(struct gen *gen, u32 to, u32 want)
{
	u32 from = below(gen, WINDOW), i;

	for (i = 0; i < WINDOW && below(gen, 8) < 7; i++) {
		u32 reg = (from + i) % WINDOW;

		if (fits(gen, reg, want)) {
			emit(gen, KTAP_OP_MOVE, to, reg, 0);
			gen->types[to] = gen->types[reg];
			return;
		}
	}
	gen->types[to] = load(gen, to, want);
}

/* Keep what is in register @reg in a local. */
static void keep(struct gen *gen, u32 reg, u32 types)
{
	u32 dst;

	gen->held = 0;
	dst = types ? pick_dst(gen, types) : REGS;
	if (dst == REGS)
		return;
	emit(gen, KTAP_OP_MOVE, dst, reg, 0);
	gen->types[dst] = types;
}

static void gen_load(struct gen *gen)
{
	u32 dst = pick_dst(gen, 0);

	if (!gen->stable)
		gen->types[dst] = load(gen, dst, M_ALL);
	else
		pick(gen, KTAP_M(INT));
}

static void gen_move(struct gen *gen)
{
	u32 reg = below(gen, WINDOW);

	if (gen->types[reg])
		keep(gen, reg, gen->types[reg]);
}

static void gen_arith(struct gen *gen)
{
	u32 b = pick(gen, KTAP_M_ARITH), types = 0, way = below(gen, 8), c = b, op, dst;

	if (b == REGS)
		return;
	if (way < 4)
		c = pick(gen, KTAP_M_ARITH);
	if (c == REGS)
		return;
	gen->held = 0;
	if ((gen->types[b] | gen->types[c]) & KTAP_M(NIL))
		types |= KTAP_M(NIL);
	if (gen->types[b] & gen->types[c] & KTAP_M(INT))
		types |= KTAP_M(INT);
	if (way == 7)
		types = KTAP_M_BOOL;
	dst = pick_dst(gen, types);
	if (dst == REGS)
		return;
	op = below(gen, KTAP_A_NR);
	/* There is a 0 often. */
	if ((op == KTAP_A_DIV || op == KTAP_A_MOD) && way < 3)
		op = KTAP_A_ADD;
	if (way < 4)
		emit(gen, KTAP_OP_ADD + op, dst, b, c);
	else if (way < 6)
		emit(gen, KTAP_OP_ADDI + op, dst, b, below(gen, 20) - 5);
	else if (way == 6)
		emit(gen, below(gen, 2) ? KTAP_OP_NEG : KTAP_OP_BNOT, dst, b, 0);
	else
		emit(gen, KTAP_OP_NOT, dst, b, 0);
	gen->types[dst] = types;
}

static void gen_concat(struct gen *gen)
{
	u32 nr = 1 + below(gen, 4), i;

	for (i = 0; i < nr; i++)
		put(gen, WINDOW + i, KTAP_M_TEXT);
	emit(gen, KTAP_OP_CONCAT, WINDOW, WINDOW, WINDOW + nr - 1);
	keep(gen, WINDOW, KTAP_M(STR));
}

static void gen_key(struct gen *gen)
{
	u32 nr = 2 + below(gen, 3), i;

	for (i = 0; i < nr; i++)
		put(gen, WINDOW + 1 + i, KTAP_M_PART);
	emit(gen, KTAP_OP_KEY, WINDOW, WINDOW + 1, WINDOW + nr);
	keep(gen, WINDOW, KTAP_M(TUPLE));
}

static void gen_parts(struct gen *gen)
{
	u32 key = pick(gen, KTAP_M_KEY), nr = 1 + below(gen, 4);

	if (key == REGS)
		return;
	use_regs(gen, WINDOW, nr);
	emit(gen, KTAP_OP_PARTS, WINDOW, key, nr);
	keep(gen, WINDOW + below(gen, nr), KTAP_M_STORE | M_OPAQUE);
}

static void gen_global(struct gen *gen)
{
	u32 g = below(gen, NR_GLOBALS), reg;

	switch (below(gen, 3)) {
	case 0:
		emitx(gen, KTAP_OP_GETG, WINDOW, g);
		keep(gen, WINDOW, global_types[g]);
		break;
	case 1:
		reg = pick(gen, g == G_ANY ? KTAP_M_STORE : global_types[g]);
		if (reg < REGS && (g == G_ANY || fits(gen, reg, global_types[g])))
			emitx(gen, KTAP_OP_SETG, reg, g);
		break;
	default:
		reg = pick(gen, KTAP_M_ARITH);
		if (reg < REGS)
			emit(gen, KTAP_OP_UPDG, reg, below(gen, KTAP_A_NR),
			     g == G_ANY ? G_ANY : G_INT);
		break;
	}
}

static void gen_table(struct gen *gen)
{
	u32 tab = pick(gen, KTAP_M(TAB)), key = pick(gen, KTAP_M_KEY), val;

	if (tab == REGS || key == REGS)
		return;
	switch (below(gen, 7)) {
	case 0:
		emit(gen, KTAP_OP_GETT, WINDOW, tab, key);
		keep(gen, WINDOW, KTAP_M_STORE | KTAP_M(STAT));
		break;
	case 6:
		/* A statistic, by itself, which cannot be kept. */
		emitx(gen, KTAP_OP_GETG, WINDOW, G_AGG);
		put(gen, WINDOW + 2, KTAP_M(INT));
		emit(gen, KTAP_OP_FEEDT, WINDOW, key, WINDOW + 2);
		emit(gen, KTAP_OP_GETT, WINDOW + 1, WINDOW, key);
		if (below(gen, 16) < 15)
			emit(gen, KTAP_OP_FEED, WINDOW + 1, WINDOW + 2, 0);
		else if (below(gen, 2))
			emitx(gen, KTAP_OP_SETG, WINDOW + 1, G_ANY);
		else
			emit(gen, KTAP_OP_SETT, WINDOW, key, WINDOW + 1);
		break;
	case 1:
		val = pick(gen, KTAP_M_STORE);
		if (val < REGS)
			emit(gen, KTAP_OP_SETT, tab, key, val);
		break;
	case 2:
		val = pick(gen, KTAP_M_ARITH);
		if (val < REGS)
			emit(gen, KTAP_OP_ADDT, tab, key, val);
		break;
	case 3:
		emit(gen, KTAP_OP_MOVE, WINDOW, key, 0);
		put(gen, WINDOW + 1, KTAP_M_ARITH);
		emit(gen, KTAP_OP_UPDT, tab, WINDOW, below(gen, KTAP_A_NR));
		break;
	case 4:
		val = pick(gen, KTAP_M_ARITH);
		/* What is there is no statistic mostly, which ends the run. */
		if (val < REGS && !below(gen, 4))
			emit(gen, KTAP_OP_FEEDT, tab, key, val);
		break;
	default:
		emitx(gen, KTAP_OP_GETG, WINDOW, G_AGG);
		put(gen, WINDOW + 1, KTAP_M_ARITH);
		if (below(gen, 2))
			emit(gen, KTAP_OP_FEED, WINDOW, WINDOW + 1, 0);
		else
			emit(gen, KTAP_OP_FEEDT, WINDOW, key, WINDOW + 1);
		break;
	}
}

static void gen_event(struct gen *gen)
{
	u32 var = below(gen, KTAP_VAR_NR);

	if (gen->fn->where == KTAP_IN(PROBE) && below(gen, 2)) {
		emitx(gen, KTAP_OP_FIELD, WINDOW, below(gen, NR_FIELDS));
		keep(gen, WINDOW, KTAP_M(INT) | KTAP_M(STR) | KTAP_M(NIL));
		return;
	}
	if (gen->fn->where & ~vars[var].where)
		return;
	emitx(gen, KTAP_OP_VAR, WINDOW, var);
	keep(gen, WINDOW, vars[var].types);
}

/* Any function that this one may call, or 0. */
static u32 pick_callee(struct gen *gen)
{
	u32 from = below(gen, gen->nr_fns), i;

	for (i = 0; i < gen->nr_fns; i++) {
		u32 nr = (from + i) % gen->nr_fns;
		const struct fn *to = &gen->fns[nr];

		/* To those behind, so that they don't call each other in circles. */
		if (to->kind == KTAP_PROTO_FUNC && !(gen->fn->where & ~to->where) &&
		    (to > gen->fn || gen->circles))
			return nr;
	}
	return 0;
}

/* Call @callee with registers from @base on; returns how many results it has. */
static u32 call(struct gen *gen, u32 callee, u32 base, u32 results)
{
	const struct fn *to = &gen->fns[callee];
	u32 i, args;

	use_regs(gen, base, results);
	if (!to->valued || below(gen, 4) == 3) {
		for (i = 0; i < to->nr_params; i++)
			put(gen, base + i, to->params[i]);
		emit(gen, KTAP_OP_CALL, base, callee, results);
		return to->nr_results;
	}
	args = below(gen, MAX_PARAMS + 1);
	for (i = 0; i < args; i++)
		put(gen, base + i, M_ALL);
	if (!gen->circles || below(gen, 4))
		emitx(gen, KTAP_OP_LOADF, base + args, callee);
	else
		emitx(gen, KTAP_OP_GETG, base + args, G_FUNC);
	emit(gen, KTAP_OP_CALLV, base, base + args, results << 8 | args);
	return 0;
}

static void gen_call(struct gen *gen)
{
	u32 callee = pick_callee(gen), base = WINDOW, nr, i, results;

	if (!callee)
		return;
	/* What the caller had in the callee's registers is gone. */
	if (gen->depth == 1 && once_in(gen, 3)) {
		base = below(gen, LOCALS);
		memset(gen->types + base, 0, sizeof(gen->types) - base * sizeof(u32));
	}
	nr = below(gen, MAX_RETURNS + 1);
	results = call(gen, callee, base, nr);
	if (base < WINDOW)
		memset(gen->types + base, 0, sizeof(gen->types) - base * sizeof(u32));
	for (i = 0; i < nr; i++) {
		u32 types = i < results ? gen->fns[callee].results[i] :
			    M_ALL | M_OPAQUE;

		if (base == WINDOW)
			keep(gen, base + i, types);
		else if (base + i < LOCALS)
			gen->types[base + i] = types;
	}
}

/* print(values..., f(...)) */
static void gen_open(struct gen *gen)
{
	u32 callee = pick_callee(gen), nr = below(gen, 3), i;

	if (!callee)
		return;
	for (i = 0; i < nr; i++)
		put(gen, WINDOW + i, M_ALL);
	call(gen, callee, WINDOW + nr, KTAP_MAX_RESULTS);
	emit(gen, KTAP_OP_CALLB, WINDOW, KTAP_FUNC_PRINT, KTAP_OPEN | nr);
}

static void gen_builtin(struct gen *gen)
{
	u32 func = below(gen, KTAP_FUNC_NR), nr, i;

	/* These mostly end the run. */
	if ((func == KTAP_FUNC_EXIT || func == KTAP_FUNC_LHIST ||
	     func == KTAP_FUNC_LLHIST || func == KTAP_FUNC_KADDR ||
	     func == KTAP_FUNC_CURR_TASKINFO || func == KTAP_FUNC_NTOP) && below(gen, 8))
		return;
	if (gen->fn->where & ~builtins[func].where)
		return;
	nr = min(builtins[func].min + below(gen, 3), builtins[func].max);
	for (i = 0; i < nr; i++)
		put(gen, WINDOW + i, builtins[func].args[min(i, 2U)]);
	/* A table that has statistics. */
	if (nr && builtins[func].args[0] == KTAP_M_AGG && below(gen, 8))
		emitx(gen, KTAP_OP_GETG, WINDOW, G_AGG);
	/* A name that there is. */
	if (func == KTAP_FUNC_CURR_TASKINFO && below(gen, 8))
		emitx(gen, KTAP_OP_LOADK, WINDOW, ARRAY_SIZE(ints) + TASK_TEXT);
	/* A size or a base that is possible. */
	if (nr == 2 && builtins[func].args[1] == KTAP_M(INT) && below(gen, 8))
		emitx(gen, KTAP_OP_LOADI, WINDOW + 1, 1 << (below(gen, 3) + 1));
	emit(gen, KTAP_OP_CALLB, WINDOW, func, nr);
	keep(gen, WINDOW, builtins[func].ret);
}

/* A comparison; the JMP behind it, which is taken if it is true, is for the caller. */
static bool gen_cond(struct gen *gen)
{
	u32 want = below(gen, 2) ? KTAP_M(STR) : KTAP_M(INT);
	u32 b = pick(gen, want), c = pick(gen, want);

	if (b == REGS || c == REGS)
		return false;
	switch (below(gen, 6)) {
	case 0:
		emit(gen, KTAP_OP_TEST, below(gen, 2), b, 0);
		break;
	case 1:
		c = pick(gen, M_ALL);
		if (c == REGS)
			return false;
		emit(gen, KTAP_OP_EQ, below(gen, 2), b, c);
		break;
	case 2:
		emit(gen, KTAP_OP_EQI, below(gen, 2), b, below(gen, 5) - 1);
		break;
	case 3:
		b = pick(gen, KTAP_M(INT));
		if (b == REGS)
			return false;
		emit(gen, below(gen, 2) ? KTAP_OP_LTI : KTAP_OP_LEI, below(gen, 2), b,
		     below(gen, 9) - 1);
		break;
	default:
		emit(gen, below(gen, 2) ? KTAP_OP_LT : KTAP_OP_LE, below(gen, 2), b, c);
		break;
	}
	return true;
}

static void gen_block(struct gen *gen, u32 nr);

static void gen_if(struct gen *gen)
{
	u32 before[ALL_REGS], after[ALL_REGS], other, end, i;
	bool may_end = gen->may_end, ended;

	if (!gen_cond(gen))
		return;
	other = emitx(gen, KTAP_OP_JMP, 0, 0);
	memcpy(before, gen->types, sizeof(before));
	gen->may_end = true;
	gen_block(gen, 1 + below(gen, 4));
	ended = gen->ended;
	gen->may_end = !ended;
	memcpy(after, gen->types, sizeof(after));
	memcpy(gen->types, before, sizeof(before));
	gen->ended = false;
	end = ended ? 0 : emitx(gen, KTAP_OP_JMP, 0, 0);
	patch(gen, other, gen->fn->nr);
	gen_block(gen, below(gen, 4));
	gen->may_end = may_end;
	if (end)
		patch(gen, end, gen->fn->nr);
	if (ended)
		return;
	if (gen->ended) {
		memcpy(gen->types, after, sizeof(after));
		gen->ended = false;
		return;
	}
	/* What is set on one path only is not set. */
	for (i = 0; i < ALL_REGS; i++)
		gen->types[i] = gen->types[i] && after[i] ? gen->types[i] | after[i] : 0;
}

/* Begin a loop whose registers get these types in its body; returns the first. */
static u32 loop_begin(struct gen *gen, u32 *before, const u32 *types)
{
	u32 base = LOCALS + gen->loops++ * LOOP_REGS, i;

	memcpy(before, gen->types, ALL_REGS * sizeof(*before));
	for (i = 0; i < LOOP_REGS; i++)
		gen->types[base + i] = types[i];
	gen->stable++;
	return base;
}

static void loop_body(struct gen *gen, const u32 *before)
{
	bool may_end = gen->may_end;

	gen->may_end = false;
	gen_block(gen, 1 + below(gen, 6));
	gen->may_end = may_end;
	gen->stable--;
	gen->loops--;
	memcpy(gen->types, before, ALL_REGS * sizeof(*before));
}

static void gen_for(struct gen *gen)
{
	static const u32 types[LOOP_REGS] = {
		KTAP_M(INT), KTAP_M(INT), KTAP_M(INT),
	};
	u32 before[ALL_REGS], base = LOCALS + gen->loops * LOOP_REGS, prep, i;

	for (i = 0; i < 3; i++) {
		switch (below(gen, 64)) {
		case 63:
			/* Perhaps it is no number. */
			emitx(gen, KTAP_OP_GETG, base + i, G_ANY);
			break;
		case 62:
			emitx(gen, KTAP_OP_LOADI, base + i, 0);
			break;
		case 56 ... 61:
			put(gen, base + i, KTAP_M(INT));
			gen->types[base + i] = 0;
			break;
		default:
			emitx(gen, KTAP_OP_LOADI, base + i,
			      i == 2 ? 1 + below(gen, 3) : i * below(gen, 6));
			break;
		}
	}
	use_regs(gen, base, LOOP_REGS);
	prep = emitx(gen, KTAP_OP_FORPREP, base, 0);
	loop_begin(gen, before, types);
	/* The number of rounds and the step are not to be read as if they were. */
	gen->types[base + 1] = 0;
	gen->types[base + 2] = 0;
	loop_body(gen, before);
	patch(gen, emitx(gen, KTAP_OP_FORLOOP, base, 0), prep + 1);
	patch(gen, prep, gen->fn->nr);
}

/* Count down from some number. */
static void gen_while(struct gen *gen)
{
	static const u32 types[LOOP_REGS] = { KTAP_M(INT) };
	u32 before[ALL_REGS], base = LOCALS + gen->loops * LOOP_REGS, top;

	emitx(gen, KTAP_OP_LOADI, base, below(gen, 6));
	top = gen->fn->nr;
	loop_begin(gen, before, types);
	loop_body(gen, before);
	emit(gen, KTAP_OP_SUBI, base, base, 1);
	emit(gen, KTAP_OP_LTI, 0, base, 1);
	patch(gen, emitx(gen, KTAP_OP_JMP, 0, 0), top);
}

/* for (k, v in pairs(t)), or in the order of a function */
static void gen_iter(struct gen *gen)
{
	static const u32 types[LOOP_REGS] = {
		KTAP_M(TAB), 0, KTAP_M_KEY, (KTAP_M_STORE | KTAP_M(STAT)) & ~KTAP_M(NIL),
	};
	bool sort = !(gen->fn->where & ~KTAP_IN_PROC) && below(gen, 2);
	u32 before[ALL_REGS], base = LOCALS + gen->loops * LOOP_REGS;
	u32 tab = pick(gen, KTAP_M(TAB)), enter, top;

	if (tab == REGS)
		return;
	emit(gen, KTAP_OP_MOVE, base, tab, 0);
	if (sort) {
		if (once_in(gen, 16))
			emitx(gen, KTAP_OP_GETG, base + 2, G_ANY);
		else if (below(gen, 2) && any_valued(gen))
			emitx(gen, KTAP_OP_LOADF, base + 2, any_valued(gen));
		else
			emit(gen, KTAP_OP_LOADNIL, base + 2, 0, 0);
		if (once_in(gen, 16))
			emitx(gen, KTAP_OP_GETG, base + 3, G_ANY);
		else if (below(gen, 2))
			emitx(gen, KTAP_OP_LOADI, base + 3, below(gen, 10));
		else
			emit(gen, KTAP_OP_LOADNIL, base + 3, 0, 0);
		emit(gen, KTAP_OP_SORT, base, 0, 0);
	} else {
		emit(gen, KTAP_OP_ITER, base, 0, 0);
	}
	use_regs(gen, base, LOOP_REGS);
	/* Any cursor must do. */
	if (once_in(gen, 64))
		emitx(gen, KTAP_OP_LOADK, base + 1, below(gen, ARRAY_SIZE(ints)));
	enter = emitx(gen, KTAP_OP_JMP, 0, 0);
	top = gen->fn->nr;
	loop_begin(gen, before, types);
	loop_body(gen, before);
	patch(gen, enter, gen->fn->nr);
	emit(gen, sort ? KTAP_OP_NEXTS : KTAP_OP_NEXT, base, 0, 0);
	patch(gen, emitx(gen, KTAP_OP_JMP, 0, 0), top);
	/* They can be left as they are; then the run gives back what SORT took. */
	if (sort && below(gen, 8) < 7)
		emit(gen, KTAP_OP_ENDS, base, 0, 0);
}

/* Return, with values of the types that were decided. */
static void gen_return(struct gen *gen)
{
	const struct fn *fn = gen->fn;
	u32 callee, i;

	gen->ended = true;
	if (fn->kind != KTAP_PROTO_FUNC) {
		emit(gen, KTAP_OP_RET, 0, 0, 0);
		return;
	}
	callee = fn->valued && once_in(gen, 4) ? pick_callee(gen) : 0;
	if (callee && below(gen, 2)) {
		/* return values..., callee() */
		u32 nr = below(gen, 3);

		for (i = 0; i < nr; i++)
			put(gen, WINDOW + i, M_ALL);
		call(gen, callee, WINDOW + nr, KTAP_MAX_RESULTS);
		emit(gen, KTAP_OP_RET, WINDOW, KTAP_OPEN | nr, 0);
		return;
	}
	if (callee) {
		const struct fn *to = &gen->fns[callee];

		for (i = 0; i < to->nr_params; i++)
			put(gen, WINDOW + i, to->params[i]);
		if (!to->valued || below(gen, 2)) {
			emit(gen, KTAP_OP_TCALL, WINDOW, callee, 0);
			return;
		}
		emitx(gen, KTAP_OP_LOADF, WINDOW + i, callee);
		emit(gen, KTAP_OP_TCALLV, WINDOW, WINDOW + i, i);
		return;
	}
	for (i = 0; i < fn->nr_results; i++)
		put(gen, WINDOW + i, fn->results[i]);
	emit(gen, KTAP_OP_RET, WINDOW, fn->nr_results, 0);
}

static void gen_one(struct gen *gen)
{
	gen->held = 0;
	switch (below(gen, 32)) {
	case 0 ... 2:
		gen_load(gen);
		break;
	case 3:
		gen_move(gen);
		break;
	case 4 ... 6:
		gen_arith(gen);
		break;
	case 7:
		gen_concat(gen);
		break;
	case 8:
		gen_key(gen);
		break;
	case 9:
		gen_parts(gen);
		break;
	case 10 ... 11:
		gen_global(gen);
		break;
	case 12 ... 15:
		gen_table(gen);
		break;
	case 16:
		gen_event(gen);
		break;
	case 17 ... 19:
		gen_call(gen);
		break;
	case 20:
		gen_open(gen);
		break;
	case 21 ... 24:
		gen_builtin(gen);
		break;
	case 25 ... 26:
		if (gen->depth < 4)
			gen_if(gen);
		break;
	case 27:
		if (gen->loops < gen->fn->max_loops)
			gen_for(gen);
		break;
	case 28:
		if (gen->loops < gen->fn->max_loops)
			gen_while(gen);
		break;
	case 29 ... 30:
		if (gen->loops < gen->fn->max_loops)
			gen_iter(gen);
		break;
	default:
		if (gen->may_end)
			gen_return(gen);
		break;
	}
}

static void gen_block(struct gen *gen, u32 nr)
{
	u32 loops = gen->loops;

	gen->depth++;
	while (nr-- && has_room(gen) && !gen->ended)
		gen_one(gen);
	gen->depth--;
	gen->loops = loops;
}

/* main begins by setting the variables. */
static void gen_globals(struct gen *gen)
{
	static const u32 aggs[] = {
		KTAP_FUNC_STAT, KTAP_FUNC_HIST, KTAP_FUNC_LHIST, KTAP_FUNC_LLHIST,
	};
	u32 agg = aggs[below(gen, ARRAY_SIZE(aggs))], func = any_valued(gen), i;

	emitx(gen, KTAP_OP_LOADI, WINDOW, 0);
	emitx(gen, KTAP_OP_SETG, WINDOW, G_INT);
	emit(gen, KTAP_OP_NEWTAB, WINDOW, 0, 0);
	emitx(gen, KTAP_OP_SETG, WINDOW, G_TAB);
	emitx(gen, KTAP_OP_SETG, WINDOW, G_ANY);
	load(gen, WINDOW, KTAP_M(STR));
	emitx(gen, KTAP_OP_SETG, WINDOW, G_STR);
	emitx(gen, KTAP_OP_SETG, WINDOW, G_ANY);
	if (below(gen, 2)) {
		load(gen, WINDOW, KTAP_M(INT));
		emitx(gen, KTAP_OP_SETG, WINDOW, G_ANY);
	} else {
		emitx(gen, KTAP_OP_GETG, WINDOW, G_INT);
		emitx(gen, KTAP_OP_SETG, WINDOW, G_ANY);
	}
	for (i = 0; i < builtins[agg].min; i++) {
		static const s16 args[2][4] = { { -5, 100, 7 }, { 10, 0, 3, 20 } };

		emitx(gen, KTAP_OP_LOADI, WINDOW + i, args[agg == KTAP_FUNC_LLHIST][i]);
	}
	emit(gen, KTAP_OP_CALLB, WINDOW, agg, i);
	emitx(gen, KTAP_OP_SETG, WINDOW, G_AGG);
	if (func) {
		emitx(gen, KTAP_OP_LOADF, WINDOW, func);
		emitx(gen, KTAP_OP_SETG, WINDOW, G_FUNC);
	}
}

/* What is never called has no types; so each function is called from somewhere. */
static void gen_calls(struct gen *gen)
{
	u32 i;

	for (i = 0; i < gen->nr_fns; i++) {
		const struct fn *to = &gen->fns[i];

		if (to->kind != KTAP_PROTO_FUNC || gen->fn->where & ~to->where)
			continue;
		call(gen, i, WINDOW, below(gen, 3));
		if (to->valued)
			emitx(gen, KTAP_OP_LOADF, WINDOW, i);
	}
}

static void gen_fn(struct gen *gen, struct fn *fn)
{
	bool first = below(gen, 2);
	u32 i;

	gen->fn = fn;
	gen->held = 0;
	gen->stable = 0;
	gen->depth = 0;
	gen->loops = 0;
	gen->ended = false;
	gen->may_end = false;
	memset(gen->types, 0, sizeof(gen->types));
	for (i = 0; i < fn->nr_params; i++)
		gen->types[i] = fn->params[i];
	if (fn->kind == KTAP_PROTO_MAIN)
		gen_globals(gen);
	if (fn->kind != KTAP_PROTO_FUNC && first)
		gen_calls(gen);
	/* Something to begin with. */
	for (; i < min(LOCALS, 6U); i++)
		gen->types[i] = load(gen, i, i == 5 ? KTAP_M(TAB) : M_ALL);
	gen_block(gen, 3 + below(gen, fn->kind == KTAP_PROTO_FUNC ? 15 : 40));
	if (fn->kind != KTAP_PROTO_FUNC && !first)
		gen_calls(gen);
	gen_return(gen);
}

/* Decide which functions there are, and what they take and return. */
static void gen_signatures(struct gen *gen)
{
	static const u32 wheres[] = {
		KTAP_IN_ANY, KTAP_IN_ANY, KTAP_IN_PROC, KTAP_IN(PROBE),
	};
	static const u32 kinds[] = {
		KTAP_PROTO_MAIN, KTAP_PROTO_END, KTAP_PROTO_PROBE, KTAP_PROTO_PROBE,
		KTAP_PROTO_TICK,
	};
	static const u32 types[] = {
		KTAP_M(INT), KTAP_M(TAB), KTAP_M(STR), KTAP_M(INT), KTAP_M(NIL),
		KTAP_M_ARITH, KTAP_M(TUPLE),
	};
	u32 nr = below(gen, MAX_FUNCS + 1), i, j;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		gen->fns[i].kind = kinds[i];
		gen->fns[i].where = BIT(kinds[i]);
		gen->fns[i].locals = MAX_LOCALS;
		gen->fns[i].max_loops = MAX_DEPTH;
	}
	for (; i < ARRAY_SIZE(kinds) + nr; i++) {
		struct fn *fn = &gen->fns[i];

		fn->kind = KTAP_PROTO_FUNC;
		/* Some need few registers, less than those that call them have. */
		fn->locals = below(gen, 3) ? MAX_LOCALS : MAX_PARAMS;
		fn->max_loops = fn->locals == MAX_LOCALS;
		fn->valued = below(gen, 2);
		fn->where = wheres[below(gen, ARRAY_SIZE(wheres))];
		if (fn->valued && below(gen, 4))
			fn->where = KTAP_IN_ANY;
		fn->nr_params = below(gen, MAX_PARAMS + 1);
		for (j = 0; j < fn->nr_params; j++)
			fn->params[j] = fn->valued ? M_ALL | M_OPAQUE :
					types[below(gen, ARRAY_SIZE(types))];
		fn->nr_results = below(gen, MAX_RETURNS + 1);
		for (j = 0; j < fn->nr_results; j++)
			fn->results[j] = fn->valued ? M_ALL | M_OPAQUE :
					 types[below(gen, ARRAY_SIZE(types))];
	}
	gen->nr_fns = i;
}

/*
 * The image
 */

/**
 * struct out - an image that is written
 * @data: all of it
 * @size: bytes that are used
 */
struct out {
	void *data;
	u32 size;
};

static void *section(struct out *out, enum ktap_section sec, u32 count, u32 size)
{
	struct ktap_img_header *hdr = out->data;
	u32 off = out->size;

	hdr->sec[sec].off = off;
	hdr->sec[sec].count = count;
	out->size += ALIGN(count * size, KTAP_IMG_ALIGN);
	return out->data + off;
}

#define SECTION(out, sec, count, type) \
	((type *)section(out, KTAP_SEC_##sec, count, sizeof(type)))

static bool is_handler(const struct fn *fn)
{
	return fn->kind == KTAP_PROTO_PROBE || fn->kind == KTAP_PROTO_TICK;
}

static void put_code(struct gen *gen, struct out *out)
{
	u32 nr = 0, i, j, events = 0;
	struct ktap_img_proto *protos;
	struct ktap_img_event *event;
	struct ktap_img_line *line;
	struct ktap_insn *insns;

	for (i = 0; i < gen->nr_fns; i++) {
		nr += gen->fns[i].nr;
		events += is_handler(&gen->fns[i]);
	}
	insns = SECTION(out, INSN, nr, struct ktap_insn);
	protos = SECTION(out, PROTO, gen->nr_fns, struct ktap_img_proto);
	event = SECTION(out, EVENT, events, struct ktap_img_event);
	line = SECTION(out, LINE, nr, struct ktap_img_line);
	for (i = 0, nr = 0; i < gen->nr_fns; i++) {
		const struct fn *fn = &gen->fns[i];

		protos[i] = (struct ktap_img_proto){
			.kind = fn->kind,
			.insn = nr,
			.nr_insns = fn->nr,
			.nr_regs = max(fn->nr_regs, fn->nr_params),
			.nr_params = fn->nr_params,
		};
		memcpy(&insns[nr], fn->code, fn->nr * sizeof(*insns));
		for (j = 0; j < fn->nr; j++, nr++)
			*line++ = (struct ktap_img_line){ .insn = nr, .line = nr + 1, .col = 1 };
		if (is_handler(fn))
			*event++ = (struct ktap_img_event){
				.kind = fn->kind == KTAP_PROTO_TICK ? KTAP_PROBE_TICK :
					KTAP_PROBE_EVENT,
				.proto = i, .spec = 1, .filter = KTAP_IMG_NONE,
				.fetch = KTAP_IMG_NONE, .name = KTAP_IMG_NONE,
				.line = 1, .col = 1,
			};
	}
}

static void put_texts(struct out *out)
{
	struct ktap_img_const *consts = SECTION(out, CONST, NR_CONSTS, struct ktap_img_const);
	struct ktap_img_str *strs = SECTION(out, STR, NR_TEXTS, struct ktap_img_str);
	u32 i, size = LONG_TEXT + 1, off = 0;
	char *text;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		size += texts[i].len + 1;
	text = SECTION(out, TEXT, size, char);
	for (i = 0; i < NR_TEXTS; i++) {
		strs[i].off = off;
		strs[i].len = i < ARRAY_SIZE(texts) ? texts[i].len : LONG_TEXT;
		if (i < ARRAY_SIZE(texts))
			memcpy(text + off, texts[i].text, strs[i].len);
		else
			memset(text + off, 'x', LONG_TEXT);
		off += strs[i].len + 1;
	}
	for (i = 0; i < ARRAY_SIZE(ints); i++)
		*consts++ = (struct ktap_img_const){ .type = KTAP_T_INT, .val = ints[i] };
	for (i = 0; i < NR_TEXTS; i++)
		*consts++ = (struct ktap_img_const){ .type = KTAP_T_STR, .val = i };
}

/**
 * gen_image - Make a program
 * @src: where decisions come from
 * @size: out, size of the image
 *
 * Return: the image, to be given to free().
 */
void *gen_image(struct gen_source *src, u32 *size)
{
	struct gen *gen = calloc(1, sizeof(*gen));
	struct ktap_img_header *hdr;
	struct ktap_img_field *field;
	struct out out;
	u32 i;

	gen->src = src;
	gen->noise = once_in(gen, 16);
	gen->circles = once_in(gen, 8);
	gen_signatures(gen);
	for (i = 0; i < gen->nr_fns; i++)
		gen_fn(gen, &gen->fns[i]);

	out.data = calloc(1, sizeof(struct gen) * 2 + 2 * LONG_TEXT);
	out.size = sizeof(*hdr);
	hdr = out.data;
	hdr->magic = KTAP_IMG_MAGIC;
	hdr->version = KTAP_IMG_VERSION;
	hdr->nr_sections = KTAP_SEC_NR;
	put_code(gen, &out);
	put_texts(&out);
	SECTION(&out, GLOBAL, NR_GLOBALS, struct ktap_img_global);
	field = SECTION(&out, FIELD, NR_FIELDS, struct ktap_img_field);
	for (i = 0; i < NR_FIELDS; i++)
		field[i] = (struct ktap_img_field){
			.kind = i,
			.name = i == KTAP_FIELD_NAME ? 1 : KTAP_IMG_NONE,
			.index = i == KTAP_FIELD_NTH || i == KTAP_FIELD_ARG ? i : 0,
		};
	hdr->size = out.size;
	*size = out.size;
	free(gen);
	return out.data;
}
