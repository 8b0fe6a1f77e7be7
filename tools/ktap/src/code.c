// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Instructions of a function while it is being made
 *
 * A jump whose target is not known yet is an element of a list, which is chained
 * through the operands of the jumps, until the list is bound to a place.
 *
 * Statements are compiled one by one, without an eye on what surrounds them. So
 * there are jumps to jumps, and jumps around jumps. When a function is complete
 * these are shortened, and what is not reached then is taken out, as the kernel
 * refuses code that cannot be reached. All of this is linear.
 */
#include <stdlib.h>
#include <string.h>

#include "code.h"

/**
 * ktap_code_emit - Append an instruction
 * @code: the function
 * @insn: the instruction
 * @pos: its place in the script
 *
 * Return: Its index, or NO_JUMP if control cannot reach it, so that it is left
 * out.
 */
uint32_t ktap_code_emit(struct code *code, struct ktap_insn insn, uint32_t pos)
{
	if (code->dead)
		return NO_JUMP;
	code->insns = ktap_grow(code->insns, code->nr, &code->cap_insns,
				sizeof(*code->insns));
	code->pos = ktap_grow(code->pos, code->nr, &code->cap_pos,
			      sizeof(*code->pos));
	code->insns[code->nr] = insn;
	code->pos[code->nr] = pos;
	return code->nr++;
}

static uint32_t target_of(const struct code *code, uint32_t i)
{
	return i + 1 + KTAP_INSN_BX(&code->insns[i]);
}

static void set_bx(struct ktap_insn *insn, uint32_t bx)
{
	insn->b = bx & 0xffff;
	insn->c = bx >> 16;
}

static void set_target(struct code *code, uint32_t i, uint32_t target)
{
	set_bx(&code->insns[i], target - i - 1);
}

/**
 * ktap_code_bind_to - Let the jumps of a list lead to a place
 * @code: the function
 * @list: the jumps
 * @target: index of the instruction to go to
 */
void ktap_code_bind_to(struct code *code, uint32_t list, uint32_t target)
{
	uint32_t next;

	for (; list != NO_JUMP; list = next) {
		next = KTAP_INSN_BX(&code->insns[list]);
		set_target(code, list, target);
	}
}

/**
 * ktap_code_bind - Let the jumps of a list lead to what comes next
 * @code: the function
 * @list: the jumps
 */
void ktap_code_bind(struct code *code, uint32_t list)
{
	if (list == NO_JUMP)
		return;
	ktap_code_bind_to(code, list, code->nr);
	code->dead = false;
}

static bool is_skip(const struct ktap_insn *insn)
{
	return (insn->op >= KTAP_OP_TEST && insn->op <= KTAP_OP_LEI) ||
		insn->op == KTAP_OP_NEXT || insn->op == KTAP_OP_NEXTS;
}

/* Whether its operand A can be inverted. */
static bool is_test(const struct ktap_insn *insn)
{
	return insn->op >= KTAP_OP_TEST && insn->op <= KTAP_OP_LEI;
}

static bool has_target(const struct ktap_insn *insn)
{
	return insn->op == KTAP_OP_JMP || insn->op == KTAP_OP_FORPREP ||
		insn->op == KTAP_OP_FORLOOP;
}

static bool ends(const struct ktap_insn *insn)
{
	return insn->op == KTAP_OP_RET || insn->op == KTAP_OP_TCALL ||
		insn->op == KTAP_OP_TCALLV;
}

/* What is known of an instruction while code is tidied up. */
#define IS_TARGET	0x1	/* something jumps to it */
#define IS_GONE		0x2	/* it is taken out */
#define IS_REACHED	0x4
#define IS_ON_WAY	0x8	/* jumps are being followed through it */

/*
 * Where a jump to @target ends up. Jumps on the way are made to lead there, so
 * that they are followed only once. Jumps in a circle end at one of them.
 */
static uint32_t follow(struct code *code, unsigned char *flags, uint32_t target)
{
	uint32_t end = target, next;

	while (code->insns[end].op == KTAP_OP_JMP &&
	       !(flags[end] & IS_ON_WAY)) {
		flags[end] |= IS_ON_WAY;
		end = target_of(code, end);
	}
	while (flags[target] & IS_ON_WAY) {
		flags[target] &= ~IS_ON_WAY;
		next = target_of(code, target);
		set_target(code, target, end);
		target = next;
	}
	return end;
}

static bool behind_skip(const struct code *code, uint32_t i)
{
	return i && is_skip(&code->insns[i - 1]);
}

