/* SPDX-License-Identifier: MIT */
/* What a server sends on an HTTP/2 connection, in pieces, with queries under way. The first
 * byte says how large the pieces are, and what is done between them. */
#include "transport/doh.h"
#include <stdlib.h>
#include <string.h>

enum { QUERIES = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t write_query([[maybe_unused]] struct exchange *exchange,
	[[maybe_unused]] enum protocol protocol, uint8_t *out)
{
	memset(out, 0, 12);
	return 12;
}

/* Reads all of it. */
static bool accept([[maybe_unused]] struct exchange *exchange, struct wire answer)
{
	unsigned sum = 0;

	for (size_t i = 0; i < answer.size; i++)
		sum += answer.data[i];
	return sum % 2 == 0;
}

static void submit(struct framing *doh, struct attempt *attempt, struct exchange *exchange)
{
	*attempt = (struct attempt){.exchange = exchange};
	if (doh->ops->submit(doh, attempt) != TRANSPORT_OK)
		attempt->exchange = NULL;
}

/* Hands out what there is. False: the connection is over. */
static bool take_news(struct framing *doh)
{
	struct framing_news news;

	for (;;) {
		switch (doh->ops->next(doh, &news)) {
		case FRAMING_WAIT: return true;
		case FRAMING_LEAVING: break;
		case FRAMING_ANSWERED:
			if (news.answer.size < 12)
				abort();
			news.attempt->exchange = NULL;
			break;
		case FRAMING_RETURNED:
			if (strlen(news.why) == 0)
				abort();
			news.attempt->exchange = NULL;
			break;
		case FRAMING_BROKEN:
			if (strlen(news.why) == 0)
				abort();
			return false;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct doh_params params = {.authority = "a", .path = "/", .get = size % 2 == 0};
	struct exchange exchange = {.write = write_query, .accept = accept};
	struct framing *doh = doh_new(&params);
	struct attempt attempts[QUERIES], *attempt;
	size_t step = size > 0 ? (size_t)data[0] + 1 : 1, turn = 0;

	if (doh == NULL)
		return 0;
	for (size_t i = 0; i < QUERIES; i++)
		submit(doh, &attempts[i], &exchange);
	for (size_t at = 1; at < size; at += step, turn++) {
		struct attempt *chosen = &attempts[turn % QUERIES];

		if (!buf_append(&doh->in, data + at, size - at < step ? size - at : step))
			abort();
		if (!doh->ops->flush(doh) || !take_news(doh))
			break;
		buf_consume(&doh->out, buf_size(&doh->out));
		if (turn % 5 == 3)
			doh->ops->ping(doh);
		if (turn % 7 == 5 && chosen->exchange != NULL) {
			doh->ops->cancel(doh, chosen);
			chosen->exchange = NULL;
		} else if (turn % 3 == 1 && chosen->exchange == NULL) {
			submit(doh, chosen, &exchange);
		}
	}
	while ((attempt = doh->ops->take(doh)) != NULL)
		attempt->exchange = NULL;
	if (doh->waiting != 0)
		abort();
	doh->ops->free(doh);
	return 0;
}
