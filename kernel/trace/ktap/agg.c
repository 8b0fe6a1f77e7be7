// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin functions of statistics
 *
 * What is printed is sent as it is: one record for each key, with what its
 * statistic comes to and the ranges that are not empty, as many as fit. Sorting,
 * choosing and drawing are for the reader.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "builtin.h"

/* Ranges in one record, which has to fit into a page with its key. */
#define RANGES		64

/* Entries that are looked at between two looks at the budget. */
#define ENTRY_STEPS	64

/* What an entry costs that is not printed. */
#define SKIP_COST	4

/* What adding up a part for each CPU costs, and the standard deviation. */
#define PART_COST	4
#define MERGE_COST	256

/* What it costs to make out what a statistic comes to, in instructions. */
static u32 merge_cost(const struct ktap_exec *exec)
{
	return MERGE_COST + PART_COST * exec->core->heap.nr_pins;
}

static int new_agg(struct ktap_exec *exec, struct ktap_value *args, const char *name,
		   const struct ktap_agg *agg)
{
	const char *wrong = ktap_agg_check(agg);

	if (wrong)
		return KTAP_FAULT(exec, VALUE, name, wrong);
	return ktap_vm_new_tab(exec, agg, args);
}

int ktap_fn_STAT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_agg agg = { .kind = KTAP_AGG_STAT };

	return new_agg(exec, args, "stat", &agg);
}

int ktap_fn_HIST(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_agg agg = { .kind = KTAP_AGG_HIST };

	return new_agg(exec, args, "hist", &agg);
}

int ktap_fn_LHIST(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_agg agg = {
		.kind = KTAP_AGG_LHIST,
		.param = { args[0].i, args[1].i, args[2].i },
	};

	return new_agg(exec, args, "lhist", &agg);
}

int ktap_fn_LLHIST(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_agg agg = {
		.kind = KTAP_AGG_LLHIST,
		.param = { args[0].i, args[1].i, args[2].i, args[3].i },
	};

	return new_agg(exec, args, "llhist", &agg);
}

/* The statistic that an argument stands for, or 0 if nothing was fed. */
static u64 stat_of(struct ktap_exec *exec, const struct ktap_value *val)
{
	struct ktap_core *core = exec->core;
	u64 stat;

	switch (val->type) {
	case KTAP_T_STAT:
		return val->ref;
	case KTAP_T_TAB:
		ktap_pin(&core->heap, exec->local.pin);
		stat = ktap_tab_stat(&core->tabs, val->ref);
		ktap_unpin(exec->local.pin);
		return stat;
	default:
		return 0;
	}
}

/* Can a table have been fed as a whole? One that is gone has nothing. */
static bool may_be_fed(struct ktap_exec *exec, u64 tab)
{
	struct ktap_core *core = exec->core;
	bool plain;

	ktap_pin(&core->heap, exec->local.pin);
	plain = ktap_tab_is_plain(&core->tabs, tab);
	ktap_unpin(exec->local.pin);
	return !plain;
}

static int sum_up(struct ktap_exec *exec, const struct ktap_value *val,
		  const char *name, struct ktap_stat_sum *sum)
{
	u64 stat = stat_of(exec, val);

	memset(sum, 0, sizeof(*sum));
	if (!stat && val->type == KTAP_T_TAB && !may_be_fed(exec, val->ref))
		return KTAP_FAULT(exec, VALUE, name,
				  "a table that was not made by stat() or the like");
	if (!stat)
		return 0;
	ktap_pin(&exec->core->heap, exec->local.pin);
	ktap_stat_sum(&exec->core->heap, stat, sum);
	ktap_unpin(exec->local.pin);
	return ktap_vm_charge(exec, merge_cost(exec));
}

/* A number that there is none of where nothing was fed. */
static void set_or_nil(struct ktap_value *val, const struct ktap_stat_sum *sum, s64 num)
{
	if (sum->count)
		ktap_set_int(val, num);
	else
		ktap_set_nil(val);
}

int ktap_fn_COUNT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_stat_sum sum;
	int ret = sum_up(exec, args, "count", &sum);

	ktap_set_int(args, sum.count);
	return ret;
}

