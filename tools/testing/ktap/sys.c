// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What builtin functions ask for, in place of kernel/trace/ktap/sys.c
 */
#include <arpa/inet.h>
#include <sys/utsname.h>

#include "../../../kernel/trace/ktap/sys.h"

u32 test_lacks = KTAP_FUNC_NR;

const char *ktap_sys_lacks_func(enum ktap_func func)
{
	return func == test_lacks ? "CONFIG_TEST" : NULL;
}

const char *ktap_sys_lacks_var(enum ktap_var var)
{
	return test_lacks == KTAP_FUNC_EXIT && var == KTAP_VAR_CGROUP ? "CONFIG_TEST" : NULL;
}

/* The kernel that there is: some functions, and variables with what is in them. */
static const struct {
	const char *name;
	u64 addr;
	u32 size;
	u64 value;
} symbols[] = {
	{ "vfs_read", 0x1000, 0x100 },
	{ "vfs_write", 0x1100, 0x80 },
	{ "jiffies", 0x30000, 8, 4294937296 },
	{ "nr_threads", 0x30008, 4, 100 },
};

u32 ktap_sys_symbol(char *to, u32 size, u64 addr, bool call)
{
	u64 at = addr - call;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (at - symbols[i].addr < symbols[i].size)
			return snprintf(to, size, "%s+0x%llx/0x%x", symbols[i].name,
					addr - symbols[i].addr, symbols[i].size);
	}
	return snprintf(to, size, "0x%llx", addr);
}

unsigned long ktap_sys_address(const char *name, unsigned long *size)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (!strcmp(symbols[i].name, name)) {
			*size = symbols[i].size;
			return symbols[i].addr;
		}
	}
	*size = 0;
	return 0;
}

const char *ktap_sys_errname(u32 err)
{
	static const char * const names[] = {
		[EPERM] = "EPERM", [ENOENT] = "ENOENT", [EINTR] = "EINTR", [EIO] = "EIO",
		[EACCES] = "EACCES",
		[512] = "ERESTARTSYS",
	};

	return err < ARRAY_SIZE(names) ? names[err] : NULL;
}

/* Of x86-64, wherever this runs. */
const char *ktap_sys_syscall(u32 nr)
{
	static const char * const names[] = {
		"read", "write", "open", "close", "newstat",
	};

	return nr < ARRAY_SIZE(names) ? names[nr] : NULL;
}

static struct utsname uts;

const char *ktap_sys_machine(void)
{
	uname(&uts);
	return uts.machine;
}

const char *ktap_sys_release(void)
{
	uname(&uts);
	return uts.release;
}

u32 ktap_sys_ip_text(char *to, const u8 *addr, u32 len)
{
	inet_ntop(len == 4 ? AF_INET : AF_INET6, addr, to, KTAP_IP_TEXT);
	return strlen(to);
}

const struct ktap_sock_layout ktap_sys_sock = {
	.family = 16,
	.saddr = 24,
	.daddr = 4,
	.saddr6 = 32,
	.daddr6 = 48,
};

bool ktap_sys_in_interrupt(void)
{
	return false;
}

bool ktap_sys_in_iowait(void)
{
	return false;
}

s64 ktap_sys_taskinfo(enum ktap_taskinfo what)
{
	return 1000 + what;
}

/**
 * test_sys_read - Read a variable of the stand-in for the kernel
 * @to: where to
 * @addr: its address
 * @size: its size
 *
 * Return: false if there is none.
 */
bool test_sys_read(void *to, u64 addr, u32 size)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (symbols[i].addr != addr || !symbols[i].value || size > symbols[i].size)
			continue;
		memcpy(to, &symbols[i].value, size);
		return true;
	}
	return false;
}

char test_trace[1024];

void ktap_sys_trace(const char *text, u32 len)
{
	snprintf(test_trace, sizeof(test_trace), "%.*s", (int)len, text);
}

void ktap_sys_tracing(bool on)
{
}

void ktap_sys_snapshot(void)
{
}
