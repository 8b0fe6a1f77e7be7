// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Values that come in records
 *
 * The kernel sends what print() and printf() were called with; the text is made
 * here. Any value fits any conversion: what a conversion is not made for is
 * shown as print() would show it.
 */
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "value.h"

/* Digits of a 64-bit integer in octal, and its prefix. */
#define MAX_DIGITS	24

static size_t padded(uint32_t len)
{
	return ((size_t)len + KTAP_REC_ALIGN - 1) &
		~(size_t)(KTAP_REC_ALIGN - 1);
}

/**
 * ktap_value_next - Read the next value of a record
 * @vr: the record
 * @val: the value
 *
 * Return: False if there are no more values, or what follows is none.
 */
bool ktap_value_next(struct value_reader *vr, struct value *val)
{
	struct ktap_val head;
	size_t left = vr->end - vr->pos;

	memset(val, 0, sizeof(*val));
	val->image = vr->image;
	val->usym = vr->usym;
	val->ts = vr->ts;
	if (left < sizeof(head))
		return false;
	memcpy(&head, vr->pos, sizeof(head));
	vr->pos += sizeof(head);
	left -= sizeof(head);
	val->type = head.type;

	if (head.type == KTAP_T_TAB || head.type == KTAP_T_FUNC) {
		val->num = head.len;
		return true;
	}
	if (head.type == KTAP_T_STR && head.len & KTAP_VAL_CONST) {
		val->str = "";
		ktap_image_string(vr->image, head.len & ~KTAP_VAL_CONST,
				  &val->str, &val->len);
		return true;
	}
	if (head.len > left ||
	    (head.type == KTAP_T_STAT &&
	     head.len < sizeof(struct ktap_val_stat)) ||
	    (head.type == KTAP_T_STACK &&
	     head.len < sizeof(struct ktap_val_stack)))
		goto bad;

	if (head.type == KTAP_T_INT) {
		if (head.len != sizeof(val->num))
			goto bad;
		memcpy(&val->num, vr->pos, sizeof(val->num));
	} else {
		val->str = vr->pos;
		val->len = head.len;
	}
	vr->pos += padded(head.len) < left ? padded(head.len) : left;
	return true;
bad:
	vr->pos = vr->end;
	return false;
}

/**
 * ktap_value_stat - What a statistic comes to
 * @val: the statistic
 * @stat: where to; its ranges stay where they are
 */
void ktap_value_stat(const struct value *val, struct ktap_val_stat *stat)
{
	memcpy(stat, val->str, sizeof(*stat));
}

static void add_stat(struct strbuf *sb, const struct value *val)
{
	struct ktap_val_stat stat;

	ktap_value_stat(val, &stat);
	ktap_strbuf_addf(sb, "count %llu", (unsigned long long)stat.count);
	if (stat.count)
		ktap_strbuf_addf(sb, ", sum %lld, avg %lld, min %lld, max %lld",
				 (long long)stat.sum, (long long)stat.avg,
				 (long long)stat.min, (long long)stat.max);
}

static void add_func(struct strbuf *sb, const struct value *val)
{
	const struct ktap_img_proto *protos;
	const char *name = "?";
	size_t len = 1;
	uint32_t nr;

	protos = ktap_image_section(val->image, KTAP_SEC_PROTO, &nr);
	if (val->num < nr)
		ktap_image_string(val->image, protos[val->num].name, &name,
				  &len);
	ktap_strbuf_add(sb, "function: ", 10);
	ktap_strbuf_add(sb, name, len);
}

/**
 * ktap_value_frames - Go through the frames of a stack of user code
 * @val: the stack
 * @fn: called for each with what is known of it, the innermost one first
 * @data: for @fn
 */
void ktap_value_frames(const struct value *val, value_frame_fn fn, void *data)
{
	const char *pos = val->str + sizeof(struct ktap_val_stack);
	struct usym_addr at = { .ts = val->ts };
	struct ktap_val_stack stack;
	struct usym_name name;

	memcpy(&stack, val->str, sizeof(stack));
	at.pid = stack.pid;
	at.frame = !(stack.flags & KTAP_STACK_SYMBOL);
	for (; (size_t)(val->str + val->len - pos) >= sizeof(at.addr);
	     pos += sizeof(at.addr)) {
		memcpy(&at.addr, pos, sizeof(at.addr));
		name = (struct usym_name){ .offset = at.addr };
		if (val->usym)
			ktap_usym_find(val->usym, &at, &name);
		fn(data, &name, at.addr);
		/* All others have called the one before. */
		at.caller = true;
	}
}

/* struct frames - the text of a stack of user code, and what a frame has before it */
struct frames {
	struct strbuf *sb;
	bool symbol;
	const char *sep;
};

static void add_frame(void *data, const struct usym_name *name, uint64_t addr)
{
	struct frames *frames = data;

	(void)addr;
	ktap_strbuf_add(frames->sb, frames->sep, strlen(frames->sep));
	if (frames->symbol)
		ktap_usym_add_symbol(frames->sb, name);
	else
		ktap_usym_add_frame(frames->sb, name);
	frames->sep = "\n";
}

