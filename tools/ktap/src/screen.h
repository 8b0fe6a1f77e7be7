/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Screens that a script draws again and again
 */
#ifndef _KTAP_SCREEN_H
#define _KTAP_SCREEN_H

#include "util.h"

/* What ansi.clear_screen() prints. */
#define KTAP_CLEAR_SCREEN	"\033[2J\033[1;1H"

/**
 * struct screen - what is known of the terminal
 * @on: the output is a terminal
 * @used: escape sequences were written to it
 * @alternate: one of them chose its other screen
 * @open: a screen is being drawn, which is written when all of it is there
 */
struct screen {
	bool on;
	bool used;
	bool alternate;
	bool open;
};

void ktap_screen_init(struct screen *scr, int fd);
void ktap_screen_text(struct screen *scr, struct strbuf *sb, size_t from);
void ktap_screen_end(struct screen *scr, struct strbuf *sb);
void ktap_screen_restore(struct screen *scr, struct strbuf *sb);

#endif /* _KTAP_SCREEN_H */
