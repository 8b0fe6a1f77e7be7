/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ktap - Program images and bytecode
 *
 * A ktap script is compiled in user space into one image, which the kernel
 * checks, verifies and runs. This header is all that a compiler needs; the
 * ioctls and the records that come back are in <linux/ktap.h>. The meaning of
 * each instruction and what the verifier asks for are told in
 * Documentation/trace/ktap-bytecode.rst.
 *
 * Each list below has explicit numbers and is only ever appended to.
 */
#ifndef _UAPI_LINUX_KTAP_BC_H
#define _UAPI_LINUX_KTAP_BC_H

#include <linux/types.h>

/**
 * DOC: Image format
 *
 * An image is a &struct ktap_img_header followed by sections. A section is an
 * array of @count records of a fixed size that begins @off bytes into the
 * image, at a multiple of eight. Everything is in the byte order of the
 * machine; an image of the other byte order shows in its magic number.
 *
 * ::
 *
 *	image   = header section*
 *	INSN    = struct ktap_insn			code of all functions
 *	PROTO   = struct ktap_img_proto			functions, main first
 *	CONST   = struct ktap_img_const			constants
 *	STR     = struct ktap_img_str			strings, into TEXT
 *	TEXT    = byte					characters of all strings
 *	GLOBAL  = struct ktap_img_global		top-level variables
 *	EVENT   = struct ktap_img_event			what calls which function
 *	FIELD   = struct ktap_img_field			what code reads from events
 *	LINE    = struct ktap_img_line			source positions, by insn
 *
 * A string is named by its index in STR. Strings may hold any byte, NUL
 * included; each is followed by a NUL in TEXT that its length does not count.
 */

#define KTAP_IMG_MAGIC		0x5041544bU	/* "KTAP" in little endian */
#define KTAP_IMG_VERSION	1
#define KTAP_IMG_ALIGN		8
#define KTAP_IMG_MAX_SIZE	(64U << 20)
/* "No such index" where a string is optional. */
#define KTAP_IMG_NONE		0xffffffffU

