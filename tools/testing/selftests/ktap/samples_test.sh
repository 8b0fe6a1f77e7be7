#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Runs the samples of tools/ktap on loads whose answer is known; prints TAP
#
# For each samples/AREA/NAME.kp there is a function NAME in a file samples_?.sh, with dashes
# as underscores, and a sample without one is a failure. What a sample counts is compared
# with what the load does, or with a count of the kernel's own.
#
# With arguments only those samples are tested that are named.
set -u
export LC_ALL=C TZ=UTC
unset COLUMNS

DIR="$(dirname "$(readlink -f "$0")")"
. "${DIR}"/functions.sh

# sample NAME [ARGUMENT...]: run it, its output goes to out and err
sample()
{
	script=$(echo "$SAMPLES"/*/"$1".kp)
	shift
	timeout 120 "$tool" "$script" "$@" > out 2> err
	status=$?
	cat out err
	return $status
}

# traced OPTIONS SAMPLE [ARGUMENT...]: the same, with options of the tool
traced()
{
	options=$1
	script=$(echo "$SAMPLES"/*/"$2".kp)
	shift 2
	# shellcheck disable=SC2086
	timeout 120 "$tool" $options "$script" "$@" > out 2> err
	status=$?
	cat out err
	return $status
}

# has PATTERN [FILE]: a line of the output is like that
has()
{
	grep -q -e "$1" "${2:-out}" || { echo "no line like: $1"; return 1; }
}

# lines PATTERN: how many lines are like that
lines()
{
	grep -c -e "$1" out
}

for part in "$DIR"/samples_?.sh; do
	# shellcheck source=/dev/null
	. "$part"
done

begin

SAMPLES=$DIR/samples
[ -d "$SAMPLES" ] || SAMPLES=$DIR/../../../ktap/samples
if [ $# -eq 0 ]; then
	for script in "$SAMPLES"/*/*.kp; do
		name=${script##*/}
		set -- "$@" "${name%.kp}"
	done
fi

ktap_set_plan $#
for name in "$@"; do
	run_test "$name" "$(echo "$name" | tr - _)"
done
ktap_finished
