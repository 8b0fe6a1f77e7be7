// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Expressions that have a type of the kernel
 *
 * A parameter, what a function returns and cast() have a type that the kernel
 * knows; what "->", "." and "[]" make of that has one again. Here they become what
 * a script could have written: an address, to which an offset is added, in
 * kernel_read() or kernel_string(), and shifts for the sign or for a bitfield. What
 * cannot be read is nil there, and so is all that is computed from it.
 *
 * What fits into no integer has its address as its value. An expression keeps
 * where it is read from, so that what follows it begins there.
 */
#include <string.h>

#include "fold.h"
#include "proto.h"
#include "types.h"

/* Whether the first bit of a bitfield is the one of least value. */
#define BITS_FROM_LEAST	(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/*
 * What expressions are made of
 */

static struct expr *new_expr(struct script *script, const struct expr *at,
			     enum expr_kind kind, uint32_t types)
{
	struct expr *ex = ktap_arena_alloc(&script->arena, sizeof(*ex));

	ex->kind = kind;
	ex->pos = at->pos;
	ex->start = at->start;
	ex->types = types;
	return ex;
}

static struct expr *new_int(struct script *script, const struct expr *at,
			    int64_t num)
{
	struct expr *ex = new_expr(script, at, EX_INT, KTAP_M(INT));

	ex->num = num;
	return ex;
}

/* @left becomes part of what is given. */
static struct expr *new_chain(struct script *script, const struct expr *at,
			      struct expr *left, enum token_type op,
			      struct expr *right)
{
	struct expr *ex = new_expr(script, at, EX_CHAIN, KTAP_M(INT));

	ex->types |= (left->types | right->types) & KTAP_M(NIL);
	ex->list = left;
	left->op = TOK_EOF;
	left->next = right;
	right->op = op;
	right->op_pos = at->pos;
	right->next = NULL;
	ktap_fold(ex, &script->arena);
	return ex;
}

static struct expr *operate(struct script *script, const struct expr *at,
			    struct expr *left, enum token_type op, int64_t num)
{
	if (!num && op != TOK_BITAND)
		return left;
	return new_chain(script, at, left, op, new_int(script, at, num));
}

static struct expr *call(struct script *script, const struct expr *at,
			 enum ktap_func id, struct expr *addr, uint64_t size)
{
	struct expr *ex = new_expr(script, at, EX_CALL, KTAP_M(NIL));

	ex->types |= id == KTAP_FUNC_KERNEL_READ ? KTAP_M(INT) : KTAP_M(STR);
	ex->call.kind = CALL_BUILTIN;
	ex->call.id = id;
	ex->call.args = addr;
	ex->call.nr_args = 1;
	addr->op = TOK_EOF;
	addr->next = NULL;
	if (!size)
		return ex;
	addr->next = new_int(script, at, size);
	ex->call.nr_args++;
	return ex;
}

static int64_t mask(uint32_t bits)
{
	return bits < 64 ? (int64_t)(((uint64_t)1 << bits) - 1) : -1;
}

/* An integer of so many bits, with @low others below them. */
static struct expr *take_bits(struct script *script, const struct expr *at,
			      struct expr *value, uint32_t low, uint32_t bits,
			      bool is_signed)
{
	if (is_signed) {
		value = operate(script, at, value, TOK_SHL, 64 - low - bits);
		return operate(script, at, value, TOK_SHR, 64 - bits);
	}
	value = operate(script, at, value, TOK_SHR, low);
	return bits < 64 ?
		operate(script, at, value, TOK_BITAND, mask(bits)) : value;
}

/*
 * Types
 */

/* Goes from a pointer to what it points to. */
static bool follow(struct typed *typed)
{
	uint32_t id = ktap_btf_strip(typed->btf, typed->type);

	if (typed->stars) {
		typed->stars--;
		return true;
	}
	if (ktap_btf_kind(typed->btf, id) != BTF_KIND_PTR)
		return false;
	typed->type = ktap_btf_target(typed->btf, id);
	return true;
}

/* The type itself, 0 for a pointer that the kernel may have no number for. */
static uint32_t type_of(const struct typed *typed)
{
	return typed->stars ? 0 : ktap_btf_strip(typed->btf, typed->type);
}

