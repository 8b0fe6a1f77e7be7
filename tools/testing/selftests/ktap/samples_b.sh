# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2016,SC2154 # names are those of Perl, or of functions.sh
#
# Tests of the samples of file, syscalls, memory, net and user; samples_test.sh reads this.

#
# A process that is traced from when it is told to work until it has done so. Other
# counts of the kernel can be begun and read while it waits.
#

# worker CODE: begin one that is going to run CODE, of perl
worker()
{
	need perl || return
	rm -f go told
	mkfifo go told || return
	perl -e '$| = 1; readline(STDIN); '"$1"'; print "done\n"; readline(STDIN)' \
		< go > told 2> worker.err &
	worker=$!
	exec 7<> go 8<> told
	wait_for waits
}

# It waits to be told something.
waits()
{
	grep -q pipe_read "/proc/$worker/wchan"
}

# watch SAMPLE [ARGUMENT...]: what the worker does
watch()
{
	script=$(echo "$SAMPLES"/*/"$1".kp)
	shift
	rm -f err
	"$tool" -v -p "$worker" "$script" "$@" > out 2> err &
	tracer=$!
	attached err "$tracer"
}

# Let it do its work.
work()
{
	echo go >&7
	read -r _ <&8
	wait_for waits
}

# Both are ended, the sample first.
end_watch()
{
	kill -TERM "$tracer"
	wait "$tracer"
	status=$?
	kill -KILL "$worker"
	wait "$worker" 2> /dev/null
	exec 7>&- 8>&-
	cat out err worker.err
	return $status
}

# count EVENT KEYS [VALUES] [FILTER]: count the worker's by a hist trigger; uncount
# prints lines of what is in it, and ends it
count()
{
	hist="hist:keys=$2:size=2048${3:+:vals=$3} if common_pid == $worker${4:+ && $4}"
	counted=$TRACING/events/$1
	echo "$hist" > "$counted"/trigger
}

uncount()
{
	grep '^{' "$counted"/hist
	echo "!$hist" > "$counted"/trigger
}

#
# file
#

# By what is known of a command, and of a process that runs.
opensnoop()
{
	: > here
	sample opensnoop -- cat here /no/such/file 2> /dev/null
	# Behind the title and the libraries.
	same "here /no/such/file" "$(sed -n '1d; /\.so/d; s/.* \(..*\)$/\1/p' out | xargs)" &&
		has '^ *[0-9]* cat  *[0-9][0-9]*   *here$' &&
		has '^ *[0-9]* cat  *-1  ENOENT  */no/such/file$' || return

	worker 'for (1 .. 9) { open(F, $_ < 6 ? ">" : "<", "f$_"); close(F) }' &&
		watch opensnoop && work
	end_watch
	same "f1 f2 f3 f4 f5 f6 f7 f8 f9" "$(sed '1d; s/.* //' out | xargs)" &&
		same 4 "$(lines ' -1  ENOENT ')"
}

statsnoop()
{
	need stat || return
	: > here
	worker 'stat("here"); lstat("/no/such/file"); stat(STDIN)' && watch statsnoop && work
	end_watch
	has "^ *$worker perl  *new[a-z]*stat[a-z]*   *here\$" &&
		has "^ *$worker perl  *new[a-z]*stat[a-z]*  *ENOENT  */no/such/file\$" &&
		same 3 "$(wc -l < out)" || return

	sample statsnoop -- stat here && has '^ *[0-9]* stat  *statx   *here$'
}

syncsnoop()
{
	need sync || return
	: > here
	sample syncsnoop -- sh -c 'sync here; sync -d here; sync -f here; sync'
	same "fsync fdatasync syncfs sync" \
		"$(sed -n 's/^ *[0-9]* sync  *\([a-z]*\)  *[0-9]*\.[0-9]*$/\1/p' out | xargs)"
}

VFS='vfs_read vfs_write vfs_open vfs_rename vfs_unlink'

vfs_counts()
{
	for func in $VFS; do
		counted=$TRACING/events/samples/$func
		uncount | sed 's/.*hitcount: *//'
	done
}

# The sum of all lines against events of the kernel's own.
vfsstat()
{
	[ -w "$TRACING"/kprobe_events ] || return "$KSFT_SKIP"
	worker 'use IO::Handle; $_ = "x";
		for my $n (1 .. 40) {
			open(F, "+>", "file$n"); syswrite(F, $_, 1) for 1 .. 7;
			sysseek(F, 0, 0); sysread(F, $_, 1) for 1 .. 5;
			F->sync() if $n % 2;
			close(F); rename("file$n", "to$n"); unlink("to$n") if $n % 4 == 0
		}' && watch vfsstat || return
	for func in $VFS; do
		echo "p:samples/$func $func" >> "$TRACING"/kprobe_events
		count samples/"$func" common_pid
	done
	work
	vfs_counts > want
	: > "$TRACING"/kprobe_events
	end_watch
	cat want
	same "$(xargs < want) 20" "$(awk '/^[0-9]/ { for (i = 2; i <= 7; i++) n[i] += $i }
		END { print n[2], n[3], n[4], n[6], n[7], n[5] }' out)" || return
	# The others are those that wait for us.
	same "201 281 40 40 10" "$(xargs < want)"
}

fileslower()
{
	head -c 12288 /dev/zero > input
	sample fileslower 0 -- dd if=input of=output bs=4096 count=3 || return
	same 3 "$(lines '^ *[0-9]* dd  *read  *4096  *[0-9.]* input$')" &&
		same 3 "$(lines '^ *[0-9]* dd  *write  *4096  *[0-9.]* output$')" || return

	# It reads before the other one, which looks, begins to wait for 60 ms.
	sample fileslower 50 -- perl -e 'pipe(R, W); my $pid = $$;
		if (!fork()) {
			for (;;) {
				open(F, "<", "/proc/$pid/wchan");
				last if <F> =~ /pipe_read/;
			}
			select(undef, undef, undef, 0.06);
			syswrite(W, "abc");
			exit
		}
		sysread(R, $_, 10); wait' || return
	has '^ *[0-9]* perl  *read  *3  *[0-9.]* *$' && awk '
		NR > 1 && $5 < 50 { print "short:", $0; bad = 1 }
		END { exit bad }' out || return

	sample fileslower 1000000 -- dd if=input of=output bs=4096 count=3 &&
		same 1 "$(wc -l < out)"
}

traceio()
{
	head -c 100000 /dev/zero > input
	sample traceio -- dd if=input of=output bs=1000 || return
	has '^dd  *vfs_read  *input  *|.* 100000$' && has '^dd  *vfs_write  *output  *|.* 100000$'
}

# A device that nobody has read, whose pages are those of a file.
cachestat()
{
	need losetup || return
	head -c 1048576 /dev/zero > disk
	loop=$(losetup -f --show "$tmp/disk") || return "$KSFT_SKIP"
	exec 6< "$loop"
	for run in 1 2; do
		worker "open(F, '<', '$loop'); while (sysread(F, \$_, 4096)) { }" &&
			watch cachestat && work
		end_watch
		awk 'NR > 1 { hits += $2; misses += $3; ratio = $4 }
			END { print hits, misses }' out > cache$run
	done
	exec 6<&-
	losetup -d "$loop"
	read -r hits misses < cache1
	[ "$hits" -eq 0 ] && [ "$misses" -gt 0 ] && same "$misses 0" "$(cat cache2)"
}

#
# syscalls
#

CALLS='getppid() for 1 .. 500; umask() for 1 .. 300; for (1 .. 70) { stat("/no/such/file") }
	for (1 .. 20) { open(F, "<", "/etc/passwd"); $_ = readline(F); close(F) }
	kill(0, 999999) for 1 .. 30; rmdir("told") for 1 .. 11; mkdir("/tmp")'

# Of all lines of hist, NAME COUNT.
by_call()
{
	uncount | sed 's/^{ .*id: sys_\([a-z0-9_]*\) .*hitcount: *\([0-9]*\).*/\1 \2/' | sort
}

syscount()
{
	worker "$CALLS" && watch syscount && count raw_syscalls/sys_enter id.syscall && work
	by_call > want
	end_watch
	sed -n 's/^sys_enter_\([^ ]*\)  */\1 /p' out | sort > got
	has '^total  *[0-9]*$' && same "getppid 500" "$(grep getppid want)" &&
		same_files want got
}

# With a screen or two on the way.
sctop()
{
	worker "$CALLS; select(undef, undef, undef, 1.5); getppid() for 1 .. 500" &&
		watch sctop && count raw_syscalls/sys_enter id.syscall && work
	by_call > want
	end_watch
	# The last table is that of the end.
	awk '/SYSTEM CALL/ { split("", n) }
		$2 == "perl" { n[$1] = $4 }
		END { for (name in n) print name, n[name] }' out | sort > got
	same "getppid 1000" "$(grep getppid want)" && same_files want got
}

syslatl()
{
	worker "$CALLS" && watch syslatl && count raw_syscalls/sys_enter id.syscall && work
	# It is in the last read() still.
	by_call | awk '{ print $1, $2 - ($1 == "read") }' > want
	end_watch
	awk -F '[][]' '/^ns\[/ { name = $2 }
		/\|.*\| *[0-9]*$/ { sub(/.*\|/, ""); n[name] += $0 }
		END { for (name in n) print name, n[name] }' out | sort > got
	same "getppid 500" "$(grep getppid want)" && same_files want got
}

errinfo()
{
	worker "$CALLS" && watch errinfo &&
		count raw_syscalls/sys_exit id.syscall,ret '' 'ret < 0' && work
	by_call > want
	end_watch
	sed -n 's/^perl  *\([a-z0-9_]*\)  *[A-Z]*  *|.*| *\([0-9]*\)$/\1 \2/p' out | sort > got
	same_files want got && has '^perl  *[a-z]*stat[a-z]*  *ENOENT .* 70$' &&
		has '^perl  *kill  *ESRCH .* 30$' && has '^perl  *rmdir  *ENOTDIR .* 11$' &&
		has '^perl  *mkdir  *EEXIST .* 1$'
}

#
# memory
#

kmalloc_stack()
{
	worker 'for (1 .. 50) { open(F, "<", "/proc/self/status"); @_ = readline(F); close(F);
			pipe(R, W); close(R); close(W) }' && watch kmalloc-stack &&
		count kmem/kmalloc common_pid bytes_alloc && work
	uncount > want
	end_watch
	cat want
	bytes=$(sed 's/.*bytes_alloc: *\([0-9]*\).*/\1/' want)
	[ "$bytes" -gt 10000 ] && has "^$bytes bytes by [0-9]* stacks$" &&
		has 'alloc_pipe_info+0x'
}

