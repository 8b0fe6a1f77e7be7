// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Fetch arguments of functions
 *
 * What is fetched is written as for kprobe_events and uprobe_events and parsed by
 * what parses it there (trace_probe.c), so the syntax, the types and, where the
 * kernel has BTF, the names of parameters are those of this kernel. The result is a
 * small program for each argument: take a value, follow pointers, store.
 *
 * Events of the kernel run these programs for all arguments of each hit, into the
 * record. A handler asks for one argument at a time, and only where it needs it, and
 * strings go to its arena. So a program is cut in two when it was parsed: what is
 * left of it gives a number, or the address where the last load is to be done. That
 * load is done here, by what reads memory for handlers in general, which knows what
 * may be read and counts what could not be.
 *
 * Programs for user functions follow pointers as those for the kernel do that follow
 * user pointers: nothing is faulted in, for handlers cannot sleep.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/ctype.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../trace_dynevent.h"
#include "../trace_probe.h"
#include "../trace_probe_tmpl.h"
#include "../trace_probe_kernel.h"
#include "fetch.h"

/**
 * enum fetch_how - what is left to do with what a program gives
 * @FETCH_NUM: it is the value
 * @FETCH_MEM: the value is in memory there
 * @FETCH_STR: a string is
 * @FETCH_STRS: pointers to strings are
 * @FETCH_OWN: a string is that may always be read: a constant, the task's name
 * @FETCH_SYM: it is the address of a symbol whose name and offset is wanted
 */
enum fetch_how {
	FETCH_NUM,
	FETCH_MEM,
	FETCH_STR,
	FETCH_STRS,
	FETCH_OWN,
	FETCH_SYM,
};

/**
 * struct fetch_arg - what the parser's program was before it was cut
 * @how: what is left to do
 * @user: in user memory
 * @symbol: the value is an address to be shown as symbol
 * @offset: of the load from the address that the program gives
 * @size: of the value in bytes
 * @count: number of values of an array, else 0
 * @field: which bits of it, if its op is FETCH_OP_MOD_BF
 */
struct fetch_arg {
	enum fetch_how how;
	bool user;
	bool symbol;
	int offset;
	u32 size;
	u32 count;
	struct fetch_insn field;
};

/**
 * struct ktap_fetch - fetch arguments of an event
 * @func: function whose parameters have names, or NULL
 * @flags: TPARG_FL_*
 * @nr_own: number of arguments that were asked for as such
 * @nr: number of arguments; those behind the first @nr_own are parameters
 * @args: by index
 * @tp: what the parser made; has room for all arguments that there can be
 */
struct ktap_fetch {
	char *func;
	u32 flags;
	u32 nr_own;
	u32 nr;
	struct fetch_arg *args;
	struct trace_probe tp;
};

/* A number of one, two, four or eight bytes */
union fetch_num {
	u8 u8;
	u16 u16;
	u32 u32;
	u64 u64;
	unsigned long addr;
};

static unsigned long stack_nth(struct pt_regs *regs, unsigned int n)
{
	unsigned long sp, val = 0;

	if (!user_mode(regs))
		return regs_get_kernel_stack_nth(regs, n);
	n *= sizeof(long);
	sp = user_stack_pointer(regs);
	sp += IS_ENABLED(CONFIG_STACK_GROWSUP) ? -n : n;
	return probe_mem_read_user(&val, (void *)sp, sizeof(val)) ? 0 : val;
}