static void thread_jumps(struct code *code, unsigned char *flags)
{
	const struct ktap_insn *to;
	uint32_t i, target;
	bool back;

	for (i = 0; i < code->nr; i++) {
		if (!has_target(&code->insns[i]))
			continue;
		target = follow(code, flags, target_of(code, i));
		/* The ends of a loop are not made to look like something else. */
		back = target <= i;
		if (code->insns[i].op != KTAP_OP_JMP &&
		    back != (target_of(code, i) <= i))
			continue;
		set_target(code, i, target);
		to = &code->insns[target];
		/* As well return at once, unless it returns what a call gave. */
		if (code->insns[i].op == KTAP_OP_JMP &&
		    to->op == KTAP_OP_RET && !(to->b & KTAP_OPEN) &&
		    !behind_skip(code, i))
			code->insns[i] = *to;
	}
	for (i = 0; i < code->nr; i++)
		if (has_target(&code->insns[i]))
			flags[target_of(code, i)] |= IS_TARGET;
}

/* A jump that is jumped around becomes the conditional one itself. */
static void invert_tests(struct code *code, unsigned char *flags)
{
	struct ktap_insn *insn = code->insns;
	uint32_t i;

	for (i = 0; i + 3 < code->nr; i++) {
		if (!is_test(&insn[i]) || insn[i + 2].op != KTAP_OP_JMP ||
		    target_of(code, i + 1) != i + 3 ||
		    flags[i + 2] & IS_TARGET)
			continue;
		insn[i].a = !insn[i].a;
		set_target(code, i + 1, target_of(code, i + 2));
		flags[i + 2] |= IS_GONE;
	}
}

static void mark_reached(const struct code *code, unsigned char *flags)
{
	uint32_t *work = ktap_alloc((code->nr + 1) * sizeof(*work));
	size_t nr = 0;
	uint32_t i;

	work[nr++] = 0;
	flags[0] |= IS_REACHED;
	while (nr) {
		uint32_t next[3], nr_next = 0, k;
		const struct ktap_insn *insn;

		i = work[--nr];
		insn = &code->insns[i];
		if (insn->op != KTAP_OP_JMP && !ends(insn))
			next[nr_next++] = i + 1;
		if (has_target(insn))
			next[nr_next++] = target_of(code, i);
		if (is_skip(insn))
			next[nr_next++] = i + 2 +
				!!(flags[i + 2] & IS_GONE);
		for (k = 0; k < nr_next; k++) {
			if (flags[next[k]] & IS_REACHED)
				continue;
			flags[next[k]] |= IS_REACHED;
			work[nr++] = next[k];
		}
	}
	free(work);

	for (i = 0; i < code->nr; i++)
		if (!(flags[i] & IS_REACHED))
			flags[i] |= IS_GONE;
}

/* Gives each instruction its new index, or that of the next one that stays. */
static uint32_t number(const struct code *code, unsigned char *flags,
		       uint32_t *place)
{
	uint32_t i, nr = 0;

	/* From the end, as what a jump leads to may itself go. */
	place[code->nr] = 0;
	for (i = code->nr; i--;) {
		place[i] = place[i + 1];
		if (flags[i] & IS_GONE)
			continue;
		if (code->insns[i].op == KTAP_OP_JMP && !behind_skip(code, i) &&
		    target_of(code, i) > i &&
		    place[target_of(code, i)] == place[i + 1]) {
			flags[i] |= IS_GONE;
			continue;
		}
		place[i]++;
		nr++;
	}
	for (i = 0; i <= code->nr; i++)
		place[i] = nr - place[i];
	return nr;
}

/**
 * ktap_code_tidy - Shorten jumps, and take out what is not reached
 * @code: the complete function
 */
void ktap_code_tidy(struct code *code)
{
	unsigned char *flags = ktap_alloc(code->nr + 1);
	uint32_t *place = ktap_alloc((code->nr + 1) * sizeof(*place));
	uint32_t i, nr, to;

	thread_jumps(code, flags);
	invert_tests(code, flags);
	mark_reached(code, flags);
	nr = number(code, flags, place);
	for (i = 0; i < code->nr; i++) {
		if (flags[i] & IS_GONE)
			continue;
		to = place[i];
		if (has_target(&code->insns[i]))
			set_bx(&code->insns[i],
			       place[target_of(code, i)] - to - 1);
		code->insns[to] = code->insns[i];
		code->pos[to] = code->pos[i];
	}
	code->nr = nr;
	free(place);
	free(flags);
}

/**
 * ktap_code_write - Enter a function's instructions in an image
 * @code: the function
 * @src: the script
 * @img: the image
 */
void ktap_code_write(const struct code *code, struct source *src,
		     struct image *img)
{
	struct linecol lc = { 0 };
	uint32_t i;

	for (i = 0; i < code->nr; i++) {
		if (!i || code->pos[i] != code->pos[i - 1])
			lc = ktap_source_linecol(src, code->pos[i]);
		ktap_image_insn(img, code->insns[i], lc);
	}
}

/**
 * ktap_code_destroy - Free a function
 * @code: the function, which is empty then
 */
void ktap_code_destroy(struct code *code)
{
	free(code->insns);
	free(code->pos);
	memset(code, 0, sizeof(*code));
}