static bool is_struct(const struct typed *typed)
{
	uint32_t kind = ktap_btf_kind(typed->btf, type_of(typed));

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* Whether this is text: an array of "char", and not of "unsigned char". */
static bool is_text(const struct btf *btf, uint32_t id)
{
	uint32_t nr, elem = ktap_btf_element(btf, id, &nr);

	return elem && !strcmp(ktap_btf_name(btf, ktap_btf_strip(btf, elem)),
			       "char");
}

static const char *text_of(struct script *script, const struct typed *typed)
{
	struct strbuf sb = { 0 };
	const char *text;

	ktap_btf_text(typed->btf, typed->type, &sb);
	if (typed->stars && sb.str[sb.len - 1] != '*')
		ktap_strbuf_addc(&sb, ' ');
	ktap_strbuf_fill(&sb, '*', typed->stars);
	text = ktap_arena_dup(&script->arena, sb.str, sb.len);
	ktap_strbuf_destroy(&sb);
	return text;
}

/**
 * ktap_type_same - Whether two expressions have the same type
 * @a: type of the first one
 * @b: type of the second one
 *
 * Return: True if what follows one of them means the same after the other.
 */
bool ktap_type_same(const struct typed *a, const struct typed *b)
{
	struct typed one = *a, other = *b;
	unsigned int levels = 0;
	bool more;

	do {
		more = follow(&one);
		if (more != follow(&other))
			return false;
	} while (more && levels++ < 64);
	return ktap_btf_same(one.btf, one.type, other.btf, other.type);
}

/* Keeps what the type of an expression is. */
static void set_type(struct script *script, struct expr *ex,
		     const struct typed *typed)
{
	struct typed *keep = ktap_arena_alloc(&script->arena, sizeof(*keep));

	*keep = *typed;
	ex->typed = keep;
}

static struct expr *address(struct script *script, const struct expr *at,
			    const struct typed *typed)
{
	return operate(script, at, typed->addr, TOK_ADD, typed->off);
}

/* Reads the least aligned integer around a bitfield, or else what it is in. */
static struct expr *read_bits(struct script *script, struct expr *at,
			      const struct typed *typed,
			      const struct btf_place *place, bool is_signed)
{
	uint64_t from = 0, size, end = place->bit + place->bits;
	struct typed unit = *typed;
	uint32_t low;
	struct expr *ex;

	for (size = 1; size <= 8; size *= 2) {
		from = place->bit / (8 * size) * size;
		if (end <= 8 * (from + size))
			break;
	}
	if (size > 8) {
		size = 8;
		from = place->bit / 8;
	}
	if (end > 8 * (from + size)) {
		ktap_error(&script->diag, at->pos,
			   "this bitfield is in more than 8 bytes");
		return NULL;
	}
	unit.off += from;
	low = BITS_FROM_LEAST ? place->bit - 8 * from : 8 * (from + size) - end;
	ex = call(script, at, KTAP_FUNC_KERNEL_READ, address(script, at, &unit),
		  size);
	return take_bits(script, at, ex, low, place->bits, is_signed);
}

static struct expr *read_int(struct script *script, struct expr *at,
			     const struct typed *typed, uint32_t bits,
			     bool is_signed)
{
	struct expr *ex;

	ex = call(script, at, KTAP_FUNC_KERNEL_READ, address(script, at, typed),
		  bits / 8);
	return is_signed ? take_bits(script, at, ex, 0, bits, true) : ex;
}

static bool load_bits(struct script *script, struct expr *ex,
		      const struct typed *typed, const struct btf_place *place)
{
	uint32_t id = ktap_btf_strip(typed->btf, place->type);
	struct expr *value;

	if (!ktap_btf_int(typed->btf, id) || place->bits > 64) {
		ktap_error(&script->diag, ex->pos,
			   "the types of the kernel are damaged");
		return false;
	}
	value = read_bits(script, ex, typed, place,
			  ktap_btf_is_signed(typed->btf, id));
	if (value)
		ktap_expr_replace(ex, value);
	return value;
}

/* What is in memory, @place away from where @typed is. */
static bool load(struct script *script, struct expr *ex, struct typed *typed,
		 struct btf_place *place)
{
	uint32_t id = typed->stars ? 0 : ktap_btf_strip(typed->btf, place->type);
	uint32_t bits = ktap_btf_int(typed->btf, id), nr = 0;
	struct expr *addr, *value;

	if (typed->stars)
		bits = 8 * typed->btf->ptr_size;
	else if (bits && !place->bits && bits != 8 * ktap_btf_size(typed->btf, id))
		place->bits = bits;
	if (place->bits)
		return load_bits(script, ex, typed, place);

	typed->type = place->type;
	typed->off += place->bit / 8;
	/* It is used once more if something is inside of this. */
	addr = new_expr(script, ex, typed->addr->kind, typed->addr->types);
	*addr = *typed->addr;
	if (bits) {
		value = read_int(script, ex, typed, bits,
				 ktap_btf_is_signed(typed->btf, id));
	} else if (is_text(typed->btf, id)) {
		ktap_btf_element(typed->btf, id, &nr);
		value = call(script, ex, KTAP_FUNC_KERNEL_STRING,
			     address(script, ex, typed), nr);
	} else {
		value = address(script, ex, typed);
	}
	typed->addr = bits ? NULL : addr;
	ktap_expr_replace(ex, value);
	set_type(script, ex, typed);
	return true;
}

/*
 * What has a type
 */

/**
 * ktap_type_param - Make an expression a parameter of the function that is traced
 * @script: the script
 * @handler: the handler that it is in, all of whose events are functions
 * @ex: the expression
 * @name: the parameter
 *
 * Return: False if there is none, which was told.
 */
bool ktap_type_param(struct script *script, const struct stmt *handler,
		     struct expr *ex, const char *name)
{
	struct typed typed = { 0 };
	struct expr *value;
	struct param param;
	uint32_t id;

	if (!ktap_proto_param(script, handler->trace.events, ex->pos, name,
			      &param))
		return false;
	typed.btf = param.btf;
	typed.type = param.type;
	id = ktap_btf_strip(param.btf, param.type);
	value = new_expr(script, ex, EX_FIELD, KTAP_M_ARITH);
	value->field.kind = KTAP_FIELD_ARG;
	value->field.index = param.nr;
	/* What a register has above that is anything. */
	if (ktap_btf_kind(param.btf, id) != BTF_KIND_PTR)
		value = take_bits(script, ex, value, 0,
				  ktap_btf_int(param.btf, id),
				  ktap_btf_is_signed(param.btf, id));
	ktap_expr_replace(ex, value);
	set_type(script, ex, &typed);
	return true;
}

/**
 * ktap_type_result - Give "retval" the type that the functions return
 * @script: the script
 * @handler: the handler that it is in
 * @ex: the expression
 *
 * Return: False if it is not known, which was told.
 */
bool ktap_type_result(struct script *script, const struct stmt *handler,
		      struct expr *ex)
{
	struct typed typed = { 0 };
	struct param result;

	if (!ktap_proto_result(script, handler->trace.events, ex->start, &result))
		return false;
	typed.btf = result.btf;
	typed.type = result.type;
	set_type(script, ex, &typed);
	return true;
}

/**
 * ktap_type_var - Give a variable the type of what it was declared with
 * @script: the script
 * @ex: the variable
 * @init: type of its first value
 *
 * Return: False if its value has no type, as a string has none.
 */
bool ktap_type_var(struct script *script, struct expr *ex,
		   const struct typed *init)
{
	struct typed typed = *init;
	struct expr *addr;

	if (typed.addr) {
		if (is_text(typed.btf, type_of(&typed)))
			return false;
		addr = new_expr(script, ex, ex->kind, ex->types);
		*addr = *ex;
		typed.addr = addr;
		typed.off = 0;
	}
	set_type(script, ex, &typed);
	return true;
}

/* Takes stars and blanks off the end of a type. */
static uint32_t take_stars(char *name)
{
	size_t len = strlen(name);
	uint32_t stars = 0;

	while (len && (name[len - 1] == '*' || ktap_is_space(name[len - 1])))
		stars += name[--len] == '*';
	name[len] = '\0';
	return stars;
}

/* "struct NAME", "union NAME", "enum NAME" or NAME; finds the name. */
static uint32_t kinds_of(char **name)
{
	static const struct {
		const char *word;
		uint32_t kinds;
	} words[] = {
		{ "struct", KTAP_BTF_KIND(STRUCT) },
		{ "union", KTAP_BTF_KIND(UNION) },
		{ "enum", KTAP_BTF_KIND(ENUM) | KTAP_BTF_KIND(ENUM64) },
	};
	size_t i, len;

	while (ktap_is_space(**name))
		++*name;
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		len = strlen(words[i].word);
		if (strncmp(*name, words[i].word, len) ||
		    !ktap_is_space((*name)[len]))
			continue;
		for (*name += len; ktap_is_space(**name); ++*name)
			;
		return words[i].kinds;
	}
	return KTAP_BTF_KIND(TYPEDEF) | KTAP_BTF_KIND(INT);
}

