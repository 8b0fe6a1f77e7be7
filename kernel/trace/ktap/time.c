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
 * @secs: seconds since 1970, UTC
 * @nsecs: nanoseconds of the second
 * @offset: seconds that local time is ahead of UTC
 */
struct moment {
	struct tm tm;
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
	time64_to_tm(secs, m->offset, &m->tm);
}

static const char * const days[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

static const char * const months[] = {
	"January", "February", "March", "April", "May", "June", "July", "August",
	"September", "October", "November", "December",
};

/* The longest text of a conversion, and its NUL. */
#define CONVERSION_MAX	32

/* Write one conversion. Returns its length, or 0 for a letter that is none. */
static u32 convert(const struct moment *m, char letter, char *to)
{
	const struct tm *tm = &m->tm;
	u32 hour12 = tm->tm_hour % 12 ?: 12;
	u32 size = CONVERSION_MAX;
	u32 away = abs(m->offset) / 60;

	switch (letter) {
	case 'Y':
		return scnprintf(to, size, "%ld", tm->tm_year + 1900L);
	case 'y':
		return scnprintf(to, size, "%02ld", (tm->tm_year % 100 + 100L) % 100);
	case 'm':
		return scnprintf(to, size, "%02d", tm->tm_mon + 1);
	case 'd':
		return scnprintf(to, size, "%02d", tm->tm_mday);
	case 'e':
		return scnprintf(to, size, "%2d", tm->tm_mday);
	case 'H':
		return scnprintf(to, size, "%02d", tm->tm_hour);
	case 'I':
		return scnprintf(to, size, "%02u", hour12);
	case 'M':
		return scnprintf(to, size, "%02d", tm->tm_min);
	case 'S':
		return scnprintf(to, size, "%02d", tm->tm_sec);
	case 'p':
		return scnprintf(to, size, "%s", tm->tm_hour < 12 ? "AM" : "PM");
	case 'j':
		return scnprintf(to, size, "%03d", tm->tm_yday + 1);
	case 'A':
		return scnprintf(to, size, "%s", days[tm->tm_wday]);
	case 'a':
		return scnprintf(to, size, "%.3s", days[tm->tm_wday]);
	case 'B':
		return scnprintf(to, size, "%s", months[tm->tm_mon]);
	case 'b':
	case 'h':
		return scnprintf(to, size, "%.3s", months[tm->tm_mon]);
	case 'F':
		return scnprintf(to, size, "%ld-%02d-%02d", tm->tm_year + 1900L,
				 tm->tm_mon + 1, tm->tm_mday);
	case 'D':
		return scnprintf(to, size, "%02d/%02d/%02ld", tm->tm_mon + 1,
				 tm->tm_mday, (tm->tm_year % 100 + 100L) % 100);
	case 'T':
		return scnprintf(to, size, "%02d:%02d:%02d", tm->tm_hour,
				 tm->tm_min, tm->tm_sec);
	case 'R':
		return scnprintf(to, size, "%02d:%02d", tm->tm_hour, tm->tm_min);
	case 's':
		return scnprintf(to, size, "%lld", m->secs);
	case 'f':
		return scnprintf(to, size, "%06u", (u32)(m->nsecs / NSEC_PER_USEC));
	case 'N':
		return scnprintf(to, size, "%09u", m->nsecs);
	case 'z':
		return scnprintf(to, size, "%c%02u%02u", m->offset < 0 ? '-' : '+',
				 away / 60, away % 60);
	case 'n':
		*to = '\n';
		return 1;
	case 't':
		*to = '\t';
		return 1;
	case '%':
		*to = '%';
		return 1;
	default:
		return 0;
	}
}

/* Write the text, or only count it if @to is NULL. */
static u32 format_time(const struct moment *m, const struct ktap_str *fmt, char *to)
{
	char text[CONVERSION_MAX];
	u32 i, len, total = 0;

	for (i = 0; i < fmt->len; i++) {
		len = 0;
		if (fmt->data[i] == '%' && i + 1 < fmt->len)
			len = convert(m, fmt->data[i + 1], text);
		if (len) {
			i++;
		} else {
			text[0] = fmt->data[i];
			len = 1;
		}
		if (to)
			memcpy(to + total, text, len);
		total += len;
	}
	return total;
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
	len = format_time(&m, args[0].str, NULL);
	/* Each character may be a conversion. */
	ret = ktap_vm_charge(exec, 32ULL * args[0].str->len);
	if (!ret)
		ret = ktap_vm_str(exec, len, &str);
	if (ret)
		return ret;
	format_time(&m, args[0].str, str->data);
	ktap_set_str(args, str);
	return 0;
}
