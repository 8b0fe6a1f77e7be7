// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of program images
 *
 * A valid image is refused after one edit, with the text and the errno for it.
 * The image has a struct of its own here, so that an edit is named by a member.
 */
#include <kunit/test.h>

#include "prog.h"

struct layout {
	struct ktap_img_header hdr;
	struct ktap_img_section unknown;
	struct ktap_insn insns[5];
	struct ktap_img_proto protos[4];
	struct ktap_img_const consts[2];
	struct ktap_img_str strs[4];
	char text[16];
	struct ktap_img_global globals[2];
	struct ktap_img_event events[2];
	struct ktap_img_field fields[2];
	struct ktap_img_line lines[3];
};

#define SECTION(name, member, nr) \
	[KTAP_SEC_##name] = { offsetof(struct layout, member), nr }

static const struct layout valid = {
	.hdr = {
		.magic = KTAP_IMG_MAGIC,
		.version = KTAP_IMG_VERSION,
		.nr_sections = KTAP_SEC_NR,
		.size = sizeof(struct layout),
		.name = 3,
		.sec = {
			SECTION(INSN, insns, 5),
			SECTION(PROTO, protos, 4),
			SECTION(CONST, consts, 2),
			SECTION(STR, strs, 4),
			SECTION(TEXT, text, 16),
			SECTION(GLOBAL, globals, 2),
			SECTION(EVENT, events, 2),
			SECTION(FIELD, fields, 2),
			SECTION(LINE, lines, 3),
		},
	},
	.protos = {
		{ .kind = KTAP_PROTO_MAIN, .insn = 0, .nr_insns = 1, .nr_regs = 3 },
		{ .kind = KTAP_PROTO_PROBE, .insn = 1, .nr_insns = 2, .nr_regs = 5 },
		{ .kind = KTAP_PROTO_END, .insn = 3, .nr_insns = 1, .nr_regs = 4 },
		{ .kind = KTAP_PROTO_FUNC, .insn = 4, .nr_insns = 1, .nr_regs = 9,
		  .nr_params = 2 },
	},
	.consts = {
		{ .type = KTAP_T_INT, .val = (u64)-5 },
		{ .type = KTAP_T_STR, .val = 2 },
	},
	.strs = {
		{ .off = 0, .len = 3 },
		{ .off = 4, .len = 0 },
		{ .off = 4, .len = 3 },
		{ .off = 8, .len = 7 },
	},
	.text = "abc\0\0d\0\0file.kp",
	.globals = { { .name = 0 }, { .name = 1 } },
	.events = {
		{ .proto = 1, .spec = 0, .filter = KTAP_IMG_NONE, .fetch = KTAP_IMG_NONE,
		  .name = KTAP_IMG_NONE },
		{ .proto = 1, .spec = 1, .filter = 2, .fetch = KTAP_IMG_NONE, .name = 0 },
	},
	.fields = {
		{ .kind = KTAP_FIELD_NAME, .name = 3 },
		{ .kind = KTAP_FIELD_NTH, .name = KTAP_IMG_NONE, .index = 7 },
	},
	.lines = {
		{ .insn = 0, .line = 1, .col = 2 },
		{ .insn = 1, .line = 3, .col = 4 },
		{ .insn = 3, .line = 5, .col = 6 },
	},
};

static struct layout *copy_valid(struct kunit *test)
{
	struct layout *img = kvmalloc(sizeof(*img), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, img);
	memcpy(img, &valid, sizeof(*img));
	return img;
}

struct edit {
	u32 off;
	u32 size;
	u64 val;
};

#define SET(member, val) \
	{ offsetof(struct layout, member), sizeof_field(struct layout, member), val }

static void apply(struct layout *img, const struct edit *edit)
{
	void *at = (void *)img + edit->off;
	u16 half = edit->val;
	u32 word = edit->val;

	switch (edit->size) {
	case 1:
		*(u8 *)at = edit->val;
		break;
	case 2:
		memcpy(at, &half, 2);
		break;
	case 4:
		memcpy(at, &word, 4);
		break;
	case 8:
		memcpy(at, &edit->val, 8);
		break;
	}
}

/* The only event is a tick that calls a tick. */
#define TICK								\
	SET(hdr.sec[KTAP_SEC_EVENT].count, 1), SET(protos[1].kind, KTAP_PROTO_TICK), \
	SET(events[0].kind, KTAP_PROBE_TICK)

static const struct refuse_row {
	const char *name;
	int err;
	const char *text;
	struct edit edit[4];
	u32 size;
} refuse_rows[] = {
	{ "one byte", -ENOEXEC, "shorter than its header", { }, 1 },
	{ "three bytes", -ENOEXEC, "shorter than its header", { }, 3 },
	{ "magic only", -ENOEXEC, "shorter than its header", { }, 4 },
	{ "header less a byte", -ENOEXEC, "shorter than its header", { },
	  sizeof(struct ktap_img_header) - 1 },
	{ "magic", -ENOEXEC, "not a ktap image", { SET(hdr.magic, 0x464c457f) } },
	{ "byte order", -ENOEXEC, "an image for a machine of the other byte order",
	  { SET(hdr.magic, 0x4b544150) } },
	{ "version 0", -ENOEXEC, "an image of a version that this kernel does not know",
	  { SET(hdr.version, 0) } },
	{ "version 2", -ENOEXEC, "an image of a version that this kernel does not know",
	  { SET(hdr.version, 2) } },
	{ "size too small", -EINVAL, "the size in its header is wrong",
	  { SET(hdr.size, sizeof(struct layout) - 8) } },
	{ "size too large", -EINVAL, "the size in its header is wrong",
	  { SET(hdr.size, sizeof(struct layout) + 8) } },
	{ "truncated", -EINVAL, "the size in its header is wrong", { },
	  sizeof(struct layout) - 1 },
	{ "flags", -EINVAL, "a flag or reserved member is not zero",
	  { SET(hdr.flags, 1) } },
	{ "header reserved", -EINVAL, "a flag or reserved member is not zero",
	  { SET(hdr.__reserved, 1) } },
	{ "too few sections", -EINVAL,
	  "sections that this kernel does not know are not empty",
	  { SET(hdr.nr_sections, KTAP_SEC_NR - 1) } },
	{ "more sections than image", -EINVAL,
	  "sections that this kernel does not know are not empty",
	  { SET(hdr.nr_sections, 0xffff) } },
	{ "unknown section", -EINVAL,
	  "sections that this kernel does not know are not empty",
	  { SET(hdr.nr_sections, KTAP_SEC_NR + 1), SET(unknown.count, 1) } },
	{ "section misaligned", -EINVAL,
	  "section 0: a section is misaligned or not inside of the image",
	  { SET(hdr.sec[0].off, offsetof(struct layout, insns) + 4) } },
	{ "section in header", -EINVAL,
	  "section 1: a section is misaligned or not inside of the image",
	  { SET(hdr.sec[1].off, 8) } },
	{ "section behind image", -EINVAL,
	  "section 2: a section is misaligned or not inside of the image",
	  { SET(hdr.sec[2].off, 0xfffffff8) } },
	{ "section over the end", -EINVAL,
	  "section 8: a section is misaligned or not inside of the image",
	  { SET(hdr.sec[8].count, 4) } },
	{ "section of 64 GiB", -EINVAL,
	  "section 8: a section is misaligned or not inside of the image",
	  { SET(hdr.sec[8].count, 0xffffffff) } },
	{ "string behind text", -EINVAL, "string 2: a string is not inside of the text",
	  { SET(strs[2].off, 16) } },
	{ "string over the end", -EINVAL, "string 3: a string is not inside of the text",
	  { SET(strs[3].len, 8) } },
	{ "string of 4 GiB", -EINVAL, "string 1: a string is not inside of the text",
	  { SET(strs[1].len, 0xffffffff) } },
	{ "string without NUL", -EINVAL, "string 0: a string is not inside of the text",
	  { SET(strs[0].len, 2) } },
	{ "no name", -EINVAL, "there is no string with that index",
	  { SET(hdr.name, 4) } },
	{ "constant: string", -EINVAL,
	  "constant 1: there is no string with that index",
	  { SET(consts[1].val, 1ULL << 32) } },
	{ "function: string", -EINVAL,
	  "function 1: there is no string with that index",
	  { SET(protos[1].name, KTAP_IMG_NONE) } },
	{ "global: string", -EINVAL, "global 1: there is no string with that index",
	  { SET(globals[1].name, 4) } },
	{ "event: string", -EINVAL, "event 0: there is no string with that index",
	  { SET(events[0].spec, KTAP_IMG_NONE) } },
	{ "event: filter", -EINVAL, "event 1: there is no string with that index",
	  { SET(events[1].filter, 4) } },
	{ "event: fetch arguments", -EINVAL,
	  "event 1: there is no string with that index",
	  { SET(events[1].fetch, 4) } },
	{ "event: name", -EINVAL, "event 1: there is no string with that index",
	  { SET(events[1].name, 4) } },
	{ "field: string", -EINVAL, "field 0: there is no string with that index",
	  { SET(fields[0].name, 4) } },
	{ "constant: table", -EINVAL,
	  "constant 0: a constant is neither integer nor string",
	  { SET(consts[0].type, KTAP_T_TAB) } },
	{ "constant: reserved", -EINVAL,
	  "constant 0: a flag or reserved member is not zero",
	  { SET(consts[0].__reserved, 1) } },
	{ "no function", -EINVAL, "the first function, and only it, must be main",
	  { SET(hdr.sec[KTAP_SEC_PROTO].count, 0) } },
	{ "no main", -EINVAL,
	  "function 0: the first function, and only it, must be main",
	  { SET(protos[0].kind, KTAP_PROTO_END) } },
	{ "two mains", -EINVAL,
	  "function 2: the first function, and only it, must be main",
	  { SET(protos[2].kind, KTAP_PROTO_MAIN) } },
	{ "function: kind", -EINVAL, "function 2: unknown kind of function",
	  { SET(protos[2].kind, KTAP_PROTO_NR) } },
	{ "function: registers", -EINVAL, "function 1: too many registers",
	  { SET(protos[1].nr_regs, KTAP_MAX_REGS + 1) } },
	{ "function: parameters", -EINVAL, "function 3: too many parameters",
	  { SET(protos[3].nr_params, KTAP_MAX_PARAMS + 1), SET(protos[3].nr_regs, 100) } },
	{ "function: 4 Gi parameters", -EINVAL, "function 3: too many parameters",
	  { SET(protos[3].nr_params, 0xffffffff) } },
	{ "function: parameters without registers", -EINVAL,
	  "function 3: too many parameters", { SET(protos[3].nr_params, 10) } },
	{ "main: parameters", -EINVAL, "function 0: too many parameters",
	  { SET(protos[0].nr_params, 1) } },
	{ "probe: parameters", -EINVAL, "function 1: too many parameters",
	  { SET(protos[1].nr_params, 1) } },
	{ "trace_end: parameters", -EINVAL, "function 2: too many parameters",
	  { SET(protos[2].nr_params, 1) } },
	{ "function: gap", -EINVAL,
	  "function 2: functions do not cover the code in order",
	  { SET(protos[1].nr_insns, 1) } },
	{ "function: overlap", -EINVAL,
	  "function 2: functions do not cover the code in order",
	  { SET(protos[2].insn, 2) } },
	{ "function: empty", -EINVAL,
	  "function 0: functions do not cover the code in order",
	  { SET(protos[0].nr_insns, 0) } },
	{ "function: too long", -EINVAL,
	  "function 3: functions do not cover the code in order",
	  { SET(protos[3].nr_insns, 2) } },
	{ "function: 4 Gi instructions", -EINVAL,
	  "function 3: functions do not cover the code in order",
	  { SET(protos[3].nr_insns, 0xffffffff) } },
	{ "code of no function", -EINVAL, "functions do not cover the code in order",
	  { SET(hdr.sec[KTAP_SEC_PROTO].count, 3) } },
	{ "global: flags", -EINVAL, "global 0: a flag or reserved member is not zero",
	  { SET(globals[0].flags, 1) } },
	{ "event: kind", -EINVAL, "event 0: unknown kind of event",
	  { SET(events[0].kind, KTAP_PROBE_NR) } },
	{ "event: no function", -EINVAL, "event 0: an event calls a function of another kind",
	  { SET(events[0].proto, 4) } },
	{ "event: calls main", -EINVAL, "event 1: an event calls a function of another kind",
	  { SET(events[1].proto, 0) } },
	{ "event: calls a function that is called", -EINVAL,
	  "event 1: an event calls a function of another kind",
	  { SET(events[1].proto, 3) } },
	{ "event: flags", -EINVAL, "event 1: a flag or reserved member is not zero",
	  { SET(events[1].flags, 4) } },
	{ "tick: calls a probe", -EINVAL,
	  "event 0: an event calls a function of another kind",
	  { SET(events[0].kind, KTAP_PROBE_TICK) } },
	{ "event: calls a tick", -EINVAL,
	  "event 0: an event calls a function of another kind",
	  { SET(protos[1].kind, KTAP_PROTO_TICK) } },
	{ "event: reserved", -EINVAL, "event 1: a flag or reserved member is not zero",
	  { SET(events[1].__reserved, 0x80000000) } },
	{ "event: fetch arguments of no use", -EINVAL,
	  "event 0: events of that kind have no fetch arguments",
	  { SET(events[0].fetch, 2) } },
	{ "event: returns", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].flags, KTAP_EVENT_RETURN) } },
	{ "event: marker", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].flags, KTAP_EVENT_MARKER) } },
	{ "func: filter", -EINVAL, "event 0: events of that kind have no filter",
	  { SET(events[0].kind, KTAP_PROBE_FUNC), SET(events[0].filter, 2) } },
	{ "func: marker", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].kind, KTAP_PROBE_FUNC), SET(events[0].flags, KTAP_EVENT_MARKER) } },
	{ "ftrace: fetch arguments", -EINVAL,
	  "event 0: events of that kind have no fetch arguments",
	  { SET(events[0].kind, KTAP_PROBE_FTRACE), SET(events[0].fetch, 2) } },
	{ "ftrace: returns", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].kind, KTAP_PROBE_FTRACE), SET(events[0].flags, KTAP_EVENT_RETURN) } },
	{ "user: filter", -EINVAL, "event 0: events of that kind have no filter",
	  { SET(events[0].kind, KTAP_PROBE_USER), SET(events[0].filter, 2) } },
	{ "profile: filter", -EINVAL, "event 0: events of that kind have no filter",
	  { SET(events[0].kind, KTAP_PROBE_PROFILE), SET(events[0].filter, 2) } },
	{ "profile: fetch arguments", -EINVAL,
	  "event 0: events of that kind have no fetch arguments",
	  { SET(events[0].kind, KTAP_PROBE_PROFILE), SET(events[0].fetch, 2) } },
	{ "profile: returns", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].kind, KTAP_PROBE_PROFILE), SET(events[0].flags, KTAP_EVENT_RETURN) } },
	{ "profile: marker", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].kind, KTAP_PROBE_PROFILE), SET(events[0].flags, KTAP_EVENT_MARKER) } },
	{ "perf: filter", -EINVAL, "event 0: events of that kind have no filter",
	  { SET(events[0].kind, KTAP_PROBE_PERF), SET(events[0].filter, 2) } },
	{ "perf: fetch arguments", -EINVAL, "event 0: events of that kind have no fetch arguments",
	  { SET(events[0].kind, KTAP_PROBE_PERF), SET(events[0].fetch, 2) } },
	{ "perf: returns", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].kind, KTAP_PROBE_PERF), SET(events[0].flags, KTAP_EVENT_RETURN) } },
	{ "perf: marker", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].kind, KTAP_PROBE_PERF), SET(events[0].flags, KTAP_EVENT_MARKER) } },
	{ "mem: filter", -EINVAL, "event 0: events of that kind have no filter",
	  { SET(events[0].kind, KTAP_PROBE_MEM), SET(events[0].filter, 2) } },
	{ "mem: fetch arguments", -EINVAL, "event 0: events of that kind have no fetch arguments",
	  { SET(events[0].kind, KTAP_PROBE_MEM), SET(events[0].fetch, 2) } },
	{ "mem: returns", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].kind, KTAP_PROBE_MEM), SET(events[0].flags, KTAP_EVENT_RETURN) } },
	{ "mem: marker", -EINVAL, "event 0: events of that kind have no such flag",
	  { SET(events[0].kind, KTAP_PROBE_MEM), SET(events[0].flags, KTAP_EVENT_MARKER) } },
	{ "tick: filter", -EINVAL, "event 0: events of that kind have no filter",
	  { TICK, SET(events[0].filter, 2) } },
	{ "tick: fetch arguments", -EINVAL, "event 0: events of that kind have no fetch arguments",
	  { TICK, SET(events[0].fetch, 2) } },
	{ "tick: returns", -EINVAL, "event 0: events of that kind have no such flag",
	  { TICK, SET(events[0].flags, KTAP_EVENT_RETURN) } },
	{ "tick: marker", -EINVAL, "event 0: events of that kind have no such flag",
	  { TICK, SET(events[0].flags, KTAP_EVENT_MARKER) } },
	{ "field: name and index", -EINVAL, "field 0: a field of that kind has no index",
	  { SET(fields[0].index, 1) } },
	{ "line: reserved", -EINVAL, "line 2: a flag or reserved member is not zero",
	  { SET(lines[2].__reserved, 1) } },
	{ "line: no such instruction", -EINVAL,
	  "line 2: source positions are not in order",
	  { SET(lines[2].insn, 5) } },
	{ "line: twice", -EINVAL, "line 1: source positions are not in order",
	  { SET(lines[1].insn, 0) } },
};

