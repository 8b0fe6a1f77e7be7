// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the record buffer
 */
#include <kunit/test.h>
#include <linux/mman.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../../trace.h"
#include "../ring.h"

#define UBUF_SIZE	(4 * KTAP_REC_MAX)

/**
 * struct env - what a test has
 * @ring: a record buffer
 * @ubuf: user memory of UBUF_SIZE bytes
 * @buf: what was read
 */
struct env {
	struct ktap_ring ring;
	char __user *ubuf;
	char *buf;
};

static int ring_init(struct kunit *test)
{
	struct env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	if (!env)
		return -ENOMEM;
	test->priv = env;
	env->buf = kvmalloc(UBUF_SIZE, GFP_KERNEL);
	env->ubuf = (char __user *)kunit_vm_mmap(test, NULL, 0, UBUF_SIZE,
						 PROT_READ | PROT_WRITE,
						 MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (!env->buf || !env->ubuf)
		return -ENOMEM;
	return ktap_ring_create(&env->ring, KTAP_RING_MIN, false);
}

static void ring_exit(struct kunit *test)
{
	struct env *env = test->priv;

	if (!env)
		return;
	ktap_ring_destroy(&env->ring);
	kvfree(env->buf);
}

static ssize_t read_some(struct env *env, size_t size)
{
	ssize_t ret = ktap_ring_read(&env->ring, env->ubuf, size);

	if (ret > 0 && copy_from_user(env->buf, env->ubuf, ret))
		return -EFAULT;
	return ret;
}

/* A type of records that are given as they are. */
#define PLAIN	KTAP_REC_ERROR

/* Write a record of @len bytes, all of which are @fill. */
static bool write_one(struct env *env, u16 type, u32 len, u8 fill)
{
	struct ktap_ring_rec *rec = ktap_ring_reserve(&env->ring, len, false);

	if (!rec)
		return false;
	rec->type = type;
	memset(rec->body, fill, len);
	ktap_ring_commit(&env->ring, false);
	return true;
}

/* Write a record that is a number, or count it. */
static bool write_nr(struct env *env, u64 nr, bool kept)
{
	struct ktap_ring_rec *rec = ktap_ring_reserve(&env->ring, sizeof(nr), kept);

	if (!rec) {
		ktap_ring_lose(&env->ring);
		return false;
	}
	rec->type = PLAIN;
	memcpy(rec->body, &nr, sizeof(nr));
	ktap_ring_commit(&env->ring, kept);
	return true;
}

static void test_size(struct kunit *test)
{
	static const u32 sizes[] = { 0, 1, KTAP_RING_MIN - 1, KTAP_RING_MAX + 1, U32_MAX };
	struct ktap_ring ring = {};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_EQ(test, ktap_ring_create(&ring, sizes[i], i & 1), -EINVAL);
	ktap_ring_destroy(&ring);
	KUNIT_EXPECT_EQ(test, ktap_ring_create(&ring, KTAP_RING_MIN, false), 0);
	KUNIT_EXPECT_PTR_EQ(test, ring.kept, ring.buffer);
	ktap_ring_destroy(&ring);
	ktap_ring_destroy(&ring);
	KUNIT_EXPECT_EQ(test, ktap_ring_create(&ring, KTAP_RING_MIN, true), 0);
	KUNIT_EXPECT_PTR_NE(test, ring.kept, ring.buffer);
	ktap_ring_destroy(&ring);
}

/* Records come in order, whole, and with zeros up to a multiple of eight. */
static void test_order(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 7, 8, 9, 100, 1000 };
	struct env *env = test->priv;
	const struct ktap_rec *rec;
	ssize_t size, at = 0;
	u64 ts = 0;
	u32 i, j;

	KUNIT_EXPECT_TRUE(test, ring_buffer_empty(env->ring.buffer));
	KUNIT_EXPECT_EQ(test, read_some(env, UBUF_SIZE), 0);
	preempt_disable();
	for (i = 0; i < ARRAY_SIZE(lens); i++)
		write_one(env, PLAIN, lens[i], i + 1);
	preempt_enable();
	KUNIT_EXPECT_FALSE(test, ring_buffer_empty(env->ring.buffer));
	size = read_some(env, UBUF_SIZE);
	KUNIT_ASSERT_GT(test, size, 0);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		const u8 *body;

		rec = (void *)env->buf + at;
		body = (const u8 *)(rec + 1);
		KUNIT_ASSERT_LE(test, at + (ssize_t)sizeof(*rec), size);
		KUNIT_EXPECT_EQ(test, rec->size, (u32)sizeof(*rec) + ALIGN(lens[i], 8));
		KUNIT_EXPECT_EQ(test, (u32)rec->type, (u32)PLAIN);
		KUNIT_EXPECT_LT(test, (u32)rec->cpu, nr_cpu_ids);
		KUNIT_EXPECT_GE(test, rec->ts, ts);
		for (j = 0; j < ALIGN(lens[i], 8); j++)
			KUNIT_EXPECT_EQ(test, (u32)body[j], j < lens[i] ? i + 1 : 0);
		ts = rec->ts;
		at += rec->size;
	}
	KUNIT_EXPECT_EQ(test, at, size);
	KUNIT_EXPECT_TRUE(test, ring_buffer_empty(env->ring.buffer));
}