/* Frames, the innermost one first, with a newline between two. */
static void add_stack(struct strbuf *sb, const struct value *val)
{
	size_t len = val->len - sizeof(struct ktap_val_stack);
	struct frames frames = { .sb = sb, .sep = "" };
	struct ktap_val_stack stack;

	memcpy(&stack, val->str, sizeof(stack));
	frames.symbol = stack.flags & KTAP_STACK_SYMBOL;
	if (stack.flags & KTAP_STACK_USER)
		ktap_value_frames(val, add_frame, &frames);
	else if (len)
		/* The last one has a newline that is not wanted. */
		ktap_strbuf_add(sb, val->str + sizeof(stack), len - 1);
}

static void add_single(struct strbuf *sb, const struct value *val)
{
	switch (val->type) {
	case KTAP_T_NIL:
		ktap_strbuf_add(sb, "nil", 3);
		break;
	case KTAP_T_FALSE:
		ktap_strbuf_add(sb, "false", 5);
		break;
	case KTAP_T_TRUE:
		ktap_strbuf_add(sb, "true", 4);
		break;
	case KTAP_T_INT:
		ktap_strbuf_addf(sb, "%lld", (long long)val->num);
		break;
	case KTAP_T_TAB:
		ktap_strbuf_addf(sb, "table: %lld", (long long)val->num);
		break;
	case KTAP_T_STR:
	case KTAP_T_EVENT:
		ktap_strbuf_add(sb, val->str, val->len);
		break;
	case KTAP_T_FUNC:
		add_func(sb, val);
		break;
	case KTAP_T_STAT:
		add_stat(sb, val);
		break;
	case KTAP_T_STACK:
		add_stack(sb, val);
		break;
	default:
		ktap_strbuf_addf(sb, "<value of type %u>", val->type);
		break;
	}
}

/**
 * ktap_value_parts - Begin to read the parts of a compound key
 * @val: the key
 *
 * Return: What reads them.
 */
struct value_reader ktap_value_parts(const struct value *val)
{
	return (struct value_reader){
		.pos = val->str,
		.end = val->str + val->len,
		.image = val->image,
		.usym = val->usym,
		.ts = val->ts,
	};
}

/* Whether it has a line for each frame, which a symbol has not. */
static bool has_lines(const struct value *val)
{
	struct ktap_val_stack stack;

	if (val->type != KTAP_T_STACK)
		return false;
	memcpy(&stack, val->str, sizeof(stack));
	return !(stack.flags & KTAP_STACK_SYMBOL);
}

/**
 * ktap_value_add - Append a value as print() shows it
 * @sb: where to
 * @val: the value
 */
void ktap_value_add(struct strbuf *sb, const struct value *val)
{
	struct value_reader vr = ktap_value_parts(val);
	const char *sep = "";
	struct value part;

	if (val->type != KTAP_T_TUPLE) {
		add_single(sb, val);
		return;
	}
	/* No part is compound itself. */
	while (ktap_value_next(&vr, &part)) {
		/* The frames of a stack have lines of their own. */
		if (has_lines(&part) && *sep)
			sep = "\n";
		ktap_strbuf_add(sb, sep, strlen(sep));
		add_single(sb, &part);
		sep = has_lines(&part) ? "\n" : ", ";
	}
}

/**
 * ktap_value_has_stack - Whether the text of a value has several lines
 * @val: the value
 *
 * Return: True if it is a stack, not a symbol, or a compound key with one.
 */
bool ktap_value_has_stack(const struct value *val)
{
	struct value_reader vr = ktap_value_parts(val);
	struct value part;

	if (val->type != KTAP_T_TUPLE)
		return has_lines(val);
	while (ktap_value_next(&vr, &part))
		if (has_lines(&part))
			return true;
	return false;
}

/**
 * ktap_values_print - Append the line that a print() makes
 * @sb: where to
 * @vr: its values
 */
void ktap_values_print(struct strbuf *sb, struct value_reader *vr)
{
	const char *sep = "";
	struct value val;

	while (ktap_value_next(vr, &val)) {
		ktap_strbuf_add(sb, sep, strlen(sep));
		ktap_value_add(sb, &val);
		sep = "\t";
	}
	ktap_strbuf_addc(sb, '\n');
}

static void pad(struct strbuf *sb, const struct conversion *conv,
		const char *text, size_t len)
{
	size_t fill = (size_t)conv->width > len ? conv->width - len : 0;

	if (!conv->left)
		ktap_strbuf_fill(sb, ' ', fill);
	ktap_strbuf_add(sb, text, len);
	if (conv->left)
		ktap_strbuf_fill(sb, ' ', fill);
}

/* Writes the digits of a number in front of @end. */
static char *put_digits(char *end, uint64_t num, char letter)
{
	const char *digits = letter == 'X' ? "0123456789ABCDEF" :
		"0123456789abcdef";
	unsigned int base = 10;

	if (letter == 'o')
		base = 8;
	else if (letter == 'x' || letter == 'X' || letter == 'p')
		base = 16;
	for (; num; num /= base)
		*--end = digits[num % base];
	return end;
}

