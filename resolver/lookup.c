/* SPDX-License-Identifier: MIT */
#include "resolver/lookup.h"
#include "resolver/link_route.h"
#include "resolver/reader.h"
#include "resolver/rebinding.h"
#include "resolver/validation.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS = 4096, /* a power of two */
	/* RFC 9520 section 3.2: a second at least; it is counted in whole ones. */
	TIMEOUT_KEPT_S = 2,
};

struct lookups {
	struct loop *loop;
	struct portion portion;
	struct siphash_key secret;
	struct cache *cache;     /* NULL: none */
	struct cache_stats past; /* what those before it have counted */
	bool keep_negative, keep_local;
	unsigned generation; /* of what may be cached */
	size_t under_way;
	struct validation_counts validations;
	struct lookup *buckets[BUCKETS];
	/* The answer that was accepted last, and whose it is. */
	const struct lookup *answered;
	struct answer answer;
	struct answer_room room;
	struct validation_room validation_room;
};

struct lookup {
	struct lookups *lookups;
	struct lookup *next;       /* in its bucket */
	bool joinable;             /* it is in its bucket */
	struct snapshot *snapshot; /* a reference */
	struct list waiters;
	struct exchange exchange;
	struct request request; /* its question points into `question` */
	bool validates;
	struct validation *validation; /* NULL: it has not begun, or is not to be */
	uint32_t age_s, max_age_s;     /* of the answer that it judges */
	const struct endpoint *by;     /* whose it is */
	struct way way;                /* with a reference to its link's route */
	unsigned generation;
	uint64_t joinable_until_ms;
	struct cache_key key;
	uint8_t question[MESSAGE_QUESTION_MAX];
};

static uint32_t now_s(const struct lookups *lookups)
{
	return (uint32_t)(loop_now_ms(lookups->loop) / 1000);
}

static struct lookup **bucket_of(struct lookups *lookups, const struct cache_key *key)
{
	return &lookups->buckets[key->hash >> 32 & (BUCKETS - 1)];
}

static struct lookup *find(struct lookups *lookups, const struct cache_key *key)
{
	struct lookup *lookup = *bucket_of(lookups, key);

	while (lookup != NULL &&
		(lookup->key.hash != key->hash || lookup->key.size != key->size ||
			memcmp(lookup->key.bytes, key->bytes, key->size) != 0))
		lookup = lookup->next;
	return lookup;
}

/* Whoever asks from now on begins anew. */
static void close_to_others(struct lookup *lookup)
{
	struct lookup **link = bucket_of(lookup->lookups, &lookup->key);

	if (!lookup->joinable)
		return;
	while (*link != lookup)
		link = &(*link)->next;
	*link = lookup->next;
	lookup->joinable = false;
}

static void lookup_free(struct lookup *lookup)
{
	assert(list_empty(&lookup->waiters));
	close_to_others(lookup);
	lookup->lookups->under_way--;
	if (lookup->lookups->answered == lookup)
		lookup->lookups->answered = NULL;
	link_route_unref(lookup->way.link);
	snapshot_unref(lookup->snapshot);
	free(lookup);
}

static void lookup_end(struct lookup *lookup, const struct lookup_end *end)
{
	struct list last;

	close_to_others(lookup);
	/* One that is told may make others leave: the last of them must not be the end of it
	 * here. */
	list_append(&lookup->waiters, &last);
	while (lookup->waiters.next != &last) {
		struct waiter *waiter = container_of(lookup->waiters.next, struct waiter, node);

		list_remove(&waiter->node);
		waiter->lookup = NULL;
		waiter->done(waiter, end);
	}
	list_remove(&last);
	lookup_free(lookup);
}

static bool may_keep(const struct lookup *lookup, const struct answer *answer)
{
	const struct lookups *lookups = lookup->lookups;

	return lookups->cache != NULL && lookup->generation == lookups->generation &&
	       !(lookup->way.link != NULL && lookup->way.link->portal) &&
	       (lookups->keep_negative || !answer->negative) &&
	       (lookups->keep_local || !set_is_local(lookup->way.set));
}

static size_t write_query(struct exchange *exchange, enum protocol protocol, uint8_t *out)
{
	struct lookup *lookup = container_of(exchange, struct lookup, exchange);
	struct request request = lookup->request;

	/* Who validates wants all signatures, and wrong ones, too (RFC 6840 section 5.9). */
	if (lookup->validates)
		request.cd = request.dnssec_ok = true;
	return message_write_query(&request, protocol, out);
}

static bool accept_answer(struct exchange *exchange, struct wire message)
{
	struct lookup *lookup = container_of(exchange, struct lookup, exchange);
	struct lookups *lookups = lookup->lookups;

	lookups->answered = NULL;
	if (!message_read_answer(
		    lookup->request.question, message, &lookups->room, &lookups->answer))
		return false;
	lookups->answered = lookup;
	exchange->keepalive = lookups->answer.keepalive;
	exchange->keepalive_ms = lookups->answer.keepalive_ms;
	return true;
}

