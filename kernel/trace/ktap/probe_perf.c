// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Counters of perf: profile timers and perf events
 *
 * Both, and watchpoints (probe_mem.c), are kernel counters of perf core, one on each
 * CPU, whose overflow runs the handler where the CPU was interrupted. START makes
 * them, disabled, so that what the machine cannot count is known before anything
 * runs.
 *
 * A profile timer is the clock of the CPU. It comes by an interrupt, so what a CPU
 * does with interrupts off would be put down to where it turns them on. Where there
 * are counters that interrupt by NMI a CPU has a second one, of its cycles, at the
 * frequency of the timer. That one runs the handler and the clock runs it only when
 * the CPU is idle, for a CPU that is halted has no cycles. To have it start slowly,
 * and not with the burst from which perf finds the period for a frequency, it is
 * held to half the period. What the clock had to leave out is known from the time
 * between its first and last tick, and counted.
 *
 * Of more counters than the hardware has, those that are counted take turns. How long
 * none of ours was is counted, in place of the events that nobody knows of.
 *
 * CPUs that come
 *
 * perf takes the counters of a CPU that goes, and does not give them back. So each
 * time a CPU comes its generation changes, and counters that were made before are
 * made anew. That cannot be done where the CPU is made known, as counters of software
 * events patch code, which waits for the end of just that. It is left to a work item,
 * which goes through the attachments that are enabled. @perf_mutex protects their list
 * and the counters of all; it is taken before those of perf and of CPU hotplug.
 *
 * A handler may still run in a task when its counter was disabled, as software events
 * come with interrupts on. It is in a section of RCU, which is waited for.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/cleanup.h>
#include <linux/cpuhotplug.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/math64.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "probe_perf.h"

/* Highest frequency of a perf event in Hz; perf holds back what comes more often. */
#define PERF_FREQ_MAX		100000

/* What perf sets @hw.interrupts of an event to when it holds it back. */
#define PERF_THROTTLED		(~0ULL)

/* The names are those of "args.". */
static const char * const perf_items[KTAP_PERF_ITEMS] = {
	[KTAP_PERF_IP]		= "ip",
	[KTAP_PERF_ADDR]	= "addr",
	[KTAP_PERF_PERIOD]	= "period",
};

/**
 * struct perf_hit - an overflow that a handler runs for
 * @hit: what all sources have
 * @val: by &enum ktap_perf_item
 * @known: which of them are known, as bits
 */
struct perf_hit {
	struct ktap_hit hit;
	u64 val[KTAP_PERF_ITEMS];
	u32 known;
};

static DEFINE_MUTEX(perf_mutex);
static LIST_HEAD(perf_enabled);

/* How often each CPU came. */
static DEFINE_PER_CPU(unsigned int, perf_gen);

static const struct ktap_perf_kind profile_kind;

static struct ktap_perf *to_perf(const struct ktap_attach *att)
{
	return container_of(att, struct ktap_perf, att);
}

/*
 * Overflows
 */

static void perf_run(const struct ktap_perf *pa, struct perf_sample_data *data,
		     struct pt_regs *regs)
{
	struct perf_hit hit = {
		.hit.att = &pa->att,
		.hit.regs = regs,
		.val[KTAP_PERF_IP] = instruction_pointer(regs),
		.val[KTAP_PERF_PERIOD] = data->period,
		.known = BIT(KTAP_PERF_IP) | BIT(KTAP_PERF_PERIOD),
	};

	if (data->sample_flags & PERF_SAMPLE_ADDR) {
		hit.val[KTAP_PERF_ADDR] = data->addr;
		hit.known |= BIT(KTAP_PERF_ADDR);
	}
	ktap_probe_run(&pa->att, &hit.hit);
}

static void count_throttled(const struct perf_event *event,
			    struct ktap_perf_counter *counter)
{
	if (unlikely(event->hw.interrupts == PERF_THROTTLED))
		counter->throttled++;
}

/**
 * ktap_perf_overflow - Run the handler
 * @event: counter that has overflowed
 * @data: what perf knows of it
 * @regs: where it did
 *
 * Context: Any context, NMI included. Preemption is off, or RCU read side.
 */