/* Called by the templates; @rec is a &struct ktap_fetch_from. */
static int process_fetch_insn(struct fetch_insn *code, void *rec, void *edata,
			      void *dest, void *base)
{
	const struct ktap_fetch_from *from = rec;
	struct pt_regs *regs = from->regs;
	unsigned long val;
	int ret;

	if (code->op == FETCH_NOP_SYMBOL)
		code++;
	switch (code->op) {
	case FETCH_OP_REG:
		val = regs_get_register(regs, code->param);
		break;
	case FETCH_OP_STACK:
		val = stack_nth(regs, code->param);
		break;
	case FETCH_OP_STACKP:
		val = user_mode(regs) ? user_stack_pointer(regs) :
					kernel_stack_pointer(regs);
		break;
	case FETCH_OP_RETVAL:
		val = regs_return_value(regs);
		break;
#ifdef CONFIG_HAVE_FUNCTION_ARG_ACCESS_API
	case FETCH_OP_ARG:
		val = regs_get_kernel_argument(regs, code->param);
		break;
#endif
	case FETCH_OP_EDATA:
		val = *(unsigned long *)(edata + code->offset);
		break;
	case FETCH_OP_FOFFS:
		val = from->base + code->immediate;
		break;
	default:
		ret = process_common_fetch_insn(code, &val);
		if (ret < 0)
			return ret;
	}
	return process_fetch_insn_bottom(code + 1, val, dest, base);
}

/*
 * Parsing
 */

/* What stores the value. */
static struct fetch_insn *find_store(struct fetch_insn *code)
{
	for (; code->op != FETCH_OP_END; code++) {
		switch (code->op) {
		case FETCH_OP_ST_RAW:
		case FETCH_OP_ST_MEM:
		case FETCH_OP_ST_UMEM:
		case FETCH_OP_ST_STRING:
		case FETCH_OP_ST_USTRING:
		case FETCH_OP_ST_SYMSTR:
			return code;
		default:
			break;
		}
	}
	return NULL;
}

/* Let the program give the address that it would load from next. */
static void cut_program(struct fetch_insn *code, struct fetch_arg *arg)
{
	arg->offset = code->offset;
	code[0].op = FETCH_OP_ST_RAW;
	code[0].size = sizeof(long);
	code[1].op = FETCH_OP_END;
}

/* Is it text that is there for sure? '\"' begins a constant, '\' alone any address. */
static bool own_string(const struct probe_arg *parg, const struct fetch_insn *store)
{
	return store[-1].op == FETCH_OP_COMM || strstarts(parg->comm, "\\\"");
}

static int cut_string(const struct probe_arg *parg, struct fetch_insn *store,
		      struct fetch_arg *arg)
{
	arg->user |= store->op == FETCH_OP_ST_USTRING;
	arg->how = FETCH_STR;
	if (own_string(parg, store)) {
		arg->how = FETCH_OWN;
		arg->user = false;
	} else if (parg->count) {
		arg->how = FETCH_STRS;
		store--;
		if (store->op != FETCH_OP_DEREF && store->op != FETCH_OP_UDEREF)
			return -EINVAL;
	}
	cut_program(store, arg);
	return 0;
}

static int take_arg(struct ktap_fetch *fetch, u32 i)
{
	struct probe_arg *parg = &fetch->tp.args[i];
	struct fetch_insn *insn, *store = find_store(parg->code);
	struct fetch_arg *arg = &fetch->args[i];
	bool user = fetch->flags & TPARG_FL_USER;

	if (WARN_ON_ONCE(!store))
		return -EINVAL;
	for (insn = parg->code; insn < store; insn++) {
		if (user && insn->op == FETCH_OP_DEREF)
			insn->op = FETCH_OP_UDEREF;
		arg->user |= insn->op == FETCH_OP_UDEREF;
	}
	arg->user |= user || store->op == FETCH_OP_ST_UMEM;
	arg->size = parg->type->size;
	arg->count = parg->count;
	arg->symbol = !strcmp(parg->type->name, "symbol");
	switch (store->op) {
	case FETCH_OP_ST_RAW:
		arg->how = FETCH_NUM;
		return 0;
	case FETCH_OP_ST_SYMSTR:
		arg->how = FETCH_SYM;
		cut_program(store, arg);
		return 0;
	case FETCH_OP_ST_STRING:
	case FETCH_OP_ST_USTRING:
		return cut_string(parg, store, arg);
	default:
		arg->how = FETCH_MEM;
		arg->field = store[1];
		cut_program(store, arg);
		return 0;
	}
}

