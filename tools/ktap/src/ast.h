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

struct btf;
struct btf_file;
struct expr;
struct func;
struct proto;
struct scope;
struct stmt;
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
	EX_FUNC,	/* @func */
	EX_INDEX,	/* @index */
	EX_CALL,	/* @call */
	EX_UNARY,	/* @unary */
	EX_CHAIN,	/* @list: operators of the same precedence */
	EX_AND,		/* @list */
	EX_OR,		/* @list */
	EX_CONCAT,	/* @list */
	EX_COND,	/* @cond */
	EX_TABLE,	/* @items */
	EX_KEY,		/* @list: parts of a compound key */
};

/* What a call calls; found by the checker. */
enum call_kind {
	CALL_BUILTIN,	/* @id */
	CALL_FUNC,	/* @callee */
	CALL_VALUE,	/* the value of @func */
	CALL_NEWTAB,	/* makes a table; the arguments make no difference */
};

/* Parts that a compound key can have. */
#define KTAP_MIN_PARTS		2
#define KTAP_MAX_PARTS		32

/**
 * struct typed - what the kernel knows of an expression
 * @btf: where its type is
 * @type: number of the type
 * @stars: the expression is a pointer to it, through so many pointers
 * @addr: where it is in memory, NULL if it is no more than a value
 * @off: bytes to be added to @addr
 */
struct typed {
	const struct btf *btf;
	uint32_t type;
	uint32_t stars;
	struct expr *addr;
	int64_t off;
};

/**
 * struct expr - an expression
 * @kind: which member of the union there is
 * @pos: its operator, or where it begins
 * @start: where it begins
 * @depth: of the tree below, so that recursion can be bounded
 * @types: set of KTAP_M() that its value can have; set by the checker
 * @single: it was in brackets, so that a call gives one value
 * @op: in a list of operands, the operator to the left; 0 for the first one
 * @op_pos: place of @op
 * @next: in a list of operands, values or arguments
 * @typed: its type in the kernel, or NULL; set by the checker
 */