/* What has no room is lost, what was there is not. */
static void test_full(struct kunit *test)
{
	struct env *env = test->priv;
	u32 nr = 0, seen = 0;
	ssize_t size, at;

	preempt_disable();
	while (nr < 100000 && write_one(env, PLAIN, 40, nr))
		nr++;
	preempt_enable();
	KUNIT_EXPECT_GT(test, nr, (u32)(KTAP_RING_MIN / 2 / 64));
	KUNIT_EXPECT_LT(test, nr, 100000U);
	while ((size = read_some(env, 4096)) > 0) {
		for (at = 0; at < size;) {
			const struct ktap_rec *rec = (void *)env->buf + at;

			KUNIT_EXPECT_EQ(test, *(u8 *)(rec + 1), (u8)seen);
			seen++;
			at += rec->size;
		}
	}
	KUNIT_EXPECT_EQ(test, size, 0);
	KUNIT_EXPECT_EQ(test, seen, nr);
	preempt_disable();
	write_one(env, PLAIN, 40, 1);
	preempt_enable();
	KUNIT_EXPECT_FALSE(test, ring_buffer_empty(env->ring.buffer));
}

static void test_longest(struct kunit *test)
{
	struct env *env = test->priv;
	u32 most = env->ring.max - sizeof(struct ktap_ring_rec);
	bool more, fits;

	preempt_disable();
	more = write_one(env, PLAIN, KTAP_REC_MAX, 1);
	fits = write_one(env, PLAIN, most, 1);
	preempt_enable();
	KUNIT_EXPECT_FALSE(test, more);
	KUNIT_EXPECT_TRUE(test, fits);
	KUNIT_EXPECT_GE(test, env->ring.max, 4000U);
	KUNIT_EXPECT_EQ(test, read_some(env, KTAP_REC_MAX),
			(ssize_t)(sizeof(struct ktap_rec) + ALIGN(most, 8)));
}

/* Only whole records, and none is lost when it cannot be given. */
static void test_small_reads(struct kunit *test)
{
	ssize_t one = sizeof(struct ktap_rec) + 40;
	struct env *env = test->priv;
	u32 i;

	preempt_disable();
	for (i = 0; i < 4; i++)
		write_one(env, PLAIN, 40, i);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, read_some(env, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, read_some(env, one - 1), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ktap_ring_read(&env->ring, (char __user *)8, one), -EFAULT);
	KUNIT_EXPECT_EQ(test, read_some(env, one), one);
	KUNIT_EXPECT_EQ(test, (u32)env->buf[sizeof(struct ktap_rec)], 0U);
	KUNIT_EXPECT_EQ(test, read_some(env, 3 * one - 1), 2 * one);
	KUNIT_EXPECT_EQ(test, (u32)env->buf[sizeof(struct ktap_rec)], 1U);
	KUNIT_EXPECT_EQ(test, read_some(env, 3 * one - 1), one);
	KUNIT_EXPECT_EQ(test, read_some(env, one), 0);
}

