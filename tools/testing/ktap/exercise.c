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

#define MAX_INTERRUPTS	12
/* Registers that are looked at behind each run. */
#define LOOK_REGS	256U

/* Slots: the thread of the session, and what interrupts it. */
enum level { PROC, PROBE, NMI, LEVELS };

/**
 * struct ran - a program that is run
 * @core: the program and what it has
 * @slots: by &enum level
 * @ex: what became of it
 * @level: of the run that goes on
 * @next: the function that interrupts next
 * @records: number of records
 * @hash: of all that was recorded, in which way runs ended, and of the globals
 * @pauses: times it was asked whether to go on
 * @interrupts: runs that interrupted others
 * @every: accesses to shared memory between two NMIs; 0 for none
 * @bad: a register or record had a value that cannot be, or something is left
 */
struct ran {
	struct ktap_core core;
	struct ktap_exec slots[LEVELS];
	struct exercise *ex;
	enum level level;
	u32 next;
	u64 records;
	u64 hash;
	u32 pauses;
	u32 interrupts;
	u32 every;
	const char *bad;
};

static void mix(struct ran *ran, u64 word)
{
	ran->hash = (ran->hash ^ word) * 0x9e3779b97f4a7c15ULL;
	ran->hash ^= ran->hash >> 29;
}

static void expect(struct ran *ran, bool good, const char *what)
{
	if (!good)
		ran->bad = what;
}

static const struct {
	struct ktap_str str;
	char text[8];
} probename = { { 5, KTAP_STR_MADE }, "probe" };

/* Is a string where it can be: in the program, or of this run in the slot's arena? */
static bool may_be(const struct ktap_exec *exec, const struct ktap_str *str)
{
	const struct ktap_prog *prog = exec->core->prog;
	const struct ktap_arena *arena = &exec->arena;
	size_t pos = (const char *)str - arena->half[arena->cur];

	if (str->id < prog->nr_strs)
		return prog->strs[str->id] == str;
	return str == &probename.str ||
	       (pos >= arena->start && pos < arena->used &&
		pos + ktap_str_size(str->len) <= arena->used);
}

/* Look at all of a value: the sanitizer knows where a string may be. */
static void look_at(struct ran *ran, const struct ktap_exec *exec,
		    const struct ktap_value *val)
{
	u32 i;

	mix(ran, val->type);
	switch (val->type) {
	case KTAP_T_INT:
		mix(ran, val->i);
		break;
	case KTAP_T_STR:
	case KTAP_T_TUPLE:
		expect(ran, may_be(exec, val->str), "a string that is not there any more");
		mix(ran, val->str->len);
		for (i = 0; i <= val->str->len; i++)
			mix(ran, (u8)val->str->data[i]);
		expect(ran, !val->str->data[val->str->len], "a string without NUL");
		break;
	case KTAP_T_TAB:
	case KTAP_T_STAT:
		mix(ran, val->ref);
		expect(ran, KTAP_REF_IDX(val->ref) < ran->core.heap.nr_units,
		       "a reference to nowhere");
		break;
	case KTAP_T_FUNC:
		mix(ran, val->i);
		expect(ran, val->i > 0 && val->i < ran->core.prog->nr_protos &&
		       ran->core.prog->protos[val->i].kind == KTAP_PROTO_FUNC,
		       "a function that is none");
		break;
	default:
		expect(ran, val->type < KTAP_T_NR, "a type that is none");
		break;
	}
}

/* A string that a run has left is where what compacts the arena next looks. */
static void look_left(struct ran *ran, const struct ktap_exec *exec, u32 reg)
{
	const struct ktap_value *val = &exec->regs[reg];
	const struct ktap_arena *arena = &exec->arena;
	const char *str = (const char *)val->str;

	if (!ktap_has_bytes(val) || may_be(exec, val->str))
		return;
	expect(ran, reg < exec->top && str >= arena->half[arena->cur] &&
	       str < arena->half[arena->cur] + arena->used,
	       "a string that was left behind");
}

