/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What the kernel's side of ktap shares
 *
 * The core (see core_internal.h) interprets programs. The files that include
 * this header tie it to the kernel: sessions, execution slots, the record
 * buffer, event sources and the control file.
 *
 * Names that are the same everywhere: @sess is a &struct ktap_sess, @core a
 * &struct ktap_core, @prog a &struct ktap_prog, @exec a &struct ktap_exec, @att a
 * &struct ktap_attach, @val a &struct ktap_value, @tab a reference to a table,
 * @pc the index of an instruction.
 *
 * The life of a session
 *
 * ::
 *
 *	open() --> NEW -- LOAD --> LOADED -- START --> STARTED
 *
 * START finds and prepares all events and wakes the session's thread, which does
 * the rest in process context: it runs main, enables the events, waits until the
 * session is to be stopped, disables the events, waits for handlers that still
 * run, runs trace_end, and writes the record KTAP_REC_END. It waits for the reader
 * where the record buffer is full. Closing the file takes away the reader: the
 * thread then stops wherever it is, and everything is freed.
 *
 * Locks: @lock of the session is for its ioctls and nests outside of event_mutex.
 * @read_lock is for readers and nests in nothing. The thread takes event_mutex,
 * the lock of hook.c or that of probe_perf.c, one at a time. Probes take no lock but
 * that of a chain of a table, and inside of it that of the table's list (tab.h), only
 * try that of the heap's pool (heap.h), and only read what START prepared.
 */
#ifndef _KTAP_KTAP_H
#define _KTAP_KTAP_H

#include <asm/local.h>

#include <linux/completion.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "ring.h"
#include "vlog.h"
#include "vm.h"

#define KTAP_HEAP_DEFAULT	(4U << 20)

struct ktap_sess;
struct ktap_syscalls;
struct ktap_attach;

/*
 * slot.c
 */

/* Contexts of interrupt_context_level(). */
#define KTAP_CONTEXTS		4

/**
 * struct ktap_slot - an execution slot of a session
 * @exec: what a run needs
 * @sess: session
 * @busy: a run is in it; written by its CPU and context only
 */
struct ktap_slot {
	struct ktap_exec exec;
	struct ktap_sess *sess;
	bool busy;
};

/**
 * struct ktap_cpu - execution slots of one CPU
 * @slot: by context
 * @nested: events that came while the slot was busy, or could not be handled in NMI
 *          context
 * @missed: hits that a source could not hook or was not called for
 */
struct ktap_cpu {
	struct ktap_slot slot[KTAP_CONTEXTS];
	local_t nested;
	local_t missed;
};

int ktap_slots_create(struct ktap_sess *sess);
void ktap_slots_destroy(struct ktap_sess *sess);
void ktap_slots_stats(struct ktap_sess *sess, u64 *stats);

/*
 * target.c
 */

/**
 * struct ktap_target - whose events are wanted
 * @flags: KTAP_START_*; 0 if all are
 * @cpu: with KTAP_START_CPU, on which CPU
 * @process: with KTAP_START_PID, of which process; NULL until it is to be traced
 * @descendants: with KTAP_START_CHILDREN, of which processes instead, by number
 * @lock: while @descendants are written
 * @task: with KTAP_START_PID, a thread of the process, with a reference
 * @forks: processes that are made are told of
 * @execs: programs that are executed are told of
 */
struct ktap_target {
	u32 flags;
	u32 cpu;
	const struct signal_struct *process;
	unsigned long *descendants;
	raw_spinlock_t lock;
	struct task_struct *task;
	bool forks;
	bool execs;
};

/* Whose events run handlers of a session. */
enum ktap_gate {
	KTAP_GATE_OPEN,		/* all */
	KTAP_GATE_PROCESS,	/* those of the process of @target */
	KTAP_GATE_CHILDREN,	/* and of its descendants */
	KTAP_GATE_TARGET,	/* those that @target wants otherwise */
	KTAP_GATE_CLOSED,	/* none */
};

int ktap_target_set(struct ktap_sess *sess, const struct ktap_start *start,
		    struct ktap_log *log);
void ktap_target_clear(struct ktap_sess *sess);
enum ktap_gate ktap_target_gate(const struct ktap_target *target);
bool ktap_target_match(const struct ktap_target *target);
bool ktap_target_mm(const struct ktap_sess *sess, const struct mm_struct *mm);

