// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Inlined functions of programs and libraries
 *
 * DWARF has a tree for each unit of a program: functions, in them the functions that
 * were inlined, in those others. When a file is opened the ranges of addresses of its
 * units are sorted; .debug_aranges has them, too, but not from all compilers. When the
 * first address in a unit is to be looked up its tree is walked, once, and the ranges
 * of what was inlined are sorted in the same way. From then on an address takes two
 * searches. What libdw wants of the file it reads at once, so that the file is closed.
 *
 * Files are of anybody's making, and small ones can be made to take long and to become
 * large: many units may share abbreviations, which libdw keeps for each of them, and
 * many functions a list of ranges. So all that is kept is taken from a room of fixed
 * size, each entry of a tree is visited once, and the time for a file is limited. What
 * takes more is left out. Other files that DWARF may name are not opened: what is in
 * them is not known.
 */
#include <assert.h>
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "demangle.h"
#include "dso.h"
#include "inline.h"

/* Entries of a tree that are in each other; nobody's code is deeper. */
#define MAX_DEPTH	KTAP_MAX_INLINED

/* References from an inlined function to what has its name. */
#define MAX_CHAIN	8

/* An abbreviation of more bytes is none. */
#define MAX_ABBREV	512

/* What is longer is cut. */
#define MAX_NAME	2047

/* Of a processor, in nanoseconds, for all of a file. */
#define MAX_TIME	UINT64_C(10000000000)

/* What libdw keeps of each, about. */
#define UNIT_SIZE	512
#define ABBREV_SIZE	64

#define NO_RANGE	UINT32_MAX

/*
 * libdw and what it needs would take more memory than all the rest of the tool, for
 * stacks that few scripts have. So it is loaded when the first file is opened; where
 * it is not there, nothing is known to be inlined.
 */
#define LIBDW		"libdw.so.1"

static struct libdw {
	void *handle;
	__typeof__(dwarf_attr) *attr;
	__typeof__(dwarf_begin_elf) *begin_elf;
	__typeof__(dwarf_child) *child;
	__typeof__(dwarf_cuoffset) *cuoffset;
	__typeof__(dwarf_dieoffset) *dieoffset;
	__typeof__(dwarf_end) *end;
	__typeof__(dwarf_formref_die) *formref_die;
	__typeof__(dwarf_formstring) *formstring;
	__typeof__(dwarf_hasattr) *hasattr;
	__typeof__(dwarf_next_unit) *next_unit;
	__typeof__(dwarf_offdie) *offdie;
	__typeof__(dwarf_ranges) *ranges;
	__typeof__(dwarf_siblingof) *siblingof;
	__typeof__(dwarf_tag) *tag;
	__typeof__(dwarf_whatform) *whatform;
} libdw;

/* struct dw_func - a function of libdw, and where it is in struct libdw */
static const struct dw_func {
	const char *name;
	size_t offset;
} dw_funcs[] = {
	{ "dwarf_attr", offsetof(struct libdw, attr) },
	{ "dwarf_begin_elf", offsetof(struct libdw, begin_elf) },
	{ "dwarf_child", offsetof(struct libdw, child) },
	{ "dwarf_cuoffset", offsetof(struct libdw, cuoffset) },
	{ "dwarf_dieoffset", offsetof(struct libdw, dieoffset) },
	{ "dwarf_end", offsetof(struct libdw, end) },
	{ "dwarf_formref_die", offsetof(struct libdw, formref_die) },
	{ "dwarf_formstring", offsetof(struct libdw, formstring) },
	{ "dwarf_hasattr", offsetof(struct libdw, hasattr) },
	{ "dwarf_next_unit", offsetof(struct libdw, next_unit) },
	{ "dwarf_offdie", offsetof(struct libdw, offdie) },
	{ "dwarf_ranges", offsetof(struct libdw, ranges) },
	{ "dwarf_siblingof", offsetof(struct libdw, siblingof) },
	{ "dwarf_tag", offsetof(struct libdw, tag) },
	{ "dwarf_whatform", offsetof(struct libdw, whatform) },
};

