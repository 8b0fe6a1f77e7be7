// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Sessions
 *
 * The states of a session, and what its thread does, are told in ktap.h.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/cred.h>
#include <linux/kthread.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "verify.h"
#include "ktap.h"
#include "sys.h"

static void sess_wake(struct irq_work *work)
{
	struct ktap_sess *sess = container_of(work, struct ktap_sess, wake);

	wake_up(&sess->wait);
	wake_up(&sess->ring.room);
}

/**
 * ktap_sess_create - Make a session
 *
 * Context: Process context. May sleep.
 * Return: a session in state KTAP_NEW, or NULL.
 */
struct ktap_sess *ktap_sess_create(void)
{
	struct ktap_sess *sess = kzalloc(sizeof(*sess), GFP_KERNEL_ACCOUNT);

	if (!sess)
		return NULL;
	mutex_init(&sess->lock);
	mutex_init(&sess->read_lock);
	INIT_LIST_HEAD(&sess->attaches);
	sess->gate = KTAP_GATE_CLOSED;
	INIT_LIST_HEAD(&sess->ticks);
	init_waitqueue_head(&sess->wait);
	init_waitqueue_head(&sess->poll);
	init_irq_work(&sess->wake, sess_wake);
	init_completion(&sess->done);
	return sess;
}

static void sess_unload(struct ktap_sess *sess)
{
	ktap_slots_destroy(sess);
	ktap_ring_destroy(&sess->ring);
	ktap_core_destroy(&sess->core);
}

/* Wake the session's thread after bits of @stop were set. */
static void sess_signal(struct ktap_sess *sess)
{
	/* From a probe nothing can be woken directly. */
	irq_work_queue(&sess->wake);
}

/* What the trace buffer of ftrace needs to be written to and kept in handlers. */
static int open_trace(struct ktap_sess *sess, struct ktap_log *log)
{
	const struct ktap_prog *prog = sess->core.prog;
	int ret = 0;

	if (ktap_prog_calls(prog, KTAP_FUNC_TRACE_PRINTK))
		ret = ktap_sys_open_trace();
	if (!ret && ktap_prog_calls(prog, KTAP_FUNC_SNAPSHOT)) {
		ret = ktap_sys_arm_snapshot();
		sess->snapshots = !ret;
	}
	if (ret)
		ktap_log(log, "there is no memory for the trace buffer of ftrace\n");
	return ret;
}

static void disarm_snapshot(struct ktap_sess *sess)
{
	if (sess->snapshots)
		ktap_sys_disarm_snapshot();
	sess->snapshots = false;
}

/**
 * ktap_sess_destroy - End a session that nobody can use any more
 * @sess: session in any state
 *
 * Context: Process context. May sleep.
 */
void ktap_sess_destroy(struct ktap_sess *sess)
{
	if (sess->thread) {
		set_bit(KTAP_STOP_CLOSED, &sess->stop);
		set_bit(KTAP_STOP_ASKED, &sess->stop);
		sess_signal(sess);
		wait_for_completion(&sess->done);
		put_task_struct(sess->thread);
	}
	irq_work_sync(&sess->wake);
	ktap_probes_free(sess);
	ktap_target_clear(sess);
	disarm_snapshot(sess);
	sess_unload(sess);
	mutex_destroy(&sess->lock);
	mutex_destroy(&sess->read_lock);
	kfree(sess);
}

/* What the caller did not ask for gets a default. */
static u64 or_default(u64 asked, u64 def)
{
	return asked ?: def;
}

/**
 * ktap_sess_load - Check, verify and keep a program
 * @sess: session
 * @image: image in memory of kvmalloc(), which becomes the session's
 * @load: as user space gave it
 * @log: gets the reason if it is refused
 *
 * Context: Process context. Takes @lock of the session.
 * Return: 0, or an error as KTAP_IOC_LOAD lists them.
 */
