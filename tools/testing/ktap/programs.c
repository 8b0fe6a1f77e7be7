// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Random programs
 *
 * usage: programs [NUMBER [SEED]]
 *
 * A generator makes programs that the verifier should mostly accept: it keeps for
 * each register the types that it can have, and mostly, not always, takes
 * registers with types that fit. They are run as exercise.c does it. The seed of
 * the program that went wrong is shown.
 */
#include <sanitizer/common_interface_defs.h>

#include "exercise.h"
#include "prog.h"
#include "shared.h"

#define REGS		10
#define MAX_CODE	400
/* Of programs that are accepted, in percent. */
#define LEAST_RATE	30

#define M_NUM		(KTAP_M(INT) | KTAP_M(NIL))
#define M_TEXT		(KTAP_M_KEY | KTAP_M(NIL))

/**
 * struct gen - a function that is made
 * @seed: for what is random
 * @kind: of the function
 * @code: what there is of it
 * @nr: number of instructions in @code
 * @types: of each register; 0 if it was not written
 * @stable: in a loop: registers keep their types
 * @held: registers of the instruction that is being made
 * @kept: registers that loops need
 * @noise: make what makes no sense now and then
 * @depth: of loops and branches
 */
struct gen {
	u64 seed;
	enum ktap_proto_kind kind;
	struct test_insn code[MAX_CODE + 64];
	u32 nr;
	u32 types[REGS];
	u32 stable;
	u32 held;
	u32 kept;
	bool noise;
	u32 depth;
};

static u64 seed_now;

static void say_which(void)
{
	tap_note("programs 1 %llu", (unsigned long long)seed_now);
}

static u32 below(struct gen *gen, u32 nr)
{
	return test_below(&gen->seed, nr);
}

static u32 emit(struct gen *gen, enum ktap_op op, u32 a, u32 b, u32 c)
{
	if (gen->noise && !below(gen, 100))
		b = below(gen, 20);
	gen->code[gen->nr] = (struct test_insn){ op + 1, a, b, c };
	return gen->nr++;
}

/* Can a register be set to a type here? */
static bool may_set(struct gen *gen, u32 reg, u32 types)
{
	if ((gen->held | gen->kept) & BIT(reg))
		return false;
	return !gen->stable || gen->types[reg] == types;
}

/* A register to write a value of @types to; REGS if there is none. */
static u32 pick_dst(struct gen *gen, u32 types)
{
	u32 from = below(gen, REGS), i;

	for (i = 0; i < REGS; i++) {
		u32 reg = (from + i) % REGS;

		if (may_set(gen, reg, types))
			return reg;
	}
	return REGS;
}

static void set_type(struct gen *gen, u32 reg, u32 types)
{
	gen->types[reg] = types;
}

/* Make a value of one of @types in a register. */
static u32 make(struct gen *gen, u32 want)
{
	static const u32 kinds[] = {
		KTAP_M(INT), KTAP_M(STR), KTAP_M(INT), KTAP_M(NIL), KTAP_M(TRUE),
		KTAP_M(INT), KTAP_M(FALSE),
	};
	u32 type = kinds[below(gen, ARRAY_SIZE(kinds))], reg;

	if (!(type & want))
		type = want & KTAP_M(INT) ? KTAP_M(INT) : want & KTAP_M(STR);
	if (want == KTAP_M(TAB))
		type = KTAP_M(TAB) | KTAP_M(NIL);
	reg = pick_dst(gen, type);
	if (reg == REGS)
		return REGS;
	switch (type) {
	case KTAP_M(INT):
		if (below(gen, 4))
			emit(gen, KTAP_OP_LOADI, reg, below(gen, 40) - 10, 0);
		else
			emit(gen, KTAP_OP_LOADK, reg, below(gen, K_MAX + 1), 0);
		break;
	case KTAP_M(STR):
		emit(gen, KTAP_OP_LOADK, reg, K_KEY + below(gen, TEST_K_NR - K_KEY), 0);
		break;
	case KTAP_M(NIL):
		emit(gen, KTAP_OP_LOADNIL, reg, 0, 0);
		break;
	case KTAP_M(TRUE):
	case KTAP_M(FALSE):
		emit(gen, KTAP_OP_LOADBOOL, reg, type == KTAP_M(TRUE), 0);
		break;
	default:
		emit(gen, KTAP_OP_NEWTAB, reg, 0, 0);
		break;
	}
	set_type(gen, reg, type);
	return reg;
}

