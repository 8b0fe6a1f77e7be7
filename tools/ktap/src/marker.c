// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Markers of programs and libraries
 *
 * A marker of <sys/sdt.h> is an instruction that does nothing, and a note that says
 * where it is, who may want to know that somebody traces it, and where its arguments
 * are, in the words of the assembler. What of that the kernel can fetch is told to
 * it as "argN=..."; an argument that it cannot fetch has no such name, and is nil.
 *
 * The note has the addresses that the linker gave, which tools that move sections
 * afterwards do not know of: how far they were moved tells a section that the note
 * has the address of as well.
 */
#include <elf.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "dso.h"
#include "nearest.h"
#include "user.h"

#define NOTES		".note.stapsdt"
#define BASE		".stapsdt.base"
#define OWNER		"stapsdt"
#define NOTE_TYPE	3

/**
 * struct marker - a marker
 * @dso: where it is
 * @provider: who made it
 * @name: what it is called
 * @args: its arguments, as the note has them
 * @addr: its address
 * @offset: where in the file that is
 * @semaphore: offset of its semaphore in the file, 0 for none
 */
struct marker {
	struct dso *dso;
	const char *provider;
	const char *name;
	const char *args;
	uint64_t addr;
	uint64_t offset;
	uint64_t semaphore;
};

/**
 * struct operand - an operand as it is parsed
 * @at: what is left of it
 * @end: its end
 * @num: sum of the numbers in it
 * @sym: symbol in it, of length @len, or NULL
 * @len: of @sym
 */
struct operand {
	const char *at;
	const char *end;
	int64_t num;
	const char *sym;
	size_t len;
};

static bool take(struct operand *op, char c)
{
	if (op->at == op->end || *op->at != c)
		return false;
	op->at++;
	return true;
}

static bool take_number(struct operand *op, int64_t *num)
{
	char *end;

	if (op->at == op->end || !ktap_is_digit(*op->at))
		return false;
	*num = strtoull(op->at, &end, 0);
	op->at = end;
	return end <= op->end;
}

static bool is_name(char c)
{
	return ktap_is_alpha(c) || ktap_is_digit(c) || c == '.' || c == '$';
}

/* One symbol, where one may be. */
static bool take_symbol(struct operand *op)
{
	if (op->sym)
		return false;
	op->sym = op->at;
	while (op->at < op->end && is_name(*op->at))
		op->at++;
	op->len = op->at - op->sym;
	return op->len;
}

/* Takes what is in front of a number; it can be "+-". */
static bool take_minus(struct operand *op)
{
	bool minus = false;

	for (;;) {
		if (take(op, '-'))
			minus = !minus;
		else if (!take(op, '+'))
			return minus;
	}
}

/* Numbers and a symbol that are added up: "-8+counter+4", or nothing. */
static bool take_sum(struct operand *op)
{
	int64_t num;
	bool minus;

	while (op->at < op->end && *op->at != '(' && *op->at != ']') {
		minus = take_minus(op);
		if (take_number(op, &num))
			op->num += minus ? -num : num;
		else if (minus || !take_symbol(op))
			return false;
	}
	return true;
}

/* Registers that the kernel calls otherwise. */
static const char * const x86_regs[][5] = {
	{ "ax", "rax", "eax", "ax", "al" },
	{ "bx", "rbx", "ebx", "bx", "bl" },
	{ "cx", "rcx", "ecx", "cx", "cl" },
	{ "dx", "rdx", "edx", "dx", "dl" },
	{ "si", "rsi", "esi", "si", "sil" },
	{ "di", "rdi", "edi", "di", "dil" },
	{ "bp", "rbp", "ebp", "bp", "bpl" },
	{ "sp", "rsp", "esp", "sp", "spl" },
};

/* r8 to r15, of which d, w and b are parts. */
static bool x86_numbered(const char *name, size_t len, struct strbuf *out)
{
	unsigned int nr = 0;
	size_t i = 1;

	if (len < 2 || *name != 'r')
		return false;
	while (i < len && i < 3 && ktap_is_digit(name[i]))
		nr = nr * 10 + name[i++] - '0';
	if (nr < 8 || nr > 15 || (i < len && (i + 1 < len || !strchr("dwb", name[i]))))
		return false;
	ktap_strbuf_addf(out, "%%r%u", nr);
	return true;
}

