// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin functions of the trace buffer of ftrace
 *
 * They let a script stop the flight recorder that the buffer is, keep what it has, and
 * write into it. Unlike that of printf() the text of trace_printk() is made here, as
 * others read the buffer. It comes out the same.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "builtin.h"
#include "sys.h"

/* Longest line, and so the greatest width and precision. */
#define LINE_MAX_LEN	1000

/**
 * struct spec - a conversion of a format
 * @left: what is converted is to the left
 * @zero: with zeros in front
 * @plus: with a sign
 * @space: with a blank where there is no minus
 * @alt: in the other form
 * @width: least length
 * @prec: precision, or -1
 * @conv: letter, 0 if it is unknown
 */
struct spec {
	bool left;
	bool zero;
	bool plus;
	bool space;
	bool alt;
	int width;
	int prec;
	char conv;
};

/**
 * struct values - what a format takes
 * @next: the next one
 * @nr: how many there are
 */
struct values {
	const struct ktap_value *next;
	u32 nr;
};

/* The next value; one that is missing is nil. */
static const struct ktap_value *take(struct values *vals)
{
	static const struct ktap_value nil = { .type = KTAP_T_NIL };

	if (!vals->nr)
		return &nil;
	vals->nr--;
	return vals->next++;
}

static bool read_flag(char c, struct spec *spec)
{
	switch (c) {
	case '-':
		spec->left = true;
		return true;
	case '0':
		spec->zero = true;
		return true;
	case '+':
		spec->plus = true;
		return true;
	case ' ':
		spec->space = true;
		return true;
	case '#':
		spec->alt = true;
		return true;
	default:
		return false;
	}
}

/* A width or precision, or a star in its place. */
static int read_number(const char **pos, struct values *vals)
{
	const struct ktap_value *val;
	int num = 0;

	if (**pos == '*') {
		++*pos;
		val = take(vals);
		return val->type != KTAP_T_INT ? 0 :
			clamp_t(s64, val->i, -LINE_MAX_LEN, LINE_MAX_LEN);
	}
	for (; **pos >= '0' && **pos <= '9'; ++*pos)
		num = min(num * 10 + **pos - '0', LINE_MAX_LEN);
	return num;
}

/* Read what is behind a percent sign. There is a NUL behind the format. */
static const char *read_spec(const char *pos, struct spec *spec, struct values *vals)
{
	*spec = (struct spec){ .prec = -1 };
	while (read_flag(*pos, spec))
		pos++;
	spec->width = read_number(&pos, vals);
	if (spec->width < 0) {
		spec->left = true;
		spec->width = -spec->width;
	}
	if (*pos == '.') {
		pos++;
		spec->prec = max(read_number(&pos, vals), -1);
	}
	/* What C wants to know about the size of integers makes no difference. */
	while (*pos && (strchr("hlqjz", *pos) ||
			(*pos == 't' && pos[1] && strchr("diuxXo", pos[1]))))
		pos++;
	if (*pos && strchr("diuxXocspt%", *pos))
		spec->conv = *pos++;
	return pos;
}

/* Fill up to the width what was written from @start on. */
static void pad(struct ktap_writer *w, u32 start, const struct spec *spec)
{
	u32 len = w->len - start, fill;

	if (len >= spec->width)
		return;
	fill = min(spec->width - len, w->room - w->len);
	if (!spec->left)
		memmove(w->to + start + fill, w->to + start, len);
	memset(w->to + start + (spec->left ? len : 0), ' ', fill);
	w->len += fill;
}

/* What C makes of 0 with the precision 0, which the kernel does not. */
static void put_nothing(struct ktap_writer *w, const struct spec *spec)
{
	bool is_signed = spec->conv == 'd' || spec->conv == 'i';
	u32 start = w->len;

	if (spec->conv == 'o' && spec->alt)
		ktap_text_put(w, "0", 1);
	else if (is_signed && spec->plus)
		ktap_text_put(w, "+", 1);
	else if (is_signed && spec->space)
		ktap_text_put(w, " ", 1);
	pad(w, start, spec);
}

