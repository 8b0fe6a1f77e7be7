// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Types of a kernel that there is not, and tests of reading them
 *
 *	btfs DIRECTORY	write them, and those of a module, for the cases
 *	btfs		test the reader; prints "ok - NAME" and "not ok - NAME"
 *
 * Offsets are made for the memory that the runner has, where each byte is the low
 * byte of its address: a member at 0xfc is 0xfc 0xfd 0xfe 0xff.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "btf.h"
#include "compile.h"

static int failed;

static void ok(bool is, const char *name)
{
	printf("%sok - %s\n", is ? "" : "not ", name);
	failed |= !is;
}

/*
 * Making types
 */

/**
 * struct maker - a file that is being made
 * @types: its types
 * @strs: its names
 * @str_first: offset of the first name
 * @last: number of the type that was added last
 * @info: where it has how many elements there are
 */
struct maker {
	struct strbuf types;
	struct strbuf strs;
	uint32_t str_first;
	uint32_t last;
	size_t info;
};

static void add_u32(struct maker *mk, uint32_t num)
{
	ktap_strbuf_add(&mk->types, &num, sizeof(num));
}

static uint32_t add_name(struct maker *mk, const char *name)
{
	uint32_t off = mk->str_first + mk->strs.len;

	if (!*name && !mk->str_first)
		return 0;
	ktap_strbuf_add(&mk->strs, name, strlen(name) + 1);
	return off;
}

/* @flag is that of the kind; @size is the number of a type for some kinds. */
static uint32_t add_type(struct maker *mk, const char *name, uint32_t kind,
			 bool flag, uint32_t size)
{
	add_u32(mk, add_name(mk, name));
	mk->info = mk->types.len;
	add_u32(mk, kind << 24 | (uint32_t)flag << 31);
	add_u32(mk, size);
	return ++mk->last;
}

/* One more member, parameter or constant of the last type. */
static void add_elem(struct maker *mk, const char *name, uint32_t num)
{
	uint32_t info;

	memcpy(&info, mk->types.str + mk->info, sizeof(info));
	info++;
	memcpy(mk->types.str + mk->info, &info, sizeof(info));
	add_u32(mk, add_name(mk, name));
	add_u32(mk, num);
}

static uint32_t add_int(struct maker *mk, const char *name, uint32_t size,
			uint32_t flags)
{
	uint32_t num = add_type(mk, name, BTF_KIND_INT, false, size);

	add_u32(mk, flags << 24 | 8 * size);
	return num;
}

static uint32_t add_ref(struct maker *mk, const char *name, uint32_t kind,
			uint32_t to)
{
	return add_type(mk, name, kind, false, to);
}

static uint32_t add_ptr(struct maker *mk, uint32_t to)
{
	return add_ref(mk, "", BTF_KIND_PTR, to);
}

static uint32_t add_array(struct maker *mk, uint32_t type, uint32_t nr)
{
	uint32_t num = add_type(mk, "", BTF_KIND_ARRAY, false, 0);

	add_u32(mk, type);
	add_u32(mk, type);
	add_u32(mk, nr);
	return num;
}

static uint32_t add_struct(struct maker *mk, const char *name, uint32_t size)
{
	return add_type(mk, name, BTF_KIND_STRUCT, true, size);
}

/* With @bits it is a bitfield, and begins at bit @low of the byte. */
static void add_bits(struct maker *mk, const char *name, uint32_t type,
		     uint32_t byte, uint32_t low, uint32_t bits)
{
	add_elem(mk, name, type);
	add_u32(mk, bits << 24 | (8 * byte + low));
}

static void add_member(struct maker *mk, const char *name, uint32_t type,
		       uint32_t byte)
{
	add_bits(mk, name, type, byte, 0, 0);
}

/* A function and its prototype; parameters follow. */
static void add_func(struct maker *mk, const char *name, uint32_t result)
{
	add_type(mk, name, BTF_KIND_FUNC, false, mk->last + 2);
	add_type(mk, "", BTF_KIND_FUNC_PROTO, false, result);
}

/* Types with numbers that others refer to. */
static struct {
	uint32_t int4, chr, uchr, ulong, uint, sint, llong, boolean, int16, schr;
	uint32_t u8, size, loff, path, file, inode, file_ptr, inode_ptr, path_ptr;
	uint32_t list_ptr, unknown_ptr, char_ptr, state, level, small;
} id;

