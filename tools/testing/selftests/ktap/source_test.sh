#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Runs the tool with events of all kinds, and with such as are none; prints TAP
#
# What is counted is what a program of ours does as often as it is told to. With
# arguments only those functions run that are named.
set -u
export LC_ALL=C TZ=UTC
unset COLUMNS

DIR="$(dirname "$(readlink -f "$0")")"
. "${DIR}"/functions.sh

TRACED=$DIR/traced
OPEN=do_sys_openat2

# traces SCRIPT WANT COMMAND...: what it prints of COMMAND, at the end
traces()
{
	script=$1
	want=$2
	shift 2
	timeout 120 "$tool" -q -o out -e "$script" -- "$@" > /dev/null 2> err
	status=$?
	cat err
	same "0 $want" "$status $(cat out)" && is_idle
}

#
# Programs
#

user_function()
{
	traces "var n = 0 var sum = 0
		trace probe:$TRACED:traced_function { n += 1 sum += args[0] + args[1] }
		trace syscalls:sys_enter_getppid { sum -= 1 }
		trace_end { print(n, sum) }" "100	14750" "$TRACED" 100
}

user_return()
{
	traces "var n = 0 var sum = 0
		trace probe:$TRACED:traced_function%return { n += entry_ns > 0 ? 1 : 0 sum += retval }
		trace_end { print(n, sum) }" "100	14850" "$TRACED" 100
}

user_glob()
{
	traces "var s = {}
		trace probe:$TRACED:traced_* { s[func] += 1 }
		trace_end { for (k, v in sort_pairs(s)) { printf('%s %d ', k, v) } }" \
		"traced_function 60 traced_other 60 " "$TRACED" 60
}

user_offset()
{
	offset=$("$tool" -b -e "trace probe:$TRACED:traced_function { }" |
		sed -n 's/.*traced:\(0x[0-9a-f]*\).*/\1/p' | head -n 1)
	[ -n "$offset" ] || { echo "no offset"; return 1; }
	traces "var n = 0 trace probe:$TRACED:$offset { n += 1 } trace_end { print(n) }" \
		70 "$TRACED" 70
}

