// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Names, kinds of values, and what makes no sense
 *
 * One walk over the tree. It binds names to variables, finds which types each
 * expression can have, folds what is constant and tells of all that the kernel
 * would refuse or that cannot be meant. An expression with an error becomes
 * EX_ERROR, and nothing more is said about it.
 */
#include <string.h>

#include "builtin.h"
#include "check.h"
#include "fold.h"
#include "format.h"

#define ARITH_TYPES	(KTAP_M(INT) | KTAP_M(NIL))
#define TEXT_TYPES	(KTAP_M(INT) | KTAP_M(STR))
#define FIELD_TYPES	(KTAP_M(INT) | KTAP_M(STR) | KTAP_M(NIL))

#define NOTE_VAR	"'var %s' declares it"
#define NOTE_ASSIGN	"'var %s = ...' declares it"
#define NOTE_CALL	"there is no function '%s', and functions of your own are not available in this version"

/**
 * struct scope - names of a block
 * @outer: the block around it
 * @syms: variables that it declares, newest first
 */
struct scope {
	struct scope *outer;
	struct sym *syms;
};

/**
 * struct checker - state of the walk
 * @script: what is checked
 * @diag: its messages
 * @scope: innermost block
 * @where: KTAP_IN() of the current function
 * @func: number of the current function, 0 for main
 * @loops: loops around the current statement
 * @continues: set when the innermost loop has a "continue"
 */
struct checker {
	struct script *script;
	struct diag *diag;
	struct scope *scope;
	uint32_t where;
	unsigned int func;
	unsigned int loops;
	bool continues;
};

static uint32_t check_expr(struct checker *ck, struct expr *ex);
static void check_block(struct checker *ck, struct block *block);
static void check_stmts(struct checker *ck, struct stmt *first);

static void set_error(struct expr *ex)
{
	ex->kind = EX_ERROR;
	ex->types = 0;
}

/* How to speak of a value that can have @types. */
static const char *types_text(struct checker *ck, uint32_t types)
{
	static const struct {
		uint32_t types;
		const char *text;
	} names[] = {
		{ KTAP_M(NIL), "nil" },
		{ KTAP_M_BOOL, "a boolean" },
		{ KTAP_M(INT), "an integer" },
		{ KTAP_M(STR), "a string" },
		{ KTAP_M(TAB), "a table" },
		{ KTAP_M(EVENT), "the event as text" },
	};
	struct strbuf sb = { 0 };
	const char *text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(types & names[i].types))
			continue;
		types &= ~names[i].types;
		ktap_strbuf_addf(&sb, "%s%s", !sb.len ? "" :
				 types ? ", " : " or ", names[i].text);
	}
	text = ktap_arena_dup(&ck->script->arena, sb.str ? sb.str : "", sb.len);
	ktap_strbuf_destroy(&sb);
	return text;
}

/* Whether an expression can have none of the types that are allowed. */
static bool cannot_be(const struct expr *ex, uint32_t types)
{
	return ex->types && !(ex->types & types);
}

static void open_scope(struct checker *ck, struct scope *scope)
{
	scope->outer = ck->scope;
	scope->syms = NULL;
	ck->scope = scope;
}

static void close_scope(struct checker *ck)
{
	struct sym *sym;

	for (sym = ck->scope->syms; sym; sym = sym->next)
		sym->name->ptr = sym->outer;
	ck->scope = ck->scope->outer;
}

static void declare(struct checker *ck, struct decl *decl)
{
	struct sym *sym = ktap_arena_alloc(&ck->script->arena, sizeof(*sym));

	if (ktap_name_kind(decl->name) == NAME_REPORTED) {
		ktap_note_at(ck->diag, decl->pos,
			     "'%s' is declared here, behind its first use",
			     decl->name->str);
		decl->name->idx = ~0u;
	}
	sym->name = decl->name;
	sym->pos = decl->pos;
	sym->func = ck->func;
	sym->global = !ck->func && !ck->scope->outer;
	sym->outer = decl->name->ptr;
	sym->next = ck->scope->syms;
	ck->scope->syms = sym;
	decl->name->ptr = sym;
	decl->sym = sym;
}

