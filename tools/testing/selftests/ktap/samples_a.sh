# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# shellcheck disable=SC2154 # tmp and status are set by what sources this
#
# Tests of the samples for processes, security, scheduling, interrupts, block devices,
# the CPU and functions.

LOAD=$DIR/sample_load

# hist EVENT KEYS [FILTER]: let the kernel count an event, or with KEY:vals=FIELD add up
hist()
{
	hist_event=$1
	hist_what="hist:keys=$2${3:+ if $3}"
	echo "$hist_what" > "$TRACING/events/$1/trigger"
}

# hist_end: what it has counted, in lines with the number at the end
hist_end()
{
	sed -n 's/^{ .*: *\([0-9]*\) *$/hist \1/p' "$TRACING/events/$hist_event/hist" > hist
	echo "!$hist_what" > "$TRACING/events/$hist_event/trigger"
	cat hist
}

# sum: the numbers of a list of lines
sum()
{
	awk '{ n += $NF } END { print n + 0 }'
}

# chart [KEY]: lines with a range and its count, of all charts or that of KEY
chart()
{
	awk -v name="${1:-}" '
		/^[^ ].*:$/ { key = $0; sub(/^[^[]*\[/, "", key); sub(/\]?:$/, "", key) }
		/ distribution / { mine = name == "" || key == name; next }
		mine && /^ *[[(][^|]*\|/ {
			range = $0; sub(/ *\|.*/, "", range); sub(/^ */, "", range)
			n = $0; sub(/.*\|/, "", n)
			print range, n + 0
		}' out
}

# stacks NAME PATTERN: the sum of the stacks of NAME, or of all, with a frame like that
stacks()
{
	awk -v name="$1" -v frame="$2" '
		/^[^ ].*:$/ { key = $0; sub(/^[^[]*\[/, "", key); sub(/\]?:$/, "", key); next }
		/^    / { sub(/^ */, ""); all = all "\n" $0; next }
		/^  [0-9]+ \(/ {
			if ((name == "" || key == name) && all ~ frame) n += $1
			all = ""
		}
		END { print n + 0 }' out
}

# between LEAST GREATEST NUMBER
between()
{
	if [ "$3" -lt "$1" ] || [ "$3" -gt "$2" ]; then
		echo "$3 is not from $1 to $2"
		return 1
	fi
}

#
# basics
#

hello()
{
	sample hello && has '^hello from the kernel, this is	[^	]*ktap	with pid	[0-9]*$'
}

#
# process
#

# Each program, by whom, and nothing that could not be executed.
execsnoop()
{
	# shellcheck disable=SC2016 # expanded by the command
	sample execsnoop -- sh -c '/bin/true a "b c"; /no/such/program; "$0" nap 0 0
		exec /bin/echo "$$"' "$LOAD" || return
	shell=$(awk '$3 == "echo" { print $1 }' out)
	same "PID PARENT COMM FILE ARGUMENTS
$shell - sh $(command -v sh)
- $shell true /bin/true a b c
- $shell sample_load $LOAD nap 0 0
$shell - echo /bin/echo $shell" "$(grep ' ' out | awk -v shell="$shell" '
		NR > 1 && $1 != shell { $1 = "-" }
		NR > 1 && $2 != shell { $2 = "-" }
		{ $1 = $1; print }')" && has "^$shell$"
}

# Each process, and the last one began before the tracing did.
exitsnoop()
{
	# shellcheck disable=SC2016 # expanded by the command
	sample exitsnoop -- sh -c 'ulimit -c 0; (exit 0); (exit 3); sh -c "kill -TERM \$\$"
		sh -c "kill -SEGV \$\$"; "$0" threads 3; "$0" nap 1 50; exit 7' "$LOAD" || return
	shell=$(awk '$6 == 7 { print $1 }' out)
	same "PARENT COMM HOW
$shell sh exit 0
$shell sh exit 3
$shell sh SIGTERM
$shell sh SIGSEGV
$shell sample_load exit 0
$shell sample_load exit 0
- sh exit 7" "$(awk '{ print $1 == shell ? "-" : $2, $3, $5, $6 }' shell="$shell" out |
		sed 's/ *$//')" && same - "$(awk '$6 == 7 { print $4 }' out)" &&
		between 50 100000 "$(awk '$3 == "sample_load" { ms = int($4) } END { print ms }' out)"
}

# No process has this number.
killsnoop()
{
	# shellcheck disable=SC2016 # expanded by the command
	sample killsnoop -- sh -c '"$0" nap 1 600000 & kill -0 $!; kill -TERM $!; echo "is $!"
		kill -USR1 4194304; kill -s CONT -- -4194304; :' "$LOAD" || return
	pid=$(sed -n 's/^is //p' out)
	[ -n "$pid" ] && same "COMM TARGET SIGNAL RESULT
sh $pid 0
sh $pid SIGTERM
sh 4194304 SIGUSR1 ESRCH
sh -4194304 SIGCONT ESRCH" "$(awk '$1 != "is" { print $2, $3, $4, $5 }' out | sed 's/ *$//')"
}

threadsnoop()
{
	sample threadsnoop -- "$LOAD" threads 3 || return
	same 3 "$(lines '^ *[0-9]* sample_load  *thread_main \[sample_load\]$')" && same 4 "$(wc -l < out)"
}

#
# security
#

# Root may, somebody else asks in vain, and each is asked once.
capable()
{
	need setpriv chown || return
	: > file
	sample capable -- sh -c 'chown 1 file; setpriv --reuid 1000 --clear-groups chown 2 file'
	same "0 yes CAP_CHOWN
1000 no CAP_CHOWN" "$(awk '$3 == "chown" && $4 == 0 { print $2, $5, $6 }' out)" &&
		has ' 0 setpriv  *7 yes CAP_SETUID$'
}

setuids()
{
	sample setuids -- "$LOAD" users || return
	same "COMM CALL FROM TO RESULT
sample_load setreuid 0 -,1000
sample_load setreuid 0 -,0
sample_load setfsuid 0 1001
sample_load setresuid 0 1000,1000,1000
sample_load setuid 1000 0 EPERM
sample_load setresuid 1000 -,0,- EPERM" "$(awk '{ print $2, $3, $4, $5, $6 }' out |
		sed 's/ *$//')"
}

#
# sched
#

# lived COMMAND...: by a shell that is there when the last of them has left its CPU, which
# need not be so when the shell hears of its end
lived()
{
	echo "'$LOAD' $*; sleep 1"
}

# A time for each switch from the task that the kernel counts.
cpudist()
{
	hist sched/sched_switch prev_comm 'prev_comm == "sample_load"'
	traced -a cpudist sample_load -- sh -c "$(lived nap 20 5)"
	hist_end
	between 20 1000 "$(sum < hist)" && same "$(sum < hist)" "$(chart | sum)"
}

# An interval begins a little before the task has gone. Task 0 is left out.
offcputime()
{
	traced -a offcputime -- sh -c "$(lived nap 5 100)" || return
	between 250000 100000000 "$(stacks sample_load '\ndo_nanosleep\\+')" &&
		same 0 "$(stacks swapper/0 '')"
}

runqlat()
{
	hist sched/sched_switch next_comm 'next_comm == "sample_load"'
	traced -a runqlat sample_load -- sh -c "$(lived nap 20 5)"
	hist_end
	between 20 1000 "$(sum < hist)" && same "$(sum < hist)" "$(chart | sum)"
}

# Three of four wait, and at times something else does.
runqlen()
{
	traced -a runqlen -- "$LOAD" crowd 4 1000 || return
	between $(($(chart | sum) / 2)) 100000 "$(chart | grep '^.[3-6]' | sum)"
}

# What the scheduler gave to it, but for the time that a switch takes. Of two on one CPU
# the one waits while the other runs.
schedtimes()
{
	hist sched/sched_stat_runtime comm:vals=runtime 'comm == "sample_load"'
	traced -a schedtimes -- sh -c "$(lived crowd 2 300); $(lived nap 5 100)"
	hist_end
	ms=$(($(sum < hist) / 1000000))
	awk '$1 == "sample_load" { print $2, $3, $4 }' out > got
	read -r run wait sleep < got
	between 600 100000 $ms && between $((ms * 3 / 4)) $((ms * 5 / 4)) "$run" &&
		between 150 100000 "$wait" && between 250 100000 "$sleep" &&
		same "" "$(grep swapper out)"
}

# A line for each time that it gets a CPU.
schedtrace()
{
	hist sched/sched_switch next_comm 'next_comm == "sample_load"'
	traced -a schedtrace sample_load -- sh -c "$(lived nap 20 5)"
	hist_end
	between 20 1000 "$(sum < hist)" &&
		same "$(sum < hist)" "$(lines '^cpu [0-9]*: sample_load ([0-9]*) ran for [0-9]* us')" &&
		same "$(wc -l < out)" "$(sum < hist)"
}

wakeuptime()
{
	traced -a wakeuptime -- sh -c "$(lived nap 5 100)" || return
	between 250000 100000000 "$(stacks sample_load '\nhrtimer_wakeup\\+')"
}

#
# irq
#

# What comes between two looks at the kernel's own count is within what the sample counts,
# and that within what comes from before it begins to after its end.
within()
{
	cat "$1" > outer1
	# shellcheck disable=SC2016 # expanded by the command
	traced -a "$2" -- sh -c 'cat "$0" > inner1; cat "$1" > /dev/null; sleep 0.3; cat "$0" > inner2' \
		"$1" "$(command -v perl || command -v bash)" || return
	cat "$1" > outer2
}

# of FILE NAME: sum of the CPUs in a line of /proc/interrupts or /proc/softirqs
of()
{
	awk -v name="$2" '$1 == name ":" || $NF == name {
		for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) n += $i
	} END { print n + 0 }' "$1"
}

# within_of NAME COUNT
within_of()
{
	inner=$(($(of inner2 "$1") - $(of inner1 "$1")))
	outer=$(($(of outer2 "$1") - $(of outer1 "$1")))
	echo "$1: $inner <= $2 <= $outer"
	between "$inner" "$outer" "$2"
}

hardirqs()
{
	within /proc/interrupts hardirqs || return
	compared=0
	# Those that are shared have several names.
	awk '$1 ~ /^[0-9]+:$/ && $(NF - 1) !~ /,$/ { print $NF }' outer1 | sort -u > names
	while read -r irq; do
		n=$(awk -v name="$irq" '$1 == name { print $2 }' out)
		[ -n "$n" ] || continue
		within_of "$irq" "$n" || return
		compared=$((compared + 1))
	done < names
	[ $compared -gt 0 ]
}

softirqs()
{
	within /proc/softirqs softirqs || return
	for kind in TIMER SCHED RCU; do
		within_of $kind "$(chart $kind | sum)" || return
	done
}

#
# block
#

# A device of our own.
loop_begin()
{
	need losetup dd truncate || return
	truncate -s 4M image || return
	loop=$(losetup -f --show image) || return "$KSFT_SKIP"
	loop_stat=/sys/block/${loop##*/}/stat
}

# on_loop SAMPLE: 20 writes of 4K, 3 of 64K, 7 reads of 16K
on_loop()
{
	# shellcheck disable=SC2016 # expanded by the command
	traced -a "$1" -- sh -c '
		dd if=/dev/zero of="$0" bs=4k count=20 oflag=direct
		dd if=/dev/zero of="$0" bs=64k count=3 oflag=direct seek=2
		dd if="$0" of=/dev/null bs=16k count=7 iflag=direct' "$loop"
}

# The requests of the device, by its own count and by that of the event.
biolatency()
{
	loop_begin || return
	hist block/block_rq_complete dev
	before=$(awk '{ print $1 + $5 + $12 + $16 }' "$loop_stat")
	on_loop biolatency
	after=$(awk '{ print $1 + $5 + $12 + $16 }' "$loop_stat")
	hist_end
	losetup -d "$loop"
	between 30 1000 $((after - before)) && same $((after - before)) "$(chart | sum)" &&
		same $((after - before)) "$(sum < hist)"
}

biosnoop()
{
	loop_begin || return
	on_loop biosnoop
	losetup -d "$loop"
	i=0
	while [ $i -lt 20 ]; do
		echo "dd 7:${loop#/dev/loop} WS $((i * 8)) 4096"
		i=$((i + 1))
	done > want
	for i in 256 384 512; do
		echo "dd 7:${loop#/dev/loop} WS $i 65536"
	done >> want
	for i in 0 32 64 96 128 160 192; do
		echo "dd 7:${loop#/dev/loop} RS $i 16384"
	done >> want
	awk '$1 == "dd" { print $1, $2, $3, $4, $5 }' out > got
	same_files want got
}

bitesize()
{
	loop_begin || return
	on_loop bitesize
	losetup -d "$loop"
	same '[4K, 8K) 20
[16K, 32K) 7
[64K, 128K) 3' "$(chart dd | grep -v ' 0$')"
}

#
# cpu
#

llcstat()
{
	sample llcstat -- "$LOAD" burn 100 || {
		has 'this machine has no counter for perf event' err && return "$KSFT_SKIP"
		return 1
	}
	has '^COMM  *REFERENCES  *MISSES  *HITS$'
}

# Most of what is seen is in burn(), and what that calls; the picture shows it.
profile()
{
	traced "--svg out.svg" profile -- "$LOAD" burn 2000 || return
	n=$(stacks '' '')
	between 2 100000 "$n" &&
		between $((n / 2)) "$n" "$(stacks sample_load '\n(spin|burn)\\+0x')" &&
		has '[^a-z]spin[^a-z]' out.svg
}

#
# functions
#

# Only our program asks for such memory, and such an amount.
argdist()
{
	need dd || return
	sample argdist vfs_read 2 -- dd if=/dev/zero of=/dev/null bs=70000 count=123
	same "[64K, 128K) 123" "$(chart | grep '^.64K')" || return
	sample argdist libc.so.6:malloc 0 -- "$LOAD" allocs 17 300000
	same "[256K, 512K) 17" "$(chart | grep '^.256K')"
}

funccount()
{
	sample funccount '__*_sys_[gs]etpriority' -- "$LOAD" calls 50 &&
		has '_sys_getpriority  *|.*| *50$' && has '_sys_setpriority  *|.*| *100$' || return
	sample funccount "$LOAD:thread_ma*" -- "$LOAD" threads 5 &&
		has 'thread_main  *|.*| *5$'
}

# Each call, and none ends before its sleep.
funclatency()
{
	sample funclatency hrtimer_nanosleep -- "$LOAD" nap 7 40
	same 7 "$(chart hrtimer_nanosleep | sum)" &&
		same 7 "$(chart | grep '^.\(32\|64\|128\|256\|512\)M,\|^.[0-9]*G,' | sum)"
}

funcslower()
{
	sample funcslower hrtimer_nanosleep 30000 -- "$LOAD" nap 3 40
	same 3 "$(awk '$2 == "sample_load" && $3 >= 40000 && $4 == 0 && $5 == "hrtimer_nanosleep"' out |
		wc -l)" && same 4 "$(wc -l < out)" || return
	sample funcslower hrtimer_nanosleep 1000000000 -- "$LOAD" nap 3 40
	same 1 "$(wc -l < out)"
}

# A function that is called from one place, and an event.
# A function, and an event.
stackcount()
{
	sample stackcount 'probe:__*_sys_getpriority' -- "$LOAD" calls 30 &&
		same 30 "$(stacks '' '\n__[a-z0-9]*_sys_getpriority\\+')" || return
	sample stackcount syscalls:sys_enter_getpriority -- "$LOAD" calls 30 &&
		same 30 "$(stacks '' '')" && same 1 "$(lines '^  30 (100.0%)$')"
}
