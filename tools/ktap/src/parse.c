// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - From text to syntax tree
 *
 * Recursive descent; the grammar stands above each function. After an error
 * the rest of the statement is skipped, so that each statement has its own
 * first error and no consequences of it are shown.
 */
#include <string.h>

#include "builtin.h"
#include "event.h"
#include "filter.h"
#include "parse.h"

/**
 * struct parser - state of one run
 * @script: what is parsed
 * @diag: its messages
 * @lex: where tokens come from
 * @tok: the current token, which is not used up yet
 * @failed: the current statement has an error that was told of
 * @gave_up: nothing more is told, as it would be a consequence
 * @depth: of nested expressions and blocks
 * @deepest: greatest depth of an expression in the current function
 * @in_func: this is the body of a function
 * @in_filter: this is a filter, which ends with a slash
 * @braces: braces that are open
 * @brackets: other brackets that are open in the current statement
 */
struct parser {
	struct script *script;
	struct diag *diag;
	struct lexer lex;
	struct token tok;
	bool failed;
	bool gave_up;
	unsigned int depth;
	unsigned int deepest;
	bool in_func;
	bool in_filter;
	unsigned int braces;
	unsigned int brackets;
};

static struct expr *parse_expr(struct parser *p);
static void parse_block(struct parser *p, struct block *block);
static struct stmt *parse_simple(struct parser *p);

static void advance(struct parser *p)
{
	if (p->tok.type == TOK_LBRACE)
		p->braces++;
	else if (p->tok.type == TOK_RBRACE && p->braces)
		p->braces--;
	else if (p->tok.type == TOK_LPAREN || p->tok.type == TOK_LBRACKET)
		p->brackets++;
	else if ((p->tok.type == TOK_RPAREN || p->tok.type == TOK_RBRACKET) &&
		 p->brackets)
		p->brackets--;
	ktap_lex(&p->lex, &p->tok);
	if (p->tok.type == TOK_ERROR)
		p->failed = true;
}

/* Text of the current token, as far as it fits into a message. */
static const char *tok_text(const struct parser *p, int *len)
{
	const char *text = p->script->source.text + p->tok.pos, *end;

	*len = p->tok.end - p->tok.pos;
	if (p->tok.type == TOK_EOF) {
		text = p->in_filter ? "/" : ktap_token_names[TOK_EOF];
		*len = strlen(text);
	}
	end = memchr(text, '\n', *len);
	if (end)
		*len = end - text;
	if (*len > 40)
		*len = 40;
	return text;
}

/* The current token cannot be here. */
static bool bad_token(struct parser *p)
{
	const char *text;
	int len;

	if (p->failed || p->gave_up)
		return false;
	p->failed = true;
	/* All that is open now lacks its end. */
	p->gave_up = p->tok.type == TOK_EOF;
	text = tok_text(p, &len);
	ktap_error(p->diag, p->tok.pos, "unexpected symbol near '%.*s'", len,
		   text);
	return true;
}

/* Some other token should have come. */
static bool wanted(struct parser *p, const char *what)
{
	const char *text;
	int len;

	if (p->tok.type == TOK_EOF) {
		if (!bad_token(p))
			return false;
		ktap_note(p->diag, "%s is missing", what);
		return true;
	}
	if (p->failed || p->gave_up)
		return false;
	p->failed = true;
	text = tok_text(p, &len);
	ktap_error(p->diag, p->tok.pos, "%s expected near '%.*s'", what, len,
		   text);
	return true;
}

static bool check(const struct parser *p, enum token_type type)
{
	return p->tok.type == type && !p->failed;
}

static bool accept(struct parser *p, enum token_type type)
{
	if (!check(p, type))
		return false;
	advance(p);
	return true;
}

static bool expect(struct parser *p, enum token_type type)
{
	char what[16];

	if (accept(p, type))
		return true;
	snprintf(what, sizeof(what), "'%s'", ktap_token_names[type]);
	wanted(p, what);
	return false;
}

/* Expects what closes the sign at @open. */
static bool expect_close(struct parser *p, enum token_type type, uint32_t open)
{
	uint32_t line;
	char what[16];

	if (accept(p, type))
		return true;
	snprintf(what, sizeof(what), "'%s'", ktap_token_names[type]);
	line = ktap_source_linecol(&p->script->source, open).line;
	if (wanted(p, what) &&
	    line != ktap_source_linecol(&p->script->source, p->tok.pos).line)
		ktap_note_at(p->diag, open, "it would close this one");
	return false;
}

/* There is too much of something; the rest is not looked at. */
static void too_deep(struct parser *p, uint32_t pos)
{
	if (!p->failed && !p->gave_up)
		ktap_error(p->diag, pos, "more than %d levels of nesting",
			   KTAP_MAX_DEPTH);
	p->failed = true;
	p->gave_up = true;
	p->lex.pos = p->script->source.size;
	p->tok.type = TOK_EOF;
}

static bool enter(struct parser *p)
{
	if (++p->depth <= KTAP_MAX_DEPTH)
		return true;
	too_deep(p, p->tok.pos);
	return false;
}

static void leave(struct parser *p)
{
	p->depth--;
}

static void *new_node(struct parser *p, size_t size)
{
	return ktap_arena_alloc(&p->script->arena, size);
}

static struct expr *new_expr(struct parser *p, enum expr_kind kind,
			     uint32_t pos, uint32_t start)
{
	struct expr *ex = new_node(p, sizeof(*ex));

	ex->kind = kind;
	ex->pos = pos;
	ex->start = start;
	return ex;
}

static struct expr *error_expr(struct parser *p)
{
	return new_expr(p, EX_ERROR, p->tok.pos, p->tok.pos);
}

