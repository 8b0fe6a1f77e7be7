// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin functions of time
 *
 * Clocks are read in a way that NMIs can, and local time is that of whoever
 * started the session: the kernel knows no time zones.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "builtin.h"

static s64 now(u32 unit)
{
	return div_u64(ktime_get_real_fast_ns(), unit);
}

int ktap_fn_GETTIMEOFDAY_NS(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_set_int(args, now(1));
	return 0;
}

int ktap_fn_GETTIMEOFDAY_US(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_set_int(args, now(NSEC_PER_USEC));
	return 0;
}

int ktap_fn_GETTIMEOFDAY_MS(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_set_int(args, now(NSEC_PER_MSEC));
	return 0;
}

int ktap_fn_GETTIMEOFDAY_S(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	ktap_set_int(args, now(NSEC_PER_SEC));
	return 0;
}

/**
 * struct moment - a time in its parts
 * @tm: local time
 * @year: of @tm
 * @secs: seconds since 1970, UTC
 * @nsecs: nanoseconds of the second
 * @offset: seconds that local time is ahead of UTC
 */
struct moment {
	struct tm tm;
	s32 year;
	s64 secs;
	u32 nsecs;
	s32 offset;
};

static void moment_of(const struct ktap_core *core, s64 ns, struct moment *m)
{
	s64 secs = div64_s64(ns, NSEC_PER_SEC);
	s32 rest = ns - secs * NSEC_PER_SEC;

	if (rest < 0) {
		secs--;
		rest += NSEC_PER_SEC;
	}
	m->secs = secs;
	m->nsecs = rest;
	m->offset = core->utc_offset;
	/* Not as an argument: then it would take the longer the greater it is. */
	time64_to_tm(secs + m->offset, 0, &m->tm);
	m->year = m->tm.tm_year + 1900;
}

