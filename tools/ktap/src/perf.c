// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Timers, perf events and watchpoints by their names
 *
 * The kernel takes numbers. What people call them is known here, the names of perf
 * events being those of "perf list".
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <linux/ktap_bc.h>
#include <linux/perf_event.h>

#include "lex.h"
#include "nearest.h"
#include "perf.h"

/* What an event counts to if nothing is said. */
#define PERIOD_HARDWARE	1000000
#define PERIOD_CLOCK	1000000		/* nanoseconds */
#define PERIOD_EACH	1

/* Bytes that are watched if nothing is said: of each variable but the smallest. */
#define MEM_LENGTH	4

/* Takes decimal digits off @text; false if there are none or they are too many. */
static bool take_number(const char **text, const char *end, uint64_t *num)
{
	const char *start = *text;
	unsigned int digit;

	for (*num = 0; *text < end && ktap_is_digit(**text); ++*text) {
		digit = **text - '0';
		if (*num > (UINT64_MAX - digit) / 10)
			return false;
		*num = *num * 10 + digit;
	}
	return *text > start;
}

static bool is_word(const char *text, const char *end, const char *word)
{
	return (size_t)(end - text) == strlen(word) && !memcmp(text, word, end - text);
}

static bool is_name(const char *text, size_t len, const char *name)
{
	return len == strlen(name) && !strncasecmp(text, name, len);
}

/*
 * Timers
 */

/* Units, with what one of them is in nanoseconds; 0 for one that is a frequency. */
static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "", 1000000000 },
	{ "s", 1000000000 },
	{ "sec", 1000000000 },
	{ "ms", 1000000 },
	{ "msec", 1000000 },
	{ "us", 1000 },
	{ "usec", 1000 },
	{ "ns", 1 },
	{ "nsec", 1 },
	{ "hz", 0 },
};

static const struct unit *find_unit(const char *text, const char *end)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (is_word(text, end, units[i].name))
			return &units[i];
	return NULL;
}

/* False if it is too short, when @ns is 0, or too long. */
static bool period_of(uint64_t num, const struct unit *unit, uint64_t *ns)
{
	if (!unit->ns)
		*ns = num ? 1000000000 / num : UINT64_MAX;
	else
		*ns = num > UINT64_MAX / unit->ns ? UINT64_MAX : num * unit->ns;
	if (*ns < KTAP_TIMER_MIN)
		*ns = 0;
	return *ns && *ns <= KTAP_TIMER_MAX;
}

/**
 * ktap_timer_spec - Find the period of a timer
 * @text: its name, "tick-" or "profile-" with a number and a unit behind it
 * @len: length of @text
 * @spec: what the kernel takes is added
 * @reason: if that fails the reason is added, with a hint in a second line
 *
 * Return: False if it is no timer.
 */
bool ktap_timer_spec(const char *text, size_t len, struct strbuf *spec,
		     struct strbuf *reason)
{
	const char *end = text + len, *dash = memchr(text, '-', len);
	const char *rest = dash ? dash + 1 : text;
	const struct unit *unit = NULL;
	uint64_t num, ns;

	if (take_number(&rest, end, &num))
		unit = find_unit(rest, end);
	if (!unit) {
		ktap_strbuf_addf(reason, "'%.*s' has no period\n"
				 "a number is followed by s, ms, us, ns or hz, as in tick-10ms",
				 (int)len, text);
		return false;
	}
	if (!period_of(num, unit, &ns)) {
		ktap_strbuf_addf(reason, "the period of '%.*s' is too %s\n"
				 "the shortest is 100us, which is 10000hz",
				 (int)len, text, ns ? "long" : "short");
		return false;
	}
	ktap_strbuf_addf(spec, "%llu", (unsigned long long)ns);
	return true;
}

/*
 * Perf events
 */