int ktap_fn_SUM(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_stat_sum sum;
	int ret = sum_up(exec, args, "sum", &sum);

	ktap_set_int(args, sum.sum);
	return ret;
}

int ktap_fn_AVG(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_stat_sum sum;
	int ret = sum_up(exec, args, "avg", &sum);

	set_or_nil(args, &sum, sum.avg);
	return ret;
}

int ktap_fn_MIN(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_stat_sum sum;
	int ret = sum_up(exec, args, "min", &sum);

	set_or_nil(args, &sum, sum.min);
	return ret;
}

int ktap_fn_MAX(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_stat_sum sum;
	int ret = sum_up(exec, args, "max", &sum);

	set_or_nil(args, &sum, sum.max);
	return ret;
}

int ktap_fn_STDDEV(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_stat_sum sum;
	int ret = sum_up(exec, args, "stddev", &sum);

	set_or_nil(args, &sum, sum.stddev);
	return ret;
}

/* Room for the body of a record; it is gone with the next string. */
static int item_room(struct ktap_exec *exec, u32 size, void **body)
{
	struct ktap_str *str;
	/* Strings are not aligned as values are. */
	int ret = ktap_vm_str(exec, size + KTAP_REC_ALIGN, &str);

	if (!ret)
		*body = PTR_ALIGN((void *)str->data, KTAP_REC_ALIGN);
	return ret;
}

/* One record for a key and its statistic, from range @from on. */
static int put_stat(struct ktap_exec *exec, const struct ktap_value *key, u64 ref,
		    u32 *from, bool ranges)
{
	struct ktap_heap *heap = &exec->core->heap;
	u32 size = ktap_rec_size(key);
	struct ktap_val_stat *stat;
	struct ktap_val *head;
	void *body;
	int ret;

	ret = item_room(exec, size + sizeof(*head) + sizeof(*stat) +
			RANGES * sizeof(*stat->ranges), &body);
	if (ret)
		return ret;
	head = ktap_rec_put(exec, key, body);
	stat = (void *)(head + 1);
	ktap_rec_stat(exec, ref, stat);
	if (ranges) {
		ktap_pin(heap, exec->local.pin);
		stat->nr_ranges = ktap_stat_ranges(heap, ref, from, stat->ranges,
						   RANGES);
		ktap_unpin(exec->local.pin);
	}
	if (stat->nr_ranges == RANGES)
		stat->flags = KTAP_STAT_MORE;
	head->type = KTAP_T_STAT;
	head->len = struct_size(stat, ranges, stat->nr_ranges);
	exec->env->raw(exec, KTAP_REC_ITEM, body,
		       (void *)stat + head->len - body);
	ret = ktap_vm_charge(exec, KTAP_RECORD_COST + merge_cost(exec) + stat->nr_ranges);
	return ret ?: stat->flags == KTAP_STAT_MORE;
}

/* Records for a key, which is in a register, and what it has. */
static int put_item(struct ktap_exec *exec, const struct ktap_value *key,
		    const struct ktap_value *val, bool ranges)
{
	u32 size, from = 0;
	void *body;
	int ret;

	if (val->type == KTAP_T_STAT) {
		do {
			ret = put_stat(exec, key, val->ref, &from, ranges);
		} while (ret > 0);
		return ret;
	}
	size = ktap_rec_size(key) + ktap_rec_size(val);
	ret = item_room(exec, size, &body);
	if (ret)
		return ret;
	ktap_rec_put(exec, val, ktap_rec_put(exec, key, body));
	exec->env->raw(exec, KTAP_REC_ITEM, body, size);
	return ktap_vm_charge(exec, KTAP_RECORD_COST);
}

/* Tables in tables are never sent. */
static bool is_sent(enum ktap_func func, enum ktap_type type)
{
	if (func == KTAP_FUNC_DUMP)
		return type != KTAP_T_TAB;
	return type == KTAP_T_INT || type == KTAP_T_STAT;
}

/*
 * All pairs of a table. Keys go through the first of @args, and what may be a string
 * through the second, as only those in registers are seen to when room is made.
 */
static int put_table(struct ktap_exec *exec, enum ktap_func func,
		     struct ktap_value *args, bool ranges)
{
	struct ktap_core *core = exec->core;
	struct ktap_value key, val, *at = func == KTAP_FUNC_DUMP ? &args[1] : &val;
	u64 tab = args->ref;
	bool tried = false;
	s64 cursor;
	u32 left;
	int ret;

