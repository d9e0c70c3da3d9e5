/* SPDX-License-Identifier: MIT */
/* An upstream that is asked in plain text: each query by itself. */
#include "transport/plain.h"
#include "transport/upstream_inside.h"
#include <stdlib.h>

enum { PLAIN_REST_MS = 1000 };

/* A query in plain text that is under way. */
struct plain_try {
	struct plain_owner owner;
	struct plain *plain;
	struct attempt *attempt;
};

static void on_plain_done(struct plain_owner *plain_owner, enum transport_err err,
	struct wire answer, const char *why)
{
	struct plain_try *try = container_of(plain_owner, struct plain_try, owner);
	struct attempt *attempt = try->attempt;
	struct upstream *upstream = attempt->upstream;
	struct upstream_owner *owner = upstream->params->owner;
	struct framing_news news = {
		.attempt = attempt, .answer = answer, .max_age_s = UINT32_MAX};

	free(try);
	if (err == TRANSPORT_OK && !attempt->exchange->accept(attempt->exchange, answer)) {
		err = TRANSPORT_PROTOCOL;
		why = "the server sent an answer to what was not asked";
	}
	if (err == TRANSPORT_OK) {
		standing_forgive(&upstream->standing);
		upstream_note_answer(upstream, attempt);
		upstream_release(attempt);
		owner->answered(owner, attempt, &news);
		return;
	}
	standing_blame(&upstream->standing, err, why);
	standing_tell(&upstream->standing, TRACE_UNREACHABLE, NULL, NULL);
	/* One name that nobody answers says nothing of the others. */
	if (!upstream_answered_since(upstream, attempt->sent_ms))
		upstream_note_vain(upstream);
	if (upstream->vain >= UPSTREAM_VAIN_MAX && err != TRANSPORT_PROTOCOL)
		standing_rest_for(&upstream->standing, PLAIN_REST_MS);
	upstream_release(attempt);
	owner->failed(owner, upstream, attempt, RETRY_ELSEWHERE);
}

enum transport_err upstream_ask_plainly(struct upstream *upstream, struct attempt *attempt)
{
	uint8_t query[EXCHANGE_QUERY_MAX];
	struct exchange *exchange = attempt->exchange;
	struct plain_try *try = malloc(sizeof *try);

	if (try == NULL)
		return TRANSPORT_NOMEM;
	*try = (struct plain_try){.owner.done = on_plain_done, .attempt = attempt};
	try->plain = plain_ask(upstream->params->conn.loop, upstream->endpoint,
		(struct wire){query, exchange->write(exchange, PROTOCOL_PLAIN, query)},
		upstream->params->conn.limits.ready_ms / 2, &try->owner);
	if (try->plain == NULL) {
		free(try);
		return TRANSPORT_NOMEM;
	}
	attempt->carrier = try;
	return TRANSPORT_OK;
}

void upstream_cancel_plainly(struct attempt *attempt)
{
	struct plain_try *try = attempt->carrier;

	plain_cancel(try->plain);
	free(try);
}