static void test_end(struct kunit *test)
{
	struct env *env = test->priv;
	unsigned int seq = env->ring.seq;

	preempt_disable();
	write_one(env, KTAP_REC_RUNNING, 0, 0);
	preempt_enable();
	KUNIT_EXPECT_GT(test, read_some(env, UBUF_SIZE), 0);
	KUNIT_EXPECT_FALSE(test, env->ring.eof);
	KUNIT_EXPECT_NE(test, env->ring.seq, seq);
	preempt_disable();
	write_one(env, KTAP_REC_END, sizeof(struct ktap_rec_end), 0);
	preempt_enable();
	KUNIT_EXPECT_GT(test, read_some(env, UBUF_SIZE), 0);
	KUNIT_EXPECT_TRUE(test, env->ring.eof);
}

/*
 * Losses
 */

/**
 * struct seen - what was read
 * @nr: numbers
 * @next: the one that comes next
 * @lost: numbers that are missing as was told
 * @told: how often
 * @end: the last record came
 */
struct seen {
	u64 nr;
	u64 next;
	u64 lost;
	u32 told;
	bool end;
};

/* Each number is greater by one than the last one, or as much as was lost more. */
static void see(struct kunit *test, struct seen *seen, const struct ktap_rec *rec)
{
	u64 val;

	KUNIT_ASSERT_FALSE(test, seen->end);
	seen->end = rec->type == KTAP_REC_END;
	if (seen->end)
		return;
	memcpy(&val, rec + 1, sizeof(val));
	if (rec->type == KTAP_REC_LOST) {
		KUNIT_EXPECT_NE(test, val, 0ULL);
		seen->lost += val;
		seen->next += val;
		seen->told++;
		return;
	}
	KUNIT_ASSERT_EQ(test, (u32)rec->type, (u32)PLAIN);
	KUNIT_EXPECT_EQ(test, val, seen->next);
	seen->next = val + 1;
	seen->nr++;
}

static void see_all(struct kunit *test, struct seen *seen, size_t size)
{
	struct env *env = test->priv;
	ssize_t len, at;

	while ((len = read_some(env, size)) > 0) {
		for (at = 0; at < len;) {
			const struct ktap_rec *rec = (void *)env->buf + at;

			see(test, seen, rec);
			at += rec->size;
		}
	}
	KUNIT_EXPECT_EQ(test, len, 0);
}

/* Write numbers from @first on. Returns how many had room. */
static u64 write_nrs(struct env *env, u64 first, u64 nr)
{
	u64 i, wrote = 0;

	preempt_disable();
	for (i = first; i < first + nr; i++)
		wrote += write_nr(env, i, false);
	preempt_enable();
	return wrote;
}

#define MANY	5000

/* What has no room is told with the next record that has some. */
static void test_lost(struct kunit *test)
{
	struct env *env = test->priv;
	struct seen seen = {};
	u64 wrote, i;

	migrate_disable();
	wrote = write_nrs(env, 0, MANY);
	KUNIT_EXPECT_LT(test, wrote, (u64)MANY);
	/* Nothing comes after them yet. */
	see_all(test, &seen, UBUF_SIZE);
	KUNIT_EXPECT_EQ(test, seen.nr, wrote);
	KUNIT_EXPECT_EQ(test, seen.told, 0U);
	/* A reader with room for no more than the count gets that, once. */
	write_nrs(env, MANY, 1);
	KUNIT_EXPECT_EQ(test, read_some(env, 16), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, read_some(env, 24), 24);
	see(test, &seen, (void *)env->buf);
	KUNIT_EXPECT_EQ(test, seen.lost, MANY - wrote);
	see_all(test, &seen, 24);
	KUNIT_EXPECT_EQ(test, seen.nr, wrote + 1);
	/* Over and over. */
	for (i = 1; i <= 10; i++) {
		write_nrs(env, i * MANY + 1, MANY);
		see_all(test, &seen, 4096);
	}
	KUNIT_EXPECT_EQ(test, seen.told, 10U);
	migrate_enable();
}

