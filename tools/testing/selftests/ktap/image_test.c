// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of what the kernel does with images that no compiler made
 *
 * More than ten thousand images, damaged in all kinds of ways, are loaded. Each
 * is refused with a text and an errno that <linux/ktap.h> lists, or it is
 * started, hit and stopped like any other. In no case the kernel has anything to
 * say in its log.
 *
 * What is random is the same in each run; KTAP_TEST_SEED in the environment
 * changes it.
 */
#include <ctype.h>

#include "ksess.h"

/* Images that each test tries at least; all together are more than 10000. */
#define MIN_TRUNCATED	1500
#define MIN_WORDS	3000
#define MIN_BYTES	2500
#define MIN_SECTIONS	1500
#define MIN_PROGRAMS	4000

static __u64 seed;

static __u32 rnd(__u32 below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % below;
}

/*
 * One image
 */

/**
 * struct tally - what became of the images of a test
 * @tried: images
 * @loaded: were accepted
 * @started: and could be started
 */
struct tally {
	unsigned int tried;
	unsigned int loaded;
	unsigned int started;
};

/* Run what was loaded to its end. Returns 0 if it went as it has to. */
static int run_image(struct sess *s)
{
	struct ktap_rec *rec;
	bool running = false;
	int i, records;

	/* What was not stopped ends by its budget at the latest. */
	for (records = 0; records < 100000; records++) {
		rec = __sess_next(s);
		if (!rec)
			return -1;
		if (rec->type == KTAP_REC_RUNNING) {
			if (running)
				return -1;
			running = true;
			for (i = 0; i < 4; i++)
				syscall(SYS_getppid);
			if (__sess_stop(s, 0))
				return -1;
		}
		if (rec->type == KTAP_REC_END)
			return !__sess_next(s) && !errno ? 0 : -1;
	}
	return -1;
}

static void try_image(struct __test_metadata *_metadata, struct tally *tally,
		      const void *image, __u32 size)
{
	struct sess s;
	int ret;

	ASSERT_EQ(0, __sess_open(&s));
	s.buf = malloc(SESS_BUF);
	ASSERT_NE(NULL, s.buf);
	s.load.heap_size = 64 << 10;
	s.load.ring_size = 16 << 10;
	s.load.probe_budget = 1000;
	s.load.proc_budget = 10000;

	tally->tried++;
	ret = __sess_load(&s, image, size);
	if (!ret) {
		tally->loaded++;
		/* It may warn, in whole lines. */
		ASSERT_TRUE(s.load.log_len == 1 || s.log[strlen(s.log) - 1] == '\n');
		ret = __sess_start(&s);
		if (!ret) {
			tally->started++;
			ASSERT_EQ(0, run_image(&s)) {
				TH_LOG("image %u: %s", tally->tried, strerror(errno));
			}
			sess_close(&s);
			return;
		}
		ASSERT_TRUE(errno == EINVAL || errno == ENOENT) {
			TH_LOG("start: %s", strerror(errno));
		}
	} else {
		ASSERT_TRUE(errno == EINVAL || errno == ENOEXEC) {
			TH_LOG("load: %s", strerror(errno));
		}
	}
	if (getenv("KTAP_TEST_VERBOSE"))
		TH_LOG("image %u: %s", tally->tried, s.log);
	ASSERT_LT(1, strlen(s.log));
	ASSERT_EQ('\n', s.log[strlen(s.log) - 1]);
	sess_close(&s);
}

/*
 * The images
 */

/*
 * All kinds of records and most instructions. Events take their time to be
 * enabled and disabled, so most tests do without them.
 */
