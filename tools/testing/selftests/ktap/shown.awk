# SPDX-License-Identifier: GPL-2.0
#
# ktap - Compares what a document shows with what was printed
#
#	awk -v numbers="NUMBER..." -f shown.awk SHOWN PRINTED
#
# Of what is shown, "..." as a line stands for any number of lines, and at the end of one
# for the rest of it; and these for all of their kind:
#
#	5		a number, unless "numbers" has it, or is "all"; but digits of
#			words, as in openat2, and what is negative are as they are.
#			Those that "numbers" has must be shown.
#	0x5		an address or offset
#	[4K, 8K)	a range, unless "numbers" is "all"
#	|@@@   |	a bar that is not empty
#	blanks		at least one blank
#
# All else has to be there. And each line of it has to count: if a changed or a missing
# one would match as well, that is a failure.

function is_word(c) {
	return c ~ /[A-Za-z_]/
}

# The number at the beginning of a text, as a pattern.
function number(text,    digits) {
	match(text, /^[0-9]+/)
	digits = substr(text, 1, RLENGTH)
	taken = RLENGTH
	if (digits in exact)
		exact[digits]++
	return (digits in exact) || all ? digits : "[0-9]+"
}

# A word with all its digits, or one other thing.
function piece(text, before) {
	if (match(text, /^\.\.\.$/)) {
		taken = RLENGTH
		return ".*"
	}
	if (match(text, /^ +/)) {
		taken = RLENGTH
		return " +"
	}
	if (!is_word(before) && match(text, /^0x[0-9a-f]+/)) {
		taken = RLENGTH
		return "0x[0-9a-f]+"
	}
	if (!all && match(text, /^\[[0-9]+[KMGT]?, [0-9]+[KMGT]?\)/)) {
		taken = RLENGTH
		return "\\[[0-9]+[KMGT]?, [0-9]+[KMGT]?\\)"
	}
	if (match(text, /^\|@+ *\|/)) {
		taken = RLENGTH
		return "\\|@+ *\\|"
	}
	if (match(text, /^\| +\|/)) {
		taken = RLENGTH
		return "\\|@* *\\|"
	}
	if (match(text, /^----*/)) {
		taken = RLENGTH
		return "----*"
	}
	if (match(text, /^[A-Za-z_][A-Za-z_0-9]*(\.[A-Za-z0-9_]+)*/)) {
		taken = RLENGTH
		before = substr(text, 1, RLENGTH)
		gsub(/\./, "[.]", before)
		return before
	}
	if (text ~ /^[0-9]+([^A-Za-z_0-9]|$)/)
		return number(text)
	if (before !~ /[A-Za-z_0-9]/ && match(text, /^-[0-9]+/)) {
		taken = RLENGTH
		return substr(text, 1, RLENGTH)
	}
	taken = 1
	before = substr(text, 1, 1)
	return before == "\\" || before == "^" ? "\\" before : "[" before "]"
}

function pattern(line,    re, before) {
	sub(/[ \t]+$/, "", line)
	re = "^"
	# Columns are as wide as what is in them.
	if (match(line, /^( +|\[)/)) {
		sub(/^ +/, "", line)
		re = re " *"
	}
	while (line != "") {
		re = re piece(line, before)
		before = substr(line, taken, 1)
		line = substr(line, taken + 1)
	}
	return re "[ \t]*$"
}

# Do the lines from w on match what was printed from g on?
function match_from(w, g) {
	while (w <= nr_want && want[w] != "...") {
		if (w > reached)
			reached = w
		if (g > nr_got || got[g] !~ re[w])
			return 0
		w++
		g++
	}
	if (w > nr_want)
		return g > nr_got
	if (w == nr_want)
		return 1
	for (; g <= nr_got; g++)
		if (match_from(w + 1, g))
			return 1
	return 0
}

# A line that is like none, and one that is missing, must be noticed.
function is_strict(    i, j, keep) {
	for (i = 1; i <= nr_want; i++) {
		if (want[i] == "...")
			continue
		keep = re[i]
		re[i] = "^another$"
		j = match_from(1, 1)
		re[i] = keep
		if (j) {
			print "this line does not count: " want[i]
			return 0
		}
		if (want[i - 1] == "..." || want[i + 1] == "...")
			continue
		keep = want[i]
		for (j = i; j < nr_want; j++) {
			re[j] = re[j + 1]
			want[j] = want[j + 1]
		}
		nr_want--
		if (match_from(1, 1)) {
			print "without this line it is the same: " keep
			return 0
		}
		nr_want++
		for (j = nr_want; j > i; j--) {
			re[j] = re[j - 1]
			want[j] = want[j - 1]
		}
		want[i] = keep
		re[i] = pattern(keep)
	}
	return 1
}

BEGIN {
	nr_want = nr_got = reached = 0
	split(numbers, list, " ")
	for (i in list)
		exact[list[i]] = 0
	all = numbers == "all"
}
FILENAME == ARGV[1] {
	want[++nr_want] = $0
	re[nr_want] = pattern($0)
	next
}
{
	got[++nr_got] = $0
}
END {
	for (i in exact) {
		if (!all && !exact[i]) {
			print "this number is not shown: " i
			exit 1
		}
	}
	if (match_from(1, 1))
		exit !is_strict()
	print "the first line that is not there: " want[reached]
	print "as a pattern: " re[reached]
	exit 1
}
