// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin functions of strings, and of memory that may have some
 *
 * Strings are bytes, of which NUL is one. Going over them is charged as it goes,
 * so that no string is long enough to take more time than the budget allows.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "builtin.h"
#include "sys.h"

/* Length of a string in memory if the script does not say. */
#define READ_DEFAULT	256

/* A string with bytes of another one, which is in a register. */
static int make_part(struct ktap_exec *exec, struct ktap_value *dst,
		     const struct ktap_value *from, u32 start, u32 len)
{
	struct ktap_str *str;
	int ret;

	if (len == from->str->len) {
		*dst = *from;
		return 0;
	}
	ret = ktap_vm_str(exec, len, &str);
	if (ret)
		return ret;
	memcpy(str->data, from->str->data + start, len);
	ktap_set_str(dst, str);
	return 0;
}

/**
 * ktap_vm_text - Make a string of bytes that are not in the arena
 * @exec: slot
 * @dst: becomes the string
 * @text: the bytes
 * @len: their number
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: as builtin.h says.
 */
int ktap_vm_text(struct ktap_exec *exec, struct ktap_value *dst, const char *text, u32 len)
{
	struct ktap_str *str;
	int ret;

	ret = ktap_vm_str(exec, len, &str);
	if (ret)
		return ret;
	memcpy(str->data, text, len);
	ktap_set_str(dst, str);
	return 0;
}

int ktap_fn_SUBSTR(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	s64 len = args[0].str->len;
	s64 start = args[1].i;
	s64 want = nr > 2 ? args[2].i : len;

	if (start < 0)
		start = max(start, -len) + len;
	start = min(start, len);
	want = clamp_t(s64, want, 0, len - start);
	return make_part(exec, args, args, start, want);
}

/* Find a string in another one. Returns 1 and the place, 0, or an error. */
static int find_str(struct ktap_exec *exec, const struct ktap_str *in,
		    const struct ktap_str *what, u32 from, u32 *place)
{
	u64 cost = 0;
	u32 i;
	int ret;

	for (i = from; i + what->len <= in->len; i++) {
		if (!what->len || in->data[i] == what->data[0]) {
			if (!memcmp(in->data + i, what->data, what->len)) {
				*place = i;
				return ktap_vm_charge(exec, cost + ktap_vm_bytes(what->len)) ?: 1;
			}
			cost += ktap_vm_bytes(what->len);
		}
		if (++cost < 256)
			continue;
		ret = ktap_vm_charge(exec, cost);
		if (ret)
			return ret;
		cost = 0;
	}
	return ktap_vm_charge(exec, cost);
}

int ktap_fn_STRSTR(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	u32 place;
	int ret = find_str(exec, args[0].str, args[1].str, 0, &place);

	if (ret > 0)
		return make_part(exec, args, args, place, args[0].str->len - place);
	ktap_set_nil(args);
	return ret;
}

int ktap_fn_STRCMP(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	const struct ktap_str *a = args[0].str, *b = args[1].str;
	u32 len = min(a->len, b->len);
	int cmp, ret;

	ret = ktap_vm_charge(exec, ktap_vm_bytes(len));
	if (ret)
		return ret;
	cmp = memcmp(a->data, b->data, len);
	if (!cmp)
		cmp = a->len < b->len ? -1 : a->len > b->len;
	ktap_set_int(args, cmp < 0 ? -1 : cmp > 0);
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static u32 digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : U32_MAX;
}

/**
 * struct number - an integer at the start of a string
 * @num: the integer, or the nearest one that there is
 * @end: place of the first character that does not belong to it; 0 if there is
 *       no integer
 * @fits: it is @num exactly
 */
struct number {
	s64 num;
	u32 end;
	bool fits;
};

/* Is there a prefix, 0 and @letter, with a digit behind it? */
static bool has_prefix(const struct ktap_str *str, u32 pos, char letter, u32 base)
{
	return pos + 2 < str->len && str->data[pos] == '0' &&
	       (str->data[pos + 1] | 0x20) == letter &&
	       digit_of(str->data[pos + 2]) < base;
}

