// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Names that are like one that does not exist
 */
#include <string.h>

#include "nearest.h"

/**
 * ktap_nearest_init - Begin to look for names
 * @near: to be initialized
 * @name: what they should be like
 */
void ktap_nearest_init(struct nearest *near, const char *name)
{
	memset(near, 0, sizeof(*near));
	near->name = name;
	near->limit = strlen(name) / 3 + 1;
}

static bool is_known(const struct nearest *near, const char *name)
{
	size_t i;

	for (i = 0; i < near->nr; i++)
		if (!strcmp(near->names[i], name))
			return true;
	return false;
}

static bool goes_on(const struct nearest *near, const char *name)
{
	return *near->name && !strncmp(near->name, name, strlen(near->name));
}

/* Is a name nearer than the one at @i? Of those that go on the shortest one is. */
static bool is_nearer(const struct nearest *near, size_t i, const char *name,
		      unsigned int dist)
{
	if (near->dist[i] != dist)
		return near->dist[i] > dist;
	return goes_on(near, name) && goes_on(near, near->names[i]) &&
		strlen(name) < strlen(near->names[i]);
}

/**
 * ktap_nearest_try - Take a name if it is nearer than others
 * @near: names found so far
 * @name: a name that exists, and stays in memory
 */
void ktap_nearest_try(struct nearest *near, const char *name)
{
	unsigned int dist = ktap_distance(near->name, name, near->limit);
	size_t i;

	/* What goes on where the name ends was perhaps meant, however it ends. */
	if (dist > 1 && near->limit && goes_on(near, name))
		dist = 1;
	if (dist > near->limit || is_known(near, name))
		return;
	for (i = near->nr; i > 0 && is_nearer(near, i - 1, name, dist); i--) {
		if (i == KTAP_MAX_NEAREST)
			continue;
		near->dist[i] = near->dist[i - 1];
		near->names[i] = near->names[i - 1];
	}
	if (i == KTAP_MAX_NEAREST)
		return;
	near->dist[i] = dist;
	near->names[i] = name;
	if (near->nr < KTAP_MAX_NEAREST)
		near->nr++;
	if (near->nr == KTAP_MAX_NEAREST)
		near->limit = near->dist[KTAP_MAX_NEAREST - 1];
}

/**
 * ktap_nearest_tell - Say which names there are
 * @near: names that were found
 * @sb: gets "there is NAME, NAME", or nothing if there are none
 */
void ktap_nearest_tell(const struct nearest *near, struct strbuf *sb)
{
	size_t from = sb->len, i;

	for (i = 0; i < near->nr; i++)
		ktap_strbuf_addf(sb, "%s%s", i ? ", " : "there is ",
				 near->names[i]);
	if (sb->len > from)
		ktap_clean(sb->str + from, sb->len - from);
}