KUNIT_ARRAY_PARAM_DESC(refuse, refuse_rows, name);

static void test_refuse(struct kunit *test)
{
	const struct refuse_row *row = test->param_value;
	struct layout *img = copy_valid(test);
	char is[160], want[160];
	struct ktap_log log = { .buf = is, .size = sizeof(is) };
	struct ktap_prog *prog;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(row->edit); i++)
		apply(img, &row->edit[i]);
	prog = ktap_prog_create(img, row->size ?: sizeof(*img), &log);
	KUNIT_EXPECT_EQ(test, (long)PTR_ERR(prog), (long)row->err);
	if (!IS_ERR(prog))
		ktap_prog_destroy(prog);
	scnprintf(want, sizeof(want), "image: %s\n", row->text);
	KUNIT_EXPECT_EQ(test, log.len, (u32)strlen(want));
	if (log.len)
		KUNIT_EXPECT_STREQ(test, is, want);
}

/* Each edit that is allowed. */
static const struct accept_row {
	const char *name;
	struct edit edit[3];
} accept_rows[] = {
	{ "as it is" },
	{ "empty unknown section",
	  { SET(hdr.nr_sections, KTAP_SEC_NR + 1), SET(unknown.off, 0xffffffff) } },
	{ "empty section with any offset",
	  { SET(hdr.sec[KTAP_SEC_FIELD].count, 0),
	    SET(hdr.sec[KTAP_SEC_FIELD].off, 0xffffffff) } },
	{ "no constants", { SET(hdr.sec[KTAP_SEC_CONST].count, 0) } },
	{ "no globals", { SET(hdr.sec[KTAP_SEC_GLOBAL].count, 0) } },
	{ "no events", { SET(hdr.sec[KTAP_SEC_EVENT].count, 0) } },
	{ "no lines", { SET(hdr.sec[KTAP_SEC_LINE].count, 0) } },
	{ "no registers", { SET(protos[0].nr_regs, 0) } },
	{ "most registers", { SET(protos[0].nr_regs, KTAP_MAX_REGS) } },
	{ "most parameters",
	  { SET(protos[3].nr_params, KTAP_MAX_PARAMS), SET(protos[3].nr_regs, KTAP_MAX_PARAMS) } },
	{ "nothing but parameters", { SET(protos[3].nr_params, 9) } },
	{ "sections that overlap",
	  { SET(hdr.sec[KTAP_SEC_GLOBAL].off, offsetof(struct layout, insns)),
	    SET(hdr.sec[KTAP_SEC_GLOBAL].count, 4) } },
	{ "func: fetch arguments of a return",
	  { SET(events[0].kind, KTAP_PROBE_FUNC), SET(events[0].fetch, 2),
	    SET(events[0].flags, KTAP_EVENT_RETURN) } },
	{ "ftrace: filter",
	  { SET(events[0].kind, KTAP_PROBE_FTRACE), SET(events[0].filter, 2) } },
	{ "user: fetch arguments of a return",
	  { SET(events[0].kind, KTAP_PROBE_USER), SET(events[0].fetch, 2),
	    SET(events[0].flags, KTAP_EVENT_RETURN) } },
	{ "user: marker",
	  { SET(events[0].kind, KTAP_PROBE_USER), SET(events[0].fetch, 2),
	    SET(events[0].flags, KTAP_EVENT_MARKER) } },
	{ "tick", { TICK } },
	{ "code of any content", { SET(insns[1].op, 0xffff), SET(insns[2].a, 0xffff) } },
};

