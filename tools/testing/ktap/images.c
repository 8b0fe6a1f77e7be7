// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Damaged images
 *
 * usage: images [IMAGE]...
 *        images -w DIRECTORY
 *
 * Valid images, those of a few programs here and those that are named, are
 * damaged in each way that is listed, the same ways each time. What comes of it
 * is refused, with a text and an errno, or runs and ends. Each image has a process
 * of its own, so that all processors have work. With -w the valid images of the
 * programs are written, for a fuzzer to begin with.
 */
#include <sanitizer/common_interface_defs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exercise.h"
#include "prog.h"
#include "shared.h"

/* Images made of each valid one, at least. */
#define ENOUGH		50000

static const struct test_prog progs[] = {
	{
		.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), OP(LOADI, 1, 0), OP(SETG, 1, 1),
			     OP(LOADI, 2, 50), OP(LOADI, 3, 3), OP(ADDT, 0, 1, 3),
			     OP(LOADI, 4, 1), OP(ADD, 1, 1, 4), OP(LT, 1, 1, 2), OP(JMP, 0, -5),
			     OP(ITER, 0), OP(JMP, 0, 1), OP(UPDG, 3, KTAP_A_ADD, 1),
			     OP(NEXT, 0), OP(JMP, 0, -3), OP(GETG, 5, 1),
			     OP(CALLB, 5, KTAP_FUNC_PRINT, 1), OP(RET)),
		.probe = CODE(OP(GETG, 0, 0), OP(VAR, 1, KTAP_VAR_EXECNAME), OP(LOADI, 2, 1),
			      OP(ADDT, 0, 1, 2), OP(FIELD, 3, 0), OP(FIELD, 4, 1),
			      OP(CONCAT, 5, 3, 4), OP(SETT, 0, 5, 3), OP(MOVE, 6, 0),
			      OP(CALLB, 6, KTAP_FUNC_LEN, 1), OP(VAR, 7, KTAP_VAR_ARGSTR),
			      OP(CALLB, 5, KTAP_FUNC_PRINT, 3), OP(RET)),
		.end = CODE(OP(GETG, 0, 0), OP(CALLB, 0, KTAP_FUNC_DELETE, 1), OP(LOADI, 0, 3),
			    OP(CALLB, 0, KTAP_FUNC_EXIT, 1), OP(RET)),
	}, {
		.main = CODE(OP(LOADK, 0, K_MAX), OP(LOADI, 1, 1), OP(LOADI, 2, 2),
			     OP(ADD, 3, 0, 1), OP(SUB, 3, 3, 2), OP(MUL, 3, 3, 3), OP(DIV, 3, 3, 2),
			     OP(MOD, 4, 3, 2), OP(AND, 4, 4, 3), OP(OR, 4, 4, 1), OP(XOR, 4, 4, 0),
			     OP(SHL, 4, 4, 2), OP(SHR, 4, 4, 1), OP(NEG, 5, 4), OP(BNOT, 5, 5),
			     OP(NOT, 6, 5), OP(EQ, 1, 4, 5), OP(JMP, 0, 1), OP(LOADNIL, 6),
			     OP(LE, 0, 4, 5), OP(JMP, 0, 1), OP(LOADBOOL, 6, 1), OP(TEST, 1, 6),
			     OP(JMP, 0, 1), OP(LOADK, 6, K_WIDE), OP(SETG, 6, 2), OP(GETG, 7, 2),
			     OP(CALLB, 3, KTAP_FUNC_PRINT, 5), OP(RET)),
	}, {
		.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), OP(RET)),
		.probe = CODE(OP(GETG, 0, 0), OP(LOADK, 1, K_TEXT16), OP(FIELD, 2, 2),
			      OP(TEST, 1, 2), OP(JMP, 0, 2), OP(LOADI, 2, 5), OP(JMP, 0, 0),
			      OP(UPDT, 0, 1, KTAP_A_SUB), OP(GETT, 3, 0, 1), OP(CONCAT, 4, 1, 3),
			      OP(SETT, 0, 4, 4), OP(LOADK, 5, K_FMT), OP(MOVE, 6, 3),
			      OP(MOVE, 7, 4),
			      OP(CALLB, 5, KTAP_FUNC_PRINTF, 3), OP(MOVE, 5, 0), OP(MOVE, 6, 4),
			      OP(CALLB, 5, KTAP_FUNC_DELETE, 2), OP(RET)),
		.regs = 10,
	}, {
		/* t[f(2)] = f by its value; f(r0) is r0, or what f(r0 - 1) is, and r0 + 1 */
		.main = CODE(OP(NEWTAB, 0), OP(SETG, 0, 0), OP(LOADI, 1, 2), OP(LOADF, 3, TEST_F),
			     OP(CALLV, 1, 3, 2 << 8 | 1), OP(LOADF, 3, TEST_F), OP(KEY, 4, 1, 3),
			     OP(SETT, 0, 4, 3), OP(PARTS, 5, 4, 3), OP(LOADI, 1, 4),
			     OP(CALL, 1, TEST_F, KTAP_MAX_RESULTS),
			     OP(CALLB, 0, KTAP_FUNC_PRINT, KTAP_OPEN | 1), OP(RET)),
		/* for (i = 1; i <= 5; i++) h[i & 1] <<< i */
		.probe = CODE(OP(GETG, 0, 1), OP(LOADI, 1, 1), OP(LOADI, 2, 5), OP(LOADI, 3, 1),
			      OP(FORPREP, 1, 3), OP(ANDI, 4, 1, 1), OP(FEEDT, 0, 4, 1),
			      OP(FORLOOP, 1, -3), OP(FEED, 0, 2), OP(RET)),
		/* for (k, v in sort_pairs(t, g)) */
		.end = CODE(OP(CALLB, 0, KTAP_FUNC_HIST, 0), OP(SETG, 0, 1), OP(GETG, 0, 0),
			    OP(LOADF, 2, TEST_G), OP(LOADI, 3, 9), OP(SORT, 0), OP(JMP, 0, 2),
			    OP(MOVE, 4, 2), OP(CALLB, 4, KTAP_FUNC_TOSTRING, 1), OP(NEXTS, 0),
			    OP(JMP, 0, -4), OP(ENDS, 0), OP(CALLB, 0, KTAP_FUNC_PRINT_HIST, 1),
			    OP(RET)),
		.f = { CODE(OP(LTI, 1, 0, 1), OP(JMP, 0, 2), OP(SUBI, 0, 0, 1),
			    OP(TCALL, 0, TEST_F), OP(ADDI, 1, 0, 1), OP(RET, 0, 2)), 1 },
		.g = { CODE(OP(EQ, 1, 0, 1), OP(JMP, 0, 2), OP(LOADBOOL, 2, 1), OP(RET, 2, 1),
			    OP(LOADBOOL, 2, 0), OP(RET, 2, 1)), 2 },
		.regs = 40,
	},
};