struct expr {
	enum expr_kind kind;
	uint32_t pos;
	uint32_t start;
	uint32_t depth;
	uint32_t types;
	bool single;
	enum token_type op;
	uint32_t op_pos;
	struct expr *next;
	const struct typed *typed;
	union {
		int64_t num;
		struct {
			const char *str;
			size_t len;
		};
		struct strent *name;
		struct sym *sym;
		enum ktap_var id;
		struct func *func;
		struct {
			enum ktap_field_kind kind;
			struct strent *name;	/* of KTAP_FIELD_NAME */
			uint32_t index;
		} field;
		struct {
			struct expr *table;
			struct expr *key;
			bool dot;
			bool arrow;
		} index;
		struct {
			struct expr *func;
			struct expr *args;
			uint32_t nr_args;
			enum call_kind kind;
			enum ktap_func id;
			struct func *callee;
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
 * struct sym - what a name means
 * @name: the name
 * @pos: where it was declared
 * @value: the function that it is, or NULL if it is a variable
 * @global: it is shared by all functions
 * @maybe: a "continue" may have gone past its declaration
 * @assigned: it is assigned to after its declaration
 * @fed: so is it, or an entry of the table that it is
 * @reads: how often it is read for something else than that
 * @init: what it was declared with, as long as its values can have that type
 * @typed: that type was made use of
 * @func: the function in which it was declared
 * @scope: the block; gone when its end was reached
 * @reg: its register, or the index of the global; set by the code generator
 * @outer: what @name meant before
 * @next: in the same scope
 */
struct sym {
	struct strent *name;
	uint32_t pos;
	struct func *value;
	bool global;
	bool maybe;
	bool assigned;
	bool fed;
	uint32_t reads;
	struct expr *init;
	bool typed;
	struct func *func;
	const struct scope *scope;
	uint32_t reg;
	struct sym *outer;
	struct sym *next;
};

enum stmt_kind {
	ST_VAR,		/* @assign: decls = values */
	ST_ASSIGN,	/* @assign: targets = values */
	ST_UPDATE,	/* @update */
	ST_FEED,	/* @update */
	ST_CALL,	/* @expr */
	ST_IF,		/* @clauses */
	ST_WHILE,	/* @loop */
	ST_REPEAT,	/* @loop */
	ST_FOR_NUM,	/* @loop: init, limit, step */
	ST_FOR_C,	/* @loop: init; test; step */
	ST_FOR_PAIRS,	/* @loop: parts, decls in by(init) */
	ST_BREAK,
	ST_CONTINUE,
	ST_RETURN,	/* @values */
	ST_BLOCK,	/* @block */
	ST_FUNC,	/* @func */
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
 * struct place - one place to attach to
 * @next: another one of the same event
 * @spec: what the kernel attaches to
 * @fetch: arguments that are known of it, or NULL
 * @name: what probename is, or NULL for what the kernel has
 */
struct place {
	struct place *next;
	const char *spec;
	const char *fetch;
	const char *name;
};

/**
 * struct event - one event of a "trace" statement
 * @next: the next one
 * @pos: its place
 * @str: what it is called in the script
 * @len: length of @str
 * @kind: where it comes from
 * @flags: KTAP_EVENT_*
 * @places: what it stands for; found by the checker
 * @protos: prototypes of these functions, if one was asked for
 */
struct event {
	struct event *next;
	uint32_t pos;
	const char *str;
	size_t len;
	enum ktap_probe_kind kind;
	uint32_t flags;
	struct place *places;
	struct proto *protos;
};

/**
 * struct fetch - a value that is fetched when an event happens
 * @next: the next one
 * @name: its name
 * @text: name and what is fetched, as the kernel takes them
 */
struct fetch {
	struct fetch *next;
	struct strent *name;
	struct text text;
};

/**
 * struct trace - what a "trace" has besides its body
 * @events: the events
 * @fetches: values that are fetched
 * @filter: the filter as it is in the script; none if the checker finds that it
 *	    is to be computed, and part of it if that names functions only
 * @test: the filter as an expression, NULL if it is none or left to the kernel
 * @body: what is done
 * @again: the statement is the one before, for events of another context
 */
struct trace {
	struct event *events;
	struct fetch *fetches;
	struct text filter;
	struct expr *test;
	struct block body;
	bool again;
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
		struct expr *values;
		struct func *func;
		struct clause *clauses;
		struct {
			struct decl *decls;
			struct decl *parts;
			struct strent *by;
			uint32_t by_pos;
			unsigned int kind;	/* enum loop_kind */
			struct expr *init;
			struct expr *test;
			struct expr *step;
			struct stmt *after;
			struct block body;
		} loop;
		struct block block;
		struct trace trace;
	};
};

/**
 * struct use - what restricts where a function can be called
 * @name: what it uses; NULL if nothing is in the way
 * @pos: where
 */
struct use {
	const char *name;
	uint32_t pos;
};

/**
 * struct call - a place where a function of the script is called by its name
 * @next: the next one, of all
 * @next_of: the next one of the same callee
 * @caller: where it is
 * @callee: what is called
 * @pos: the place
 */
struct call {
	struct call *next;
	struct call *next_of;
	struct func *caller;
	struct func *callee;
	uint32_t pos;
};

/**
 * struct give - a "return" whose last value is a call of a certain function
 * @next: the next one for the same function
 * @func: what returns
 * @fixed: number of values before the last one
 */
struct give {
	struct give *next;
	struct func *func;
	uint32_t fixed;
};

/**
 * struct func - a function, or other code that is compiled like one
 * @next: the one that follows in the image
 * @next_work: in a list of those to look at
 * @queued: it is in that list
 * @kind: what it is
 * @name: its name, NULL if it has none
 * @len: length of @name
 * @pos: where it begins
 * @params: its parameters
 * @nr_params: their number
 * @body: what it does
 * @handler: the "trace" or "trace_end", or NULL
 * @nr: its index in the image
 * @is_value: it is used as a value, so that it may be called from anywhere
 * @min_results: least number of values that it returns
 * @max_results: most
 * @lacks: by &enum ktap_proto_kind, why it cannot be called there
 * @calls: places where it is called
 * @gives: functions that return what it returns
 *
 * All from @nr on is found by the checker.
 */
struct func {
	struct func *next;
	struct func *next_work;
	bool queued;
	enum ktap_proto_kind kind;
	const char *name;
	size_t len;
	uint32_t pos;
	struct decl *params;
	uint32_t nr_params;
	struct block body;
	struct stmt *handler;
	uint32_t nr;
	bool is_value;
	uint32_t min_results;
	uint32_t max_results;
	struct use lacks[KTAP_PROTO_NR];
	struct call *calls;
	struct give *gives;
};

/* Which top-level variables are printed when tracing has ended. */
enum dump {
	DUMP_NONE,
	DUMP_UNPRINTED,	/* what is written and never read */
	DUMP_ALL,	/* and, marked as such, the others */
};

/**
 * struct script - a script from its text to its image
 * @source: the text
 * @diag: messages about it
 * @arena: where all of the tree lives
 * @names: the names in it
 * @main: its top level
 * @nr_funcs: number of functions, main among them
 * @last_func: the last one of them
 * @any: what a function can have that is called as a value: the most parameters,
 *       the least and the most results
 * @calls: calls of functions, in order
 * @last_call: where the next one is entered
 * @args: arguments that were given to it, its name first
 * @nr_args: their number
 * @tracefs: where tracefs is mounted, NULL for the usual places
 * @btf: file with the types of the kernel, NULL for the kernel that runs
 * @btfs: files with types that were read
 * @pid: process that is traced, or 0
 * @dump: what is printed when tracing has ended
 */
struct script {
	struct source source;
	struct diag diag;
	struct arena arena;
	struct strtab names;
	struct func main;
	uint32_t nr_funcs;
	struct func *last_func;
	struct func any;
	struct call *calls;
	struct call **last_call;
	const char * const *args;
	size_t nr_args;
	const char *tracefs;
	const char *btf;
	struct btf_file *btfs;
	int pid;
	enum dump dump;
};

#endif /* _KTAP_AST_H */
