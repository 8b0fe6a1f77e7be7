#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# usage: bench-events.sh LOAD [BPFTRACE]
#
# Count the instructions that an event adds, with handlers of ktap, with what ftrace has
# by itself and with programs of bpftrace, one after the other in the same boot. Time
# has to be the count of instructions, as with "qemu -icount". LOAD is load.c,
# built statically. BPFTRACE is a program.
#
# A row is one event and one handler; "-" is what a tracer was not asked for, and
# "failed" what it did not do. A "*" says that records were lost. All events get the same
# handlers, which tell where instructions go: the hook with a look at the process is all
# there is outside of the target, an empty handler adds the dispatch and the interpreter,
# "n += 1" a counter and "s[pid] += 1" a table. ftrace has triggers for histograms, of
# probe events too, and records the event where the others print. Where what is printed is
# "read later" the tracer is stopped while the load runs, so that only what goes on in the
# kernel is counted; else there is some of the reading in it.

load=$1
bpftrace=$2
tracing=/sys/kernel/tracing
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$load" "$work/load"
load=$work/load
NR=${BENCH_EVENTS:-20000}
# Bytes of each processor, and pages, that hold what is printed.
BUFFER=16M
export BPFTRACE_PERF_RB_PAGES=4096
export TERM=dumb

# by_ktap SCRIPT OPTIONS: nanoseconds of the load under it
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

# trigger EVENT TRIGGER
trigger()
{
	echo "$2" >"$tracing/events/$1/trigger"
}

# Three triggers: at the entry, at the return, and at an event between them and the
# histogram.
entry='hist:keys=common_pid:start=common_timestamp'
took='hist:keys=took.log2'

leave()
{
	echo "hist:keys=common_pid:took=common_timestamp-\$start:onmatch($(
		echo "$1" | tr / .)).trace(bench_took,\$took)"
}

latency_begin()
{
	echo 'bench_took u64 took' >>"$tracing/synthetic_events" &&
		trigger synthetic/bench_took "$took" &&
		trigger "$ft_entry" "$entry" && trigger "$ft" "$(leave "$ft_entry")"
}

latency_end()
{
	trigger "$ft" "!$(leave "$ft_entry")"
	trigger "$ft_entry" "!$entry"
	trigger synthetic/bench_took "!$took"
	echo '!bench_took' >>"$tracing/synthetic_events"
}

# by_ftrace record|latency|KEYS: what it is to do with the event
by_ftrace()
{
	case $1 in
	record) echo 1 >"$tracing/events/$ft/enable" ;;
	latency) latency_begin ;;
	*) trigger "$ft" "hist:keys=$1" ;;
	esac || return
	"$load" "$what" "$NR"
	case $1 in
	record) echo 0 >"$tracing/events/$ft/enable" ;;
	latency) latency_end ;;
	*) trigger "$ft" "!hist:keys=$1" ;;
	esac
}

# least COMMAND...: the lower of two figures, for what else is done meanwhile adds to them
least()
{
	mark=
	for run in 1 2; do
		rm -f "$work/err" "$work/out"
		now=$("$@")
		case $now in
		''|*[!0-9]*) echo failed; return ;;
		esac
		[ "$run" -eq 2 ] && [ "$least" -le "$now" ] || least=$now
		! grep -qis 'lost [0-9]* events\|records lost' "$work/err" "$work/out" ||
			mark='*'
	done
	echo "$least$mark"
}

# each COMMAND...: what one event costs, of the nanoseconds of the load
each()
{
	set -- "$(least "$@")"
	case $1 in
	failed) echo "$1" ;;
	*\*) echo "$(per_event "${1%?}")*" ;;
	*) per_event "$1" ;;
	esac
}

per_event()
{
	echo $((($1 - base + NR * events / 2) / (NR * events)))
}

# row NAME KTAP FTRACE BPFTRACE [KTAP-OPTIONS]
row()
{
	ours=-
	ftrace=-
	theirs=-
	[ -z "$2" ] || ours=$(each by_ktap "$2" "${5-$options}")
	[ -z "$3" ] || ftrace=$(each by_ftrace "$3")
	[ -z "$4" ] || [ -z "$bpftrace" ] || theirs=$(each by_bpftrace "$4")
	printf '  %-28s %10s %10s %10s\n' "$1" "$ours" "$ftrace" "$theirs"
}

# begin TITLE LOAD EVENTS [KTAP-OPTIONS]: a load with so many events in each round
begin()
{
	what=$2
	events=$3
	options=$4
	later=
	base=$(least "$load" "$what" "$NR")
	printf '%-30s %10s %10s %10s\n' "$1" ktap ftrace bpftrace
}