/* The answer, as it goes to who asked, is here. */
static void answered(struct lookup *lookup, struct answer *answer)
{
	struct lookups *lookups = lookup->lookups;
	struct lookup_end end = {.answer = answer, .by = lookup->by};

	/* Whoever has it from us has it from a stub resolver, whoever that has it from (RFC
	 * 1035 section 4.1.1). */
	answer->high &= (uint8_t)~FLAG_AA;
	answer->low |= FLAG_RA;
	answer_was_cached(answer, lookup->age_s, lookup->max_age_s);
	if (lookup->way.is_default)
		rebinding_refuse(lookup->snapshot->conf, lookup->request.question, answer);
	if (may_keep(lookup, answer))
		cache_put(lookups->cache, &lookup->key, now_s(lookups), answer);
	lookup_end(lookup, &end);
}

static void count_validation(struct validation_counts *counts, const struct answer *answer)
{
	if (answer->bogus)
		counts->bogus++;
	else if (answer_rcode(answer) == RCODE_SERVFAIL)
		counts->failed++;
	else if ((answer->low & FLAG_AD) != 0)
		counts->secure++;
	else
		counts->insecure++;
}

static void on_validated(void *owner, struct answer *answer)
{
	struct lookup *lookup = owner;

	lookup->validation = NULL;
	count_validation(&lookup->lookups->validations, answer);
	answered(lookup, answer);
}

/* May an answer that was not judged here have AD? It is only as good as the way that it came by
 * (RFC 4035 section 4.9.3), and programs are told that ours can be trusted. */
static bool may_say_authentic(const struct lookup *lookup)
{
	return lookup->snapshot->dnssec == NULL && lookup->way.link == NULL &&
	       lookup->by->protocol != PROTOCOL_PLAIN;
}

static void on_exchanged(struct exchange *exchange)
{
	struct lookup *lookup = container_of(exchange, struct lookup, exchange);
	struct lookups *lookups = lookup->lookups;
	struct lookup_end end = {
		.err = exchange->err, .why = exchange->why, .by = exchange->by};

	if (exchange->err != TRANSPORT_OK) {
		lookup_end(lookup, &end);
		return;
	}
	/* Transport tells the end of an exchange right after it had its answer accepted. */
	assert(lookups->answered == lookup);
	lookup->age_s = exchange->age_s;
	lookup->max_age_s = exchange->max_age_s;
	lookup->by = exchange->by;
	if (!lookup->validates) {
		if (!may_say_authentic(lookup))
			lookups->answer.low &= (uint8_t)~FLAG_AD;
		answered(lookup, &lookups->answer);
		return;
	}
	lookup->validation =
		validation_new(lookups, lookup->snapshot, &lookups->validation_room,
			&lookup->request, exchange->answer, on_validated, lookup);
	if (lookup->validation != NULL) {
		validation_begin(lookup->validation);
		return;
	}
	end.err = TRANSPORT_NOMEM;
	end.why = "out of memory";
	lookup_end(lookup, &end);
}

static struct lookup *begin(struct lookups *lookups, struct snapshot *snapshot,
	const struct cache_key *key, const struct request *request)
{
	struct lookup *lookup = malloc(sizeof *lookup);

	if (lookup == NULL)
		return NULL;
	lookup->lookups = lookups;
	lookup->snapshot = snapshot_ref(snapshot);
	list_init(&lookup->waiters);
	lookup->exchange = (struct exchange){
		.write = write_query, .accept = accept_answer, .done = on_exchanged};
	lookup->request = *request;
	lookup->way = snapshot_route(snapshot, request->question);
	link_route_ref(lookup->way.link);
	/* What the root says of a link's own domains is not asked. */
	lookup->validates = snapshot->dnssec != NULL && !request->cd &&
			    (lookup->way.link == NULL || lookup->way.is_default);
	lookup->validation = NULL;
	lookup->generation = lookups->generation;
	lookup->joinable_until_ms =
		loop_now_ms(lookups->loop) + snapshot->conf->query_timeout_ms;
	lookup->key.hash = key->hash;
	lookup->key.size = key->size;
	memcpy(lookup->key.bytes, key->bytes, key->size);
	memcpy(lookup->question, request->question.data, request->question.size);
	lookup->request.question.data = lookup->question;
	lookup->next = *bucket_of(lookups, key);
	*bucket_of(lookups, key) = lookup;
	lookup->joinable = true;
	lookups->under_way++;
	set_submit(lookup->way.set, &lookup->exchange);
	return lookup;
}

/* Is what it asks for, and whom, what would be asked now? */
static bool is_of_now(const struct lookup *lookup, const struct snapshot *snapshot)
{
	const struct lookups *lookups = lookup->lookups;

	return lookup->snapshot == snapshot && lookup->generation == lookups->generation &&
	       loop_now_ms(lookups->loop) < lookup->joinable_until_ms;
}

