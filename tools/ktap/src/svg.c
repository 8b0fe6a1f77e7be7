// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Pictures that browsers show
 *
 * A picture is one file that needs nothing else: it can be read without its script,
 * which searches and zooms. Positions are computed with integers, so that equal
 * numbers give equal files. Names are made clean when they come in, and escaped
 * where they are written.
 */
#include <string.h>

#include "svg.h"

/* Height of the head, which stays in sight. */
#define HEAD_HEIGHT	60

/* Width of a character, and what is left free around a text. */
#define CHAR_PARTS	72500
#define CHAR_SPACE	(6 * SVG_PARTS)

/* A text of fewer characters says nothing. */
#define MIN_CHARS	3

static const char style[] =
"text { font: 12px monospace; fill: #222 }\n"
".t { font: 600 17px sans-serif }\n"
".c { font: 600 13px sans-serif }\n"
".s { font: 12px sans-serif; fill: #666 }\n"
".r { text-anchor: end }\n"
".m { text-anchor: middle }\n"
".f { cursor: pointer }\n"
".f text { fill: #111; pointer-events: none }\n"
".f:hover > rect, rect.i:hover { stroke: #000 }\n"
".up { opacity: .5 }\n"
".hit > rect { fill: #e64bff }\n"
".b { font: 12px sans-serif; fill: #06c; cursor: pointer }\n"
"input { box-sizing: border-box; width: 100%; height: 24px; font: 12px sans-serif;\n"
"  border: 1px solid #bbb; border-radius: 4px; padding: 0 6px; background: #fff }\n";

/*
 * Frames are in the order in which a tree is walked, so that what is above one are
 * those that follow it and are deeper.
 */
