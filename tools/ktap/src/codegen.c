// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - From syntax tree to instructions
 *
 * Code that control cannot reach is never emitted: after a jump or a return
 * ktap_emit() does nothing until a jump to the current place is bound.
 */
#include <string.h>

#include <linux/ktap.h>

#include "builtin.h"
#include "codegen.h"
#include "fold.h"
#include "gen.h"
#include "resolve.h"

static void gen_block(struct codegen *cg, const struct block *block);
static void gen_stmts(struct codegen *cg, const struct stmt *st);

static uint32_t here(const struct codegen *cg)
{
	return cg->code.nr;
}

static void declare_local(struct codegen *cg, const struct decl *decl,
			  uint32_t reg)
{
	decl->sym->reg = reg;
	cg->active = reg + 1;
	if (cg->free < cg->active)
		cg->free = cg->active;
}

static uint32_t nr_decls(const struct decl *decl)
{
	uint32_t nr = 0;

	for (; decl; decl = decl->next)
		nr++;
	return nr;
}

/* Declares variables, with values or nil, from the first free register on. */
static void gen_locals(struct codegen *cg, const struct decl *decls,
		       const struct expr *values)
{
	const struct decl *decl;
	uint32_t reg;

	if (!decls)
		return;
	cg->pos = decls->pos;
	reg = ktap_gen_list(cg, values, nr_decls(decls));
	for (decl = decls; decl; decl = decl->next)
		declare_local(cg, decl, reg++);
}

static void gen_globals(struct codegen *cg, const struct decl *decls,
			const struct expr *values)
{
	uint32_t nr = nr_decls(decls), have, reg;
	const struct decl *decl;
	bool exact;

	/* Those without a value are nil from the start. */
	have = ktap_nr_values(cg, values, &exact);
	if (nr > have)
		nr = have;
	reg = ktap_gen_list(cg, values, nr);
	for (decl = decls; decl; decl = decl->next) {
		cg->pos = decl->pos;
		if (!nr--)
			break;
		ktap_emit_x(cg, KTAP_OP_SETG, reg++, decl->sym->reg);
	}
}

static void gen_var(struct codegen *cg, const struct stmt *st)
{
	if (st->assign.decls->sym->global)
		gen_globals(cg, st->assign.decls, st->assign.values);
	else
		gen_locals(cg, st->assign.decls, st->assign.values);
}

/**
 * struct target - what is assigned to
 * @ex: its expression
 * @table: register of the table
 * @key: register of the key
 */
struct target {
	const struct expr *ex;
	uint32_t table;
	uint32_t key;
};

static void store(struct codegen *cg, const struct target *target,
		  uint32_t reg)
{
	cg->pos = target->ex->start;
	if (target->ex->kind == EX_LOCAL)
		ktap_gen_move(cg, target->ex->sym->reg, reg);
	else if (target->ex->kind == EX_GLOBAL)
		ktap_emit_x(cg, KTAP_OP_SETG, reg, target->ex->sym->reg);
	else
		ktap_emit(cg, KTAP_OP_SETT, target->table, target->key, reg);
}

static void store_value(struct codegen *cg, const struct target *target,
			const struct expr *value)
{
	if (target->ex->kind == EX_LOCAL)
		ktap_gen_to(cg, value, target->ex->sym->reg);
	else
		store(cg, target, ktap_gen_any(cg, value));
}

static void store_nil(struct codegen *cg, const struct target *target)
{
	uint32_t reg;

	cg->pos = target->ex->start;
	if (target->ex->kind == EX_LOCAL)
		reg = target->ex->sym->reg;
	else
		reg = ktap_alloc_regs(cg, 1);
	ktap_emit(cg, KTAP_OP_LOADNIL, reg, 0, 0);
	store(cg, target, reg);
}

