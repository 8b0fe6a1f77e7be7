// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Program images
 *
 * This is where bytes of user space become a program. What is guaranteed
 * afterwards, so that nobody has to check it again:
 *
 * - each section lies in the image and is aligned;
 * - each string lies in the text, and its index is valid wherever one is named;
 * - functions cover the code without gap or overlap, the first is the only main,
 *   and none uses more than KTAP_MAX_REGS registers;
 * - constants, globals, events, fields and lines are well-formed;
 * - events have a filter, fetch arguments and flags only where their kind has a use
 *   for them;
 * - flags are known ones, and reserved members are zero.
 *
 * What the instructions do is for verify.c to check.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "verify.h"

/* Reasons to refuse an image. FN(NAME, errno, "text") */
#define IMAGE_ERRORS(FN)						\
	FN(SHORT,	ENOEXEC, "shorter than its header")		\
	FN(MAGIC,	ENOEXEC, "not a ktap image")			\
	FN(SWAPPED,	ENOEXEC, "an image for a machine of the other byte order") \
	FN(VERSION,	ENOEXEC, "an image of a version that this kernel does not know") \
	FN(SIZE,	EINVAL, "the size in its header is wrong")	\
	FN(RESERVED,	EINVAL, "a flag or reserved member is not zero") \
	FN(SECTIONS,	EINVAL, "sections that this kernel does not know are not empty") \
	FN(BOUNDS,	EINVAL, "a section is misaligned or not inside of the image") \
	FN(STR_BOUNDS,	EINVAL, "a string is not inside of the text")	\
	FN(STR_INDEX,	EINVAL, "there is no string with that index")	\
	FN(STR_SIZE,	EINVAL, "strings share too much of the text")	\
	FN(CONST,	EINVAL, "a constant is neither integer nor string") \
	FN(MAIN,	EINVAL, "the first function, and only it, must be main") \
	FN(PROTO_KIND,	EINVAL, "unknown kind of function")		\
	FN(PROTO_CODE,	EINVAL, "functions do not cover the code in order") \
	FN(PROTO_REGS,	EINVAL, "too many registers")			\
	FN(PROTO_PARAMS, EINVAL, "too many parameters")			\
	FN(EVENT_KIND,	EINVAL, "unknown kind of event")		\
	FN(EVENT_PROTO,	EINVAL, "an event calls a function of another kind") \
	FN(EVENT_FILTER, EINVAL, "events of that kind have no filter")	\
	FN(EVENT_FETCH,	EINVAL, "events of that kind have no fetch arguments") \
	FN(EVENT_FLAGS,	EINVAL, "events of that kind have no such flag") \
	FN(FIELD_KIND,	EINVAL, "unknown kind of field")		\
	FN(FIELD,	EINVAL, "a field of that kind has no index")	\
	FN(LINES,	EINVAL, "source positions are not in order")	\
	FN(MANY,	EINVAL, "too many events or fields")		\
	FN(LONG,	EINVAL, "an event has a string that is too long")

#define ERR_ENUM(name, ...) IMG_##name,
enum image_error {
	IMAGE_ERRORS(ERR_ENUM)
};

#undef ERR_ENUM

