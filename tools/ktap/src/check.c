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
#include "event.h"
#include "filter.h"
#include "fold.h"
#include "format.h"
#include "resolve.h"
#include "types.h"

#define ORDER_TYPES	(KTAP_M(INT) | KTAP_M(STR))
#define FIELD_TYPES	(KTAP_M(INT) | KTAP_M(STR) | KTAP_M(NIL))
/* What registers can have; argstr is printed where it stands. */
#define VALUE_TYPES	(KTAP_M_ANY & ~KTAP_M(EVENT))

/* Most variables, one declared with another, that have a type of the first one. */
#define MAX_VARIABLES	8

#define NOTE_FIELD	"args.%s is a field of the event"
#define NOTE_VAR	"'var %s' declares it"
#define NOTE_ASSIGN	"'var %s = ...' declares it"
#define NOTE_CALL	"'function %s(...) { ... }' declares it"
#define NOTE_CAST	\
	"cast(\"struct task_struct\", x)->pid reads where the address x is"

/**
 * struct scope - names of a block
 * @outer: the block around it
 * @syms: what it declares, newest first
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
 * @func: the current function
 * @in_filter: this is the filter of the current handler
 * @loops: loops around the current statement
 * @breaks: set when the innermost loop has a "break"
 * @continues: set when the innermost loop has a "continue"
 */
struct checker {
	struct script *script;
	struct diag *diag;
	struct scope *scope;
	struct func *func;
	bool in_filter;
	unsigned int loops;
	bool breaks;
	bool continues;
};

static uint32_t check_expr(struct checker *ck, struct expr *ex);
static void check_values(struct checker *ck, struct expr *values);
static void check_func(struct checker *ck, struct func *func);
static bool check_block(struct checker *ck, struct block *block);
static bool check_stmts(struct checker *ck, struct stmt *first);

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
		{ KTAP_M(FUNC), "a function" },
		{ KTAP_M(STAT), "a statistic" },
		{ KTAP_M(TUPLE), "a compound key" },
		{ KTAP_M(STACK), "a stack" },
	};
	struct strbuf sb = { 0 };
	const char *text;
	size_t i;

	if ((types & KTAP_M_STORE) == KTAP_M_STORE)
		return "any value";
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

static bool is_variable(const struct expr *ex)
{
	return ex->kind == EX_LOCAL || ex->kind == EX_GLOBAL;
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

/* Whether statements of the current block are those of the top level. */
static bool at_top(const struct checker *ck)
{
	return ck->func->kind == KTAP_PROTO_MAIN && !ck->scope->outer;
}

static struct sym *declare_name(struct checker *ck, struct strent *name,
				uint32_t pos)
{
	struct sym *sym = ktap_arena_alloc(&ck->script->arena, sizeof(*sym));

	sym->name = name;
	sym->pos = pos;
	sym->func = ck->func;
	sym->scope = ck->scope;
	sym->outer = name->ptr;
	sym->next = ck->scope->syms;
	ck->scope->syms = sym;
	name->ptr = sym;
	return sym;
}

static void declare(struct checker *ck, struct decl *decl)
{
	const struct sym *old = decl->name->ptr;

	if (ktap_name_kind(decl->name) == NAME_REPORTED) {
		ktap_note_at(ck->diag, decl->pos,
			     "'%s' is declared here, behind its first use",
			     decl->name->str);
		decl->name->idx = ~0u;
	}
	if (old && old->value && old->scope == ck->scope) {
		ktap_error(ck->diag, decl->pos,
			   "'%s' is a function of this block",
			   decl->name->str);
		ktap_note_at(ck->diag, old->pos, "it is declared here");
	}
	decl->sym = declare_name(ck, decl->name, decl->pos);
	decl->sym->global = at_top(ck);
}

static void declare_all(struct checker *ck, struct decl *decls)
{
	for (; decls; decls = decls->next)
		declare(ck, decls);
}

/* Functions are known in all of the block that they are declared in. */
static void declare_funcs(struct checker *ck, const struct stmt *st)
{
	struct strent *name;
	const struct sym *old;

	for (; st; st = st->next) {
		if (st->kind != ST_FUNC)
			continue;
		name = ktap_strtab_get(&ck->script->names, st->func->name,
				       st->func->len);
		old = name->ptr;
		if (old && old->scope == ck->scope) {
			ktap_error(ck->diag, st->func->pos,
				   "function '%s' is declared twice",
				   name->str);
			ktap_note_at(ck->diag, old->pos,
				     "it is declared here already");
			continue;
		}
		declare_name(ck, name, st->func->pos)->value = st->func;
	}
}

/* A function as a value can be called from anywhere. */
static void set_func(struct expr *ex, struct func *func)
{
	ex->kind = EX_FUNC;
	ex->func = func;
	ex->types = KTAP_M(FUNC);
}

/* How to speak of a function. */
static const char *func_text(struct checker *ck, const struct func *func)
{
	struct strbuf sb = { 0 };
	const char *text;

	if (!func->name)
		return "this function";
	ktap_strbuf_addf(&sb, "'%.*s'", (int)func->len, func->name);
	text = ktap_arena_dup(&ck->script->arena, sb.str, sb.len);
	ktap_strbuf_destroy(&sb);
	return text;
}

static bool is_known(const struct strent *name)
{
	enum name_kind kind = ktap_name_kind(name);

	return name->ptr || kind == NAME_VAR || kind == NAME_FUNC ||
		kind == NAME_ARGS || kind == NAME_FIELD || kind == NAME_LIB ||
		kind == NAME_LIB_FUNC;
}

/* What other tracers call it, and what is to be written here. */
static const struct {
	const char *name;
	const char *here;
} foreign[] = {
	{ "comm", "execname" },
	{ "probe", "probename" },
	{ "probefunc", "func" },
	{ "ppfunc", "func" },
	{ "timestamp", "nsecs" },
	{ "kstack", "stack()" },
	{ "backtrace", "stack()" },
	{ "ubacktrace", "ustack()" },
	{ "str", "user_string(x)" },
	{ "copyinstr", "user_string(x)" },
	{ "strerror", "errname(x)" },
	{ "errno_str", "errname(x)" },
	{ "time", "strftime(\"%T\", gettimeofday_ns())" },
	{ "walltimestamp", "gettimeofday_ns()" },
	{ "stats", "s[k] <<< x" },
	{ "printa", "print_hist(s)" },
};

static const char *foreign_name(const struct strent *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(foreign); i++)
		if (!strcmp(foreign[i].name, name->str))
			return foreign[i].here;
	return NULL;
}

