/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Program images
 */
#ifndef _KTAP_IMAGE_H
#define _KTAP_IMAGE_H

#include "value.h"
#include "vlog.h"

/**
 * struct ktap_callee - what a call has to know of a function
 * @insns: its first instruction
 * @nr_regs: registers that it uses
 * @nr_insns: number of its instructions
 * @nr_params: number of its parameters
 * @where: set of KTAP_IN() where it may be run; set by the verifier
 */
struct ktap_callee {
	const struct ktap_insn *insns;
	u32 nr_regs;
	u32 nr_insns;
	u32 nr_params;
	u32 where;
};

/**
 * struct ktap_prog - a program whose image was checked
 * @name: string, the script's file name
 * @insns: code, of which the verifier replaces instructions
 * @nr_insns: their number
 * @protos: functions
 * @nr_protos: their number
 * @callees: what calls need of them
 * @has_calls: functions may call others, or sort
 * @consts: constants
 * @nr_consts: their number
 * @strs: strings
 * @nr_strs: their number
 * @globals: top-level variables
 * @nr_globals: their number
 * @events: events
 * @nr_events: their number
 * @fields: fields of events
 * @nr_fields: their number
 * @lines: source positions
 * @nr_lines: their number
 * @probe_regs: most registers of a function of kind KTAP_PROTO_PROBE
 * @proc_regs: the same for the other kinds
 * @image: the copy of the image that the arrays are in
 * @text: memory of the strings
 *
 * Nothing of it changes once the program is verified.
 */
struct ktap_prog {
	u32 name;
	struct ktap_insn *insns;
	u32 nr_insns;
	const struct ktap_img_proto *protos;
	u32 nr_protos;
	struct ktap_callee *callees;
	bool has_calls;
	struct ktap_value *consts;
	u32 nr_consts;
	const struct ktap_str **strs;
	u32 nr_strs;
	const struct ktap_img_global *globals;
	u32 nr_globals;
	const struct ktap_img_event *events;
	u32 nr_events;
	const struct ktap_img_field *fields;
	u32 nr_fields;
	const struct ktap_img_line *lines;
	u32 nr_lines;
	u32 probe_regs;
	u32 proc_regs;
	void *image;
	void *text;
};

struct ktap_prog *ktap_prog_create(void *image, u32 size, struct ktap_log *log);
void ktap_prog_destroy(struct ktap_prog *prog);
const struct ktap_img_line *ktap_prog_line(const struct ktap_prog *prog, u32 pc);
const struct ktap_img_proto *ktap_prog_proto(const struct ktap_prog *prog, u32 pc);
bool ktap_prog_calls(const struct ktap_prog *prog, enum ktap_func func);

/**
 * ktap_prog_str - Characters of a string of the program
 * @prog: program
 * @str: index of the string
 *
 * Context: Any context, NMI included.
 * Return: the characters, with a NUL.
 */
static inline const char *ktap_prog_str(const struct ktap_prog *prog, u32 str)
{
	return prog->strs[str]->data;
}

#endif /* _KTAP_IMAGE_H */
