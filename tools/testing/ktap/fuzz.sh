#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# usage: fuzz.sh DIR SECONDS [SEED]
#
# Run the fuzzers that are in DIR, at the same time. Each is a test that fails when
# the fuzzer finds something. What they begin with are valid images and programs of
# the generator, the scripts of the tool's tests, and what was found before, in
# DIR/found.

dir=${1:-./}
seconds=$2
seed=${3:-0}
here=$(dirname "$0")
tool=$here/../../ktap
found=${dir}found

export ASAN_OPTIONS="abort_on_error=0:detect_leaks=1:$ASAN_OPTIONS"
export UBSAN_OPTIONS="print_stacktrace=1:$UBSAN_OPTIONS"

# start NAME ARGUMENT...: in the background; sets $started
start()
{
	name=$1
	shift
	"$dir$name" -max_total_time="$seconds" -seed="$seed" -timeout=120 \
		-rss_limit_mb=3000 -print_final_stats=1 -verbosity=1 \
		-artifact_prefix="$found/$name-" "$@" >"$found/$name.log" 2>&1 &
	started="$started $name:$!"
}

mkdir -p "$found/image" "$found/script" "$found/begin"
export KTAP_FUZZ_TYPES="$found/types/vmlinux"
mkdir -p "$found/types"
if ! "${dir}images" -w "$found/begin" || ! "${dir}programs" -w "$found/begin" ||
   ! "$tool/obj/btfs" "$found/types"; then
	echo "Bail out! There is nothing to begin with"
	exit 1
fi
started=
start fuzz_image -max_len=4096 "$found/image" "$found/begin"
start fuzz_script -max_len=2048 -dict="$here/corpus/script.dict" "$found/script" \
	"$here/corpus/script" "$here/lua" "$tool/samples" "$tool/tests/cases"

echo "TAP version 13"
echo "1..2"
number=0
failed=0
for one in $started; do
	number=$((number + 1))
	name=${one%:*}
	if wait "${one#*:}"; then
		result=ok
	else
		result='not ok'
		failed=1
	fi
	[ "$result" = ok ] || {
		grep "Seed:" "$found/$name.log"
		sed "/^#[0-9]/d" "$found/$name.log" | tail -n 60
	} | sed "s/^/# /"
	grep -E '^#[0-9]+[[:space:]]+(INITED|DONE)' "$found/$name.log"
	echo "$result $number - $name"
done
exit $failed
