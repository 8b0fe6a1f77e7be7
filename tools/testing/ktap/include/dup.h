/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Stand-ins that do what the kernel's do, written as simply as they can be
 */
#ifndef _KTAP_DUP_H
#define _KTAP_DUP_H

/* compiler_attributes.h, compiler.h */
#undef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#define __maybe_unused		__attribute__((__unused__))
#define __aligned(x)		__attribute__((__aligned__(x)))
#define __printf(a, b)		__attribute__((__format__(__printf__, a, b)))
#define noinline		__attribute__((__noinline__))
#define ____cacheline_aligned_in_smp __aligned(64)
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define barrier()		__asm__ __volatile__("" : : : "memory")

/* limits.h */
#define S64_MAX			INT64_MAX
#define S64_MIN			INT64_MIN
#define U16_MAX			UINT16_MAX
#define U32_MAX			UINT32_MAX
#define U64_MAX			UINT64_MAX

/* kconfig.h: for symbols that are 1 or not defined */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define CONFIG_CPU_BIG_ENDIAN	1
#endif
#define IS_ENABLED_SECOND(x, val, ...) val
#define IS_ENABLED_IS(x)	IS_ENABLED_SECOND(x 1, 0)
#define IS_ENABLED_COMMA_1	0,
#define IS_ENABLED_CAT(x)	IS_ENABLED_IS(IS_ENABLED_COMMA_##x)
#define IS_ENABLED(...)		IS_ENABLED_CAT(__VA_ARGS__)

/* compiler_attributes.h */
#define fallthrough		__attribute__((__fallthrough__))

/* build_bug.h, kernel.h, container_of.h, stddef.h */
#define BUILD_BUG_ON(cond)	static_assert(!(cond), #cond)
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define sizeof_field(type, member) sizeof(((type *)NULL)->member)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define swap(a, b) \
	do { __typeof__(a) _swap = (a); (a) = (b); (b) = _swap; } while (0)

/* minmax.h; no two types are compared here that would need its checks. */
#define min(a, b) __extension__({ __auto_type _a = (a); __auto_type _b = (b); \
				  _a < _b ? _a : _b; })
#define max(a, b) __extension__({ __auto_type _a = (a); __auto_type _b = (b); \
				  _a > _b ? _a : _b; })
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define clamp_t(type, val, lo, hi) \
	min_t(type, max_t(type, val, lo), hi)

/* align.h, math.h, log2.h */
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(!((x) & ((a) - 1)))
#define NSEC_PER_SEC		1000000000L
#define NSEC_PER_MSEC		1000000L
#define NSEC_PER_USEC		1000L
#define div_u64(a, b)		((u64)(a) / (u32)(b))
#define PTR_ALIGN(p, a)		((__typeof__(p))ALIGN((uintptr_t)(p), (uintptr_t)(a)))
#define div64_s64(a, b)		((s64)(a) / (s64)(b))
#define div64_u64(a, b)		((u64)(a) / (u64)(b))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define DIV_ROUND_UP(a, b)	(((a) + (b) - 1) / (b))

static inline int ilog2(u64 n)
{
	return 63 - __builtin_clzll(n);
}

static inline u64 div_u64_rem(u64 a, u32 b, u32 *rest)
{
	*rest = a % b;
	return a / b;
}

static inline u64 div64_u64_rem(u64 a, u64 b, u64 *rest)
{
	*rest = a % b;
	return a / b;
}

static inline int fls64(u64 n)
{
	return n ? 64 - __builtin_clzll(n) : 0;
}

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n > 1 ? 1UL << (ilog2(n - 1) + 1) : 1;
}

/* overflow.h */
#define check_add_overflow(a, b, res) __builtin_add_overflow(a, b, res)
#define check_mul_overflow(a, b, res) __builtin_mul_overflow(a, b, res)
#define struct_size(p, member, count) \
	(sizeof(*(p)) + sizeof(*(p)->member) * (size_t)(count))

/* err.h */
#define ERR_PTR(err)		((void *)(long)(err))
#define PTR_ERR(ptr)		((long)(ptr))
#define IS_ERR(ptr)		((unsigned long)(ptr) >= (unsigned long)-4095)
#define IS_ERR_OR_NULL(ptr)	(!(ptr) || IS_ERR(ptr))

/* bits.h, bitmap.h, bitops.h, find.h */
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define BITS_PER_LONG		(8 * (int)sizeof(long))
#define BITS_TO_LONGS(n)	(((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)

static inline bool test_bit(unsigned long n, const unsigned long *map)
{
	return map[n / BITS_PER_LONG] >> n % BITS_PER_LONG & 1;
}

static inline void __set_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] |= 1UL << n % BITS_PER_LONG;
}

static inline void __clear_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] &= ~(1UL << n % BITS_PER_LONG);
}

static inline bool __test_and_set_bit(unsigned long n, unsigned long *map)
{
	bool old = test_bit(n, map);

	__set_bit(n, map);
	return old;
}

static inline void bitmap_zero(unsigned long *map, unsigned long nr)
{
	memset(map, 0, BITS_TO_LONGS(nr) * sizeof(long));
}

static inline unsigned long find_first_zero_bit(const unsigned long *map,
						unsigned long nr)
{
	unsigned long n = 0;

	while (n < nr && test_bit(n, map))
		n++;
	return n;
}

static inline unsigned long find_next_bit(const unsigned long *map, unsigned long nr,
					  unsigned long n)
{
	while (n < nr && !test_bit(n, map))
		n += map[n / BITS_PER_LONG] ? 1 : BITS_PER_LONG - n % BITS_PER_LONG;
	return min(n, nr);
}

/* sprintf.h: what was written, not what would have been */
__printf(3, 4)
static inline int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return (size_t)len < size ? len : size ? (int)size - 1 : 0;
}

#endif /* _KTAP_DUP_H */