/* Does a program read kernel memory? */
static bool reads_kernel(const struct ktap_fetch *fetch, u32 i)
{
	const struct fetch_insn *insn;

	for (insn = fetch->tp.args[i].code; insn->op != FETCH_OP_END; insn++) {
		if (insn->op == FETCH_OP_DEREF)
			return true;
	}
	switch (fetch->args[i].how) {
	case FETCH_MEM:
	case FETCH_STR:
	case FETCH_STRS:
		return !fetch->args[i].user;
	default:
		return false;
	}
}

/* Parse one argument, with the parser locked. */
static int parse_arg(struct ktap_fetch *fetch, u32 i, const char *text,
		     struct traceprobe_parse_context *ctx)
{
	int ret;

	trace_probe_log_set_index(i + 2);
	ctx->offset = 0;
	ret = traceprobe_parse_probe_arg(&fetch->tp, i, text, ctx);
	if (!ret)
		ret = traceprobe_update_arg(&fetch->tp.args[i]);
	return ret ?: take_arg(fetch, i);
}

static struct ktap_fetch *fetch_new(u32 nr, const char *func, u32 flags)
{
	struct ktap_fetch *fetch;

	fetch = kzalloc(struct_size(fetch, tp.args, nr), GFP_KERNEL_ACCOUNT);
	if (!fetch)
		return NULL;
	fetch->tp.nr_args = nr;
	fetch->flags = flags;
	fetch->args = kcalloc(nr, sizeof(*fetch->args), GFP_KERNEL_ACCOUNT);
	if (func)
		fetch->func = kstrdup(func, GFP_KERNEL_ACCOUNT);
	if (!fetch->args || (func && !fetch->func)) {
		ktap_fetch_free(fetch);
		return NULL;
	}
	return fetch;
}

static int parse_own(struct ktap_fetch *fetch, const struct ktap_sess *sess,
		     const char **argv, struct traceprobe_parse_context *ctx,
		     struct ktap_log *log)
{
	int ret;
	u32 i;

	for (i = 0; i < fetch->nr_own; i++) {
		ret = parse_arg(fetch, i, argv[i], ctx);
		if (ret) {
			ktap_log(log, "bad fetch argument '%s': error_log in tracefs says why\n",
				 argv[i]);
			return ret == -ENOMEM ? ret : -EINVAL;
		}
		if (!sess->read_kernel && reads_kernel(fetch, i)) {
			ktap_log(log, "fetch argument '%s' reads kernel memory: this kernel is locked down\n",
				 argv[i]);
			return -EPERM;
		}
		fetch->nr++;
	}
	return 0;
}

/*
 * Parse all arguments, with the parser locked. As for the kernel's own events "$arg*"
 * is what BTF says, and names of files are got from their dentries.
 */
static struct ktap_fetch *parse_all(const struct ktap_sess *sess, int nr,
				    const char **argv, u32 room,
				    struct traceprobe_parse_context *ctx,
				    struct ktap_log *log)
{
	char *meta __free(kfree) = kmalloc(MAX_BTF_ARGS_LEN, GFP_KERNEL);
	char *dentry __free(kfree) = NULL;
	const char **more __free(kfree) = NULL;
	struct ktap_fetch *fetch;
	int ret = 0;