# The numbers of one histogram.
malloc_hist()
{
	[ -x "$DIR"/alloc_prog ] || { echo "no alloc_prog"; return "$KSFT_SKIP"; }
	sample malloc-hist -- "$DIR"/alloc_prog sizes || return
	has '^size\[alloc_prog\]:$' && has '^ *\[64, 128) |.*| *300$' &&
		has '^ *\[32K, 64K) |.*| *20$'
}

# leaked BYTES FUNCTION: so many are those of a stack that begins there
leaked()
{
	awk -v bytes="$1" -v name="$2" '
		/^$/ { inner = "" }
		/ \[alloc_prog\]$/ && !inner { inner = $1 }
		$1 == bytes && index(inner, name "+") == 1 { found = 1 }
		END { exit !found }' out || { echo "no $1 bytes of $2"; return 1; }
}

memleak()
{
	[ -x "$DIR"/alloc_prog ] || { echo "no alloc_prog"; return "$KSFT_SKIP"; }
	sample memleak -- "$DIR"/alloc_prog leak || return
	has '^32000 bytes in 16 pieces$' && leaked 10000 keep_malloc &&
		leaked 15000 keep_calloc && leaked 7000 keep_realloc
}

# as_likely SCORE: how many processes are at least as likely to be chosen
as_likely()
{
	cat /proc/[0-9]*/oom_score 2> /dev/null | awk -v n="$1" '$1 >= n' | wc -l
}

