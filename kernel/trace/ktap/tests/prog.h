/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Programs as tests write them down
 *
 * A test gives the code of the functions, and gets an image in which constants,
 * globals, fields and source positions are always the same: those listed here.
 */
#ifndef _KTAP_TESTS_PROG_H
#define _KTAP_TESTS_PROG_H

#include "../disasm.h"
#include "../image.h"

/**
 * struct test_insn - an instruction
 * @op: &enum ktap_op + 1; 0 ends the code
 * @a: first operand
 * @b: second operand, or the joined one
 * @c: third operand
 */
struct test_insn {
	u16 op;
	u16 a;
	u32 b;
	u32 c;
};

#define OP(name, ...)	{ KTAP_OP_##name + 1, ##__VA_ARGS__ }
#define CODE(...)	((const struct test_insn[]){ __VA_ARGS__, {} })

/**
 * struct test_func - a function that is called
 * @code: its code
 * @params: number of parameters
 * @regs: number of registers; 0 for 8, TEST_NO_REGS for none
 */
struct test_func {
	const struct test_insn *code;
	u32 params;
	u32 regs;
};

/**
 * struct test_prog - a program
 * @main: code of main; NULL for nothing but a return
 * @probe: code of a function that an event calls, or NULL
 * @end: code of trace_end, or NULL
 * @regs: number of registers of each; 0 for 8, TEST_NO_REGS for none
 * @f: function TEST_F, if it has code
 * @g: function TEST_G, if it has code, when @f has as well
 * @more: functions from TEST_F on, in place of those two, or NULL
 * @nr_more: their number
 *
 * Main comes first in the image, then the functions that are called, then
 * trace_end and then the probe.
 */
struct test_prog {
	const struct test_insn *main;
	const struct test_insn *probe;
	const struct test_insn *end;
	u32 regs;
	struct test_func f;
	struct test_func g;
	const struct test_func *more;
	u32 nr_more;
};

#define TEST_REGS	8
/* In @regs: none. */
#define TEST_NO_REGS	U32_MAX

/* Indices of functions. */
#define TEST_F		1
#define TEST_G		2

/* FN(name, text) */
#define TEST_STRS(FN)							\
	FN(FILE, "test.kp")						\
	FN(MAIN, "main")						\
	FN(PROBE, "probe")						\
	FN(END, "end")							\
	FN(SPEC, "system:event")					\
	FN(FILTER, "a == 1")						\
	FN(KEY, "key")							\
	FN(EMPTY, "")							\
	FN(NUL, "a\0b")							\
	FN(TEXT16, "sixteen letters!")					\
	FN(FMT, "%d %s\n")						\
	FN(G0, "g0")							\
	FN(G1, "g1")							\
	FN(G2, "g2")							\
	FN(G3, "g3")							\
	FN(F0, "number")						\
	FN(F1, "string")						\
	FN(F2, "missing")						\
	FN(WIDE, TEST_WIDE)						\
	FN(FUNC, "f")							\
	FN(FUNC2, "g")							\
	FN(FUNCS, "more")

/* 64 characters. */
#define TEST_WIDE "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define TEST_STR_ENUM(name, text) TEST_S_##name,
enum test_str {
	TEST_STRS(TEST_STR_ENUM)
	TEST_S_NR
};

#undef TEST_STR_ENUM

/* Constants. FN(name, type, value) */
#define TEST_CONSTS(FN)							\
	FN(BIG, INT, 1LL << 40)						\
	FN(MIN, INT, S64_MIN)						\
	FN(MAX, INT, S64_MAX)						\
	FN(KEY, STR, TEST_S_KEY)					\
	FN(EMPTY, STR, TEST_S_EMPTY)					\
	FN(NUL, STR, TEST_S_NUL)					\
	FN(TEXT16, STR, TEST_S_TEXT16)					\
	FN(FMT, STR, TEST_S_FMT)					\
	FN(WIDE, STR, TEST_S_WIDE)

#define TEST_CONST_ENUM(name, type, val) K_##name,
enum test_const {
	TEST_CONSTS(TEST_CONST_ENUM)
	TEST_K_NR
};

#undef TEST_CONST_ENUM

#define TEST_GLOBALS	4
#define TEST_FIELDS	3

/* The line of an instruction is its index and this. */
#define TEST_LINE	10

