/* SPDX-License-Identifier: MIT */
#include "resolver/cache.h"
#include "resolver/reader.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	SIZE_MIN = 64 * 1024,
	ALIGN = 8,
	/* How often one that was asked for is spared; and how many are, to make room for one.
	 */
	USES_MAX = 3,
	SPARED_MAX = 1024,
	/* RFC 8767 section 4: no TTL of a stale answer is zero. */
	STALE_TTL = 30,
	VAIN_S = 30,       /* section 5: its failure recheck timer */
	BYTES_A_SLOT = 64, /* of the block, per place in the index */
};

/* In the ring. Behind it: offsets of TTLs, key, body, text; then the next entry. */
struct entry {
	uint32_t size; /* of all of it, in bytes */
	uint32_t hash; /* 0: nothing is here: it was replaced, or fills the ring's end */
	uint32_t born_s, lifetime_s, max_ttl_s;
	uint32_t vain_until_s; /* 0: never */
	uint16_t key_size, body_size, n_ttls, answers, authorities;
	int16_t ede;
	uint8_t ede_size, uses;
	uint8_t high, low, extended_rcode;
	bool negative, due_told;
};

struct slot {
	uint32_t place; /* of the entry, in units of ALIGN, plus one; 0: none */
	uint32_t hash;
};

struct cache {
	uint8_t *block;
	struct slot *slots;
	size_t size, n_slots; /* a power of two */
	size_t head, tail, used;
	size_t max_entries;
	uint32_t stale_s;
	struct cache_stats stats;
};

static struct entry *entry_at(const struct cache *cache, size_t at)
{
	return (struct entry *)(void *)(cache->block + at);
}

static uint16_t *ttls_of(struct entry *entry)
{
	return (uint16_t *)(void *)(entry + 1);
}

static uint8_t *key_of(struct entry *entry)
{
	return (uint8_t *)(ttls_of(entry) + entry->n_ttls);
}

static uint8_t *body_of(struct entry *entry)
{
	return key_of(entry) + entry->key_size;
}

/* 0 stands for nothing. */
static uint32_t short_hash(const struct cache_key *key)
{
	uint32_t hash = (uint32_t)key->hash;

	return hash != 0 ? hash : 1;
}

static size_t slot_home(const struct cache *cache, uint32_t hash)
{
	return hash & (cache->n_slots - 1);
}

static uint32_t place_of(size_t at)
{
	return (uint32_t)(at / ALIGN + 1);
}

static struct slot *slot_of(const struct cache *cache, uint32_t hash, size_t at)
{
	size_t i = slot_home(cache, hash);

	while (cache->slots[i].place != place_of(at))
		i = (i + 1) & (cache->n_slots - 1);
	return &cache->slots[i];
}

static void slot_add(struct cache *cache, uint32_t hash, size_t at)
{
	size_t i = slot_home(cache, hash);

	while (cache->slots[i].place != 0)
		i = (i + 1) & (cache->n_slots - 1);
	cache->slots[i] = (struct slot){place_of(at), hash};
}

/* Those behind it that would have liked its place move up, so that no search ends too soon. */
static void slot_remove(struct cache *cache, struct slot *slot)
{
	size_t mask = cache->n_slots - 1, hole = (size_t)(slot - cache->slots);

	for (size_t i = (hole + 1) & mask; cache->slots[i].place != 0; i = (i + 1) & mask) {
		size_t home = slot_home(cache, cache->slots[i].hash);

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		cache->slots[hole] = cache->slots[i];
		hole = i;
	}
	cache->slots[hole] = (struct slot){0};
}

static struct entry *find(const struct cache *cache, const struct cache_key *key)
{
	uint32_t hash = short_hash(key);
	size_t i = slot_home(cache, hash);

	for (; cache->slots[i].place != 0; i = (i + 1) & (cache->n_slots - 1)) {
		struct entry *entry;

		if (cache->slots[i].hash != hash)
			continue;
		entry = entry_at(cache, (cache->slots[i].place - 1) * (size_t)ALIGN);
		if (entry->key_size == key->size &&
			memcmp(key_of(entry), key->bytes, key->size) == 0)
			return entry;
	}
	return NULL;
}

