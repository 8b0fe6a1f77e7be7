# SPDX-License-Identifier: GPL-2.0
#
# libFuzzer targets, which need clang: fuzz_image (images and programs of the
# generator), fuzz_script (the compiler, and what it makes). They run for TIME
# seconds at the same time, with a SEED that is chosen if it is 0. What they find
# is kept in found/ and used the next time.

TIME ?= 60
SEED ?= 0

FUZZ_SAN := -O1 -fsanitize=address,undefined -fno-sanitize=nonnull-attribute
FUZZ_SAN += -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_SAN += -Wno-gnu-variable-sized-type-not-at-end
FUZZ_COV := -fsanitize=fuzzer-no-link
FUZZ_CFLAGS := $(BASE_CFLAGS)
FUZZ_CFLAGS += -Wno-unknown-warning-option
FUZZ_CFLAGS += $(FUZZ_SAN) -DKTAP_TEST_POINTS -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
FUZZ_CORE := $(addprefix $(OUTPUT)fuzz/,exercise.o $(CORE))
# What runs images is not needed.
FUZZ_TOOL := $(filter-out command.o load.o options.o output.o picture.o run.o spec.o,$(libktap-y))
FUZZ_TOOL := $(addprefix $(OUTPUT)fuzz/tool/,$(FUZZ_TOOL) disasm.o fuzz_script.o)

# What the tests have of their own is of no interest, and the operands of comparisons
# in the core cost more than they tell.
FUZZ_OWN := $(addprefix $(OUTPUT)fuzz/,exercise.o gen.o kunit.o var.o sys.o fuzz_image.o fuzz_run.o)
$(OUTPUT)fuzz/%.o: CORE_COV := $(FUZZ_COV) -fno-sanitize-coverage=trace-cmp
$(FUZZ_OWN): CORE_COV :=

$(OUTPUT)fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) $(CORE_COV) -c -o $@ $<

$(OUTPUT)fuzz/tool/%.o: $(TOOL)/src/%.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(TOOL_CFLAGS) $(FUZZ_SAN) $(FUZZ_COV) -c -o $@ $<

$(OUTPUT)fuzz/tool/%.o: $(KTAP)/%.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(TOOL_CFLAGS) $(FUZZ_SAN) $(FUZZ_COV) -c -o $@ $<

$(OUTPUT)fuzz/tool/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(TOOL_CFLAGS) $(FUZZ_SAN) $(FUZZ_COV) -c -o $@ $<

# As in run.mk: the tool and the core have functions of the same names.
$(OUTPUT)fuzz/core.o: $(OUTPUT)fuzz/fuzz_run.o $(FUZZ_CORE)
	$(Q)$(LD) -r -o $@ $^
	$(Q)$(OBJCOPY) -G fuzz_run $@

$(OUTPUT)fuzz_image: $(OUTPUT)fuzz/fuzz_image.o $(OUTPUT)fuzz/gen.o $(FUZZ_CORE)
	$(Q)$(CLANG) $(FUZZ_SAN) -fsanitize=fuzzer -pthread -o $@ $^

$(OUTPUT)fuzz_script: $(FUZZ_TOOL) $(OUTPUT)fuzz/core.o
	$(Q)$(CLANG) $(FUZZ_SAN) -fsanitize=fuzzer -pthread -o $@ $^

fuzzers: $(OUTPUT)fuzz_image $(OUTPUT)fuzz_script $(OUTPUT)images $(OUTPUT)programs
	$(Q)$(MAKE) -s -C $(TOOL) OUTPUT= $(TOOL)/obj/btfs

fuzz: fuzzers
	$(Q)./fuzz.sh "$(OUTPUT)" $(TIME) $(SEED)

-include $(wildcard $(addsuffix /*.d,$(addprefix $(OUTPUT),fuzz fuzz/tool)))

.PHONY: fuzz fuzzers