	if (!meta)
		return ERR_PTR(-ENOMEM);
	if (ctx->flags & TPARG_FL_KERNEL) {
		more = traceprobe_expand_meta_args(nr, argv, &nr, meta,
						   MAX_BTF_ARGS_LEN, ctx);
		ret = PTR_ERR_OR_ZERO(more);
		if (ret)
			more = NULL;
		else if (more)
			argv = more;
	}
	if (!ret && ctx->flags & TPARG_FL_KERNEL)
		ret = traceprobe_expand_dentry_args(nr, argv, &dentry);
	if (ret) {
		ktap_log(log, "bad fetch arguments: error_log in tracefs says why\n");
		return ERR_PTR(ret == -ENOMEM ? ret : -EINVAL);
	}
	fetch = fetch_new(nr + room, ctx->funcname, ctx->flags);
	if (!fetch)
		return ERR_PTR(-ENOMEM);
	fetch->nr_own = nr;
	ret = parse_own(fetch, sess, argv, ctx, log);
	if (ret) {
		ktap_fetch_free(fetch);
		return ERR_PTR(ret);
	}
	return fetch;
}

/* The words of @args behind two more, as commands of the kernel's events have. */
static const char **split_args(const char *args, const char *func, char ***words,
			       int *nr)
{
	const char **argv;

	*words = argv_split(GFP_KERNEL, args, nr);
	if (!*words)
		return NULL;
	argv = kcalloc(*nr + 2, sizeof(*argv), GFP_KERNEL);
	if (!argv) {
		argv_free(*words);
		return NULL;
	}
	argv[0] = "trace";
	argv[1] = func ?: "probe";
	memcpy(argv + 2, *words, *nr * sizeof(*argv));
	return argv;
}

/**
 * ktap_fetch_parse - Parse fetch arguments
 * @sess: session
 * @args: the arguments, with blanks between them; NULL if there are none
 * @room: most parameters that will be asked for with ktap_fetch_param()
 * @func: function whose parameters have names; NULL if it is not one
 * @flags: TPARG_FL_* of the place
 * @log: gets the reason if it fails
 *
 * Context: Process context. May sleep.
 * Return: the arguments, or NULL if there are neither any nor room, or an error:
 * -EINVAL, -EPERM or -ENOMEM.
 */
struct ktap_fetch *ktap_fetch_parse(const struct ktap_sess *sess, const char *args,
				    u32 room, const char *func, u32 flags,
				    struct ktap_log *log)
{
	struct traceprobe_parse_context *ctx;
	struct ktap_fetch *fetch;
	const char **argv;
	char **words;
	int nr;

	if (!args && !room)
		return NULL;
	argv = split_args(args ?: "", func, &words, &nr);
	if (!argv)
		return ERR_PTR(-ENOMEM);
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx) {
		fetch = ERR_PTR(-ENOMEM);
		goto out;
	}
	ctx->funcname = func;
	ctx->flags = flags;
	if (nr > MAX_TRACE_ARGS) {
		ktap_log(log, "more than %d fetch arguments\n", MAX_TRACE_ARGS);
		fetch = ERR_PTR(-EINVAL);
		goto out;
	}
	mutex_lock(&dyn_event_ops_mutex);
	trace_probe_log_init("ktap", nr + 2, argv);
	fetch = parse_all(sess, nr, argv + 2, room, ctx, log);
	traceprobe_finish_parse(ctx);
	trace_probe_log_clear();
	mutex_unlock(&dyn_event_ops_mutex);
out:
	kfree(ctx);
	kfree(argv);
	argv_free(words);
	return fetch;
}

/**
 * ktap_fetch_param - Fetch a parameter of the function as well
 * @fetch: fetch arguments that were parsed with room for it
 * @name: of the parameter, or "$retval"
 *
 * Context: Process context. May sleep.
 * Return: its index, or -ENOENT if it is not known.
 */