static const struct counter {
	const char *name;
	uint32_t type;
	uint32_t config;
	uint32_t period;
} counters[] = {
#define HARDWARE(name, config)						\
	{ name, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##config, PERIOD_HARDWARE }
#define SOFTWARE(name, config, period)					\
	{ name, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##config, PERIOD_##period }
	HARDWARE("cycles", CPU_CYCLES),
	HARDWARE("cpu-cycles", CPU_CYCLES),
	HARDWARE("instructions", INSTRUCTIONS),
	HARDWARE("cache-references", CACHE_REFERENCES),
	HARDWARE("cache-misses", CACHE_MISSES),
	HARDWARE("branches", BRANCH_INSTRUCTIONS),
	HARDWARE("branch-instructions", BRANCH_INSTRUCTIONS),
	HARDWARE("branch-misses", BRANCH_MISSES),
	HARDWARE("bus-cycles", BUS_CYCLES),
	HARDWARE("stalled-cycles-frontend", STALLED_CYCLES_FRONTEND),
	HARDWARE("idle-cycles-frontend", STALLED_CYCLES_FRONTEND),
	HARDWARE("stalled-cycles-backend", STALLED_CYCLES_BACKEND),
	HARDWARE("idle-cycles-backend", STALLED_CYCLES_BACKEND),
	HARDWARE("ref-cycles", REF_CPU_CYCLES),
	SOFTWARE("cpu-clock", CPU_CLOCK, CLOCK),
	SOFTWARE("task-clock", TASK_CLOCK, CLOCK),
	SOFTWARE("page-faults", PAGE_FAULTS, EACH),
	SOFTWARE("faults", PAGE_FAULTS, EACH),
	SOFTWARE("minor-faults", PAGE_FAULTS_MIN, EACH),
	SOFTWARE("major-faults", PAGE_FAULTS_MAJ, EACH),
	SOFTWARE("context-switches", CONTEXT_SWITCHES, EACH),
	SOFTWARE("cs", CONTEXT_SWITCHES, EACH),
	SOFTWARE("cpu-migrations", CPU_MIGRATIONS, EACH),
	SOFTWARE("migrations", CPU_MIGRATIONS, EACH),
	SOFTWARE("alignment-faults", ALIGNMENT_FAULTS, EACH),
	SOFTWARE("emulation-faults", EMULATION_FAULTS, EACH),
	SOFTWARE("cgroup-switches", CGROUP_SWITCHES, EACH),
#undef HARDWARE
#undef SOFTWARE
};

/* The name of a cache event is that of a cache and what happens to it. */
static const struct part {
	const char *name;
	uint32_t bits;
} caches[] = {
	{ "L1-dcache", PERF_COUNT_HW_CACHE_L1D },
	{ "L1-icache", PERF_COUNT_HW_CACHE_L1I },
	{ "LLC", PERF_COUNT_HW_CACHE_LL },
	{ "dTLB", PERF_COUNT_HW_CACHE_DTLB },
	{ "iTLB", PERF_COUNT_HW_CACHE_ITLB },
	{ "branch", PERF_COUNT_HW_CACHE_BPU },
	{ "node", PERF_COUNT_HW_CACHE_NODE },
}, accesses[] = {
#define ACCESS(name, op, result)					\
	{ name, PERF_COUNT_HW_CACHE_OP_##op << 8 |			\
		PERF_COUNT_HW_CACHE_RESULT_##result << 16 }
	ACCESS("-loads", READ, ACCESS),
	ACCESS("-load-misses", READ, MISS),
	ACCESS("-stores", WRITE, ACCESS),
	ACCESS("-store-misses", WRITE, MISS),
	ACCESS("-prefetches", PREFETCH, ACCESS),
	ACCESS("-prefetch-misses", PREFETCH, MISS),
#undef ACCESS
};

/**
 * struct found - a perf event
 * @type: type of its attributes
 * @config: what of that type
 * @period: how many of it make an event if nothing is said
 */
struct found {
	uint32_t type;
	uint64_t config;
	uint32_t period;
};

static bool find_counter(const char *text, size_t len, struct found *found)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		if (!is_name(text, len, counters[i].name))
			continue;
		found->type = counters[i].type;
		found->config = counters[i].config;
		found->period = counters[i].period;
		return true;
	}
	return false;
}

static bool find_cache(const char *text, size_t len, struct found *found)
{
	size_t i, j, part;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		part = strlen(caches[i].name);
		if (len < part || !is_name(text, part, caches[i].name))
			continue;
		for (j = 0; j < ARRAY_SIZE(accesses); j++) {
			if (!is_name(text + part, len - part, accesses[j].name))
				continue;
			found->type = PERF_TYPE_HW_CACHE;
			found->config = caches[i].bits | accesses[j].bits;
			found->period = PERIOD_HARDWARE;
			return true;
		}
	}
	return false;
}

/* "r" and a number in hexadecimal, as the processor's manual has it. */
static bool find_raw(const char *text, size_t len, struct found *found)
{
	size_t i;

	if (len < 2 || len > 17 || *text != 'r')
		return false;
	found->config = 0;
	for (i = 1; i < len; i++) {
		if (ktap_digit(text[i]) >= 16)
			return false;
		found->config = found->config << 4 | ktap_digit(text[i]);
	}
	found->type = PERF_TYPE_RAW;
	found->period = PERIOD_HARDWARE;
	return true;
}

static void no_counter(const char *text, size_t len, struct strbuf *reason)
{
	char *name = strndup(text, len);
	struct arena arena = { 0 };
	struct strbuf cache = { 0 };
	struct nearest near;
	size_t i, j;

	if (!name)
		return;
	ktap_strbuf_addf(reason, "there is no perf event '%s'\n", name);
	ktap_nearest_init(&near, name);
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		ktap_nearest_try(&near, counters[i].name);
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		for (j = 0; j < ARRAY_SIZE(accesses); j++) {
			cache.len = 0;
			ktap_strbuf_addf(&cache, "%s%s", caches[i].name,
					 accesses[j].name);
			ktap_nearest_try(&near, ktap_arena_dup(&arena, cache.str,
							       cache.len));
		}
	}
	if (near.nr)
		ktap_nearest_tell(&near, reason);
	else
		ktap_strbuf_addf(reason, "names are as in 'perf list': cycles, page-faults, LLC-load-misses, r01c2");
	ktap_strbuf_destroy(&cache);
	ktap_arena_destroy(&arena);
	free(name);
}

