/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - The command line
 */
#ifndef _KTAP_OPTIONS_H
#define _KTAP_OPTIONS_H

#include "run.h"

/**
 * struct options - what the command line says
 * @run: how to run
 * @code: text of -e, or NULL
 * @file: the script, "-" for standard input
 * @args: its name and arguments
 * @nr_args: their number
 * @output: file of -o, or NULL
 * @svg: file of --svg, or NULL
 * @folded: file of --folded, or NULL
 * @image: file of -O, or NULL
 * @check: -c, only check
 * @list: -b, list bytecode
 * @simple: -s, @args are events
 * @events: -le, list events
 * @functions: -lf, program or library whose functions are listed, or NULL
 * @markers: -lm, one whose markers are listed, or NULL
 * @glob: which ones of -le, -lf or -lm, or NULL
 * @version: -V
 * @help: -h
 */
struct options {
	struct run_options run;
	const char *code;
	const char *file;
	const char **args;
	size_t nr_args;
	const char *output;
	const char *svg;
	const char *folded;
	const char *image;
	bool check;
	bool list;
	bool simple;
	bool events;
	const char *functions;
	const char *markers;
	const char *glob;
	bool version;
	bool help;
};

bool ktap_options_parse(struct options *opt, int argc, char **argv);
void ktap_options_help(FILE *out);

#endif /* _KTAP_OPTIONS_H */
