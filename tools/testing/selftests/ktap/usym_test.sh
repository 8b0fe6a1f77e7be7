#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Names of user code in stacks, of processes that have ended when they are
# printed; prints TAP
#
# What is traced is usym_prog, in many ways. With arguments only those functions run
# that are named.
set -u
export LC_ALL=C TZ=UTC
unset COLUMNS

DIR="$(dirname "$(readlink -f "$0")")"
. "${DIR}"/functions.sh

PROG=$DIR/usym_prog
LIB=$DIR/usym_lib.so

# Counts by stack, and prints all at the end.
COUNT="var s = {} trace probe:$PROG:leaf_inside { s[ustack()] += 1 }
	trace_end { for (k, v in pairs(s)) { print(k) print(v) } }"
# Prints each stack.
PRINT="trace probe:$PROG:leaf_inside { print(ustack()) }"

# names: the functions of a stack with their files, up to main
names()
{
	sed 's/+0x[0-9a-f]*//; /^main /q'
}

# expect_names NAME... FILE: the stack that FILE begins with
expect_names()
{
	for file; do :; done
	want=
	while [ $# -gt 1 ]; do
		want=$want$1'
'
		shift
	done
	same "${want%?}" "$(names < "$file")" || { cat "$file"; return 1; }
}

PLAIN='leaf [usym_prog]
mid [usym_prog]
calls [usym_prog]
main [usym_prog]'

stack_as_key()
{
	"$tool" -q -o out -e "$COUNT" -- "$PROG" calls 7 &&
		expect_names "$PLAIN" out && same 7 "$(tail -n 1 out)"
}

stack_as_it_happens()
{
	"$tool" -q -o out -e "$PRINT" -- "$PROG" calls 1 && expect_names "$PLAIN" out
}

# Where a function begins it has no frame of its own yet.
stack_at_entry()
{
	"$tool" -q -o out -e "trace probe:$PROG:leaf { print(ustack()) }" -- "$PROG" calls 1 &&
		expect_names "$PLAIN" out
}

# As lines of their own, and as frames of what is written for other programs.
functions_are_inlined()
{
	grep -q 'libdw\.so' "$(command -v "$tool")" || return "$KSFT_SKIP"
	"$tool" -q -o out --folded folded -e "var s = {}
		trace probe:$PROG:inlined_inside { s[ustack()] += 1 print(ustack()) }" \
		-- "$PROG" inline || return
	expect_names 'inner (inlined) [usym_prog]' 'outer (inlined) [usym_prog]' \
		'call_inlined [usym_prog]' 'main [usym_prog]' out || return
	sed 's/.*;main \[usym_prog\];//; s/ \[usym_prog\]//g' folded > inner
	same 'call_inlined;outer (inlined);inner (inlined) 1' "$(cat inner)"
}

# Of those that nobody waits for as well.
child_of_command()
{
	"$tool" -q -o out -e "$COUNT" -- "$PROG" fork 5 &&
		expect_names 'leaf [usym_prog]' 'mid [usym_prog]' 'calls [usym_prog]' \
			'call_forked [usym_prog]' 'main [usym_prog]' out &&
		same 5 "$(tail -n 1 out)"
}

# It is not there any more when its symbols are read; the tool has opened it by then.
file_is_deleted()
{
	cp "$PROG" gone
	sed "s,$PROG,$tmp/gone," <<-EOT > gone.kp
	$COUNT
	EOT
	"$tool" -q -o out gone.kp -- sh -c './gone calls 3
		until ls -l /proc/$PPID/fd | grep -q /gone$; do sleep 0.02; done
		rm gone' &&
		expect_names "$(echo "$PLAIN" | sed 's/usym_prog/gone/')" out
}

library_is_opened()
{
	"$tool" -q -o out -e "$COUNT" -- "$PROG" dlopen "$LIB" &&
		expect_names 'leaf [usym_prog]' 'library_call [usym_lib.so]' \
			'call_library [usym_prog]' 'main [usym_prog]' out
}

# Its argument is the address of a function.
function_is_a_symbol()
{
	"$tool" -q -o out -e "trace probe:$LIB:library_call {
		print(usym(args[0]), usym(args[0] + 1)) }" -- "$PROG" dlopen "$LIB" &&
		same 'leaf [usym_prog]	leaf+0x1 [usym_prog]' "$(cat out)"
}

