// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of sessions and execution slots
 *
 * What needs user space or real events is in the selftests.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

#include "../ktap.h"
#include "prog.h"

#define UBUF_SIZE	(2 * KTAP_REC_MAX)
#define PRINT(reg, nr)	OP(CALLB, reg, KTAP_FUNC_PRINT, nr)

/* main prints 1, trace_end prints 2, and the probe counts in global 0 */
static const struct test_prog prog_all = {
	.main = CODE(OP(LOADI, 0, 0), OP(SETG, 0, 0), OP(LOADI, 0, 1), PRINT(0, 1), OP(RET)),
	.probe = CODE(OP(FIELD, 1, 0), OP(LOADI, 0, 1), OP(UPDG, 0, KTAP_A_ADD, 0), OP(RET)),
	.end = CODE(OP(LOADI, 0, 2), PRINT(0, 1), OP(RET)),
};

static const struct test_prog prog_exit = {
	.main = CODE(OP(LOADI, 0, 3), OP(CALLB, 0, KTAP_FUNC_EXIT, 1), OP(RET)),
	.end = CODE(OP(LOADI, 0, 2), PRINT(0, 1), OP(RET)),
};

static const struct test_prog prog_error = {
	.main = CODE(OP(LOADI, 0, 0), OP(DIV, 1, 0, 0), OP(RET)),
	.end = CODE(OP(LOADI, 0, 2), PRINT(0, 1), OP(RET)),
};

static const struct test_prog prog_endless = { .main = CODE(OP(JMP, 0, -1)) };

static const struct test_prog prog_prints = {
	.main = CODE(OP(LOADI, 0, 1), PRINT(0, 1), OP(JMP, 0, -3)),
};

/* More than there is memory for. */
static const struct test_prog prog_drops = {
	.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 1), OP(LOADI, 1, 0), OP(LOADI, 2, 1),
		     OP(LOADI, 3, 1000), OP(SETT, 0, 1, 1), OP(ADD, 1, 1, 2), OP(LT, 1, 1, 3),
		     OP(JMP, 0, -4), OP(RET)),
};

static const struct test_prog prog_bad = { .main = CODE(OP(MOVE, 0, TEST_REGS), OP(RET)) };

/**
 * struct env - what a test has
 * @sess: session
 * @ubuf: user memory
 * @buf: what was read
 * @len: of it
 */
struct env {
	struct ktap_sess *sess;
	char __user *ubuf;
	char *buf;
	size_t len;
};

