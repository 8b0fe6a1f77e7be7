#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# usage: run.sh DIR PROGRAM...
#
# Run the test programs that are in DIR. Each is one test, with its own below it.

dir=$1
shift
here=$(dirname "$0")
tool=${KTAP:-$here/../../ktap/ktap}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export ASAN_OPTIONS="abort_on_error=0:detect_leaks=1:$ASAN_OPTIONS"
export TSAN_OPTIONS="exitcode=66:$TSAN_OPTIONS"

# Images that the compiler makes are damaged as well, where it is there.
images=
if [ -x "$tool" ]; then
	for script in "$here"/../../ktap/samples/*/*.kp; do
		image=$work/$(basename "$script" .kp)
		if "$tool" -O "$image" "$script" >"$work/log" 2>&1; then
			images="$images $image"
		else
			sed "s,^,# $tool: ," "$work/log"
		fi
	done
fi

echo "TAP version 13"
echo "1..$#"
number=0
failed=0
for name; do
	number=$((number + 1))
	args=
	[ "$name" != images ] || args=$images
	echo "# Subtest: $name"
	# shellcheck disable=SC2086
	{ "${dir:-./}$name" $args 2>&1; echo $? >"$work/status"; } | sed 's/^/    /'
	if [ "$(cat "$work/status")" = 0 ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		failed=1
	fi
done
exit $failed