static void add_ints(struct maker *mk)
{
	id.int4 = add_int(mk, "int", 4, BTF_INT_SIGNED);
	id.chr = add_int(mk, "char", 1, 0);
	id.uchr = add_int(mk, "unsigned char", 1, 0);
	id.ulong = add_int(mk, "long unsigned int", 8, 0);
	id.uint = add_int(mk, "unsigned int", 4, 0);
	id.sint = add_int(mk, "short int", 2, BTF_INT_SIGNED);
	id.llong = add_int(mk, "long long int", 8, BTF_INT_SIGNED);
	id.boolean = add_int(mk, "_Bool", 1, BTF_INT_BOOL);
	id.int16 = add_int(mk, "__int128", 16, BTF_INT_SIGNED);
	id.schr = add_int(mk, "signed char", 1, BTF_INT_SIGNED);
	id.u8 = add_ref(mk, "u8", BTF_KIND_TYPEDEF, id.uchr);
	id.size = add_ref(mk, "size_t", BTF_KIND_TYPEDEF, id.ulong);
	id.loff = add_ref(mk, "loff_t", BTF_KIND_TYPEDEF, id.llong);
	id.char_ptr = add_ptr(mk, id.chr);
	id.state = add_type(mk, "state", BTF_KIND_ENUM, false, 4);
	add_elem(mk, "STATE_ON", 1);
	id.level = add_type(mk, "level", BTF_KIND_ENUM, true, 4);
	add_elem(mk, "LEVEL_LOW", -1);
}

/* What is like the kernel's. */
static void add_structs(struct maker *mk)
{
	uint32_t list, qstr, dentry, dentry_ptr, unknown, comm, task;

	list = add_struct(mk, "list_head", 16);
	id.list_ptr = mk->last + 1;
	add_member(mk, "next", id.list_ptr, 0);
	add_member(mk, "prev", id.list_ptr, 8);
	add_ptr(mk, list);
	id.inode = add_struct(mk, "inode", 0x60);
	add_member(mk, "i_mode", id.uint, 0);
	add_member(mk, "i_ino", id.ulong, 0x40);
	id.inode_ptr = add_ptr(mk, id.inode);
	qstr = add_struct(mk, "qstr", 16);
	add_member(mk, "len", id.uint, 0);
	add_member(mk, "name", id.char_ptr, 8);
	dentry = add_struct(mk, "dentry", 0xc0);
	add_member(mk, "d_name", qstr, 0x20);
	add_member(mk, "d_inode", id.inode_ptr, 0x30);
	dentry_ptr = add_ptr(mk, dentry);
	id.path = add_struct(mk, "path", 16);
	add_member(mk, "mnt", id.ulong, 0);
	add_member(mk, "dentry", dentry_ptr, 8);
	id.path_ptr = add_ptr(mk, add_ref(mk, "", BTF_KIND_CONST, id.path));
	id.file = add_struct(mk, "file", 0xb0);
	add_member(mk, "f_path", id.path, 0x40);
	add_member(mk, "f_inode", id.inode_ptr, 0x20);
	add_member(mk, "f_mode", id.uint, 8);
	add_member(mk, "f_pos", id.loff, 0x68);
	id.file_ptr = add_ptr(mk, id.file);
	id.small = add_struct(mk, "small", 4);
	add_member(mk, "val", id.uint, 0);
	unknown = add_type(mk, "unknown", BTF_KIND_FWD, false, 0);
	id.unknown_ptr = add_ptr(mk, unknown);
	comm = add_array(mk, id.chr, 16);
	task = add_struct(mk, "task_struct", 0x1000);
	add_member(mk, "pid", id.int4, 0x4f0);
	add_member(mk, "comm", comm, 0x6d8);
	add_member(mk, "real_parent", task + 1, 0x500);
	add_member(mk, "tasks", list, 0x420);
	add_ptr(mk, task);
}