bool lookup_join(struct lookups *lookups, struct snapshot *snapshot,
	const struct cache_key *key, const struct request *request, struct waiter *waiter)
{
	struct lookup *lookup = find(lookups, key);

	if (lookup != NULL && !is_of_now(lookup, snapshot)) {
		close_to_others(lookup);
		lookup = NULL;
	}
	if (lookup == NULL)
		lookup = begin(lookups, snapshot, key, request);
	if (lookup == NULL)
		return false;
	waiter->lookup = lookup;
	list_append(&lookup->waiters, &waiter->node);
	return true;
}

void lookup_leave(struct waiter *waiter)
{
	struct lookup *lookup = waiter->lookup;

	if (lookup == NULL)
		return;
	list_remove(&waiter->node);
	waiter->lookup = NULL;
	if (!list_empty(&lookup->waiters))
		return;
	validation_cancel(lookup->validation);
	set_cancel(&lookup->exchange);
	lookup_free(lookup);
}

void lookup_key(
	const struct lookups *lookups, const struct request *request, struct cache_key *ret)
{
	cache_key(&lookups->secret, request, ret);
}

enum cache_freshness lookup_cached(
	struct lookups *lookups, const struct cache_key *key, struct answer *ret, bool *ret_due)
{
	*ret_due = false;
	if (lookups->cache == NULL)
		return CACHE_NOTHING;
	return cache_find(lookups->cache, key, now_s(lookups), ret, ret_due);
}

void lookup_note_timeout(const struct waiter *waiter)
{
	const struct lookup *lookup = waiter->lookup;
	static const char text[] = "no upstream answered in time, a moment ago";
	struct answer answer = {
		.low = RCODE_SERVFAIL | FLAG_RA,
		.negative = true,
		.lifetime_s = TIMEOUT_KEPT_S,
		.ede = EDE_NO_REACHABLE_AUTHORITY,
		.ede_text = {(const uint8_t *)text, sizeof text - 1},
	};

	if (lookup != NULL && may_keep(lookup, &answer))
		cache_put(
			lookup->lookups->cache, &lookup->key, now_s(lookup->lookups), &answer);
}

void lookup_note_vain(struct lookups *lookups, const struct cache_key *key)
{
	if (lookups->cache != NULL)
		cache_note_vain(lookups->cache, key, now_s(lookups));
}

bool lookup_is_under_way(struct lookups *lookups, const struct cache_key *key)
{
	return find(lookups, key) != NULL;
}

void lookup_count_stale(struct lookups *lookups)
{
	cache_count(lookups->cache, true);
}

void lookup_count_prefetch(struct lookups *lookups)
{
	cache_count(lookups->cache, false);
}

struct lookups *lookups_new(struct loop *loop, const struct portion *portion)
{
	struct lookups *lookups = calloc(1, sizeof *lookups);

	if (lookups == NULL)
		return NULL;
	lookups->loop = loop;
	lookups->portion = *portion;
	if (siphash_random_key(&lookups->secret))
		return lookups;
	free(lookups);
	return NULL;
}

void lookups_free(struct lookups *lookups)
{
	if (lookups == NULL)
		return;
	assert(lookups->under_way == 0);
	cache_free(lookups->cache);
	free(lookups);
}

void lookups_visit(const struct lookups *lookups, struct cache_visitor *visitor)
{
	if (lookups->cache != NULL)
		cache_visit(lookups->cache, now_s(lookups), visitor);
}

struct cache_stats lookups_cache_stats(const struct lookups *lookups)
{
	const struct cache_stats *past = &lookups->past;
	struct cache_stats stats = {0};

	if (lookups->cache != NULL)
		stats = cache_stats(lookups->cache);
	stats.hits += past->hits;
	stats.misses += past->misses;
	stats.inserted += past->inserted;
	stats.evicted += past->evicted;
	stats.stale += past->stale;
	stats.prefetched += past->prefetched;
	return stats;
}

bool lookups_use(struct lookups *lookups, const struct conf *conf)
{
	const unsigned workers = lookups->portion.workers;

	lookups->past = lookups_cache_stats(lookups);
	cache_free(lookups->cache);
	lookups->cache = NULL;
	lookups->generation++;
	lookups->keep_negative = conf->cache_negative;
	lookups->keep_local = conf->cache_from_localhost;
	if (!conf->cache)
		return true;
	/* 0 entries: as many as find room. */
	lookups->cache =
		cache_new(memory_bound(lookups->portion.memory, conf->cache_size / workers, 1),
			(conf->cache_entries + workers - 1) / workers, conf->stale_s);
	return lookups->cache != NULL;
}

void lookups_flush(struct lookups *lookups)
{
	lookups->generation++;
	if (lookups->cache != NULL)
		cache_flush(lookups->cache);
}

const struct validation_counts *lookups_validations(const struct lookups *lookups)
{
	return &lookups->validations;
}
