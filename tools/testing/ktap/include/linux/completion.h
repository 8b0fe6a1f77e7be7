/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KTAP_COMPLETION_H
#define _KTAP_COMPLETION_H

#include <pthread.h>

struct completion {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool done;
};

void init_completion(struct completion *x);
void complete(struct completion *x);
void wait_for_completion(struct completion *x);

#endif /* _KTAP_COMPLETION_H */