/* One member of each kind, some of them on top of each other. */
static void add_kinds(struct maker *mk)
{
	uint32_t wide, real, text, bytes, flex, ints, matrix, pair, both, any;

	wide = add_type(mk, "wide", BTF_KIND_ENUM64, false, 8);
	add_elem(mk, "WIDE_ONE", 0);
	add_u32(mk, 1);
	real = add_type(mk, "double", BTF_KIND_FLOAT, false, 8);
	text = add_array(mk, id.chr, 8);
	bytes = add_array(mk, id.uchr, 8);
	flex = add_array(mk, id.chr, 0);
	ints = add_array(mk, id.int4, 4);
	matrix = add_array(mk, add_array(mk, id.int4, 2), 2);
	pair = add_struct(mk, "", 8);
	add_member(mk, "first", id.int4, 0);
	add_member(mk, "second", id.int4, 4);
	both = add_type(mk, "", BTF_KIND_UNION, false, 8);
	add_member(mk, "", pair, 0);
	add_member(mk, "whole", id.ulong, 0);
	any = add_ptr(mk, 0);

	add_struct(mk, "kinds", 0x100);
	add_member(mk, "s8", id.schr, 0x85);
	add_member(mk, "u8", id.u8, 0x85);
	add_member(mk, "s16", id.sint, 0xfe);
	add_member(mk, "s32", id.int4, 0xfc);
	add_member(mk, "u32", id.uint, 0xfc);
	add_member(mk, "s64", id.llong, 0xf8);
	add_member(mk, "flag", id.boolean, 1);
	add_member(mk, "state", id.state, 0xfc);
	add_member(mk, "level", id.level, 0xfc);
	add_member(mk, "wide", wide, 0x08);
	add_member(mk, "text", text, 0x61);
	add_member(mk, "bytes", bytes, 0x61);
	add_member(mk, "flex", flex, 0x7a);
	add_member(mk, "ints", ints, 0xf4);
	add_member(mk, "matrix", matrix, 0xf0);
	add_member(mk, "", both, 0xf8);
	add_member(mk, "int128", id.int16, 0x40);
	add_member(mk, "real", real, 0x50);
	add_member(mk, "list", id.list_ptr - 1, 0);
	add_member(mk, "ptr", id.list_ptr, 0);
	add_member(mk, "unknown", id.unknown_ptr, 0);
	add_member(mk, "any", any, 0);
}

/* Bitfields of the byte 0x9c, which is 10011100, and the following ones. */
static void add_bitfields(struct maker *mk)
{
	uint32_t legacy = add_type(mk, "unsigned int", BTF_KIND_INT, false, 4);

	add_u32(mk, 3);
	add_struct(mk, "bits", 0x100);
	add_bits(mk, "low", id.uint, 0x9c, 0, 3);
	add_bits(mk, "middle", id.uint, 0x9c, 2, 3);
	add_bits(mk, "minus", id.int4, 0x9c, 2, 3);
	add_bits(mk, "across", id.uint, 0x9c, 4, 12);
	add_bits(mk, "minus_across", id.int4, 0x9c, 4, 12);
	add_bits(mk, "packed", id.ulong, 0x9c, 4, 40);
	add_bits(mk, "all", id.llong, 0xf8, 0, 64);
	add_bits(mk, "sign", id.int4, 0x9c, 7, 1);
	add_bits(mk, "too_far", id.ulong, 0x9c, 4, 64);
	add_member(mk, "legacy", legacy, 0x9c);
}

static void add_funcs(struct maker *mk)
{
	uint32_t loff_ptr = add_ptr(mk, id.loff);

	add_func(mk, "vfs_read", id.llong);
	add_elem(mk, "file", id.file_ptr);
	add_elem(mk, "buf", id.char_ptr);
	add_elem(mk, "count", id.size);
	add_elem(mk, "pos", loff_ptr);
	add_func(mk, "vfs_write", id.llong);
	add_elem(mk, "file", id.file_ptr);
	add_elem(mk, "buf", id.unknown_ptr);
	add_elem(mk, "count", id.size);
	add_elem(mk, "pos", loff_ptr);
	add_func(mk, "vfs_open", id.int4);
	add_elem(mk, "path", id.path_ptr);
	add_elem(mk, "file", id.file_ptr);
	add_func(mk, "nothing", 0);
	add_func(mk, "get_file", id.file_ptr);
	add_elem(mk, "fd", id.uint);
	add_func(mk, "get_inode", id.inode_ptr);
	add_func(mk, "by_value", 0);
	add_elem(mk, "path", id.path);
	add_elem(mk, "file", id.file_ptr);
	add_func(mk, "small_value", 0);
	add_elem(mk, "small", id.small);
	add_elem(mk, "file", id.file_ptr);
	add_func(mk, "narrow", 0);
	add_elem(mk, "s32", id.int4);
	add_elem(mk, "u32", id.uint);
	add_elem(mk, "s16", id.sint);
	add_elem(mk, "flag", id.boolean);
	add_elem(mk, "state", id.state);
	add_elem(mk, "list", id.list_ptr);
}