static void forget(struct cache *cache, struct entry *entry)
{
	size_t at = (size_t)((uint8_t *)entry - cache->block);

	slot_remove(cache, slot_of(cache, entry->hash, at));
	entry->hash = 0;
	cache->stats.entries--;
}

/* Bytes that can be written at the head. */
static size_t gap(const struct cache *cache)
{
	if (cache->used == cache->size)
		return 0;
	return cache->head >= cache->tail ? cache->size - cache->head
					  : cache->tail - cache->head;
}

static void advance_head(struct cache *cache, size_t size)
{
	cache->head += size;
	cache->used += size;
	if (cache->head == cache->size)
		cache->head = 0;
}

static void advance_tail(struct cache *cache, size_t size)
{
	cache->tail += size;
	cache->used -= size;
	if (cache->tail == cache->size)
		cache->tail = 0;
}

/* An entry lies in one piece: what is left before the ring's end is filled with nothing. */
static void fill_end(struct cache *cache)
{
	struct entry *filler = entry_at(cache, cache->head);
	size_t size = cache->size - cache->head;

	/* It may be shorter than an entry. */
	filler->size = (uint32_t)size;
	filler->hash = 0;
	advance_head(cache, size);
}

/* From the tail to the head, to go round once more. */
static void spare(struct cache *cache, struct entry *entry)
{
	size_t from = cache->tail, size = entry->size;
	struct slot *slot = slot_of(cache, entry->hash, from);

	entry->uses--;
	advance_tail(cache, size);
	if (gap(cache) < size)
		fill_end(cache);
	memmove(cache->block + cache->head, cache->block + from, size);
	slot->place = place_of(cache->head);
	advance_head(cache, size);
}

static bool is_kept(const struct cache *cache, const struct entry *entry, uint32_t now_s)
{
	return now_s - entry->born_s < (uint64_t)entry->lifetime_s + cache->stale_s;
}

/* Makes room for `size` bytes in one piece at the head, and for one more in the index. */
static void make_room(struct cache *cache, size_t size, uint32_t now_s)
{
	unsigned spared = 0;

	while (gap(cache) < size || cache->stats.entries >= cache->max_entries) {
		struct entry *oldest = entry_at(cache, cache->tail);

		if (cache->head >= cache->tail && cache->used < cache->size &&
			gap(cache) < size) {
			fill_end(cache);
		} else if (oldest->hash == 0) {
			advance_tail(cache, oldest->size);
		} else if (oldest->uses > 0 && spared < SPARED_MAX &&
			   is_kept(cache, oldest, now_s)) {
			spare(cache, oldest);
			spared++;
		} else {
			forget(cache, oldest);
			cache->stats.evicted++;
			advance_tail(cache, oldest->size);
		}
	}
}

/* Lower case, eight bytes at a time: those of 'A' to 'Z' get their bit 5 set. No length of a
 * label is such a byte. */
static void fold(uint8_t *bytes, size_t size)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	for (size_t i = 0; i < size; i += 8) {
		uint64_t word, seven, upper;

		memcpy(&word, bytes + i, 8);
		seven = word & 0x7f * ones;
		upper = (seven + (0x80 - 'A') * ones) & ~(seven + (0x7f - 'Z') * ones) & ~word;
		word |= (upper & 0x80 * ones) >> 2;
		memcpy(bytes + i, &word, 8);
	}
}

void cache_key(
	const struct siphash_key *secret, const struct request *request, struct cache_key *ret)
{
	size_t name_size = request->question.size - 4;

	assert(request->question.size >= 5 && request->question.size <= MESSAGE_QUESTION_MAX);
	memcpy(ret->bytes, request->question.data, name_size);
	memset(ret->bytes + name_size, 0, 8);
	fold(ret->bytes, name_size);
	memcpy(ret->bytes + name_size, request->question.data + name_size, 4);
	ret->bytes[request->question.size] =
		(uint8_t)(request->dnssec_ok | request->cd << 1 | request->ecs_none << 2 |
			  !request->rd << 3 | request->beyond << 4 |
			  request->single_label << 5);
	ret->size = request->question.size + 1;
	ret->hash = siphash13(secret, ret->bytes, ret->size);
}