static bool no_type(struct script *script, const struct expr *at,
		    const struct btf *btf, uint32_t kinds, const char *text,
		    const char *name)
{
	struct strbuf sb = { 0 };
	struct nearest near;

	ktap_error(&script->diag, at->start,
		   "the types of the kernel have no '%s'", text);
	if (!(kinds & KTAP_BTF_STRUCTS) && *name &&
	    ktap_btf_find(btf, KTAP_BTF_STRUCTS, name)) {
		ktap_note(&script->diag, "there is 'struct %s'", name);
		return false;
	}
	ktap_nearest_init(&near, name);
	ktap_btf_nearest(btf, kinds, &near);
	ktap_nearest_tell(&near, &sb);
	if (sb.len)
		ktap_note(&script->diag, "%s", sb.str);
	ktap_strbuf_destroy(&sb);
	return false;
}

/* Finds the type that cast() names. A structure is always somewhere. */
static bool find_type(struct script *script, const struct expr *at,
		      struct typed *typed)
{
	char *text = ktap_arena_dup(&script->arena, at->str, at->len);
	char *name = text;
	uint32_t kinds;

	typed->btf = ktap_proto_types(script, at->start);
	if (!typed->btf)
		return false;
	typed->stars = take_stars(text);
	kinds = kinds_of(&name);
	typed->type = *name ? ktap_btf_find(typed->btf, kinds, name) : 0;
	if (!typed->type)
		return no_type(script, at, typed->btf, kinds, text, name);
	if (is_struct(typed))
		typed->stars = 1;
	return true;
}

