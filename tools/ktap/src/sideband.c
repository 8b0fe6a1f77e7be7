// SPDX-License-Identifier: GPL-2.0
/*
 * ktap - What the kernel tells of mappings
 *
 * An event of perf that counts nothing, on each CPU, has the kernel tell what is mapped
 * for code, what is executed, and which processes begin and end. It is not bound to
 * the processes that are traced: that would be an event for each thread and CPU, made
 * anew at each fork and switched with each thread, where this costs nothing but the
 * records. Those of other processes are left out here.
 *
 * What happens to one process may be told on several CPUs, so records are sorted by
 * time. Whatever a process did before a time is there to be read at that time: so the
 * clock is read first, and records that are later than that wait for the next turn.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sideband.h"

/* Room for records of each CPU; some 1000 mappings. */
#define RING_SIZE	(128 * 1024)

/**
 * struct side_ring - records of a CPU
 * @fd: the event
 * @page: says where records begin and end
 * @size: of the memory that is mapped
 * @lost: records for which there was no room
 */
struct side_ring {
	int fd;
	struct perf_event_mmap_page *page;
	size_t size;
	uint64_t lost;
};

/* Each record ends with when that was. */
static int open_event(int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.read_format = PERF_FORMAT_LOST,
		.sample_type = PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.mmap = 1,
		.mmap2 = 1,
		.comm = 1,
		.comm_exec = 1,
		.task = 1,
		.exclude_kernel = 1,
		.watermark = 1,
		.wakeup_watermark = 1,
	};

	return syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
		       PERF_FLAG_FD_CLOEXEC);
}

static int open_ring(struct sideband *side, struct side_ring *ring, int cpu)
{
	struct epoll_event wake = { .events = EPOLLIN };
	int err;

	ring->fd = open_event(cpu);
	if (ring->fd < 0)
		return -errno;
	ring->size = RING_SIZE + sysconf(_SC_PAGESIZE);
	ring->page = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  ring->fd, 0);
	if (ring->page != MAP_FAILED &&
	    !epoll_ctl(side->epoll, EPOLL_CTL_ADD, ring->fd, &wake))
		return 0;
	err = -errno;
	if (ring->page != MAP_FAILED)
		munmap(ring->page, ring->size);
	close(ring->fd);
	return err;
}

/**
 * ktap_sideband_open - Have the kernel tell of mappings from now on
 * @side: to be filled in
 *
 * Return: 0, or a negative errno if it cannot.
 */
int ktap_sideband_open(struct sideband *side)
{
	long nr = sysconf(_SC_NPROCESSORS_CONF), cpu;
	int err = 0;

	memset(side, 0, sizeof(*side));
	side->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (side->epoll < 0)
		return -errno;
	side->rings = ktap_alloc(nr * sizeof(*side->rings));
	for (cpu = 0; cpu < nr && !err; cpu++) {
		err = open_ring(side, &side->rings[side->nr], cpu);
		side->nr += !err;
		/* That CPU is not running. */
		if (err == -ENODEV)
			err = 0;
	}
	if (!err && side->nr)
		return 0;
	ktap_sideband_close(side);
	return err ? err : -ENODEV;
}

/**
 * ktap_sideband_close - Do not be told any more
 * @side: what ktap_sideband_open() has filled in
 */
void ktap_sideband_close(struct sideband *side)
{
	size_t i;

	for (i = 0; i < side->nr; i++) {
		munmap(side->rings[i].page, side->rings[i].size);
		close(side->rings[i].fd);
	}
	free(side->rings);
	if (side->epoll >= 0)
		close(side->epoll);
	ktap_strbuf_destroy(&side->records);
	side->rings = NULL;
	side->nr = 0;
	side->epoll = -1;
}

/*
 * Reading
 */

/* Appends what is in a ring, which may go round its end; gives its length. */
static uint64_t read_ring(struct strbuf *records, const struct side_ring *ring)
{
	struct perf_event_mmap_page *page = ring->page;
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = page->data_tail, at, len, sum = head - tail;
	const char *data = (const char *)page + (ring->size - RING_SIZE);

	while (tail < head) {
		at = tail % RING_SIZE;
		len = head - tail < RING_SIZE - at ? head - tail : RING_SIZE - at;
		ktap_strbuf_add(records, data + at, len);
		tail += len;
	}
	__atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
	return sum;
}

/* A record of it comes only with the next one, which may be too late. */
static uint64_t read_lost(struct side_ring *ring)
{
	struct {
		uint64_t value;
		uint64_t lost;
	} count;
	uint64_t lost;

	if (read(ring->fd, &count, sizeof(count)) != sizeof(count))
		return 0;
	lost = count.lost - ring->lost;
	ring->lost = count.lost;
	return lost;
}

/* Of a ring that had no room there is much to read. */
static void read_rings(struct sideband *side, struct maps *maps, uint64_t now)
{
	uint64_t lost;
	size_t i;

	for (i = 0; i < side->nr; i++) {
		if (read_ring(&side->records, &side->rings[i]) < RING_SIZE / 2)
			continue;
		lost = read_lost(&side->rings[i]);
		side->lost += lost;
		if (lost)
			maps->lost = now;
	}
}

