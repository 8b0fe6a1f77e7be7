#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Tests of the colors for vim; prints "ok - NAME" and "not ok - NAME"
#
#	syntax.sh [-u] WORDS
#
# WORDS prints the words of the language. With -u those of builtin names are written
# to the file.

set -u
export LC_ALL=C
vim=$(cd "$(dirname "$0")" && pwd)/../vim
syntax=$vim/syntax/ktap.vim
update=
if [ "${1-}" = -u ]; then
	update=yes
	shift
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
"$1" > "$dir/words" || exit 1
failed=0

# result STATUS NAME
result()
{
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		failed=1
	fi
}

# words KIND: of the language, sorted
words()
{
	sed -n "s/^$1 //p" "$dir/words" | sort -u
}

# in_file GROUP...: words of these groups in the file, sorted
in_file()
{
	for group; do
		sed -n "s/^syn keyword $group //p" "$syntax"
	done | tr ' ' '\n' | sort
}

# keywords GROUP KIND: as lines of the file
keywords()
{
	words "$2" | tr '\n' ' ' | fold -s -w 70 | sed "s/^/syn keyword $1 /; s/ *\$//"
	echo
}

if [ -n "$update" ]; then
	{
		sed '/^" Builtin names$/q' "$syntax"
		keywords ktapVariable variable
		keywords ktapFunction function
		words member | sed 's/\./\\./; s/.*/syn match ktapFunction "\\<&\\>"/'
		sed -n '/^" End of names$/,$p' "$syntax"
	} > "$dir/new"
	cat "$dir/new" > "$syntax"
	exit
fi

# same NAME KIND GROUP...
same()
{
	name=$1
	words "$2" > "$dir/want"
	shift 2
	in_file "$@" > "$dir/got"
	diff "$dir/want" "$dir/got"
	result $? "$name"
}

same "keywords" keyword ktapConditional ktapRepeat ktapOperator ktapConstant ktapStatement
same "builtin variables" variable ktapVariable
same "builtin functions" function ktapFunction
words member > "$dir/want"
sed -n 's/^syn match ktapFunction "\\<\(.*\)\\>"/\1/p' "$syntax" | sed 's/\\//g' > "$dir/got"
diff "$dir/want" "$dir/got"
result $? "functions of libraries"

# Which color has what, as vim sees it: line, column, group.
if ! command -v vim > /dev/null || ! vim --version | grep -q '+syntax'; then
	echo "colors in vim: skipped, there is no vim"
	exit $failed
fi
cat > "$dir/test.kp" <<'END'
# a comment, TODO
var s = {} trace sched:sched_switch, irq:* /cpu == 0/ { s[args.pid] += 1 }
trace_end { for (k, v in pairs(s)) { printf("%d\n", v) } }
tick-1s { ansi.clear_screen() } var t = $1 .. pid .. 0x1f .. s->pid
END
cat > "$dir/want" <<'END'
1:1 ktapComment
1:14 ktapTodo
2:1 ktapStatement
2:12 ktapStatement
2:18 ktapEvent
2:38 ktapEvent
2:45 ktapVariable
2:59 ktapVariable
2:63 ktapField
2:69 ktapOperator
3:1 ktapStatement
3:13 ktapRepeat
3:24 ktapRepeat
3:27 ktapFunction
3:38 ktapFunction
3:45 ktapString
3:46 ktapFormat
3:48 ktapEscape
4:1 ktapEvent
4:11 ktapFunction
4:33 ktapStatement
4:41 ktapArgument
4:47 ktapVariable
4:54 ktapNumber
4:64 ktapField
END
cat > "$dir/script.vim" <<END
let g:lines = ["filetype " . &filetype]
for line in readfile("$dir/want")
	let pos = split(split(line)[0], ":")
	let id = synID(pos[0], pos[1], 0)
	call add(g:lines, split(line)[0] . " " . synIDattr(id, "name"))
endfor
call writefile(g:lines, "$dir/got")
quit!
END
HOME=$dir timeout 60 vim -Nu NONE -i NONE -n -es --cmd "set rtp^=$vim" --cmd 'filetype on' \
	--cmd 'syntax on' -S "$dir/script.vim" "$dir/test.kp" < /dev/null > /dev/null 2>&1
sed -i '1i filetype ktap' "$dir/want"
diff "$dir/want" "$dir/got"
result $? "colors in vim"
exit $failed