oomkill()
{
	need perl || return
	[ -w /proc/sysrq-trigger ] || return "$KSFT_SKIP"
	perl -e '$0 = "victim"; $x = "x" x 20_000_000; sleep 1000' &
	victim=$!
	wait_for grep -q victim /proc/$victim/comm
	echo 1000 > /proc/$victim/oom_score_adj
	if [ "$(as_likely "$(cat /proc/$victim/oom_score)")" -ne 1 ]; then
		kill $victim
		echo "others may be chosen"
		return "$KSFT_SKIP"
	fi
	traced -a oomkill -- sh -c "echo f > /proc/sysrq-trigger
		while grep -qs '[RSD] (' /proc/$victim/status; do sleep 0.1; done"
	wait $victim
	same 137 $? || return
	has "^..:..:.. *$victim victim  *[0-9]* kworker/.* ([0-9]*)$" &&
		awk 'END { exit !($4 >= 20000 && $4 <= 100000) }' out
}

#
# net
#

# What all of it needs: a server that listens, on a port that $port has.
LISTEN='use Socket;
	sub listener {
		socket(my $l, AF_INET, SOCK_STREAM, 0);
		bind($l, sockaddr_in(0, INADDR_LOOPBACK));
		listen($l, $_[0]);
		($port) = sockaddr_in(getsockname($l));
		return $l
	}
	sub client {
		socket(my $s, AF_INET, SOCK_STREAM, 0);
		connect($s, sockaddr_in($_[0], INADDR_LOOPBACK));
		return $s
	}
	sub local_port { return (sockaddr_in(getsockname($_[0])))[0] }
	sub note { open(F, ">>", "ports"); print F "@_\n"; close(F) }
