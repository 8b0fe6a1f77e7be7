#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Runs the commands that the documents show, and compares what they print with
# what is shown; prints TAP
#
# doc-commands tells how a page marks them. All commands of a page run in one directory,
# from the top of the page to its end. shown.awk tells what may be different from what is
# shown.
#
# Commands that are shown without what they print are only compiled, and so is each
# phrase of the phrase book.
#
# With arguments only those blocks are run that are named, as tutorial/line-40.
# KTAP_TEST_VERBOSE shows what they print.
set -u
export LC_ALL=C TZ=UTC
unset COLUMNS

DIR="$(dirname "$(readlink -f "$0")")"
. "${DIR}"/functions.sh

#
# What is shown, and what is printed
#

# match WANT GOT [NUMBER...]
match()
{
	want=$1
	got=$2
	shift 2
	awk -v numbers="$*" -f "$DIR/shown.awk" "$want" "$got"
}

# matches WANT GOT [NUMBER...], of texts
matches()
{
	printf '%b' "$1" > w
	printf '%b' "$2" > g
	shift 2
	match w g "$@" > /dev/null
}

# differ WANT GOT [NUMBER...]
differ()
{
	! matches "$@" || { printf "'%s' and '%s' are not the same\n" "$1" "$2"; return 1; }
}

# The matcher itself: what is the same to it, and what is not.
matcher()
{
	{ matches 'a 5 b\n' 'a 123   b\n' && matches 'a 5\n' 'a 5\n' 5 &&
		matches 'x\n...\ny\n' 'x\ny\n' && matches 'x\n...\ny\n' 'x\n1\ny\n2\ny\n' &&
		matches 'a ...\n' 'a b c\n' && matches '  5 a\n' '12345 a\n' &&
		matches 'k+0x1/0x2\n' 'k+0xab/0xff\n' && matches '[1K, 2K) |@@ | 1\n' \
			'    [512, 1K) |@@@@@@@@| 77\n' && matches 'openat2(3)\n' 'openat2(4)\n' &&
		matches '1.500000 a\n' '22.000001 a\n'; } ||
		{ echo "these are the same"; return 1; }
	differ 'a 5 b\n' 'a 5 c\n' && differ 'a 5\n' 'a 6\n' 5 && differ 'a 5\n' 'a x\n' &&
		differ 'x\ny\n' 'x\n' && differ 'x\n' 'x\ny\n' && differ 'x\n...\ny\n' 'x\nz\n' &&
		differ 'a ...\n' 'b c\n' && differ 'a\tb\n' 'a b\n' && differ 'a b\n' 'ab\n' &&
		differ 'openat2\n' 'openat\n' && differ 'openat2\n' 'openat3\n' &&
		differ 'a.b\n' 'axb\n' && differ '[5]\n' '5\n' && differ '|@@|\n' '|  |\n' &&
		differ 'libc.so.6\n' 'libc.so.7\n' && differ 'a -2\n' 'a -3\n' &&
		differ 'a 5\n' 'a -5\n' && differ 'x\n' '' && differ '' 'x\n' &&
		differ 'a 5\n' 'a 5 5\n' && differ 'a 10\n' 'a 100\n' all
}

#
# Blocks of the pages
#

# note BLOCK KIND: what a comment of the page says of a block
note()
{
	[ ! -f "$1.$2" ] || cat "$1.$2"
}

# There is a file of the name that the page gives it.
file_block()
{
	name=$(note "$1" file)
	cp "$1.text" "$name"
	case $name in
	*.kp)
		"$tool" -c "$name" ;;
	esac
}

# Runs the commands of a block, and compares.
run_block()
{
	condition=$(note "$1" if)
	if [ -n "$condition" ] && ! sh -c "$condition" > /dev/null 2>&1; then
		echo "not so: $condition"
		return "$KSFT_SKIP"
	fi
	timeout 120 sh "$1.sh" > printed 2>&1 < /dev/null
	# Of this the machine is to blame.
	sed '/^ktap: [0-9]* ticks lost: /d' printed > got
	cat "$1.sh" got
	# shellcheck disable=SC2046 # these are words
	match "$1.out" got $(note "$1" exact) && is_idle
}

# check_block BLOCK: its commands are right, as far as that can be said without running
check_block()
{
	sed 's/^ktap /ktap -c /' "$1.check" > checked
	[ "$(grep -c '^ktap -c ' checked)" -gt 0 ] || { echo "no command"; return 1; }
	timeout 120 sh -e checked > got 2>&1 || { cat checked got; return 1; }
	[ ! -s got ] || { cat got; return 1; }
}

script_block()
{
	"$tool" -c "$1.text"
}

