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
 *	FIELD   = struct ktap_img_field			event fields that code reads
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
	FN(EVENT,	6, "event", ##ctx)

#define __KTAP_TYPE_ENUM(name, nr, ...) KTAP_T_##name = nr,
enum ktap_type {
	___KTAP_TYPE_MAPPER(__KTAP_TYPE_ENUM)
	KTAP_T_NR
};

#undef __KTAP_TYPE_ENUM

/* A set of value types. */
#define KTAP_M(name)		(1U << KTAP_T_##name)
#define KTAP_M_BOOL		(KTAP_M(FALSE) | KTAP_M(TRUE))
#define KTAP_M_KEY		(KTAP_M_BOOL | KTAP_M(INT) | KTAP_M(STR))
#define KTAP_M_STORE		(KTAP_M_KEY | KTAP_M(NIL) | KTAP_M(TAB))
#define KTAP_M_ANY		(KTAP_M_STORE | KTAP_M(EVENT))

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
	FN(PROBE,	2, "probe", ##ctx)

#define __KTAP_PROTO_ENUM(name, nr, ...) KTAP_PROTO_##name = nr,
enum ktap_proto_kind {
	___KTAP_PROTO_MAPPER(__KTAP_PROTO_ENUM)
	KTAP_PROTO_NR
};

#undef __KTAP_PROTO_ENUM

/* A set of function kinds. */
#define KTAP_IN(name)		(1U << KTAP_PROTO_##name)
#define KTAP_IN_PROC		(KTAP_IN(MAIN) | KTAP_IN(END))
#define KTAP_IN_ANY		(KTAP_IN_PROC | KTAP_IN(PROBE))

/**
 * struct ktap_img_proto - one function
 * @kind: &enum ktap_proto_kind
 * @name: string, for messages
 * @insn: index of its first instruction
 * @nr_insns: their number; functions follow each other without gap or overlap
 * @nr_regs: registers that it uses, at most KTAP_MAX_REGS
 * @__reserved: must be 0
 */
struct ktap_img_proto {
	__u32 kind;
	__u32 name;
	__u32 insn;
	__u32 nr_insns;
	__u32 nr_regs;
	__u32 __reserved;
};

#define KTAP_MAX_REGS		4096

/**
 * struct ktap_img_global - one top-level variable
 * @name: string, for messages
 * @flags: must be 0
 */
struct ktap_img_global {
	__u32 name;
	__u32 flags;
};

/* Event sources. FN(NAME, number, "name") */
#define ___KTAP_PROBE_MAPPER(FN, ctx...)				\
	/* Trace event: "system:name", each a glob. */			\
	FN(EVENT,	0, "trace event", ##ctx)

#define __KTAP_PROBE_ENUM(name, nr, ...) KTAP_PROBE_##name = nr,
enum ktap_probe_kind {
	___KTAP_PROBE_MAPPER(__KTAP_PROBE_ENUM)
	KTAP_PROBE_NR
};

#undef __KTAP_PROBE_ENUM

/**
 * struct ktap_img_event - one event of a "trace" statement
 * @kind: &enum ktap_probe_kind
 * @proto: index of the function to call, of kind KTAP_PROTO_PROBE
 * @spec: string, what to attach to; its form depends on @kind
 * @filter: string, the kernel's event filter, or KTAP_IMG_NONE
 * @line: of the event in the script
 * @col: column in that line, from 1
 * @flags: must be 0
 * @__reserved: must be 0
 */
struct ktap_img_event {
	__u32 kind;
	__u32 proto;
	__u32 spec;
	__u32 filter;
	__u32 line;
	__u32 col;
	__u32 flags;
	__u32 __reserved;
};

/**
 * struct ktap_img_field - one field of an event
 * @name: string, the field's name, or KTAP_IMG_NONE for the one at @index
 * @index: of the field in the event's format, from 0; 0 with a @name
 */
struct ktap_img_field {
	__u32 name;
	__u32 index;
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
	KTAP_OM_BOOL,		/* 0 or 1 */
	KTAP_OM_ARITH,		/* enum ktap_arith */
	KTAP_OM_FUNC,		/* enum ktap_func */
	KTAP_OM_GLOBAL,		/* index of a global */
	KTAP_OM_INTX,		/* signed number */
	KTAP_OM_CONSTX,		/* index of a constant */
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
 */
#define ___KTAP_OP_MAPPER(FN, ctx...)					\
	/* return from the function */					\
	FN(RET,		0, NONE, NONE, NONE, ##ctx)			\
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
	/* R[A] := R[B] arith R[C], as enum ktap_arith has them */	\
	FN(ADD,		6, DST, REG, REG, ##ctx)			\
	FN(SUB,		7, DST, REG, REG, ##ctx)			\
	FN(MUL,		8, DST, REG, REG, ##ctx)			\
	FN(DIV,		9, DST, REG, REG, ##ctx)			\
	FN(MOD,		10, DST, REG, REG, ##ctx)			\
	FN(AND,		11, DST, REG, REG, ##ctx)			\
	FN(OR,		12, DST, REG, REG, ##ctx)			\
	FN(XOR,		13, DST, REG, REG, ##ctx)			\
	FN(SHL,		14, DST, REG, REG, ##ctx)			\
	FN(SHR,		15, DST, REG, REG, ##ctx)			\
	/* R[A] := -R[B] */						\
	FN(NEG,		16, DST, REG, NONE, ##ctx)			\
	/* R[A] := ~R[B] */						\
	FN(BNOT,	17, DST, REG, NONE, ##ctx)			\
	/* R[A] := not R[B] */						\
	FN(NOT,		18, DST, REG, NONE, ##ctx)			\
	/* R[A] := R[B] .. R[B + 1] ... .. R[C] as text */		\
	FN(CONCAT,	19, DST, FIRST, LAST, ##ctx)			\
	/* pc += sBx */							\
	FN(JMP,		20, NONE, JUMPX, NONE, ##ctx)			\
	/* skip unless A == (R[B] is neither nil nor false) */		\
	FN(TEST,	21, BOOL, REG, NONE, ##ctx)			\
	/* skip unless A == (R[B] == R[C]); unequal types are unequal */ \
	FN(EQ,		22, BOOL, REG, REG, ##ctx)			\
	/* skip unless A == (R[B] < R[C]); both integers or strings */	\
	FN(LT,		23, BOOL, REG, REG, ##ctx)			\
	/* skip unless A == (R[B] <= R[C]) */				\
	FN(LE,		24, BOOL, REG, REG, ##ctx)			\
	/* R[A] := G[Bx] */						\
	FN(GETG,	25, DST, GLOBALX, NONE, ##ctx)			\
	/* G[Bx] := R[A] */						\
	FN(SETG,	26, REG, GLOBALX, NONE, ##ctx)			\
	/* G[C] := G[C] arith(B) R[A], at once */			\
	FN(UPDG,	27, REG, ARITH, GLOBAL, ##ctx)			\
	/* R[A] := {} */						\
	FN(NEWTAB,	28, DST, NONE, NONE, ##ctx)			\
	/* R[A] := R[B][R[C]] */					\
	FN(GETT,	29, DST, REG, REG, ##ctx)			\
	/* R[A][R[B]] := R[C]; nil deletes */				\
	FN(SETT,	30, REG, REG, REG, ##ctx)			\
	/* R[A][R[B]] += R[C], at once; a missing entry begins from 0 */ \
	FN(ADDT,	31, REG, REG, REG, ##ctx)			\
	/* R[A][R[B]] := R[A][R[B]] arith(C) R[B + 1], at once */	\
	FN(UPDT,	32, REG, FIRST, ARITH, ##ctx)			\
	/* begin to go through table R[A]; R[A + 1] := cursor */	\
	FN(ITER,	33, FIRST, NONE, NONE, ##ctx)			\
	/* R[A + 2], R[A + 3] := next key and value; skip at the end */	\
	FN(NEXT,	34, FIRST, NONE, NONE, ##ctx)			\
	/* R[A] := variable Bx of the event or its task */		\
	FN(VAR,		35, DST, VARX, NONE, ##ctx)			\
	/* R[A] := field Bx of the event */				\
	FN(FIELD,	36, DST, FIELDX, NONE, ##ctx)			\
	/* R[A] := B(R[A], ... R[A + C - 1]) */				\
	FN(CALLB,	37, FIRST, FUNC, COUNT, ##ctx)

#define __KTAP_OP_ENUM(name, nr, ...) KTAP_OP_##name = nr,
enum ktap_op {
	___KTAP_OP_MAPPER(__KTAP_OP_ENUM)
	KTAP_OP_NR
};

#undef __KTAP_OP_ENUM

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
	FN(PROBENAME,	8, "probename", KTAP_M(STR), KTAP_IN(PROBE), ##ctx) \
	FN(ARGSTR,	9, "argstr", KTAP_M(EVENT), KTAP_IN(PROBE), ##ctx)

#define __KTAP_VAR_ENUM(name, nr, ...) KTAP_VAR_##name = nr,
enum ktap_var {
	___KTAP_VAR_MAPPER(__KTAP_VAR_ENUM)
	KTAP_VAR_NR
};

#undef __KTAP_VAR_ENUM

/* Highest number of arguments of a builtin function. */
#define KTAP_MAX_ARGS		64

/*
 * Builtin functions. FN(NAME, number, "name", least and most arguments, types
 * of the first argument, of the others, of the result, where it may be called)
 */
#define ___KTAP_FUNC_MAPPER(FN, ctx...)					\
	FN(PRINT,	0, "print", 0, KTAP_MAX_ARGS,			\
	   KTAP_M_ANY, KTAP_M_ANY, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)	\
	FN(PRINTF,	1, "printf", 1, KTAP_MAX_ARGS,			\
	   KTAP_M(STR), KTAP_M_ANY, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)	\
	FN(EXIT,	2, "exit", 0, 1,				\
	   KTAP_M(INT), 0, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)		\
	FN(LEN,		3, "len", 1, 1,					\
	   KTAP_M(STR) | KTAP_M(TAB), 0, KTAP_M(INT), KTAP_IN_ANY, ##ctx) \
	FN(DELETE,	4, "delete", 1, 2,				\
	   KTAP_M(TAB), KTAP_M_KEY, KTAP_M(NIL), KTAP_IN_ANY, ##ctx)

#define __KTAP_FUNC_ENUM(name, nr, ...) KTAP_FUNC_##name = nr,
enum ktap_func {
	___KTAP_FUNC_MAPPER(__KTAP_FUNC_ENUM)
	KTAP_FUNC_NR
};

#undef __KTAP_FUNC_ENUM

#endif /* _UAPI_LINUX_KTAP_BC_H */
