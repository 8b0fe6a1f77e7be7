#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# usage: bench-events.sh LOAD [BPFTRACE]
#
# Count the instructions that an event adds, with handlers of ktap, with triggers of
# ftrace and with programs of bpftrace, one after the other in the same boot. Time
# has to be the count of instructions, as with "qemu -icount". LOAD is load.c,
# built statically. BPFTRACE is a program.
#
# A row is one event and one handler; "-" is what a tracer was not asked for, and
# "failed" what it did not do. A "*" says that records were lost. Where what is printed
# is "read later" the tracer is stopped while the load runs, so that only what goes on in
# the kernel is counted; else there is some of the reading in it.

load=$1
bpftrace=$2
tracing=/sys/kernel/tracing
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$load" "$work/load"
load=$work/load
NR=${BENCH_EVENTS:-20000}

# plain WHAT: nanoseconds without a tracer
plain()
{
	"$load" "$1" "$NR"
}

# What one event costs, of the nanoseconds of a load with $2 events in each round.
each()
{
	case $1 in
	''|*[!0-9]*) echo failed ;;
	*) echo $((($1 - base + NR * $2 / 2) / (NR * $2))) ;;
	esac
}

# ktap SCRIPT: nanoseconds under it
by_ktap()
{
	# shellcheck disable=SC2086
	ktap -q $2 -o "$work/out" -e "$1" -- "$load" $later "$what" "$NR" \
		2>"$work/err" | tail -n 1
}

by_bpftrace()
{
	"$bpftrace" -q -e "$1" -c "$load ${later:+$later }$what $NR" -o "$work/out" \
		2>"$work/err" | grep -E '^[0-9]+$' | tail -n 1
}

# Of what ran last.
mark_lost()
{
	! grep -qi 'lost [0-9]* events\|records lost' "$work/err" "$work/out" || printf '*'
}

# by_trigger EVENT TRIGGER
by_trigger()
{
	echo "$2" >"$tracing/events/$1/trigger" || return
	"$load" "$what" "$NR"
	echo "!$2" >"$tracing/events/$1/trigger"
}

# row NAME EVENTS KTAP TRIGGER-EVENT TRIGGER BPFTRACE [KTAP-OPTION]
row()
{
	ours=-
	triggers=-
	theirs=-
	[ -z "$3" ] || ours=$(each "$(by_ktap "$3" "$7")" "$2")$(mark_lost)
	[ -z "$4" ] || triggers=$(each "$(by_trigger "$4" "$5")" "$2")
	[ -z "$6" ] || [ -z "$bpftrace" ] || theirs=$(each "$(by_bpftrace "$6")" "$2")$(mark_lost)
	printf '  %-28s %10s %10s %10s\n' "$1" "$ours" "$triggers" "$theirs"
}

# begin TITLE LOAD
begin()
{
	what=$2
	base=$(plain "$what")
	printf '%-30s %10s %10s %10s\n' "$1" ktap trigger bpftrace
}

# printed SCRIPT BPFTRACE: the same with what is read at once, and later
printed()
{
	row 'printf of three' 1 "$1" '' '' "$2" "--buffer $BUFFER"
	later=-s
	row 'printf of three, read later' 1 "$1" '' '' "$2" "--buffer $BUFFER"
	later=
}

export TERM=dumb
# Bytes of each processor, and pages, that hold what is printed.
BUFFER=16M
export BPFTRACE_PERF_RB_PAGES=4096
later=
begin 'sys_enter_read' read
sys=syscalls/sys_enter_read
bt=tracepoint:syscalls:sys_enter_read
kt=syscalls:sys_enter_read
row 'hook, outside of the target' 1 "trace $kt { }" '' '' '' '-p 1'
row 'empty' 1 "trace $kt { }" '' '' "$bt { }"
row 'empty, of all processes' 1 "trace $kt { }" '' '' '' -a
row 'filter, missed' 1 "var n = 0 trace $kt /fd == 99/ { n += 1 }" \
	$sys 'hist:keys=common_pid if fd == 99' "$bt /args.fd == 99/ { @n = count(); }"
row 'n += 1' 1 "var n = 0 trace $kt { n += 1 }" '' '' "$bt { @n = count(); }"
row 's[pid] += 1' 1 "var s = {} trace $kt { s[pid] += 1 }" \
	$sys 'hist:keys=common_pid' "$bt { @[pid] = count(); }"