KUNIT_ARRAY_PARAM_DESC(accept, accept_rows, name);

static void test_accept(struct kunit *test)
{
	const struct accept_row *row = test->param_value;
	struct layout *img = copy_valid(test);
	char text[160] = "";
	struct ktap_log log = { .buf = text, .size = sizeof(text) };
	struct ktap_prog *prog;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(row->edit); i++) {
		if (row->edit[i].size)
			apply(img, &row->edit[i]);
	}
	prog = ktap_prog_create(img, sizeof(*img), &log);
	KUNIT_EXPECT_STREQ(test, text, "");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	ktap_prog_destroy(prog);
}

static void test_prog(struct kunit *test)
{
	struct ktap_log log = {};
	struct ktap_prog *prog;

	prog = ktap_prog_create(copy_valid(test), sizeof(valid), &log);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	KUNIT_EXPECT_STREQ(test, ktap_prog_str(prog, prog->name), "file.kp");
	KUNIT_EXPECT_EQ(test, prog->nr_insns, 5U);
	KUNIT_EXPECT_EQ(test, prog->nr_protos, 4U);
	KUNIT_EXPECT_EQ(test, prog->nr_strs, 4U);
	KUNIT_EXPECT_EQ(test, prog->nr_globals, 2U);
	KUNIT_EXPECT_EQ(test, prog->nr_events, 2U);
	KUNIT_EXPECT_EQ(test, prog->nr_fields, 2U);
	KUNIT_EXPECT_EQ(test, prog->proc_regs, 4U);
	KUNIT_EXPECT_EQ(test, prog->probe_regs, 5U);

	KUNIT_ASSERT_EQ(test, prog->nr_consts, 2U);
	KUNIT_EXPECT_EQ(test, prog->consts[0].type, (u64)KTAP_T_INT);
	KUNIT_EXPECT_EQ(test, prog->consts[0].i, -5LL);
	KUNIT_EXPECT_EQ(test, prog->consts[1].type, (u64)KTAP_T_STR);
	KUNIT_EXPECT_PTR_EQ(test, prog->consts[1].str, prog->strs[2]);
	/* A NUL inside, and the length says where the string ends. */
	KUNIT_EXPECT_EQ(test, prog->strs[2]->len, 3U);
	KUNIT_EXPECT_EQ(test, prog->strs[2]->id, 2U);
	KUNIT_EXPECT_MEMEQ(test, prog->strs[2]->data, "\0d\0", 4);
	ktap_prog_destroy(prog);
}

