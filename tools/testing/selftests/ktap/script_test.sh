#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Runs scripts with the real tool on the running kernel; prints TAP
#
# Each file of cases/ is a script that says in comments what comes of it:
#
#	# options: OPTIONS	of the tool, before the script
#	# args: ARGUMENTS	of the script, after it
#	# run: COMMAND		to be traced
#	# expect: LINE		of standard output
#	# stderr: LINE		of standard error
#	# exit: STATUS		0 if not given
#
# The cases of tools/ktap/tests, which are run without a kernel there, and the
# examples of the document of the language are run too; run.sh there tells of
# their comments. Their names begin with run/, lang/ and doc/.
#
# With arguments only those cases and functions run that are named. The tool is
# $KTAP, or the one on PATH, or the one of this tree. KTAP_TEST_VERBOSE shows what
# tests that pass have to say too.
set -u
export LC_ALL=C TZ=UTC
unset COLUMNS

DIR="$(dirname "$(readlink -f "$0")")"
. "${DIR}"/functions.sh

# System calls are traced without their events; this one is enabled for us.
RENAME=$TRACING/events/task/task_rename

enabled()
{
	[ "$(cat $RENAME/enable)" = '0*' ]
}

disabled()
{
	[ "$(cat $RENAME/enable)" = 0 ]
}

#
# Cases
#

comments()
{
	sed -n "s/^# $1: \{0,1\}//p" "$2"
}

run_case()
{
	script=$DIR/cases/$1.kp
	comments expect "$script" > want.out
	comments stderr "$script" > want.err
	exit=$(comments exit "$script")
	command=$(comments run "$script")
	eval "set -- $(comments options "$script") $1.kp $(comments args "$script")" \
		"${command:+-- $command}"
	(cd "$DIR/cases" && exec timeout 120 "$tool" -q "$@") > got.out 2> got.err
	status=$?
	same_files want.out got.out && same_files want.err got.err &&
		same "${exit:-0}" $status && is_idle
}

# signed SIGN FILE: what stands behind a sign in a case of tools/ktap/tests
signed()
{
	sed -n "s/^#$1 \{0,1\}//p" "$2"
}

# tool_case NAME: a case that tools/ktap/tests has as well, or an example
tool_case()
{
	script=$CASES/$1.kp
	[ "${1%%/*}" != doc ] || script=$tmp/$1.kp
	file=${1##*/}.kp
	[ -f "$script" ] || { echo "no $script"; return 1; }
	if [ -n "$(signed '\$' "$script")" ]; then
		echo "its command is for another place"
		return "$KSFT_SKIP"
	fi
	grep -v '^#[$=>+]\( \|$\)' "$script" > "$file"
	signed '>' "$script" | sed 's/[ 	]*$//' > want
	exit=$(signed '=' "$script")
	if [ -z "$exit" ]; then
		exit=0
		! grep -q 'error: ' want || exit=1
	fi
	command=$(signed '[&~]' "$script")
	eval "set -- $(signed '%' "$script") $file $(signed '@' "$script")" \
		"${command:+-- $command}"
	grep -q '^#+' "$script" || set -- -q "$@"
	timeout 120 "$tool" "$@" > got 2>&1
	status=$?
	rm -f "$file"
	# Whether a tick comes in time is up to the machine.
	sed '/^ktap: [0-9]* ticks lost: /d; s/[ 	]*$//' got > got.cut
	same_files want got.cut && same "$exit" $status && is_idle
}

#
# What needs more than a script
#

hello()
{
	"$tool" -e 'print("hello from the kernel")' > out 2>&1
	same "hello from the kernel" "$(cat out)"
}

# counts SCRIPT: what it counts of ls must be what ftrace counts of it
counts()
{
	raw=$TRACING/events/raw_syscalls/sys_enter
	hist='hist:keys=id.syscall:size=1024'
	echo "$hist if comm == \"ls\"" > $raw/trigger || return 1
	"$tool" -q -o got -e "$1" -- ls -lR /etc > /dev/null
	status=$?
	sed -n 's/^{ id: sys_\([^ ]*\) .*hitcount: *\([0-9]*\).*/sys_enter_\1 \2/p' \
		$raw/hist | sort > want
	echo "!$hist" > $raw/trigger
	sort got > sorted
	grep -q '^sys_enter_getdents64 [1-9]' want || { cat want; return 1; }
	same_files want sorted && same 0 $status
}

counts_as_hist()
{
	counts 'var s = {}
		trace syscalls:sys_enter_* /comm == "ls"/ { s[probename] += 1 }
		trace_end { for (k, v in pairs(s)) { printf("%s %d\n", k, v) } }'
}

# The same with every system call of the machine going through the handler.
counts_as_hist_unfiltered()
{
	counts 'var s = {} var all = {}
		trace syscalls:sys_enter_* {
			all[probename] += 1
			if (execname == "ls") { s[probename] += 1 }
		}
		trace_end {
			for (k, v in pairs(s)) {
				printf("%s %d\n", k, v)
				if (all[k] < v) { print("lost", k) }
			}
		}'
}

switches_to_ls()
{
	"$tool" -q -a -o out -e 'trace sched:sched_switch /next_comm == "ls"/ {
			print(cpu, pid, execname, argstr)
		}' -- ls / > /dev/null || return 1
	[ -s out ] || return 1
	awk -F '\t' '
	NF != 4 || $4 !~ /^sched_switch: prev_comm=/ { print; bad = 1 }
	$4 !~ / ==> next_comm=ls next_pid=[0-9]+ next_prio=[0-9]+$/ { print; bad = 1 }
	index($4, "prev_comm=" $3 " ") == 0 { print; bad = 1 }
	END { exit bad }' out
}