static bool x86_reg(const char *name, size_t len, struct strbuf *out)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(x86_regs); i++) {
		for (j = 1; j < ARRAY_SIZE(x86_regs[i]); j++) {
			if (strlen(x86_regs[i][j]) != len ||
			    memcmp(x86_regs[i][j], name, len))
				continue;
			ktap_strbuf_addf(out, "%%%s", x86_regs[i][0]);
			return true;
		}
	}
	return x86_numbered(name, len, out);
}

/* struct symbol_search - the address of what has a name; @nr is how many have it */
struct symbol_search {
	const struct operand *op;
	uint64_t addr;
	unsigned int nr;
};

static void try_symbol(void *data, const struct dso_symbol *sym)
{
	struct symbol_search *search = data;

	if (search->op->len != sym->len ||
	    memcmp(search->op->sym, sym->name, sym->len) ||
	    (search->nr && search->addr == sym->addr))
		return;
	search->addr = sym->addr;
	search->nr++;
}

/*
 * Memory of the file itself. The kernel adds the offset in the file to the address
 * that the first byte of the file would have, seen from the marker.
 */
static bool fetch_symbol(const struct marker *marker, const struct operand *op,
			 struct strbuf *out)
{
	struct symbol_search search = { .op = op };
	uint64_t first = marker->addr - marker->offset;

	if (!op->sym)
		return false;
	ktap_dso_symbols(marker->dso, try_symbol, &search);
	if (search.nr != 1 || search.addr + op->num < first)
		return false;
	ktap_strbuf_addf(out, "@+0x%llx",
			 (unsigned long long)(search.addr + op->num - first));
	return true;
}

/* Numbers to the end of the operand. */
static bool take_const(struct operand *op)
{
	return op->at < op->end && take_sum(op) && op->at == op->end && !op->sym;
}

/* $NUMBER, %REGISTER, SUM(%REGISTER), SYMBOL(%rip) or SYMBOL */
static bool x86_operand(const struct marker *marker, struct operand *op,
			struct strbuf *out)
{
	const char *reg;

	if (take(op, '$')) {
		if (!take_const(op))
			return false;
		ktap_strbuf_addf(out, "\\%lld", (long long)op->num);
		return true;
	}
	if (take(op, '%'))
		return x86_reg(op->at, op->end - op->at, out);
	if (!take_sum(op))
		return false;
	if (op->at == op->end)
		return fetch_symbol(marker, op, out);
	if (!take(op, '(') || !take(op, '%') || op->end[-1] != ')')
		return false;
	reg = op->at;
	op->at = op->end - 1;
	if (op->at - reg == 3 && (!memcmp(reg, "rip", 3) || !memcmp(reg, "eip", 3)))
		return fetch_symbol(marker, op, out);
	if (op->sym)
		return false;
	ktap_strbuf_addf(out, "%+lld(", (long long)op->num);
	if (!x86_reg(reg, op->at - reg, out))
		return false;
	ktap_strbuf_addc(out, ')');
	return true;
}

/* xN, wN or sp */
static bool arm64_reg(struct operand *op, struct strbuf *out)
{
	int64_t nr;

	if (op->end - op->at >= 2 && !memcmp(op->at, "sp", 2)) {
		op->at += 2;
		ktap_strbuf_addf(out, "%%sp");
		return true;
	}
	if ((!take(op, 'x') && !take(op, 'w')) || !take_number(op, &nr) || nr > 30)
		return false;
	ktap_strbuf_addf(out, "%%x%d", (int)nr);
	return true;
}

