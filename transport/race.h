/* SPDX-License-Identifier: MIT */
#pragma once
/* Whom to dial next, whom to ask, and whom to learn about: pure choices over upstreams. */
#include "transport/upstream.h"

/* Who is not in `excluded`, a bit for each, and takes queries: the first in order that does
 * well, unless another is much faster; then one that has failed. NULL: none. */
struct upstream *race_best(struct upstream *const *upstreams, size_t n, uint64_t excluded);

/* Who may be dialled, is not excluded, and differs most, in protocol and address family, from
 * those that are being dialled: what keeps one from connecting often keeps its like. NULL:
 * none. */
struct upstream *race_next(struct upstream *const *upstreams, size_t n, uint64_t excluded);

/* Is there something to be learned of it, at no cost but a query? */
bool race_has_to_learn(const struct upstream *upstream);
/* The one to learn about: who is connected, and in question or not known yet; else who was
 * measured longest ago. NULL: none. */
struct upstream *race_least_known(
	struct upstream *const *upstreams, size_t n, uint64_t excluded);