text_of_all_system_calls()
{
	"$tool" -q -o out -e 'trace syscalls:* /comm == "ls"/ { print(argstr) }' \
		-- ls / > /dev/null || return 1
	for text in '^sys_execve -> ' '^sys_openat(dfd: ' '^sys_openat -> ' \
		    '^sys_getdents64(fd: ' '^sys_exit_group(error_code: 0)$'; do
		grep -q "$text" out || { echo "no $text"; return 1; }
	done
	grep -v '^sys_[a-z0-9_]*\((.*)\| -> -\{0,1\}0x[0-9a-f]*\)$' out
	[ $? -eq 1 ]
}

# callers MORE: what called the handler, by its stack, of a system call
callers()
{
	"$tool" -q -e "var s = {} trace syscalls:sys_enter_openat { s[stack(1)] = 1 }
		$1 trace_end { for (k, v in pairs(s)) { print(k) } }" -- true |
		sed 's/[+ ].*//'
}

# The stack begins at the same place, however the system call is hooked.
stack_of_system_call()
{
	want=$(callers '')
	same 1 "$(echo "$want" | wc -w)" &&
		same "$want" "$(callers '
			trace syscalls:sys_enter_openat { if (pid == 0) { print(argstr) } }')"
}

# Tracing begins before the first instruction of the command.
first_act_of_command()
{
	"$tool" -q -o out -e 'trace sched:sched_process_exec { print(args.filename) }' \
		-- sh -c 'exit 3' > /dev/null
	same 0 $? && same "$(command -v sh)" "$(head -n 1 out)"
}

# Neither what ktap does to execute it nor what others do is the command's.
command_only()
{
	"$tool" -q -o out -e 'var s = {}
		trace syscalls:sys_enter_getppid { s[execname] += 1 }
		trace_end { for (k, v in sort_pairs(s)) { print(k, v) } }' \
		-- perl -e 'getppid() for 1 .. 100; if (fork) { wait; exit 0 }
			getppid() for 1 .. 100; exec "perl", "-e", "getppid() for 1 .. 50"'
	same "0 perl	250" "$? $(cat out)"
}

descendants_of_command()
{
	need perl || return
	(while [ ! -e ended ]; do perl -e 'getppid() for 1 .. 10'; done) &
	other=$!
	command_only
	status=$?
	: > ended
	wait $other
	rm ended
	return $status
}

# What -v tells of events is true when it tells it, which is not while main runs.
attached_behind_main()
{
	"$tool" -v -e 'print("main") trace sched:sched_switch { exit() }' > got 2>&1
	same "0 main ktap: 1 event attached" "$? $(grep -e main -e attached got | tr '\n' ' ' | sed 's/ $//')"
}