# The stacks of one process, before and after.
program_is_executed()
{
	cp "$PROG" other
	"$tool" -q -o out -e "$COUNT
		trace probe:$tmp/other:leaf_inside { s[ustack()] += 1 }" \
		-- "$PROG" exec "$tmp/other" calls 2 || return
	cat out
	grep -q '^main.* \[usym_prog\]$' out && grep -q '^main.* \[other\]$' out &&
		same "1 2" "$(grep -x '[0-9]*' out | sort -n | tr '\n' ' ' | sed 's/ $//')"
}

code_is_made()
{
	"$tool" -q -o out -e "$COUNT" -- "$PROG" jit
	status=$?
	rm -f /tmp/perf-[0-9]*.map
	[ $status -ne 4 ] || return "$KSFT_SKIP"
	same 0 $status && expect_names 'leaf [usym_prog]' 'made: by hand [jit]' \
		'call_made [usym_prog]' 'main [usym_prog]' out
}

# With another number, and in a directory that nobody else sees.
code_is_made_in_container()
{
	need unshare mount || return
	unshare -m -p -f true || return "$KSFT_SKIP"
	# shellcheck disable=SC2016 # expanded by the command
	"$tool" -q -o out -e "$COUNT" -- unshare -m -p -f sh -c \
		'mount -t tmpfs none /tmp && { "$1" jit; exit $?; }' - "$PROG"
	status=$?
	[ $status -ne 4 ] || return "$KSFT_SKIP"
	same 0 $status && expect_names 'leaf [usym_prog]' 'made: by hand [jit]' \
		'call_made [usym_prog]' 'main [usym_prog]' out
}

# begin_signal: run what waits for SIGUSR1
begin_signal()
{
	rm -f ready err
	"$PROG" signal "$1" > ready &
	pid=$!
	wait_for test -s ready
}

process_that_runs()
{
	begin_signal 4 || return
	"$tool" -q -v -o out -p $pid -e "$COUNT" 2> err &
	attached err $! || return
	kill -USR1 $pid
	wait
	expect_names 'leaf [usym_prog]' 'mid [usym_prog]' 'calls [usym_prog]' \
		'call_when_told [usym_prog]' 'main [usym_prog]' out &&
		same 4 "$(tail -n 1 out)"
}

# One that ran before and one that did not, and none of them is named.
all_processes()
{
	begin_signal 4 || return
	"$tool" -q -v -o out -e "$COUNT" 2> err &
	attached err $! || return
	kill -USR1 $pid
	wait $pid
	"$PROG" calls 3
	for comm in /proc/[0-9]*/comm; do
		[ "$(cat "$comm" 2>/dev/null)" != ktap ] || kill -INT "$(basename "${comm%/comm}")"
	done
	wait
	same "3 4" "$(grep -x '[0-9]*' out | sort -n | tr '\n' ' ' | sed 's/ $//')" &&
		same 2 "$(grep -c '^main+0x' out)" && grep -q '^call_when_told+0x' out
}

# The reader is stopped meanwhile.
losses_are_told()
{
	# shellcheck disable=SC2016 # expanded by the command
	"$tool" -q -o out -e "$PRINT" -- sh -c 'kill -STOP $PPID; "$1" map 20000
		status=$?; kill -CONT $PPID; exit $status' - "$PROG" 2> err || return
	grep -q '^ktap: [1-9][0-9]* records of mappings lost; ' err || { cat err; return 1; }
	expect_names 'leaf [usym_prog]' 'mid [usym_prog]' 'calls [usym_prog]' \
		'map_often [usym_prog]' 'main [usym_prog]' out
}

FUNCTIONS='stack_as_key stack_as_it_happens stack_at_entry functions_are_inlined
	child_of_command file_is_deleted library_is_opened function_is_a_symbol
	program_is_executed code_is_made code_is_made_in_container process_that_runs
	all_processes losses_are_told'

begin
[ -x "$PROG" ] || { ktap_skip_all "no $PROG"; exit "$KSFT_SKIP"; }
"$tool" -lf "$PROG" main > /dev/null 2>&1 || { ktap_skip_all "no libelf"; exit "$KSFT_SKIP"; }

# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $FUNCTIONS
run_functions "$@"