	ktap_pin(&core->heap, exec->local.pin);
	cursor = ktap_tab_first(&core->tabs, tab);
	left = ktap_tab_len(&core->tabs, tab);
	ktap_unpin(exec->local.pin);
	ktap_set_nil(args);
	/* Handlers may go on making entries, so there need not be an end. */
	while (left) {
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_tab_next(&core->tabs, tab, &cursor, ENTRY_STEPS,
				    &exec->arena, &key, &val);
		ktap_unpin(exec->local.pin);
		switch (ret) {
		case 0:
			tried = false;
			left--;
			if (!is_sent(func, val.type)) {
				ret = ktap_vm_charge(exec, SKIP_COST);
				break;
			}
			*args = key;
			*at = val;
			ret = put_item(exec, args, at, ranges);
			ktap_set_nil(args);
			break;
		case -ENOENT:
			return 0;
		case -EAGAIN:
			ret = ktap_vm_charge(exec, ENTRY_STEPS);
			break;
		default:
			ret = ktap_vm_room(exec, &tried);
			break;
		}
		if (ret)
			return ret;
	}
	return 0;
}

static const struct ktap_value no_key = { .type = KTAP_T_NIL };

/* Records of a table or statistic, and those around them. */
static int put_agg(struct ktap_exec *exec, const struct ktap_rec_agg *agg,
		   struct ktap_value *args)
{
	bool ranges = agg->func != KTAP_FUNC_PRINT_STAT;
	struct ktap_value whole;
	int ret = 0;

	exec->env->raw(exec, KTAP_REC_AGG, agg, sizeof(*agg));
	ktap_set_stat(&whole, stat_of(exec, args));
	if (whole.ref)
		ret = put_item(exec, &no_key, &whole, ranges);
	else if (agg->func == KTAP_FUNC_DUMP && agg->type != KTAP_T_TAB)
		ret = put_item(exec, &no_key, args, ranges);
	if (!ret && agg->type == KTAP_T_TAB)
		ret = put_table(exec, agg->func, args, ranges);
	exec->env->raw(exec, KTAP_REC_AGG_END, NULL, 0);
	ktap_set_nil(args);
	return ret ?: ktap_vm_charge(exec, 2 * KTAP_RECORD_COST);
}

/* Name of the top-level variable that has a value, if there is one. */
static u32 global_name(const struct ktap_exec *exec, const struct ktap_value *val)
{
	const struct ktap_prog *prog = exec->core->prog;
	u64 word;
	u32 i;

	if (val->type != KTAP_T_TAB && val->type != KTAP_T_STAT)
		return KTAP_IMG_NONE;
	for (i = 0; i < prog->nr_globals; i++) {
		word = atomic64_read(&exec->core->globals[i]);
		if (ktap_cell_type(word) == val->type && ktap_cell_ref(word) == val->ref)
			return prog->globals[i].name;
	}
	return KTAP_IMG_NONE;
}

static int print_agg(struct ktap_exec *exec, enum ktap_func func,
		     struct ktap_value *args, u32 nr)
{
	const struct ktap_rec_agg agg = {
		.func = func,
		.limit = nr > 1 ? clamp_t(s64, args[1].i, 0, U32_MAX) : 0,
		.type = args[0].type,
		.name = global_name(exec, &args[0]),
	};

	return put_agg(exec, &agg, args);
}

int ktap_fn_PRINT_HIST(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return print_agg(exec, KTAP_FUNC_PRINT_HIST, args, nr);
}

int ktap_fn_PRINT_STAT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return print_agg(exec, KTAP_FUNC_PRINT_STAT, args, nr);
}

/* A string that was made has no index, which is what a reader takes for no name. */
static_assert(KTAP_STR_MADE == KTAP_IMG_NONE);

int ktap_fn_DUMP(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	const struct ktap_rec_agg agg = {
		.func = KTAP_FUNC_DUMP,
		.type = args[0].type,
		.flags = nr > 2 ? args[2].i & KTAP_AGG_READ : 0,
		.name = args[1].str->id,
	};

	return put_agg(exec, &agg, args);
}