/* And before the end if there is none. */
static void test_lost_at_end(struct kunit *test)
{
	struct env *env = test->priv;
	struct seen seen = {};
	u64 wrote;

	wrote = write_nrs(env, 0, MANY);
	see_all(test, &seen, UBUF_SIZE);
	KUNIT_EXPECT_EQ(test, seen.told, 0U);
	write_one(env, KTAP_REC_END, sizeof(struct ktap_rec_end), 0);
	see_all(test, &seen, 24);
	KUNIT_EXPECT_TRUE(test, seen.end);
	KUNIT_EXPECT_EQ(test, seen.told, 1U);
	KUNIT_EXPECT_EQ(test, seen.nr, wrote);
	KUNIT_EXPECT_EQ(test, seen.nr + seen.lost, (u64)MANY);
}

static int overwrite(struct env *env)
{
	ktap_ring_destroy(&env->ring);
	return ktap_ring_create(&env->ring, KTAP_RING_MIN, true);
}

/* The newest are there, and it is told how many came before. */
static void test_overwritten(struct kunit *test)
{
	struct env *env = test->priv;
	struct seen seen = {};
	u32 i;

	KUNIT_ASSERT_EQ(test, overwrite(env), 0);
	migrate_disable();
	KUNIT_EXPECT_EQ(test, write_nrs(env, 0, MANY), (u64)MANY);
	see_all(test, &seen, UBUF_SIZE);
	KUNIT_EXPECT_EQ(test, seen.next, (u64)MANY);
	KUNIT_EXPECT_EQ(test, seen.nr + seen.lost, (u64)MANY);
	KUNIT_EXPECT_EQ(test, seen.lost, ktap_ring_overwritten(&env->ring));
	KUNIT_EXPECT_GT(test, seen.nr, 400ULL);
	KUNIT_EXPECT_EQ(test, seen.told, 1U);
	/* Some are read, then what follows is overwritten. */
	for (i = 1; i <= 10; i++) {
		write_nrs(env, i * MANY, MANY);
		KUNIT_EXPECT_EQ(test, read_some(env, 48) % 24, 0);
		see(test, &seen, (void *)env->buf);
		see(test, &seen, (void *)env->buf + 24);
	}
	see_all(test, &seen, 100);
	KUNIT_EXPECT_EQ(test, seen.next, 11ULL * MANY);
	KUNIT_EXPECT_EQ(test, seen.nr + seen.lost, 11ULL * MANY);
	KUNIT_EXPECT_EQ(test, seen.lost, ktap_ring_overwritten(&env->ring));
	migrate_enable();
}

/* What must not be overwritten is not, and comes in its place. */
static void test_kept(struct kunit *test)
{
	struct env *env = test->priv;
	u32 room = 0, i, nr = 0;
	ssize_t len, at;
	u64 val, lost = 0;

	KUNIT_ASSERT_EQ(test, overwrite(env), 0);
	preempt_disable();
	for (i = 0; i < 3; i++)
		write_nr(env, i, true);
	for (i = 0; i < MANY; i++)
		write_nr(env, 1000, false);
	write_nr(env, 3, true);
	preempt_enable();
	while ((len = read_some(env, UBUF_SIZE)) > 0) {
		for (at = 0; at < len; at += ((struct ktap_rec *)(env->buf + at))->size) {
			const struct ktap_rec *rec = (void *)env->buf + at;

			memcpy(&val, rec + 1, sizeof(val));
			if (rec->type == KTAP_REC_LOST)
				lost += val;
			else if (val == 1000)
				room++;
			else
				KUNIT_EXPECT_EQ(test, val, (u64)nr++);
			/* The last one comes after all others. */
			KUNIT_EXPECT_EQ(test, nr == 4, at + rec->size == len);
		}
	}
	KUNIT_EXPECT_EQ(test, nr, 4U);
	KUNIT_EXPECT_EQ(test, room + lost, (u64)MANY);
	/* Its room ends some time. */
	preempt_disable();
	for (i = 0; i < 100000 && write_nr(env, i, true); i++)
		;
	preempt_enable();
	KUNIT_EXPECT_GT(test, i, 400U);
	KUNIT_EXPECT_LT(test, i, 100000U);
}

