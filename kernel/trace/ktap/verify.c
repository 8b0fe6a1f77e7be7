// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - The verifier
 *
 * The verifier decides whether a program whose image was checked (image.c) may
 * run. The interpreter relies on what is found here and does not look again, so
 * the passes are ordered by what they guarantee to those after them:
 *
 * check_operands	Each instruction is known. Registers are within the
 *			function's, indices within their arrays, unused operands
 *			are zero, and builtins may be used in this kind of
 *			function with this number of arguments.
 * check_flow		Each path ends with RET or a tail call. Jumps stay in the function, an
 *			instruction that skips is followed by a JMP and by
 *			something behind it, and all code can be reached.
 * check_where		What functions use, and what those use that they call, may
 *			be used in the kinds of functions that come to it.
 * infer_types		Registers are written before they are read. The set of
 *			types that each register can have is known for each
 *			instruction. What instructions take without a look at
 *			run time has the one type that they need.
 * make_fast		Instructions whose operands have one type, and calls of
 *			builtins whose arguments have types that these take, are
 *			replaced by ones that don't look at it, and operands are
 *			what the interpreter adds to addresses. Those in blocks that
 *			infer_types() takes for unreachable, and so has not
 *			looked at, are replaced by one that makes the run fail.
 *
 * infer_types() is an abstract interpretation. What is known at a point of the
 * program is, for each register, a set of types, with KTAP_M_UNSET in it if there
 * is a path on which it was not written. Code is cut into blocks, of which only
 * the first instruction is jumped to and only the last one jumps. The state at
 * the start of a block is the union of the states at the ends of those before
 * it; blocks whose state grew are looked at (again) until nothing grows. A path
 * on which an operand cannot have a possible type ends there, as the run would, with
 * an error: whether anything comes so far depends on values. It is most likely a
 * mistake, and the log has it as a warning when nothing grows any more. So does a
 * path end that a condition cannot take: where a value was found to be true it is
 * not nil.
 *
 * This goes on across functions. Arguments are joined into the state at the start of
 * the function that is called by its index. For each value that it returns there
 * is one set; before it is known to return at all, paths end where it is called. A
 * call begins a block, which is looked at again when such a set grew. Functions that
 * are values may be called with anything, and what such a call gives may be anything.
 * Globals are shared by all functions, so for them there is one set for the whole
 * program, made of all that is stored; when it grew the blocks that read the global
 * are looked at again.
 *
 * States only grow, so this comes to an end, and programs that compilers make
 * need two or three rounds. For the others there is a limit: KTAP_VERIFY_ROUNDS
 * times what going through the program once takes is the most that is ever done, and
 * KTAP_VERIFY_STATES bounds the memory.
 */
#define pr_fmt(fmt) "ktap: " fmt

#include "disasm.h"
#include "sys.h"
#include "verify.h"

/* How often infer_types() may look at each instruction, on average. */
#define KTAP_VERIFY_ROUNDS	64
/* Sets of types that infer_types() keeps: registers times blocks. */
#define KTAP_VERIFY_STATES	(16U << 20)
/* Joining so many sets takes as long as looking at an instruction. */
#define KTAP_VERIFY_SETS	32

/* Places that a program is told of where its types cannot be right. */
#define MAX_WARNINGS		8

/* In a set of types: the register may not have been written. */
#define KTAP_M_UNSET		BIT(15)

/* Reasons to refuse a program, or with ENDS to warn of it. FN(NAME, "text") */
#define VERIFY_ERRORS(FN)						\
	FN(OP,		"unknown instruction")				\
	FN(UNUSED,	"unused operand %c is not zero")		\
	FN(REG,		"operand %c: no such register")			\
	FN(RANGE,	"operand %c: the range of registers is empty or too long") \
	FN(BOOL,	"operand %c is neither 0 nor 1")		\
	FN(INDEX,	"operand %c: there is no %s with that number")	\
	FN(WHERE,	"%s cannot be used in %s")			\
	FN(LACKS,	"%s: this kernel was built without %s")		\
	FN(NARGS,	"%s takes %u to %u arguments, not %u")		\
	FN(COUNT,	"operand %c: too many values, or none")		\
	FN(OVERLAP,	"operand %c is one of the registers that are written") \
	FN(OPEN,	"not behind the call whose results it takes")	\
	FN(JUMP,	"jump out of the function")			\
	FN(SKIP,	"not followed by a jump and something to skip to") \
	FN(END,		"the function does not end with a return or jump") \
	FN(UNREACHED,	"cannot be reached")				\
	FN(UNSET,	"register r%u may not have been set")		\
	FN(TYPE,	"register r%u is %s, which is not possible here") \
	FN(ENDS,	"register r%u is %s: the run ends here")	\
	FN(ENDS_ARG,	"argument %u of %s is %s: the run ends here")	\
	FN(COMPLEX,	"the program is too complex to be verified")

#define ERR_ENUM(name, ...) VERIFY_##name,
enum verify_error {
	VERIFY_ERRORS(ERR_ENUM)
};

#undef ERR_ENUM

