// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Programs and libraries as ELF files
 *
 * What libelf reads, as far as it is of use for probes and names of addresses:
 * symbols, also those of the separate file with debugging information, notes, and
 * where in the file an address is. Whatever is in a file may be wrong, and nothing of
 * it is trusted. It may also change: files are read, for what is mapped is gone when
 * somebody truncates the file.
 *
 * The separate file is found as debuggers do it: by build-id, or by the name in
 * .gnu_debuglink, next to the file or below the directory for those files.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dso.h"

/* No name is longer, and no program has more that is loaded: the rest is left out. */
#define MAX_NAME	4096
#define MAX_SEGMENTS	1024

#define DEBUG_DIR	"/usr/lib/debug"
#define DEBUG_DIR_ENV	"KTAP_DEBUG_DIR"

/* How this machine has integers, as headers of files say it. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OWN_DATA	ELFDATA2LSB
#else
#define OWN_DATA	ELFDATA2MSB
#endif

/* struct elf_file - an open ELF file; @elf is NULL if there is none, @fd -1 in memory */
struct elf_file {
	int fd;
	Elf *elf;
};

/* struct segment - what is loaded of a file: where it is in it and in memory, and PF_* */
struct segment {
	uint64_t addr;
	uint64_t offset;
	uint64_t size;
	uint32_t flags;
};

/**
 * struct dso - a program or library
 * @main: the file
 * @debug: file that has the symbols which @main was stripped of
 * @ehdr: header of @main
 * @segs: what is loaded of it, by address
 * @nr_segs: how many of them
 */
struct dso {
	struct elf_file main;
	struct elf_file debug;
	GElf_Ehdr ehdr;
	struct segment *segs;
	size_t nr_segs;
};

static void close_fd(struct elf_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

static void close_elf(struct elf_file *file)
{
	if (!file->elf)
		return;
	elf_end(file->elf);
	close_fd(file);
	file->elf = NULL;
}

/* Takes a file that is open, which is closed if it is none that can be used. */
static bool begin_elf(struct elf_file *file, int fd, const char *path,
		      struct strbuf *reason)
{
	struct stat st;

	elf_version(EV_CURRENT);
	file->fd = fd;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		ktap_strbuf_addf(reason, "'%s' is no regular file", path);
	else
		file->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (file->elf && elf_kind(file->elf) == ELF_K_ELF)
		return true;
	if (!reason->len)
		ktap_strbuf_addf(reason, "'%s' is not an ELF file", path);
	elf_end(file->elf);
	file->elf = NULL;
	close(fd);
	return false;
}

static bool open_elf(struct elf_file *file, const char *path,
		     struct strbuf *reason)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		return begin_elf(file, fd, path, reason);
	ktap_strbuf_addf(reason, "cannot open '%s': %s", path, strerror(errno));
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

static Elf_Scn *find_section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &shdr) &&
		    !strcmp(section_name(elf, &shdr), name))
			return scn;
	return NULL;
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

static const char *debug_dir(void)
{
	const char *dir = getenv(DEBUG_DIR_ENV);

	return dir && *dir ? dir : DEBUG_DIR;
}

static void take_build_id(void *data, const void *desc, size_t size)
{
	const unsigned char *id = desc;
	struct strbuf *path = data;
	size_t i;

	if (path->len || size < 2 || size > 64)
		return;
	ktap_strbuf_addf(path, "/.build-id/%02x/", id[0]);
	for (i = 1; i < size; i++)
		ktap_strbuf_addf(path, "%02x", id[i]);
	ktap_strbuf_addf(path, ".debug");
}

/* Where the separate file of a file is below the directory for those, if it is. */
static void build_id_path(Elf *elf, struct strbuf *path)
{
	elf_notes(elf, NULL, "GNU", NT_GNU_BUILD_ID, take_build_id, path);
}

/* Opens the separate file if it is there. */
static bool try_debug(struct dso *dso, const char *path)
{
	struct strbuf reason = { 0 };

	open_elf(&dso->debug, path, &reason);
	ktap_strbuf_destroy(&reason);
	return dso->debug.elf;
}

static bool open_by_build_id(struct dso *dso)
{
	struct strbuf name = { 0 }, path = { 0 };

	build_id_path(dso->main.elf, &name);
	if (name.len) {
		ktap_strbuf_addf(&path, "%s%s", debug_dir(), name.str);
		try_debug(dso, path.str);
	}
	ktap_strbuf_destroy(&path);
	ktap_strbuf_destroy(&name);
	return dso->debug.elf;
}