'

tcpconnect()
{
	need perl || return
	rm -f ports
	sample tcpconnect -- perl -e "$LISTEN"'
		my $l = listener(5); note($port); client($port) for 1 .. 3;
		close($l); client($port)' || return
	port=$(cat ports)
	same 4 "$(lines "^ *[0-9]* perl  *127\.0\.0\.1:$port\$")" && same 5 "$(wc -l < out)"
}

tcpaccept()
{
	need perl || return
	rm -f ports
	traced -a tcpaccept -- perl -e "$LISTEN"'
		my $l = listener(5);
		for (1 .. 3) {
			my $s = client($port);
			note($port, local_port($s));
			accept(A, $l)
		}' || return
	sed 's/ / 127.0.0.1:/' ports > want
	sed -n 's/^ *[0-9]* perl  *//p' out > got
	same 3 "$(wc -l < want)" && same_files want got
}

# The client ends, then the server; it is over when nothing but TIME_WAIT is left.
tcplife()
{
	need perl || return
	rm -f ports
	traced -a tcplife -- perl -e "$LISTEN"'
		my $l = listener(5), $s = client($port);
		note($port, local_port($s));
		accept(A, $l);
		for (1 .. 100) { syswrite($s, "x" x 1000); sysread(A, $_, 5000) == 1000 or die }
		syswrite(A, "y" x 70); sysread($s, $_, 5000) == 70 or die;
		close($s); close(A); close($l);
		my $left = sprintf(":%04X", $port), $busy = 1;
		while ($busy) {
			open(F, "<", "/proc/net/tcp");
			$busy = grep(/: \S+:\S+ \S+ (?!06)/ && /$left /, readline(F));
			close(F);
		}' || return
	read -r server client < ports
	client=127.0.0.1:$client server=127.0.0.1:$server
	has "^ *[0-9]* perl  *$client  *$server  *100000  *70  *[0-9]*\$" &&
		has "^ *[0-9]* perl  *$server  *$client  *70  *100000  *[0-9]*\$" &&
		same 2 "$(lines 127.0.0.1)"
}

# Nobody takes the first one, and there is no place for others.
tcpretrans()
{
	need perl || return
	rm -f ports
	traced -a tcpretrans -- perl -e "$LISTEN"'use Fcntl;
		my $l = listener(0), @s = client($port);
		socket(my $s, AF_INET, SOCK_STREAM, 0);
		fcntl($s, F_SETFL, O_NONBLOCK);
		connect($s, sockaddr_in($port, INADDR_LOOPBACK));
		note($port, local_port($s));
		my $line = sprintf(":%04X [0-9A-F]*:%04X 02", local_port($s), $port);
		for (1 .. 600) {
			open(F, "<", "/proc/net/tcp");
			my ($state) = grep(/$line/, readline(F));
			close(F);
			exit(0) if hex((split(" ", $state))[6]) > 0;
			select(undef, undef, undef, 0.1)
		}
		exit(1)' || return
	read -r server client < ports
	has "^..:..:.. 127.0.0.1:$client  *127.0.0.1:$server  *SYN_SENT\$"
}

gethostlatency()
{
	need getent || return
	sample gethostlatency -- sh -c 'getent ahosts localhost; getent ahosts 127.0.0.1
		getent hosts localhost; getent ahosts no..such.host'
	same 1 "$(lines '^ *[0-9]* getent  *[0-9.]*  *0 127.0.0.1$')" &&
		same 2 "$(lines '^ *[0-9]* getent  *[0-9.]*  *0 localhost$')" &&
		has '^ *[0-9]* getent  *[0-9.]*  *-2 no\.\.such\.host$'
}

#
# user
#

bashreadline()
{
	need bash script || return
	printf 'echo one\n: two words\nexit\n' > typed
	traced "-a -o lines" bashreadline -- script -q -c \
		'HISTFILE= exec bash --norc --noprofile -i' /dev/null < typed || return
	same "echo one;: two words;exit;" \
		"$(sed -n 's/^..:..:..  *[0-9][0-9]* //p' lines | tr '\n' ';')"
}