/**
 * struct clock - a clock that a test sets
 * @env: what the test has
 * @now: what it shows
 * @reads: at which look of the reader something happens
 */
static struct clock {
	struct env *env;
	u64 now;
	u32 reads;
} clock;

/* A record is written after its CPU was looked at, and before the next one is. */
static u64 clock_read(void)
{
	if (clock.reads && !--clock.reads) {
		clock.now = 60;
		preempt_disable();
		write_nr(clock.env, 1, true);
		preempt_enable();
		clock.now = 200;
	}
	return clock.now;
}

/* One of after a look does not come before an earlier one that the look has missed. */
static void test_missed(struct kunit *test)
{
	struct env *env = test->priv;
	const struct ktap_rec *rec;
	u64 val, want = 1;
	ssize_t len, at;

	KUNIT_ASSERT_EQ(test, overwrite(env), 0);
	clock = (struct clock){ .env = env, .now = 100 };
	ring_buffer_set_clock(env->ring.buffer, clock_read);
	ring_buffer_set_clock(env->ring.kept, clock_read);
	preempt_disable();
	write_nr(env, 2, false);
	preempt_enable();
	clock.now = 50;
	clock.reads = 2;
	while ((len = read_some(env, UBUF_SIZE)) > 0) {
		for (at = 0; at < len; at += rec->size) {
			rec = (void *)env->buf + at;
			memcpy(&val, rec + 1, sizeof(val));
			KUNIT_EXPECT_EQ(test, val, want++);
		}
	}
	KUNIT_EXPECT_EQ(test, want, 3ULL);
}

/*
 * Values
 */

static void *put_head(void *to, u32 type, u32 len)
{
	struct ktap_val val = { .type = type, .len = len };

	memcpy(to, &val, sizeof(val));
	return to + sizeof(val);
}

/* All but events are given as they are. */
static void test_values(struct kunit *test)
{
	struct env *env = test->priv;
	char body[128] = {};
	struct ktap_ring_rec *rec;
	void *to = body;
	s64 number = -5;
	ssize_t size;

	to = put_head(to, KTAP_T_NIL, 0);
	to = put_head(to, KTAP_T_INT, sizeof(number));
	memcpy(to, &number, sizeof(number));
	to += sizeof(number);
	to = put_head(to, KTAP_T_STR, KTAP_VAL_CONST | 7);
	to = put_head(to, KTAP_T_STR, 11);
	memcpy(to, "hello\0world", 11);
	to += 16;
	to = put_head(to, KTAP_T_TAB, 0xffffffff);
	to = put_head(to, KTAP_T_TRUE, 0);

	rec = ktap_ring_reserve(&env->ring, to - (void *)body, false);
	KUNIT_ASSERT_NOT_NULL(test, rec);
	rec->type = KTAP_REC_PRINT;
	memcpy(rec->body, body, to - (void *)body);
	ktap_ring_commit(&env->ring, false);

	size = sizeof(struct ktap_rec) + (to - (void *)body);
	KUNIT_ASSERT_EQ(test, read_some(env, UBUF_SIZE), size);
	KUNIT_EXPECT_MEMEQ(test, env->buf + sizeof(struct ktap_rec), body,
			   to - (void *)body);
}

/* A name that is far longer than an address. */
static noinline void
a_function_whose_name_is_so_long_that_a_stack_of_calls_of_it_makes_a_text_of_bytes(void)
{
	barrier();
}

/*
 * Events become text. That of these is many times as long as they are, so that
 * there is no room for all of it: it is cut, and what follows is not.
 */
