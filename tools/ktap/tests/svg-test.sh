#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Tests of pictures as files; prints "ok - NAME" and "not ok - NAME"
#
#	svg-test.sh PICTURES
#
# PICTURES is the program that writes them. Python reads them, and, where there is
# one, a browser shows them and is used by svg-click.js: $CHROMIUM or that on PATH.

set -u
tests=$(cd "$(dirname "$0")" && pwd)
pictures=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

# check SVG [FOLDED]: reads a picture
check()
{
	if ! "$tests/svg-check" "$@" >"$dir/got" 2>&1; then
		failed=1
		grep -q '^not ok' "$dir/got" || echo "not ok - it can be read" >>"$dir/got"
	fi
	sed "s,^\(.*ok - \),\1$(basename "$1" .svg): ," "$dir/got"
}

# A picture with a script more, which uses it.
add_script()
{
	sed '$d' "$dir/flame.svg"
	printf '<script><![CDATA['
	cat "$tests/svg-click.js"
	printf ']]></script>\n</svg>\n'
}

browse()
{
	add_script >"$dir/click.svg"
	HOME=$dir timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic \
		--no-first-run --disable-background-networking --disable-component-update \
		--disable-sync --user-data-dir="$dir/browser" --window-size=1200,800 \
		--dump-dom "file://$dir/click.svg" >"$dir/dom" 2>"$dir/err"
	sed -n 's/&gt;/>/g; s/^.*>\(\(not \)\{0,1\}ok - \)/\1/; /ok - /p' "$dir/dom"
	if ! grep -q '^end' "$dir/dom" || grep -q 'not ok' "$dir/dom"; then
		failed=1
		grep -q 'not ok' "$dir/dom" || echo "not ok - a browser shows the picture"
	fi
}

if ! "$pictures" "$dir"; then
	echo "not ok - pictures can be written"
	exit 1
fi
if command -v python3 >/dev/null; then
	check "$dir/nothing.svg"
	check "$dir/flame.svg" "$dir/flame.folded"
	check "$dir/heat.svg"
	check "$dir/weird.svg" "$dir/weird.folded"
else
	echo "skipped: there is no python3 to read pictures"
fi
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser)}
if [ -n "$chromium" ]; then
	browse
else
	echo "skipped: there is no chromium to show pictures"
fi
exit $failed