/**
 * struct damage - a valid image and how it is damaged now
 * @name: of the image
 * @valid: the image
 * @image: the damaged one
 * @size: of the valid one
 * @seed: for what is random
 * @ex: what became of the damaged ones
 */
struct damage {
	char name[128];
	const void *valid;
	char *image;
	u32 size;
	u64 seed;
	struct exercise ex;
};

static struct damage *now;

/* Say which image it was when a sanitizer ends it all. */
static void say_which(void)
{
	tap_note("%s, damaged image %lu", now->name, now->ex.tried);
}

static void try(struct damage *dmg, u32 size)
{
	exercise(&dmg->ex, dmg->image, size);
	memcpy(dmg->image, dmg->valid, dmg->size);
}

static void put32(struct damage *dmg, u32 off, u32 val)
{
	memcpy(dmg->image + off, &val, sizeof(val));
}

static u32 get32(const struct damage *dmg, u32 off)
{
	u32 val;

	memcpy(&val, (char *)dmg->valid + off, sizeof(val));
	return val;
}

static void truncate_image(struct damage *dmg)
{
	u32 size;

	for (size = 1; size < dmg->size; size++) {
		try(dmg, size);
		if (size < sizeof(struct ktap_img_header))
			continue;
		put32(dmg, offsetof(struct ktap_img_header, size), size);
		try(dmg, size);
	}
}

