/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Do with an image all that the kernel would do
 */
#ifndef _KTAP_EXERCISE_H
#define _KTAP_EXERCISE_H

#include "core_internal.h"

/**
 * struct exercise - what became of images
 * @tried: images
 * @loaded: those that became programs
 * @accepted: those that the verifier accepted, and that were run
 * @ended: runs, by &enum ktap_end
 * @errors: of those that failed, by &enum ktap_error
 * @wrong: images with which something was wrong
 * @text: log of the last one
 */
struct exercise {
	unsigned long tried;
	unsigned long loaded;
	unsigned long accepted;
	unsigned long ended[4];
	unsigned long errors[KTAP_E_NR];
	unsigned long wrong;
	char text[1024];
};

void exercise(struct exercise *ex, const void *image, u32 size);

#endif /* _KTAP_EXERCISE_H */