static void img_rich(struct img *img, bool events)
{
	__u32 s, n, h, first, k_big, k_text, f_nr, f_nth, probe;

	memset(img, 0, sizeof(*img));
	s = img_global(img, "s");
	n = img_global(img, "n");
	h = img_global(img, "h");
	k_big = img_int(img, 1LL << 40);
	k_text = img_text(img, "text");
	f_nr = img_field(img, "__syscall_nr");
	f_nth = img_field_of(img, KTAP_FIELD_NTH, 0);

	/* Functions are behind main, trace_end and the probe. */
	first = 3;
	img_func(img, MAIN, 9,
		 NEWTAB(0), SETG(0, s),
		 LOADI(1, 0), SETG(1, n),
		 LOADK(2, k_text), LOADI(3, 7), SETT(0, 2, 3),
		 LOADK(4, k_big), ADD(5, 4, 3), ADDT(0, 3, 5),
		 /* for (r3 = 7; r3 < 20; r3 += 4) n += r3 */
		 LOADI(4, 4), LOADI(5, 20),
		 LT(0, 3, 5), JMP(3), UPDG(3, ADD, n), ADD(3, 3, 4), JMP(-5),
		 CONCAT(3, 2, 4), MOVE(2, 3), CALLB(2, PRINT, 2),
		 /* s[r2, r3] = first(5), called by its name and as a value */
		 LOADI(5, 5), CALL(5, first, 1), INSNX(LOADF, 6, first),
		 MOVE(7, 5), INSN(CALLV, 7, 6, 2 << 8 | 1), INSN(KEY, 5, 5, 7),
		 SETT(0, 5, 7),
		 /* for (i = 0; i <= 9; i++) h[i & 3] <<< i */
		 CALLB(0, HIST, 0), LOADI(1, 0), LOADI(2, 9), LOADI(3, 1), FORPREP(1, 2),
		 INSN(ANDI, 4, 1, 3), FEEDT(0, 4, 1), FORLOOP(1, 2), LOADI(1, 4),
		 FEED(0, 1), SETG(0, h),
		 RET());
	probe = img_func(img, PROBE, 5,
			 GETG(0, s), VAR(1, EXECNAME), LOADI(2, 1), ADDT(0, 1, 2),
			 FIELD(1, f_nr), FIELD(2, f_nth), VAR(3, ARGSTR),
			 VAR(4, PROBENAME), CALLB(1, PRINT, 4), LOADI(1, 1),
			 UPDG(1, ADD, n), RET());
	img_func(img, END, 6,
		 /* for (r2, r3 in s) print(r2) */
		 GETG(0, s), ITER(0), JMP(2),
		 MOVE(4, 2), CALLB(4, PRINT, 1), NEXT(0), JMP(-4),
		 GETG(1, n), CALLB(1, PRINT, 1),
		 /* for (r2, r3 in sort_pairs(s, less)) print(parts of r2) */
		 INSNX(LOADF, 2, first + 1), LOADNIL(3), INSN(SORT, 0, 0, 0), JMP(2),
		 INSN(PARTS, 4, 2, 2), CALLB(4, PRINT, 2),
		 INSN(NEXTS, 0, 0, 0), JMP(-4), INSN(ENDS, 0, 0, 0),
		 GETG(1, h), CALLB(1, PRINT_HIST, 1), CALLB(0, DELETE, 1), RET());
	/* first(r0): r0 == 0 ? 0, r0 : tail call of first(r0 - 1) */
	img_func(img, FUNC, 2, MOVE(1, 0), INSN(EQI, 1, 1, 0), JMP(2),
		 INSN(SUBI, 1, 1, 1), INSN(TCALL, 1, first, 0), RETURN(0, 2));
	img_params(img, 1);
	/* first + 1(r0, ... r3): r2 == r3 */
	img_func(img, FUNC, 5, INSN(EQ, 1, 2, 3), JMP(2), LOADBOOL(4, 0), RETURN(4, 1),
		 LOADBOOL(4, 1), RETURN(4, 1));
	img_params(img, 4);
	if (events) {
		img_event(img, probe, "syscalls:sys_enter_getppid",
			  "common_pid != 0");
		img_event(img, probe, "syscalls:sys_exit_getppid", NULL);
	}
	img_finish(img);
}

/**
 * struct bench - where images are damaged
 * @img: the good one
 * @copy: of it, and as much again
 * @tally: what became of the copies
 */
struct bench {
	struct img img;
	void *copy;
	struct tally tally;
};

FIXTURE(image)
{
	struct bench b;
	int log;
};

