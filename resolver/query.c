/* SPDX-License-Identifier: MIT */
#include "resolver/query.h"
#include "resolver/access.h"
#include "resolver/cookie.h"
#include "resolver/log.h"
#include "resolver/schedule.h"
#include "resolver/tcp.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Under way at once, where there is memory; more are refused, the newest first. */
	QUERIES_MAX = 16384,
	OTHERS_SHARE = 2,   /* the rest is for who is on this machine */
	OF_ONE_SHARE = 8,   /* of one of those */
	QUERY_BYTES = 2048, /* that one costs, with its lookup: measured, and rounded up */
	PATIENCE_MS = 1800, /* RFC 8767 section 5: then a stale answer will do */
};

struct queries {
	struct loop *loop;
	struct lookups *lookups;
	struct access *access;
	struct siphash_key cookie_secret;
	struct schedule deadlines;
	struct schedule patience; /* of those for which there is a stale answer */
	size_t n, most;
	struct query_counts counts;
	struct taps *taps; /* NULL: nobody watches */
	const struct local *local;
	/* An answer from here, before it is a reply. */
	struct answer_room local_room;
	uint8_t local_message[LOCAL_ANSWER_MAX];
};

struct query {
	struct queries *queries;
	struct snapshot *snapshot; /* a reference */
	struct client client;
	bool has_client;        /* false: it was answered already, or never had one */
	struct request request; /* its question points into `question` */
	struct waiter waiter;
	struct due deadline, patience;
	bool has_stale;
	uint8_t question[];
};

/* The one end of every query. */
static void query_free(struct query *q)
{
	lookup_leave(&q->waiter);
	list_remove(&q->deadline.node);
	list_remove(&q->patience.node);
	q->queries->n--;
	if (q->client.under_way != NULL)
		--*q->client.under_way;
	snapshot_unref(q->snapshot);
	free(q);
}

static void query_gone(struct client *client)
{
	query_free(container_of(client, struct query, client));
}

static bool is_watched(const struct queries *queries)
{
	return queries->taps != NULL && taps_any(queries->taps);
}

/* The one way of all replies. `rcode`: with its extended bits. */
static void send_reply(struct queries *queries, struct client *client,
	const struct request *request, unsigned rcode, uint8_t *room, size_t size)
{
	if (is_watched(queries))
		taps_tell(queries->taps,
			&(struct tap_event){.kind = TAP_REPLY,
				.client = client,
				.question = request->question,
				.message = {room, size},
				.rcode = rcode,
				.took_us = client->began_us > 0
						   ? tap_now_us() - client->began_us
						   : 0});
	client_send(client, size);
}

static void reply_error(struct queries *queries, struct client *client,
	const struct request *request, enum rcode rcode, enum ede code, const char *text)
{
	uint8_t *room = client_room(client, MESSAGE_ERROR_MAX);

	client->source = SOURCE_ERROR;
	client->by = NULL;
	if (room != NULL)
		send_reply(queries, client, request, rcode, room,
			message_write_error(request, rcode, code, text, room));
}

static void reply(struct queries *queries, struct client *client, const struct request *request,
	const struct answer *answer, enum reply_source source)
{
	size_t limit = MESSAGE_HEADER_SIZE + request->question.size + answer->body.size +
		       MESSAGE_ERROR_MAX;
	uint8_t *room;

	if (client->udp != NULL)
		limit = request->udp_size < MESSAGE_UDP_SIZE ? request->udp_size
							     : MESSAGE_UDP_SIZE;
	else if (limit > MESSAGE_SIZE_MAX)
		limit = MESSAGE_SIZE_MAX;
	queries->counts.answered++;
	client->source = source;
	if (source != SOURCE_UPSTREAM)
		client->by = NULL;
	room = client_room(client, limit);
	if (room != NULL)
		send_reply(queries, client, request, answer_rcode(answer), room,
			message_write_reply(request, answer, room, limit));
}

static void reply_stale(struct queries *queries, struct client *client,
	const struct request *request, struct answer *answer)
{
	static const char text[] = "no newer answer can be had";

	answer->ede = (answer->low & 15) == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN_ANSWER
							   : EDE_STALE_ANSWER;
	answer->ede_text = (struct wire){(const uint8_t *)text, sizeof text - 1};
	lookup_count_stale(queries->lookups);
	reply(queries, client, request, answer, SOURCE_STALE);
}

