/* SPDX-License-Identifier: MIT */
#include "transport/exchange.h"
#include "transport/upstream.h"

void exchange_begin(struct exchange *exchange)
{
	list_init(&exchange->node);
	for (size_t i = 0; i < EXCHANGE_ATTEMPTS; i++) {
		list_init(&exchange->attempts[i].node);
		exchange->attempts[i].upstream = NULL;
	}
	exchange->lost = exchange->given_up = 0;
	exchange->sends = 0;
	exchange->keepalive = false;
}

bool exchange_is_under_way(const struct exchange *exchange)
{
	for (size_t i = 0; i < EXCHANGE_ATTEMPTS; i++)
		if (exchange->attempts[i].upstream != NULL)
			return true;
	return false;
}

bool exchange_is_hopeful(const struct exchange *exchange)
{
	for (size_t i = 0; i < EXCHANGE_ATTEMPTS; i++)
		if (exchange->attempts[i].upstream != NULL && !exchange->attempts[i].stalled)
			return true;
	return false;
}

struct attempt *exchange_free_attempt(struct exchange *exchange)
{
	for (size_t i = 0; i < EXCHANGE_ATTEMPTS; i++) {
		struct attempt *attempt = &exchange->attempts[i];

		/* One whose loss is still to be told is in a list. */
		if (attempt->upstream == NULL && list_empty(&attempt->node))
			return attempt;
	}
	return NULL;
}

uint64_t exchange_not_for(const struct exchange *exchange)
{
	uint64_t bits = exchange->given_up;

	for (size_t i = 0; i < EXCHANGE_ATTEMPTS; i++) {
		const struct attempt *attempt = &exchange->attempts[i];

		if (attempt->upstream != NULL && !attempt->stalled)
			bits |= UINT64_C(1) << upstream_index(attempt->upstream);
	}
	return bits;
}

enum transport_err exchange_send(
	struct exchange *exchange, struct attempt *attempt, struct upstream *upstream)
{
	enum transport_err err;

	attempt->exchange = exchange;
	err = upstream_submit(upstream, attempt);
	if (err == TRANSPORT_OK)
		exchange->sends++;
	return err;
}

void exchange_recall(struct exchange *exchange)
{
	for (size_t i = 0; i < EXCHANGE_ATTEMPTS; i++)
		if (exchange->attempts[i].upstream != NULL)
			upstream_cancel(&exchange->attempts[i]);
}
