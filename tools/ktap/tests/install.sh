#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Tests of "make install"; prints "ok - NAME" and "not ok - NAME"
#
#	install.sh OUTPUT-DIRECTORY

set -u
export LC_ALL=C
out=${1%/}
cd "$(dirname "$0")/.." || exit 1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
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

# installed MAN ARGUMENT...: what make install makes below $dir, and what it should
installed()
{
	man=$1
	shift
	rm -rf "$dir/to"
	make -s install OUTPUT="$out/" DESTDIR="$dir/to" "$@" > "$dir/log" 2>&1 || cat "$dir/log"
	(cd "$dir/to" && find . -type f) | sort > "$dir/got"
	{
		echo ./usr/bin/ktap
		echo ./usr/share/bash-completion/completions/ktap
		echo ./usr/share/vim/vimfiles/ftdetect/ktap.vim
		echo ./usr/share/vim/vimfiles/syntax/ktap.vim
		find samples -name '*.kp' | sed 's,^,./usr/share/ktap/,'
		[ -z "$man" ] || echo ./usr/share/man/man1/ktap.1
	} | sort > "$dir/want"
	diff "$dir/want" "$dir/got"
}

installed '' prefix=/usr RST2MAN=
result $? "files without a man page"
if command -v rst2man > /dev/null; then
	installed man prefix=/usr
	result $? "files"
	grep -q '^\.TH "\{0,1\}KTAP"\{0,1\} "\{0,1\}1' "$dir/to/usr/share/man/man1/ktap.1"
	result $? "man page"
else
	echo "man page: skipped, there is no rst2man"
fi
"$dir/to/usr/bin/ktap" -c "$dir/to/usr/share/ktap/samples/basics/hello.kp"
result $? "a script that is installed"
exit $failed
