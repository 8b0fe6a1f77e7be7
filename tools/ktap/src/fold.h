/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap - Constant expressions
 */
#ifndef _KTAP_FOLD_H
#define _KTAP_FOLD_H

#include "ast.h"

bool ktap_is_const(const struct expr *ex);
int ktap_truth(const struct expr *ex);
bool ktap_arith(enum ktap_arith op, int64_t a, int64_t b, int64_t *ret);
enum ktap_arith ktap_arith_of(enum token_type op);
void ktap_expr_replace(struct expr *ex, const struct expr *by);
void ktap_fold(struct expr *ex, struct arena *arena);

#endif /* _KTAP_FOLD_H */