/* NUMBER, REGISTER, [REGISTER] or [REGISTER, NUMBER] */
static bool arm64_operand(struct operand *op, struct strbuf *out)
{
	const char *start = op->at;
	struct strbuf reg = { 0 };
	bool found;

	if (take(op, '[')) {
		found = arm64_reg(op, &reg);
		if (found && take(op, ','))
			while (take(op, ' '))
				;
		take(op, '#');
		found = found && take_sum(op) && !op->sym && take(op, ']') &&
			op->at == op->end;
		if (found)
			ktap_strbuf_addf(out, "%+lld(%s)", (long long)op->num, reg.str);
		ktap_strbuf_destroy(&reg);
		return found;
	}
	if (arm64_reg(op, out))
		return op->at == op->end;
	if (op->at != start || !take_const(op))
		return false;
	ktap_strbuf_addf(out, "\\%lld", (long long)op->num);
	return true;
}

/* "SIZE@", where a negative size is that of a signed number; none is an address. */
static const char *take_type(const struct marker *marker, struct operand *op)
{
	static const char * const types[2][4] = {
		{ "u8", "u16", "u32", "u64" },
		{ "s8", "s16", "s32", "s64" },
	};
	const char *start = op->at;
	int64_t size = 0, i;
	bool minus;

	minus = take(op, '-');
	if (!memchr(op->at, '@', op->end - op->at)) {
		op->at = start;
		minus = false;
		size = ktap_dso_word_size(marker->dso);
	} else if (!take_number(op, &size) || !take(op, '@')) {
		return NULL;
	}
	for (i = 0; i < 4; i++)
		if (size == 1 << i)
			return types[minus][i];
	return NULL;
}

/* How the kernel fetches an argument, NULL if it cannot. */
static const char *fetch_arg(const struct marker *marker, struct operand op,
			     struct arena *arena)
{
	const char *type = take_type(marker, &op), *fetch = NULL;
	struct strbuf what = { 0 };
	bool found = false;

	switch (type ? ktap_dso_machine(marker->dso) : EM_NONE) {
	case EM_X86_64:
	case EM_386:
		found = x86_operand(marker, &op, &what);
		break;
	case EM_AARCH64:
		found = arm64_operand(&op, &what);
		break;
	default:
		break;
	}
	if (found) {
		ktap_strbuf_addf(&what, ":%s", type);
		fetch = ktap_arena_dup(arena, what.str, what.len);
	}
	ktap_strbuf_destroy(&what);
	return fetch;
}

/* The next argument; blanks in brackets do not end it. */
static bool next_arg(const char **args, struct operand *op)
{
	const char *at = *args;
	int depth = 0;

	memset(op, 0, sizeof(*op));
	while (*at == ' ')
		at++;
	op->at = at;
	for (; *at && (depth > 0 || *at != ' '); at++)
		depth += (*at == '[' || *at == '(') - (*at == ']' || *at == ')');
	op->end = at;
	*args = at;
	return op->end > op->at;
}

static void read_args(const struct marker *marker, struct user_place *place,
		      struct arena *arena)
{
	const char *text = marker->args;
	struct strbuf fetch = { 0 };
	struct user_arg *args, *arg;
	struct operand op;
	size_t nr;

	for (nr = 0; next_arg(&text, &op);)
		nr++;
	args = ktap_arena_alloc(arena, nr * sizeof(*args));
	text = marker->args;
	for (arg = args; next_arg(&text, &op); arg++) {
		arg->note = ktap_arena_dup(arena, op.at, op.end - op.at);
		arg->fetch = fetch_arg(marker, op, arena);
		if (arg->fetch)
			ktap_strbuf_addf(&fetch, "%sarg%zu=%s", fetch.len ? " " : "",
					 arg - args + 1, arg->fetch);
	}
	place->args = args;
	place->nr_args = nr;
	place->fetch = ktap_arena_dup(arena, fetch.str ? fetch.str : "", fetch.len);
	ktap_strbuf_destroy(&fetch);
}

/* The string that begins at @at; @at is then behind it. */
static const char *note_str(const char **at, const char *end)
{
	const char *str = *at, *nul = memchr(str, '\0', end - str);

	if (!nul)
		return NULL;
	*at = nul + 1;
	return str;
}

