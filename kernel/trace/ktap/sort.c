// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Going through a table in order
 *
 * SORT takes a list of the table's entries and makes a heap of it (R. W. Floyd,
 * "Algorithm 245: Treesort 3", 1964), and NEXTS takes the first one out. What
 * fills its place comes from the end and mostly goes back there, so it is carried
 * to the bottom first and looks for its place from there, which takes half of the
 * comparisons (I. Wegener, "Bottom-up-Heapsort", 1993). A
 * loop that is left early has not sorted the rest then, what is done at once stays
 * small enough for the budget to be looked at in between, and a function of the
 * script that contradicts itself can do no harm. Neither can one that ends what
 * it is called for.
 *
 * The list is memory of @alloc of &struct ktap_env, which is why this is possible
 * in process context only. It names entries and keeps those values that are
 * integers, by which most tables are sorted. What was deleted since then is left
 * out. A run has a list of what it took, for programs that don't give it back
 * and for runs that end early.
 *
 * What is compared lies in registers behind those of the function that sorts: the
 * values and then the keys, where a function of the script finds its arguments.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "vm.h"

/* Entries that are listed in one section of the heap. */
#define LIST_STEPS	64

/* What a comparison costs besides what it calls, in instructions. */
#define COMPARE_COST	4

/* Sorting in functions that sorting calls needs the processor's stack. */
#define SORT_DEPTH	4

/* Sorts that a run can have at the same time; loops don't nest deeper. */
#define SORT_MAX	1024

/* Values and keys that are compared. */
#define SCRATCH		4

/**
 * struct ktap_sort - what SORT took
 * @next: in @sorts of the slot
 * @nr: number by which the program knows it
 * @tab: the table
 * @func: index of the function that compares, or -1
 * @limit: pairs that are still wanted
 * @size: of its memory in bytes
 * @left: entries in @items
 * @busy: it is being sorted, which may call functions
 * @items: a heap of them, whose first one comes next
 */
struct ktap_sort {
	struct ktap_sort *next;
	s64 nr;
	u64 tab;
	s64 func;
	u64 limit;
	size_t size;
	u32 left;
	bool busy;
	struct ktap_item items[];
};

/* The registers of what is compared: two values and two keys. */
static struct ktap_value *scratch(struct ktap_exec *exec)
{
	return exec->regs + exec->live - SCRATCH;
}

/* Read an entry. Returns 1, 0 if it was deleted, or an error. */
static int read_item(struct ktap_exec *exec, const struct ktap_sort *sort,
		     const struct ktap_item *item, struct ktap_value *key,
		     struct ktap_value *val)
{
	struct ktap_core *core = exec->core;
	struct ktap_value k, v;
	bool tried = false;
	int ret;

	for (;;) {
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_tab_item(&core->tabs, sort->tab, item, &exec->arena,
				    &k, &v);
		ktap_unpin(exec->local.pin);
		if (ret == -ENOENT)
			return 0;
		if (!ret)
			break;
		ret = ktap_vm_room(exec, &tried);
		if (ret)
			return ret;
	}
	*key = k;
	*val = v;
	/* As it was when it was listed. */
	if (KTAP_CELL_IS_INT(item->word))
		ktap_set_int(val, (s64)item->word >> 1);
	return 1;
}

/* By what a value that is no small integer is sorted. Returns false if by nothing. */
static bool sort_number(struct ktap_exec *exec, const struct ktap_value *val, s64 *num)
{
	struct ktap_stat_sum sum;
	int ret;

	if (val->type == KTAP_T_INT) {
		*num = val->i;
		return true;
	}
	if (val->type != KTAP_T_STAT)
		return false;
	ktap_pin(&exec->core->heap, exec->local.pin);
	ret = ktap_stat_sum(&exec->core->heap, val->ref, &sum);
	ktap_unpin(exec->local.pin);
	*num = ret ? 0 : sum.count;
	return true;
}

static int compare_numbers(s64 a, s64 b)
{
	return a < b ? -1 : a > b;
}

