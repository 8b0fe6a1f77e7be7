// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Programs whose instructions are counted
 *
 * usage: bench [NAME RUNS]
 *
 * Without arguments, the names with the number of operations of a run; with them,
 * main is run once to prepare, and the probe RUNS times in ktap_vm_run(), for
 * bench.sh to count what is executed in there.
 */
#include "run.h"

#define INT(reg, i)	OP(LOADI, reg, i)

/* What comes before and behind what is measured, 100 times over. */
#define LOOP(nr, ...)							\
	CODE(OP(GETG, 0, 0), INT(5, 100), INT(6, 1), INT(7, 0), __VA_ARGS__, \
	     OP(SUB, 5, 5, 6), OP(LT, 1, 7, 5), OP(JMP, 0, -((nr) + 3)), OP(RET))
#define TABLE_MAIN(key)							\
	CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), key, INT(2, 0), OP(SETT, 0, 1, 2),	\
	     OP(SETG, 2, 1), OP(RET))
#define INT_KEY		INT(1, 1234)
#define STR_KEY		OP(LOADK, 1, K_TEXT16)

static const struct bench {
	const char *name;
	const char *of;		/* the row to be taken away from it */
	u32 ops;		/* operations of a run */
	struct test_prog prog;
} benches[] = {
	{ "enter and leave", NULL, 1, { .probe = CODE(OP(RET)), .regs = 4 } },
	{ "loop of three instructions", NULL, 300,
	  { .main = TABLE_MAIN(INT_KEY), .probe = LOOP(0, INT(4, 0)) } },
	{ "ten instructions", "loop of three instructions", 1000,
	  { .main = TABLE_MAIN(INT_KEY),
	    .probe = LOOP(10, INT(1, 3), INT(2, 4), OP(ADD, 3, 1, 2), OP(MUL, 3, 3, 2),
			  OP(SUB, 3, 3, 1), OP(MOVE, 4, 3), OP(XOR, 4, 4, 1), OP(LT, 1, 4, 1),
			  OP(JMP, 0, 0), OP(ADD, 4, 4, 1)) } },
	{ "ten instructions on fields", "loop of three instructions", 1000,
	  { .main = TABLE_MAIN(INT_KEY),
	    .probe = CODE(OP(FIELD, 0, 0), INT(5, 100), INT(6, 1), INT(7, 0),
			  OP(ADD, 1, 0, 6), OP(ADD, 2, 0, 1), OP(SUB, 3, 1, 2), OP(AND, 4, 3, 0),
			  OP(ADD, 1, 1, 0), OP(OR, 2, 2, 0), OP(XOR, 3, 3, 0), OP(EQ, 1, 3, 2),
			  OP(JMP, 0, 0), OP(ADD, 4, 4, 0),
			  OP(SUB, 5, 5, 6), OP(LT, 1, 7, 5), OP(JMP, 0, -13), OP(RET)) } },
	{ "t[integer] += 1", "loop of three instructions", 100,
	  { .main = TABLE_MAIN(INT_KEY),
	    .probe = LOOP(2, INT_KEY, OP(ADDT, 0, 1, 6)) } },
	{ "t[16 bytes] += 1", "loop of three instructions", 100,
	  { .main = TABLE_MAIN(STR_KEY),
	    .probe = LOOP(2, STR_KEY, OP(ADDT, 0, 1, 6)) } },
	{ "t[integer] -= 1", "loop of three instructions", 100,
	  { .main = TABLE_MAIN(INT_KEY),
	    .probe = LOOP(3, INT_KEY, INT(2, 1), OP(UPDT, 0, 1, KTAP_A_SUB)) } },
	{ "t[integer] = integer", "loop of three instructions", 100,
	  { .main = TABLE_MAIN(INT_KEY),
	    .probe = LOOP(2, INT_KEY, OP(SETT, 0, 1, 6)) } },
	{ "x = t[integer]", "loop of three instructions", 100,
	  { .main = TABLE_MAIN(INT_KEY),
	    .probe = LOOP(2, INT_KEY, OP(GETT, 2, 0, 1)) } },
	{ "x = t[16 bytes]", "loop of three instructions", 100,
	  { .main = TABLE_MAIN(STR_KEY),
	    .probe = LOOP(2, STR_KEY, OP(GETT, 2, 0, 1)) } },
	{ "insert and delete", "loop of three instructions", 100,
	  { .main = TABLE_MAIN(INT_KEY),
	    .probe = LOOP(3, OP(LOADNIL, 3), OP(SETT, 0, 5, 6), OP(SETT, 0, 5, 3)) } },
	{ "global += 1", "loop of three instructions", 100,
	  { .main = TABLE_MAIN(INT_KEY),
	    .probe = LOOP(1, OP(UPDG, 6, KTAP_A_ADD, 1)) } },
	{ "16 bytes .. integer", "loop of three instructions", 100,
	  { .main = TABLE_MAIN(INT_KEY),
	    .probe = LOOP(3, STR_KEY, OP(MOVE, 2, 5), OP(CONCAT, 3, 1, 2)) } },
	{ "s[pid] += 1, all of it", NULL, 1,
	  { .main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), OP(VAR, 1, KTAP_VAR_PID), INT(2, 0),
			 OP(SETT, 0, 1, 2), OP(RET)),
	    .probe = CODE(OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_PID), INT(2, 1), OP(ADDT, 0, 1, 2),
			  OP(RET)),
	    .regs = 3 } },
};

static int run_bench(const struct bench *bench, unsigned long runs)
{
	struct test_run *run = calloc(1, sizeof(*run));

	if (test_run_load(run, &bench->prog)) {
		fprintf(stderr, "bench: %s: %s\n", bench->name, run->log);
		return 1;
	}
	run->core.budget[0] = KTAP_PROBE_BUDGET;
	/* Once to make what is made only once. */
	test_run_proto(run, 0);
	while (runs--)
		test_run_proto(run, 1);
	if (run->len)
		fprintf(stderr, "bench: %s: %s\n", bench->name, run->out);
	test_run_unload(run);
	free(run);
	return 0;
}

int main(int argc, char **argv)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(benches); i++) {
		if (argc < 3)
			printf("%s\t%s\t%u\n", benches[i].name, benches[i].of ?: "",
			       benches[i].ops);
		else if (!strcmp(argv[1], benches[i].name))
			return run_bench(&benches[i], strtoul(argv[2], NULL, 0));
	}
	return argc < 3 ? 0 : 2;
}