FIXTURE_SETUP(image)
{
	const char *text = getenv("KTAP_TEST_SEED");

	self->log = -1;
	if (access(KTAP_FILE, F_OK))
		SKIP(return, "no " KTAP_FILE);
	seed = text ? strtoull(text, NULL, 0) : 0x6b746170;
	seed += !seed;
	self->log = log_open();
	ASSERT_LE(0, self->log);
	img_rich(&self->b.img, false);
	/* As given, it is good. */
	try_image(_metadata, &self->b.tally, self->b.img.data, self->b.img.size);
	ASSERT_EQ(1, self->b.tally.started) {
		TH_LOG("the image that all others are made from is refused");
	}
	self->b.copy = malloc(2 * self->b.img.size);
	ASSERT_NE(NULL, self->b.copy);
}

FIXTURE_TEARDOWN(image)
{
	if (self->log < 0)
		return;
	TH_LOG("%u images, %u loaded, %u started", self->b.tally.tried,
	       self->b.tally.loaded, self->b.tally.started);
	log_is_silent(self->log);
	tfs_wait_idle();
	tfs_event_idle("syscalls/sys_enter_getppid");
	img_free(&self->b.img);
	free(self->b.copy);
}

#define IMAGE_TEST(name)	TEST_F_TIMEOUT(image, name, 1200)
#define TRY(b, size)		try_copy(_metadata, b, size)

static void try_copy(struct __test_metadata *_metadata, struct bench *b,
		     __u32 size)
{
	try_image(_metadata, &b->tally, b->copy, size);
}

static void copy_image(struct bench *b)
{
	memcpy(b->copy, b->img.data, b->img.size);
}

/* Each length, with the size in the header as it was and as it is. */
IMAGE_TEST(truncated)
{
	struct ktap_img_header *hdr = self->b.copy;
	__u32 size;

	for (size = 1; size < self->b.img.size; size++) {
		copy_image(&self->b);
		TRY(&self->b, size);
		if (size < sizeof(*hdr))
			continue;
		hdr->size = size;
		TRY(&self->b, size);
	}
	ASSERT_EQ(1, self->b.tally.started);
	ASSERT_LE(MIN_TRUNCATED, self->b.tally.tried);
}

/* Zeros at the end that the header does or does not know of. */
IMAGE_TEST(longer)
{
	struct ktap_img_header *hdr = self->b.copy;
	__u32 size = self->b.img.size + 8;

	memset(self->b.copy, 0, 2 * self->b.img.size);
	copy_image(&self->b);
	TRY(&self->b, size);
	ASSERT_EQ(1, self->b.tally.started);
	hdr->size = size;
	TRY(&self->b, size);
	ASSERT_EQ(2, self->b.tally.started);
}

/* Words from offset @from with values that are at some edge. */
static void try_words(struct __test_metadata *_metadata,
		      struct bench *b, __u32 from, __u32 size)
{
	static const __u32 values[] = {
		0, 1, 2, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
		0xfffffff8, 0xffffffff,
	};
	__u32 *words = b->copy;
	__u32 i, j;

	for (i = from / sizeof(*words); i < (from + size) / sizeof(*words); i++) {
		for (j = 0; j < ARRAY_SIZE(values) + 3; j++) {
			copy_image(b);
			if (j < ARRAY_SIZE(values))
				words[i] = values[j];
			else
				words[i] += j == ARRAY_SIZE(values) ? -1 :
					    j == ARRAY_SIZE(values) + 1 ? 1 : 8;
			TRY(b, b->img.size);
		}
	}
}

IMAGE_TEST(words)
{
	try_words(_metadata, &self->b, 0, self->b.img.size);
	ASSERT_LE(MIN_WORDS, self->b.tally.tried);
}

/* The same for the records of events. */
IMAGE_TEST(event_words)
{
	struct ktap_img_section *sec;

	img_free(&self->b.img);
	img_rich(&self->b.img, true);
	sec = &((struct ktap_img_header *)self->b.img.data)->sec[KTAP_SEC_EVENT];
	ASSERT_EQ(2, sec->count);
	try_words(_metadata, &self->b, sec->off,
		  sec->count * sizeof(struct ktap_img_event));
}

/* A few bytes at once, anywhere. */
static void try_bytes(struct __test_metadata *_metadata,
		      struct bench *b, int times)
{
	__u8 *bytes = b->copy;
	int j;