static void declare_all(struct checker *ck, struct decl *decls)
{
	for (; decls; decls = decls->next)
		declare(ck, decls);
}

static bool is_known(const struct strent *name)
{
	enum name_kind kind = ktap_name_kind(name);

	return name->ptr || kind == NAME_VAR || kind == NAME_FUNC ||
		kind == NAME_ARGS;
}

static void undeclared(struct checker *ck, struct expr *ex, const char *note)
{
	const struct strent *name, *best = NULL;
	unsigned int limit, dist;

	ktap_error(ck->diag, ex->start, "'%s' is not declared",
		   ex->name->str);
	limit = ex->name->len < 4 ? 1 : 2;
	for (name = ck->script->names.first; name; name = name->all) {
		if (!is_known(name))
			continue;
		dist = ktap_distance(ex->name->str, name->str, limit);
		if (dist > limit)
			continue;
		limit = dist - 1;
		best = name;
		if (!limit)
			break;
	}
	if (best)
		ktap_note(ck->diag, "did you mean '%s'?", best->str);
	else
		ktap_note(ck->diag, note, ex->name->str);
	ex->name->idx = KTAP_NAME_IDX(NAME_REPORTED, 0);
}

static void later(struct checker *ck, const struct expr *ex,
		  const struct strent *name)
{
	const struct later_name *entry;

	entry = &ktap_later_names[KTAP_NAME_NR(name->idx)];
	ktap_error(ck->diag, ex->start,
		   "'%s' is not available in this version", entry->name);
	if (entry->note)
		ktap_note(ck->diag, "%s", entry->note);
}

/* Whether code of the current function may use what is for @where. */
static bool check_where(struct checker *ck, const struct expr *ex,
			const char *name, uint32_t where)
{
	if (where & ck->where)
		return true;
	if (where == KTAP_IN(PROBE))
		ktap_error(ck->diag, ex->start,
			   "'%s' has a meaning only where an event is handled",
			   name);
	else
		ktap_error(ck->diag, ex->start,
			   "'%s' is not possible where an event is handled",
			   name);
	if (where == KTAP_IN(PROBE))
		ktap_note(ck->diag, "use it in 'trace EVENT { ... }'");
	return false;
}

static void set_field(struct checker *ck, struct expr *ex, const char *what,
		      struct strent *name, uint32_t index)
{
	if (!check_where(ck, ex, what, KTAP_IN(PROBE))) {
		set_error(ex);
		return;
	}
	ex->kind = EX_FIELD;
	ex->field.name = name;
	ex->field.index = index;
	ex->types = FIELD_TYPES;
}

/* Makes an argument of the script a constant. */
static void set_arg(struct checker *ck, struct expr *ex, uint64_t nr)
{
	const char *str;
	uint64_t num;
	size_t len;
	bool wraps, minus;

	if (nr >= ck->script->nr_args) {
		ex->kind = EX_NIL;
		ex->types = KTAP_M(NIL);
		return;
	}
	str = ck->script->args[nr];
	len = strlen(str);
	minus = *str == '-';
	if (nr && ktap_parse_int(str + minus, len - minus, &num, &wraps) &&
	    !wraps) {
		ex->kind = EX_INT;
		ex->types = KTAP_M(INT);
		ex->num = minus ? -num : num;
		return;
	}
	ex->kind = EX_STR;
	ex->types = KTAP_M(STR);
	ex->str = str;
	ex->len = len;
}

static void set_sym(struct checker *ck, struct expr *ex, struct sym *sym)
{
	if (!sym->global && sym->func != ck->func) {
		/* Only behind an error: handlers are at the top level. */
		set_error(ex);
		return;
	}
	if (sym->maybe) {
		ktap_error(ck->diag, ex->start,
			   "'%s' may be without a value after 'continue'",
			   sym->name->str);
		ktap_note(ck->diag, "declare it before the loop");
		set_error(ex);
		return;
	}
	ex->kind = sym->global ? EX_GLOBAL : EX_LOCAL;
	ex->sym = sym;
	ex->types = KTAP_M_STORE;
}

