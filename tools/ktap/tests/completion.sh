#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Tests of the completion; prints "ok - NAME" and "not ok - NAME"
#
#	completion.sh KTAP

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/bin" "$dir/share/ktap/samples/basics" "$dir/here/sub"
touch "$dir/share/ktap/samples/basics/hello.kp" "$dir/here/"{help.kp,text,sub/x.kp}
cat >"$dir/bin/ktap" <<EOF
#!/bin/sh
[ "\$1" = -le ] && printf '%s\n' sched:sched_switch sched:sched_wakeup irq:enter ||
	exec '$1' "\$@"
EOF
chmod +x "$dir/bin/ktap"
PATH=$dir/bin:$PATH
cd "$dir/here" || exit 1
# shellcheck source=/dev/null
. "$here/../completion/ktap.bash"
failed=0

# expect NAME WANTED WORD...: completes the last word, the others are before it
expect()
{
	local name=$1 wanted=$2 got

	shift 2
	COMP_WORDS=(ktap "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_ktap
	got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')
	if [ "${got% }" = "$wanted" ]; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		echo "got '${got% }', not '$wanted'"
		failed=1
	fi
}

expect "an option" "--stats" --st
expect "options that begin alike" "--budget --buffer" --bu
expect "events of a list" "irq:enter sched:sched_switch sched:sched_wakeup" -le ""
expect "an event behind its colon" "sched_switch sched_wakeup" -le sched : sched_
expect "an event with the colon last" "sched_switch sched_wakeup" -s sched :
expect "a system" "irq:enter" -s i
expect "scripts and directories" "$dir/share/ktap/samples/basics/hello.kp help.kp sub/" ""
expect "a script and a sample" "$dir/share/ktap/samples/basics/hello.kp help.kp" he
expect "a script elsewhere" "sub/x.kp" sub/
expect "any file" "help.kp sub text" -o ""
expect "a process" "$$" -p $$
expect "nothing for code" "" -e he
exit $failed
