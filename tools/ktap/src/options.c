// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The command line
 *
 * Options come before the script; what follows it is the script's own, up to a
 * "--" that begins the command to trace.
 */
#include <stdlib.h>
#include <string.h>

#include "lex.h"
#include "options.h"

/* What the kernel takes. */
#define MIN_SIZE	(16U << 10)
#define MAX_HEAP_GB	16
#define MAX_BUFFER_GB	1

enum opt_id {
	OPT_CODE,
	OPT_OUTPUT,
	OPT_SVG,
	OPT_FOLDED,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_VERSION,
	OPT_HELP,
	OPT_LIST,
	OPT_CHECK,
	OPT_IMAGE,
	OPT_STAMPS,
	OPT_JSON,
	OPT_HEAP,
	OPT_BUDGET,
	OPT_BUFFER,
	OPT_OVERWRITE,
	OPT_STATS,
	OPT_EVENTS,
	OPT_TRACEFS,
	OPT_BTF,
	OPT_PID,
	OPT_CHILDREN,
	OPT_CPU,
	OPT_ALL,
	OPT_DRY,
	OPT_SIMPLE,
	OPT_FUNCTIONS,
	OPT_MARKERS,
};

/**
 * struct opt_def - an option
 * @name: with its dashes
 * @arg: what its argument is called, or NULL
 * @id: what it means
 * @help: what it does, or NULL if another name of it says so
 */
struct opt_def {
	const char *name;
	const char *arg;
	enum opt_id id;
	const char *help;
};

static const struct opt_def opt_defs[] = {
	{ "-e", "CODE", OPT_CODE, "run CODE" },
	{ "-s", NULL, OPT_SIMPLE,
	  "print the events that are given in place of a script" },
	{ "-p", "PID", OPT_PID, "trace this process only, until it ends" },
	{ "-f", NULL, OPT_CHILDREN, "with -p: its descendants, too" },
	{ "-C", "CPU", OPT_CPU, "trace this CPU only" },
	{ "-a", NULL, OPT_ALL, "trace everything while COMMAND runs" },
	{ "--all", NULL, OPT_ALL, NULL },
	{ "-d", NULL, OPT_DRY, "attach the events, but run no handlers" },
	{ "-o", "FILE", OPT_OUTPUT, "write what the script prints to FILE" },
	{ "--svg", "FILE", OPT_SVG,
	  "draw flame graphs and histograms that the script prints" },
	{ "--folded", "FILE", OPT_FOLDED,
	  "write stacks that the script prints, each as a line" },
	{ "-O", "FILE", OPT_IMAGE,
	  "write the compiled program to FILE, and do not run it" },
	{ "-b", NULL, OPT_LIST, "list the bytecode, and do not run it" },
	{ "-c", NULL, OPT_CHECK, "check the script, and do not run it" },
	{ "-le", "[GLOB]", OPT_EVENTS, "list trace events, with -v their fields" },
	{ "-lf", "DSO [GLOB]", OPT_FUNCTIONS,
	  "list functions of a program or library" },
	{ "-lm", "DSO [GLOB]", OPT_MARKERS,
	  "list markers of a program or library, with -v their arguments" },
	{ "-m", "SIZE", OPT_HEAP, "memory for tables and strings, as 16M" },
	{ "--buffer", "SIZE", OPT_BUFFER, "record buffer of each CPU" },
	{ "--overwrite", NULL, OPT_OVERWRITE,
	  "when it is full, lose the oldest records, not the new ones" },
	{ "--budget", "N[,M]", OPT_BUDGET,
	  "instructions that a handler, and main or trace_end, may run" },
	{ "--stats", NULL, OPT_STATS, "print all counters at the end" },
	{ "--tracefs", "DIR", OPT_TRACEFS, "where tracefs is mounted" },
	{ "--btf", "FILE", OPT_BTF, "types of the kernel, if not of the one that runs" },
	{ "-T", NULL, OPT_STAMPS, "begin each line with a time stamp" },
	{ "--json", NULL, OPT_JSON, "print each record as JSON, one on a line" },
	{ "-q", NULL, OPT_QUIET, "print nothing but what the script prints" },
	{ "-v", NULL, OPT_VERBOSE, "say more" },
	{ "-V", NULL, OPT_VERSION, "print the version" },
	{ "--version", NULL, OPT_VERSION, NULL },
	{ "-h", NULL, OPT_HELP, "print this help" },
	{ "--help", NULL, OPT_HELP, NULL },
};

/**
 * ktap_options_help - Print how ktap is used
 * @out: where to
 */
void ktap_options_help(FILE *out)
{
	const struct opt_def *def;
	char left[32];
	size_t i;

	fputs("usage: ktap [OPTIONS] SCRIPT [ARGS...] [-- COMMAND [ARGS...]]\n"
	      "       ktap [OPTIONS] -e CODE [ARGS...] [-- COMMAND [ARGS...]]\n"
	      "\n"
	      "SCRIPT may be - for standard input, or a file made with -O.\n"
	      "\n", out);
	for (i = 0; i < ARRAY_SIZE(opt_defs); i++) {
		def = &opt_defs[i];
		if (!def->help)
			continue;
		snprintf(left, sizeof(left), "%s%s%s", def->name,
			 def->arg ? " " : "", def->arg ? def->arg : "");
		fprintf(out, "  %-16s %s\n", left, def->help);
	}
}

