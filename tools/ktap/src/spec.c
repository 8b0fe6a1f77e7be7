// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - Records that are held back
 *
 * The kernel marks what a script prints for a speculation, and says when it is
 * committed or discarded. Until then the records are kept here, all together in no
 * more than SPECS_SIZE bytes. What never ends is forgotten.
 */
#include <string.h>

#include "output.h"
#include "spec.h"

/* Most bytes that are held back. */
#define SPECS_SIZE	(16U << 20)

static void forget(struct specs *specs, struct spec *spec)
{
	specs->bytes -= spec->recs.len;
	ktap_strbuf_destroy(&spec->recs);
	spec->recs = (struct strbuf){ 0 };
	spec->id = 0;
	spec->nr = 0;
}

/* The number that a record begins with, 0 if it has none. */
static uint64_t read_id(const struct ktap_rec *rec)
{
	struct ktap_rec_spec head;
	const void *body;
	size_t len;

	body = ktap_record_body(rec, &len);
	if (len < sizeof(head))
		return 0;
	memcpy(&head, body, sizeof(head));
	return head.id;
}

/* Begin a speculation, if it is not there; the end of the one before is lost. */
static struct spec *find(struct specs *specs, uint64_t id)
{
	struct spec *spec = &specs->spec[id % KTAP_MAX_SPECS];

	if (id <= spec->over || id < spec->id)
		return NULL;
	if (spec->id && spec->id != id) {
		specs->lost += spec->nr;
		forget(specs, spec);
	}
	spec->id = id;
	return spec;
}

/**
 * ktap_specs_hold - Keep a record until its speculation ends
 * @specs: speculations of the session
 * @rec: the record, with KTAP_REC_HELD in its type
 */
void ktap_specs_hold(struct specs *specs, const struct ktap_rec *rec)
{
	const size_t skip = sizeof(struct ktap_rec_spec);
	struct ktap_rec head = *rec;
	uint64_t id = read_id(rec);
	struct spec *spec;

	if (!id)
		return;
	spec = find(specs, id);
	if (!spec) {
		specs->late++;
		return;
	}
	head.type &= ~KTAP_REC_HELD;
	head.size -= skip;
	if (specs->bytes + head.size > SPECS_SIZE) {
		specs->lost++;
		return;
	}
	ktap_strbuf_add(&spec->recs, (const char *)&head, sizeof(head));
	ktap_strbuf_add(&spec->recs, (const char *)(rec + 1) + skip,
			head.size - sizeof(head));
	spec->nr++;
	specs->bytes += head.size;
}

/**
 * ktap_specs_end - End a speculation
 * @specs: speculations of the session
 * @rec: KTAP_REC_COMMIT or KTAP_REC_DISCARD
 * @show: called with each record of one that is committed
 * @data: for @show
 */
void ktap_specs_end(struct specs *specs, const struct ktap_rec *rec,
		    void (*show)(void *data, const struct ktap_rec *rec),
		    void *data)
{
	uint64_t id = read_id(rec);
	struct record_reader rr;
	struct spec *spec;

	spec = id ? find(specs, id) : NULL;
	if (!spec)
		return;
	rr.pos = spec->recs.str;
	rr.end = rr.pos + spec->recs.len;
	if (rec->type == KTAP_REC_COMMIT)
		while ((rec = ktap_record_next(&rr)))
			show(data, rec);
	forget(specs, spec);
	spec->over = id;
}

/**
 * ktap_specs_destroy - Free the memory of all speculations
 * @specs: speculations of the session
 */
void ktap_specs_destroy(struct specs *specs)
{
	uint32_t i;

	for (i = 0; i < KTAP_MAX_SPECS; i++)
		forget(specs, &specs->spec[i]);
}