static void set_depth(struct parser *p, struct expr *ex,
		      const struct expr *child)
{
	if (!child || child->depth < ex->depth)
		return;
	ex->depth = child->depth + 1;
	if (ex->depth > p->deepest)
		p->deepest = ex->depth;
	if (ex->depth > KTAP_MAX_DEPTH)
		too_deep(p, ex->pos);
}

static void check_parts(struct parser *p, uint32_t pos, uint32_t nr)
{
	if (p->failed || (nr >= KTAP_MIN_PARTS && nr <= KTAP_MAX_PARTS))
		return;
	p->failed = true;
	ktap_error(p->diag, pos, "a compound key has %d to %d parts, not %u",
		   KTAP_MIN_PARTS, KTAP_MAX_PARTS, nr);
}

/* exprs = expr { "," expr } */
static struct expr *parse_exprs(struct parser *p, uint32_t *nr)
{
	struct expr *first = NULL, **link = &first;

	*nr = 0;
	do {
		*link = parse_expr(p);
		link = &(*link)->next;
		++*nr;
	} while (accept(p, TOK_COMMA));
	return first;
}

/* key = expr { "," expr } */
static struct expr *parse_key(struct parser *p)
{
	struct expr *first = parse_expr(p), *ex, *part;
	struct expr **link = &first->next;
	uint32_t nr = 1;

	if (!check(p, TOK_COMMA))
		return first;
	ex = new_expr(p, EX_KEY, first->start, first->start);
	ex->list = first;
	while (accept(p, TOK_COMMA)) {
		*link = parse_expr(p);
		link = &(*link)->next;
		nr++;
	}
	for (part = first; part; part = part->next)
		set_depth(p, ex, part);
	check_parts(p, ex->start, nr);
	return ex;
}

/* item = "[" key "]" "=" expr | NAME "=" expr | expr */
static struct item *parse_item(struct parser *p)
{
	struct item *item = new_node(p, sizeof(*item));
	uint32_t open = p->tok.pos;

	if (accept(p, TOK_LBRACKET)) {
		item->key = parse_key(p);
		expect_close(p, TOK_RBRACKET, open);
		expect(p, TOK_ASSIGN);
	} else if (check(p, TOK_NAME) && ktap_lex_peek(&p->lex, 0) == '=' &&
		   ktap_lex_peek(&p->lex, 1) != '=') {
		item->key = new_expr(p, EX_STR, p->tok.pos, p->tok.pos);
		item->key->str = p->tok.name->str;
		item->key->len = p->tok.name->len;
		advance(p);
		advance(p);
	}
	item->value = parse_expr(p);
	return item;
}

/* table = "{" [ item { ("," | ";") item } [ "," | ";" ] ] "}" */
static struct expr *parse_table(struct parser *p)
{
	struct expr *ex = new_expr(p, EX_TABLE, p->tok.pos, p->tok.pos);
	struct item **link = &ex->items;

	advance(p);
	while (!p->failed && p->tok.type != TOK_RBRACE) {
		*link = parse_item(p);
		set_depth(p, ex, (*link)->key);
		set_depth(p, ex, (*link)->value);
		link = &(*link)->next;
		if (!accept(p, TOK_COMMA) && !accept(p, TOK_SEMICOLON))
			break;
	}
	expect_close(p, TOK_RBRACE, ex->pos);
	return ex;
}

static struct expr *parse_literal(struct parser *p, enum expr_kind kind)
{
	struct expr *ex = new_expr(p, kind, p->tok.pos, p->tok.pos);

	switch (kind) {
	case EX_INT:
	case EX_ARG:
		ex->num = p->tok.num;
		break;
	case EX_STR:
		ex->str = p->tok.str;
		ex->len = p->tok.len;
		break;
	case EX_NAME:
	case EX_KSYM:
		ex->name = p->tok.name;
		break;
	default:
		break;
	}
	advance(p);
	return ex;
}

/* names = NAME { "," NAME } */
static struct decl *parse_names(struct parser *p, const char *what,
				uint32_t *nr)
{
	struct decl *first = NULL, **link = &first;

	*nr = 0;
	do {
		if (!check(p, TOK_NAME)) {
			wanted(p, what);
			break;
		}
		*link = new_node(p, sizeof(**link));
		(*link)->name = p->tok.name;
		(*link)->pos = p->tok.pos;
		link = &(*link)->next;
		++*nr;
		advance(p);
	} while (accept(p, TOK_COMMA));
	return first;
}

/* "(" [ names ] ")" */
static void parse_params(struct parser *p, struct func *func)
{
	uint32_t open = p->tok.pos;

	expect(p, TOK_LPAREN);
	if (!check(p, TOK_RPAREN))
		func->params = parse_names(p, "name of a parameter",
					   &func->nr_params);
	if (!p->failed && func->nr_params > KTAP_MAX_PARAMS) {
		ktap_error(p->diag, func->params->pos,
			   "a function has at most %d parameters, not %u",
			   KTAP_MAX_PARAMS, func->nr_params);
		p->failed = true;
	}
	expect_close(p, TOK_RPAREN, open);
}

/* "function" [ NAME ] "(" [ names ] ")" block */
static struct func *parse_func(struct parser *p, bool named,
			       unsigned int *depth)
{
	struct func *func = new_node(p, sizeof(*func));
	unsigned int deepest = p->deepest;
	bool in_func = p->in_func;

	func->kind = KTAP_PROTO_FUNC;
	func->pos = p->tok.pos;
	advance(p);
	if (named && check(p, TOK_NAME)) {
		func->name = p->tok.name->str;
		func->len = p->tok.name->len;
		func->pos = p->tok.pos;
		advance(p);
		if (check(p, TOK_DOT) && bad_token(p))
			ktap_note(p->diag,
				  "t.name = function (...) { ... } makes it an entry of a table");
	} else if (named) {
		wanted(p, "name of a function");
	}
	parse_params(p, func);

	p->in_func = true;
	p->deepest = 0;
	parse_block(p, &func->body);
	p->in_func = in_func;
	*depth = p->deepest;
	if (p->deepest < deepest)
		p->deepest = deepest;
	return func;
}