static void check_name(struct checker *ck, struct expr *ex)
{
	struct strent *name = ex->name;
	uint32_t nr = KTAP_NAME_NR(name->idx);

	if (name->ptr) {
		set_sym(ck, ex, name->ptr);
		return;
	}

	switch (ktap_name_kind(name)) {
	case NAME_VAR:
		if (!check_where(ck, ex, name->str,
				 ktap_builtin_vars[nr].where))
			break;
		ex->kind = EX_VAR;
		ex->id = nr;
		ex->types = ktap_builtin_vars[nr].types;
		return;
	case NAME_FUNC:
		ktap_error(ck->diag, ex->start, "'%s' is a function",
			   name->str);
		ktap_note(ck->diag, "'%s(...)' calls it", name->str);
		break;
	case NAME_ARG:
		set_field(ck, ex, name->str, NULL, nr);
		return;
	case NAME_ARG_TABLE:
		ktap_error(ck->diag, ex->start,
			   "'arg' needs the number of an argument");
		ktap_note(ck->diag, "arg[1] is the script's first argument");
		break;
	case NAME_ARGS:
		ktap_error(ck->diag, ex->start,
			   "'args' needs the name of a field");
		ktap_note(ck->diag, "args.NAME is a field of the event");
		break;
	case NAME_LOOP:
		ktap_error(ck->diag, ex->start,
			   "'%s' is only possible in a 'for'", name->str);
		ktap_note(ck->diag, "for (k, v in pairs(t)) { ... }");
		break;
	case NAME_LIB:
	case NAME_LIB_FUNC:
		break;
	case NAME_FFI:
		ktap_error(ck->diag, ex->start,
			   "there is no 'ffi': a script cannot call functions of the kernel");
		ktap_note(ck->diag,
			  "fields of events, of structures (args.file->f_inode) and kernel_read() are the safe ways to data");
		break;
	case NAME_LATER:
		later(ck, ex, name);
		break;
	case NAME_REPORTED:
		break;
	case NAME_NONE:
		undeclared(ck, ex, NOTE_VAR);
		break;
	}
	set_error(ex);
}

/* Whether an expression is an undeclared name with a certain meaning. */
static bool is_special(const struct expr *ex, enum name_kind kind)
{
	return ex->kind == EX_NAME && !ex->name->ptr &&
		ktap_name_kind(ex->name) == kind;
}

/* An expression whose value is computed with. */
static uint32_t check_value(struct checker *ck, struct expr *ex)
{
	if (check_expr(ck, ex) == KTAP_M(EVENT)) {
		ktap_error(ck->diag, ex->start,
			   "'argstr' can only be printed");
		ktap_note(ck->diag,
			  "print(argstr), or printf(\"%%s\", argstr)");
		set_error(ex);
	}
	return ex->types;
}

static void check_arg_index(struct checker *ck, struct expr *ex)
{
	struct expr *key = ex->index.key;

	check_value(ck, key);
	if (key->kind == EX_INT && key->num >= 0) {
		set_arg(ck, ex, key->num);
		return;
	}
	if (key->kind != EX_ERROR) {
		ktap_error(ck->diag, key->start,
			   "the number of an argument must be a constant");
		ktap_note(ck->diag, "arg[1] is the script's first argument");
	}
	set_error(ex);
}

static void check_args_index(struct checker *ck, struct expr *ex)
{
	const struct expr *key = ex->index.key;
	struct strent *name;

	if (!ex->index.dot) {
		ktap_error(ck->diag, ex->start,
			   "'args[N]' is not available in this version");
		ktap_note(ck->diag,
			  "argN is the N-th field of the event, args.NAME the one of that name");
		set_error(ex);
		return;
	}
	name = ktap_strtab_get(&ck->script->names, key->str, key->len);
	set_field(ck, ex, "args", name, 0);
}

static void check_index(struct checker *ck, struct expr *ex)
{
	struct expr *table = ex->index.table, *key = ex->index.key;

	if (is_special(table, NAME_ARG_TABLE)) {
		check_arg_index(ck, ex);
		return;
	}
	if (is_special(table, NAME_ARGS)) {
		check_args_index(ck, ex);
		return;
	}

	check_value(ck, table);
	check_value(ck, key);
	ex->types = KTAP_M_STORE;
	if (cannot_be(table, KTAP_M(TAB))) {
		ktap_error(ck->diag, table->start, "cannot index %s",
			   types_text(ck, table->types));
		set_error(ex);
	} else if (cannot_be(key, KTAP_M_KEY)) {
		ktap_error(ck->diag, key->start, "%s cannot be a key",
			   types_text(ck, key->types));
		set_error(ex);
	} else if (!table->types) {
		set_error(ex);
	}
}