/* The base that a prefix says, which is skipped, if @base does not say another. */
static u32 read_base(const struct ktap_str *str, u32 *pos, u32 base)
{
	if ((!base || base == 16) && has_prefix(str, *pos, 'x', 16)) {
		*pos += 2;
		return 16;
	}
	if ((!base || base == 2) && has_prefix(str, *pos, 'b', 2)) {
		*pos += 2;
		return 2;
	}
	if (base)
		return base;
	return *pos < str->len && str->data[*pos] == '0' ? 8 : 10;
}

/*
 * As strtol() of C, with the prefix 0b as well. Of what has no sign @max is the
 * greatest that fits.
 */
static void read_number(const struct ktap_str *str, u32 base, u64 max,
			struct number *res)
{
	bool minus = false, fits = true;
	u32 pos = 0, first, digit;
	u64 num = 0;

	while (pos < str->len && is_blank(str->data[pos]))
		pos++;
	if (pos < str->len && (str->data[pos] == '-' || str->data[pos] == '+'))
		minus = str->data[pos++] == '-';
	base = read_base(str, &pos, base);
	if (minus)
		max = (u64)S64_MAX + 1;

	for (first = pos; pos < str->len; pos++) {
		digit = digit_of(str->data[pos]);
		if (digit >= base)
			break;
		if (num > div_u64(max - digit, base)) {
			num = max;
			fits = false;
		} else if (fits) {
			num = num * base + digit;
		}
	}
	res->num = minus ? 0 - num : num;
	res->end = pos > first ? pos : 0;
	res->fits = fits;
}

static int check_base(struct ktap_exec *exec, const char *name,
		      const struct ktap_value *args, u32 nr)
{
	if (nr > 1 && args[1].i && (args[1].i < 2 || args[1].i > 36))
		return KTAP_FAULT(exec, VALUE, name, "the base must be 0, or from 2 to 36");
	return ktap_vm_charge(exec, args[0].type == KTAP_T_STR ?
			      args[0].str->len : 0);
}

int ktap_fn_STRTOL(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct number num;
	int ret = check_base(exec, "strtol", args, nr);

	if (ret)
		return ret;
	read_number(args[0].str, nr > 1 ? args[1].i : 0, S64_MAX, &num);
	ktap_set_int(args, num.end ? num.num : 0);
	return 0;
}

int ktap_fn_TONUMBER(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	const struct ktap_str *str = args[0].str;
	struct number num;
	int ret;

	if (args[0].type == KTAP_T_INT)
		return 0;
	ret = check_base(exec, "tonumber", args, nr);
	if (ret || args[0].type != KTAP_T_STR) {
		ktap_set_nil(args);
		return ret;
	}
	/* Like a number in a script, it may have all of the 64 bits. */
	read_number(str, nr > 1 ? args[1].i : 0, U64_MAX, &num);
	if (!num.end || !num.fits) {
		ktap_set_nil(args);
		return 0;
	}
	while (num.end < str->len && is_blank(str->data[num.end]))
		num.end++;
	if (num.end == str->len)
		ktap_set_int(args, num.num);
	else
		ktap_set_nil(args);
	return 0;
}

/* What a statistic takes as text, in parts of a compound key. */
#define STAT_PARTS	16

/* Longest text of a value that is neither a string nor has some. */
#define TEXT_MAX	192

/**
 * struct text - the text of a value
 * @head: what comes first
 * @text: what follows; @buf if it is not found elsewhere
 * @len: length of @text
 * @buf: room for it
 */
struct text {
	const char *head;
	const char *text;
	u32 len;
	char buf[TEXT_MAX];
};