/* A register that has a type of @want; one is made if need be. */
static u32 pick(struct gen *gen, u32 want)
{
	u32 from = below(gen, REGS), any = REGS, i, reg;

	if (gen->noise && !below(gen, 50))
		return below(gen, REGS);
	for (i = 0; i < REGS; i++) {
		reg = (from + i) % REGS;
		if (!(gen->types[reg] & want))
			continue;
		if (!(gen->types[reg] & ~want))
			break;
		/* It may be another type when it comes to it. */
		any = reg;
	}
	if (i == REGS && any < REGS && !below(gen, 4))
		reg = any;
	else if (i == REGS)
		reg = make(gen, want);
	if (reg == REGS)
		reg = any;
	if (reg < REGS) {
		gen->held |= BIT(reg);
		/* As the verifier does. */
		gen->types[reg] &= want;
	}
	return reg;
}

static void gen_arith(struct gen *gen)
{
	u32 b = pick(gen, M_NUM), c = pick(gen, M_NUM), types = 0, dst;

	if (b == REGS || c == REGS)
		return;
	gen->held = 0;
	if ((gen->types[b] | gen->types[c]) & KTAP_M(NIL))
		types |= KTAP_M(NIL);
	if (gen->types[b] & gen->types[c] & KTAP_M(INT))
		types |= KTAP_M(INT);
	dst = pick_dst(gen, types);
	if (dst == REGS)
		return;
	if (below(gen, 8)) {
		emit(gen, KTAP_OP_ADD + below(gen, KTAP_A_NR), dst, b, c);
	} else {
		if (gen->types[b] != types)
			return;
		emit(gen, below(gen, 2) ? KTAP_OP_NEG : KTAP_OP_BNOT, dst, b, 0);
	}
	set_type(gen, dst, types);
}

static void gen_concat(struct gen *gen)
{
	u32 from = below(gen, REGS), to = from, dst = pick_dst(gen, KTAP_M(STR));

	if (!(gen->types[from] & M_TEXT) || dst == REGS)
		return;
	while (to + 1 < REGS && gen->types[to + 1] & M_TEXT && below(gen, 3))
		to++;
	emit(gen, KTAP_OP_CONCAT, dst, from, to);
	set_type(gen, dst, KTAP_M(STR));
}

static void gen_global(struct gen *gen)
{
	/* Globals 0 to 2 have one type each and nil, 3 has any. */
	static const u32 types[] = {
		KTAP_M(INT), KTAP_M(TAB), KTAP_M(STR), KTAP_M_STORE,
	};
	u32 g = below(gen, TEST_GLOBALS), reg;

	switch (below(gen, 3)) {
	case 0:
		reg = pick_dst(gen, types[g] | KTAP_M(NIL));
		if (reg == REGS)
			return;
		emit(gen, KTAP_OP_GETG, reg, g, 0);
		set_type(gen, reg, types[g] | KTAP_M(NIL));
		break;
	case 1:
		reg = pick(gen, types[g]);
		if (reg < REGS && !(gen->types[reg] & ~types[g] & ~KTAP_M(NIL)))
			emit(gen, KTAP_OP_SETG, reg, g, 0);
		break;
	default:
		reg = pick(gen, M_NUM);
		if (reg < REGS)
			emit(gen, KTAP_OP_UPDG, reg, below(gen, KTAP_A_NR), g == 3 ? 3 : 0);
		break;
	}
}

static void gen_table(struct gen *gen)
{
	u32 tab = pick(gen, KTAP_M(TAB)), key = pick(gen, KTAP_M_KEY), val;

	if (tab == REGS || key == REGS)
		return;
	switch (below(gen, 4)) {
	case 0:
		val = pick_dst(gen, KTAP_M_STORE);
		if (val == REGS)
			return;
		emit(gen, KTAP_OP_GETT, val, tab, key);
		set_type(gen, val, KTAP_M_STORE);
		break;
	case 1:
		val = pick(gen, KTAP_M_STORE);
		if (val < REGS)
			emit(gen, KTAP_OP_SETT, tab, key, val);
		break;
	case 2:
		val = pick(gen, M_NUM);
		if (val < REGS)
			emit(gen, KTAP_OP_ADDT, tab, key, val);
		break;
	default:
		if (key + 1 < REGS && gen->types[key + 1] & M_NUM)
			emit(gen, KTAP_OP_UPDT, tab, key, below(gen, KTAP_A_NR));
		break;
	}
}

static void gen_event(struct gen *gen)
{
	u32 types = KTAP_M(INT) | KTAP_M(STR) | KTAP_M(NIL), dst;

	if (gen->kind == KTAP_PROTO_PROBE && below(gen, 2)) {
		dst = pick_dst(gen, types);
		if (dst == REGS)
			return;
		emit(gen, KTAP_OP_FIELD, dst, below(gen, TEST_FIELDS), 0);
		set_type(gen, dst, types);
		return;
	}
	types = below(gen, 2) ? KTAP_M(STR) : KTAP_M(INT);
	dst = pick_dst(gen, types);
	if (dst == REGS)
		return;
	emit(gen, KTAP_OP_VAR, dst, types == KTAP_M(INT) ? KTAP_VAR_PID : KTAP_VAR_EXECNAME,
	     0);
	set_type(gen, dst, types);
}