static void undeclared(struct checker *ck, struct expr *ex, const char *note)
{
	const struct strent *name, *best = NULL;
	const char *here = foreign_name(ex->name);
	unsigned int limit, dist;

	ktap_error(ck->diag, ex->start, "'%s' is not declared",
		   ex->name->str);
	if (here) {
		ktap_note(ck->diag, "here that is: %s", here);
		ex->name->idx = KTAP_NAME_IDX(NAME_REPORTED, 0);
		return;
	}
	/* One letter is like any other. */
	limit = ex->name->len < 2 ? 0 : ex->name->len < 4 ? 1 : 2;
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

/* Whether code of the current function may use what is for @where. */
static bool check_where(struct checker *ck, uint32_t pos, const char *name,
			uint32_t where)
{
	struct use *lacks = ck->func->lacks;
	unsigned int kind;

	if (ck->func->kind == KTAP_PROTO_FUNC) {
		/* It depends on where the function is called. */
		for (kind = 0; kind < KTAP_PROTO_FUNC; kind++)
			if (!(where & 1U << kind) && !lacks[kind].name)
				lacks[kind] = (struct use){ name, pos };
		return true;
	}
	if (where & 1U << ck->func->kind)
		return true;
	ktap_error(ck->diag, pos, "'%s' %s", name,
		   where & KTAP_IN(PROBE) ? KTAP_ONLY_IN_PROBE :
		   KTAP_NOT_IN_PROBE);
	if (where & KTAP_IN(PROBE))
		ktap_note(ck->diag, ck->func->kind == KTAP_PROTO_TICK ?
			  "a tick is no event; 'profile-N' interrupts what runs" :
			  "use it in 'trace EVENT { ... }'");
	return false;
}

/*
 * What only some events have: its types, and what is said where it is not known.
 * In a function it is nil then.
 */
static const struct {
	uint32_t types;
	const char *text;
	const char *note;
} fields[KTAP_FIELD_NR] = {
	[KTAP_FIELD_NAME] = { FIELD_TYPES, NULL, NULL },
	[KTAP_FIELD_NTH] = { FIELD_TYPES, NULL, NULL },
	[KTAP_FIELD_ARG] = {
		KTAP_M_ARITH, "is an argument of a function or system call",
		"argN is the N-th field of the event, args.NAME the one of that name",
	},
	[KTAP_FIELD_RETVAL] = {
		KTAP_M_ARITH, "is there when a function or system call returns",
		"'trace probe:FUNCTION%return' or 'trace syscalls:sys_exit_NAME'",
	},
	[KTAP_FIELD_ENTRY_NS] = {
		KTAP_M_ARITH, "is there when a function returns",
		"'trace probe:FUNCTION%return'",
	},
	[KTAP_FIELD_FUNC] = {
		KTAP_M(STR) | KTAP_M(NIL), "is the function of a probe",
		"'probename' is the name of the event",
	},
	[KTAP_FIELD_IP] = {
		KTAP_M_ARITH, "is where a probe, a profile or a watchpoint hits",
		NULL,
	},
	[KTAP_FIELD_ADDR] = {
		KTAP_M_ARITH, "is the address of a watchpoint or perf event",
		"'trace mem:VARIABLE' watches a variable",
	},
};

/* Are all of them the return of a function? */
static bool all_return(const struct event *event)
{
	while (event && event->flags & KTAP_EVENT_RETURN)
		event = event->next;
	return !event;
}

/* Whether one of the events has it. A function does not know its events. */
static bool has_field(struct checker *ck, uint32_t pos, const char *what,
		      enum ktap_field_kind kind)
{
	const struct stmt *handler = ck->func->handler;

	if (!check_where(ck, pos, what, KTAP_IN(PROBE)))
		return false;
	if (!handler || ktap_event_reads(handler->trace.events, kind))
		return true;
	if (kind == KTAP_FIELD_ARG && all_return(handler->trace.events)) {
		ktap_error(ck->diag, pos,
			   "'%s[N]' is not there when a function of a program returns", what);
		ktap_note(ck->diag, "keep it in a table when the function is called");
		return false;
	}
	ktap_error(ck->diag, pos, "'%s%s' %s", what,
		   kind == KTAP_FIELD_ARG ? "[N]" : "", fields[kind].text);
	if (fields[kind].note)
		ktap_note(ck->diag, "%s", fields[kind].note);
	return false;
}

static void set_field(struct checker *ck, struct expr *ex, const char *what,
		      enum ktap_field_kind kind, struct strent *name,
		      uint32_t index)
{
	if (!has_field(ck, ex->start, what, kind)) {
		set_error(ex);
		return;
	}
	ex->kind = EX_FIELD;
	ex->field.kind = kind;
	ex->field.name = name;
	ex->field.index = index;
	ex->types = fields[kind].types;
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
	if (sym->value) {
		set_func(ex, sym->value);
		return;
	}
	if (!sym->global && sym->func != ck->func) {
		if (ck->func->kind != KTAP_PROTO_FUNC) {
			/* Handlers are at the top level; this was told. */
			set_error(ex);
			return;
		}
		ktap_error(ck->diag, ex->start,
			   "a function cannot use '%s', a local variable of the code around it",
			   sym->name->str);
		ktap_note_at(ck->diag, sym->pos,
			     "declare it at the top level, or pass it as an argument");
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
	sym->reads++;
	ex->types = sym->global ? KTAP_M_STORE : VALUE_TYPES;
}

/*
 * The name of what is fetched means that: in a filter always, as it does where the kernel
 * evaluates it, and in the body of the handler if no variable has it.
 */
static bool is_fetched(const struct checker *ck, const struct strent *name)
{
	enum name_kind kind = ktap_name_kind(name);
	const struct fetch *fetch;

	if (ck->func->kind != KTAP_PROTO_PROBE)
		return false;
	if (!ck->in_filter && (name->ptr || (kind != NAME_NONE && kind != NAME_FUNC)))
		return false;
	for (fetch = ck->func->handler->trace.fetches; fetch; fetch = fetch->next)
		if (fetch->name == name)
			return true;
	return false;
}

static void check_name(struct checker *ck, struct expr *ex)
{
	struct strent *name = ex->name;
	uint32_t nr = KTAP_NAME_NR(name->idx);

	if (is_fetched(ck, name)) {
		set_field(ck, ex, "args", KTAP_FIELD_NAME, name, 0);
		return;
	}
	if (name->ptr) {
		set_sym(ck, ex, name->ptr);
		return;
	}

	switch (ktap_name_kind(name)) {
	case NAME_VAR:
		if (!check_where(ck, ex->start, name->str,
				 ktap_builtin_vars[nr].where))
			break;
		ex->kind = EX_VAR;
		ex->id = nr;
		ex->types = ktap_builtin_vars[nr].types;
		/* What may be one has to be used as one. */
		if (ex->types & KTAP_M(EVENT))
			ex->types = KTAP_M(EVENT);
		return;
	case NAME_LIB_FUNC:
		ktap_error(ck->diag, ex->start, "'%s' is a builtin function",
			   name->str);
		ktap_note(ck->diag, "'%s(...)' calls it", name->str);
		break;
	case NAME_FUNC:
		ktap_error(ck->diag, ex->start, "'%s' is a builtin function",
			   name->str);
		ktap_note(ck->diag,
			  "'%s(...)' calls it; a value can be 'function (x) { return %s(x) }'",
			  name->str, name->str);
		break;
	case NAME_ARG:
		set_field(ck, ex, name->str, KTAP_FIELD_NTH, NULL, nr);
		return;
	case NAME_FIELD:
		set_field(ck, ex, name->str, nr, NULL, 0);
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
		ktap_note(ck->diag, "for (k, v in %s(t%s)) { ... }", name->str,
			  ktap_builtin_loops[nr].min > 1 ? ", 10" : "");
		break;
	case NAME_LIB:
		ktap_error(ck->diag, ex->start, "'%s' is a library", name->str);
		ktap_note(ck->diag, "'%s.%s(...)' calls a function of it",
			  name->str, ktap_builtin_libs[nr].name);
		break;
	case NAME_CAST:
		ktap_error(ck->diag, ex->start, "'cast' is a builtin function");
		ktap_note(ck->diag, NOTE_CAST);
		break;
	case NAME_FFI:
		ktap_error(ck->diag, ex->start,
			   "there is no 'ffi': a script cannot call functions of the kernel");
		ktap_note(ck->diag,
			  "fields of events, of structures (args.file->f_inode) and kernel_read() are the safe ways to data");
		break;
	case NAME_REPORTED:
		break;
	case NAME_NONE:
		undeclared(ck, ex, ck->in_filter &&
			   ck->func->kind == KTAP_PROTO_PROBE ?
			   NOTE_FIELD : NOTE_VAR);
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

/* Whether all events are functions of the kernel, and fetch nothing of that name. */
static bool is_param(const struct checker *ck, const struct strent *name)
{
	const struct stmt *handler = ck->func->handler;
	const struct fetch *fetch;
	const struct event *event;

	if (!handler || ck->func->kind != KTAP_PROTO_PROBE)
		return false;
	for (fetch = handler->trace.fetches; fetch; fetch = fetch->next)
		if (fetch->name == name)
			return false;
	for (event = handler->trace.events; event; event = event->next)
		if (event->kind != KTAP_PROBE_FUNC)
			return false;
	return true;
}

static void check_args_name(struct checker *ck, struct expr *ex,
			    struct strent *name)
{
	if (!is_param(ck, name)) {
		set_field(ck, ex, "args", KTAP_FIELD_NAME, name, 0);
		return;
	}
	if (!ktap_type_param(ck->script, ck->func->handler, ex, name->str))
		set_error(ex);
}

/* args.NAME, args["NAME"] and args[N] */
static void check_args_index(struct checker *ck, struct expr *ex)
{
	struct expr *key = ex->index.key;

	check_value(ck, key);
	if (key->kind == EX_STR) {
		check_args_name(ck, ex, ktap_strtab_get(&ck->script->names,
							key->str, key->len));
		return;
	}
	if (key->kind == EX_INT && key->num >= 0 && key->num <= UINT16_MAX) {
		set_field(ck, ex, "args", KTAP_FIELD_ARG, NULL, key->num);
		return;
	}
	if (key->kind != EX_ERROR) {
		ktap_error(ck->diag, key->start,
			   "the number of an argument must be a constant");
		ktap_note(ck->diag,
			  "args[0] is the first argument of the function or system call");
	}
	set_error(ex);
}

/* The variable that has a value, be it in a table in a table. */
static struct sym *root_of(const struct expr *ex)
{
	while (ex->kind == EX_INDEX)
		ex = ex->index.table;
	return ex->kind == EX_GLOBAL || ex->kind == EX_LOCAL ? ex->sym : NULL;
}

/* What is written to was not read, as it seemed. */
static void set_fed(const struct expr *target)
{
	struct sym *sym = root_of(target);

	if (!sym)
		return;
	sym->reads--;
	sym->fed = true;
}

/* Nor was what is deleted. */
static void set_emptied(const struct expr *table)
{
	struct sym *sym = table ? root_of(table) : NULL;

	if (sym)
		sym->reads--;
}

/* Values for what was written to, which they may be computed from. */
static void check_values_for(struct checker *ck, const struct expr *target,
			     struct expr *values)
{
	struct sym *sym = root_of(target);
	uint32_t reads = sym ? sym->reads : 0;

	check_values(ck, values);
	if (sym && !target->next)
		sym->reads = reads;
}

/* What can be a key. */
static bool check_key(struct checker *ck, struct expr *key)
{
	check_value(ck, key);
	if (!cannot_be(key, KTAP_M_KEY))
		return true;
	ktap_error(ck->diag, key->start, "%s cannot be a key",
		   types_text(ck, key->types));
	return false;
}

static uint32_t check_parts(struct checker *ck, struct expr *ex)
{
	uint32_t types = KTAP_M(TUPLE);
	struct expr *part;

	for (part = ex->list; part; part = part->next) {
		check_value(ck, part);
		if (!part->types)
			types = 0;
		if (!cannot_be(part, KTAP_M_PART))
			continue;
		ktap_error(ck->diag, part->start,
			   "%s cannot be part of a key",
			   types_text(ck, part->types));
		types = 0;
	}
	return types;
}

/* The name of a library's function, with a suggestion if there is none. */
static const struct builtin_lib *find_lib(struct checker *ck,
					  const struct expr *ex)
{
	const struct expr *table = ex->index.table, *key = ex->index.key;
	const struct builtin_lib *lib, *best = NULL;
	unsigned int limit = 3, dist, i;

	for (i = KTAP_NAME_NR(table->name->idx); i < LIB_NR; i++) {
		lib = &ktap_builtin_libs[i];
		if (!lib->lib || strcmp(lib->lib, table->name->str))
			break;
		if (strlen(lib->name) == key->len &&
		    !memcmp(lib->name, key->str, key->len))
			return lib;
		dist = ktap_distance(ktap_arena_dup(&ck->script->arena,
						    key->str, key->len),
				     lib->name, limit);
		if (dist <= limit) {
			best = lib;
			limit = dist;
		}
	}
	ktap_error(ck->diag, ex->start, "'%s' has no function '%.*s'",
		   table->name->str, (int)key->len, key->str);
	if (best)
		ktap_note(ck->diag, "did you mean '%s.%s'?", best->lib,
			  best->name);
	return NULL;
}

static bool is_lib(const struct expr *ex)
{
	return ex->kind == EX_INDEX && ex->index.dot &&
		is_special(ex->index.table, NAME_LIB);
}

/*
 * Finds the type that the kernel knows of a value. That of what a function returns
 * is asked for here only, so that no script needs it that does not use it. That of
 * a variable may be that of another one, up to @depth of them.
 */
static bool find_type_of(struct checker *ck, struct expr *ex, unsigned int depth)
{
	struct expr *init;

	if (ex->typed)
		return true;
	if (ex->kind == EX_FIELD && ex->field.kind == KTAP_FIELD_RETVAL &&
	    ck->func->handler)
		return ktap_type_result(ck->script, ck->func->handler, ex);
	if (!is_variable(ex) || !ex->sym->init || !depth)
		return false;
	init = ex->sym->init;
	if (!find_type_of(ck, init, depth - 1) ||
	    !ktap_type_var(ck->script, ex, init->typed))
		return false;
	ex->sym->typed = true;
	return true;
}

static bool find_type(struct checker *ck, struct expr *ex)
{
	return find_type_of(ck, ex, MAX_VARIABLES);
}

static void no_type(struct checker *ck, const struct expr *ex)
{
	const struct expr *base = ex->index.table;

	ktap_error(ck->diag, base->start,
		   "'->' follows a pointer to a structure, and of this no type is known");
	if (is_variable(base) && base->sym->assigned)
		ktap_note_at(ck->diag, base->sym->pos,
			     "a variable has the type of the value that it is declared with, if it is assigned no other");
	ktap_note(ck->diag, NOTE_CAST);
}

/* "->", and "." or "[]" behind what has a type. */
static void check_typed(struct checker *ck, struct expr *ex)
{
	struct expr *key = ex->index.key;
	bool right;

	if (ex->index.arrow || ex->index.dot) {
		right = ktap_type_member(ck->script, ex);
	} else if (cannot_be(key, KTAP_M(INT))) {
		ktap_error(ck->diag, key->start,
			   "the number of an element must be an integer, not %s",
			   types_text(ck, key->types));
		right = false;
	} else {
		right = ktap_type_element(ck->script, ex);
	}
	if (!right)
		set_error(ex);
}

/* Returns whether there is nothing more to be done. */
static bool check_inside(struct checker *ck, struct expr *ex)
{
	unsigned int errors = ck->diag->nr_errors;
	struct expr *base = ex->index.table, *key = ex->index.key;
	bool typed;

	check_value(ck, base);
	typed = find_type(ck, base);
	if (!typed && !ex->index.arrow && errors == ck->diag->nr_errors)
		return false;
	check_value(ck, key);
	if (typed && key->types) {
		check_typed(ck, ex);
		return true;
	}
	if (errors == ck->diag->nr_errors && base->types)
		no_type(ck, ex);
	set_error(ex);
	return true;
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

	if (is_lib(ex)) {
		const struct builtin_lib *lib = find_lib(ck, ex);

		if (lib) {
			ktap_error(ck->diag, ex->start,
				   "'%s.%s' is a builtin function", lib->lib,
				   lib->name);
			ktap_note(ck->diag, "'%s.%s(...)' calls it", lib->lib,
				  lib->name);
		}
		set_error(ex);
		return;
	}

	if (check_inside(ck, ex))
		return;
	ex->types = KTAP_M_STORE | KTAP_M(STAT);
	if (cannot_be(table, KTAP_M(TAB))) {
		check_value(ck, key);
		ktap_error(ck->diag, table->start, "cannot index %s",
			   types_text(ck, table->types));
		set_error(ex);
	} else if (!check_key(ck, key) || !table->types) {
		set_error(ex);
	}
}

/* Whether all results of a call count where it is the last one of several. */
static bool has_open_call(const struct expr *list)
{
	while (list && list->next)
		list = list->next;
	return list && ktap_is_multi(list);
}

static void check_nr(struct checker *ck, const struct expr *ex,
		     const char *name, uint32_t min, uint32_t max)
{
	uint32_t nr = ex->call.nr_args, want = min;
	const char *how = " at least";

	/* The last argument may bring more. */
	if (nr <= max && (nr >= min || has_open_call(ex->call.args)))
		return;
	if (min == max)
		how = "";
	else if (nr > max)
		how = " at most";
	if (nr > max)
		want = max;
	ktap_error(ck->diag, ex->start, "%s takes%s %u argument%s, not %u",
		   name, how, want, want == 1 ? "" : "s", nr);
}

/* The name of a library's function as it is called. */
static const char *full_name(struct checker *ck, const struct builtin_lib *lib)
{
	struct strbuf sb = { 0 };
	const char *text;

	ktap_strbuf_addf(&sb, "%s%s%s", lib->lib ? lib->lib : "",
			 lib->lib ? "." : "", lib->name);
	text = ktap_arena_dup(&ck->script->arena, sb.str, sb.len);
	ktap_strbuf_destroy(&sb);
	return text;
}

static const char *quote(struct checker *ck, const char *name)
{
	struct strbuf sb = { 0 };
	const char *text;

	ktap_strbuf_addf(&sb, "'%s'", name);
	text = ktap_arena_dup(&ck->script->arena, sb.str, sb.len);
	ktap_strbuf_destroy(&sb);
	return text;
}

/* The character at @pos, as it is written in a script. */
static void add_char(struct strbuf *sb, const char *pos, const char *end)
{
	unsigned char c = *pos;

	if (c == '\n') {
		ktap_strbuf_add(sb, "\\n", 2);
	} else if (c == '\t') {
		ktap_strbuf_add(sb, "\\t", 2);
	} else if (c < ' ' || c == 0x7f) {
		ktap_strbuf_addf(sb, "\\x%02x", c);
	} else {
		do
			ktap_strbuf_addc(sb, *pos++);
		while (pos < end && c & 0x80 && ((unsigned char)*pos & 0xc0) == 0x80);
	}
}

/* What is in a format up to @pos, where a letter should be, is no conversion. */
static void no_conversion(struct checker *ck, const struct expr *format,
			  const struct conversion *conv, const char *pos)
{
	const char *end = format->str + format->len;
	struct strbuf sb = { 0 };

	ktap_strbuf_add(&sb, conv->text, conv->len);
	if (pos < end)
		add_char(&sb, pos, end);
	ktap_error(ck->diag, format->start, "'%s' in the format is no conversion",
		   sb.str);
	ktap_note(ck->diag, pos < end && ktap_is_alpha(*pos) ?
		  "there are %%d %%i %%u %%x %%X %%o %%c %%s %%p %%t and %%%%" :
		  "'%%%%' prints a percent sign");
	ktap_strbuf_destroy(&sb);
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
		if (conv.conv == '?') {
			no_conversion(ck, format, &conv, pos);
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
	if (want == have || (want > have && has_open_call(ex->call.args)))
		return;
	ktap_error(ck->diag, format->start,
		   "the format takes %u argument%s, not %u", want,
		   want == 1 ? "" : "s", have);
}

/**
 * struct signature - what a function takes
 * @name: how to call it
 * @min: least number of arguments
 * @max: most
 * @types: sets of types of the first, the second and the other arguments
 */
struct signature {
	const char *name;
	uint32_t min;
	uint32_t max;
	uint32_t types[3];
};

static bool check_args(struct checker *ck, struct expr *ex,
		       const struct signature *sig)
{
	unsigned int errors = ck->diag->nr_errors;
	uint32_t nr = 0, allowed;
	struct expr *arg;

	for (arg = ex->call.args; arg; arg = arg->next, nr++) {
		if (sig->types[nr < 2 ? nr : 2] & KTAP_M(EVENT))
			check_expr(ck, arg);
		else
			check_value(ck, arg);
	}
	if (errors == ck->diag->nr_errors)
		check_nr(ck, ex, sig->name, sig->min, sig->max);
	for (arg = ex->call.args, nr = 0;
	     arg && errors == ck->diag->nr_errors; arg = arg->next, nr++) {
		allowed = sig->types[nr < 2 ? nr : 2];
		if (cannot_be(arg, allowed))
			ktap_error(ck->diag, arg->start,
				   "argument %u of %s must be %s, not %s",
				   nr + 1, sig->name, types_text(ck, allowed),
				   types_text(ck, arg->types));
	}
	return errors == ck->diag->nr_errors;
}

/* What curr_taskinfo() is called with, if that is known. */
static void check_taskinfo(struct checker *ck, const struct expr *arg)
{
	const char *best = NULL, *name;
	unsigned int limit = 3, dist, i;

	if (arg->kind != EX_STR)
		return;
	name = ktap_arena_dup(&ck->script->arena, arg->str, arg->len);
	for (i = 0; i < KTAP_TASKINFO_NR; i++) {
		dist = ktap_distance(name, ktap_taskinfo_names[i], limit);
		if (!dist && arg->len == strlen(name))
			return;
		if (dist > limit)
			continue;
		best = ktap_taskinfo_names[i];
		limit = dist;
	}
	ktap_error(ck->diag, arg->start, "a task has no '%.*s'", (int)arg->len,
		   name);
	if (best)
		ktap_note(ck->diag, "did you mean '%s'?", best);
}

/* Calls a function of the kernel that the script calls @name. */
static void call_builtin(struct checker *ck, struct expr *ex, enum ktap_func id,
			 const char *name)
{
	const struct builtin_func *func = &ktap_builtin_funcs[id];
	const struct signature sig = {
		.name = quote(ck, name),
		.min = func->min,
		.max = func->max,
		.types = { func->arg1, func->arg2, func->args },
	};
	unsigned int errors = ck->diag->nr_errors;

	ex->call.kind = CALL_BUILTIN;
	ex->call.id = id;
	ex->types = func->ret;
	check_where(ck, ex->start, name, func->where);
	if (check_args(ck, ex, &sig)) {
		if (id == KTAP_FUNC_PRINTF || id == KTAP_FUNC_TRACE_PRINTK)
			check_format(ck, ex);
		else if (id == KTAP_FUNC_CURR_TASKINFO)
			check_taskinfo(ck, ex->call.args);
	}
	if (id == KTAP_FUNC_DELETE || id == KTAP_FUNC_CLEAR || id == KTAP_FUNC_ZERO)
		set_emptied(ex->call.args);
	if (errors != ck->diag->nr_errors)
		set_error(ex);
}

/*
 * Whether this is the top level, as all events are attached before the first one
 * is handled. Elsewhere it says what ktap has always said, where @running is the
 * name of a function that attaches, or NULL for a statement.
 */
static bool check_top(struct checker *ck, uint32_t pos, const char *name,
		      const char *running)
{
	if (at_top(ck))
		return true;
	if (ck->func->kind == KTAP_PROTO_MAIN) {
		ktap_error(ck->diag, pos, "%s is only possible at the top level",
			   name);
		ktap_note(ck->diag, "an 'if' in the handler decides at run time");
		return false;
	}
	if (running)
		ktap_error(ck->diag, pos,
			   "%.*s only can be called in RUNNING state",
			   (int)strlen(running) - 2, running + 1);
	else
		ktap_error(ck->diag, pos, "only mainthread can create function");
	ktap_note(ck->diag, "%s is only possible at the top level of the script",
		  name);
	return false;
}

/* What a function prints that has no arguments, or NULL. */
static struct expr *printed(struct checker *ck, const struct expr *ex,
			    const struct builtin_lib *lib)
{
	struct expr *arg = ktap_arena_alloc(&ck->script->arena, sizeof(*arg));

	arg->start = ex->start;
	if (lib == &ktap_builtin_libs[LIB_PRINT_TRACE_CLOCK]) {
		arg->kind = EX_VAR;
		arg->types = KTAP_M(INT);
		arg->id = KTAP_VAR_NSECS;
		return arg;
	}
	if (lib == &ktap_builtin_libs[LIB_PRINT_BACKTRACE]) {
		arg->kind = EX_CALL;
		arg->types = KTAP_M(STACK);
		arg->call.kind = CALL_BUILTIN;
		arg->call.id = KTAP_FUNC_STACK;
		return arg;
	}
	return NULL;
}

static void call_lib(struct checker *ck, struct expr *ex,
		     const struct builtin_lib *lib)
{
	const struct signature sig = {
		.name = quote(ck, full_name(ck, lib)),
		.min = lib->min,
		.max = lib->max,
		.types = { KTAP_M(INT), KTAP_M(INT), KTAP_M(INT) },
	};
	struct expr *format, *arg;

	if (lib->func) {
		call_builtin(ck, ex, lib->func, full_name(ck, lib));
		return;
	}
	if (lib->event) {
		/* What may be one is a statement, and does not come here. */
		if (check_top(ck, ex->start, sig.name, sig.name))
			ktap_error(ck->diag, ex->start,
				   "%s is a statement, and has no value",
				   sig.name);
		set_error(ex);
		return;
	}
	if (!check_args(ck, ex, &sig) ||
	    !check_where(ck, ex->start, lib->name, lib->where)) {
		set_error(ex);
		return;
	}
	if (!lib->format) {
		ex->call.kind = CALL_NEWTAB;
		ex->types = KTAP_M(TAB);
		return;
	}

	/* The others print what they are made of. */
	format = ktap_arena_alloc(&ck->script->arena, sizeof(*format));
	format->kind = EX_STR;
	format->types = KTAP_M(STR);
	format->start = ex->start;
	format->str = lib->format;
	format->len = strlen(lib->format);
	format->next = ex->call.args;
	ex->call.args = format;
	ex->call.nr_args++;
	ex->call.kind = CALL_BUILTIN;
	ex->call.id = KTAP_FUNC_PRINTF;
	ex->types = KTAP_M(NIL);
	arg = printed(ck, ex, lib);
	if (!arg)
		return;
	format->next = arg;
	ex->call.nr_args++;
}

static void enter_call(struct checker *ck, const struct expr *ex,
		       struct func *callee)
{
	struct call *call = ktap_arena_alloc(&ck->script->arena, sizeof(*call));

	call->caller = ck->func;
	call->callee = callee;
	call->pos = ex->start;
	call->next_of = callee->calls;
	callee->calls = call;
	*ck->script->last_call = call;
	ck->script->last_call = &call->next;
}

static void call_func(struct checker *ck, struct expr *ex, struct func *callee)
{
	const struct signature sig = {
		.name = func_text(ck, callee),
		.max = callee->nr_params,
		.types = { VALUE_TYPES, VALUE_TYPES, VALUE_TYPES },
	};

	if (!check_args(ck, ex, &sig)) {
		if (ex->call.nr_args > sig.max)
			ktap_note_at(ck->diag, callee->pos,
				     "it is declared here");
		set_error(ex);
		return;
	}
	ex->call.kind = CALL_FUNC;
	ex->call.callee = callee;
	ex->types = VALUE_TYPES;
	enter_call(ck, ex, callee);
}

static void call_value(struct checker *ck, struct expr *ex)
{
	static const struct signature sig = {
		.name = "a function",
		.max = KTAP_MAX_PARAMS,
		.types = { VALUE_TYPES, VALUE_TYPES, VALUE_TYPES },
	};
	const struct expr *func = ex->call.func;
	bool right = func->types;

	if (cannot_be(func, KTAP_M(FUNC))) {
		ktap_error(ck->diag, ex->start, "cannot call %s",
			   types_text(ck, func->types));
		right = false;
	}
	if (!check_args(ck, ex, &sig) || !right) {
		set_error(ex);
		return;
	}
	ex->call.kind = CALL_VALUE;
	ex->types = VALUE_TYPES;
}

static void check_cast(struct checker *ck, struct expr *ex)
{
	static const struct signature sig = {
		.name = "'cast'",
		.min = 2,
		.max = 2,
		.types = { KTAP_M(STR), KTAP_M_ARITH },
	};
	const struct expr *name = ex->call.args;

	if (!check_args(ck, ex, &sig) || !name->types) {
		set_error(ex);
	} else if (name->kind != EX_STR) {
		ktap_error(ck->diag, name->start,
			   "argument 1 of 'cast' must be a constant string");
		ktap_note(ck->diag, NOTE_CAST);
		set_error(ex);
	} else if (!name->next->types || !ktap_type_cast(ck->script, ex)) {
		set_error(ex);
	}
}

static void check_call(struct checker *ck, struct expr *ex)
{
	struct expr *func = ex->call.func, *arg;
	const struct builtin_lib *lib = NULL;
	bool known = true;
	struct sym *sym;

	if (is_special(func, NAME_FUNC)) {
		call_builtin(ck, ex, KTAP_NAME_NR(func->name->idx),
			     func->name->str);
		return;
	}
	if (is_special(func, NAME_CAST)) {
		check_cast(ck, ex);
		return;
	}
	sym = func->kind == EX_NAME ? func->name->ptr : NULL;
	if (sym && sym->value) {
		call_func(ck, ex, sym->value);
		return;
	}
	if (is_special(func, NAME_LIB_FUNC))
		lib = &ktap_builtin_libs[KTAP_NAME_NR(func->name->idx)];
	else if (is_lib(func))
		known = (lib = find_lib(ck, func));
	else if (is_special(func, NAME_NONE))
		undeclared(ck, func, NOTE_CALL);

	if (lib) {
		call_lib(ck, ex, lib);
	} else if (!known || is_special(func, NAME_REPORTED)) {
		for (arg = ex->call.args; arg; arg = arg->next)
			check_expr(ck, arg);
		set_error(ex);
	} else if (func->kind == EX_FUNC) {
		check_func(ck, func->func);
		call_func(ck, ex, func->func);
	} else {
		check_value(ck, func);
		call_value(ck, ex);
	}
}

/* `NAME` is kernel_var("NAME"). */
static void set_kernel_var(struct checker *ck, struct expr *ex)
{
	const struct strent *name = ex->name;
	struct expr *arg = ktap_arena_alloc(&ck->script->arena, sizeof(*arg));

	arg->kind = EX_STR;
	arg->types = KTAP_M(STR);
	arg->start = ex->start;
	arg->str = name->str;
	arg->len = name->len;
	ex->kind = EX_CALL;
	memset(&ex->call, 0, sizeof(ex->call));
	ex->call.kind = CALL_BUILTIN;
	ex->call.id = KTAP_FUNC_KERNEL_VAR;
	ex->call.args = arg;
	ex->call.nr_args = 1;
	ex->types = ktap_builtin_funcs[KTAP_FUNC_KERNEL_VAR].ret;
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
	if (cannot_be(arg, KTAP_M_ARITH)) {
		ktap_error(ck->diag, ex->pos, "cannot do arithmetic on %s",
			   types_text(ck, arg->types));
		return 0;
	}
	return arg->types ? KTAP_M(INT) | (arg->types & KTAP_M(NIL)) : 0;
}

static uint32_t check_arith(struct checker *ck, uint32_t a,
			    const struct expr *b)
{
	uint32_t bad = !(a & KTAP_M_ARITH) ? a : 0;

	if (!bad && !(b->types & KTAP_M_ARITH))
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
	if (!(a & b->types & ORDER_TYPES)) {
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
		if (!cannot_be(arg, KTAP_M_TEXT))
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

/* Calls a function as the string by which it is known. */
static void name_func(struct expr *value, const struct expr *key)
{
	if (value->kind != EX_FUNC || key->kind != EX_STR)
		return;
	value->func->name = key->str;
	value->func->len = key->len;
}

static uint32_t check_table(struct checker *ck, struct expr *ex)
{
	struct item *item;

	for (item = ex->items; item; item = item->next) {
		if (item->key) {
			check_key(ck, item->key);
			name_func(item->value, item->key);
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
		set_kernel_var(ck, ex);
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
	case EX_KEY:
		ex->types = check_parts(ck, ex);
		break;
	case EX_FUNC:
		if (!ex->types)
			check_func(ck, ex->func);
		ex->types = KTAP_M(FUNC);
		break;
	case EX_LOCAL:
	case EX_GLOBAL:
	case EX_VAR:
	case EX_FIELD:
		break;
	}
	if (ex->kind == EX_FUNC)
		ex->func->is_value = true;
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

static void target_sym(struct checker *ck, struct expr *ex, struct sym *sym)
{
	if (sym->value) {
		ktap_error(ck->diag, ex->start,
			   "cannot assign to '%s', which is a function",
			   sym->name->str);
		ktap_note_at(ck->diag, sym->pos, "it is declared here");
		set_error(ex);
		return;
	}
	set_sym(ck, ex, sym);
	if (ex->kind != EX_ERROR)
		sym->assigned = true;
}

/* What is to the left of an assignment. */
static void check_target(struct checker *ck, struct expr *ex)
{
	bool fetched;

	if (ex->kind == EX_INDEX) {
		if (is_special(ex->index.table, NAME_ARGS) ||
		    is_special(ex->index.table, NAME_ARG_TABLE) ||
		    is_special(ex->index.table, NAME_LIB)) {
			ktap_error(ck->diag, ex->start,
				   "what '%s' gives cannot be assigned to",
				   ex->index.table->name->str);
			set_error(ex);
			return;
		}
		check_expr(ck, ex);
		if (ex->kind == EX_INDEX || ex->kind == EX_ERROR)
			return;
		ktap_error(ck->diag, ex->start,
			   "memory of the kernel cannot be assigned to");
		set_error(ex);
		return;
	}
	if (ex->kind != EX_NAME)
		return;

	if (ex->name->ptr) {
		target_sym(ck, ex, ex->name->ptr);
		return;
	}
	fetched = is_fetched(ck, ex->name);
	switch (fetched ? NAME_FIELD : ktap_name_kind(ex->name)) {
	case NAME_NONE:
		undeclared(ck, ex, NOTE_ASSIGN);
		break;
	case NAME_REPORTED:
		break;
	default:
		ktap_error(ck->diag, ex->start, "cannot assign to '%s'",
			   ex->name->str);
		ktap_note(ck->diag, "%s; 'var %s' makes a variable of it",
			  fetched ? "this is what is fetched" :
			  "ktap has a meaning for this name", ex->name->str);
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

/* Lets variables have the types of what they are declared with. */
static void init_types(const struct decl *decl, struct expr *value)
{
	for (; decl && value; decl = decl->next, value = value->next)
		if (value->typed || value->kind == EX_FIELD || is_variable(value))
			decl->sym->init = value;
}

/* A variable has no type any more when it is assigned what has another one. */
static void keep_type(struct checker *ck, struct expr *target,
		      struct expr *value)
{
	struct sym *sym;

	if (!is_variable(target) || !target->sym->init)
		return;
	sym = target->sym;
	if (value && (value->kind == EX_NIL || value->kind == EX_ERROR))
		return;
	if (value && (sym->typed || value->typed) && find_type(ck, value) &&
	    find_type(ck, sym->init) &&
	    ktap_type_same(sym->init->typed, value->typed))
		return;
	if (!sym->typed) {
		sym->init = NULL;
		return;
	}
	ktap_error(ck->diag, target->start,
		   "'%s' can be assigned only what has the type it is declared with, as what is in it was read",
		   sym->name->str);
	ktap_note_at(ck->diag, sym->pos, "it is declared here");
}

static void check_var(struct checker *ck, struct stmt *st)
{
	struct expr *value = st->assign.values;
	const struct decl *decl;
	uint32_t nr = 0;

	for (decl = st->assign.decls; decl; decl = decl->next) {
		if (value && value->kind == EX_FUNC) {
			value->func->name = decl->name->str;
			value->func->len = decl->name->len;
		}
		value = value ? value->next : NULL;
		nr++;
	}
	check_values(ck, st->assign.values);
	check_surplus(ck, st->assign.values, nr);
	declare_all(ck, st->assign.decls);
	init_types(st->assign.decls, st->assign.values);
}

static void check_assign(struct checker *ck, struct stmt *st)
{
	struct expr *target, *value = st->assign.values;
	uint32_t nr = 0;

	for (target = st->assign.targets; target; target = target->next) {
		if (value && target->kind == EX_INDEX)
			name_func(value, target->index.key);
		check_target(ck, target);
		set_fed(target);
		value = value ? value->next : NULL;
		nr++;
	}
	check_values_for(ck, st->assign.targets, st->assign.values);
	check_surplus(ck, st->assign.values, nr);
	value = st->assign.values;
	for (target = st->assign.targets; target; target = target->next) {
		keep_type(ck, target, value);
		value = value ? value->next : NULL;
	}
}

static void check_update(struct checker *ck, struct stmt *st)
{
	struct expr *value = st->update.value;

	check_target(ck, st->update.target);
	set_fed(st->update.target);
	keep_type(ck, st->update.target, NULL);
	if (!value)
		return;
	check_values_for(ck, st->update.target, value);
	if (cannot_be(value, KTAP_M_ARITH)) {
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

static void check_feed(struct checker *ck, struct stmt *st)
{
	struct expr *target = st->update.target, *value = st->update.value;

	check_value(ck, target);
	set_fed(target);
	check_values_for(ck, target, value);
	if (target->kind != EX_INDEX &&
	    cannot_be(target, KTAP_M(TAB) | KTAP_M(STAT)))
		ktap_error(ck->diag, st->update.op_pos,
			   "'<<<' cannot feed %s",
			   types_text(ck, target->types));
	else if (cannot_be(value, KTAP_M_ARITH))
		ktap_error(ck->diag, st->update.op_pos,
			   "'<<<' cannot feed with %s",
			   types_text(ck, value->types));
}

static bool check_if(struct checker *ck, struct stmt *st)
{
	struct clause *clause;
	bool goes_on = true;

	for (clause = st->clauses; clause; clause = clause->next) {
		if (clause->test)
			check_value(ck, clause->test);
		else
			goes_on = false;
	}
	for (clause = st->clauses; clause; clause = clause->next)
		goes_on |= check_block(ck, &clause->body);
	return goes_on;
}

/* Returns whether there was a "break". */
static bool check_body(struct checker *ck, struct block *body)
{
	bool continues = ck->continues, outer = ck->breaks, breaks;

	ck->loops++;
	ck->breaks = false;
	check_block(ck, body);
	breaks = ck->breaks;
	ck->breaks = outer;
	ck->loops--;
	ck->continues = continues;
	return breaks;
}

static bool check_while(struct checker *ck, struct stmt *st)
{
	bool breaks;

	check_value(ck, st->loop.test);
	breaks = check_body(ck, &st->loop.body);
	return breaks || ktap_truth(st->loop.test) != 1;
}

/* "until" sees the variables of the block. */
static bool check_repeat(struct checker *ck, struct stmt *st)
{
	bool continues = ck->continues, breaks = ck->breaks, ends;
	struct scope scope;
	struct sym *sym;

	open_scope(ck, &scope);
	declare_funcs(ck, st->loop.body.first);
	ck->loops++;
	ck->continues = false;
	ck->breaks = false;
	ends = check_stmts(ck, st->loop.body.first);
	ck->loops--;
	for (sym = scope.syms; sym; sym = sym->next)
		sym->maybe = ck->continues && !sym->value;
	ends |= ck->continues;
	check_value(ck, st->loop.test);
	ends &= ktap_truth(st->loop.test) != 0;
	ends |= ck->breaks;
	ck->continues = continues;
	ck->breaks = breaks;
	close_scope(ck);
	return ends;
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

static bool check_for_c(struct checker *ck, struct stmt *st)
{
	const struct decl *decl;
	struct scope scope;
	uint32_t nr = 0;
	bool ends;

	check_values(ck, st->loop.init);
	for (decl = st->loop.decls; decl; decl = decl->next)
		nr++;
	check_surplus(ck, st->loop.init, nr);
	open_scope(ck, &scope);
	declare_all(ck, st->loop.decls);
	init_types(st->loop.decls, st->loop.init);
	if (st->loop.test)
		check_value(ck, st->loop.test);
	ends = st->loop.test && ktap_truth(st->loop.test) != 1;
	ends |= check_body(ck, &st->loop.body);
	check_stmts(ck, st->loop.after);
	close_scope(ck);
	return ends;
}

static void check_loop_args(struct checker *ck, struct stmt *st)
{
	const struct builtin_loop *loop = &ktap_builtin_loops[st->loop.kind];
	struct expr *table = st->loop.init, *arg, *second;
	uint32_t nr = 0;

	for (arg = table; arg; arg = arg->next, nr++)
		check_value(ck, arg);
	if (st->loop.by->ptr) {
		const struct sym *sym = st->loop.by->ptr;

		ktap_error(ck->diag, st->loop.by_pos,
			   "'%s' means something else here", loop->name);
		ktap_note_at(ck->diag, sym->pos, "it is declared here");
		return;
	}
	check_where(ck, st->loop.by_pos, loop->name, loop->where);
	if (nr < loop->min || nr > loop->max) {
		ktap_error(ck->diag, st->loop.by_pos,
			   "'%s' takes %s%u argument%s, not %u", loop->name,
			   loop->min == loop->max ? "" :
			   nr < loop->min ? "at least " : "at most ",
			   nr < loop->min ? loop->min : loop->max,
			   (nr < loop->min ? loop->min : loop->max) == 1 ? "" :
			   "s", nr);
		return;
	}
	if (cannot_be(table, KTAP_M(TAB)))
		ktap_error(ck->diag, table->start,
			   "'%s' goes through a table, not %s", loop->name,
			   types_text(ck, table->types));
	second = table->next;
	if (!second)
		return;
	if (st->loop.kind == LOOP_TOP && cannot_be(second, KTAP_M(INT)))
		ktap_error(ck->diag, second->start,
			   "argument 2 of 'top' must be an integer, not %s",
			   types_text(ck, second->types));
	else if (st->loop.kind == LOOP_SORT_PAIRS &&
		 cannot_be(second, KTAP_M(FUNC) | KTAP_M(NIL)))
		ktap_error(ck->diag, second->start,
			   "argument 2 of 'sort_pairs' must be a function, not %s",
			   types_text(ck, second->types));
}

static void check_for_pairs(struct checker *ck, struct stmt *st)
{
	struct scope scope;

	check_loop_args(ck, st);
	open_scope(ck, &scope);
	declare_all(ck, st->loop.parts);
	declare_all(ck, st->loop.decls);
	check_body(ck, &st->loop.body);
	close_scope(ck);
}

/* Appends a function to those of the script. */
static void enter_func(struct checker *ck, struct func *func)
{
	struct script *script = ck->script;

	func->nr = script->nr_funcs++;
	if (script->last_func)
		script->last_func->next = func;
	script->last_func = func;
	if (func->nr == UINT16_MAX + 1)
		ktap_error(ck->diag, func->pos, "more than %d functions",
			   UINT16_MAX + 1);
}

static void check_func(struct checker *ck, struct func *func)
{
	struct checker inner = *ck;
	struct decl *param, *other;
	struct scope scope;

	enter_func(ck, func);
	inner.func = func;
	inner.loops = 0;
	open_scope(&inner, &scope);
	for (param = func->params; param; param = param->next) {
		for (other = func->params; other != param; other = other->next) {
			if (other->name != param->name)
				continue;
			ktap_error(ck->diag, param->pos,
				   "parameter '%s' is declared twice",
				   param->name->str);
			break;
		}
		declare(&inner, param);
	}
	if (func->handler && func->handler->trace.test) {
		inner.in_filter = true;
		check_value(&inner, func->handler->trace.test);
		inner.in_filter = false;
	}
	func->min_results = KTAP_NEVER_RETURNS;
	if (check_block(&inner, &func->body))
		func->min_results = 0;
	close_scope(&inner);
}

static enum ktap_proto_kind handler_kind(const struct stmt *st)
{
	if (st->kind == ST_END)
		return KTAP_PROTO_END;
	return st->trace.events->kind == KTAP_PROBE_TICK ? KTAP_PROTO_TICK :
		KTAP_PROTO_PROBE;
}

static void check_handler(struct checker *ck, struct stmt *st)
{
	struct func *func = ktap_arena_alloc(&ck->script->arena, sizeof(*func));
	struct event *event;

	/* What is wrong with both of them was told of the first one. */
	if (st->kind == ST_TRACE && st->trace.again && ck->diag->nr_errors)
		return;
	check_top(ck, st->pos, st->kind == ST_END ? "'trace_end'" : "'trace'",
		  NULL);
	func->kind = handler_kind(st);
	func->name = "trace_end";
	func->len = strlen(func->name);
	func->pos = st->pos;
	func->body = st->trace.body;
	func->handler = st;
	for (event = st->trace.events; event; event = event->next)
		ktap_event_resolve(ck->script, event);
	if (st->kind == ST_TRACE) {
		func->name = st->trace.events->str;
		func->len = st->trace.events->len;
		ktap_filter_choose(ck->script, &st->trace);
	}
	check_func(ck, func);
}

/* Whether a function is called that attaches to events. */
static bool is_attach(const struct checker *ck, const struct expr *ex)
{
	const struct expr *func = ex->call.func;

	return at_top(ck) && ex->kind == EX_CALL && is_lib(func) &&
		ktap_builtin_libs[KTAP_NAME_NR(func->index.table->name->idx)].event;
}

/* An event by its number, as the files "id" in tracefs have it. */
static struct event *event_of_id(struct checker *ck, const struct expr *ex)
{
	const char *name = NULL;

	if (ex->kind != EX_INT || ex->num < 0) {
		ktap_error(ck->diag, ex->start,
			   "the number of an event must be a constant");
		return NULL;
	}
	name = ktap_event_of_id(ck->script, ex->num);
	if (name)
		return ktap_event_named(ck->script, ex->start, "", name,
					strlen(name));
	ktap_error(ck->diag, ex->start, "no event has the number %lld",
		   (long long)ex->num);
	ktap_note(ck->diag,
		  "numbers are in the files events/SYSTEM/NAME/id of tracefs, which only root can read");
	return NULL;
}

/* One number or a table of them. */
static struct event *events_of_ids(struct checker *ck, struct expr *ex)
{
	struct event *first = NULL, **link = &first;
	const struct item *item;

	if (ex->kind != EX_TABLE)
		return event_of_id(ck, ex);
	for (item = ex->items; item; item = item->next) {
		*link = event_of_id(ck, item->value);
		if (!*link)
			return NULL;
		link = &(*link)->next;
	}
	if (!first)
		ktap_error(ck->diag, ex->start, "there are no numbers in it");
	return first;
}

/* An event by what is behind the beginning that the function stands for. */
static struct event *event_of_name(struct checker *ck, const struct expr *ex,
				   const struct builtin_lib *lib)
{
	const char *prefix = lib->event;
	size_t len = strlen(prefix);

	if (ex->kind != EX_STR) {
		ktap_error(ck->diag, ex->start,
			   "argument 1 of '%s.%s' must be a constant string",
			   lib->lib, lib->name);
		if (*prefix == 't' || *prefix == 'p')
			ktap_note(ck->diag, "\"10ms\" is a period");
		return NULL;
	}
	/* All of the name may be given, too. */
	if (!strncmp(ex->str, prefix, len) ||
	    (lib == &ktap_builtin_libs[LIB_KDEBUG_TRACEPOINT] &&
	     memchr(ex->str, ':', ex->len)))
		prefix = "";
	return ktap_event_named(ck->script, ex->start, prefix, ex->str, ex->len);
}

/* A block that calls a function. */
static struct block call_block(struct checker *ck, struct expr *func)
{
	struct stmt *st = ktap_arena_alloc(&ck->script->arena, sizeof(*st));
	struct expr *call = ktap_arena_alloc(&ck->script->arena, sizeof(*call));

	call->kind = EX_CALL;
	call->pos = func->start;
	call->start = func->start;
	call->call.func = func;
	st->kind = ST_CALL;
	st->pos = func->start;
	st->expr = call;
	return (struct block){ .first = st, .end = func->start };
}

/* Makes of a call that attaches to events the statement that does. */
static void check_attach(struct checker *ck, struct stmt *st)
{
	const struct builtin_lib *lib = find_lib(ck, st->expr->call.func);
	bool end = lib == &ktap_builtin_libs[LIB_KDEBUG_TRACE_END];
	bool ids = lib == &ktap_builtin_libs[LIB_KDEBUG_TRACE_BY_ID];
	struct expr *args = st->expr->call.args;
	struct event *events = NULL, *event;

	if (!lib)
		return;
	if (st->expr->call.nr_args != lib->min) {
		check_nr(ck, st->expr, quote(ck, full_name(ck, lib)),
			 lib->min, lib->max);
		return;
	}
	if (!end) {
		check_value(ck, args);
		if (args->kind == EX_ERROR)
			return;
		events = ids ? events_of_ids(ck, args) :
			event_of_name(ck, args, lib);
		if (!events)
			return;
		for (event = events; event; event = event->next)
			if (!ktap_event_parse(ck->script, event))
				return;
		args = args->next;
	}
	if (ktap_is_const(args) || args->kind == EX_TABLE) {
		ktap_error(ck->diag, args->start,
			   "argument %u of '%s.%s' must be a function", lib->min,
			   lib->lib, lib->name);
		return;
	}
	st->kind = end ? ST_END : ST_TRACE;
	st->trace = (struct trace){
		.events = events,
		.body = call_block(ck, args),
	};
	check_handler(ck, st);
}

/* Enters what a "return" gives. */
static void check_return(struct checker *ck, struct stmt *st)
{
	struct func *func = ck->func;
	const struct expr *value;
	struct func *callee;
	struct give *give;
	uint32_t nr = 0;

	check_values(ck, st->values);
	for (value = st->values; value && value->next; value = value->next)
		nr++;
	if (!value || !ktap_is_multi(value)) {
		ktap_add_results(func, nr + !!value, nr + !!value);
		return;
	}
	callee = value->call.kind == CALL_FUNC ? value->call.callee :
		&ck->script->any;
	give = ktap_arena_alloc(&ck->script->arena, sizeof(*give));
	give->func = func;
	give->fixed = nr;
	give->next = callee->gives;
	callee->gives = give;
}

/* Returns whether what follows can be reached. */
static bool check_stmt(struct checker *ck, struct stmt *st)
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
	case ST_FEED:
		check_feed(ck, st);
		break;
	case ST_CALL:
		if (is_attach(ck, st->expr))
			check_attach(ck, st);
		else
			check_expr(ck, st->expr);
		break;
	case ST_IF:
		return check_if(ck, st);
	case ST_WHILE:
		return check_while(ck, st);
	case ST_REPEAT:
		return check_repeat(ck, st);
	case ST_FOR_NUM:
		check_for_num(ck, st);
		break;
	case ST_FOR_C:
		return check_for_c(ck, st);
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
		ck->breaks |= st->kind == ST_BREAK;
		return false;
	case ST_RETURN:
		check_return(ck, st);
		return false;
	case ST_BLOCK:
		return check_block(ck, &st->block);
	case ST_FUNC:
		check_func(ck, st->func);
		break;
	case ST_TRACE:
	case ST_END:
		check_handler(ck, st);
		break;
	}
	return true;
}

static bool is_declaration(const struct stmt *st)
{
	return st->kind == ST_TRACE || st->kind == ST_END ||
		st->kind == ST_FUNC;
}

/* Returns whether what follows can be reached. */
static bool check_stmts(struct checker *ck, struct stmt *first)
{
	bool goes_on = true, told = false;
	struct stmt *st;

	for (st = first; st; st = st->next) {
		if (!goes_on && !told && !is_declaration(st)) {
			ktap_warning(ck->diag, st->pos,
				     "this code is never reached");
			told = true;
		}
		goes_on &= check_stmt(ck, st);
	}
	return goes_on;
}

static bool check_block(struct checker *ck, struct block *block)
{
	struct scope scope;
	bool goes_on;

	open_scope(ck, &scope);
	declare_funcs(ck, block->first);
	goes_on = check_stmts(ck, block->first);
	close_scope(ck);
	return goes_on;
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
		.func = &script->main,
	};

	ktap_enter_builtins(&script->names);
	script->last_call = &script->calls;
	script->main.kind = KTAP_PROTO_MAIN;
	script->main.name = "main";
	script->main.len = strlen(script->main.name);
	enter_func(&ck, &script->main);
	check_block(&ck, &script->main.body);
	if (!script->diag.nr_errors)
		ktap_resolve(script);
}