/* The sum that .gnu_debuglink has, which is that of Ethernet. */
static uint32_t sum_file(int fd)
{
	unsigned char buf[16384];
	uint32_t crc = ~0U;
	off_t pos = 0;
	ssize_t nr, i;
	int bit;

	while ((nr = pread(fd, buf, sizeof(buf), pos)) > 0) {
		for (i = 0; i < nr; i++) {
			crc ^= buf[i];
			for (bit = 0; bit < 8; bit++)
				crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
		}
		pos += nr;
	}
	return ~crc;
}

/* The sum is only computed where no build-ids say it. */
static bool belongs(const struct dso *dso, uint32_t sum)
{
	struct strbuf own = { 0 }, other = { 0 };
	bool same;

	build_id_path(dso->main.elf, &own);
	build_id_path(dso->debug.elf, &other);
	if (own.len && other.len)
		same = !strcmp(own.str, other.str);
	else
		same = sum_file(dso->debug.fd) == sum;
	ktap_strbuf_destroy(&own);
	ktap_strbuf_destroy(&other);
	return same;
}

static bool try_link(struct dso *dso, const char *path, uint32_t sum)
{
	if (!try_debug(dso, path))
		return false;
	if (belongs(dso, sum))
		return true;
	close_elf(&dso->debug);
	return false;
}

/* Reads .gnu_debuglink: a name, and behind it at a multiple of four a sum. */
static const char *read_link(const struct dso *dso, uint32_t *sum)
{
	Elf_Scn *scn = find_section(dso->main.elf, ".gnu_debuglink");
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
	size_t len;

	if (!data || !data->d_buf)
		return NULL;
	len = strnlen(data->d_buf, data->d_size);
	if (!len || memchr(data->d_buf, '/', len))
		return NULL;
	len = (len + 4) & ~(size_t)3;
	if (len + sizeof(*sum) > data->d_size)
		return NULL;
	memcpy(sum, (char *)data->d_buf + len, sizeof(*sum));
	if (dso->ehdr.e_ident[EI_DATA] != OWN_DATA)
		*sum = __builtin_bswap32(*sum);
	return data->d_buf;
}

static void open_by_link(struct dso *dso, const char *path)
{
	struct strbuf file = { 0 };
	const char *name, *slash;
	uint32_t sum = 0, i;
	int dir;

	name = read_link(dso, &sum);
	slash = strrchr(path, '/');
	if (!name || !slash)
		return;
	dir = slash - path;
	for (i = 0; i < 3 && !dso->debug.elf; i++) {
		file.len = 0;
		ktap_strbuf_addf(&file, "%s%.*s/%s%s", i == 2 ? debug_dir() : "",
				 dir, path, i == 1 ? ".debug/" : "", name);
		try_link(dso, file.str, sum);
	}
	ktap_strbuf_destroy(&file);
}

static int compare_segments(const void *a, const void *b)
{
	const struct segment *sa = a, *sb = b;

	return (sa->addr > sb->addr) - (sa->addr < sb->addr);
}

static void read_segments(struct dso *dso)
{
	GElf_Phdr ph;
	size_t nr, i;

	if (elf_getphdrnum(dso->main.elf, &nr))
		return;
	dso->segs = ktap_alloc(MAX_SEGMENTS * sizeof(*dso->segs));
	for (i = 0; i < nr && dso->nr_segs < MAX_SEGMENTS; i++)
		if (gelf_getphdr(dso->main.elf, i, &ph) && ph.p_type == PT_LOAD)
			dso->segs[dso->nr_segs++] = (struct segment){
				ph.p_vaddr, ph.p_offset, ph.p_filesz, ph.p_flags
			};
	qsort(dso->segs, dso->nr_segs, sizeof(*dso->segs), compare_segments);
}

/* Looks at what was opened; closes it if it cannot be used. */
static struct dso *take_dso(struct dso *dso, const char *path,
			    struct strbuf *reason)
{
	GElf_Ehdr *ehdr = &dso->ehdr;

	if (!gelf_getehdr(dso->main.elf, ehdr))
		ktap_strbuf_addf(reason, "'%s' is not an ELF file", path);
	else if (ehdr->e_type != ET_EXEC && ehdr->e_type != ET_DYN)
		ktap_strbuf_addf(reason, "'%s' is neither a program nor a library",
				 path);
	else if (!is_ours(ehdr))
		ktap_strbuf_addf(reason, "'%s' is for another machine", path);
	if (!reason->len) {
		read_segments(dso);
		return dso;
	}
	ktap_dso_close(dso);
	return NULL;
}