/* What calls have to know of functions, and in which one an instruction is. */
static void test_protos(struct kunit *test)
{
	static const u32 protos[] = { 0, 1, 1, 2, 3 };
	struct ktap_log log = {};
	struct ktap_prog *prog;
	u32 i;

	prog = ktap_prog_create(copy_valid(test), sizeof(valid), &log);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	for (i = 0; i < ARRAY_SIZE(valid.protos); i++) {
		KUNIT_EXPECT_PTR_EQ(test, prog->callees[i].insns,
				    prog->insns + valid.protos[i].insn);
		KUNIT_EXPECT_EQ(test, prog->callees[i].nr_regs, valid.protos[i].nr_regs);
		KUNIT_EXPECT_EQ(test, prog->callees[i].nr_insns, valid.protos[i].nr_insns);
		KUNIT_EXPECT_EQ(test, prog->callees[i].nr_params, valid.protos[i].nr_params);
	}
	for (i = 0; i < ARRAY_SIZE(protos); i++)
		KUNIT_EXPECT_PTR_EQ(test, ktap_prog_proto(prog, i), &prog->protos[protos[i]]);
	ktap_prog_destroy(prog);
}

static void test_line(struct kunit *test)
{
	static const u32 lines[] = { 1, 3, 3, 5, 5 };
	const struct ktap_img_line *line;
	struct ktap_log log = {};
	struct ktap_prog *prog;
	struct layout *img;
	u32 pc;

	prog = ktap_prog_create(copy_valid(test), sizeof(valid), &log);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	for (pc = 0; pc < ARRAY_SIZE(lines); pc++) {
		line = ktap_prog_line(prog, pc);
		KUNIT_EXPECT_NOT_NULL(test, line);
		if (line)
			KUNIT_EXPECT_EQ(test, line->line, lines[pc]);
	}
	ktap_prog_destroy(prog);

	/* Nothing is known of what comes before the first position. */
	img = copy_valid(test);
	img->hdr.sec[KTAP_SEC_LINE].off += sizeof(*line);
	img->hdr.sec[KTAP_SEC_LINE].count = 1;
	prog = ktap_prog_create(img, sizeof(valid), &log);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	KUNIT_EXPECT_NULL(test, ktap_prog_line(prog, 0));
	KUNIT_EXPECT_NOT_NULL(test, ktap_prog_line(prog, 1));
	KUNIT_EXPECT_NOT_NULL(test, ktap_prog_line(prog, 3));
	ktap_prog_destroy(prog);
}

