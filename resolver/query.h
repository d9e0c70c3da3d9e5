/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The life of a client's query: read, answered from here or from the cache, or looked up. Each
 * has one deadline and one end: it is answered, or its client is gone.
 */
#include "resolver/client.h"
#include "resolver/local.h"
#include "resolver/lookup.h"
#include "resolver/memory.h"
#include "resolver/siphash.h"
#include "resolver/tap.h"

struct queries; /* all that are under way */

struct query_counts {
	uint64_t received; /* messages that were questions */
	uint64_t answered; /* from here, the cache, or with what an upstream said */
	uint64_t failed;   /* SERVFAIL of our own */
	uint64_t invalid;  /* FORMERR, NOTIMP, BADVERS, or no reply at all */
	uint64_t dropped;  /* too many were under way */
	uint64_t denied;   /* not one of AllowClients= */
	uint64_t limited;  /* above RateLimit= */
};

/* local: borrowed. cookie_secret: copied; the same for all workers, so that a client's cookie
 * is good with each. NULL: no memory. */
struct queries *queries_new(struct loop *loop, const struct local *local,
	const struct siphash_key *cookie_secret, const struct portion *portion);
/* Logs that there is little memory, if so it is. portion: of each worker. */
void queries_tell_bounds(const struct portion *portion);
/* None may be under way. NULL is allowed. */
void queries_free(struct queries *queries);
/* A new configuration holds: what is cached is forgotten. */
void queries_use(struct queries *queries, const struct conf *conf);
size_t queries_under_way(const struct queries *queries);
const struct query_counts *queries_counts(const struct queries *queries);
struct cache_stats queries_cache_stats(const struct queries *queries);
/* As cache_visit(). */
void queries_visit_cache(const struct queries *queries, struct cache_visitor *visitor);
const struct validation_counts *queries_validations(const struct queries *queries);
/* Forgets all that is cached. */
void queries_flush(struct queries *queries);

/* Who watches from now on; borrowed until queries_free(). */
void queries_set_taps(struct queries *queries, struct taps *taps);

/* Deals with a client's message, under the configuration of now. Both are borrowed during the
 * call. */
void query_start(struct queries *queries, struct snapshot *snapshot, struct wire message,
	const struct client *client);
