// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Bytecode as text
 *
 * Instructions are shown by the file that the kernel's verifier uses, numbered as
 * in its messages; what they refer to follows as a comment.
 */
#include <string.h>

#include "builtin.h"
#include "disasm.h"
#include "listing.h"

/* Where comments begin. */
#define COMMENT_COL	36

/**
 * struct listing - what a listing is made of
 * @image: the image
 * @src: text of the script, or NULL
 * @out: where to
 * @line: text of the current instruction
 * @last_line: line of the script that was shown last
 * @lines: the line table
 * @nr_lines: its size
 * @next_line: first entry that was not used yet
 */
struct listing {
	const struct image_view *image;
	struct source *src;
	FILE *out;
	struct strbuf line;
	uint32_t last_line;
	const struct ktap_img_line *lines;
	uint32_t nr_lines;
	uint32_t next_line;
};

#define PROBE_NAME(id, nr, name, proto)			\
	[nr] = name,
static const char * const probe_names[KTAP_PROBE_NR] = {
	___KTAP_PROBE_MAPPER(PROBE_NAME)
};

#undef PROBE_NAME

#define PROTO_NAME(id, nr, name)			\
	[nr] = name,
static const char * const proto_names[KTAP_PROTO_NR] = {
	___KTAP_PROTO_MAPPER(PROTO_NAME)
};

#undef PROTO_NAME