static void gen_call(struct gen *gen)
{
	u32 reg = below(gen, REGS), nr = 0;

	switch (below(gen, 3)) {
	case 0:
		if (!may_set(gen, reg, KTAP_M(NIL)))
			return;
		while (reg + nr < REGS && gen->types[reg + nr] && below(gen, 4))
			nr++;
		emit(gen, KTAP_OP_CALLB, reg, KTAP_FUNC_PRINT, nr);
		set_type(gen, reg, KTAP_M(NIL));
		break;
	case 1:
		reg = pick(gen, KTAP_M(STR) | KTAP_M(TAB));
		gen->held = 0;
		if (reg == REGS || !may_set(gen, reg, KTAP_M(INT)))
			return;
		emit(gen, KTAP_OP_CALLB, reg, KTAP_FUNC_LEN, 1);
		set_type(gen, reg, KTAP_M(INT));
		break;
	default:
		reg = pick(gen, KTAP_M(TAB));
		gen->held = 0;
		if (reg == REGS || !may_set(gen, reg, KTAP_M(NIL)))
			return;
		nr = 1 + (reg + 1 < REGS && gen->types[reg + 1] & KTAP_M_KEY);
		emit(gen, KTAP_OP_CALLB, reg, KTAP_FUNC_DELETE, nr);
		set_type(gen, reg, KTAP_M(NIL));
		break;
	}
}

static void gen_block(struct gen *gen, u32 nr);

/* A comparison; the JMP behind it is for the caller. */
static bool gen_cond(struct gen *gen)
{
	u32 want = below(gen, 2) ? KTAP_M(INT) : KTAP_M(STR);
	u32 b = pick(gen, want), c = pick(gen, want);

	if (b == REGS || c == REGS)
		return false;
	switch (below(gen, 4)) {
	case 0:
		emit(gen, KTAP_OP_TEST, below(gen, 2), b, 0);
		break;
	case 1:
		emit(gen, KTAP_OP_EQ, below(gen, 2), b, pick(gen, KTAP_M_ANY) % REGS);
		break;
	default:
		emit(gen, below(gen, 2) ? KTAP_OP_LT : KTAP_OP_LE, below(gen, 2), b, c);
		break;
	}
	return true;
}

static void patch(struct gen *gen, u32 jmp, u32 target)
{
	gen->code[jmp].b = target - jmp - 1;
}

static void gen_if(struct gen *gen)
{
	u32 before[REGS], after[REGS], other, end, i;

	if (!gen_cond(gen))
		return;
	other = emit(gen, KTAP_OP_JMP, 0, 0, 0);
	memcpy(before, gen->types, sizeof(before));
	gen_block(gen, 1 + below(gen, 4));
	memcpy(after, gen->types, sizeof(after));
	memcpy(gen->types, before, sizeof(before));
	end = emit(gen, KTAP_OP_JMP, 0, 0, 0);
	patch(gen, other, gen->nr);
	gen_block(gen, below(gen, 4));
	patch(gen, end, gen->nr);
	/* What is set on one path only is not set. */
	for (i = 0; i < REGS; i++)
		gen->types[i] = gen->types[i] && after[i] ? gen->types[i] | after[i] : 0;
}

/* Count down from some number; endless now and then. */
static void gen_loop(struct gen *gen)
{
	u32 i = pick_dst(gen, KTAP_M(INT)), one, zero, top, kept;

	if (i == REGS)
		return;
	emit(gen, KTAP_OP_LOADI, i, below(gen, 30), 0);
	set_type(gen, i, KTAP_M(INT));
	one = (i + 1) % REGS;
	zero = (i + 2) % REGS;
	if (!may_set(gen, one, KTAP_M(INT)) || !may_set(gen, zero, KTAP_M(INT)))
		return;
	emit(gen, KTAP_OP_LOADI, one, 1, 0);
	set_type(gen, one, KTAP_M(INT));
	emit(gen, KTAP_OP_LOADI, zero, 0, 0);
	set_type(gen, zero, KTAP_M(INT));
	kept = gen->kept;
	gen->kept |= BIT(i) | BIT(one) | BIT(zero);
	top = gen->nr;
	gen->stable++;
	gen_block(gen, 1 + below(gen, 6));
	gen->stable--;
	gen->kept = kept;
	emit(gen, KTAP_OP_SUB, i, i, one);
	emit(gen, KTAP_OP_LT, 1, zero, i);
	patch(gen, emit(gen, KTAP_OP_JMP, 0, 0, 0), top);
}

