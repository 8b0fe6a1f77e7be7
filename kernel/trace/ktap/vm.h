/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - The interpreter
 *
 * A run executes one function in an execution slot, which is all that the run
 * writes to besides tables and globals: registers, frames of the functions that
 * were called, an arena for strings, a pin, counters. There is one slot for each
 * CPU and context and one for the session's thread, so a run is never interrupted
 * by another one in the same slot.
 *
 * Registers of all functions are in one array. A function that is called gets a
 * window of it that begins where its arguments are. Nothing is cleared when a
 * function is entered, for the verifier saw to it that registers are written
 * before they are read. What compacts the arena looks at all registers, though,
 * and has to tell strings of the run from what an earlier one has left. So a run
 * goes on in the arena where the last one ended, and what is before that, or in the
 * other half, is nobody's. Compacting takes such strings out of the registers, and
 * so does, once in a while, a run that ends: then the arena is empty again.
 *
 * Runs go on with preemption off. Those in process context give it up in
 * @pause of &struct ktap_env, which they reach every KTAP_SLICE instructions in
 * loops and calls, and while they wait for room for a record.
 *
 * All calls out of the interpreter are to plain functions that take the slot and
 * pointers into its registers, so that verified code can be translated to
 * machine code that calls the same functions.
 */
#ifndef _KTAP_VM_H
#define _KTAP_VM_H

#include "image.h"
#include "tab.h"

/* Frames of the tracer itself that a stack may begin with. */
#define KTAP_OWN_FRAMES		16

/* Instructions between two calls of @pause of &struct ktap_env. */
#define KTAP_SLICE		4096

/* Default budgets of a run, in instructions. */
#define KTAP_PROBE_BUDGET	200000ULL
#define KTAP_PROC_BUDGET	100000000ULL
/* What a probe may be given at most: it runs with interrupts off, perhaps. */
#define KTAP_PROBE_MAX		KTAP_PROC_BUDGET
#define KTAP_PROC_MAX		(S64_MAX / 2)

/**
 * struct ktap_place - where a function or variable of the kernel is
 * @addr: its address, or 0
 * @size: its size, or 0
 */
struct ktap_place {
	unsigned long addr;
	unsigned long size;
};

/**
 * struct ktap_core - what all runs of a session share
 * @prog: verified program
 * @heap: memory of tables and strings
 * @tabs: tables
 * @globals: cells of the top-level variables
 * @places: what strings of the program name, as far as that is known; NULL if the
 *          program looks for none
 * @specs: speculations, see spec.c
 * @budget: instructions that a run may execute, by whether it is in process
 *          context
 * @start: when tracing began, in nanoseconds of the monotonic clock
 * @utc_offset: seconds that local time is ahead of UTC
 */
struct ktap_core {
	struct ktap_prog *prog;
	struct ktap_heap heap;
	struct ktap_tabs tabs;
	atomic64_t *globals;
	struct ktap_place *places;
	atomic64_t specs[KTAP_MAX_SPECS];
	u64 budget[2];
	u64 start;
	s32 utc_offset;
};

struct ktap_exec;

/**
 * struct ktap_env - what the interpreter asks of those who run it
 * @field: read field @idx of the program from the event; nil if the event has no
 *         such field. Returns 0, or -ENOSPC if the arena has no room.
 * @name: the name of the event
 * @text: make the event into text, or into KTAP_T_EVENT if that is done when it is
 *        read; where it is NULL that is the case for all
 * @record: write a record whose body is a list of values, for @spec of the slot as
 *          ktap_spec_loses() says. Losses are counted. In process context this may
 *          wait for the reader.
 * @raw: the same for a record with another body
 * @read: read kernel or user memory; returns false if it is not there
 * @read_str: read a string of at most @size - 1 bytes there, with a NUL; returns
 *            its length or -EFAULT
 * @stack: the innermost @max addresses of the stack of the event, without the first
 *         @skip; there is room for KTAP_OWN_FRAMES and @skip more. Returns their
 *         number.
 * @alloc: take memory, in process context only; NULL if there is none
 * @free: give it back
 * @pause: let others run, in process context only. Returns true if the run shall
 *         end.
 *
 * All are called in a run: preemption off, slot held. In process context all but
 * @field, @name, @text, @read, @read_str and @stack may turn preemption on for a while.
 */
