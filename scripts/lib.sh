# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the shell scripts here share.  Source it after "set -eu".

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${KTAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ktap}
export LC_ALL=C.UTF-8
# What was said to our make is not meant for that of the kernel.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES

# The kernel that the series is made for, and the one that is next to it.
BASE_KERNEL=7.3
OTHER_KERNEL=6.12

# Constant, so that the same source gives the same kernel and ccache finds it.
# Not CCACHE_BASEDIR: it hides the paths that the kernel takes out of __FILE__.
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 2026'
export KBUILD_BUILD_USER=ktap KBUILD_BUILD_HOST=ktap KBUILD_BUILD_VERSION=1
export CCACHE_DIR=$CACHE/ccache CCACHE_NOHASHDIR=1
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-2G}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Arguments that make every kernel build here use ccache where it is there.
cc_args() {
	if command -v ccache >/dev/null; then
		printf '%s\n' 'CC=ccache gcc' 'HOSTCC=ccache gcc'
	fi
}

# logged LABEL LOG COMMAND...: run COMMAND with its output in LOG, and say now
# and then that it is alive.  Its errors are shown when it fails.
logged() {
	local label=$1 log=$2 start=$SECONDS next=10 pid status=0
	shift 2
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	# shellcheck disable=SC2064
	trap "kill $pid 2>/dev/null; exit 130" INT TERM
	while kill -0 $pid 2>/dev/null; do
		sleep 0.2
		if [ $((SECONDS - start)) -ge $next ]; then
			next=$((next + 15))
			printf '  %-7s %3d s, %d lines: %s\n' "$label" \
				$((SECONDS - start)) "$(wc -l <"$log")" \
				"$(tail -n 1 "$log" | cut -c1-60)" >&2
		fi
	done
	wait $pid || status=$?
	trap - INT TERM
	if [ $status -ne 0 ]; then
		# With make -j the error is not where the output ends.
		grep -n -B3 -A12 -E '(error|Error|undefined reference|No such file)' \
			"$log" | head -n 60 >&2 || :
		tail -n 15 "$log" >&2
		printf '%s: %s failed (%d), see %s\n' "${0##*/}" "$label" \
			$status "$log" >&2
	fi
	return $status
}

# Debian's own archive, wherever this machine takes it from.
debian_archive() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' \
		'Created-By: Packages' | awk '$2 == "Debian" && $3 == "Debian" {
			print $1; exit }'
}

# kernel_id: the name that a kernel has in the cache: 7.3, 6.12, or one made
# from the path of KDIR.  Knows of 7.3 that it could not be fetched.
kernel_id() {
	if [ -n "${KDIR:-}" ]; then
		[ -f "$KDIR/Kbuild" ] || die "KDIR=$KDIR is not a kernel tree"
		printf 'kdir-%s\n' \
			"$(printf %s "$(realpath "$KDIR")" | sha1sum | cut -c1-8)"
	else
		basename "$("$TOP/scripts/fetch" "${KERNEL:-$BASE_KERNEL}")" |
			sed 's/^linux-source-//'
	fi
}