static void gen_assign_one(struct codegen *cg, const struct expr *ex,
			   const struct expr *value)
{
	struct target target = { .ex = ex };

	if (ex->kind == EX_INDEX) {
		target.table = ktap_gen_any(cg, ex->index.table);
		target.key = ktap_gen_any(cg, ex->index.key);
	}
	store_value(cg, &target, value);
}

/* A register that keeps its value while the targets are assigned to. */
static uint32_t gen_kept(struct codegen *cg, const struct expr *ex)
{
	uint32_t reg;

	if (ex->kind != EX_LOCAL || !ex->sym->assigned)
		return ktap_gen_any(cg, ex);
	reg = ktap_alloc_regs(cg, 1);
	ktap_gen_to(cg, ex, reg);
	return reg;
}

/* The values of an assignment: constants stay, the others get registers. */
static void gen_values(struct codegen *cg, const struct expr *value,
		       const struct expr **values, uint32_t *regs, uint32_t nr)
{
	uint32_t i, reg;

	for (i = 0; i < nr; i++) {
		values[i] = value;
		if (value && !value->next && ktap_is_multi(value)) {
			reg = ktap_gen_list(cg, value, nr - i);
			for (; i < nr; i++) {
				values[i] = value;
				regs[i] = reg++;
			}
			return;
		}
		value = value ? value->next : NULL;
		if (!values[i] || ktap_is_const(values[i]))
			continue;
		regs[i] = ktap_alloc_regs(cg, 1);
		ktap_gen_to(cg, values[i], regs[i]);
	}
}

/* All values are computed before the first one is assigned. */
static void gen_assign_all(struct codegen *cg, const struct stmt *st)
{
	const struct expr *ex, **values;
	struct target *targets;
	uint32_t nr = 0, i, *regs;

	for (ex = st->assign.targets; ex; ex = ex->next)
		nr++;
	targets = ktap_arena_alloc(&cg->script->arena, nr * sizeof(*targets));
	values = ktap_arena_alloc(&cg->script->arena, nr * sizeof(*values));
	regs = ktap_arena_alloc(&cg->script->arena, nr * sizeof(*regs));

	for (ex = st->assign.targets, i = 0; ex; ex = ex->next, i++) {
		targets[i].ex = ex;
		if (ex->kind != EX_INDEX)
			continue;
		targets[i].table = gen_kept(cg, ex->index.table);
		targets[i].key = gen_kept(cg, ex->index.key);
	}
	gen_values(cg, st->assign.values, values, regs, nr);
	while (i--) {
		if (!values[i])
			store_nil(cg, &targets[i]);
		else if (ktap_is_const(values[i]))
			store_value(cg, &targets[i], values[i]);
		else
			store(cg, &targets[i], regs[i]);
	}
}

static void gen_assign(struct codegen *cg, const struct stmt *st)
{
	if (st->assign.targets->next)
		gen_assign_all(cg, st);
	else
		gen_assign_one(cg, st->assign.targets, st->assign.values);
}

/* The value of a compound assignment. */
static uint32_t gen_operand(struct codegen *cg, const struct stmt *st)
{
	uint32_t reg;

	if (st->update.value)
		return ktap_gen_any(cg, st->update.value);
	reg = ktap_alloc_regs(cg, 1);
	cg->pos = st->update.op_pos;
	ktap_gen_int(cg, 1, reg);
	return reg;
}

/* The same for a subtraction that is done by adding. */
static uint32_t gen_negated(struct codegen *cg, const struct stmt *st)
{
	const struct expr *value = st->update.value;
	uint32_t reg = ktap_alloc_regs(cg, 1), arg = reg;

	if (!value || value->kind == EX_INT) {
		cg->pos = value ? value->start : st->update.op_pos;
		ktap_gen_int(cg, value ? (int64_t)-(uint64_t)value->num : -1,
			     reg);
		return reg;
	}
	if (value->kind == EX_LOCAL)
		arg = value->sym->reg;
	else
		ktap_gen_to(cg, value, reg);
	cg->pos = st->update.op_pos;
	ktap_emit(cg, KTAP_OP_NEG, reg, arg, 0);
	return reg;
}