static const char script[] =
"(function () {\n"
"'use strict';\n"
"const ROOM = 1180, CHAR = 7.25, SPACE = 6, NARROW = 0.1;\n"
"const root = document.documentElement;\n"
"const head = document.getElementById('head');\n"
"const details = document.getElementById('details');\n"
"const reset = document.getElementById('reset');\n"
"let flames = [];\n"
"\n"
"function percent(n, total) {\n"
"  return (total > 0 ? 100 * n / total : 0).toFixed(2) + '%';\n"
"}\n"
"\n"
"function clip(name, width) {\n"
"  const nr = Math.floor((width - SPACE) / CHAR), chars = Array.from(name);\n"
"  if (chars.length <= nr)\n"
"    return name;\n"
"  return nr < 3 ? '' : chars.slice(0, nr - 2).join('') + '..';\n"
"}\n"
"\n"
"function readFrames(group) {\n"
"  const open = [];\n"
"  const frames = Array.from(group.querySelectorAll('.f'), function (el) {\n"
"    return { el: el, text: el.querySelector('text'), end: 0,\n"
"      name: el.querySelector('title').textContent.split('\\n')[0],\n"
"      start: +el.dataset.start, n: +el.dataset.n, depth: +el.dataset.depth };\n"
"  });\n"
"  frames.forEach(function (frame, i) {\n"
"    while (open.length && open[open.length - 1].depth >= frame.depth)\n"
"      open.pop().end = i;\n"
"    open.push(frame);\n"
"    frame.el.index = i;\n"
"  });\n"
"  open.forEach(function (frame) { frame.end = frames.length; });\n"
"  return frames;\n"
"}\n"
"\n"
"function Flame(group) {\n"
"  this.frames = readFrames(group);\n"
"  this.matched = group.querySelector('.matched');\n"
"  this.zoom = 0;\n"
"  this.frames.forEach(function (frame) { frame.el.flame = this; }, this);\n"
"}\n"
"\n"
"Flame.prototype.place = function (frame, x, width, up) {\n"
"  const shown = width >= NARROW;\n"
"  frame.el.style.display = shown ? '' : 'none';\n"
"  if (!shown)\n"
"    return;\n"
"  frame.el.classList.toggle('up', up);\n"
"  frame.el.setAttribute('x', 10 + x);\n"
"  frame.el.setAttribute('width', width);\n"
"  frame.text.textContent = clip(frame.name, width);\n"
"};\n"
"\n"
"Flame.prototype.show = function (index) {\n"
"  const at = this.frames[index];\n"
"  this.zoom = index;\n"
"  this.frames.forEach(function (frame, i) {\n"
"    if (i < index && frame.end > index)\n"
"      this.place(frame, 0, ROOM, true);\n"
"    else if (i < index || i >= at.end)\n"
"      this.place(frame, 0, 0, false);\n"
"    else\n"
"      this.place(frame, (frame.start - at.start) / at.n * ROOM,\n"
"        frame.n / at.n * ROOM, false);\n"
"  }, this);\n"
"  this.count();\n"
"};\n"
"\n"
"/* What matches above what matches is counted once. */\n"
"Flame.prototype.count = function () {\n"
"  const at = this.frames[this.zoom];\n"
"  let sum = 0, i = this.zoom;\n"
"  while (i < at.end) {\n"
"    const frame = this.frames[i];\n"
"    if (frame.hit)\n"
"      sum += frame.n;\n"
"    i = frame.hit ? frame.end : i + 1;\n"
"  }\n"
"  this.matched.textContent = this.searched ?\n"
"    'matched: ' + sum + ' (' + percent(sum, at.n) + ')' : '';\n"
"};\n"
"\n"
"Flame.prototype.search = function (matches) {\n"
"  this.searched = !!matches;\n"
"  this.frames.forEach(function (frame) {\n"
"    frame.hit = !!matches && matches(frame.name);\n"
"    frame.el.classList.toggle('hit', frame.hit);\n"
"  });\n"
"  this.count();\n"
"};\n"
"\n"
"/* Capitals matter if there are any; what is no expression is a text. */\n"
"function matcher(text) {\n"
"  const any = text.toLowerCase() === text;\n"
"  let re;\n"
"  if (!text)\n"
"    return null;\n"
"  try {\n"
"    re = new RegExp(text, any ? 'i' : '');\n"
"  } catch (e) {\n"
"    return function (name) {\n"
"      return (any ? name.toLowerCase() : name).includes(text);\n"
"    };\n"
"  }\n"
"  return function (name) { return re.test(name); };\n"
"}\n"
"\n"
"function search(text) {\n"
"  flames.forEach(function (flame) { flame.search(matcher(text)); });\n"
"}\n"
"\n"
"function zoom(flame, index) {\n"
"  flame.show(index);\n"
"  reset.style.display = flames.some(function (f) { return f.zoom; }) ? '' : 'none';\n"
"}\n"
"\n"
"function unzoom() {\n"
"  flames.forEach(function (flame) { zoom(flame, 0); });\n"
"}\n"
"\n"
"function tell(el) {\n"
"  const lines = el.querySelector('title').textContent.split('\\n');\n"
"  let text = lines.join(': ');\n"
"  if (el.flame && el.flame.zoom) {\n"
"    const at = el.flame.frames[el.flame.zoom], frame = el.flame.frames[el.index];\n"
"    if (el.index >= el.flame.zoom)\n"
"      text += ', ' + percent(frame.n, at.n) + ' of ' + at.name;\n"
"  }\n"
"  details.textContent = text;\n"
"}\n"
"\n"
"function addSearch() {\n"
"  const box = document.createElementNS('http://www.w3.org/2000/svg', 'foreignObject');\n"
"  const input = document.createElementNS('http://www.w3.org/1999/xhtml', 'input');\n"
"  box.setAttribute('x', 950);\n"
"  box.setAttribute('y', 8);\n"
"  box.setAttribute('width', 240);\n"
"  box.setAttribute('height', 26);\n"
"  input.id = 'search';\n"
"  input.type = 'search';\n"
"  input.placeholder = 'Search (regular expression)';\n"
"  input.addEventListener('input', function () { search(input.value); });\n"
"  box.appendChild(input);\n"
"  head.appendChild(box);\n"
"  root.addEventListener('keydown', function (e) {\n"
"    if (e.key === '/' && e.target !== input) {\n"
"      e.preventDefault();\n"
"      input.focus();\n"
"    } else if (e.key === 'Escape') {\n"
"      input.value = '';\n"
"      search('');\n"
"      unzoom();\n"
"    }\n"
"  });\n"
"}\n"
"\n"
"flames = Array.from(document.querySelectorAll('.flame'), function (group) {\n"
"  return new Flame(group);\n"
"});\n"
"if (flames.length) {\n"
"  addSearch();\n"
"  details.textContent = 'Click a frame to zoom, / to search, Esc to reset.';\n"
"} else if (document.querySelector('.i')) {\n"
"  details.textContent = 'Point at something for its numbers.';\n"
"}\n"
"root.addEventListener('mouseover', function (e) {\n"
"  const el = e.target.closest('.i');\n"
"  if (el)\n"
"    tell(el);\n"
"});\n"
"root.addEventListener('click', function (e) {\n"
"  const el = e.target.closest('.f');\n"
"  if (el)\n"
"    zoom(el.flame, el.index);\n"
"});\n"
"reset.addEventListener('click', unzoom);\n"
"window.addEventListener('scroll', function () {\n"
"  head.setAttribute('transform', 'translate(0,' + window.scrollY + ')');\n"
"});\n"
"})();\n";