# Until it ends, of which the kernel tells.
process_until_it_ends()
{
	need perl || return
	perl -e '$SIG{USR1} = sub { $go = 1 }; select(undef, undef, undef, 0.01) until $go;
		getppid() for 1 .. 1000; if (!fork) { getppid() for 1 .. 20; exit }
		wait; getppid() for 1 .. 500' &
	pid=$!
	program='var n = 0 trace syscalls:sys_enter_getppid { n += 1 } trace_end { print(n) }'
	"$tool" -q -v -p $pid -e "$program" > one 2> err.one &
	one=$!
	"$tool" -q -v -f -p $pid -e "$program" > all 2> err.all &
	attached err.one $one && attached err.all $! || return
	kill -USR1 $pid
	wait
	same "1500 1520" "$(cat one) $(cat all)" || return
	timeout 60 "$tool" -p $pid -e 'trace sched:* { }' 2> err
	same "1 ktap: there is no process $pid" "$? $(cat err)"
}

one_cpu()
{
	need taskset || return
	[ "$(nproc)" -gt 1 ] || return "$KSFT_SKIP"
	"$tool" -q -C 1 -o out -e 'var s = {} trace syscalls:sys_enter_* { s[cpu] += 1 }
		trace_end { for (k, v in pairs(s)) { print(k, v > 0) } }' -- \
		sh -c 'taskset 1 ls /; taskset 2 ls /' > /dev/null
	same "0 1	true" "$? $(cat out)" || return
	"$tool" -C 5000 -e 'trace sched:* { }' 2> err
	same "1 ktap: cannot start: there is no cpu 5000" "$? $(cat err)"
}

simple_tracing()
{
	"$tool" -q -s sched:sched_process_exec 'task:task_rename /newcomm == "true"/' \
		-- sh -c 'exec true' > out || return
	cat out
	grep -q '^ *sh-[0-9]* *\[00[0-9]\] sched_process_exec: filename=' out &&
		grep -q '^ *sh-[0-9]* *\[00[0-9]\] task_rename: .* newcomm=true' out &&
		same 3 "$(wc -l < out)"
}

dry_run()
{
	"$tool" -q -d --stats -e 'print("main") trace sched:* { print("handler") }
		trace_end { print("end") }' -- true > out 2> err
	same "main end" "$(tr '\n' ' ' < out | sed 's/ $//')" && grep -q '^ktap: 0 handlers run' err
}

# background ARGUMENTS...: run the tool until it is stopped; its output will be in
# out and err, and its exit status in status.
background()
{
	rm -f status
	{ timeout 300 "$tool" "$@" > out 2> err; echo $? > status; } &
	wait_for enabled
}

# The tool itself; its parent is timeout.
tool_pid()
{
	for comm in /proc/[0-9]*/comm; do
		[ "$(cat "$comm" 2>/dev/null)" = "${tool##*/}" ] || continue
		pid=${comm%/comm}
		echo "${pid#/proc/}"
	done
}

ended()
{
	[ -s status ]
}

interrupt_runs_trace_end()
{
	background -q -e 'var n = 0
		trace syscalls:sys_enter_getppid, task:task_rename { n += 1 }
		trace_end { print("end", n > 0) }' || return 1
	sh -c :
	kill -INT "$(tool_pid)"
	wait_for ended && same "end	true" "$(cat out)" && same 0 "$(cat status)" &&
		is_idle
}

terminate_runs_trace_end()
{
	background -q -e 'trace task:task_rename { } trace_end { print("end") }' ||
		return 1
	kill -TERM "$(tool_pid)"
	wait_for ended && same "end" "$(cat out)" && is_idle
}

second_interrupt_stops_at_once()
{
	background -q --budget 1000,1000000000000 \
		-e 'trace task:task_rename { } trace_end { while (true) { } }' ||
		return 1
	pid=$(tool_pid)
	kill -INT "$pid"
	wait_for disabled || return 1
	[ ! -s status ] || return 1
	kill -INT "$pid"
	wait_for ended && is_idle && [ "$(cat status)" -ne 124 ]
}

# At moments that come as they come.
kill_any_time()
{
	i=0
	while [ $i -lt 30 ]; do
		case $((i % 4)) in
		0) target="" command="" ;;
		1) target="-f -p $$" command= ;;
		2) target="" command="-- sleep 5" ;;
		3) target="-p $$ -C 0" command= ;;
		esac
		# shellcheck disable=SC2086
		"$tool" -q $target -e 'var s = {}
			trace syscalls:*, sched:* { s[probename] += 1 print(argstr) }
			trace_end { while (true) { } }' $command > /dev/null 2>&1 &
		pid=$!
		sleep 0.$((i * 37 % 100 / 10))$((i * 37 % 10))
		[ $((i % 3)) -ne 2 ] || kill -INT $pid
		kill -KILL $pid
		wait $pid 2>/dev/null
		is_idle || { echo "after $i kills"; return 1; }
		i=$((i + 1))
	done
	disabled
}