static void run_proto(struct ran *ran, enum level level, u32 proto)
{
	struct ktap_exec *exec = &ran->slots[level];
	enum level before = ran->level;
	enum ktap_end end;
	u32 i;

	ran->level = level;
	end = ktap_vm_run(exec, proto);
	ran->level = before;
	ran->ex->ended[end]++;
	mix(ran, end);
	if (end == KTAP_END_FAULT) {
		expect(ran, exec->fault.code < KTAP_E_NR && exec->fault.text[0],
		       "an error that is none");
		expect(ran, exec->fault.code != KTAP_E_INTERNAL,
		       "code that is not reached, as the verifier says");
		expect(ran, exec->fault.nr_pcs && exec->fault.nr_pcs <= KTAP_MAX_FRAMES,
		       "an error without a place");
		for (i = 0; i < exec->fault.nr_pcs; i++) {
			expect(ran, exec->fault.pcs[i] < ran->core.prog->nr_insns,
			       "an error out of the program");
			mix(ran, exec->fault.pcs[i]);
		}
		mix(ran, exec->fault.code);
		ran->ex->errors[exec->fault.code % KTAP_E_NR]++;
	}
	for (i = 0; i < min(exec->nr_regs, LOOK_REGS); i++)
		look_left(ran, exec, i);
	expect(ran, !exec->sorts, "a list to be sorted");
}

/* The next probe, above the run that goes on. */
static void interrupt(struct ran *ran, enum level level)
{
	const struct ktap_prog *prog = ran->core.prog;
	u32 i;

	if (level <= ran->level || level >= LEVELS || ran->interrupts == MAX_INTERRUPTS)
		return;
	ran->interrupts++;
	for (i = 0; i < prog->nr_protos; i++) {
		ran->next = (ran->next + 1) % prog->nr_protos;
		if (prog->protos[ran->next].kind == KTAP_PROTO_PROBE) {
			run_proto(ran, level, ran->next);
			return;
		}
	}
}

static void come_again(struct ran *ran)
{
	test_points.countdown = ran->every;
}

