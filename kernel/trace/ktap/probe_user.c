// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Functions and markers of programs
 *
 * Each place, an offset in a file, has a consumer of uprobes, which put a breakpoint
 * there into all processes that map the file, or map it later, and hold the semaphore
 * of a marker meanwhile. The file is open from START to the end of the session, which
 * keeps it and its mount. Many places are often of one file, and share it.
 *
 * Handlers are called in task context and could sleep, but a program cannot: it runs
 * with preemption off, so user memory is read only where it is present.
 *
 * Where the session is limited to processes, others get no breakpoints. A child that
 * is not wanted has a copy of its parent's: its first hit takes it away, unless somebody
 * else wants it. What is decided for each hit looks at the process only: uprobes ask again
 * whether the address space is wanted, of which it may have a share, before they do so.
 *
 * A return is hooked when the function is called, which is also when the time is
 * taken that entry_ns counts from; uprobes keep it with the return address. They
 * hook so many calls of a task at a time and leave out what is nested deeper; that
 * is seen at the call, too, and counted.
 *
 * What a handler reads is known when START looks at it: names are looked up then.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include <linux/compat.h>
#include <linux/elf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/perf_regs.h>
#include <linux/ptrace.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uprobes.h>

#include "../trace_probe.h"
#include "fetch.h"
#include "ktap.h"

/* Most bytes of the text of an event. */
#define USER_TEXT_MAX		1024

/* Arguments that registers have, by the ABI of user functions. */
#define USER_REG_ARGS		(IS_ENABLED(CONFIG_S390) ? 5 : 6)

/**
 * struct user_attach - attachment to one place of a file
 * @att: attachment
 * @con: what uprobes call
 * @uprobe: the place; valid while @att is enabled
 * @file: file
 * @ident: how it begins
 * @offset: in the file
 * @semaphore: offset of the marker's semaphore, 0 for none
 * @fetch: fetch arguments, NULL if there are none
 * @flags: KTAP_EVENT_*
 * @timed: a handler reads how long the function took
 * @args: by index of the program's fields, which fetch argument it is, or -1
 */
struct user_attach {
	struct ktap_attach att;
	struct uprobe_consumer con;
	struct uprobe *uprobe;
	struct file *file;
	unsigned char ident[EI_NIDENT];
	loff_t offset;
	loff_t semaphore;
	struct ktap_fetch *fetch;
	u32 flags;
	bool timed;
	s16 args[];
};

/**
 * struct user_hit - a hit that a handler runs for
 * @addr: address of the place
 * @hit: what all sources have
 * @time: for returns, when the function was called; 0 if that is not known
 */
struct user_hit {
	unsigned long addr;
	struct ktap_hit hit;
	u64 time;
};

static const struct ktap_probe_ops user_ops;

static struct user_attach *to_user(const struct ktap_attach *att)
{
	return container_of(att, struct user_attach, att);
}

static bool user_filter(struct uprobe_consumer *con, struct mm_struct *mm)
{
	struct user_attach *user = container_of(con, struct user_attach, con);

	return ktap_target_mm(user->att.sess, mm);
}

/* Is this process one that is to have the breakpoint? */
static int user_stays(const struct user_attach *user)
{
	return ktap_target_process(&user->att.sess->target) ? 0 : UPROBE_HANDLER_REMOVE;
}

static int user_entry(struct uprobe_consumer *con, struct pt_regs *regs, __u64 *data)
{
	struct user_attach *user = container_of(con, struct user_attach, con);
	struct user_hit hit = {
		.hit = { .att = &user->att, .regs = regs },
		.addr = instruction_pointer(regs),
	};

	ktap_probe_run(&user->att, &hit.hit);
	return user_stays(user);
}

/*
 * Is the return of this call wanted? That it will not be seen, for too many are hooked, is
 * counted.
 */
static bool wants_return(const struct user_attach *user)
{
	struct ktap_sess *sess = user->att.sess;

	guard(preempt_notrace)();
	if (!ktap_sess_wants(sess))
		return false;
	if (unlikely(current->utask->depth >= MAX_URETPROBE_DEPTH))
		local_inc(&this_cpu_ptr(sess->cpus)->missed);
	return true;
}

