// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Checks an image against the rules of <linux/ktap_bc.h>
 *
 * Written from the header alone, as a second opinion on what the compiler makes:
 * the kernel's verifier is not used, and types are not looked at.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ktap_bc.h>

#include "util.h"

static const unsigned char *image;
static size_t image_size;
static const struct ktap_img_header *header;

__ktap_printf(1, 2)
static void bad(const char *fmt, ...)
{
	va_list ap;

	printf("image: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

#define REC_SIZE(name, nr, type)					\
	[KTAP_SEC_##name] = sizeof(type),
static const size_t rec_size[KTAP_SEC_NR] = {
	___KTAP_SECTION_MAPPER(REC_SIZE)
};

#undef REC_SIZE

#define OP_MODES(name, nr, a, b, c)					\
	[nr] = { KTAP_OM_##a, KTAP_OM_##b, KTAP_OM_##c },
static const unsigned char op_modes[KTAP_OP_NR][3] = {
	___KTAP_OP_MAPPER(OP_MODES)
};

#undef OP_MODES

#define FUNC_ARGS(name, nr, text, min, max, arg1, arg2, args, ret, where) \
	[nr] = { min, max, where },
static const unsigned int func_args[KTAP_FUNC_NR][3] = {
	___KTAP_FUNC_MAPPER(FUNC_ARGS)
};

#undef FUNC_ARGS

#define VAR_WHERE(name, nr, text, types, where)				\
	[nr] = where,
static const unsigned int var_where[KTAP_VAR_NR] = {
	___KTAP_VAR_MAPPER(VAR_WHERE)
};

#undef VAR_WHERE

static unsigned int count(enum ktap_section sec)
{
	return header->sec[sec].count;
}

static const void *records(enum ktap_section sec)
{
	return image + header->sec[sec].off;
}

static const struct ktap_insn *insn_at(unsigned int pc)
{
	return (const struct ktap_insn *)records(KTAP_SEC_INSN) + pc;
}

static void check_string(unsigned int idx, const char *what)
{
	const struct ktap_img_str *str = records(KTAP_SEC_STR);
	const char *text = records(KTAP_SEC_TEXT);
	unsigned int size = count(KTAP_SEC_TEXT);

	if (idx >= count(KTAP_SEC_STR))
		bad("%s: no string %u", what, idx);
	str += idx;
	if (str->off >= size || str->len >= size - str->off)
		bad("%s: string %u is outside of the text", what, idx);
	if (text[str->off + str->len])
		bad("%s: string %u has no NUL", what, idx);
}

static void check_sections(void)
{
	size_t end = sizeof(*header);
	unsigned int i;

	if (image_size < sizeof(*header))
		bad("it is too short");
	if (header->magic != KTAP_IMG_MAGIC ||
	    header->version != KTAP_IMG_VERSION ||
	    header->nr_sections != KTAP_SEC_NR ||
	    header->size != image_size || header->flags || header->__reserved)
		bad("the header is wrong");
	for (i = 0; i < KTAP_SEC_NR; i++) {
		if (header->sec[i].off % KTAP_IMG_ALIGN)
			bad("section %u is not aligned", i);
		if (header->sec[i].off < end)
			bad("section %u overlaps the one before", i);
		end = header->sec[i].off + (size_t)count(i) * rec_size[i];
		if (end > image_size)
			bad("section %u is outside of the image", i);
	}
	check_string(header->name, "name");
}

/* What events of each kind have besides a place: a filter, fetch arguments, flags. */
static void check_event_has(const struct ktap_img_event *event, unsigned int i)
{
	unsigned int functions = 1U << KTAP_PROBE_FUNC | 1U << KTAP_PROBE_USER;
	unsigned int filters = 1U << KTAP_PROBE_EVENT | 1U << KTAP_PROBE_FTRACE;

	if (event->filter != KTAP_IMG_NONE && !(filters >> event->kind & 1))
		bad("event %u has a filter", i);
	if (event->fetch != KTAP_IMG_NONE && !(functions >> event->kind & 1))
		bad("event %u has fetch arguments", i);
	if ((event->flags & KTAP_EVENT_RETURN && !(functions >> event->kind & 1)) ||
	    (event->flags & KTAP_EVENT_MARKER && event->kind != KTAP_PROBE_USER))
		bad("event %u has flags", i);
}

static void check_records(void)
{
	const struct ktap_img_const *con = records(KTAP_SEC_CONST);
	const struct ktap_img_global *global = records(KTAP_SEC_GLOBAL);
	const struct ktap_img_field *field = records(KTAP_SEC_FIELD);
	const struct ktap_img_event *event = records(KTAP_SEC_EVENT);
	const struct ktap_img_proto *proto = records(KTAP_SEC_PROTO);
	const struct ktap_img_line *line = records(KTAP_SEC_LINE);
	unsigned int i;

	for (i = 0; i < count(KTAP_SEC_CONST); i++) {
		if (con[i].__reserved ||
		    (con[i].type != KTAP_T_INT && con[i].type != KTAP_T_STR))
			bad("constant %u", i);
		if (con[i].type == KTAP_T_STR)
			check_string(con[i].val, "constant");
	}
	for (i = 0; i < count(KTAP_SEC_GLOBAL); i++) {
		check_string(global[i].name, "global");
		if (global[i].flags)
			bad("global %u has flags", i);
	}
	for (i = 0; i < count(KTAP_SEC_FIELD); i++) {
		if (field[i].kind >= KTAP_FIELD_NR || field[i].__reserved)
			bad("field %u", i);
		if (field[i].kind == KTAP_FIELD_NAME)
			check_string(field[i].name, "field");
		else if (field[i].name != KTAP_IMG_NONE)
			bad("field %u has a name", i);
		if (field[i].index && field[i].kind != KTAP_FIELD_NTH &&
		    field[i].kind != KTAP_FIELD_ARG)
			bad("field %u has an index", i);
	}
	for (i = 0; i < count(KTAP_SEC_EVENT); i++) {
		check_string(event[i].spec, "event");
		if (event[i].filter != KTAP_IMG_NONE)
			check_string(event[i].filter, "filter");
		if (event[i].fetch != KTAP_IMG_NONE)
			check_string(event[i].fetch, "fetch arguments");
		if (event[i].name != KTAP_IMG_NONE)
			check_string(event[i].name, "name of an event");
		if (event[i].kind >= KTAP_PROBE_NR ||
		    (event[i].flags & ~(KTAP_EVENT_RETURN | KTAP_EVENT_MARKER)) ||
		    event[i].__reserved || !event[i].line || !event[i].col)
			bad("event %u", i);
		check_event_has(&event[i], i);
		if (event[i].proto >= count(KTAP_SEC_PROTO) ||
		    proto[event[i].proto].kind !=
		    (event[i].kind == KTAP_PROBE_TICK ? KTAP_PROTO_TICK :
							KTAP_PROTO_PROBE))
			bad("function of event %u", i);
	}
	for (i = 0; i < count(KTAP_SEC_LINE); i++) {
		if (!line[i].line || !line[i].col || line[i].__reserved ||
		    line[i].insn >= count(KTAP_SEC_INSN) ||
		    (i && line[i].insn <= line[i - 1].insn) ||
		    (!i && line[i].insn))
			bad("line %u", i);
	}
}

/* The function that is looked at. */
struct func {
	const struct ktap_img_proto *proto;
	unsigned char **known;
	unsigned char *queued;
	unsigned int *work;
	unsigned int nr_work;
};

static bool is_skip(unsigned int op)
{
	switch (op) {
	case KTAP_OP_TEST:
	case KTAP_OP_EQ:
	case KTAP_OP_LT:
	case KTAP_OP_LE:
	case KTAP_OP_EQI:
	case KTAP_OP_LTI:
	case KTAP_OP_LEI:
	case KTAP_OP_NEXT:
	case KTAP_OP_NEXTS:
		return true;
	default:
		return false;
	}
}

static bool is_end(unsigned int op)
{
	return op == KTAP_OP_RET || op == KTAP_OP_TCALL || op == KTAP_OP_TCALLV;
}

static const struct ktap_img_proto *proto_at(unsigned int idx)
{
	return (const struct ktap_img_proto *)records(KTAP_SEC_PROTO) + idx;
}

/* Whether a function of this kind may use what is for @where. */
static bool may_use(const struct func *fn, unsigned int where)
{
	return fn->proto->kind == KTAP_PROTO_FUNC ||
		where & 1u << fn->proto->kind;
}

static void check_reg(const struct func *fn, unsigned int pc, unsigned int reg)
{
	if (reg >= fn->proto->nr_regs)
		bad("insn %u: register %u of %u", pc, reg, fn->proto->nr_regs);
}

static void check_index(unsigned int pc, unsigned int idx, unsigned int nr)
{
	if (idx >= nr)
		bad("insn %u: index %u of %u", pc, idx, nr);
}

static void check_jump(const struct func *fn, unsigned int pc, int dist)
{
	long target = (long)pc + 1 + dist;

	if (target < (long)fn->proto->insn ||
	    target >= (long)fn->proto->insn + (long)fn->proto->nr_insns)
		bad("insn %u: jump to %ld", pc, target);
}

static void check_proto(unsigned int pc, unsigned int idx)
{
	check_index(pc, idx, count(KTAP_SEC_PROTO));
	if (proto_at(idx)->kind != KTAP_PROTO_FUNC)
		bad("insn %u: function %u cannot be called", pc, idx);
}

/* A number of registers from @first on. */
static void check_range(const struct func *fn, unsigned int pc,
			unsigned int first, unsigned int nr)
{
	if (first + nr > fn->proto->nr_regs)
		bad("insn %u: registers %u to %u of %u", pc, first,
		    first + nr - 1, fn->proto->nr_regs);
}

static void check_count(const struct func *fn, unsigned int pc)
{
	const struct ktap_insn *insn = insn_at(pc), *call = insn - 1;
	unsigned int nr = insn->op == KTAP_OP_RET ? insn->b : insn->c;
	unsigned int open = nr & KTAP_OPEN, max;

	nr &= ~KTAP_OPEN;
	switch (insn->op) {
	case KTAP_OP_RET:
		if (nr > KTAP_MAX_RESULTS)
			bad("insn %u: %u results", pc, nr);
		if (nr && fn->proto->kind != KTAP_PROTO_FUNC)
			bad("insn %u: result of no function", pc);
		break;
	case KTAP_OP_CALLB:
		max = func_args[insn->b][1];
		if (nr < func_args[insn->b][0] || nr > max ||
		    (open && (max != KTAP_MAX_ARGS ||
			      nr + KTAP_MAX_RESULTS > max)))
			bad("insn %u: %u arguments", pc, nr);
		break;
	case KTAP_OP_PARTS:
		if (nr < 2 || nr > 32 || open)
			bad("insn %u: %u parts", pc, nr);
		break;
	case KTAP_OP_CALL:
		if (nr > KTAP_MAX_RESULTS || open)
			bad("insn %u: %u results", pc, nr);
		check_range(fn, pc, insn->a, proto_at(insn->b)->nr_params);
		break;
	case KTAP_OP_CALLV:
		if (KTAP_CALLV_RESULTS(insn->c) > KTAP_MAX_RESULTS ||
		    KTAP_CALLV_ARGS(insn->c) > KTAP_MAX_PARAMS)
			bad("insn %u: arguments and results %u", pc, insn->c);
		check_range(fn, pc, insn->a, KTAP_CALLV_RESULTS(insn->c));
		nr = KTAP_CALLV_ARGS(insn->c);
		break;
	case KTAP_OP_TCALLV:
		if (nr > KTAP_MAX_PARAMS || open)
			bad("insn %u: %u arguments", pc, nr);
		break;
	default:
		bad("insn %u: a number for what?", pc);
		break;
	}
	check_range(fn, pc, insn->a, nr);

	if (!open || (insn->op != KTAP_OP_RET && insn->op != KTAP_OP_CALLB))
		return;
	if (pc == fn->proto->insn || call->a != insn->a + nr ||
	    !((call->op == KTAP_OP_CALL && call->c == KTAP_MAX_RESULTS) ||
	      (call->op == KTAP_OP_CALLV &&
	       KTAP_CALLV_RESULTS(call->c) == KTAP_MAX_RESULTS)))
		bad("insn %u: no call before it", pc);
}

static void check_operand(const struct func *fn, unsigned int pc,
			  unsigned int mode, unsigned int val)
{
	const struct ktap_insn *insn = insn_at(pc);

	switch (mode) {
	case KTAP_OM_NONE:
		if (val)
			bad("insn %u: unused operand is %u", pc, val);
		break;
	case KTAP_OM_DST:
	case KTAP_OM_REG:
	case KTAP_OM_FIRST:
		check_reg(fn, pc, val);
		break;
	case KTAP_OM_LAST:
		check_reg(fn, pc, val);
		if (val < insn->b)
			bad("insn %u: range ends before it begins", pc);
		break;
	case KTAP_OM_BOOL:
		check_index(pc, val, 2);
		break;
	case KTAP_OM_ARITH:
		check_index(pc, val, KTAP_A_NR);
		break;
	case KTAP_OM_FUNC:
		check_index(pc, val, KTAP_FUNC_NR);
		if (!may_use(fn, func_args[val][2]))
			bad("insn %u: function %u is not for here", pc, val);
		break;
	case KTAP_OM_COUNT:
		check_count(fn, pc);
		break;
	case KTAP_OM_PROTO:
	case KTAP_OM_PROTOX:
		check_proto(pc, val);
		break;
	case KTAP_OM_GLOBAL:
	case KTAP_OM_GLOBALX:
		check_index(pc, val, count(KTAP_SEC_GLOBAL));
		break;
	case KTAP_OM_CONSTX:
		check_index(pc, val, count(KTAP_SEC_CONST));
		break;
	case KTAP_OM_VARX:
		check_index(pc, val, KTAP_VAR_NR);
		if (!may_use(fn, var_where[val]))
			bad("insn %u: variable %u is not for here", pc, val);
		break;
	case KTAP_OM_FIELDX:
		check_index(pc, val, count(KTAP_SEC_FIELD));
		if (!may_use(fn, KTAP_IN(PROBE)))
			bad("insn %u: field without an event", pc);
		break;
	case KTAP_OM_JUMPX:
		check_jump(fn, pc, (int)val);
		break;
	default:
		break;
	}
}

static void check_insn(const struct func *fn, unsigned int pc)
{
	const struct ktap_insn *insn = insn_at(pc);
	const unsigned char *modes;
	unsigned int last = fn->proto->insn + fn->proto->nr_insns - 1;
	bool joined;

	if (insn->op >= KTAP_OP_NR)
		bad("insn %u: unknown op %u", pc, insn->op);
	modes = op_modes[insn->op];
	joined = modes[1] >= KTAP_OM_INTX;
	check_operand(fn, pc, modes[0], insn->a);
	check_operand(fn, pc, modes[1],
		      joined ? KTAP_INSN_BX(insn) : insn->b);
	if (!joined)
		check_operand(fn, pc, modes[2], insn->c);

	if ((insn->op == KTAP_OP_FORPREP && KTAP_INSN_SBX(insn) < 0) ||
	    (insn->op == KTAP_OP_FORLOOP && KTAP_INSN_SBX(insn) >= 0))
		bad("insn %u: a loop in the wrong direction", pc);
	if (is_skip(insn->op) && (pc >= last || pc + 2 > last ||
				  insn_at(pc + 1)->op != KTAP_OP_JMP))
		bad("insn %u: no jump behind it", pc);
	if (pc == last && !is_end(insn->op) && insn->op != KTAP_OP_JMP)
		bad("insn %u: control runs off the end", pc);
}

static void need(const struct func *fn, unsigned int pc, unsigned int reg)
{
	check_reg(fn, pc, reg);
	if (!fn->known[pc - fn->proto->insn][reg])
		bad("insn %u: register %u may have no value", pc, reg);
}

/* Merges what is known before @pc with what is known on another way there. */
static void flow(struct func *fn, unsigned int pc, const unsigned char *known)
{
	unsigned int i = pc - fn->proto->insn, reg;
	unsigned int nr = fn->proto->nr_regs + 1;
	bool changed = false;

	if (!fn->known[i]) {
		fn->known[i] = ktap_alloc(nr);
		memcpy(fn->known[i], known, nr);
		changed = true;
	}
	for (reg = 0; reg < nr; reg++) {
		if (fn->known[i][reg] && !known[reg]) {
			fn->known[i][reg] = 0;
			changed = true;
		}
	}
	if (changed && !fn->queued[i]) {
		fn->queued[i] = 1;
		fn->work[fn->nr_work++] = pc;
	}
}

static void need_all(const struct func *fn, unsigned int pc,
		     unsigned int first, unsigned int nr)
{
	unsigned int reg;

	for (reg = first; reg < first + nr; reg++)
		need(fn, pc, reg);
}

/* A call takes all registers from @base on, and gives some of them a value. */
static void set_results(const struct func *fn, unsigned char *known,
			unsigned int base, unsigned int nr)
{
	unsigned int reg;

	for (reg = base; reg < fn->proto->nr_regs; reg++)
		known[reg] = reg < base + nr;
}

static void use_call(const struct func *fn, unsigned int pc,
		     unsigned char *known)
{
	const struct ktap_insn *insn = insn_at(pc);

	switch (insn->op) {
	case KTAP_OP_CALL:
	case KTAP_OP_TCALL:
		need_all(fn, pc, insn->a, proto_at(insn->b)->nr_params);
		set_results(fn, known, insn->a, insn->c);
		break;
	case KTAP_OP_CALLV:
		need_all(fn, pc, insn->a, KTAP_CALLV_ARGS(insn->c));
		set_results(fn, known, insn->a, KTAP_CALLV_RESULTS(insn->c));
		break;
	case KTAP_OP_TCALLV:
		need_all(fn, pc, insn->a, insn->c);
		break;
	default:
		break;
	}
}

/* Registers that an instruction reads; those it writes are entered in @known. */
static void use_regs(const struct func *fn, unsigned int pc,
		     unsigned char *known)
{
	const struct ktap_insn *insn = insn_at(pc);
	const unsigned char *modes = op_modes[insn->op];
	unsigned int i, val[3] = { insn->a, insn->b, insn->c };

	for (i = 0; i < 3; i++)
		if (modes[i] == KTAP_OM_REG)
			need(fn, pc, val[i]);
	switch (insn->op) {
	case KTAP_OP_CONCAT:
	case KTAP_OP_KEY:
		need_all(fn, pc, insn->b, insn->c - insn->b + 1);
		break;
	case KTAP_OP_UPDT:
		need_all(fn, pc, insn->b, 2);
		break;
	case KTAP_OP_FORPREP:
	case KTAP_OP_FORLOOP:
		need_all(fn, pc, insn->a, 3);
		break;
	case KTAP_OP_ITER:
		need(fn, pc, insn->a);
		check_reg(fn, pc, insn->a + 3);
		known[insn->a + 1] = 1;
		break;
	case KTAP_OP_SORT:
		need(fn, pc, insn->a);
		need_all(fn, pc, insn->a + 2, 2);
		known[insn->a + 1] = 1;
		break;
	case KTAP_OP_NEXT:
	case KTAP_OP_NEXTS:
	case KTAP_OP_ENDS:
		need_all(fn, pc, insn->a, 2);
		check_reg(fn, pc, insn->a + 3);
		break;
	case KTAP_OP_PARTS:
		for (i = 0; i < insn->c; i++)
			known[insn->a + i] = 1;
		break;
	case KTAP_OP_RET:
		need_all(fn, pc, insn->a, insn->b & ~KTAP_OPEN);
		break;
	case KTAP_OP_CALLB:
		need_all(fn, pc, insn->a, insn->c & ~KTAP_OPEN);
		known[insn->a] = 1;
		break;
	case KTAP_OP_CALL:
	case KTAP_OP_CALLV:
	case KTAP_OP_TCALL:
	case KTAP_OP_TCALLV:
		use_call(fn, pc, known);
		break;
	default:
		break;
	}
	if (modes[0] == KTAP_OM_DST)
		known[insn->a] = 1;
}

static void step(struct func *fn, unsigned int pc)
{
	const struct ktap_insn *insn = insn_at(pc), *jmp = insn + 1;
	unsigned int nr = fn->proto->nr_regs + 1;
	unsigned char *known = ktap_alloc(nr), *jump = ktap_alloc(nr);

	memcpy(known, fn->known[pc - fn->proto->insn], nr);
	use_regs(fn, pc, known);
	if (insn->op == KTAP_OP_JMP) {
		flow(fn, pc + 1 + KTAP_INSN_SBX(insn), known);
	} else if (insn->op == KTAP_OP_FORPREP || insn->op == KTAP_OP_FORLOOP) {
		flow(fn, pc + 1 + KTAP_INSN_SBX(insn), known);
		flow(fn, pc + 1, known);
	} else if (is_skip(insn->op)) {
		memcpy(jump, known, nr);
		if (insn->op == KTAP_OP_NEXT || insn->op == KTAP_OP_NEXTS) {
			jump[insn->a + 2] = 1;
			jump[insn->a + 3] = 1;
		}
		/* The jump itself is part of the instruction here. */
		flow(fn, pc + 2 + KTAP_INSN_SBX(jmp), jump);
		flow(fn, pc + 2, known);
	} else if (!is_end(insn->op)) {
		flow(fn, pc + 1, known);
	}
	free(known);
	free(jump);
}

static void check_flow(struct func *fn)
{
	unsigned int nr = fn->proto->nr_insns, i, pc;
	unsigned char *none = ktap_alloc(fn->proto->nr_regs + 1);

	memset(none, 1, fn->proto->nr_params);
	fn->known = ktap_alloc(nr * sizeof(*fn->known));
	fn->queued = ktap_alloc(nr);
	fn->work = ktap_alloc(nr * sizeof(*fn->work));
	flow(fn, fn->proto->insn, none);
	while (fn->nr_work) {
		pc = fn->work[--fn->nr_work];
		fn->queued[pc - fn->proto->insn] = 0;
		step(fn, pc);
	}
	for (i = 0; i < nr; i++) {
		if (!fn->known[i] &&
		    !(i && is_skip(insn_at(fn->proto->insn + i - 1)->op)))
			bad("insn %u: control never gets here",
			    fn->proto->insn + i);
		free(fn->known[i]);
	}
	free(fn->known);
	free(fn->queued);
	free(fn->work);
	free(none);
}

static void check_funcs(void)
{
	const struct ktap_img_proto *proto = records(KTAP_SEC_PROTO);
	unsigned int i, pc, next = 0;
	bool is_main;

	if (!count(KTAP_SEC_PROTO))
		bad("no main");
	for (i = 0; i < count(KTAP_SEC_PROTO); i++) {
		struct func fn = { .proto = &proto[i] };

		check_string(proto[i].name, "function");
		is_main = proto[i].kind == KTAP_PROTO_MAIN;
		if (proto[i].kind >= KTAP_PROTO_NR || is_main != !i)
			bad("function %u", i);
		if (proto[i].nr_params > KTAP_MAX_PARAMS ||
		    proto[i].nr_params > proto[i].nr_regs ||
		    (proto[i].nr_params && proto[i].kind != KTAP_PROTO_FUNC))
			bad("parameters of function %u", i);
		if (proto[i].insn != next || !proto[i].nr_insns ||
		    proto[i].nr_insns > count(KTAP_SEC_INSN) - next)
			bad("place of function %u", i);
		if (proto[i].nr_regs > KTAP_MAX_REGS)
			bad("registers of function %u", i);
		next += proto[i].nr_insns;
		for (pc = proto[i].insn; pc < next; pc++)
			check_insn(&fn, pc);
		check_flow(&fn);
	}
	if (next != count(KTAP_SEC_INSN))
		bad("instructions without a function");
}

int main(int argc, char **argv)
{
	struct strbuf sb = { 0 };
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;

	if (fd < 0 || ktap_read_file(fd, &sb))
		bad("it cannot be read");
	image = (const unsigned char *)sb.str;
	image_size = sb.len;
	header = (const void *)image;
	check_sections();
	check_records();
	check_funcs();
	ktap_strbuf_destroy(&sb);
	return 0;
}