static void nmi(void *arg)
{
	interrupt(arg, NMI);
	come_again(arg);
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

/* Of some events it is known at once. */
static int run_text(struct ktap_exec *exec, struct ktap_value *val)
{
	struct ktap_str *str;

	if (ran_of(exec)->records % 2) {
		val->type = KTAP_T_EVENT;
		return 0;
	}
	str = ktap_arena_str(&exec->arena, 30);
	if (!str)
		return -ENOSPC;
	memset(str->data, 'e', 30);
	ktap_set_str(val, str);
	return 0;
}

static void run_record(struct ktap_exec *exec, enum ktap_rec_type type,
		       const struct ktap_value *vals, u32 nr)
{
	struct ran *ran = ran_of(exec);
	u32 i;

	ran->records++;
	mix(ran, type);
	for (i = 0; i < nr; i++)
		look_at(ran, exec, &vals[i]);
	if (!(ran->records % 4))
		interrupt(ran, ran->level + 1);
}

static void run_raw(struct ktap_exec *exec, enum ktap_rec_type type, const void *body,
		    u32 size)
{
	struct ran *ran = ran_of(exec);
	u32 i;

	ran->records++;
	mix(ran, type);
	for (i = 0; i < size; i++)
		mix(ran, ((const u8 *)body)[i]);
	interrupt(ran, PROBE);
}

/* Some memory is there, some is not. */
static bool run_read(struct ktap_exec *exec, void *to, u64 addr, u32 size, bool user)
{
	if ((addr + user) % 3)
		memset(to, addr, size);
	return (addr + user) % 3;
}

/* Three frames, the innermost one first. */
static u32 run_stack(struct ktap_exec *exec, u64 *addrs, u32 max, u32 skip, bool user)
{
	u32 nr;

	for (nr = 0; nr < max && skip + nr < 3; nr++)
		addrs[nr] = (user ? 0x400000 : 0x1000) + 16 * (skip + nr);
	return nr;
}

static long run_read_str(struct ktap_exec *exec, char *to, u64 addr, u32 size, bool user)
{
	u32 len = min_t(u64, addr % 5000, size - 1);

	if (!((addr + user) % 3))
		return -EFAULT;
	memset(to, 'm', len);
	to[len] = '\0';
	return len;
}

static void *run_alloc(struct ktap_exec *exec, size_t size)
{
	interrupt(ran_of(exec), PROBE);
	return ran_of(exec)->records % 8 == 7 ? NULL : test_malloc(1, size, false);
}

static void run_free(struct ktap_exec *exec, void *mem)
{
	test_free(mem);
}

static int run_name(struct ktap_exec *exec, struct ktap_value *val)
{
	ktap_set_str(val, &probename.str);
	return 0;
}

static bool run_pause(struct ktap_exec *exec)
{
	interrupt(ran_of(exec), PROBE);
	return ++ran_of(exec)->pauses > 8;
}

static const struct ktap_env run_env = {
	.field = run_field,
	.name = run_name,
	.text = run_text,
	.record = run_record,
	.raw = run_raw,
	.read = run_read,
	.read_str = run_read_str,
	.stack = run_stack,
	.alloc = run_alloc,
	.free = run_free,
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
		if (!*err)
			return prog;
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
#define UNDO_VAR(name, var) \
	[KTAP_OP_##name] = KTAP_OP_VAR + 1,
#define UNDO_GETG(name, var) \
	[KTAP_OP_##name] = KTAP_OP_GETG + 1,

static void undo_fast(struct ktap_prog *prog)
{
	static const u8 undo[KTAP_OP_ALL] = {
		KTAP_FAST_OPS(UNDO)
		KTAP_TASK_OPS(UNDO_VAR)
		KTAP_COUNT_OPS(UNDO_GETG)
		[KTAP_OP_CALLB_FIT] = KTAP_OP_CALLB + 1,
	};
	u32 pc;

	for (pc = 0; pc < prog->nr_insns; pc++) {
		if (undo[prog->insns[pc].op])
			prog->insns[pc].op = undo[prog->insns[pc].op] - 1;
	}
}

static void run_all(struct ran *ran)
{
	const struct ktap_prog *prog = ran->core.prog;
	struct ktap_pins *pins = ran->core.heap.pins;
	u32 kind, level, i;

	for (level = 0; level < LEVELS; level++) {
		struct ktap_exec *exec = &ran->slots[level];

		if (ktap_exec_init(exec, &ran->core, &run_env,
				   level ? &pins[0].pin[level] : &pins[1].pin[0], !level))
			abort();
		/* So that strings move often. */
		exec->arena.size = 512 << prog->nr_insns % 4;
	}
	come_again(ran);
	run_proto(ran, PROC, 0);
	for (kind = KTAP_PROTO_FUNC - 1; kind > 0; kind--) {
		for (i = 1; i < prog->nr_protos; i++) {
			if (prog->protos[i].kind != kind)
				continue;
			run_proto(ran, kind == KTAP_PROTO_PROBE ? PROBE : PROC, i);
			run_proto(ran, kind == KTAP_PROTO_PROBE ? PROBE : PROC, i);
		}
	}
	test_points.countdown = 0;
}

/* Units of memory that are in the lists and in the pool. */
static u32 free_units(const struct ktap_heap *heap)
{
	u32 class, list, idx, units = 0;

	for (class = 0; class < KTAP_HEAP_CLASSES; class++) {
		for (list = 0; list < KTAP_HEAP_LISTS; list++) {
			idx = (u32)atomic64_read(&heap->free[class][list]);
			for (; idx; idx = ((struct ktap_block *)ktap_heap_block(heap, idx))->link)
				units += BIT(class);
		}
	}
	/* A run of the pool has its size in its last word. */
	for (idx = 1; idx < heap->nr_units; idx++) {
		if (heap->kind[idx] & KTAP_KIND_RUN_LAST)
			units += *((u32 *)ktap_heap_block(heap, idx + 1) - 1);
	}
	return units;
}

static void clear_tab(struct ran *ran, u32 idx)
{
	const struct ktap_object *obj = ktap_heap_block(&ran->core.heap, idx);
	struct ktap_local *local = &ran->slots[PROC].local;
	int ret;

	do {
		ktap_pin(&ran->core.heap, local->pin);
		ret = ktap_tab_clear(&ran->core.tabs, local, ktap_ref(idx, obj->gen), 64);
		ktap_unpin(local->pin);
	} while (ret == -EAGAIN);
	expect(ran, !ret, "a table that cannot be cleared");
}

/*
 * When nothing is in the variables and in the tables, all memory is free again. The
 * tables are cleared one by one, since some may have each other.
 */
static void drop_all(struct ran *ran)
{
	struct ktap_core *core = &ran->core;
	struct ktap_heap *heap = &core->heap;
	u32 i;
	int ret;

	for (i = 0; i < core->prog->nr_globals; i++) {
		struct ktap_local *local = &ran->slots[PROC].local;

		mix(ran, ktap_cell_type(atomic64_read(&core->globals[i])));
		ktap_pin(heap, local->pin);
		ktap_cell_set(heap, local, &core->globals[i], KTAP_CELL_NIL);
		ktap_unpin(local->pin);
	}
	for (i = 1; i < heap->nr_units; i++) {
		if (heap->kind[i] == KTAP_KIND_TAB)
			clear_tab(ran, i);
	}
	for (i = 0; i < LEVELS; i++) {
		do {
			ktap_pin(heap, ran->slots[i].local.pin);
			ret = ktap_tab_reap(&core->tabs, &ran->slots[i].local, 64);
			ktap_unpin(ran->slots[i].local.pin);
		} while (ret == -EAGAIN);
	}
	for (i = 1; i < heap->nr_units; i++)
		expect(ran, heap->kind[i] == KTAP_KIND_NONE || heap->kind[i] > KTAP_KIND_STAT,
		       "an object that nobody has");
	expect(ran, free_units(heap) + 1 == (u32)atomic_read(&heap->bump), "memory lost");
}

/*
 * NMIs come by the number of accesses to shared memory, which an instruction in
 * place of several need not have in common with these.
 */
static u64 run(struct exercise *ex, struct ktap_prog *prog, bool nmis)
{
	struct ran *ran = aligned_alloc(__alignof__(*ran), sizeof(*ran));
	u32 level;
	u64 hash;

	memset(ran, 0, sizeof(*ran));
	/* The same in both runs. */
	test_seed = 1;
	test_now = 1000000000000000000;
	if (ktap_core_init(&ran->core, prog, KTAP_HEAP_MIN * (1 + prog->nr_insns % 4), 2))
		abort();
	ran->ex = ex;
	ran->core.budget[0] = 5000;
	ran->core.budget[1] = 20000;
	ran->every = nmis ? 200 + prog->nr_insns : 0;
	test_points.nmi = nmi;
	test_points.arg = ran;
	run_all(ran);
	drop_all(ran);
	for (level = 0; level < LEVELS; level++)
		ktap_exec_destroy(&ran->slots[level]);
	ktap_core_destroy(&ran->core);
	if (ran->bad) {
		tap_note("%s", ran->bad);
		ex->wrong++;
	}
	hash = ran->hash;
	free(ran);
	return hash;
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
		if (prog->nr_insns % 2) {
			run(ex, prog, true);
			prog = load(ex, image, size, &err);
		}
		hash = run(ex, prog, false);
		prog = load(ex, image, size, &err);
		undo_fast(prog);
		if (run(ex, prog, false) != hash) {
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