static int user_call(struct uprobe_consumer *con, struct pt_regs *regs, __u64 *data)
{
	struct user_attach *user = container_of(con, struct user_attach, con);

	if (!wants_return(user))
		return user_stays(user) ?: UPROBE_HANDLER_IGNORE;
	if (user->timed)
		*data = ktime_get_mono_fast_ns();
	return 0;
}

static int user_return(struct uprobe_consumer *con, unsigned long func,
		       struct pt_regs *regs, __u64 *data)
{
	struct user_attach *user = container_of(con, struct user_attach, con);
	struct user_hit hit = {
		.hit = { .att = &user->att, .regs = regs },
		.addr = func,
		.time = data ? *data : 0,
	};

	/* A child has the calls of its parent, too. */
	if (ktap_target_process(&user->att.sess->target))
		ktap_probe_run_return(&user->att, &hit.hit);
	return 0;
}

/*
 * START
 */

/* A number to the end of the text. */
static bool parse_offset(const char *text, loff_t *offset)
{
	u64 num;

	if (kstrtoull(text, 0, &num) || num > LLONG_MAX)
		return false;
	*offset = num;
	return true;
}

/* Takes "path:offset(semaphore)" apart. */
static int parse_spec(struct user_attach *user, char *spec)
{
	char *colon = strrchr(spec, ':'), *open;
	size_t len;

	if (!colon || colon == spec)
		return -EINVAL;
	*colon++ = '\0';
	open = strchr(colon, '(');
	if (open) {
		*open++ = '\0';
		len = strlen(open);
		if (!len || open[len - 1] != ')')
			return -EINVAL;
		open[len - 1] = '\0';
		if (!parse_offset(open, &user->semaphore))
			return -EINVAL;
	}
	return parse_offset(colon, &user->offset) ? 0 : -EINVAL;
}

/* With overlayfs it is not the inode of the path that programs map. */
static struct inode *real_inode(const struct path *path)
{
	return d_real_inode(path->dentry);
}

/* Can there be breakpoints? Nothing but regular files is opened to see. */
static int check_file(const struct path *path, const char *name, struct ktap_log *log)
{
	struct inode *inode = real_inode(path);

	if (!S_ISREG(inode->i_mode)) {
		ktap_log(log, "'%s' is not a regular file\n", name);
		return -EINVAL;
	}
	if (!inode->i_mapping->a_ops->read_folio && !shmem_mapping(inode->i_mapping)) {
		ktap_log(log, "'%s' is in a filesystem without uprobes\n", name);
		return -EIO;
	}
	return 0;
}

static int read_ident(struct file *file, unsigned char ident[EI_NIDENT])
{
	loff_t pos = 0;

	if (kernel_read(file, ident, EI_NIDENT, &pos) != EI_NIDENT ||
	    memcmp(ident, ELFMAG, SELFMAG))
		return -EINVAL;
	return 0;
}

/* The file of the place before this one, if that is the same, or open it. */
static struct file *share_file(struct ktap_sess *sess, const struct path *path)
{
	struct ktap_attach *last = NULL;

	if (!list_empty(&sess->attaches))
		last = list_last_entry(&sess->attaches, struct ktap_attach, node);
	if (last && last->ops == &user_ops &&
	    path_equal(&to_user(last)->file->f_path, path))
		return get_file(to_user(last)->file);
	return dentry_open(path, O_RDONLY | O_LARGEFILE, current_cred());
}

static int open_file(struct user_attach *user, struct ktap_sess *sess,
		     const char *name, struct ktap_log *log)
{
	struct file *file;
	struct path path;
	int ret;

	ret = kern_path(name, LOOKUP_FOLLOW, &path);
	if (ret) {
		ktap_log(log, "cannot find '%s'\n", name);
		return ret;
	}
	ret = check_file(&path, name, log);
	if (ret)
		goto out;
	file = share_file(sess, &path);
	if (IS_ERR(file)) {
		ktap_log(log, "cannot open '%s'\n", name);
		ret = PTR_ERR(file);
		goto out;
	}
	user->file = file;
	ret = read_ident(file, user->ident);
	if (ret)
		ktap_log(log, "'%s' is not an ELF file\n", name);
out:
	path_put(&path);
	return ret;
}