# The handlers, of the event that ktap, ftrace and bpftrace know as $kt, $ft and $bt, with
# a value in each, which is never $none, and the names of a stack.
handlers()
{
	row 'hook, outside of the target' "trace $kt { }" '' '' '-p 1'
	row 'empty' "trace $kt { }" '' "$bt { }"
	[ "$options" = -a ] || row 'empty, of all processes' "trace $kt { }" '' '' -a
	row 'filter, missed' "var n = 0 trace $kt /$kt_filter == $none/ { n += 1 }" \
		"common_pid if $ft_value == $none" "$bt /$bt_value == $none/ { @n = count(); }"
	row 'n += 1' "var n = 0 trace $kt { n += 1 }" '' "$bt { @n = count(); }"
	row 's[pid] += 1' "var s = {} trace $kt { s[pid] += 1 }" \
		common_pid "$bt { @[pid] = count(); }"
	row 's[execname] += 1' "var s = {} trace $kt { s[execname] += 1 }" \
		common_pid.execname "$bt { @[comm] = count(); }"
	row "s[$kt_stack()] += 1" "var s = {} trace $kt { s[$kt_stack()] += 1 }" \
		"$ft_stack" "$bt { @[$bt_stack] = count(); }"
	set -- "trace $kt { printf(\"%d %d %s\\n\", pid, $kt_value, execname) }" record \
		"$bt { printf(\"%d %d %s\\n\", pid, $bt_value, comm); }" \
		"$options --buffer $BUFFER"
	row 'printf of three' "$@"
	later=-s
	row 'printf of three, read later' "$1" '' "$3" "$4"
	later=
}

# took_hist KTAP BPFTRACE-ENTRY BPFTRACE-RETURN: the time between the two
took_hist()
{
	row 'latency into hist()' "var h = hist() $1" latency "$2 { @t[tid] = nsecs; }
		$3 /@t[tid]/ { @ = hist(nsecs - @t[tid]); delete(@t[tid]); }"
}

kt_stack=stack ft_stack=common_stacktrace bt_stack=kstack
none=99

begin 'sys_enter_read' read 1
kt=syscalls:sys_enter_read kt_filter=count kt_value=args.count
ft=syscalls/sys_enter_read ft_value=count
bt=tracepoint:syscalls:sys_enter_read bt_value=args.count
handlers
kt=syscalls:sys_exit_read
ft=syscalls/sys_exit_read ft_entry=syscalls/sys_enter_read
bt=tracepoint:syscalls:sys_exit_read
took_hist "var t = {} trace syscalls:sys_enter_read { t[tid] = nsecs }
	trace $kt /t[tid]/ { h <<< nsecs - t[tid] t[tid] = nil }" \
	tracepoint:syscalls:sys_enter_read "$bt"

begin 'sched_switch' switch 2 -a
kt=sched:sched_switch kt_filter=next_pid kt_value=args.next_pid none=99999
ft=sched/sched_switch ft_value=next_pid
bt=tracepoint:sched:sched_switch bt_value=args.next_pid
handlers
row 's[args.next_pid] += 1' "var s = {} trace $kt { s[args.next_pid] += 1 }" \
	next_pid "$bt { @[args.next_pid] = count(); }"
row 's[args.next_comm] += 1' "var s = {} trace $kt { s[args.next_comm] += 1 }" \
	next_comm "$bt { @[args.next_comm] = count(); }"

# For histograms there have to be probe events.
probe_event()
{
	echo "$1" >>"$tracing/dynamic_events"
}

# shellcheck disable=SC2016
probe_event 'f:bench/vfs_read vfs_read count=$arg3'
# shellcheck disable=SC2016
probe_event 'f:bench/vfs_read_return vfs_read%return value=$retval'

begin 'vfs_read, entry' read 1
kt=probe:vfs_read kt_filter='args[2]' kt_value='args[2]' none=99
ft=bench/vfs_read ft_value=count
bt=fentry:vfs_read bt_value=args.count
handlers
row 'empty (kprobe)' '' '' 'kprobe:vfs_read { }'
row 's[pid] += 1 (kprobe)' '' '' 'kprobe:vfs_read { @[pid] = count(); }'
row 's[stack()] += 1 (kprobe)' '' '' 'kprobe:vfs_read { @[kstack] = count(); }'

begin 'vfs_read, entry and return' read 1
kt=probe:vfs_read%return kt_filter=retval kt_value=retval
ft=bench/vfs_read_return ft_entry=bench/vfs_read ft_value=value
bt=fexit:vfs_read bt_value=retval
handlers
row 'empty (kretprobe)' '' '' 'kretprobe:vfs_read { }'
row 'retval into hist()' "var h = hist() trace $kt { h <<< retval }" \
	value.log2 'kretprobe:vfs_read { @ = hist(retval); }'
took_hist "trace $kt { h <<< entry_ns }" kprobe:vfs_read kretprobe:vfs_read

# ftrace wants to know where in the file it is.
place=$(ktap -b -e "trace probe:$load:load_function { }" |
	sed -n "s|.*\($load:0x[0-9a-f]*\).*|\1|p" | head -n 1)
probe_event "p:bench/function $place a=%di:s64"
# shellcheck disable=SC2016
probe_event "r:bench/function_return $place "'value=$retval:s64'

begin 'user function' call 1
kt=probe:$load:load_function kt_filter='args[0]' kt_value='args[0]' kt_stack=ustack
ft=bench/function ft_value=a ft_stack='' none=99999
bt=uprobe:$load:load_function bt_value=arg0 bt_stack=ustack
handlers

begin 'user function, return' call 1
kt=$kt%return kt_filter=retval kt_value=retval
ft=bench/function_return ft_entry=bench/function ft_value=value
bt=uretprobe:$load:load_function bt_value=retval
handlers
took_hist "trace $kt { h <<< entry_ns }" "uprobe:$load:load_function" "$bt"