/* Strings may share text, but not so that 64 MiB become many times that. */
static void test_share(struct kunit *test)
{
	u32 text_len = 256 << 10, nr = 1032;
	struct ktap_img_header *hdr;
	struct ktap_img_str *strs;
	struct ktap_prog *prog;
	char buf[160] = "";
	struct ktap_log log = { .buf = buf, .size = sizeof(buf) };
	u32 i, size;

	size = ALIGN(sizeof(*hdr) + nr * sizeof(*strs), 8) + text_len;
	hdr = kvzalloc(size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, hdr);
	*hdr = valid.hdr;
	hdr->size = size;
	memset(hdr->sec, 0, sizeof(hdr->sec));
	hdr->sec[KTAP_SEC_STR].off = sizeof(*hdr);
	hdr->sec[KTAP_SEC_STR].count = nr;
	hdr->sec[KTAP_SEC_TEXT].off = size - text_len;
	hdr->sec[KTAP_SEC_TEXT].count = text_len;
	strs = (void *)(hdr + 1);
	for (i = 0; i < nr; i++)
		strs[i].len = text_len - 1;

	prog = ktap_prog_create(hdr, size, &log);
	KUNIT_EXPECT_EQ(test, PTR_ERR(prog), (long)-EINVAL);
	KUNIT_EXPECT_STREQ(test, buf,
			   "image: string 1023: strings share too much of the text\n");
}