void ktap_perf_overflow(struct perf_event *event, struct perf_sample_data *data,
			struct pt_regs *regs)
{
	struct ktap_perf *pa = event->overflow_handler_context;

	count_throttled(event, this_cpu_ptr(pa->cpus));
	perf_run(pa, data, regs);
}

/* Did this interrupt, or NMI, come while the CPU had nothing to do? */
static bool from_idle(void)
{
	return is_idle_task(current) && hardirq_count() == HARDIRQ_OFFSET &&
	       !softirq_count();
}

static void profile_clock(struct perf_event *event, struct perf_sample_data *data,
			  struct pt_regs *regs)
{
	struct ktap_perf *pa = event->overflow_handler_context;
	struct ktap_perf_counter *counter = this_cpu_ptr(pa->cpus);

	counter->last = ktime_get_mono_fast_ns();
	if (!counter->first)
		counter->first = counter->last;
	if (READ_ONCE(counter->nmi) && !from_idle())
		return;
	counter->ticks++;
	perf_run(pa, data, regs);
}

static void profile_nmi(struct perf_event *event, struct perf_sample_data *data,
			struct pt_regs *regs)
{
	struct ktap_perf *pa = event->overflow_handler_context;
	struct ktap_perf_counter *counter = this_cpu_ptr(pa->cpus);
	u64 now = ktime_get_mono_fast_ns();

	count_throttled(event, counter);
	if (now - counter->nmi_last < pa->period / 2 || from_idle())
		return;
	counter->nmi_last = now;
	counter->nmi_ticks++;
	perf_run(pa, data, regs);
}

/*
 * Counters
 */

/* Is a CPU to have a counter? */
static bool cpu_wanted(const struct ktap_perf *pa, int cpu)
{
	const struct ktap_target *target = &pa->att.sess->target;

	return !(target->flags & KTAP_START_CPU) || target->cpu == cpu;
}

/* Cycles at the frequency of a timer, or NULL where they do not come by NMI. */
static struct perf_event *nmi_create(struct ktap_perf *pa, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.freq = 1,
		.disabled = 1,
	};
	struct perf_event *event;

	if (pa->kind != &profile_kind || pa->period > NSEC_PER_SEC)
		return NULL;
	attr.sample_freq = div64_u64(NSEC_PER_SEC, pa->period);
	event = perf_event_create_kernel_counter(&attr, cpu, NULL, profile_nmi, pa);
	if (IS_ERR(event))
		return NULL;
	if (event->pmu->capabilities &
	    (PERF_PMU_CAP_NO_NMI | PERF_PMU_CAP_NO_INTERRUPT)) {
		perf_event_release_kernel(event);
		return NULL;
	}
	return event;
}

/* For how long was a counter not counted, though it was to be? In microseconds. */
static u64 uncounted(struct perf_event *event)
{
	u64 enabled, running;

	perf_event_read_value(event, &enabled, &running);
	return div_u64(enabled - min(running, enabled), NSEC_PER_USEC);
}

/* Note what was lost up to now. No more is, as the counter is disabled. */
static void counter_lost(struct ktap_perf *pa, struct ktap_perf_counter *counter)
{
	u64 ticks, run = counter->ticks + counter->nmi_ticks;

	if (counter->first && pa->kind == &profile_kind) {
		ticks = div64_u64(counter->last - counter->first, pa->period) + 1;
		pa->ticks += ticks - min(ticks, run);
	}
	pa->throttled += counter->throttled;
	if (counter->event)
		pa->uncounted += uncounted(counter->event);
	counter->first = 0;
	counter->ticks = 0;
	counter->nmi_ticks = 0;
	counter->throttled = 0;
}

static void counter_enable(struct ktap_perf_counter *counter)
{
	counter->nmi_last = ktime_get_mono_fast_ns();
	if (counter->nmi)
		perf_event_enable(counter->nmi);
	if (counter->event)
		perf_event_enable(counter->event);
}

static void counter_disable(struct ktap_perf *pa, struct ktap_perf_counter *counter)
{
	if (counter->event)
		perf_event_disable(counter->event);
	if (counter->nmi)
		perf_event_disable(counter->nmi);
	counter_lost(pa, counter);
}