# A command that waits to be traced does not outlive the tool.
kill_with_command()
{
	"$tool" -q -e 'while (true) { }' -- sleep 1000 &
	pid=$!
	sleep 0.3
	kill -KILL $pid
	wait $pid 2>/dev/null
	wait_for sh -c '! cat /proc/[0-9]*/comm 2>/dev/null | grep -qx sleep' && is_idle
}

reader_goes_away()
{
	{
		timeout 120 "$tool" -q -e 'trace sched:* { print("line") }'
		echo $? > status
	} | head -n 1 > out 2> err
	same line "$(cat out)" && same 0 "$(cat status)" && is_idle
}

# on_terminal SIGNAL: a screen that a tick draws slowly, until the tool gets a signal
on_terminal()
{
	export KTAP_TOOL="$tool"
	rm -f got
	# shellcheck disable=SC2016 # expanded by the shell on the terminal
	timeout 100 script -qefc '"$KTAP_TOOL" -q -e "var n = 0
		trace task:task_rename { }
		tick-300ms {
			n += 1
			ansi.clear_screen() ansi.set_color(31) print(\"first\", n)
			var start = nsecs
			while (nsecs - start < 100000000) { }
			print(\"last\", n)
		}"' got > /dev/null < /dev/null &
	wait_for sh -c 'grep -q "last.4" got 2>/dev/null' || return
	kill -"$1" "$(tool_pid)"
	wait
	# That ticks are lost is not of the screen.
	sed '/^Script /d; s/ktap: [0-9]* ticks lost: .*//' got | tr -d '\r' | cat -v > out
	is_idle
}

# All of a screen is written at once, and the terminal is left as it was.
screens_are_whole()
{
	need script timeout || return
	for signal in INT TERM HUP; do
		on_terminal $signal || return
		# From where the cursor goes home to there; the last one may be stopped.
		tr -d '\n' < out | sed 's/\^\[\[1;1H/\n/g' | sed '1d;$d' > screens
		grep -v '^^\[\[31mfirst	\([0-9]*\)^\[\[Klast	\1^\[\[K^\[\[J$' screens
		# shellcheck disable=SC2015 # the last part is for failure of any
		[ $? -eq 1 ] && [ "$(wc -l < screens)" -gt 2 ] &&
			grep -q '\^\[\[J\^\[\[0m\^\[\[?25h$' out || { cat out; return 1; }
	done
}

output_full()
{
	[ -c /dev/full ] || return 0
	# The line is written while main goes on, so before the last record.
	timeout 120 "$tool" -q -e 'print("line")
		var n = 0 while (n < 300000) { n += 1 } exit()' > /dev/full 2> err
	[ $? -eq 1 ] && one_line err 'No space left' && is_idle
}

no_privilege()
{
	need setpriv || return
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$tool" -e 'print(1)' > out 2> err
	status=$?
	same "" "$(cat out)" && one_line err 'permission.*root.*CAP_PERFMON' &&
		same 1 $status
}

no_capability()
{
	need setpriv || return
	setpriv --inh-caps=-all --bounding-set=-all \
		"$tool" -e 'print(1)' > out 2> err
	status=$?
	same "" "$(cat out)" && one_line err 'permission.*CAP_PERFMON' && same 1 $status
}

no_tracefs()
{
	need unshare mount || return
	unshare -m sh -c '
		mount -t tmpfs none /sys/kernel/tracing || exit 77
		[ ! -d /sys/kernel/debug ] || mount -t tmpfs none /sys/kernel/debug || exit 77
		exec "$1" -e "print(1)"' - "$tool" > out 2> err
	status=$?
	same "" "$(cat out)" && one_line err 'tracefs is not mounted' && same 1 $status
}

# An instance is a tracefs without the control file.
kernel_without_ktap()
{
	need unshare mount || return
	mkdir $TRACING/instances/ktap_test || return 1
	unshare -m sh -c '
		mount --bind /sys/kernel/tracing/instances/ktap_test /sys/kernel/tracing &&
		{ [ ! -d /sys/kernel/debug ] || mount -t tmpfs none /sys/kernel/debug; } ||
		exit 77
		exec "$1" -e "print(1)"' - "$tool" > out 2> err
	status=$?
	rmdir $TRACING/instances/ktap_test
	same "" "$(cat out)" && one_line err 'this kernel has no ktap (CONFIG_KTAP)' &&
		same 1 $status
}

# A frame a line, from the function that was probed on.
backtrace_is_printed()
{
	"$tool" -q -o got -e 'trace probe:do_exit /execname == "true"/ {
		print_backtrace() }' -- true || return 1
	# shellcheck disable=SC2015 # the last part is for failure of any
	head -n 1 got | grep -q '^do_exit+0x[0-9a-f]*/0x[0-9a-f]*$' &&
		tail -n 1 got | grep -q '+0x' && [ "$(wc -l < got)" -gt 1 ] || { cat got; return 1; }
}

system_as_uname()
{
	"$tool" -q -o got -e 'print(arch() .. " " .. kernel_v())' || return 1
	same "$(uname -m) $(uname -r)" "$(cat got)"
}

# The group of the shell that is moved into a new one, and that of the tool.
control_group()
{
	mkdir -p cg || return 1
	mount -t cgroup2 none cg 2> /dev/null || { echo "no cgroup2"; return "$KSFT_SKIP"; }
	mkdir -p cg/ktap_test
	"$tool" -q -o got -e 'var own = cgroup
		trace sched:sched_process_exit /comm == "true"/ { print(cgroup, own == cgroup) }' \
		-- sh -c 'env true; echo $$ > cg/ktap_test/cgroup.procs; env true'
	status=$?
	printf '%s\t%s\n' "$(stat -c %i cg)" true "$(stat -c %i cg/ktap_test)" false > want
	rmdir cg/ktap_test
	umount cg
	same 0 $status && same_files want got
}

# The addresses of a connection, from its socket and from fields of an event.
addresses_of_connection()
{
	need perl || return
	"$tool" -q -o got -e 'var seen = {}
		trace probe:tcp_close /execname == "perl"/ {
			var sock = args[0]
			seen[ntop(net.ip_sock_saddr(sock)) .. " " ..
			     net.format_ip_addr(net.ip_sock_daddr(sock))] = true
		}
		trace sock:inet_sock_set_state /comm == "perl"/ {
			seen[ntop(args.family, args.saddr) .. "/" .. ntop(args.daddr)] = true
			seen[ntop(args.saddr_v6)] = true
		}
		trace_end {
			print(seen["127.0.0.1 127.0.0.2"], seen["127.0.0.1/127.0.0.2"],
			      seen["::ffff:127.0.0.1"], ntop(net.ip_sock_saddr(16)))
		}' -- perl -MIO::Socket::INET -e '
		system("ip link set lo up 2>&-");
		my $l = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.2") or die $!;
		my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.2", LocalAddr => "127.0.0.1",
					      PeerPort => $l->sockport) or die $!;
		close $c; close $l;' 2> err || { cat err; return 1; }
	same "true	true	true	nil" "$(cat got)" &&
		one_line err '^ktap: 1 reads of memory that is not there'
}