static int session_init(struct kunit *test)
{
	struct env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	if (!env)
		return -ENOMEM;
	env->buf = kunit_kzalloc(test, UBUF_SIZE, GFP_KERNEL);
	env->ubuf = (char __user *)kunit_vm_mmap(test, NULL, 0, UBUF_SIZE,
						 PROT_READ | PROT_WRITE,
						 MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (!env->buf || !env->ubuf)
		return -ENOMEM;
	env->sess = ktap_sess_create();
	test->priv = env;
	return env->sess ? 0 : -ENOMEM;
}

static void session_exit(struct kunit *test)
{
	struct env *env = test->priv;

	if (env && env->sess)
		ktap_sess_destroy(env->sess);
}

static int load_with(struct env *env, const struct test_prog *prog,
		     struct ktap_load *load, char *text, u32 size)
{
	struct ktap_log log = { .buf = text, .size = size };
	struct ktap_img_header *hdr = test_image_make(prog, &load->image_size);

	if (!hdr)
		return -ENOMEM;
	/* The event of the probe does not exist. */
	hdr->sec[KTAP_SEC_EVENT].count = 0;
	return ktap_sess_load(env->sess, hdr, load, &log);
}

static int load(struct env *env, const struct test_prog *prog)
{
	struct ktap_load load = { .ring_size = 64 << 10, .heap_size = KTAP_HEAP_MIN };

	return load_with(env, prog, &load, NULL, 0);
}

static int start(struct env *env)
{
	struct ktap_start start = {};
	struct ktap_log log = {};

	return ktap_sess_start(env->sess, &start, &log);
}

/* Read until the last record, or until there is a record of type @type. */
static bool read_until(struct env *env, u32 type)
{
	struct ktap_sess *sess = env->sess;
	u32 bound;

	for (bound = 0; bound < 20000; bound++) {
		ssize_t size = ktap_ring_read(&sess->ring, env->ubuf + env->len,
					      UBUF_SIZE - env->len);
		size_t at = env->len;

		if (size < 0 || copy_from_user(env->buf + at, env->ubuf + at, size))
			return false;
		env->len += size;
		while (at < env->len) {
			const struct ktap_rec *rec = (void *)env->buf + at;

			if (rec->type == type)
				return true;
			at += rec->size;
		}
		if (sess->ring.eof)
			return false;
		if (!size)
			usleep_range(1000, 2000);
	}
	return false;
}

#define REC_NAME(name, nr)						\
	[KTAP_REC_##name] = #name,
static const char * const rec_names[] = {
	___KTAP_REC_MAPPER(REC_NAME)
};

#undef REC_NAME

/* Compare the types of all records that were read. */
static void expect_records(struct kunit *test, const char *want)
{
	struct env *env = test->priv;
	char is[256] = "";
	size_t at = 0;

	while (at < env->len) {
		const struct ktap_rec *rec = (void *)env->buf + at;

		if (rec->type >= KTAP_REC_NR)
			break;
		strlcat(is, rec_names[rec->type], sizeof(is));
		strlcat(is, " ", sizeof(is));
		at += rec->size;
	}
	KUNIT_EXPECT_STREQ(test, is, want);
}

/* The body of the first record of a type. */
static const void *find_record(struct env *env, u32 type)
{
	size_t at = 0;

	while (at < env->len) {
		const struct ktap_rec *rec = (void *)env->buf + at;

		if (rec->type == type)
			return rec + 1;
		at += rec->size;
	}
	return NULL;
}

static void expect_end(struct kunit *test, s32 status, u32 flags)
{
	const struct ktap_rec_end *end = find_record(test->priv, KTAP_REC_END);

	KUNIT_EXPECT_NOT_NULL(test, end);
	if (!end)
		return;
	KUNIT_EXPECT_EQ(test, end->status, status);
	KUNIT_EXPECT_EQ(test, end->flags, flags);
}

/* A session can go away in each of its states. */
static void test_states(struct kunit *test)
{
	struct env *env = test->priv;

	KUNIT_EXPECT_EQ(test, start(env), -EBUSY);
	KUNIT_EXPECT_EQ(test, load(env, &prog_bad), -EINVAL);
	KUNIT_EXPECT_EQ(test, (u32)env->sess->state, (u32)KTAP_NEW);
	KUNIT_EXPECT_EQ(test, load(env, &prog_all), 0);
	KUNIT_EXPECT_EQ(test, load(env, &prog_all), -EBUSY);
	KUNIT_EXPECT_EQ(test, (u32)env->sess->state, (u32)KTAP_LOADED);
	ktap_sess_destroy(env->sess);

	env->sess = ktap_sess_create();
	KUNIT_ASSERT_NOT_NULL(test, env->sess);
	KUNIT_EXPECT_EQ(test, load(env, &prog_all), 0);
	KUNIT_EXPECT_EQ(test, start(env), 0);
	KUNIT_EXPECT_EQ(test, start(env), -EBUSY);
	KUNIT_EXPECT_EQ(test, load(env, &prog_all), -EBUSY);
}

static void test_sizes(struct kunit *test)
{
	struct env *env = test->priv;
	struct ktap_load small_heap = { .heap_size = 1 };
	struct ktap_load large_heap = { .heap_size = U64_MAX };
	struct ktap_load small_ring = { .heap_size = KTAP_HEAP_MIN, .ring_size = 1 };
	struct ktap_load large_ring = { .heap_size = KTAP_HEAP_MIN, .ring_size = U32_MAX };
	char text[128] = "";

	KUNIT_EXPECT_EQ(test, load_with(env, &prog_all, &small_heap, text, sizeof(text)), -EINVAL);
	KUNIT_EXPECT_NE(test, text[0], '\0');
	text[0] = '\0';
	KUNIT_EXPECT_EQ(test, load_with(env, &prog_all, &large_heap, text, sizeof(text)), -EINVAL);
	KUNIT_EXPECT_NE(test, text[0], '\0');
	text[0] = '\0';
	KUNIT_EXPECT_EQ(test, load_with(env, &prog_all, &small_ring, text, sizeof(text)), -EINVAL);
	KUNIT_EXPECT_NE(test, text[0], '\0');
	text[0] = '\0';
	KUNIT_EXPECT_EQ(test, load_with(env, &prog_all, &large_ring, text, sizeof(text)), -EINVAL);
	KUNIT_EXPECT_NE(test, text[0], '\0');
	/* After all that it can be loaded. */
	KUNIT_EXPECT_EQ(test, load(env, &prog_all), 0);
}

static void test_run(struct kunit *test)
{
	struct env *env = test->priv;
	u64 stats[KTAP_STAT_NR];

	KUNIT_ASSERT_EQ(test, load(env, &prog_all), 0);
	KUNIT_ASSERT_EQ(test, start(env), 0);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_RUNNING));
	expect_records(test, "PRINT RUNNING ");
	ktap_sess_stop(env->sess, false);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_END));
	expect_records(test, "PRINT RUNNING PRINT END ");
	expect_end(test, 0, 0);
	KUNIT_EXPECT_TRUE(test, env->sess->ring.eof);

	ktap_slots_stats(env->sess, stats);
	KUNIT_EXPECT_EQ(test, stats[KTAP_STAT_RECORDS], 2ULL);
	KUNIT_EXPECT_EQ(test, stats[KTAP_STAT_RING_FULL], 0ULL);
	KUNIT_EXPECT_EQ(test, stats[KTAP_STAT_HITS], 0ULL);
}

