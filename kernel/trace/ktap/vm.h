/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - The interpreter
 *
 * A run executes one function in an execution slot, which is all that the run
 * writes to besides tables and globals: registers, an arena for strings, a pin,
 * counters. There is one slot for each CPU and context and one for the session's
 * thread, so a run is never interrupted by another one in the same slot.
 *
 * Runs go on with preemption off. Those in process context give it up in
 * @pause of &struct ktap_env, which they reach every KTAP_SLICE instructions in
 * loops, and while they wait for room for a record.
 *
 * All calls out of the interpreter are to plain functions that take the slot and
 * pointers into its registers, so that verified code can be translated to
 * machine code that calls the same functions.
 */
#ifndef _KTAP_VM_H
#define _KTAP_VM_H

#include "image.h"
#include "tab.h"

/* Instructions between two calls of @pause of &struct ktap_env. */
#define KTAP_SLICE		4096

/* Default budgets of a run, in instructions. */
#define KTAP_PROBE_BUDGET	200000ULL
#define KTAP_PROC_BUDGET	100000000ULL
/* What a probe may be given at most: it runs with interrupts off, perhaps. */
#define KTAP_PROBE_MAX		KTAP_PROC_BUDGET
#define KTAP_PROC_MAX		(S64_MAX / 2)

/**
 * struct ktap_core - what all runs of a session share
 * @prog: verified program
 * @heap: memory of tables and strings
 * @tabs: tables
 * @globals: cells of the top-level variables
 * @budget: instructions that a run may execute, by whether it is in process
 *          context
 */
struct ktap_core {
	struct ktap_prog *prog;
	struct ktap_heap heap;
	struct ktap_tabs tabs;
	atomic64_t *globals;
	u64 budget[2];
};

struct ktap_exec;

/**
 * struct ktap_env - what the interpreter asks of those who run it
 * @field: read field @idx of the program from the event; nil if the event has no
 *         such field. Returns 0, or -ENOSPC if the arena has no room.
 * @record: write a record of type KTAP_REC_PRINT or KTAP_REC_PRINTF with values.
 *          Losses are counted. In process context this may wait for the reader.
 * @pause: let others run; called in process context only. Returns true if the run
 *         shall end.
 *
 * All are called in a run: preemption off, slot held. The last two may turn
 * preemption on for a while in process context.
 */
struct ktap_env {
	int (*field)(struct ktap_exec *exec, u32 idx, struct ktap_value *val);
	void (*record)(struct ktap_exec *exec, enum ktap_rec_type type,
		       const struct ktap_value *vals, u32 nr);
	bool (*pause)(struct ktap_exec *exec);
};

/**
 * struct ktap_owner - whose variables runs in process context read
 * @pid: process
 * @tid: thread
 * @ppid: parent process
 * @uid: user
 * @gid: group
 * @comm: name
 */
struct ktap_owner {
	s64 pid;
	s64 tid;
	s64 ppid;
	s64 uid;
	s64 gid;
	char comm[16];
};

/**
 * struct ktap_fault - why a run failed
 * @code: &enum ktap_error
 * @pc: index of the instruction
 * @text: the message
 */
struct ktap_fault {
	enum ktap_error code;
	u32 pc;
	char text[96];
};

/**
 * struct ktap_exec - an execution slot
 * @core: of the session
 * @env: who runs it
 * @regs: registers
 * @pin: pin in the heap
 * @arena: strings made in this run
 * @fuel: instructions until the budget is looked at
 * @budget: instructions left besides @fuel
 * @nr_regs: registers of the function that runs
 * @proc: in process context
 * @status: argument of exit()
 * @event: the event, for @field and @record of @env
 * @probename: its name
 * @owner: in process context, whose variables are read
 * @stats: counters, by &enum ktap_stat; written by the run only
 * @fault: why the run failed
 */
struct ktap_exec {
	struct ktap_core *core;
	const struct ktap_env *env;
	struct ktap_value *regs;
	u32 *pin;
	struct ktap_arena arena;
	s64 fuel;
	u64 budget;
	u32 nr_regs;
	bool proc;
	s32 status;
	const void *event;
	const struct ktap_str *probename;
	const struct ktap_owner *owner;
	u64 stats[KTAP_STAT_NR];
	struct ktap_fault fault;
};

/* How a run ended. */
enum ktap_end {
	KTAP_END_RETURN,	/* of itself */
	KTAP_END_EXIT,		/* by exit() */
	KTAP_END_STOP,		/* because @pause said so */
	KTAP_END_FAULT,		/* see @fault of the slot */
};

int ktap_core_init(struct ktap_core *core, struct ktap_prog *prog,
		   u64 heap_size, u32 nr_pins);
void ktap_core_destroy(struct ktap_core *core);
int ktap_exec_init(struct ktap_exec *exec, struct ktap_core *core,
		   const struct ktap_env *env, u32 *pin, bool proc);
void ktap_exec_destroy(struct ktap_exec *exec);
enum ktap_end ktap_vm_run(struct ktap_exec *exec, u32 proto);

/* For builtin.c. */
__printf(3, 4)
int ktap_vm_fault(struct ktap_exec *exec, enum ktap_error code,
		  const char *fmt, ...);

/* The formats of the messages, for KTAP_FAULT() to have them checked. */
#define KTAP_ERROR_FMT(name, nr, text)					\
	static const char ktap_fmt_##name[] __maybe_unused = text;
___KTAP_ERROR_MAPPER(KTAP_ERROR_FMT)
#undef KTAP_ERROR_FMT

#define KTAP_FAULT(exec, name, ...)					\
	ktap_vm_fault(exec, KTAP_E_##name, ktap_fmt_##name, ##__VA_ARGS__)

int ktap_vm_call(struct ktap_exec *exec, enum ktap_func func,
		 struct ktap_value *args, u32 nr);
int ktap_vm_heap_error(struct ktap_exec *exec, int err);
int ktap_vm_charge(struct ktap_exec *exec, u32 insns);

/**
 * ktap_var_read - Read a builtin variable
 * @exec: slot
 * @var: variable
 * @val: its value
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOSPC if the arena has no room.
 */
int ktap_var_read(struct ktap_exec *exec, enum ktap_var var,
		  struct ktap_value *val);

#endif /* _KTAP_VM_H */