static int counter_create(struct ktap_perf *pa, int cpu)
{
	struct ktap_perf_counter *counter = per_cpu_ptr(pa->cpus, cpu);
	struct perf_event *event;

	counter->gen = READ_ONCE(per_cpu(perf_gen, cpu));
	event = perf_event_create_kernel_counter(&pa->attr, cpu, NULL,
						 pa->kind->handler, pa);
	if (IS_ERR(event))
		return PTR_ERR(event);
	counter->event = event;
	WRITE_ONCE(counter->nmi, nmi_create(pa, cpu));
	if (pa->enabled)
		counter_enable(counter);
	return 0;
}

static void counter_destroy(struct ktap_perf *pa, struct ktap_perf_counter *counter)
{
	if (pa->enabled)
		counter_disable(pa, counter);
	if (counter->event)
		perf_event_release_kernel(counter->event);
	if (counter->nmi)
		perf_event_release_kernel(counter->nmi);
	counter->event = NULL;
	WRITE_ONCE(counter->nmi, NULL);
}

/*
 * Make the counters of those CPUs that have none, or came since. Returns -ENODEV if
 * there is no CPU to have one. A CPU is online for a while before perf knows it, and
 * after, and is told of again when it is there to stay.
 */
static int counters_make(struct ktap_perf *pa)
{
	int cpu, err, ret = -ENODEV;

	lockdep_assert_held(&perf_mutex);
	for_each_online_cpu(cpu) {
		struct ktap_perf_counter *counter = per_cpu_ptr(pa->cpus, cpu);

		if (!cpu_wanted(pa, cpu))
			continue;
		if (!counter->event ||
		    counter->gen != READ_ONCE(per_cpu(perf_gen, cpu))) {
			counter_destroy(pa, counter);
			err = counter_create(pa, cpu);
			if (err == -ENODEV)
				continue;
			if (err)
				return err;
			cond_resched();
		}
		ret = 0;
	}
	return ret;
}

static void counters_destroy(struct ktap_perf *pa)
{
	int cpu;

	lockdep_assert_held(&perf_mutex);
	for_each_possible_cpu(cpu)
		counter_destroy(pa, per_cpu_ptr(pa->cpus, cpu));
}

static void cpus_changed(struct work_struct *work)
{
	struct ktap_perf *pa;
	int ret;

	guard(mutex)(&perf_mutex);
	list_for_each_entry(pa, &perf_enabled, node) {
		ret = counters_make(pa);
		if (ret && ret != -ENODEV)
			ktap_attach_fail(&pa->att, ret);
	}
}

static DECLARE_WORK(perf_work, cpus_changed);

static int perf_cpu_online(unsigned int cpu)
{
	WRITE_ONCE(per_cpu(perf_gen, cpu), per_cpu(perf_gen, cpu) + 1);
	schedule_work(&perf_work);
	return 0;
}

/*
 * Attachments
 */

/**
 * ktap_perf_enable - Let all counters count
 * @att: attachment
 *
 * Context: Process context. Takes perf_mutex.
 * Return: 0 or an error of perf.
 */
int ktap_perf_enable(struct ktap_attach *att)
{
	struct ktap_perf *pa = to_perf(att);
	int cpu, ret;

	guard(mutex)(&perf_mutex);
	ret = counters_make(pa);
	if (ret && ret != -ENODEV)
		return ret;
	pa->enabled = true;
	for_each_possible_cpu(cpu)
		counter_enable(per_cpu_ptr(pa->cpus, cpu));
	list_add_tail(&pa->node, &perf_enabled);
	return 0;
}

/**
 * ktap_perf_disable - Stop all counters
 * @att: attachment
 *
 * Context: Process context, the session's thread. Takes perf_mutex.
 */
void ktap_perf_disable(struct ktap_attach *att)
{
	struct ktap_perf *pa = to_perf(att);
	u64 *stats = att->sess->proc.exec.stats;
	int cpu;

	guard(mutex)(&perf_mutex);
	list_del(&pa->node);
	pa->enabled = false;
	for_each_possible_cpu(cpu)
		counter_disable(pa, per_cpu_ptr(pa->cpus, cpu));
	stats[KTAP_STAT_TICKS] += pa->ticks;
	stats[KTAP_STAT_THROTTLED] += pa->throttled;
	stats[KTAP_STAT_UNCOUNTED] += pa->uncounted;
}