static struct expr *parse_func_value(struct parser *p)
{
	struct expr *ex = new_expr(p, EX_FUNC, p->tok.pos, p->tok.pos);
	struct expr inside = { 0 };

	ex->func = parse_func(p, false, &inside.depth);
	set_depth(p, ex, &inside);
	return ex;
}

/* Is there something as "#t" before this token, which is the length of t elsewhere? */
static bool lost_name(const struct parser *p)
{
	const struct source *src = &p->script->source;
	uint32_t pos = p->tok.after;

	while (pos < src->size && src->text[pos] == ' ')
		pos++;
	return pos + 1 < src->size && src->text[pos] == '#' &&
	       ktap_is_alpha(src->text[pos + 1]);
}

/*
 * primary = NAME | INT | STR | ARG | KSYM | "nil" | "true" | "false" | table
 *	   | "function" "(" [ names ] ")" block | "(" expr ")"
 */
static struct expr *parse_primary(struct parser *p)
{
	uint32_t open = p->tok.pos;
	struct expr *ex;

	if (p->failed)
		return error_expr(p);

	switch (p->tok.type) {
	case TOK_NAME:
		return parse_literal(p, EX_NAME);
	case TOK_INT:
		return parse_literal(p, EX_INT);
	case TOK_STR:
		return parse_literal(p, EX_STR);
	case TOK_ARG:
		return parse_literal(p, EX_ARG);
	case TOK_KSYM:
		return parse_literal(p, EX_KSYM);
	case TOK_NIL:
		return parse_literal(p, EX_NIL);
	case TOK_TRUE:
		return parse_literal(p, EX_TRUE);
	case TOK_FALSE:
		return parse_literal(p, EX_FALSE);
	case TOK_LBRACE:
		return parse_table(p);
	case TOK_LPAREN:
		advance(p);
		ex = parse_expr(p);
		expect_close(p, TOK_RPAREN, open);
		ex->single = true;
		return ex;
	case TOK_FUNCTION:
		return parse_func_value(p);
	default:
		break;
	}
	if (bad_token(p)) {
		if (p->tok.type == TOK_INC || p->tok.type == TOK_DEC)
			ktap_note(p->diag,
				  "'++' and '--' follow a variable, as a statement of their own");
		if (p->tok.type == TOK_DEC || p->tok.type == TOK_DIV)
			ktap_note(p->diag, "a comment begins with '#'");
		else if (lost_name(p))
			ktap_note(p->diag, "'#' begins a comment; len(t) is the length of t");
	}
	return error_expr(p);
}

/* "." NAME, "->" NAME */
static struct expr *parse_dot(struct parser *p, struct expr *base)
{
	struct expr *ex = new_expr(p, EX_INDEX, p->tok.pos, base->start);
	bool word;

	ex->index.arrow = p->tok.type == TOK_ARROW;
	advance(p);
	word = check(p, TOK_NAME) ||
		(p->tok.type >= TOK_AND && p->tok.type <= TOK_WHILE);
	if (!word) {
		wanted(p, ex->index.arrow ? "name of a member" :
		       "name of a field");
		return ex;
	}
	ex->pos = p->tok.pos;
	ex->index.table = base;
	ex->index.dot = !ex->index.arrow;
	ex->index.key = new_expr(p, EX_STR, p->tok.pos, p->tok.pos);
	ex->index.key->str = p->script->source.text + p->tok.pos;
	ex->index.key->len = p->tok.end - p->tok.pos;
	advance(p);
	set_depth(p, ex, base);
	return ex;
}

static struct expr *parse_index(struct parser *p, struct expr *base)
{
	struct expr *ex = new_expr(p, EX_INDEX, p->tok.pos, base->start);

	advance(p);
	ex->index.table = base;
	ex->index.key = parse_key(p);
	expect_close(p, TOK_RBRACKET, ex->pos);
	set_depth(p, ex, base);
	set_depth(p, ex, ex->index.key);
	return ex;
}

static struct expr *parse_call(struct parser *p, struct expr *base)
{
	struct expr *ex = new_expr(p, EX_CALL, p->tok.pos, base->start);
	struct expr *arg;

	if (p->tok.bol && !p->brackets) {
		ktap_error(p->diag, p->tok.pos,
			   "this could be a call of what is before, or a statement of its own");
		ktap_note(p->diag, "put ';' before it, or put it on the same line");
		p->failed = true;
		return ex;
	}
	advance(p);
	ex->call.func = base;
	if (!check(p, TOK_RPAREN))
		ex->call.args = parse_exprs(p, &ex->call.nr_args);
	expect_close(p, TOK_RPAREN, ex->pos);
	set_depth(p, ex, base);
	for (arg = ex->call.args; arg; arg = arg->next)
		set_depth(p, ex, arg);
	return ex;
}

/* postfix = primary { "." NAME | "->" NAME | "[" key "]" | "(" [ exprs ] ")" } */
static struct expr *parse_postfix(struct parser *p)
{
	struct expr *ex = parse_primary(p);

	/* What follows the brace of a function belongs to it only in brackets. */
	while (!p->failed && (ex->kind != EX_FUNC || ex->single)) {
		if (p->tok.type == TOK_DOT || p->tok.type == TOK_ARROW)
			ex = parse_dot(p, ex);
		else if (p->tok.type == TOK_LBRACKET)
			ex = parse_index(p, ex);
		else if (p->tok.type == TOK_LPAREN)
			ex = parse_call(p, ex);
		else
			break;
	}
	return ex;
}

/* unary = [ "-" | "!" | "not" | "~" ] unary | postfix */
static struct expr *parse_unary(struct parser *p)
{
	struct expr *ex;