/* The dotted name of a library's function, as in timer.tick. */
static bool check_library(struct checker *ck, const struct expr *func)
{
	const struct expr *table = func->index.table;

	if (func->kind != EX_INDEX || !func->index.dot ||
	    !is_special(table, NAME_LATER))
		return false;
	ktap_error(ck->diag, func->start,
		   "'%s.%.*s' is not available in this version",
		   table->name->str, (int)func->index.key->len,
		   func->index.key->str);
	return true;
}

/* Finds the function that is called. */
static const struct builtin_func *check_callee(struct checker *ck,
					       struct expr *ex)
{
	struct expr *func = ex->call.func;

	if (is_special(func, NAME_FUNC)) {
		ex->call.id = KTAP_NAME_NR(func->name->idx);
		return &ktap_builtin_funcs[ex->call.id];
	}
	if (check_library(ck, func))
		return NULL;
	if (is_special(func, NAME_NONE)) {
		undeclared(ck, func, NOTE_CALL);
		return NULL;
	}
	check_expr(ck, func);
	if (func->kind != EX_ERROR) {
		ktap_error(ck->diag, ex->start, "this is not a function");
		if (func->kind == EX_LOCAL || func->kind == EX_GLOBAL)
			ktap_note_at(ck->diag, func->sym->pos,
				     "'%s' is declared here",
				     func->sym->name->str);
	}
	return NULL;
}

static void check_nr_args(struct checker *ck, const struct expr *ex,
			  const struct builtin_func *func)
{
	uint32_t nr = ex->call.nr_args, want = func->min;
	const char *how = " at least";

	if (nr >= func->min && nr <= func->max)
		return;
	if (func->min == func->max)
		how = "";
	else if (nr > func->max)
		how = " at most";
	if (nr > func->max)
		want = func->max;
	ktap_error(ck->diag, ex->start, "'%s' takes%s %u argument%s, not %u",
		   func->name, how, want, want == 1 ? "" : "s", nr);
}

static void check_format(struct checker *ck, const struct expr *ex)
{
	const struct expr *format = ex->call.args, *arg = format->next;
	const char *pos = format->str, *end = pos + format->len;
	struct conversion conv;
	uint32_t want = 0, have = ex->call.nr_args - 1, i;

	if (format->kind != EX_STR)
		return;
	while (ktap_format_next(&pos, end, &conv)) {
		if (!conv.conv)
			continue;
		if (!strchr(KTAP_CONVERSIONS, conv.conv)) {
			ktap_error(ck->diag, format->start,
				   "'%.*s%.*s' in the format is %s",
				   (int)conv.len, conv.text,
				   conv.conv == '?' && pos < end, pos,
				   conv.conv == '?' ? "no conversion" :
				   "not available in this version");
			ktap_note(ck->diag,
				  "there are %%d %%i %%u %%x %%X %%o %%c %%s %%p and %%%%");
			return;
		}
		if (conv.conv == '%')
			continue;
		for (i = conv.width_arg + conv.prec_arg; i && arg; i--)
			arg = arg->next;
		if (arg && arg->types == KTAP_M(EVENT) && conv.conv != 's') {
			ktap_error(ck->diag, arg->start,
				   "'argstr' is printed with %%s");
			return;
		}
		arg = arg ? arg->next : NULL;
		want += 1 + conv.width_arg + conv.prec_arg;
	}
	if (want == have)
		return;
	ktap_error(ck->diag, format->start,
		   "the format takes %u argument%s, not %u", want,
		   want == 1 ? "" : "s", have);
}