/**
 * ktap_perf_sync - Wait for handlers of counters that were stopped
 *
 * Context: Process context. May sleep.
 */
void ktap_perf_sync(void)
{
	synchronize_rcu();
}

/**
 * ktap_perf_free - Free an attachment
 * @att: attachment, which is not enabled
 *
 * Context: Process context. Takes perf_mutex.
 */
void ktap_perf_free(struct ktap_attach *att)
{
	struct ktap_perf *pa = to_perf(att);

	scoped_guard(mutex, &perf_mutex)
		counters_destroy(pa);
	free_percpu(pa->cpus);
	kfree(pa);
}

static enum ktap_perf_item find_item(const struct ktap_perf_kind *kind,
				     enum ktap_perf_item item)
{
	return memchr(kind->order, item, KTAP_PERF_MAX_ITEMS) ? item : KTAP_PERF_NONE;
}

static enum ktap_perf_item item_of_name(const struct ktap_perf_kind *kind,
					const char *name)
{
	u32 item;

	for (item = KTAP_PERF_NONE + 1; item < KTAP_PERF_ITEMS; item++) {
		if (!strcmp(name, perf_items[item]))
			return find_item(kind, item);
	}
	return KTAP_PERF_NONE;
}

static enum ktap_perf_item item_of(const struct ktap_perf_kind *kind,
				   const struct ktap_prog *prog,
				   const struct ktap_img_field *field)
{
	switch (field->kind) {
	case KTAP_FIELD_NAME:
		return item_of_name(kind, ktap_prog_str(prog, field->name));
	case KTAP_FIELD_NTH:
		return field->index < KTAP_PERF_MAX_ITEMS ?
		       kind->order[field->index] : KTAP_PERF_NONE;
	case KTAP_FIELD_IP:
		return find_item(kind, KTAP_PERF_IP);
	case KTAP_FIELD_ADDR:
		return find_item(kind, KTAP_PERF_ADDR);
	default:
		return KTAP_PERF_NONE;
	}
}

/**
 * struct item_search - to find what a handler reads
 * @pa: attachment
 * @spec: what it is for
 * @log: gets the reason if something is missing
 */
struct item_search {
	struct ktap_perf *pa;
	const char *spec;
	struct ktap_log *log;
};

static int use_item(void *data, u32 idx, bool must)
{
	const struct item_search *search = data;
	struct ktap_perf *pa = search->pa;
	const struct ktap_prog *prog = pa->att.sess->core.prog;
	const struct ktap_img_field *field = &prog->fields[idx];

	pa->items[idx] = item_of(pa->kind, prog, field);
	if (pa->items[idx])
		return 1;
	if (!must || field->kind != KTAP_FIELD_NAME)
		return 0;
	ktap_log(search->log, "event %s%s%s has no field '%s'\n", pa->kind->prefix,
		 search->spec, pa->kind->suffix, ktap_prog_str(prog, field->name));
	return -EINVAL;
}

/*
 * Software events that happen are looked for in a list, which has the one first that
 * was made last. Clocks are no such events.
 */
static bool is_listed(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_SOFTWARE &&
	       attr->config != PERF_COUNT_SW_CPU_CLOCK &&
	       attr->config != PERF_COUNT_SW_TASK_CLOCK;
}