/* Its client has its reply. */
static void leave_client(struct query *q)
{
	if (q->has_client)
		client_leave(&q->client);
	q->has_client = false;
}

/* Whether there is a stale answer, which then was given. */
static bool query_stale(struct query *q)
{
	struct answer answer;
	struct cache_key key;
	bool due;

	if (!q->has_stale)
		return false;
	lookup_key(q->queries->lookups, &q->request, &key);
	if (lookup_cached(q->queries->lookups, &key, &answer, &due) != CACHE_STALE)
		return false;
	lookup_note_vain(q->queries->lookups, &key);
	if (q->has_client)
		reply_stale(q->queries, &q->client, &q->request, &answer);
	leave_client(q);
	return true;
}

static void query_fail(struct query *q, enum ede code, const char *text)
{
	if (!query_stale(q) && q->has_client) {
		q->queries->counts.failed++;
		reply_error(q->queries, &q->client, &q->request, RCODE_SERVFAIL, code, text);
		leave_client(q);
	}
	query_free(q);
}

static enum ede ede_of(enum transport_err err)
{
	switch (err) {
	case TRANSPORT_UNREACHABLE:
	case TRANSPORT_TIMEOUT: return EDE_NO_REACHABLE_AUTHORITY;
	case TRANSPORT_LOST:
	case TRANSPORT_TLS:
	case TRANSPORT_PROTOCOL: return EDE_NETWORK_ERROR;
	case TRANSPORT_UNTRUSTED:
	case TRANSPORT_BUSY:
	case TRANSPORT_NOMEM:
	case TRANSPORT_WAIT:
	case TRANSPORT_OK: break;
	}
	return EDE_OTHER;
}

static void query_done(struct waiter *waiter, const struct lookup_end *end)
{
	struct query *q = container_of(waiter, struct query, waiter);

	if (end->answer == NULL) {
		query_fail(q, ede_of(end->err), end->why);
		return;
	}
	/* RFC 8767 section 5: rather what was true a while ago than a failure. */
	if (answer_rcode(end->answer) == RCODE_SERVFAIL && !end->answer->bogus)
		query_stale(q);
	q->client.by = end->by;
	if (q->has_client)
		reply(q->queries, &q->client, &q->request, end->answer, SOURCE_UPSTREAM);
	leave_client(q);
	query_free(q);
}

static void on_deadline(struct timer *timer)
{
	struct queries *queries = container_of(timer, struct queries, deadlines.timer);
	struct due *due;

	while ((due = schedule_take(&queries->deadlines)) != NULL) {
		struct query *q = container_of(due, struct query, deadline);
		char text[96];

		snprintf(text, sizeof text, "no upstream answered within %u ms",
			(unsigned)q->snapshot->conf->query_timeout_ms);
		lookup_note_timeout(&q->waiter);
		query_fail(q, EDE_NO_REACHABLE_AUTHORITY, text);
	}
}

static void on_patience(struct timer *timer)
{
	struct queries *queries = container_of(timer, struct queries, patience.timer);
	struct due *due;

	while ((due = schedule_take(&queries->patience)) != NULL)
		query_stale(container_of(due, struct query, patience));
}

/* client: NULL: it is asked for the cache alone. */
static void look_up(struct queries *queries, struct snapshot *snapshot,
	const struct cache_key *key, const struct request *request, const struct client *client,
	bool has_stale)
{
	struct query *q = malloc(sizeof *q + request->question.size);
	uint64_t now = loop_now_ms(queries->loop);

	if (q == NULL)
		return; /* no memory for a reply either; the client asks again */
	*q = (struct query){
		.queries = queries,
		.snapshot = snapshot_ref(snapshot),
		.has_client = client != NULL,
		.request = *request,
		.waiter = {.done = query_done},
		.deadline.ms = now + snapshot->conf->query_timeout_ms,
		.patience.ms = now + PATIENCE_MS,
		.has_stale = has_stale,
	};
	memcpy(q->question, request->question.data, request->question.size);
	q->request.question.data = q->question;
	list_init(&q->deadline.node);
	list_init(&q->patience.node);
	list_init(&q->waiter.node);
	schedule_add(&queries->deadlines, &q->deadline);
	if (has_stale && client != NULL)
		schedule_add(&queries->patience, &q->patience);
	queries->n++;
	if (client != NULL) {
		q->client = *client;
		q->client.gone = query_gone;
		if (client->under_way != NULL)
			++*client->under_way;
		client_join(&q->client);
	}
	if (!lookup_join(queries->lookups, snapshot, key, request, &q->waiter))
		query_fail(q, EDE_OTHER, "out of memory");
}

