// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tokens
 *
 * The parser asks for one token at a time, because what follows "trace" is no
 * sequence of tokens: names of events and filters have rules of their own.
 */
#include <string.h>

#include "lex.h"

#define TOKEN_NAME(name, text)			\
	[TOK_##name] = text,
const char * const ktap_token_names[TOK_NR] = {
	[TOK_EOF] = "<eof>",
	[TOK_ERROR] = "<error>",
	[TOK_NAME] = "<name>",
	[TOK_INT] = "<integer>",
	[TOK_STR] = "<string>",
	[TOK_ARG] = "<argument>",
	[TOK_KSYM] = "<kernel variable>",
	___KTAP_KEYWORD_MAPPER(TOKEN_NAME)
	___KTAP_SIGN_MAPPER(TOKEN_NAME)
};

#undef TOKEN_NAME

/* The character @ahead of the current one; NUL at the end. */
static char at(const struct lexer *lex, uint32_t ahead)
{
	return lex->pos + ahead < lex->end ?
		lex->src->text[lex->pos + ahead] : '\0';
}

static bool at_end(const struct lexer *lex)
{
	return lex->pos >= lex->end;
}

/* Returns whether there was the end of a line. */
static bool skip_space(struct lexer *lex)
{
	bool bol = !lex->pos;

	while (!at_end(lex)) {
		if (at(lex, 0) == '#') {
			while (!at_end(lex) && at(lex, 0) != '\n')
				lex->pos++;
		} else if (ktap_is_space(at(lex, 0))) {
			bol |= at(lex, 0) == '\n';
			lex->pos++;
		} else {
			break;
		}
	}
	return bol;
}

/**
 * ktap_parse_int - Read an integer as it is written in scripts
 * @str: the digits, with a prefix or without
 * @len: number of characters, all of which must belong to the integer
 * @num: the value, modulo 2^64
 * @wraps: whether the value is not that of the digits
 *
 * Return: False if this is no integer.
 */
bool ktap_parse_int(const char *str, size_t len, uint64_t *num, bool *wraps)
{
	unsigned int base = 10, digit;
	size_t i = 0;

	if (len > 1 && str[0] == '0') {
		base = 8;
		i = 1;
		if (str[1] == 'x' || str[1] == 'X')
			base = 16;
		else if (str[1] == 'b' || str[1] == 'B')
			base = 2;
		i += base != 8;
	}
	if (i == len)
		return false;

	*num = 0;
	*wraps = false;
	for (; i < len; i++) {
		digit = ktap_digit(str[i]);
		if (digit >= base)
			return false;
		if (*num > (UINT64_MAX - digit) / base)
			*wraps = true;
		*num = *num * base + digit;
	}
	return true;
}

static enum token_type lex_number(struct lexer *lex, struct token *tok)
{
	const char *str = lex->src->text + lex->pos;
	uint32_t len = 0;
	bool wraps;

	while (ktap_is_alpha(at(lex, len)) || ktap_is_digit(at(lex, len)))
		len++;
	if (at(lex, len) == '.' && ktap_is_digit(at(lex, len + 1))) {
		ktap_error(lex->diag, lex->pos, "there are only integers");
		ktap_note(lex->diag,
			  "count in smaller units, such as thousandths");
		while (ktap_is_digit(at(lex, ++len)))
			;
		lex->pos += len;
		return TOK_ERROR;
	}

	if (!ktap_parse_int(str, len, &tok->num, &wraps)) {
		ktap_error(lex->diag, lex->pos, "'%.*s' is no integer",
			   (int)len, str);
		if (str[0] == '0' && ktap_is_digit(str[1]))
			ktap_note(lex->diag,
				  "a number that begins with 0 is octal");
		lex->pos += len;
		return TOK_ERROR;
	}
	if (wraps) {
		ktap_warning(lex->diag, lex->pos,
			     "integer does not fit into 64 bits");
		ktap_note(lex->diag, "it is taken modulo 2^64, as %lld",
			  (long long)tok->num);
	}
	lex->pos += len;
	return TOK_INT;
}

static int simple_escape(char c)
{
	static const char from[] = "abefnrtv\\\"'?";
	static const char to[] = "\a\b\033\f\n\r\t\v\\\"'?";
	const char *p = c ? strchr(from, c) : NULL;

	return p ? to[p - from] : -1;
}

/* Reads what follows a backslash. Returns false if that is no escape. */
static bool lex_escape(struct lexer *lex, struct strbuf *sb)
{
	unsigned int value = 0, nr = 0;
	char c = at(lex, 0);
	int simple = simple_escape(c);

	if (simple >= 0) {
		ktap_strbuf_addc(sb, simple);
		lex->pos++;
	} else if (c == '\n') {
		lex->pos++;
	} else if (c >= '0' && c <= '7') {
		while (nr < 3 && at(lex, 0) >= '0' && at(lex, 0) <= '7') {
			value = value * 8 + ktap_digit(at(lex, 0));
			lex->pos++;
			nr++;
		}
		if (value > 255)
			return false;
		ktap_strbuf_addc(sb, value);
	} else if (c == 'x' && ktap_digit(at(lex, 1)) < 16) {
		lex->pos++;
		while (nr < 2 && ktap_digit(at(lex, 0)) < 16) {
			value = value * 16 + ktap_digit(at(lex, 0));
			lex->pos++;
			nr++;
		}
		ktap_strbuf_addc(sb, value);
	} else {
		return false;
	}
	return true;
}

static enum token_type lex_string(struct lexer *lex, struct token *tok)
{
	enum token_type type = TOK_STR;
	uint32_t start = lex->pos, esc;
	char quote = at(lex, 0);
	struct strbuf sb = { 0 };

	lex->pos++;
	while (at(lex, 0) != quote) {
		if (at_end(lex) || at(lex, 0) == '\n') {
			ktap_error(lex->diag, start, "string without an end");
			ktap_note(lex->diag,
				  "a string of several lines is written [[...]]");
			type = TOK_ERROR;
			goto out;
		}
		if (at(lex, 0) != '\\') {
			ktap_strbuf_addc(&sb, at(lex, 0));
			lex->pos++;
			continue;
		}
		esc = lex->pos++;
		if (at_end(lex) || lex_escape(lex, &sb))
			continue;
		if (type != TOK_ERROR)
			ktap_error(lex->diag, esc, "unknown escape in a string");
		type = TOK_ERROR;
		lex->pos = esc + 2;
	}
	lex->pos++;
	tok->str = ktap_arena_dup(lex->arena, sb.str ? sb.str : "", sb.len);
	tok->len = sb.len;
out:
	ktap_strbuf_destroy(&sb);
	return type;
}

static enum token_type lex_long_string(struct lexer *lex, struct token *tok)
{
	const char *text = lex->src->text;
	uint32_t pos = lex->pos + 2;

	if (at(lex, 2) == '\n')
		pos++;
	tok->str = text + pos;
	for (; pos + 1 < lex->end; pos++) {
		if (text[pos] == ']' && text[pos + 1] == ']') {
			tok->len = text + pos - tok->str;
			lex->pos = pos + 2;
			return TOK_STR;
		}
	}
	ktap_error(lex->diag, lex->pos, "string without an end");
	ktap_note(lex->diag, "']]' ends a string that '[[' begins");
	lex->pos = lex->end;
	return TOK_ERROR;
}

static enum token_type lex_arg(struct lexer *lex, struct token *tok)
{
	uint32_t len = 1;
	bool wraps = false;

	while (ktap_is_digit(at(lex, len)))
		len++;
	tok->num = 0;
	for (uint32_t i = 1; i < len; i++) {
		wraps |= tok->num > UINT32_MAX;
		tok->num = tok->num * 10 + ktap_digit(at(lex, i));
	}
	if (len == 1 || wraps) {
		ktap_error(lex->diag, lex->pos,
			   "'$' without the number of an argument");
		ktap_note(lex->diag, "$1 is the first argument of the script");
		lex->pos += len;
		return TOK_ERROR;
	}
	lex->pos += len;
	return TOK_ARG;
}

static enum token_type lex_ksym(struct lexer *lex, struct token *tok)
{
	uint32_t len = 1;

	while (ktap_is_alpha(at(lex, len)) || ktap_is_digit(at(lex, len)) ||
	       at(lex, len) == '.')
		len++;
	if (len == 1 || at(lex, len) != '`') {
		ktap_error(lex->diag, lex->pos,
			   "no name of a kernel variable between two '`'");
		lex->pos += len;
		return TOK_ERROR;
	}
	tok->name = ktap_strtab_get(lex->names,
				    lex->src->text + lex->pos + 1, len - 1);
	lex->pos += len + 1;
	return TOK_KSYM;
}

static enum token_type lex_name(struct lexer *lex, struct token *tok)
{
	const char *str = lex->src->text + lex->pos;
	enum token_type type;
	uint32_t len = 1;

	while (ktap_is_alpha(at(lex, len)) || ktap_is_digit(at(lex, len)))
		len++;
	lex->pos += len;

	for (type = TOK_AND; type <= TOK_WHILE; type++)
		if (!strncmp(ktap_token_names[type], str, len) &&
		    !ktap_token_names[type][len])
			return type;

	tok->name = ktap_strtab_get(lex->names, str, len);
	return TOK_NAME;
}

static enum token_type lex_sign(struct lexer *lex)
{
	const char *str = lex->src->text + lex->pos;
	enum token_type type;
	size_t len;

	if (!strncmp(str, "~=", 2)) {
		ktap_error(lex->diag, lex->pos, "unexpected symbol near '~='");
		ktap_note(lex->diag, "'!=' is true for what is not equal");
		lex->pos += 2;
		return TOK_ERROR;
	}
	if (!strncmp(str, "/*", 2)) {
		ktap_error(lex->diag, lex->pos, "unexpected symbol near '/*'");
		ktap_note(lex->diag, "a comment begins with '#'");
		lex->pos += 2;
		return TOK_ERROR;
	}
	for (type = TOK_FEED; type < TOK_NR; type++) {
		len = strlen(ktap_token_names[type]);
		if (!strncmp(ktap_token_names[type], str, len)) {
			lex->pos += len;
			return type;
		}
	}

	if ((unsigned char)*str > ' ' && (unsigned char)*str < 0x7f)
		ktap_error(lex->diag, lex->pos, "unexpected symbol near '%c'",
			   *str);
	else
		ktap_error(lex->diag, lex->pos,
			   "unexpected character, its code is 0x%02x",
			   (unsigned char)*str);
	if (*str == '@')
		ktap_note(lex->diag, "a table has a name and is declared, as in 'var s = {}'");
	do
		lex->pos++;
	while (((unsigned char)at(lex, 0) & 0xc0) == 0x80);
	return TOK_ERROR;
}

static enum token_type lex_any(struct lexer *lex, struct token *tok)
{
	char c = at(lex, 0);

	if (at_end(lex))
		return TOK_EOF;
	if (ktap_is_alpha(c))
		return lex_name(lex, tok);
	if (ktap_is_digit(c))
		return lex_number(lex, tok);
	if (c == '"' || c == '\'')
		return lex_string(lex, tok);
	if (c == '[' && at(lex, 1) == '[')
		return lex_long_string(lex, tok);
	if (c == '$')
		return lex_arg(lex, tok);
	if (c == '`')
		return lex_ksym(lex, tok);
	return lex_sign(lex);
}

/**
 * ktap_lex - Read the next token
 * @lex: where from
 * @tok: the token; of type TOK_ERROR if an error was told
 *
 * The end of the script has its place right behind the last token, where people
 * look for what is missing.
 */
void ktap_lex(struct lexer *lex, struct token *tok)
{
	memset(tok, 0, sizeof(*tok));
	tok->after = lex->last_end;
	tok->bol = skip_space(lex);
	tok->pos = lex->pos;
	tok->type = lex_any(lex, tok);
	if (tok->type == TOK_EOF)
		tok->pos = lex->last_end;
	tok->end = lex->pos;
	lex->last_end = lex->pos;
}

/**
 * ktap_lex_peek - Look at the first characters of the next token
 * @lex: where from
 * @ahead: which of them, from 0
 *
 * Return: The character, or NUL at the end.
 */
char ktap_lex_peek(const struct lexer *lex, uint32_t ahead)
{
	struct lexer copy = *lex;

	skip_space(&copy);
	return at(&copy, ahead);
}

/* Whether a slash behind this beginning of an event belongs to a path. */
static bool in_path(const char *str, uint32_t len)
{
	uint32_t prefix = 6;

	if (len >= 4 && !strncmp(str, "sdt:", 4))
		prefix = 4;
	else if (len < 6 || strncmp(str, "probe:", 6))
		return false;
	return len == prefix ||
		((str[prefix] == '/' || str[prefix] == '.') &&
		 !memchr(str + prefix, ':', len - prefix));
}

/**
 * ktap_lex_event - Read the specification of an event
 * @lex: where from
 *
 * It ends at white space, a comma, a brace, and at the slash that begins a
 * filter, which is one that belongs to no path.
 *
 * Return: The specification, of no characters if there is none.
 */
struct text ktap_lex_event(struct lexer *lex)
{
	struct text spec;
	char c;

	skip_space(lex);
	spec.pos = lex->pos;
	for (; !at_end(lex); lex->pos++) {
		c = at(lex, 0);
		if (ktap_is_space(c) || c == ',' || c == '{' || c == '}' ||
		    c == ';' || c == '#')
			break;
		if (c == '/' && !in_path(lex->src->text + spec.pos,
					 lex->pos - spec.pos))
			break;
	}
	spec.len = lex->pos - spec.pos;
	if (spec.len)
		lex->last_end = lex->pos;
	return spec;
}

/**
 * ktap_lex_fetch - Read NAME=WHAT, where the kernel knows what WHAT is
 * @lex: where from
 * @name: the name
 * @fetch: all of it
 *
 * It ends at white space that is not in quotes, a comma or a brace.
 *
 * Return: False if that is not what follows, and nothing was read.
 */
bool ktap_lex_fetch(struct lexer *lex, struct text *name, struct text *fetch)
{
	struct lexer copy = *lex;
	bool quoted = false;
	char c;

	skip_space(&copy);
	fetch->pos = copy.pos;
	name->pos = copy.pos;
	if (!ktap_is_alpha(at(&copy, 0)))
		return false;
	while (ktap_is_alpha(at(&copy, 0)) || ktap_is_digit(at(&copy, 0)))
		copy.pos++;
	name->len = copy.pos - name->pos;
	if (at(&copy, 0) != '=')
		return false;
	for (; !at_end(&copy); copy.pos++) {
		c = at(&copy, 0);
		if (c == '"')
			quoted = !quoted;
		else if (c == '\n' || (!quoted && (ktap_is_space(c) || c == ',' ||
						  c == ';' || c == '{' ||
						  c == '}')))
			break;
	}
	fetch->len = copy.pos - fetch->pos;
	copy.last_end = copy.pos;
	*lex = copy;
	return true;
}

/* Whether a filter ends with the slash at the current position. */
static bool filter_ends(struct lexer lex)
{
	lex.pos++;
	skip_space(&lex);
	return at(&lex, 0) == '{';
}

/**
 * ktap_lex_filter - Read the filter of an event
 * @lex: where from, at its first slash
 * @filter: what is between the slashes, without space around it
 *
 * The filter ends at a slash that a '{' follows. A slash in quotes, behind a
 * backslash, or anywhere else belongs to the filter.
 *
 * Return: False if it has no end; that was told.
 */
bool ktap_lex_filter(struct lexer *lex, struct text *filter)
{
	const char *text = lex->src->text;
	uint32_t start = lex->pos++, end;
	char quote = '\0', c;

	for (; !at_end(lex); lex->pos++) {
		c = at(lex, 0);
		if (c == '\\')
			lex->pos++;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '/' && filter_ends(*lex))
			break;
	}
	if (at_end(lex)) {
		ktap_error(lex->diag, start, "filter without an end");
		ktap_note(lex->diag,
			  quote ? "a quote in it is not closed" :
			  "a filter ends with a '/' that is followed by '{'");
		return false;
	}

	end = lex->pos++;
	lex->last_end = lex->pos;
	filter->pos = start + 1;
	while (filter->pos < end && ktap_is_space(text[filter->pos]))
		filter->pos++;
	while (end > filter->pos && ktap_is_space(text[end - 1]))
		end--;
	filter->len = end - filter->pos;
	if (!filter->len)
		ktap_error(lex->diag, start, "the filter is empty");
	return filter->len;
}