static void text_of_stat(struct ktap_exec *exec, u64 ref, struct text *text)
{
	struct ktap_val_stat stat;

	ktap_rec_stat(exec, ref, &stat);
	text->len = scnprintf(text->buf, TEXT_MAX, "count %llu", stat.count);
	if (stat.count)
		text->len += scnprintf(text->buf + text->len, TEXT_MAX - text->len,
				       ", sum %lld, avg %lld, min %lld, max %lld",
				       stat.sum, stat.avg, stat.min, stat.max);
}

static void text_of(struct ktap_exec *exec, const struct ktap_value *val,
		    struct text *text)
{
	const struct ktap_prog *prog = exec->core->prog;
	const struct ktap_str *name;

	text->head = "";
	text->text = text->buf;
	switch (val->type) {
	case KTAP_T_STR:
		text->text = val->str->data;
		text->len = val->str->len;
		break;
	case KTAP_T_INT:
		text->text = ktap_vm_digits(val->i, text->buf, &text->len);
		break;
	case KTAP_T_TRUE:
	case KTAP_T_FALSE:
		text->text = val->type == KTAP_T_TRUE ? "true" : "false";
		text->len = strlen(text->text);
		break;
	case KTAP_T_TAB:
		text->head = "table: ";
		text->text = ktap_vm_digits(KTAP_REF_GEN(val->ref), text->buf,
					    &text->len);
		break;
	case KTAP_T_FUNC:
		name = prog->strs[prog->protos[val->i].name];
		text->head = "function: ";
		text->text = name->data;
		text->len = name->len;
		break;
	case KTAP_T_STAT:
		text_of_stat(exec, val->ref, text);
		break;
	default:
		text->text = "nil";
		text->len = 3;
		break;
	}
}

/**
 * ktap_text_put - Append bytes to a text
 * @w: the text
 * @text: the bytes
 * @len: their number; what there is no room for is left out
 *
 * Context: Any context, NMI included.
 */
void ktap_text_put(struct ktap_writer *w, const char *text, u32 len)
{
	len = min(len, w->room - w->len);
	memcpy(w->to + w->len, text, len);
	w->len += len;
}

static u32 text_len(const struct text *text)
{
	return strlen(text->head) + text->len;
}

static void put_text(struct ktap_writer *w, const struct text *text)
{
	ktap_text_put(w, text->head, strlen(text->head));
	ktap_text_put(w, text->text, text->len);
	w->parts++;
}

/* What the name of an address takes, in parts of a compound key. */
#define NAME_PARTS	32

/**
 * ktap_short_name - Take the size off the name of an address
 * @text: "name+offset/size [module]"; becomes "name+offset [module]", and without
 *        an offset of 0
 * @len: its length
 *
 * Context: Any context, NMI included.
 * Return: the length that is left.
 */
u32 ktap_short_name(char *text, u32 len)
{
	char *plus = strrchr(text, '+'), *cut = plus ? strchr(plus, '/') : NULL;
	char *rest;

	if (!cut)
		return len;
	rest = strchr(cut, ' ') ?: text + len;
	if (cut - plus == 4 && !memcmp(plus, "+0x0", 4))
		cut = plus;
	memmove(cut, rest, text + len + 1 - rest);
	return len - (rest - cut);
}

/* One frame, or nothing if there is no room for it. */
static bool put_frame(struct ktap_writer *w, const struct ktap_val_stack *stack, u64 addr,
		      bool first)
{
	/* There is room for a NUL as well. */
	u32 room = w->room - w->len + 1, len;
	char *to = w->to + w->len;

	if (stack->flags & KTAP_STACK_USER)
		len = snprintf(to, room, "0x%llx", addr);
	else
		len = ktap_sys_symbol(to, room, addr, !first);
	if (len >= room)
		return false;
	if (stack->flags & KTAP_STACK_SYMBOL)
		len = ktap_short_name(to, len);
	w->len += len;
	w->parts += NAME_PARTS;
	return true;
}