static void test_events(struct kunit *test)
{
	void (*fn)(void) =
		a_function_whose_name_is_so_long_that_a_stack_of_calls_of_it_makes_a_text_of_bytes;
	struct env *env = test->priv;
	u32 nr = 20, calls = 60, i, j, size = sizeof(struct ktap_val) + 8;
	u32 event = offsetof(struct stack_entry, caller) + calls * sizeof(long);
	struct ktap_ring_rec *rec;
	struct ktap_val val;
	char text[8] = "the end";
	ssize_t got;
	void *at;

	fn();
	size += nr * (sizeof(val) + ALIGN(event, KTAP_REC_ALIGN));
	if (size + sizeof(*rec) > env->ring.max)
		kunit_skip(test, "records are too short here");
	rec = ktap_ring_reserve(&env->ring, size, false);
	KUNIT_ASSERT_NOT_NULL(test, rec);
	memset(rec->body, 0, size);
	rec->type = KTAP_REC_PRINT;
	at = rec->body;
	for (i = 0; i < nr; i++) {
		struct stack_entry *entry;

		entry = put_head(at, KTAP_T_EVENT, event);
		entry->ent.type = TRACE_STACK;
		entry->size = calls;
		for (j = 0; j < calls; j++)
			entry->caller[j] = (unsigned long)fn;
		at += sizeof(val) + ALIGN(event, KTAP_REC_ALIGN);
	}
	at = put_head(at, KTAP_T_STR, 8);
	memcpy(at, text, 8);
	ktap_ring_commit(&env->ring, false);

	got = read_some(env, UBUF_SIZE);
	KUNIT_ASSERT_GT(test, got, 0);
	KUNIT_EXPECT_LE(test, got, (ssize_t)KTAP_REC_MAX);
	at = env->buf + sizeof(struct ktap_rec);
	for (i = 0; i < nr; i++) {
		memcpy(&val, at, sizeof(val));
		KUNIT_EXPECT_EQ(test, val.type, (u32)KTAP_T_STR);
		KUNIT_ASSERT_LE(test, (ssize_t)val.len, got);
		at += sizeof(val) + ALIGN(val.len, KTAP_REC_ALIGN);
	}
	memcpy(&val, at, sizeof(val));
	KUNIT_EXPECT_EQ(test, val.type, (u32)KTAP_T_STR);
	KUNIT_EXPECT_EQ(test, val.len, 8U);
	KUNIT_EXPECT_MEMEQ(test, at + sizeof(val), text, 8);
	KUNIT_EXPECT_EQ(test, at + sizeof(val) + 8 - (void *)env->buf, (ptrdiff_t)got);
}

/* An event that nobody knows is an empty text. */
static void test_unknown_event(struct kunit *test)
{
	struct env *env = test->priv;
	struct trace_entry entry = { .type = 0xffff };
	struct ktap_ring_rec *rec;
	struct ktap_val val;

	rec = ktap_ring_reserve(&env->ring, sizeof(val) + sizeof(entry), false);
	KUNIT_ASSERT_NOT_NULL(test, rec);
	rec->type = KTAP_REC_PRINT;
	memcpy(put_head(rec->body, KTAP_T_EVENT, sizeof(entry)), &entry, sizeof(entry));
	ktap_ring_commit(&env->ring, false);
	KUNIT_EXPECT_EQ(test, read_some(env, UBUF_SIZE),
			(ssize_t)(sizeof(struct ktap_rec) + sizeof(val)));
	memcpy(&val, env->buf + sizeof(struct ktap_rec), sizeof(val));
	KUNIT_EXPECT_EQ(test, val.type, (u32)KTAP_T_STR);
	KUNIT_EXPECT_EQ(test, val.len, 0U);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(test_size),
	KUNIT_CASE(test_order),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_longest),
	KUNIT_CASE(test_small_reads),
	KUNIT_CASE(test_end),
	KUNIT_CASE(test_lost),
	KUNIT_CASE(test_lost_at_end),
	KUNIT_CASE(test_overwritten),
	KUNIT_CASE(test_kept),
	KUNIT_CASE(test_missed),
	KUNIT_CASE(test_values),
	KUNIT_CASE(test_events),
	KUNIT_CASE(test_unknown_event),
	{}
};

static struct kunit_suite ring_suite = {
	.name = "ktap_ring",
	.init = ring_init,
	.exit = ring_exit,
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);
