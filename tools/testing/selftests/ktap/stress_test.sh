#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Traces everything at once, comes and goes under load; prints TAP
#
# What is counted has an independent count where there is one. In the end nothing
# may be left, and the kernel has nothing to say: who runs this looks at its log.
#
# With arguments only those functions run that are named. KTAP_STRESS_SECONDS is how
# long each of the tests that trace everything goes on, 10 by default, and
# KTAP_STRESS_ROUNDS how often sessions come and go, 100 by default.
set -u
export LC_ALL=C TZ=UTC
unset COLUMNS

DIR="$(dirname "$(readlink -f "$0")")"
. "${DIR}"/functions.sh

SECONDS_EACH=${KTAP_STRESS_SECONDS:-10}
ROUNDS=${KTAP_STRESS_ROUNDS:-100}
MODULE=ktap_test_module
CALLS=/sys/module/$MODULE/parameters/calls

#
# A load of all kinds: processes, files, pipes, memory, time
#

load_forks()
{
	while :; do
		/bin/true
	done
}

# What sessions come to, and go from.
load_calls()
{
	while [ -x "$DIR/traced" ]; do
		"$DIR/traced" 1000
	done
}

load_files()
{
	while :; do
		dd if=/dev/zero of="$tmp/load.$1" bs=4k count=64
		cat "$tmp/load.$1" "$tmp/load.$1" | wc -c
		rm -f "$tmp/load.$1"
	done > /dev/null 2>&1
}

load_looks()
{
	while :; do
		cat /proc/[0-9]*/stat /proc/[0-9]*/maps
		sleep 0.01
	done > /dev/null 2>&1
}

load_begin()
{
	loads=
	for cpu in $(seq "$(nproc)"); do
		load_forks "$cpu" &
		loads="$loads $!"
		load_calls &
		loads="$loads $!"
		load_files "$cpu" &
		loads="$loads $!"
	done
	load_looks &
	loads="$loads $!"
}

load_end()
{
	# shellcheck disable=SC2086
	kill $loads 2>/dev/null
	# shellcheck disable=SC2086
	wait $loads 2>/dev/null
	loads=
}

under_load()
{
	load_begin
	"$@"
	result=$?
	load_end
	return $result
}

#
# Everything at once
#

# How often a program calls what is counted by itself.
CALLS_EACH=2000

# traces_all SCRIPT: run it for a while; it prints what it counted at last, which is
# the number of handlers that were run, and of the calls of one program, of which all
# are that were not lost
traces_all()
{
	rm -f err
	"$tool" -q -v --stats -o got -e "$1" 2> err &
	session=$!
	attached err $session || { kill -9 $session; return 1; }
	sleep "$SECONDS_EACH"
	[ ! -x "$DIR/traced" ] || { cp "$DIR/traced" counted && ./counted $CALLS_EACH; }
	kill -INT $session
	wait $session
	status=$?
	cat err
	counted=$(sed -n 's/^counted //p' got)
	calls=$(sed -n 's/^calls //p' got)
	hits=$(sed -n 's/^ktap: \([0-9]*\) handlers run.*/\1/p' err)
	nested=$(sed -n 's/^ktap: \([0-9]*\) events lost: hit inside.*/\1/p' err)
	echo "counted $counted of $hits, $calls calls, ${nested:-0} nested"
	same 0 $status && [ "${counted:-0}" -gt 0 ] && same "$hits" "$counted" &&
		{ [ ! -x "$DIR/traced" ] || within "$calls" $((calls + ${nested:-0})); } && is_idle
}

# within FROM TO: the number of calls is
within()
{
	[ "$1" -le $CALLS_EACH ] && [ $CALLS_EACH -le "$2" ]
}

all_events()
{
	under_load traces_all 'var n = 0 var calls = 0
		trace *:* { n += 1 }
		trace syscalls:sys_enter_getppid /comm == "counted"/ { n += 1 calls += 1 }
		trace_end { print("calls " .. calls) print("counted " .. n) }'
}

all_functions()
{
	under_load traces_all 'var n = 0 var calls = 0
		trace probe:* { n += 1 }
		trace probe:__x64_sys_getppid { n += 1 if (execname == "counted") { calls += 1 } }
		trace_end { print("calls " .. calls) print("counted " .. n) }'
}

function_tracer()
{
	under_load traces_all 'var s = {} var n = 0 var calls = 0
		trace ftrace:function { s[ipof(arg0)] += 1 }
		trace probe:__x64_sys_getppid { n += 1 if (execname == "counted") { calls += 1 } }
		trace_end {
			for (k, v in pairs(s)) { n += v }
			print("calls " .. calls)
			print("counted " .. n)
		}'
}

#
# Coming and going
#