static void gen_update_entry(struct codegen *cg, const struct stmt *st,
			     enum ktap_arith op)
{
	const struct expr *index = st->update.target;
	uint32_t table, key, value;

	table = ktap_gen_any(cg, index->index.table);
	if (op == KTAP_A_ADD || op == KTAP_A_SUB) {
		key = ktap_gen_any(cg, index->index.key);
		value = op == KTAP_A_ADD ? gen_operand(cg, st) :
			gen_negated(cg, st);
		cg->pos = st->update.op_pos;
		ktap_emit(cg, KTAP_OP_ADDT, table, key, value);
		return;
	}
	/* Key and value lie side by side. */
	key = ktap_alloc_regs(cg, 1);
	ktap_gen_to(cg, index->index.key, key);
	value = ktap_alloc_regs(cg, 1);
	ktap_gen_to(cg, st->update.value, value);
	cg->pos = st->update.op_pos;
	ktap_emit(cg, KTAP_OP_UPDT, table, key, op);
}

static void gen_update(struct codegen *cg, const struct stmt *st)
{
	static const struct expr one = { .kind = EX_INT, .num = 1 };
	const struct expr *ex = st->update.target;
	const struct expr *value = st->update.value;
	enum ktap_arith op = ktap_arith_of(st->update.op);
	uint32_t reg;

	if (ex->kind == EX_INDEX) {
		gen_update_entry(cg, st, op);
	} else if (ex->kind == EX_LOCAL) {
		cg->pos = st->update.op_pos;
		ktap_gen_arith(cg, op, ex->sym->reg, ex->sym->reg,
			       value ? value : &one);
	} else {
		reg = gen_operand(cg, st);
		cg->pos = st->update.op_pos;
		ktap_emit(cg, KTAP_OP_UPDG, reg, op, ex->sym->reg);
	}
}

static void gen_feed(struct codegen *cg, const struct stmt *st)
{
	const struct expr *ex = st->update.target;
	uint32_t target, key, value;

	if (ex->kind == EX_INDEX) {
		target = ktap_gen_any(cg, ex->index.table);
		key = ktap_gen_any(cg, ex->index.key);
		value = ktap_gen_any(cg, st->update.value);
		cg->pos = st->update.op_pos;
		ktap_emit(cg, KTAP_OP_FEEDT, target, key, value);
		return;
	}
	target = ktap_gen_any(cg, ex);
	value = ktap_gen_any(cg, st->update.value);
	cg->pos = st->update.op_pos;
	ktap_emit(cg, KTAP_OP_FEED, target, value, 0);
}

static void gen_if(struct codegen *cg, const struct stmt *st)
{
	const struct clause *clause;
	uint32_t end = NO_JUMP, no;

	for (clause = st->clauses; clause; clause = clause->next) {
		no = NO_JUMP;
		if (clause->test && !ktap_truth(clause->test)) {
			ktap_gen_effects(cg, clause->test);
			continue;
		}
		if (clause->test)
			ktap_gen_cond(cg, clause->test, false, &no);
		gen_block(cg, &clause->body);
		if (clause->next && no != NO_JUMP)
			ktap_jump_away(cg, &end);
		else if (clause->next && !cg->code.dead)
			break;
		ktap_code_bind(&cg->code, no);
	}
	ktap_code_bind(&cg->code, end);
}

static void open_loop(struct codegen *cg, struct loop *loop)
{
	loop->outer = cg->loop;
	loop->breaks = NO_JUMP;
	loop->continues = NO_JUMP;
	loop->sorts = false;
	cg->loop = loop;
}

static void close_loop(struct codegen *cg)
{
	struct loop *loop = cg->loop;

	cg->loop = loop->outer;
	ktap_code_bind(&cg->code, loop->breaks);
}

/*
 * Body and test of a loop; the test is at the bottom and the loop is entered
 * there, unless it is always true.
 */
