#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# usage: bench-vm.sh RUNNER [NAME...]
#
# Count the machine instructions that programs take in ktap's interpreter, built in
# user space, and in that of Lua 5.4. Each program is there in both languages, in
# lua/NAME.kp and lua/NAME.lua, and prints the same. RUNNER is the tool with the core
# in place of a kernel (run.c). What an empty program takes is taken away from each,
# so that start and end don't count. The status is 1 if something else is printed or
# a program fails.

runner=$1
shift
here=$(cd "$(dirname "$0")" && pwd)/lua
lua=${LUA:-lua5.4}
for need in valgrind "$lua" "$runner"; do
	command -v "$need" >/dev/null || {
		echo "bench-vm.sh: $need is not there" >&2
		exit 2
	}
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# count OUTPUT COMMAND...: instructions of a command
count()
{
	output=$1
	shift
	valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		--log-file="$work/log" "$@" >"$output" 2>"$work/err" || {
		cat "$work/log" "$work/err" "$output" >&2
		return 1
	}
	sed -n 's/^==[0-9]*== Collected : //p' "$work/log"
}

# both NAME: sets $ours and $theirs
both()
{
	ours=$(count "$work/ours" "$runner" -q "$here/$1.kp") || return 1
	theirs=$(count "$work/theirs" "$lua" "$here/$1.lua") || return 1
	cmp -s "$work/ours" "$work/theirs" || {
		echo "bench-vm.sh: $1: ktap and Lua print:" >&2
		cat "$work/ours" "$work/theirs" >&2
		return 1
	}
}

both empty || exit 1
our_start=$ours
their_start=$theirs
status=0
[ $# -ne 0 ] || set -- fib loops strings integer-keys string-keys made-keys \
	kept-keys sort sort-by
printf '%-14s %14s %14s %8s\n' instructions ktap "$lua" ratio
for name; do
	if both "$name"; then
		awk -v name="$name" -v ours=$((ours - our_start)) \
			-v theirs=$((theirs - their_start)) 'BEGIN {
			printf "%-14s %14d %14d %8.2f\n", name, ours, theirs, ours / theirs }'
	else
		status=1
	fi
done
exit $status