struct ktap_env {
	int (*field)(struct ktap_exec *exec, u32 idx, struct ktap_value *val);
	int (*name)(struct ktap_exec *exec, struct ktap_value *val);
	int (*text)(struct ktap_exec *exec, struct ktap_value *val);
	void (*record)(struct ktap_exec *exec, enum ktap_rec_type type,
		       const struct ktap_value *vals, u32 nr);
	void (*raw)(struct ktap_exec *exec, enum ktap_rec_type type,
		    const void *body, u32 size);
	bool (*read)(struct ktap_exec *exec, void *to, u64 addr, u32 size,
		     bool user);
	long (*read_str)(struct ktap_exec *exec, char *to, u64 addr, u32 size,
			 bool user);
	u32 (*stack)(struct ktap_exec *exec, u64 *addrs, u32 max, u32 skip, bool user);
	void *(*alloc)(struct ktap_exec *exec, size_t size);
	void (*free)(struct ktap_exec *exec, void *mem);
	bool (*pause)(struct ktap_exec *exec);
};

/**
 * struct ktap_owner - whose variables runs in process context read
 * @pid: process
 * @tid: thread
 * @ppid: parent process
 * @uid: user
 * @gid: group
 * @cgroup: number of the control group in the default hierarchy
 * @comm: name
 */
struct ktap_owner {
	s64 pid;
	s64 tid;
	s64 ppid;
	s64 uid;
	s64 gid;
	s64 cgroup;
	char comm[16];
};

/**
 * struct ktap_fault - why a run failed
 * @code: &enum ktap_error
 * @nr_pcs: number of functions that ran
 * @pcs: index of the instruction in each of them, the innermost first
 * @text: the message
 */
struct ktap_fault {
	enum ktap_error code;
	u32 nr_pcs;
	u32 pcs[KTAP_MAX_FRAMES];
	char text[96];
};

/**
 * struct ktap_frame - a call that has not returned
 * @insn: the call
 * @base: registers of the caller, counted from the first of the slot
 * @live: first register behind them
 * @results: values that the caller wants
 */
struct ktap_frame {
	const struct ktap_insn *insn;
	u32 base;
	u32 live;
	u32 results;
};

/*
 * Most calls that have not returned, and registers for them besides those of
 * the function that is run.
 */
#define KTAP_PROBE_FRAMES	64
#define KTAP_PROC_FRAMES	4096
#define KTAP_PROBE_STACK	1024
#define KTAP_PROC_STACK		(64U << 10)

struct ktap_sort;

/**
 * struct ktap_exec - an execution slot
 * @core: of the session
 * @env: who runs it
 * @regs: registers
 * @local: what the slot has in the heap
 * @arena: strings made in this run
 * @fuel: instructions until the budget is looked at
 * @budget: instructions left besides @fuel; in probes there are none
 * @nr_regs: number of registers
 * @top: registers from this one on have no strings that were made; at least
 *       those of a function that is run are before it
 * @live: first register behind those of the function that runs
 * @frames: calls that have not returned
 * @nr_frames: their number
 * @max_frames: most that there can be
 * @nr_results: values that the last function returned
 * @where: KTAP_IN() of the function that was entered first
 * @proc: in process context
 * @depth: runs inside of this one, which sorting makes
 * @rnd: for rand()
 * @status: argument of exit()
 * @spec: number of the speculation that the run prints for, or 0
 * @event: the event, for @field and @record of @env
 * @owner: in process context, whose variables are read
 * @reap_at: length of the list of @local at which registers are looked at
 * @insn: instruction that sorts, while it calls a function
 * @sorts: what SORT took
 * @sort_size: memory that it took in bytes
 * @stats: counters, by &enum ktap_stat; written by the run only
 * @fault: why the run failed
 */
struct ktap_exec {
	struct ktap_core *core;
	const struct ktap_env *env;
	struct ktap_value *regs;
	struct ktap_local local;
	struct ktap_arena arena;
	s64 fuel;
	u64 budget;
	u32 nr_regs;
	u32 top;
	u32 live;
	struct ktap_frame *frames;
	u32 nr_frames;
	u32 max_frames;
	u32 nr_results;
	u32 where;
	bool proc;
	u32 depth;
	struct rnd_state rnd;
	s32 status;
	u64 spec;
	const void *event;
	const struct ktap_owner *owner;
	u32 reap_at;
	const struct ktap_insn *insn;
	struct ktap_sort *sorts;
	size_t sort_size;
	u64 stats[KTAP_STAT_NR];
	struct ktap_fault fault;
};

