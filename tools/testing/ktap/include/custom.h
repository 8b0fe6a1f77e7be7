/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Stand-ins that tests have a hand in
 *
 * Memory is taken one piece at a time from malloc(), so that the address
 * sanitizer sees each piece, and can be made to fail. Large pieces are used again.
 * Each access to shared memory is a point at which a test can let an NMI come in
 * (test_points). In NMI context and in the random numbers the test decides.
 */
#ifndef _KTAP_CUSTOM_H
#define _KTAP_CUSTOM_H

#include <sched.h>

/**
 * struct test_points - where an NMI comes in
 * @countdown: points until it comes; 0 for never
 * @nmi: what it does
 * @arg: passed to @nmi
 * @in_nmi: it goes on
 * @bound: points that it may still reach: one that spins reaches many
 */
struct test_points {
	unsigned long countdown;
	void (*nmi)(void *arg);
	void *arg;
	bool in_nmi;
	unsigned long bound;
};

extern __thread struct test_points test_points;
void test_point_reached(void);

#ifdef KTAP_TEST_POINTS
static inline void test_point(void)
{
	if (unlikely(test_points.countdown | test_points.bound))
		test_point_reached();
}
#else
static inline void test_point(void)
{
}
#endif

/* Who is alone has nobody to give way to. */
extern __thread bool test_in_thread;
#define cond_resched()		(test_in_thread ? sched_yield() : 0)

/*
 * Each thread is a CPU of its own. Which one has a meaning for the pins of the heap:
 * a test that has the pins by CPU sets it.
 */
extern __thread unsigned int test_cpu;
#define KTAP_TEST_CPU		test_cpu

#define raw_smp_processor_id()	(test_cpu)
#define DEFINE_PER_CPU(type, name) __thread type name
#define __this_cpu_read(var)	(test_point(), (var))
#define __this_cpu_write(var, val) \
	do { test_point(); (var) = (val); } while (0)

#define in_nmi()		(test_points.in_nmi)

/*
 * The thread sanitizer knows nothing of fences. What the kernel orders by them
 * is ordered for it by the accesses next to them.
 */
#if defined(__SANITIZE_THREAD__)
#define KTAP_TSAN		1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KTAP_TSAN		1
#endif
#endif

#ifdef KTAP_TSAN
#define TEST_READ		__ATOMIC_ACQUIRE
#define TEST_WRITE		__ATOMIC_RELEASE
#define test_fence()		__asm__ __volatile__("" : : : "memory")
#else
#define TEST_READ		__ATOMIC_RELAXED
#define TEST_WRITE		__ATOMIC_RELAXED
#define test_fence()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

#define READ_ONCE(x) \
	(test_point(), __atomic_load_n(&(x), TEST_READ))
#define WRITE_ONCE(x, val) \
	(test_point(), __atomic_store_n(&(x), (val), TEST_WRITE))
/* Full: what the sanitizers make of it is said above. */
#define smp_mb() \
	do { test_point(); test_fence(); } while (0)
/* An acquire as the compiler has it. */
#define smp_load_acquire(p) \
	(test_point(), __atomic_load_n((p), __ATOMIC_ACQUIRE))
/* A release likewise. */
#define smp_store_release(p, val) \
	(test_point(), __atomic_store_n((p), (val), __ATOMIC_RELEASE))

#ifdef __x86_64__
#define cpu_relax()		(test_point(), __builtin_ia32_pause())
#else
#define cpu_relax()		(test_point(), barrier())
#endif

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter __aligned(8);
} atomic64_t;

#define ATOMIC_OPS(type, num, name)					\
static inline num name##_read(const type *v)				\
{									\
	test_point();							\
	return __atomic_load_n(&v->counter, TEST_READ);			\
}									\
									\
static inline void name##_set(type *v, num i)				\
{									\
	test_point();							\
	__atomic_store_n(&v->counter, i, TEST_WRITE);			\
}									\
									\
static inline void name##_inc(type *v)					\
{									\
	test_point();							\
	__atomic_fetch_add(&v->counter, 1, __ATOMIC_SEQ_CST);		\
}									\
									\
static inline void name##_dec(type *v)					\
{									\
	test_point();							\
	__atomic_fetch_sub(&v->counter, 1, __ATOMIC_SEQ_CST);		\
}									\
									\