/* What has to be done once for an attachment that is all zero. */
static int perf_prepare(struct ktap_perf *pa, u32 event, struct ktap_log *log)
{
	const struct ktap_prog *prog = pa->att.sess->core.prog;
	const char *spec = ktap_prog_str(prog, prog->events[event].spec);
	char *text __free(kfree) = kstrdup(spec, GFP_KERNEL);
	char *name __free(kfree) = kasprintf(GFP_KERNEL, "%s%s%s", pa->kind->prefix,
					     spec, pa->kind->suffix);
	int ret;

	if (!text || !name)
		return -ENOMEM;
	ret = pa->kind->parse(pa, text, log);
	if (ret)
		return ret;
	pa->attr.disabled = 1;
	pa->att.last_first = is_listed(&pa->attr);
	ret = ktap_probe_fields(pa->att.sess, event, use_item,
				&(struct item_search){ pa, spec, log });
	if (ret)
		return ret;
	scoped_guard(mutex, &perf_mutex) {
		ret = counters_make(pa);
		/* Made again when they are enabled, in the order of that. */
		if (pa->att.last_first)
			counters_destroy(pa);
	}
	if (ret)
		return pa->kind->refused(pa, ret, log);
	return ktap_attach_init(&pa->att, pa->att.sess, event, pa->kind->ops, name);
}

/**
 * ktap_perf_attach - Prepare an event that is a counter
 * @sess: session
 * @event: index of the event in the program
 * @kind: kind of event
 * @log: gets the reason if it is refused
 *
 * Context: Process context. Takes perf_mutex.
 * Return: 0, or an error as KTAP_IOC_START lists them.
 */
int ktap_perf_attach(struct ktap_sess *sess, u32 event,
		     const struct ktap_perf_kind *kind, struct ktap_log *log)
{
	struct ktap_perf *pa;
	int ret;

	pa = kzalloc(struct_size(pa, items, sess->core.prog->nr_fields),
		     GFP_KERNEL_ACCOUNT);
	if (!pa)
		return -ENOMEM;
	pa->att.sess = sess;
	pa->kind = kind;
	pa->cpus = alloc_percpu_gfp(struct ktap_perf_counter, GFP_KERNEL_ACCOUNT);
	if (!pa->cpus) {
		kfree(pa);
		return -ENOMEM;
	}
	ret = perf_prepare(pa, event, log);
	if (ret)
		ktap_perf_free(&pa->att);
	else
		ktap_attach_add(&pa->att);
	return ret;
}

/**
 * ktap_perf_field - Read something of an overflow
 * @exec: slot, whose event is one
 * @idx: field of the program
 * @val: its value
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0.
 */
int ktap_perf_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct perf_hit *hit = container_of(exec->event, struct perf_hit, hit);
	u8 item = to_perf(hit->hit.att)->items[idx];

	if (hit->known & BIT(item))
		ktap_set_int(val, hit->val[item]);
	else
		ktap_set_nil(val);
	return 0;
}

/**
 * ktap_perf_text - Make the text of an overflow
 * @exec: slot, whose event is one
 * @val: the text
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOSPC if the arena has no room.
 */
int ktap_perf_text(struct ktap_exec *exec, struct ktap_value *val)
{
	const struct perf_hit *hit = container_of(exec->event, struct perf_hit, hit);
	const struct ktap_perf_kind *kind = to_perf(hit->hit.att)->kind;
	struct ktap_str *str;
	char text[96];
	u32 len = 0;
	int i;

	for (i = 0; i < KTAP_PERF_MAX_ITEMS; i++) {
		u8 item = kind->order[i];

		if (!(hit->known & BIT(item)))
			continue;
		len += scnprintf(text + len, sizeof(text) - len,
				 item == KTAP_PERF_PERIOD ? "%s%s=%llu" : "%s%s=0x%llx",
				 len ? " " : "", perf_items[item], hit->val[item]);
	}
	str = ktap_arena_str(&exec->arena, len);
	if (!str)
		return -ENOSPC;
	memcpy(str->data, text, len);
	ktap_set_str(val, str);
	return 0;
}

/*
 * Profile timers
 */

static int profile_parse(struct ktap_perf *pa, char *spec, struct ktap_log *log)
{
	int ret = ktap_timer_period(spec, &pa->period, log);

	pa->attr.type = PERF_TYPE_SOFTWARE;
	pa->attr.size = sizeof(pa->attr);
	pa->attr.config = PERF_COUNT_SW_CPU_CLOCK;
	pa->attr.sample_period = pa->period;
	return ret;
}

static int profile_refused(const struct ktap_perf *pa, int err, struct ktap_log *log)
{
	ktap_log(log, "the clock of a cpu cannot be had\n");
	return err;
}