/* A period, or a frequency with "hz" behind it. */
static bool take_rate(const char *text, const char *end, uint64_t *num, const char **hz)
{
	*hz = "";
	if (!take_number(&text, end, num) || !*num || *num > INT64_MAX)
		return false;
	if (text == end)
		return true;
	*hz = "hz";
	return is_word(text, end, "hz");
}

/**
 * ktap_perf_spec - Find a perf event
 * @text: its name, perhaps with a colon and a period or frequency behind it
 * @len: length of @text
 * @spec: what the kernel takes is added
 * @reason: if that fails the reason is added, with a hint in a second line
 *
 * Return: False if there is none.
 */
bool ktap_perf_spec(const char *text, size_t len, struct strbuf *spec,
		    struct strbuf *reason)
{
	const char *end = text + len, *colon = memchr(text, ':', len);
	size_t name = colon ? (size_t)(colon - text) : len;
	const char *hz = "";
	struct found found;
	uint64_t rate;

	if (!find_counter(text, name, &found) && !find_cache(text, name, &found) &&
	    !find_raw(text, name, &found)) {
		no_counter(text, name, reason);
		return false;
	}
	rate = found.period;
	if (colon && !take_rate(colon + 1, end, &rate, &hz)) {
		ktap_strbuf_addf(reason, "'%.*s' is neither a period nor a frequency\n"
				 "perf:cycles:1000000 is each millionth one, perf:cycles:99hz is 99 in a second",
				 (int)(end - colon - 1), colon + 1);
		return false;
	}
	ktap_strbuf_addf(spec, "%u:0x%llx:%llu%s", found.type,
			 (unsigned long long)found.config,
			 (unsigned long long)rate, hz);
	return true;
}

/*
 * Watchpoints
 */

/* Takes the last part off a watchpoint, if it has more than one. */
static const char *last_part(const char *text, const char **end, size_t *len)
{
	const char *colon = *end;

	while (colon > text && *--colon != ':')
		;
	if (colon == text)
		return NULL;
	*len = *end - colon - 1;
	*end = colon;
	return colon + 1;
}

static bool is_access(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!strchr("rwx", text[i]) || memchr(text, text[i], i))
			return false;
	return len;
}

/* An address, SYMBOL, or MODULE:SYMBOL. */
static bool is_place(const char *text, const char *end)
{
	const char *colon = memchr(text, ':', end - text);
	uint64_t addr;
	bool wraps;

	if (text < end && ktap_is_digit(*text))
		return ktap_parse_int(text, end - text, &addr, &wraps) && !wraps;
	if (!colon)
		return text < end;
	return colon > text && colon + 1 < end &&
		!memchr(colon + 1, ':', end - colon - 1);
}

static bool no_watch(const char *text, size_t len, struct strbuf *reason)
{
	ktap_strbuf_addf(reason, "'%.*s' is no watchpoint\n"
			 "a variable or an address is followed by a length and by w, rw or x, as in mem:jiffies:8:w",
			 (int)len, text);
	return false;
}

/**
 * ktap_mem_spec - Find what a watchpoint watches
 * @text: a variable of the kernel or an address, perhaps with a length and a kind
 *        of access behind it, with colons between
 * @len: length of @text
 * @spec: what the kernel takes is added
 * @reason: if that fails the reason is added, with a hint in a second line
 *
 * Return: False if it is none.
 */
bool ktap_mem_spec(const char *text, size_t len, struct strbuf *spec,
		   struct strbuf *reason)
{
	const char *end = text + len, *before = end, *access = "rw", *part;
	uint64_t length = MEM_LENGTH;
	size_t nr_access = 2, nr;

	part = last_part(text, &before, &nr);
	if (part && is_access(part, nr)) {
		access = part;
		nr_access = nr;
		end = before;
		/* The processor wants to have it so. */
		if (memchr(access, 'x', nr))
			length = sizeof(long);
	}
	before = end;
	part = last_part(text, &before, &nr);
	if (part && (!nr || ktap_is_digit(*part))) {
		if (!take_number(&part, end, &length) || part != end || !length)
			return no_watch(text, len, reason);
		end = before;
	}
	if (!is_place(text, end))
		return no_watch(text, len, reason);
	ktap_strbuf_add(spec, text, end - text);
	ktap_strbuf_addf(spec, ":%llu:", (unsigned long long)length);
	ktap_strbuf_add(spec, access, nr_access);
	return true;
}