# Lines that trace_printk() makes are those of printf(), whatever makes the text.
trace_lines_are_those_of_printf()
{
	cat > lines.kp << "END"
function both(format, a, b, c) {
	printf(format .. "|\n", a, b, c)
	trace_printk(format .. "|", a, b, c)
}
var nums = {0, 1, -1, 42, -42, 255, 9223372036854775807, -9223372036854775807 - 1}
var convs = {"%d", "%i", "%u", "%x", "%X", "%o", "%p", "%s", "%t", "%5d", "%-5d",
	     "%05d", "%+d", "% d", "%#x", "%#X", "%#o", "%.3d", "%8.3d", "%-8.3d", "%08.3d",
	     "%+.3d", "%20x", "%-20u", "%030d", "%ld", "%hhx", "%#30o", "%30t", "%-30t", "%.0d"}
for (i, conv in pairs(convs)) {
	for (j, num in pairs(nums)) { both(conv, num) }
}
both("%c%3c%-3c", 65, 66, 67)
both("%*d %-*d %.*d", 7, 1, 3)
both("%s %10s %-10s", "a", "b", "c")
both("%.2s %5.1s %.0s", "abc", "def", "ghi")
both("%d %x %s", "text", true, nil)
both("%d%%%s", both, {})
both("%s %5s %d", nil, false)
var t = {}
t["a", 1] = 2
for (k in pairs(t)) { both("%s %10s %-10s", k, k, k) }
t.s <<< 5
both("%s %s", t.s, ksym(kaddr("vfs_read") + 4))
END
	echo > $TRACING/trace
	"$tool" -q lines.kp > want || return 1
	sed -n 's/^.*: ktap_sys_trace: //p' $TRACING/trace > got
	# What both() and the tables are called need not be the same.
	same_files want got && [ "$(wc -l < got)" -gt 250 ]
}