static_assert(offsetof(struct libdw, handle) == 0 &&
	      sizeof(struct libdw) == (1 + ARRAY_SIZE(dw_funcs)) * sizeof(void *),
	      "each function has a name");

/**
 * struct code_range - addresses of a unit or of an inlined function
 * @start: the first one
 * @end: behind the last one
 * @id: index of the unit, or offset of the entry of the function
 * @around: index of the next range around this one, or NO_RANGE; until ranges are
 *          sorted, which one this was
 */
struct code_range {
	uint64_t start;
	uint64_t end;
	uint64_t id;
	uint32_t around;
};

/**
 * struct ranges - ranges, those with a lower @start first, and then longer ones
 * @vec: the ranges
 * @nr: how many of them
 * @cap: for how many there is room
 */
struct ranges {
	struct code_range *vec;
	size_t nr;
	size_t cap;
};

/**
 * struct unit - a unit of a program
 * @head: offset of its header
 * @root: offset of its first entry
 * @abbrevs: offset of its abbreviations
 * @read: there was room for all of those
 * @walked: @inlined was filled in
 * @inlined: ranges of inlined functions
 */
struct unit {
	uint64_t head;
	uint64_t root;
	uint64_t abbrevs;
	bool read;
	bool walked;
	struct ranges inlined;
};

/* struct bytes - what is left of a section */
struct bytes {
	const unsigned char *pos;
	const unsigned char *end;
};

/**
 * struct inlines - inlined functions of a program or library
 * @dso: the program or library
 * @dw: its debugging information
 * @info: section with the trees
 * @abbrev: section with their abbreviations
 * @units: all units, in the order of the file
 * @nr_units: how many of them
 * @cap_units: for how many there is room
 * @ranges: of those that have code
 * @names: names by offset of the entry that has them
 * @arena: where @names live
 * @room: what all files may take from now on
 * @taken: what this one has taken of it
 * @time: that of a processor that it may take from now on
 * @until: what the clock of the process is then; only while it takes time
 * @seen: offset of the entry that was visited last
 * @nr_seen: how many were
 * @late: there is no time left
 */
struct inlines {
	struct dso *dso;
	Dwarf *dw;
	struct bytes info;
	struct bytes abbrev;
	struct unit *units;
	size_t nr_units;
	size_t cap_units;
	struct ranges ranges;
	struct strtab names;
	struct arena arena;
	size_t *room;
	size_t taken;
	uint64_t time;
	uint64_t until;
	uint64_t seen;
	uint64_t nr_seen;
	bool late;
};

/*
 * Limits
 */

static uint64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static void begin_time(struct inlines *inl)
{
	inl->until = clock_now() + inl->time;
}

static bool has_time(struct inlines *inl)
{
	inl->late |= clock_now() >= inl->until;
	return !inl->late;
}

static void end_time(struct inlines *inl)
{
	uint64_t now = clock_now();

	inl->time = now < inl->until ? inl->until - now : 0;
}

static bool take_room(struct inlines *inl, uint64_t size)
{
	if (size > *inl->room)
		return false;
	*inl->room -= size;
	inl->taken += size;
	return true;
}

/*
 * Ranges
 */

static bool add_range(struct inlines *inl, struct ranges *ranges, uint64_t start,
		      uint64_t end, uint64_t id)
{
	if (start >= end)
		return true;
	/* As a vector grows there are two of them. */
	if (ranges->nr == NO_RANGE || !take_room(inl, 3 * sizeof(*ranges->vec)))
		return false;
	ranges->vec = ktap_grow(ranges->vec, ranges->nr, &ranges->cap,
				sizeof(*ranges->vec));
	ranges->vec[ranges->nr] = (struct code_range){ start, end, id, ranges->nr };
	ranges->nr++;
	return true;
}

