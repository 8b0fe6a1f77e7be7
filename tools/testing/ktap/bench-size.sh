#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# usage: bench-size.sh LOADS [BPFTRACE]
#
# What a session takes of memory, and what the tool has executed, and had of memory,
# when the first handler is armed and the command of its own begins to run. Time has
# to be the count of instructions, as with "qemu -icount". LOADS is the
# directory of load and sessions, and of a static ktap if there is one, BPFTRACE a
# program.

loads=$1
bpftrace=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$loads/load" "$loads/sessions" "$work"

static=
if [ -x "$loads/ktap-static" ]; then
	static=$work/ktap-static
	cp "$loads/ktap-static" "$static"
fi

event=syscalls:sys_enter_getppid
export TERM=dumb

by_ktap()
{
	ktap -q -e "trace $event { }" -- "$work/load" parent
}

by_static()
{
	"$static" -q -e "trace $event { }" -- "$work/load" parent
}

by_bpftrace()
{
	"$bpftrace" -q -e "tracepoint:$event { }" -c "$work/load parent" | grep '[0-9]'
}

# start_up TRACER: what it has run and had until its command begins. The second time
# everything is in the page cache.
start_up()
{
	"$1" >/dev/null
	"$1"
}

per_session()
{
	ktap -q -O "$work/image" -e "$1" && "$work/sessions" "$work/image" 8
}

row()
{
	printf '  %-30s %14s %14s\n' "$@"
}

row '' instructions kB
# shellcheck disable=SC2046
{
	row 'ktap' $(start_up by_ktap)
	[ -z "$static" ] || row 'ktap, static' $(start_up by_static)
	[ -z "$bpftrace" ] || row 'bpftrace' $(start_up by_bpftrace)
}
echo 'memory of the kernel for a session, with one processor, kB'
row 'idle' \
	"$(per_session "trace $event { }")"
row 'with a table of 30,000 keys' \
	"$(per_session "var t = {} for (i = 1, 30000) { t[i] = i } trace $event { }")"