/* A stack, a line for each frame, and as many of them as there is room for. */
static void put_stack(struct ktap_writer *w, const char *data, u32 size)
{
	const char *pos = data + sizeof(struct ktap_val_stack);
	u32 first = w->len, before;
	struct ktap_val_stack stack;
	u64 addr;

	memcpy(&stack, data, sizeof(stack));
	for (; pos < data + size; pos += sizeof(addr)) {
		memcpy(&addr, pos, sizeof(addr));
		before = w->len;
		if (before > first)
			ktap_text_put(w, "\n", 1);
		if (!put_frame(w, &stack, addr, before == first)) {
			w->len = before;
			return;
		}
	}
}

/* What separates a part from others: frames of a stack have lines of their own. */
static const char *separator(const struct ktap_val *head, const char *body)
{
	struct ktap_val_stack stack;

	if (head->type != KTAP_T_STACK)
		return ", ";
	memcpy(&stack, body, sizeof(stack));
	return stack.flags & KTAP_STACK_SYMBOL ? ", " : "\n";
}

/* A part of a compound key. */
static void part_text(struct ktap_exec *exec, const struct ktap_val *head,
		      const char *body, struct text *text)
{
	struct ktap_value val = { .type = head->type };

	if (head->type == KTAP_T_STR) {
		text->head = "";
		text->text = body;
		text->len = head->len;
		return;
	}
	if (head->type == KTAP_T_FUNC)
		val.i = head->len;
	else if (head->type == KTAP_T_INT)
		memcpy(&val.i, body, sizeof(val.i));
	text_of(exec, &val, text);
}

/*
 * The text of a compound key, or if @w is NULL only its length, which is 0 if that is
 * not known before names are made.
 */
static u32 tuple_text(struct ktap_exec *exec, const struct ktap_str *tuple,
		      struct ktap_writer *w)
{
	const char *pos = tuple->data, *end = pos + tuple->len, *sep = "";
	struct ktap_val head;
	struct text text;
	u32 total = 0;

	while (pos < end) {
		const char *body = pos + sizeof(head), *own;

		memcpy(&head, pos, sizeof(head));
		own = separator(&head, body);
		if (!w && head.type == KTAP_T_STACK)
			return 0;
		if (*sep == ',')
			sep = own;
		total += strlen(sep);
		if (w)
			ktap_text_put(w, sep, strlen(sep));
		sep = own;
		if (head.type == KTAP_T_STACK) {
			put_stack(w, body, head.len);
		} else {
			part_text(exec, &head, body, &text);
			total += text_len(&text);
			if (w)
				put_text(w, &text);
		}
		pos = body + (head.type == KTAP_T_FUNC ? 0 : ALIGN(head.len, 8));
	}
	return total;
}

/**
 * ktap_text_value - Append a value to a text, as print() shows it
 * @exec: slot
 * @w: the text
 * @val: any value but KTAP_T_EVENT
 *
 * Context: Probe context: preemption off, slot held.
 */
void ktap_text_value(struct ktap_exec *exec, struct ktap_writer *w,
		     const struct ktap_value *val)
{
	struct text text;

	switch (val->type) {
	case KTAP_T_TUPLE:
		tuple_text(exec, val->str, w);
		break;
	case KTAP_T_STACK:
		put_stack(w, val->str->data, val->str->len);
		break;
	default:
		text_of(exec, val, &text);
		put_text(w, &text);
		break;
	}
}

/* The text of what has bytes and is no string. */
static int long_text(struct ktap_exec *exec, struct ktap_value *val)
{
	bool tuple = val->type == KTAP_T_TUPLE;
	u32 len = tuple ? tuple_text(exec, val->str, NULL) : 0;
	/* Names take as much as there is room for beside of other strings. */
	struct ktap_writer w = { .room = len ?: exec->arena.size / 2 };
	struct ktap_str *str;
	int ret;

	ret = ktap_vm_str(exec, w.room, &str);
	if (ret)
		return ret;
	w.to = str->data;
	ktap_text_value(exec, &w, val);
	ktap_arena_trim(&exec->arena, str, w.len);
	ktap_set_str(val, str);
	return ktap_vm_charge(exec, 16 * w.parts);
}