static int profile_attach(struct ktap_sess *sess, u32 event, struct ktap_log *log)
{
	return ktap_perf_attach(sess, event, &profile_kind, log);
}

static const struct ktap_probe_ops profile_ops = {
	.attach		= profile_attach,
	KTAP_PERF_OPS,
};

static const struct ktap_perf_kind profile_kind = {
	.ops		= &profile_ops,
	.prefix		= "profile-",
	.suffix		= "ns",
	.order		= { KTAP_PERF_IP },
	.handler	= profile_clock,
	.parse		= profile_parse,
	.refused	= profile_refused,
};

/*
 * Perf events
 */

/* A period, or with "hz" behind it a frequency. */
static bool parse_rate(struct perf_event_attr *attr, char *rate)
{
	size_t len = strlen(rate);
	u64 max = S64_MAX, val;

	if (len > 2 && !strcmp(rate + len - 2, "hz")) {
		rate[len - 2] = '\0';
		attr->freq = 1;
		max = PERF_FREQ_MAX;
	}
	if (kstrtou64(rate, 10, &val) || !val || val > max)
		return false;
	if (attr->freq)
		attr->sample_freq = val;
	else
		attr->sample_period = val;
	return true;
}

static int perf_parse(struct ktap_perf *pa, char *spec, struct ktap_log *log)
{
	char *type = strsep(&spec, ":"), *config = strsep(&spec, ":");
	struct perf_event_attr *attr = &pa->attr;

	attr->size = sizeof(*attr);
	if (!config || !spec || kstrtou32(type, 0, &attr->type) ||
	    kstrtou64(config, 0, &attr->config)) {
		ktap_log(log, "a perf event is type:config:period or type:config:FREQUENCYhz, in numbers\n");
		return -EINVAL;
	}
	if (attr->type == PERF_TYPE_TRACEPOINT || attr->type == PERF_TYPE_BREAKPOINT) {
		ktap_log(log, "perf events of type %u are trace events and watchpoints, which go by other names\n",
			 attr->type);
		return -EINVAL;
	}
	if (!parse_rate(attr, spec)) {
		ktap_log(log, "a period is from 1 to %lld, a frequency from 1 hz to %d hz\n",
			 S64_MAX, PERF_FREQ_MAX);
		return -EINVAL;
	}
	return 0;
}

static int perf_refused(const struct ktap_perf *pa, int err, struct ktap_log *log)
{
	const struct perf_event_attr *attr = &pa->attr;

	switch (err) {
	case -ENOENT:
	case -ENODEV:
	case -EOPNOTSUPP:
		ktap_log(log, "this machine has no counter for perf event %u:0x%llx%s\n",
			 attr->type, attr->config,
			 attr->type == PERF_TYPE_SOFTWARE ? "" :
			 ": that needs hardware which it, or what it runs in, does not offer");
		return -EOPNOTSUPP;
	case -ENOMEM:
		return err;
	default:
		ktap_log(log, "perf event %u:0x%llx cannot be counted on each cpu: error %d\n",
			 attr->type, attr->config, -err);
		return err;
	}
}

static const struct ktap_perf_kind perf_kind;

static int perf_attach(struct ktap_sess *sess, u32 event, struct ktap_log *log)
{
	return ktap_perf_attach(sess, event, &perf_kind, log);
}

static const struct ktap_probe_ops perf_ops = {
	.attach		= perf_attach,
	KTAP_PERF_OPS,
};

static const struct ktap_perf_kind perf_kind = {
	.ops		= &perf_ops,
	.prefix		= "perf:",
	.suffix		= "",
	.order		= { KTAP_PERF_IP, KTAP_PERF_ADDR, KTAP_PERF_PERIOD },
	.handler	= ktap_perf_overflow,
	.parse		= perf_parse,
	.refused	= perf_refused,
};

static int __init perf_init(void)
{
	int ret = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "trace/ktap:online",
					    perf_cpu_online, NULL);

	if (ret < 0)
		return ret;
	ktap_probe_register(KTAP_PROBE_PROFILE, &profile_ops);
	return ktap_probe_register(KTAP_PROBE_PERF, &perf_ops);
}
core_initcall(perf_init);