/* Attaching takes time and memory, so there is a limit to what there is of it. */
static const struct limit_row {
	const char *name;
	enum ktap_section sec;
	u32 size;
	u32 most;
} limit_rows[] = {
	{ "events", KTAP_SEC_EVENT, sizeof(struct ktap_img_event), 65536 },
	{ "fields", KTAP_SEC_FIELD, sizeof(struct ktap_img_field), 1024 },
};

KUNIT_ARRAY_PARAM_DESC(limit, limit_rows, name);

/* The valid image with @count records of a section, all of them like the first. */
static struct ktap_prog *make_many(struct kunit *test, const struct limit_row *row,
				   u32 count, struct ktap_log *log)
{
	u32 size = sizeof(valid) + count * row->size, i;
	struct layout *img = kvzalloc(size, GFP_KERNEL);
	const void *one = (const void *)&valid + valid.hdr.sec[row->sec].off;

	KUNIT_ASSERT_NOT_NULL(test, img);
	memcpy(img, &valid, sizeof(valid));
	img->hdr.size = size;
	img->hdr.sec[row->sec].off = sizeof(valid);
	img->hdr.sec[row->sec].count = count;
	for (i = 0; i < count; i++)
		memcpy((void *)(img + 1) + i * row->size, one, row->size);
	return ktap_prog_create(img, size, log);
}

