/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Answers, kept whole and as they came, by what was asked: never single records. One block of
 * memory: a ring to whose head new ones are written, and from whose tail the oldest go; one
 * that was asked for meanwhile is written to the head once more instead (CLOCK). Nothing is
 * allocated after the start.
 */
#include "resolver/message.h"
#include "resolver/siphash.h"

struct cache;

/* What makes two questions one: name (whatever its case), type, class, and what else of a
 * request changes the answer. */
struct cache_key {
	uint64_t hash;
	size_t size;
	uint8_t bytes[(MESSAGE_QUESTION_MAX + 1 + 7) / 8 * 8];
};

struct cache_stats {
	uint64_t hits, misses, inserted, evicted, stale, prefetched;
	size_t entries, bytes, capacity;
};

enum cache_freshness {
	CACHE_NOTHING,
	CACHE_FRESH,
	CACHE_STALE, /* beyond its time, but not for longer than the cache keeps such */
};

/* size: of the block, in bytes; it is 64 KiB at least. max_entries: 0: as many as find room.
 * stale_s: how long answers are kept beyond their time. NULL: no memory. */
struct cache *cache_new(size_t size, size_t max_entries, uint32_t stale_s);
/* NULL is allowed. */
void cache_free(struct cache *cache);

/* For who has no cache, too. */
void cache_key(
	const struct siphash_key *secret, const struct request *request, struct cache_key *ret);

/*
 * What is there for a question. *ret points into the cache until it is changed; its age is that
 * of now. *ret_due: it is to be asked anew: it is asked for often, and will be too old soon,
 * which is said once; or it is stale, and that was not tried in vain a moment ago.
 *
 * now_s: seconds of a clock that never jumps.
 */
enum cache_freshness cache_find(struct cache *cache, const struct cache_key *key,
	uint32_t now_s, struct answer *ret, bool *ret_due);
/* In place of what was there, unless it is a failure, and that may still serve. What does not
 * fit, or may not be kept at all, is not, and yet ends what was there. */
void cache_put(struct cache *cache, const struct cache_key *key, uint32_t now_s,
	const struct answer *answer);
/* It was asked for in vain now. */
void cache_note_vain(struct cache *cache, const struct cache_key *key, uint32_t now_s);
/* Who wants to see all that is kept. */
struct cache_visitor {
	/* question: name, in lower case, type and class, as in a message. Both are borrowed.
	 * False: it has seen enough. */
	bool (*see)(struct cache_visitor *, struct wire question, const struct answer *answer);
};

/* What is not beyond its time, the oldest first. */
void cache_visit(const struct cache *cache, uint32_t now_s, struct cache_visitor *visitor);
/* Forgets all. */
void cache_flush(struct cache *cache);
struct cache_stats cache_stats(const struct cache *cache);
/* An answer that was given though it was stale; else one that is asked for anew in time. */
void cache_count(struct cache *cache, bool stale);