#define ERR_TEXT(name, text)						\
	[VERIFY_##name] = text,
static const char * const verify_errors[] = {
	VERIFY_ERRORS(ERR_TEXT)
};

#undef ERR_TEXT

/* What the lists of <linux/ktap_bc.h> say of variables and functions. */
#define VAR_PROTO(name, nr, text, types, where)				\
	[KTAP_VAR_##name] = { text, types, where },
static const struct {
	const char *name;
	u16 types;
	u16 where;
} var_protos[KTAP_VAR_NR] = {
	___KTAP_VAR_MAPPER(VAR_PROTO)
};

#undef VAR_PROTO

#define FUNC_PROTO(name, nr, text, min, max, arg1, arg2, args, ret, where) \
	[KTAP_FUNC_##name] = { text, { arg1, arg2, args }, ret, where, min, max },
static const struct {
	const char *name;
	u16 args[3];
	u16 ret;
	u16 where;
	u8 min;
	u8 max;
} func_protos[KTAP_FUNC_NR] = {
	___KTAP_FUNC_MAPPER(FUNC_PROTO)
};

#undef FUNC_PROTO

#define PROTO_NAME(name, nr, text)					\
	[KTAP_PROTO_##name] = text,
static const char * const proto_names[KTAP_PROTO_NR] = {
	___KTAP_PROTO_MAPPER(PROTO_NAME)
};

#undef PROTO_NAME

/**
 * struct func_state - what is known of a function
 * @callers: index of the first of its callers
 * @nr_callers: their number
 * @from: no block before this instruction is to be looked at
 * @where: set of KTAP_IN() where it may be run
 * @comes_back: it is known to return
 * @is_value: it may be called from anywhere, with anything
 * @queued: blocks of it are to be looked at
 * @results: types of each value that it returns
 */
struct func_state {
	u32 callers;
	u32 nr_callers;
	u32 from;
	u8 where;
	bool comes_back;
	bool is_value;
	bool queued;
	u16 results[KTAP_MAX_RESULTS];
};

/**
 * struct global_state - what is known of a global
 * @readers: index of the first of its readers
 * @nr_readers: their number
 * @types: types of what is stored in it
 */
struct global_state {
	u32 readers;
	u32 nr_readers;
	u16 types;
};

/**
 * struct verifier - state of ktap_verify()
 * @prog: the program
 * @log: where reasons go
 * @proto: the function that is looked at
 * @code: its first instruction
 * @pc: the instruction, counted from @code
 * @first: bitmap of the instructions that begin a block
 * @queued: bitmap of those whose block is to be looked at
 * @reached: bitmap of those whose block something came to
 * @block: for those, the index of its first set in @states
 * @stack: instructions that check_reached() has to go on from
 * @types: for each instruction, the types of operands B and C, for make_fast(); for
 *         CALLB those of arguments that it does not take, and whether it was looked at
 * @globals: what is known of each global
 * @readers: for each global, blocks that read it
 * @funcs: what is known of each function
 * @callers: for each function, the instructions that call it by its index
 * @queue: functions to be looked at
 * @nr_queue: number of them
 * @states: sets of types at the start of each block
 * @nr_states: their number
 * @cur: sets of types at @pc
 * @final: nothing grows any more
 * @budget: what may still be done, in instructions
 * @nap: what was done since others could run
 * @nr_warnings: how many are in @log
 * @log_from: where they begin in it
 * @text: for set_name()
 */
struct verifier {
	struct ktap_prog *prog;
	struct ktap_log *log;
	const struct ktap_img_proto *proto;
	struct ktap_insn *code;
	u32 pc;
	unsigned long *first;
	unsigned long *queued;
	unsigned long *reached;
	u32 *block;
	u32 *stack;
	u16 (*types)[2];
	struct global_state *globals;
	u32 *readers;
	struct func_state *funcs;
	u32 *callers;
	u32 *queue;
	u32 nr_queue;
	u16 *states;
	u32 nr_states;
	u16 *cur;
	bool final;
	s64 budget;
	u32 nap;
	u32 nr_warnings;
	u32 log_from;
	char text[128];
};

__printf(2, 3)
static void log_piece(void *arg, const char *fmt, ...)
{
	struct ktap_log *log = arg;
	char buf[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, sizeof(buf), fmt, args);
	va_end(args);
	ktap_log(log, "%s", buf);
}

/* Log the place and the instruction, and what is wrong with it. */
static void log_error(struct verifier *v, enum verify_error error, va_list args)
{
	u32 pc = v->proto->insn + v->pc;
	const struct ktap_img_line *line = ktap_prog_line(v->prog, pc);
	char buf[224];

	vsnprintf(buf, sizeof(buf), verify_errors[error], args);
	if (line)
		ktap_log(v->log, "%s:%u:%u: ", ktap_prog_str(v->prog, v->prog->name),
			 line->line, line->col);
	ktap_log(v->log, "insn %u: ", pc);
	ktap_disasm(&v->prog->insns[pc], pc, log_piece, v->log);
	ktap_log(v->log, ": %s\n", buf);
}

static int refuse(struct verifier *v, enum verify_error error, ...)
{
	va_list args;

	/* This is the reason, and nothing else is. */
	ktap_log_trim(v->log, v->log_from);
	va_start(args, error);
	log_error(v, error, args);
	va_end(args);
	return -EINVAL;
}

static void next_proto(struct verifier *v, u32 i)
{
	v->proto = &v->prog->protos[i];
	v->code = v->prog->insns + v->proto->insn;
	v->pc = 0;
	cond_resched();
}

/*
 * check_operands
 */

/* Values that an operand stands for which can be KTAP_OPEN. */
static u32 open_count(u32 operand)
{
	return (operand & ~KTAP_OPEN) +
	       (operand & KTAP_OPEN ? KTAP_MAX_RESULTS : 0);
}

/* Registers that an operand of mode FIRST begins. */
static u32 first_count(const struct verifier *v, const struct ktap_insn *insn)
{
	switch (insn->op) {
	case KTAP_OP_RET:
		return open_count(insn->b);
	case KTAP_OP_FORPREP:
	case KTAP_OP_FORLOOP:
		return 3;
	case KTAP_OP_SORT:
	case KTAP_OP_NEXT:
	case KTAP_OP_NEXTS:
		return 4;
	case KTAP_OP_ITER:
	case KTAP_OP_ENDS:
	case KTAP_OP_UPDT:
		return 2;
	case KTAP_OP_PARTS:
	case KTAP_OP_TCALLV:
		return insn->c;
	case KTAP_OP_CALLB:
		return max(open_count(insn->c), 1U);
	case KTAP_OP_CALL:
		return max_t(u32, v->prog->protos[insn->b].nr_params, insn->c);
	case KTAP_OP_TCALL:
		return v->prog->protos[insn->b].nr_params;
	case KTAP_OP_CALLV:
		return max(KTAP_CALLV_ARGS(insn->c), KTAP_CALLV_RESULTS(insn->c));
	default:
		return 1;
	}
}

/* Numbers of values. */
static int check_count(struct verifier *v, const struct ktap_insn *insn)
{
	switch (insn->op) {
	case KTAP_OP_RET:
		if ((insn->b & ~KTAP_OPEN) > KTAP_MAX_RESULTS)
			return refuse(v, VERIFY_COUNT, 'B');
		return 0;
	case KTAP_OP_PARTS:
		if (!insn->c || insn->c > KTAP_MAX_RESULTS)
			return refuse(v, VERIFY_COUNT, 'C');
		/* It is read while they are written. */
		if (insn->b >= insn->a && insn->b < insn->a + insn->c)
			return refuse(v, VERIFY_OVERLAP, 'B');
		return 0;
	case KTAP_OP_CALL:
		if (insn->c > KTAP_MAX_RESULTS)
			return refuse(v, VERIFY_COUNT, 'C');
		return 0;
	case KTAP_OP_CALLV:
		if (KTAP_CALLV_ARGS(insn->c) > KTAP_MAX_PARAMS ||
		    KTAP_CALLV_RESULTS(insn->c) > KTAP_MAX_RESULTS)
			return refuse(v, VERIFY_COUNT, 'C');
		return 0;
	case KTAP_OP_TCALLV:
		if (insn->c > KTAP_MAX_PARAMS)
			return refuse(v, VERIFY_COUNT, 'C');
		return 0;
	default:
		return 0;
	}
}

static int check_index(struct verifier *v, char operand, u32 val, u32 nr,
		       const char *what)
{
	if (val >= nr)
		return refuse(v, VERIFY_INDEX, operand, what);
	return 0;
}

static int check_operand(struct verifier *v, const struct ktap_insn *insn,
			 char operand, u32 mode, u32 val)
{
	switch (mode) {
	case KTAP_OM_NONE:
		return val ? refuse(v, VERIFY_UNUSED, operand) : 0;
	case KTAP_OM_DST:
	case KTAP_OM_REG:
		return val >= v->proto->nr_regs ? refuse(v, VERIFY_REG, operand) : 0;
	case KTAP_OM_FIRST:
		if (val + first_count(v, insn) > v->proto->nr_regs ||
		    val >= KTAP_MAX_REGS)
			return refuse(v, VERIFY_RANGE, operand);
		return 0;
	case KTAP_OM_LAST:
		if (val < insn->b || val >= v->proto->nr_regs)
			return refuse(v, VERIFY_RANGE, operand);
		return 0;
	case KTAP_OM_BOOL:
		return val > 1 ? refuse(v, VERIFY_BOOL, operand) : 0;
	case KTAP_OM_ARITH:
		return check_index(v, operand, val, KTAP_A_NR, "operator");
	case KTAP_OM_FUNC:
		return check_index(v, operand, val, KTAP_FUNC_NR, "function");
	case KTAP_OM_VARX:
		return check_index(v, operand, val, KTAP_VAR_NR, "variable");
	case KTAP_OM_GLOBAL:
	case KTAP_OM_GLOBALX:
		return check_index(v, operand, val, v->prog->nr_globals, "global");
	case KTAP_OM_CONSTX:
		return check_index(v, operand, val, v->prog->nr_consts, "constant");
	case KTAP_OM_FIELDX:
		return check_index(v, operand, val, v->prog->nr_fields, "field");
	case KTAP_OM_PROTO:
	case KTAP_OM_PROTOX:
		if (val < v->prog->nr_protos &&
		    v->prog->protos[val].kind != KTAP_PROTO_FUNC)
			val = v->prog->nr_protos;
		return check_index(v, operand, val, v->prog->nr_protos, "function");
	default:
		/* COUNT, INT and INTX are any number, JUMPX is for check_flow(). */
		return 0;
	}
}

/* Arguments of a builtin; only those that take any number can take what comes. */
static int check_nargs(struct verifier *v, const struct ktap_insn *insn)
{
	u32 min = func_protos[insn->b].min, max = func_protos[insn->b].max;
	u32 nr = insn->c & ~KTAP_OPEN;

	if (insn->c & KTAP_OPEN && max == KTAP_MAX_ARGS)
		min = 0;
	else if (insn->c & KTAP_OPEN)
		nr = open_count(insn->c);
	if (nr < min || nr > max)
		return refuse(v, VERIFY_NARGS, func_protos[insn->b].name, min, max,
			      nr);
	return 0;
}

/* What the kernel may have been built without. */
static int check_there(struct verifier *v, const struct ktap_insn *insn)
{
	const char *name = NULL, *lacks = NULL;

	if (insn->op == KTAP_OP_CALLB) {
		name = func_protos[insn->b].name;
		lacks = ktap_sys_lacks_func(insn->b);
	} else if (insn->op == KTAP_OP_VAR) {
		name = var_protos[KTAP_INSN_BX(insn)].name;
		lacks = ktap_sys_lacks_var(KTAP_INSN_BX(insn));
	}
	return lacks ? refuse(v, VERIFY_LACKS, name, lacks) : 0;
}

static int check_insn(struct verifier *v, const struct ktap_insn *insn)
{
	const unsigned char *modes;
	bool joined;
	int ret;

	if (insn->op >= KTAP_OP_NR)
		return refuse(v, VERIFY_OP);
	modes = ktap_op_modes[insn->op];
	joined = modes[1] >= KTAP_OM_INTX;

	/* How many registers A begins may be told by the others. */
	ret = check_operand(v, insn, 'B', modes[1],
			    joined ? KTAP_INSN_BX(insn) : insn->b);
	if (!ret && !joined)
		ret = check_operand(v, insn, 'C', modes[2], insn->c);
	if (!ret)
		ret = check_count(v, insn);
	if (!ret)
		ret = check_operand(v, insn, 'A', modes[0], insn->a);
	if (!ret && insn->op == KTAP_OP_CALLB)
		ret = check_nargs(v, insn);
	if (!ret)
		ret = check_there(v, insn);
	return ret;
}

static int check_operands(struct verifier *v)
{
	u32 i;
	int ret;

	for (i = 0; i < v->prog->nr_protos; i++) {
		for (next_proto(v, i); v->pc < v->proto->nr_insns; v->pc++) {
			ret = check_insn(v, &v->code[v->pc]);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/*
 * check_flow
 */

static bool op_skips(u16 op)
{
	switch (op) {
	case KTAP_OP_TEST:
	case KTAP_OP_EQ:
	case KTAP_OP_LT:
	case KTAP_OP_LE:
	case KTAP_OP_EQI:
	case KTAP_OP_LTI:
	case KTAP_OP_LEI:
	case KTAP_OP_NEXT:
	case KTAP_OP_NEXTS:
		return true;
	default:
		return false;
	}
}

static bool op_returns(u16 op)
{
	return op == KTAP_OP_RET || op == KTAP_OP_TCALL || op == KTAP_OP_TCALLV;
}

/* A function by its index. */
static bool op_calls(u16 op)
{
	return op == KTAP_OP_CALL || op == KTAP_OP_TCALL;
}

static bool op_is_for(u16 op)
{
	return op == KTAP_OP_FORPREP || op == KTAP_OP_FORLOOP;
}

static u32 jump_target(const struct ktap_insn *code, u32 pc)
{
	return pc + 1 + KTAP_INSN_SBX(&code[pc]);
}

static void begin_block(struct verifier *v, u32 pc)
{
	__set_bit(v->proto->insn + pc, v->first);
}

/* Jumps and ends; marks where blocks begin. */
static int check_jumps(struct verifier *v)
{
	u32 nr = v->proto->nr_insns;

	begin_block(v, 0);
	for (v->pc = 0; v->pc < nr; v->pc++) {
		u16 op = v->code[v->pc].op;

		/* They are come to again when more is known of what they call. */
		if (op_calls(op))
			begin_block(v, v->pc);
		if (op_skips(op)) {
			if (v->pc + 2 >= nr || v->code[v->pc + 1].op != KTAP_OP_JMP)
				return refuse(v, VERIFY_SKIP);
			begin_block(v, v->pc + 1);
			begin_block(v, v->pc + 2);
		} else if (op == KTAP_OP_JMP) {
			u32 target = jump_target(v->code, v->pc);

			if (target >= nr)
				return refuse(v, VERIFY_JUMP);
			begin_block(v, target);
			if (v->pc + 1 < nr)
				begin_block(v, v->pc + 1);
		} else if (op_is_for(op)) {
			u32 target = jump_target(v->code, v->pc);
			bool back = KTAP_INSN_SBX(&v->code[v->pc]) < 0;
			bool loop = op == KTAP_OP_FORLOOP;

			/* The budget is looked at where FORLOOP goes back. */
			if (target >= nr || back != loop)
				return refuse(v, VERIFY_JUMP);
			if (v->pc + 1 == nr)
				return refuse(v, VERIFY_END);
			begin_block(v, target);
			begin_block(v, v->pc + 1);
		} else if (op_returns(op)) {
			if (v->pc + 1 < nr)
				begin_block(v, v->pc + 1);
		} else if (v->pc + 1 == nr) {
			return refuse(v, VERIFY_END);
		}
	}
	return 0;
}

/* Returns the number of instructions on the stack. */
static u32 reach(struct verifier *v, u32 pc, u32 nr)
{
	if (!__test_and_set_bit(v->proto->insn + pc, v->reached))
		v->stack[nr++] = pc;
	return nr;
}

static u32 reach_next(struct verifier *v, u32 pc, u32 nr)
{
	u16 op = v->code[pc].op;

	if (op_returns(op))
		return nr;
	if (op == KTAP_OP_JMP || op_is_for(op))
		nr = reach(v, jump_target(v->code, pc), nr);
	if (op == KTAP_OP_JMP)
		return nr;
	nr = reach(v, pc + 1, nr);
	return op_skips(op) ? reach(v, pc + 2, nr) : nr;
}

/* All instructions are reached; each is on the stack once. */
static int check_reached(struct verifier *v)
{
	u32 nr = reach(v, 0, 0);

	while (nr) {
		nr--;
		nr = reach_next(v, v->stack[nr], nr);
	}
	for (v->pc = 0; v->pc < v->proto->nr_insns; v->pc++) {
		if (!test_bit(v->proto->insn + v->pc, v->reached))
			return refuse(v, VERIFY_UNREACHED);
	}
	return 0;
}

/* What takes the results of the call before cannot be come to in another way. */
static int check_open(struct verifier *v)
{
	const struct ktap_insn *insn, *call;
	u32 count, results;

	for (v->pc = 0; v->pc < v->proto->nr_insns; v->pc++) {
		insn = &v->code[v->pc];
		count = insn->op == KTAP_OP_RET ? insn->b :
			insn->op == KTAP_OP_CALLB ? insn->c : 0;
		if (!(count & KTAP_OPEN))
			continue;
		if (!v->pc || test_bit(v->proto->insn + v->pc, v->first))
			return refuse(v, VERIFY_OPEN);
		call = insn - 1;
		results = call->op == KTAP_OP_CALL ? call->c :
			  call->op == KTAP_OP_CALLV ? KTAP_CALLV_RESULTS(call->c) :
			  0;
		if (results != KTAP_MAX_RESULTS ||
		    call->a != insn->a + (count & ~KTAP_OPEN))
			return refuse(v, VERIFY_OPEN);
	}
	return 0;
}

static int check_flow(struct verifier *v)
{
	u32 i;
	int ret;

	for (i = 0; i < v->prog->nr_protos; i++) {
		next_proto(v, i);
		ret = check_jumps(v);
		if (!ret)
			ret = check_reached(v);
		if (!ret)
			ret = check_open(v);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * check_where
 */

/* The global that an instruction reads, or NULL. */
static struct global_state *global_read(struct verifier *v, const struct ktap_insn *insn)
{
	switch (insn->op) {
	case KTAP_OP_GETG:
		return &v->globals[KTAP_INSN_BX(insn)];
	case KTAP_OP_UPDG:
		return &v->globals[insn->c];
	default:
		return NULL;
	}
}

/* Count who calls whom by index, and who reads which global. */
static void count_users(struct verifier *v, u32 *calls, u32 *reads)
{
	struct global_state *global;
	u32 i;

	for (i = 0; i < v->prog->nr_protos; i++) {
		for (next_proto(v, i); v->pc < v->proto->nr_insns; v->pc++) {
			const struct ktap_insn *insn = &v->code[v->pc];

			global = global_read(v, insn);
			if (global)
				global->nr_readers++;
			if (op_calls(insn->op))
				v->funcs[insn->b].nr_callers++;
			else if (insn->op == KTAP_OP_LOADF)
				v->funcs[KTAP_INSN_BX(insn)].is_value = true;
			else if (insn->op == KTAP_OP_SORT)
				v->prog->has_calls = true;
		}
		if (v->proto->kind == KTAP_PROTO_FUNC)
			v->prog->has_calls = true;
	}
	for (i = 0; i < v->prog->nr_protos; i++) {
		v->funcs[i].callers = *calls;
		*calls += v->funcs[i].nr_callers;
		v->funcs[i].nr_callers = 0;
	}
	for (i = 0; i < v->prog->nr_globals; i++) {
		v->globals[i].readers = *reads;
		*reads += v->globals[i].nr_readers;
		v->globals[i].nr_readers = 0;
	}
}

/* Keep the blocks in which they are. A call is the first instruction of one. */
static int find_users(struct verifier *v)
{
	struct global_state *global;
	u32 i, block = 0, calls = 0, reads = 0;
	struct func_state *func;

	count_users(v, &calls, &reads);
	v->callers = kvmalloc_array(calls, sizeof(*v->callers), GFP_KERNEL_ACCOUNT);
	v->readers = kvmalloc_array(reads, sizeof(*v->readers), GFP_KERNEL_ACCOUNT);
	if (!v->callers || !v->readers)
		return -ENOMEM;

	for (i = 0; i < v->prog->nr_protos; i++) {
		for (next_proto(v, i); v->pc < v->proto->nr_insns; v->pc++) {
			const struct ktap_insn *insn = &v->code[v->pc];

			if (test_bit(v->proto->insn + v->pc, v->first))
				block = v->proto->insn + v->pc;
			global = global_read(v, insn);
			if (global)
				v->readers[global->readers + global->nr_readers++] = block;
			if (op_calls(insn->op)) {
				func = &v->funcs[insn->b];
				v->callers[func->callers + func->nr_callers++] = block;
			}
		}
	}
	return 0;
}

static void queue_proto(struct verifier *v, u32 i)
{
	if (v->funcs[i].queued)
		return;
	v->funcs[i].queued = true;
	v->queue[v->nr_queue++] = i;
}

static u32 next_queued(struct verifier *v)
{
	u32 i = v->queue[--v->nr_queue];

	v->funcs[i].queued = false;
	return i;
}

static u32 proto_of(const struct verifier *v, u32 insn)
{
	return ktap_prog_proto(v->prog, insn) - v->prog->protos;
}

/* Where an instruction may be used, and what it is that says so. */
static u32 insn_where(const struct verifier *v, const struct ktap_insn *insn,
		      const char **name)
{
	switch (insn->op) {
	case KTAP_OP_VAR:
		*name = var_protos[KTAP_INSN_BX(insn)].name;
		return var_protos[KTAP_INSN_BX(insn)].where;
	case KTAP_OP_FIELD:
		*name = "FIELD";
		return KTAP_IN(PROBE);
	case KTAP_OP_SORT:
	case KTAP_OP_NEXTS:
	case KTAP_OP_ENDS:
		*name = "SORT";
		return KTAP_IN_PROC;
	case KTAP_OP_CALLB:
		*name = func_protos[insn->b].name;
		return func_protos[insn->b].where;
	case KTAP_OP_CALL:
	case KTAP_OP_TCALL:
		*name = ktap_prog_str(v->prog, v->prog->protos[insn->b].name);
		return v->funcs[insn->b].where;
	default:
		return KTAP_IN_ANY;
	}
}

/* What calls a function may be run nowhere else than it. */
static void limit_callers(struct verifier *v, const struct func_state *func)
{
	u32 i, caller;

	for (i = func->callers; i < func->callers + func->nr_callers; i++) {
		caller = proto_of(v, v->callers[i]);
		if (!(v->funcs[caller].where & ~func->where))
			continue;
		v->funcs[caller].where &= func->where;
		queue_proto(v, caller);
	}
}

/* What a function uses itself, besides of what it calls. */
static u32 own_where(struct verifier *v, u32 i)
{
	u32 where = KTAP_IN_ANY;
	const char *name;

	for (next_proto(v, i); v->pc < v->proto->nr_insns; v->pc++) {
		if (!op_calls(v->code[v->pc].op))
			where &= insn_where(v, &v->code[v->pc], &name);
	}
	return where;
}

/* Refuse a function for the first instruction that says so. */
static int refuse_where(struct verifier *v, u32 i)
{
	const char *name = NULL;

	next_proto(v, i);
	while (insn_where(v, &v->code[v->pc], &name) & BIT(v->proto->kind))
		v->pc++;
	return refuse(v, VERIFY_WHERE, name, proto_names[v->proto->kind]);
}

static int check_where(struct verifier *v)
{
	u32 i;

	for (i = 0; i < v->prog->nr_protos; i++) {
		v->funcs[i].where = own_where(v, i);
		queue_proto(v, i);
	}
	/* Each function gets less at most as often as there are kinds. */
	while (v->nr_queue)
		limit_callers(v, &v->funcs[next_queued(v)]);

	for (i = 0; i < v->prog->nr_protos; i++) {
		u32 kind = v->prog->protos[i].kind;

		v->prog->callees[i].where = kind == KTAP_PROTO_FUNC ?
					    v->funcs[i].where : BIT(kind);
		if (kind != KTAP_PROTO_FUNC && !(v->funcs[i].where & BIT(kind)))
			return refuse_where(v, i);
	}
	return 0;
}

/*
 * infer_types
 */

/* A set of types in words, until the next call. */
static const char *set_name(struct verifier *v, u32 set)
{
	u32 type, len = 0;

	/* Both booleans have one name. */
	if ((set & KTAP_M_BOOL) == KTAP_M_BOOL)
		set &= ~KTAP_M(TRUE);
	for (type = 0; type < KTAP_T_NR; type++) {
		if (set & BIT(type))
			len += scnprintf(v->text + len, sizeof(v->text) - len, "%s%s",
					 len ? " or " : "", ktap_type_names[type]);
	}
	return v->text;
}

/* What infer_*() return where a path ends because of a type, see above. */
#define PATH_ENDS	1

/* Tell of it, when all is known. */
static int end_path(struct verifier *v, enum verify_error error, ...)
{
	va_list args;

	if (!v->final || v->nr_warnings == MAX_WARNINGS)
		return PATH_ENDS;
	va_start(args, error);
	log_error(v, error, args);
	va_end(args);
	v->nr_warnings++;
	return PATH_ENDS;
}

/* Look at the block that begins with an instruction of function @i. */
static void enqueue(struct verifier *v, u32 i, u32 insn)
{
	struct func_state *func = &v->funcs[i];

	if (__test_and_set_bit(insn, v->queued))
		return;
	func->from = min(func->from, insn);
	queue_proto(v, i);
}

/* Look again at those of some blocks that something came to before. */
static void enqueue_users(struct verifier *v, const u32 *blocks, u32 nr)
{
	u32 i;

	/* What is charged next looks at it. */
	v->budget -= nr / KTAP_VERIFY_SETS;
	v->nap += nr / KTAP_VERIFY_SETS;
	for (i = 0; i < nr; i++) {
		if (test_bit(blocks[i], v->reached))
			enqueue(v, proto_of(v, blocks[i]), blocks[i]);
	}
}

/* Take something from the budget. */
static int charge(struct verifier *v, u32 insns)
{
	v->budget -= insns;
	if (v->budget < 0)
		return refuse(v, VERIFY_COMPLEX);
	v->nap += insns;
	if (v->nap < 4096)
		return 0;
	v->nap = 0;
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* Operand in register @reg has to have a type of @want, which is looked at run time. */
static int need(struct verifier *v, u32 reg, u32 want)
{
	u32 have = v->cur[reg];

	if (have & KTAP_M_UNSET)
		return refuse(v, VERIFY_UNSET, reg);
	if (!(have & want))
		return end_path(v, VERIFY_ENDS, reg, set_name(v, have));
	/* With any other type the program does not come further than here. */
	v->cur[reg] = have & want;
	return 0;
}

/* The same, where nothing looks at it when the program runs. */
static int need_only(struct verifier *v, u32 reg, u32 want)
{
	u32 have = v->cur[reg];

	if (have & KTAP_M_UNSET)
		return refuse(v, VERIFY_UNSET, reg);
	if (!(have & want) && !v->final)
		return PATH_ENDS;
	return have & ~want ? refuse(v, VERIFY_TYPE, reg, set_name(v, have)) : 0;
}

/* Types of the result of arithmetic on two sets: nil if one operand is nil. */
static u32 arith_result(u32 left, u32 right)
{
	u32 res = 0;

	if ((left | right) & KTAP_M(NIL))
		res |= KTAP_M(NIL);
	if (left & right & KTAP_M(INT))
		res |= KTAP_M(INT);
	return res;
}

static int infer_arith(struct verifier *v, const struct ktap_insn *insn)
{
	int ret;

	ret = need(v, insn->b, KTAP_M_ARITH);
	if (!ret)
		ret = need(v, insn->c, KTAP_M_ARITH);
	if (!ret)
		v->cur[insn->a] = arith_result(v->cur[insn->b], v->cur[insn->c]);
	return ret;
}

/* One operand only, or an integer in the instruction for the other one. */
static int infer_unary(struct verifier *v, const struct ktap_insn *insn)
{
	int ret;

	ret = need(v, insn->b, KTAP_M_ARITH);
	if (!ret)
		v->cur[insn->a] = v->cur[insn->b];
	return ret;
}

static int infer_order(struct verifier *v, const struct ktap_insn *insn)
{
	u32 want = KTAP_M(INT) | KTAP_M(STR);
	int ret;

	ret = need(v, insn->b, want);
	if (!ret)
		ret = need(v, insn->c, want & v->cur[insn->b]);
	return ret;
}

/* Registers that become one value. */
static int infer_join(struct verifier *v, const struct ktap_insn *insn, u32 want,
		      u32 res)
{
	int ret;
	u32 i;

	for (i = insn->b; i <= insn->c; i++) {
		ret = need(v, i, want);
		if (ret)
			return ret;
	}
	v->cur[insn->a] = res;
	return 0;
}

static int infer_parts(struct verifier *v, const struct ktap_insn *insn)
{
	u32 i;
	int ret;

	ret = need(v, insn->b, KTAP_M_ANY);
	if (ret)
		return ret;
	for (i = 0; i < insn->c; i++)
		v->cur[insn->a + i] = KTAP_M_PART | KTAP_M(NIL);
	/* What has no parts is one. */
	v->cur[insn->a] |= v->cur[insn->b] & ~KTAP_M(TUPLE);
	return 0;
}

static void store_global(struct verifier *v, u32 i, u32 types)
{
	struct global_state *global = &v->globals[i];
	u16 grown = global->types | (types & KTAP_M_STORE);

	if (grown == global->types)
		return;
	global->types = grown;
	enqueue_users(v, v->readers + global->readers, global->nr_readers);
}

static int infer_global(struct verifier *v, const struct ktap_insn *insn)
{
	u32 bx = KTAP_INSN_BX(insn);
	int ret;

	switch (insn->op) {
	case KTAP_OP_GETG:
		v->cur[insn->a] = v->globals[bx].types;
		return 0;
	case KTAP_OP_SETG:
		ret = need(v, insn->a, KTAP_M_STORE);
		if (!ret)
			store_global(v, bx, v->cur[insn->a]);
		return ret;
	default:
		ret = need(v, insn->a, KTAP_M_ARITH);
		if (!ret)
			store_global(v, insn->c,
				     arith_result(v->globals[insn->c].types,
						  v->cur[insn->a]));
		return ret;
	}
}

static int infer_table(struct verifier *v, const struct ktap_insn *insn)
{
	u32 regs[3] = { insn->a, insn->b, insn->c };
	u32 want = KTAP_M_STORE;
	int ret;

	switch (insn->op) {
	case KTAP_OP_GETT:
		/* A nil key is never there; looking for one is no mistake. */
		ret = need(v, insn->b, KTAP_M(TAB));
		if (!ret)
			ret = need(v, insn->c, KTAP_M_KEY | KTAP_M(NIL));
		if (!ret)
			v->cur[insn->a] = KTAP_M_STORE | KTAP_M(STAT);
		return ret;
	case KTAP_OP_ADDT:
	case KTAP_OP_FEEDT:
		want = KTAP_M_ARITH;
		break;
	case KTAP_OP_UPDT:
		want = KTAP_M_ARITH;
		regs[2] = insn->b + 1;
		break;
	}
	ret = need(v, regs[0], KTAP_M(TAB));
	if (!ret)
		ret = need(v, regs[1], KTAP_M_KEY);
	if (!ret)
		ret = need(v, regs[2], want);
	return ret;
}

static int infer_iter(struct verifier *v, const struct ktap_insn *insn)
{
	int ret;

	if (insn->op == KTAP_OP_ITER) {
		ret = need(v, insn->a, KTAP_M(TAB));
		if (!ret)
			v->cur[insn->a + 1] = KTAP_M(INT);
		return ret;
	}
	/* NEXT does not look whether these two are what ITER made. */
	ret = need_only(v, insn->a, KTAP_M(TAB));
	if (!ret)
		ret = need_only(v, insn->a + 1, KTAP_M(INT));
	return ret;
}

/* The registers of a loop over integers. */
static int infer_for(struct verifier *v, const struct ktap_insn *insn)
{
	u32 i;
	int ret;

	for (i = insn->a; i < insn->a + 3; i++) {
		/* FORLOOP does not look whether they are what FORPREP made. */
		if (insn->op == KTAP_OP_FORLOOP)
			ret = need_only(v, i, KTAP_M(INT));
		else
			ret = need(v, i, KTAP_M(INT));
		if (ret)
			return ret;
	}
	return 0;
}

static int infer_sort(struct verifier *v, const struct ktap_insn *insn)
{
	int ret;

	/* Neither NEXTS nor ENDS looks whether this is what SORT made. */
	if (insn->op != KTAP_OP_SORT)
		return need_only(v, insn->a + 1, KTAP_M(INT));
	ret = need(v, insn->a, KTAP_M(TAB));
	if (!ret)
		ret = need(v, insn->a + 2, KTAP_M(FUNC) | KTAP_M(NIL));
	if (!ret)
		ret = need(v, insn->a + 3, KTAP_M_ARITH);
	if (!ret)
		v->cur[insn->a + 1] = KTAP_M(INT);
	return ret;
}

/* What a builtin function takes as argument @i. */
static u32 arg_types(enum ktap_func func, u32 i)
{
	return func_protos[func].args[min(i, 2U)];
}

static int infer_builtin(struct verifier *v, const struct ktap_insn *insn)
{
	u32 i;

	for (i = 0; i < (insn->c & ~KTAP_OPEN); i++) {
		u32 want = arg_types(insn->b, i);
		u32 have = v->cur[insn->a + i];

		if (have & KTAP_M_UNSET)
			return refuse(v, VERIFY_UNSET, insn->a + i);
		if (!(have & want))
			return end_path(v, VERIFY_ENDS_ARG, i + 1,
					func_protos[insn->b].name, set_name(v, have));
	}
	v->cur[insn->a] = func_protos[insn->b].ret;
	/* What a table has goes through this one. */
	if (insn->b == KTAP_FUNC_DUMP)
		v->cur[insn->a + 1] = KTAP_M_UNSET;
	return 0;
}

/* Registers from @from on that are written before they are used. */
static int need_args(struct verifier *v, u32 from, u32 nr)
{
	u32 i;
	int ret;

	for (i = from; i < from + nr; i++) {
		ret = need(v, i, KTAP_M_ANY);
		if (ret)
			return ret;
	}
	return 0;
}

/* Sets of types at the start of a block. */
static u16 *state_of(const struct verifier *v, u32 insn)
{
	return v->states + v->block[insn];
}

/* Function @i is called with what is in the registers from @from on. */
static void join_params(struct verifier *v, u32 i, const u16 *from)
{
	const struct ktap_img_proto *proto = &v->prog->protos[i];
	bool grew = !__test_and_set_bit(proto->insn, v->reached);
	u16 *state = state_of(v, proto->insn);
	u32 reg;

	/* The others are never set here, whoever jumps back to it. */
	for (reg = proto->nr_params; grew && reg < proto->nr_regs; reg++)
		state[reg] = KTAP_M_UNSET;
	for (reg = 0; reg < proto->nr_params; reg++) {
		grew |= from[reg] & ~state[reg];
		state[reg] |= from[reg];
	}
	if (grew)
		enqueue(v, i, proto->insn);
}

/* The function that is looked at returns @nr values, and nil for all others. */
static void join_results(struct verifier *v, const u16 *from, u32 nr)
{
	struct func_state *func = &v->funcs[v->proto - v->prog->protos];
	bool grew = !func->comes_back;
	u32 i;

	for (i = 0; i < KTAP_MAX_RESULTS; i++) {
		u16 set = i < nr ? from[i] : KTAP_M(NIL);

		grew |= set & ~func->results[i];
		func->results[i] |= set;
	}
	func->comes_back = true;
	if (grew)
		enqueue_users(v, v->callers + func->callers, func->nr_callers);
}

/* What is left of the registers from @first on when a function was called there. */
static int clobber(struct verifier *v, u32 first)
{
	u32 i;

	for (i = first; i < v->proto->nr_regs; i++)
		v->cur[i] = KTAP_M_UNSET;
	return charge(v, v->proto->nr_regs / KTAP_VERIFY_SETS);
}

static int infer_call(struct verifier *v, const struct ktap_insn *insn)
{
	const struct func_state *func = &v->funcs[insn->b];
	u32 nr = v->prog->protos[insn->b].nr_params;
	u16 results[KTAP_MAX_RESULTS];
	int ret;

	ret = need_args(v, insn->a, nr);
	if (ret)
		return ret;
	join_params(v, insn->b, v->cur + insn->a);
	if (!func->comes_back)
		return PATH_ENDS;
	memcpy(results, func->results, sizeof(results));
	if (insn->op == KTAP_OP_TCALL) {
		join_results(v, results, KTAP_MAX_RESULTS);
		return 0;
	}
	memcpy(v->cur + insn->a, results, insn->c * sizeof(*results));
	return clobber(v, insn->a + insn->c);
}

static int infer_call_value(struct verifier *v, const struct ktap_insn *insn)
{
	bool tail = insn->op == KTAP_OP_TCALLV;
	u32 i, nr = tail ? insn->c : KTAP_CALLV_ARGS(insn->c);
	u16 results[KTAP_MAX_RESULTS];
	int ret;

	ret = need(v, insn->b, KTAP_M(FUNC));
	if (!ret)
		ret = need_args(v, insn->a, nr);
	if (ret)
		return ret;
	for (i = 0; i < KTAP_MAX_RESULTS; i++)
		results[i] = KTAP_M_ANY;
	if (tail) {
		join_results(v, results, KTAP_MAX_RESULTS);
		return 0;
	}
	nr = KTAP_CALLV_RESULTS(insn->c);
	memcpy(v->cur + insn->a, results, nr * sizeof(*results));
	return clobber(v, insn->a + nr);
}

static int infer_return(struct verifier *v, const struct ktap_insn *insn)
{
	/* What is open was set by the call before, to nil at least. */
	u32 nr = min_t(u32, open_count(insn->b), KTAP_MAX_RESULTS);
	int ret;

	ret = need_args(v, insn->a, nr);
	if (!ret)
		join_results(v, v->cur + insn->a, nr);
	return ret;
}

/* Types after one instruction. Returns 0, PATH_ENDS or an error. */
static int infer_insn(struct verifier *v, const struct ktap_insn *insn)
{
	int ret;

	switch (insn->op) {
	case KTAP_OP_RET:
		return infer_return(v, insn);
	case KTAP_OP_JMP:
		return 0;
	case KTAP_OP_MOVE:
		ret = need(v, insn->b, KTAP_M_ANY);
		if (!ret)
			v->cur[insn->a] = v->cur[insn->b];
		return ret;
	case KTAP_OP_LOADK:
		v->cur[insn->a] = BIT(v->prog->consts[KTAP_INSN_BX(insn)].type);
		return 0;
	case KTAP_OP_LOADI:
		v->cur[insn->a] = KTAP_M(INT);
		return 0;
	case KTAP_OP_LOADNIL:
		v->cur[insn->a] = KTAP_M(NIL);
		return 0;
	case KTAP_OP_LOADBOOL:
		v->cur[insn->a] = insn->b ? KTAP_M(TRUE) : KTAP_M(FALSE);
		return 0;
	case KTAP_OP_LOADF:
		v->cur[insn->a] = KTAP_M(FUNC);
		return 0;
	case KTAP_OP_ADD ... KTAP_OP_SHR:
		return infer_arith(v, insn);
	case KTAP_OP_ADDI ... KTAP_OP_SHRI:
	case KTAP_OP_NEG:
	case KTAP_OP_BNOT:
		return infer_unary(v, insn);
	case KTAP_OP_NOT:
		ret = need(v, insn->b, KTAP_M_ANY);
		if (!ret)
			v->cur[insn->a] = KTAP_M_BOOL;
		return ret;
	case KTAP_OP_CONCAT:
		return infer_join(v, insn, KTAP_M_TEXT, KTAP_M(STR));
	case KTAP_OP_KEY:
		return infer_join(v, insn, KTAP_M_PART, KTAP_M(TUPLE));
	case KTAP_OP_PARTS:
		return infer_parts(v, insn);
	case KTAP_OP_TEST:
	case KTAP_OP_EQI:
		return need(v, insn->b, KTAP_M_ANY);
	case KTAP_OP_LTI:
	case KTAP_OP_LEI:
		return need(v, insn->b, KTAP_M(INT));
	case KTAP_OP_FORPREP:
	case KTAP_OP_FORLOOP:
		return infer_for(v, insn);
	case KTAP_OP_EQ:
		return need(v, insn->b, KTAP_M_ANY) ?: need(v, insn->c, KTAP_M_ANY);
	case KTAP_OP_LT:
	case KTAP_OP_LE:
		return infer_order(v, insn);
	case KTAP_OP_GETG:
	case KTAP_OP_SETG:
	case KTAP_OP_UPDG:
		return infer_global(v, insn);
	case KTAP_OP_NEWTAB:
		v->cur[insn->a] = KTAP_M(TAB);
		return 0;
	case KTAP_OP_GETT:
	case KTAP_OP_SETT:
	case KTAP_OP_ADDT:
	case KTAP_OP_UPDT:
	case KTAP_OP_FEEDT:
		return infer_table(v, insn);
	case KTAP_OP_FEED:
		return need(v, insn->a, KTAP_M(TAB) | KTAP_M(STAT)) ?:
		       need(v, insn->b, KTAP_M_ARITH);
	case KTAP_OP_SORT:
	case KTAP_OP_NEXTS:
	case KTAP_OP_ENDS:
		return infer_sort(v, insn);
	case KTAP_OP_ITER:
	case KTAP_OP_NEXT:
		return infer_iter(v, insn);
	case KTAP_OP_VAR:
		v->cur[insn->a] = var_protos[KTAP_INSN_BX(insn)].types;
		return 0;
	case KTAP_OP_FIELD:
		v->cur[insn->a] = KTAP_M(INT) | KTAP_M(STR) | KTAP_M(NIL);
		return 0;
	case KTAP_OP_CALLB:
		return infer_builtin(v, insn);
	case KTAP_OP_CALL:
	case KTAP_OP_TCALL:
		return infer_call(v, insn);
	case KTAP_OP_CALLV:
	case KTAP_OP_TCALLV:
		return infer_call_value(v, insn);
	default:
		return refuse(v, VERIFY_OP);
	}
}

/* Join the present state into that of a block, and queue it if that grew. */
static void join(struct verifier *v, u32 pc, bool next_pair)
{
	u32 nr = v->proto->nr_regs, insn = v->proto->insn + pc;
	bool grew = !__test_and_set_bit(insn, v->reached);
	u16 *state = state_of(v, insn);
	u32 pair = v->code[v->pc].a + 2;
	u32 i;

	for (i = 0; i < nr; i++) {
		u16 set = v->cur[i];

		/* The jump behind NEXT is taken with a key and a value. */
		if (next_pair && i == pair)
			set = KTAP_M_KEY;
		else if (next_pair && i == pair + 1)
			set = (KTAP_M_STORE | KTAP_M(STAT)) & ~KTAP_M(NIL);
		grew |= set & ~state[i];
		state[i] |= set;
	}
	if (grew)
		enqueue(v, v->proto - v->prog->protos, insn);
}

/* Keep what the operands can be, or which arguments can be wrong, for make_fast(). */
static void note_types(struct verifier *v, const struct ktap_insn *insn)
{
	u16 *types = v->types[v->proto->insn + v->pc];
	u32 i;

	switch (insn->op) {
	case KTAP_OP_ADD ... KTAP_OP_SHR:
	case KTAP_OP_EQ:
	case KTAP_OP_LT:
	case KTAP_OP_LE:
		types[0] |= v->cur[insn->b];
		types[1] |= v->cur[insn->c];
		break;
	case KTAP_OP_ADDI ... KTAP_OP_SHRI:
	case KTAP_OP_EQI:
	case KTAP_OP_LTI:
	case KTAP_OP_LEI:
		types[0] |= v->cur[insn->b];
		types[1] = KTAP_M(INT);
		break;
	case KTAP_OP_CALLB:
		for (i = 0; i < (insn->c & ~KTAP_OPEN); i++)
			types[0] |= v->cur[insn->a + i] & ~arg_types(insn->b, i);
		/* It was looked at. */
		types[1] = KTAP_M_ANY;
		break;
	}
}

/* Types of which there is one value each. */
#define KTAP_M_UNIT		(KTAP_M(NIL) | KTAP_M_BOOL)

static bool is_unit(u32 set)
{
	return !(set & ~KTAP_M_UNIT) && is_power_of_2(set);
}

/*
 * What operands B and C can be where the condition of an instruction holds, or does
 * not. Nothing means that this cannot be.
 */
static void split_types(const struct ktap_insn *insn, bool holds,
			u16 *b, u16 *c)
{
	const u32 falsy = KTAP_M(NIL) | KTAP_M(FALSE);

	switch (insn->op) {
	case KTAP_OP_TEST:
		*b &= holds ? ~falsy : falsy;
		*c = *b;
		break;
	case KTAP_OP_EQI:
		*b &= holds ? KTAP_M(INT) : ~0U;
		*c = *b;
		break;
	case KTAP_OP_EQ:
		if (holds) {
			*b &= *c;
			*c = *b;
		} else if (is_unit(*c)) {
			*b &= ~*c;
		} else if (is_unit(*b)) {
			*c &= ~*b;
		}
		break;
	}
}

/* Join the state into one of the two places behind a condition. */
static void join_if(struct verifier *v, const struct ktap_insn *insn, bool holds)
{
	u16 old_b = v->cur[insn->b], b = old_b;
	bool has_c = insn->op == KTAP_OP_EQ;
	u16 old_c = has_c ? v->cur[insn->c] : b, c = old_c;

	split_types(insn, holds, &b, &c);
	if (!b || !c)
		return;
	v->cur[insn->b] = b;
	if (has_c)
		v->cur[insn->c] &= c;
	join(v, v->pc + (holds == insn->a ? 1 : 2), false);
	v->cur[insn->b] = old_b;
	if (has_c)
		v->cur[insn->c] = old_c;
}

/* Join the state into both places behind an instruction that skips. */
static void join_both(struct verifier *v, const struct ktap_insn *insn)
{
	switch (insn->op) {
	case KTAP_OP_TEST:
	case KTAP_OP_EQ:
	case KTAP_OP_EQI:
		join_if(v, insn, true);
		join_if(v, insn, false);
		break;
	case KTAP_OP_NEXT:
	case KTAP_OP_NEXTS:
		join(v, v->pc + 1, true);
		join(v, v->pc + 2, false);
		break;
	default:
		join(v, v->pc + 1, false);
		join(v, v->pc + 2, false);
		break;
	}
}

static int infer_block(struct verifier *v, u32 pc)
{
	u32 nr = v->proto->nr_regs;
	struct ktap_insn *insn;
	int ret;

	memcpy(v->cur, state_of(v, v->proto->insn + pc), nr * sizeof(*v->cur));
	v->pc = pc;
	ret = charge(v, nr / KTAP_VERIFY_SETS);
	if (ret)
		return ret;
	for (;; v->pc++) {
		insn = &v->code[v->pc];
		note_types(v, insn);
		ret = charge(v, 1);
		if (!ret)
			ret = infer_insn(v, insn);
		if (ret)
			return ret == PATH_ENDS ? 0 : ret;
		if (op_returns(insn->op))
			return 0;
		if (insn->op == KTAP_OP_JMP) {
			join(v, jump_target(v->code, v->pc), false);
			return 0;
		}
		if (op_is_for(insn->op)) {
			join(v, jump_target(v->code, v->pc), false);
			join(v, v->pc + 1, false);
			return 0;
		}
		if (op_skips(insn->op)) {
			join_both(v, insn);
			return 0;
		}
		if (test_bit(v->proto->insn + v->pc + 1, v->first)) {
			join(v, v->pc + 1, false);
			return 0;
		}
	}
}

/*
 * Look at the blocks of a function that are queued, in the order of the code: most
 * blocks come behind all that jump to them.
 */
static int infer_proto(struct verifier *v, u32 i)
{
	struct func_state *func = &v->funcs[i];
	u32 insn, from, end;
	int ret = 0;

	next_proto(v, i);
	end = v->proto->insn + v->proto->nr_insns;
	while (!ret) {
		from = min(func->from, end);
		insn = find_next_bit(v->queued, end, from);
		func->from = insn;
		if (insn == end)
			return 0;
		__clear_bit(insn, v->queued);
		/* Going over words of the bitmap takes time as well. */
		ret = charge(v, (insn - from) / 1024);
		if (!ret)
			ret = infer_block(v, insn - v->proto->insn);
	}
	return ret;
}

/* Look once more at each block that is reached, now that all is known. */
static int check_proto(struct verifier *v)
{
	u32 pc;
	int ret = 0;

	for (pc = 0; !ret && pc < v->proto->nr_insns; pc++) {
		if (test_bit(v->proto->insn + pc, v->reached))
			ret = infer_block(v, pc);
	}
	return ret;
}

/* Room for the states of all blocks. */
static int alloc_states(struct verifier *v)
{
	u32 i;

	for (i = 0; i < v->prog->nr_protos; i++) {
		for (next_proto(v, i); v->pc < v->proto->nr_insns; v->pc++) {
			u32 insn = v->proto->insn + v->pc;

			if (!test_bit(insn, v->first))
				continue;
			v->block[insn] = v->nr_states;
			v->nr_states += v->proto->nr_regs;
			if (v->nr_states > KTAP_VERIFY_STATES) {
				v->pc = 0;
				return refuse(v, VERIFY_COMPLEX);
			}
		}
	}
	v->states = kvcalloc(v->nr_states, sizeof(*v->states), GFP_KERNEL_ACCOUNT);
	v->cur = kvmalloc_array(KTAP_MAX_REGS, sizeof(*v->cur), GFP_KERNEL_ACCOUNT);
	return v->states && v->cur ? 0 : -ENOMEM;
}

/* Begin with what is called from outside, and what nobody is known to call. */
static void enter_proto(struct verifier *v, u32 i)
{
	const struct ktap_img_proto *proto = &v->prog->protos[i];
	struct func_state *func = &v->funcs[i];
	u32 reg;

	func->from = U32_MAX;
	if (proto->kind == KTAP_PROTO_FUNC && !func->is_value && func->nr_callers)
		return;
	for (reg = 0; reg < proto->nr_params; reg++)
		v->cur[reg] = KTAP_M_ANY;
	join_params(v, i, v->cur);
}

/* What going through the program once takes, many times. */
static void set_budget(struct verifier *v)
{
	v->budget = (s64)KTAP_VERIFY_ROUNDS *
		    (v->prog->nr_insns + v->nr_states / KTAP_VERIFY_SETS);
}

static int infer_types(struct verifier *v)
{
	u32 i;
	int ret;

	ret = alloc_states(v);
	if (ret)
		return ret;

	/* From now on this is about blocks. */
	bitmap_zero(v->reached, v->prog->nr_insns);
	for (i = 0; i < v->prog->nr_globals; i++)
		v->globals[i].types = KTAP_M(NIL);
	for (i = 0; i < v->prog->nr_protos; i++)
		enter_proto(v, i);
	set_budget(v);
	while (!ret && v->nr_queue)
		ret = infer_proto(v, next_queued(v));

	v->final = true;
	set_budget(v);
	for (i = 0; !ret && i < v->prog->nr_protos; i++) {
		next_proto(v, i);
		ret = check_proto(v);
	}
	return ret;
}

/*
 * make_fast
 */

#define FAST_OP(name, op)						\
	[KTAP_OP_##op] = KTAP_OP_##name,
static const u8 fast_ops[KTAP_OP_NR] = {
	KTAP_FAST_OPS(FAST_OP)
};

#undef FAST_OP

#define TASK_OP(name, var)						\
	[KTAP_VAR_##var] = KTAP_OP_##name,
static const u8 task_ops[KTAP_VAR_NR] = {
	KTAP_TASK_OPS(TASK_OP)
};

#undef TASK_OP

/* What the interpreter adds to the address of the first one. */
static u16 scale(u32 mode, u16 operand)
{
	switch (mode) {
	case KTAP_OM_DST:
	case KTAP_OM_REG:
	case KTAP_OM_FIRST:
	case KTAP_OM_LAST:
		return operand * sizeof(struct ktap_value);
	default:
		return operand;
	}
}

static void scale_operands(struct ktap_insn *insn)
{
	const unsigned char *modes = ktap_op_modes[insn->op];
	u32 bx;

	insn->a = scale(modes[0], insn->a);
	if (modes[1] == KTAP_OM_CONSTX) {
		bx = KTAP_INSN_BX(insn) * sizeof(struct ktap_value);
		insn->b = bx;
		insn->c = bx >> 16;
	}
	insn->b = scale(modes[1], insn->b);
	insn->c = scale(modes[2], insn->c);
}

static void make_fast_proto(struct verifier *v, const struct ktap_img_proto *proto)
{
	u32 end = proto->insn + proto->nr_insns;
	bool reached = false;
	u32 pc;

	for (pc = proto->insn; pc < end; pc++) {
		struct ktap_insn *insn = &v->prog->insns[pc];

		scale_operands(insn);
		if (test_bit(pc, v->first))
			reached = test_bit(pc, v->reached);
		if (!reached)
			insn->op = KTAP_OP_NEVER;
		else if (fast_ops[insn->op] && v->types[pc][0] == KTAP_M(INT) &&
			 v->types[pc][1] == KTAP_M(INT))
			insn->op = fast_ops[insn->op];
		else if (insn->op == KTAP_OP_CALLB && !(insn->c & KTAP_OPEN) &&
			 v->types[pc][1] && !v->types[pc][0])
			insn->op = KTAP_OP_CALLB_FIT;
		else if (insn->op == KTAP_OP_JMP && KTAP_INSN_SBX(insn) < 0)
			insn->op = KTAP_OP_LOOP;
		else if (insn->op == KTAP_OP_RET && proto->kind != KTAP_PROTO_FUNC)
			insn->op = KTAP_OP_LEAVE;
		else if (insn->op == KTAP_OP_VAR && task_ops[KTAP_INSN_BX(insn)] &&
			 proto->kind == KTAP_PROTO_PROBE)
			insn->op = task_ops[KTAP_INSN_BX(insn)];
	}
}

#define COUNT_OP(name, var)						\
	case KTAP_OP_##var:						\
		return KTAP_OP_##name;

/* What the GETG that begins this becomes. */
static u32 count_op(const struct ktap_insn *insn)
{
	const struct ktap_insn *var = insn + KTAP_COUNT_VAR;
	const struct ktap_insn *by = insn + KTAP_COUNT_LOADI;
	const struct ktap_insn *add = insn + KTAP_COUNT_ADDT;

	if (insn->op != KTAP_OP_GETG || by->op != KTAP_OP_LOADI ||
	    add->op != KTAP_OP_ADDT || insn[KTAP_COUNT_LEAVE].op != KTAP_OP_LEAVE ||
	    add->a != insn->a || add->b != var->a || add->c != by->a ||
	    insn->a == var->a || insn->a == by->a || var->a == by->a)
		return insn->op;
	switch (var->op) {
	KTAP_COUNT_OPS(COUNT_OP)
	default:
		return insn->op;
	}
}

#undef COUNT_OP

/* Jumps into the middle find what was there before. */
static void make_counts(struct verifier *v, const struct ktap_img_proto *proto)
{
	struct ktap_insn *insn = &v->prog->insns[proto->insn];
	struct ktap_insn *end = insn + proto->nr_insns;

	for (; insn + KTAP_COUNT_LEAVE < end; insn++)
		insn->op = count_op(insn);
}

static void make_fast(struct verifier *v)
{
	u32 i;

	for (i = 0; i < v->prog->nr_protos; i++) {
		make_fast_proto(v, &v->prog->protos[i]);
		make_counts(v, &v->prog->protos[i]);
	}
}

static int verify(struct verifier *v)
{
	struct ktap_prog *prog = v->prog;
	int ret;

	v->first = kvcalloc(BITS_TO_LONGS(prog->nr_insns), sizeof(long),
			    GFP_KERNEL_ACCOUNT);
	v->queued = kvcalloc(BITS_TO_LONGS(prog->nr_insns), sizeof(long),
			     GFP_KERNEL_ACCOUNT);
	v->reached = kvcalloc(BITS_TO_LONGS(prog->nr_insns), sizeof(long),
			      GFP_KERNEL_ACCOUNT);
	v->block = kvmalloc_array(prog->nr_insns, sizeof(*v->block),
				  GFP_KERNEL_ACCOUNT);
	v->stack = kvmalloc_array(prog->nr_insns, sizeof(*v->stack),
				  GFP_KERNEL_ACCOUNT);
	v->types = kvcalloc(prog->nr_insns, sizeof(*v->types), GFP_KERNEL_ACCOUNT);
	v->globals = kvcalloc(prog->nr_globals, sizeof(*v->globals),
			      GFP_KERNEL_ACCOUNT);
	v->funcs = kvcalloc(prog->nr_protos, sizeof(*v->funcs), GFP_KERNEL_ACCOUNT);
	v->queue = kvmalloc_array(prog->nr_protos, sizeof(*v->queue),
				  GFP_KERNEL_ACCOUNT);
	if (!v->first || !v->queued || !v->reached || !v->block || !v->stack ||
	    !v->types || !v->globals || !v->funcs || !v->queue)
		return -ENOMEM;

	ret = check_operands(v);
	if (!ret)
		ret = check_flow(v);
	if (!ret)
		ret = find_users(v);
	if (!ret)
		ret = check_where(v);
	if (!ret)
		ret = infer_types(v);
	if (!ret)
		make_fast(v);
	return ret;
}

/**
 * ktap_verify - Verify a program and make it ready to run
 * @prog: program of ktap_prog_create(), verified once
 * @log: gets the reason when it is refused
 *
 * It takes at most KTAP_VERIFY_ROUNDS times as long as looking once at all
 * instructions and, for each block, at all registers of its function.
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL if the program is refused, -ENOMEM, or -EINTR if the caller
 * is being killed.
 */
int ktap_verify(struct ktap_prog *prog, struct ktap_log *log)
{
	struct verifier v = { .prog = prog, .log = log, .log_from = log->len };
	int ret;

	/* fast_ops[] has room for a byte, a set of types for fifteen and UNSET. */
	BUILD_BUG_ON(KTAP_OP_ALL > 255);
	BUILD_BUG_ON(KTAP_T_NR >= 15);
	/* Operands are scaled in place. */
	BUILD_BUG_ON(KTAP_MAX_REGS * sizeof(struct ktap_value) > U16_MAX + 1U);
	BUILD_BUG_ON(KTAP_IMG_MAX_SIZE / sizeof(struct ktap_img_const) >
		     U32_MAX / sizeof(struct ktap_value));

	ret = verify(&v);

	kvfree(v.first);
	kvfree(v.queued);
	kvfree(v.reached);
	kvfree(v.block);
	kvfree(v.stack);
	kvfree(v.types);
	kvfree(v.globals);
	kvfree(v.readers);
	kvfree(v.funcs);
	kvfree(v.callers);
	kvfree(v.queue);
	kvfree(v.states);
	kvfree(v.cur);
	return ret;
}
