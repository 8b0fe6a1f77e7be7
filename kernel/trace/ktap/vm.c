// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The interpreter
 *
 * The verifier has shown that registers, indices and jumps are in range and that
 * registers are written before they are read, so nothing of that is looked at
 * here. What is left to check are the types that it could not know, and the
 * budget, which is looked at where a loop goes back and where a function is
 * called.
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

/* Entries that NEXT looks at before the budget is looked at. */
#define NEXT_STEPS	64

/* Entries that are freed in one section of the heap, and at the end of a probe. */
#define REAP_STEPS	64
#define REAP_PROBE	256

/* What it costs to find the heap full, besides looking at each CPU. */
#define FULL_COST	64

/* Tables without references that a run keeps before it looks at registers. */
#define ZERO_MIN	16

/* In @id of a string that was moved: where to is in its bytes. */
#define STR_MOVED	(KTAP_STR_MADE - 1)

/* In @results of a frame: its function was entered from outside of the loop. */
#define FRAME_LEAVE	BIT(31)

/* Make room for what the program names. */
static int init_places(struct ktap_core *core)
{
	const struct ktap_prog *prog = core->prog;

	if (!ktap_prog_calls(prog, KTAP_FUNC_KADDR) &&
	    !ktap_prog_calls(prog, KTAP_FUNC_KERNEL_VAR))
		return 0;
	core->places = kvcalloc(prog->nr_strs, sizeof(*core->places), GFP_KERNEL_ACCOUNT);
	return core->places ? 0 : -ENOMEM;
}

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
		ret = init_places(core);
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
	kvfree(core->places);
	ktap_prog_destroy(core->prog);
	core->globals = NULL;
	core->places = NULL;
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
	const struct ktap_prog *prog = core->prog;

	memset(exec, 0, sizeof(*exec));
	exec->core = core;
	exec->env = env;
	exec->local.pin = pin;
	exec->proc = proc;
	prandom_seed_state(&exec->rnd, get_random_u64());
	exec->arena.size = proc ? PROC_ARENA : PROBE_ARENA;
	exec->nr_regs = proc ? prog->proc_regs : prog->probe_regs;
	exec->top = exec->nr_regs;
	/* One frame is for the function that is run, another one for sorting. */
	exec->max_frames = 2;
	if (prog->has_calls) {
		exec->nr_regs += proc ? KTAP_PROC_STACK : KTAP_PROBE_STACK;
		exec->max_frames += proc ? KTAP_PROC_FRAMES : KTAP_PROBE_FRAMES;
	}
	exec->regs = kvcalloc(exec->nr_regs, sizeof(*exec->regs), GFP_KERNEL_ACCOUNT);
	exec->frames = kvcalloc(exec->max_frames, sizeof(*exec->frames),
				GFP_KERNEL_ACCOUNT);
	exec->arena.half[0] = kvmalloc(2 * exec->arena.size, GFP_KERNEL_ACCOUNT);
	if (!exec->regs || !exec->frames || !exec->arena.half[0]) {
		ktap_exec_destroy(exec);
		return -ENOMEM;
	}
	exec->arena.half[1] = exec->arena.half[0] + exec->arena.size;
	exec->reap_at = ZERO_MIN;
	/* Below what is run first there is nothing. */
	exec->frames[0].results = FRAME_LEAVE;
	exec->nr_frames = 1;
	exec->where = KTAP_IN(PROBE);
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
	kvfree(exec->frames);
	kvfree(exec->arena.half[0]);
	exec->regs = NULL;
	exec->frames = NULL;
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
	exec->fault.nr_pcs = 0;
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
int ktap_vm_charge(struct ktap_exec *exec, u64 insns)
{
	exec->fuel -= insns;
	return exec->fuel < 0 ? vm_refuel(exec) : 0;
}

/* What copying a value costs, which the next look at the budget finds. */
static __always_inline void vm_copied(struct ktap_exec *exec,
				      const struct ktap_value *val)
{
	if (unlikely(ktap_has_bytes(val)))
		exec->fuel -= ktap_vm_bytes(val->str->len);
}

/* Where a string of the other half is in this one. */
static struct ktap_str *vm_move(struct ktap_arena *arena, struct ktap_str *old)
{
	struct ktap_str *new;

	if (old->id == STR_MOVED) {
		memcpy(&new, old->data, sizeof(new));
		return new;
	}
	/* What fitted into one half fits into the other one. */
	new = ktap_arena_str(arena, old->len);
	memcpy(new->data, old->data, old->len);
	/* The shortest string has room for this. */
	memcpy(old->data, &new, sizeof(new));
	old->id = STR_MOVED;
	return new;
}

/* Registers of the function of the slot that has the most. */
static u32 vm_regs(const struct ktap_exec *exec)
{
	const struct ktap_prog *prog = exec->core->prog;

	return exec->proc ? prog->proc_regs : prog->probe_regs;
}

/* Is a string one that was made, in this run or in an earlier one? */
static bool in_arena(const struct ktap_arena *arena, const char *str)
{
	return (str >= arena->half[0] && str < arena->half[0] + arena->size) ||
	       (str >= arena->half[1] && str < arena->half[1] + arena->size);
}

/*
 * Copy the strings of this run that registers still have into the other half. Those
 * behind the registers in use have none any more, and what others have of earlier
 * runs was not read since. Returns how many were looked at.
 */
static u64 vm_compact(struct ktap_exec *exec)
{
	struct ktap_arena *arena = &exec->arena;
	const char *from = arena->half[arena->cur] + arena->start;
	const char *end = arena->half[arena->cur] + arena->used;
	u64 looked = exec->top;
	u32 i;

	for (i = exec->live; i < exec->top; i++)
		ktap_set_nil(&exec->regs[i]);
	/* Callers may have more registers than what they call, which are nil now. */
	exec->top = max(exec->live, vm_regs(exec));
	for (i = 1; i < exec->nr_frames; i++)
		exec->top = max(exec->top, exec->frames[i].live);
	arena->cur ^= 1;
	arena->start = 0;
	arena->used = 0;
	for (i = 0; i < exec->live; i++) {
		struct ktap_value *val = &exec->regs[i];
		char *old = (char *)val->str;

		if (!ktap_has_bytes(val) || !in_arena(arena, old))
			continue;
		if (old >= from && old < end)
			val->str = vm_move(arena, (struct ktap_str *)old);
		else
			ktap_set_nil(val);
	}
	return looked + exec->nr_frames;
}

/**
 * ktap_vm_room - Make room for strings
 * @exec: slot
 * @tried: false the first time that there is none for something
 *
 * Strings in registers may move.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0 to try again; -EFAULT if there is no room or the budget is used up;
 * -EINTR if the run shall end.
 */
