// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Programs and libraries as ELF files
 *
 * What libelf reads, as far as it is of use for probes: symbols, also those of the
 * separate file with debugging information that distributions have by build-id,
 * notes, and where in the file an address is. Whatever is in a file may be wrong,
 * and nothing of it is trusted.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dso.h"

#define DEBUG_DIR	"/usr/lib/debug/.build-id"

/* struct elf_file - an open ELF file; @elf is NULL if there is none */
struct elf_file {
	int fd;
	Elf *elf;
};

/**
 * struct dso - a program or library
 * @main: the file
 * @debug: file that has the symbols which @main was stripped of
 * @ehdr: header of @main
 */
struct dso {
	struct elf_file main;
	struct elf_file debug;
	GElf_Ehdr ehdr;
};

static void close_elf(struct elf_file *file)
{
	if (!file->elf)
		return;
	elf_end(file->elf);
	close(file->fd);
	file->elf = NULL;
}

static bool open_elf(struct elf_file *file, const char *path,
		     struct strbuf *reason)
{
	struct stat st;

	elf_version(EV_CURRENT);
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0) {
		ktap_strbuf_addf(reason, "cannot open '%s': %s", path,
				 strerror(errno));
		return false;
	}
	if (fstat(file->fd, &st) || !S_ISREG(st.st_mode))
		ktap_strbuf_addf(reason, "'%s' is no regular file", path);
	else
		file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	if (file->elf && elf_kind(file->elf) == ELF_K_ELF)
		return true;
	if (!reason->len)
		ktap_strbuf_addf(reason, "'%s' is not an ELF file", path);
	elf_end(file->elf);
	file->elf = NULL;
	close(file->fd);
	return false;
}

/* 32-bit programs run, and are traced, on this 64-bit machine. */
static unsigned int family(unsigned int machine)
{
	return machine == EM_386 ? EM_X86_64 : machine;
}

/* Whether the programs of that machine can run where this one does. */
static bool is_ours(const GElf_Ehdr *ehdr)
{
	struct strbuf reason = { 0 };
	struct elf_file self;
	GElf_Ehdr own;
	bool ours = true;

	if (open_elf(&self, "/proc/self/exe", &reason)) {
		if (gelf_getehdr(self.elf, &own))
			ours = family(own.e_machine) == family(ehdr->e_machine) &&
			       own.e_ident[EI_DATA] == ehdr->e_ident[EI_DATA];
		close_elf(&self);
	}
	ktap_strbuf_destroy(&reason);
	return ours;
}

/* The next section of a type, or the first one if @scn is NULL. */
static Elf_Scn *next_section(Elf *elf, Elf_Scn *scn, uint32_t type,
			     GElf_Shdr *shdr)
{
	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, shdr) && shdr->sh_type == type)
			return scn;
	return NULL;
}

static const char *section_name(Elf *elf, const GElf_Shdr *shdr)
{
	const char *name = NULL;
	size_t idx;

	if (!elf_getshdrstrndx(elf, &idx))
		name = elf_strptr(elf, idx, shdr->sh_name);
	return name ? name : "";
}

/* Calls @fn for notes of an owner and type; @section may be NULL for any. */
static void elf_notes(Elf *elf, const char *section, const char *owner,
		      uint32_t type, dso_note_fn fn, void *arg)
{
	size_t pos, name, desc, len = strlen(owner) + 1;
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr shdr;
	GElf_Nhdr nhdr;

	while ((scn = next_section(elf, scn, SHT_NOTE, &shdr))) {
		if (section && strcmp(section_name(elf, &shdr), section))
			continue;
		data = elf_getdata(scn, NULL);
		for (pos = 0; data && pos < data->d_size;) {
			pos = gelf_getnote(data, pos, &nhdr, &name, &desc);
			if (!pos)
				break;
			if (nhdr.n_type == type && nhdr.n_namesz == len &&
			    !memcmp((char *)data->d_buf + name, owner, len))
				fn(arg, (char *)data->d_buf + desc,
				   nhdr.n_descsz);
		}
	}
}