static void damage_bytes(struct damage *dmg)
{
	u32 off, bit;

	for (off = 0; off < dmg->size; off++) {
		dmg->image[off] = 0;
		try(dmg, dmg->size);
		dmg->image[off] = 0xff;
		try(dmg, dmg->size);
		dmg->image[off] = test_random(&dmg->seed);
		try(dmg, dmg->size);
		for (bit = 0; bit < 8; bit++) {
			dmg->image[off] ^= 1 << bit;
			try(dmg, dmg->size);
		}
	}
}

static void damage_words(struct damage *dmg)
{
	static const u32 edges[] = {
		0, 1, 2, 3, 7, 8, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
		0xfffffff8, 0xfffffffe, 0xffffffff, KTAP_MAX_REGS, KTAP_MAX_REGS + 1,
	};
	u32 off, i;

	for (off = 0; off + 4 <= dmg->size; off += 4) {
		u32 old = get32(dmg, off);
		const u32 near[] = {
			old + 1, old - 1, old + 8, old - 8, old * 2, dmg->size,
			dmg->size - 1, dmg->size + 1,
		};

		for (i = 0; i < ARRAY_SIZE(edges) + ARRAY_SIZE(near); i++) {
			put32(dmg, off, i < ARRAY_SIZE(edges) ? edges[i] :
			      near[i - ARRAY_SIZE(edges)]);
			try(dmg, dmg->size);
		}
	}
}

static void damage_sections(struct damage *dmg)
{
	struct ktap_img_section *sec = ((struct ktap_img_header *)dmg->image)->sec;
	const struct ktap_img_section *old =
		((const struct ktap_img_header *)dmg->valid)->sec;
	u32 i, j, k;

	for (i = 0; i < KTAP_SEC_NR; i++) {
		for (j = 0; j < KTAP_SEC_NR; j++) {
			sec[i] = old[j];
			sec[j] = old[i];
			try(dmg, dmg->size);
			sec[i].off = old[j].off;
			try(dmg, dmg->size);
			sec[i].count = old[j].count;
			try(dmg, dmg->size);
			sec[i] = old[j];
			try(dmg, dmg->size);
			for (k = 0; k < 16; k++) {
				sec[i].off = old[j].off + 8 * (k - 8);
				sec[i].count = k;
				try(dmg, dmg->size);
			}
		}
		for (k = 0; k < old[i].count && k < 200; k++) {
			sec[i].count = k;
			try(dmg, dmg->size);
		}
	}
}

/* An instruction that might as well be there. */
static void damage_code(struct damage *dmg)
{
	const struct ktap_img_section *sec =
		&((const struct ktap_img_header *)dmg->valid)->sec[KTAP_SEC_INSN];
	struct ktap_insn *insn;
	u32 nr;

	for (nr = 1 + test_below(&dmg->seed, 3); nr && sec->count; nr--) {
		insn = (struct ktap_insn *)(dmg->image + sec->off) +
		       test_below(&dmg->seed, sec->count);
		switch (test_below(&dmg->seed, 6)) {
		case 0:
			insn->op = test_below(&dmg->seed, KTAP_OP_NR);
			break;
		case 1:
			insn->a = test_below(&dmg->seed, 9);
			break;
		case 2:
			insn->b = test_below(&dmg->seed, 9);
			break;
		case 3:
			insn->c = test_below(&dmg->seed, 9);
			break;
		case 4:
			*insn = (struct ktap_insn){
				KTAP_OP_JMP, 0, test_random(&dmg->seed) % 16 - 8, 0,
			};
			insn->c = -(insn->b >> 15);
			break;
		default:
			*insn = (struct ktap_insn){
				test_below(&dmg->seed, KTAP_OP_NR),
				test_below(&dmg->seed, 9), test_below(&dmg->seed, 9),
				test_below(&dmg->seed, 9),
			};
			break;
		}
	}
	try(dmg, dmg->size);
}

static void damage_random(struct damage *dmg)
{
	u32 nr;

	for (nr = 1 + test_below(&dmg->seed, 8); nr; nr--) {
		u32 off = test_below(&dmg->seed, dmg->size);

		if (test_below(&dmg->seed, 2))
			dmg->image[off] = test_random(&dmg->seed);
		else
			put32(dmg, min(off & ~3U, dmg->size - 4),
			      test_random(&dmg->seed) >> test_below(&dmg->seed, 64));
	}
	try(dmg, dmg->size);
}