static void write_types(struct maker *mk, struct strbuf *out)
{
	struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = offsetof(struct btf_header, str_len) +
			   sizeof(header.str_len),
		.type_len = mk->types.len,
		.str_off = mk->types.len,
		.str_len = mk->strs.len,
	};

	ktap_strbuf_add(out, &header, header.hdr_len);
	ktap_strbuf_add(out, mk->types.str, mk->types.len);
	ktap_strbuf_add(out, mk->strs.str, mk->strs.len);
}

static void make_kernel(struct maker *mk, struct strbuf *out)
{
	ktap_strbuf_addc(&mk->strs, '\0');
	add_ints(mk);
	add_structs(mk);
	add_kinds(mk);
	add_bitfields(mk);
	add_funcs(mk);
	write_types(mk, out);
}

/* It refers to types and names of the kernel. */
static void make_module(const struct maker *kernel, struct strbuf *out)
{
	struct maker mk = {
		.str_first = kernel->strs.len,
		.last = kernel->last,
	};
	uint32_t own;

	own = add_struct(&mk, "own", 16);
	add_member(&mk, "file", id.file_ptr, 0);
	add_member(&mk, "own_nr", id.int4, 8);
	add_ptr(&mk, own);
	add_func(&mk, "module_read", id.int4);
	add_elem(&mk, "own", own + 1);
	add_elem(&mk, "file", id.file_ptr);
	write_types(&mk, out);
	ktap_strbuf_destroy(&mk.types);
	ktap_strbuf_destroy(&mk.strs);
}

/*
 * Tests of the reader
 */

static struct maker kernel;
static struct strbuf kernel_data, module_data;

static uint64_t look_at_params(const struct btf *btf, uint32_t func)
{
	uint32_t proto = ktap_btf_target(btf, func), i, type = 0;
	uint64_t sum = 0;

	for (i = 0; i < ktap_btf_nr_params(btf, proto); i++)
		sum += strlen(ktap_btf_param(btf, proto, i, &type)) + type;
	return sum;
}

/* Asks all that there is to ask of each type; only sanitizers see if that is wrong. */
static uint64_t look_at_all(const struct btf *btf)
{
	struct strbuf sb = { 0 };
	struct btf_place place;
	struct nearest near;
	uint64_t sum = 0;
	uint32_t type, nr;

	for (type = 0; type <= btf->end; type++) {
		sum += strlen(ktap_btf_name(btf, type));
		sum += ktap_btf_strip(btf, type) + ktap_btf_size(btf, type);
		sum += ktap_btf_int(btf, ktap_btf_strip(btf, type));
		sum += ktap_btf_is_signed(btf, type);
		sum += ktap_btf_target(btf, type);
		sum += ktap_btf_element(btf, type, &nr);
		sum += ktap_btf_same(btf, type, btf, btf->end - type);
		if (ktap_btf_member(btf, type, "i_ino", &place))
			sum += place.bit;
		ktap_nearest_init(&near, "f_pos");
		ktap_btf_nearest_member(btf, type, &near);
		ktap_btf_text(btf, type, &sb);
		sum += look_at_params(btf, type);
	}
	sum += ktap_btf_find(btf, KTAP_BTF_STRUCTS, "none") + sb.len;
	ktap_strbuf_destroy(&sb);
	return sum;
}

