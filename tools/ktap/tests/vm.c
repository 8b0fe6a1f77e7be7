// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Runs an image without a kernel
 *
 * As simple an interpreter as can be, written from <linux/ktap_bc.h>, to see
 * that code does what its script says. Main is run, then each handler as often
 * as asked for, then trace_end. Variables and fields have made-up values.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ktap.h>

#include "image.h"
#include "value.h"

#define BUDGET	1000000

struct entry;

struct val {
	uint32_t type;
	int64_t num;
	const char *str;
	size_t len;
	struct tab *tab;
};

struct tab {
	struct entry *first;
	int64_t nr;
};

/* In the order of insertion, so that output is always the same. */
struct entry {
	struct entry *next;
	struct val key;
	struct val val;
};

static struct image_view image;
static struct arena arena;
static const struct ktap_insn *insns;
static const struct ktap_img_const *consts;
static const struct ktap_img_field *fields;
static struct val *globals;
static struct val regs[KTAP_MAX_REGS];
static uint32_t pc;
static int64_t tables;

static struct val integer(int64_t num)
{
	return (struct val){ .type = KTAP_T_INT, .num = num };
}

static struct val boolean(bool is)
{
	return (struct val){ .type = is ? KTAP_T_TRUE : KTAP_T_FALSE };
}

static struct val string(const char *str, size_t len)
{
	struct val val = { .type = KTAP_T_STR, .len = len };

	val.str = ktap_arena_dup(&arena, str, len);
	return val;
}

static void fail(const char *text)
{
	const struct ktap_img_line *line;
	uint32_t nr, i, at = 0;

	line = ktap_image_section(&image, KTAP_SEC_LINE, &nr);
	for (i = 0; i < nr && line[i].insn <= pc; i++)
		at = line[i].line;
	fflush(stdout);
	printf("%s:%u: error: %s\n", ktap_image_name(&image), at, text);
	exit(1);
}

static bool equal(const struct val *a, const struct val *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == KTAP_T_STR)
		return a->len == b->len && !memcmp(a->str, b->str, a->len);
	if (a->type == KTAP_T_TAB)
		return a->tab == b->tab;
	return a->type != KTAP_T_INT || a->num == b->num;
}

static bool less(const struct val *a, const struct val *b, bool or_equal)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int diff;

	if (a->type != b->type ||
	    (a->type != KTAP_T_INT && a->type != KTAP_T_STR))
		fail("cannot compare");
	if (a->type == KTAP_T_INT)
		return or_equal ? a->num <= b->num : a->num < b->num;
	diff = memcmp(a->str, b->str, len);
	if (!diff)
		diff = (a->len > b->len) - (a->len < b->len);
	return or_equal ? diff <= 0 : diff < 0;
}

static struct entry **find(const struct val *tab, const struct val *key)
{
	struct entry **link;

	if (tab->type != KTAP_T_TAB)
		fail("cannot index");
	for (link = &tab->tab->first; *link; link = &(*link)->next)
		if (equal(&(*link)->key, key))
			break;
	return link;
}

static struct val get(const struct val *tab, const struct val *key)
{
	struct entry *ent = *find(tab, key);

	return ent ? ent->val : (struct val){ 0 };
}

static void set(const struct val *tab, const struct val *key,
		const struct val *val)
{
	struct entry **link = find(tab, key);

	if (key->type == KTAP_T_NIL || key->type > KTAP_T_STR)
		fail("cannot be a key");
	if (*link && val->type == KTAP_T_NIL) {
		*link = (*link)->next;
		tab->tab->nr--;
	} else if (*link) {
		(*link)->val = *val;
	} else if (val->type != KTAP_T_NIL) {
		*link = ktap_arena_alloc(&arena, sizeof(**link));
		(*link)->key = *key;
		(*link)->val = *val;
		tab->tab->nr++;
	}
}

static struct val arith(uint32_t op, const struct val *a, const struct val *b)
{
	uint64_t ua = a->num, ub = b->num;

	if ((a->type != KTAP_T_INT && a->type != KTAP_T_NIL) ||
	    (b->type != KTAP_T_INT && b->type != KTAP_T_NIL))
		fail("cannot do arithmetic");
	if (a->type == KTAP_T_NIL || b->type == KTAP_T_NIL)
		return (struct val){ 0 };
	switch (op) {
	case KTAP_A_ADD:
		return integer(ua + ub);
	case KTAP_A_SUB:
		return integer(ua - ub);
	case KTAP_A_MUL:
		return integer(ua * ub);
	case KTAP_A_DIV:
		if (!ub)
			fail("divide 0");
		return integer(b->num == -1 ? (int64_t)-ua : a->num / b->num);
	case KTAP_A_MOD:
		if (!ub)
			fail("divide 0");
		return integer(b->num == -1 ? 0 : a->num % b->num);
	case KTAP_A_AND:
		return integer(ua & ub);
	case KTAP_A_OR:
		return integer(ua | ub);
	case KTAP_A_XOR:
		return integer(ua ^ ub);
	case KTAP_A_SHL:
		return integer(ua << (ub & 63));
	default:
		return integer(a->num >> (ub & 63));
	}
}