static int damage_image(const char *name, const void *valid, u32 size)
{
	struct damage *dmg = calloc(1, sizeof(*dmg));
	unsigned long before;
	int wrong;

	snprintf(dmg->name, sizeof(dmg->name), "%s", name);
	dmg->valid = valid;
	dmg->size = size;
	dmg->seed = size;
	dmg->image = malloc(size);
	memcpy(dmg->image, valid, size);
	now = dmg;

	/* It has to be valid, or little is found. */
	try(dmg, size);
	if (!dmg->ex.accepted) {
		tap_note("%s", dmg->ex.text);
		dmg->ex.wrong++;
	}
	truncate_image(dmg);
	damage_bytes(dmg);
	damage_words(dmg);
	damage_sections(dmg);
	before = dmg->ex.tried;
	while (dmg->ex.tried < ENOUGH || dmg->ex.tried < before + ENOUGH / 4) {
		damage_code(dmg);
		damage_random(dmg);
	}

	tap_note("%s: %lu images, %lu loaded, %lu ran", name, dmg->ex.tried,
		 dmg->ex.loaded, dmg->ex.accepted);
	wrong = dmg->ex.wrong != 0;
	free(dmg->image);
	free(dmg);
	return wrong;
}

/**
 * struct child - a process that damages one image
 * @pid: it, 0 for none
 * @name: of the image
 */
struct child {
	pid_t pid;
	char name[128];
};

/* As many as there are processors. */
static struct child children[16];
static u32 nr_children, max_children;

static void wait_child(void)
{
	struct child *child;
	char text[256];
	int status;
	pid_t pid;

	pid = wait(&status);
	for (child = children; child->pid != pid; child++)
		;
	snprintf(text, sizeof(text), "damaged images of %s", child->name);
	tap_result(!status, text);
	*child = children[--nr_children];
	children[nr_children].pid = 0;
}

/* Results come in the order in which children end. */
static void damage_in_child(const char *name, const void *valid, u32 size)
{
	struct child *child;

	if (nr_children == max_children)
		wait_child();
	fflush(stdout);
	child = &children[nr_children++];
	snprintf(child->name, sizeof(child->name), "%s", name);
	child->pid = fork();
	if (child->pid < 0) {
		perror("fork");
		exit(1);
	}
	if (!child->pid)
		exit(damage_image(name, valid, size));
}

static bool damage_file(const char *path)
{
	const char *name = strrchr(path, '/');
	FILE *file = fopen(path, "rb");
	static char buf[1 << 16];
	size_t size = 0;

	if (file) {
		size = fread(buf, 1, sizeof(buf), file);
		fclose(file);
	}
	if (size < sizeof(struct ktap_img_header) || size == sizeof(buf)) {
		tap_note("%s: cannot be read", path);
		return false;
	}
	damage_in_child(name ? name + 1 : path, buf, size);
	return true;
}

static int write_images(const char *dir)
{
	char path[256];
	u32 size, i;

	for (i = 0; i < ARRAY_SIZE(progs); i++) {
		void *image = test_image_make(&progs[i], &size);
		FILE *file;

		snprintf(path, sizeof(path), "%s/%u", dir, i + 1);
		file = fopen(path, "wb");
		if (!file || fwrite(image, size, 1, file) != 1 || fclose(file)) {
			perror(path);
			return 1;
		}
		test_free(image);
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool ok = true;
	char name[32];
	u32 size, i;

	if (argc == 3 && !strcmp(argv[1], "-w"))
		return write_images(argv[2]);
	__sanitizer_set_death_callback(say_which);
	max_children = clamp_t(long, sysconf(_SC_NPROCESSORS_ONLN), 1, ARRAY_SIZE(children));
	for (i = 0; i < ARRAY_SIZE(progs); i++) {
		void *image = test_image_make(&progs[i], &size);

		snprintf(name, sizeof(name), "program %u", i + 1);
		damage_in_child(name, image, size);
		test_free(image);
	}
	for (i = 1; i < (u32)argc; i++)
		ok &= damage_file(argv[i]);
	while (nr_children)
		wait_child();
	tap_result(ok, "images can be read");
	return tap_end();
}
