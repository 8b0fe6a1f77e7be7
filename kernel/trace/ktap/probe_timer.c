// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Ticks
 *
 * A tick runs in process context, on the session's thread, between main and
 * trace_end. So it may do what main may, wait for the reader and sort among other
 * things, and never runs at the same time as another tick of its session.
 *
 * Each tick has a timer. All that the timer does is to note when it was due and to
 * wake the thread, which asks for the tick that was due first as long as there is
 * one. A tick that is due while the handler for the one before has not begun is lost
 * and counted, as is each period that the timer itself was late by, and what is still
 * due when the session stops: ticks are never made up for.
 *
 * @due passes from 0 to a time in the timer and back in the thread, each at once.
 * The list of ticks does not change while the thread looks at it: they are added and
 * freed by START and when the session ends. On PREEMPT_RT the timer expires in a
 * thread, where the wait queue may be locked; elsewhere in its interrupt.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/math64.h>
#include <linux/slab.h>

#include "ktap.h"

/**
 * struct tick_attach - a tick
 * @att: attachment
 * @node: in @ticks of the session
 * @timer: when it is due
 * @period: from one time to the next
 * @due: when it was due, in nanoseconds of the monotonic clock; 0 if it is not
 * @lost: ticks that were due before the handler had begun; taken by the thread
 */
struct tick_attach {
	struct ktap_attach att;
	struct list_head node;
	struct hrtimer timer;
	u64 period;
	atomic64_t due;
	atomic64_t lost;
};

static const struct ktap_probe_ops tick_ops;

static struct tick_attach *to_tick(const struct ktap_attach *att)
{
	return container_of(att, struct tick_attach, att);
}

static enum hrtimer_restart tick_expired(struct hrtimer *timer)
{
	struct tick_attach *tick = container_of(timer, struct tick_attach, timer);
	s64 due = ktime_to_ns(hrtimer_get_expires(timer));
	u64 lost;

	/* Without timers of high resolution the next time is further away than a period. */
	hrtimer_forward_now(timer, ns_to_ktime(tick->period));
	lost = div64_u64(ktime_to_ns(hrtimer_get_expires(timer)) - due, tick->period) - 1;
	if (atomic64_cmpxchg(&tick->due, 0, due))
		lost++;
	if (lost)
		atomic64_add(lost, &tick->lost);
	wake_up(&tick->att.sess->wait);
	return HRTIMER_RESTART;
}

static void tick_setup(struct tick_attach *tick)
{
	hrtimer_setup(&tick->timer, tick_expired, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}

/* Count what was lost up to now. */
static void tick_count_lost(struct tick_attach *tick)
{
	u64 *stats = tick->att.sess->proc.exec.stats;

	stats[KTAP_STAT_TICKS] += atomic64_xchg(&tick->lost, 0);
}

/**
 * ktap_tick_next - Take the tick that was due first
 * @sess: session, whose thread this is
 *
 * Context: Process context.
 * Return: the tick, whose handler is to be run, or NULL if none is due.
 */
struct ktap_attach *ktap_tick_next(struct ktap_sess *sess)
{
	struct tick_attach *tick, *first = NULL;
	s64 due, first_due = 0;

	list_for_each_entry(tick, &sess->ticks, node) {
		due = atomic64_read(&tick->due);
		if (!due || (first && due >= first_due))
			continue;
		first = tick;
		first_due = due;
	}
	if (!first)
		return NULL;
	/* Only this thread makes it 0. */
	atomic64_set(&first->due, 0);
	tick_count_lost(first);
	return &first->att;
}

/**
 * ktap_timer_period - Read the period of a timer
 * @spec: nanoseconds, as digits
 * @period: the period
 * @log: gets the reason if it is refused
 *
 * Context: Any context.
 * Return: 0 or -EINVAL.
 */
int ktap_timer_period(const char *spec, u64 *period, struct ktap_log *log)
{
	if (!kstrtou64(spec, 10, period) && *period >= KTAP_TIMER_MIN &&
	    *period <= KTAP_TIMER_MAX)
		return 0;
	ktap_log(log, "the period '%s' of a timer is not from %llu to %llu nanoseconds\n",
		 spec, KTAP_TIMER_MIN, KTAP_TIMER_MAX);
	return -EINVAL;
}

static int tick_attach(struct ktap_sess *sess, u32 event, struct ktap_log *log)
{
	const struct ktap_prog *prog = sess->core.prog;
	const char *spec = ktap_prog_str(prog, prog->events[event].spec);
	struct tick_attach *tick;
	char name[32];
	u64 period;
	int ret;

	ret = ktap_timer_period(spec, &period, log);
	if (ret)
		return ret;
	tick = kzalloc(sizeof(*tick), GFP_KERNEL_ACCOUNT);
	if (!tick)
		return -ENOMEM;
	scnprintf(name, sizeof(name), "tick-%lluns", period);
	ret = ktap_attach_init(&tick->att, sess, event, &tick_ops, name);
	if (ret) {
		kfree(tick);
		return ret;
	}
	tick->period = period;
	tick_setup(tick);
	list_add_tail(&tick->node, &sess->ticks);
	ktap_attach_add(&tick->att);
	return 0;
}

static int tick_enable(struct ktap_attach *att)
{
	struct tick_attach *tick = to_tick(att);

	hrtimer_start(&tick->timer, ns_to_ktime(tick->period), HRTIMER_MODE_REL);
	return 0;
}

static void tick_disable(struct ktap_attach *att)
{
	struct tick_attach *tick = to_tick(att);
	s64 late;

	hrtimer_cancel(&tick->timer);
	/* Its interrupt may be late, too. */
	late = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(&tick->timer)));
	if (!att->sess->dry) {
		if (atomic64_xchg(&tick->due, 0))
			atomic64_inc(&tick->lost);
		if (late >= 0)
			atomic64_add(div64_u64(late, tick->period) + 1, &tick->lost);
	}
	tick_count_lost(tick);
}

static void tick_free(struct ktap_attach *att)
{
	struct tick_attach *tick = to_tick(att);

	list_del(&tick->node);
	kfree(tick);
}

static const struct ktap_probe_ops tick_ops = {
	.attach		= tick_attach,
	.enable		= tick_enable,
	.disable	= tick_disable,
	.free		= tick_free,
};

static int __init tick_init(void)
{
	return ktap_probe_register(KTAP_PROBE_TICK, &tick_ops);
}
core_initcall(tick_init);
