/* SPDX-License-Identifier: MIT */
#include "resolver/query.h"
#include "resolver/message.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under way at once; more are refused, the newest first. */
enum { QUERIES_MAX = 16384 };

struct queries {
	struct loop *loop;
	struct list by_deadline; /* the next first */
	size_t n;
	struct timer timer;
	struct query_counts counts;
};

struct query {
	struct queries *queries;
	struct snapshot *snapshot; /* a reference */
	struct client client;
	struct request request; /* its question points into `question` */
	struct exchange exchange;
	struct answer answer;
	struct list node;
	uint64_t deadline_ms;
	uint8_t question[MESSAGE_QUESTION_MAX];
};

static void arm_timer(struct queries *queries)
{
	uint64_t now = loop_now_ms(queries->loop);
	const struct query *next;

	if (list_empty(&queries->by_deadline)) {
		timer_stop(&queries->timer);
		return;
	}
	next = container_of(queries->by_deadline.next, struct query, node);
	/* It was allocated by queries_new(), so this cannot fail. */
	(void)!timer_start(queries->loop, &queries->timer,
		next->deadline_ms > now ? next->deadline_ms - now : 0);
}

/* Usually at the end: all have the same budget, but for those from before a reload. */
static void enqueue(struct queries *queries, struct query *q)
{
	struct list *after = queries->by_deadline.prev;

	while (after != &queries->by_deadline &&
		container_of(after, struct query, node)->deadline_ms > q->deadline_ms)
		after = after->prev;
	list_append(after->next, &q->node);
	queries->n++;
	if (queries->by_deadline.next == &q->node)
		arm_timer(queries);
}

/* The one end of every query. */
static void query_free(struct query *q)
{
	list_remove(&q->node);
	q->queries->n--;
	snapshot_unref(q->snapshot);
	free(q);
}

static void query_gone(struct client *client)
{
	struct query *q = container_of(client, struct query, client);

	set_cancel(&q->exchange);
	query_free(q);
}

static void send_error(struct client *client, const struct request *request, enum rcode rcode,
	enum ede code, const char *text)
{
	uint8_t *room = client_room(client, MESSAGE_ERROR_MAX);

	if (room != NULL)
		client_send(client, message_write_error(request, rcode, code, text, room));
}

static void query_fail(struct query *q, enum ede code, const char *text)
{
	q->queries->counts.failed++;
	send_error(&q->client, &q->request, RCODE_SERVFAIL, code, text);
	client_leave(&q->client);
	query_free(q);
}

static void query_answer(struct query *q, struct wire message)
{
	size_t limit = message.size + MESSAGE_ERROR_MAX;
	uint8_t *room;

	if (q->client.udp != NULL)
		limit = q->request.udp_size < MESSAGE_UDP_SIZE ? q->request.udp_size
							       : MESSAGE_UDP_SIZE;
	else if (limit > MESSAGE_SIZE_MAX)
		limit = MESSAGE_SIZE_MAX;
	q->queries->counts.answered++;
	room = client_room(&q->client, limit);
	if (room != NULL)
		client_send(&q->client,
			message_write_reply(&q->request, message, &q->answer, room, limit));
	client_leave(&q->client);
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

static size_t query_write(struct exchange *exchange, enum protocol protocol, uint8_t *out)
{
	struct query *q = container_of(exchange, struct query, exchange);

	return message_write_query(&q->request, protocol, out);
}

static bool query_accept(struct exchange *exchange, struct wire answer)
{
	struct query *q = container_of(exchange, struct query, exchange);

	if (!message_read_answer(q->request.question, answer, &q->answer))
		return false;
	exchange->keepalive = q->answer.keepalive;
	exchange->keepalive_ms = q->answer.keepalive_ms;
	return true;
}

static void query_exchanged(struct exchange *exchange)
{
	struct query *q = container_of(exchange, struct query, exchange);

	if (exchange->err != TRANSPORT_OK) {
		query_fail(q, ede_of(exchange->err), exchange->why);
		return;
	}
	q->answer.age_s = exchange->age_s;
	q->answer.max_age_s = exchange->max_age_s;
	query_answer(q, exchange->answer);
}

static void on_deadline(struct timer *timer)
{
	struct queries *queries = container_of(timer, struct queries, timer);
	uint64_t now = loop_now_ms(queries->loop);

	while (!list_empty(&queries->by_deadline)) {
		struct query *q = container_of(queries->by_deadline.next, struct query, node);
		char text[96];

		if (q->deadline_ms > now)
			break;
		snprintf(text, sizeof text, "no upstream answered within %u ms",
			(unsigned)q->snapshot->conf->query_timeout_ms);
		set_cancel(&q->exchange);
		query_fail(q, EDE_NO_REACHABLE_AUTHORITY, text);
	}
	arm_timer(queries);
}

static void query_ask(struct queries *queries, struct snapshot *snapshot,
	const struct request *request, const struct client *client)
{
	struct query *q = malloc(sizeof *q);

	if (q == NULL)
		return; /* no memory for a reply either; the client asks again */
	*q = (struct query){
		.queries = queries,
		.snapshot = snapshot_ref(snapshot),
		.client = *client,
		.request = *request,
		.exchange = {.write = query_write,
			.accept = query_accept,
			.done = query_exchanged},
		.deadline_ms = loop_now_ms(queries->loop) + snapshot->conf->query_timeout_ms,
	};
	memcpy(q->question, request->question.data, request->question.size);
	q->request.question.data = q->question;
	q->client.gone = query_gone;
	list_init(&q->node);
	enqueue(queries, q);
	client_join(&q->client);
	set_submit(snapshot_route(snapshot, q->request.question), &q->exchange);
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
	} else if (rcode != RCODE_NOERROR) {
		queries->counts.invalid++;
		send_error(&asker, &request, rcode, EDE_NONE, "");
	} else if (queries->n >= QUERIES_MAX) {
		queries->counts.dropped++;
		send_error(&asker, &request, RCODE_SERVFAIL, EDE_OTHER,
			"too many queries under way");
	} else {
		query_ask(queries, snapshot, &request, client);
	}
}

struct queries *queries_new(struct loop *loop)
{
	struct queries *queries = calloc(1, sizeof *queries);

	if (queries == NULL)
		return NULL;
	queries->loop = loop;
	queries->timer.fired = on_deadline;
	list_init(&queries->by_deadline);
	if (!timer_start(loop, &queries->timer, 0)) {
		free(queries);
		return NULL;
	}
	return queries;
}

void queries_free(struct queries *queries)
{
	if (queries == NULL)
		return;
	assert(queries->n == 0);
	timer_done(&queries->timer);
	free(queries);
}

size_t queries_under_way(const struct queries *queries)
{
	return queries->n;
}

const struct query_counts *queries_counts(const struct queries *queries)
{
	return &queries->counts;
}