int ktap_fn_TOSTRING(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	struct ktap_writer w = {};
	struct ktap_str *str;
	struct text text;
	int ret;

	if (args[0].type == KTAP_T_STR)
		return 0;
	if (ktap_has_bytes(args))
		return long_text(exec, args);
	text_of(exec, args, &text);
	w.room = text_len(&text);
	ret = ktap_vm_charge(exec, 8 * (args[0].type == KTAP_T_STAT ? STAT_PARTS : 1));
	if (!ret)
		ret = ktap_vm_str(exec, w.room, &str);
	if (ret)
		return ret;
	w.to = str->data;
	put_text(&w, &text);
	ktap_set_str(args, str);
	return 0;
}

/* Where the next part ends. Returns 1, 0 if it is the last one, or an error. */
static int part_end(struct ktap_exec *exec, const struct ktap_value *args, u32 start,
		    u32 *end)
{
	if (args[1].str->len)
		return find_str(exec, args[0].str, args[1].str, start, end);
	*end = start + 1;
	return *end < args[0].str->len;
}

/* Make room in the heap. No register has the table yet, so it is held here. */
static int make_room(struct ktap_exec *exec, u64 tab)
{
	struct ktap_core *core = exec->core;
	bool held;
	int ret;

	ktap_pin(&core->heap, exec->local.pin);
	held = ktap_tab_hold(&core->tabs, tab);
	ktap_unpin(exec->local.pin);
	ret = ktap_vm_reap(exec);
	ktap_pin(&core->heap, exec->local.pin);
	if (held)
		ktap_tab_unhold(&core->tabs, &exec->local, tab);
	ktap_unpin(exec->local.pin);
	return ret;
}

/* Put a part into the table. Once for all parts other tables make room for it. */
static int put_part(struct ktap_exec *exec, u64 tab, s64 idx, const struct ktap_value *part,
		    bool *tried)
{
	struct ktap_core *core = exec->core;
	struct ktap_value key;
	struct ktap_key where;
	bool again;
	int ret;

	ktap_set_int(&key, idx);
	ktap_tab_key(&core->tabs, tab, &key, &where);
	do {
		exec->local.retry = !*tried;
		ktap_pin(&core->heap, exec->local.pin);
		ret = ktap_tab_set(&core->tabs, &exec->local, &where, part);
		ktap_unpin(exec->local.pin);
		exec->local.retry = false;
		again = ret == -ENOMEM && !*tried;
		if (!again)
			break;
		*tried = true;
		ret = make_room(exec, tab);
	} while (!ret);
	ret = ktap_vm_heap_error(exec, ret);
	return ret ?: ktap_vm_charge(exec, 16 + ktap_vm_bytes(part->str->len));
}

/* The part of the first argument from @start to @end, in @str if there is room. */
static int copy_part(struct ktap_exec *exec, const struct ktap_value *args, u32 start,
		     u32 end, struct ktap_str **str, u32 *room)
{
	u32 len = end - start;
	int ret;

	if (!*str || len > *room) {
		ret = ktap_vm_str(exec, len, str);
		if (ret)
			return ret;
		*room = len;
	}
	memcpy((*str)->data, args[0].str->data + start, len);
	(*str)->data[len] = '\0';
	(*str)->len = len;
	return 0;
}

int ktap_fn_SPLIT(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	u32 start = 0, end, room = 0, len = args[0].str->len;
	struct ktap_value tab, part;
	struct ktap_str *str = NULL;
	bool tried = false;
	int more = len > 0, ret;
	s64 idx;

	ret = ktap_vm_new_tab(exec, NULL, &tab);
	if (ret)
		return ret;
	for (idx = 1; more; idx++) {
		more = part_end(exec, args, start, &end);
		if (more < 0)
			return more;
		if (!more)
			end = len;
		ret = copy_part(exec, args, start, end, &str, &room);
		if (ret)
			return ret;
		ktap_set_str(&part, str);
		ret = put_part(exec, tab.ref, idx, &part, &tried);
		if (ret)
			return ret;
		start = end + args[1].str->len;
	}
	args[0] = tab;
	return 0;
}

