/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - The syntax tree
 *
 * The parser makes it, the checker resolves names and folds constants in it, and
 * the code generator reads it. Places are offsets into the script.
 */
#ifndef _KTAP_AST_H
#define _KTAP_AST_H

#include <linux/ktap_bc.h>

#include "lex.h"

/* Deepest nesting of expressions and of blocks; linear sequences are free. */
#define KTAP_MAX_DEPTH		1000

struct sym;

enum expr_kind {
	EX_ERROR,	/* was told of already */
	EX_NIL,
	EX_FALSE,
	EX_TRUE,
	EX_INT,		/* @num */
	EX_STR,		/* @str */
	EX_NAME,	/* @name; until the checker has seen it */
	EX_ARG,		/* @num: argument of the script; likewise */
	EX_KSYM,	/* @name: variable of the kernel */
	EX_LOCAL,	/* @sym */
	EX_GLOBAL,	/* @sym */
	EX_VAR,		/* @id: enum ktap_var */
	EX_FIELD,	/* @field */
	EX_INDEX,	/* @index */
	EX_CALL,	/* @call */
	EX_UNARY,	/* @unary */
	EX_CHAIN,	/* @list: operators of the same precedence */
	EX_AND,		/* @list */
	EX_OR,		/* @list */
	EX_CONCAT,	/* @list */
	EX_COND,	/* @cond */
	EX_TABLE,	/* @items */
};

/**
 * struct expr - an expression
 * @kind: which member of the union there is
 * @pos: its operator, or where it begins
 * @start: where it begins
 * @depth: of the tree below, so that recursion can be bounded
 * @types: set of KTAP_M() that its value can have; set by the checker
 * @op: in a list of operands, the operator to the left; 0 for the first one
 * @op_pos: place of @op
 * @next: in a list of operands, values or arguments
 */
struct expr {
	enum expr_kind kind;
	uint32_t pos;
	uint32_t start;
	uint32_t depth;
	uint32_t types;
	enum token_type op;
	uint32_t op_pos;
	struct expr *next;
	union {
		int64_t num;
		struct {
			const char *str;
			size_t len;
		};
		struct strent *name;
		struct sym *sym;
		enum ktap_var id;
		struct {
			struct strent *name;	/* NULL: by number */
			uint32_t index;
		} field;
		struct {
			struct expr *table;
			struct expr *key;
			bool dot;
		} index;
		struct {
			struct expr *func;
			struct expr *args;
			uint32_t nr_args;
			enum ktap_func id;	/* set by the checker */
		} call;
		struct {
			enum token_type op;
			struct expr *arg;
		} unary;
		struct expr *list;
		struct {
			struct expr *test;
			struct expr *yes;
			struct expr *no;
		} cond;
		struct item *items;
	};
};

/**
 * struct item - an entry of a table constructor
 * @next: the following one
 * @key: NULL: the next integer
 * @value: what is stored
 */
struct item {
	struct item *next;
	struct expr *key;
	struct expr *value;
};

/**
 * struct decl - the declaration of a variable
 * @next: in the same statement
 * @name: its name
 * @pos: its place
 * @sym: what it declares; made by the checker
 */
struct decl {
	struct decl *next;
	struct strent *name;
	uint32_t pos;
	struct sym *sym;
};

/**
 * struct sym - a variable
 * @name: its name
 * @pos: where it was declared
 * @global: it is shared by all functions
 * @maybe: a "continue" may have gone past its declaration
 * @assigned: it is assigned to after its declaration
 * @func: the function that it belongs to
 * @reg: its register, or the index of the global; set by the code generator
 * @outer: what @name meant before
 * @next: in the same scope
 */
struct sym {
	struct strent *name;
	uint32_t pos;
	bool global;
	bool maybe;
	bool assigned;
	unsigned int func;
	uint32_t reg;
	struct sym *outer;
	struct sym *next;
};

enum stmt_kind {
	ST_VAR,		/* @assign: decls = values */
	ST_ASSIGN,	/* @assign: targets = values */
	ST_UPDATE,	/* @update */
	ST_CALL,	/* @expr */
	ST_IF,		/* @clauses */
	ST_WHILE,	/* @loop */
	ST_REPEAT,	/* @loop */
	ST_FOR_NUM,	/* @loop: init, limit, step */
	ST_FOR_C,	/* @loop: init; test; step */
	ST_FOR_PAIRS,	/* @loop: decls in init */
	ST_BREAK,
	ST_CONTINUE,
	ST_RETURN,
	ST_BLOCK,	/* @block */
	ST_TRACE,	/* @trace */
	ST_END,		/* @trace, without events */
};

/**
 * struct block - statements with a scope of their own
 * @first: the statements
 * @end: place of the closing brace
 */
struct block {
	struct stmt *first;
	uint32_t end;
};

/**
 * struct clause - one condition of an "if"
 * @next: the "elseif" or "else" that follows
 * @test: NULL for "else"
 * @body: what it guards
 */
struct clause {
	struct clause *next;
	struct expr *test;
	struct block body;
};

/**
 * struct event - one event of a "trace" statement
 * @next: the next one
 * @spec: its name
 */
struct event {
	struct event *next;
	struct text spec;
};

/**
 * struct stmt - a statement
 * @kind: which member of the union there is
 * @pos: its place
 * @next: the statement that follows
 */
struct stmt {
	enum stmt_kind kind;
	uint32_t pos;
	struct stmt *next;
	union {
		struct {
			struct decl *decls;
			struct expr *targets;
			struct expr *values;
		} assign;
		struct {
			struct expr *target;
			enum token_type op;
			uint32_t op_pos;
			struct expr *value;
		} update;
		struct expr *expr;
		struct clause *clauses;
		struct {
			struct decl *decls;
			struct expr *init;
			struct expr *test;
			struct expr *step;
			struct stmt *after;
			struct block body;
		} loop;
		struct block block;
		struct {
			struct event *events;
			struct text filter;
			struct block body;
		} trace;
	};
};

/**
 * struct script - a script from its text to its image
 * @source: the text
 * @diag: messages about it
 * @arena: where all of the tree lives
 * @names: the names in it
 * @main: its statements
 * @nr_funcs: number of functions, main among them
 * @args: arguments that were given to it, its name first
 * @nr_args: their number
 */
struct script {
	struct source source;
	struct diag diag;
	struct arena arena;
	struct strtab names;
	struct block main;
	unsigned int nr_funcs;
	const char * const *args;
	size_t nr_args;
};

#endif /* _KTAP_AST_H */