static struct answer answer_of(struct entry *entry, uint32_t age_s)
{
	return (struct answer){
		.body = {body_of(entry), entry->body_size},
		.answers = entry->answers,
		.authorities = entry->authorities,
		.n_ttls = entry->n_ttls,
		.ttls = ttls_of(entry),
		.high = entry->high,
		.low = entry->low,
		.extended_rcode = entry->extended_rcode,
		.negative = entry->negative,
		.lifetime_s = entry->lifetime_s,
		.age_s = age_s,
		.max_ttl_s = entry->max_ttl_s,
		.ede = (enum ede)entry->ede,
		.ede_text = {body_of(entry) + entry->body_size, entry->ede_size},
	};
}

static bool is_failure(uint8_t extended_rcode, uint8_t low)
{
	unsigned rcode = (unsigned)extended_rcode << 4 | (low & 15);

	return rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN;
}

/* In its last tenth, and not asked for by chance. */
static bool is_due(const struct entry *entry, uint32_t age_s)
{
	return !entry->due_told && entry->uses >= 2 &&
	       (uint64_t)age_s * 10 >= (uint64_t)entry->lifetime_s * 9 &&
	       !is_failure(entry->extended_rcode, entry->low);
}

enum cache_freshness cache_find(struct cache *cache, const struct cache_key *key,
	uint32_t now_s, struct answer *ret, bool *ret_due)
{
	struct entry *entry = find(cache, key);
	uint32_t age_s;

	*ret_due = false;
	if (entry == NULL || !is_kept(cache, entry, now_s)) {
		cache->stats.misses++;
		return CACHE_NOTHING;
	}
	if (entry->uses < USES_MAX)
		entry->uses++;
	age_s = now_s - entry->born_s;
	*ret = answer_of(entry, age_s);
	if (age_s < entry->lifetime_s) {
		*ret_due = is_due(entry, age_s);
		entry->due_told |= *ret_due;
		cache->stats.hits++;
		return CACHE_FRESH;
	}
	cache->stats.misses++;
	if (is_failure(entry->extended_rcode, entry->low))
		return CACHE_NOTHING;
	ret->age_s = 0;
	ret->max_ttl_s = STALE_TTL;
	/* What signed it may have expired, too. */
	ret->low &= (uint8_t)~FLAG_AD;
	*ret_due = entry->vain_until_s == 0 || (int32_t)(entry->vain_until_s - now_s) <= 0;
	return CACHE_STALE;
}

/* A failure is no reason to forget an answer that may still serve. */
static bool may_replace(const struct cache *cache, const struct entry *old,
	const struct answer *answer, uint32_t now_s)
{
	return old == NULL || !is_failure(answer->extended_rcode, answer->low) ||
	       is_failure(old->extended_rcode, old->low) || !is_kept(cache, old, now_s);
}