static void test_many(struct kunit *test)
{
	const struct limit_row *row = test->param_value;
	char buf[160] = "";
	struct ktap_log log = { .buf = buf, .size = sizeof(buf) };
	struct ktap_prog *prog;

	prog = make_many(test, row, row->most, &log);
	KUNIT_EXPECT_STREQ(test, buf, "");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	ktap_prog_destroy(prog);
	prog = make_many(test, row, row->most + 1, &log);
	KUNIT_EXPECT_EQ(test, PTR_ERR(prog), (long)-EINVAL);
	KUNIT_EXPECT_STREQ(test, buf, "image: too many events or fields\n");
}

/* The first string is made @len bytes long; it is what an event attaches to. */
static struct ktap_prog *make_long(struct kunit *test, u32 len, bool filter,
				   struct ktap_log *log)
{
	u32 size = sizeof(valid) + ALIGN(len + 1, 8), i;
	struct layout *img = kvzalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, img);
	memcpy(img, &valid, sizeof(valid));
	img->hdr.size = size;
	img->hdr.sec[KTAP_SEC_TEXT].off = sizeof(valid);
	img->hdr.sec[KTAP_SEC_TEXT].count = len + 1;
	memset(img + 1, 'x', len);
	/* All but one are empty. */
	for (i = 0; i < ARRAY_SIZE(img->strs); i++)
		img->strs[i] = (struct ktap_img_str){ .off = len };
	img->strs[filter ? 2 : 0] = (struct ktap_img_str){ .len = len };
	return ktap_prog_create(img, size, log);
}

static void test_long(struct kunit *test)
{
	char buf[160];
	struct ktap_prog *prog;
	u32 filter;

	for (filter = 0; filter < 2; filter++) {
		struct ktap_log log = { .buf = buf, .size = sizeof(buf) };

		buf[0] = '\0';
		prog = make_long(test, 4096, filter, &log);
		KUNIT_EXPECT_STREQ(test, buf, "");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
		ktap_prog_destroy(prog);
		prog = make_long(test, 4097, filter, &log);
		KUNIT_EXPECT_EQ(test, PTR_ERR(prog), (long)-EINVAL);
		KUNIT_EXPECT_STREQ(test, buf, filter ?
				   "image: event 1: an event has a string that is too long\n" :
				   "image: event 0: an event has a string that is too long\n");
	}
}

