// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Do with an image all that the kernel would do
 *
 * An image is loaded, verified and run with small budgets, under the sanitizers.
 * It is run a second time with the instructions undone that the verifier chose
 * because it knew types: the same has to come out, or it was wrong about a type.
 */
#include "../../../kernel/trace/ktap/verify.h"
#include "../../../kernel/trace/ktap/vm.h"
#include "exercise.h"
#include "shared.h"

/**
 * struct ran - a program that is run
 * @core: the program and what it has
 * @records: number of records
 * @hash: of all that was recorded, in which way runs ended, and of the globals
 * @pauses: times it was asked whether to go on
 * @bad: a register or record had a value that cannot be
 */
struct ran {
	struct ktap_core core;
	u64 records;
	u64 hash;
	u32 pauses;
	bool bad;
};

static void mix(struct ran *ran, u64 word)
{
	ran->hash = (ran->hash ^ word) * 0x9e3779b97f4a7c15ULL;
	ran->hash ^= ran->hash >> 29;
}

/* Look at all of a value: the sanitizer knows where a string may be. */
static void look_at(struct ran *ran, const struct ktap_value *val)
{
	u32 i;

	mix(ran, val->type);
	switch (val->type) {
	case KTAP_T_INT:
		mix(ran, val->i);
		break;
	case KTAP_T_STR:
		mix(ran, val->str->len);
		for (i = 0; i <= val->str->len; i++)
			mix(ran, (u8)val->str->data[i]);
		ran->bad |= val->str->data[val->str->len] != '\0';
		break;
	case KTAP_T_TAB:
		mix(ran, val->tab);
		ran->bad |= val->tab >= ran->core.heap.nr_units;
		break;
	default:
		ran->bad |= val->type >= KTAP_T_NR;
		break;
	}
}

static struct ran *ran_of(struct ktap_exec *exec)
{
	return container_of(exec->core, struct ran, core);
}

static int run_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	struct ktap_str *str;

	switch ((idx + ran_of(exec)->records) % 3) {
	case 0:
		ktap_set_int(val, idx);
		return 0;
	case 1:
		str = ktap_arena_str(&exec->arena, 20);
		if (!str)
			return -ENOSPC;
		memset(str->data, 'f', 20);
		ktap_set_str(val, str);
		return 0;
	default:
		ktap_set_nil(val);
		return 0;
	}
}

static void run_record(struct ktap_exec *exec, enum ktap_rec_type type,
		       const struct ktap_value *vals, u32 nr)
{
	struct ran *ran = ran_of(exec);
	u32 i;

	ran->records++;
	mix(ran, type);
	for (i = 0; i < nr; i++)
		look_at(ran, &vals[i]);
}

static bool run_pause(struct ktap_exec *exec)
{
	return ++ran_of(exec)->pauses > 3;
}

static const struct ktap_env run_env = {
	.field = run_field,
	.record = run_record,
	.pause = run_pause,
};

static struct ktap_prog *load(struct exercise *ex, const void *image, u32 size,
			      long *err)
{
	struct ktap_log log = { .buf = ex->text, .size = sizeof(ex->text) };
	void *copy = test_malloc(1, size, false);
	struct ktap_prog *prog;

	ex->text[0] = '\0';
	memcpy(copy, image, size);
	prog = ktap_prog_create(copy, size, &log);
	if (IS_ERR(prog)) {
		*err = PTR_ERR(prog);
	} else {
		ex->loaded++;
		*err = ktap_verify(prog, &log);
		if (!*err) {
			ex->wrong += log.len != 0;
			return prog;
		}
		ktap_prog_destroy(prog);
	}
	/* Refused: there has to be a line that says why. */
	if ((*err != -EINVAL && *err != -ENOEXEC) || !log.len ||
	    (log.len < sizeof(ex->text) && ex->text[log.len - 1] != '\n')) {
		tap_note("refused with %ld: %s", *err, ex->text);
		ex->wrong++;
	}
	return NULL;
}