int ktap_sess_load(struct ktap_sess *sess, void *image,
		   const struct ktap_load *load, struct ktap_log *log)
{
	struct ktap_prog *prog;
	int ret;

	guard(mutex)(&sess->lock);
	if (sess->state != KTAP_NEW) {
		kvfree(image);
		return -EBUSY;
	}

	prog = ktap_prog_create(image, load->image_size, log);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	ret = ktap_verify(prog, log);
	if (ret) {
		ktap_prog_destroy(prog);
		return ret;
	}

	if (load->probe_budget > KTAP_PROBE_MAX ||
	    load->proc_budget > KTAP_PROC_MAX) {
		ktap_log(log, "the budget of a probe can be up to %llu instructions\n",
			 KTAP_PROBE_MAX);
		ktap_prog_destroy(prog);
		return -EINVAL;
	}

	ret = ktap_core_init(&sess->core, prog,
			     or_default(load->heap_size, KTAP_HEAP_DEFAULT),
			     nr_cpu_ids + 1);
	if (ret) {
		if (ret == -EINVAL)
			ktap_log(log, "memory can be from %u bytes to %llu\n",
				 KTAP_HEAP_MIN, KTAP_HEAP_MAX);
		return ret;
	}
	sess->core.budget[0] = or_default(load->probe_budget, KTAP_PROBE_BUDGET);
	sess->core.budget[1] = or_default(load->proc_budget, KTAP_PROC_BUDGET);
	sess->core.utc_offset = load->utc_offset;
	/* It may print, which a probe must not. */
	sess->read_kernel = !security_locked_down(LOCKDOWN_BPF_READ_KERNEL);

	ret = ktap_ring_create(&sess->ring,
			       or_default(load->ring_size, KTAP_RING_DEFAULT),
			       load->flags & KTAP_LOAD_OVERWRITE);
	if (ret == -EINVAL)
		ktap_log(log, "the buffer of each cpu can be from %u bytes to %lu\n",
			 KTAP_RING_MIN, KTAP_RING_MAX);
	if (!ret)
		ret = ktap_slots_create(sess);
	if (ret) {
		sess_unload(sess);
		return ret;
	}
	/* Readers look at it without the lock. */
	smp_store_release(&sess->state, KTAP_LOADED);
	wake_up(&sess->poll);
	return 0;
}

/* Write a record of the session itself; waits for room. */
static void sess_record(struct ktap_sess *sess, enum ktap_rec_type type,
			const void *body, u32 len)
{
	struct ktap_ring *ring = &sess->ring;
	struct ktap_ring_rec *rec;

	for (;;) {
		unsigned int seq = ktap_ring_seq(ring);

		rec = ktap_ring_reserve(ring, len, true);
		if (rec)
			break;
		wait_event_idle(ring->room, ktap_ring_seq(ring) != seq ||
				ktap_sess_closed(sess));
		if (ktap_sess_closed(sess))
			return;
	}
	rec->type = type;
	memcpy(rec->body, body, len);
	ktap_ring_commit(ring, true);
	ktap_ring_wake(ring);
}

static void record_error(struct ktap_sess *sess)
{
	const struct ktap_prog *prog = sess->core.prog;
	const struct ktap_fault *fault = &sess->fault;
	const struct ktap_img_line *line;
	struct ktap_rec_error *err;
	union {
		struct ktap_rec_error err;
		char room[sizeof(*err) + sizeof(fault->text)];
	} body = {};
	u32 i;

	err = &body.err;
	err->code = fault->code;
	err->nr_frames = fault->nr_pcs;
	for (i = 0; i < fault->nr_pcs; i++) {
		line = ktap_prog_line(prog, fault->pcs[i]);
		err->frames[i].name = ktap_prog_proto(prog, fault->pcs[i])->name;
		if (!line)
			continue;
		err->frames[i].line = line->line;
		if (!i)
			err->col = line->col;
	}
	err->len = strlen(fault->text);
	memcpy(err->text, fault->text, err->len);
	sess_record(sess, KTAP_REC_ERROR, err, sizeof(*err) + err->len);
}

