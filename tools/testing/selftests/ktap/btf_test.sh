#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# ktap - Reads structures of the running kernel by name; prints TAP
#
# What scripts read is compared with what the kernel tells elsewhere.
set -u
export LC_ALL=C

DIR="$(dirname "$(readlink -f "$0")")"
. "${DIR}"/functions.sh

BTF=/sys/kernel/btf/vmlinux

need_btf()
{
	[ -r $BTF ] || { echo "no BTF"; return "$KSFT_SKIP"; }
}

# has FILE PATTERN...: it has a line like each of them
has()
{
	file=$1
	shift
	for pattern in "$@"; do
		grep -q -- "$pattern" "$file" || { cat "$file"; return 1; }
	done
}

# What a kernel without types says names what works without them.
no_types()
{
	[ ! -e $BTF ] || { echo "this kernel has BTF"; return "$KSFT_SKIP"; }
	"$tool" -c -e 'trace probe:vfs_read { print(args.file->f_pos) }' > out 2>&1
	same 1 $? && has out 'error: this kernel has no BTF' CONFIG_DEBUG_INFO_BTF 'args\[N\]'
}

inode_of_file()
{
	need_btf || return
	echo text > some_file
	"$tool" -q -o out -e 'trace probe:vfs_read /execname == "cat"/ {
			var name = kernel_string(args.file->f_path.dentry->d_name.name)
			if (name == "some_file") {
				print(args.file->f_inode->i_ino, args.file->f_inode->i_size,
				      args.count > 0, args.file->f_inode->i_mode)
				exit()
			}
		}' -- cat some_file > /dev/null
	same "0 $(stat -c '%i	%s	true' some_file)	$((0x$(stat -c %f some_file)))" \
		"$? $(cat out)"
}

# The thread that ends is the current one.
task_that_ends()
{
	need_btf || return
	"$tool" -q -o out -e 'trace probe:exit_signals /execname == "true"/ {
			var t = cast("struct task_struct", args[0])
			print(t->pid == tid, t->tgid == pid, t->comm == execname, t->comm,
			      t->comm[0], t->real_parent->tgid == ppid)
			print(args.tsk == args[0], args.tsk->pid == tid,
			      args.tsk->signal->nr_threads)
		}' -- sh -c 'exec true'
	same "0 true	true	true	true	116	true
true	true	1" "$? $(cat out)"
}

# From the thread that ends to the first process, and what /proc says.
ancestors()
{
	need_btf || return
	"$tool" -q -o out -e 'trace probe:exit_signals /execname == "sleep"/ {
			for (t = args.tsk; t->tgid != 0; t = t->real_parent) { print(t->tgid) }
		}' -- sh -c 'sleep 1000 & pid=$! child=$!
			while [ $pid -gt 0 ]; do
				echo $pid
				pid=$(sed "s/.*) . //; s/ .*//" /proc/$pid/stat)
			done > want
			kill $child
			wait'
	same 0 $? && [ "$(wc -l < out)" -gt 2 ] && same_files want out
}

# What a function returns, and an argument of less than 64 bits.
opened_file()
{
	need_btf || return
	echo text > other_file
	"$tool" -q -o out -e 'var last
		trace probe:do_sys_openat2 /execname == "cat"/ { last = args.dfd }
		trace probe:do_file_open%return /execname == "cat"/ {
			var file = retval
			if (kernel_string(file->f_path.dentry->d_name.name) == "other_file") {
				print(last, file->f_inode->i_ino, file == retval)
			}
		}' -- cat other_file > /dev/null
	same "0 -100	$(stat -c %i other_file)	true" "$? $(cat out)"
}

# Functions of a glob that have it in the same place, and some that have not.
globs()
{
	need_btf || return
	echo text > third_file
	"$tool" -q -o out -e 'var n = {}
		trace probe:vfs_rea[d], probe:vfs_writ[e] /execname == "dd"/ {
			n[func, args.file->f_inode->i_ino] += args.count
		}
		trace_end { for ([f, i], v in sort_pairs(n)) { print(f, i, v) } }' -- \
		dd if=third_file of=fourth_file bs=3 count=1 2> /dev/null
	same 0 $? && has out "^vfs_read	$(stat -c %i third_file)	3$" \
		"^vfs_write	$(stat -c %i fourth_file)	3$" || return
	"$tool" -c -e 'trace probe:vfs_read, probe:vfs_open { print(args.file) }' 2> err
	same 1 $? && has err "'file' is parameter 0 of 'vfs_read', but 1 of 'vfs_open'"
}

# Where a pointer leads nowhere.
bad_pointer()
{
	need_btf || return
	"$tool" -q -o out -e 'print(cast("struct task_struct", 8)->comm,
			cast("struct task_struct", 8)->real_parent->real_parent->pid)' 2> err
	same "0 nil	nil" "$? $(cat out)" && one_line err 'reads of memory that is not there'
}

FUNCTIONS='no_types inode_of_file task_that_ends ancestors opened_file globs bad_pointer'

begin
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $FUNCTIONS
run_functions "$@"