static void check_call(struct checker *ck, struct expr *ex)
{
	const struct builtin_func *func = check_callee(ck, ex);
	unsigned int errors = ck->diag->nr_errors;
	uint32_t allowed, nr = 1;
	struct expr *arg;

	ex->types = func ? func->ret : 0;
	if (func && !check_where(ck, ex, func->name, func->where))
		func = NULL;
	if (func)
		check_nr_args(ck, ex, func);

	for (arg = ex->call.args; arg; arg = arg->next, nr++) {
		allowed = !func ? KTAP_M_ANY :
			nr == 1 ? func->arg1 :
			nr == 2 ? func->arg2 : func->args;
		if (!allowed || allowed & KTAP_M(EVENT))
			check_expr(ck, arg);
		else
			check_value(ck, arg);
		if (errors == ck->diag->nr_errors && allowed &&
		    cannot_be(arg, allowed))
			ktap_error(ck->diag, arg->start,
				   "argument %u of '%s' must be %s, not %s",
				   nr, func->name, types_text(ck, allowed),
				   types_text(ck, arg->types));
	}
	if (func && ex->call.id == KTAP_FUNC_PRINTF &&
	    errors == ck->diag->nr_errors)
		check_format(ck, ex);
	if (!func || errors != ck->diag->nr_errors)
		set_error(ex);
}

static uint32_t check_unary(struct checker *ck, struct expr *ex)
{
	struct expr *arg = ex->unary.arg;

	check_value(ck, arg);
	if (ex->unary.op == TOK_LOGNOT) {
		switch (ktap_truth(arg)) {
		case 0:
			return KTAP_M(TRUE);
		case 1:
			return KTAP_M(FALSE);
		default:
			return KTAP_M_BOOL;
		}
	}
	if (cannot_be(arg, ARITH_TYPES)) {
		ktap_error(ck->diag, ex->pos, "cannot do arithmetic on %s",
			   types_text(ck, arg->types));
		return 0;
	}
	return arg->types ? KTAP_M(INT) | (arg->types & KTAP_M(NIL)) : 0;
}

static uint32_t check_arith(struct checker *ck, uint32_t a,
			    const struct expr *b)
{
	uint32_t bad = !(a & ARITH_TYPES) ? a : 0;

	if (!bad && !(b->types & ARITH_TYPES))
		bad = b->types;
	if (bad) {
		ktap_error(ck->diag, b->op_pos, "cannot do arithmetic on %s",
			   types_text(ck, bad));
		if (b->op == TOK_ADD && bad == KTAP_M(STR))
			ktap_note(ck->diag, "'..' joins strings");
		return 0;
	}
	if ((b->op == TOK_DIV || b->op == TOK_MOD) && b->kind == EX_INT &&
	    !b->num)
		ktap_warning(ck->diag, b->op_pos, "division by zero");
	return KTAP_M(INT) | ((a | b->types) & KTAP_M(NIL));
}

static uint32_t check_compare(struct checker *ck, uint32_t a,
			      const struct expr *b)
{
	if (b->op == TOK_EQ || b->op == TOK_NE)
		return KTAP_M_BOOL;
	if (!(a & b->types & TEXT_TYPES)) {
		ktap_error(ck->diag, b->op_pos, "cannot compare %s with %s",
			   types_text(ck, a), types_text(ck, b->types));
		return 0;
	}
	return KTAP_M_BOOL;
}

static uint32_t check_chain(struct checker *ck, struct expr *ex)
{
	uint32_t types = check_value(ck, ex->list);
	struct expr *arg;

	for (arg = ex->list->next; arg; arg = arg->next) {
		check_value(ck, arg);
		if (!types || !arg->types)
			types = 0;
		else if (ktap_arith_of(arg->op) == KTAP_A_NR)
			types = check_compare(ck, types, arg);
		else
			types = check_arith(ck, types, arg);
	}
	return types;
}

static uint32_t check_concat(struct checker *ck, struct expr *ex)
{
	uint32_t types = KTAP_M(STR);
	struct expr *arg;

	for (arg = ex->list; arg; arg = arg->next) {
		check_value(ck, arg);
		if (!arg->types)
			types = 0;
		if (!cannot_be(arg, TEXT_TYPES | KTAP_M_BOOL))
			continue;
		ktap_error(ck->diag, arg->start, "cannot concatenate %s",
			   types_text(ck, arg->types));
		types = 0;
	}
	return types;
}