/* Are the offsets such that uprobes take them? */
static int check_offsets(const struct user_attach *user, const char *name,
			 struct ktap_log *log)
{
	loff_t size = i_size_read(real_inode(&user->file->f_path));

	if (user->offset >= size || !IS_ALIGNED(user->offset, UPROBE_SWBP_INSN_SIZE)) {
		ktap_log(log, "offset 0x%llx is not in '%s'\n", user->offset, name);
		return -EINVAL;
	}
	if (user->semaphore >= size || !IS_ALIGNED(user->semaphore, sizeof(short))) {
		ktap_log(log, "semaphore 0x%llx is not in '%s'\n", user->semaphore,
			 name);
		return -EINVAL;
	}
	return 0;
}

/*
 * Is the file for processes like this one? Only for those can it be said how an
 * instruction is to be read.
 */
static bool class_is_ours(const struct user_attach *user)
{
	return !in_compat_syscall() &&
	       user->ident[EI_CLASS] == (IS_ENABLED(CONFIG_64BIT) ? ELFCLASS64 : ELFCLASS32);
}

/* Can the instruction be probed? If not, uprobes would leave it out and not tell. */
static bool insn_usable(const struct user_attach *user)
{
	struct arch_uprobe arch = {};
	loff_t pos = user->offset;

	if (!class_is_ours(user))
		return true;
	if (kernel_read(user->file, &arch.insn, sizeof(arch.insn), &pos) <= 0)
		return false;
	return !is_trap_insn((uprobe_opcode_t *)&arch.insn) &&
	       !arch_uprobe_analyze_insn(&arch, current->mm, user->offset);
}

/* Do both stand at the same place in the script, as all that a glob means do? */
static bool is_same_glob(const struct ktap_prog *prog, u32 event, u32 other)
{
	const struct ktap_img_event *a = &prog->events[event], *b = &prog->events[other];

	return other < prog->nr_events && a->kind == b->kind && a->proto == b->proto &&
	       a->line == b->line && a->col == b->col;
}

/*
 * A place that cannot be probed may be left out, unless it is all that there is: those
 * of a glob follow each other, so the last one knows. Returns 1 if it is.
 */
static int leave_out(const struct ktap_sess *sess, u32 event, struct ktap_log *log)
{
	const struct ktap_prog *prog = sess->core.prog;
	struct ktap_attach *last = NULL;

	if (is_same_glob(prog, event, event + 1))
		return 1;
	if (!list_empty(&sess->attaches))
		last = list_last_entry(&sess->attaches, struct ktap_attach, node);
	if (last && is_same_glob(prog, event, last->event))
		return 1;
	if (event && is_same_glob(prog, event, event - 1))
		ktap_log(log, ", and nothing else matches");
	return -EINVAL;
}

static int find_arg(const struct user_attach *user, const struct ktap_prog *prog,
		    const struct ktap_img_field *field)
{
	u32 nr = ktap_fetch_nr(user->fetch);
	char name[16];
	u32 index;

	switch (field->kind) {
	case KTAP_FIELD_NAME:
		return ktap_fetch_find(user->fetch, ktap_prog_str(prog, field->name));
	case KTAP_FIELD_NTH:
		if (!field->index)
			return -ENOENT;
		index = field->index - 1;
		break;
	case KTAP_FIELD_ARG:
		if (!(user->flags & KTAP_EVENT_MARKER))
			return -ENOENT;
		index = field->index;
		break;
	default:
		return -ENOENT;
	}
	if (!(user->flags & KTAP_EVENT_MARKER))
		return index < nr ? index : -ENOENT;
	/* Some may be missing, so they go by their names. */
	snprintf(name, sizeof(name), "arg%u", index + 1);
	return ktap_fetch_find(user->fetch, name);
}

/**
 * struct field_search - to find what a handler reads
 * @user: attachment
 * @log: gets the reason if something is missing
 */
struct field_search {
	struct user_attach *user;
	struct ktap_log *log;
};