/* For the cache, unless that is under way or there is much else to do. */
static void refresh(struct queries *queries, struct snapshot *snapshot,
	const struct cache_key *key, const struct request *request, bool has_stale)
{
	if (queries->n >= queries->most / 2 || lookup_is_under_way(queries->lookups, key))
		return;
	if (!has_stale)
		lookup_count_prefetch(queries->lookups);
	look_up(queries, snapshot, key, request, NULL, has_stale);
}

/* False: it is not for us to say. */
static bool answer_here(
	struct queries *queries, const struct request *request, struct client *client)
{
	struct wire message = {queries->local_message, 0};
	struct answer answer;

	message.size = local_answer(queries->local, request, queries->local_message);
	if (message.size == 0 ||
		!message_read_answer(request->question, message, &queries->local_room, &answer))
		return false;
	if (request->beyond)
		reply_error(queries, client, request, RCODE_REFUSED, EDE_NONE, "");
	else
		reply(queries, client, request, &answer, SOURCE_LOCAL);
	return true;
}

static bool is_from_here(const struct client *client)
{
	return client->peer.any.sa_family == AF_UNSPEC || access_is_local(&client->peer);
}

/* Those of this machine are not counted apart. */
static bool is_room(const struct queries *queries, const struct client *client)
{
	if (client->under_way == NULL)
		return queries->n < queries->most;
	return queries->n < queries->most / OTHERS_SHARE &&
	       *client->under_way < queries->most / OF_ONE_SHARE;
}

/* The stages of a good query, the first that can answers it. */
static void answer(struct queries *queries, struct snapshot *snapshot,
	const struct request *request, struct client *client)
{
	const unsigned options = client->inside != NULL ? client->inside->options : 0;
	enum cache_freshness found = CACHE_NOTHING;
	struct cache_key key;
	struct answer cached;
	bool due;

	lookup_key(queries->lookups, request, &key);
	if ((options & INSIDE_NO_CACHE) == 0)
		found = lookup_cached(queries->lookups, &key, &cached, &due);
	if (found == CACHE_STALE && (options & INSIDE_NO_STALE) != 0)
		found = CACHE_NOTHING;
	if (found == CACHE_FRESH) {
		reply(queries, client, request, &cached, SOURCE_CACHE);
		if (due && (options & INSIDE_NO_NETWORK) == 0)
			refresh(queries, snapshot, &key, request, false);
		return;
	}
	if (answer_here(queries, request, client))
		return;
	if ((options & INSIDE_NO_NETWORK) != 0) {
		if (found == CACHE_STALE)
			reply_stale(queries, client, request, &cached);
		else
			reply_error(queries, client, request, RCODE_REFUSED, EDE_NONE, "");
		return;
	}
	if (found == CACHE_STALE && !due) {
		reply_stale(queries, client, request, &cached);
		refresh(queries, snapshot, &key, request, true);
		return;
	}
	if (!is_room(queries, client)) {
		queries->counts.dropped++;
		reply_error(queries, client, request, RCODE_SERVFAIL, EDE_OTHER,
			"too many queries under way");
		return;
	}
	look_up(queries, snapshot, &key, request, client, found == CACHE_STALE);
}

/* A client from elsewhere: may it ask, and how often? False: it was told no, or nothing. */
static bool admit(struct queries *queries, const struct conf *conf, struct request *request,
	struct client *client)
{
	uint64_t now = loop_now_ms(queries->loop);
	bool proven;

	cookie_answer(&queries->cookie_secret, &client->peer, (uint32_t)(loop_wall_ms() / 1000),
		request, &proven);
	proven |= client->tcp != NULL;
	client->under_way = access_under_way(queries->access, &client->peer, proven);
	switch (access_query(queries->access, conf, &client->peer, proven, now)) {
	case ACCESS_GRANTED: return true;
	case ACCESS_DENIED:
		queries->counts.denied++;
		reply_error(queries, client, request, RCODE_REFUSED, EDE_PROHIBITED,
			"this client is not one of AllowClients=");
		return false;
	case ACCESS_IGNORED: queries->counts.denied++; return false;
	case ACCESS_LIMITED: break;
	}
	/* Every other one is told to come by TCP, which proves its address. */
	if (queries->counts.limited++ % 2 == 0) {
		uint8_t *room = client_room(client, MESSAGE_ERROR_MAX);

		if (room != NULL)
			send_reply(queries, client, request, RCODE_NOERROR, room,
				message_write_truncated(request, room));
	}
	return false;
}