	if (p->failed || (p->tok.type != TOK_SUB && p->tok.type != TOK_LOGNOT &&
			  p->tok.type != TOK_NOT && p->tok.type != TOK_BITNOT))
		return parse_postfix(p);

	ex = new_expr(p, EX_UNARY, p->tok.pos, p->tok.pos);
	ex->unary.op = p->tok.type == TOK_NOT ? TOK_LOGNOT : p->tok.type;
	advance(p);
	if (!enter(p))
		return error_expr(p);
	ex->unary.arg = parse_unary(p);
	leave(p);
	set_depth(p, ex, ex->unary.arg);
	return ex;
}

/* From loosest to tightest; 0 is no binary operator. */
static const unsigned char precedence[TOK_NR] = {
	[TOK_OR] = 1, [TOK_LOGOR] = 1,
	[TOK_AND] = 2, [TOK_LOGAND] = 2,
	[TOK_EQ] = 3, [TOK_NE] = 3, [TOK_LT] = 3, [TOK_LE] = 3, [TOK_GT] = 3,
	[TOK_GE] = 3,
	[TOK_BITOR] = 4,
	[TOK_XOR] = 5,
	[TOK_BITAND] = 6,
	[TOK_SHL] = 7, [TOK_SHR] = 7,
	[TOK_CONCAT] = 8,
	[TOK_ADD] = 9, [TOK_SUB] = 9,
	[TOK_MUL] = 10, [TOK_DIV] = 10, [TOK_MOD] = 10,
};

static enum expr_kind chain_kind(enum token_type op)
{
	switch (op) {
	case TOK_OR:
	case TOK_LOGOR:
		return EX_OR;
	case TOK_AND:
	case TOK_LOGAND:
		return EX_AND;
	case TOK_CONCAT:
		return EX_CONCAT;
	default:
		return EX_CHAIN;
	}
}

/* binary = unary { OP unary }, OP by the table above */
static struct expr *parse_binary(struct parser *p, unsigned int min)
{
	struct expr *left = parse_unary(p), *ex, **link;
	unsigned int prec;

	while (!p->failed) {
		prec = precedence[p->tok.type];
		if (!prec || prec < min)
			break;

		ex = new_expr(p, chain_kind(p->tok.type), p->tok.pos,
			      left->start);
		ex->list = left;
		set_depth(p, ex, left);
		link = &left->next;
		while (!p->failed && precedence[p->tok.type] == prec) {
			enum token_type op = p->tok.type;
			uint32_t pos = p->tok.pos;

			advance(p);
			*link = parse_binary(p, prec + 1);
			(*link)->op = op;
			(*link)->op_pos = pos;
			set_depth(p, ex, *link);
			link = &(*link)->next;
		}
		left = ex;
	}
	return left;
}

/* expr = binary [ "?" expr ":" expr ] */
static struct expr *parse_expr(struct parser *p)
{
	struct expr *ex, *test;

	if (!enter(p))
		return error_expr(p);
	ex = parse_binary(p, 1);
	if (check(p, TOK_QUESTION)) {
		test = ex;
		ex = new_expr(p, EX_COND, p->tok.pos, test->start);
		ex->cond.test = test;
		advance(p);
		ex->cond.yes = parse_expr(p);
		expect(p, TOK_COLON);
		ex->cond.no = parse_expr(p);
		set_depth(p, ex, test);
		set_depth(p, ex, ex->cond.yes);
		set_depth(p, ex, ex->cond.no);
	}
	leave(p);
	return ex;
}

static struct stmt *new_stmt(struct parser *p, enum stmt_kind kind,
			     uint32_t pos)
{
	struct stmt *st = new_node(p, sizeof(*st));

	st->kind = kind;
	st->pos = pos;
	return st;
}

/* var = "var" names [ "=" exprs ] */
static struct stmt *parse_var(struct parser *p)
{
	struct stmt *st = new_stmt(p, ST_VAR, p->tok.pos);
	uint32_t nr;

	advance(p);
	st->assign.decls = parse_names(p, "name of a variable", &nr);
	if (accept(p, TOK_ASSIGN))
		st->assign.values = parse_exprs(p, &nr);
	return st;
}

/* "(" expr ")" */
static struct expr *parse_test(struct parser *p)
{
	uint32_t open = p->tok.pos;
	struct expr *ex;

	expect(p, TOK_LPAREN);
	ex = parse_expr(p);
	if (check(p, TOK_ASSIGN) && bad_token(p))
		ktap_note(p->diag, "'==' compares");
	expect_close(p, TOK_RPAREN, open);
	return ex;
}

/*
 * if = "if" test block { ("elseif" | "else" "if") test block }
 *	[ "else" block ]
 */
static struct stmt *parse_if(struct parser *p)
{
	struct stmt *st = new_stmt(p, ST_IF, p->tok.pos);
	struct clause **link = &st->clauses, *clause;
	bool more = true;

	advance(p);
	while (more && !p->failed) {
		clause = new_node(p, sizeof(*clause));
		clause->test = parse_test(p);
		parse_block(p, &clause->body);
		*link = clause;
		link = &clause->next;

		more = accept(p, TOK_ELSEIF);
		if (more || !accept(p, TOK_ELSE))
			continue;
		more = accept(p, TOK_IF);
		if (more)
			continue;
		clause = new_node(p, sizeof(*clause));
		parse_block(p, &clause->body);
		*link = clause;
	}
	return st;
}

/* while = "while" test block */
static struct stmt *parse_while(struct parser *p)
{
	struct stmt *st = new_stmt(p, ST_WHILE, p->tok.pos);

	advance(p);
	st->loop.test = parse_test(p);
	parse_block(p, &st->loop.body);
	return st;
}

/* repeat = "repeat" block "until" test */
static struct stmt *parse_repeat(struct parser *p)
{
	struct stmt *st = new_stmt(p, ST_REPEAT, p->tok.pos);