/**
 * ktap_type_cast - Give a value a type
 * @script: the script
 * @ex: the call of cast(), with a constant string and a value
 *
 * Return: False if there is no such type, which was told.
 */
bool ktap_type_cast(struct script *script, struct expr *ex)
{
	const struct expr *name = ex->call.args;
	struct expr *value = name->next;
	struct typed typed = { 0 };
	uint32_t id, bits;

	if (!find_type(script, name, &typed))
		return false;
	id = type_of(&typed);
	bits = ktap_btf_int(typed.btf, id);
	if (!typed.stars && !bits) {
		ktap_error(&script->diag, name->start,
			   "no value can have the type '%s'",
			   text_of(script, &typed));
		return false;
	}
	if (!typed.stars && bits < 64)
		value = take_bits(script, ex, value, 0, bits,
				  ktap_btf_is_signed(typed.btf, id));
	value->types &= KTAP_M_ARITH;
	ktap_expr_replace(ex, value);
	set_type(script, ex, &typed);
	return true;
}

/*
 * What is inside
 */

static bool wrong_base(struct script *script, const struct expr *ex)
{
	const struct typed *typed = ex->index.table->typed;
	struct typed target = *typed;
	const char *text = text_of(script, typed);
	bool pointer = follow(&target) && is_struct(&target);

	if (ex->index.arrow)
		ktap_error(&script->diag, ex->pos,
			   "'->' follows a pointer to a structure, and this is '%s'",
			   text);
	else
		ktap_error(&script->diag, ex->pos,
			   "'.' is for what is in a structure, and this is '%s'",
			   text);
	if (ex->index.arrow && is_struct(typed))
		ktap_note(&script->diag, "'.%.*s' is what is in it",
			  (int)ex->index.key->len, ex->index.key->str);
	else if (!ex->index.arrow && pointer)
		ktap_note(&script->diag, "'->%.*s' is what is where it points to",
			  (int)ex->index.key->len, ex->index.key->str);
	return false;
}