/*
 * probe.c and the event sources
 */

/**
 * struct ktap_probe_ops - a kind of event source
 * @attach: find what an event of the program means and prepare it: add a
 *          &struct ktap_attach for each place, with ktap_attach_add(). On error
 *          the caller frees those that were added.
 * @enable: let events come
 * @disable: let no new events come; called once if @enable succeeded
 * @sync: wait until handlers of disabled attachments have returned; NULL if @disable
 *        does
 * @free: free an attachment that is not enabled
 * @field: read what field @field of the program stands for, from the event that a
 *         handler runs for
 * @regs: all registers where the event was, for hits without, or NULL; optional
 * @own_frames: how many of the innermost frames of a stack are of the tracer; asked
 *              where there are no registers, optional
 * @name: make the name of the event, for attachments that have none; optional
 * @size: bytes of the event that are to be kept for its text; where it is NULL
 *        the text is what @text makes
 * @save: keep them
 * @text: make the text of an event of which nothing is kept
 *
 * The first five may sleep. The others are called in handlers.
 */
struct ktap_probe_ops {
	int (*attach)(struct ktap_sess *sess, u32 event, struct ktap_log *log);
	int (*enable)(struct ktap_attach *att);
	void (*disable)(struct ktap_attach *att);
	void (*sync)(void);
	void (*free)(struct ktap_attach *att);
	int (*field)(struct ktap_exec *exec, u32 field, struct ktap_value *val);
	struct pt_regs *(*regs)(const struct ktap_exec *exec);
	u32 (*own_frames)(const struct ktap_exec *exec, const unsigned long *addrs, u32 nr);
	int (*name)(struct ktap_exec *exec, struct ktap_value *val);
	u32 (*size)(const struct ktap_exec *exec);
	void (*save)(const struct ktap_exec *exec, void *to, u32 size);
	int (*text)(struct ktap_exec *exec, struct ktap_value *val);
};

/**
 * struct ktap_attach - one place where events come from
 * @sess: session
 * @ops: kind of source
 * @node: in @attaches of the session
 * @name: value of probename, or NULL if @name of @ops makes it
 * @callee: the function to run
 * @fuel: ktap_vm_fuel() of it
 * @proto: its index
 * @event: index of the event in the program
 * @last_first: at a place, what was enabled last is called first
 * @enabled: @enable of @ops succeeded
 */
struct ktap_attach {
	struct ktap_sess *sess;
	const struct ktap_probe_ops *ops;
	struct list_head node;
	const struct ktap_str *name;
	struct ktap_callee callee;
	s64 fuel;
	u32 proto;
	u32 event;
	bool last_first;
	bool enabled;
};

/**
 * struct ktap_hit - an event, as @event of the execution slot
 * @att: where it comes from
 * @regs: all registers where it happened, NULL if they are not known
 *
 * Sources have this in what they pass, though not as the first member: of two words
 * it would be one operand to the compiler, which aligns the stack for that.
 */
struct ktap_hit {
	const struct ktap_attach *att;
	struct pt_regs *regs;
};

int ktap_probe_register(enum ktap_probe_kind kind,
			const struct ktap_probe_ops *ops);
u32 ktap_probe_kinds(void);
int ktap_attach_init(struct ktap_attach *att, struct ktap_sess *sess, u32 event,
		     const struct ktap_probe_ops *ops, const char *name);
void ktap_attach_add(struct ktap_attach *att);
void ktap_attach_fail(const struct ktap_attach *att, int err);
int ktap_probe_fields(struct ktap_sess *sess, u32 event,
		      int (*use)(void *data, u32 field, bool must), void *data);
bool ktap_probe_reads_text(const struct ktap_prog *prog, u32 proto);
bool ktap_probe_takes_stack(const struct ktap_prog *prog, u32 proto);
int ktap_probes_attach(struct ktap_sess *sess, struct ktap_log *log, u32 *event);
bool ktap_probes_enable(struct ktap_sess *sess);
void ktap_probes_disable(struct ktap_sess *sess);
void ktap_probes_free(struct ktap_sess *sess);
void ktap_probe_run(const struct ktap_attach *att, const struct ktap_hit *hit);
void ktap_probe_run_return(const struct ktap_attach *att, const struct ktap_hit *hit);
void ktap_probe_end(struct ktap_exec *exec, enum ktap_end end);

