// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - A library for usym_prog.c
 */
int library_call(int (*func)(int), int arg);

int library_call(int (*func)(int), int arg)
{
	return func(arg) + 1;
}
