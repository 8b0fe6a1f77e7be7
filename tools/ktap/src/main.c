// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The command
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compile.h"
#include "listing.h"
#include "options.h"
#include "tracefs.h"
#include "user.h"

#ifndef KTAP_VERSION
#define KTAP_VERSION	"unknown"
#endif

/* Of -s: each event as a line, as the trace buffer shows it. */
#define SIMPLE_SCRIPT	\
	"trace %s { printf(\"%%16s-%%-7d [%%03d] %%s\\n\", execname, tid, cpu, argstr) }\n"

static void simple_script(const struct options *opt, struct strbuf *text)
{
	size_t i;

	/* Each can have a filter of its own. */
	for (i = 0; i < opt->nr_args; i++)
		ktap_strbuf_addf(text, SIMPLE_SCRIPT, opt->args[i]);
}

/* Reads the script or image that is to be run. */
static bool read_input(const struct options *opt, struct strbuf *text)
{
	int fd = STDIN_FILENO, ret;

	if (opt->code) {
		ktap_strbuf_add(text, opt->code, strlen(opt->code));
		return true;
	}
	if (opt->simple) {
		simple_script(opt, text);
		return true;
	}
	if (strcmp(opt->file, "-"))
		fd = open(opt->file, O_RDONLY | O_CLOEXEC);
	ret = fd < 0 ? -errno : ktap_read_file(fd, text);
	if (fd > STDIN_FILENO)
		close(fd);
	if (!ret && text->len > KTAP_MAX_SOURCE)
		ret = -EFBIG;
	if (ret)
		ktap_msg("cannot read '%s': %s", opt->file, strerror(-ret));
	return !ret;
}

static int open_output(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		ktap_msg("cannot write '%s': %s", name, strerror(errno));
	return fd;
}

static bool write_image(const struct options *opt,
			const struct image_view *image)
{
	int fd = open_output(opt->image), ret;

	if (fd < 0)
		return false;
	ret = ktap_write_all(fd, image->data, image->size);
	if (close(fd) && !ret)
		ret = -errno;
	if (ret)
		ktap_msg("cannot write '%s': %s", opt->image, strerror(-ret));
	return !ret;
}

/* Opens a file that an option names, if it is given; "-" is standard output. */
static bool open_option(const char *name, int *fd)
{
	*fd = -1;
	if (!name)
		return true;
	*fd = strcmp(name, "-") ? open_output(name) :
	      fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	return *fd >= 0;
}

static void close_option(const char *name, int fd, int *ret)
{
	if (fd < 0 || !close(fd) || *ret)
		return;
	ktap_msg("cannot write '%s': %s", name, strerror(errno));
	*ret = KTAP_EXIT_FAILED;
}

static int run(struct options *opt, const struct image_view *image,
	       struct source *src)
{
	int ret = KTAP_EXIT_FAILED, out = -1;

	opt->run.svg = -1;
	opt->run.folded = -1;
	if (opt->output) {
		out = open_output(opt->output);
		if (out < 0)
			return ret;
	}
	opt->run.out = out < 0 ? STDOUT_FILENO : out;
	if (open_option(opt->svg, &opt->run.svg) &&
	    open_option(opt->folded, &opt->run.folded))
		ret = ktap_run(&opt->run, image, src);
	close_option(opt->output, out, &ret);
	close_option(opt->svg, opt->run.svg, &ret);
	close_option(opt->folded, opt->run.folded, &ret);
	return ret;
}

/* Does with an image what the options say. */
static int use_image(struct options *opt, const void *data, size_t size,
		     struct source *src)
{
	struct image_view image;
	const char *wrong = ktap_image_open(&image, data, size);

	if (wrong) {
		ktap_msg("'%s' is an image that cannot be used: %s", opt->file,
			 wrong);
		return KTAP_EXIT_FAILED;
	}
	if (opt->list)
		ktap_listing(&image, src, stdout);
	if (opt->image && !write_image(opt, &image))
		return KTAP_EXIT_FAILED;
	if (opt->check || opt->list || opt->image)
		return fflush(stdout) ? KTAP_EXIT_FAILED : 0;
	return run(opt, &image, src);
}

static const char *script_name(const struct options *opt)
{
	if (opt->code)
		return "-e";
	if (opt->simple)
		return "-s";
	return strcmp(opt->file, "-") ? opt->file : "<stdin>";
}

static int use_script(struct options *opt, const struct strbuf *text)
{
	struct strbuf image = { 0 };
	struct script script;
	int ret = KTAP_EXIT_FAILED;

	ktap_script_init(&script, script_name(opt), text->str ? text->str : "",
			 text->len);
	script.tracefs = opt->run.tracefs;
	script.btf = opt->run.btf;
	script.pid = opt->run.pid;
	if (opt->svg || opt->folded)
		script.dump = DUMP_ALL;
	else
		script.dump = opt->run.quiet ? DUMP_NONE : DUMP_UNPRINTED;
	if (!opt->simple) {
		script.args = opt->args;
		script.nr_args = opt->nr_args;
	}
	if (ktap_compile(&script, &image))
		ret = use_image(opt, image.str, image.len, &script.source);
	ktap_strbuf_destroy(&image);
	ktap_script_destroy(&script);
	return ret;
}

/* A message and, on a line of its own, a hint. */
static void tell_reason(const struct strbuf *reason)
{
	const char *hint = strchr(reason->str, '\n');

	ktap_msg("%.*s", (int)strcspn(reason->str, "\n"), reason->str);
	if (hint && hint[1])
		fprintf(stderr, "note: %s\n", hint + 1);
}

/* -lf and -lm: what is in a program or library. */
static int list_places(const struct options *opt)
{
	const char *name = opt->functions ? opt->functions : opt->markers;
	struct strbuf reason = { 0 };
	bool ret = false;
	char *path;

	path = ktap_user_path(name, opt->run.pid, &reason);
	if (path && opt->functions)
		ret = ktap_user_list_functions(path, opt->glob, opt->run.verbose,
					       stdout, &reason);
	else if (path)
		ret = ktap_user_list_markers(path, opt->glob, opt->run.verbose,
					     stdout, &reason);
	if (!ret)
		tell_reason(&reason);
	free(path);
	ktap_strbuf_destroy(&reason);
	return ret ? 0 : KTAP_EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct strbuf text = { 0 };
	struct options opt;
	int ret = KTAP_EXIT_FAILED;

	if (!ktap_options_parse(&opt, argc, argv)) {
		ret = KTAP_EXIT_USAGE;
	} else if (opt.help) {
		ktap_options_help(stdout);
		ret = 0;
	} else if (opt.version) {
		printf("ktap %s\n", KTAP_VERSION);
		ret = 0;
	} else if (opt.events) {
		ret = ktap_tracefs_list(opt.run.tracefs, opt.glob,
					opt.run.verbose, stdout);
	} else if (opt.functions || opt.markers) {
		ret = list_places(&opt);
	} else if (read_input(&opt, &text)) {
		if (opt.file && ktap_image_is(text.str, text.len))
			ret = use_image(&opt, text.str, text.len, NULL);
		else
			ret = use_script(&opt, &text);
	}
	ktap_strbuf_destroy(&text);
	free(opt.args);
	return ret;
}
