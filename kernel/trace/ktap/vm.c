// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The interpreter
 *
 * The verifier has shown that registers, indices and jumps are in range and that
 * registers are written before they are read, so nothing of that is looked at
 * here. What is left to check are the types that it could not know, and the
 * budget, which is looked at where a loop goes back.
 *
 * Strings that a run makes are in its arena. When the arena is full the strings
 * that registers still refer to are copied to its other half; whatever makes a
 * string therefore holds registers, not pointers to strings, while it does.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "verify.h"
#include "vm.h"

/* Bytes of each half of an arena. */
#define PROBE_ARENA	(8U << 10)
#define PROC_ARENA	(64U << 10)

/* Bytes of a string that is a key at no extra charge. */
#define QUICK_KEY	64

/* Units of memory that NEXT looks at before the budget is looked at. */
#define NEXT_STEPS	1024

#define TYPE_NAME(name, nr, text)					\
	[KTAP_T_##name] = text,
const char * const ktap_type_names[KTAP_T_NR] = {
	___KTAP_TYPE_MAPPER(TYPE_NAME)
};

#undef TYPE_NAME

/**
 * ktap_core_init - Make what all runs of a session share
 * @core: to be filled in
 * @prog: verified program, which becomes the core's
 * @heap_size: bytes for tables and strings
 * @nr_pins: number of &struct ktap_pins
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL if @heap_size is out of range, or -ENOMEM.
 */
int ktap_core_init(struct ktap_core *core, struct ktap_prog *prog,
		   u64 heap_size, u32 nr_pins)
{
	int ret;

	memset(core, 0, sizeof(*core));
	core->prog = prog;
	core->globals = kvcalloc(prog->nr_globals, sizeof(*core->globals),
				 GFP_KERNEL_ACCOUNT);
	ret = core->globals ? 0 : -ENOMEM;
	if (!ret)
		ret = ktap_heap_init(&core->heap, heap_size, nr_pins);
	if (!ret)
		ret = ktap_tabs_init(&core->tabs, &core->heap);
	if (ret)
		ktap_core_destroy(core);
	return ret;
}

/**
 * ktap_core_destroy - Free what all runs of a session share
 * @core: all zero or as ktap_core_init() left it
 *
 * Context: Process context. May sleep.
 */
void ktap_core_destroy(struct ktap_core *core)
{
	ktap_tabs_destroy(&core->tabs);
	ktap_heap_destroy(&core->heap);
	kvfree(core->globals);
	ktap_prog_destroy(core->prog);
	core->globals = NULL;
	core->prog = NULL;
}

/**
 * ktap_exec_init - Make an execution slot
 * @exec: to be filled in
 * @core: of the session
 * @env: who runs it
 * @pin: pin in the heap that is this slot's
 * @proc: for runs in process context
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int ktap_exec_init(struct ktap_exec *exec, struct ktap_core *core,
		   const struct ktap_env *env, u32 *pin, bool proc)
{
	u32 nr = proc ? core->prog->proc_regs : core->prog->probe_regs;

	memset(exec, 0, sizeof(*exec));
	exec->core = core;
	exec->env = env;
	exec->pin = pin;
	exec->proc = proc;
	exec->arena.size = proc ? PROC_ARENA : PROBE_ARENA;
	exec->regs = kvcalloc(nr, sizeof(*exec->regs), GFP_KERNEL_ACCOUNT);
	exec->arena.half[0] = kvmalloc(2 * exec->arena.size, GFP_KERNEL_ACCOUNT);
	if (!exec->regs || !exec->arena.half[0]) {
		ktap_exec_destroy(exec);
		return -ENOMEM;
	}
	exec->arena.half[1] = exec->arena.half[0] + exec->arena.size;
	return 0;
}

/**
 * ktap_exec_destroy - Free an execution slot
 * @exec: all zero or as ktap_exec_init() left it
 *
 * Context: Process context. May sleep.
 */
void ktap_exec_destroy(struct ktap_exec *exec)
{
	kvfree(exec->regs);
	kvfree(exec->arena.half[0]);
	exec->regs = NULL;
	exec->arena.half[0] = NULL;
}

/**
 * ktap_vm_fault - Make the run fail
 * @exec: slot
 * @code: error
 * @fmt: the message, a format of ___KTAP_ERROR_MAPPER
 *
 * Context: Probe context: preemption off, slot held.
 * Return: -EFAULT.
 */
int ktap_vm_fault(struct ktap_exec *exec, enum ktap_error code,
		  const char *fmt, ...)
{
	va_list args;

	exec->fault.code = code;
	va_start(args, fmt);
	vsnprintf(exec->fault.text, sizeof(exec->fault.text), fmt, args);
	va_end(args);
	return -EFAULT;
}

static const char *type_name(const struct ktap_value *val)
{
	return ktap_type_names[val->type];
}

static int vm_refuel(struct ktap_exec *exec);

/**
 * ktap_vm_charge - Take from the budget
 * @exec: slot
 * @insns: what was done or is about to be done, in instructions that would have
 *         taken as long
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: 0; -EFAULT if the budget is used up; -EINTR if the run shall end.
 */
int ktap_vm_charge(struct ktap_exec *exec, u32 insns)
{
	exec->fuel -= insns;
	return exec->fuel < 0 ? vm_refuel(exec) : 0;
}

/* What going over this many bytes costs, in instructions. */
static u32 vm_bytes(u32 len)
{
	return len / 16;
}

/*
 * Copy the strings that registers still have into the other half. Returns how
 * many registers were looked at.
 */
static u32 vm_compact(struct ktap_exec *exec)
{
	struct ktap_arena *arena = &exec->arena;
	const char *from = arena->half[arena->cur];
	u32 i, j, looked = exec->nr_regs;

	arena->cur ^= 1;
	arena->used = 0;
	for (i = 0; i < exec->nr_regs; i++) {
		const struct ktap_str *old = exec->regs[i].str;
		struct ktap_str *new;

		if (exec->regs[i].type != KTAP_T_STR ||
		    (const char *)old < from ||
		    (const char *)old >= from + arena->size)
			continue;
		/* What fitted into one half fits into the other one. */
		new = ktap_arena_str(arena, old->len);
		memcpy(new->data, old->data, old->len);
		for (j = i; j < exec->nr_regs; j++) {
			if (exec->regs[j].type == KTAP_T_STR &&
			    exec->regs[j].str == old)
				exec->regs[j].str = new;
		}
		looked += exec->nr_regs - i;
	}
	return looked;
}

/* After -ENOSPC: make room, or fail. @tried is false the first time. */
static int vm_room(struct ktap_exec *exec, bool *tried)
{
	if (*tried)
		return KTAP_FAULT(exec, STRING, exec->arena.size);
	*tried = true;
	return ktap_vm_charge(exec, vm_compact(exec) / 32);
}

/**
 * ktap_vm_heap_error - Count what a full or busy heap lost
 * @exec: slot
 * @err: what a function of heap.h or tab.h returned
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0 if the run can go on, else @err.
 */
int ktap_vm_heap_error(struct ktap_exec *exec, int err)
{
	switch (err) {
	case -ENOMEM:
		exec->stats[KTAP_STAT_HEAP_FULL]++;
		return 0;
	case -EBUSY:
		exec->stats[KTAP_STAT_LOCK_BUSY]++;
		return 0;
	default:
		return err;
	}
}

/* Arithmetic whose operands are not known to be integers. */
static noinline int vm_arith(struct ktap_exec *exec, enum ktap_arith arith,
			     struct ktap_value *dst, const struct ktap_value *b,
			     const struct ktap_value *c)
{
	const struct ktap_value *bad = b;
	s64 res;

	if (b->type == KTAP_T_INT && c->type == KTAP_T_INT) {
		if (ktap_arith(arith, b->i, c->i, &res))
			return KTAP_FAULT(exec, DIVIDE);
		ktap_set_int(dst, res);
		return 0;
	}
	if (b->type == KTAP_T_INT || b->type == KTAP_T_NIL)
		bad = c;
	if (bad->type != KTAP_T_INT && bad->type != KTAP_T_NIL)
		return KTAP_FAULT(exec, ARITH, type_name(bad));
	ktap_set_nil(dst);
	return 0;
}

static int vm_equal(struct ktap_exec *exec, const struct ktap_value *b,
		    const struct ktap_value *c, bool *res)
{
	*res = b->type == c->type;
	if (!*res)
		return 0;
	switch (b->type) {
	case KTAP_T_INT:
		*res = b->i == c->i;
		return 0;
	case KTAP_T_STR:
		*res = ktap_str_equal(b->str, c->str);
		return ktap_vm_charge(exec, vm_bytes(b->str->len));
	case KTAP_T_TAB:
		*res = b->tab == c->tab;
		return 0;
	default:
		return 0;
	}
}

/* Compare; @res is negative, zero or positive. */
static noinline int vm_compare(struct ktap_exec *exec,
			       const struct ktap_value *b,
			       const struct ktap_value *c, int *res)
{
	if (b->type == KTAP_T_INT && c->type == KTAP_T_INT) {
		*res = b->i < c->i ? -1 : b->i > c->i;
		return 0;
	}
	if (b->type != KTAP_T_STR || c->type != KTAP_T_STR)
		return KTAP_FAULT(exec, COMPARE, type_name(b), type_name(c));
	*res = memcmp(b->str->data, c->str->data, min(b->str->len, c->str->len));
	if (!*res)
		*res = b->str->len < c->str->len ? -1 : b->str->len > c->str->len;
	return ktap_vm_charge(exec, vm_bytes(min(b->str->len, c->str->len)));
}

/* The text of a value, in @buf if it is not a string. */
static const char *vm_text(const struct ktap_value *val, char *buf, size_t size,
			   u32 *len)
{
	switch (val->type) {
	case KTAP_T_STR:
		*len = val->str->len;
		return val->str->data;
	case KTAP_T_INT:
		*len = scnprintf(buf, size, "%lld", val->i);
		return buf;
	case KTAP_T_TRUE:
		*len = 4;
		return "true";
	case KTAP_T_FALSE:
		*len = 5;
		return "false";
	case KTAP_T_NIL:
		*len = 3;
		return "nil";
	default:
		return NULL;
	}
}

static noinline int vm_concat(struct ktap_exec *exec, struct ktap_value *dst,
			      const struct ktap_value *from, u32 nr)
{
	bool tried = false;
	struct ktap_str *str;
	const char *text;
	u64 total = 0;
	char buf[24];
	char *end;
	u32 len, i;
	int ret;

	for (i = 0; i < nr; i++) {
		if (!vm_text(&from[i], buf, sizeof(buf), &len))
			return KTAP_FAULT(exec, CONCAT, type_name(&from[i]));
		total += len;
	}
	if (total > exec->arena.size)
		return KTAP_FAULT(exec, STRING, exec->arena.size);
	/* Numbers are made into text twice. */
	ret = ktap_vm_charge(exec, 8 * nr + vm_bytes(total));
	if (ret)
		return ret;

	while (!(str = ktap_arena_str(&exec->arena, total))) {
		ret = vm_room(exec, &tried);
		if (ret)
			return ret;
	}
	for (end = str->data, i = 0; i < nr; i++) {
		text = vm_text(&from[i], buf, sizeof(buf), &len);
		memcpy(end, text, len);
		end += len;
	}
	ktap_set_str(dst, str);
	return 0;
}

static noinline int vm_get_global(struct ktap_exec *exec, u32 global,
				  struct ktap_value *dst)
{
	struct ktap_core *core = exec->core;
	bool tried = false;
	int ret;

	for (;;) {
		ktap_pin(&core->heap, exec->pin);
		ret = ktap_cell_read(&core->heap, &exec->arena,
				     atomic64_read(&core->globals[global]), dst);
		ktap_unpin(exec->pin);
		if (!ret)
			return 0;
		ret = vm_room(exec, &tried);
		if (ret)
			return ret;
	}
}

static noinline int vm_set_global(struct ktap_exec *exec, u32 global,
				  const struct ktap_value *val)
{
	struct ktap_core *core = exec->core;
	u64 word;
	int ret;

	if (val->type == KTAP_T_EVENT)
		return KTAP_FAULT(exec, STORE, type_name(val));
	ktap_pin(&core->heap, exec->pin);
	ret = ktap_cell_make(&core->heap, exec->pin, val, &word);
	if (!ret)
		ret = ktap_cell_set(&core->heap, &core->globals[global], word);
	ktap_unpin(exec->pin);
	return ktap_vm_heap_error(exec, ret);
}

static noinline int vm_update_global(struct ktap_exec *exec, u32 global,
				     enum ktap_arith arith,
				     const struct ktap_value *val)
{
	struct ktap_core *core = exec->core;
	struct ktap_update upd = { .operand = val->i, .arith = arith };
	int ret;

	if (unlikely(val->type != KTAP_T_INT)) {
		/* Arithmetic on nil gives nil. */
		if (val->type == KTAP_T_NIL)
			return vm_set_global(exec, global, val);
		return KTAP_FAULT(exec, ARITH, type_name(val));
	}

	ktap_pin(&core->heap, exec->pin);
	do {
		ret = ktap_cell_update(&core->heap, &core->globals[global], &upd);
		if (ret == -ENOBUFS && !ktap_update_spare(&core->heap, exec->pin,
							  &upd))
			ret = -EAGAIN;
	} while (ret == -EAGAIN);
	ktap_update_done(&core->heap, &upd);
	ktap_unpin(exec->pin);

	if (likely(!ret))
		return 0;
	if (ret == -EDOM)
		return KTAP_FAULT(exec, DIVIDE);
	if (ret == -EINVAL && upd.type == KTAP_T_NIL)
		return 0;
	if (ret == -EINVAL)
		return KTAP_FAULT(exec, ARITH, ktap_type_names[upd.type]);
	return ktap_vm_heap_error(exec, -ENOMEM);
}

/* Check table and key of an access. */
static int vm_check_key(struct ktap_exec *exec, const struct ktap_value *tab,
			const struct ktap_value *key)
{
	if (unlikely(tab->type != KTAP_T_TAB))
		return KTAP_FAULT(exec, INDEX, type_name(tab));
	if (unlikely(!(BIT(key->type) & KTAP_M_KEY)))
		return KTAP_FAULT(exec, KEY, type_name(key));
	if (key->type == KTAP_T_STR)
		return ktap_vm_charge(exec, vm_bytes(key->str->len));
	return 0;
}

static noinline int vm_new_tab(struct ktap_exec *exec, struct ktap_value *dst)
{
	struct ktap_core *core = exec->core;
	u32 tab;

	ktap_pin(&core->heap, exec->pin);
	tab = ktap_tab_create(&core->tabs, exec->pin);
	ktap_unpin(exec->pin);
	if (tab) {
		ktap_set_tab(dst, tab);
		return 0;
	}
	ktap_set_nil(dst);
	return ktap_vm_heap_error(exec, -ENOMEM);
}

static noinline int vm_get_tab(struct ktap_exec *exec, struct ktap_value *dst,
			       const struct ktap_value *tab,
			       const struct ktap_value *val)
{
	struct ktap_core *core = exec->core;
	bool tried = false;
	struct ktap_key key;
	int ret;

	/* There is nothing at nil. */
	if (tab->type == KTAP_T_TAB && val->type == KTAP_T_NIL) {
		ktap_set_nil(dst);
		return 0;
	}
	ret = vm_check_key(exec, tab, val);
	while (!ret) {
		ktap_tab_key(&core->tabs, tab->tab, val, &key);
		ktap_pin(&core->heap, exec->pin);
		ret = ktap_tab_get(&core->tabs, &key, &exec->arena, dst);
		ktap_unpin(exec->pin);
		if (likely(!ret))
			return 0;
		ret = vm_room(exec, &tried);
	}
	return ret;
}

static noinline int vm_set_tab(struct ktap_exec *exec,
			       const struct ktap_value *tab,
			       const struct ktap_value *val,
			       const struct ktap_value *to)
{
	struct ktap_core *core = exec->core;
	struct ktap_key key;
	int ret;

	ret = vm_check_key(exec, tab, val);
	if (ret)
		return ret;
	if (to->type == KTAP_T_EVENT)
		return KTAP_FAULT(exec, STORE, type_name(to));
	ktap_tab_key(&core->tabs, tab->tab, val, &key);
	ktap_pin(&core->heap, exec->pin);
	if (to->type == KTAP_T_NIL)
		ret = ktap_tab_delete(&core->tabs, &key);
	else
		ret = ktap_tab_set(&core->tabs, exec->pin, &key, to);
	ktap_unpin(exec->pin);
	return ktap_vm_heap_error(exec, ret);
}

static noinline int vm_update_tab(struct ktap_exec *exec, enum ktap_arith arith,
				  const struct ktap_value *tab,
				  const struct ktap_value *val,
				  const struct ktap_value *by)
{
	struct ktap_core *core = exec->core;
	struct ktap_update upd = { .operand = by->i, .arith = arith };
	struct ktap_key key;
	int ret;

	ret = vm_check_key(exec, tab, val);
	if (unlikely(ret))
		return ret;
	if (unlikely(by->type != KTAP_T_INT)) {
		/* Arithmetic on nil gives nil. */
		if (by->type == KTAP_T_NIL)
			return vm_set_tab(exec, tab, val, by);
		return KTAP_FAULT(exec, ARITH, type_name(by));
	}
	ktap_tab_key(&core->tabs, tab->tab, val, &key);
	ktap_pin(&core->heap, exec->pin);
	ret = ktap_tab_update(&core->tabs, exec->pin, &key, &upd);
	ktap_unpin(exec->pin);

	if (likely(!ret))
		return 0;
	if (ret == -EDOM)
		return KTAP_FAULT(exec, DIVIDE);
	if (ret == -EINVAL)
		return KTAP_FAULT(exec, ARITH, ktap_type_names[upd.type]);
	return ktap_vm_heap_error(exec, ret);
}

/* More instructions from the budget. Returns 0, -EFAULT, or -EINTR to stop. */
static int vm_refuel(struct ktap_exec *exec)
{
	/* One turn of a loop may have taken more than a slice. */
	u64 slice = exec->proc ? KTAP_SLICE - exec->fuel : exec->budget;

	slice = min(slice, exec->budget);
	exec->budget -= slice;
	exec->fuel += slice;
	if (exec->fuel < 0)
		return KTAP_FAULT(exec, BUDGET);
	if (exec->proc && exec->env->pause(exec))
		return -EINTR;
	return 0;
}

/* Go on in a table. Returns 1 if there is a pair, 0 at the end, or an error. */
static noinline int vm_next(struct ktap_exec *exec, struct ktap_value *regs)
{
	struct ktap_core *core = exec->core;
	struct ktap_value key, val;
	bool tried = false;
	int ret;

	for (;;) {
		s64 from = regs[1].i;

		ktap_pin(&core->heap, exec->pin);
		ret = ktap_tab_next(&core->tabs, regs[0].tab, &exec->arena,
				    &regs[1].i, NEXT_STEPS, &key, &val);
		ktap_unpin(exec->pin);
		/*
		 * 64 units that were looked at are like an instruction. The cursor
		 * may have been any number before.
		 */
		if (regs[1].i > from && from >= 0)
			exec->fuel -= (regs[1].i - from) / 64;
		switch (ret) {
		case 0:
			/* Without a pair they keep the types they had. */
			regs[2] = key;
			regs[3] = val;
			return 1;
		case -ENOENT:
			return 0;
		case -EAGAIN:
			ret = ktap_vm_charge(exec, 1);
			break;
		default:
			ret = vm_room(exec, &tried);
			break;
		}
		if (ret)
			return ret;
	}
}

static noinline int vm_var(struct ktap_exec *exec, enum ktap_var var,
			   struct ktap_value *dst)
{
	bool tried = false;
	int ret;

	while (ktap_var_read(exec, var, dst)) {
		ret = vm_room(exec, &tried);
		if (ret)
			return ret;
	}
	return 0;
}

static noinline int vm_field(struct ktap_exec *exec, u32 field,
			     struct ktap_value *dst)
{
	bool tried = false;
	int ret;

	while (exec->env->field(exec, field, dst)) {
		ret = vm_room(exec, &tried);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * The loop itself. Each case ends by going to the next one, through a table of
 * labels: one indirect jump an instruction, which the processor can predict by
 * itself.
 */
static int vm_loop(struct ktap_exec *exec, const struct ktap_insn *insn)
{
#define LABEL(name, nr, ...)					\
	[KTAP_OP_##name] = &&do_##name,
#define FAST_LABEL(name, ...)						\
	[KTAP_OP_##name] = &&do_##name,
	static const void * const jumptable[KTAP_OP_ALL] __annotate_jump_table = {
		___KTAP_OP_MAPPER(LABEL)
		KTAP_FAST_OPS(FAST_LABEL)
		[KTAP_OP_LOOP] = &&do_LOOP,
	};

#undef LABEL
#undef FAST_LABEL
	struct ktap_core *core = exec->core;
	struct ktap_value *regs = exec->regs;
	struct ktap_value *val;
	bool equal;
	u64 word;
	int cmp;
	int ret;

#define RA		(&regs[insn->a])
#define RB		(&regs[insn->b])
#define RC		(&regs[insn->c])
#define DISPATCH()	goto *jumptable[insn->op]
#define NEXT()		do { insn++; DISPATCH(); } while (0)
/* Go to the JMP behind this instruction, or skip it. */
#define BRANCH(cond)	do { insn += (cond) ? 1 : 2; DISPATCH(); } while (0)
/* A call that can make the run fail. */
#define TRY(call)							\
	do {								\
		ret = (call);						\
		if (unlikely(ret))					\
			goto out;					\
		NEXT();							\
	} while (0)
#define INT_OP(expr)							\
	do {								\
		s64 b = RB->i, c = RC->i;				\
									\
		ktap_set_int(RA, expr);					\
		NEXT();							\
	} while (0)
#define ARITH_OP(name, expr)						\
	do {								\
		if (likely(RB->type == KTAP_T_INT &&			\
			   RC->type == KTAP_T_INT))			\
			INT_OP(expr);					\
		TRY(vm_arith(exec, KTAP_A_##name, RA, RB, RC));		\
	} while (0)

	DISPATCH();

do_MOVE:
	*RA = *RB;
	NEXT();
do_LOADK:
	*RA = core->prog->consts[KTAP_INSN_BX(insn)];
	NEXT();
do_LOADI:
	ktap_set_int(RA, KTAP_INSN_SBX(insn));
	NEXT();
do_LOADNIL:
	ktap_set_nil(RA);
	NEXT();
do_LOADBOOL:
	ktap_set_bool(RA, insn->b);
	NEXT();

do_ADD:
	ARITH_OP(ADD, (u64)b + (u64)c);
do_SUB:
	ARITH_OP(SUB, (u64)b - (u64)c);
do_MUL:
	ARITH_OP(MUL, (u64)b * (u64)c);
do_AND:
	ARITH_OP(AND, b & c);
do_OR:
	ARITH_OP(OR, b | c);
do_XOR:
	ARITH_OP(XOR, b ^ c);
do_SHL:
	ARITH_OP(SHL, (u64)b << (c & 63));
do_SHR:
	ARITH_OP(SHR, b >> (c & 63));
do_DIV:
	TRY(vm_arith(exec, KTAP_A_DIV, RA, RB, RC));
do_MOD:
	TRY(vm_arith(exec, KTAP_A_MOD, RA, RB, RC));

do_ADD_INT:
	INT_OP((u64)b + (u64)c);
do_SUB_INT:
	INT_OP((u64)b - (u64)c);
do_MUL_INT:
	INT_OP((u64)b * (u64)c);
do_AND_INT:
	INT_OP(b & c);
do_OR_INT:
	INT_OP(b | c);
do_XOR_INT:
	INT_OP(b ^ c);
do_SHL_INT:
	INT_OP((u64)b << (c & 63));
do_SHR_INT:
	INT_OP(b >> (c & 63));

do_NEG:
	val = RB;
	if (val->type == KTAP_T_INT)
		ktap_set_int(RA, 0 - (u64)val->i);
	else if (val->type == KTAP_T_NIL)
		ktap_set_nil(RA);
	else
		TRY(KTAP_FAULT(exec, ARITH, type_name(val)));
	NEXT();
do_BNOT:
	val = RB;
	if (val->type == KTAP_T_INT)
		ktap_set_int(RA, ~val->i);
	else if (val->type == KTAP_T_NIL)
		ktap_set_nil(RA);
	else
		TRY(KTAP_FAULT(exec, ARITH, type_name(val)));
	NEXT();
do_NOT:
	ktap_set_bool(RA, !ktap_is_true(RB));
	NEXT();
do_CONCAT:
	TRY(vm_concat(exec, RA, RB, insn->c - insn->b + 1));

do_JMP:
	insn += KTAP_INSN_SBX(insn);
	NEXT();
do_LOOP:
	/* As many instructions as the loop has. */
	exec->fuel += KTAP_INSN_SBX(insn);
	if (unlikely(exec->fuel < 0)) {
		ret = vm_refuel(exec);
		if (ret)
			goto out;
	}
	insn += KTAP_INSN_SBX(insn);
	NEXT();
do_TEST:
	BRANCH(ktap_is_true(RB) == insn->a);
do_EQ:
	ret = vm_equal(exec, RB, RC, &equal);
	if (unlikely(ret))
		goto out;
	BRANCH(equal == insn->a);
do_LT:
	ret = vm_compare(exec, RB, RC, &cmp);
	if (unlikely(ret))
		goto out;
	BRANCH((cmp < 0) == insn->a);
do_LE:
	ret = vm_compare(exec, RB, RC, &cmp);
	if (unlikely(ret))
		goto out;
	BRANCH((cmp <= 0) == insn->a);
do_EQ_INT:
	BRANCH((RB->i == RC->i) == insn->a);
do_LT_INT:
	BRANCH((RB->i < RC->i) == insn->a);
do_LE_INT:
	BRANCH((RB->i <= RC->i) == insn->a);

do_GETG:
	word = atomic64_read(&core->globals[KTAP_INSN_BX(insn)]);
	if (KTAP_CELL_IS_INT(word)) {
		ktap_set_int(RA, (s64)word >> 1);
		NEXT();
	}
	if (KTAP_CELL_TAG(word) == KTAP_CELL_TAB) {
		ktap_set_tab(RA, KTAP_CELL_IDX(word));
		NEXT();
	}
	TRY(vm_get_global(exec, KTAP_INSN_BX(insn), RA));
do_SETG:
	TRY(vm_set_global(exec, KTAP_INSN_BX(insn), RA));
do_UPDG:
	if (likely(insn->b == KTAP_A_ADD && RA->type == KTAP_T_INT &&
		   ktap_cell_add(&core->globals[insn->c], RA->i)))
		NEXT();
	TRY(vm_update_global(exec, insn->c, insn->b, RA));

do_NEWTAB:
	TRY(vm_new_tab(exec, RA));
do_GETT:
	TRY(vm_get_tab(exec, RA, RB, RC));
do_SETT:
	TRY(vm_set_tab(exec, RA, RB, RC));
do_ADDT:
	if (likely(RA->type == KTAP_T_TAB && RC->type == KTAP_T_INT &&
		   (RB->type == KTAP_T_INT ||
		    (RB->type == KTAP_T_STR && RB->str->len <= QUICK_KEY)) &&
		   ktap_tab_add(&core->tabs, exec->pin, RA->tab, RB, RC->i)))
		NEXT();
	TRY(vm_update_tab(exec, KTAP_A_ADD, RA, RB, RC));
do_UPDT:
	TRY(vm_update_tab(exec, insn->c, RA, RB, RB + 1));
do_ITER:
	if (unlikely(RA->type != KTAP_T_TAB))
		TRY(KTAP_FAULT(exec, INDEX, type_name(RA)));
	ktap_set_int(RA + 1, 0);
	NEXT();
do_NEXT:
	ret = vm_next(exec, RA);
	if (unlikely(ret < 0))
		goto out;
	BRANCH(ret);

do_VAR:
	TRY(vm_var(exec, KTAP_INSN_BX(insn), RA));
do_FIELD:
	TRY(vm_field(exec, KTAP_INSN_BX(insn), RA));
do_CALLB:
	TRY(ktap_vm_call(exec, insn->b, RA, insn->c));

do_RET:
	ret = 0;
out:
	exec->fault.pc = insn - core->prog->insns;
	return ret;
}

/**
 * ktap_vm_run - Run a function
 * @exec: slot, whose @event is set if the function is of kind KTAP_PROTO_PROBE
 * @proto: index of the function, of a kind that fits the slot
 *
 * Context: Probe context: preemption off, slot held.
 * Return: how the run ended.
 */
enum ktap_end ktap_vm_run(struct ktap_exec *exec, u32 proto)
{
	const struct ktap_prog *prog = exec->core->prog;
	const struct ktap_img_proto *p = &prog->protos[proto];
	u32 i;

	/* For vm_compact(), which may look before they are written. */
	for (i = 0; i < p->nr_regs; i++)
		exec->regs[i].type = KTAP_T_NIL;
	exec->nr_regs = p->nr_regs;
	exec->arena.used = 0;
	exec->fuel = 0;
	exec->budget = exec->core->budget[exec->proc];

	/* For going through all of it once; loops and long operations come on top. */
	if (p->nr_insns > exec->budget) {
		exec->fault.pc = p->insn;
		KTAP_FAULT(exec, BUDGET);
		return KTAP_END_FAULT;
	}
	exec->budget -= p->nr_insns;

	switch (vm_loop(exec, prog->insns + p->insn)) {
	case 0:
		return KTAP_END_RETURN;
	case -ECANCELED:
		return KTAP_END_EXIT;
	case -EINTR:
		return KTAP_END_STOP;
	default:
		return KTAP_END_FAULT;
	}
}