/*
 * probe_timer.c
 */

int ktap_timer_period(const char *spec, u64 *period, struct ktap_log *log);
struct ktap_attach *ktap_tick_next(struct ktap_sess *sess);

/*
 * session.c
 */

enum ktap_state {
	KTAP_NEW,
	KTAP_LOADED,
	KTAP_STARTED,
};

/* Bits of @stop of a session. */
#define KTAP_STOP_ASKED		0	/* end tracing */
#define KTAP_STOP_AT_ONCE	1	/* and run nothing more */
#define KTAP_STOP_CLOSED	2	/* and there is no reader any more */

/**
 * struct ktap_sess - a session
 * @lock: for ioctls; protects @state
 * @read_lock: for readers
 * @state: what may be done
 * @core: program and what its runs share; from LOAD on
 * @ring: records; from LOAD on
 * @cpus: execution slots of each CPU; from LOAD on
 * @proc: execution slot of @thread; from LOAD on
 * @attaches: all &struct ktap_attach; does not change after START
 * @nr_attaches: their number
 * @syscalls: those that are to system calls, see probe_syscall.c
 * @ticks: those that are ticks, see probe_timer.c
 * @fields: for START, as a bit for each field of the program, whether one of the events
 *          of a list has it
 * @nr_skipped: number of places that globs meant and that cannot be attached to
 * @read_kernel: programs may read kernel memory
 * @snapshots: the trace buffer of ftrace can be kept, as the program wants to
 * @target: whose events are wanted; does not change after START
 * @dry: handlers are not run
 * @gate: &enum ktap_gate
 * @ending: @thread runs trace_end
 * @stop: KTAP_STOP_*
 * @status: exit status
 * @failed: a run failed; who sets it first writes @fault
 * @fault: why
 * @thread: runs main and trace_end
 * @wait: where @thread waits to be stopped
 * @poll: where poll() waits for the state to change
 * @wake: wakes @thread from a probe
 * @done: @thread is gone
 * @owner: who started the session
 */
struct ktap_sess {
	struct mutex lock; /* ioctls */
	struct mutex read_lock; /* readers */
	enum ktap_state state;
	struct ktap_core core;
	struct ktap_ring ring;
	struct ktap_cpu __percpu *cpus;
	struct ktap_slot proc;
	struct list_head attaches;
	u32 nr_attaches;
	struct ktap_syscalls *syscalls;
	struct list_head ticks;
	unsigned long *fields;
	u32 nr_skipped;
	bool read_kernel;
	bool snapshots;
	struct ktap_target target;
	bool dry;
	u32 gate;
	bool ending;
	unsigned long stop;
	s32 status;
	atomic_t failed;
	struct ktap_fault fault;
	struct task_struct *thread;
	wait_queue_head_t wait;
	wait_queue_head_t poll;
	struct irq_work wake;
	struct completion done;
	struct ktap_owner owner;
};

struct ktap_sess *ktap_sess_create(void);
void ktap_sess_destroy(struct ktap_sess *sess);
int ktap_sess_load(struct ktap_sess *sess, void *image,
		   const struct ktap_load *load, struct ktap_log *log);
int ktap_sess_start(struct ktap_sess *sess, struct ktap_start *start,
		    struct ktap_log *log);
void ktap_sess_stop(struct ktap_sess *sess, bool at_once);
void ktap_sess_exit(struct ktap_sess *sess, s32 status);
void ktap_sess_fail(struct ktap_sess *sess, const struct ktap_fault *fault);

/* Is there nobody to wait for any more? */
static inline bool ktap_sess_closed(struct ktap_sess *sess)
{
	return test_bit(KTAP_STOP_CLOSED, &sess->stop);
}

/* Are events of this process wanted? Any context. */
static inline bool ktap_target_process(const struct ktap_target *target)
{
	if (target->flags & KTAP_START_CHILDREN)
		return test_bit(current->tgid, target->descendants);
	return !(target->flags & KTAP_START_PID) ||
	       current->signal == READ_ONCE(target->process);
}

/*
 * Can RCU be used here, as handlers do? Where the architecture has no functions that
 * can be traced while it does not watch this needs no look.
 */