int ktap_fetch_param(struct ktap_fetch *fetch, const char *name)
{
	struct traceprobe_parse_context *ctx __free(kfree) = NULL;
	u32 i = fetch ? fetch->nr : 0;
	int ret;

	if (!IS_ENABLED(CONFIG_PROBE_EVENTS_BTF_ARGS) || !fetch || !fetch->func ||
	    i == fetch->tp.nr_args || strlen(name) > MAX_ARG_NAME_LEN ||
	    (!is_good_name(name) && strcmp(name, "$retval")))
		return -ENOENT;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOENT;
	ctx->funcname = fetch->func;
	ctx->flags = fetch->flags;
	mutex_lock(&dyn_event_ops_mutex);
	ret = parse_arg(fetch, i, name, ctx);
	traceprobe_finish_parse(ctx);
	trace_probe_log_clear();
	mutex_unlock(&dyn_event_ops_mutex);
	if (ret) {
		traceprobe_free_probe_arg(&fetch->tp.args[i]);
		memset(&fetch->tp.args[i], 0, sizeof(fetch->tp.args[i]));
		memset(&fetch->args[i], 0, sizeof(fetch->args[i]));
		return -ENOENT;
	}
	fetch->nr++;
	return i;
}

/**
 * ktap_fetch_free - Free fetch arguments
 * @fetch: the arguments, an error or NULL
 *
 * Context: Process context.
 */
void ktap_fetch_free(struct ktap_fetch *fetch)
{
	if (IS_ERR_OR_NULL(fetch))
		return;
	trace_probe_cleanup(&fetch->tp);
	kfree(fetch->args);
	kfree(fetch->func);
	kfree(fetch);
}

/**
 * ktap_fetch_find - Find a fetch argument
 * @fetch: fetch arguments; may be NULL
 * @name: name that it was given
 *
 * Context: Any context.
 * Return: its index, or -ENOENT.
 */
int ktap_fetch_find(const struct ktap_fetch *fetch, const char *name)
{
	u32 i;

	for (i = 0; fetch && i < fetch->nr; i++) {
		if (!strcmp(fetch->tp.args[i].name, name))
			return i;
	}
	return -ENOENT;
}

/**
 * ktap_fetch_nr - Number of fetch arguments
 * @fetch: fetch arguments; may be NULL
 *
 * Context: Any context.
 * Return: how many were given to ktap_fetch_parse().
 */
u32 ktap_fetch_nr(const struct ktap_fetch *fetch)
{
	return fetch ? fetch->nr_own : 0;
}

/**
 * ktap_fetch_entry_size - What has to be kept from a call until it returns
 * @fetch: fetch arguments; may be NULL
 *
 * Context: Any context.
 * Return: size in bytes, a multiple of that of a long.
 */
u32 ktap_fetch_entry_size(const struct ktap_fetch *fetch)
{
	/* The kernel's functions take what they do not change without const. */
	return fetch ? traceprobe_get_entry_data_size((struct trace_probe *)&fetch->tp) : 0;
}

/**
 * ktap_fetch_enter - Keep what is needed when a function returns
 * @fetch: fetch arguments
 * @to: memory of the size that ktap_fetch_entry_size() says
 * @regs: registers when it is called
 *
 * Context: Any context, NMI included.
 */
void ktap_fetch_enter(const struct ktap_fetch *fetch, void *to, struct pt_regs *regs)
{
	store_trace_entry_data(to, (struct trace_probe *)&fetch->tp, regs);
}

/*
 * Reading
 */

static s64 num_value(const union fetch_num *num, u32 size, bool is_signed)
{
	switch (size) {
	case 1:
		return is_signed ? (s8)num->u8 : num->u8;
	case 2:
		return is_signed ? (s16)num->u16 : num->u16;
	case 4:
		return is_signed ? (s64)(s32)num->u32 : num->u32;
	default:
		return num->u64;
	}
}

/* Run the program. */
static bool run_program(const struct ktap_fetch *fetch, u32 i,
			const struct ktap_fetch_from *from, union fetch_num *num)
{
	if (fetch->args[i].user && !ktap_user_mm())
		return false;
	num->u64 = 0;
	return process_fetch_insn(fetch->tp.args[i].code, (void *)from,
				  (void *)from->entry, num, NULL) >= 0;
}