/* Adds all addresses of an entry. */
static bool add_ranges(struct inlines *inl, struct ranges *ranges, Dwarf_Die *die,
		       uint64_t id)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t pos = 0;

	if (libdw.hasattr(die, DW_AT_ranges) && !has_time(inl))
		return false;
	while ((pos = libdw.ranges(die, pos, &base, &start, &end)) > 0)
		if (!add_range(inl, ranges, start, end, id))
			return false;
	return true;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct code_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	/* What was inlined follows what it was inlined into. */
	return x->around < y->around ? -1 : 1;
}

/* Sorts ranges, and finds those around each. */
static void sort_ranges(struct ranges *ranges)
{
	struct code_range *vec = ranges->vec;
	uint32_t open[MAX_DEPTH], nr = 0;
	size_t i;

	if (ranges->nr)
		qsort(vec, ranges->nr, sizeof(*vec), compare_ranges);
	for (i = 0; i < ranges->nr; i++) {
		while (nr && vec[open[nr - 1]].end <= vec[i].start)
			nr--;
		vec[i].around = nr ? open[nr - 1] : NO_RANGE;
		if (nr < MAX_DEPTH)
			open[nr++] = i;
	}
}

/* Finds what an address is in, the innermost first. Returns how much that is. */
static size_t find_ranges(const struct ranges *ranges, uint64_t addr, uint64_t *ids,
			  size_t max)
{
	size_t before = ktap_find_upto(ranges->vec, ranges->nr, sizeof(*ranges->vec),
				       offsetof(struct code_range, start), addr), nr = 0;
	uint32_t i;

	for (i = before ? before - 1 : NO_RANGE; i != NO_RANGE && nr < max;
	     i = ranges->vec[i].around)
		if (ranges->vec[i].end > addr)
			ids[nr++] = ranges->vec[i].id;
	return nr;
}

/*
 * Abbreviations
 */

static struct bytes bytes_from(const struct bytes *bytes, uint64_t offset)
{
	struct bytes rest = *bytes;

	rest.pos = offset < (size_t)(rest.end - rest.pos) ? rest.pos + offset : rest.end;
	return rest;
}

/* Reads a number as they are in DWARF; of one that has a sign only the end is of use. */
static bool read_leb(struct bytes *bytes, uint64_t *num)
{
	unsigned int shift;

	*num = 0;
	for (shift = 0; shift < 64 && bytes->pos < bytes->end; shift += 7) {
		*num |= (uint64_t)(*bytes->pos & 0x7f) << shift;
		if (!(*bytes->pos++ & 0x80))
			return true;
	}
	return false;
}

/* Reads the code of an abbreviation, 0 behind the last one, and skips the rest. */
static bool read_abbrev(struct bytes *bytes, uint64_t *code)
{
	const unsigned char *start = bytes->pos;
	uint64_t tag, name, form, num;

	if (!read_leb(bytes, code))
		return false;
	if (!*code)
		return true;
	if (!read_leb(bytes, &tag) || bytes->pos == bytes->end)
		return false;
	bytes->pos++;
	do {
		if (!read_leb(bytes, &name) || !read_leb(bytes, &form) ||
		    bytes->pos - start > MAX_ABBREV)
			return false;
		if (form == DW_FORM_implicit_const && !read_leb(bytes, &num))
			return false;
	} while (name || form);
	return true;
}

/* Takes room for abbreviations of a unit up to that with a code, or for all. */
static bool take_abbrevs(struct inlines *inl, uint64_t offset, uint64_t last)
{
	struct bytes bytes = bytes_from(&inl->abbrev, offset);
	uint64_t code;

	do {
		if (!read_abbrev(&bytes, &code) || !take_room(inl, ABBREV_SIZE))
			return false;
	} while (code && code != last);
	return true;
}

/* Has to be called before entries of a unit are looked at. */
static bool read_unit(struct inlines *inl, struct unit *unit)
{
	if (!unit->read)
		unit->read = take_abbrevs(inl, unit->abbrevs, 0);
	return unit->read;
}

/*
 * Units
 */

