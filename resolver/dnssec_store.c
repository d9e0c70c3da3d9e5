/* SPDX-License-Identifier: MIT */
#include "resolver/dnssec_store.h"
#include "resolver/siphash.h"
#include "transport/list.h"
#include <stdlib.h>
#include <string.h>

enum { BYTES_A_BUCKET = 512, BUCKETS_MIN = 16 };

struct entry {
	struct list by_use; /* the latest last */
	struct entry *next; /* of its bucket */
	size_t bytes;
	struct fact fact;
	uint8_t content[]; /* what it points to */
};

struct store {
	struct siphash_key key;
	struct list by_use;
	size_t bytes, bytes_max, n_buckets;
	struct entry *buckets[];
};

struct store *store_new(size_t bytes)
{
	size_t n = bytes / BYTES_A_BUCKET > BUCKETS_MIN ? bytes / BYTES_A_BUCKET : BUCKETS_MIN;
	struct store *store = calloc(1, sizeof *store + n * sizeof *store->buckets);

	if (store == NULL)
		return NULL;
	store->n_buckets = n;
	store->bytes_max = bytes;
	list_init(&store->by_use);
	if (!siphash_random_key(&store->key)) {
		free(store);
		return NULL;
	}
	return store;
}

static struct entry **bucket_of(struct store *store, enum fact_kind kind, const uint8_t *name)
{
	uint8_t bytes[DNAME_SIZE_MAX + 1];
	size_t n = dname_lower(name, bytes);

	bytes[n++] = (uint8_t)kind;
	return &store->buckets[siphash13(&store->key, bytes, n) % store->n_buckets];
}

/* The place that points to it, or to nothing. */
static struct entry **place_of(struct store *store, enum fact_kind kind, const uint8_t *name)
{
	struct entry **place = bucket_of(store, kind, name);

	while (*place != NULL &&
		((*place)->fact.kind != kind || !dname_equal((*place)->fact.name, name)))
		place = &(*place)->next;
	return place;
}

static void drop(struct store *store, struct entry **place)
{
	struct entry *entry = *place;

	*place = entry->next;
	list_remove(&entry->by_use);
	store->bytes -= entry->bytes;
	free(entry);
}

static struct entry *oldest(struct store *store)
{
	return container_of(store->by_use.next, struct entry, by_use);
}

void store_clear(struct store *store)
{
	while (!list_empty(&store->by_use)) {
		const struct fact *fact = &oldest(store)->fact;

		drop(store, place_of(store, fact->kind, fact->name));
	}
}

void store_free(struct store *store)
{
	if (store == NULL)
		return;
	store_clear(store);
	free(store);
}

const struct fact *store_find(
	struct store *store, enum fact_kind kind, const uint8_t *name, uint64_t now_s)
{
	struct entry **place = place_of(store, kind, name), *entry = *place;

	if (entry == NULL)
		return NULL;
	/* Longer than it can be: then the clock was set back since. */
	if (entry->fact.expires_s <= now_s || entry->fact.expires_s - now_s > FACT_MAX_S) {
		drop(store, place);
		return NULL;
	}
	list_remove(&entry->by_use);
	list_append(&store->by_use, &entry->by_use);
	return &entry->fact;
}

void store_put(struct store *store, const struct fact *fact)
{
	size_t name = dname_size(fact->name);
	size_t why = fact->why != NULL ? strlen(fact->why) + 1 : 0;
	size_t bytes = sizeof(struct entry) + name + why + fact->rdatas.size;
	struct entry *entry = bytes <= store->bytes_max ? malloc(bytes) : NULL;
	struct entry **place = place_of(store, fact->kind, fact->name);

	if (*place != NULL)
		drop(store, place);
	if (entry == NULL)
		return;
	*entry = (struct entry){.bytes = bytes, .fact = *fact};
	dname_lower(fact->name, entry->content);
	entry->fact.name = entry->content;
	if (why > 0) {
		memcpy(entry->content + name, fact->why, why);
		entry->fact.why = (const char *)entry->content + name;
	}
	if (fact->rdatas.size > 0)
		memcpy(entry->content + name + why, fact->rdatas.data, fact->rdatas.size);
	entry->fact.rdatas.data = entry->content + name + why;
	while (store->bytes + bytes > store->bytes_max) {
		const struct fact *old = &oldest(store)->fact;

		drop(store, place_of(store, old->kind, old->name));
	}
	place = place_of(store, fact->kind, fact->name);
	entry->next = *place;
	*place = entry;
	list_init(&entry->by_use);
	list_append(&store->by_use, &entry->by_use);
	store->bytes += bytes;
}
