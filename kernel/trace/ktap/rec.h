/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Values in records
 */
#ifndef _KTAP_REC_H
#define _KTAP_REC_H

#include "vm.h"

u32 ktap_rec_size(const struct ktap_value *val);
void *ktap_rec_put(struct ktap_exec *exec, const struct ktap_value *val, void *to);
u32 ktap_rec_stat(struct ktap_exec *exec, u64 stat, struct ktap_val_stat *to);

#endif /* _KTAP_REC_H */