/* Is the file for 32-bit processes, where the kernel is not? */
static bool is_compat(const struct user_attach *user)
{
	return IS_ENABLED(CONFIG_64BIT) && user->ident[EI_CLASS] == ELFCLASS32;
}

/* Is there what is not fetched? See own_field(). */
static bool has_own(const struct user_attach *user, const struct ktap_img_field *field)
{
	switch (field->kind) {
	case KTAP_FIELD_NTH:
		return !field->index;
	case KTAP_FIELD_ARG:
		return IS_ENABLED(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API) &&
		       IS_ENABLED(CONFIG_64BIT) && !user->flags &&
		       field->index < USER_REG_ARGS && !is_compat(user);
	case KTAP_FIELD_RETVAL:
	case KTAP_FIELD_ENTRY_NS:
		return user->flags & KTAP_EVENT_RETURN;
	case KTAP_FIELD_FUNC:
	case KTAP_FIELD_IP:
		return true;
	default:
		return false;
	}
}

/* Why something is not there; false if that is no error. */
static bool log_field(const struct field_search *search, const struct ktap_prog *prog,
		      const struct ktap_img_field *field)
{
	const struct user_attach *user = search->user;

	switch (field->kind) {
	case KTAP_FIELD_NAME:
		ktap_log(search->log, "%.*s has no fetch argument '%s'\n",
			 (int)user->att.name->len, user->att.name->data,
			 ktap_prog_str(prog, field->name));
		return true;
	case KTAP_FIELD_ARG:
		/* It may be one that the tool could not decode. */
		if (user->flags & KTAP_EVENT_MARKER)
			return false;
		ktap_log(search->log, "args[%u] is not known %s\n", field->index,
			 user->flags ? "when a function of a program returns" :
			 is_compat(user) ? "in a 32-bit program" : "here");
		return true;
	case KTAP_FIELD_RETVAL:
	case KTAP_FIELD_ENTRY_NS:
		ktap_log(search->log, "only known when a function returns\n");
		return true;
	default:
		return false;
	}
}

/* The N-th of less arguments is nil. */
static int use_field(void *data, u32 idx, bool must)
{
	const struct field_search *search = data;
	struct user_attach *user = search->user;
	const struct ktap_prog *prog = user->att.sess->core.prog;
	const struct ktap_img_field *field = &prog->fields[idx];

	user->args[idx] = max(find_arg(user, prog, field), -1);
	if (field->kind == KTAP_FIELD_ENTRY_NS)
		user->timed = true;
	if (user->args[idx] >= 0 || has_own(user, field))
		return 1;
	return must && log_field(search, prog, field) ? -EINVAL : 0;
}

/* Fetch arguments, and what the handler reads of them. */
static int prepare_reads(struct user_attach *user, u32 event, struct ktap_log *log)
{
	struct ktap_sess *sess = user->att.sess;
	const struct ktap_prog *prog = sess->core.prog;
	u32 fetch = prog->events[event].fetch;
	u32 flags = TPARG_FL_USER;
	const char *text = NULL;

	if (user->flags & KTAP_EVENT_RETURN)
		flags |= TPARG_FL_RETURN;
	if (fetch != KTAP_IMG_NONE)
		text = ktap_prog_str(prog, fetch);
	user->fetch = ktap_fetch_parse(sess, text, 0, NULL, flags, log);
	if (IS_ERR(user->fetch))
		return PTR_ERR(user->fetch);
	return ktap_probe_fields(sess, event, use_field,
				 &(struct field_search){ user, log });
}

static void prepare_consumer(struct user_attach *user)
{
	user->att.last_first = true;
	user->con.filter = user_filter;
	if (user->flags & KTAP_EVENT_RETURN) {
		user->con.handler = user_call;
		user->con.ret_handler = user_return;
	} else {
		user->con.handler = user_entry;
	}
}

static void user_free(struct ktap_attach *att)
{
	struct user_attach *user = to_user(att);

	ktap_fetch_free(user->fetch);
	if (user->file)
		fput(user->file);
	kfree(user);
}

/*
 * uprobes know one semaphore for each place. Others than this session may have the place
 * with another one, which is not known before it is enabled.
 */