static void test_stop_now(struct kunit *test)
{
	struct env *env = test->priv;

	KUNIT_ASSERT_EQ(test, load(env, &prog_all), 0);
	KUNIT_ASSERT_EQ(test, start(env), 0);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_RUNNING));
	ktap_sess_stop(env->sess, true);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_END));
	expect_records(test, "PRINT RUNNING END ");
}

static void test_exit(struct kunit *test)
{
	struct env *env = test->priv;

	KUNIT_ASSERT_EQ(test, load(env, &prog_exit), 0);
	KUNIT_ASSERT_EQ(test, start(env), 0);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_END));
	expect_records(test, "PRINT END ");
	expect_end(test, 3, 0);
}

static void test_error(struct kunit *test)
{
	struct env *env = test->priv;
	const struct ktap_rec_error *err;

	KUNIT_ASSERT_EQ(test, load(env, &prog_error), 0);
	KUNIT_ASSERT_EQ(test, start(env), 0);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_END));
	expect_records(test, "ERROR END ");
	expect_end(test, 1, KTAP_END_ERROR);
	err = find_record(env, KTAP_REC_ERROR);
	KUNIT_ASSERT_NOT_NULL(test, err);
	KUNIT_EXPECT_EQ(test, err->code, (u32)KTAP_E_DIVIDE);
	KUNIT_EXPECT_EQ(test, err->nr_frames, 1U);
	KUNIT_EXPECT_EQ(test, err->frames[0].name, (u32)TEST_S_MAIN);
	KUNIT_EXPECT_EQ(test, err->frames[0].line, (u32)TEST_LINE + 1);
	KUNIT_EXPECT_EQ(test, err->col, 1U);
	KUNIT_EXPECT_EQ(test, err->len, 8U);
	KUNIT_EXPECT_MEMEQ(test, err->text, "divide 0", 8);
}

static void test_drops(struct kunit *test)
{
	struct env *env = test->priv;
	const struct ktap_rec_drops *drops;

	KUNIT_ASSERT_EQ(test, load(env, &prog_drops), 0);
	KUNIT_ASSERT_EQ(test, start(env), 0);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_RUNNING));
	ktap_sess_stop(env->sess, false);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_END));
	expect_records(test, "RUNNING DROPS END ");
	drops = find_record(env, KTAP_REC_DROPS);
	KUNIT_ASSERT_NOT_NULL(test, drops);
	KUNIT_EXPECT_EQ(test, drops->global, 1U);
	KUNIT_EXPECT_EQ(test, drops->name, (u32)TEST_S_G1);
	KUNIT_EXPECT_EQ(test, drops->count,
			1000ULL - (KTAP_HEAP_MIN / KTAP_UNIT - 2));
}

/* Main that never ends: it can be stopped, and its session can go away. */
static void test_endless(struct kunit *test)
{
	struct env *env = test->priv;

	KUNIT_ASSERT_EQ(test, load(env, &prog_endless), 0);
	env->sess->core.budget[1] = U64_MAX / 2;
	KUNIT_ASSERT_EQ(test, start(env), 0);
	ktap_sess_stop(env->sess, false);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_END));
	expect_records(test, "END ");
	ktap_sess_destroy(env->sess);

	env->sess = ktap_sess_create();
	KUNIT_ASSERT_NOT_NULL(test, env->sess);
	KUNIT_ASSERT_EQ(test, load(env, &prog_endless), 0);
	env->sess->core.budget[1] = U64_MAX / 2;
	KUNIT_ASSERT_EQ(test, start(env), 0);
}