	while (times--) {
		copy_image(b);
		for (j = rnd(3); j >= 0; j--)
			bytes[rnd(b->img.size)] = rnd(2) ? rnd(256) : rnd(8);
		TRY(b, b->img.size);
	}
}

IMAGE_TEST(bytes)
{
	try_bytes(_metadata, &self->b, MIN_BYTES);
	img_free(&self->b.img);
	img_rich(&self->b.img, true);
	try_bytes(_metadata, &self->b, MIN_BYTES / 20);
}

/* Filters that the event filter's own parser has to look at. */
IMAGE_TEST(filters)
{
	static const char letters[] = "common_pid&|!=<>()\"'~ 0123456789*@{}.";
	const struct ktap_img_section *sec;
	const struct ktap_img_event *event;
	const struct ktap_img_str *str;
	char *filter;
	int i, j;

	img_free(&self->b.img);
	img_rich(&self->b.img, true);
	sec = ((struct ktap_img_header *)self->b.img.data)->sec;
	event = self->b.img.data + sec[KTAP_SEC_EVENT].off;
	str = self->b.img.data + sec[KTAP_SEC_STR].off;
	filter = self->b.copy + sec[KTAP_SEC_TEXT].off + str[event->filter].off;
	for (i = 0; i < 300; i++) {
		copy_image(&self->b);
		ASSERT_STREQ("common_pid != 0", filter);
		for (j = rnd(4); j >= 0; j--)
			filter[rnd(str[event->filter].len)] =
				rnd(8) ? letters[rnd(sizeof(letters) - 1)] : rnd(128);
		TRY(&self->b, self->b.img.size);
	}
	/* None at all is an empty one. */
	copy_image(&self->b);
	filter[0] = 0;
	TRY(&self->b, self->b.img.size);
}

/* Sections on top of each other, of any length. */
IMAGE_TEST(sections)
{
	const struct ktap_img_section *old;
	struct ktap_img_header *hdr = self->b.copy;
	__u32 i, j;
	int n;

	old = ((struct ktap_img_header *)self->b.img.data)->sec;
	for (i = 0; i < KTAP_SEC_NR; i++) {
		for (j = 0; j < KTAP_SEC_NR; j++) {
			copy_image(&self->b);
			hdr->sec[i].off = old[j].off;
			TRY(&self->b, self->b.img.size);
			hdr->sec[i].count = old[j].count;
			TRY(&self->b, self->b.img.size);
		}
	}
	for (n = 0; n < MIN_SECTIONS; n++) {
		copy_image(&self->b);
		for (j = rnd(3); j < 3; j++) {
			i = rnd(KTAP_SEC_NR);
			if (rnd(2))
				hdr->sec[i].off = rnd(self->b.img.size / 8) * 8;
			else
				hdr->sec[i].off = old[rnd(KTAP_SEC_NR)].off;
			if (rnd(2))
				hdr->sec[i].count = rnd(old[i].count + 2);
		}
		TRY(&self->b, self->b.img.size);
	}
	ASSERT_LE(MIN_SECTIONS, self->b.tally.tried);
}

/*
 * Operands of instructions, most of the time: d register to be written, a
 * register, i one with an integer, k with a key, t with a table, x joined index,
 * v joined variable, f function, p register with one, b boolean, n number, m two
 * of them, and 0. What is not here is never made.
 */