/* Reads a file, and asks all of it if it can be read. */
static const char *try_file(const void *data, size_t size, const struct btf *base)
{
	/* Of just this size, so that nothing behind it is read unnoticed. */
	void *copy = ktap_alloc(size ? size : 1);
	struct btf btf;
	const char *wrong;

	memcpy(copy, data, size);
	wrong = ktap_btf_init(&btf, copy, size, base);
	if (!wrong)
		look_at_all(&btf);
	ktap_btf_destroy(&btf);
	free(copy);
	return wrong;
}

static void test_truncated(const struct strbuf *file, const struct btf *base,
			   const char *name)
{
	bool all = true;
	size_t size;

	for (size = 0; size < file->len; size++)
		all &= !!try_file(file->str, size, base);
	ok(all && !try_file(file->str, file->len, base), name);
}

static void test_damaged(struct strbuf *file, const struct btf *base,
			 const char *name)
{
	static const unsigned char flips[] = { 0xff, 0x01, 0x80 };
	unsigned int good = 0, bad = 0, flip;
	size_t i;

	for (i = 0; i < file->len; i++) {
		for (flip = 0; flip < ARRAY_SIZE(flips); flip++) {
			file->str[i] ^= flips[flip];
			if (try_file(file->str, file->len, base))
				bad++;
			else
				good++;
			file->str[i] ^= flips[flip];
		}
	}
	printf("%s: %u can be read, %u cannot\n", name, good, bad);
	ok(good && bad, name);
}

static void test_circles(void)
{
	struct maker mk = { 0 };
	struct strbuf out = { 0 };
	struct btf_place place;
	struct btf btf;
	uint32_t i;

	ktap_strbuf_addc(&mk.strs, '\0');
	add_ref(&mk, "me", BTF_KIND_TYPEDEF, 1);
	add_ptr(&mk, 2);
	add_array(&mk, 3, 2);
	/* Each has the next one twice, without a name: 2^29 ways to the last one. */
	for (i = 0; i < 30; i++) {
		add_type(&mk, "", BTF_KIND_STRUCT, false, 1);
		add_member(&mk, "", mk.last + 1, 0);
		add_member(&mk, "", mk.last + 1, 0);
	}
	add_type(&mk, "", BTF_KIND_STRUCT, false, 1);
	add_member(&mk, "", 4, 0);
	write_types(&mk, &out);
	ok(!ktap_btf_init(&btf, out.str, out.len, NULL), "circles can be read");
	ok(!ktap_btf_strip(&btf, 1), "a name of itself is nothing");
	ok(!ktap_btf_size(&btf, 3), "an array of itself has no size");
	ok(ktap_btf_same(&btf, 2, &btf, 2) && !ktap_btf_same(&btf, 2, &btf, 4),
	   "a pointer to itself is the same as itself");
	ok(!ktap_btf_member(&btf, 4, "x", &place),
	   "a search in what is nested too often ends");
	look_at_all(&btf);
	ktap_btf_destroy(&btf);
	ktap_strbuf_destroy(&mk.types);
	ktap_strbuf_destroy(&mk.strs);
	ktap_strbuf_destroy(&out);
}

static bool has_text(const struct btf *btf, uint32_t type, const char *want)
{
	struct strbuf sb = { 0 };
	bool has;

	ktap_btf_text(btf, type, &sb);
	has = !strcmp(sb.str, want);
	if (!has)
		printf("got '%s', not '%s'\n", sb.str, want);
	ktap_strbuf_destroy(&sb);
	return has;
}