/* The log may be absent, too short, or hold just a part of a line. */
static void test_log(struct kunit *test)
{
	char buf[8] = "xxxxxxx";
	struct ktap_log log = {};

	ktap_log(&log, "%s", "0123456789");
	KUNIT_EXPECT_EQ(test, log.len, 10U);

	log = (struct ktap_log){ .buf = buf, .size = sizeof(buf) };
	ktap_log(&log, "%d", 123);
	ktap_log(&log, "%s", "45");
	KUNIT_EXPECT_STREQ(test, buf, "12345");
	ktap_log(&log, "6789");
	KUNIT_EXPECT_STREQ(test, buf, "1234567");
	ktap_log(&log, "0");
	KUNIT_EXPECT_STREQ(test, buf, "1234567");
	KUNIT_EXPECT_EQ(test, log.len, 10U);
}

static const struct test_prog built = {
	.main = CODE(OP(LOADI, 1, -2), OP(RET)),
	.probe = CODE(OP(ADD, 1, 2, 3), OP(RET)),
	.end = CODE(OP(RET)),
	.f = { CODE(OP(CALL, 3, TEST_G, 1), OP(RET, 3, 1)), 1 },
	.g = { CODE(OP(RET, 0, KTAP_OPEN | 1)), 2, 34 },
	.regs = 5,
};

/* What the other suites make their programs with. */
static void test_builder(struct kunit *test)
{
	static const struct ktap_insn insns[] = {
		{ KTAP_OP_LOADI, 1, 0xfffe, 0xffff }, { KTAP_OP_RET },
		{ KTAP_OP_CALL, 3, 2, 1 }, { KTAP_OP_RET, 3, 1 },
		{ KTAP_OP_RET, 0, 0x8001 },
		{ KTAP_OP_RET },
		{ KTAP_OP_ADD, 1, 2, 3 }, { KTAP_OP_RET },
	};
	static const struct ktap_img_proto protos[] = {
		{ KTAP_PROTO_MAIN, TEST_S_MAIN, 0, 2, 5, 0 },
		{ KTAP_PROTO_FUNC, TEST_S_FUNC, 2, 2, 8, 1 },
		{ KTAP_PROTO_FUNC, TEST_S_FUNC2, 4, 1, 34, 2 },
		{ KTAP_PROTO_END, TEST_S_END, 5, 1, 5, 0 },
		{ KTAP_PROTO_PROBE, TEST_S_PROBE, 6, 2, 5, 0 },
	};
	char buf[160] = "";
	struct ktap_log log = { .buf = buf, .size = sizeof(buf) };
	struct ktap_prog *prog = test_prog_make(&built, &log);

	KUNIT_EXPECT_STREQ(test, buf, "");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	KUNIT_ASSERT_EQ(test, prog->nr_insns, (u32)ARRAY_SIZE(insns));
	KUNIT_EXPECT_MEMEQ(test, prog->insns, insns, sizeof(insns));
	KUNIT_ASSERT_EQ(test, prog->nr_protos, (u32)ARRAY_SIZE(protos));
	KUNIT_EXPECT_MEMEQ(test, prog->protos, protos, sizeof(protos));
	KUNIT_ASSERT_EQ(test, prog->nr_events, 1U);
	KUNIT_EXPECT_EQ(test, prog->events[0].proto, 4U);
	ktap_prog_destroy(prog);
}

static struct kunit_case image_cases[] = {
	KUNIT_CASE_PARAM(test_refuse, refuse_gen_params),
	KUNIT_CASE_PARAM(test_accept, accept_gen_params),
	KUNIT_CASE(test_prog),
	KUNIT_CASE(test_protos),
	KUNIT_CASE(test_line),
	KUNIT_CASE(test_share),
	KUNIT_CASE_PARAM(test_many, limit_gen_params),
	KUNIT_CASE(test_long),
	KUNIT_CASE(test_log),
	KUNIT_CASE(test_builder),
	{}
};

static struct kunit_suite image_suite = {
	.name = "ktap_image",
	.test_cases = image_cases,
};

kunit_test_suite(image_suite);