	advance(p);
	parse_block(p, &st->loop.body);
	expect(p, TOK_UNTIL);
	st->loop.test = parse_test(p);
	return st;
}

static bool is_loop(const struct parser *p, unsigned int *kind)
{
	if (!check(p, TOK_NAME))
		return false;
	for (*kind = 0; *kind < LOOP_NR; ++*kind)
		if (!strcmp(p->tok.name->str, ktap_builtin_loops[*kind].name))
			return true;
	return false;
}

/* "in" ("pairs" | "sort_pairs" | "top") "(" exprs ")" */
static void parse_for_in(struct parser *p, struct stmt *st)
{
	const struct decl *extra = st->loop.decls;
	uint32_t open, nr;

	st->kind = ST_FOR_PAIRS;
	if (extra && !st->loop.parts)
		extra = extra->next;
	if (extra && extra->next && !p->failed) {
		ktap_error(p->diag, extra->next->pos,
			   "'pairs' gives a key and a value");
		p->failed = true;
	}
	if (!is_loop(p, &st->loop.kind)) {
		if (wanted(p, "'pairs', 'sort_pairs' or 'top'"))
			ktap_note(p->diag, "for (k, v in pairs(t)) { ... }");
		return;
	}
	st->loop.by = p->tok.name;
	st->loop.by_pos = p->tok.pos;
	advance(p);
	open = p->tok.pos;
	expect(p, TOK_LPAREN);
	if (!check(p, TOK_RPAREN))
		st->loop.init = parse_exprs(p, &nr);
	expect_close(p, TOK_RPAREN, open);
}

/* "[" names "]" [ "," NAME ] "in" ... */
static void parse_for_parts(struct parser *p, struct stmt *st)
{
	uint32_t open = p->tok.pos, nr;

	advance(p);
	st->loop.parts = parse_names(p, "name of a variable", &nr);
	check_parts(p, open, nr);
	expect_close(p, TOK_RBRACKET, open);
	if (accept(p, TOK_COMMA))
		st->loop.decls = parse_names(p, "name of a variable", &nr);
	expect(p, TOK_IN);
	parse_for_in(p, st);
}

/* "," expr [ "," expr ] */
static void parse_for_num(struct parser *p, struct stmt *st)
{
	st->kind = ST_FOR_NUM;
	st->loop.test = parse_expr(p);
	if (accept(p, TOK_COMMA))
		st->loop.step = parse_expr(p);
}

/* ";" [ expr ] ";" [ simple { "," simple } ] */
static void parse_for_c(struct parser *p, struct stmt *st)
{
	struct stmt **link = &st->loop.after;

	st->kind = ST_FOR_C;
	expect(p, TOK_SEMICOLON);
	if (!check(p, TOK_SEMICOLON))
		st->loop.test = parse_expr(p);
	expect(p, TOK_SEMICOLON);
	if (check(p, TOK_RPAREN))
		return;
	do {
		*link = parse_simple(p);
		link = &(*link)->next;
	} while (accept(p, TOK_COMMA));
}

/*
 * for = "for" "(" NAME [ "," NAME ] "in" PAIRS "(" exprs ")" ")" block
 *     | "for" "(" "[" names "]" [ "," NAME ] "in" PAIRS "(" exprs ")" ")"
 *	 block
 *     | "for" "(" NAME "=" expr "," expr [ "," expr ] ")" block
 *     | "for" "(" [ [ "var" ] names "=" exprs ] ";" [ expr ] ";"
 *	 [ simple { "," simple } ] ")" block
 */
static struct stmt *parse_for(struct parser *p)
{
	struct stmt *st = new_stmt(p, ST_FOR_C, p->tok.pos);
	struct expr **link = &st->loop.init;
	uint32_t open, nr;

	advance(p);
	open = p->tok.pos;
	expect(p, TOK_LPAREN);
	if (check(p, TOK_LBRACKET)) {
		parse_for_parts(p, st);
		goto body;
	}
	if (!check(p, TOK_SEMICOLON)) {
		accept(p, TOK_VAR);
		st->loop.decls = parse_names(p, "name of a variable", &nr);
		if (accept(p, TOK_IN)) {
			parse_for_in(p, st);
			goto body;
		}
		if (!check(p, TOK_ASSIGN) && wanted(p, "'=' or 'in'"))
			ktap_note(p->diag,
				  "for (i = 1, 10), for (i = 0; i < 10; i++) or for (k, v in pairs(t))");
		accept(p, TOK_ASSIGN);
		*link = parse_expr(p);
		if (st->loop.decls && !st->loop.decls->next &&
		    accept(p, TOK_COMMA)) {
			parse_for_num(p, st);
			goto body;
		}
		while (accept(p, TOK_COMMA)) {
			link = &(*link)->next;
			*link = parse_expr(p);
		}
	}
	parse_for_c(p, st);
body:
	expect_close(p, TOK_RPAREN, open);
	parse_block(p, &st->loop.body);
	return st;
}

/* Whether what follows "return" is a value. */
static bool begins_value(const struct parser *p)
{
	switch (p->tok.type) {
	case TOK_NAME:
	case TOK_INT:
	case TOK_STR:
	case TOK_ARG:
	case TOK_KSYM:
	case TOK_NIL:
	case TOK_TRUE:
	case TOK_FALSE:
	case TOK_NOT:
	case TOK_LOGNOT:
	case TOK_SUB:
	case TOK_BITNOT:
	case TOK_LPAREN:
		return true;
	case TOK_LBRACE:
		/* On a line of its own that is a block. */
		return !p->tok.bol;
	case TOK_FUNCTION:
		return ktap_lex_peek(&p->lex, 0) == '(';
	default:
		/* What cannot be here is an error on the same line. */
		return !p->tok.bol && p->tok.type != TOK_SEMICOLON &&
			p->tok.type != TOK_RBRACE && p->tok.type != TOK_EOF;
	}
}