static bool add_unit(struct inlines *inl, const struct unit *unit)
{
	struct bytes bytes = bytes_from(&inl->info, unit->root);
	uint64_t code;
	Dwarf_Die die;

	/* libdw looks at the first entry as soon as it knows of the unit. */
	if (!read_leb(&bytes, &code) || !take_abbrevs(inl, unit->abbrevs, code) ||
	    !take_room(inl, UNIT_SIZE + 2 * sizeof(*unit)))
		return false;
	inl->units = ktap_grow(inl->units, inl->nr_units, &inl->cap_units, sizeof(*unit));
	inl->units[inl->nr_units] = *unit;
	if (!libdw.offdie(inl->dw, unit->root, &die) ||
	    die.addr != inl->info.pos + unit->root)
		return false;
	if (libdw.tag(&die) == DW_TAG_compile_unit &&
	    !add_ranges(inl, &inl->ranges, &die, inl->nr_units))
		return false;
	inl->nr_units++;
	return true;
}

/* What follows something that is damaged is left out. */
static void read_units(struct inlines *inl)
{
	struct unit unit = { 0 };
	Dwarf_Off abbrevs, next;
	size_t size;

	while (!libdw.next_unit(inl->dw, unit.head, &next, &size, NULL, &abbrevs, NULL,
				NULL, NULL, NULL)) {
		unit.root = unit.head + size;
		unit.abbrevs = abbrevs;
		if (next <= unit.root || !has_time(inl) || !add_unit(inl, &unit))
			break;
		unit.head = next;
	}
	sort_ranges(&inl->ranges);
}

/* The unit that an entry is in. */
static struct unit *unit_of(const struct inlines *inl, Dwarf_Die *die)
{
	uint64_t head = libdw.dieoffset(die) - libdw.cuoffset(die);
	size_t before = ktap_find_upto(inl->units, inl->nr_units, sizeof(*inl->units),
				       offsetof(struct unit, head), head);

	return before && inl->units[before - 1].head == head ? &inl->units[before - 1] : NULL;
}

/*
 * Trees
 */

static bool walk(struct inlines *inl, struct ranges *inlined, Dwarf_Die *die,
		 unsigned int depth);

/* Whether functions that have code may be in an entry. */
static bool has_code(Dwarf_Die *die)
{
	switch (libdw.tag(die)) {
	case DW_TAG_subprogram:
		return libdw.hasattr(die, DW_AT_low_pc) || libdw.hasattr(die, DW_AT_ranges);
	case DW_TAG_inlined_subroutine:
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_with_stmt:
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
		return true;
	default:
		return false;
	}
}

static bool visit(struct inlines *inl, struct ranges *inlined, Dwarf_Die *die,
		  unsigned int depth)
{
	uint64_t offset = libdw.dieoffset(die);

	/* What says that it is behind its siblings may be among them. */
	if (offset <= inl->seen)
		return false;
	inl->seen = offset;
	if (++inl->nr_seen % 256 == 0 && !has_time(inl))
		return false;
	if (!has_code(die))
		return true;
	if (libdw.tag(die) == DW_TAG_inlined_subroutine &&
	    !add_ranges(inl, inlined, die, offset))
		return false;
	return walk(inl, inlined, die, depth + 1);
}

/* Visits what is in an entry. Returns false if there is no way to go on. */
static bool walk(struct inlines *inl, struct ranges *inlined, Dwarf_Die *die,
		 unsigned int depth)
{
	Dwarf_Die child;
	int ret;

	if (depth == MAX_DEPTH)
		return true;
	for (ret = libdw.child(die, &child); !ret; ret = libdw.siblingof(&child, &child))
		if (!visit(inl, inlined, &child, depth))
			return false;
	return ret > 0;
}

/* Finds all that was inlined in a unit. What was found before an error is kept. */
static void walk_unit(struct inlines *inl, struct unit *unit)
{
	Dwarf_Die root;

	unit->walked = true;
	if (!read_unit(inl, unit) || !libdw.offdie(inl->dw, unit->root, &root))
		return;
	inl->seen = unit->root;
	begin_time(inl);
	walk(inl, &unit->inlined, &root, 0);
	end_time(inl);
	sort_ranges(&unit->inlined);
}