void cache_put(struct cache *cache, const struct cache_key *key, uint32_t now_s,
	const struct answer *answer)
{
	size_t size = sizeof(struct entry) + answer->n_ttls * sizeof(uint16_t) + key->size +
		      answer->body.size + answer->ede_text.size;
	struct entry *entry = find(cache, key);

	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (!may_replace(cache, entry, answer, now_s))
		return;
	if (entry != NULL)
		forget(cache, entry);
	if (answer->lifetime_s <= answer->age_s || size > cache->size / 8 ||
		answer->ede_text.size > UINT8_MAX)
		return;
	make_room(cache, size, now_s);
	entry = entry_at(cache, cache->head);
	*entry = (struct entry){
		.size = (uint32_t)size,
		.hash = short_hash(key),
		.born_s = now_s - answer->age_s,
		.lifetime_s = answer->lifetime_s,
		.max_ttl_s = answer->max_ttl_s,
		.key_size = (uint16_t)key->size,
		.body_size = (uint16_t)answer->body.size,
		.n_ttls = answer->n_ttls,
		.answers = answer->answers,
		.authorities = answer->authorities,
		.ede = (int16_t)answer->ede,
		.ede_size = (uint8_t)answer->ede_text.size,
		.high = answer->high,
		.low = answer->low,
		.extended_rcode = answer->extended_rcode,
		.negative = answer->negative,
	};
	if (answer->n_ttls > 0)
		memcpy(ttls_of(entry), answer->ttls, answer->n_ttls * sizeof(uint16_t));
	memcpy(key_of(entry), key->bytes, key->size);
	if (answer->body.size > 0)
		memcpy(body_of(entry), answer->body.data, answer->body.size);
	if (answer->ede_text.size > 0)
		memcpy(body_of(entry) + answer->body.size, answer->ede_text.data,
			answer->ede_text.size);
	slot_add(cache, entry->hash, cache->head);
	advance_head(cache, size);
	cache->stats.entries++;
	cache->stats.inserted++;
}

void cache_note_vain(struct cache *cache, const struct cache_key *key, uint32_t now_s)
{
	struct entry *entry = find(cache, key);

	if (entry != NULL)
		entry->vain_until_s = now_s + VAIN_S;
}

void cache_flush(struct cache *cache)
{
	cache->head = cache->tail = cache->used = 0;
	cache->stats.entries = 0;
	/* Gives the memory back, too: what is read there next is zero. */
	(void)madvise(cache->block, cache->size + cache->n_slots * sizeof(struct slot),
		MADV_DONTNEED);
}

void cache_visit(const struct cache *cache, uint32_t now_s, struct cache_visitor *visitor)
{
	size_t at = cache->tail;

	for (size_t seen = 0; seen < cache->used;) {
		struct entry *entry = entry_at(cache, at);
		uint32_t size = entry->size;

		if (entry->hash != 0 && now_s - entry->born_s < entry->lifetime_s) {
			struct answer answer = answer_of(entry, now_s - entry->born_s);
			/* Behind the question is what else makes two of them one. */
			struct wire question = {key_of(entry), entry->key_size - (size_t)1};

			if (!visitor->see(visitor, question, &answer))
				return;
		}
		seen += size;
		at = at + size == cache->size ? 0 : at + size;
	}
}

struct cache_stats cache_stats(const struct cache *cache)
{
	struct cache_stats stats = cache->stats;

	stats.bytes = cache->used;
	stats.capacity = cache->size;
	return stats;
}

void cache_count(struct cache *cache, bool stale)
{
	if (stale)
		cache->stats.stale++;
	else
		cache->stats.prefetched++;
}

struct cache *cache_new(size_t size, size_t max_entries, uint32_t stale_s)
{
	struct cache *cache = calloc(1, sizeof *cache);
	size_t n_slots = 1;
	void *block;

	if (cache == NULL)
		return NULL;
	size = (size < SIZE_MIN ? SIZE_MIN : size) / ALIGN * ALIGN;
	while (n_slots < size / BYTES_A_SLOT)
		n_slots *= 2;
	block = mmap(NULL, size + n_slots * sizeof(struct slot), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (block == MAP_FAILED) {
		free(cache);
		return NULL;
	}
	cache->block = block;
	cache->slots = (struct slot *)(void *)(cache->block + size);
	cache->size = size;
	cache->n_slots = n_slots;
	cache->stale_s = stale_s;
	/* A search ends at an empty place: there are always some. */
	cache->max_entries = n_slots / 8 * 7;
	if (max_entries > 0 && max_entries < cache->max_entries)
		cache->max_entries = max_entries;
	return cache;
}

void cache_free(struct cache *cache)
{
	if (cache == NULL)
		return;
	munmap(cache->block, cache->size + cache->n_slots * sizeof(struct slot));
	free(cache);
}