static inline u32 test_code_len(const struct test_insn *code)
{
	u32 nr = 0;

	while (code && code[nr].op)
		nr++;
	return nr;
}

static inline void test_code_put(struct ktap_insn *to,
				 const struct test_insn *code, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		u32 op = code[i].op - 1;
		u32 high = 0;

		if (op < KTAP_OP_NR && ktap_op_modes[op][1] >= KTAP_OM_INTX)
			high = code[i].b >> 16;
		to[i].op = op;
		to[i].a = code[i].a;
		to[i].b = code[i].b;
		to[i].c = code[i].c | high;
	}
}

/**
 * struct test_image - an image that is made
 * @data: the image, or NULL while only its size is counted
 * @size: its size up to now
 */
struct test_image {
	void *data;
	u32 size;
};

/* Begin a section. Returns where its records go to, or NULL. */
static inline void *test_section(struct test_image *img, enum ktap_section sec,
				 u32 count, u32 size)
{
	u32 off = img->size;

	img->size += ALIGN(count * size, KTAP_IMG_ALIGN);
	if (!img->data)
		return NULL;
	((struct ktap_img_header *)img->data)->sec[sec].off = off;
	((struct ktap_img_header *)img->data)->sec[sec].count = count;
	return img->data + off;
}

static inline void test_put_strs(struct test_image *img)
{
#define TEST_STR_TEXT(name, text) { text, sizeof(text) - 1 },
	static const struct {
		const char *text;
		u32 len;
	} strs[TEST_S_NR] = {
		TEST_STRS(TEST_STR_TEXT)
	};
#undef TEST_STR_TEXT
	struct ktap_img_str *str;
	u32 i, off = 0;
	char *text;

	for (i = 0; i < TEST_S_NR; i++)
		off += strs[i].len + 1;
	str = test_section(img, KTAP_SEC_STR, TEST_S_NR, sizeof(*str));
	text = test_section(img, KTAP_SEC_TEXT, off, 1);
	for (i = 0, off = 0; str && i < TEST_S_NR; i++) {
		str[i].off = off;
		str[i].len = strs[i].len;
		memcpy(text + off, strs[i].text, strs[i].len + 1);
		off += strs[i].len + 1;
	}
}

static inline void test_put_consts(struct test_image *img)
{
#define TEST_CONST_VAL(name, t, v) { .type = KTAP_T_##t, .val = v },
	static const struct ktap_img_const vals[TEST_K_NR] = {
		TEST_CONSTS(TEST_CONST_VAL)
	};
#undef TEST_CONST_VAL
	void *consts = test_section(img, KTAP_SEC_CONST, TEST_K_NR, sizeof(*vals));

	if (consts)
		memcpy(consts, vals, sizeof(vals));
}

static inline void test_put_names(struct test_image *img)
{
	struct ktap_img_global *global;
	struct ktap_img_field *field;
	u32 i;

	global = test_section(img, KTAP_SEC_GLOBAL, TEST_GLOBALS, sizeof(*global));
	for (i = 0; global && i < TEST_GLOBALS; i++)
		global[i] = (struct ktap_img_global){ .name = TEST_S_G0 + i };
	field = test_section(img, KTAP_SEC_FIELD, TEST_FIELDS, sizeof(*field));
	for (i = 0; field && i < TEST_FIELDS; i++)
		field[i] = (struct ktap_img_field){ .name = TEST_S_F0 + i };
}

static inline void test_put_event(struct test_image *img, u32 proto)
{
	struct ktap_img_event *event;

	event = test_section(img, KTAP_SEC_EVENT, 1, sizeof(*event));
	if (event)
		*event = (struct ktap_img_event){
			.proto = proto,
			.spec = TEST_S_SPEC,
			.filter = TEST_S_FILTER,
			.fetch = KTAP_IMG_NONE,
			.name = KTAP_IMG_NONE,
			.line = 1,
			.col = 1,
		};
}

/**
 * struct test_layout - where the code of an image goes to
 * @protos: functions, or NULL while only their size is counted
 * @insns: instructions
 * @lines: source positions
 * @nr_protos: functions up to now
 * @nr_insns: instructions up to now
 */
struct test_layout {
	struct ktap_img_proto *protos;
	struct ktap_insn *insns;
	struct ktap_img_line *lines;
	u32 nr_protos;
	u32 nr_insns;
};