static void test_reader(const struct btf *btf)
{
	uint32_t kinds = ktap_btf_find(btf, KTAP_BTF_STRUCTS, "kinds");
	uint32_t func = ktap_btf_find(btf, KTAP_BTF_KIND(FUNC), "vfs_open");
	uint32_t type = 0;
	struct btf_place place;

	ok(btf->end == kernel.last + 1 && btf->ptr_size == 8, "all types are read");
	ok(kinds && ktap_btf_size(btf, kinds) == 0x100, "a structure is found");
	ok(!ktap_btf_find(btf, KTAP_BTF_STRUCTS, "vfs_open") &&
	   !ktap_btf_find(btf, KTAP_BTF_STRUCTS, "kind") &&
	   !ktap_btf_find(btf, ~0u, "kindss"),
	   "what there is not is not found");
	ok(ktap_btf_member(btf, kinds, "s32", &place) &&
	   place.type == id.int4 && place.bit == 8 * 0xfc && !place.bits,
	   "a member is found");
	ok(ktap_btf_member(btf, kinds, "second", &place) &&
	   place.bit == 8 * 0xfc, "a member of what has no name is found");
	ok(ktap_btf_member(btf, ktap_btf_find(btf, KTAP_BTF_STRUCTS, "bits"),
			   "across", &place) &&
	   place.bit == 8 * 0x9c + 4 && place.bits == 12, "a bitfield is found");
	ok(ktap_btf_nr_params(btf, ktap_btf_target(btf, func)) == 2 &&
	   !strcmp(ktap_btf_param(btf, ktap_btf_target(btf, func), 1, &type),
		   "file") && type == id.file_ptr, "a parameter is found");
	ok(has_text(btf, id.file_ptr, "struct file *") &&
	   has_text(btf, id.path_ptr, "const struct path *") &&
	   has_text(btf, id.size, "size_t") && has_text(btf, 0, "void"),
	   "types are written as in C");
	ok(ktap_btf_member(btf, kinds, "matrix", &place) &&
	   has_text(btf, place.type, "int [2][2]") &&
	   ktap_btf_size(btf, place.type) == 16, "an array of arrays");
	ok(ktap_btf_is_signed(btf, id.level) && !ktap_btf_is_signed(btf, id.state),
	   "an enumeration has a sign or not");
	ok(ktap_btf_int(btf, id.int4) == 32 && !ktap_btf_int(btf, id.int16) &&
	   ktap_btf_int(btf, id.file_ptr) == 64 && !ktap_btf_int(btf, kinds),
	   "bits of integers");
}

static void test_module(const struct btf *base)
{
	struct btf btf;
	uint32_t own;
	struct btf_place place;

	ok(!ktap_btf_init(&btf, module_data.str, module_data.len, base),
	   "types of a module can be read");
	own = ktap_btf_find(&btf, KTAP_BTF_STRUCTS, "own");
	ok(own == base->end && ktap_btf_member(&btf, own, "file", &place) &&
	   has_text(&btf, place.type, "struct file *"),
	   "a module refers to types of the kernel");
	ok(ktap_btf_find(&btf, KTAP_BTF_KIND(FUNC), "vfs_read") &&
	   !ktap_btf_find(base, KTAP_BTF_STRUCTS, "own"),
	   "the kernel does not have those of a module");
	ok(ktap_btf_same(&btf, id.file_ptr, base, id.path_ptr - 1) == false &&
	   ktap_btf_same(&btf, id.file_ptr, base, id.file_ptr),
	   "types of the kernel are the same for a module");
	ktap_btf_destroy(&btf);
}

/* A header of a kernel that tells of a kind of type that is new. */
static void test_layout(void)
{
	static const unsigned char layout[4 * 21] = { [4 * 20] = 4, [4 * 20 + 1] = 8 };
	struct maker mk = { 0 };
	struct strbuf out = { 0 };
	struct btf_header header;
	struct btf btf;
	uint32_t more[2] = { 0 };

	ktap_strbuf_addc(&mk.strs, '\0');
	add_type(&mk, "new", 20, false, 0);
	add_u32(&mk, 0);
	add_elem(&mk, "one", 0);
	id.int4 = add_int(&mk, "int", 4, BTF_INT_SIGNED);
	write_types(&mk, &out);
	ok(ktap_btf_init(&btf, out.str, out.len, NULL),
	   "a new kind of type is not known");
	ktap_btf_destroy(&btf);

	memcpy(&header, out.str, offsetof(struct btf_header, str_len) + 4);
	more[0] = header.type_len + header.str_len;
	ktap_strbuf_fill(&mk.strs, 0, -more[0] & 3);
	header.str_len = mk.strs.len;
	more[0] = header.type_len + header.str_len;
	more[1] = sizeof(layout);
	header.hdr_len += sizeof(more);
	out.len = 0;
	ktap_strbuf_add(&out, &header, header.hdr_len - sizeof(more));
	ktap_strbuf_add(&out, more, sizeof(more));
	ktap_strbuf_add(&out, mk.types.str, mk.types.len);
	ktap_strbuf_add(&out, mk.strs.str, mk.strs.len);
	ktap_strbuf_add(&out, layout, sizeof(layout));
	ok(!ktap_btf_init(&btf, out.str, out.len, NULL) &&
	   ktap_btf_find(&btf, KTAP_BTF_KIND(INT), "int") == 2,
	   "it is known where the file tells of it");
	ktap_btf_destroy(&btf);
	ktap_strbuf_destroy(&mk.types);
	ktap_strbuf_destroy(&mk.strs);
	ktap_strbuf_destroy(&out);
}