static uint32_t check_logic(struct checker *ck, struct expr *ex)
{
	const uint32_t falsy = KTAP_M(NIL) | KTAP_M(FALSE);
	const uint32_t ends = ex->kind == EX_AND ? falsy : ~falsy;
	uint32_t types = 0;
	bool open = true, error = false;
	struct expr *arg;

	for (arg = ex->list; arg; arg = arg->next) {
		check_value(ck, arg);
		error |= !arg->types;
		if (open)
			types |= arg->next ? arg->types & ends : arg->types;
		if (!(arg->types & ~ends))
			open = false;
	}
	return error ? 0 : types;
}

static uint32_t check_cond(struct checker *ck, struct expr *ex)
{
	int truth;

	check_value(ck, ex->cond.test);
	check_value(ck, ex->cond.yes);
	check_value(ck, ex->cond.no);
	if (!ex->cond.test->types || !ex->cond.yes->types ||
	    !ex->cond.no->types)
		return 0;
	truth = ktap_truth(ex->cond.test);
	return (truth ? ex->cond.yes->types : 0) |
		(truth != 1 ? ex->cond.no->types : 0);
}

static uint32_t check_table(struct checker *ck, struct expr *ex)
{
	struct item *item;

	for (item = ex->items; item; item = item->next) {
		if (item->key) {
			check_value(ck, item->key);
			if (cannot_be(item->key, KTAP_M_KEY))
				ktap_error(ck->diag, item->key->start,
					   "%s cannot be a key",
					   types_text(ck, item->key->types));
		}
		check_value(ck, item->value);
	}
	return KTAP_M(TAB);
}

static uint32_t check_expr(struct checker *ck, struct expr *ex)
{
	switch (ex->kind) {
	case EX_ERROR:
		ex->types = 0;
		return 0;
	case EX_NIL:
		ex->types = KTAP_M(NIL);
		break;
	case EX_FALSE:
		ex->types = KTAP_M(FALSE);
		break;
	case EX_TRUE:
		ex->types = KTAP_M(TRUE);
		break;
	case EX_INT:
		ex->types = KTAP_M(INT);
		break;
	case EX_STR:
		ex->types = KTAP_M(STR);
		break;
	case EX_NAME:
		check_name(ck, ex);
		break;
	case EX_ARG:
		set_arg(ck, ex, ex->num);
		break;
	case EX_KSYM:
		ktap_error(ck->diag, ex->start,
			   "variables of the kernel are not available in this version");
		set_error(ex);
		break;
	case EX_INDEX:
		check_index(ck, ex);
		break;
	case EX_CALL:
		check_call(ck, ex);
		break;
	case EX_UNARY:
		ex->types = check_unary(ck, ex);
		break;
	case EX_CHAIN:
		ex->types = check_chain(ck, ex);
		break;
	case EX_AND:
	case EX_OR:
		ex->types = check_logic(ck, ex);
		break;
	case EX_CONCAT:
		ex->types = check_concat(ck, ex);
		break;
	case EX_COND:
		ex->types = check_cond(ck, ex);
		break;
	case EX_TABLE:
		ex->types = check_table(ck, ex);
		break;
	case EX_LOCAL:
	case EX_GLOBAL:
	case EX_VAR:
	case EX_FIELD:
		break;
	}
	if (ex->types)
		ktap_fold(ex, &ck->script->arena);
	else
		set_error(ex);
	return ex->types;
}

static void check_values(struct checker *ck, struct expr *values)
{
	for (; values; values = values->next)
		check_value(ck, values);
}

/* What is to the left of an assignment. */
static void check_target(struct checker *ck, struct expr *ex)
{
	if (ex->kind == EX_INDEX) {
		if (is_special(ex->index.table, NAME_ARGS) ||
		    is_special(ex->index.table, NAME_ARG_TABLE)) {
			ktap_error(ck->diag, ex->start,
				   "what '%s' gives cannot be assigned to",
				   ex->index.table->name->str);
			set_error(ex);
			return;
		}
		check_expr(ck, ex);
		return;
	}
	if (ex->kind != EX_NAME)
		return;

	if (ex->name->ptr) {
		set_sym(ck, ex, ex->name->ptr);
		if (ex->kind != EX_ERROR)
			ex->sym->assigned = true;
		return;
	}
	switch (ktap_name_kind(ex->name)) {
	case NAME_NONE:
		undeclared(ck, ex, NOTE_ASSIGN);
		break;
	case NAME_REPORTED:
		break;
	default:
		ktap_error(ck->diag, ex->start, "cannot assign to '%s'",
			   ex->name->str);
		ktap_note(ck->diag,
			  "ktap has a meaning for this name; 'var %s' makes a variable of it",
			  ex->name->str);
		break;
	}
	set_error(ex);
}