/*
 * Names
 */

/* A string of this file, which need not end where it should. */
static const char *read_string(const struct inlines *inl, Dwarf_Die *die,
			       unsigned int name, size_t *len)
{
	const char *str, *end = (const char *)inl->info.end;
	Dwarf_Attribute attr;
	size_t max = MAX_NAME;

	if (!libdw.attr(die, name, &attr))
		return NULL;
	switch (libdw.whatform(&attr)) {
	case DW_FORM_string:
		str = (const char *)attr.valp;
		if ((size_t)(end - str) < max)
			max = end - str;
		break;
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_strx:
	case DW_FORM_strx1:
	case DW_FORM_strx2:
	case DW_FORM_strx3:
	case DW_FORM_strx4:
	case DW_FORM_GNU_str_index:
		str = libdw.formstring(&attr);
		break;
	default:
		return NULL;
	}
	*len = str ? strnlen(str, max) : 0;
	return *len ? str : NULL;
}

/* Goes to the entry of this file that an entry refers to. */
static bool follow(struct inlines *inl, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	struct unit *unit;

	if (!libdw.attr(die, DW_AT_abstract_origin, &attr) &&
	    !libdw.attr(die, DW_AT_specification, &attr))
		return false;
	switch (libdw.whatform(&attr)) {
	case DW_FORM_ref1:
	case DW_FORM_ref2:
	case DW_FORM_ref4:
	case DW_FORM_ref8:
	case DW_FORM_ref_udata:
	case DW_FORM_ref_addr:
		break;
	default:
		return false;
	}
	if (!libdw.formref_die(&attr, die))
		return false;
	unit = unit_of(inl, die);
	return unit && read_unit(inl, unit);
}

/* The name that the linker knows, which says more where there are classes. */
static const char *read_name(struct inlines *inl, Dwarf_Die *die)
{
	const char *str = NULL, *plain = NULL;
	size_t len = 0, plain_len = 0;
	unsigned int i = 0;

	do {
		str = read_string(inl, die, DW_AT_linkage_name, &len);
		if (!str)
			str = read_string(inl, die, DW_AT_MIPS_linkage_name, &len);
		if (!plain)
			plain = read_string(inl, die, DW_AT_name, &plain_len);
	} while (!str && ++i < MAX_CHAIN && follow(inl, die));
	if (!str) {
		str = plain;
		len = plain_len;
	}
	if (!str || !take_room(inl, len))
		return NULL;
	return ktap_demangle(&inl->arena, ktap_arena_text(&inl->arena, str, len));
}

/* The name of a function that was inlined, by offset of the entry that says so. */
static const char *name_of(struct inlines *inl, uint64_t offset)
{
	struct strent *ent;
	Dwarf_Die die;

	if (!libdw.offdie(inl->dw, offset, &die) || !follow(inl, &die))
		return NULL;
	offset = libdw.dieoffset(&die);
	ent = ktap_strtab_get(&inl->names, (char *)&offset, sizeof(offset));
	if (!ent->ptr)
		ent->ptr = (void *)read_name(inl, &die);
	return ent->ptr;
}

/**
 * ktap_inline_find - Find what was inlined at a place
 * @inl: the inlined functions of a file, or NULL
 * @pos: where it is in the file
 * @names: set to the names of functions, the innermost first; there must be room for
 *         KTAP_MAX_INLINED
 *
 * Return: The number of names.
 */
