#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# usage: bench.sh PROGRAM
#
# Count the machine instructions that operations of the interpreter take. Those of
# ten runs are taken from those of thirty, so that what is done only once does not
# count. Where a row names another one, the instructions of that are taken away.

if ! command -v valgrind >/dev/null; then
	echo "bench.sh: valgrind is not there"
	exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# count NAME RUNS: instructions within ktap_vm_run()
count() {
	valgrind --tool=callgrind --callgrind-out-file="$work/out" \
		--toggle-collect=ktap_vm_run "$program" "$1" "$2" >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		exit 1
	}
	sed -n 's/^\(totals\|summary\): *//p' "$work/out" | head -n 1
}

program=$1
tab=$(printf '\t')
printf '%-32s %12s %14s\n' operation 'in a run' 'per operation'
"$program" | tr '\t' '|' >"$work/list"
while IFS='|' read -r name of ops; do
	few=$(count "$name" 10)
	many=$(count "$name" 30)
	run=$(((many - few) / 20))
	printf '%s%s%s\n' "$name" "$tab" "$run" >>"$work/runs"
	less=0
	[ -z "$of" ] || less=$(sed -n "s/^$of$tab//p" "$work/runs")
	awk -v name="$name" -v run="$run" -v less="$less" -v ops="$ops" 'BEGIN {
		printf "%-32s %12d %14.1f\n", name, run, (run - less) / ops }'
done <"$work/list"