/* What a note says. Returns false if it makes no sense. */
static bool read_note(struct dso *dso, const void *desc, size_t size,
		      struct marker *marker)
{
	size_t word = ktap_dso_word_size(dso), i;
	const char *at = desc, *end = at + size;
	uint64_t words[3], base;

	if (size < 3 * word)
		return false;
	for (i = 0; i < 3; i++, at += word)
		if (!ktap_dso_word(dso, at, &words[i]))
			return false;
	marker->dso = dso;
	marker->provider = note_str(&at, end);
	marker->name = marker->provider ? note_str(&at, end) : NULL;
	marker->args = marker->name ? note_str(&at, end) : NULL;
	/* Where there are none some have not even an empty string. */
	if (!marker->args)
		marker->args = "";
	if (words[1] && ktap_dso_section(dso, BASE, &base)) {
		words[0] += base - words[1];
		words[2] += words[2] ? base - words[1] : 0;
	}
	marker->addr = words[0];
	marker->semaphore = 0;
	if (words[2] && !ktap_dso_data(dso, words[2], &marker->semaphore))
		return false;
	return marker->name && *marker->name &&
	       ktap_dso_code(dso, marker->addr, &marker->offset);
}

/**
 * struct search - markers that are looked for
 * @dso: in which file
 * @provider: whose, a glob, or NULL for all
 * @glob: which ones
 * @fn: called for each
 * @data: for @fn
 * @nr: how many were found
 * @any: how many there are in all
 * @near: names like @glob
 */
struct search {
	struct dso *dso;
	const char *provider;
	const char *glob;
	user_place_fn fn;
	void *data;
	size_t nr;
	size_t any;
	struct nearest near;
};

static void try_note(void *data, const void *desc, size_t size)
{
	struct user_place place = { 0 };
	struct search *search = data;
	struct arena arena = { 0 };
	struct marker marker;

	if (!read_note(search->dso, desc, size, &marker))
		return;
	search->any++;
	if (fnmatch(search->glob, marker.name, 0) ||
	    (search->provider && fnmatch(search->provider, marker.provider, 0))) {
		ktap_nearest_try(&search->near, marker.name);
		return;
	}
	search->nr++;
	read_args(&marker, &place, &arena);
	place.name = marker.name;
	place.provider = marker.provider;
	place.offset = marker.offset;
	place.semaphore = marker.semaphore;
	search->fn(search->data, &place);
	ktap_arena_destroy(&arena);
}

static void tell_missing(const struct search *search, const char *path,
			 struct strbuf *reason)
{
	bool glob = strpbrk(search->glob, "*?[") ||
		    (search->provider && strpbrk(search->provider, "*?["));
	const char *provider = search->provider ? search->provider : "";
	const char *colon = search->provider ? ":" : "";

	if (!search->any) {
		ktap_strbuf_addf(reason, "'%s' has no markers", path);
		return;
	}
	ktap_strbuf_addf(reason, glob ? "no marker of '%s' matches '%s%s%s'\n" :
			 "'%s' has no marker '%s%s%s'\n", path, provider, colon,
			 search->glob);
	ktap_nearest_tell(&search->near, reason);
}

/**
 * ktap_user_markers - Find markers of a program or library
 * @path: its file
 * @provider: who made them, as a glob, or NULL for anybody
 * @glob: their names, as a glob
 * @fn: called for each place that a marker has
 * @data: for @fn
 * @reason: gets why there are none
 *
 * Return: False if there are none, or if the file cannot be used.
 */
bool ktap_user_markers(const char *path, const char *provider, const char *glob,
		       user_place_fn fn, void *data, struct strbuf *reason)
{
	struct search search = {
		.dso = ktap_dso_open(path, reason),
		.provider = provider,
		.glob = glob,
		.fn = fn,
		.data = data,
	};

	if (!search.dso)
		return false;
	ktap_nearest_init(&search.near, glob);
	ktap_dso_notes(search.dso, NOTES, OWNER, NOTE_TYPE, try_note, &search);
	if (!search.nr)
		tell_missing(&search, path, reason);
	ktap_dso_close(search.dso);
	return search.nr;
}