/* return = "return" [ exprs ], without values but in a function */
static struct stmt *parse_return(struct parser *p)
{
	struct stmt *st = new_stmt(p, ST_RETURN, p->tok.pos);
	uint32_t nr, pos;

	advance(p);
	pos = p->tok.pos;
	if (!begins_value(p) || (p->tok.bol && !p->in_func))
		return st;
	st->values = parse_exprs(p, &nr);
	if (!p->failed && !p->in_func) {
		ktap_error(p->diag, pos,
			   "there is no function to return a value from");
		p->failed = true;
	} else if (!p->failed && nr > KTAP_MAX_RESULTS) {
		ktap_error(p->diag, pos,
			   "a function returns at most %d values, not %u",
			   KTAP_MAX_RESULTS, nr);
		p->failed = true;
	}
	return st;
}

static struct stmt *parse_func_stmt(struct parser *p)
{
	struct stmt *st = new_stmt(p, ST_FUNC, p->tok.pos);
	unsigned int depth;

	st->func = parse_func(p, true, &depth);
	return st;
}

/*
 * EVENT { "," EVENT }, each of which "%return" can follow. The current token is
 * not used, and nothing behind the lexer's position was read.
 */
static void parse_events(struct parser *p, struct trace *trace)
{
	struct event **link = &trace->events;
	struct text spec, more;

	for (;;) {
		spec = ktap_lex_event(&p->lex);
		if (!spec.len) {
			advance(p);
			wanted(p, "an event");
			return;
		}
		if (ktap_lex_peek(&p->lex, 0) == '%') {
			more = ktap_lex_event(&p->lex);
			*link = ktap_event_new(p->script, spec, more);
		} else {
			*link = ktap_event_new(p->script, spec,
					       (struct text){ 0 });
		}
		if (!*link || !ktap_event_parse(p->script, *link)) {
			p->failed = true;
			return;
		}
		link = &(*link)->next;
		if (ktap_lex_peek(&p->lex, 0) != ',')
			break;
		advance(p);
	}
}

/* { NAME "=" FETCH }, which are for probes only */
static void parse_fetches(struct parser *p, struct trace *trace)
{
	struct fetch **link = &trace->fetches;
	const struct fetch *other;
	struct text name, text;

	while (!p->failed && ktap_lex_fetch(&p->lex, &name, &text)) {
		*link = new_node(p, sizeof(**link));
		(*link)->name = ktap_strtab_get(p->lex.names,
						p->script->source.text + name.pos,
						name.len);
		(*link)->text = text;
		p->failed = !ktap_event_can_fetch(p->script, trace->events,
						  &name, &text);
		for (other = trace->fetches; other != *link && !p->failed;
		     other = other->next) {
			if (other->name != (*link)->name)
				continue;
			ktap_error(p->diag, text.pos, "'%s' is fetched twice",
				   other->name->str);
			ktap_note_at(p->diag, other->text.pos,
				     "it is fetched here already");
			p->failed = true;
		}
		link = &(*link)->next;
	}
}

/* The filter as an expression; NULL if it is none, which is told if @quiet is not set. */
static struct expr *parse_filter(const struct parser *outer, struct text filter,
				 bool quiet)
{
	struct parser p = {
		.script = outer->script,
		.diag = outer->diag,
		.lex = outer->lex,
		.in_filter = true,
	};
	bool was_quiet = p.diag->quiet;
	struct expr *ex;

	p.lex.pos = filter.pos;
	p.lex.end = filter.pos + filter.len;
	p.lex.last_end = p.lex.end;
	p.diag->quiet |= quiet;
	advance(&p);
	ex = parse_expr(&p);
	if (p.tok.type == TOK_ASSIGN && bad_token(&p))
		ktap_note(p.diag, "'==' compares");
	if (p.tok.type != TOK_EOF && bad_token(&p) && p.tok.type == TOK_BITNOT)
		ktap_note(p.diag, "only filters of trace events have '~'");
	p.diag->quiet = was_quiet;
	return p.failed ? NULL : ex;
}

/* [ "/" FILTER "/" ] */
static void parse_filters(struct parser *p, struct trace *trace)
{
	bool quiet;

	if (p->failed || ktap_lex_peek(&p->lex, 0) != '/')
		return;
	/* Finds the place of the slash. */
	ktap_lex_event(&p->lex);
	if (!ktap_lex_filter(&p->lex, &trace->filter)) {
		p->failed = true;
		return;
	}
	quiet = ktap_filter_may_be_kernels(p->script, trace);
	trace->test = parse_filter(p, trace->filter, quiet);
	if (!trace->test && !quiet)
		p->failed = true;
}

/* Takes the events of timers "tick" out of a list that has others, too. */
static struct event *take_ticks(struct event **link)
{
	struct event *ticks = NULL, **last = &ticks, *event;
	struct event **first = link;

	while ((event = *link)) {
		if (event->kind != KTAP_PROBE_TICK) {
			link = &event->next;
			continue;
		}
		*link = event->next;
		event->next = NULL;
		*last = event;
		last = &event->next;
	}
	if (!*first) {
		*first = ticks;
		return NULL;
	}
	return ticks;
}

/*
 * A tick runs in a context of its own, so a handler that it shares is compiled
 * twice. That makes two statements, both from the same text.
 */
static void parse_again(struct parser *p, const struct parser *start,
			struct stmt *st, struct event *ticks)
{
	struct stmt *again = new_stmt(p, ST_TRACE, st->pos);
	bool quiet = p->diag->quiet;
	struct parser copy = *start;