/* Bytes of the character at @text, or 0 if XML cannot have it. */
static size_t char_len(const char *text, size_t len)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t nr = *c < 0x80 ? 1 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4, i;
	static const uint32_t least[] = { 0x20, 0x80, 0x800, 0x10000 };
	uint32_t code = nr == 1 ? *c : *c & (0x7f >> nr);

	if ((*c >= 0x7f && *c < 0xc0) || *c >= 0xf8 || nr > len)
		return 0;
	for (i = 1; i < nr; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (c[i] & 0x3f);
	}
	/* Not longer than need be, no half of a pair, and no controls. */
	if (code < least[nr - 1] || code > 0x10ffff ||
	    (code >= 0x80 && code < 0xa0) || (code >= 0xd800 && code < 0xe000) ||
	    (code & 0xfffe) == 0xfffe)
		return 0;
	return nr;
}

/**
 * ktap_svg_clean - Append text that a picture can show, and that is one line
 * @sb: where to
 * @text: any bytes; those that are no character are shown as in a string
 * @len: their number
 */
void ktap_svg_clean(struct strbuf *sb, const char *text, size_t len)
{
	size_t i, nr;

	for (i = 0; i < len; i += nr) {
		nr = char_len(text + i, len - i);
		if (nr) {
			ktap_strbuf_add(sb, text + i, nr);
			continue;
		}
		nr = 1;
		if (text[i] == '\n')
			ktap_strbuf_add(sb, "\\n", 2);
		else if (text[i] == '\t')
			ktap_strbuf_add(sb, "\\t", 2);
		else
			ktap_strbuf_addf(sb, "\\x%02x", (unsigned char)text[i]);
	}
}

static void escape(struct strbuf *sb, const char *text, size_t len)
{
	const char *end = text + len;

	for (; text < end; text++) {
		switch (*text) {
		case '<':
			ktap_strbuf_add(sb, "&lt;", 4);
			break;
		case '>':
			ktap_strbuf_add(sb, "&gt;", 4);
			break;
		case '&':
			ktap_strbuf_add(sb, "&amp;", 5);
			break;
		case '"':
			ktap_strbuf_add(sb, "&quot;", 6);
			break;
		case '\'':
			ktap_strbuf_add(sb, "&#39;", 5);
			break;
		default:
			ktap_strbuf_addc(sb, *text);
			break;
		}
	}
}

/**
 * ktap_svg_escape - Append clean text as it is written in a picture
 * @sb: where to
 * @text: the text
 */
void ktap_svg_escape(struct strbuf *sb, const char *text)
{
	escape(sb, text, strlen(text));
}

static bool begins_char(char c)
{
	return (c & 0xc0) != 0x80;
}

/**
 * ktap_svg_width - What room a text needs
 * @text: clean text
 *
 * Return: Its width, in parts of a pixel.
 */
uint64_t ktap_svg_width(const char *text)
{
	uint64_t chars = 0;

	for (; *text; text++)
		chars += begins_char(*text);
	return chars * CHAR_PARTS + CHAR_SPACE;
}

/**
 * ktap_svg_fit - How much of a text there is room for
 * @text: clean text
 * @parts: width of the room
 * @cut: whether two dots have to follow what fits
 *
 * Return: The number of bytes that fit.
 */
size_t ktap_svg_fit(const char *text, uint64_t parts, bool *cut)
{
	size_t max = parts > CHAR_SPACE ? (parts - CHAR_SPACE) / CHAR_PARTS : 0;
	size_t len, chars = 0, fits = 0;

	*cut = false;
	for (len = 0; text[len]; len++) {
		if (!begins_char(text[len]))
			continue;
		if (chars + 2 == max)
			fits = len;
		chars++;
	}
	if (chars <= max)
		return len;
	*cut = max >= MIN_CHARS;
	return *cut ? fits : 0;
}

/**
 * ktap_svg_clip - Append as much of a text as there is room for
 * @sb: where to
 * @text: clean text
 * @parts: width of the room
 */
void ktap_svg_clip(struct strbuf *sb, const char *text, uint64_t parts)
{
	bool cut;
	size_t len = ktap_svg_fit(text, parts, &cut);

	escape(sb, text, len);
	if (cut)
		ktap_strbuf_add(sb, "..", 2);
}

/**
 * ktap_svg_share - How long a number is in a picture
 * @num: the number
 * @max: what has all of the room
 * @room: the room
 *
 * Return: @num of @max in parts of @room, to the nearest one.
 */