static const char * const shapes[KTAP_OP_NR] = {
	[KTAP_OP_MOVE] = "da0",
	[KTAP_OP_LOADK] = "dx",
	[KTAP_OP_LOADI] = "dx",
	[KTAP_OP_LOADNIL] = "d00",
	[KTAP_OP_LOADBOOL] = "db0",
	[KTAP_OP_LOADF] = "df",
	[KTAP_OP_ADD] = "dii",
	[KTAP_OP_SUB] = "iii",
	[KTAP_OP_MUL] = "iii",
	[KTAP_OP_DIV] = "dii",
	[KTAP_OP_MOD] = "iii",
	[KTAP_OP_AND] = "dii",
	[KTAP_OP_OR] = "dii",
	[KTAP_OP_XOR] = "iii",
	[KTAP_OP_SHL] = "iii",
	[KTAP_OP_SHR] = "dii",
	[KTAP_OP_ADDI] = "din",
	[KTAP_OP_SUBI] = "iin",
	[KTAP_OP_MULI] = "iin",
	[KTAP_OP_DIVI] = "iin",
	[KTAP_OP_MODI] = "din",
	[KTAP_OP_ANDI] = "iin",
	[KTAP_OP_ORI] = "din",
	[KTAP_OP_XORI] = "iin",
	[KTAP_OP_SHLI] = "iin",
	[KTAP_OP_SHRI] = "din",
	[KTAP_OP_NEG] = "di0",
	[KTAP_OP_BNOT] = "ii0",
	[KTAP_OP_NOT] = "da0",
	[KTAP_OP_CONCAT] = "dik",
	[KTAP_OP_TEST] = "ba0",
	[KTAP_OP_EQ] = "baa",
	[KTAP_OP_LT] = "bii",
	[KTAP_OP_LE] = "bii",
	[KTAP_OP_EQI] = "ban",
	[KTAP_OP_LTI] = "bin",
	[KTAP_OP_LEI] = "bin",
	[KTAP_OP_GETG] = "dx",
	[KTAP_OP_SETG] = "ax",
	[KTAP_OP_UPDG] = "inn",
	[KTAP_OP_NEWTAB] = "d00",
	[KTAP_OP_GETT] = "dtk",
	[KTAP_OP_SETT] = "tka",
	[KTAP_OP_ADDT] = "tki",
	[KTAP_OP_UPDT] = "tin",
	[KTAP_OP_KEY] = "dik",
	[KTAP_OP_PARTS] = "dkn",
	[KTAP_OP_FEED] = "ti0",
	[KTAP_OP_FEEDT] = "tki",
	[KTAP_OP_ITER] = "t00",
	[KTAP_OP_NEXT] = "t00",
	[KTAP_OP_SORT] = "t00",
	[KTAP_OP_NEXTS] = "t00",
	[KTAP_OP_VAR] = "dv",
	[KTAP_OP_FIELD] = "dx",
	[KTAP_OP_CALLB] = "d0n",
	[KTAP_OP_CALL] = "dfn",
	[KTAP_OP_CALLV] = "dpm",
};

#define NR_REGS		13
#define NR_RANDOM	14

/* What the registers hold when the random instructions begin. */
#define REG_INT		0	/* and the next two */
#define REG_TEXT	3
#define REG_ANY		4	/* and the next three */
#define REG_TAB		8	/* and three more for NEXT */
#define REG_FUNC	12

/* The function that is called. */
#define CALLEE		2

static __u32 rnd_operand(char shape)
{
	switch (rnd(20) && shape >= 'a' ? shape : toupper(shape)) {
	case 'd':
		return REG_ANY + rnd(4);
	case 'i':
		return REG_INT + rnd(3);
	case 'k':
		return rnd(4);
	case 't':
		return REG_TAB;
	case 'f':
		return CALLEE;
	case 'p':
		return REG_FUNC;
	case 'm':
		return rnd(3) << 8 | rnd(3);
	case 'x':
	case 'X':
	case 'n':
		return rnd(4);
	case 'v':
		return rnd(KTAP_VAR_PROBENAME);
	case 'V':
		return rnd(KTAP_VAR_NR);
	case 'b':
	case 'B':
		return rnd(2);
	case '0':
		return 0;
	default:
		return rnd(NR_REGS);
	}
}

static struct ktap_insn rnd_insn(enum ktap_proto_kind kind)
{
	struct ktap_insn insn;
	const char *shape;
	__u32 bx;

	do {
		insn.op = rnd(KTAP_OP_NR);
		shape = shapes[insn.op];
	} while (!shape || (insn.op == KTAP_OP_FIELD && kind == KTAP_PROTO_END));
	insn.a = rnd_operand(shape[0]);
	bx = rnd_operand(shape[1]);
	insn.b = bx;
	insn.c = shape[2] ? rnd_operand(shape[2]) : bx >> 16;
	return insn;
}