static const char * const days[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

static const char * const months[] = {
	"January", "February", "March", "April", "May", "June", "July", "August",
	"September", "October", "November", "December",
};

static s32 days_of(s32 year)
{
	return !(year % 4) && (year % 100 || !(year % 400)) ? 366 : 365;
}

/* Days since the last Monday. */
static s32 days_since_monday(const struct moment *m)
{
	return (m->tm.tm_wday + 6) % 7;
}

/* The week by ISO 8601, which belongs to the year that has its Thursday. */
static s32 week_of(const struct moment *m, s32 *year)
{
	s32 thursday = m->tm.tm_yday - days_since_monday(m) + 3;

	*year = m->year;
	if (thursday < 0) {
		--*year;
		thursday += days_of(*year);
	} else if (thursday >= days_of(*year)) {
		thursday -= days_of(*year);
		++*year;
	}
	return thursday / 7 + 1;
}

/* The longest text of a conversion that stands for itself, and its NUL. */
#define CONVERSION_MAX	32

/**
 * struct number - a conversion that gives a number
 * @num: the number
 * @width: least number of characters
 * @blanks: filled up with blanks, not with zeros
 */
struct number {
	s64 num;
	u32 width;
	bool blanks;
};

/* The number that a conversion stands for. Returns false if it does for none. */
static bool number_of(const struct moment *m, char letter, struct number *n)
{
	const struct tm *tm = &m->tm;
	s32 year;

	n->width = 2;
	n->blanks = false;
	switch (letter) {
	case 'Y':
		n->num = m->year;
		n->width = 4;
		return true;
	case 'C':
		n->num = m->year / 100;
		return true;
	case 'y':
		n->num = m->year % 100;
		return true;
	case 'G':
		week_of(m, &year);
		n->num = year;
		n->width = 4;
		return true;
	case 'g':
		week_of(m, &year);
		n->num = year % 100;
		return true;
	case 'V':
		n->num = week_of(m, &year);
		return true;
	case 'U':
		n->num = (tm->tm_yday + 7 - tm->tm_wday) / 7;
		return true;
	case 'W':
		n->num = (tm->tm_yday + 7 - days_since_monday(m)) / 7;
		return true;
	case 'm':
		n->num = tm->tm_mon + 1;
		return true;
	case 'd':
	case 'e':
		n->num = tm->tm_mday;
		n->blanks = letter == 'e';
		return true;
	case 'j':
		n->num = tm->tm_yday + 1;
		n->width = 3;
		return true;
	case 'u':
		n->num = days_since_monday(m) + 1;
		n->width = 1;
		return true;
	case 'w':
		n->num = tm->tm_wday;
		n->width = 1;
		return true;
	case 'H':
	case 'k':
		n->num = tm->tm_hour;
		n->blanks = letter == 'k';
		return true;
	case 'I':
	case 'l':
		n->num = tm->tm_hour % 12 ?: 12;
		n->blanks = letter == 'l';
		return true;
	case 'M':
		n->num = tm->tm_min;
		return true;
	case 'S':
		n->num = tm->tm_sec;
		return true;
	case 's':
		n->num = m->secs;
		n->width = 1;
		return true;
	case 'f':
		n->num = m->nsecs / NSEC_PER_USEC;
		n->width = 6;
		return true;
	case 'N':
		n->num = m->nsecs;
		n->width = 9;
		return true;
	default:
		return false;
	}
}

/* The text of a conversion that gives a word. Returns NULL for one that does not. */
static const char *word_of(const struct moment *m, char letter)
{
	const struct tm *tm = &m->tm;

	switch (letter) {
	case 'A':
	case 'a':
		return days[tm->tm_wday];
	case 'B':
	case 'b':
	case 'h':
		return months[tm->tm_mon];
	case 'p':
		return tm->tm_hour < 12 ? "AM" : "PM";
	case 'P':
		return tm->tm_hour < 12 ? "am" : "pm";
	case 'n':
		return "\n";
	case 't':
		return "\t";
	case '%':
		return "%";
	default:
		return NULL;
	}
}

/* What a conversion is short for, or NULL. */
static const char *long_form(char letter)
{
	switch (letter) {
	case 'c':
		return "a b e H:M:S Y";
	case 'D':
	case 'x':
		return "m/d/y";
	case 'F':
		return "Y-m-d";
	case 'r':
		return "I:M:S p";
	case 'R':
		return "H:M";
	case 'T':
	case 'X':
		return "H:M:S";
	default:
		return NULL;
	}
}

/* Write one conversion. Returns its length, or 0 for a letter that is none. */
static u32 convert(const struct moment *m, char letter, char *to)
{
	u32 size = CONVERSION_MAX, away = m->offset < 0 ? 0U - m->offset : m->offset;
	const char *word = word_of(m, letter);
	struct number n;

	if (word)
		return scnprintf(to, size, strchr("abh", letter) ? "%.3s" : "%s", word);
	if (number_of(m, letter, &n))
		return scnprintf(to, size, n.blanks ? "%*lld" : "%0*lld", n.width, n.num);
	if (letter == 'Z' && !m->offset)
		return scnprintf(to, size, "UTC");
	if (letter == 'z' || letter == 'Z')
		return scnprintf(to, size, "%c%02u%02u", m->offset < 0 ? '-' : '+',
				 away / 3600, away / 60 % 60);
	return 0;
}

/**
 * struct output - where text goes to
 * @to: its first byte, or NULL to count only
 * @len: how much there is
 */
struct output {
	char *to;
	u32 len;
};

static void put(struct output *out, const char *text, u32 len)
{
	if (out->to)
		memcpy(out->to + out->len, text, len);
	out->len += len;
}

/* Write a conversion with all that it is short for. Returns false if it is none. */
static bool put_conversion(struct output *out, const struct moment *m, char letter)
{
	const char *form = long_form(letter);
	char text[CONVERSION_MAX];
	u32 len;

	if (!form) {
		len = convert(m, letter, text);
		put(out, text, len);
		return len;
	}
	for (; *form; form++) {
		len = convert(m, *form, text);
		if (len)
			put(out, text, len);
		else
			put(out, form, 1);
	}
	return true;
}

/* Write the text, or only count it if @to is NULL. */
static u32 format_time(const struct moment *m, const struct ktap_str *fmt, char *to)
{
	struct output out = { .to = to };
	u32 i = 0;

	while (i < fmt->len) {
		/* What other locales would have in their own way is E or O before it. */
		u32 more = i + 1 < fmt->len && (fmt->data[i + 1] == 'E' ||
						fmt->data[i + 1] == 'O');
		u32 at = i + 1 + more;

		if (fmt->data[i] == '%' && at < fmt->len &&
		    !(more && fmt->data[at] == '%') &&
		    put_conversion(&out, m, fmt->data[at])) {
			i = at + 1;
			continue;
		}
		put(&out, fmt->data + i, 1);
		i++;
	}
	return out.len;
}

/* What a conversion costs at most, which is made twice, in instructions. */
#define CONVERSION_COST	256

static u64 format_cost(const struct ktap_str *fmt)
{
	u64 cost = fmt->len;
	u32 i;

	for (i = 0; i < fmt->len; i++)
		cost += fmt->data[i] == '%' ? CONVERSION_COST : 0;
	return cost;
}

int ktap_fn_STRFTIME(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_str *str;
	struct moment m;
	u32 len;
	int ret;

	if (args[1].type == KTAP_T_NIL) {
		ktap_set_nil(args);
		return 0;
	}
	moment_of(exec->core, args[1].i, &m);
	/* Finding out what it costs takes time as well. */
	ret = ktap_vm_charge(exec, args[0].str->len);
	if (!ret)
		ret = ktap_vm_charge(exec, format_cost(args[0].str));
	if (ret)
		return ret;
	len = format_time(&m, args[0].str, NULL);
	ret = ktap_vm_str(exec, len, &str);
	if (ret)
		return ret;
	format_time(&m, args[0].str, str->data);
	ktap_set_str(args, str);
	return 0;
}