# A script annotates the buffer, keeps it and stops it; from the context of an event too.
flight_recorder()
{
	[ -f $TRACING/snapshot ] || { echo "no snapshots"; return "$KSFT_SKIP"; }
	echo > $TRACING/trace
	echo 0 > $TRACING/snapshot
	"$tool" -q -e 'trace syscalls:sys_enter_exit_group /comm == "true"/ {
			trace_printk("before %s", execname)
			snapshot()
			trace_printk("after")
			tracing_off()
			trace_printk("never")
		}
		trace_end { trace_printk("at the end") }' -- true
	status=$?
	same 0 $status && same 0 "$(cat $TRACING/tracing_on)"
	status=$?
	sed -n 's/^.*: ktap_sys_trace: //p' $TRACING/snapshot > kept
	sed -n 's/^.*: ktap_sys_trace: //p' $TRACING/trace > got
	"$tool" -q -e 'tracing_on() trace_printk("on again")'
	same 1 "$(cat $TRACING/tracing_on)" || status=1
	grep -q 'ktap_sys_trace: on again$' $TRACING/trace || status=1
	echo 0 > $TRACING/snapshot
	# As a system call begins, interrupts are on.
	cat kept got
	[ $status -eq 0 ] && same "before true" "$(head -n 1 kept)" &&
		same after "$(cat kept got | tail -n 1)" && ! grep -q never kept got
}

# In interrupts, with several sessions, and while others keep the buffer as well.
snapshots_under_load()
{
	[ -f $TRACING/snapshot ] || { echo "no snapshots"; return "$KSFT_SKIP"; }
	echo 1 > $TRACING/events/sched/sched_switch/enable
	for i in 1 2; do
		"$tool" -q -e 'var n = 0
			profile-1ms { n += 1 snapshot() trace_printk("%d", n) }
			trace sched:sched_switch { snapshot() }
			trace probe:vfs_read { snapshot() trace_printk("read") }
			tick-1s { exit(n > 10 ? 0 : 1) }' &
		eval "pid$i=\$!"
	done
	i=0
	while [ $i -lt 10 ]; do
		echo 1 > $TRACING/snapshot
		i=$((i + 1))
	done
	# shellcheck disable=SC2154 # set by eval
	wait "$pid1" && wait "$pid2"
	status=$?
	echo 0 > $TRACING/events/sched/sched_switch/enable
	echo 0 > $TRACING/snapshot
	echo > $TRACING/trace
	same 0 $status && is_idle
}

# What of a process is of interest is known at its end. Shells that fail are shown.
speculation_of_processes()
{
	"$tool" -q -o got -e 'var spec = {}
		trace sched:sched_process_exec /comm == "true" || comm == "false"/ {
			spec[pid] = speculation()
			speculate(spec[pid])
			print("exec", execname)
		}
		trace syscalls:sys_enter_exit_group {
			if (spec[pid]) {
				speculate(spec[pid])
				print("exit", args.error_code, ksym(kaddr("schedule")))
				print(argstr)
			}
		}
		trace sched:sched_process_exit {
			if (spec[pid] == nil) { return }
			if (curr_taskinfo("exit_code") != 0) { commit(spec[pid]) } else { discard(spec[pid]) }
			spec[pid] = nil
		}
		trace_end { print(len(spec)) }' -- sh -c 'env true; env false; env true; env false' ||
		return 1
	printf 'exec\tfalse\nexit\t1\tschedule\nsys_exit_group(error_code: 1)\n%.0s' 1 2 > want
	echo 0 >> want
	same_files want got
}