/* Report the tables of top-level variables that lost entries. */
static void record_drops(struct ktap_sess *sess)
{
	struct ktap_core *core = &sess->core;
	u32 i;

	for (i = 0; i < core->prog->nr_globals; i++) {
		u64 word = atomic64_read(&core->globals[i]);
		struct ktap_rec_drops drops = { .global = i };

		if (KTAP_CELL_IS_INT(word) || KTAP_CELL_TAG(word) != KTAP_CELL_TAB)
			continue;
		/* Nothing runs any more that could free it. */
		drops.count = ktap_tab_drops(&core->tabs, ktap_cell_ref(word));
		drops.name = core->prog->globals[i].name;
		if (drops.count)
			sess_record(sess, KTAP_REC_DROPS, &drops, sizeof(drops));
	}
}

/* Run one function in the session's thread. Returns false if it was stopped. */
static bool sess_run(struct ktap_sess *sess, u32 proto)
{
	struct ktap_exec *exec = &sess->proc.exec;
	enum ktap_end end;

	preempt_disable_notrace();
	end = ktap_vm_run(exec, proto);
	preempt_enable_notrace();

	if (end == KTAP_END_EXIT)
		ktap_sess_exit(sess, exec->status);
	else if (end == KTAP_END_FAULT)
		ktap_sess_fail(sess, &exec->fault);
	return end == KTAP_END_RETURN;
}

/* Run a tick; who reads what it prints is told when that was all of it. */
static void run_tick(struct ktap_sess *sess, const struct ktap_attach *tick)
{
	struct ktap_exec *exec = &sess->proc.exec;
	u64 records = exec->stats[KTAP_STAT_RECORDS];

	exec->stats[KTAP_STAT_HITS]++;
	sess_run(sess, tick->proto);
	if (exec->stats[KTAP_STAT_RECORDS] != records)
		sess_record(sess, KTAP_REC_TICK, NULL, 0);
}

/* Run ticks as they are due, until the session is to be stopped. */
static void sess_ticks(struct ktap_sess *sess)
{
	struct ktap_exec *exec = &sess->proc.exec;
	struct ktap_attach *tick;
	struct ktap_hit hit = {};

	exec->event = &hit;
	for (;;) {
		tick = NULL;
		wait_event_idle(sess->wait,
				test_bit(KTAP_STOP_ASKED, &sess->stop) ||
				(tick = ktap_tick_next(sess)));
		if (!tick)
			break;
		if (READ_ONCE(sess->gate) != KTAP_GATE_CLOSED) {
			hit.att = tick;
			run_tick(sess, tick);
		} else if (!sess->dry) {
			exec->stats[KTAP_STAT_TICKS]++;
		}
		cond_resched();
	}
	exec->event = NULL;
}

/* Let handlers run. */
static void sess_open(struct ktap_sess *sess)
{
	if (!sess->dry)
		WRITE_ONCE(sess->gate, ktap_target_gate(&sess->target));
}

/* Between main and trace_end: events come. */
static void sess_trace(struct ktap_sess *sess)
{
	sess_open(sess);
	/* Pairs with that in ktap_sess_stop(): one sees what the other does. */
	smp_mb();
	if (!test_bit(KTAP_STOP_ASKED, &sess->stop)) {
		if (ktap_probes_enable(sess))
			sess_record(sess, KTAP_REC_RUNNING, NULL, 0);
		sess_ticks(sess);
	}
	WRITE_ONCE(sess->gate, KTAP_GATE_CLOSED);
	ktap_probes_disable(sess);
}

static void sess_end(struct ktap_sess *sess)
{
	const struct ktap_prog *prog = sess->core.prog;
	u32 i;

	WRITE_ONCE(sess->ending, true);
	for (i = 1; i < prog->nr_protos; i++) {
		if (atomic_read(&sess->failed) ||
		    test_bit(KTAP_STOP_AT_ONCE, &sess->stop))
			break;
		if (prog->protos[i].kind == KTAP_PROTO_END && !sess_run(sess, i))
			break;
	}
}

