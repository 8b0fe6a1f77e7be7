# SPDX-License-Identifier: GPL-2.0
#
# The repository's own targets; "make" lists them.  The kernel's Makefile is in
# the kernel tree that these fetch and patch.

export KERNEL KDIR CONFIG KTAP_CACHE

Q = @

help:
	@echo 'make run ARGS="..."   run "ktap ..." in a guest with the patched kernel'
	@echo 'make test             gates, series, user-space tests, KUnit and kselftests'
	@echo 'make test-debug       KUnit and kselftests on a kernel with KASAN, lockdep, ...'
	@echo 'make fuzz             fuzz the core and the compiler, TIME=3600 seconds'
	@echo 'make bench-vm         count instructions of the interpreter and of that of Lua'
	@echo 'make bench-events     count what events cost, and what they cost bpftrace'
	@echo 'make bench-size       sizes, memory and start-up, and those of bpftrace'
	@echo
	@echo 'make setup            install the packages that all of this needs'
	@echo 'make kernel           fetch, patch and build the kernel'
	@echo 'make tool             build tools/ktap'
	@echo 'make gates            checkpatch, sparse, W=1, kernel-doc, shellcheck, Sphinx'
	@echo 'make series           regenerate patches/ and series from the tree'
	@echo 'make check-series     check that series and tree agree'
	@echo 'make check-bisect     build kernel/trace/ktap after each patch (slow)'
	@echo 'make check-off        check that no object outside of ktap changes (slow)'
	@echo 'make clean            remove what was built in this directory'
	@echo
	@echo 'KERNEL=7.3|6.12       the kernel to take (default 7.3)'
	@echo 'CONFIG=lean|debug|off|bench its configuration (default lean)'
	@echo 'KDIR=/path/to/tree    a kernel tree of yours in place of these'
	@echo 'KTAP_CACHE=/path      where sources and builds go (default ~/.cache/ktap)'

setup:
	$(Q)scripts/setup

kernel: setup
	$(Q)scripts/kernel

tool: setup
	$(Q)$(MAKE) -s -C tools/ktap

# ARGS is a piece of shell: what stands in it is quoted as on a command line.
# It goes through the environment, since make would take $ and # in a recipe
# for its own.
run: export KTAP_RUN_ARGS = $(value ARGS)
run: kernel tool
	$(Q)eval "exec scripts/vm -- ktap $$KTAP_RUN_ARGS"

test: setup
	$(Q)scripts/test

test-debug: setup
	$(Q)CONFIG=debug scripts/test kunit kselftest

TIME ?= 3600

fuzz: setup
	$(Q)$(MAKE) -s -C tools/testing/ktap fuzz TIME=$(TIME)

bench-vm: setup
	$(Q)$(MAKE) -s -C tools/testing/ktap bench-vm

bench-events: setup
	$(Q)scripts/bench-events

bench-size: setup
	$(Q)scripts/bench-size

gates: setup
	$(Q)scripts/gates

series: setup
	$(Q)scripts/quilt-series generate

check-series: setup
	$(Q)scripts/quilt-series check

check-bisect: setup
	$(Q)scripts/check-bisect

check-off: setup
	$(Q)scripts/check-off

clean:
	$(Q)for dir in tools/ktap tools/testing/ktap; do \
		[ ! -f $$dir/Makefile ] || $(MAKE) -s -C $$dir clean; \
	done

.PHONY: help setup kernel tool run test test-debug fuzz bench-vm bench-events
.PHONY: bench-size gates series
.PHONY: check-series check-bisect check-off clean