size_t ktap_inline_find(struct inlines *inl, uint64_t pos, const char **names)
{
	uint64_t ids[KTAP_MAX_INLINED], addr;
	size_t nr, nr_names = 0, i;
	struct unit *unit;

	if (!inl || !ktap_dso_addr(inl->dso, pos, &addr) ||
	    !find_ranges(&inl->ranges, addr, ids, 1))
		return 0;
	unit = &inl->units[ids[0]];
	if (!unit->walked && !inl->late)
		walk_unit(inl, unit);
	nr = find_ranges(&unit->inlined, addr, ids, ARRAY_SIZE(ids));
	for (i = 0; i < nr; i++) {
		names[nr_names] = name_of(inl, ids[i]);
		nr_names += !!names[nr_names];
	}
	return nr_names;
}

/*
 * Files
 */

static struct bytes section_bytes(Elf *elf, const char *name)
{
	struct bytes bytes;
	size_t size;

	bytes.pos = ktap_dso_bytes(elf, name, &size);
	bytes.end = bytes.pos + size;
	return bytes;
}

/* Returns false, with a reason, where there is no libdw. */
static bool load_libdw(struct strbuf *reason)
{
	const struct dw_func *func = dw_funcs;
	void *handle, *found;

	if (libdw.handle)
		return true;
	handle = dlopen(LIBDW, RTLD_NOW);
	if (!handle) {
		ktap_strbuf_addf(reason, "no inlined functions: %s", dlerror());
		return false;
	}
	for (; func < dw_funcs + ARRAY_SIZE(dw_funcs); func++) {
		found = dlsym(handle, func->name);
		if (!found) {
			ktap_strbuf_addf(reason, "no inlined functions: %s has no %s",
					 LIBDW, func->name);
			dlclose(handle);
			return false;
		}
		memcpy((char *)&libdw + func->offset, &found, sizeof(found));
	}
	libdw.handle = handle;
	return true;
}

static bool open_dwarf(struct inlines *inl, Elf *elf)
{
	inl->dw = libdw.begin_elf(elf, DWARF_C_READ, NULL);
	if (!inl->dw)
		return false;
	inl->info = section_bytes(elf, ".debug_info");
	inl->abbrev = section_bytes(elf, ".debug_abbrev");
	ktap_dso_detach(inl->dso);
	begin_time(inl);
	read_units(inl);
	end_time(inl);
	return inl->ranges.nr;
}

/**
 * ktap_inline_open - Begin to look for inlined functions of a program or library
 * @fd: the file, which is closed
 * @path: its path
 * @room: what debugging information may take in bytes; what this file takes is taken
 *        off as long as it is open
 * @reason: gets why debugging information that is there is of no use
 *
 * Return: The inlined functions, or NULL if nothing is known of them.
 */
struct inlines *ktap_inline_open(int fd, const char *path, size_t *room,
				 struct strbuf *reason)
{
	struct inlines *inl = ktap_alloc(sizeof(*inl));
	struct strbuf other = { 0 };
	uint64_t size = 0;
	Elf *elf = NULL;

	inl->names.arena = &inl->arena;
	inl->room = room;
	inl->time = MAX_TIME;
	/* Why it cannot be opened was said when its symbols were to be read. */
	inl->dso = ktap_dso_open_fd(fd, path, &other);
	ktap_strbuf_destroy(&other);
	if (inl->dso)
		elf = ktap_dso_dwarf(inl->dso, &size);
	if (elf && !take_room(inl, size))
		ktap_strbuf_addf(reason, "no inlined functions of '%s': too much DWARF",
				 path);
	else if (elf && load_libdw(reason) && open_dwarf(inl, elf))
		return inl;
	ktap_inline_free(inl);
	return NULL;
}

/**
 * ktap_inline_free - Forget inlined functions
 * @inl: the inlined functions, or NULL
 */
void ktap_inline_free(struct inlines *inl)
{
	size_t i;

	if (!inl)
		return;
	for (i = 0; i < inl->nr_units; i++)
		free(inl->units[i].inlined.vec);
	free(inl->units);
	free(inl->ranges.vec);
	if (inl->dw)
		libdw.end(inl->dw);
	ktap_dso_close(inl->dso);
	ktap_strtab_destroy(&inl->names);
	ktap_arena_destroy(&inl->arena);
	*inl->room += inl->taken;
	free(inl);
}