static struct dso *take_file(struct dso *dso, const char *path,
			     struct strbuf *reason)
{
	dso = take_dso(dso, path, reason);
	if (dso && !open_by_build_id(dso))
		open_by_link(dso, path);
	return dso;
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

	if (open_elf(&dso->main, path, reason))
		return take_file(dso, path, reason);
	free(dso);
	return NULL;
}

/**
 * ktap_dso_open_fd - Open a program or library by its file
 * @fd: the file, which is closed with what is returned, or at once
 * @path: where it was, which need not be the case any more
 * @reason: gets why it cannot be used
 *
 * Return: The program or library, or NULL.
 */
struct dso *ktap_dso_open_fd(int fd, const char *path, struct strbuf *reason)
{
	struct dso *dso = ktap_alloc(sizeof(*dso));

	if (begin_elf(&dso->main, fd, path, reason))
		return take_file(dso, path, reason);
	free(dso);
	return NULL;
}

/**
 * ktap_dso_open_memory - Open a library that is in memory
 * @image: as it would be in a file; it must stay until the library is closed
 * @size: in bytes
 * @name: what to call it
 * @reason: gets why it cannot be used
 *
 * Return: The library, or NULL.
 */
struct dso *ktap_dso_open_memory(void *image, size_t size, const char *name,
				 struct strbuf *reason)
{
	struct dso *dso = ktap_alloc(sizeof(*dso));

	elf_version(EV_CURRENT);
	dso->main.fd = -1;
	dso->main.elf = elf_memory(image, size);
	if (dso->main.elf && elf_kind(dso->main.elf) == ELF_K_ELF) {
		dso = take_dso(dso, name, reason);
		if (dso)
			open_by_build_id(dso);
		return dso;
	}
	ktap_strbuf_addf(reason, "'%s' is not an ELF file", name);
	elf_end(dso->main.elf);
	free(dso);
	return NULL;
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
	free(dso->segs);
	free(dso);
}

/* Some machines have symbols that say what is code and what is data. */
static bool is_mark(const char *name)
{
	return name[0] == '$' && name[1] && strchr("adtx", name[1]) &&
	       (!name[2] || name[2] == '.');
}

/* Bytes from an address to the end of the section that it is in. */
static uint64_t room_behind(Elf *elf, const GElf_Sym *from)
{
	Elf_Scn *scn = elf_getscn(elf, from->st_shndx);
	GElf_Shdr shdr;

	if (from->st_shndx >= SHN_LORESERVE || !scn || !gelf_getshdr(scn, &shdr) ||
	    from->st_value < shdr.sh_addr ||
	    from->st_value - shdr.sh_addr >= shdr.sh_size)
		return 0;
	return shdr.sh_size - (from->st_value - shdr.sh_addr);
}

/* Fills in a symbol. Returns false for those without an address. */
static bool read_symbol(const struct dso *dso, Elf *elf, const GElf_Sym *from,
			const char *name, struct dso_symbol *sym)
{
	unsigned int type = GELF_ST_TYPE(from->st_info);
	const char *version;

	if (!name || !*name || from->st_shndx == SHN_UNDEF ||
	    from->st_shndx == SHN_ABS || type == STT_SECTION ||
	    type == STT_FILE || type == STT_TLS || is_mark(name))
		return false;
	sym->name = name;
	version = memchr(name, '@', strnlen(name, MAX_NAME));
	sym->len = version ? (size_t)(version - name) : strnlen(name, MAX_NAME);
	sym->addr = from->st_value;
	sym->size = from->st_size;
	sym->room = sym->size ? 0 : room_behind(elf, from);
	sym->func = type == STT_FUNC;
	sym->chosen = type == STT_GNU_IFUNC;
	sym->global = GELF_ST_BIND(from->st_info) != STB_LOCAL;
	/* The lowest bit says which instruction set it is in. */
	if (dso->ehdr.e_machine == EM_ARM && sym->func)
		sym->addr &= ~UINT64_C(1);
	return sym->len;
}

