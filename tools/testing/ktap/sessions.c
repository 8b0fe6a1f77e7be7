// SPDX-License-Identifier: GPL-2.0
/*
 * What sessions take of the memory of the kernel: make so many of them from one
 * image, let main run in each, and see what is left then.
 *
 * usage: sessions IMAGE NUMBER
 *
 * Prints the kilobytes that one session takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/ktap.h>

#define CONTROL	"/sys/kernel/tracing/ktap"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long free_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = -1;

	if (!file)
		die("/proc/meminfo");
	while (kb < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, "MemFree:", 8))
			kb = atol(line + 8);
	fclose(file);
	return kb;
}

static void *read_image(const char *name, size_t *size)
{
	int fd = open(name, O_RDONLY);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st))
		die(name);
	data = malloc(st.st_size);
	if (!data || read(fd, data, st.st_size) != st.st_size)
		die(name);
	close(fd);
	*size = st.st_size;
	return data;
}

/* The session lives as long as this process. */
static void run_session(const void *image, size_t size)
{
	struct ktap_load load = {
		.size = sizeof(load),
		.image = (uintptr_t)image,
		.image_size = size,
	};
	struct ktap_start start = { .size = sizeof(start) };
	static char records[KTAP_REC_MAX]
		__attribute__((aligned(KTAP_REC_ALIGN)));
	const struct ktap_rec *rec = (const void *)records;
	int fd = open(CONTROL, O_RDWR);

	if (fd < 0)
		die(CONTROL);
	if (ioctl(fd, KTAP_IOC_LOAD, &load))
		die("KTAP_IOC_LOAD");
	if (ioctl(fd, KTAP_IOC_START, &start))
		die("KTAP_IOC_START");
	/* The first one is RUNNING, which comes when main has ended. */
	if (read(fd, records, sizeof(records)) <= 0 ||
	    rec->type != KTAP_REC_RUNNING)
		die("no session runs");
}

int main(int argc, char **argv)
{
	long before, after, nr, i;
	size_t size;
	void *image;

	nr = argc == 3 ? atol(argv[2]) : 0;
	if (nr <= 0) {
		fprintf(stderr, "usage: sessions IMAGE NUMBER\n");
		return 2;
	}
	image = read_image(argv[1], &size);
	/* What is needed once only does not count. */
	run_session(image, size);
	before = free_memory();
	for (i = 0; i < nr; i++)
		run_session(image, size);
	after = free_memory();
	printf("%ld\n", (before - after) / nr);
	return 0;
}
