// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Builtin functions of addresses of the internet
 *
 * An address of IPv4 is an integer of 32 bits as it is in memory, so that what is
 * sent first is where the machine's byte order puts it. One of IPv6 is a string of
 * 16 bytes. Fields of events that are arrays come as text, which is read as well.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "builtin.h"
#include "sys.h"

/* Part of the ABI, and the same everywhere. */
#define FAMILY_IPV4	2
#define FAMILY_IPV6	10

#define IPV4_LEN	4
#define IPV6_LEN	16

/* What making the text costs, in instructions. */
#define TEXT_COST	64

static int no_address(struct ktap_exec *exec)
{
	return KTAP_FAULT(exec, VALUE, "ntop", "this is no address of IPv4 or IPv6");
}

static u32 hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* "{0x7f,0x0,0x0,0x1}": the bytes of an array. Returns their number, 0 if it is none. */
static u32 read_array(const struct ktap_str *str, u8 *addr)
{
	const char *pos = str->data;
	u32 nr = 0, num, digits;

	if (*pos++ != '{')
		return 0;
	do {
		if (nr == IPV6_LEN || *pos++ != '0' || *pos++ != 'x')
			return 0;
		for (num = 0, digits = 0; hex_digit(*pos) < 16 && digits < 3; digits++)
			num = num * 16 + hex_digit(*pos++);
		if (!digits || num > 255)
			return 0;
		addr[nr++] = num;
	} while (*pos++ == ',');
	return pos[-1] == '}' && pos == str->data + str->len ? nr : 0;
}

/* The bytes of an address. Returns their number, or 0 if it is none. */
static u32 read_addr(const struct ktap_value *val, u8 *addr)
{
	u32 num = val->i, len;

	if (val->type == KTAP_T_INT) {
		memcpy(addr, &num, IPV4_LEN);
		return IPV4_LEN;
	}
	if (val->type != KTAP_T_STR)
		return 0;
	len = val->str->len;
	if (len == IPV4_LEN || len == IPV6_LEN) {
		memcpy(addr, val->str->data, len);
		return len;
	}
	len = read_array(val->str, addr);
	return len == IPV4_LEN || len == IPV6_LEN ? len : 0;
}

int ktap_fn_NTOP(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	const struct ktap_value *val = &args[nr - 1];
	char text[KTAP_IP_TEXT];
	u8 addr[IPV6_LEN];
	u32 len, want = 0;
	int ret;

	if (nr > 1 && args[0].type == KTAP_T_STR)
		return KTAP_FAULT(exec, ARG, "ntop", 1, ktap_type_names[KTAP_T_STR]);
	if (nr > 1 && args[0].type == KTAP_T_INT)
		want = args[0].i == FAMILY_IPV4 ? IPV4_LEN :
		       args[0].i == FAMILY_IPV6 ? IPV6_LEN : 0;
	/* What is of another family is no error: events have all of them. */
	if (val->type == KTAP_T_NIL || (nr > 1 && !want)) {
		ktap_set_nil(args);
		return 0;
	}
	ret = ktap_vm_charge(exec, TEXT_COST);
	if (ret)
		return ret;
	len = read_addr(val, addr);
	if (!len || (want && len != want))
		return no_address(exec);
	return ktap_vm_text(exec, args, text, ktap_sys_ip_text(text, addr, len));
}

static bool read_kernel(struct ktap_exec *exec, void *to, u64 addr, u32 size)
{
	return exec->env->read(exec, to, addr, size, false);
}

/* An address that a socket has. */
static int sock_addr(struct ktap_exec *exec, struct ktap_value *args, u32 at, u32 at6)
{
	u64 sock = args[0].i;
	u8 addr[IPV6_LEN];
	u16 family;
	u32 num;
	int ret;

	if (args[0].type == KTAP_T_NIL)
		return 0;
	ret = ktap_vm_charge(exec, TEXT_COST);
	if (ret)
		return ret;
	if (!read_kernel(exec, &family, sock + ktap_sys_sock.family, sizeof(family)))
		return ktap_vm_no_memory(exec, args);
	if (family == FAMILY_IPV4) {
		if (!read_kernel(exec, &num, sock + at, sizeof(num)))
			return ktap_vm_no_memory(exec, args);
		ktap_set_int(args, num);
		return 0;
	}
	if (family != FAMILY_IPV6 || !at6) {
		ktap_set_nil(args);
		return 0;
	}
	if (!read_kernel(exec, addr, sock + at6, sizeof(addr)))
		return ktap_vm_no_memory(exec, args);
	return ktap_vm_text(exec, args, (char *)addr, sizeof(addr));
}

int ktap_fn_SOCK_SADDR(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return sock_addr(exec, args, ktap_sys_sock.saddr, ktap_sys_sock.saddr6);
}

int ktap_fn_SOCK_DADDR(struct ktap_exec *exec, struct ktap_value *args, u32 nr)
{
	return sock_addr(exec, args, ktap_sys_sock.daddr, ktap_sys_sock.daddr6);
}