/* There is one table of a type; others could repeat it without end. */
static void elf_symbols(const struct dso *dso, Elf *elf, uint32_t type,
			dso_symbol_fn fn, void *arg)
{
	struct dso_symbol sym;
	GElf_Shdr shdr;
	Elf_Data *data;
	GElf_Sym from;
	Elf_Scn *scn;
	int i;

	scn = next_section(elf, NULL, type, &shdr);
	data = scn ? elf_getdata(scn, NULL) : NULL;
	for (i = 0; data && gelf_getsym(data, i, &from); i++)
		if (read_symbol(dso, elf, &from,
				elf_strptr(elf, shdr.sh_link, from.st_name), &sym))
			fn(arg, &sym);
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

static size_t underscores(const struct dso_symbol *sym)
{
	size_t nr = 0;

	while (nr < sym->len && sym->name[nr] == '_')
		nr++;
	return nr;
}

/**
 * ktap_dso_compare_names - Compare names of one place
 * @a: a symbol
 * @b: another one
 *
 * Return: Less than 0 if people rather know @a by its name, more than 0 if they know
 * @b, 0 if both have the same name.
 */
int ktap_dso_compare_names(const struct dso_symbol *a, const struct dso_symbol *b)
{
	if (a->global != b->global)
		return a->global ? -1 : 1;
	if (underscores(a) != underscores(b))
		return underscores(a) < underscores(b) ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->name, b->name, a->len);
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
	Elf_Scn *scn = find_section(dso->main.elf, name);
	GElf_Shdr shdr;

	if (!scn || !gelf_getshdr(scn, &shdr))
		return false;
	*addr = shdr.sh_addr;
	return true;
}

static bool find_offset(const struct dso *dso, uint64_t addr, uint32_t flag,
			uint64_t *offset)
{
	size_t nr = ktap_find_upto(dso->segs, dso->nr_segs, sizeof(*dso->segs),
				   offsetof(struct segment, addr), addr);
	const struct segment *seg = nr ? &dso->segs[nr - 1] : NULL;

	if (!seg || !(seg->flags & flag) || addr - seg->addr >= seg->size)
		return false;
	*offset = addr - seg->addr + seg->offset;
	return true;
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
 * ktap_dso_addr - Find the address of code
 * @dso: program or library
 * @offset: where the code is in the file
 * @addr: set to its address
 *
 * Return: False if no code is there.
 */
bool ktap_dso_addr(const struct dso *dso, uint64_t offset, uint64_t *addr)
{
	const struct segment *seg = dso->segs, *end = seg + dso->nr_segs;

	for (; seg < end; seg++) {
		if (!(seg->flags & PF_X) || offset < seg->offset ||
		    offset - seg->offset >= seg->size)
			continue;
		*addr = offset - seg->offset + seg->addr;
		return true;
	}
	return false;
}

/* Bytes of a section when it is not compressed any more. */
static uint64_t full_size(Elf_Scn *scn, const GElf_Shdr *shdr)
{
	GElf_Chdr chdr;

	if (!(shdr->sh_flags & SHF_COMPRESSED))
		return shdr->sh_size;
	return gelf_getchdr(scn, &chdr) ? chdr.ch_size : 0;
}

/* Bytes of all sections with DWARF, 0 if there is none. */
static uint64_t dwarf_size(Elf *elf)
{
	uint64_t total = 0, size;
	bool found = false;
	Elf_Scn *scn = NULL;
	const char *name;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		name = section_name(elf, &shdr);
		/* Compressed as it was done once, which does not say how large it is. */
		if (!strncmp(name, ".zdebug_", 8))
			return 0;
		if (strncmp(name, ".debug_", 7))
			continue;
		found |= !strcmp(name, ".debug_info");
		size = full_size(scn, &shdr);
		total = size < UINT64_MAX - total ? total + size : UINT64_MAX;
	}
	return found ? total : 0;
}

/**
 * ktap_dso_dwarf - Find the file that has DWARF
 * @dso: program or library
 * @size: set to what that takes in memory, in bytes
 *
 * Return: The program or library, or its separate file; NULL if neither has any.
 */
struct Elf *ktap_dso_dwarf(struct dso *dso, uint64_t *size)
{
	*size = dwarf_size(dso->main.elf);
	if (*size)
		return dso->main.elf;
	*size = dso->debug.elf ? dwarf_size(dso->debug.elf) : 0;
	return *size ? dso->debug.elf : NULL;
}

/**
 * ktap_dso_bytes - Read a section
 * @elf: what ktap_dso_dwarf() returned
 * @name: name of the section
 * @size: set to its size in bytes
 *
 * Return: Its bytes, or NULL.
 */
const void *ktap_dso_bytes(struct Elf *elf, const char *name, size_t *size)
{
	Elf_Scn *scn = find_section(elf, name);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;

	*size = data && data->d_buf ? data->d_size : 0;
	return *size ? data->d_buf : NULL;
}

static void detach(struct elf_file *file)
{
	elf_cntl(file->elf, ELF_C_FDDONE);
	close_fd(file);
}

/**
 * ktap_dso_detach - Close files, and keep what was read
 * @dso: program or library; of other sections nothing can be read any more
 */
void ktap_dso_detach(struct dso *dso)
{
	detach(&dso->main);
	if (dso->debug.elf)
		detach(&dso->debug);
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
