#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Draws what is on a real kernel, and compares it with the table; prints TAP
#
# With arguments only those functions run that are named. KTAP_PICTURES is a
# directory where pictures are left to be looked at.
set -u
export LC_ALL=C TZ=UTC
unset COLUMNS

DIR="$(dirname "$(readlink -f "$0")")"
. "${DIR}"/functions.sh

# mixed_load TIMES: files, pipes, processes, and something to compute
mixed_load()
{
	echo "times=$1" > load
	cat >> load <<-'END'
	while [ $((times -= 1)) -ge 0 ]; do
		dd if=/dev/zero of=data bs=4k count=500 2>&1 | cat > /dev/null
		cat data - < data | wc -c > /dev/null
		ls -lR /etc > /dev/null
		sort /proc/kallsyms 2> /dev/null | tail -n 1 > /dev/null
		i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); done
	done
	END
}

# What print() makes of pairs of a stack and a number, as folded stacks are.
fold()
{
	awk -F '\t' '{
		line = $1
		sub(/\+0x[0-9a-f]+\/0x[0-9a-f]+/, "", line)
		if (line != "")
			path = path == "" ? line : line ";" path
		if (NF > 1) {
			sum[path == "" ? "[no stack]" : path] += $2
			path = ""
		}
	}
	END { for (path in sum) print path, sum[path] }' "$1" | sort
}

# frames PICTURE: depth, start, count, x, width and name of each frame
frames()
{
	# Attributes have quotes around them, and none in them.
	awk -F '"' '/^<svg class="f i"/ {
		name = $(NF)
		sub(/^><title>/, "", name)
		print $(NF - 5), $(NF - 3), $(NF - 1), $4, $8, name
	}' "$1" | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&#39;/'"'"'/g; s/&amp;/\&/g'
}

# folded_frames FILE: depth, start, count and name of each frame of folded stacks
folded_frames()
{
	awk '{
		count = $NF
		sub(/ [0-9]+$/, "")
		nr = split($0, name, ";")
		for (same = 1; same <= nr && same <= old; same++) {
			if (name[same] != path[same])
				break
			n[open[same]] += count
		}
		for (i = same; i <= nr; i++) {
			path[i] = name[i]
			open[i] = ++last
			depth[last] = i
			start[last] = total + 0
			n[last] = count
			text[last] = name[i]
		}
		old = nr
		total += count
	}
	END {
		print 0, 0, total, "all"
		for (i = 1; i <= last; i++)
			if (n[i] * 11800 >= total)
				print depth[i], start[i], n[i], text[i]
	}' "$1"
}

# is_exact PICTURE FOLDED: each frame is where and as wide as its count says
is_exact()
{
	folded_frames "$2" > want
	frames "$1" > drawn
	cut -d ' ' -f 1-3,6- drawn > got
	same_files want got || return
	[ -s got ] || return
	awk 'NR == 1 { total = $3 }
	function far(a, b) { return a - b > 0.00011 || b - a > 0.00011 }
	far($4 - 10, $2 * 1180 / total) || far($5, $3 * 1180 / total) { print; bad = 1 }
	END { exit bad }' drawn
}

keep()
{
	[ -z "${KTAP_PICTURES:-}" ] || cp "$@" "$KTAP_PICTURES"
}

# What is drawn without a word of it in the script is what pairs() goes through.
flame_graph()
{
	mixed_load 3
	"$tool" -q -a --svg flame.svg --folded flame.folded -o table -e 'var s = {}
		profile-999us { s[stack()] += 1 }
		trace_end { for (k, v in pairs(s)) { print(k, v) } }' -- sh load || return
	keep flame.svg flame.folded
	fold table > want
	sort flame.folded > got
	same_files want got && is_exact flame.svg flame.folded || return
	# A second of one CPU is a thousand hits.
	total=$(awk '{ n += $NF } END { print n }' flame.folded)
	echo "$total hits, $(wc -l < flame.folded) stacks, $(wc -l < drawn) frames"
	[ "$total" -ge 200 ] && grep -q ';vfs_read' flame.folded
}

# User code is below the kernel, and both are above the name of the task.
whole_stacks()
{
	mixed_load 1
	"$tool" -q --svg whole.svg --folded whole.folded -o table -e 'var s = {}
		trace syscalls:sys_enter_* { s[execname, stack(), ustack()] += 1 }
		trace_end {
			var n = 0
			for (k, v in pairs(s)) { n += v }
			print(n)
		}' -- sh load || return
	keep whole.svg whole.folded
	same "$(cat table)" "$(awk '{ n += $NF } END { print n }' whole.folded)" || return
	is_exact whole.svg whole.folded || return
	for comm in dd cat ls sort sh; do
		grep -q "^$comm\(;[^;]*\)*[; ]" whole.folded || { echo "no $comm"; return 1; }
	done
}

# Each tick of which 5 values are known is a column of 5.
heat_map()
{
	"$tool" -q --svg heat.svg -o table -e 'var h = hist()
		var n = 0
		tick-20ms {
			n += 1
			for (i = 1, 5) { h <<< n * i }
			print_hist(h)
			if (n == 20) { exit() }
		}' || return
	keep heat.svg
	grep -q '>heat map of 100 values in 20 prints<' heat.svg || return
	awk -F '"' '/^<rect class="i cell"/ { print $(NF - 5), $(NF - 3), $(NF - 1) }' \
		heat.svg > got
	# The columns of two ticks that came together are one.
	awk '{ n[$1] += $3; total += $3 }
	END {
		for (col in n)
			if (n[col] % 5) { print col, n[col]; bad = 1 }
		exit bad || total != 100
	}' got || return
	awk '{ n[$2] += $3 } END { for (range in n) print range, n[range] }' got | sort > ranges
	awk 'BEGIN {
		for (n = 1; n <= 20; n++)
			for (i = 1; i <= 5; i++) {
				range = 0
				for (v = n * i; v; v = int(v / 2))
					range++
				count[range]++
			}
		for (range in count)
			print range, count[range]
	}' | sort > want
	same_files want ranges
}

begin
[ $# -ne 0 ] || set -- flame_graph whole_stacks heat_map
run_functions "$@"
