/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Events of "trace" statements
 */
#ifndef _KTAP_EVENT_H
#define _KTAP_EVENT_H

#include "ast.h"

struct event *ktap_event_new(struct script *script, struct text text,
			     struct text more);
struct event *ktap_event_named(struct script *script, uint32_t pos,
			       const char *prefix, const char *name, size_t len);
bool ktap_event_parse(struct script *script, struct event *event);
bool ktap_event_can_fetch(struct script *script, const struct event *events,
			  const struct text *name, const struct text *fetch);
bool ktap_event_resolve(struct script *script, struct event *event);
const char *ktap_event_foreign(const char *name);
bool ktap_event_reads(const struct event *events, enum ktap_field_kind kind);
const char *ktap_event_of_id(struct script *script, uint64_t id);

#endif /* _KTAP_EVENT_H */