static void gen_loop(struct codegen *cg, const struct expr *test,
		     const struct block *body, const struct stmt *after)
{
	int truth = test ? ktap_truth(test) : 1;
	uint32_t entry = NO_JUMP, back = NO_JUMP, start;
	struct loop loop;

	if (!truth) {
		ktap_gen_effects(cg, test);
		return;
	}
	open_loop(cg, &loop);
	if (truth < 0)
		ktap_jump_away(cg, &entry);
	start = here(cg);
	cg->code.dead = false;
	gen_block(cg, body);
	ktap_code_bind(&cg->code, loop.continues);
	gen_stmts(cg, after);
	ktap_code_bind(&cg->code, entry);
	if (test)
		ktap_gen_cond(cg, test, true, &back);
	else
		ktap_jump_away(cg, &back);
	ktap_code_bind_to(&cg->code, back, start);
	close_loop(cg);
}

static void gen_repeat(struct codegen *cg, const struct stmt *st)
{
	uint32_t active = cg->active, back = NO_JUMP, start = here(cg);
	struct loop loop;

	open_loop(cg, &loop);
	gen_stmts(cg, st->loop.body.first);
	ktap_code_bind(&cg->code, loop.continues);
	ktap_gen_cond(cg, st->loop.test, false, &back);
	ktap_code_bind_to(&cg->code, back, start);
	close_loop(cg);
	cg->active = active;
}

static void gen_for_c(struct codegen *cg, const struct stmt *st)
{
	uint32_t active = cg->active;

	gen_locals(cg, st->loop.decls, st->loop.init);
	gen_loop(cg, st->loop.test, &st->loop.body, st->loop.after);
	cg->active = active;
}

/* What the order is made by: a function, and how many there shall be. */
static void gen_order(struct codegen *cg, const struct stmt *st, uint32_t base)
{
	const struct expr *arg = st->loop.init->next;
	bool top = st->loop.kind == LOOP_TOP;

	if (arg)
		ktap_gen_to(cg, arg, top ? base + 3 : base + 2);
	cg->pos = st->pos;
	if (!arg || top)
		ktap_emit(cg, KTAP_OP_LOADNIL, base + 2, 0, 0);
	if (!top)
		ktap_emit(cg, KTAP_OP_LOADNIL, base + 3, 0, 0);
}

/* Declares what each round of a loop over a table begins with. */
static void gen_pair(struct codegen *cg, const struct stmt *st, uint32_t base)
{
	const struct decl *decl = st->loop.decls;
	uint32_t nr = nr_decls(st->loop.parts), reg;

	if (!nr) {
		decl->sym->reg = base + 2;
		decl = decl->next;
	}
	if (decl)
		decl->sym->reg = base + 3;
	if (!nr)
		return;
	cg->pos = st->loop.parts->pos;
	reg = ktap_alloc_regs(cg, nr);
	ktap_emit(cg, KTAP_OP_PARTS, reg, base + 2, nr);
	for (decl = st->loop.parts; decl; decl = decl->next)
		declare_local(cg, decl, reg++);
}

/* NEXT looks at table and cursor only, so that the script may assign to the others. */
static void gen_for_pairs(struct codegen *cg, const struct stmt *st)
{
	uint32_t active = cg->active, base = ktap_alloc_regs(cg, 4);
	uint32_t entry = NO_JUMP, back = NO_JUMP, start;
	struct loop loop;

	ktap_gen_to(cg, st->loop.init, base);
	open_loop(cg, &loop);
	loop.sorts = st->loop.kind != LOOP_PAIRS;
	loop.base = base;
	if (loop.sorts)
		gen_order(cg, st, base);
	cg->pos = st->pos;
	ktap_emit(cg, loop.sorts ? KTAP_OP_SORT : KTAP_OP_ITER, base, 0, 0);
	cg->active = base + 4;

	ktap_jump_away(cg, &entry);
	start = here(cg);
	cg->code.dead = false;
	gen_pair(cg, st, base);
	gen_block(cg, &st->loop.body);
	ktap_code_bind(&cg->code, loop.continues);
	ktap_code_bind(&cg->code, entry);
	cg->pos = st->pos;
	ktap_emit(cg, loop.sorts ? KTAP_OP_NEXTS : KTAP_OP_NEXT, base, 0, 0);
	ktap_jump(cg, &back);
	ktap_code_bind_to(&cg->code, back, start);
	close_loop(cg);
	if (loop.sorts)
		ktap_emit(cg, KTAP_OP_ENDS, base, 0, 0);
	cg->active = active;
}