/* Load value @nr of an argument in memory. */
static bool load_num(struct ktap_exec *exec, const struct fetch_arg *arg,
		     unsigned long addr, u32 nr, union fetch_num *num)
{
	struct fetch_insn field = arg->field;

	num->u64 = 0;
	if (!exec->env->read(exec, num, addr + arg->offset + nr * arg->size,
			     arg->size, arg->user))
		return false;
	if (field.op == FETCH_OP_MOD_BF)
		fetch_apply_bitfield(&field, num);
	return true;
}

static u32 put_num(const struct ktap_fetch *fetch, u32 i, const union fetch_num *num,
		   char *buf, u32 size)
{
	const struct fetch_type *type = fetch->tp.args[i].type;
	s64 val = num_value(num, type->size, type->is_signed);

	if (fetch->args[i].symbol)
		return scnprintf(buf, size, "%pS", (void *)(unsigned long)val);
	if (!strcmp(type->name, "char"))
		return scnprintf(buf, size, "'%c'", (char)val);
	if (type->name[0] == 'x')
		return scnprintf(buf, size, "0x%llx", val);
	return scnprintf(buf, size, type->is_signed ? "%lld" : "%llu", val);
}

/* Read a string, as much of it as there is room for. Returns -EFAULT or its length. */
static long load_str(struct ktap_exec *exec, const struct fetch_arg *arg,
		     unsigned long addr, char *buf, u32 size)
{
	long len;

	if (arg->how == FETCH_OWN)
		return scnprintf(buf, size, "%s", (const char *)addr);
	len = exec->env->read_str(exec, buf, addr, size, arg->user);
	return len < 0 ? len : min_t(long, len, size - 1);
}

static u32 put_str(struct ktap_exec *exec, const struct fetch_arg *arg,
		   unsigned long addr, char *buf, u32 size)
{
	long len;

	if (size < 4)
		return 0;
	/* There are quotes around it, and a NUL. */
	len = load_str(exec, arg, addr, buf + 1, size - 2);
	if (len < 0) {
		exec->stats[KTAP_STAT_BAD_READ]++;
		return scnprintf(buf, size, "(fault)");
	}
	buf[0] = '"';
	buf[len + 1] = '"';
	buf[len + 2] = '\0';
	return len + 2;
}

/* One value of an array, or the only one. Returns the length of its text. */
static u32 put_item(struct ktap_exec *exec, const struct ktap_fetch *fetch, u32 i,
		    unsigned long addr, u32 nr, char *buf, u32 size)
{
	const struct fetch_arg *arg = &fetch->args[i];
	union fetch_num num;

	if (arg->how == FETCH_STR || arg->how == FETCH_OWN)
		return put_str(exec, arg, addr + arg->offset, buf, size);
	if (arg->how == FETCH_STRS) {
		addr += arg->offset + nr * sizeof(long);
		if (exec->env->read(exec, &num.addr, addr, sizeof(long), arg->user))
			return put_str(exec, arg, num.addr, buf, size);
	} else if (load_num(exec, arg, addr, nr, &num)) {
		return put_num(fetch, i, &num, buf, size);
	}
	exec->stats[KTAP_STAT_BAD_READ]++;
	return scnprintf(buf, size, "(fault)");
}

static u32 put_array(struct ktap_exec *exec, const struct ktap_fetch *fetch, u32 i,
		     unsigned long addr, char *buf, u32 size)
{
	u32 len = scnprintf(buf, size, "{");
	u32 nr;

	for (nr = 0; nr < fetch->args[i].count; nr++) {
		if (nr)
			len += scnprintf(buf + len, size - len, ",");
		len += put_item(exec, fetch, i, addr, nr, buf + len, size - len);
	}
	return len + scnprintf(buf + len, size - len, "}");
}