	again->trace = (struct trace){
		.events = ticks,
		.filter = st->trace.filter,
		.again = true,
	};
	copy.diag->quiet = true;
	if (st->trace.filter.len)
		again->trace.test = parse_filter(&copy, st->trace.filter, true);
	parse_block(&copy, &again->trace.body);
	copy.diag->quiet = quiet;
	st->next = again;
}

/*
 * trace = [ "trace" ] EVENT { "," EVENT } { NAME "=" FETCH } [ "/" FILTER "/" ]
 *	   block
 */
static struct stmt *parse_trace(struct parser *p)
{
	struct stmt *st = new_stmt(p, ST_TRACE, p->tok.pos);
	struct event *ticks = NULL;
	struct parser start;

	parse_events(p, &st->trace);
	if (!p->failed) {
		parse_fetches(p, &st->trace);
		parse_filters(p, &st->trace);
	}
	if (!p->failed) {
		advance(p);
		if (check(p, TOK_DIV))
			wanted(p, "one filter behind the last event, then '{',");
		if (!check(p, TOK_LBRACE) && !check(p, TOK_COMMA))
			wanted(p, "',' or '{'");
		if (!p->depth)
			ticks = take_ticks(&st->trace.events);
	}
	start = *p;
	parse_block(p, &st->trace.body);
	if (ticks && !p->failed)
		parse_again(p, &start, st, ticks);
	return st;
}

/* trace_end = "trace_end" block */
static struct stmt *parse_trace_end(struct parser *p)
{
	struct stmt *st = new_stmt(p, ST_END, p->tok.pos);

	advance(p);
	if (check(p, TOK_DIV)) {
		ktap_error(p->diag, p->tok.pos,
			   "a filter belongs to an event, and trace_end has none");
		p->failed = true;
	}
	parse_block(p, &st->trace.body);
	return st;
}

static bool is_update(enum token_type type)
{
	return (type >= TOK_ADD_SET && type <= TOK_XOR_SET) ||
		type == TOK_SHL_SET || type == TOK_SHR_SET ||
		type == TOK_INC || type == TOK_DEC;
}

static bool can_assign(const struct expr *ex)
{
	return ex->kind == EX_NAME || ex->kind == EX_INDEX;
}

static void cannot_assign(struct parser *p, const struct expr *ex)
{
	if (p->failed || can_assign(ex))
		return;
	ktap_error(p->diag, ex->start, "this cannot be assigned to");
	if (p->tok.type == TOK_DEC)
		ktap_note(p->diag, "a comment begins with '#'");
	p->failed = true;
}

static struct stmt *parse_update(struct parser *p, struct expr *target)
{
	struct stmt *st = new_stmt(p, ST_UPDATE, target->start);

	cannot_assign(p, target);
	st->update.target = target;
	st->update.op_pos = p->tok.pos;
	st->update.op = p->tok.type;
	advance(p);
	if (st->update.op != TOK_INC && st->update.op != TOK_DEC)
		st->update.value = parse_expr(p);
	return st;
}

static struct stmt *parse_feed(struct parser *p, struct expr *target)
{
	struct stmt *st = new_stmt(p, ST_FEED, target->start);

	st->update.target = target;
	st->update.op_pos = p->tok.pos;
	advance(p);
	st->update.value = parse_expr(p);
	return st;
}

static struct stmt *parse_assign(struct parser *p, struct expr *target)
{
	struct stmt *st = new_stmt(p, ST_ASSIGN, target->start);
	struct expr **link = &st->assign.targets;
	uint32_t nr;

	cannot_assign(p, target);
	*link = target;
	while (accept(p, TOK_COMMA)) {
		link = &(*link)->next;
		*link = parse_postfix(p);
		cannot_assign(p, *link);
	}
	expect(p, TOK_ASSIGN);
	st->assign.values = parse_exprs(p, &nr);
	return st;
}

/* The beginning and the end, as bpftrace has them. */
static void other_handler(struct parser *p, const char *name)
{
	if (!strcmp(name, "BEGIN"))
		ktap_note(p->diag, "what is outside of handlers runs at the beginning");
	else if (!strcmp(name, "END"))
		ktap_note(p->diag, "'trace_end { ... }' runs at the end");
}

/* An event without the word for it, maybe one of another tracer. */
static void other_event(struct parser *p, uint32_t pos)
{
	const char *note = ktap_event_foreign(p->script->source.text + pos);

	ktap_note(p->diag, "%s", note ? note : "'trace EVENT { ... }' attaches a handler");
}

static void no_effect(struct parser *p, const struct expr *ex)
{
	if (p->failed)
		return;
	p->failed = true;
	ktap_error(p->diag, ex->pos, "statement without effect");
	if (ex->kind == EX_CHAIN && ex->list->next->op == TOK_EQ)
		ktap_note(p->diag, "'=' assigns");
	else if (ex->kind == EX_NAME && p->tok.type == TOK_STR)
		ktap_note(p->diag, "arguments of a function are in brackets");
	else if (ex->kind == EX_NAME && p->tok.type == TOK_NAME)
		ktap_note(p->diag, "'var %s' declares a variable",
			  p->tok.name->str);
	else if (ex->kind == EX_NAME && p->tok.type == TOK_LBRACE)
		other_handler(p, ex->name->str);
	else if (ex->kind == EX_NAME && p->tok.type == TOK_COLON)
		other_event(p, ex->pos);
}

/*
 * simple = postfix { "," postfix } "=" exprs
 *	  | postfix ("+=" | "-=" | ...) expr | postfix ("++" | "--")
 *	  | expr "<<<" expr | postfix "(" [ exprs ] ")"
 */
static struct stmt *parse_simple(struct parser *p)
{
	struct expr *ex = parse_expr(p);
	struct stmt *st;

	if (check(p, TOK_ASSIGN) || (check(p, TOK_COMMA) && can_assign(ex)))
		return parse_assign(p, ex);
	if (!p->failed && is_update(p->tok.type))
		return parse_update(p, ex);
	if (check(p, TOK_FEED))
		return parse_feed(p, ex);
	if (ex->kind != EX_CALL)
		no_effect(p, ex);

