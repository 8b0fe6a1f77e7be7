/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Running a program
 */
#ifndef _KTAP_RUN_H
#define _KTAP_RUN_H

#include "load.h"

/**
 * struct run_options - how to run a program
 * @tracefs: where tracefs is mounted, NULL for the usual places
 * @btf: file with the types of the kernel, NULL for the kernel that runs
 * @limits: what it may use
 * @command: command to trace with its arguments, or NULL
 * @pid: process to trace, 0 if none is given
 * @cpu: CPU to trace, with @one_cpu
 * @children: trace the descendants of @pid, too
 * @one_cpu: trace one CPU only
 * @all: trace everything while @command runs
 * @dry: attach the events, but run no handlers
 * @out: file for what the script prints
 * @svg: file for pictures, or -1
 * @folded: file for stacks as lines of text, or -1
 * @quiet: no message when tracing begins
 * @verbose: tell more
 * @stamps: a time stamp begins each line
 * @json: records become JSON in place of text
 * @stats: print all counters at the end
 */
struct run_options {
	const char *tracefs;
	const char *btf;
	struct limits limits;
	char **command;
	int32_t pid;
	uint32_t cpu;
	bool children;
	bool one_cpu;
	bool all;
	bool dry;
	int out;
	int svg;
	int folded;
	bool quiet;
	bool verbose;
	bool stamps;
	bool json;
	bool stats;
};

int ktap_run(const struct run_options *opt, const struct image_view *image,
	     struct source *src);

#endif /* _KTAP_RUN_H */