static __always_inline bool ktap_rcu_watches(void)
{
	return IS_ENABLED(CONFIG_ARCH_WANTS_NO_INSTR) || rcu_is_watching();
}

/*
 * Are handlers to be run now and here? Any context, preemption is off. The first ones
 * are what most sessions ask for.
 */
static __always_inline bool ktap_sess_wants(const struct ktap_sess *sess)
{
	u32 gate = READ_ONCE(sess->gate);

	if (likely(gate == KTAP_GATE_OPEN))
		return true;
	if (likely(gate == KTAP_GATE_CHILDREN))
		return test_bit(current->tgid, sess->target.descendants);
	if (likely(gate == KTAP_GATE_PROCESS))
		return current->signal == READ_ONCE(sess->target.process);
	return gate == KTAP_GATE_TARGET && ktap_target_match(&sess->target);
}

/* Are handlers run at all? Any context. */
static __always_inline bool ktap_sess_runs(const struct ktap_sess *sess)
{
	return READ_ONCE(sess->gate) != KTAP_GATE_CLOSED;
}

/* Has the task that was interrupted memory of its own, which can be read? */
static inline bool ktap_user_mm(void)
{
	return current->mm && !(current->flags & (PF_KTHREAD | PF_EXITING));
}

static inline struct ktap_slot *ktap_exec_slot(struct ktap_exec *exec)
{
	return container_of(exec, struct ktap_slot, exec);
}

/**
 * ktap_slot_run - Run the handler of an event in the slot of the context
 * @cpu: slots of this CPU
 * @slot: the one to run in
 * @att: where the event comes from; ktap_sess_wants() was asked for its session
 * @hit: the event
 *
 * Context: Any context, NMI included. Preemption is off.
 */
static __always_inline void ktap_slot_run(struct ktap_cpu *cpu, struct ktap_slot *slot,
					  const struct ktap_attach *att,
					  const struct ktap_hit *hit)
{
	enum ktap_end end;

	if (unlikely(slot->busy)) {
		local_inc(&cpu->nested);
		return;
	}
	slot->busy = true;
	/* Events caused by what follows find the slot busy. */
	barrier();

	slot->exec.event = hit;
	slot->exec.stats[KTAP_STAT_HITS]++;
	end = ktap_vm_probe(&slot->exec, &att->callee, att->fuel);
	if (unlikely(end != KTAP_END_RETURN))
		ktap_probe_end(&slot->exec, end);

	barrier();
	slot->busy = false;
}

/**
 * ktap_probe_hit - Run the handler of an event, if it is wanted
 * @att: where the event comes from
 * @hit: the event
 * @returned: it is a return, as ktap_probe_run_return() has them
 *
 * What ktap_probe_run() does, with the common case in place, which is task context,
 * for events that come often.
 *
 * Context: Any context, NMI included.
 */
static __always_inline void ktap_probe_hit(const struct ktap_attach *att,
					   const struct ktap_hit *hit, bool returned)
{
	struct ktap_cpu *cpu;

	preempt_disable_notrace();
	if (unlikely(preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET))) {
		if (returned)
			ktap_probe_run_return(att, hit);
		else
			ktap_probe_run(att, hit);
	} else if (likely(returned ? ktap_sess_runs(att->sess) :
				     ktap_sess_wants(att->sess))) {
		cpu = this_cpu_ptr(att->sess->cpus);
		ktap_slot_run(cpu, &cpu->slot[0], att, hit);
	}
	preempt_enable_notrace();
}

/**
 * ktap_frames_of_hook - Find where a function begins on the stack of its hook
 * @addrs: frames, the innermost first
 * @nr: their number
 * @ip: where the hook is
 *
 * Context: Any context, NMI included.
 * Return: number of frames before that of the function, 0 if it is not there.
 */
static inline u32 ktap_frames_of_hook(const unsigned long *addrs, u32 nr,
				      unsigned long ip)
{
	u32 i;

	/* The hook returns to behind the call that it is. */
	for (i = 0; i < nr; i++) {
		if (addrs[i] - ip <= 16)
			return i;
	}
	return 0;
}

/* env.c */
extern const struct ktap_env ktap_env;

/* ioctl.c */
extern const struct file_operations ktap_fops;

#endif /* _KTAP_KTAP_H */