row 's[execname] += 1' 1 "var s = {} trace $kt { s[execname] += 1 }" \
	$sys 'hist:keys=common_pid.execname' "$bt { @[comm] = count(); }"
printed "trace $kt { printf(\"%d %d %s\\n\", pid, arg3, execname) }" \
	"$bt { printf(\"%d %d %s\\n\", pid, args.count, comm); }"

begin 'sched_switch' switch
row 'empty' 2 'trace sched:sched_switch { }' '' '' 'tracepoint:sched:sched_switch { }' -a
row 'filter, missed' 2 'var n = 0 trace sched:sched_switch /next_pid == 99999/ { n += 1 }' \
	sched/sched_switch 'hist:keys=next_pid if next_pid == 99999' \
	'tracepoint:sched:sched_switch /args.next_pid == 99999/ { @n = count(); }' -a
row 's[args.next_pid] += 1' 2 'var s = {} trace sched:sched_switch { s[args.next_pid] += 1 }' \
	sched/sched_switch 'hist:keys=next_pid' \
	'tracepoint:sched:sched_switch { @[args.next_pid] = count(); }' -a
row 's[args.next_comm] += 1' 2 'var s = {} trace sched:sched_switch { s[args.next_comm] += 1 }' \
	sched/sched_switch 'hist:keys=next_comm' \
	'tracepoint:sched:sched_switch { @[args.next_comm] = count(); }' -a

begin 'vfs_read, entry' read
row 'empty' 1 'trace probe:vfs_read { }' '' '' 'fentry:vfs_read { }'
row 'empty, of all processes' 1 'trace probe:vfs_read { }' '' '' '' -a
row 'empty (kprobe)' 1 '' '' '' 'kprobe:vfs_read { }'
row 'filter, missed' 1 'var n = 0 trace probe:vfs_read /args[2] == 99/ { n += 1 }' \
	'' '' 'fentry:vfs_read /args.count == 99/ { @n = count(); }'
row 's[pid] += 1' 1 'var s = {} trace probe:vfs_read { s[pid] += 1 }' \
	'' '' 'fentry:vfs_read { @[pid] = count(); }'
row 's[pid] += 1 (kprobe)' 1 '' '' '' 'kprobe:vfs_read { @[pid] = count(); }'
row 's[execname] += 1' 1 'var s = {} trace probe:vfs_read { s[execname] += 1 }' \
	'' '' 'fentry:vfs_read { @[comm] = count(); }'
row 's[stack()] += 1' 1 'var s = {} trace probe:vfs_read { s[stack()] += 1 }' \
	'' '' 'fentry:vfs_read { @[kstack] = count(); }'
row 's[stack()] += 1 (kprobe)' 1 '' '' '' 'kprobe:vfs_read { @[kstack] = count(); }'
printed 'trace probe:vfs_read { printf("%d %d %s\n", pid, args[2], execname) }' \
	'fentry:vfs_read { printf("%d %d %s\n", pid, args.count, comm); }'

begin 'vfs_read, entry and return' read
row 'empty' 1 'trace probe:vfs_read%return { }' '' '' 'fexit:vfs_read { }'
row 'empty (kretprobe)' 1 '' '' '' 'kretprobe:vfs_read { }'
row 'retval into hist()' 1 \
	'var h = hist() trace probe:vfs_read%return { h <<< retval }' \
	'' '' 'kretprobe:vfs_read { @ = hist(retval); }'
row 'latency into hist()' 1 \
	'var h = hist() trace probe:vfs_read%return { h <<< entry_ns }' '' '' \
	'kprobe:vfs_read { @t[tid] = nsecs; }
	 kretprobe:vfs_read /@t[tid]/ { @ = hist(nsecs - @t[tid]); delete(@t[tid]); }'

begin 'user function' call
row 'empty' 1 "trace probe:$load:load_function { }" '' '' "uprobe:$load:load_function { }"
row 's[pid] += 1' 1 "var s = {} trace probe:$load:load_function { s[pid] += 1 }" \
	'' '' "uprobe:$load:load_function { @[pid] = count(); }"
row 'return: empty' 1 "trace probe:$load:load_function%return { }" \
	'' '' "uretprobe:$load:load_function { }"