int ktap_vm_room(struct ktap_exec *exec, bool *tried)
{
	u64 looked;

	if (*tried)
		return KTAP_FAULT(exec, STRING, exec->arena.size);
	*tried = true;
	looked = vm_compact(exec);
	return ktap_vm_charge(exec, looked / 32 + ktap_vm_bytes(exec->arena.used));
}

/**
 * ktap_vm_str - Take room for a string
 * @exec: slot
 * @len: its length in bytes
 * @str: the string, whose bytes the caller fills in
 *
 * Strings in registers may move. The next call may move this one unless it is in a
 * register by then.
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0; -EFAULT if there is no room or the budget is used up; -EINTR if the
 * run shall end.
 */
int ktap_vm_str(struct ktap_exec *exec, u32 len, struct ktap_str **str)
{
	bool tried = false;
	int ret;

	if (len >= exec->arena.size)
		return KTAP_FAULT(exec, STRING, exec->arena.size);
	ret = ktap_vm_charge(exec, ktap_vm_bytes(len));
	while (!ret) {
		*str = ktap_arena_str(&exec->arena, len);
		if (*str)
			return 0;
		ret = ktap_vm_room(exec, &tried);
	}
	return ret;
}

/**
 * ktap_vm_heap_error - Count what a full or busy heap lost
 * @exec: slot
 * @err: what a function of heap.h, cell.h, stat.h or tab.h returned
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0 if the run can go on, else @err.
 */
int ktap_vm_heap_error(struct ktap_exec *exec, int err)
{
	switch (err) {
	case -ENOMEM:
		exec->stats[KTAP_STAT_HEAP_FULL]++;
		/* All CPUs were looked at, to see what they still use. */
		return ktap_vm_charge(exec, FULL_COST + exec->core->heap.nr_pins);
	case -EBUSY:
		exec->stats[KTAP_STAT_LOCK_BUSY]++;
		return 0;
	case -ENOENT:
	case -ESTALE:
		exec->stats[KTAP_STAT_TAB_GONE]++;
		return 0;
	default:
		return err;
	}
}

/* Free tables of the slot that have no references, a bit of them. */
static int vm_reap_some(struct ktap_exec *exec)
{
	struct ktap_core *core = exec->core;
	int ret;

	ktap_pin(&core->heap, exec->local.pin);
	ret = ktap_tab_reap(&core->tabs, &exec->local, REAP_STEPS);
	ktap_unpin(exec->local.pin);
	return ret;
}

/* Count the registers that have tables, or stop counting them. */
static void vm_hold_tabs(struct ktap_exec *exec, bool hold)
{
	struct ktap_core *core = exec->core;
	u32 i;

	ktap_pin(&core->heap, exec->local.pin);
	for (i = 0; i < exec->live; i++) {
		struct ktap_value *val = &exec->regs[i];

		if (val->type != KTAP_T_TAB)
			continue;
		if (hold && !ktap_tab_hold(&core->tabs, val->ref))
			val->ref = 0;
		else if (!hold && val->ref)
			ktap_tab_unhold(&core->tabs, &exec->local, val->ref);
	}
	ktap_unpin(exec->local.pin);
}

/**
 * ktap_vm_reap - Free tables that no variable, table or register has
 * @exec: slot
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: 0; -EFAULT if the budget is used up; -EINTR if the run shall end.
 */
int ktap_vm_reap(struct ktap_exec *exec)
{
	int ret, err = 0;

	vm_hold_tabs(exec, true);
	do {
		ret = vm_reap_some(exec);
		if (!err)
			err = ktap_vm_charge(exec, REAP_STEPS);
	} while (ret == -EAGAIN && !err);
	vm_hold_tabs(exec, false);
	exec->reap_at = max(2 * exec->local.nr_zero, ZERO_MIN);
	return err ?: ktap_vm_charge(exec, exec->live / 16);
}

/*
 * Before an operation that may find the heap full: it is tried again then, once,
 * if there are tables whose memory may be had.
 */
static void vm_may_retry(struct ktap_exec *exec)
{
	exec->local.retry = exec->local.zero;
}