/* Main that waits for a reader: it comes, it stops the session, it goes away. */
static void test_full(struct kunit *test)
{
	struct env *env = test->priv;
	u32 bound;

	KUNIT_ASSERT_EQ(test, load(env, &prog_prints), 0);
	env->sess->core.budget[1] = U64_MAX / 2;
	KUNIT_ASSERT_EQ(test, start(env), 0);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_PRINT));
	for (bound = 0; bound < 20000 && !wq_has_sleeper(&env->sess->ring.room); bound++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_TRUE(test, wq_has_sleeper(&env->sess->ring.room));
	ktap_sess_stop(env->sess, true);
	for (bound = 0; bound < 20000 && !env->sess->ring.eof; bound++) {
		env->len = 0;
		if (read_until(env, KTAP_REC_END))
			break;
	}
	KUNIT_EXPECT_TRUE(test, env->sess->ring.eof);
	ktap_sess_destroy(env->sess);

	env->sess = ktap_sess_create();
	KUNIT_ASSERT_NOT_NULL(test, env->sess);
	KUNIT_ASSERT_EQ(test, load(env, &prog_prints), 0);
	env->sess->core.budget[1] = U64_MAX / 2;
	KUNIT_ASSERT_EQ(test, start(env), 0);
	for (bound = 0; bound < 20000 && !wq_has_sleeper(&env->sess->ring.room); bound++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_TRUE(test, wq_has_sleeper(&env->sess->ring.room));
}

/* There is no such event. */
static void test_no_event(struct kunit *test)
{
	struct env *env = test->priv;
	struct ktap_load load = { .heap_size = KTAP_HEAP_MIN };
	struct ktap_start start = { .event = 77 };
	struct ktap_log log = {};
	char text[128] = "";
	void *image;

	image = test_image_make(&prog_all, &load.image_size);
	KUNIT_ASSERT_NOT_NULL(test, image);
	KUNIT_ASSERT_EQ(test, ktap_sess_load(env->sess, image, &load, &log), 0);
	log = (struct ktap_log){ .buf = text, .size = sizeof(text) };
	KUNIT_EXPECT_EQ(test, ktap_sess_start(env->sess, &start, &log), -ENOENT);
	KUNIT_EXPECT_EQ(test, start.event, 0U);
	KUNIT_EXPECT_NE(test, text[0], '\0');
	KUNIT_EXPECT_EQ(test, (u32)env->sess->state, (u32)KTAP_LOADED);
	KUNIT_EXPECT_TRUE(test, list_empty(&env->sess->attaches));
	KUNIT_EXPECT_EQ(test, ktap_sess_start(env->sess, &start, &log), -ENOENT);
}

/*
 * Handlers, called by a source that is the test. Reading the field is where the
 * next event comes in, in the same context.
 */
struct hit {
	struct ktap_hit hit;
	u32 nested;
};

static int hit_field(struct ktap_exec *exec, u32 idx, struct ktap_value *val)
{
	const struct ktap_hit *hit = exec->event;
	u32 i;

	for (i = 0; i < container_of(hit, struct hit, hit)->nested; i++)
		ktap_probe_run(hit->att, hit);
	ktap_set_nil(val);
	return 0;
}

static const struct ktap_probe_ops hit_ops = { .field = hit_field };

static void test_hits(struct kunit *test)
{
	struct env *env = test->priv;
	struct ktap_attach att = { .ops = &hit_ops, .proto = 2 };
	struct hit hit = { .hit.att = &att };
	u64 stats[KTAP_STAT_NR];
	u32 i;

	KUNIT_ASSERT_EQ(test, load(env, &prog_all), 0);
	att.sess = env->sess;
	att.name = env->sess->core.prog->strs[TEST_S_SPEC];
	att.callee = env->sess->core.prog->callees[att.proto];
	att.fuel = ktap_vm_fuel(&env->sess->core, &att.callee);
	KUNIT_ASSERT_EQ(test, start(env), 0);
	KUNIT_ASSERT_TRUE(test, read_until(env, KTAP_REC_RUNNING));
	for (i = 0; i < 100; i++) {
		hit.nested = i % 10 == 0 ? 3 : 0;
		preempt_disable();
		ktap_probe_run(&att, &hit.hit);
		preempt_enable();
	}
	ktap_slots_stats(env->sess, stats);
	KUNIT_EXPECT_EQ(test, stats[KTAP_STAT_HITS], 100ULL);
	KUNIT_EXPECT_EQ(test, stats[KTAP_STAT_NESTED], 30ULL);
	KUNIT_EXPECT_EQ(test, atomic64_read(&env->sess->core.globals[0]), 201LL);

	/* Once it is stopped nothing runs any more. */
	ktap_sess_stop(env->sess, false);
	preempt_disable();
	ktap_probe_run(&att, &hit.hit);
	preempt_enable();
	ktap_slots_stats(env->sess, stats);
	KUNIT_EXPECT_EQ(test, stats[KTAP_STAT_HITS], 100ULL);
	KUNIT_EXPECT_TRUE(test, read_until(env, KTAP_REC_END));
}

static struct kunit_case session_cases[] = {
	KUNIT_CASE(test_states),
	KUNIT_CASE(test_sizes),
	KUNIT_CASE(test_run),
	KUNIT_CASE(test_stop_now),
	KUNIT_CASE(test_exit),
	KUNIT_CASE(test_error),
	KUNIT_CASE(test_drops),
	KUNIT_CASE(test_endless),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_no_event),
	KUNIT_CASE(test_hits),
	{}
};

static struct kunit_suite session_suite = {
	.name = "ktap_session",
	.init = session_init,
	.exit = session_exit,
	.test_cases = session_cases,
};

kunit_test_suite(session_suite);