static inline void test_put_func(struct test_layout *to, enum ktap_proto_kind kind,
				 enum test_str name, const struct test_func *func)
{
	u32 nr = test_code_len(func->code), insn = to->nr_insns, i;

	if (!func->code)
		return;
	if (to->protos) {
		to->protos[to->nr_protos] = (struct ktap_img_proto){
			.kind = kind,
			.name = name,
			.insn = insn,
			.nr_insns = nr,
			.nr_regs = func->regs == TEST_NO_REGS ? 0 : func->regs ?: TEST_REGS,
			.nr_params = func->params,
		};
		test_code_put(to->insns + insn, func->code, nr);
		for (i = insn; i < insn + nr; i++)
			to->lines[i] = (struct ktap_img_line){
				.insn = i,
				.line = TEST_LINE + i,
				.col = 1,
			};
	}
	to->nr_protos++;
	to->nr_insns += nr;
}

static inline void test_put_funcs(struct test_layout *to, const struct test_prog *prog)
{
	static const struct test_insn ret[] = { OP(RET), {} };
	const struct test_func main = { prog->main ?: ret, 0, prog->regs };
	const struct test_func end = { prog->end, 0, prog->regs };
	const struct test_func probe = { prog->probe, 0, prog->regs };
	u32 i;

	to->nr_protos = 0;
	to->nr_insns = 0;
	test_put_func(to, KTAP_PROTO_MAIN, TEST_S_MAIN, &main);
	if (!prog->more) {
		test_put_func(to, KTAP_PROTO_FUNC, TEST_S_FUNC, &prog->f);
		test_put_func(to, KTAP_PROTO_FUNC, TEST_S_FUNC2, &prog->g);
	}
	for (i = 0; prog->more && i < prog->nr_more; i++)
		test_put_func(to, KTAP_PROTO_FUNC, TEST_S_FUNCS, &prog->more[i]);
	test_put_func(to, KTAP_PROTO_END, TEST_S_END, &end);
	test_put_func(to, KTAP_PROTO_PROBE, TEST_S_PROBE, &probe);
}

static inline void test_put_code(struct test_image *img, const struct test_prog *prog)
{
	struct test_layout to = {};
	u32 protos, insns;

	test_put_funcs(&to, prog);
	protos = to.nr_protos;
	insns = to.nr_insns;
	to.insns = test_section(img, KTAP_SEC_INSN, insns, sizeof(*to.insns));
	to.protos = test_section(img, KTAP_SEC_PROTO, protos, sizeof(*to.protos));
	to.lines = test_section(img, KTAP_SEC_LINE, insns, sizeof(*to.lines));
	if (prog->probe)
		test_put_event(img, protos - 1);
	if (to.protos)
		test_put_funcs(&to, prog);
}

static inline void test_put(struct test_image *img, const struct test_prog *prog)
{
	img->size = sizeof(struct ktap_img_header);
	test_put_code(img, prog);
	test_put_strs(img);
	test_put_consts(img);
	test_put_names(img);
}

/**
 * test_image_make - Make an image of a program
 * @prog: the program
 * @size: out, size of the image
 *
 * Return: the image in memory of kvmalloc(), or NULL.
 */
static inline void *test_image_make(const struct test_prog *prog, u32 *size)
{
	struct test_image img = {};
	struct ktap_img_header *hdr;

	test_put(&img, prog);
	hdr = kvzalloc(img.size, GFP_KERNEL);
	if (!hdr)
		return NULL;
	hdr->magic = KTAP_IMG_MAGIC;
	hdr->version = KTAP_IMG_VERSION;
	hdr->nr_sections = KTAP_SEC_NR;
	hdr->size = img.size;
	hdr->name = TEST_S_FILE;
	img.data = hdr;
	test_put(&img, prog);
	*size = img.size;
	return hdr;
}

/**
 * test_prog_make - Make a program, up to where it can be verified
 * @prog: the program
 * @log: gets the reason when it is refused
 *
 * Return: as ktap_prog_create().
 */
static inline struct ktap_prog *test_prog_make(const struct test_prog *prog,
					       struct ktap_log *log)
{
	u32 size;
	void *image = test_image_make(prog, &size);

	return image ? ktap_prog_create(image, size, log) : ERR_PTR(-ENOMEM);
}

#endif /* _KTAP_TESTS_PROG_H */