void query_start(struct queries *queries, struct snapshot *snapshot, struct wire message,
	const struct client *client)
{
	struct client asker = *client;
	struct request request;
	enum rcode rcode;

	queries->counts.received++;
	if (!message_read_request(message, &request, &rcode)) {
		queries->counts.invalid++;
		return;
	}
	if (is_watched(queries)) {
		asker.began_us = tap_now_us();
		taps_tell(queries->taps, &(struct tap_event){.kind = TAP_QUERY,
						 .client = client,
						 .question = request.question,
						 .message = message});
	}
	if (client->inside != NULL) {
		request.beyond = (client->inside->options & INSIDE_NO_LOCAL) != 0;
		request.single_label = (client->inside->options & INSIDE_SINGLE_LABEL) != 0;
	}
	if (request.keepalive && client->tcp != NULL)
		request.keepalive_units = TCP_IDLE_MS / 100;
	if (!is_from_here(client) && !admit(queries, snapshot->conf, &request, &asker))
		return;
	if (rcode != RCODE_NOERROR) {
		queries->counts.invalid++;
		reply_error(queries, &asker, &request, rcode, EDE_NONE, "");
		return;
	}
	answer(queries, snapshot, &request, &asker);
}

static size_t most_of(const struct portion *portion)
{
	return memory_bound(portion->memory, QUERIES_MAX / portion->workers, QUERY_BYTES);
}

void queries_tell_bounds(const struct portion *portion)
{
	const size_t most = most_of(portion) * portion->workers;

	if (most_of(portion) < QUERIES_MAX / portion->workers)
		log_line(LOG_NOTICE,
			"event=memory why=\"there is little of it: at most %zu queries are "
			"under way at once, and the cache has at most %zu KiB\"",
			most, most * QUERY_BYTES / 1024);
}

struct queries *queries_new(struct loop *loop, const struct local *local,
	const struct siphash_key *cookie_secret, const struct portion *portion)
{
	struct queries *queries = calloc(1, sizeof *queries);
	struct siphash_key secret;

	if (queries == NULL)
		return NULL;
	queries->loop = loop;
	queries->local = local;
	queries->most = most_of(portion);
	queries->cookie_secret = *cookie_secret;
	queries->lookups = lookups_new(loop, portion);
	if (siphash_random_key(&secret))
		queries->access = access_new(&secret, portion->workers);
	if (queries->lookups != NULL && queries->access != NULL &&
		schedule_init(&queries->deadlines, loop, on_deadline) &&
		schedule_init(&queries->patience, loop, on_patience))
		return queries;
	queries_free(queries);
	return NULL;
}

void queries_free(struct queries *queries)
{
	if (queries == NULL)
		return;
	assert(queries->n == 0);
	schedule_done(&queries->deadlines);
	schedule_done(&queries->patience);
	lookups_free(queries->lookups);
	access_free(queries->access);
	free(queries);
}

void queries_use(struct queries *queries, const struct conf *conf)
{
	if (!lookups_use(queries->lookups, conf))
		log_line(
			LOG_WARNING, "event=cache why=\"no memory for it: nothing is cached\"");
}

void queries_set_taps(struct queries *queries, struct taps *taps)
{
	queries->taps = taps;
}

size_t queries_under_way(const struct queries *queries)
{
	return queries->n;
}

const struct query_counts *queries_counts(const struct queries *queries)
{
	return &queries->counts;
}

const struct validation_counts *queries_validations(const struct queries *queries)
{
	return lookups_validations(queries->lookups);
}

struct cache_stats queries_cache_stats(const struct queries *queries)
{
	return lookups_cache_stats(queries->lookups);
}

void queries_visit_cache(const struct queries *queries, struct cache_visitor *visitor)
{
	lookups_visit(queries->lookups, visitor);
}

void queries_flush(struct queries *queries)
{
	lookups_flush(queries->lookups);
}