static int check_semaphore(const struct user_attach *user, const struct ktap_sess *sess,
			   const char *name, struct ktap_log *log)
{
	struct inode *inode = real_inode(&user->file->f_path);
	const struct user_attach *other;
	struct ktap_attach *att;

	list_for_each_entry(att, &sess->attaches, node) {
		other = to_user(att);
		if (att->ops != &user_ops || other->semaphore == user->semaphore ||
		    other->offset != user->offset ||
		    real_inode(&other->file->f_path) != inode)
			continue;
		ktap_log(log, "the script has %s:0x%llx both with and without a semaphore, or with two\n",
			 name, user->offset);
		return -EINVAL;
	}
	return 0;
}

static int name_attach(struct user_attach *user, struct ktap_sess *sess, u32 event,
		       const char *path)
{
	char *name __free(kfree) = kasprintf(GFP_KERNEL, "%s:0x%llx",
					     kbasename(path), user->offset);

	if (!name)
		return -ENOMEM;
	return ktap_attach_init(&user->att, sess, event, &user_ops, name);
}

/* Prepare the place that was parsed. Returns 1 if it is to be left out. */
static int prepare(struct user_attach *user, struct ktap_sess *sess, u32 event,
		   const char *path, struct ktap_log *log)
{
	int ret;

	ret = open_file(user, sess, path, log);
	if (!ret)
		ret = check_offsets(user, path, log);
	if (!ret)
		ret = check_semaphore(user, sess, path, log);
	if (ret)
		return ret;
	if (!insn_usable(user)) {
		ktap_log(log, "the instruction at %s:0x%llx cannot be probed", path,
			 user->offset);
		ret = leave_out(sess, event, log);
		ktap_log(log, "\n");
		return ret;
	}
	ret = name_attach(user, sess, event, path);
	if (ret)
		return ret;
	prepare_consumer(user);
	return prepare_reads(user, event, log);
}

static int user_attach(struct ktap_sess *sess, u32 event, struct ktap_log *log)
{
	const struct ktap_prog *prog = sess->core.prog;
	const char *text = ktap_prog_str(prog, prog->events[event].spec);
	char *spec __free(kfree) = kstrdup(text, GFP_KERNEL);
	struct user_attach *user;
	int ret;

	user = kzalloc(struct_size(user, args, prog->nr_fields), GFP_KERNEL_ACCOUNT);
	if (!spec || !user) {
		kfree(user);
		return -ENOMEM;
	}
	memset(user->args, -1, prog->nr_fields * sizeof(*user->args));
	user->flags = prog->events[event].flags;
	ret = parse_spec(user, spec);
	if (ret)
		ktap_log(log, "'%s' is not of the form path:offset(semaphore)\n", text);
	else
		ret = prepare(user, sess, event, spec, log);
	if (!ret) {
		ktap_attach_add(&user->att);
		return 0;
	}
	kfree(user->att.name);
	user_free(&user->att);
	if (ret < 0)
		return ret;
	sess->nr_skipped++;
	return 0;
}

static int user_enable(struct ktap_attach *att)
{
	struct user_attach *user = to_user(att);

	user->uprobe = uprobe_register(real_inode(&user->file->f_path), user->offset,
				       user->semaphore, &user->con);
	return PTR_ERR_OR_ZERO(user->uprobe);
}

static void user_disable(struct ktap_attach *att)
{
	struct user_attach *user = to_user(att);

	uprobe_unregister_nosync(user->uprobe, &user->con);
}

static void user_sync(void)
{
	uprobe_unregister_sync();
}

/*
 * Reading
 */

static const struct user_hit *to_hit(const struct ktap_exec *exec)
{
	return container_of(exec->event, struct user_hit, hit);
}

/* Where the first byte of the file would be, as far as the place tells. */
static struct ktap_fetch_from fetch_from(const struct user_hit *hit)
{
	return (struct ktap_fetch_from){
		.regs = hit->hit.regs,
		.base = hit->addr - to_user(hit->hit.att)->offset,
	};
}

/*
 * The N-th argument of a function that was just called. Other ABIs than that of
 * 64-bit processes are not those of the kernel.
 */
