// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests of the builtin functions of addresses of the internet
 */
#include "call.h"

#include "../sys.h"

#define LOOP4	"\x7f\0\0\x01"
#define LOOP6	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
#define DOC6	"\x20\x01\x0d\xb8\0\0\0\0\0\x01\0\0\0\0\0\x02"
#define ARRAY12	"0x0,0x0,0x0,0x0,0x0,0x0,0x0,0x0,0x0,0x0,0x0,0x0"
#define NONE	"error: ntop: this is no address of IPv4 or IPv6"

static const struct call_row rows[] = {
	ROW(NTOP, "\"127.0.0.1\"", V_STR(LOOP4)),
	ROW(NTOP, "\"0.0.0.0\"", V_INT(0)),
	ROW(NTOP, "\"255.255.255.255\"", V_INT(0xffffffff)),
	ROW(NTOP, "\"::1\"", V_STR(LOOP6)),
	ROW(NTOP, "\"2001:db8::1:0:0:2\"", V_STR(DOC6)),
	ROW(NTOP, "\"127.0.0.1\"", V_STR("{0x7f,0x0,0x0,0x1}")),
	ROW(NTOP, "\"10.20.255.16\"", V_STR("{0xa,0x14,0xff,0x10}")),
	ROW(NTOP, "\"::1\"", V_STR("{" ARRAY12 ",0x0,0x0,0x0,0x1}")),
	ROW(NTOP, "nil", V_NIL),
	ROW(NTOP, "nil", V_INT(2), V_NIL),
	ROW(NTOP, "nil", V_NIL, V_INT(1)),
	/* What is of neither family has no address. */
	ROW(NTOP, "nil", V_INT(1), V_STR("x")),
	ROW(NTOP, "\"127.0.0.1\"", V_INT(2), V_STR(LOOP4)),
	ROW(NTOP, "\"::1\"", V_INT(10), V_STR(LOOP6)),
	ROW(NTOP, NONE, V_INT(2), V_STR(LOOP6)),
	ROW(NTOP, NONE, V_INT(10), V_STR(LOOP4)),
	ROW(NTOP, NONE, V_INT(10), V_INT(1)),
	ROW(NTOP, NONE, V_STR("")),
	ROW(NTOP, NONE, V_STR("12345")),
	ROW(NTOP, NONE, V_STR("{}")),
	ROW(NTOP, NONE, V_STR("{0x1,0x2,0x3}")),
	ROW(NTOP, NONE, V_STR("{0x11,0x2,0x3,0x4")),
	ROW(NTOP, NONE, V_STR("{0x1,0x2,0x3,0x4} ")),
	ROW(NTOP, NONE, V_STR("{0x1,0x2,0x3,0x100}")),
	ROW(NTOP, NONE, V_STR("{0x1,0x2,0x3,0x0004}")),
	ROW(NTOP, NONE, V_STR("{0x11,0x22,0x3,0x}")),
	ROW(NTOP, NONE, V_STR("{0x1,0x2,0x3,4}")),
	ROW(NTOP, NONE, V_STR("{0x11,0x22\0x3,0x4}")),
	ROW(NTOP, NONE, V_STR("{" ARRAY12 "," ARRAY12 "}")),
	ROW(NTOP, "error: ntop: argument 1 is a string value", V_STR("a"), V_INT(1)),
	ROW(NTOP, "error: ntop: argument 1 is a boolean value", V_TRUE),
	ROW(NTOP, "error: ntop: argument 2 is a table value", V_INT(2), V_GONE),
};

static void test_ntop(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);
	u32 num;

	call_rows(test, rows, ARRAY_SIZE(rows));
	/* An integer is what memory has, in whatever order. */
	memcpy(&num, LOOP4, sizeof(num));
	call_reset(c, exec);
	ktap_set_int(&exec->regs[0], num);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_NTOP, 1), 0);
	KUNIT_EXPECT_STREQ(test, c->text, "\"127.0.0.1\"");
}

static void put_sock(struct call *c, u16 family)
{
	memset(c->mem, 0, sizeof(c->mem));
	memcpy(c->mem + ktap_sys_sock.family, &family, sizeof(family));
	if (family == 2) {
		memcpy(c->mem + ktap_sys_sock.saddr, "\x0a\0\0\x01", 4);
		memcpy(c->mem + ktap_sys_sock.daddr, "\x0a\0\0\x02", 4);
	} else if (family == 10 && ktap_sys_sock.saddr6) {
		memcpy(c->mem + ktap_sys_sock.saddr6, LOOP6, 16);
		memcpy(c->mem + ktap_sys_sock.daddr6, DOC6, 16);
	}
}

static void check_sock(struct kunit *test, enum ktap_func func, u64 sock, const char *want)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);

	call_reset(c, exec);
	ktap_set_int(&exec->regs[0], sock);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, func, 1), 0);
	KUNIT_EXPECT_EQ(test, call_func(c, exec, KTAP_FUNC_NTOP, 1), 0);
	KUNIT_EXPECT_STREQ(test, c->text, want);
}

static void test_sock(struct kunit *test)
{
	struct call *c = test->priv;
	struct ktap_exec *exec = call_slot(c, false);

	if (ktap_sys_lacks_func(KTAP_FUNC_SOCK_SADDR))
		return;
	put_sock(c, 2);
	check_sock(test, KTAP_FUNC_SOCK_SADDR, TEST_KERNEL, "\"10.0.0.1\"");
	check_sock(test, KTAP_FUNC_SOCK_DADDR, TEST_KERNEL, "\"10.0.0.2\"");
	put_sock(c, 10);
	check_sock(test, KTAP_FUNC_SOCK_SADDR, TEST_KERNEL,
		   ktap_sys_sock.saddr6 ? "\"::1\"" : "nil");
	check_sock(test, KTAP_FUNC_SOCK_DADDR, TEST_KERNEL,
		   ktap_sys_sock.saddr6 ? "\"2001:db8::1:0:0:2\"" : "nil");
	put_sock(c, 1);
	check_sock(test, KTAP_FUNC_SOCK_SADDR, TEST_KERNEL, "nil");
	KUNIT_EXPECT_EQ(test, exec->stats[KTAP_STAT_BAD_READ], 0ULL);
	/* Neither memory of a process nor what is not there. */
	check_sock(test, KTAP_FUNC_SOCK_DADDR, TEST_USER, "nil");
	KUNIT_EXPECT_EQ(test, exec->stats[KTAP_STAT_BAD_READ], 1ULL);
	put_sock(c, 2);
	check_sock(test, KTAP_FUNC_SOCK_SADDR,
		   TEST_KERNEL + TEST_MEM_SIZE - ktap_sys_sock.family - 1, "nil");
}

static const struct call_row sock_rows[] = {
	ROW(SOCK_SADDR, "nil", V_NIL),
	ROW(SOCK_DADDR, "nil", V_NIL),
	ROW(SOCK_SADDR, "error: net.ip_sock_saddr: argument 1 is a string value", V_STR("a")),
	ROW(SOCK_DADDR, "error: net.ip_sock_daddr: argument 1 is a table value", V_GONE),
};

static void test_sock_types(struct kunit *test)
{
	call_rows(test, sock_rows, ARRAY_SIZE(sock_rows));
}

static struct kunit_case net_cases[] = {
	KUNIT_CASE(test_ntop),
	KUNIT_CASE(test_sock),
	KUNIT_CASE(test_sock_types),
	{}
};

static struct kunit_suite net_suite = {
	.name = "ktap_net",
	.init = call_init,
	.exit = call_exit,
	.test_cases = net_cases,
};

kunit_test_suite(net_suite);