__ktap_printf(2, 3)
static void add_piece(void *arg, const char *fmt, ...)
{
	struct strbuf *sb = arg;
	char piece[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(piece, sizeof(piece), fmt, ap);
	va_end(ap);
	ktap_strbuf_add(sb, piece, strlen(piece));
}

static void add_char(struct strbuf *sb, char c)
{
	static const char from[] = "\a\b\f\n\r\t\v\\\"";
	static const char to[] = "abfnrtv\\\"";
	const char *p = c ? strchr(from, c) : NULL;

	if (p)
		ktap_strbuf_addf(sb, "\\%c", to[p - from]);
	else if ((unsigned char)c < ' ' || c == 0x7f)
		ktap_strbuf_addf(sb, "\\%03o", (unsigned char)c);
	else
		ktap_strbuf_addc(sb, c);
}

static void add_string(const struct listing *ls, struct strbuf *sb,
		       uint32_t idx, bool quoted)
{
	const char *str = "?";
	size_t len = 1, i;

	ktap_image_string(ls->image, idx, &str, &len);
	if (!quoted) {
		for (i = 0; i < len; i++)
			ktap_strbuf_addc(sb, (unsigned char)str[i] < ' ' ? '?' :
					 str[i]);
		return;
	}
	ktap_strbuf_addc(sb, '"');
	for (i = 0; i < len; i++)
		add_char(sb, str[i]);
	ktap_strbuf_addc(sb, '"');
}

static void add_const(const struct listing *ls, struct strbuf *sb,
		      uint32_t idx)
{
	const struct ktap_img_const *consts;
	uint32_t nr;

	consts = ktap_image_section(ls->image, KTAP_SEC_CONST, &nr);
	if (idx >= nr)
		ktap_strbuf_addc(sb, '?');
	else if (consts[idx].type == KTAP_T_STR)
		add_string(ls, sb, consts[idx].val, true);
	else
		ktap_strbuf_addf(sb, "%lld", (long long)consts[idx].val);
}

static void add_global(const struct listing *ls, struct strbuf *sb,
		       uint32_t idx)
{
	const struct ktap_img_global *globals;
	uint32_t nr;

	globals = ktap_image_section(ls->image, KTAP_SEC_GLOBAL, &nr);
	add_string(ls, sb, idx < nr ? globals[idx].name : KTAP_IMG_NONE, false);
}

static void add_field(const struct listing *ls, struct strbuf *sb,
		      uint32_t idx)
{
	const struct ktap_img_field *fields, *field;
	uint32_t nr;

	fields = ktap_image_section(ls->image, KTAP_SEC_FIELD, &nr);
	if (idx >= nr) {
		ktap_strbuf_addc(sb, '?');
		return;
	}
	field = &fields[idx];
	ktap_strbuf_addf(sb, "%s", field->kind < KTAP_FIELD_NR ?
			 ktap_field_names[field->kind] : "?");
	if (field->kind == KTAP_FIELD_NAME)
		add_string(ls, sb, field->name, false);
	else if (field->kind == KTAP_FIELD_NTH)
		ktap_strbuf_addf(sb, "%u", field->index);
	else if (field->kind == KTAP_FIELD_ARG)
		ktap_strbuf_addf(sb, "[%u]", field->index);
}

static void add_proto(const struct listing *ls, struct strbuf *sb,
		      uint32_t idx)
{
	const struct ktap_img_proto *protos;
	uint32_t nr;

	protos = ktap_image_section(ls->image, KTAP_SEC_PROTO, &nr);
	add_string(ls, sb, idx < nr ? protos[idx].name : KTAP_IMG_NONE, false);
}

static void add_count(struct strbuf *sb, uint32_t nr, const char *what)
{
	ktap_strbuf_addf(sb, "%u %s%s", nr, what, nr == 1 ? "" : "s");
}

/* How many values a call takes and gives, where that is not plain to see. */
static void add_values(struct strbuf *sb, const struct ktap_insn *insn)
{
	if (insn->op == KTAP_OP_CALLV) {
		add_count(sb, KTAP_CALLV_ARGS(insn->c), "argument");
		ktap_strbuf_addf(sb, ", ");
		add_count(sb, KTAP_CALLV_RESULTS(insn->c), "result");
		return;
	}
	add_count(sb, (insn->op == KTAP_OP_RET ? insn->b : insn->c) &
		  ~KTAP_OPEN, "value");
	ktap_strbuf_addf(sb, " and all results");
}

/* What an instruction refers to, if a comment is needed for it. */
static void add_text(const struct listing *ls, struct strbuf *sb,
		     const struct ktap_insn *insn)
{
	const unsigned char *modes = ktap_op_modes[insn->op];
	uint32_t bx = KTAP_INSN_BX(insn);

	switch (modes[1]) {
	case KTAP_OM_CONSTX:
		add_const(ls, sb, bx);
		return;
	case KTAP_OM_GLOBALX:
		add_global(ls, sb, bx);
		return;
	case KTAP_OM_FIELDX:
		add_field(ls, sb, bx);
		return;
	case KTAP_OM_PROTO:
		add_proto(ls, sb, insn->b);
		return;
	case KTAP_OM_PROTOX:
		add_proto(ls, sb, bx);
		return;
	default:
		break;
	}
	if (modes[2] == KTAP_OM_GLOBAL)
		add_global(ls, sb, insn->c);
	else if (insn->op == KTAP_OP_CALLV ||
		 (insn->op == KTAP_OP_RET && insn->b & KTAP_OPEN) ||
		 (insn->op == KTAP_OP_CALLB && insn->c & KTAP_OPEN))
		add_values(sb, insn);
}

static void add_comment(const struct listing *ls, struct strbuf *sb,
			const struct ktap_insn *insn)
{
	struct strbuf text = { 0 };

	if (insn->op >= KTAP_OP_NR)
		return;
	add_text(ls, &text, insn);
	if (text.len) {
		if (sb->len < COMMENT_COL)
			ktap_strbuf_fill(sb, ' ', COMMENT_COL - sb->len);
		ktap_strbuf_addf(sb, " ; ");
		ktap_strbuf_add(sb, text.str, text.len);
	}
	ktap_strbuf_destroy(&text);
}

/* Shows the line of the script that an instruction comes from, if it is new. */
static void show_source(struct listing *ls, uint32_t pc)
{
	const struct ktap_img_line *line = NULL;
	const char *text;
	uint32_t len;

	while (ls->next_line < ls->nr_lines &&
	       ls->lines[ls->next_line].insn <= pc)
		line = &ls->lines[ls->next_line++];
	if (!line || line->line == ls->last_line)
		return;
	ls->last_line = line->line;
	text = ls->src ? ktap_source_line(ls->src, line->line, &len) : NULL;
	if (!text) {
		fprintf(ls->out, "; line %u\n", line->line);
		return;
	}
	while (len && ktap_is_space(*text)) {
		text++;
		len--;
	}
	fprintf(ls->out, "; %u: %.*s\n", line->line, (int)len, text);
}

static void list_proto(struct listing *ls, const struct ktap_img_proto *proto,
		       uint32_t nr)
{
	const struct ktap_insn *insns;
	struct strbuf *sb = &ls->line;
	uint32_t nr_insns, i;

	insns = ktap_image_section(ls->image, KTAP_SEC_INSN, &nr_insns);
	sb->len = 0;
	add_string(ls, sb, proto->name, false);
	ktap_strbuf_addf(sb, ", %s, ", proto->kind < KTAP_PROTO_NR ?
			 proto_names[proto->kind] : "?");
	if (proto->kind == KTAP_PROTO_FUNC) {
		add_count(sb, proto->nr_params, "parameter");
		ktap_strbuf_addf(sb, ", ");
	}
	add_count(sb, proto->nr_regs, "register");
	fprintf(ls->out, "%sfunction %u: %.*s\n", nr ? "\n" : "", nr,
		(int)sb->len, sb->str);

	ls->last_line = 0;
	for (i = proto->insn; i < nr_insns && i - proto->insn < proto->nr_insns;
	     i++) {
		show_source(ls, i);
		sb->len = 0;
		ktap_strbuf_addf(sb, "%6u  ", i);
		ktap_disasm(&insns[i], i, add_piece, sb);
		add_comment(ls, sb, &insns[i]);
		while (sb->len && sb->str[sb->len - 1] == ' ')
			sb->len--;
		fprintf(ls->out, "%.*s\n", (int)sb->len, sb->str);
	}
}

/* A string of an event if it has it, between two others. */
static void add_part(const struct listing *ls, struct strbuf *sb,
		     const char *before, uint32_t idx, const char *behind)
{
	if (idx == KTAP_IMG_NONE)
		return;
	ktap_strbuf_addf(sb, "%s", before);
	add_string(ls, sb, idx, false);
	ktap_strbuf_addf(sb, "%s", behind);
}

/* Trace events are what most are, and are shown without their kind. */
static void add_event(const struct listing *ls, struct strbuf *sb,
		      const struct ktap_img_event *event)
{
	if (event->kind >= KTAP_PROBE_NR)
		ktap_strbuf_addf(sb, "? ");
	else if (event->kind != KTAP_PROBE_EVENT)
		ktap_strbuf_addf(sb, "%s ", probe_names[event->kind]);
	add_part(ls, sb, "", event->spec, "");
	if (event->flags & KTAP_EVENT_RETURN)
		ktap_strbuf_addf(sb, "%%return");
	if (event->flags & KTAP_EVENT_MARKER)
		ktap_strbuf_addf(sb, " marker");
	add_part(ls, sb, " ", event->fetch, "");
	add_part(ls, sb, " /", event->filter, "/");
	add_part(ls, sb, " (", event->name, ")");
}

static void list_events(struct listing *ls)
{
	const struct ktap_img_event *events;
	uint32_t nr, i;

	events = ktap_image_section(ls->image, KTAP_SEC_EVENT, &nr);
	for (i = 0; i < nr; i++) {
		ls->line.len = 0;
		add_event(ls, &ls->line, &events[i]);
		fprintf(ls->out, "%sevent %u: %s -> function %u\n",
			i ? "" : "\n", i, ls->line.str, events[i].proto);
	}
}

/**
 * ktap_listing - Print the code of an image
 * @image: the image
 * @src: text of the script that it was made of, or NULL
 * @out: where to
 */
void ktap_listing(const struct image_view *image, struct source *src, FILE *out)
{
	struct listing ls = { .image = image, .src = src, .out = out };
	const struct ktap_img_proto *protos;
	uint32_t nr, i;

	ls.lines = ktap_image_section(image, KTAP_SEC_LINE, &ls.nr_lines);
	protos = ktap_image_section(image, KTAP_SEC_PROTO, &nr);
	for (i = 0; i < nr; i++)
		list_proto(&ls, &protos[i], i);
	list_events(&ls);
	ktap_strbuf_destroy(&ls.line);
}