static bool reg_arg(struct pt_regs *regs, u32 n, struct ktap_value *val)
{
#ifdef CONFIG_HAVE_FUNCTION_ARG_ACCESS_API
	if (IS_ENABLED(CONFIG_64BIT) && n < USER_REG_ARGS &&
	    perf_reg_abi(current) != PERF_SAMPLE_REGS_ABI_32) {
		ktap_set_int(val, regs_get_kernel_argument(regs, n));
		return true;
	}
#endif
	return false;
}

/* Name of the function, without the offset that may follow it. */
static int func_name(struct ktap_exec *exec, const struct ktap_str *name,
		     struct ktap_value *val)
{
	u32 len = strcspn(name->data, "+");
	struct ktap_str *str;

	if (len == name->len) {
		ktap_set_str(val, name);
		return 0;
	}
	str = ktap_arena_str(&exec->arena, len);
	if (!str)
		return -ENOSPC;
	memcpy(str->data, name->data, len);
	ktap_set_str(val, str);
	return 0;
}

/* What is not fetched. Returns false if the event does not have it. */
static bool own_field(const struct user_hit *hit, const struct ktap_img_field *field,
		      struct ktap_value *val)
{
	u32 flags = to_user(hit->hit.att)->flags;
	struct pt_regs *regs = hit->hit.regs;

	switch (field->kind) {
	case KTAP_FIELD_NTH:
		ktap_set_int(val, hit->addr);
		return !field->index;
	case KTAP_FIELD_ARG:
		return !flags && reg_arg(regs, field->index, val);
	case KTAP_FIELD_RETVAL:
		ktap_set_int(val, regs_return_value(regs));
		return flags & KTAP_EVENT_RETURN;
	case KTAP_FIELD_ENTRY_NS:
		ktap_set_int(val, ktime_get_mono_fast_ns() - hit->time);
		return hit->time;
	case KTAP_FIELD_IP:
		ktap_set_int(val, instruction_pointer(regs));
		return true;
	default:
		return false;
	}
}

static int user_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct user_hit *hit = to_hit(exec);
	const struct user_attach *user = to_user(hit->hit.att);
	const struct ktap_img_field *field = &exec->core->prog->fields[idx];
	struct ktap_fetch_from from;

	if (user->args[idx] >= 0) {
		from = fetch_from(hit);
		return ktap_fetch_read(exec, user->fetch, user->args[idx], &from, val);
	}
	if (field->kind == KTAP_FIELD_FUNC)
		return func_name(exec, user->att.name, val);
	if (!own_field(hit, field, val))
		ktap_set_nil(val);
	return 0;
}

/* As the kernel shows such events. */
static int user_text(struct ktap_exec *exec, struct ktap_value *val)
{
	const struct user_hit *hit = to_hit(exec);
	const struct user_attach *user = to_user(hit->hit.att);
	struct ktap_str *str = ktap_arena_str(&exec->arena, USER_TEXT_MAX);
	struct ktap_fetch_from from = fetch_from(hit);
	u32 len;

	if (!str)
		return -ENOSPC;
	len = scnprintf(str->data, USER_TEXT_MAX, "%s: (", user->att.name->data);
	if (user->flags & KTAP_EVENT_RETURN)
		len += scnprintf(str->data + len, USER_TEXT_MAX - len, "0x%lx <- ",
				 instruction_pointer(from.regs));
	len += scnprintf(str->data + len, USER_TEXT_MAX - len, "0x%lx)", hit->addr);
	len += ktap_fetch_text(exec, user->fetch, &from, str->data + len,
			       USER_TEXT_MAX - len);
	ktap_arena_trim(&exec->arena, str, len);
	ktap_set_str(val, str);
	return 0;
}

static const struct ktap_probe_ops user_ops = {
	.attach		= user_attach,
	.enable		= user_enable,
	.disable	= user_disable,
	.sync		= user_sync,
	.free		= user_free,
	.field		= user_field,
	.text		= user_text,
};

static int __init user_init(void)
{
	return ktap_probe_register(KTAP_PROBE_USER, &user_ops);
}
core_initcall(user_init);