/* An argument as the kernel shows it. */
static u32 put_arg(struct ktap_exec *exec, const struct ktap_fetch *fetch, u32 i,
		   const struct ktap_fetch_from *from, char *buf, u32 size)
{
	const struct fetch_arg *arg = &fetch->args[i];
	union fetch_num num;

	if (!run_program(fetch, i, from, &num)) {
		exec->stats[KTAP_STAT_BAD_READ]++;
		return scnprintf(buf, size, "(fault)");
	}
	if (arg->how == FETCH_NUM)
		return put_num(fetch, i, &num, buf, size);
	if (arg->how == FETCH_SYM)
		return scnprintf(buf, size, "\"%pS\"", (void *)(num.addr + arg->offset));
	if (arg->count)
		return put_array(exec, fetch, i, num.addr, buf, size);
	return put_item(exec, fetch, i, num.addr, 0, buf, size);
}

/* What is a string, or is shown as one. */
static int read_text(struct ktap_exec *exec, const struct ktap_fetch *fetch, u32 i,
		     unsigned long addr, struct ktap_value *val)
{
	struct ktap_str *str = ktap_arena_str(&exec->arena, KTAP_TEXT_MAX);
	const struct fetch_arg *arg = &fetch->args[i];
	long len;

	if (!str)
		return -ENOSPC;
	if (arg->count)
		len = put_array(exec, fetch, i, addr, str->data, KTAP_TEXT_MAX);
	else if (arg->symbol || arg->how == FETCH_SYM)
		len = scnprintf(str->data, KTAP_TEXT_MAX, "%pS", (void *)addr);
	else
		len = load_str(exec, arg, addr + arg->offset, str->data,
			       KTAP_TEXT_MAX);
	ktap_arena_trim(&exec->arena, str, max(len, 0));
	if (len < 0) {
		exec->stats[KTAP_STAT_BAD_READ]++;
		ktap_set_nil(val);
	} else {
		ktap_set_str(val, str);
	}
	return 0;
}

/**
 * ktap_fetch_read - Read a fetch argument
 * @exec: slot
 * @fetch: fetch arguments
 * @i: index of the one to read
 * @from: what it is read from
 * @val: its value: an integer, or a string, which arrays and symbols are shown as;
 *       nil if it could not be read, which is counted
 *
 * Context: Probe context: preemption off, slot held.
 * Return: 0, or -ENOSPC if the arena has no room.
 */
int ktap_fetch_read(struct ktap_exec *exec, const struct ktap_fetch *fetch, u32 i,
		    const struct ktap_fetch_from *from, struct ktap_value *val)
{
	const struct fetch_type *type = fetch->tp.args[i].type;
	const struct fetch_arg *arg = &fetch->args[i];
	union fetch_num num;

	if (!run_program(fetch, i, from, &num) ||
	    (arg->how == FETCH_MEM && !arg->count &&
	     !load_num(exec, arg, num.addr, 0, &num))) {
		exec->stats[KTAP_STAT_BAD_READ]++;
		ktap_set_nil(val);
		return 0;
	}
	if (!arg->count && !arg->symbol &&
	    (arg->how == FETCH_NUM || arg->how == FETCH_MEM)) {
		ktap_set_int(val, num_value(&num, type->size, type->is_signed));
		return 0;
	}
	return read_text(exec, fetch, i, num.addr, val);
}

/**
 * ktap_fetch_text - Show fetch arguments as the kernel shows those of its events
 * @exec: slot
 * @fetch: fetch arguments; may be NULL
 * @from: what they are read from
 * @buf: gets " name=value" for each
 * @size: size of @buf
 *
 * Context: Probe context: preemption off, slot held.
 * Return: length of the text.
 */
u32 ktap_fetch_text(struct ktap_exec *exec, const struct ktap_fetch *fetch,
		    const struct ktap_fetch_from *from, char *buf, u32 size)
{
	u32 nr = ktap_fetch_nr(fetch);
	u32 len = 0;
	u32 i;

	for (i = 0; i < nr; i++) {
		len += scnprintf(buf + len, size - len, " %s=",
				 fetch->tp.args[i].name);
		len += put_arg(exec, fetch, i, from, buf + len, size - len);
	}
	return len;
}
