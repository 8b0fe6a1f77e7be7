/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - What builtin functions ask the kernel for
 *
 * Where there is no kernel tools/testing/ktap/sys.c answers, so that the functions
 * themselves are of the core.
 */
#ifndef _KTAP_SYS_H
#define _KTAP_SYS_H

#include "core_internal.h"

/* Longest text of an address of the internet, with a NUL. */
#define KTAP_IP_TEXT	64

/**
 * struct ktap_sock_layout - where a socket has its addresses, in bytes from its start
 * @family: AF_*, 16 bits
 * @saddr: address of this side, if it is AF_INET
 * @daddr: of the other side
 * @saddr6: the same if it is AF_INET6
 * @daddr6: of the other side
 */
struct ktap_sock_layout {
	u16 family;
	u16 saddr;
	u16 daddr;
	u16 saddr6;
	u16 daddr6;
};

extern const struct ktap_sock_layout ktap_sys_sock;

const char *ktap_sys_lacks_func(enum ktap_func func);
const char *ktap_sys_lacks_var(enum ktap_var var);
u32 ktap_sys_symbol(char *to, u32 size, u64 addr, bool call);
unsigned long ktap_sys_address(const char *name, unsigned long *size);
const char *ktap_sys_errname(u32 err);
const char *ktap_sys_syscall(u32 nr);
const char *ktap_sys_machine(void);
const char *ktap_sys_release(void);
u32 ktap_sys_ip_text(char *to, const u8 *addr, u32 len);
bool ktap_sys_in_interrupt(void);
bool ktap_sys_in_iowait(void);
s64 ktap_sys_taskinfo(enum ktap_taskinfo what);
void ktap_sys_tracing(bool on);
void ktap_sys_trace(const char *text, u32 len);
void ktap_sys_snapshot(void);
int ktap_sys_open_trace(void);
int ktap_sys_arm_snapshot(void);
void ktap_sys_disarm_snapshot(void);

#endif /* _KTAP_SYS_H */