/* Integers before strings before anything else, which is all the same. */
static int compare_keys(const struct ktap_value *a, const struct ktap_value *b)
{
	int ret;

	if (a->type == KTAP_T_INT && b->type == KTAP_T_INT)
		return compare_numbers(a->i, b->i);
	if (a->type == KTAP_T_STR && b->type == KTAP_T_STR) {
		ret = memcmp(a->str->data, b->str->data,
			     min(a->str->len, b->str->len));
		return ret ?: compare_numbers(a->str->len, b->str->len);
	}
	if (a->type == b->type)
		return 0;
	if (a->type == KTAP_T_INT || b->type == KTAP_T_INT)
		return a->type == KTAP_T_INT ? -1 : 1;
	if (a->type == KTAP_T_STR || b->type == KTAP_T_STR)
		return a->type == KTAP_T_STR ? -1 : 1;
	return 0;
}

/* Greatest value first; those that are no number come behind, in order of keys. */
static int compare_pairs(struct ktap_exec *exec, const struct ktap_value *regs)
{
	s64 a = 0, b = 0;
	bool is_a = sort_number(exec, &regs[0], &a);
	bool is_b = sort_number(exec, &regs[1], &b);

	if (is_a != is_b)
		return is_a ? -1 : 1;
	return compare_numbers(b, a) ?: compare_keys(&regs[2], &regs[3]);
}

/* In order of insertion. */
static int compare_age(const struct ktap_item *a, const struct ktap_item *b)
{
	return (s32)(a->seq - b->seq) < 0 ? -1 : 1;
}

/* Does the function of the script say that the first pair comes first? */
static int ask(struct ktap_exec *exec, const struct ktap_sort *sort, bool younger)
{
	struct ktap_value *regs = scratch(exec);
	struct ktap_value args[SCRATCH], res;
	int ret;

	/* The strings stay in registers until they are arguments. */
	memcpy(args, regs, sizeof(args));
	if (younger) {
		swap(args[0], args[1]);
		swap(args[2], args[3]);
	}
	ret = ktap_vm_invoke(exec, sort->func, args, SCRATCH, &res);
	return ret ?: ktap_is_true(&res);
}

/* Is it enough to know the values, and are they known? */
static bool values_suffice(struct ktap_exec *exec, const struct ktap_sort *sort,
			   const struct ktap_item *a, const struct ktap_item *b)
{
	if (!KTAP_CELL_IS_INT(a->word) || !KTAP_CELL_IS_INT(b->word))
		return false;
	if (sort->func < 0)
		return a->word != b->word;
	return exec->core->prog->callees[sort->func].nr_params <= 2;
}

/* What reading and comparing a key costs. */
static u32 key_cost(const struct ktap_value *key)
{
	return ktap_has_bytes(key) ?
	       2 * ktap_vm_bytes(key->str->len) : 0;
}

/* Read what is to be compared. Returns 1, 0 if one of it is gone, or an error. */
static int read_both(struct ktap_exec *exec, const struct ktap_sort *sort,
		     const struct ktap_item *a, const struct ktap_item *b)
{
	struct ktap_value *regs = scratch(exec);
	int ret;

	if (values_suffice(exec, sort, a, b)) {
		ktap_set_int(&regs[0], (s64)a->word >> 1);
		ktap_set_int(&regs[1], (s64)b->word >> 1);
		ktap_set_nil(&regs[2]);
		ktap_set_nil(&regs[3]);
		return 1;
	}
	ret = read_item(exec, sort, a, &regs[2], &regs[0]);
	if (ret > 0)
		ret = read_item(exec, sort, b, &regs[3], &regs[1]);
	if (ret > 0)
		ret = ktap_vm_charge(exec, key_cost(&regs[2]) + key_cost(&regs[3])) ?: 1;
	return ret;
}

/* Does @a come before @b? Returns 0, 1, or an error. */
static int comes_first(struct ktap_exec *exec, const struct ktap_sort *sort,
		       const struct ktap_item *a, const struct ktap_item *b)
{
	int ret;

	ret = ktap_vm_charge(exec, COMPARE_COST);
	if (ret)
		return ret;
	if (sort->func < 0 && values_suffice(exec, sort, a, b))
		return (s64)a->word > (s64)b->word;

	ret = read_both(exec, sort, a, b);
	if (ret < 0)
		return ret;
	/* Where what is gone stands does not matter. */
	if (!ret)
		return compare_age(a, b) < 0;
	if (sort->func < 0)
		return (compare_pairs(exec, scratch(exec)) ?:
			compare_age(a, b)) < 0;

	/* Of two that are equal the older one is first: ask for the younger one. */
	if (compare_age(a, b) > 0)
		return ask(exec, sort, false);
	ret = ask(exec, sort, true);
	return ret < 0 ? ret : !ret;
}