/* FN(NAME, number, record type) */
#define ___KTAP_SECTION_MAPPER(FN, ctx...)				\
	FN(INSN,	0, struct ktap_insn, ##ctx)			\
	FN(PROTO,	1, struct ktap_img_proto, ##ctx)		\
	FN(CONST,	2, struct ktap_img_const, ##ctx)		\
	FN(STR,		3, struct ktap_img_str, ##ctx)			\
	FN(TEXT,	4, char, ##ctx)					\
	FN(GLOBAL,	5, struct ktap_img_global, ##ctx)		\
	FN(EVENT,	6, struct ktap_img_event, ##ctx)		\
	FN(FIELD,	7, struct ktap_img_field, ##ctx)		\
	FN(LINE,	8, struct ktap_img_line, ##ctx)

#define __KTAP_SECTION_ENUM(name, nr, ...) KTAP_SEC_##name = nr,
enum ktap_section {
	___KTAP_SECTION_MAPPER(__KTAP_SECTION_ENUM)
	KTAP_SEC_NR
};

#undef __KTAP_SECTION_ENUM

/**
 * struct ktap_img_section - place of one section
 * @off: from the start of the image, in bytes; a multiple of KTAP_IMG_ALIGN
 * @count: number of records
 */
struct ktap_img_section {
	__u32 off;
	__u32 count;
};

/**
 * struct ktap_img_header - start of an image
 * @magic: KTAP_IMG_MAGIC
 * @version: KTAP_IMG_VERSION
 * @nr_sections: number of entries in @sec; those past KTAP_SEC_NR must be empty
 * @size: of the whole image, in bytes
 * @flags: must be 0
 * @name: string, the script's file name for messages
 * @__reserved: must be 0
 * @sec: the sections, indexed by &enum ktap_section
 */
struct ktap_img_header {
	__u32 magic;
	__u16 version;
	__u16 nr_sections;
	__u32 size;
	__u32 flags;
	__u32 name;
	__u32 __reserved;
	struct ktap_img_section sec[KTAP_SEC_NR];
};

/*
 * Value types. FN(NAME, number, "name"). The order of the first three is used:
 * a value is false if and only if its type is not above FALSE.
 */
#define ___KTAP_TYPE_MAPPER(FN, ctx...)					\
	FN(NIL,		0, "nil", ##ctx)				\
	FN(FALSE,	1, "boolean", ##ctx)				\
	FN(TRUE,	2, "boolean", ##ctx)				\
	FN(INT,		3, "integer", ##ctx)				\
	FN(STR,		4, "string", ##ctx)				\
	FN(TAB,		5, "table", ##ctx)				\
	/* The event itself as text: may only be printed. */		\
	FN(EVENT,	6, "event", ##ctx)				\
	/* One of the program's functions. */				\
	FN(FUNC,	7, "function", ##ctx)				\
	/* What "<<<" feeds; stays in its table. */			\
	FN(STAT,	8, "statistic", ##ctx)				\
	/* Several values as one key. */				\
	FN(TUPLE,	9, "compound key", ##ctx)			\
	/* Addresses of code, each called by the next. */		\
	FN(STACK,	10, "stack", ##ctx)

#define __KTAP_TYPE_ENUM(name, nr, ...) KTAP_T_##name = nr,
enum ktap_type {
	___KTAP_TYPE_MAPPER(__KTAP_TYPE_ENUM)
	KTAP_T_NR
};

#undef __KTAP_TYPE_ENUM

/* A set of value types. */
#define KTAP_M(name)		(1U << KTAP_T_##name)
#define KTAP_M_BOOL		(KTAP_M(FALSE) | KTAP_M(TRUE))
/* What can be part of a compound key. */
#define KTAP_M_PART		(KTAP_M_BOOL | KTAP_M(INT) | KTAP_M(STR) | KTAP_M(FUNC) | \
				 KTAP_M(STACK))
#define KTAP_M_KEY		(KTAP_M_PART | KTAP_M(TUPLE) | KTAP_M(TAB))
/* What variables and tables can keep. */
#define KTAP_M_STORE		(KTAP_M_KEY | KTAP_M(NIL))
/* What ".." makes text of. */
#define KTAP_M_TEXT		(KTAP_M_BOOL | KTAP_M(INT) | KTAP_M(STR) | KTAP_M(NIL))
/* What arithmetic can be done on; nil gives nil. */
#define KTAP_M_ARITH		(KTAP_M(INT) | KTAP_M(NIL))
/* What has statistics; nil has none. */
#define KTAP_M_AGG		(KTAP_M(STAT) | KTAP_M(TAB) | KTAP_M(NIL))
/* What is text without the event. */
#define KTAP_M_PLAIN		(KTAP_M_STORE | KTAP_M(STAT))
#define KTAP_M_ANY		(KTAP_M_STORE | KTAP_M(EVENT) | KTAP_M(STAT))

/**
 * struct ktap_img_const - one constant
 * @type: KTAP_T_INT or KTAP_T_STR
 * @__reserved: must be 0
 * @val: the integer, or the index of the string
 */
struct ktap_img_const {
	__u32 type;
	__u32 __reserved;
	__aligned_u64 val;
};

/**
 * struct ktap_img_str - one string
 * @off: of its first byte in the TEXT section
 * @len: in bytes, without the NUL that follows
 */
struct ktap_img_str {
	__u32 off;
	__u32 len;
};

/*
 * What a function is, and with that where it runs.
 * FN(NAME, number, "name")
 */
#define ___KTAP_PROTO_MAPPER(FN, ctx...)				\
	/* The script's top level; exactly one, and the first. */	\
	FN(MAIN,	0, "main", ##ctx)				\
	/* Runs in process context when tracing has ended. */		\
	FN(END,		1, "trace_end", ##ctx)				\
	/* Runs where its event is. */					\
	FN(PROBE,	2, "probe", ##ctx)				\
	/* Runs in process context, again and again. */			\
	FN(TICK,	3, "tick", ##ctx)				\
	/* Runs where it is called. */					\
	FN(FUNC,	4, "function", ##ctx)

#define __KTAP_PROTO_ENUM(name, nr, ...) KTAP_PROTO_##name = nr,
enum ktap_proto_kind {
	___KTAP_PROTO_MAPPER(__KTAP_PROTO_ENUM)
	KTAP_PROTO_NR
};

#undef __KTAP_PROTO_ENUM

/* A set of function kinds: where something may be used. */
#define KTAP_IN(name)		(1U << KTAP_PROTO_##name)
#define KTAP_IN_PROC		(KTAP_IN(MAIN) | KTAP_IN(END) | KTAP_IN(TICK))
#define KTAP_IN_ANY		(KTAP_IN_PROC | KTAP_IN(PROBE))

/**
 * struct ktap_img_proto - one function
 * @kind: &enum ktap_proto_kind
 * @name: string, for messages
 * @insn: index of its first instruction
 * @nr_insns: their number; functions follow each other without gap or overlap
 * @nr_regs: registers that it uses, at most KTAP_MAX_REGS
 * @nr_params: the first of them, which are set when it is called; 0 unless @kind
 *             is KTAP_PROTO_FUNC, and at most KTAP_MAX_PARAMS
 *
 * A function of kind KTAP_PROTO_FUNC may be used wherever all that it uses, and
 * all that the functions use which it calls by their index, may be used.
 */
struct ktap_img_proto {
	__u32 kind;
	__u32 name;
	__u32 insn;
	__u32 nr_insns;
	__u32 nr_regs;
	__u32 nr_params;
};

#define KTAP_MAX_REGS		4096
#define KTAP_MAX_PARAMS		64
/* Most values that a function can return. */
#define KTAP_MAX_RESULTS	32

/**
 * struct ktap_img_global - one top-level variable
 * @name: string, for messages
 * @flags: must be 0
 */
struct ktap_img_global {
	__u32 name;
	__u32 flags;
};

/*
 * Event sources. The comment is the form that @spec of &struct ktap_img_event has.
 * FN(NAME, number, "name", kind of the functions that are called)
 */
#define ___KTAP_PROBE_MAPPER(FN, ctx...)				\
	/* "system:name", each a glob */				\
	FN(EVENT,	0, "trace event", PROBE, ##ctx)			\
	/* "[module:]name[+offset]"; without offset the name is a glob */ \
	FN(FUNC,	1, "kernel function", PROBE, ##ctx)		\
	/* "function"; the filter is a glob of functions */		\
	FN(FTRACE,	2, "function tracer", PROBE, ##ctx)		\
	/* "path:offset[(offset of a semaphore)]" */			\
	FN(USER,	3, "user function", PROBE, ##ctx)		\
	/* "period", in nanoseconds */					\
	FN(TICK,	4, "tick timer", TICK, ##ctx)			\
	/* "period", in nanoseconds */					\
	FN(PROFILE,	5, "profile timer", PROBE, ##ctx)		\
	/* "type:config:period" or "type:config:FREQUENCYhz" */		\
	FN(PERF,	6, "perf event", PROBE, ##ctx)			\
	/* "symbol:length:rwx" or "address:length:rwx" */		\
	FN(MEM,		7, "memory watchpoint", PROBE, ##ctx)

#define __KTAP_PROBE_ENUM(name, nr, ...) KTAP_PROBE_##name = nr,
enum ktap_probe_kind {
	___KTAP_PROBE_MAPPER(__KTAP_PROBE_ENUM)
	KTAP_PROBE_NR
};

#undef __KTAP_PROBE_ENUM

/* Periods of timers, in nanoseconds. */
#define KTAP_TIMER_MIN		100000ULL
#define KTAP_TIMER_MAX		(1ULL << 62)

/**
 * struct ktap_img_event - one event of a "trace" statement
 * @kind: &enum ktap_probe_kind
 * @proto: index of the function to call, of the kind that @kind asks for
 * @spec: string, what to attach to; its form depends on @kind
 * @filter: string, the kernel's event filter, or KTAP_IMG_NONE; for EVENT, and
 *          FTRACE, where it is a glob
 * @fetch: string, fetch arguments as kprobe_events takes them ("name=what"), with
 *         blanks between them, or KTAP_IMG_NONE; for FUNC and USER only
 * @name: string, what probename is, or KTAP_IMG_NONE to have the source name it
 * @line: of the event in the script
 * @col: column in that line, from 1
 * @flags: for FUNC and USER, KTAP_EVENT_RETURN to attach to where the function returns;
 *         for USER, KTAP_EVENT_MARKER if args[N] are what is fetched as arg1, arg2, ...
 * @__reserved: must be 0
 *
 * A filter, fetch arguments or a flag that @kind has no use for is refused.
 */
struct ktap_img_event {
	__u32 kind;
	__u32 proto;
	__u32 spec;
	__u32 filter;
	__u32 fetch;
	__u32 name;
	__u32 line;
	__u32 col;
	__u32 flags;
	__u32 __reserved;
};

/* When the function returns, not when it is called; for FUNC and USER. */
#define KTAP_EVENT_RETURN	(1U << 0)
/* The arguments args[N] are those fetched as arg1, arg2 and so on; for USER. */
#define KTAP_EVENT_MARKER	(1U << 1)

/* What can be read from an event. FN(NAME, number, "name") */
#define ___KTAP_FIELD_MAPPER(FN, ctx...)				\
	/* Field or fetch argument of that name. */			\
	FN(NAME,	0, "args.", ##ctx)				\
	/* N-th of them, from 0. */					\
	FN(NTH,		1, "arg", ##ctx)				\
	/* N-th argument of the function, system call or marker, from 0. */ \
	FN(ARG,		2, "args", ##ctx)				\
	/* What the function returns. */				\
	FN(RETVAL,	3, "retval", ##ctx)				\
	/* Nanoseconds since it was entered. */				\
	FN(ENTRY_NS,	4, "entry_ns", ##ctx)				\
	/* Name of the function. */					\
	FN(FUNC,	5, "func", ##ctx)				\
	/* Address of the code. */					\
	FN(IP,		6, "ip", ##ctx)					\
	/* Address of the data. */					\
	FN(ADDR,	7, "addr", ##ctx)

#define __KTAP_FIELD_ENUM(name, nr, ...) KTAP_FIELD_##name = nr,
enum ktap_field_kind {
	___KTAP_FIELD_MAPPER(__KTAP_FIELD_ENUM)
	KTAP_FIELD_NR
};

#undef __KTAP_FIELD_ENUM

/**
 * struct ktap_img_field - what is read from an event
 * @kind: &enum ktap_field_kind
 * @name: string, the name of a KTAP_FIELD_NAME, else KTAP_IMG_NONE
 * @index: number of a KTAP_FIELD_NTH or KTAP_FIELD_ARG, else 0
 * @__reserved: must be 0
 */
struct ktap_img_field {
	__u32 kind;
	__u32 name;
	__u32 index;
	__u32 __reserved;
};

/**
 * struct ktap_img_line - where code comes from
 * @insn: index of the first instruction with this position; ascending
 * @line: from 1
 * @col: column, from 1
 * @__reserved: must be 0
 */
struct ktap_img_line {
	__u32 insn;
	__u32 line;
	__u32 col;
	__u32 __reserved;
};

/**
 * struct ktap_insn - one instruction
 * @op: &enum ktap_op
 * @a: first operand
 * @b: second operand
 * @c: third operand
 *
 * Some instructions join @b and @c into one 32-bit operand: @b holds its lower
 * and @c its upper half.
 */
struct ktap_insn {
	__u16 op;
	__u16 a;
	__u16 b;
	__u16 c;
};

#define KTAP_INSN_BX(insn)	((__u32)(insn)->c << 16 | (insn)->b)
#define KTAP_INSN_SBX(insn)	((__s32)KTAP_INSN_BX(insn))

/* How an operand is used. Those with an X take the joined operand. */
enum ktap_opmode {
	KTAP_OM_NONE,		/* unused, must be 0 */
	KTAP_OM_DST,		/* register that is written */
	KTAP_OM_REG,		/* register that is read */
	KTAP_OM_FIRST,		/* first of a range of registers, see the op */
	KTAP_OM_LAST,		/* last of a range that begins at operand B */
	KTAP_OM_COUNT,		/* a number, see the op */
	KTAP_OM_INT,		/* signed number of 16 bits */
	KTAP_OM_BOOL,		/* 0 or 1 */
	KTAP_OM_ARITH,		/* enum ktap_arith */
	KTAP_OM_FUNC,		/* enum ktap_func */
	KTAP_OM_PROTO,		/* index of a function of kind FUNC */
	KTAP_OM_GLOBAL,		/* index of a global */
	KTAP_OM_INTX,		/* signed number */
	KTAP_OM_CONSTX,		/* index of a constant */
	KTAP_OM_PROTOX,		/* index of a function of kind FUNC */
	KTAP_OM_GLOBALX,	/* index of a global */
	KTAP_OM_VARX,		/* enum ktap_var */
	KTAP_OM_FIELDX,		/* index of a field */
	KTAP_OM_JUMPX,		/* signed distance from the next instruction */
	KTAP_OM_NR
};

/*
 * Arithmetic on two integers; on nil it gives nil.
 * FN(NAME, number, "sign")
 */
#define ___KTAP_ARITH_MAPPER(FN, ctx...)				\
	FN(ADD,		0, "+", ##ctx)					\
	FN(SUB,		1, "-", ##ctx)					\
	FN(MUL,		2, "*", ##ctx)					\
	FN(DIV,		3, "/", ##ctx)					\
	FN(MOD,		4, "%", ##ctx)					\
	FN(AND,		5, "&", ##ctx)					\
	FN(OR,		6, "|", ##ctx)					\
	FN(XOR,		7, "^", ##ctx)					\
	FN(SHL,		8, "<<", ##ctx)					\
	FN(SHR,		9, ">>", ##ctx)

#define __KTAP_ARITH_ENUM(name, nr, ...) KTAP_A_##name = nr,
enum ktap_arith {
	___KTAP_ARITH_MAPPER(__KTAP_ARITH_ENUM)
	KTAP_A_NR
};

#undef __KTAP_ARITH_ENUM

/*
 * Instructions. FN(NAME, number, mode of A, of B, of C); a joined operand is
 * given as B. R is the register file of the function, K the constants, G the
 * globals. "skip" means that the next instruction, which must be a JMP, is not
 * executed.
 *
 * A function that is called sees R[A] as its R[0]; arguments that it has no
 * parameter for are left out, and parameters without an argument are nil. So are
 * results that it does not give.
 */
#define ___KTAP_OP_MAPPER(FN, ctx...)					\
	/* return R[A], ... R[A + B - 1]; see KTAP_OPEN */		\
	FN(RET,		0, FIRST, COUNT, NONE, ##ctx)			\
	/* R[A] := R[B] */						\
	FN(MOVE,	1, DST, REG, NONE, ##ctx)			\
	/* R[A] := K[Bx] */						\
	FN(LOADK,	2, DST, CONSTX, NONE, ##ctx)			\
	/* R[A] := sBx */						\
	FN(LOADI,	3, DST, INTX, NONE, ##ctx)			\
	/* R[A] := nil */						\
	FN(LOADNIL,	4, DST, NONE, NONE, ##ctx)			\
	/* R[A] := B != 0 */						\
	FN(LOADBOOL,	5, DST, BOOL, NONE, ##ctx)			\
	/* R[A] := function Bx */					\
	FN(LOADF,	6, DST, PROTOX, NONE, ##ctx)			\
	/* R[A] := R[B] arith R[C], as enum ktap_arith has them */	\
	FN(ADD,		7, DST, REG, REG, ##ctx)			\
	FN(SUB,		8, DST, REG, REG, ##ctx)			\
	FN(MUL,		9, DST, REG, REG, ##ctx)			\
	FN(DIV,		10, DST, REG, REG, ##ctx)			\
	FN(MOD,		11, DST, REG, REG, ##ctx)			\
	FN(AND,		12, DST, REG, REG, ##ctx)			\
	FN(OR,		13, DST, REG, REG, ##ctx)			\
	FN(XOR,		14, DST, REG, REG, ##ctx)			\
	FN(SHL,		15, DST, REG, REG, ##ctx)			\
	FN(SHR,		16, DST, REG, REG, ##ctx)			\
	/* R[A] := R[B] arith sC, in the same order */			\
	FN(ADDI,	17, DST, REG, INT, ##ctx)			\
	FN(SUBI,	18, DST, REG, INT, ##ctx)			\
	FN(MULI,	19, DST, REG, INT, ##ctx)			\
	FN(DIVI,	20, DST, REG, INT, ##ctx)			\
	FN(MODI,	21, DST, REG, INT, ##ctx)			\
	FN(ANDI,	22, DST, REG, INT, ##ctx)			\
	FN(ORI,		23, DST, REG, INT, ##ctx)			\
	FN(XORI,	24, DST, REG, INT, ##ctx)			\
	FN(SHLI,	25, DST, REG, INT, ##ctx)			\
	FN(SHRI,	26, DST, REG, INT, ##ctx)			\
	/* R[A] := -R[B] */						\
	FN(NEG,		27, DST, REG, NONE, ##ctx)			\
	/* R[A] := ~R[B] */						\
	FN(BNOT,	28, DST, REG, NONE, ##ctx)			\
	/* R[A] := not R[B] */						\
	FN(NOT,		29, DST, REG, NONE, ##ctx)			\
	/* R[A] := R[B] .. R[B + 1] ... .. R[C] as text */		\
	FN(CONCAT,	30, DST, FIRST, LAST, ##ctx)			\
	/* pc += sBx */							\
	FN(JMP,		31, NONE, JUMPX, NONE, ##ctx)			\
	/* skip unless A == (R[B] is neither nil nor false) */		\
	FN(TEST,	32, BOOL, REG, NONE, ##ctx)			\
	/* skip unless A == (R[B] == R[C]); unequal types are unequal */ \
	FN(EQ,		33, BOOL, REG, REG, ##ctx)			\
	/* skip unless A == (R[B] < R[C]); both integers or strings */	\
	FN(LT,		34, BOOL, REG, REG, ##ctx)			\
	/* skip unless A == (R[B] <= R[C]) */				\
	FN(LE,		35, BOOL, REG, REG, ##ctx)			\
	/* skip unless A == (R[B] == sC) */				\
	FN(EQI,		36, BOOL, REG, INT, ##ctx)			\
	/* skip unless A == (R[B] < sC); R[B] is an integer */		\
	FN(LTI,		37, BOOL, REG, INT, ##ctx)			\
	/* skip unless A == (R[B] <= sC); likewise */			\
	FN(LEI,		38, BOOL, REG, INT, ##ctx)			\
	/* R[A] to R[A + 1] by R[A + 2], if none pc += sBx */\
	FN(FORPREP,	39, FIRST, JUMPX, NONE, ##ctx)			\
	/* if R[A + 1] is not 0: take 1 from it, R[A] += R[A + 2], pc += sBx */ \
	FN(FORLOOP,	40, FIRST, JUMPX, NONE, ##ctx)			\
	/* R[A] := G[Bx] */						\
	FN(GETG,	41, DST, GLOBALX, NONE, ##ctx)			\
	/* G[Bx] := R[A] */						\
	FN(SETG,	42, REG, GLOBALX, NONE, ##ctx)			\
	/* G[C] := G[C] arith(B) R[A], at once */			\
	FN(UPDG,	43, REG, ARITH, GLOBAL, ##ctx)			\
	/* R[A] := {} */						\
	FN(NEWTAB,	44, DST, NONE, NONE, ##ctx)			\
	/* R[A] := R[B][R[C]] */					\
	FN(GETT,	45, DST, REG, REG, ##ctx)			\
	/* R[A][R[B]] := R[C]; nil deletes */				\
	FN(SETT,	46, REG, REG, REG, ##ctx)			\
	/* R[A][R[B]] += R[C], at once; a missing entry begins from 0 */ \
	FN(ADDT,	47, REG, REG, REG, ##ctx)			\
	/* R[A][R[B]] := R[A][R[B]] arith(C) R[B + 1], at once */	\
	FN(UPDT,	48, REG, FIRST, ARITH, ##ctx)			\
	/* R[A] := R[B], ... R[C] as one key */				\
	FN(KEY,		49, DST, FIRST, LAST, ##ctx)			\
	/* R[A], ... R[A + C - 1] := parts of the key R[B], as many as it has */ \
	FN(PARTS,	50, FIRST, REG, COUNT, ##ctx)			\
	/* R[A] <<< R[B] */						\
	FN(FEED,	51, REG, REG, NONE, ##ctx)			\
	/* R[A][R[B]] <<< R[C] */					\
	FN(FEEDT,	52, REG, REG, REG, ##ctx)			\
	/* begin to go through table R[A]; R[A + 1] := cursor */	\
	FN(ITER,	53, FIRST, NONE, NONE, ##ctx)			\
	/* R[A + 2], R[A + 3] := next key and value; skip at the end */	\
	FN(NEXT,	54, FIRST, NONE, NONE, ##ctx)			\
	/* ITER in order of R[A + 2] or of values, at most R[A + 3] pairs */\
	FN(SORT,	55, FIRST, NONE, NONE, ##ctx)			\
	/* NEXT for SORT */						\
	FN(NEXTS,	56, FIRST, NONE, NONE, ##ctx)			\
	/* give back what SORT took for R[A + 1] */			\
	FN(ENDS,	57, FIRST, NONE, NONE, ##ctx)			\
	/* R[A] := variable Bx of the event or its task */		\
	FN(VAR,		58, DST, VARX, NONE, ##ctx)			\
	/* R[A] := field Bx of the event */				\
	FN(FIELD,	59, DST, FIELDX, NONE, ##ctx)			\
	/* R[A] := B(R[A], ... R[A + C - 1]); see KTAP_OPEN */		\
	FN(CALLB,	60, FIRST, FUNC, COUNT, ##ctx)			\
	/* R[A], ... R[A + C - 1] := function B(R[A], ...) with its parameters */ \
	FN(CALL,	61, FIRST, PROTO, COUNT, ##ctx)			\
	/* the same with function R[B], C % 256 arguments and C / 256 results */ \
	FN(CALLV,	62, FIRST, REG, COUNT, ##ctx)			\
	/* return function B(R[A], ...) */				\
	FN(TCALL,	63, FIRST, PROTO, NONE, ##ctx)			\
	/* return R[B](R[A], ... R[A + C - 1]) */			\
	FN(TCALLV,	64, FIRST, REG, COUNT, ##ctx)

#define __KTAP_OP_ENUM(name, nr, ...) KTAP_OP_##name = nr,
enum ktap_op {
	___KTAP_OP_MAPPER(__KTAP_OP_ENUM)
	KTAP_OP_NR
};

#undef __KTAP_OP_ENUM

/*
 * In a number of values of RET and CALLB: these, and behind them all results of
 * the call before, which is a CALL or CALLV whose A is the register behind them
 * and which asks for KTAP_MAX_RESULTS.
 */
#define KTAP_OPEN		0x8000U

/* In operand C of CALLV. */
#define KTAP_CALLV_ARGS(c)	((c) & 0xff)
#define KTAP_CALLV_RESULTS(c)	((c) >> 8)

/* How statistics of a table count. FN(NAME, number, "name") */
#define ___KTAP_AGG_MAPPER(FN, ctx...)					\
	/* Number, sum, least and greatest value. */			\
	FN(STAT,	0, "stat", ##ctx)				\
	/* And by powers of two. */					\
	FN(HIST,	1, "hist", ##ctx)				\
	/* And by steps of the same size. */				\
	FN(LHIST,	2, "lhist", ##ctx)				\
	/* And by steps of the same size between powers of a base. */	\
	FN(LLHIST,	3, "llhist", ##ctx)

#define __KTAP_AGG_ENUM(name, nr, ...) KTAP_AGG_##name = nr,
enum ktap_agg_kind {
	___KTAP_AGG_MAPPER(__KTAP_AGG_ENUM)
	KTAP_AGG_NR
};

#undef __KTAP_AGG_ENUM

/* Most ranges that a histogram can have. */
#define KTAP_MAX_RANGES		4096

/*
 * Builtin variables. FN(NAME, number, "name", types, where it may be read)
 */
#define ___KTAP_VAR_MAPPER(FN, ctx...)					\
	FN(CPU,		0, "cpu", KTAP_M(INT), KTAP_IN_ANY, ##ctx)	\
	FN(PID,		1, "pid", KTAP_M(INT), KTAP_IN_ANY, ##ctx)	\
	FN(TID,		2, "tid", KTAP_M(INT), KTAP_IN_ANY, ##ctx)	\
	FN(PPID,	3, "ppid", KTAP_M(INT), KTAP_IN_ANY, ##ctx)	\
	FN(UID,		4, "uid", KTAP_M(INT), KTAP_IN_ANY, ##ctx)	\
	FN(GID,		5, "gid", KTAP_M(INT), KTAP_IN_ANY, ##ctx)	\
	FN(EXECNAME,	6, "execname", KTAP_M(STR), KTAP_IN_ANY, ##ctx)	\
	FN(NSECS,	7, "nsecs", KTAP_M(INT), KTAP_IN_ANY, ##ctx)	\
	FN(PROBENAME,	8, "probename", KTAP_M(STR),			\
	   KTAP_IN(PROBE) | KTAP_IN(TICK), ##ctx)			\
	FN(ARGSTR,	9, "argstr", KTAP_M(EVENT) | KTAP_M(STR),	\
	   KTAP_IN(PROBE), ##ctx)					\
	FN(ELAPSED,	10, "elapsed", KTAP_M(INT), KTAP_IN_ANY, ##ctx)	\
	FN(CGROUP,	11, "cgroup", KTAP_M(INT), KTAP_IN_ANY, ##ctx)

#define __KTAP_VAR_ENUM(name, nr, ...) KTAP_VAR_##name = nr,
enum ktap_var {
	___KTAP_VAR_MAPPER(__KTAP_VAR_ENUM)
	KTAP_VAR_NR
};

#undef __KTAP_VAR_ENUM

/* What curr_taskinfo() reads of the current task. FN(NAME, number, "name") */
#define ___KTAP_TASKINFO_MAPPER(FN, ctx...)				\
	/* Number of the thread. */					\
	FN(PID,		0, "pid", ##ctx)				\
	/* Number of its process. */					\
	FN(TGID,	1, "tgid", ##ctx)				\
	/* Its name; everything else is an integer. */			\
	FN(COMM,	2, "comm", ##ctx)				\
	/* 0 if it runs; else bits that say what it waits for. */	\
	FN(STATE,	3, "state", ##ctx)				\
	/* Priority as the scheduler has it at present. */		\
	FN(PRIO,	4, "prio", ##ctx)				\
	/* And as it follows from nice. */				\
	FN(STATIC_PRIO,	5, "static_prio", ##ctx)			\
	/* Priority among real-time tasks, else 0. */			\
	FN(RT_PRIORITY,	6, "rt_priority", ##ctx)			\
	/* From -20 to 19. */						\
	FN(NICE,	7, "nice", ##ctx)				\
	/* SCHED_*: 0 is SCHED_NORMAL. */				\
	FN(POLICY,	8, "policy", ##ctx)				\
	/* CPU that it runs on. */					\
	FN(CPU,		9, "cpu", ##ctx)				\
	/* PF_* */							\
	FN(FLAGS,	10, "flags", ##ctx)				\
	/* Nanoseconds that it ran code of its own. */			\
	FN(UTIME,	11, "utime", ##ctx)				\
	/* Nanoseconds that it ran in the kernel. */			\
	FN(STIME,	12, "stime", ##ctx)				\
	/* When it began, as nsecs. */					\
	FN(START_TIME,	13, "start_time", ##ctx)			\
	/* Context switches that it asked for. */			\
	FN(NVCSW,	14, "nvcsw", ##ctx)				\
	/* Context switches that it did not ask for. */			\
	FN(NIVCSW,	15, "nivcsw", ##ctx)				\
	/* Page faults that read nothing. */				\
	FN(MIN_FLT,	16, "min_flt", ##ctx)				\
	/* Page faults that read from a device. */			\
	FN(MAJ_FLT,	17, "maj_flt", ##ctx)				\
	/* What it was ended with, as wait() has it. */			\
	FN(EXIT_CODE,	18, "exit_code", ##ctx)

#define __KTAP_TASKINFO_ENUM(name, nr, ...) KTAP_TASKINFO_##name = nr,
enum ktap_taskinfo {
	___KTAP_TASKINFO_MAPPER(__KTAP_TASKINFO_ENUM)
	KTAP_TASKINFO_NR
};

#undef __KTAP_TASKINFO_ENUM

/* Most frames of a stack. */
#define KTAP_MAX_STACK		127

/* Highest number of arguments of a builtin function. */
#define KTAP_MAX_ARGS		64

/*
 * Builtin functions. FN(NAME, number, "name", least and most arguments, types
 * of the first argument, of the second, of the others, of the result, where it
 * may be called)
 */
#define ___KTAP_FUNC_MAPPER(FN, ctx...)					\
	FN(PRINT, 0, "print", 0, KTAP_MAX_ARGS,				\
	   KTAP_M_ANY, KTAP_M_ANY, KTAP_M_ANY,				\
	   KTAP_M(NIL), KTAP_IN_ANY, ##ctx)				\
	FN(PRINTF, 1, "printf", 1, KTAP_MAX_ARGS,			\
	   KTAP_M(STR), KTAP_M_ANY, KTAP_M_ANY,				\
	   KTAP_M(NIL), KTAP_IN_ANY, ##ctx)				\
	FN(EXIT, 2, "exit", 0, 1,					\
	   KTAP_M(INT), 0, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(LEN, 3, "len", 1, 1,						\
	   KTAP_M(STR) | KTAP_M(TAB), 0, 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx) \
	FN(DELETE, 4, "delete", 1, 2,					\
	   KTAP_M(TAB), KTAP_M_KEY, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)	\
	FN(CLEAR, 5, "clear", 1, 1,					\
	   KTAP_M(TAB), 0, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(ZERO, 6, "zero", 1, 1,					\
	   KTAP_M(TAB), 0, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(STAT, 7, "stat", 0, 0,					\
	   0, 0, 0, KTAP_M(TAB), KTAP_IN_ANY, ##ctx)			\
	FN(HIST, 8, "hist", 0, 0,					\
	   0, 0, 0, KTAP_M(TAB), KTAP_IN_ANY, ##ctx)			\
	FN(LHIST, 9, "lhist", 3, 3,					\
	   KTAP_M(INT), KTAP_M(INT), KTAP_M(INT),			\
	   KTAP_M(TAB), KTAP_IN_ANY, ##ctx)				\
	FN(LLHIST, 10, "llhist", 4, 4,					\
	   KTAP_M(INT), KTAP_M(INT), KTAP_M(INT),			\
	   KTAP_M(TAB), KTAP_IN_ANY, ##ctx)				\
	FN(COUNT, 11, "count", 1, 1,					\
	   KTAP_M_AGG, 0, 0,						\
	   KTAP_M(INT), KTAP_IN_ANY, ##ctx)				\
	FN(SUM, 12, "sum", 1, 1,					\
	   KTAP_M_AGG, 0, 0,						\
	   KTAP_M(INT), KTAP_IN_ANY, ##ctx)				\
	FN(AVG, 13, "avg", 1, 1,					\
	   KTAP_M_AGG, 0, 0,						\
	   KTAP_M_ARITH, KTAP_IN_ANY, ##ctx)				\
	FN(MIN, 14, "min", 1, 1,					\
	   KTAP_M_AGG, 0, 0,						\
	   KTAP_M_ARITH, KTAP_IN_ANY, ##ctx)				\
	FN(MAX, 15, "max", 1, 1,					\
	   KTAP_M_AGG, 0, 0,						\
	   KTAP_M_ARITH, KTAP_IN_ANY, ##ctx)				\
	FN(STDDEV, 16, "stddev", 1, 1,					\
	   KTAP_M_AGG, 0, 0,						\
	   KTAP_M_ARITH, KTAP_IN_ANY, ##ctx)				\
	FN(PRINT_HIST, 17, "print_hist", 1, 2,				\
	   KTAP_M_AGG, KTAP_M(INT), 0,					\
	   KTAP_M(NIL), KTAP_IN_PROC, ##ctx)				\
	FN(PRINT_STAT, 18, "print_stat", 1, 2,				\
	   KTAP_M_AGG, KTAP_M(INT), 0,					\
	   KTAP_M(NIL), KTAP_IN_PROC, ##ctx)				\
	FN(SUBSTR, 19, "substr", 2, 3,					\
	   KTAP_M(STR), KTAP_M(INT), KTAP_M(INT),			\
	   KTAP_M(STR), KTAP_IN_ANY, ##ctx)				\
	FN(STRSTR, 20, "strstr", 2, 2,					\
	   KTAP_M(STR), KTAP_M(STR), 0,					\
	   KTAP_M(STR) | KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(STRCMP, 21, "strcmp", 2, 2,					\
	   KTAP_M(STR), KTAP_M(STR), 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx) \
	FN(STRTOL, 22, "strtol", 1, 2,					\
	   KTAP_M(STR), KTAP_M(INT), 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx) \
	FN(TOSTRING, 23, "tostring", 1, 1,				\
	   KTAP_M_PLAIN, 0, 0,						\
	   KTAP_M(STR), KTAP_IN_ANY, ##ctx)				\
	FN(TONUMBER, 24, "tonumber", 1, 2,				\
	   KTAP_M_ANY & ~KTAP_M(EVENT), KTAP_M(INT), 0,			\
	   KTAP_M_ARITH, KTAP_IN_ANY, ##ctx)				\
	FN(SPLIT, 25, "split", 2, 2,					\
	   KTAP_M(STR), KTAP_M(STR), 0, KTAP_M(TAB), KTAP_IN_ANY, ##ctx) \
	FN(BASENAME, 26, "basename", 1, 1,				\
	   KTAP_M(STR), 0, 0, KTAP_M(STR), KTAP_IN_ANY, ##ctx)		\
	FN(USER_STRING, 27, "user_string", 1, 2,			\
	   KTAP_M_ARITH, KTAP_M(INT), 0,				\
	   KTAP_M(STR) | KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(KERNEL_STRING, 28, "kernel_string", 1, 2,			\
	   KTAP_M_ARITH, KTAP_M(INT), 0,				\
	   KTAP_M(STR) | KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(USER_READ, 29, "user_read", 2, 2,				\
	   KTAP_M_ARITH, KTAP_M(INT), 0, KTAP_M_ARITH, KTAP_IN_ANY, ##ctx) \
	FN(KERNEL_READ, 30, "kernel_read", 2, 2,			\
	   KTAP_M_ARITH, KTAP_M(INT), 0, KTAP_M_ARITH, KTAP_IN_ANY, ##ctx) \
	FN(GETTIMEOFDAY_NS, 31, "gettimeofday_ns", 0, 0,		\
	   0, 0, 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx)			\
	FN(GETTIMEOFDAY_US, 32, "gettimeofday_us", 0, 0,		\
	   0, 0, 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx)			\
	FN(GETTIMEOFDAY_MS, 33, "gettimeofday_ms", 0, 0,		\
	   0, 0, 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx)			\
	FN(GETTIMEOFDAY_S, 34, "gettimeofday_s", 0, 0,			\
	   0, 0, 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx)			\
	FN(STRFTIME, 35, "strftime", 2, 2,				\
	   KTAP_M(STR), KTAP_M_ARITH, 0,				\
	   KTAP_M(STR) | KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(RAND, 36, "rand", 0, 1,					\
	   KTAP_M(INT), 0, 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx)		\
	FN(NUM_CPUS, 37, "num_cpus", 0, 0,				\
	   0, 0, 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx)			\
	FN(IPOF, 38, "ipof", 1, 1,					\
	   KTAP_M_ARITH, 0, 0, KTAP_M_ARITH, KTAP_IN_ANY, ##ctx)	\
	FN(STACK, 39, "stack", 0, 2,					\
	   KTAP_M(INT), KTAP_M(INT), 0,					\
	   KTAP_M(STACK), KTAP_IN(PROBE), ##ctx)		\
	FN(USTACK, 40, "ustack", 0, 1,					\
	   KTAP_M(INT), 0, 0,						\
	   KTAP_M(STACK), KTAP_IN(PROBE), ##ctx)			\
	/* A value, the name of its variable, KTAP_AGG_*; for compilers only. */ \
	FN(DUMP, 41, "dump", 2, 3,					\
	   KTAP_M_STORE, KTAP_M(STR), KTAP_M(INT),			\
	   KTAP_M(NIL), KTAP_IN_PROC, ##ctx)			\
	FN(KSYM, 42, "ksym", 1, 1,					\
	   KTAP_M_ARITH, 0, 0,						\
	   KTAP_M(STACK) | KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(USYM, 43, "usym", 1, 1,					\
	   KTAP_M_ARITH, 0, 0,						\
	   KTAP_M(STACK) | KTAP_M(NIL), KTAP_IN(PROBE), ##ctx)		\
	FN(KADDR, 44, "kaddr", 1, 1,					\
	   KTAP_M(STR), 0, 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx)		\
	FN(ERRNAME, 45, "errname", 1, 1,				\
	   KTAP_M_ARITH, 0, 0,						\
	   KTAP_M(STR) | KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(SYSCALL_NAME, 46, "syscall_name", 1, 1,			\
	   KTAP_M_ARITH, 0, 0,						\
	   KTAP_M(STR) | KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(SIGNAME, 47, "signame", 1, 1,				\
	   KTAP_M_ARITH, 0, 0,						\
	   KTAP_M(STR) | KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(NTOP, 48, "ntop", 1, 2,					\
	   KTAP_M_ARITH | KTAP_M(STR), KTAP_M_ARITH | KTAP_M(STR), 0,	\
	   KTAP_M(STR) | KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(SOCK_SADDR, 49, "net.ip_sock_saddr", 1, 1,			\
	   KTAP_M_ARITH, 0, 0,						\
	   KTAP_M_ARITH | KTAP_M(STR), KTAP_IN_ANY, ##ctx)		\
	FN(SOCK_DADDR, 50, "net.ip_sock_daddr", 1, 1,			\
	   KTAP_M_ARITH, 0, 0,						\
	   KTAP_M_ARITH | KTAP_M(STR), KTAP_IN_ANY, ##ctx)		\
	FN(ARCH, 51, "arch", 0, 0,					\
	   0, 0, 0, KTAP_M(STR), KTAP_IN_ANY, ##ctx)			\
	FN(KERNEL_V, 52, "kernel_v", 0, 0,				\
	   0, 0, 0, KTAP_M(STR), KTAP_IN_ANY, ##ctx)			\
	FN(IN_INTERRUPT, 53, "in_interrupt", 0, 0,			\
	   0, 0, 0, KTAP_M_BOOL, KTAP_IN_ANY, ##ctx)			\
	FN(IN_IOWAIT, 54, "in_iowait", 0, 0,				\
	   0, 0, 0, KTAP_M_BOOL, KTAP_IN(PROBE), ##ctx)			\
	FN(CURR_TASKINFO, 55, "curr_taskinfo", 1, 1,			\
	   KTAP_M(STR), 0, 0,						\
	   KTAP_M(INT) | KTAP_M(STR), KTAP_IN(PROBE), ##ctx)		\
	FN(TRACING_ON, 56, "tracing_on", 0, 0,				\
	   0, 0, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)			\
	FN(TRACING_OFF, 57, "tracing_off", 0, 0,			\
	   0, 0, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)			\
	FN(SNAPSHOT, 58, "snapshot", 0, 0,				\
	   0, 0, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)			\
	FN(TRACE_PRINTK, 59, "trace_printk", 1, KTAP_MAX_ARGS,		\
	   KTAP_M(STR), KTAP_M_PLAIN, KTAP_M_PLAIN,			\
	   KTAP_M(NIL), KTAP_IN_ANY, ##ctx)				\
	FN(KERNEL_VAR, 60, "kernel_var", 1, 1,				\
	   KTAP_M(STR), 0, 0, KTAP_M_ARITH, KTAP_IN_ANY, ##ctx)		\
	FN(SPECULATION, 61, "speculation", 0, 0,			\
	   0, 0, 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx)			\
	FN(SPECULATE, 62, "speculate", 1, 1,				\
	   KTAP_M_ARITH, 0, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(COMMIT, 63, "commit", 1, 1,					\
	   KTAP_M_ARITH, 0, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(DISCARD, 64, "discard", 1, 1,				\
	   KTAP_M_ARITH, 0, 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)

#define __KTAP_FUNC_ENUM(name, nr, ...) KTAP_FUNC_##name = nr,
enum ktap_func {
	___KTAP_FUNC_MAPPER(__KTAP_FUNC_ENUM)
	KTAP_FUNC_NR
};

#undef __KTAP_FUNC_ENUM

#endif /* _UAPI_LINUX_KTAP_BC_H */
