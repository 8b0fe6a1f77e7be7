# SPDX-License-Identifier: GPL-2.0
#
# The tool with the core in place of a kernel (run.c), optimized, and with
# sanitizers. Both the core and the tool have functions of the same names, so the
# core is made one object that shows two of its functions only.

TOOL := $(srctree)/tools/ktap
include $(TOOL)/src/Build

TOOL_CFLAGS := -std=gnu11 -g -D_GNU_SOURCE -DKTAP_VERSION='"test"' -Wall -MMD -MP
TOOL_CFLAGS += -I$(srctree)/tools/include/uapi -I$(TOOL)/src -I$(KTAP)
TOOL_OBJS := $(addprefix tool/,$(libktap-y) $(ktap-y) disasm.o)
RUN_WRAP := -Wl,--wrap=ioctl,--wrap=ktap_tracefs_open

RUN_SAN := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

OBJCOPY ?= objcopy

define runner
$$(OUTPUT)$(1)/core.o: $$(addprefix $$(OUTPUT)$(1)/,run.o $$(CORE))
	$$(Q)$$(LD) -r -o $$@ $$^
	$$(Q)$$(OBJCOPY) -G __wrap_ioctl -G __wrap_ktap_tracefs_open $$@

$$(OUTPUT)$(1)/tool/%.o: $$(TOOL)/src/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(TOOL_CFLAGS) $(3) -c -o $$@ $$<

$$(OUTPUT)$(1)/tool/disasm.o: $$(KTAP)/disasm.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(TOOL_CFLAGS) $(3) -c -o $$@ $$<

$$(OUTPUT)$(2): $$(addprefix $$(OUTPUT)$(1)/,core.o $$(TOOL_OBJS))
	$$(Q)$$(CC) $(3) $$(RUN_WRAP) -no-pie -pthread -o $$@ $$^
endef

$(eval $(call runner,opt,run,-O2))
$(eval $(call runner,san,run-san,$(RUN_SAN)))

runner: $(OUTPUT)run $(OUTPUT)run-san

-include $(wildcard $(addsuffix /*.d,$(addprefix $(OUTPUT),san/tool opt/tool)))

.PHONY: runner