TRACED=$DIR/traced
SCRIPTS="trace probe:$TRACED:traced_* { n += 1 }
trace probe:$TRACED:traced_function%return { s[retval] += 1 }
trace sdt:$TRACED:hit { s[args[0]] += 1 }
trace perf:context-switches:1 { s[cpu] += 1 }
trace mem:panic_timeout:4:rw { n += 1 }
"'trace sched:* { n += 1 }
trace probe:vfs_* { s[execname] += 1 }
trace probe:vfs_read%return { s[retval] += 1 }
trace syscalls:sys_enter_* { s[probename] += 1 }
profile-1ms { s[cpu] += 1 }
tick-10ms { n += 1 }
trace ftrace:function /ip==vfs_*/ { n += 1 }
trace sched:sched_switch, probe:schedule, syscalls:sys_exit_read { n += 1 }'

# The script of a round.
script()
{
	echo "var n = 0 var s = {}"
	echo "$SCRIPTS" | sed -n "$(($1 % 13 + 1))p"
}

# rounds WHO: sessions one after the other
rounds()
{
	for round in $(seq $((ROUNDS / 4))); do
		"$tool" -q -e "$(script $((round + $1)))" -- "$TRACED" 10 > "out.$1" 2>&1 || {
			echo "round $round: $(script $((round + $1)))"
			cat "out.$1"
			return 1
		}
	done
}

come_and_go_load()
{
	for who in 1 2 3 4; do
		{ rounds $who > "rounds.$who" 2>&1 || touch failed; } &
		pids="${pids:-} $!"
	done
	# shellcheck disable=SC2086
	wait $pids
	cat rounds.?
	[ ! -e failed ]
}

come_and_go()
{
	[ -x "$TRACED" ] || { echo "no $TRACED"; return "$KSFT_SKIP"; }
	under_load come_and_go_load && is_idle
}

kill_load()
{
	for round in $(seq $((ROUNDS / 2))); do
		"$tool" -q -e "$(script "$round")" > out 2>&1 &
		session=$!
		sleep "0.$(printf %03d $((round * 37 % 300)))"
		kill -9 $session
		wait $session
		[ $? -eq 137 ] || { echo "round $round: $(script "$round")"; cat out; return 1; }
	done
}

kill_any_time()
{
	[ -x "$TRACED" ] || { echo "no $TRACED"; return "$KSFT_SKIP"; }
	under_load kill_load 2> /dev/null && is_idle
}

#
# Modules
#

have_module()
{
	need insmod rmmod || return
	[ -f "$DIR/test_modules/$MODULE.ko" ] || { echo "no $MODULE.ko"; return "$KSFT_SKIP"; }
}

module_load()
{
	insmod "$DIR/test_modules/$MODULE.ko" "$@"
}

count_module='var n = 0 var sum = 0 var events = 0
	trace probe:ktap_test_function { n += 1 }
	trace probe:ktap_test_function%return { sum += retval }
	trace ktap_test:ktap_test_event { events += 1 }
	trace_end { print(n, sum, events) }'

module_counted()
{
	have_module || return
	module_load || return 1
	"$tool" -q -e "$count_module" -- sh -c "echo 1000 > $CALLS" > out 2>&1
	status=$?
	cat out
	sum=$(cat $CALLS)
	rmmod $MODULE || return 1
	same 0 $status && same "1000	$sum	1000" "$(cat out)" && is_idle
}

FIELDS='trace ktap_test:ktap_test_event /nr == 3/ {
	print(args.s8, args.u8, args.s16, args.u16, args.nr, args.u32)
	print(args.s64, args.u64, args.odd, args.fixed, args.text, args.rel)
	print(args.numbers, args.many, args.mask)
	print(argstr)
}'

module_fields()
{
	have_module || return
	module_load || return 1
	"$tool" -q -e "$FIELDS" -- sh -c "echo 5 > $CALLS" > out 2>&1
	rmmod $MODULE || return 1
	cat out
	same "3	3	-3	65533	3	4294967293
-3	3	1	odd	odd	odd
{0x3,0x4,0x5}	{0x3,0xfffffffc}	{0x3}
nr=3 text=odd" "$(sed 's/^.*ktap_test_event: //' out)"
}

# module_leaves EVENTS WANTED: EVENTS count what the module does, which is so much
module_leaves()
{
	for round in 1 2 3 4 5; do
		module_load || return 1
		rm -f err
		"$tool" -q -v -o got -e "var n = 0 $1
			trace_end { print(n) }" 2> err &
		session=$!
		attached err $session || return 1
		echo 10 > $CALLS
		rmmod $MODULE || { kill $session; return 1; }
		module_load || { kill $session; return 1; }
		echo 10 > $CALLS
		kill -INT $session
		wait $session || { cat err; return 1; }
		same "$2" "$(tail -n 1 got)" || return 1
		rm -f got
		rmmod $MODULE || return 1
	done
	is_idle
}

