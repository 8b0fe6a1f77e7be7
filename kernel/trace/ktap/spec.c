// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Speculations
 *
 * What is printed for a speculation is shown if that is committed, and forgotten if it
 * is discarded. Handlers in any context and on any CPU may take part in one, so the
 * kernel keeps nothing back: records of a speculation go to the reader like others,
 * marked with its number, and so does its end. The reader has them in the order of
 * time, and keeps them until it reads the end (KTAP_REC_HELD).
 *
 * All that is here is which speculations there are. Each has one of KTAP_MAX_SPECS
 * words, that tells how many it had before and whether it has one now. The number of a
 * speculation is made of both, so that one that is over is never taken for another
 * one. A word changes in one piece: first nothing more is written, then the end is, and
 * then there may be another speculation. A record that another CPU was about to write
 * comes behind the end, when the reader knows that it is late.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "builtin.h"

/* A word: how many it had, whether it has one, and whether that is being ended. */
#define SPEC_ACTIVE		BIT_ULL(0)
#define SPEC_ENDING		BIT_ULL(1)
#define SPEC_IN_USE		(SPEC_ACTIVE | SPEC_ENDING)
#define SPEC_WORD(turn)		((turn) << 2)
#define SPEC_TURN(word)		((word) >> 2)

/* What is printed is lost: no number is so low. */
#define SPEC_NONE		1

static atomic64_t *spec_of(struct ktap_exec *exec, u64 id)
{
	return &exec->core->specs[id % KTAP_MAX_SPECS];
}

static bool is_active(struct ktap_exec *exec, u64 id)
{
	u64 word = SPEC_WORD(id / KTAP_MAX_SPECS) | SPEC_ACTIVE;

	return atomic64_read(spec_of(exec, id)) == (s64)word;
}

/**
 * ktap_spec_loses - Is what a run prints lost?
 * @exec: slot
 *
 * If not, and if @spec of the slot is not 0, records have to be marked with it.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: true if the run speculates for what is over; then it is counted.
 */
bool ktap_spec_loses(struct ktap_exec *exec)
{
	if (likely(!exec->spec))
		return false;
	if (is_active(exec, exec->spec))
		return false;
	exec->stats[KTAP_STAT_SPEC_OVER]++;
	return true;
}

int ktap_fn_SPECULATION(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	u64 i, turn;
	s64 word;

	for (i = 0; i < KTAP_MAX_SPECS; i++) {
		word = atomic64_read(&exec->core->specs[i]);
		if (word & SPEC_IN_USE)
			continue;
		turn = SPEC_TURN((u64)word) + 1;
		/* Another CPU may have been faster. */
		if (!atomic64_try_cmpxchg(&exec->core->specs[i], &word,
					  SPEC_WORD(turn) | SPEC_ACTIVE))
			continue;
		ktap_set_int(args, turn * KTAP_MAX_SPECS + i);
		return ktap_vm_charge(exec, i);
	}
	exec->stats[KTAP_STAT_NO_SPEC]++;
	ktap_set_int(args, 0);
	return ktap_vm_charge(exec, i);
}

int ktap_fn_SPECULATE(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	u64 id = args[0].type == KTAP_T_INT ? args[0].i : 0;

	exec->spec = id < KTAP_MAX_SPECS ? SPEC_NONE : id;
	ktap_set_nil(args);
	return 0;
}

/* End a speculation, and say how. What is none, or is over, makes no difference. */
static int spec_end(struct ktap_exec *exec, struct ktap_value *args, enum ktap_rec_type type)
{
	struct ktap_rec_spec rec = {
		.id = args[0].type == KTAP_T_INT ? args[0].i : 0,
	};
	u64 own = exec->spec, free = SPEC_WORD(rec.id / KTAP_MAX_SPECS);
	s64 word = free | SPEC_ACTIVE;

	ktap_set_nil(args);
	if (rec.id < KTAP_MAX_SPECS ||
	    !atomic64_try_cmpxchg(spec_of(exec, rec.id), &word, free | SPEC_ENDING))
		return 0;
	/* The end is no part of a speculation, and what comes behind it is none of this. */
	exec->spec = 0;
	exec->env->raw(exec, type, &rec, sizeof(rec));
	if (own != rec.id)
		exec->spec = own;
	/* Ordered behind the record, as all that returns a value is. */
	atomic64_xchg(spec_of(exec, rec.id), free);
	return ktap_vm_charge(exec, KTAP_RECORD_COST);
}

int ktap_fn_COMMIT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return spec_end(exec, args, KTAP_REC_COMMIT);
}

int ktap_fn_DISCARD(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return spec_end(exec, args, KTAP_REC_DISCARD);
}
