#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Runs the tests of the tool, which need no kernel; prints TAP
#
#	run.sh [-u] OUTPUT-DIRECTORY [CASE...]
#
# A case is a script that says in comments what comes of it:
#
#	#$ COMMAND	what to run, with $ktap, $run, $case and $tmp set, in a
#			directory that has the script without this line and the last
#			two; the default depends on the directory of the case
#	#% OPTIONS	of the tool
#	#@ ARGUMENTS	of the script
#	#+		variables that the script never reads are printed: no -q
#	#= STATUS	exit status; 0 if not given, 1 if an error is expected
#	#> TEXT		a line of what is printed
#
# The cases of run/ and lang/ are run by $run, which is the tool with the core of
# kernel/trace/ktap in place of a kernel, and selftests/ktap runs them on a kernel.
# So are the examples of the document of the language. For those with events
# there is more:
#
#	#& COMMAND	what the kernel traces; here each handler is called once
#	#~ COMMAND	the same, but here the script is only checked
#
# Everything is run twice, with the tool and with one that has sanitizers. The
# image of each script that compiles is checked, and so is what --json prints of
# those that are run, if there is python3. With -u the expectations are
# replaced by what is printed now: look at the difference.

set -u
export LC_ALL=C TZ=UTC
unset COLUMNS
tests=$(cd "$(dirname "$0")" && pwd)
language=$tests/../../../Documentation/trace/ktap-language.rst
schema=$tests/../../../Documentation/tools/ktap/ktap-json.schema
python=$(command -v python3)
update=
if [ "${1-}" = -u ]; then
	update=yes
	shift
fi
out=$(cd "$1" && pwd)
shift

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
count=0
failed=0

# result STATUS NAME [FILE]: one line of TAP, with FILE as an explanation
result()
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $count - $2"
	[ -z "${3-}" ] || sed 's/^/# /' "$3"
}

# comments SIGN FILE: what stands behind a sign in a case
comments()
{
	sed -n "s/^#$1 \{0,1\}//p" "$2"
}

# quiet: the option of a case that is not about what is printed at exit
quiet()
{
	grep -q '^#+' "$file" || echo -q
}