uint64_t ktap_svg_share(uint64_t num, uint64_t max, uint64_t room)
{
	/* Rounded numbers do where the product would not fit. */
	while (max > UINT64_MAX / 2 / room) {
		num >>= 1;
		max >>= 1;
	}
	return max ? (num * room + max / 2) / max : 0;
}

/**
 * ktap_svg_length - Append a length in pixels
 * @sb: where to
 * @parts: the length
 */
void ktap_svg_length(struct strbuf *sb, uint64_t parts)
{
	ktap_strbuf_addf(sb, "%llu.%04llu",
			 (unsigned long long)(parts / SVG_PARTS),
			 (unsigned long long)(parts % SVG_PARTS));
}

/**
 * ktap_svg_percent - Append how much of something a number is
 * @sb: where to
 * @num: the number
 * @max: what is all of it
 */
void ktap_svg_percent(struct strbuf *sb, uint64_t num, uint64_t max)
{
	uint64_t share = ktap_svg_share(num, max, 10000);

	ktap_strbuf_addf(sb, "%llu.%02llu%%", (unsigned long long)(share / 100),
			 (unsigned long long)(share % 100));
}

/**
 * ktap_svg_mix - A color between two
 * @from: the one
 * @to: the other one
 * @part: how near to @to it is, from 0 to 255
 *
 * Return: The color, as those it is between.
 */
uint32_t ktap_svg_mix(uint32_t from, uint32_t to, unsigned int part)
{
	uint32_t color = 0, x, y;
	int shift;

	for (shift = 16; shift >= 0; shift -= 8) {
		x = from >> shift & 0xff;
		y = to >> shift & 0xff;
		color |= (x * (255 - part) + y * part) / 255 << shift;
	}
	return color;
}

/**
 * ktap_svg_begin - Begin a picture
 * @svg: the picture
 */
void ktap_svg_begin(struct svg *svg)
{
	memset(svg, 0, sizeof(*svg));
	svg->y = HEAD_HEIGHT;
}

/**
 * ktap_svg_caption - Say what a part of a picture shows
 * @svg: the picture
 * @name: what, or an empty string
 * @text: more about it
 */
void ktap_svg_caption(struct svg *svg, const char *name, const char *text)
{
	ktap_strbuf_addf(&svg->body, "<text class=\"c\" x=\"%d\" y=\"%u\">",
			 SVG_MARGIN, svg->y + 14);
	ktap_svg_escape(&svg->body, name);
	ktap_strbuf_addf(&svg->body, "<tspan class=\"s\"%s>",
			 *name ? " dx=\"10\"" : "");
	ktap_svg_escape(&svg->body, text);
	ktap_strbuf_addf(&svg->body, "</tspan></text>\n");
	svg->y += 22;
}

static void put_head(struct strbuf *out, const char *title)
{
	ktap_strbuf_addf(out,
			 "<g id=\"head\">\n"
			 "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
			 "<text class=\"t\" x=\"%d\" y=\"26\">",
			 SVG_WIDTH, HEAD_HEIGHT - 8, SVG_MARGIN);
	ktap_svg_clip(out, title, 80 * CHAR_PARTS);
	ktap_strbuf_addf(out,
			 "</text>\n"
			 "<text class=\"b r\" id=\"reset\" x=\"%d\" y=\"25\" "
			 "style=\"display:none\">Reset zoom</text>\n"
			 "<text id=\"details\" x=\"%d\" y=\"46\"></text>\n"
			 "</g>\n",
			 SVG_WIDTH - SVG_MARGIN - 255, SVG_MARGIN);
}

/**
 * ktap_svg_end - Write a picture and forget it
 * @svg: the picture
 * @title: what stands at its top; clean text
 * @out: where to
 */
void ktap_svg_end(struct svg *svg, const char *title, struct strbuf *out)
{
	unsigned int height = svg->y + SVG_MARGIN;

	ktap_strbuf_addf(out,
			 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			 "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" "
			 "width=\"%d\" height=\"%u\" viewBox=\"0 0 %d %u\">\n<title>",
			 SVG_WIDTH, height, SVG_WIDTH, height);
	ktap_svg_escape(out, title);
	ktap_strbuf_addf(out,
			 "</title>\n<style><![CDATA[\n%s]]></style>\n"
			 "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
			 style);
	if (svg->body.len)
		ktap_strbuf_add(out, svg->body.str, svg->body.len);
	put_head(out, title);
	ktap_strbuf_addf(out, "<script><![CDATA[\n%s]]></script>\n</svg>\n", script);
	ktap_strbuf_destroy(&svg->body);
}
