# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the tests that run the tool share. They set DIR to where they are, source
# this and call begin.

. "${DIR}"/../kselftest/ktap_helpers.sh

TRACING=/sys/kernel/tracing
KPROBES=/sys/kernel/debug/kprobes/list

find_tool()
{
	for tool in "${KTAP:-}" "$(command -v ktap)" "$DIR/../../../ktap/ktap"; do
		[ -n "$tool" ] && [ -x "$tool" ] && return
	done
	return 1
}

# What is left of probes in programs shows in one that is executed now.
no_uprobes()
{
	[ ! -x "$DIR/traced" ] || same "0 0" "$("$DIR/traced" state)"
}

# No event is enabled, not even softly, and no thread of a session is left.
is_idle()
{
	tries=500
	while cat /proc/[0-9]*/comm 2>/dev/null | grep -q '^ktap/'; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "a thread is left"; return 1; }
		sleep 0.01
	done
	[ -z "$(cat $TRACING/set_event)" ] || { echo "set_event is not empty"; return 1; }
	[ "$(cat $TRACING/events/enable)" = 0 ] ||
		{ echo "events/enable: $(cat $TRACING/events/enable)"; return 1; }
	[ ! -f $TRACING/enabled_functions ] || [ -z "$(cat $TRACING/enabled_functions)" ] ||
		{ echo "enabled_functions:"; head $TRACING/enabled_functions; return 1; }
	[ ! -f $KPROBES ] || [ -z "$(cat $KPROBES)" ] ||
		{ echo "kprobes:"; head $KPROBES; return 1; }
	no_uprobes
}

# wait_for COMMAND...: until it succeeds
wait_for()
{
	tries=3000
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "waited in vain for: $*"; return 1; }
		sleep 0.02
	done
}

# attached FILE PID: until events come to the tool, which has -v and writes its messages
# to FILE, a new one. That takes minutes where there are many events and much to do.
attached()
{
	tries=90000
	until grep -qs ' attached$' "$1"; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! kill -0 "$2"; then
			cat "$1"
			return 1
		fi
		sleep 0.02
	done
}

# same WANT GOT: two texts, the difference is shown
same()
{
	[ "$1" = "$2" ] || { printf 'wanted:\n%s\ngot:\n%s\n' "$1" "$2"; return 1; }
}

same_files()
{
	cmp -s "$1" "$2" || { diff -u "$1" "$2"; return 1; }
}

# one_line FILE PATTERN: FILE has one line, and it matches
one_line()
{
	[ "$(wc -l < "$1")" -eq 1 ] || { cat "$1"; return 1; }
	grep -q "$2" "$1" || { cat "$1"; return 1; }
}

# need COMMAND...: what this machine must have for the test
need()
{
	for need in "$@"; do
		command -v "$need" > /dev/null || { echo "no $need"; return "$KSFT_SKIP"; }
	done
}

# test NAME COMMAND...: run it and say how it went
run_test()
{
	name=$1
	shift
	"$@" > log 2>&1
	status=$?
	if [ $status -ne 0 ] || [ -n "${KTAP_TEST_VERBOSE:-}" ]; then
		sed 's/^/# /' log
	fi
	case $status in
	0)
		ktap_test_pass "$name" ;;
	"$KSFT_SKIP")
		ktap_test_skip "$name" ;;
	*)
		ktap_test_fail "$name" ;;
	esac
}

# run_functions NAME...: each is a test of its own
run_functions()
{
	ktap_set_plan $#
	for function; do
		run_test "$function" "$function"
	done
	ktap_finished
}

# begin: check what all of this needs and go to a directory of our own
begin()
{
	ktap_print_header
	[ "$(id -u)" -eq 0 ] || { ktap_skip_all "needs root"; exit "$KSFT_SKIP"; }
	[ -e $TRACING/ktap ] || { ktap_skip_all "no $TRACING/ktap"; exit "$KSFT_SKIP"; }
	find_tool || { ktap_skip_all "no ktap tool"; exit "$KSFT_SKIP"; }

	tmp=$(mktemp -d) || exit "$KSFT_FAIL"
	trap 'cd / && rm -rf "$tmp"' EXIT
	# Where anybody can execute it.
	cp "$tool" "$tmp/ktap" || exit "$KSFT_FAIL"
	chmod 755 "$tmp" "$tmp/ktap"
	tool=$tmp/ktap
	cd "$tmp" || exit "$KSFT_FAIL"
}