int ktap_fn_BASENAME(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	const struct ktap_str *str = args[0].str;
	u32 end = str->len, start;
	int ret;

	ret = ktap_vm_charge(exec, ktap_vm_bytes(str->len));
	if (ret)
		return ret;
	while (end > 1 && str->data[end - 1] == '/')
		end--;
	for (start = end; start && str->data[start - 1] != '/'; start--)
		;
	/* Of "/" there is nothing but itself. */
	if (start == end && end)
		start--;
	return make_part(exec, args, args, start, end - start);
}

/**
 * ktap_vm_no_memory - What is to be read is not there
 * @exec: slot
 * @dst: becomes nil
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0.
 */
int ktap_vm_no_memory(struct ktap_exec *exec, struct ktap_value *dst)
{
	exec->stats[KTAP_STAT_BAD_READ]++;
	ktap_set_nil(dst);
	return 0;
}

static int read_string(struct ktap_exec *exec, struct ktap_value *args, u32 nr, bool user)
{
	s64 max = nr > 1 ? args[1].i : READ_DEFAULT;
	struct ktap_arena *arena = &exec->arena;
	struct ktap_str *str;
	long len;
	int ret;

	if (args[0].type == KTAP_T_NIL)
		return 0;
	/* As much as there is room for beside of other strings. */
	max = clamp_t(s64, max, 0, arena->size / 2);
	ret = ktap_vm_str(exec, max, &str);
	if (ret)
		return ret;
	len = exec->env->read_str(exec, str->data, args[0].i, max + 1, user);
	/* It is the last string, so what it does not need can be taken back. */
	str->len = len < 0 ? 0 : min_t(s64, len, max);
	str->data[str->len] = '\0';
	arena->used -= ktap_str_size(max) - ktap_str_size(str->len);
	if (len < 0)
		return ktap_vm_no_memory(exec, args);
	ktap_set_str(args, str);
	return 0;
}

int ktap_fn_USER_STRING(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return read_string(exec, args, nr, true);
}

int ktap_fn_KERNEL_STRING(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return read_string(exec, args, nr, false);
}

/**
 * ktap_vm_read_int - Read an integer from memory
 * @exec: slot
 * @dst: the integer, or nil
 * @addr: where it is
 * @size: 1, 2, 4 or 8 bytes; it has no sign if it has less than 8
 * @user: in the memory of the process
 *
 * Context: Probe context: preemption off, slot held. In process context others
 * may run.
 * Return: as builtin.h says.
 */
int ktap_vm_read_int(struct ktap_exec *exec, struct ktap_value *dst, u64 addr, u32 size,
		     bool user)
{
	union {
		u8 n1;
		u16 n2;
		u32 n4;
		u64 n8;
	} mem;
	int ret;

	ret = ktap_vm_charge(exec, 8);
	if (ret)
		return ret;
	if (!exec->env->read(exec, &mem, addr, size, user))
		return ktap_vm_no_memory(exec, dst);
	ktap_set_int(dst, size == 1 ? mem.n1 : size == 2 ? mem.n2 :
			  size == 4 ? mem.n4 : mem.n8);
	return 0;
}

static int read_int(struct ktap_exec *exec, struct ktap_value *args, const char *name,
		    bool user)
{
	s64 size = args[1].i;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return KTAP_FAULT(exec, VALUE, name, "the size must be 1, 2, 4 or 8");
	if (args[0].type == KTAP_T_NIL)
		return 0;
	return ktap_vm_read_int(exec, args, args[0].i, size, user);
}

int ktap_fn_USER_READ(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return read_int(exec, args, "user_read", true);
}

int ktap_fn_KERNEL_READ(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return read_int(exec, args, "kernel_read", false);
}