# Its event is there, but would be gone without asking if loading it failed.
module_fails_to_load()
{
	have_module || return
	for event in ktap_test_event '*'; do
		module_load init_ms=3000 fail=1 2> /dev/null &
		wait_for [ -d $TRACING/events/ktap_test ] || return
		"$tool" -q -e "trace ktap_test:$event { }" -- true > out 2> err
		status=$?
		wait $! && { echo "it was loaded"; rmmod $MODULE; return 1; }
		cat err
		# Where this is slow it has gone already.
		grep -q -e 'is still being loaded' -e 'no event matches' err &&
			same 1 $status || return
	done
	is_idle
}

# What it frees when it has been loaded is not probed any more, the rest is.
module_probed_while_it_loads()
{
	have_module || return
	for round in 1 2 3; do
		module_load init_ms=3000 &
		loader=$!
		wait_for grep -q ktap_test_function $TRACING/available_filter_functions || return
		rm -f err
		"$tool" -q -v -o got -e 'var n = 0
			trace probe:ktap_test_* /execname == "sh"/ { n += 1 }
			trace_end { print(n) }' 2> err &
		session=$!
		attached err $session || return
		wait $loader || return
		sh -c "echo 10 > $CALLS"
		rmmod $MODULE && module_load || return
		sh -c "echo 20 > $CALLS"
		kill -INT $session
		wait $session || { cat err; return 1; }
		rmmod $MODULE && same 10 "$(cat got)" || return
	done
	is_idle
}

# Nothing keeps a module that only has functions probed.
module_leaves_while_probed()
{
	have_module || return
	module_leaves 'trace probe:ktap_test_function { n += 1 }
		trace probe:ktap_test_function%return { n += 1 }' 20
}

# What is loaded where the module was is not what the filter meant: with nothing else
# in it, and with functions that stay.
module_leaves_function_tracer()
{
	have_module || return
	module_leaves 'trace ftrace:function /ip==ktap_test_function/ { n += 1 }' 10 &&
		module_leaves 'trace ftrace:function /ip==*_function/ {
			if (func == "ktap_test_function") { n += 1 }
		}' 10
}

# Sessions that overlap, of which each sees the module from when it began to when it or
# the module went: one has it twice, for it was there when that began.
modules_beside_sessions()
{
	have_module || return
	for round in 1 2 3; do
		module_load || return 1
		for who in first second; do
			rm -f "err.$who"
			"$tool" -q -v -o "got.$who" -e "var n = 0
				trace probe:ktap_test_function { n += 1 }
				trace probe:ktap_test_f*%return { n += 1 }
				trace ftrace:function /ip==ktap_test_function/ { n += 1 }
				trace_end { print(n) }" 2> "err.$who" &
			eval "$who=\$!"
			attached "err.$who" $! || return 1
			echo 10 > $CALLS
		done
		rmmod $MODULE || return 1
		module_load || return 1
		echo 10 > $CALLS
		# shellcheck disable=SC2154
		kill -INT "$first"
		wait "$first"
		echo 10 > $CALLS
		# shellcheck disable=SC2154
		kill -INT "$second"
		wait "$second"
		rmmod $MODULE || return 1
		same "60 30" "$(tail -n 1 got.first) $(tail -n 1 got.second)" || return 1
		rm -f got.first got.second
	done
	is_idle
}

modules_under_load_rounds()
{
	for round in $(seq $((ROUNDS / 10))); do
		module_load || return 1
		"$tool" -q -e "$count_module" -- sh -c "echo 10 > $CALLS" > out 2>&1 ||
			{ cat out; return 1; }
		rmmod $MODULE || return 1
	done
}

modules_under_load()
{
	have_module || return
	under_load modules_under_load_rounds && is_idle
}

#
# Processors
#

cpus_come_and_go()
{
	online=/sys/devices/system/cpu/cpu1/online
	[ -w $online ] || { echo "no processor can be taken off line"; return "$KSFT_SKIP"; }
	"$tool" -q -o got -e 'var s = {} var n = 0
		profile-1ms { s[cpu] += 1 }
		trace perf:context-switches:1 { n += 1 }
		tick-100ms { print("cpu1 " .. s[1]) }' 2> err &
	session=$!
	wait_for grep -q 'cpu1 [1-9]' got || { cat err got; return 1; }
	for round in 1 2 3 4 5; do
		echo 0 > $online || return 1
		before=$(sed -n '$s/^cpu1 //p' got)
		echo 1 > $online || return 1
		# It is profiled again.
		wait_for more_than "$before" || return 1
	done
	kill -INT $session
	wait $session || { cat err; return 1; }
	is_idle
}

more_than()
{
	[ "$(sed -n '$s/^cpu1 //p' got)" -gt "$1" ]
}

FUNCTIONS='all_events all_functions function_tracer come_and_go kill_any_time
	module_counted module_fields module_fails_to_load
	module_probed_while_it_loads module_leaves_while_probed
	module_leaves_function_tracer modules_beside_sessions modules_under_load
	cpus_come_and_go'

begin
# shellcheck disable=SC2086
[ $# -ne 0 ] || set -- $FUNCTIONS
run_functions "$@"