static bool truth(const struct val *val)
{
	return val->type > KTAP_T_FALSE;
}

static struct val text_of(const struct val *first, const struct val *last)
{
	struct strbuf sb = { 0 };
	struct val ret;

	for (; first <= last; first++) {
		if (first->type == KTAP_T_INT)
			ktap_strbuf_addf(&sb, "%lld", (long long)first->num);
		else if (first->type == KTAP_T_STR)
			ktap_strbuf_add(&sb, first->str, first->len);
		else
			fail("cannot concatenate");
	}
	ret = string(sb.str, sb.len);
	ktap_strbuf_destroy(&sb);
	return ret;
}

/* Prints by way of a record, as the kernel and the tool do. */
static void output(const struct val *args, uint32_t nr, bool format)
{
	struct strbuf rec = { 0 }, text = { 0 };
	struct value_reader vr = { .image = &image };
	uint32_t i;

	for (i = 0; i < nr; i++) {
		struct ktap_val head = { args[i].type, 0 };

		if (head.type == KTAP_T_INT)
			head.len = sizeof(args[i].num);
		else if (head.type == KTAP_T_STR)
			head.len = args[i].len;
		else if (head.type == KTAP_T_TAB)
			head.len = args[i].tab->nr;
		ktap_strbuf_add(&rec, &head, sizeof(head));
		if (head.type == KTAP_T_INT)
			ktap_strbuf_add(&rec, &args[i].num, head.len);
		else if (head.type == KTAP_T_STR)
			ktap_strbuf_add(&rec, args[i].str, head.len);
		ktap_strbuf_fill(&rec, 0, -rec.len & (KTAP_REC_ALIGN - 1));
	}
	vr.pos = rec.str;
	vr.end = rec.str + rec.len;
	if (format)
		ktap_values_printf(&text, &vr);
	else
		ktap_values_print(&text, &vr);
	fwrite(text.str, 1, text.len, stdout);
	ktap_strbuf_destroy(&rec);
	ktap_strbuf_destroy(&text);
}

static void call(uint32_t func, struct val *args, uint32_t nr)
{
	struct val ret = { 0 };

	switch (func) {
	case KTAP_FUNC_PRINT:
	case KTAP_FUNC_PRINTF:
		output(args, nr, func == KTAP_FUNC_PRINTF);
		break;
	case KTAP_FUNC_EXIT:
		exit(nr ? args->num & 0xff : 0);
	case KTAP_FUNC_LEN:
		ret = integer(args->type == KTAP_T_TAB ? args->tab->nr :
			      (int64_t)args->len);
		break;
	case KTAP_FUNC_DELETE:
		if (nr == 2) {
			set(&args[0], &args[1], &ret);
		} else {
			args->tab->first = NULL;
			args->tab->nr = 0;
		}
		break;
	default:
		fail("unknown function");
	}
	args[0] = ret;
}

static struct val field(uint32_t idx)
{
	const char *str;
	size_t len;

	if (fields[idx].name == KTAP_IMG_NONE)
		return integer(100 + fields[idx].index);
	ktap_image_string(&image, fields[idx].name, &str, &len);
	return string(str, len);
}

static struct val variable(uint32_t id)
{
	if (id == KTAP_VAR_EXECNAME)
		return string("execname", 8);
	if (id == KTAP_VAR_PROBENAME)
		return string("probename", 9);
	if (id == KTAP_VAR_ARGSTR)
		return string("argstr", 6);
	return integer(id);
}

static struct val new_table(void)
{
	struct val val = { .type = KTAP_T_TAB };

	val.tab = ktap_arena_alloc(&arena, sizeof(*val.tab));
	tables++;
	return val;
}

static struct val constant(uint32_t idx)
{
	const char *str;
	size_t len;

	if (consts[idx].type == KTAP_T_INT)
		return integer(consts[idx].val);
	ktap_image_string(&image, consts[idx].val, &str, &len);
	return string(str, len);
}

static bool next(struct val *base)
{
	struct entry *ent = (void *)(uintptr_t)base[1].num;

	if (!ent)
		return false;
	base[1].num = (uintptr_t)ent->next;
	base[2] = ent->key;
	base[3] = ent->val;
	return true;
}