/*
 * Tests of the compiler
 */

static const char script_text[] =
	"trace probe:vfs_read { print(args.file->f_path.dentry->d_name.name, args.count) }\n"
	"trace probe:narrow { print(args.s32, args.state, args.list->next->prev) }\n"
	"trace probe:get_file%return { print(retval->f_inode->i_ino) }\n"
	"var k = cast(\"struct kinds\", 4096)\n"
	"print(k->text, k->matrix[1][1], k->second, k->wide, k->bytes[2], k->list.next)\n"
	"print(cast(\"struct bits\", 4096)->minus_across, cast(\"struct task_struct\", 1)->comm)\n";

/* Compiles a script with types that a file has. */
static bool compile(int fd, const struct strbuf *types, FILE *out)
{
	static const char * const args[] = { "script" };
	struct strbuf image = { 0 };
	struct script script;
	char path[32];
	bool right;

	if (ftruncate(fd, 0) || pwrite(fd, types->str, types->len, 0) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ktap_script_init(&script, "script", script_text, strlen(script_text));
	script.diag.out = out;
	script.args = args;
	script.nr_args = ARRAY_SIZE(args);
	script.tracefs = "/nowhere";
	script.btf = path;
	right = ktap_compile(&script, &image);
	ktap_script_destroy(&script);
	ktap_strbuf_destroy(&image);
	return right;
}

static void test_compiler(void)
{
	int fd = memfd_create("types", MFD_CLOEXEC);
	FILE *quiet = fopen("/dev/null", "w");
	unsigned int good = 0, bad = 0;
	size_t i;

	ok(fd >= 0 && quiet && compile(fd, &kernel_data, stdout),
	   "a script with types is compiled");
	for (i = 0; i < kernel_data.len; i++) {
		kernel_data.str[i] ^= 0xff;
		if (compile(fd, &kernel_data, quiet))
			good++;
		else
			bad++;
		kernel_data.str[i] ^= 0xff;
	}
	printf("damaged types: %u scripts compiled, %u did not\n", good, bad);
	ok(good && bad, "a script with damaged types is compiled or not");
	if (quiet)
		fclose(quiet);
	close(fd);
}

static int write_file(const char *dir, const char *name, const struct strbuf *data)
{
	struct strbuf path = { 0 };
	int fd, ret;

	ktap_strbuf_addf(&path, "%s/%s", dir, name);
	fd = open(path.str, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	ret = fd < 0 ? -errno : ktap_write_all(fd, data->str, data->len);
	if (ret)
		perror(path.str);
	if (fd >= 0)
		close(fd);
	ktap_strbuf_destroy(&path);
	return ret;
}

int main(int argc, char **argv)
{
	struct btf btf;

	make_kernel(&kernel, &kernel_data);
	make_module(&kernel, &module_data);
	if (argc > 1)
		return write_file(argv[1], "vmlinux", &kernel_data) ||
			write_file(argv[1], "module", &module_data);

	ok(!ktap_btf_init(&btf, kernel_data.str, kernel_data.len, NULL),
	   "types can be read");
	test_reader(&btf);
	test_module(&btf);
	test_truncated(&kernel_data, NULL, "truncated types are told of");
	test_truncated(&module_data, &btf, "truncated types of a module are told of");
	test_damaged(&kernel_data, NULL, "damaged types");
	test_damaged(&module_data, &btf, "damaged types of a module");
	ktap_btf_destroy(&btf);
	test_circles();
	test_compiler();
	test_layout();
	ktap_strbuf_destroy(&kernel.types);
	ktap_strbuf_destroy(&kernel.strs);
	ktap_strbuf_destroy(&kernel_data);
	ktap_strbuf_destroy(&module_data);
	return failed;
}