static bool is_int(const struct expr *ex)
{
	return ex && ex->kind == EX_INT;
}

/* The step if it is known, else 0. */
static int64_t known_step(const struct expr *step)
{
	if (!step)
		return 1;
	return is_int(step) ? step->num : 0;
}

static bool never_entered(const struct stmt *st)
{
	int64_t step = known_step(st->loop.step);

	if (!step || !is_int(st->loop.init) || !is_int(st->loop.test))
		return false;
	return step > 0 ? st->loop.init->num > st->loop.test->num :
		st->loop.init->num < st->loop.test->num;
}

static void gen_for_num(struct codegen *cg, const struct stmt *st)
{
	uint32_t active = cg->active, base, entry = NO_JUMP, start;
	struct sym *sym = st->loop.decls->sym;
	struct loop loop;

	if (never_entered(st))
		return;
	base = ktap_alloc_regs(cg, 3);
	ktap_gen_to(cg, st->loop.init, base);
	ktap_gen_to(cg, st->loop.test, base + 1);
	cg->pos = st->pos;
	if (st->loop.step)
		ktap_gen_to(cg, st->loop.step, base + 2);
	else
		ktap_gen_int(cg, 1, base + 2);
	cg->active = cg->free;

	open_loop(cg, &loop);
	cg->pos = st->pos;
	entry = ktap_emit_x(cg, KTAP_OP_FORPREP, base, NO_JUMP);
	start = here(cg);
	sym->reg = base;
	if (sym->assigned) {
		/* The script may do with it what it likes. */
		declare_local(cg, st->loop.decls, ktap_alloc_regs(cg, 1));
		cg->pos = st->loop.decls->pos;
		ktap_gen_move(cg, sym->reg, base);
	}
	gen_block(cg, &st->loop.body);
	ktap_code_bind(&cg->code, loop.continues);
	cg->pos = st->pos;
	ktap_code_bind_to(&cg->code, ktap_emit_x(cg, KTAP_OP_FORLOOP, base, NO_JUMP), start);
	ktap_code_bind(&cg->code, entry);
	close_loop(cg);
	cg->active = active;
}

static void gen_stmt(struct codegen *cg, const struct stmt *st)
{
	cg->pos = st->pos;
	switch (st->kind) {
	case ST_VAR:
		gen_var(cg, st);
		break;
	case ST_ASSIGN:
		gen_assign(cg, st);
		break;
	case ST_UPDATE:
		gen_update(cg, st);
		break;
	case ST_FEED:
		gen_feed(cg, st);
		break;
	case ST_CALL:
		ktap_gen_effects(cg, st->expr);
		break;
	case ST_IF:
		gen_if(cg, st);
		break;
	case ST_WHILE:
		gen_loop(cg, st->loop.test, &st->loop.body, NULL);
		break;
	case ST_REPEAT:
		gen_repeat(cg, st);
		break;
	case ST_FOR_NUM:
		gen_for_num(cg, st);
		break;
	case ST_FOR_C:
		gen_for_c(cg, st);
		break;
	case ST_FOR_PAIRS:
		gen_for_pairs(cg, st);
		break;
	case ST_BREAK:
		ktap_jump_away(cg, &cg->loop->breaks);
		break;
	case ST_CONTINUE:
		ktap_jump_away(cg, &cg->loop->continues);
		break;
	case ST_RETURN:
		ktap_gen_return(cg, st->values);
		break;
	case ST_BLOCK:
		gen_block(cg, &st->block);
		break;
	case ST_FUNC:
	case ST_TRACE:
	case ST_END:
		/* These have code of their own. */
		break;
	}
	cg->free = cg->active;
}