static void check_surplus(struct checker *ck, const struct expr *values,
			  uint32_t nr)
{
	const struct expr *ex = values;

	while (ex && nr--)
		ex = ex->next;
	if (ex)
		ktap_error(ck->diag, ex->start,
			   "there is no variable for this value");
}

static void check_var(struct checker *ck, struct stmt *st)
{
	const struct decl *decl;
	uint32_t nr = 0;

	check_values(ck, st->assign.values);
	for (decl = st->assign.decls; decl; decl = decl->next)
		nr++;
	check_surplus(ck, st->assign.values, nr);
	declare_all(ck, st->assign.decls);
}

static void check_assign(struct checker *ck, struct stmt *st)
{
	struct expr *target;
	uint32_t nr = 0;

	for (target = st->assign.targets; target; target = target->next) {
		check_target(ck, target);
		nr++;
	}
	check_values(ck, st->assign.values);
	check_surplus(ck, st->assign.values, nr);
}

static void check_update(struct checker *ck, struct stmt *st)
{
	struct expr *value = st->update.value;

	check_target(ck, st->update.target);
	if (!value)
		return;
	check_value(ck, value);
	if (cannot_be(value, ARITH_TYPES)) {
		ktap_error(ck->diag, st->update.op_pos,
			   "cannot do arithmetic on %s",
			   types_text(ck, value->types));
		if (st->update.op == TOK_ADD_SET &&
		    value->types == KTAP_M(STR))
			ktap_note(ck->diag, "'..' joins strings");
	} else if ((st->update.op == TOK_DIV_SET ||
		    st->update.op == TOK_MOD_SET) &&
		   value->kind == EX_INT && !value->num) {
		ktap_warning(ck->diag, st->update.op_pos, "division by zero");
	}
}

static void check_if(struct checker *ck, struct stmt *st)
{
	struct clause *clause;

	for (clause = st->clauses; clause; clause = clause->next) {
		if (clause->test)
			check_value(ck, clause->test);
		check_block(ck, &clause->body);
	}
}

static void check_body(struct checker *ck, struct block *body)
{
	bool continues = ck->continues;

	ck->loops++;
	check_block(ck, body);
	ck->loops--;
	ck->continues = continues;
}

/* "until" sees the variables of the block. */
static void check_repeat(struct checker *ck, struct stmt *st)
{
	bool continues = ck->continues;
	struct scope scope;
	struct sym *sym;

	open_scope(ck, &scope);
	ck->loops++;
	ck->continues = false;
	check_stmts(ck, st->loop.body.first);
	ck->loops--;
	for (sym = scope.syms; sym; sym = sym->next)
		sym->maybe = ck->continues;
	ck->continues = continues;
	check_value(ck, st->loop.test);
	close_scope(ck);
}

static void check_bound(struct checker *ck, struct expr *ex, const char *what)
{
	if (!ex)
		return;
	check_value(ck, ex);
	if (cannot_be(ex, KTAP_M(INT)))
		ktap_error(ck->diag, ex->start, "the %s must be %s, not %s",
			   what, types_text(ck, KTAP_M(INT)),
			   types_text(ck, ex->types));
}

static void check_for_num(struct checker *ck, struct stmt *st)
{
	struct scope scope;

	check_bound(ck, st->loop.init, "first value");
	check_bound(ck, st->loop.test, "limit");
	check_bound(ck, st->loop.step, "step");
	if (st->loop.step && st->loop.step->kind == EX_INT &&
	    !st->loop.step->num)
		ktap_error(ck->diag, st->loop.step->start, "the step is 0");
	open_scope(ck, &scope);
	declare_all(ck, st->loop.decls);
	check_body(ck, &st->loop.body);
	close_scope(ck);
}

