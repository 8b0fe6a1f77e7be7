/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Programs and libraries as ELF files
 *
 * There only is this where there is libelf; see nolibelf.c.
 */
#ifndef _KTAP_DSO_H
#define _KTAP_DSO_H

#include "util.h"

struct Elf;
struct dso;

/**
 * struct dso_symbol - a symbol that has an address
 * @name: its name, which lives as long as the file is open; a version may follow it
 *        behind an '@'
 * @len: of the name alone
 * @addr: its address
 * @size: in bytes, 0 if it is not known
 * @room: bytes up to the end of its section if @size is not known, else 0
 * @func: it is a function
 * @chosen: it is a function that chooses one when the program starts
 * @global: it is not local to a source file
 */
struct dso_symbol {
	const char *name;
	size_t len;
	uint64_t addr;
	uint64_t size;
	uint64_t room;
	bool func;
	bool chosen;
	bool global;
};

typedef void (*dso_symbol_fn)(void *data, const struct dso_symbol *sym);
typedef void (*dso_note_fn)(void *data, const void *desc, size_t size);

struct dso *ktap_dso_open(const char *path, struct strbuf *reason);
struct dso *ktap_dso_open_fd(int fd, const char *path, struct strbuf *reason);
struct dso *ktap_dso_open_memory(void *image, size_t size, const char *name,
				 struct strbuf *reason);
void ktap_dso_close(struct dso *dso);
void ktap_dso_symbols(struct dso *dso, dso_symbol_fn fn, void *data);
void ktap_dso_notes(struct dso *dso, const char *section, const char *owner,
		    uint32_t type, dso_note_fn fn, void *data);
int ktap_dso_compare_names(const struct dso_symbol *a, const struct dso_symbol *b);
bool ktap_dso_section(struct dso *dso, const char *name, uint64_t *addr);
bool ktap_dso_code(const struct dso *dso, uint64_t addr, uint64_t *offset);
bool ktap_dso_data(const struct dso *dso, uint64_t addr, uint64_t *offset);
bool ktap_dso_addr(const struct dso *dso, uint64_t offset, uint64_t *addr);
struct Elf *ktap_dso_dwarf(struct dso *dso, uint64_t *size);
const void *ktap_dso_bytes(struct Elf *elf, const char *name, size_t *size);
void ktap_dso_detach(struct dso *dso);
size_t ktap_dso_word_size(const struct dso *dso);
bool ktap_dso_word(const struct dso *dso, const void *from, uint64_t *word);
unsigned int ktap_dso_machine(const struct dso *dso);

#endif /* _KTAP_DSO_H */