static void gen_stmts(struct codegen *cg, const struct stmt *st)
{
	for (; st && !cg->code.dead; st = st->next)
		gen_stmt(cg, st);
}

static void gen_block(struct codegen *cg, const struct block *block)
{
	uint32_t active = cg->active;

	gen_stmts(cg, block->first);
	cg->active = active;
	cg->free = active;
}

static uint32_t str_or_none(struct image *img, const char *str)
{
	return str ? ktap_image_str(img, str, strlen(str)) : KTAP_IMG_NONE;
}

/* What is fetched is given to the kernel as it is in the script. */
static uint32_t gen_fetches(struct script *script, struct image *img,
			    const struct fetch *fetch)
{
	struct strbuf sb = { 0 };
	uint32_t idx;

	for (; fetch; fetch = fetch->next)
		ktap_strbuf_addf(&sb, "%s%.*s", sb.len ? " " : "",
				 (int)fetch->text.len,
				 script->source.text + fetch->text.pos);
	idx = str_or_none(img, sb.str);
	ktap_strbuf_destroy(&sb);
	return idx;
}

static void gen_events(struct script *script, struct image *img,
		       const struct func *func)
{
	const struct trace *trace = &func->handler->trace;
	struct ktap_img_event rec = {
		.proto = func->nr,
		.filter = KTAP_IMG_NONE,
	};
	uint32_t fetches = gen_fetches(script, img, trace->fetches);
	const struct event *event;
	const struct place *place;
	struct linecol lc;

	if (trace->filter.len)
		rec.filter = ktap_image_str(img, script->source.text +
					    trace->filter.pos,
					    trace->filter.len);
	for (event = trace->events; event; event = event->next) {
		lc = ktap_source_linecol(&script->source, event->pos);
		rec.kind = event->kind;
		rec.flags = event->flags;
		rec.line = lc.line;
		rec.col = lc.col;
		for (place = event->places; place; place = place->next) {
			rec.spec = str_or_none(img, place->spec);
			rec.name = str_or_none(img, place->name);
			rec.fetch = place->fetch ?
				str_or_none(img, place->fetch) : fetches;
			ktap_image_event(img, rec);
		}
	}
}

/* A handler returns at once if what its filter asks for is not so. */
static void gen_handler(struct codegen *cg, const struct func *func)
{
	const struct expr *test = func->handler->trace.test;
	uint32_t no = NO_JUMP;

	if (test && !ktap_truth(test)) {
		ktap_gen_effects(cg, test);
		return;
	}
	if (test) {
		cg->pos = test->start;
		ktap_gen_cond(cg, test, false, &no);
		cg->free = cg->active;
	}
	gen_block(cg, &func->body);
	ktap_code_bind(&cg->code, no);
}

/* The name of a function for messages; the place if it has none. */
static uint32_t name_of(struct script *script, struct image *img,
			const struct func *func)
{
	struct strbuf sb = { 0 };
	uint32_t idx;

	if (func->name)
		return ktap_image_str(img, func->name, func->len);
	ktap_strbuf_addf(&sb, "function@%u",
			 ktap_source_linecol(&script->source, func->pos).line);
	idx = ktap_image_str(img, sb.str, sb.len);
	ktap_strbuf_destroy(&sb);
	return idx;
}

/* Ends a function, and writes it into the image. */
static void write_func(struct codegen *cg, struct ktap_img_proto proto)
{
	struct image *img = cg->img;

	ktap_emit(cg, KTAP_OP_RET, 0, 0, 0);
	ktap_code_tidy(&cg->code);
	proto.insn = img->sec[KTAP_SEC_INSN].nr;
	ktap_code_write(&cg->code, &cg->script->source, img);
	proto.nr_insns = cg->code.nr;
	proto.nr_regs = cg->max;
	ktap_image_proto(img, proto);
	ktap_code_destroy(&cg->code);
}