static inline void name##_add(num i, type *v)				\
{									\
	test_point();							\
	__atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);		\
}									\
									\
static inline num name##_add_return(num i, type *v)			\
{									\
	test_point();							\
	return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
									\
static inline num name##_inc_return(type *v)				\
{									\
	return name##_add_return(1, v);					\
}									\
									\
static inline num name##_dec_return(type *v)				\
{									\
	return name##_add_return(-1, v);				\
}									\
									\
static inline num name##_xchg(type *v, num i)				\
{									\
	test_point();							\
	return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
									\
static inline bool name##_try_cmpxchg(type *v, num *old, num i)		\
{									\
	test_point();							\
	return __atomic_compare_exchange_n(&v->counter, old, i, false,	\
					   __ATOMIC_SEQ_CST,		\
					   __ATOMIC_SEQ_CST);		\
}									\
									\
static inline num name##_cmpxchg(type *v, num old, num i)		\
{									\
	name##_try_cmpxchg(v, &old, i);					\
	return old;							\
}

ATOMIC_OPS(atomic_t, int, atomic)
ATOMIC_OPS(atomic64_t, s64, atomic64)

/* There may be more threads than CPUs, so waiting gives up the CPU. */
typedef struct {
	u32 held;
} raw_spinlock_t;

static inline void raw_spin_lock_init(raw_spinlock_t *lock)
{
	lock->held = 0;
}

static inline bool raw_spin_trylock(raw_spinlock_t *lock)
{
	test_point();
	return !__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE);
}

static inline void raw_spin_lock(raw_spinlock_t *lock)
{
	while (!raw_spin_trylock(lock))
		sched_yield();
}

static inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	test_point();
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#define raw_spin_trylock_irqsave(lock, flags) \
	(local_irq_save(flags), raw_spin_trylock(lock))
#define raw_spin_unlock_irqrestore(lock, flags) \
	do { raw_spin_unlock(lock); local_irq_restore(flags); } while (0)

/**
 * struct test_alloc - memory
 * @countdown: allocations until one fails; 0 for never
 * @live: pieces that were not freed
 */
struct test_alloc {
	unsigned long countdown;
	long live;
};

extern struct test_alloc test_alloc;
void *test_malloc(size_t nr, size_t size, bool zero);
void test_free(const void *p);

#define kzalloc(size, gfp)		test_malloc(1, size, true)
#define kmalloc(size, gfp)		test_malloc(1, size, false)
#define kvmalloc(size, gfp)		test_malloc(1, size, false)
#define kvzalloc(size, gfp)		test_malloc(1, size, true)
#define kvmalloc_array(nr, size, gfp)	test_malloc(nr, size, false)
#define kvcalloc(nr, size, gfp)		test_malloc(nr, size, true)
#define vmalloc_huge(size, gfp)		test_malloc(1, size, false)
#define kfree(p)			test_free(p)
#define kvfree(p)			test_free(p)
#define vfree(p)			test_free(p)

/* Random numbers, the same in each run. */
extern u64 test_seed;
u64 test_random(u64 *seed);

static inline u64 get_random_u64(void)
{
	return test_random(&test_seed);
}

/* prandom.h */
struct rnd_state {
	u64 seed;
};

static inline void prandom_seed_state(struct rnd_state *state, u64 seed)
{
	state->seed = seed;
}

static inline u32 prandom_u32_state(struct rnd_state *state)
{
	return test_random(&state->seed);
}

/* timekeeping.h, time.h: the time, or one that a test has set, which goes on by itself */
extern u64 test_now;

static inline u64 test_clock(clockid_t clock)
{
	struct timespec ts;

	if (test_now)
		return test_now++;
	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

#define ktime_get_mono_fast_ns()	test_clock(CLOCK_MONOTONIC)
#define ktime_get_real_fast_ns()	test_clock(CLOCK_REALTIME)

static inline void time64_to_tm(s64 secs, int offset, struct tm *tm)
{
	time_t t = secs + offset;

	gmtime_r(&t, tm);
}

/* cpumask.h */
#define num_online_cpus()	1U

/* sys.c: the function that the kernel lacks, and the last line of its trace buffer. */
extern u32 test_lacks;
extern char test_trace[1024];
bool test_sys_read(void *to, u64 addr, u32 size);

#endif /* _KTAP_CUSTOM_H */