/* Characters that an integer can have. */
#define KTAP_DIGITS		20

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
int ktap_vm_loop(struct ktap_exec *exec, const struct ktap_insn *insn,
		 struct ktap_value *regs);
enum ktap_end ktap_vm_end(struct ktap_exec *exec, int ret);
enum ktap_end ktap_vm_refuse(struct ktap_exec *exec, const struct ktap_callee *callee);

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

/* The builtin functions, for calls whose arguments are known to fit. */
extern int (* const ktap_builtins[KTAP_FUNC_NR])(struct ktap_exec *exec,
						 struct ktap_value *args, u32 nr);

int ktap_vm_call(struct ktap_exec *exec, enum ktap_func func,
		 struct ktap_value *args, u32 nr);
int ktap_vm_room(struct ktap_exec *exec, bool *tried);
int ktap_vm_var(struct ktap_exec *exec, enum ktap_var var, struct ktap_value *dst);
int ktap_vm_str(struct ktap_exec *exec, u32 len, struct ktap_str **str);
int ktap_vm_new_tab(struct ktap_exec *exec, const struct ktap_agg *agg,
		    struct ktap_value *dst);
int ktap_vm_heap_error(struct ktap_exec *exec, int err);
int ktap_vm_charge(struct ktap_exec *exec, u64 insns);
const char *ktap_vm_digits(s64 i, char *buf, u32 *len);
int ktap_vm_reap(struct ktap_exec *exec);

/* sort.c */
int ktap_vm_sort(struct ktap_exec *exec, struct ktap_value *regs);
int ktap_vm_next_sorted(struct ktap_exec *exec, struct ktap_value *regs);
void ktap_vm_end_sort(struct ktap_exec *exec, s64 nr);
void ktap_vm_end_sorts(struct ktap_exec *exec);
int ktap_vm_invoke(struct ktap_exec *exec, u32 proto, const struct ktap_value *args,
		   u32 nr, struct ktap_value *res);

/* What going over this many bytes costs, in instructions. */
static inline u32 ktap_vm_bytes(u64 len)
{
	return len / 16;
}

/* Bytes of strings of runs that ended, after which the arena is emptied. */
#define KTAP_ARENA_KEEP		512

/**
 * ktap_vm_probe - Run a function of kind KTAP_PROTO_PROBE
 * @exec: slot that is not in process context, whose @event is set
 * @callee: the function
 * @fuel: ktap_vm_fuel() of it
 *
 * Context: Probe context: preemption off, slot held.
 * Return: how the run ended.
 */
static __always_inline enum ktap_end ktap_vm_probe(struct ktap_exec *exec,
						   const struct ktap_callee *callee,
						   s64 fuel)
{
	int ret;

	exec->fuel = fuel;
	if (unlikely(fuel < 0))
		return ktap_vm_refuse(exec, callee);
	exec->arena.start = exec->arena.used;
	exec->live = callee->nr_regs;
	ret = ktap_vm_loop(exec, callee->insns, exec->regs);
	if (unlikely(ret | exec->local.zero | exec->spec) ||
	    unlikely(exec->arena.used > KTAP_ARENA_KEEP))
		return ktap_vm_end(exec, ret);
	return KTAP_END_RETURN;
}

/**
 * ktap_vm_fuel - What a handler may execute besides each of its instructions once
 * @core: of the session
 * @callee: the handler
 *
 * Context: Any context.
 * Return: that many instructions; less than 0 if it may not be run at all.
 */
static inline s64 ktap_vm_fuel(const struct ktap_core *core,
			       const struct ktap_callee *callee)
{
	return core->budget[0] - callee->nr_insns;
}

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
u32 ktap_var_comm_len(const char *comm);
int ktap_var_comm(struct ktap_exec *exec, const char *comm, struct ktap_value *val);

/**
 * ktap_var_cgroup - Number of the control group of the current task
 *
 * Context: Any context, NMI included.
 * Return: the number, of the default hierarchy; 0 without control groups.
 */
u64 ktap_var_cgroup(void);

#endif /* _KTAP_VM_H */
