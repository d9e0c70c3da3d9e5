/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What is asked upstream, once for all who ask the same meanwhile, and kept in the cache. Who
 * asks is a waiter; a lookup lives as long as it has one.
 */
#include "resolver/cache.h"
#include "resolver/memory.h"
#include "resolver/snapshot.h"

struct lookups;
struct lookup;

/* How a lookup ended. All that it points to is borrowed during done(). */
struct lookup_end {
	const struct answer *answer; /* NULL: there is none, because of */
	enum transport_err err;
	const char *why;
	const struct endpoint *by; /* who answered */
};

/* Embedded in who waits. */
struct waiter {
	/* Called once, and never from within lookup_join(), unless lookup_leave() was. */
	void (*done)(struct waiter *, const struct lookup_end *);
	struct list node;
	struct lookup *lookup; /* NULL: it does not wait */
};

/* What DNSSEC=yes has found answers to be. */
struct validation_counts {
	uint64_t secure, insecure, bogus;
	uint64_t failed; /* neither: something that was needed could not be had */
};

/* NULL: no memory, or no random bytes. */
struct lookups *lookups_new(struct loop *loop, const struct portion *portion);
/* Nobody may wait. NULL is allowed. */
void lookups_free(struct lookups *lookups);
/* Sets up the cache as the configuration says, and empties it. False: no memory; then there is
 * none. */
bool lookups_use(struct lookups *lookups, const struct conf *conf);
/* Forgets all that is cached; what is under way now is not kept, and who asks from now on does
 * not wait for it. */
void lookups_flush(struct lookups *lookups);
/* As cache_visit(). */
void lookups_visit(const struct lookups *lookups, struct cache_visitor *visitor);
/* Counters go on where another cache takes the place of one; sizes are those of now. */
struct cache_stats lookups_cache_stats(const struct lookups *lookups);
const struct validation_counts *lookups_validations(const struct lookups *lookups);

void lookup_key(
	const struct lookups *lookups, const struct request *request, struct cache_key *ret);
/* As cache_find(). */
enum cache_freshness lookup_cached(struct lookups *lookups, const struct cache_key *key,
	struct answer *ret, bool *ret_due);
/* Waits for what is under way already, or asks. request: borrowed during the call. False: no
 * memory. */
bool lookup_join(struct lookups *lookups, struct snapshot *snapshot,
	const struct cache_key *key, const struct request *request, struct waiter *waiter);
/* Nobody asks for it any more. Harmless for one that does not wait. */
void lookup_leave(struct waiter *waiter);
/* Nobody has answered who waits, in time: that is remembered for a moment (RFC 9520
 * section 3.2), unless it was asked under another configuration, or before a flush. */
void lookup_note_timeout(const struct waiter *waiter);
/* It was asked for in vain: a stale answer for it serves at once, for a while. */
void lookup_note_vain(struct lookups *lookups, const struct cache_key *key);
bool lookup_is_under_way(struct lookups *lookups, const struct cache_key *key);
/* A stale answer was given. */
void lookup_count_stale(struct lookups *lookups);
/* One that was due was asked for. */
void lookup_count_prefetch(struct lookups *lookups);
