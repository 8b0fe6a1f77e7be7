// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Execution slots
 *
 * Each CPU has a slot for each context that can interrupt another: task,
 * softirq, hardirq and NMI. A run has its slot for itself, for it goes on with
 * preemption off and whatever interrupts it is in another context. An event that
 * comes while the slot of its context is busy was caused by the run itself, by
 * what it calls or by a fault in it: it is left out and counted.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "ktap.h"

/**
 * ktap_slots_create - Make the execution slots of a session
 * @sess: session with a core whose heap has a pin for each of them
 *
 * Context: Process context. May sleep.
 * Return: 0, or -ENOMEM, when ktap_slots_destroy() has to be called as well.
 */
int ktap_slots_create(struct ktap_sess *sess)
{
	struct ktap_pins *pins = sess->core.heap.pins;
	int cpu, i, ret;

	ret = ktap_exec_init(&sess->proc.exec, &sess->core, &ktap_env,
			     &pins[nr_cpu_ids].pin[0], true);
	if (ret)
		return ret;
	sess->proc.sess = sess;
	sess->proc.exec.owner = &sess->owner;

	sess->cpus = alloc_percpu_gfp(struct ktap_cpu, GFP_KERNEL_ACCOUNT);
	if (!sess->cpus)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		for (i = 0; i < KTAP_CONTEXTS; i++) {
			struct ktap_slot *slot;

			slot = &per_cpu_ptr(sess->cpus, cpu)->slot[i];
			slot->sess = sess;
			ret = ktap_exec_init(&slot->exec, &sess->core, &ktap_env,
					     &pins[cpu].pin[i], false);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/**
 * ktap_slots_destroy - Free the execution slots of a session
 * @sess: session, whose slots are unused
 *
 * Context: Process context. May sleep.
 */
void ktap_slots_destroy(struct ktap_sess *sess)
{
	int cpu, i;

	ktap_exec_destroy(&sess->proc.exec);
	if (!sess->cpus)
		return;
	for_each_possible_cpu(cpu) {
		for (i = 0; i < KTAP_CONTEXTS; i++)
			ktap_exec_destroy(&per_cpu_ptr(sess->cpus, cpu)->slot[i].exec);
	}
	free_percpu(sess->cpus);
	sess->cpus = NULL;
}

static void add_stats(u64 *stats, const struct ktap_exec *exec)
{
	int i;

	for (i = 0; i < KTAP_STAT_NR; i++)
		stats[i] += READ_ONCE(exec->stats[i]);
}

/**
 * ktap_slots_stats - Add up the counters of all slots
 * @sess: session
 * @stats: counters, by &enum ktap_stat
 *
 * Context: Process context.
 */
void ktap_slots_stats(struct ktap_sess *sess, u64 *stats)
{
	int cpu, i;

	memset(stats, 0, KTAP_STAT_NR * sizeof(*stats));
	add_stats(stats, &sess->proc.exec);
	for_each_possible_cpu(cpu) {
		struct ktap_cpu *c = per_cpu_ptr(sess->cpus, cpu);

		for (i = 0; i < KTAP_CONTEXTS; i++)
			add_stats(stats, &c->slot[i].exec);
		stats[KTAP_STAT_NESTED] += local_read(&c->nested);
		stats[KTAP_STAT_MISSED] += local_read(&c->missed);
	}
	stats[KTAP_STAT_RING_FULL] += ktap_ring_overwritten(&sess->ring);
}