static void take_build_id(void *data, const void *desc, size_t size)
{
	const unsigned char *id = desc;
	struct strbuf *path = data;
	size_t i;

	if (path->len || size < 2 || size > 64)
		return;
	ktap_strbuf_addf(path, "%s/%02x/", DEBUG_DIR, id[0]);
	for (i = 1; i < size; i++)
		ktap_strbuf_addf(path, "%02x", id[i]);
	ktap_strbuf_addf(path, ".debug");
}

static void open_debug(struct dso *dso)
{
	struct strbuf path = { 0 }, reason = { 0 };

	elf_notes(dso->main.elf, NULL, "GNU", NT_GNU_BUILD_ID, take_build_id,
		  &path);
	if (path.len)
		open_elf(&dso->debug, path.str, &reason);
	ktap_strbuf_destroy(&path);
	ktap_strbuf_destroy(&reason);
}

/**
 * ktap_dso_open - Open a program or library
 * @path: its file
 * @reason: gets why it cannot be used
 *
 * Return: The file, or NULL.
 */
struct dso *ktap_dso_open(const char *path, struct strbuf *reason)
{
	struct dso *dso = ktap_alloc(sizeof(*dso));
	GElf_Ehdr *ehdr = &dso->ehdr;

	if (!open_elf(&dso->main, path, reason)) {
		free(dso);
		return NULL;
	}
	if (!gelf_getehdr(dso->main.elf, ehdr))
		ktap_strbuf_addf(reason, "'%s' is not an ELF file", path);
	else if (ehdr->e_type != ET_EXEC && ehdr->e_type != ET_DYN)
		ktap_strbuf_addf(reason, "'%s' is neither a program nor a library",
				 path);
	else if (!is_ours(ehdr))
		ktap_strbuf_addf(reason, "'%s' is for another machine", path);
	if (reason->len) {
		ktap_dso_close(dso);
		return NULL;
	}
	open_debug(dso);
	return dso;
}

/**
 * ktap_dso_close - Close a program or library
 * @dso: what ktap_dso_open() returned
 */
void ktap_dso_close(struct dso *dso)
{
	if (!dso)
		return;
	close_elf(&dso->main);
	close_elf(&dso->debug);
	free(dso);
}

/* Fills in a symbol. Returns false for those without an address. */
static bool read_symbol(const struct dso *dso, const GElf_Sym *from,
			const char *name, struct dso_symbol *sym)
{
	unsigned int type = GELF_ST_TYPE(from->st_info);

	if (!name || !*name || from->st_shndx == SHN_UNDEF ||
	    from->st_shndx == SHN_ABS || type == STT_SECTION ||
	    type == STT_FILE || type == STT_TLS)
		return false;
	sym->name = name;
	sym->len = strcspn(name, "@");
	sym->addr = from->st_value;
	sym->size = from->st_size;
	sym->func = type == STT_FUNC;
	sym->chosen = type == STT_GNU_IFUNC;
	sym->global = GELF_ST_BIND(from->st_info) != STB_LOCAL;
	/* The lowest bit says which instruction set it is in. */
	if (dso->ehdr.e_machine == EM_ARM && sym->func)
		sym->addr &= ~UINT64_C(1);
	return sym->len;
}

static void elf_symbols(const struct dso *dso, Elf *elf, uint32_t type,
			dso_symbol_fn fn, void *arg)
{
	struct dso_symbol sym;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	Elf_Data *data;
	GElf_Sym from;
	int i;

	while ((scn = next_section(elf, scn, type, &shdr))) {
		data = elf_getdata(scn, NULL);
		for (i = 0; data && gelf_getsym(data, i, &from); i++)
			if (read_symbol(dso, &from,
					elf_strptr(elf, shdr.sh_link, from.st_name),
					&sym))
				fn(arg, &sym);
	}
}

/**
 * ktap_dso_symbols - Go through all symbols that have an address
 * @dso: program or library
 * @fn: called for each, in any order, and more than once if tables share it
 * @data: for @fn
 */