# On all CPUs at once: each that is committed is whole, and nothing else is shown.
speculation_on_all_cpus()
{
	"$tool" -q --stats --buffer 4M -o got -e 'var at, done = {}, 0
		trace syscalls:sys_enter_getppid /comm == "perl"/ {
			var id = speculation()
			speculate(id)
			printf("<%d ", tid)
			at[tid] = id
		}
		trace syscalls:sys_exit_getppid /comm == "perl"/ {
			speculate(at[tid])
			printf("%d>\n", tid)
			if (rand(2) == 0) { done += 1 commit(at[tid]) } else { discard(at[tid]) }
		}
		trace_end { print(done) }' -- sh -c '
		for i in 1 2 3 4; do perl -e "getppid() for 1 .. 5000" & done; wait' 2> err ||
		{ cat err; return 1; }
	done=$(tail -n 1 got)
	! grep 'of speculations lost' err || return 1
	# shellcheck disable=SC2015 # the last part is for failure of any
	grep -q '^ktap: 0 speculations not begun' err && grep -q '^ktap: 0 records lost: their' err &&
		grep -q '^ktap: 0 records lost: the record buffer' err || { cat err; return 1; }
	[ "$done" -gt 5000 ] && [ "$done" -lt 15000 ] && same "$((done + 1))" "$(wc -l < got)" &&
		same "$done" "$(grep -c '^<\([0-9]*\) \1>$' got)"
}

# What has no room in the memory or in the record buffer is told at the end.
losses_are_told()
{
	need perl || return
	"$tool" -q -m 16K -e 'var t = {} for (i = 1, 1000) { t[i] = i }
		print(len(t) > 50, len(t) < 1000)' > out 2> err
	same "0 true	true" "$? $(cat out)" || return 1
	grep -q "^ktap: table 't' lost [0-9]* entries, " err || { cat err; return 1; }
	# The reader is stopped while 4000 records go to where 1000 have room.
	"$tool" -q --stats --buffer 16K -o got \
		-e 'trace syscalls:sys_enter_getppid /comm == "perl"/ { print("one record") }' \
		-- sh -c 'kill -STOP $PPID
			perl -e "getppid() for 1 .. 4000"
			kill -CONT $PPID' 2> err
	hits=$(sed -n 's/^ktap: \([0-9]*\) handlers run.*/\1/p' err)
	lost=$(sed -n 's/^ktap: \([0-9]*\) records lost: the record buffer.*/\1/p' err)
	told=$(sed -n 's/^--- lost \([0-9]*\) events* on cpu [0-9]* ---$/\1/p' got |
		awk '{ n += $1 } END { print n + 0 }')
	same "4000 4000 $lost" "$hits $(($(grep -c '^one record$' got) + lost)) $told" &&
		[ "$lost" -gt 0 ]
}

# The reader is stopped, as above, and gets the last records and not the first ones
# of what is written on one CPU.
overwrites()
{
	need perl taskset || return
	"$tool" -q --overwrite --buffer 16K -o got \
		-e 'trace syscalls:sys_enter_close /fd >= 1048576/ { print(args.fd) }' \
		-- sh -c 'kill -STOP $PPID
			taskset 1 perl -e "syscall(3, 1048576 + \$_) for 1 .. 4000"
			kill -CONT $PPID' 2> err
	same 1052576 "$(grep -v lost got | tail -n 1)" && ! grep -qx 1048577 got || return 1
	# Each number is greater by one, or by what was lost there as well.
	awk '/lost/ { want += $3; next }
		$1 != want++ { print "not in order: " $0; exit 1 }' want=1048577 got
}

# json_check FILE: what --json has printed
json_check()
{
	checker=$DIR/json-check
	schema=$DIR/ktap-json.schema
	[ -f "$checker" ] || checker=$DIR/../../../ktap/tests/json-check
	[ -f "$schema" ] ||
		schema=$DIR/../../../../Documentation/tools/ktap/ktap-json.schema
	python3 "$checker" "$schema" < "$1"
}

