/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Tokens
 */
#ifndef _KTAP_LEX_H
#define _KTAP_LEX_H

#include "srcpos.h"

/*
 * FN(NAME, "text"): keywords, then signs. Of the signs, longer ones come before
 * those that they begin with.
 */
#define ___KTAP_KEYWORD_MAPPER(FN)					\
	FN(AND, "and")							\
	FN(BREAK, "break")						\
	FN(CONTINUE, "continue")					\
	FN(ELSE, "else")						\
	FN(ELSEIF, "elseif")						\
	FN(FALSE, "false")						\
	FN(FOR, "for")							\
	FN(FUNCTION, "function")					\
	FN(IF, "if")							\
	FN(IN, "in")							\
	FN(NIL, "nil")							\
	FN(NOT, "not")							\
	FN(OR, "or")							\
	FN(REPEAT, "repeat")						\
	FN(RETURN, "return")						\
	FN(TRACE, "trace")						\
	FN(TRACE_END, "trace_end")					\
	FN(TRUE, "true")						\
	FN(UNTIL, "until")						\
	FN(VAR, "var")							\
	FN(WHILE, "while")

#define ___KTAP_SIGN_MAPPER(FN)						\
	FN(FEED, "<<<")							\
	FN(SHL_SET, "<<=")						\
	FN(SHR_SET, ">>=")						\
	FN(SHL, "<<")							\
	FN(SHR, ">>")							\
	FN(LE, "<=")							\
	FN(GE, ">=")							\
	FN(EQ, "==")							\
	FN(NE, "!=")							\
	FN(ADD_SET, "+=")						\
	FN(SUB_SET, "-=")						\
	FN(MUL_SET, "*=")						\
	FN(DIV_SET, "/=")						\
	FN(MOD_SET, "%=")						\
	FN(AND_SET, "&=")						\
	FN(OR_SET, "|=")						\
	FN(XOR_SET, "^=")						\
	FN(INC, "++")							\
	FN(DEC, "--")							\
	FN(LOGAND, "&&")						\
	FN(LOGOR, "||")							\
	FN(ARROW, "->")							\
	FN(CONCAT, "..")						\
	FN(LT, "<")							\
	FN(GT, ">")							\
	FN(ASSIGN, "=")							\
	FN(ADD, "+")							\
	FN(SUB, "-")							\
	FN(MUL, "*")							\
	FN(DIV, "/")							\
	FN(MOD, "%")							\
	FN(BITAND, "&")							\
	FN(BITOR, "|")							\
	FN(XOR, "^")							\
	FN(LOGNOT, "!")							\
	FN(BITNOT, "~")							\
	FN(QUESTION, "?")						\
	FN(COLON, ":")							\
	FN(COMMA, ",")							\
	FN(SEMICOLON, ";")						\
	FN(DOT, ".")							\
	FN(LPAREN, "(")							\
	FN(RPAREN, ")")							\
	FN(LBRACKET, "[")						\
	FN(RBRACKET, "]")						\
	FN(LBRACE, "{")							\
	FN(RBRACE, "}")

#define __KTAP_TOKEN_ENUM(name, text) TOK_##name,
enum token_type {
	TOK_EOF,
	TOK_ERROR,		/* was told of already */
	TOK_NAME,
	TOK_INT,
	TOK_STR,
	TOK_ARG,		/* $1 */
	TOK_KSYM,		/* `jiffies` */
	___KTAP_KEYWORD_MAPPER(__KTAP_TOKEN_ENUM)
	___KTAP_SIGN_MAPPER(__KTAP_TOKEN_ENUM)
	TOK_NR
};

#undef __KTAP_TOKEN_ENUM

extern const char * const ktap_token_names[TOK_NR];

/**
 * struct token - one word, sign, number or string of a script
 * @type: what it is
 * @after: offset behind the token before it
 * @pos: offset of its first character
 * @end: offset behind its last character
 * @bol: it is the first one of its line
 * @num: value of an integer, or number of an argument
 * @name: a name, entered in @lexer.names
 * @str: characters of a string
 * @len: their number
 */
struct token {
	enum token_type type;
	uint32_t after;
	uint32_t pos;
	uint32_t end;
	bool bol;
	uint64_t num;
	struct strent *name;
	const char *str;
	size_t len;
};

/**
 * struct lexer - state of reading tokens
 * @src: the script
 * @diag: where errors go
 * @arena: where strings live
 * @names: all names met
 * @pos: offset of what was not read yet
 * @end: offset behind what is to be read
 * @last_end: offset behind the last token
 */
struct lexer {
	struct source *src;
	struct diag *diag;
	struct arena *arena;
	struct strtab *names;
	uint32_t pos;
	uint32_t end;
	uint32_t last_end;
};

/**
 * struct text - a piece of the script as it stands there
 * @pos: offset of its first character
 * @len: number of characters
 */
struct text {
	uint32_t pos;
	uint32_t len;
};

void ktap_lex(struct lexer *lex, struct token *tok);
char ktap_lex_peek(const struct lexer *lex, uint32_t ahead);
struct text ktap_lex_event(struct lexer *lex);
bool ktap_lex_fetch(struct lexer *lex, struct text *name, struct text *fetch);
bool ktap_lex_filter(struct lexer *lex, struct text *filter);
bool ktap_parse_int(const char *str, size_t len, uint64_t *num, bool *wraps);

#endif /* _KTAP_LEX_H */