static const char *prefix_of(const struct conversion *conv, int64_t num)
{
	switch (conv->conv) {
	case 'd':
	case 'i':
		if (num < 0)
			return "-";
		if (conv->plus)
			return "+";
		return conv->space ? " " : "";
	case 'p':
		return "0x";
	case 'x':
		return conv->alt && num ? "0x" : "";
	case 'X':
		return conv->alt && num ? "0X" : "";
	default:
		return "";
	}
}

static void add_int(struct strbuf *sb, const struct conversion *conv,
		    int64_t num)
{
	bool is_signed = conv->conv == 'd' || conv->conv == 'i';
	const char *prefix = prefix_of(conv, num);
	char digits[MAX_DIGITS], *end = digits + sizeof(digits), *start;
	uint64_t value = is_signed && num < 0 ? -(uint64_t)num : (uint64_t)num;
	size_t len, zeros = 0, total, fill = 0;

	start = put_digits(end, value, conv->conv);
	len = end - start;
	if (conv->prec > 0 || conv->prec < 0)
		zeros = conv->prec > (int)len ? conv->prec - len : !len;
	if (conv->conv == 'o' && conv->alt && !zeros && (len || !conv->prec))
		zeros = 1;
	total = strlen(prefix) + zeros + len;
	if ((size_t)conv->width > total)
		fill = conv->width - total;
	if (conv->zero && !conv->left && conv->prec < 0) {
		zeros += fill;
		fill = 0;
	}

	if (!conv->left)
		ktap_strbuf_fill(sb, ' ', fill);
	ktap_strbuf_add(sb, prefix, strlen(prefix));
	ktap_strbuf_fill(sb, '0', zeros);
	ktap_strbuf_add(sb, start, len);
	if (conv->left)
		ktap_strbuf_fill(sb, ' ', fill);
}

static void add_text(struct strbuf *sb, const struct conversion *conv,
		     const struct value *val)
{
	struct strbuf text = { 0 };
	const char *str = val->str;
	size_t len = val->len;

	if (val->type != KTAP_T_STR) {
		ktap_value_add(&text, val);
		str = text.len ? text.str : "";
		len = text.len;
	}
	if (conv->conv == 's' && conv->prec >= 0 && len > (size_t)conv->prec)
		len = conv->prec;
	pad(sb, conv, str, len);
	ktap_strbuf_destroy(&text);
}

/* Nanoseconds as seconds and microseconds. */
static void add_time(struct strbuf *sb, const struct conversion *conv,
		     int64_t num)
{
	uint64_t ns = num < 0 ? -(uint64_t)num : (uint64_t)num;
	char text[32];
	int len;

	len = snprintf(text, sizeof(text), "%s%llu.%06llu", num < 0 ? "-" : "",
		       (unsigned long long)(ns / 1000000000),
		       (unsigned long long)(ns % 1000000000 / 1000));
	pad(sb, conv, text, len);
}

/* The integer that a '*' takes. */
static int take_star(struct value_reader *vr)
{
	struct value val;

	if (!ktap_value_next(vr, &val) || val.type != KTAP_T_INT)
		return 0;
	if (val.num > KTAP_MAX_WIDTH)
		return KTAP_MAX_WIDTH;
	return val.num < -KTAP_MAX_WIDTH ? -KTAP_MAX_WIDTH : (int)val.num;
}

static void add_conversion(struct strbuf *sb, struct conversion *conv,
			   struct value_reader *vr)
{
	struct value val;
	char c;

	if (conv->width_arg)
		conv->width = take_star(vr);
	if (conv->prec_arg)
		conv->prec = take_star(vr);
	if (conv->width < 0) {
		conv->left = true;
		conv->width = -conv->width;
	}
	if (conv->prec < 0)
		conv->prec = -1;

	/* A value that is missing is nil. */
	ktap_value_next(vr, &val);
	if (val.type != KTAP_T_INT || conv->conv == 's') {
		add_text(sb, conv, &val);
	} else if (conv->conv == 'c') {
		c = val.num;
		pad(sb, conv, &c, 1);
	} else if (conv->conv == 't') {
		add_time(sb, conv, val.num);
	} else {
		add_int(sb, conv, val.num);
	}
}

/**
 * ktap_values_printf - Append the text that a printf() makes
 * @sb: where to
 * @vr: its values, the format first
 */
void ktap_values_printf(struct strbuf *sb, struct value_reader *vr)
{
	struct conversion conv;
	struct value format;
	const char *pos;

	if (!ktap_value_next(vr, &format))
		return;
	if (format.type != KTAP_T_STR) {
		ktap_value_add(sb, &format);
		return;
	}
	pos = format.str;
	while (ktap_format_next(&pos, format.str + format.len, &conv)) {
		if (conv.conv == '%')
			ktap_strbuf_addc(sb, '%');
		else if (conv.conv && conv.conv != '?')
			add_conversion(sb, &conv, vr);
		else
			ktap_strbuf_add(sb, conv.text, conv.len);
	}
}