json_output()
{
	need python3 || return
	"$tool" --json -q -o got -e 'var t = {} var h = hist()
		trace sched:sched_process_exec {
			print(argstr, stack(), ustack())
			t[stack(), execname] += 1
		}
		trace syscalls:sys_enter_openat {
			h[execname] <<< arg2
			printf("%-10s %d\n", execname, arg2)
		}
		trace_end { print_hist(h) print_stat(h) print_hist(t) }' -- ls /etc > /dev/null
	same 0 $? && json_check got > types || return 1
	grep -q 'attached:1 end:1 hist:2 print:1 printf:[0-9]* stat:1 stats:1' types ||
		{ cat types; return 1; }
	grep -q '"name":"[a-z_0-9]*exec[a-z_0-9]*","offset":[0-9]*}' got
}

json_simple()
{
	need python3 || return
	"$tool" --json -T -q -s sched:sched_process_exec -- true > got &&
		json_check got > types && grep -q 'print' types && grep -q 'filename=' got
}

json_losses()
{
	need python3 perl || return
	"$tool" -q --json --buffer 16K -o got \
		-e 'trace syscalls:sys_enter_getppid /comm == "perl"/ { print("one record") }' \
		-- sh -c 'kill -STOP $PPID
			perl -e "getppid() for 1 .. 4000"
			kill -CONT $PPID' 2> err
	json_check got > types && grep -q lost types || return 1
	same 4000 "$(awk -F'"count":' '/"lost"/ { n += $2 } /"print"/ { n++ }
		END { print n }' got)"
}

bad_image()
{
	"$tool" -O image.bin -e 'print(1)' && head -c 100 image.bin > cut.bin || return 1
	"$tool" image.bin > out 2> err
	same "0 1" "$? $(cat out)" || return 1
	"$tool" cut.bin > out 2> err
	same 1 $? && [ -s err ] && same "" "$(cat out)"
}

# What the tool compiles before it looks for the kernel needs no privilege.
syntax_error()
{
	printf 'var a = 1\nprint(a +)\n' > bad.kp
	"$tool" bad.kp > out 2> err
	status=$?
	same "bad.kp:2:10: error: unexpected symbol near ')'
print(a +)
         ^" "$(head -n 3 err)" && same 1 $status
}

FUNCTIONS='hello counts_as_hist counts_as_hist_unfiltered switches_to_ls
	text_of_all_system_calls stack_of_system_call first_act_of_command
	descendants_of_command attached_behind_main process_until_it_ends one_cpu
	simple_tracing dry_run interrupt_runs_trace_end
	terminate_runs_trace_end second_interrupt_stops_at_once kill_any_time
	kill_with_command reader_goes_away screens_are_whole output_full no_privilege no_capability
	no_tracefs kernel_without_ktap backtrace_is_printed system_as_uname control_group
	addresses_of_connection trace_lines_are_those_of_printf flight_recorder
	snapshots_under_load speculation_of_processes speculation_on_all_cpus losses_are_told overwrites
	json_output json_simple json_losses bad_image syntax_error'

begin

# Installed, the cases are next to this script.
CASES=$DIR
[ -d "$CASES/lang" ] || CASES=$DIR/../../../ktap/tests/cases
LANGUAGE=$DIR/ktap-language.rst
[ -f "$LANGUAGE" ] || LANGUAGE=$DIR/../../../../Documentation/trace/ktap-language.rst
EXAMPLES=$DIR/doc-examples
[ -f "$EXAMPLES" ] || EXAMPLES=$DIR/../../../ktap/tests/doc-examples
mkdir doc
"$EXAMPLES" "$LANGUAGE" doc || { ktap_skip_all "no examples"; exit "$KSFT_FAIL"; }

if [ $# -eq 0 ]; then
	for case in "$DIR"/cases/*.kp; do
		case=${case##*/}
		set -- "$@" "${case%.kp}"
	done
	for case in "$CASES"/run/*.kp "$CASES"/lang/*.kp doc/*.kp; do
		name=${case##*/}
		dir=${case%/*}
		set -- "$@" "${dir##*/}/${name%.kp}"
	done
	# shellcheck disable=SC2086
	set -- "$@" $FUNCTIONS
fi

ktap_set_plan $#
for name in "$@"; do
	if [ -f "$DIR/cases/$name.kp" ]; then
		run_test "case $name" run_case "$name"
	elif [ "$name" != "${name#*/}" ]; then
		run_test "$name" tool_case "$name"
	else
		run_test "$name" "$name"
	fi
done
ktap_finished