/*
 * Put an item into the heap below @top, whose own place is free: go down along
 * those that come first, and then up to where it belongs.
 */
static int put_item(struct ktap_exec *exec, struct ktap_sort *sort, u32 top,
		    struct ktap_item item)
{
	struct ktap_item *items = sort->items;
	u32 i = top, child;
	int ret;

	while ((child = 2 * i + 1) < sort->left) {
		if (child + 1 < sort->left) {
			ret = comes_first(exec, sort, &items[child + 1],
					  &items[child]);
			if (ret < 0)
				return ret;
			child += ret;
		}
		items[i] = items[child];
		i = child;
	}
	while (i > top) {
		ret = comes_first(exec, sort, &item, &items[(i - 1) / 2]);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		items[i] = items[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	items[i] = item;
	return 0;
}

static int list_items(struct ktap_exec *exec, struct ktap_sort *sort, u32 max)
{
	struct ktap_core *core = exec->core;
	s64 cursor;
	int nr, ret;

	ktap_pin(&core->heap, exec->local.pin);
	cursor = ktap_tab_first(&core->tabs, sort->tab);
	ktap_unpin(exec->local.pin);
	do {
		ktap_pin(&core->heap, exec->local.pin);
		nr = ktap_tab_items(&core->tabs, sort->tab, &cursor,
				    sort->items + sort->left,
				    min(max - sort->left, LIST_STEPS));
		ktap_unpin(exec->local.pin);
		sort->left += max(nr, 0);
		ret = ktap_vm_charge(exec, LIST_STEPS);
	} while (!ret && nr && sort->left < max);
	return ret;
}

/* Take registers for what is compared, and go no deeper than the stack allows. */
static int enter(struct ktap_exec *exec)
{
	if (exec->depth >= SORT_DEPTH || exec->live + SCRATCH > exec->nr_regs)
		return KTAP_FAULT(exec, STACK);
	exec->depth++;
	exec->live += SCRATCH;
	exec->top = max(exec->top, exec->live);
	return 0;
}

static void leave(struct ktap_exec *exec)
{
	exec->live -= SCRATCH;
	exec->depth--;
}

static int sort_start(struct ktap_exec *exec, struct ktap_sort *sort, u32 max)
{
	int ret;
	u32 i;

	ret = enter(exec);
	if (ret)
		return ret;
	sort->busy = true;
	ret = list_items(exec, sort, max);
	for (i = sort->left / 2; !ret && i--;)
		ret = put_item(exec, sort, i, sort->items[i]);
	sort->busy = false;
	leave(exec);
	return ret;
}

/* Memory for @max entries; a run gets no more for sorting than tables have. */
static struct ktap_sort *sort_alloc(struct ktap_exec *exec, u32 max)
{
	struct ktap_heap *heap = &exec->core->heap;
	struct ktap_sort *sort = NULL;
	size_t size = struct_size(sort, items, max);

	if (exec->sort_size + size <= (u64)heap->nr_units << KTAP_UNIT_SHIFT)
		sort = exec->env->alloc(exec, size);
	if (!sort)
		return NULL;
	exec->sort_size += size;
	memset(sort, 0, sizeof(*sort));
	sort->size = size;
	return sort;
}

static void sort_free(struct ktap_exec *exec, struct ktap_sort **link)
{
	struct ktap_sort *sort = *link;

	*link = sort->next;
	exec->sort_size -= sort->size;
	exec->env->free(exec, sort);
}

/**
 * ktap_vm_sort - Begin to go through a table in order
 * @exec: slot, whose @insn is set
 * @regs: the table; gets a number; function that compares or nil; number of
 *        pairs wanted or nil
 *
 * Context: Process context: preemption off, slot held. Others may run.
 * Return: 0, or an error of ktap_vm_fault() and the like.
 */
int ktap_vm_sort(struct ktap_exec *exec, struct ktap_value *regs)
{
	struct ktap_sort *sort;
	u32 max;

	if (regs[0].type != KTAP_T_TAB)
		return KTAP_FAULT(exec, INDEX, ktap_type_names[regs[0].type]);
	if (regs[2].type != KTAP_T_FUNC && regs[2].type != KTAP_T_NIL)
		return KTAP_FAULT(exec, CALL, ktap_type_names[regs[2].type]);
	if (regs[3].type != KTAP_T_INT && regs[3].type != KTAP_T_NIL)
		return KTAP_FAULT(exec, FOR, "number of pairs",
				  ktap_type_names[regs[3].type]);
	if (regs[2].type == KTAP_T_FUNC &&
	    !(exec->core->prog->callees[regs[2].i].where & exec->where))
		return KTAP_FAULT(exec, WHERE);

	if (exec->sorts && exec->sorts->nr >= SORT_MAX)
		return KTAP_FAULT(exec, STACK);

	ktap_pin(&exec->core->heap, exec->local.pin);
	max = ktap_tab_len(&exec->core->tabs, regs[0].ref);
	ktap_unpin(exec->local.pin);
	sort = sort_alloc(exec, max);
	if (!sort)
		return KTAP_FAULT(exec, SORT);
	sort->nr = exec->sorts ? exec->sorts->nr + 1 : 1;
	sort->tab = regs[0].ref;
	sort->func = regs[2].type == KTAP_T_FUNC ? regs[2].i : -1;
	sort->limit = regs[3].type == KTAP_T_INT ? max(regs[3].i, 0) : U64_MAX;
	sort->next = exec->sorts;
	exec->sorts = sort;

	ktap_set_int(&regs[1], sort->nr);
	return sort_start(exec, sort, max);
}

/* What has a number, unless what is done with it goes on. NULL if there is none. */
static struct ktap_sort **sort_find(struct ktap_exec *exec, s64 nr)
{
	struct ktap_sort **link;

	for (link = &exec->sorts; *link; link = &(*link)->next) {
		exec->fuel--;
		if ((*link)->nr == nr)
			return (*link)->busy ? NULL : link;
	}
	return NULL;
}

/* Take out the pair that is next. Returns 1, 0 if it was deleted, or an error. */
static int sort_take(struct ktap_exec *exec, struct ktap_sort *sort,
		     struct ktap_value *key, struct ktap_value *val)
{
	struct ktap_item item = sort->items[0];
	int ret;

	sort->left--;
	sort->busy = true;
	ret = put_item(exec, sort, 0, sort->items[sort->left]);
	sort->busy = false;
	return ret ?: read_item(exec, sort, &item, key, val);
}

/**
 * ktap_vm_next_sorted - Go on in a table that is gone through in order
 * @exec: slot, whose @insn is set
 * @regs: registers that ktap_vm_sort() was given; the last two get key and value
 *
 * Context: Process context: preemption off, slot held. Others may run.
 * Return: 1 if there is a pair, 0 at the end, or an error of ktap_vm_fault() and
 * the like.
 */
int ktap_vm_next_sorted(struct ktap_exec *exec, struct ktap_value *regs)
{
	struct ktap_sort **link = sort_find(exec, regs[1].i);
	struct ktap_sort *sort = link ? *link : NULL;
	struct ktap_value key, val;
	int ret;

	if (!sort || !sort->left || !sort->limit)
		return 0;
	ret = enter(exec);
	if (ret)
		return ret;
	do {
		ret = sort_take(exec, sort, &key, &val);
	} while (!ret && sort->left);
	leave(exec);
	if (ret > 0) {
		/* No strings were made since they were read. */
		sort->limit--;
		regs[2] = key;
		regs[3] = val;
	}
	return ret;
}

/**
 * ktap_vm_end_sort - Give back what SORT took
 * @exec: slot
 * @nr: number of the sort; there need not be one
 *
 * Context: Process context: preemption off, slot held. Others may run.
 */
void ktap_vm_end_sort(struct ktap_exec *exec, s64 nr)
{
	struct ktap_sort **link = sort_find(exec, nr);

	if (link)
		sort_free(exec, link);
}

/**
 * ktap_vm_end_sorts - Give back all that a run took for sorting
 * @exec: slot
 *
 * Context: Process context: preemption off, slot held. Others may run.
 */
void ktap_vm_end_sorts(struct ktap_exec *exec)
{
	while (exec->sorts)
		sort_free(exec, &exec->sorts);
}
