// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Screens that a script draws again and again
 *
 * A script clears the screen and prints all of it anew. To clear it flickers, so on a
 * terminal the new screen is drawn over the old one: each line clears what is left
 * of the one that was there, and the last one all that is below. It is written at
 * once, when the handler that draws it has ended. What escape sequences have changed
 * is put right when the script has ended, whatever the reason.
 */
#include <string.h>
#include <unistd.h>

#include "screen.h"

#define ESCAPE		0x1b
#define HOME		"\033[1;1H"
#define CLEAR_LINE	"\033[K"
#define CLEAR_BELOW	"\033[J"
/* Colours and attributes as they were, and the cursor. */
#define RESTORE		"\033[0m\033[?25h"
#define ALTERNATE	"\033[?1049h"
#define LEAVE_ALTERNATE	"\033[?1049l"

/**
 * ktap_screen_init - See whether there is a terminal
 * @scr: what is known of it
 * @fd: where output goes
 */
void ktap_screen_init(struct screen *scr, int fd)
{
	memset(scr, 0, sizeof(*scr));
	scr->on = isatty(fd);
}

static bool begins(const char *pos, const char *end, const char *what)
{
	size_t len = strlen(what);

	return (size_t)(end - pos) >= len && !memcmp(pos, what, len);
}

static void add(struct strbuf *sb, const char *text)
{
	ktap_strbuf_add(sb, text, strlen(text));
}

static void draw(struct screen *scr, struct strbuf *sb, const char *pos,
		 const char *end)
{
	for (; pos < end; pos++) {
		if (begins(pos, end, KTAP_CLEAR_SCREEN)) {
			ktap_screen_end(scr, sb);
			add(sb, HOME);
			scr->open = true;
			pos += strlen(KTAP_CLEAR_SCREEN) - 1;
			continue;
		}
		if (*pos == '\n' && scr->open)
			add(sb, CLEAR_LINE);
		if (begins(pos, end, ALTERNATE))
			scr->alternate = true;
		else if (begins(pos, end, LEAVE_ALTERNATE))
			scr->alternate = false;
		scr->used |= *pos == ESCAPE;
		ktap_strbuf_addc(sb, *pos);
	}
}

/**
 * ktap_screen_text - Make of text what the terminal is to get
 * @scr: what is known of it
 * @sb: what is to be written
 * @from: where text that is new begins; each escape sequence is in one piece
 */
void ktap_screen_text(struct screen *scr, struct strbuf *sb, size_t from)
{
	struct strbuf text = { 0 };

	if (!scr->on || sb->len == from ||
	    (!scr->open && !memchr(sb->str + from, ESCAPE, sb->len - from)))
		return;
	ktap_strbuf_add(&text, sb->str + from, sb->len - from);
	sb->len = from;
	draw(scr, sb, text.str, text.str + text.len);
	ktap_strbuf_destroy(&text);
}

/**
 * ktap_screen_end - A screen is complete, if there was one
 * @scr: what is known of the terminal
 * @sb: what is to be written
 */
void ktap_screen_end(struct screen *scr, struct strbuf *sb)
{
	if (scr->open)
		add(sb, CLEAR_BELOW);
	scr->open = false;
}

/**
 * ktap_screen_restore - Leave the terminal as it was found
 * @scr: what is known of it
 * @sb: what is to be written
 */
void ktap_screen_restore(struct screen *scr, struct strbuf *sb)
{
	ktap_screen_end(scr, sb);
	if (scr->used)
		add(sb, RESTORE);
	if (scr->alternate)
		add(sb, LEAVE_ALTERNATE);
	scr->used = false;
	scr->alternate = false;
}
