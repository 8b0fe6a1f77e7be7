// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Records as JSON
 *
 * Each record is an object on a line of its own; those of print_hist() and
 * print_stat(), of which there are many, are one together. All members and types are
 * told in Documentation/trace/ktap-json.rst. Strings are UTF-8, whatever the script
 * prints: a byte that is no part of any character becomes U+FFFD.
 */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "range.h"

static void add(struct strbuf *sb, const char *text)
{
	ktap_strbuf_add(sb, text, strlen(text));
}

/* Digits of a 64-bit integer. */
#define MAX_DIGITS	20

static void add_unsigned(struct strbuf *sb, uint64_t num)
{
	char digits[MAX_DIGITS], *end = digits + sizeof(digits), *pos = end;

	do {
		pos--;
		*pos = '0' + num % 10;
		num /= 10;
	} while (num);
	ktap_strbuf_add(sb, pos, end - pos);
}

static void add_signed(struct strbuf *sb, int64_t num)
{
	if (num < 0)
		ktap_strbuf_addc(sb, '-');
	add_unsigned(sb, num < 0 ? -(uint64_t)num : (uint64_t)num);
}

static void add_member(struct strbuf *sb, const char *name, int64_t num)
{
	add(sb, ",\"");
	add(sb, name);
	add(sb, "\":");
	add_signed(sb, num);
}

/*
 * Strings
 */

/* How many bytes follow the first one of a character; its lowest code point. */
static size_t utf8_more(unsigned char c, uint32_t *code, uint32_t *least)
{
	if (c >= 0xc2 && c < 0xe0) {
		*code = c & 0x1f;
		*least = 0x80;
		return 1;
	}
	if (c >= 0xe0 && c < 0xf0) {
		*code = c & 0x0f;
		*least = 0x800;
		return 2;
	}
	if (c >= 0xf0 && c < 0xf5) {
		*code = c & 0x07;
		*least = 0x10000;
		return 3;
	}
	return 0;
}