static void put_int(struct ktap_writer *w, const struct spec *spec, s64 num)
{
	u32 room = w->room - w->len + 1, len;
	char fmt[16], *pos = fmt;

	if (!num && !spec->prec) {
		put_nothing(w, spec);
		return;
	}

	*pos++ = '%';
	if (spec->left)
		*pos++ = '-';
	else if (spec->zero && spec->prec < 0)
		*pos++ = '0';
	if (spec->plus)
		*pos++ = '+';
	if (spec->space)
		*pos++ = ' ';
	/* C has no prefix for 0, the kernel has. */
	if (spec->alt && num)
		*pos++ = '#';
	*pos++ = '*';
	if (spec->prec >= 0) {
		*pos++ = '.';
		*pos++ = '*';
	}
	*pos++ = 'l';
	*pos++ = 'l';
	*pos++ = spec->conv;
	*pos = '\0';
	if (spec->prec >= 0)
		len = snprintf(w->to + w->len, room, fmt, spec->width, spec->prec, num);
	else
		len = snprintf(w->to + w->len, room, fmt, spec->width, num);
	w->len += min(len, room - 1);
}

static void put_time(struct ktap_writer *w, s64 num)
{
	u64 ns = num < 0 ? 0 - (u64)num : num, secs = div_u64(ns, NSEC_PER_SEC);
	u32 room = w->room - w->len + 1, len;

	len = snprintf(w->to + w->len, room, "%s%llu.%06llu", num < 0 ? "-" : "", secs,
		       div_u64(ns - secs * NSEC_PER_SEC, 1000));
	w->len += min(len, room - 1);
}

static void put_conversion(struct ktap_exec *exec, struct ktap_writer *w,
			   const struct spec *spec, const struct ktap_value *val)
{
	u32 start = w->len;
	char c = val->i;

	w->parts++;
	if (val->type != KTAP_T_INT || spec->conv == 's') {
		ktap_text_value(exec, w, val);
		if (spec->conv == 's' && spec->prec >= 0)
			w->len = min(w->len, start + spec->prec);
	} else if (spec->conv == 'c') {
		ktap_text_put(w, &c, 1);
	} else if (spec->conv == 't') {
		put_time(w, val->i);
	} else if (spec->conv == 'p') {
		ktap_text_put(w, "0x", 2);
		put_int(w, &(struct spec){ .prec = -1, .conv = 'x' }, val->i);
	} else {
		put_int(w, spec, val->i);
		return;
	}
	pad(w, start, spec);
}

static void put_format(struct ktap_exec *exec, struct ktap_writer *w,
		       const struct ktap_str *format, struct values *vals)
{
	const char *pos = format->data, *end = pos + format->len, *start;
	struct spec spec;

	while (pos < end && w->len < w->room) {
		start = pos;
		if (*pos != '%') {
			while (pos < end && *pos != '%')
				pos++;
			ktap_text_put(w, start, pos - start);
			continue;
		}
		pos = read_spec(pos + 1, &spec, vals);
		if (spec.conv == '%')
			ktap_text_put(w, "%", 1);
		else if (spec.conv)
			put_conversion(exec, w, &spec, take(vals));
		else
			ktap_text_put(w, start, pos - start);
	}
}

int ktap_fn_TRACE_PRINTK(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_writer w = { .room = LINE_MAX_LEN };
	struct values vals = { args + 1, nr - 1 };
	struct ktap_str *str;
	int ret;

	/* All results of a call can be none. */
	if (!nr)
		return KTAP_FAULT(exec, ARG, "trace_printk", 1,
				  ktap_type_names[KTAP_T_NIL]);
	/* It is gone through to its end, even if nothing comes of it. */
	ret = ktap_vm_charge(exec, args[0].str->len);
	if (!ret)
		ret = ktap_vm_str(exec, w.room, &str);
	if (ret)
		return ret;
	w.to = str->data;
	put_format(exec, &w, args[0].str, &vals);
	ktap_arena_trim(&exec->arena, str, w.len);
	ktap_sys_trace(str->data, w.len);
	ktap_set_nil(args);
	return ktap_vm_charge(exec, KTAP_RECORD_COST + 16 * w.parts);
}

int ktap_fn_TRACING_ON(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_sys_tracing(true);
	ktap_set_nil(args);
	return 0;
}

int ktap_fn_TRACING_OFF(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_sys_tracing(false);
	ktap_set_nil(args);
	return 0;
}

int ktap_fn_SNAPSHOT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_sys_snapshot();
	ktap_set_nil(args);
	return ktap_vm_charge(exec, KTAP_RECORD_COST);
}