/* An instruction that is no jump. */
static void step(const struct ktap_insn *insn)
{
	uint32_t bx = KTAP_INSN_BX(insn);
	struct val *a = &regs[insn->a], val, zero = integer(0);
	const struct val *b = &regs[insn->b % KTAP_MAX_REGS];
	const struct val *c = &regs[insn->c % KTAP_MAX_REGS];

	if (insn->op >= KTAP_OP_ADD && insn->op <= KTAP_OP_SHR) {
		*a = arith(insn->op - KTAP_OP_ADD, b, c);
		return;
	}
	switch (insn->op) {
	case KTAP_OP_MOVE:
		*a = *b;
		break;
	case KTAP_OP_LOADK:
		*a = constant(bx);
		break;
	case KTAP_OP_LOADI:
		*a = integer((int32_t)bx);
		break;
	case KTAP_OP_LOADNIL:
		*a = (struct val){ 0 };
		break;
	case KTAP_OP_LOADBOOL:
		*a = boolean(insn->b);
		break;
	case KTAP_OP_NEG:
		*a = b->type == KTAP_T_NIL ? *b : arith(KTAP_A_SUB, &zero, b);
		break;
	case KTAP_OP_BNOT:
		val = integer(-1);
		*a = arith(KTAP_A_XOR, &val, b);
		break;
	case KTAP_OP_NOT:
		*a = boolean(!truth(b));
		break;
	case KTAP_OP_CONCAT:
		*a = text_of(b, c);
		break;
	case KTAP_OP_GETG:
		*a = globals[bx];
		break;
	case KTAP_OP_SETG:
		globals[bx] = *a;
		break;
	case KTAP_OP_UPDG:
		globals[insn->c] = arith(insn->b, &globals[insn->c], a);
		break;
	case KTAP_OP_NEWTAB:
		*a = new_table();
		break;
	case KTAP_OP_GETT:
		*a = get(b, c);
		break;
	case KTAP_OP_SETT:
		set(a, b, c);
		break;
	case KTAP_OP_ADDT:
		val = get(a, b);
		if (val.type == KTAP_T_NIL)
			val = zero;
		val = arith(KTAP_A_ADD, &val, c);
		set(a, b, &val);
		break;
	case KTAP_OP_UPDT:
		val = get(a, b);
		val = arith(insn->c, &val, b + 1);
		set(a, b, &val);
		break;
	case KTAP_OP_ITER:
		if (a->type != KTAP_T_TAB)
			fail("cannot index");
		a[1] = integer((uintptr_t)a->tab->first);
		break;
	case KTAP_OP_VAR:
		*a = variable(bx);
		break;
	case KTAP_OP_FIELD:
		*a = field(bx);
		break;
	case KTAP_OP_CALLB:
		call(insn->b, a, insn->c);
		break;
	default:
		fail("unknown instruction");
	}
}

/* Whether the jump behind a conditional instruction is to be executed. */
static bool condition(const struct ktap_insn *insn)
{
	const struct val *b = &regs[insn->b % KTAP_MAX_REGS];
	const struct val *c = &regs[insn->c % KTAP_MAX_REGS];

	switch (insn->op) {
	case KTAP_OP_TEST:
		return truth(b) == insn->a;
	case KTAP_OP_EQ:
		return equal(b, c) == insn->a;
	case KTAP_OP_LT:
		return less(b, c, false) == insn->a;
	case KTAP_OP_LE:
		return less(b, c, true) == insn->a;
	default:
		return next(&regs[insn->a]);
	}
}

static void run(const struct ktap_img_proto *proto)
{
	const struct ktap_insn *insn;
	uint32_t budget = BUDGET;

	for (pc = proto->insn; ; pc++) {
		insn = &insns[pc];
		if (!budget--)
			fail("loop execute count exceed max limit");
		if (insn->op == KTAP_OP_RET)
			return;
		if (insn->op == KTAP_OP_JMP)
			pc += KTAP_INSN_SBX(insn);
		else if (insn->op >= KTAP_OP_TEST && insn->op <= KTAP_OP_LE)
			pc += !condition(insn);
		else if (insn->op == KTAP_OP_NEXT)
			pc += !condition(insn);
		else
			step(insn);
	}
}

static void run_all(uint32_t kind, int times)
{
	const struct ktap_img_proto *protos;
	uint32_t nr, i;
	int n;

	protos = ktap_image_section(&image, KTAP_SEC_PROTO, &nr);
	for (i = 0; i < nr; i++)
		for (n = 0; protos[i].kind == kind && n < times; n++)
			run(&protos[i]);
}

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	struct strbuf sb = { 0 };
	uint32_t nr;

	if (fd < 0 || ktap_read_file(fd, &sb) ||
	    ktap_image_open(&image, sb.str, sb.len)) {
		printf("no image\n");
		return 1;
	}
	insns = ktap_image_section(&image, KTAP_SEC_INSN, &nr);
	consts = ktap_image_section(&image, KTAP_SEC_CONST, &nr);
	fields = ktap_image_section(&image, KTAP_SEC_FIELD, &nr);
	ktap_image_section(&image, KTAP_SEC_GLOBAL, &nr);
	globals = ktap_alloc(nr * sizeof(*globals));
	run_all(KTAP_PROTO_MAIN, 1);
	run_all(KTAP_PROTO_PROBE, argc > 2 ? atoi(argv[2]) : 1);
	run_all(KTAP_PROTO_END, 1);
	ktap_strbuf_destroy(&sb);
	ktap_arena_destroy(&arena);
	free(globals);
	return 0;
}