static void check_for_c(struct checker *ck, struct stmt *st)
{
	const struct decl *decl;
	struct scope scope;
	uint32_t nr = 0;

	check_values(ck, st->loop.init);
	for (decl = st->loop.decls; decl; decl = decl->next)
		nr++;
	check_surplus(ck, st->loop.init, nr);
	open_scope(ck, &scope);
	declare_all(ck, st->loop.decls);
	if (st->loop.test)
		check_value(ck, st->loop.test);
	check_body(ck, &st->loop.body);
	check_stmts(ck, st->loop.after);
	close_scope(ck);
}

static void check_for_pairs(struct checker *ck, struct stmt *st)
{
	struct scope scope;

	check_value(ck, st->loop.init);
	if (cannot_be(st->loop.init, KTAP_M(TAB)))
		ktap_error(ck->diag, st->loop.init->start,
			   "'pairs' goes through a table, not %s",
			   types_text(ck, st->loop.init->types));
	open_scope(ck, &scope);
	declare_all(ck, st->loop.decls);
	check_body(ck, &st->loop.body);
	close_scope(ck);
}

static void check_handler(struct checker *ck, struct stmt *st)
{
	struct checker inner = *ck;

	if (ck->func || ck->scope->outer) {
		ktap_error(ck->diag, st->pos,
			   "'%s' is only possible at the top level",
			   st->kind == ST_END ? "trace_end" : "trace");
		ktap_note(ck->diag,
			  "an 'if' in the handler decides at run time");
	}
	inner.func = ck->script->nr_funcs++;
	inner.where = st->kind == ST_END ? KTAP_IN(END) : KTAP_IN(PROBE);
	inner.loops = 0;
	check_block(&inner, &st->trace.body);
}

static void check_stmt(struct checker *ck, struct stmt *st)
{
	switch (st->kind) {
	case ST_VAR:
		check_var(ck, st);
		break;
	case ST_ASSIGN:
		check_assign(ck, st);
		break;
	case ST_UPDATE:
		check_update(ck, st);
		break;
	case ST_CALL:
		check_expr(ck, st->expr);
		break;
	case ST_IF:
		check_if(ck, st);
		break;
	case ST_WHILE:
		check_value(ck, st->loop.test);
		check_body(ck, &st->loop.body);
		break;
	case ST_REPEAT:
		check_repeat(ck, st);
		break;
	case ST_FOR_NUM:
		check_for_num(ck, st);
		break;
	case ST_FOR_C:
		check_for_c(ck, st);
		break;
	case ST_FOR_PAIRS:
		check_for_pairs(ck, st);
		break;
	case ST_BREAK:
	case ST_CONTINUE:
		if (!ck->loops)
			ktap_error(ck->diag, st->pos, "'%s' outside of a loop",
				   st->kind == ST_BREAK ? "break" :
				   "continue");
		ck->continues |= st->kind == ST_CONTINUE;
		break;
	case ST_RETURN:
		break;
	case ST_BLOCK:
		check_block(ck, &st->block);
		break;
	case ST_TRACE:
	case ST_END:
		check_handler(ck, st);
		break;
	}
}

static bool ends_block(const struct stmt *st)
{
	return st->kind == ST_BREAK || st->kind == ST_CONTINUE ||
		st->kind == ST_RETURN;
}

static void check_stmts(struct checker *ck, struct stmt *first)
{
	const struct stmt *next;
	struct stmt *st;

	for (st = first; st; st = st->next) {
		check_stmt(ck, st);
		next = st->next;
		if (next && ends_block(st) && next->kind != ST_TRACE &&
		    next->kind != ST_END)
			ktap_warning(ck->diag, next->pos,
				     "this code is never reached");
	}
}

static void check_block(struct checker *ck, struct block *block)
{
	struct scope scope;

	open_scope(ck, &scope);
	check_stmts(ck, block->first);
	close_scope(ck);
}

/**
 * ktap_check - Resolve names, and tell what makes no sense
 * @script: parsed without an error
 */
void ktap_check(struct script *script)
{
	struct checker ck = {
		.script = script,
		.diag = &script->diag,
		.where = KTAP_IN(MAIN),
	};

	ktap_enter_builtins(&script->names);
	script->nr_funcs = 1;
	check_block(&ck, &script->main);
}