static bool bad_value(const struct opt_def *def, const char *value)
{
	ktap_msg("'%s' makes no sense for %s", value, def->name);
	return false;
}

/* Reads a number at *@str, and moves *@str behind it. */
static bool read_number(const char **str, uint64_t *num)
{
	const char *pos = *str;
	bool wraps;

	while (ktap_is_digit(*pos))
		pos++;
	if (pos == *str || (**str == '0' && pos > *str + 1) ||
	    !ktap_parse_int(*str, pos - *str, num, &wraps) || wraps)
		return false;
	*str = pos;
	return true;
}

/* Reads a size that may be from 16K to @max G. */
static bool read_size(const struct opt_def *def, const char *value,
		      unsigned int max, uint64_t *size)
{
	static const char units[] = "kKmMgG";
	const char *pos = value, *unit;
	unsigned int shift = 0;

	if (!read_number(&pos, size))
		return bad_value(def, value);
	if (*pos) {
		unit = strchr(units, *pos);
		if (!unit || pos[1])
			return bad_value(def, value);
		shift = 10 * ((unit - units) / 2 + 1);
	}
	if (*size > UINT64_MAX >> shift || *size << shift < MIN_SIZE ||
	    *size << shift > (uint64_t)max << 30) {
		ktap_msg("%s takes 16K to %uG, not '%s'", def->name, max, value);
		return false;
	}
	*size <<= shift;
	return true;
}

static bool read_budget(struct options *opt, const struct opt_def *def,
			const char *value)
{
	struct limits *limits = &opt->run.limits;
	const char *pos = value;

	if (!read_number(&pos, &limits->probe_budget) || !limits->probe_budget)
		return bad_value(def, value);
	limits->proc_budget = limits->probe_budget;
	if (*pos == ',') {
		pos++;
		if (!read_number(&pos, &limits->proc_budget) ||
		    !limits->proc_budget)
			return bad_value(def, value);
	}
	return *pos ? bad_value(def, value) : true;
}

static bool read_buffer(struct options *opt, const struct opt_def *def,
			const char *value)
{
	uint64_t size;

	if (!read_size(def, value, MAX_BUFFER_GB, &size))
		return false;
	opt->run.limits.ring = size;
	return true;
}

static bool read_pid(struct options *opt, const struct opt_def *def,
		     const char *value)
{
	const char *pos = value;
	uint64_t pid;

	if (!read_number(&pos, &pid) || *pos || !pid || pid > INT32_MAX)
		return bad_value(def, value);
	opt->run.pid = pid;
	return true;
}

static bool read_cpu(struct options *opt, const struct opt_def *def,
		     const char *value)
{
	const char *pos = value;
	uint64_t cpu;

	if (!read_number(&pos, &cpu) || *pos || cpu > INT32_MAX)
		return bad_value(def, value);
	opt->run.cpu = cpu;
	opt->run.one_cpu = true;
	return true;
}

static bool take_option(struct options *opt, const struct opt_def *def,
			const char *value)
{
	switch (def->id) {
	case OPT_CODE:
		if (opt->code) {
			ktap_msg("there can be only one -e");
			return false;
		}
		opt->code = value;
		return true;
	case OPT_OUTPUT:
		opt->output = value;
		return true;
	case OPT_SVG:
		opt->svg = value;
		return true;
	case OPT_FOLDED:
		opt->folded = value;
		return true;
	case OPT_QUIET:
		opt->run.quiet = true;
		return true;
	case OPT_VERBOSE:
		opt->run.verbose = true;
		return true;
	case OPT_VERSION:
		opt->version = true;
		return true;
	case OPT_HELP:
		opt->help = true;
		return true;
	case OPT_LIST:
		opt->list = true;
		return true;
	case OPT_CHECK:
		opt->check = true;
		return true;
	case OPT_IMAGE:
		opt->image = value;
		return true;
	case OPT_STAMPS:
		opt->run.stamps = true;
		return true;
	case OPT_JSON:
		opt->run.json = true;
		return true;
	case OPT_HEAP:
		return read_size(def, value, MAX_HEAP_GB, &opt->run.limits.heap);
	case OPT_BUDGET:
		return read_budget(opt, def, value);
	case OPT_BUFFER:
		return read_buffer(opt, def, value);
	case OPT_OVERWRITE:
		opt->run.limits.overwrite = true;
		return true;
	case OPT_STATS:
		opt->run.stats = true;
		return true;
	case OPT_EVENTS:
		opt->events = true;
		return true;
	case OPT_TRACEFS:
		opt->run.tracefs = value;
		return true;
	case OPT_BTF:
		opt->run.btf = value;
		return true;
	case OPT_PID:
		return read_pid(opt, def, value);
	case OPT_CHILDREN:
		opt->run.children = true;
		return true;
	case OPT_CPU:
		return read_cpu(opt, def, value);
	case OPT_ALL:
		opt->run.all = true;
		return true;
	case OPT_DRY:
		opt->run.dry = true;
		return true;
	case OPT_SIMPLE:
		opt->simple = true;
		return true;
	case OPT_FUNCTIONS:
		opt->functions = value;
		return true;
	case OPT_MARKERS:
		opt->markers = value;
		return true;
	}
	return false;
}