static void gen_func(struct script *script, struct image *img,
		     const struct func *func)
{
	struct codegen cg = { .script = script, .img = img, .max = 1 };
	struct ktap_img_proto proto = {
		.kind = func->kind,
		.nr_params = func->nr_params,
	};
	const struct decl *param;

	for (param = func->params; param; param = param->next)
		declare_local(&cg, param, ktap_alloc_regs(&cg, 1));
	if (func->handler)
		gen_handler(&cg, func);
	else
		gen_block(&cg, &func->body);
	cg.pos = func->body.end;
	proto.name = name_of(script, img, func);
	write_func(&cg, proto);
}

/* Whether a variable is what the script is for, and would be seen nowhere else. */
static bool is_unprinted(const struct sym *sym)
{
	return sym->fed && !sym->reads;
}

/* Sends a variable, with its name. */
static void gen_dump(struct codegen *cg, const struct decl *decl)
{
	uint32_t base = ktap_alloc_regs(cg, 3), nr = 2;
	struct expr name = {
		.kind = EX_STR,
		.start = decl->pos,
		.str = decl->name->str,
		.len = decl->name->len,
	};

	cg->pos = decl->pos;
	ktap_emit_x(cg, KTAP_OP_GETG, base, decl->sym->reg);
	ktap_gen_to(cg, &name, base + 1);
	if (!is_unprinted(decl->sym))
		ktap_gen_int(cg, KTAP_AGG_READ, base + nr++);
	ktap_emit(cg, KTAP_OP_CALLB, base, KTAP_FUNC_DUMP, nr);
	cg->free = cg->active;
}

/* A function behind all of trace_end that prints what nothing else did. */
static void gen_dumps(struct script *script, struct image *img)
{
	struct codegen cg = { .script = script, .img = img, .max = 1 };
	struct ktap_img_proto proto = { .kind = KTAP_PROTO_END };
	const struct stmt *st;
	struct decl *decl;

	for (st = script->main.body.first; st; st = st->next) {
		for (decl = st->kind == ST_VAR ? st->assign.decls : NULL; decl;
		     decl = decl->next) {
			if (script->dump == DUMP_ALL || is_unprinted(decl->sym))
				gen_dump(&cg, decl);
		}
	}
	if (!cg.code.nr)
		return;
	proto.name = ktap_image_str(img, "trace_end", strlen("trace_end"));
	write_func(&cg, proto);
}

/* Functions may use top-level variables that main never gets to. */
static void enter_globals(struct script *script, struct image *img)
{
	const struct stmt *st;
	struct decl *decl;

	for (st = script->main.body.first; st; st = st->next) {
		if (st->kind != ST_VAR)
			continue;
		for (decl = st->assign.decls; decl; decl = decl->next) {
			decl->sym->reg = ktap_image_global(img, decl->name);
			if (decl->sym->reg <= UINT16_MAX)
				continue;
			ktap_error(&script->diag, decl->pos,
				   "more than %d top-level variables",
				   UINT16_MAX + 1);
			return;
		}
	}
}

/**
 * ktap_codegen - Make the code of a script
 * @script: parsed and checked without an error
 * @img: where code, constants and events are entered
 *
 * Errors, which can only be of size, are counted in the messages of the script.
 */
void ktap_codegen(struct script *script, struct image *img)
{
	const struct func *func;

	enter_globals(script, img);
	for (func = &script->main; func && !script->diag.nr_errors;
	     func = func->next) {
		if (func->handler)
			gen_events(script, img, func);
		gen_func(script, img, func);
	}
	/* Without events main has shown what there is to see. */
	if (script->dump && img->sec[KTAP_SEC_EVENT].nr)
		gen_dumps(script, img);
}