/* struct side_record - a record, without its header and time */
struct side_record {
	const struct perf_event_header *head;
	uint64_t time;
	const char *body;
	size_t len;
};

/* Takes a record off the beginning; false if there is no whole one. */
static bool next_record(const char **pos, const char *end, struct side_record *rec)
{
	const struct perf_event_header *head = (const void *)*pos;

	if ((size_t)(end - *pos) < sizeof(*head) ||
	    head->size < sizeof(*head) + sizeof(rec->time) ||
	    head->size > end - *pos || head->size % sizeof(rec->time))
		return false;
	rec->head = head;
	rec->body = *pos + sizeof(*head);
	rec->len = head->size - sizeof(*head) - sizeof(rec->time);
	memcpy(&rec->time, rec->body + rec->len, sizeof(rec->time));
	*pos += head->size;
	return true;
}

/* The bodies of records; see <linux/perf_event.h>. */
struct mmap2_body {
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t maj, min;
	uint64_t ino, generation;
	uint32_t prot, flags;
	char path[];
};

struct task_body {
	uint32_t pid, ppid;
	uint32_t tid, ptid;
};

static bool has_text(const struct side_record *rec, size_t size)
{
	return rec->len > size && memchr(rec->body + size, '\0', rec->len - size);
}

static bool read_mmap(const struct side_record *rec, struct map_event *event)
{
	const struct mmap2_body *body = (const void *)rec->body;

	if (!has_text(rec, sizeof(*body)))
		return false;
	*event = (struct map_event){
		.kind = MAP_MMAP,
		.pid = body->pid,
		.start = body->addr,
		.len = body->len,
		.offset = body->pgoff,
		.dev = (uint64_t)body->maj << 32 | body->min,
		.ino = body->ino,
		.gen = body->generation,
		.path = body->path,
	};
	return true;
}

/* The end of a process is that of its first thread. */
static bool read_task(const struct side_record *rec, struct map_event *event)
{
	const struct task_body *body = (const void *)rec->body;

	if (rec->len < sizeof(*body))
		return false;
	event->pid = body->pid;
	event->parent = body->ppid;
	event->kind = rec->head->type == PERF_RECORD_FORK ? MAP_FORK : MAP_EXIT;
	return event->kind == MAP_FORK || body->pid == body->tid;
}

static bool read_comm(const struct side_record *rec, struct map_event *event)
{
	if (rec->len < sizeof(event->pid) ||
	    !(rec->head->misc & PERF_RECORD_MISC_COMM_EXEC))
		return false;
	event->kind = MAP_EXEC;
	memcpy(&event->pid, rec->body, sizeof(event->pid));
	return true;
}

static bool read_event(const struct side_record *rec, struct map_event *event)
{
	memset(event, 0, sizeof(*event));
	switch (rec->head->type) {
	case PERF_RECORD_MMAP2:
		return read_mmap(rec, event);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return read_task(rec, event);
	case PERF_RECORD_COMM:
		return read_comm(rec, event);
	default:
		return false;
	}
}

static void use_record(struct maps *maps, const struct side_record *rec)
{
	struct map_event event;

	if (!read_event(rec, &event))
		return;
	event.time = rec->time;
	ktap_maps_event(maps, &event);
}

static int compare_records(const void *a, const void *b)
{
	const struct side_record *ra = a, *rb = b;

	if (ra->time != rb->time)
		return ra->time < rb->time ? -1 : 1;
	/* On one CPU they are in order. */
	return (ra->body > rb->body) - (ra->body < rb->body);
}

/* Uses those up to a time, and keeps the others. */
static void use_records(struct sideband *side, struct maps *maps, uint64_t until)
{
	struct strbuf text = side->records, later = { 0 };
	const char *pos = text.str, *end = pos + text.len;
	struct side_record *recs = NULL, rec;
	size_t nr = 0, cap = 0, i;

	while (next_record(&pos, end, &rec)) {
		recs = ktap_grow(recs, nr, &cap, sizeof(rec));
		recs[nr++] = rec;
	}
	if (nr)
		qsort(recs, nr, sizeof(rec), compare_records);
	for (i = 0; i < nr && recs[i].time <= until; i++)
		use_record(maps, &recs[i]);
	for (; i < nr; i++)
		ktap_strbuf_add(&later, recs[i].head, recs[i].head->size);
	side->records = later;
	ktap_strbuf_destroy(&text);
	free(recs);
}

/**
 * ktap_sideband_read - Pass on what the kernel has told until now
 * @side: what tells it
 * @maps: who is told
 */
void ktap_sideband_read(struct sideband *side, struct maps *maps)
{
	uint64_t now = ktap_maps_now();

	read_rings(side, maps, now);
	if (side->records.len)
		use_records(side, maps, now);
	side->until = now;
}
