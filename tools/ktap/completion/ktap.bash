# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# ktap - Completion for bash: options, events, scripts and samples
#
# Options are those that "ktap --help" shows. Events need the right to read
# tracefs; without it there are none to choose from.

# _ktap_reply WORD...: what begins as the current word does
_ktap_reply()
{
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
}

_ktap_options()
{
	# A bracket or a blank ends a name, and the text is behind two.
	_ktap_reply "$("$prog" --help 2>/dev/null |
		sed -n 's/^  \(-[-A-Za-z]*\).*/\1/p')"
}

_ktap_events()
{
	local word=${cur#[\"\']} colon

	mapfile -t COMPREPLY < <(compgen -W "$("$prog" -le 2>/dev/null)" -- "$word")
	# What is before the last colon is another word for bash.
	[[ $COMP_WORDBREAKS == *:* && $word == *:* ]] || return 0
	colon=${word%:*}:
	COMPREPLY=("${COMPREPLY[@]#"$colon"}")
}

# Scripts here, and the samples that are installed with the tool.
_ktap_scripts()
{
	local dir

	mapfile -t COMPREPLY < <(compgen -f -X '!*.kp' -- "$cur"
		compgen -d -S / -- "$cur")
	dir=$(dirname -- "$(command -v -- "$prog")")/../share/ktap/samples
	[[ $cur != */* && -d $dir ]] || return 0
	dir=$(cd "$dir" && pwd)
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(
		for file in "$dir"/*/"$cur"*.kp; do
			[[ ! -f $file ]] || printf '%s\n' "$file"
		done)
}

_ktap()
{
	local prog=${COMP_WORDS[0]} cur=${COMP_WORDS[COMP_CWORD]} prev i=$COMP_CWORD

	# An event is three words for bash, of which the second one is its colon.
	if ((i > 1)) && [[ ${COMP_WORDS[i]} == : ]]; then
		i=$((i - 1))
		cur=${COMP_WORDS[i]}:
	elif ((i > 2)) && [[ ${COMP_WORDS[i - 1]} == : ]]; then
		i=$((i - 2))
		cur=${COMP_WORDS[i]}:$cur
	fi
	prev=${COMP_WORDS[i - 1]}
	COMPREPLY=()
	case $prev in
	-le | -s)
		_ktap_events ;;
	-p)
		_ktap_reply "$(cd /proc && printf '%s ' [1-9]*)" ;;
	-C)
		_ktap_reply "$(cd /sys/devices/system/cpu &&
			printf '%s ' cpu[0-9]* | sed 's/cpu//g')" ;;
	-o | -O | -lf | -lm | --tracefs | --btf | --svg | --folded)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
	-e | -m | --buffer | --budget)
		;;
	*)
		if [[ $cur == -* ]]; then
			_ktap_options
		else
			_ktap_scripts
		fi ;;
	esac
}

complete -o filenames -F _ktap ktap