#define UNDO(name, op) \
	[KTAP_OP_##name] = KTAP_OP_##op + 1,

static void undo_fast(struct ktap_prog *prog)
{
	static const u8 undo[KTAP_OP_ALL] = {
		KTAP_FAST_OPS(UNDO)
	};
	u32 pc;

	for (pc = 0; pc < prog->nr_insns; pc++) {
		if (undo[prog->insns[pc].op])
			prog->insns[pc].op = undo[prog->insns[pc].op] - 1;
	}
}

static void run_proto(struct exercise *ex, struct ran *ran, struct ktap_exec *exec,
		      u32 proto)
{
	enum ktap_end end = ktap_vm_run(exec, proto);
	u32 i;

	ex->ended[end]++;
	mix(ran, end);
	if (end == KTAP_END_FAULT) {
		ran->bad |= exec->fault.code >= KTAP_E_NR || !exec->fault.text[0];
		ran->bad |= exec->fault.pc >= ran->core.prog->nr_insns;
		mix(ran, exec->fault.pc);
		mix(ran, exec->fault.code);
	}
	for (i = 0; i < exec->nr_regs; i++)
		look_at(ran, &exec->regs[i]);
}

static void run_all(struct exercise *ex, struct ran *ran)
{
	static const struct {
		struct ktap_str str;
		char text[8];
	} name = { { 5, KTAP_STR_MADE }, "probe" };
	const struct ktap_prog *prog = ran->core.prog;
	struct ktap_pins *pins = ran->core.heap.pins;
	struct ktap_exec proc, probe;
	u32 kind, i;

	if (ktap_exec_init(&proc, &ran->core, &run_env, &pins[1].pin[0], true) ||
	    ktap_exec_init(&probe, &ran->core, &run_env, &pins[0].pin[0], false))
		abort();
	probe.probename = &name.str;
	run_proto(ex, ran, &proc, 0);
	for (kind = KTAP_PROTO_NR - 1; kind > 0; kind--) {
		for (i = 1; i < prog->nr_protos; i++) {
			if (prog->protos[i].kind != kind)
				continue;
			run_proto(ex, ran, kind == KTAP_PROTO_PROBE ? &probe : &proc, i);
			run_proto(ex, ran, kind == KTAP_PROTO_PROBE ? &probe : &proc, i);
		}
	}
	for (i = 0; i < prog->nr_globals; i++)
		mix(ran, atomic64_read(&ran->core.globals[i]));
	ktap_exec_destroy(&proc);
	ktap_exec_destroy(&probe);
}

static u64 run(struct exercise *ex, struct ktap_prog *prog)
{
	struct ran ran = {};

	/* The same in both runs: the seed of the hash table. */
	test_seed = 1;
	if (ktap_core_init(&ran.core, prog, KTAP_HEAP_MIN, 2))
		abort();
	ran.core.budget[0] = 2000;
	ran.core.budget[1] = 20000;
	run_all(ex, &ran);
	ktap_core_destroy(&ran.core);
	if (ran.bad) {
		tap_note("a value that cannot be");
		ex->wrong++;
	}
	return ran.hash;
}

/**
 * exercise - Load an image, and run it if it is accepted
 * @ex: what became of it is added
 * @image: image of any content
 * @size: its size, not 0
 */
void exercise(struct exercise *ex, const void *image, u32 size)
{
	long live = test_alloc.live;
	struct ktap_prog *prog;
	long err;
	u64 hash;

	ex->tried++;
	prog = load(ex, image, size, &err);
	if (prog) {
		ex->accepted++;
		hash = run(ex, prog);
		prog = load(ex, image, size, &err);
		undo_fast(prog);
		if (run(ex, prog) != hash) {
			tap_note("the verifier was wrong about a type");
			ex->wrong++;
		}
	}
	if (test_alloc.live != live) {
		tap_note("%ld pieces of memory lost", test_alloc.live - live);
		ex->wrong++;
		test_alloc.live = live;
	}
}