void ktap_dso_symbols(struct dso *dso, dso_symbol_fn fn, void *data)
{
	elf_symbols(dso, dso->main.elf, SHT_SYMTAB, fn, data);
	elf_symbols(dso, dso->main.elf, SHT_DYNSYM, fn, data);
	if (dso->debug.elf)
		elf_symbols(dso, dso->debug.elf, SHT_SYMTAB, fn, data);
}

/**
 * ktap_dso_notes - Go through notes
 * @dso: program or library
 * @section: where they are
 * @owner: whose they are
 * @type: of which type
 * @fn: called for each
 * @data: for @fn
 */
void ktap_dso_notes(struct dso *dso, const char *section, const char *owner,
		    uint32_t type, dso_note_fn fn, void *data)
{
	elf_notes(dso->main.elf, section, owner, type, fn, data);
}

/**
 * ktap_dso_section - Find a section by its name
 * @dso: program or library
 * @name: the name
 * @addr: set to its address
 *
 * Return: False if there is none.
 */
bool ktap_dso_section(struct dso *dso, const char *name, uint64_t *addr)
{
	Elf *elf = dso->main.elf;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) ||
		    strcmp(section_name(elf, &shdr), name))
			continue;
		*addr = shdr.sh_addr;
		return true;
	}
	return false;
}

static bool find_offset(const struct dso *dso, uint64_t addr, uint32_t flag,
			uint64_t *offset)
{
	size_t nr, i;
	GElf_Phdr ph;

	if (elf_getphdrnum(dso->main.elf, &nr))
		return false;
	for (i = 0; i < nr; i++) {
		if (!gelf_getphdr(dso->main.elf, i, &ph) ||
		    ph.p_type != PT_LOAD || !(ph.p_flags & flag) ||
		    addr < ph.p_vaddr || addr - ph.p_vaddr >= ph.p_filesz)
			continue;
		*offset = addr - ph.p_vaddr + ph.p_offset;
		return true;
	}
	return false;
}

/**
 * ktap_dso_code - Find code in the file
 * @dso: program or library
 * @addr: address of the code
 * @offset: set to where it is in the file
 *
 * Return: False if no code is there.
 */
bool ktap_dso_code(const struct dso *dso, uint64_t addr, uint64_t *offset)
{
	return find_offset(dso, addr, PF_X, offset);
}

/**
 * ktap_dso_data - Find data that can be written in the file
 * @dso: program or library
 * @addr: address of the data
 * @offset: set to where it is in the file
 *
 * Return: False if it is not in the file.
 */
bool ktap_dso_data(const struct dso *dso, uint64_t addr, uint64_t *offset)
{
	return find_offset(dso, addr, PF_W, offset);
}

/**
 * ktap_dso_word_size - Size of an address
 * @dso: program or library
 *
 * Return: The size in bytes, 4 or 8.
 */
size_t ktap_dso_word_size(const struct dso *dso)
{
	return gelf_fsize(dso->main.elf, ELF_T_ADDR, 1, EV_CURRENT);
}

/**
 * ktap_dso_word - Read an address
 * @dso: program or library
 * @from: bytes of a note
 * @word: set to the address
 *
 * Return: False if libelf cannot.
 */
bool ktap_dso_word(const struct dso *dso, const void *from, uint64_t *word)
{
	union {
		uint32_t w4;
		uint64_t w8;
	} to = { 0 };
	Elf_Data src = {
		.d_buf = (void *)from,
		.d_type = ELF_T_ADDR,
		.d_size = ktap_dso_word_size(dso),
		.d_version = EV_CURRENT,
	};
	Elf_Data dst = {
		.d_buf = &to,
		.d_type = ELF_T_ADDR,
		.d_size = sizeof(to),
		.d_version = EV_CURRENT,
	};

	if (!gelf_xlatetom(dso->main.elf, &dst, &src, dso->ehdr.e_ident[EI_DATA]))
		return false;
	*word = src.d_size == sizeof(to.w4) ? to.w4 : to.w8;
	return true;
}

/**
 * ktap_dso_machine - What a program is for
 * @dso: program or library
 *
 * Return: EM_*, as <elf.h> has it.
 */
unsigned int ktap_dso_machine(const struct dso *dso)
{
	return dso->ehdr.e_machine;
}