/* Finds an option; *@value is what is joined to its name. */
static const struct opt_def *find_option(const char *arg, const char **value)
{
	const struct opt_def *def;
	size_t len, i;

	*value = NULL;
	for (i = 0; i < ARRAY_SIZE(opt_defs); i++)
		if (!strcmp(arg, opt_defs[i].name))
			return &opt_defs[i];
	for (i = 0; i < ARRAY_SIZE(opt_defs); i++) {
		def = &opt_defs[i];
		len = strlen(def->name);
		if (!def->arg || strncmp(arg, def->name, len))
			continue;
		if (def->name[1] != '-')
			*value = arg + len;
		else if (arg[len] == '=')
			*value = arg + len + 1;
		if (*value)
			return def;
	}
	return NULL;
}

/* Single letters can be joined, as in -qT. */
static bool take_letters(struct options *opt, const char *arg)
{
	const char *value, *letter;
	char name[] = "-?";

	for (letter = arg + 1; *letter; letter++) {
		const struct opt_def *def;

		name[1] = *letter;
		def = find_option(name, &value);
		if (!def || def->arg) {
			ktap_msg("there is no option %s", arg);
			return false;
		}
		if (!take_option(opt, def, NULL))
			return false;
	}
	return true;
}

/* May a glob follow? */
static bool lists(enum opt_id id)
{
	return id == OPT_EVENTS || id == OPT_FUNCTIONS || id == OPT_MARKERS;
}

/* Takes the option at argv[*@i], and its argument. */
static bool parse_option(struct options *opt, int argc, char **argv, int *i)
{
	const struct opt_def *def;
	const char *value;

	def = find_option(argv[*i], &value);
	if (!def && argv[*i][1] != '-')
		return take_letters(opt, argv[*i]);
	if (!def) {
		ktap_msg("there is no option %s", argv[*i]);
		return false;
	}
	if (def->arg && def->id != OPT_EVENTS && !value) {
		if (*i + 1 == argc) {
			ktap_msg("option %s needs an argument: %s", def->name,
				 def->arg);
			return false;
		}
		value = argv[++*i];
	}
	if (def->id == OPT_EVENTS)
		opt->glob = value;
	if (lists(def->id) && !opt->glob && *i + 1 < argc && argv[*i + 1][0] != '-')
		opt->glob = argv[++*i];
	return take_option(opt, def, value);
}

static bool is_listing(const struct options *opt)
{
	return opt->events || opt->functions || opt->markers;
}

static bool is_complete(const struct options *opt)
{
	if (opt->help || opt->version || is_listing(opt))
		return true;
	if (opt->simple && (opt->code || !opt->nr_args)) {
		ktap_msg(opt->code ? "there can be only one of -e and -s" :
			 "there is no event to print; ktap -le lists them");
		return false;
	}
	if (!opt->code && !opt->simple && !opt->file) {
		ktap_msg("there is no script to run; ktap -h helps");
		return false;
	}
	if (opt->run.children && !opt->run.pid) {
		ktap_msg("-f is for the process that -p gives");
		return false;
	}
	if (opt->run.all && (opt->run.pid || !opt->run.command)) {
		ktap_msg("-a is for a command, without -p");
		return false;
	}
	if (opt->run.command && !opt->run.command[0]) {
		ktap_msg("there is no command behind '--'");
		return false;
	}
	return true;
}

/**
 * ktap_options_parse - Read the command line
 * @opt: what it says
 * @argc: number of its words
 * @argv: the words
 *
 * Return: False if it makes no sense, which was told.
 */
bool ktap_options_parse(struct options *opt, int argc, char **argv)
{
	bool dashes;
	int i;

	memset(opt, 0, sizeof(*opt));
	for (i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || !argv[i][1] || !strcmp(argv[i], "--"))
			break;
		if (!parse_option(opt, argc, argv, &i))
			return false;
	}

	opt->args = ktap_alloc((argc + 1) * sizeof(*opt->args));
	dashes = i < argc && !strcmp(argv[i], "--");
	if (opt->code)
		opt->args[opt->nr_args++] = "-e";
	else if (i < argc && !dashes && !opt->simple)
		opt->file = argv[i];
	for (; i < argc && strcmp(argv[i], "--"); i++)
		opt->args[opt->nr_args++] = argv[i];
	if (i < argc)
		opt->run.command = argv + i + 1;
	/* Other options may stand between what is listed and the glob. */
	if (is_listing(opt) && !opt->glob)
		opt->glob = opt->file;
	return is_complete(opt);
}