static int sess_thread(void *data)
{
	struct ktap_sess *sess = data;
	struct ktap_rec_end end = {};

	if (!test_bit(KTAP_STOP_ASKED, &sess->stop))
		sess_run(sess, 0);
	sess_trace(sess);
	sess_end(sess);

	if (atomic_read(&sess->failed)) {
		record_error(sess);
		end.flags = KTAP_END_ERROR;
		sess->status = 1;
	}
	end.status = sess->status;
	record_drops(sess);
	sess_record(sess, KTAP_REC_END, &end, sizeof(end));
	wake_up(&sess->poll);
	complete(&sess->done);
	return 0;
}

static void take_owner(struct ktap_sess *sess)
{
	struct ktap_owner *owner = &sess->owner;

	owner->pid = current->tgid;
	owner->tid = current->pid;
	scoped_guard(rcu)
		owner->ppid = rcu_dereference(current->real_parent)->tgid;
	owner->uid = from_kuid_munged(&init_user_ns, current_uid());
	owner->gid = from_kgid_munged(&init_user_ns, current_gid());
	owner->cgroup = ktap_var_cgroup();
	strscpy(owner->comm, current->comm);
}

/**
 * ktap_sess_start - Attach the events and start the session's thread
 * @sess: session
 * @start: as user space gave it; gets the results
 * @log: gets the reason if it fails
 *
 * Context: Process context. Takes @lock of the session.
 * Return: 0, or an error as KTAP_IOC_START lists them.
 */
int ktap_sess_start(struct ktap_sess *sess, struct ktap_start *start,
		    struct ktap_log *log)
{
	struct task_struct *thread = NULL;
	int ret;

	start->event = KTAP_IMG_NONE;
	start->nr_attached = 0;
	start->nr_skipped = 0;
	guard(mutex)(&sess->lock);
	if (sess->state != KTAP_LOADED)
		return -EBUSY;

	sess->nr_skipped = 0;
	sess->dry = start->flags & KTAP_START_DRY;
	ret = ktap_target_set(sess, start, log);
	if (!ret)
		ret = open_trace(sess, log);
	if (!ret)
		ret = ktap_probes_attach(sess, log, &start->event);
	if (!ret) {
		thread = kthread_create(sess_thread, sess, "ktap/%d", current->pid);
		ret = PTR_ERR_OR_ZERO(thread);
	}
	if (ret) {
		ktap_probes_free(sess);
		ktap_target_clear(sess);
		disarm_snapshot(sess);
		return ret;
	}
	take_owner(sess);
	sess->core.start = ktime_get_mono_fast_ns();
	sess->thread = get_task_struct(thread);
	sess->state = KTAP_STARTED;
	start->nr_attached = sess->nr_attaches;
	start->nr_skipped = sess->nr_skipped;
	wake_up_process(thread);
	return 0;
}

/**
 * ktap_sess_stop - Ask a session to end
 * @sess: session in state KTAP_STARTED
 * @at_once: and run neither what is left of main nor trace_end
 *
 * Context: Any context, NMI included.
 */
void ktap_sess_stop(struct ktap_sess *sess, bool at_once)
{
	if (at_once)
		set_bit(KTAP_STOP_AT_ONCE, &sess->stop);
	set_bit(KTAP_STOP_ASKED, &sess->stop);
	/* Pairs with that in sess_trace(). */
	smp_mb__after_atomic();
	WRITE_ONCE(sess->gate, KTAP_GATE_CLOSED);
	sess_signal(sess);
}

/**
 * ktap_sess_exit - End a session by exit()
 * @sess: session
 * @status: exit status
 *
 * Context: Any context, NMI included.
 */
void ktap_sess_exit(struct ktap_sess *sess, s32 status)
{
	WRITE_ONCE(sess->status, status);
	ktap_sess_stop(sess, false);
}

/**
 * ktap_sess_fail - End a session because of an error
 * @sess: session
 * @fault: the error; the first one is reported
 *
 * Context: Any context, NMI included.
 */
void ktap_sess_fail(struct ktap_sess *sess, const struct ktap_fault *fault)
{
	/* The thread reads it when all handlers have returned. */
	if (!atomic_cmpxchg(&sess->failed, 0, 1))
		sess->fault = *fault;
	ktap_sess_stop(sess, false);
}