# A program and a library by their bare names.
user_names()
{
	(PATH=$DIR:$PATH && traces "var n = 0 var m = 0
		trace probe:traced:traced_other { n += 1 }
		trace probe:libc.so.6:getppid { m += 1 }
		trace_end { print(n, m) }" "80	80" traced 80)
}

# The semaphore is held, and let go of.
marker()
{
	[ "$(uname -m)" = x86_64 ] || return "$KSFT_SKIP"
	for marker in "$TRACED:hit" "$TRACED:ktap_test:hit" "$TRACED:ktap_*:h*"; do
		traces "var n = 0 var a = 0 var b = 0
			trace sdt:$marker { n += 1 a += args[0] b += arg2 }
			trace_end { print(n, a, b) }" "100	4950	9900" "$TRACED" 100 || return
	done
	"$tool" -q -e "trace sdt:$TRACED:hit { }" -- "$TRACED" state > out
	same 1 "$(sed 's/.* //' out)" && no_uprobes
}

# The path is one of the process, which sees other files there.
mount_namespace()
{
	need unshare mount mkfifo || return
	mkfifo go
	unshare -m sh -c "mount -t tmpfs none /mnt || exit 77
		cp '$TRACED' /mnt/inside || exit 77
		: > mounted
		exec /mnt/inside 100 wait" < go &
	pid=$!
	exec 4> go
	wait_for [ -e mounted ] && wait_for grep -q inside /proc/$pid/comm || return
	[ ! -e /mnt/inside ] || return
	for path in /mnt/inside inside; do
		"$tool" -q -v -p $pid -e "var n = 0
			trace probe:$path:traced_function { n += 1 }
			trace_end { print(n) }" > "out.of.${#path}" 2> "err.of.${#path}" 4>&- &
		attached "err.of.${#path}" $! || break
	done
	echo >&4
	exec 4>&-
	wait
	rm -f go mounted
	same "100 100" "$(cat out.of.* | tr '\n' ' ' | sed 's/ $//')" && is_idle
}

#
# Perf events and watchpoints
#

perf_event()
{
	traces 'var n = 0 trace perf:page-faults { n += args.addr ? 1 : 0 }
		trace_end { print(n > 10) }' true "$TRACED" 1 &&
		traces 'var n = 0 trace perf:context-switches:1 { n += 1 }
			trace_end { print(n > 0) }' true sleep 0.01
}

# Reading a variable, and writing it, from user space.
watchpoint()
{
	file=/proc/sys/kernel/panic
	for case in 'w 1' 'rw 2'; do
		traces "var n = 0 trace mem:panic_timeout:4:${case% *} { n += 1 }
			trace_end { print(n) }" "${case#* }" \
			sh -c "n=\$(cat $file); echo \$n > $file" || return
	done
}

# All that the processor has are free again.
watchpoints_free()
{
	[ "$(uname -m)" = x86_64 ] || return "$KSFT_SKIP"
	for round in 1 2 3; do
		"$tool" -q -d -e 'trace mem:panic_timeout:4:w { }
			trace mem:panic_timeout:4:rw { } trace mem:panic_timeout:2:w { }
			trace mem:panic_timeout:1:w { }' -- true || { echo "round $round"; return 1; }
	done
}

#
# Attaching by functions
#

by_functions()
{
	need perl || return
	id=$(cat $TRACING/events/task/task_rename/id)
	traces "var n = {}
		function open() { n.open += 1 }
		function rename() { n.rename += 1 }
		kdebug.tracepoint(\"syscalls:sys_enter_getppid\", function () { n.call += 1 })
		kdebug.tracepoint(\"sys_exit_getppid\", function () { n.exit += 1 })
		kdebug.kprobe(\"$OPEN\", open)
		kdebug.trace_by_id($id, rename)
		timer.profile(\"1ms\", function () { n.profile += 1 })
		timer.tick(\"1ms\", function () { n.tick += 1 })
		kdebug.trace_end(function () {
			print(n.call, n.exit, n.open > 0, n.rename, n.tick > 0)
		})" "20	20	true	1	true" \
		perl -e 'getppid() for 1 .. 20; $0 = "renamed"; select(undef, undef, undef, 0.1)'
}

# timer.profile() interrupts whatever a processor does.
profile_by_function()
{
	timeout 60 "$tool" -q -e 'var n = 0
		timer.profile("1ms", function () { n += 1 if (n == 20) { exit(3) } })' \
		-- sh -c 'while :; do :; done'
	same 3 $? && is_idle
}

#
# What is none
#

# refused SCRIPT TEXT [OPTION...]: it does not start, and TEXT says why
refused()
{
	script=$1
	text=$2
	shift 2
	timeout 600 "$tool" -q "$@" -e "$script" > out 2> err
	status=$?
	same "1 $text" "$status $(sed -n '1s/^.*error: //p' err)" || { cat err; return 1; }
}

no_such_event()
{
	refused 'trace sched:sched_swich { }' "no event matches 'sched:sched_swich'" &&
		grep -q 'sched:sched_switch' err &&
		refused 'trace nosuch:* { }' "no event matches 'nosuch:*'" &&
		refused 'trace nosuch { }' "'nosuch' is no event"
}

no_such_field()
{
	refused 'trace sched:sched_switch { print(args.nosuch) }' \
		"event sched_switch has no field 'nosuch'" &&
		refused 'trace sched:sched_switch, sched:sched_wakeup { print(args.nosuch) }' \
			"event sched_wakeup has no field 'nosuch'" &&
		refused 'trace syscalls:sys_enter_read { print(args[9]) }' \
			'event sys_enter_read has no args[9]' &&
		refused 'trace syscalls:sys_exit_read { print(args[0]) }' \
			'event sys_exit_read has no args[0]' &&
		refused "trace probe:$TRACED:traced_function { print(args[7]) }" \
			'args[7] is not known here'
}

bad_filter()
{
	refused 'trace sched:sched_switch /prev_pid ==/ { }' 'the kernel refuses the filter' &&
		refused 'trace sched:sched_switch /nosuch == 1/ { }' 'the kernel refuses the filter' &&
		refused "trace ftrace:function /ip==no_such_*/ { }" "no function matches 'no_such_*'"
}

no_such_function()
{
	refused 'trace probe:vfs_reed { }' "no function matches 'vfs_reed'" &&
		refused 'trace probe:no_such_* { }' "no function matches 'no_such_*'" &&
		refused 'trace probe:vfs_read+1 { }' \
			"'vfs_read' cannot be probed: no instruction begins there" &&
		refused "trace probe:$TRACED:no_such { }" "'$TRACED' has no function 'no_such'" &&
		refused "trace sdt:$TRACED:no_such { }" "'$TRACED' has no marker 'no_such'"
}

# Behind more names of functions that are left out than there is room for at first.
no_such_function_behind()
{
	handlers=$(for _ in $(seq 200); do echo 'trace probe:__switch_t*%return { }'; done)
	refused "$handlers trace probe:no_such_function_at_all { }" \
		"no function matches 'no_such_function_at_all'"
}

no_such_file()
{
	refused 'trace probe:/no/such:main { }' "cannot open '/no/such': No such file or directory" &&
		refused 'trace probe:libnosuch.so.1:main { }' "there is no library 'libnosuch.so.1'" &&
		refused 'trace sdt:nosuch:main { }' "there is no program 'nosuch' in PATH"
}

no_elf_file()
{
	head -c 5000 /dev/zero > text
	refused "trace probe:$tmp/text:main { }" "'$tmp/text' is not an ELF file" &&
		refused "trace probe:$tmp/text:0x10 { }" "'$tmp/text' is not an ELF file"
}

# Others can be traced by offset, but nothing is known of their arguments.
elf_of_others()
{
	[ "$(getconf LONG_BIT)" = 64 ] || return "$KSFT_SKIP"
	{ head -c 4 "$TRACED"; printf '\1\1\1'; head -c 5000 /dev/zero; } > libother.so
	"$tool" -q -e "trace probe:$tmp/libother.so:0x100 { }" -- true &&
		refused "trace probe:$tmp/libother.so:0x100 { print(args[0]) }" \
			'args[0] is not known in a 32-bit program' &&
		(export LD_LIBRARY_PATH="$tmp" && refused 'trace probe:libother.so:0x100 { }' \
			"library 'libother.so' is not for programs of this machine's kind")
}

bad_counter()
{
	refused 'trace mem:no_such_variable:4:w { }' "the kernel has no symbol 'no_such_variable'" &&
		refused 'trace mem:jiffie:8:w { }' "the kernel has no symbol 'jiffie'" &&
		grep -q '^note: there is jiffies\(,\|$\)' err &&
		refused 'trace perf:no-such-event { }' "there is no perf event 'no-such-event'" &&
		! "$tool" -q -e 'trace mem:panic_timeout:3:w { }' 2> err &&
		grep -q 'error: the processor cannot watch this access to 3 bytes' err
}

FUNCTIONS='user_function user_return user_glob user_offset user_names marker
	mount_namespace perf_event watchpoint watchpoints_free by_functions
	profile_by_function no_such_event no_such_field bad_filter no_such_function
	no_such_function_behind no_such_file no_elf_file elf_of_others bad_counter'

begin
# shellcheck disable=SC2086
[ $# -ne 0 ] || set -- $FUNCTIONS
run_functions "$@"