/* Length of the character of several bytes at @str, 0 if there is none. */
static size_t utf8_len(const char *str, size_t len)
{
	uint32_t code = 0, least = 0;
	size_t more = utf8_more(*str, &code, &least), i;

	if (!more || more >= len)
		return 0;
	for (i = 1; i <= more; i++) {
		if ((str[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (str[i] & 0x3f);
	}
	if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return more + 1;
}

/* Adds a character that needs more than itself; returns its length. */
static size_t add_special(struct strbuf *sb, const char *str, size_t len)
{
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	unsigned char c = *str;
	const char *name;
	size_t size;

	if (c >= 0x80) {
		size = utf8_len(str, len);
		if (size)
			ktap_strbuf_add(sb, str, size);
		else
			add(sb, "\xef\xbf\xbd");
		return size ? size : 1;
	}
	for (name = names; *name && *name != (char)c; name += 2)
		;
	ktap_strbuf_addc(sb, '\\');
	if (*name)
		ktap_strbuf_addc(sb, name[1]);
	else
		ktap_strbuf_addf(sb, "u%04x", c);
	return 1;
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

static void add_string(struct strbuf *sb, const char *str, size_t len)
{
	size_t plain;

	ktap_strbuf_addc(sb, '"');
	while (len) {
		for (plain = 0; plain < len && is_plain(str[plain]); plain++)
			;
		ktap_strbuf_add(sb, str, plain);
		str += plain;
		len -= plain;
		if (!len)
			break;
		plain = add_special(sb, str, len);
		str += plain;
		len -= plain;
	}
	ktap_strbuf_addc(sb, '"');
}

static void add_text(struct strbuf *sb, const struct strbuf *text)
{
	add_string(sb, text->len ? text->str : "", text->len);
}

/* A string of the image. */
static void add_name(struct strbuf *sb, const struct image_view *image, uint32_t idx)
{
	const char *name = "?";
	size_t len = 1;

	ktap_image_string(image, idx, &name, &len);
	add_string(sb, name, len);
}

/* A name of a list, in small letters. */
static void add_lower(struct strbuf *sb, const char *name)
{
	ktap_strbuf_addc(sb, '"');
	for (; *name; name++)
		ktap_strbuf_addc(sb, *name >= 'A' && *name <= 'Z' ? *name + 32 : *name);
	ktap_strbuf_addc(sb, '"');
}

/*
 * Stacks
 */

/* Is it an address in place of a name? */
static bool is_address(const char *str, size_t len)
{
	return len > 2 && str[0] == '0' && str[1] == 'x' &&
	       strspn(str + 2, "0123456789abcdef") >= len - 2;
}

/*
 * Takes what is in brackets at the end, as " [module]": it is at *@in, and so many
 * bytes long as is returned. *@len becomes the length of what is before it.
 */
static size_t take_brackets(const char *line, size_t *len, const char **in)
{
	size_t end = *len;
	const char *pos;

	if (!end || line[end - 1] != ']')
		return 0;
	pos = memrchr(line, '[', end);
	if (!pos || pos - line < 2 || pos[-1] != ' ')
		return 0;
	*in = pos + 1;
	*len = pos - 1 - line;
	return line + end - 1 - *in;
}

/* The last "+0x" of a line, or its end. */
static const char *find_offset(const char *line, size_t len)
{
	const char *pos = line + len;

	while (pos > line) {
		pos = memrchr(line, '+', pos - line);
		if (!pos)
			break;
		if (line + len - pos > 3 && pos[1] == '0' && pos[2] == 'x')
			return pos;
	}
	return line + len;
}

static uint64_t read_hex(const char *pos, const char *end)
{
	uint64_t num = 0;

	for (; pos < end && ktap_digit(*pos) < 16; pos++)
		num = num << 4 | ktap_digit(*pos);
	return num;
}

static void add_part(struct strbuf *sb, const char *name, const char *str, size_t len)
{
	add(sb, sb->str[sb->len - 1] == '{' ? "\"" : ",\"");
	add(sb, name);
	add(sb, "\":");
	add_string(sb, str, len);
}

/* A line of the text of a stack of the kernel: "name+offset/size [module]". */
static void add_line(struct strbuf *sb, const char *line, size_t len)
{
	const char *in = "", *pos;
	size_t size;

	ktap_strbuf_addc(sb, '{');
	size = take_brackets(line, &len, &in);
	pos = find_offset(line, len);
	add_part(sb, is_address(line, len) ? "addr" : "name", line, pos - line);
	if (pos < line + len)
		add_member(sb, "offset", read_hex(pos + 3, line + len));
	if (size)
		add_part(sb, "module", in, size);
	ktap_strbuf_addc(sb, '}');
}

/* The last line ends where the text does. */
static void add_lines(struct strbuf *sb, const struct strbuf *text)
{
	const char *pos = text->str, *end = pos + text->len, *eol;

	for (; pos < end; pos = eol + 1) {
		if (pos > text->str)
			ktap_strbuf_addc(sb, ',');
		eol = memchr(pos, '\n', end - pos);
		eol = eol ? eol : end;
		add_line(sb, pos, eol - pos);
	}
}

/* A function at an address of user code, or what else is known of that. */
static void add_user_frame(struct strbuf *sb, const struct usym_name *name,
			   const char *func, bool inlined, uint64_t addr)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)addr);
	add(sb, sb->str[sb->len - 1] == '[' ? "{" : ",{");
	if (func)
		add_part(sb, "name", func, strlen(func));
	if (name->dso)
		add_part(sb, "dso", name->dso, strlen(name->dso));
	if (inlined)
		add(sb, ",\"inlined\":true");
	else if (name->dso)
		add_member(sb, "offset", name->offset);
	add_part(sb, "addr", text, strlen(text));
	ktap_strbuf_addc(sb, '}');
}

static void add_user_frames(void *data, const struct usym_name *name, uint64_t addr)
{
	size_t i;

	for (i = 0; i < name->nr_inlined; i++)
		add_user_frame(data, name, name->inlined[i], true, addr);
	add_user_frame(data, name, name->name, false, addr);
}

static void add_stack(struct strbuf *sb, const struct value *val)
{
	struct ktap_val_stack head;
	struct strbuf text = { 0 };

	memcpy(&head, val->str, sizeof(head));
	ktap_strbuf_addc(sb, '[');
	if (head.flags & KTAP_STACK_USER) {
		ktap_value_frames(val, add_user_frames, sb);
	} else {
		ktap_value_add(&text, val);
		add_lines(sb, &text);
	}
	ktap_strbuf_addc(sb, ']');
	ktap_strbuf_destroy(&text);
}

/*
 * Statistics
 */

#define AGG_NAME(id, nr, name)	\
	[nr] = name,
static const char * const agg_names[KTAP_AGG_NR] = {
	___KTAP_AGG_MAPPER(AGG_NAME)
};

#undef AGG_NAME

static const char *agg_name(uint32_t kind)
{
	return kind < KTAP_AGG_NR ? agg_names[kind] : "?";
}

/* Ranges that are not empty. */
static void add_ranges(struct strbuf *sb, const struct value *val)
{
	const char *pos = val->str + sizeof(struct ktap_val_stat);
	const char *end = val->str + val->len;
	struct ktap_val_range range;
	struct ktap_val_stat stat;
	struct range bounds;

	ktap_value_stat(val, &stat);
	for (; stat.nr_ranges && (size_t)(end - pos) >= sizeof(range); stat.nr_ranges--) {
		memcpy(&range, pos, sizeof(range));
		pos += sizeof(range);
		if (!ktap_range_get(&stat, range.range, &bounds))
			continue;
		add(sb, sb->str[sb->len - 1] == '[' ? "{" : ",{");
		if (!bounds.below)
			ktap_strbuf_addf(sb, "\"low\":%lld,", (long long)bounds.low);
		if (!bounds.above)
			ktap_strbuf_addf(sb, "\"high\":%lld,", (long long)bounds.high);
		ktap_strbuf_addf(sb, "\"count\":%llu}", (unsigned long long)range.count);
	}
}

/* A statistic without the end. Returns whether more ranges may follow. */
static bool begin_stat(struct strbuf *sb, const struct value *val)
{
	struct ktap_val_stat stat;

	ktap_value_stat(val, &stat);
	ktap_strbuf_addf(sb, "{\"kind\":\"%s\",\"count\":%llu", agg_name(stat.kind),
			 (unsigned long long)stat.count);
	if (stat.count) {
		add_member(sb, "sum", stat.sum);
		add_member(sb, "avg", stat.avg);
		add_member(sb, "min", stat.min);
		add_member(sb, "max", stat.max);
		add_member(sb, "stddev", stat.stddev);
	}
	if (!stat.nr_ranges)
		return false;
	add(sb, ",\"ranges\":[");
	add_ranges(sb, val);
	return true;
}

/*
 * Values
 */

static void add_values(struct strbuf *sb, struct value_reader *vr);

static void add_tuple(struct strbuf *sb, const struct value *val)
{
	struct value_reader vr = ktap_value_parts(val);

	add_values(sb, &vr);
}

static void add_func(struct strbuf *sb, const struct value *val)
{
	const struct ktap_img_proto *protos;
	uint32_t nr;

	protos = ktap_image_section(val->image, KTAP_SEC_PROTO, &nr);
	add(sb, "{\"function\":");
	add_name(sb, val->image, val->num < nr ? protos[val->num].name : KTAP_IMG_NONE);
	ktap_strbuf_addc(sb, '}');
}

static void add_value(struct strbuf *sb, const struct value *val)
{
	switch (val->type) {
	case KTAP_T_NIL:
		add(sb, "null");
		break;
	case KTAP_T_FALSE:
		add(sb, "false");
		break;
	case KTAP_T_TRUE:
		add(sb, "true");
		break;
	case KTAP_T_INT:
		add_signed(sb, val->num);
		break;
	case KTAP_T_STR:
	case KTAP_T_EVENT:
		add_string(sb, val->str, val->len);
		break;
	case KTAP_T_TAB:
		ktap_strbuf_addf(sb, "{\"table\":%lld}", (long long)val->num);
		break;
	case KTAP_T_FUNC:
		add_func(sb, val);
		break;
	case KTAP_T_TUPLE:
		add_tuple(sb, val);
		break;
	case KTAP_T_STACK:
		add_stack(sb, val);
		break;
	case KTAP_T_STAT:
		add(sb, begin_stat(sb, val) ? "]}" : "}");
		break;
	default:
		ktap_strbuf_addf(sb, "{\"unknown\":%u}", val->type);
		break;
	}
}

static void add_values(struct strbuf *sb, struct value_reader *vr)
{
	const char *sep = "";
	struct value val;

	ktap_strbuf_addc(sb, '[');
	while (ktap_value_next(vr, &val)) {
		add(sb, sep);
		add_value(sb, &val);
		sep = ",";
	}
	ktap_strbuf_addc(sb, ']');
}

/*
 * Records
 */

static void begin_record(struct strbuf *sb, const char *type, const struct ktap_rec *rec)
{
	add(sb, "{\"type\":\"");
	add(sb, type);
	add(sb, "\",\"ts\":");
	add_unsigned(sb, rec->ts);
	add(sb, ",\"cpu\":");
	add_unsigned(sb, rec->cpu);
}

static void end_record(struct strbuf *sb)
{
	add(sb, "}\n");
}

static struct value_reader values_of(const struct json *json, const struct ktap_rec *rec)
{
	return (struct value_reader){
		.pos = (const char *)(rec + 1),
		.end = (const char *)rec + rec->size,
		.image = json->image,
		.usym = json->usym,
		.ts = rec->ts,
	};
}

static void add_print(struct json *json, const struct ktap_rec *rec, struct strbuf *sb)
{
	struct value_reader vr = values_of(json, rec);

	json->text.len = 0;
	ktap_values_print(&json->text, &vr);
	begin_record(sb, "print", rec);
	add(sb, ",\"text\":");
	add_text(sb, &json->text);
	add(sb, ",\"values\":");
	vr = values_of(json, rec);
	add_values(sb, &vr);
	end_record(sb);
}

static void add_printf(struct json *json, const struct ktap_rec *rec, struct strbuf *sb)
{
	struct value_reader vr = values_of(json, rec);
	struct value format;

	json->text.len = 0;
	ktap_values_printf(&json->text, &vr);
	begin_record(sb, "printf", rec);
	add(sb, ",\"text\":");
	add_text(sb, &json->text);
	vr = values_of(json, rec);
	if (ktap_value_next(&vr, &format)) {
		add(sb, ",\"format\":");
		add_value(sb, &format);
	}
	add(sb, ",\"values\":");
	add_values(sb, &vr);
	end_record(sb);
}

/* What was called, or what the kernel does of its own at the end. */
static const char *agg_type(const struct ktap_rec_agg *head)
{
	switch (head->func) {
	case KTAP_FUNC_PRINT_HIST:
		return "hist";
	case KTAP_FUNC_PRINT_STAT:
		return "stat";
	default:
		return "table";
	}
}

/* A variable that the script reads itself is sent for pictures only. */
static bool is_hidden(const struct json *json)
{
	return json->head.func == KTAP_FUNC_DUMP &&
		(!json->dump || json->head.flags & KTAP_AGG_READ);
}

/* Ends the last item. */
static void end_item(struct json *json)
{
	if (!json->item)
		return;
	add(&json->entries, json->ranges ? "]}}" : "}");
	json->item = false;
	json->ranges = false;
}

/**
 * ktap_json_finish - Show what print_hist() has sent, if not all of it came
 * @json: what is known
 * @sb: where to
 */
void ktap_json_finish(struct json *json, struct strbuf *sb)
{
	if (!json->open)
		return;
	end_item(json);
	json->open = false;
	if (is_hidden(json)) {
		json->entries.len = 0;
		return;
	}
	begin_record(sb, agg_type(&json->head), &json->last);
	if (json->head.name != KTAP_IMG_NONE) {
		add(sb, ",\"name\":");
		add_name(sb, json->image, json->head.name);
	}
	ktap_strbuf_addf(sb, ",\"kind\":\"%s\"", json->kind);
	if (json->head.limit)
		ktap_strbuf_addf(sb, ",\"limit\":%u", json->head.limit);
	add(sb, ",\"entries\":[");
	if (json->entries.len)
		ktap_strbuf_add(sb, json->entries.str, json->entries.len);
	ktap_strbuf_addc(sb, ']');
	end_record(sb);
	json->entries.len = 0;
}

static void begin_agg(struct json *json, const struct ktap_rec *rec, struct strbuf *sb)
{
	ktap_json_finish(json, sb);
	if (rec->size < sizeof(*rec) + sizeof(json->head))
		return;
	memcpy(&json->head, rec + 1, sizeof(json->head));
	json->open = true;
	json->more = false;
	json->kind = "table";
	json->last = *rec;
}

/* Returns whether the next item goes on with the ranges of this one. */
static bool has_more(const struct value *val)
{
	struct ktap_val_stat stat;

	ktap_value_stat(val, &stat);
	return stat.flags & KTAP_STAT_MORE;
}

static void add_stat_item(struct json *json, const struct value *val)
{
	struct ktap_val_stat stat;

	ktap_value_stat(val, &stat);
	json->kind = agg_name(stat.kind);
	json->ranges = begin_stat(&json->entries, val);
	if (!json->ranges)
		ktap_strbuf_addc(&json->entries, '}');
}

static void add_item(struct json *json, const struct ktap_rec *rec)
{
	struct value_reader vr = values_of(json, rec);
	struct strbuf *sb = &json->entries;
	struct value key, val;
	bool more = json->more;

	if (!json->open || !ktap_value_next(&vr, &key) || !ktap_value_next(&vr, &val))
		return;
	json->last = *rec;
	json->more = val.type == KTAP_T_STAT && has_more(&val);
	if (more && json->ranges && val.type == KTAP_T_STAT) {
		add_ranges(sb, &val);
		return;
	}
	end_item(json);
	json->item = true;
	add(sb, sb->len ? ",{\"key\":" : "{\"key\":");
	add_value(sb, &key);
	add(sb, ",\"value\":");
	if (val.type == KTAP_T_STAT)
		add_stat_item(json, &val);
	else
		add_value(sb, &val);
}

static void end_agg(struct json *json, const struct ktap_rec *rec, struct strbuf *sb)
{
	json->last = *rec;
	ktap_json_finish(json, sb);
}

#define ERROR_NAME(name, nr, text)	\
	[nr] = #name,
static const char * const error_names[KTAP_E_NR] = {
	___KTAP_ERROR_MAPPER(ERROR_NAME)
};

#undef ERROR_NAME

static void add_error(struct json *json, const struct ktap_rec *rec, struct strbuf *sb)
{
	const struct ktap_rec_error *err = (const void *)(rec + 1);
	size_t len = rec->size - sizeof(*rec);
	uint32_t i, nr;

	if (len < sizeof(*err) || err->len > len - sizeof(*err))
		return;
	nr = err->nr_frames < KTAP_MAX_FRAMES ? err->nr_frames : KTAP_MAX_FRAMES;
	begin_record(sb, "error", rec);
	add(sb, ",\"code\":");
	add_lower(sb, err->code < KTAP_E_NR ? error_names[err->code] : "?");
	add(sb, ",\"text\":");
	add_string(sb, err->text, err->len);
	add(sb, ",\"file\":");
	add_string(sb, ktap_image_name(json->image), strlen(ktap_image_name(json->image)));
	ktap_strbuf_addf(sb, ",\"line\":%u,\"col\":%u,\"functions\":[",
			 nr ? err->frames[0].line : 0, err->col);
	for (i = 0; i < nr; i++) {
		add(sb, i ? ",{\"name\":" : "{\"name\":");
		add_name(sb, json->image, err->frames[i].name);
		ktap_strbuf_addf(sb, ",\"line\":%u}", err->frames[i].line);
	}
	ktap_strbuf_addc(sb, ']');
	end_record(sb);
}

static void add_drops(struct json *json, const struct ktap_rec *rec, struct strbuf *sb)
{
	const struct ktap_rec_drops *drops = (const void *)(rec + 1);

	if (rec->size < sizeof(*rec) + sizeof(*drops))
		return;
	begin_record(sb, "drops", rec);
	add(sb, ",\"name\":");
	add_name(sb, json->image, drops->name);
	add(sb, ",\"count\":");
	add_unsigned(sb, drops->count);
	end_record(sb);
}

static void add_lost(const struct ktap_rec *rec, struct strbuf *sb)
{
	const struct ktap_rec_lost *lost = (const void *)(rec + 1);

	if (rec->size < sizeof(*rec) + sizeof(*lost))
		return;
	begin_record(sb, "lost", rec);
	add(sb, ",\"count\":");
	add_unsigned(sb, lost->count);
	end_record(sb);
}

static void add_attached(struct json *json, const struct ktap_rec *rec, struct strbuf *sb)
{
	begin_record(sb, "attached", rec);
	ktap_strbuf_addf(sb, ",\"events\":%u,\"skipped\":%u", json->attached,
			 json->skipped);
	end_record(sb);
}

static void add_end(const struct ktap_rec *rec, struct strbuf *sb)
{
	const struct ktap_rec_end *end = (const void *)(rec + 1);

	if (rec->size < sizeof(*rec) + sizeof(*end))
		return;
	begin_record(sb, "end", rec);
	ktap_strbuf_addf(sb, ",\"status\":%d,\"failed\":%s", end->status & 0xff,
			 end->flags & KTAP_END_ERROR ? "true" : "false");
	end_record(sb);
}

/**
 * ktap_json_record - Append what a record is as JSON
 * @json: what is known
 * @rec: the record
 * @sb: where to
 */
void ktap_json_record(struct json *json, const struct ktap_rec *rec, struct strbuf *sb)
{
	switch (rec->type) {
	case KTAP_REC_RUNNING:
		add_attached(json, rec, sb);
		break;
	case KTAP_REC_PRINT:
		add_print(json, rec, sb);
		break;
	case KTAP_REC_PRINTF:
		add_printf(json, rec, sb);
		break;
	case KTAP_REC_AGG:
		begin_agg(json, rec, sb);
		break;
	case KTAP_REC_ITEM:
		add_item(json, rec);
		break;
	case KTAP_REC_AGG_END:
		end_agg(json, rec, sb);
		break;
	case KTAP_REC_ERROR:
		add_error(json, rec, sb);
		break;
	case KTAP_REC_DROPS:
		add_drops(json, rec, sb);
		break;
	case KTAP_REC_LOST:
		add_lost(rec, sb);
		break;
	case KTAP_REC_END:
		ktap_json_finish(json, sb);
		add_end(rec, sb);
		break;
	default:
		break;
	}
}

#define STAT_NAME(name, nr, text)	\
	[nr] = #name,
static const char * const stat_names[KTAP_STAT_NR] = {
	___KTAP_STAT_MAPPER(STAT_NAME)
};

#undef STAT_NAME

/**
 * ktap_json_stats - Append the counters of a session as JSON
 * @stats: the counters
 * @heap_size: bytes of memory for tables and strings
 * @heap_used: bytes of it that were ever in use
 * @sb: where to
 */
void ktap_json_stats(const uint64_t stats[KTAP_STAT_NR], uint64_t heap_size,
		     uint64_t heap_used, struct strbuf *sb)
{
	size_t i;

	add(sb, "{\"type\":\"stats\",\"counters\":{");
	for (i = 0; i < KTAP_STAT_NR; i++) {
		if (i)
			ktap_strbuf_addc(sb, ',');
		add_lower(sb, stat_names[i]);
		ktap_strbuf_addc(sb, ':');
		add_unsigned(sb, stats[i]);
	}
	ktap_strbuf_addf(sb, "},\"heap_size\":%llu,\"heap_used\":%llu",
			 (unsigned long long)heap_size, (unsigned long long)heap_used);
	end_record(sb);
}

/**
 * ktap_json_destroy - Free the memory of what makes JSON
 * @json: all zero, or in use
 */
void ktap_json_destroy(struct json *json)
{
	ktap_strbuf_destroy(&json->entries);
	ktap_strbuf_destroy(&json->text);
}