/* Is it to be tried again? */
static bool vm_retry(struct ktap_exec *exec, int *ret)
{
	bool retry = exec->local.retry;
	int err;

	exec->local.retry = false;
	if (likely(*ret != -ENOMEM) || !retry)
		return false;
	err = ktap_vm_reap(exec);
	if (err)
		*ret = err;
	return !err;
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

static noinline int vm_arith_imm(struct ktap_exec *exec, enum ktap_arith arith,
				 struct ktap_value *dst,
				 const struct ktap_value *b, s64 c)
{
	struct ktap_value val;

	ktap_set_int(&val, c);
	return vm_arith(exec, arith, dst, b, &val);
}

/*
 * Prepare a loop over integers. Returns 1 if it is to be entered: then the limit
 * has become the number of rounds behind the first one, so that nothing can wrap.
 */
static noinline int vm_for(struct ktap_exec *exec, struct ktap_value *regs)
{
	static const char * const names[] = { "first value", "limit", "step" };
	s64 init, limit, step;
	u64 dist;
	int i;

	for (i = 0; i < 3; i++) {
		if (regs[i].type != KTAP_T_INT)
			return KTAP_FAULT(exec, FOR, names[i], type_name(&regs[i]));
	}
	init = regs[0].i;
	limit = regs[1].i;
	step = regs[2].i;
	if (!step)
		return KTAP_FAULT(exec, STEP);
	if (step > 0 ? init > limit : init < limit)
		return 0;
	dist = step > 0 ? (u64)limit - (u64)init : (u64)init - (u64)limit;
	if (step != 1 && step != -1)
		dist = div64_u64(dist, step > 0 ? (u64)step : 0 - (u64)step);
	regs[1].i = dist;
	return 1;
}

/* Are two values equal? Returns 0 or 1, or an error. */
static noinline int vm_equal(struct ktap_exec *exec, const struct ktap_value *b,
			     const struct ktap_value *c)
{
	int ret;

	if (b->type != c->type)
		return 0;
	switch (b->type) {
	case KTAP_T_INT:
	case KTAP_T_FUNC:
		return b->i == c->i;
	case KTAP_T_STR:
	case KTAP_T_TUPLE:
	case KTAP_T_STACK:
		ret = ktap_vm_charge(exec, ktap_vm_bytes(b->str->len));
		return ret ?: ktap_str_equal(b->str, c->str);
	case KTAP_T_TAB:
	case KTAP_T_STAT:
		return b->ref == c->ref;
	default:
		return 1;
	}
}

static int str_compare(const struct ktap_str *b, const struct ktap_str *c)
{
	int ret = memcmp(b->data, c->data, min(b->len, c->len));

	if (ret)
		return ret;
	return b->len < c->len ? -1 : b->len > c->len;
}

/* Is one value less than another one, or @equal? Returns 0 or 1, or an error. */
static noinline int vm_less(struct ktap_exec *exec, const struct ktap_value *b,
			    const struct ktap_value *c, bool equal)
{
	int ret;

	if (b->type == KTAP_T_INT && c->type == KTAP_T_INT)
		return b->i < c->i || (equal && b->i == c->i);
	if (b->type != KTAP_T_STR || c->type != KTAP_T_STR)
		return KTAP_FAULT(exec, COMPARE, type_name(b), type_name(c));
	ret = ktap_vm_charge(exec, ktap_vm_bytes(min(b->str->len, c->str->len)));
	return ret ?: str_compare(b->str, c->str) < equal;
}

/**
 * ktap_vm_digits - Make the text of an integer
 * @i: the integer
 * @buf: room for KTAP_DIGITS bytes, at the end of which the text is
 * @len: its length
 *
 * What scnprintf() does, in a tenth of its instructions: strings are made of
 * integers again and again.
 *
 * Context: Any context, NMI included.
 * Return: where the text begins.
 */
const char *ktap_vm_digits(s64 i, char *buf, u32 *len)
{
	char *end = buf + KTAP_DIGITS, *to = end;
	u64 num = i < 0 ? 0 - (u64)i : (u64)i;
	u32 digits;

	/* Most numbers are done with one word, which 32-bit machines like. */
	while (num > U32_MAX) {
		num = div_u64_rem(num, 10, &digits);
		*--to = '0' + digits;
	}
	digits = num;
	do {
		*--to = '0' + digits % 10;
		digits /= 10;
	} while (digits);
	if (i < 0)
		*--to = '-';
	*len = end - to;
	return to;
}

/* The text of a value, in @buf if it is not a string. */
static const char *vm_text(const struct ktap_value *val, char *buf, u32 *len)
{
	switch (val->type) {
	case KTAP_T_STR:
		*len = val->str->len;
		return val->str->data;
	case KTAP_T_INT:
		return ktap_vm_digits(val->i, buf, len);
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
		*len = 0;
		return NULL;
	}
}

static noinline int vm_concat(struct ktap_exec *exec, struct ktap_value *dst,
			      const struct ktap_value *from, u32 nr)
{
	struct ktap_str *str;
	const char *text;
	u64 total = 0;
	char buf[KTAP_DIGITS];
	char *end;
	u32 len, i;
	int ret;

	for (i = 0; i < nr; i++) {
		if (!vm_text(&from[i], buf, &len))
			return KTAP_FAULT(exec, CONCAT, type_name(&from[i]));
		total += len;
	}
	if (total > exec->arena.size)
		return KTAP_FAULT(exec, STRING, exec->arena.size);
	/* Numbers are made into text twice. */
	ret = ktap_vm_charge(exec, 8 * nr);
	if (!ret)
		ret = ktap_vm_str(exec, total, &str);
	if (ret)
		return ret;
	for (end = str->data, i = 0; i < nr; i++) {
		text = vm_text(&from[i], buf, &len);
		memcpy(end, text, len);
		end += len;
	}
	ktap_set_str(dst, str);
	return 0;
}

/* Bytes of a part of a compound key behind its header. */
static u32 part_len(const struct ktap_value *val)
{
	switch (val->type) {
	case KTAP_T_INT:
		return sizeof(val->i);
	case KTAP_T_STR:
	case KTAP_T_STACK:
		return val->str->len;
	default:
		return 0;
	}
}

/* Several values as one key: what they would be in a record. */
static noinline int vm_key(struct ktap_exec *exec, struct ktap_value *dst,
			   const struct ktap_value *from, u32 nr)
{
	struct ktap_str *str;
	u64 total = 0;
	char *to;
	u32 i;
	int ret;

	for (i = 0; i < nr; i++) {
		if (unlikely(!(BIT(from[i].type) & KTAP_M_PART)))
			return KTAP_FAULT(exec, KEY, type_name(&from[i]));
		total += sizeof(struct ktap_val) + ALIGN(part_len(&from[i]), 8);
	}
	if (total > exec->arena.size)
		return KTAP_FAULT(exec, STRING, exec->arena.size);
	ret = ktap_vm_str(exec, total, &str);
	if (ret)
		return ret;
	for (to = str->data, i = 0; i < nr; i++) {
		u32 len = part_len(&from[i]), room = ALIGN(len, 8);
		struct ktap_val head = { from[i].type, len };

		if (from[i].type == KTAP_T_FUNC)
			head.len = from[i].i;
		memcpy(to, &head, sizeof(head));
		to += sizeof(head);
		memcpy(to, ktap_has_bytes(&from[i]) ? from[i].str->data :
		       (const char *)&from[i].i, len);
		memset(to + len, 0, room - len);
		to += room;
	}
	dst->str = str;
	dst->type = KTAP_T_TUPLE;
	return 0;
}

/* The parts of a compound key; of another value there is one. */
static noinline int vm_parts(struct ktap_exec *exec, struct ktap_value *dst,
			     u32 nr, const struct ktap_value *key)
{
	struct ktap_str *str;
	struct ktap_val head;
	u32 pos = 0, i = 0;
	s64 num;
	int ret;

	if (key->type != KTAP_T_TUPLE)
		dst[i++] = *key;
	else
		for (; i < nr && pos < key->str->len; i++) {
			memcpy(&head, key->str->data + pos, sizeof(head));
			pos += sizeof(head);
			switch (head.type) {
			case KTAP_T_INT:
				memcpy(&num, key->str->data + pos, sizeof(num));
				ktap_set_int(&dst[i], num);
				pos += sizeof(num);
				break;
			case KTAP_T_STR:
			case KTAP_T_STACK:
				ret = ktap_vm_str(exec, head.len, &str);
				if (ret)
					return ret;
				memcpy(str->data, key->str->data + pos, head.len);
				dst[i].str = str;
				dst[i].type = head.type;
				pos += ALIGN(head.len, 8);
				break;
			case KTAP_T_FUNC:
				ktap_set_func(&dst[i], head.len);
				break;
			default:
				dst[i].type = head.type;
				break;
			}
		}
	for (; i < nr; i++)
		ktap_set_nil(&dst[i]);
	return 0;
}

static noinline int vm_get_global(struct ktap_exec *exec, u32 global,
				  struct ktap_value *dst)
{
	struct ktap_core *core = exec->core;
	bool tried = false;
	int ret;

	for (;;) {
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_cell_read(&core->heap, &exec->arena,
				     atomic64_read(&core->globals[global]), dst);
		ktap_unpin(exec->local.pin);
		if (!ret) {
			vm_copied(exec, dst);
			return 0;
		}
		ret = ktap_vm_room(exec, &tried);
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

	if (unlikely(!(BIT(val->type) & KTAP_M_STORE)))
		return KTAP_FAULT(exec, STORE, type_name(val));
	vm_may_retry(exec);
	do {
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_cell_make(&core->heap, &exec->local, val, &word);
		if (!ret)
			ret = ktap_cell_set(&core->heap, &exec->local,
					    &core->globals[global], word);
		ktap_unpin(exec->local.pin);
	} while (vm_retry(exec, &ret));
	return ktap_vm_heap_error(exec, ret);
}

/* Arithmetic with nil gives nil, if it is one with an integer. */
static int vm_nil_global(struct ktap_exec *exec, u32 global,
			 const struct ktap_value *nil)
{
	u64 word = atomic64_read(&exec->core->globals[global]);

	if (BIT(ktap_cell_type(word)) & KTAP_M_ARITH)
		return vm_set_global(exec, global, nil);
	return KTAP_FAULT(exec, ARITH, ktap_type_names[ktap_cell_type(word)]);
}

static noinline int vm_update_global(struct ktap_exec *exec, u32 global,
				     enum ktap_arith arith,
				     const struct ktap_value *val)
{
	struct ktap_core *core = exec->core;
	struct ktap_update upd = { .operand = val->i, .arith = arith };
	int ret;

	if (unlikely(val->type != KTAP_T_INT)) {
		if (val->type == KTAP_T_NIL)
			return vm_nil_global(exec, global, val);
		return KTAP_FAULT(exec, ARITH, type_name(val));
	}

	ktap_pin(&core->heap, exec->local.pin);
	do {
		ret = ktap_cell_update(&core->heap, &core->globals[global], &upd);
		if (ret == -ENOBUFS && !ktap_update_spare(&core->heap, &exec->local,
							  &upd))
			ret = -EAGAIN;
	} while (ret == -EAGAIN);
	ktap_update_done(&core->heap, &upd);
	ktap_unpin(exec->local.pin);

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
	if (ktap_has_bytes(key))
		return ktap_vm_charge(exec, ktap_vm_bytes(key->str->len));
	return 0;
}

/**
 * ktap_vm_new_tab - Make a table
 * @exec: slot
 * @agg: how statistics in it count, or NULL
 * @dst: register that gets it; one that is always empty if the heap is full
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0; -EFAULT if the budget is used up; -EINTR if the run shall end.
 */
int ktap_vm_new_tab(struct ktap_exec *exec, const struct ktap_agg *agg,
		    struct ktap_value *dst)
{
	struct ktap_core *core = exec->core;
	int ret = 0;
	u64 tab;

	if (unlikely(exec->local.nr_zero >= exec->reap_at))
		ret = ktap_vm_reap(exec);
	if (ret)
		return ret;
	vm_may_retry(exec);
	do {
		ktap_pin(&core->heap, exec->local.pin);
		tab = ktap_tab_create(&core->tabs, &exec->local, agg);
		ktap_unpin(exec->local.pin);
		ret = tab ? 0 : -ENOMEM;
	} while (vm_retry(exec, &ret));
	ktap_set_tab(dst, tab);
	return ktap_vm_heap_error(exec, ret);
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
		ktap_tab_key(&core->tabs, tab->ref, val, &key);
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_tab_get(&core->tabs, &key, &exec->arena, dst);
		ktap_unpin(exec->local.pin);
		if (likely(!ret)) {
			vm_copied(exec, dst);
			return 0;
		}
		ret = ktap_vm_room(exec, &tried);
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
	if (unlikely(!(BIT(to->type) & KTAP_M_STORE)))
		return KTAP_FAULT(exec, STORE, type_name(to));
	ktap_tab_key(&core->tabs, tab->ref, val, &key);
	vm_may_retry(exec);
	do {
		ktap_pin(&core->heap, exec->local.pin);
		if (to->type == KTAP_T_NIL)
			ret = ktap_tab_delete(&core->tabs, &exec->local, &key);
		else
			ret = ktap_tab_set(&core->tabs, &exec->local, &key, to);
		ktap_unpin(exec->local.pin);
	} while (vm_retry(exec, &ret));
	return ktap_vm_heap_error(exec, ret);
}

/* Arithmetic with nil gives nil, if it is one with an integer. */
static int vm_nil_tab(struct ktap_exec *exec, const struct ktap_key *key)
{
	struct ktap_core *core = exec->core;
	struct ktap_value val;
	int ret;

	ktap_pin(&core->heap, exec->local.pin);
	/* What needs room is a string or a compound key. */
	if (ktap_tab_get(&core->tabs, key, &exec->arena, &val))
		val.type = KTAP_T_STR;
	ret = val.type == KTAP_T_INT ?
	      ktap_tab_delete(&core->tabs, &exec->local, key) : 0;
	ktap_unpin(exec->local.pin);
	if (!(BIT(val.type) & KTAP_M_ARITH))
		return KTAP_FAULT(exec, ARITH, type_name(&val));
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
	if (unlikely(!(BIT(by->type) & KTAP_M_ARITH)))
		return KTAP_FAULT(exec, ARITH, type_name(by));
	ktap_tab_key(&core->tabs, tab->ref, val, &key);
	if (unlikely(by->type == KTAP_T_NIL))
		return vm_nil_tab(exec, &key);
	vm_may_retry(exec);
	do {
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_tab_update(&core->tabs, &exec->local, &key, &upd);
		ktap_unpin(exec->local.pin);
	} while (vm_retry(exec, &ret));

	if (likely(!ret))
		return 0;
	if (ret == -EDOM)
		return KTAP_FAULT(exec, DIVIDE);
	if (ret == -EINVAL)
		return KTAP_FAULT(exec, ARITH, ktap_type_names[upd.type]);
	return ktap_vm_heap_error(exec, ret);
}

/* What "<<<" feeds with. Returns 1 if it is nothing. */
static int vm_check_feed(struct ktap_exec *exec, const struct ktap_value *by)
{
	if (likely(by->type == KTAP_T_INT))
		return 0;
	if (by->type == KTAP_T_NIL)
		return 1;
	return KTAP_FAULT(exec, FEED_BY, type_name(by));
}

static noinline int vm_feed(struct ktap_exec *exec, const struct ktap_value *val,
			    const struct ktap_value *by)
{
	struct ktap_core *core = exec->core;
	int ret;

	if (unlikely(val->type != KTAP_T_TAB && val->type != KTAP_T_STAT))
		return KTAP_FAULT(exec, FEED, type_name(val));
	ret = vm_check_feed(exec, by);
	if (unlikely(ret))
		return min(ret, 0);
	vm_may_retry(exec);
	do {
		ktap_pin(&core->heap, exec->local.pin);
		if (val->type == KTAP_T_TAB)
			ret = ktap_tab_feed_all(&core->tabs, &exec->local,
						val->ref, by->i);
		else
			ret = ktap_stat_feed(&core->heap, exec->local.pin,
					     val->ref, by->i);
		ktap_unpin(exec->local.pin);
	} while (vm_retry(exec, &ret));
	if (ret == -EINVAL)
		return KTAP_FAULT(exec, FEED, "plain table");
	return ktap_vm_heap_error(exec, ret);
}

static noinline int vm_feed_tab(struct ktap_exec *exec,
				const struct ktap_value *tab,
				const struct ktap_value *val,
				const struct ktap_value *by)
{
	struct ktap_core *core = exec->core;
	enum ktap_type type = KTAP_T_NIL;
	struct ktap_value whole;
	struct ktap_key key;
	int ret;

	ret = vm_check_key(exec, tab, val);
	if (unlikely(ret))
		return ret;
	ret = vm_check_feed(exec, by);
	if (unlikely(ret))
		return min(ret, 0);
	ktap_tab_key(&core->tabs, tab->ref, val, &key);
	vm_may_retry(exec);
	do {
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_tab_feed(&core->tabs, &exec->local, &key, by->i, &type);
		ktap_unpin(exec->local.pin);
	} while (vm_retry(exec, &ret));
	if (unlikely(ret == -EINVAL && type == KTAP_T_TAB)) {
		/* A table in a table is fed as a whole. */
		ret = vm_get_tab(exec, &whole, tab, val);
		return ret ?: vm_feed(exec, &whole, by);
	}
	if (unlikely(ret == -EINVAL))
		return KTAP_FAULT(exec, FEED, ktap_type_names[type]);
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

/* Begin to go through a table. */
static noinline int vm_iter(struct ktap_exec *exec, struct ktap_value *regs)
{
	struct ktap_core *core = exec->core;

	if (unlikely(regs[0].type != KTAP_T_TAB))
		return KTAP_FAULT(exec, INDEX, type_name(&regs[0]));
	ktap_pin(&core->heap, exec->local.pin);
	ktap_set_int(&regs[1], ktap_tab_first(&core->tabs, regs[0].ref));
	ktap_unpin(exec->local.pin);
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
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_tab_next(&core->tabs, regs[0].ref, &regs[1].i,
				    NEXT_STEPS, &exec->arena, &key, &val);
		ktap_unpin(exec->local.pin);
		switch (ret) {
		case 0:
			/* Without a pair they keep the types they had. */
			regs[2] = key;
			regs[3] = val;
			vm_copied(exec, &key);
			vm_copied(exec, &val);
			return 1;
		case -ENOENT:
			return 0;
		case -EAGAIN:
			ret = ktap_vm_charge(exec, NEXT_STEPS);
			break;
		default:
			ret = ktap_vm_room(exec, &tried);
			break;
		}
		if (ret)
			return ret;
	}
}

/**
 * ktap_vm_var - Read a builtin variable
 * @exec: slot
 * @var: variable
 * @dst: its value
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: as builtin.h says.
 */
noinline int ktap_vm_var(struct ktap_exec *exec, enum ktap_var var,
			 struct ktap_value *dst)
{
	bool tried = false;
	int ret;

	while (ktap_var_read(exec, var, dst)) {
		ret = ktap_vm_room(exec, &tried);
		if (ret)
			return ret;
	}
	return 0;
}

/* Count by the name of the task, without making it a string. */
static noinline int vm_count_comm(struct ktap_exec *exec, u64 tab, s64 by)
{
	u64 name[TASK_COMM_LEN / sizeof(u64)] __uninitialized;

	memcpy(name, current->comm, sizeof(name));
	return ktap_tab_add_str(&exec->core->tabs, exec->local.pin, tab, name,
				ktap_var_comm_len((char *)name), by);
}

static noinline int vm_field(struct ktap_exec *exec, u32 field,
			     struct ktap_value *dst)
{
	bool tried = false;
	int ret;

	while (exec->env->field(exec, field, dst)) {
		ret = ktap_vm_room(exec, &tried);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Calls
 */

/*
 * Enter a function whose registers begin at @base; the frame is there already.
 * This is where calls are charged: for all of the function once.
 */
static __always_inline int vm_enter(struct ktap_exec *exec,
				    const struct ktap_callee *callee, u32 base)
{
	u32 top = base + callee->nr_regs;

	if (unlikely(top > exec->top)) {
		if (top > exec->nr_regs)
			return KTAP_FAULT(exec, STACK);
		exec->top = top;
	}
	exec->live = top;
	exec->fuel -= callee->nr_insns;
	return unlikely(exec->fuel < 0) ? vm_refuel(exec) : 0;
}

static __always_inline int vm_push(struct ktap_exec *exec,
				   const struct ktap_insn *insn, u32 base,
				   u32 results)
{
	struct ktap_frame *frame = &exec->frames[exec->nr_frames];

	if (unlikely(exec->nr_frames == exec->max_frames))
		return KTAP_FAULT(exec, STACK);
	exec->nr_frames++;
	frame->insn = insn;
	frame->base = base;
	frame->live = exec->live;
	frame->results = results;
	return 0;
}

/*
 * Check what is called, and give it its parameters: nil for those that lack.
 * The function may be in a register that is one of them. Returns NULL if the run
 * failed.
 */
static noinline const struct ktap_callee *
vm_check_call(struct ktap_exec *exec, const struct ktap_value *func,
	      struct ktap_value *args, u32 nr)
{
	const struct ktap_callee *to;

	if (func->type != KTAP_T_FUNC) {
		KTAP_FAULT(exec, CALL, type_name(func));
		return NULL;
	}
	to = &exec->core->prog->callees[func->i];
	if (!(to->where & exec->where)) {
		KTAP_FAULT(exec, WHERE);
		return NULL;
	}
	if (args + to->nr_params > exec->regs + exec->nr_regs) {
		KTAP_FAULT(exec, STACK);
		return NULL;
	}
	for (; nr < to->nr_params; nr++)
		ktap_set_nil(&args[nr]);
	return to;
}

/*
 * Copied as a whole it would be one operand of sixteen bytes to the compiler, which
 * aligns stacks for it where it has to keep one.
 */
static __always_inline void vm_copy(struct ktap_value *to, const struct ktap_value *from)
{
	u64 type = from->type;

	to->i = from->i;
	to->type = type;
}

/* Results at @from go to @to, with nil for those that lack. */
static __always_inline void vm_results(struct ktap_value *to,
				       const struct ktap_value *from, u32 nr,
				       u32 want)
{
	u32 i;

	if (likely(nr == 1 && want == 1)) {
		vm_copy(to, from);
		return;
	}
	for (i = 0; i < min(nr, want); i++)
		vm_copy(&to[i], &from[i]);
	for (; i < want; i++)
		ktap_set_nil(&to[i]);
}

/* Where the run is, for a message. */
static void vm_trace(struct ktap_exec *exec, const struct ktap_insn *insn)
{
	const struct ktap_insn *insns = exec->core->prog->insns;
	struct ktap_fault *fault = &exec->fault;
	u32 i = exec->nr_frames;

	/* A comparison in a sort has failed, and has told where. */
	if (fault->nr_pcs)
		return;
	while (insn && fault->nr_pcs < KTAP_MAX_FRAMES) {
		fault->pcs[fault->nr_pcs++] = insn - insns;
		insn = i ? exec->frames[--i].insn : NULL;
	}
}

/**
 * ktap_vm_loop - Go through instructions until the function that was entered returns
 * @exec: slot
 * @insn: first instruction
 * @regs: registers of the function
 *
 * Each case ends by going to the next one, through a table of labels: one indirect
 * jump an instruction, which the processor can predict by itself. Operands that are
 * registers or constants are their distance in bytes from the first one, which is
 * what the verifier leaves in the code.
 *
 * There is nothing here of which the address is taken: what is entered for each event
 * shall save few registers and clear nothing.
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: 0; -EFAULT if the run failed; -EINTR if it shall end; -ECANCELED if
 * exit() was called.
 */
int ktap_vm_loop(struct ktap_exec *exec, const struct ktap_insn *insn,
		 struct ktap_value *regs)
{
#define LABEL(name, nr, ...)					\
	[KTAP_OP_##name] = &&do_##name,
#define FAST_LABEL(name, ...)						\
	[KTAP_OP_##name] = &&do_##name,
	static const void * const jumptable[KTAP_OP_ALL] __annotate_jump_table = {
		___KTAP_OP_MAPPER(LABEL)
		KTAP_FAST_OPS(FAST_LABEL)
		KTAP_TASK_OPS(FAST_LABEL)
		KTAP_COUNT_OPS(FAST_LABEL)
		[KTAP_OP_CALLB_FIT] = &&do_CALLB_FIT,
		[KTAP_OP_LOOP] = &&do_LOOP,
		[KTAP_OP_LEAVE] = &&do_LEAVE,
		[KTAP_OP_NEVER] = &&do_NEVER,
	};

#undef LABEL
#undef FAST_LABEL
	const struct ktap_callee *callee;
	struct ktap_value *val;
	u64 word;
	int ret;
	u32 nr;

#define REG(operand)	((struct ktap_value *)((char *)regs + (operand)))
#define RA		REG(insn->a)
#define RB		REG(insn->b)
#define RC		REG(insn->c)
#define IMM		((s16)insn->c)
#define DISPATCH()	goto *jumptable[insn->op]
#define NEXT()		do { insn++; DISPATCH(); } while (0)
/* Take the jump behind this instruction, or skip it. */
#define BRANCH(cond)							\
	do {								\
		if (cond) {						\
			insn++;						\
			if (insn->op == KTAP_OP_LOOP)			\
				goto do_LOOP;				\
			insn += KTAP_INSN_SBX(insn);			\
			NEXT();						\
		}							\
		insn += 2;						\
		DISPATCH();						\
	} while (0)
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
#define IMM_OP(expr)							\
	do {								\
		s64 b = RB->i, c = IMM;					\
									\
		ktap_set_int(RA, expr);					\
		NEXT();							\
	} while (0)
#define ARITH_OP(name, expr)						\
do_##name:								\
	if (likely(RB->type == KTAP_T_INT && RC->type == KTAP_T_INT))	\
		INT_OP(expr);						\
	TRY(vm_arith(exec, KTAP_A_##name, RA, RB, RC));			\
do_##name##_INT:							\
	INT_OP(expr);							\
do_##name##I:								\
	if (likely(RB->type == KTAP_T_INT))				\
		IMM_OP(expr);						\
	TRY(vm_arith_imm(exec, KTAP_A_##name, RA, RB, IMM));		\
do_##name##I_INT:							\
	IMM_OP(expr)
#define COMPARE_OP(name, op, equal)					\
do_##name:								\
	ret = vm_less(exec, RB, RC, equal);				\
	if (unlikely(ret < 0))						\
		goto out;						\
	BRANCH(ret == insn->a);						\
do_##name##_INT:							\
	BRANCH((RB->i op RC->i) == insn->a);				\
do_##name##I:								\
	if (unlikely(RB->type != KTAP_T_INT)) {				\
		ret = KTAP_FAULT(exec, COMPARE, type_name(RB),		\
				 ktap_type_names[KTAP_T_INT]);		\
		goto out;						\
	}								\
do_##name##I_INT:							\
	BRANCH((RB->i op IMM) == insn->a)
#define COUNT_BY	KTAP_INSN_SBX(insn + KTAP_COUNT_LOADI)
/*
 * All of a handler that counts, with the table as @word. No register is read by what
 * follows, so none is written.
 */
#define COUNT_OP(add)							\
	do {								\
		word = atomic64_read(&exec->core->globals[KTAP_INSN_BX(insn)]); \
		if (unlikely(KTAP_CELL_TAG(word) != KTAP_CELL_TAB ||	\
			     exec->owner))				\
			goto do_GETG;					\
		word = ktap_cell_ref(word);				\
		if (unlikely(add))					\
			goto do_GETG;					\
		goto do_LEAVE;						\
	} while (0)

	DISPATCH();

do_MOVE:
	vm_copy(RA, RB);
	NEXT();
do_LOADK:
	vm_copy(RA, (struct ktap_value *)((char *)exec->core->prog->consts +
					  KTAP_INSN_BX(insn)));
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
do_LOADF:
	ktap_set_func(RA, KTAP_INSN_BX(insn));
	NEXT();

	ARITH_OP(ADD, (u64)b + (u64)c);
	ARITH_OP(SUB, (u64)b - (u64)c);
	ARITH_OP(MUL, (u64)b * (u64)c);
	ARITH_OP(AND, b & c);
	ARITH_OP(OR, b | c);
	ARITH_OP(XOR, b ^ c);
	ARITH_OP(SHL, (u64)b << (c & 63));
	ARITH_OP(SHR, b >> (c & 63));
do_DIV:
	TRY(vm_arith(exec, KTAP_A_DIV, RA, RB, RC));
do_MOD:
	TRY(vm_arith(exec, KTAP_A_MOD, RA, RB, RC));
do_DIVI:
	if (likely(RB->type == KTAP_T_INT && IMM > 0))
		IMM_OP(div64_s64(b, c));
	TRY(vm_arith_imm(exec, KTAP_A_DIV, RA, RB, IMM));
do_MODI:
	if (likely(RB->type == KTAP_T_INT && IMM > 0))
		IMM_OP(b - div64_s64(b, c) * c);
	TRY(vm_arith_imm(exec, KTAP_A_MOD, RA, RB, IMM));

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
	TRY(vm_concat(exec, RA, RB, RC - RB + 1));

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
	ret = vm_equal(exec, RB, RC);
	if (unlikely(ret < 0))
		goto out;
	BRANCH(ret == insn->a);
do_EQ_INT:
	BRANCH((RB->i == RC->i) == insn->a);
do_EQI:
	BRANCH((RB->type == KTAP_T_INT && RB->i == IMM) == insn->a);
do_EQI_INT:
	BRANCH((RB->i == IMM) == insn->a);
	COMPARE_OP(LT, <, false);
	COMPARE_OP(LE, <=, true);

do_FORPREP:
	ret = vm_for(exec, RA);
	if (unlikely(ret < 0))
		goto out;
	if (!ret)
		insn += KTAP_INSN_SBX(insn);
	NEXT();
do_FORLOOP:
	val = RA;
	if (!val[1].i)
		NEXT();
	val[1].i--;
	val[0].i += (u64)val[2].i;
	goto do_LOOP;

do_GETG:
	word = atomic64_read(&exec->core->globals[KTAP_INSN_BX(insn)]);
	if (KTAP_CELL_IS_INT(word)) {
		ktap_set_int(RA, (s64)word >> 1);
		NEXT();
	}
	if (KTAP_CELL_TAG(word) == KTAP_CELL_TAB) {
		ktap_set_tab(RA, ktap_cell_ref(word));
		NEXT();
	}
	TRY(vm_get_global(exec, KTAP_INSN_BX(insn), RA));
do_SETG:
	TRY(vm_set_global(exec, KTAP_INSN_BX(insn), RA));
do_UPDG:
	if (likely(insn->b == KTAP_A_ADD && RA->type == KTAP_T_INT &&
		   !ktap_cell_add(&exec->core->globals[insn->c], RA->i)))
		NEXT();
	TRY(vm_update_global(exec, insn->c, insn->b, RA));

do_NEWTAB:
	TRY(ktap_vm_new_tab(exec, NULL, RA));
do_GETT:
	if (likely(RB->type == KTAP_T_TAB &&
		   (RC->type == KTAP_T_INT ||
		    (RC->type == KTAP_T_STR && RC->str->len <= QUICK_KEY)) &&
		   ktap_tab_read(&exec->core->tabs, exec->local.pin, RB->ref, RC,
				 &exec->arena, RA))) {
		vm_copied(exec, RA);
		NEXT();
	}
	TRY(vm_get_tab(exec, RA, RB, RC));
do_SETT:
	TRY(vm_set_tab(exec, RA, RB, RC));
do_ADDT:
	val = RB;
	if (unlikely(RA->type != KTAP_T_TAB || RC->type != KTAP_T_INT)) {
		ret = -EAGAIN;
	} else if (val->type == KTAP_T_INT) {
		ret = ktap_tab_add_int(&exec->core->tabs, exec->local.pin, RA->ref,
				       val->i, RC->i);
	} else if (ktap_has_bytes(val)) {
		if (unlikely(val->str->len > QUICK_KEY))
			exec->fuel -= ktap_vm_bytes(val->str->len);
		ret = ktap_tab_add_bytes(&exec->core->tabs, exec->local.pin, RA->ref,
					 val, RC->i);
	} else {
		ret = -EAGAIN;
	}
	if (likely(!ret))
		NEXT();
	TRY(vm_update_tab(exec, KTAP_A_ADD, RA, RB, RC));
do_UPDT:
	TRY(vm_update_tab(exec, insn->c, RA, RB, RB + 1));
do_KEY:
	TRY(vm_key(exec, RA, RB, RC - RB + 1));
do_PARTS:
	TRY(vm_parts(exec, RA, insn->c, RB));
do_FEED:
	if (likely(RA->type == KTAP_T_TAB && RB->type == KTAP_T_INT &&
		   ktap_tab_feed_filled(&exec->core->tabs, exec->local.pin, RA->ref,
					RB->i)))
		NEXT();
	TRY(vm_feed(exec, RA, RB));
do_FEEDT:
	TRY(vm_feed_tab(exec, RA, RB, RC));

do_ITER:
	TRY(vm_iter(exec, RA));
do_NEXT:
	ret = vm_next(exec, RA);
	if (unlikely(ret < 0))
		goto out;
	BRANCH(ret);
do_SORT:
	exec->insn = insn;
	TRY(ktap_vm_sort(exec, RA));
do_NEXTS:
	exec->insn = insn;
	ret = ktap_vm_next_sorted(exec, RA);
	if (unlikely(ret < 0))
		goto out;
	BRANCH(ret);
do_ENDS:
	ktap_vm_end_sort(exec, RA[1].i);
	NEXT();

do_VAR:
	if (likely(!ktap_var_read(exec, KTAP_INSN_BX(insn), RA)))
		NEXT();
	TRY(ktap_vm_var(exec, KTAP_INSN_BX(insn), RA));
do_VAR_PID:
	if (unlikely(exec->owner))
		goto do_VAR;
	ktap_set_int(RA, current->tgid);
	NEXT();
do_COUNT_PID:
	COUNT_OP(ktap_tab_add_int(&exec->core->tabs, exec->local.pin, word,
				  current->tgid, COUNT_BY));
do_COUNT_TID:
	COUNT_OP(ktap_tab_add_int(&exec->core->tabs, exec->local.pin, word,
				  current->pid, COUNT_BY));
do_COUNT_COMM:
	COUNT_OP(vm_count_comm(exec, word, COUNT_BY));
do_VAR_TID:
	if (unlikely(exec->owner))
		goto do_VAR;
	ktap_set_int(RA, current->pid);
	NEXT();
do_VAR_COMM:
	if (unlikely(exec->owner || ktap_var_comm(exec, current->comm, RA)))
		goto do_VAR;
	NEXT();
do_FIELD:
	if (likely(!exec->env->field(exec, KTAP_INSN_BX(insn), RA)))
		NEXT();
	TRY(vm_field(exec, KTAP_INSN_BX(insn), RA));

do_CALLB:
	nr = insn->c;
	if (unlikely(nr & KTAP_OPEN))
		nr = (nr & ~KTAP_OPEN) + exec->nr_results;
	TRY(ktap_vm_call(exec, insn->b, RA, nr));
do_CALLB_FIT:
	TRY(ktap_builtins[insn->b](exec, RA, insn->c));
do_CALL:
	callee = &exec->core->prog->callees[insn->b];
	nr = insn->c;
	goto call;
do_CALLV:
	callee = vm_check_call(exec, RB, RA, KTAP_CALLV_ARGS(insn->c));
	if (unlikely(!callee))
		goto failed;
	nr = KTAP_CALLV_RESULTS(insn->c);
call:
	ret = vm_push(exec, insn, regs - exec->regs, nr);
	if (unlikely(ret))
		goto out;
	ret = vm_enter(exec, callee, RA - exec->regs);
	if (unlikely(ret)) {
		/* It did not come to run. */
		exec->nr_frames--;
		goto out;
	}
	regs = RA;
	insn = callee->insns;
	DISPATCH();
do_TCALLV:
	callee = vm_check_call(exec, RB, RA, insn->c);
	if (unlikely(!callee))
		goto failed;
	goto tail_call;
do_TCALL:
	callee = &exec->core->prog->callees[insn->b];
tail_call:
	ret = vm_enter(exec, callee, regs - exec->regs);
	if (unlikely(ret))
		goto out;
	memmove(regs, RA, callee->nr_params * sizeof(*regs));
	insn = callee->insns;
	DISPATCH();

do_LEAVE:
	return 0;
do_NEVER:
	ret = KTAP_FAULT(exec, INTERNAL, "the verifier took this for unreachable");
	goto out;
do_RET:
	{
		const struct ktap_frame *frame = &exec->frames[--exec->nr_frames];
		u32 want = frame->results;

		nr = insn->b;
		if (unlikely(nr & KTAP_OPEN))
			nr = min_t(u32, (nr & ~KTAP_OPEN) + exec->nr_results,
				   KTAP_MAX_RESULTS);
		exec->nr_results = nr;
		exec->live = frame->live;
		vm_results(regs, RA, nr, want & ~FRAME_LEAVE);
		if (unlikely(want & FRAME_LEAVE)) {
			/* The first one is there for all runs. */
			exec->nr_frames += frame == exec->frames;
			return 0;
		}
		insn = frame->insn;
		regs = exec->regs + frame->base;
		NEXT();
	}
failed:
	ret = -EFAULT;
out:
	vm_trace(exec, insn);
	return ret;
}

/**
 * ktap_vm_invoke - Call a function in the middle of an instruction
 * @exec: slot, whose @insn is set
 * @proto: index of the function
 * @args: arguments
 * @nr: their number
 * @res: its first result
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: 0, or an error of ktap_vm_fault() and the like.
 */
int ktap_vm_invoke(struct ktap_exec *exec, u32 proto, const struct ktap_value *args,
		   u32 nr, struct ktap_value *res)
{
	const struct ktap_callee *callee = &exec->core->prog->callees[proto];
	const struct ktap_insn *insn = exec->insn;
	struct ktap_value *regs = exec->regs + exec->live;
	u32 base = exec->live;
	int ret;

	if (base + max(callee->nr_regs, 1U) > exec->nr_regs)
		return KTAP_FAULT(exec, STACK);
	ret = vm_push(exec, insn, base, FRAME_LEAVE | 1);
	if (ret)
		return ret;
	ret = vm_enter(exec, callee, base);
	if (ret) {
		exec->nr_frames--;
		return ret;
	}
	exec->top = max(exec->top, base + 1);
	memcpy(regs, args, min(nr, callee->nr_params) * sizeof(*regs));
	for (; nr < callee->nr_params; nr++)
		ktap_set_nil(&regs[nr]);
	ret = ktap_vm_loop(exec, callee->insns, regs);
	exec->insn = insn;
	*res = regs[0];
	return ret;
}

/* What a run has to leave behind for the next one. */
static void vm_finish(struct ktap_exec *exec)
{
	u32 steps = 0, i;
	int ret;

	if (exec->sorts)
		ktap_vm_end_sorts(exec);
	if (exec->arena.used > KTAP_ARENA_KEEP) {
		for (i = 0; i < exec->top; i++)
			ktap_set_nil(&exec->regs[i]);
		exec->top = vm_regs(exec);
		exec->arena.used = 0;
	}
	if (likely(!exec->local.zero))
		return;
	/* What a probe does not come to is for the next one. */
	exec->reap_at = ZERO_MIN;
	do {
		ret = vm_reap_some(exec);
		steps += REAP_STEPS;
		if (exec->proc && !(steps % KTAP_SLICE) && exec->env->pause(exec))
			break;
	} while (ret == -EAGAIN && (exec->proc || steps < REAP_PROBE));
}

/**
 * ktap_vm_end - End a run with which there is more to do
 * @exec: slot
 * @ret: what ktap_vm_loop() returned
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: how the run ended.
 */
enum ktap_end ktap_vm_end(struct ktap_exec *exec, int ret)
{
	exec->nr_frames = 1;
	exec->spec = 0;
	vm_finish(exec);
	switch (ret) {
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

/**
 * ktap_vm_refuse - Run nothing, because the budget is less than what is to be run
 * @exec: slot
 * @callee: what was to be run
 *
 * Context: Probe context: preemption off, slot held.
 * Return: KTAP_END_FAULT.
 */
enum ktap_end ktap_vm_refuse(struct ktap_exec *exec, const struct ktap_callee *callee)
{
	exec->nr_frames = 0;
	KTAP_FAULT(exec, BUDGET);
	vm_trace(exec, callee->insns);
	exec->nr_frames = 1;
	return KTAP_END_FAULT;
}

/**
 * ktap_vm_run - Run a function
 * @exec: slot, whose @event is set if the function is of kind KTAP_PROTO_PROBE
 * @proto: index of the function, of a kind that fits the slot
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: how the run ended.
 */
enum ktap_end ktap_vm_run(struct ktap_exec *exec, u32 proto)
{
	const struct ktap_callee *callee = &exec->core->prog->callees[proto];

	if (!exec->proc)
		return ktap_vm_probe(exec, callee, ktap_vm_fuel(exec->core, callee));
	exec->fuel = 0;
	exec->budget = exec->core->budget[1];
	if (unlikely(callee->nr_insns > exec->budget))
		return ktap_vm_refuse(exec, callee);
	exec->budget -= callee->nr_insns;
	exec->where = callee->where;
	exec->arena.start = exec->arena.used;
	exec->live = callee->nr_regs;
	return ktap_vm_end(exec, ktap_vm_loop(exec, callee->insns, exec->regs));
}