static bool no_member(struct script *script, const struct expr *ex,
		      const struct typed *typed, const char *name)
{
	uint32_t id = type_of(typed);
	struct strbuf sb = { 0 };
	struct nearest near;

	if (ktap_btf_kind(typed->btf, id) == BTF_KIND_FWD) {
		ktap_error(&script->diag, ex->pos,
			   "the types of the kernel do not tell what is in '%s'",
			   text_of(script, typed));
		ktap_note(&script->diag,
			  "a module may have it; kernel_read(addr, size) reads memory");
		return false;
	}
	ktap_error(&script->diag, ex->pos, "'%s' has no member '%s'",
		   text_of(script, typed), name);
	ktap_nearest_init(&near, name);
	ktap_btf_nearest_member(typed->btf, id, &near);
	ktap_nearest_tell(&near, &sb);
	if (sb.len)
		ktap_note(&script->diag, "%s", sb.str);
	ktap_strbuf_destroy(&sb);
	return false;
}

/**
 * ktap_type_member - Read a member of a structure
 * @script: the script
 * @ex: "->" or "." behind what has a type
 *
 * Return: False if there is none, which was told.
 */
bool ktap_type_member(struct script *script, struct expr *ex)
{
	struct expr *base = ex->index.table, *key = ex->index.key;
	struct typed typed = *base->typed;
	struct btf_place place;
	const char *name;
	uint32_t kind;

	if (ex->index.arrow) {
		if (!follow(&typed))
			return wrong_base(script, ex);
		typed.addr = base;
		typed.off = 0;
	}
	kind = ktap_btf_kind(typed.btf, type_of(&typed));
	if (!typed.addr || (!is_struct(&typed) && kind != BTF_KIND_FWD))
		return wrong_base(script, ex);
	name = ktap_arena_dup(&script->arena, key->str, key->len);
	if (!ktap_btf_member(typed.btf, type_of(&typed), name, &place))
		return no_member(script, ex, &typed, name);
	return load(script, ex, &typed, &place);
}

/* Finds what an array or pointer has elements of, and where they begin. */
static bool find_elements(struct script *script, const struct expr *ex,
			  struct typed *typed, struct btf_place *place)
{
	const struct expr *key = ex->index.key;
	uint32_t nr = 0;

	place->type = ktap_btf_element(typed->btf, type_of(typed), &nr);
	if (place->type) {
		if (key->kind != EX_INT || !nr ||
		    (uint64_t)key->num < nr)
			return true;
		ktap_error(&script->diag, key->start,
			   "'%s' has no element %lld", text_of(script, typed),
			   (long long)key->num);
		return false;
	}
	if (!follow(typed)) {
		ktap_error(&script->diag, ex->pos,
			   "'[]' follows an array or a pointer, and this is '%s'",
			   text_of(script, typed));
		return false;
	}
	typed->addr = ex->index.table;
	typed->off = 0;
	place->type = typed->type;
	return true;
}

/**
 * ktap_type_element - Read an element of an array
 * @script: the script
 * @ex: "[]" behind what has a type
 *
 * Return: False if there is none, which was told.
 */
bool ktap_type_element(struct script *script, struct expr *ex)
{
	struct typed typed = *ex->index.table->typed;
	struct expr *key = ex->index.key;
	struct btf_place place = { 0 };
	int64_t size;

	if (!find_elements(script, ex, &typed, &place))
		return false;
	size = typed.stars ? typed.btf->ptr_size :
		ktap_btf_size(typed.btf, place.type);
	if (!size) {
		ktap_error(&script->diag, ex->pos,
			   "the size of '%s' is not known",
			   text_of(script, &typed));
		return false;
	}
	if (key->kind == EX_INT) {
		typed.off += (uint64_t)key->num * size;
	} else {
		if (size != 1)
			key = operate(script, ex, key, TOK_MUL, size);
		typed.addr = new_chain(script, ex, typed.addr, TOK_ADD, key);
	}
	return load(script, ex, &typed, &place);
}