# page NAME DOCUMENT [commands]: takes a page apart; its blocks, or only those that are
# commands, are added to the list
page()
{
	name=$1
	mkdir "$name"
	"$COMMANDS" "$2" "$name" || exit "$KSFT_FAIL"
	for block in $(find "$name" -name '*.sh' -o -name '*.check' -o -name '*.text' |
			sort -t - -k 2n); do
		case ${block##*.} in
		sh)
			blocks="$blocks run_block:$tmp/${block%.*}" ;;
		check)
			blocks="$blocks check_block:$tmp/${block%.*}" ;;
		text)
			if [ -f "${block%.*}.file" ]; then
				blocks="$blocks file_block:$tmp/${block%.*}"
			elif [ -z "${3:-}" ]; then
				blocks="$blocks script_block:$tmp/${block%.*}"
			fi ;;
		esac
	done
}

#
# The phrase book
#

# Each phrase, as "line-N TEXT": a line of a block that begins with "ktap", and what is
# quoted in the last column of a table
phrases()
{
	awk '
	/^[ \t]+ktap  / {
		sub(/^[ \t]+ktap +/, "")
		print "script " $0
	}
	/^=+ +=+/ {
		match($0, / =+$/)
		column = RSTART + 1
		next
	}
	/^$/ { column = 0 }
	column && !/^[^ ].* +ktap$/ {
		text = substr($0, column)
		while (match(text, /``[^`]*``/)) {
			print "phrase " substr(text, RSTART + 2, RLENGTH - 4)
			text = substr(text, RSTART + RLENGTH)
		}
	}' "$1"
}

# A phrase is a script, or part of one: an event, a statement of a handler, a value.
compiles()
{
	prelude='var s = {} var h = hist() var start = {} var x = 1 var n = 1'
	handler='trace syscalls:sys_exit_read'
	return='trace probe:vfs_read%return'
	for script in "$1" "$prelude $1" "$prelude trace_end { $1 }" "$1 { }" "trace $1 { }" \
			"$prelude $handler { $1 }" "$prelude $handler { print($1) }" \
			"$prelude $return { print($1) }" "$prelude trace_end { print($1) }" \
			"$prelude $handler $1 { }"; do
		"$tool" -c -e "$script" > /dev/null 2>&1 && return
	done
	echo "this does not compile: $1"
	"$tool" -c -e "$prelude $handler { $1 }"
	return 1
}

# is_option TEXT: the tool has it
is_option()
{
	case $1 in
	-*)
		"$tool" -h | grep -q -e "[[ ]$1 " ;;
	*)
		return 1 ;;
	esac
}

phrase_book()
{
	if ! { "$tool" -lf bash readline && "$tool" -lf libc.so.6 malloc; } > /dev/null 2>&1; then
		echo "no libelf, or no symbols in bash or libc.so.6"
		return "$KSFT_SKIP"
	fi
	phrases "$BOOK" > found
	[ "$(grep -c '^script' found)" -ge 10 ] || { echo "few scripts"; return 1; }
	[ "$(grep -c '^phrase' found)" -ge 30 ] || { echo "few phrases"; return 1; }
	while read -r kind text; do
		case $kind in
		script)
			"$tool" -c -e "$text" || { echo "in: $text"; return 1; } ;;
		phrase)
			is_option "$text" || compiles "$text" || return 1 ;;
		esac
	done < found
	! compiles 'no_such_function(5)' > /dev/null 2>&1 || { echo "anything compiles"; return 1; }
}

# find_page NAME PLACE: where a page is, installed or in the tree
find_page()
{
	[ -f "$DIR/$1" ] && echo "$DIR/$1" || echo "$DIR/../../../../$2/$1"
}

begin
PATH=$tmp:$PATH
COMMANDS=$DIR/doc-commands
[ -f "$COMMANDS" ] || COMMANDS=$DIR/../../../ktap/tests/doc-commands
BOOK=$(find_page ktap-phrases.rst Documentation/trace)
blocks=
page tutorial "$(find_page ktap-tutorial.rst Documentation/trace)"
page intro "$(find_page ktap.rst Documentation/trace)"
page json "$(find_page ktap-json.rst Documentation/trace)" commands
page language "$(find_page ktap-language.rst Documentation/trace)" commands
page man "$(find_page ktap/ktap.rst Documentation/tools)" commands

if [ $# -eq 0 ]; then
	# shellcheck disable=SC2086
	set -- matcher phrase_book $blocks
else
	names=$*
	set --
	for name in $names; do
		for block in matcher phrase_book $blocks; do
			[ "${block#*"$tmp"/}" != "$name" ] || set -- "$@" "$block"
		done
	done
fi

ktap_set_plan $#
for block; do
	run_test "${block#*"$tmp"/}" "${block%%:*}" "${block#*:}"
done
ktap_finished