	st = new_stmt(p, ST_CALL, ex->start);
	st->expr = ex;
	return st;
}

static bool is_timer(struct parser *p)
{
	const char *text = p->script->source.text + p->tok.end;

	return p->tok.type == TOK_NAME &&
		(!strcmp(p->tok.name->str, "tick") ||
		 !strcmp(p->tok.name->str, "profile")) &&
		text[0] == '-' && (ktap_is_digit(text[1]) || text[1] == '$');
}

static struct stmt *parse_keyword(struct parser *p, enum stmt_kind kind)
{
	struct stmt *st = new_stmt(p, kind, p->tok.pos);

	advance(p);
	return st;
}

/*
 * stmt = var | if | while | repeat | for | "break" | "continue" | return
 *	| trace | trace_end | block | "function" NAME "(" [ names ] ")" block
 *	| simple
 */
static struct stmt *parse_stmt(struct parser *p)
{
	struct stmt *st;

	switch (p->tok.type) {
	case TOK_VAR:
		return parse_var(p);
	case TOK_IF:
		return parse_if(p);
	case TOK_WHILE:
		return parse_while(p);
	case TOK_REPEAT:
		return parse_repeat(p);
	case TOK_FOR:
		return parse_for(p);
	case TOK_BREAK:
		return parse_keyword(p, ST_BREAK);
	case TOK_CONTINUE:
		return parse_keyword(p, ST_CONTINUE);
	case TOK_RETURN:
		return parse_return(p);
	case TOK_TRACE:
		return parse_trace(p);
	case TOK_TRACE_END:
		return parse_trace_end(p);
	case TOK_LBRACE:
		st = new_stmt(p, ST_BLOCK, p->tok.pos);
		parse_block(p, &st->block);
		return st;
	case TOK_FUNCTION:
		return parse_func_stmt(p);
	default:
		break;
	}
	if (is_timer(p)) {
		/* The name is read again, as that of an event. */
		p->lex.pos = p->tok.pos;
		return parse_trace(p);
	}
	return parse_simple(p);
}

static bool begins_stmt(enum token_type type)
{
	switch (type) {
	case TOK_NAME:
	case TOK_VAR:
	case TOK_IF:
	case TOK_WHILE:
	case TOK_REPEAT:
	case TOK_FOR:
	case TOK_BREAK:
	case TOK_CONTINUE:
	case TOK_RETURN:
	case TOK_TRACE:
	case TOK_TRACE_END:
	case TOK_FUNCTION:
		return true;
	default:
		return false;
	}
}

/* Skips the rest of a statement that began when @level braces were open. */
static void skip_stmt(struct parser *p, unsigned int level, uint32_t start)
{
	p->diag->quiet = true;
	while (p->tok.type != TOK_EOF) {
		if (p->braces < level)
			break;
		if (p->braces == level && p->tok.pos != start &&
		    (p->tok.type == TOK_SEMICOLON ||
		     p->tok.type == TOK_RBRACE ||
		     (p->tok.bol && begins_stmt(p->tok.type))))
			break;
		advance(p);
	}
	p->diag->quiet = false;
	p->failed = false;
}

/* { stmt | ";" } */
static void parse_stmts(struct parser *p, struct block *block)
{
	struct stmt **link = &block->first, *st;
	unsigned int level = p->braces, depth = p->depth;
	bool in_func = p->in_func;
	uint32_t start;

	while (p->tok.type != TOK_EOF && p->tok.type != TOK_RBRACE &&
	       p->braces >= level && !ktap_too_many_errors(p->diag)) {
		if (accept(p, TOK_SEMICOLON))
			continue;
		start = p->tok.pos;
		st = p->failed ? NULL : parse_stmt(p);
		if (p->failed) {
			p->depth = depth;
			p->in_func = in_func;
			skip_stmt(p, level, start);
			p->brackets = 0;
			continue;
		}
		*link = st;
		while (*link)
			link = &(*link)->next;
	}
}

/* block = "{" { stmt | ";" } "}" */
static void parse_block(struct parser *p, struct block *block)
{
	unsigned int brackets = p->brackets;
	uint32_t open = p->tok.pos;

	if (!expect(p, TOK_LBRACE) || !enter(p))
		return;
	p->brackets = 0;
	parse_stmts(p, block);
	p->brackets = brackets;
	leave(p);
	block->end = p->tok.pos;
	expect_close(p, TOK_RBRACE, open);
}

static void skip_mark(struct lexer *lex)
{
	const struct source *src = lex->src;

	/* A byte order mark, which some editors leave. */
	if (src->size >= 3 && !memcmp(src->text, "\xef\xbb\xbf", 3))
		lex->pos = 3;
}

/**
 * ktap_parse - Make the syntax tree of a script
 * @script: its text is given; the tree is entered in it
 *
 * Errors are counted in the messages of the script.
 */
void ktap_parse(struct script *script)
{
	struct parser p = {
		.script = script,
		.diag = &script->diag,
		.lex = {
			.src = &script->source,
			.diag = &script->diag,
			.arena = &script->arena,
			.names = &script->names,
			.end = script->source.size,
		},
	};

	skip_mark(&p.lex);
	advance(&p);
	for (;;) {
		struct block rest = { 0 };
		struct stmt **link = &script->main.body.first;

		while (*link)
			link = &(*link)->next;
		parse_stmts(&p, &rest);
		*link = rest.first;
		if (p.tok.type == TOK_EOF || ktap_too_many_errors(p.diag))
			break;
		if (bad_token(&p))
			ktap_note(p.diag, "there is no '{' for it");
		p.failed = false;
		advance(&p);
	}
	script->main.body.end = script->source.size;
}