static void gen_iter(struct gen *gen)
{
	u32 tab = below(gen, REGS - 3), enter, top, keep[REGS];

	if (gen->stable || gen->kept || !(gen->types[tab] & KTAP_M(TAB)))
		return;
	emit(gen, KTAP_OP_ITER, tab, 0, 0);
	set_type(gen, tab, KTAP_M(TAB));
	set_type(gen, tab + 1, KTAP_M(INT));
	memcpy(keep, gen->types, sizeof(keep));
	enter = emit(gen, KTAP_OP_JMP, 0, 0, 0);
	top = gen->nr;
	set_type(gen, tab + 2, KTAP_M_KEY);
	set_type(gen, tab + 3, KTAP_M_STORE & ~KTAP_M(NIL));
	gen->stable++;
	gen->kept = BIT(tab) | BIT(tab + 1);
	gen_block(gen, 1 + below(gen, 4));
	gen->kept = 0;
	gen->stable--;
	patch(gen, enter, gen->nr);
	emit(gen, KTAP_OP_NEXT, tab, 0, 0);
	patch(gen, emit(gen, KTAP_OP_JMP, 0, 0, 0), top);
	memcpy(gen->types, keep, sizeof(keep));
	/* Which of the types before and those of a pair it is, is not known. */
	gen->types[tab + 2] |= gen->types[tab + 2] ? KTAP_M_KEY : 0;
	gen->types[tab + 3] |= gen->types[tab + 3] ? KTAP_M_STORE : 0;
}

static void gen_one(struct gen *gen)
{
	u32 reg, dst;

	gen->held = 0;
	switch (below(gen, 20)) {
	case 0 ... 2:
		make(gen, KTAP_M_KEY | KTAP_M(NIL));
		break;
	case 3:
		make(gen, KTAP_M(TAB));
		break;
	case 4:
		reg = pick(gen, KTAP_M_STORE);
		dst = reg < REGS ? pick_dst(gen, gen->types[reg]) : REGS;
		if (dst == REGS)
			break;
		emit(gen, KTAP_OP_MOVE, dst, reg, 0);
		set_type(gen, dst, gen->types[reg]);
		break;
	case 5 ... 7:
		gen_arith(gen);
		break;
	case 8:
		gen_concat(gen);
		break;
	case 9 ... 10:
		gen_global(gen);
		break;
	case 11 ... 13:
		gen_table(gen);
		break;
	case 14:
		gen_event(gen);
		break;
	case 15 ... 16:
		gen_call(gen);
		break;
	case 17:
		if (gen->depth < 4)
			gen_if(gen);
		break;
	case 18:
		if (gen->depth < 3)
			gen_loop(gen);
		break;
	default:
		if (gen->depth < 3)
			gen_iter(gen);
		break;
	}
}

static void gen_block(struct gen *gen, u32 nr)
{
	gen->depth++;
	while (nr-- && gen->nr < MAX_CODE)
		gen_one(gen);
	gen->depth--;
}

static const struct test_insn *gen_proto(struct gen *gen, u64 seed,
					 enum ktap_proto_kind kind)
{
	memset(gen, 0, sizeof(*gen));
	gen->seed = seed * KTAP_PROTO_NR + kind;
	gen->kind = kind;
	gen->noise = seed % 10 == 0;
	gen_block(gen, 5 + below(gen, 40));
	gen->code[gen->nr++] = (struct test_insn)OP(RET);
	return gen->code;
}

int main(int argc, char **argv)
{
	unsigned long nr = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000, i, rate;
	u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct gen *gen = calloc(KTAP_PROTO_NR, sizeof(*gen));
	struct exercise ex = {};

	__sanitizer_set_death_callback(say_which);
	for (i = 0; i < nr; i++) {
		struct test_prog prog = { .regs = REGS };
		unsigned long accepted = ex.accepted, wrong = ex.wrong;
		void *image;
		u32 size;

		seed_now = seed + i;
		prog.main = gen_proto(&gen[0], seed_now, KTAP_PROTO_MAIN);
		prog.probe = gen_proto(&gen[1], seed_now, KTAP_PROTO_PROBE);
		prog.end = gen_proto(&gen[2], seed_now, KTAP_PROTO_END);
		image = test_image_make(&prog, &size);
		exercise(&ex, image, size);
		test_free(image);
		if (ex.wrong != wrong)
			say_which();
		if (nr == 1)
			tap_note("%s", accepted == ex.accepted ? ex.text : "accepted");
	}
	rate = ex.accepted * 100 / nr;
	tap_note("%lu programs, %lu%% accepted; runs: %lu returned, %lu stopped, %lu failed",
		 nr, rate, ex.ended[0], ex.ended[2], ex.ended[3]);
	tap_result(!ex.wrong, "random programs");
	tap_result(rate >= LEAST_RATE || nr == 1, "most are accepted");
	free(gen);
	return tap_end();
}