# default_command DIRECTORY: what the cases of a directory run
default_command()
{
	# shellcheck disable=SC2016 # expanded when the case is run
	case $1 in
	codegen)
		echo '"$ktap" -q -b "$case"' ;;
	run | lang | doc)
		if [ -n "$(comments '~' "$file")" ]; then
			echo '"$ktap" -c "$case"'
			return
		fi
		echo "\"\$run\" $(quiet) $(comments '%' "$file") \"\$case\"" \
			"$(comments '@' "$file")" ;;
	*)
		# These take an event or a function, and a number.
		case $file in
		*/samples/functions/*) echo '"$ktap" -c "$case" probe:vfs_read 1' ;;
		*) echo '"$ktap" -c "$case"' ;;
		esac ;;
	esac
}

# run_case TOOL RUNNER: runs $command, output to $tmp/got, status appended
run_case()
{
	(
		ktap=$1
		run=$2
		export ktap run case tmp
		cd "$tmp/script" && eval "$command"
	) >"$tmp/got" 2>&1 </dev/null
	status=$?
	[ "$status" = "$want_status" ] ||
		echo "(exit status $status, not $want_status)" >>"$tmp/got"
}

update_case()
{
	grep -v '^#[=>]' "$file" >"$tmp/new"
	run_case "$out/ktap" "$out/obj/core/run"
	sed -i '/^(exit status /d' "$tmp/got"
	default_status=0
	! grep -q 'error: ' "$tmp/got" || default_status=1
	[ "$status" = "$default_status" ] || echo "#= $status" >>"$tmp/new"
	sed 's/^/#> /; s/ $//' "$tmp/got" >>"$tmp/new"
	cmp -s "$tmp/new" "$file" || cp "$tmp/new" "$file"
}

# Compares without blanks at the ends of lines, which editors take away.
same_output()
{
	sed 's/[ 	]*$//' "$tmp/got" >"$tmp/got.cut"
	diff -u "$tmp/want" "$tmp/got.cut" >"$tmp/diff"
}

# json_case: what --json prints is as the schema says, and has the same texts
json_case()
{
	args="$(comments '%' "$file") \"\$case\" $(comments '@' "$file")"
	held=
	! grep -q 'speculate(' "$file" || held=--held
	cd "$tmp/script" || return
	eval "\"\$out/obj/core/run\" -q $args" >"$tmp/text" 2>/dev/null </dev/null
	eval "\"\$out/obj/core/run-san\" -q --json $args" >"$tmp/json" 2>"$tmp/err" </dev/null
	! grep 'ERROR: \|runtime error: ' "$tmp/err" &&
		"$tests/json-check" $held "$schema" "$tmp/text" <"$tmp/json"
}

one_case()
{
	file=$1
	dir=$(dirname "$file")
	case=$(basename "$file")
	name=$(basename "$dir")/${case%.kp}
	rm -rf "$tmp/script"
	mkdir "$tmp/script"
	grep -v '^#[$=>+]\( \|$\)' "$file" >"$tmp/script/$case"

	command=$(comments '\$' "$file")
	[ -n "$command" ] || command=$(default_command "$(basename "$dir")")
	comments '>' "$file" | sed 's/[ 	]*$//' >"$tmp/want"
	want_status=$(comments '=' "$file")
	if [ -n "$(comments '~' "$file")" ]; then
		: >"$tmp/want"
		want_status=0
	fi
	if [ -z "$want_status" ]; then
		want_status=0
		! grep -q 'error: ' "$tmp/want" || want_status=1
	fi
	if [ -n "$update" ]; then
		update_case
		return
	fi

	run_case "$out/ktap" "$out/obj/core/run"
	same_output
	result $? "$name" "$tmp/diff"
	run_case "$out/obj-san/ktap" "$out/obj/core/run-san"
	same_output
	result $? "$name (sanitizers)" "$tmp/diff"

	case $(basename "$dir"):$(comments '[$~]' "$file") in
	run: | lang: | doc:)
		if [ -n "$python" ]; then
			(json_case) >"$tmp/diff" 2>&1
			result $? "$name (JSON)" "$tmp/diff"
		fi ;;
	esac

	rm -f "$tmp/check"
	(cd "$tmp/script" && "$out/ktap" -O "$tmp/check" "$case") >/dev/null 2>&1
	if [ -s "$tmp/check" ]; then
		"$out/obj/imgcheck" "$tmp/check" >"$tmp/diff" 2>&1
		result $? "$name (image)" "$tmp/diff"
	fi
}

# The interface to the kernel is kept twice, and must be the same.
check_headers()
{
	for header in ktap.h ktap_bc.h; do
		cmp "$tests/../../include/uapi/linux/$header" \
			"$tests/../../../include/uapi/linux/$header" \
			>"$tmp/diff" 2>&1
		result $? "headers/$header is that of the kernel" "$tmp/diff"
	done
}

# unit_tests NAME PROGRAM [ARG...]: it prints lines "ok - NAME" and "not ok - NAME"
unit_tests()
{
	units=$1
	shift
	"$@" >"$tmp/units" 2>&1 || echo "not ok - it ends well" >>"$tmp/units"
	while IFS= read -r line; do
		case $line in
		"ok - "*) result 0 "$units/${line#ok - }" ;;
		"not ok - "*) result 1 "$units/${line#not ok - }" ;;
		*) echo "# $line" ;;
		esac
	done <"$tmp/units"
}

echo "TAP version 13"
# Types of a kernel, for cases that ask for them with --btf.
mkdir "$tmp/btf"
"$out/obj/btfs" "$tmp/btf"
if [ $# -gt 0 ]; then
	for file; do
		[ -f "$file" ] || { echo "run.sh: no case $file" >&2; exit 1; }
		one_case "$(cd "$(dirname "$file")" && pwd)/$(basename "$file")"
	done
else
	if [ -z "$update" ]; then
		check_headers
		unit_tests unit "$out/obj/unit"
		unit_tests "unit (sanitizers)" "$out/obj-san/unit"
		unit_tests places "$out/obj/places"
		unit_tests "places (sanitizers)" "$out/obj-san/places"
		unit_tests btfs "$out/obj/btfs"
		unit_tests "btfs (sanitizers)" "$out/obj-san/btfs"
		unit_tests names "$out/obj/names"
		unit_tests "names (sanitizers)" "$out/obj-san/names"
		unit_tests linear "$out/obj/linear"
		unit_tests pictures "$out/obj/pictures"
		unit_tests "pictures (sanitizers)" "$out/obj-san/pictures"
		unit_tests svg "$tests/svg-test.sh" "$out/obj/pictures"
		! command -v bash >/dev/null ||
			unit_tests completion bash "$tests/completion.sh" "$out/ktap"
		unit_tests syntax "$tests/syntax.sh" "$out/obj/words"
		unit_tests install "$tests/install.sh" "$out"
	fi
	for file in "$tests"/cases/*/*.kp "$tests"/../samples/*/*.kp; do
		[ -f "$file" ] || continue
		one_case "$file"
	done
	if [ -z "$update" ]; then
		mkdir "$tmp/doc"
		"$tests/doc-examples" "$language" "$tmp/doc" >"$tmp/diff" 2>&1
		result $? "doc/examples can be read" "$tmp/diff"
		for file in "$tmp"/doc/*.kp; do
			one_case "$file"
		done
	fi
fi
[ -n "$update" ] || echo "1..$count"
[ "$failed" = 0 ]
