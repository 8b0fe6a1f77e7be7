// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Tests that the compiler takes time in proportion to the script
 *
 * The compiler is built here so that each of its basic blocks calls a function that
 * counts. Scripts of a size and of twice that size are compiled; the larger one
 * may need little more than twice as much. That does not depend on the machine.
 */
#include <stdio.h>
#include <string.h>

#include "compile.h"

/* Lines of the smaller script; of one of them the larger one has 100,000. */
#define LINES		5000
#define MANY_LINES	50000
/* Percent that there may be more, as memory does not grow evenly. */
#define TOLERANCE	5

/* Called by the compiler's code for each basic block that is executed. */
void __sanitizer_cov_trace_pc(void);

static uint64_t steps;

void __sanitizer_cov_trace_pc(void)
{
	steps++;
}

static int failed;

/* Where messages of the compiler go. */
static FILE *quiet;

/* Writes one of the @nr lines of a script. */
typedef void (*line_fn)(struct strbuf *sb, uint32_t i, uint32_t nr);

static uint64_t count_steps(const char *name, line_fn line, uint32_t nr)
{
	struct strbuf text = { 0 }, image = { 0 };
	static const char * const args[] = { "script" };
	struct script script;
	uint32_t i;

	for (i = 0; i < nr; i++)
		line(&text, i, nr);
	steps = 0;
	ktap_script_init(&script, name, text.str, text.len);
	script.diag.out = quiet;
	script.args = args;
	script.nr_args = ARRAY_SIZE(args);
	if (!ktap_compile(&script, &image))
		steps = 0;
	ktap_script_destroy(&script);
	ktap_strbuf_destroy(&image);
	ktap_strbuf_destroy(&text);
	return steps;
}

static void expect_linear(const char *name, line_fn line, uint32_t nr)
{
	uint64_t once = count_steps(name, line, nr);
	uint64_t twice = count_steps(name, line, 2 * nr);
	bool ok;

	ok = once && twice && twice * 100 <= once * (200 + TOLERANCE);
	printf("%s: %llu and %llu\n", name, (unsigned long long)once,
	       (unsigned long long)twice);
	printf("%sok - %s\n", ok ? "" : "not ", name);
	failed |= !ok;
}

static void line_statements(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	(void)nr;
	ktap_strbuf_addf(sb, "if (cpu == %u) { print(%u, \"text %u\") }\n", i,
			 i, i);
}

static void line_variables(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	(void)nr;
	if (!i)
		ktap_strbuf_addf(sb, "var t = {}\n");
	ktap_strbuf_addf(sb, "{ var a%u = t[%u] t[a%u] = t.x%u }\n", i, i, i,
			 i);
}

static void line_functions(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	/* Each one returns what the next one returns, so what is known goes far. */
	if (i + 1 < nr)
		ktap_strbuf_addf(sb,
				 "function f%u(a) { if (a) { return f%u(a) } return a, f%u(1) }\n",
				 i, i + 1, i + 1);
	else
		ktap_strbuf_addf(sb, "function f%u(a) { return arg0 }\n", i);
}

static void line_backwards(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	(void)nr;
	if (i)
		ktap_strbuf_addf(sb, "function f%u() { return f%u() }\n", i,
				 i - 1);
	else
		ktap_strbuf_addf(sb, "function f0() { return probename }\n");
}

static void line_values(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	(void)nr;
	if (!i)
		ktap_strbuf_addf(sb, "var t = {}\n");
	ktap_strbuf_addf(sb,
			 "t[%u] = function (x) { return x, t[x](t[x + 1](x)) }\n",
			 i);
}

static void line_handlers(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	(void)nr;
	ktap_strbuf_addf(sb, "trace system:event%u { print(args.f%u) }\n", i,
			 i);
}

static void line_jumps(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	if (!i)
		ktap_strbuf_addf(sb, "while (cpu) {\n");
	ktap_strbuf_addf(sb, "if (pid == %u) { if (tid) { break } else { continue } }\n",
			 i);
	if (i + 1 == nr)
		ktap_strbuf_addf(sb, "}\n");
}

static void line_else_if(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	(void)nr;
	ktap_strbuf_addf(sb, "%sif (cpu < %u) { print(%u) }\n",
			 i ? "else " : "", i, i);
}

/* A constructor, calls in it, and operators. */
static void line_items(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	ktap_strbuf_addf(sb, "%s{x%u = len(\"%u\"), y = {%u}, [pid, %u] = 1}%s\n",
			 i ? "" : "var t = {", i, i, i, i,
			 i + 1 < nr ? "," : "}");
}

static void line_sum(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	(void)nr;
	ktap_strbuf_addf(sb, i ? "+ x * %u and x or x == %u + 1\n" :
			 "var x = 1 x = x\n", i, i);
}

static void line_unreached(struct strbuf *sb, uint32_t i, uint32_t nr)
{
	(void)nr;
	ktap_strbuf_addf(sb, i ? "{ var x%u = %u while (x%u) { x%u += 2 } }\n" :
			 "function f() { while (1) { }\n", i, i, i, i);
	if (i + 1 == nr)
		ktap_strbuf_addf(sb, "}\n");
}

int main(void)
{
	quiet = fopen("/dev/null", "w");
	if (!quiet)
		return 1;
	expect_linear("statements", line_statements, MANY_LINES);
	expect_linear("variables", line_variables, LINES);
	expect_linear("functions that return what the next one returns",
		      line_functions, LINES);
	expect_linear("functions that return what the last one returned",
		      line_backwards, LINES);
	expect_linear("functions as values", line_values, LINES);
	expect_linear("handlers", line_handlers, LINES);
	expect_linear("jumps", line_jumps, LINES);
	expect_linear("conditions", line_else_if, LINES);
	expect_linear("items of a table", line_items, LINES);
	expect_linear("operands", line_sum, LINES);
	expect_linear("code that is not reached", line_unreached, LINES);
	fclose(quiet);
	return failed;
}