static bool op_skips(__u16 op)
{
	return (op >= KTAP_OP_TEST && op <= KTAP_OP_LEI) || op == KTAP_OP_NEXT ||
	       op == KTAP_OP_NEXTS;
}

/* A function of random instructions after some that set all registers. */
static __u32 img_random_func(struct img *img, enum ktap_proto_kind kind)
{
	const struct ktap_insn first[] = {
		LOADI(REG_INT, 1), LOADK(REG_INT + 1, 2), LOADI(REG_INT + 2, 3),
		LOADK(REG_TEXT, 1), LOADI(REG_ANY, 1), LOADNIL(REG_ANY + 1),
		GETG(REG_ANY + 2, 1), LOADBOOL(REG_ANY + 3, 1),
		NEWTAB(REG_TAB), ITER(REG_TAB), LOADNIL(REG_TAB + 2),
		LOADNIL(REG_TAB + 3), INSNX(LOADF, REG_FUNC, CALLEE),
	};
	struct ktap_insn insns[ARRAY_SIZE(first) + 2 * NR_RANDOM + 6];
	__u32 nr = ARRAY_SIZE(first);
	__u32 i;

	memcpy(insns, first, sizeof(first));
	for (i = 0; i < NR_RANDOM; i++) {
		insns[nr] = rnd_insn(kind);
		if (op_skips(insns[nr++].op))
			insns[nr++] = (struct ktap_insn)JMP(rnd(8) - 3);
	}
	/* For jumps over the end. */
	for (i = 0; i < 5; i++)
		insns[nr++] = (struct ktap_insn)LOADNIL(REG_ANY);
	insns[nr++] = (struct ktap_insn)RET();
	return __img_func(img, kind, NR_REGS, insns, nr);
}

/* Programs that the verifier has to look at closely; some of them can run. */
IMAGE_TEST(programs)
{
	struct img img;
	__u32 probe;
	int i;

	for (i = 0; i < MIN_PROGRAMS; i++) {
		memset(&img, 0, sizeof(img));
		img_global(&img, "a");
		img_global(&img, "b");
		img_global(&img, "c");
		img_global(&img, "d");
		img_int(&img, -1);
		img_text(&img, "text");
		img_int(&img, 1LL << 62);
		img_text(&img, "");
		img_field(&img, "__syscall_nr");
		img_field_of(&img, KTAP_FIELD_NTH, 0);
		img_field_of(&img, KTAP_FIELD_NTH, 1);
		img_field(&img, "common_pid");
		img_func(&img, MAIN, 1, NEWTAB(0), SETG(0, 0), LOADI(0, 0),
			 SETG(0, 1), RET());
		if (i % 8) {
			img_random_func(&img, KTAP_PROTO_END);
		} else {
			probe = img_random_func(&img, KTAP_PROTO_PROBE);
			img_event(&img, probe, "syscalls:sys_enter_getppid", NULL);
		}
		/* (r0, r1): both, the other way round */
		img_func(&img, FUNC, 3, MOVE(2, 0), RETURN(1, 2));
		img_params(&img, 2);
		img_finish(&img);
		try_image(_metadata, &self->b.tally, img.data, img.size);
		img_free(&img);
	}
	ASSERT_LE(MIN_PROGRAMS, self->b.tally.tried);
	/* If hardly any one runs this is no test of how they run. */
	ASSERT_LE(MIN_PROGRAMS / 20, self->b.tally.started);
}

/* Nothing but noise behind a good beginning. */
IMAGE_TEST(noise)
{
	__u8 *bytes = self->b.copy;
	__u32 from, i;
	int n;

	for (n = 0; n < 500; n++) {
		copy_image(&self->b);
		from = rnd(self->b.img.size);
		for (i = from; i < self->b.img.size; i++)
			bytes[i] = rnd(256);
		TRY(&self->b, self->b.img.size);
	}
}

/* The least that there is. */
KTAP_TEST(smallest)
{
	struct img img = {};

	img_func(&img, MAIN, 0, RET());
	sess_run(&self->s, &img);
	sess_stop(&self->s);
	ASSERT_EQ(0, sess_end(&self->s));
	img_free(&img);
}

TEST_HARNESS_MAIN
