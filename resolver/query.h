/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The life of a query: read, ask upstream, answer. Each has one allocation, one deadline and
 * one end: it is answered, or its client is gone.
 */
#include "resolver/client.h"
#include "resolver/snapshot.h"

struct queries; /* all that are under way */

struct query_counts {
	uint64_t received; /* messages that were questions */
	uint64_t answered; /* with what an upstream said */
	uint64_t failed;   /* SERVFAIL of our own */
	uint64_t invalid;  /* FORMERR, NOTIMP, BADVERS, or no reply at all */
	uint64_t dropped;  /* too many were under way */
};

/* NULL: no memory. */
struct queries *queries_new(struct loop *loop);
/* None may be under way. NULL is allowed. */
void queries_free(struct queries *queries);
size_t queries_under_way(const struct queries *queries);
const struct query_counts *queries_counts(const struct queries *queries);

/* Deals with a client's message, under the configuration of now. Both are borrowed during the
 * call. */
void query_start(struct queries *queries, struct snapshot *snapshot, struct wire message,
	const struct client *client);