#define ERR_TEXT(name, err, text)					\
	[IMG_##name] = { err, text },
static const struct {
	int err;
	const char *text;
} image_errors[] = {
	IMAGE_ERRORS(ERR_TEXT)
};

#undef ERR_TEXT

static int refuse(struct ktap_log *log, enum image_error error)
{
	ktap_log(log, "image: %s\n", image_errors[error].text);
	return -image_errors[error].err;
}

/* The same with the record where it was found. */
static int refuse_at(struct ktap_log *log, enum image_error error,
		     const char *what, u32 idx)
{
	ktap_log(log, "image: %s %u: %s\n", what, idx, image_errors[error].text);
	return -image_errors[error].err;
}

/* Sections that images of the first version have. */
#define SECTIONS_MIN	(KTAP_SEC_LINE + 1)

/* What attaching takes time and contiguous memory for. */
#define MAX_EVENTS	65536
#define MAX_FIELDS	1024
#define MAX_SPEC	4096

#define SEC_SIZE(name, nr, type)					\
	[KTAP_SEC_##name] = sizeof(type),
static const u32 section_sizes[KTAP_SEC_NR] = {
	___KTAP_SECTION_MAPPER(SEC_SIZE)
};

#undef SEC_SIZE

static int check_header(const struct ktap_img_header *hdr, u32 size,
			struct ktap_log *log)
{
	if (size < sizeof(hdr->magic))
		return refuse(log, IMG_SHORT);
	if (hdr->magic == __builtin_bswap32(KTAP_IMG_MAGIC))
		return refuse(log, IMG_SWAPPED);
	if (hdr->magic != KTAP_IMG_MAGIC)
		return refuse(log, IMG_MAGIC);
	if (size < offsetof(struct ktap_img_header, sec[SECTIONS_MIN]))
		return refuse(log, IMG_SHORT);
	if (hdr->version != KTAP_IMG_VERSION)
		return refuse(log, IMG_VERSION);
	if (hdr->size != size || size > KTAP_IMG_MAX_SIZE)
		return refuse(log, IMG_SIZE);
	if (hdr->flags || hdr->__reserved)
		return refuse(log, IMG_RESERVED);
	return 0;
}

/* Check the sections and copy those that are known, which need not all be there. */
static int take_sections(const struct ktap_img_header *hdr, u32 size,
			 struct ktap_img_section *known, struct ktap_log *log)
{
	const struct ktap_img_section *sec = hdr->sec;
	size_t hdr_size;
	u32 i;

	hdr_size = offsetof(struct ktap_img_header, sec) +
		   hdr->nr_sections * sizeof(*sec);
	if (hdr->nr_sections < SECTIONS_MIN || hdr_size > size)
		return refuse(log, IMG_SECTIONS);

	for (i = 0; i < hdr->nr_sections; i++) {
		u64 len;

		if (i >= KTAP_SEC_NR) {
			if (sec[i].count)
				return refuse(log, IMG_SECTIONS);
			continue;
		}
		known[i] = sec[i];
		len = (u64)sec[i].count * section_sizes[i];
		if (!len)
			continue;
		if (!IS_ALIGNED(sec[i].off, KTAP_IMG_ALIGN) ||
		    sec[i].off < hdr_size || sec[i].off > size ||
		    len > size - sec[i].off)
			return refuse_at(log, IMG_BOUNDS, "section", i);
	}
	return 0;
}

static void *section(const struct ktap_prog *prog,
		     const struct ktap_img_section *sec, enum ktap_section i)
{
	return prog->image + sec[i].off;
}

/* Copy the strings to where they have their lengths before them. */
static int take_strs(struct ktap_prog *prog, const struct ktap_img_section *sec,
		     struct ktap_log *log)
{
	const struct ktap_img_str *strs = section(prog, sec, KTAP_SEC_STR);
	const char *text = section(prog, sec, KTAP_SEC_TEXT);
	u32 text_len = sec[KTAP_SEC_TEXT].count;
	u64 size = 0;
	void *p;
	u32 i;

	prog->nr_strs = sec[KTAP_SEC_STR].count;
	for (i = 0; i < prog->nr_strs; i++) {
		if (strs[i].off >= text_len ||
		    strs[i].len >= text_len - strs[i].off ||
		    text[strs[i].off + strs[i].len])
			return refuse_at(log, IMG_STR_BOUNDS, "string", i);
		size += ktap_str_size(strs[i].len);
		if (size > 4ULL * KTAP_IMG_MAX_SIZE)
			return refuse_at(log, IMG_STR_SIZE, "string", i);
	}

	prog->strs = kvmalloc_array(prog->nr_strs, sizeof(*prog->strs),
				    GFP_KERNEL_ACCOUNT);
	prog->text = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!prog->strs || !prog->text)
		return -ENOMEM;

	p = prog->text;
	for (i = 0; i < prog->nr_strs; i++) {
		struct ktap_str *str = p;

		str->len = strs[i].len;
		str->id = i;
		memcpy(str->data, text + strs[i].off, str->len + 1);
		prog->strs[i] = str;
		p += ktap_str_size(str->len);
	}
	return 0;
}

static int take_consts(struct ktap_prog *prog, const struct ktap_img_section *sec,
		       struct ktap_log *log)
{
	const struct ktap_img_const *consts = section(prog, sec, KTAP_SEC_CONST);
	u32 i;

	prog->nr_consts = sec[KTAP_SEC_CONST].count;
	prog->consts = kvmalloc_array(prog->nr_consts, sizeof(*prog->consts),
				      GFP_KERNEL_ACCOUNT);
	if (!prog->consts)
		return -ENOMEM;

	for (i = 0; i < prog->nr_consts; i++) {
		if (consts[i].__reserved)
			return refuse_at(log, IMG_RESERVED, "constant", i);
		switch (consts[i].type) {
		case KTAP_T_INT:
			ktap_set_int(&prog->consts[i], consts[i].val);
			break;
		case KTAP_T_STR:
			if (consts[i].val >= prog->nr_strs)
				return refuse_at(log, IMG_STR_INDEX, "constant", i);
			ktap_set_str(&prog->consts[i], prog->strs[consts[i].val]);
			break;
		default:
			return refuse_at(log, IMG_CONST, "constant", i);
		}
	}
	return 0;
}

static int take_protos(struct ktap_prog *prog, const struct ktap_img_section *sec,
		       struct ktap_log *log)
{
	u32 next = 0;
	u32 i;

	prog->protos = section(prog, sec, KTAP_SEC_PROTO);
	prog->nr_protos = sec[KTAP_SEC_PROTO].count;
	prog->nr_insns = sec[KTAP_SEC_INSN].count;
	/* The verifier writes to the code, and sections may overlap. */
	prog->insns = kvmalloc_array(prog->nr_insns, sizeof(*prog->insns),
				     GFP_KERNEL_ACCOUNT);
	if (!prog->insns)
		return -ENOMEM;
	memcpy(prog->insns, section(prog, sec, KTAP_SEC_INSN),
	       prog->nr_insns * sizeof(*prog->insns));
	prog->callees = kvmalloc_array(prog->nr_protos, sizeof(*prog->callees),
				       GFP_KERNEL_ACCOUNT);
	if (!prog->callees)
		return -ENOMEM;

	if (!prog->nr_protos)
		return refuse(log, IMG_MAIN);
	for (i = 0; i < prog->nr_protos; i++) {
		const struct ktap_img_proto *proto = &prog->protos[i];
		u32 *regs;

		if (proto->kind >= KTAP_PROTO_NR)
			return refuse_at(log, IMG_PROTO_KIND, "function", i);
		if (i ? proto->kind == KTAP_PROTO_MAIN : proto->kind != KTAP_PROTO_MAIN)
			return refuse_at(log, IMG_MAIN, "function", i);
		if (proto->name >= prog->nr_strs)
			return refuse_at(log, IMG_STR_INDEX, "function", i);
		if (proto->nr_regs > KTAP_MAX_REGS)
			return refuse_at(log, IMG_PROTO_REGS, "function", i);
		if (proto->nr_params > (proto->kind == KTAP_PROTO_FUNC ?
					KTAP_MAX_PARAMS : 0) ||
		    proto->nr_params > proto->nr_regs)
			return refuse_at(log, IMG_PROTO_PARAMS, "function", i);
		if (proto->insn != next || !proto->nr_insns ||
		    proto->nr_insns > prog->nr_insns - next)
			return refuse_at(log, IMG_PROTO_CODE, "function", i);
		prog->callees[i] = (struct ktap_callee) {
			.insns = prog->insns + next,
			.nr_regs = proto->nr_regs,
			.nr_insns = proto->nr_insns,
			.nr_params = proto->nr_params,
		};
		next += proto->nr_insns;

		/* What is called has its registers on top of these. */
		if (proto->kind == KTAP_PROTO_FUNC)
			continue;
		regs = proto->kind == KTAP_PROTO_PROBE ? &prog->probe_regs :
							 &prog->proc_regs;
		*regs = max(*regs, proto->nr_regs);
	}
	if (next != prog->nr_insns)
		return refuse(log, IMG_PROTO_CODE);
	return 0;
}

static int take_globals(struct ktap_prog *prog, const struct ktap_img_section *sec,
			struct ktap_log *log)
{
	u32 i;

	prog->globals = section(prog, sec, KTAP_SEC_GLOBAL);
	prog->nr_globals = sec[KTAP_SEC_GLOBAL].count;
	for (i = 0; i < prog->nr_globals; i++) {
		if (prog->globals[i].name >= prog->nr_strs)
			return refuse_at(log, IMG_STR_INDEX, "global", i);
		if (prog->globals[i].flags)
			return refuse_at(log, IMG_RESERVED, "global", i);
	}
	return 0;
}

#define EVENT_PROTO(name, nr, text, proto)				\
	[KTAP_PROBE_##name] = KTAP_PROTO_##proto,
static const enum ktap_proto_kind event_protos[KTAP_PROBE_NR] = {
	___KTAP_PROBE_MAPPER(EVENT_PROTO)
};

#undef EVENT_PROTO

/* What events of each kind may have. */
static const struct {
	bool filter;
	bool fetch;
	u32 flags;
} takes[KTAP_PROBE_NR] = {
	[KTAP_PROBE_EVENT] = { .filter = true },
	[KTAP_PROBE_FUNC] = { .fetch = true, .flags = KTAP_EVENT_RETURN },
	[KTAP_PROBE_FTRACE] = { .filter = true },
	[KTAP_PROBE_USER] = {
		.fetch = true,
		.flags = KTAP_EVENT_RETURN | KTAP_EVENT_MARKER,
	},
};

static int check_event_strs(const struct ktap_prog *prog,
			    const struct ktap_img_event *event, u32 i,
			    struct ktap_log *log)
{
	const u32 strs[] = { event->spec, event->filter, event->fetch, event->name };
	u32 j;

	for (j = 0; j < ARRAY_SIZE(strs); j++) {
		/* Only the first one has to be there. */
		if (j && strs[j] == KTAP_IMG_NONE)
			continue;
		if (strs[j] >= prog->nr_strs)
			return refuse_at(log, IMG_STR_INDEX, "event", i);
		if (prog->strs[strs[j]]->len > MAX_SPEC)
			return refuse_at(log, IMG_LONG, "event", i);
	}
	return 0;
}

static int check_event_takes(const struct ktap_img_event *event, u32 i,
			     struct ktap_log *log)
{
	if (event->filter != KTAP_IMG_NONE && !takes[event->kind].filter)
		return refuse_at(log, IMG_EVENT_FILTER, "event", i);
	if (event->fetch != KTAP_IMG_NONE && !takes[event->kind].fetch)
		return refuse_at(log, IMG_EVENT_FETCH, "event", i);
	if (event->flags & ~takes[event->kind].flags)
		return refuse_at(log, IMG_EVENT_FLAGS, "event", i);
	return 0;
}

static int take_events(struct ktap_prog *prog, const struct ktap_img_section *sec,
		       struct ktap_log *log)
{
	int ret;
	u32 i;

	prog->events = section(prog, sec, KTAP_SEC_EVENT);
	prog->nr_events = sec[KTAP_SEC_EVENT].count;
	if (prog->nr_events > MAX_EVENTS)
		return refuse(log, IMG_MANY);
	for (i = 0; i < prog->nr_events; i++) {
		const struct ktap_img_event *event = &prog->events[i];

		if (event->kind >= KTAP_PROBE_NR)
			return refuse_at(log, IMG_EVENT_KIND, "event", i);
		if (event->proto >= prog->nr_protos ||
		    prog->protos[event->proto].kind != event_protos[event->kind])
			return refuse_at(log, IMG_EVENT_PROTO, "event", i);
		ret = check_event_strs(prog, event, i, log);
		if (ret)
			return ret;
		if ((event->flags & ~(KTAP_EVENT_RETURN | KTAP_EVENT_MARKER)) ||
		    event->__reserved)
			return refuse_at(log, IMG_RESERVED, "event", i);
		ret = check_event_takes(event, i, log);
		if (ret)
			return ret;
	}
	return 0;
}

static int take_fields(struct ktap_prog *prog, const struct ktap_img_section *sec,
		       struct ktap_log *log)
{
	u32 i;

	prog->fields = section(prog, sec, KTAP_SEC_FIELD);
	prog->nr_fields = sec[KTAP_SEC_FIELD].count;
	if (prog->nr_fields > MAX_FIELDS)
		return refuse(log, IMG_MANY);
	for (i = 0; i < prog->nr_fields; i++) {
		const struct ktap_img_field *field = &prog->fields[i];
		bool named = field->kind == KTAP_FIELD_NAME;

		if (field->kind >= KTAP_FIELD_NR)
			return refuse_at(log, IMG_FIELD_KIND, "field", i);
		if (named ? field->name >= prog->nr_strs :
			    field->name != KTAP_IMG_NONE)
			return refuse_at(log, IMG_STR_INDEX, "field", i);
		if (field->index && field->kind != KTAP_FIELD_NTH &&
		    field->kind != KTAP_FIELD_ARG)
			return refuse_at(log, IMG_FIELD, "field", i);
		if (field->__reserved)
			return refuse_at(log, IMG_RESERVED, "field", i);
	}
	return 0;
}

static int take_lines(struct ktap_prog *prog, const struct ktap_img_section *sec,
		      struct ktap_log *log)
{
	u32 i;

	prog->lines = section(prog, sec, KTAP_SEC_LINE);
	prog->nr_lines = sec[KTAP_SEC_LINE].count;
	for (i = 0; i < prog->nr_lines; i++) {
		if (prog->lines[i].__reserved)
			return refuse_at(log, IMG_RESERVED, "line", i);
		if (prog->lines[i].insn >= prog->nr_insns ||
		    (i && prog->lines[i].insn <= prog->lines[i - 1].insn))
			return refuse_at(log, IMG_LINES, "line", i);
	}
	return 0;
}

static int take_image(struct ktap_prog *prog, u32 size, struct ktap_log *log)
{
	static int (* const take[])(struct ktap_prog *prog,
				    const struct ktap_img_section *sec,
				    struct ktap_log *log) = {
		take_strs, take_consts, take_protos, take_globals, take_events,
		take_fields, take_lines,
	};
	struct ktap_img_section sec[KTAP_SEC_NR] = {};
	const struct ktap_img_header *hdr = prog->image;
	u32 i;
	int ret;

	ret = check_header(hdr, size, log);
	if (ret)
		return ret;
	ret = take_sections(hdr, size, sec, log);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(take); i++) {
		ret = take[i](prog, sec, log);
		if (ret)
			return ret;
	}
	if (hdr->name >= prog->nr_strs)
		return refuse(log, IMG_STR_INDEX);
	prog->name = hdr->name;
	return 0;
}

/**
 * ktap_prog_create - Make a program of an image
 * @image: the image, in memory of kvmalloc(), which becomes the program's
 * @size: its size in bytes, not 0
 * @log: gets the reason when it is refused
 *
 * Context: Process context. May sleep.
 * Return: the program, still to be verified; or an ERR_PTR(): -ENOEXEC or
 * -EINVAL for an image that is refused, -ENOMEM.
 */
struct ktap_prog *ktap_prog_create(void *image, u32 size, struct ktap_log *log)
{
	struct ktap_prog *prog;
	int ret;

	prog = kzalloc(sizeof(*prog), GFP_KERNEL_ACCOUNT);
	if (!prog) {
		kvfree(image);
		return ERR_PTR(-ENOMEM);
	}
	prog->image = image;
	ret = take_image(prog, size, log);
	if (ret) {
		ktap_prog_destroy(prog);
		return ERR_PTR(ret);
	}
	return prog;
}

/**
 * ktap_prog_destroy - Free a program
 * @prog: program, or NULL
 *
 * Context: Process context. May sleep.
 */
void ktap_prog_destroy(struct ktap_prog *prog)
{
	if (!prog)
		return;
	kvfree(prog->insns);
	kvfree(prog->callees);
	kvfree(prog->consts);
	kvfree(prog->strs);
	kvfree(prog->text);
	kvfree(prog->image);
	kfree(prog);
}

/**
 * ktap_prog_line - Find where an instruction comes from
 * @prog: program
 * @pc: index of the instruction
 *
 * Context: Any context, NMI included.
 * Return: the source position, or NULL if it is not known.
 */
const struct ktap_img_line *ktap_prog_line(const struct ktap_prog *prog, u32 pc)
{
	u32 low = 0, high = prog->nr_lines;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (prog->lines[mid].insn <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &prog->lines[low - 1] : NULL;
}

/**
 * ktap_prog_proto - Find the function that an instruction is in
 * @prog: program
 * @pc: index of the instruction
 *
 * Context: Any context, NMI included.
 * Return: the function.
 */
const struct ktap_img_proto *ktap_prog_proto(const struct ktap_prog *prog, u32 pc)
{
	u32 low = 0, high = prog->nr_protos;

	while (high - low > 1) {
		u32 mid = low + (high - low) / 2;

		if (prog->protos[mid].insn <= pc)
			low = mid;
		else
			high = mid;
	}
	return &prog->protos[low];
}

/**
 * ktap_prog_calls - Does a program call a builtin function?
 * @prog: program that was verified
 * @func: the function
 *
 * Context: Any context, NMI included.
 * Return: true if there is a call of it.
 */
bool ktap_prog_calls(const struct ktap_prog *prog, enum ktap_func func)
{
	u32 i;

	for (i = 0; i < prog->nr_insns; i++) {
		if (ktap_insn_calls(&prog->insns[i], func))
			return true;
	}
	return false;
}
