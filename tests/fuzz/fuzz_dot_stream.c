/* SPDX-License-Identifier: MIT */
/* What an upstream sends on a DoT connection, in pieces, with queries under way. The first byte
 * says how large the pieces are. */
#include "transport/dot.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t write_query([[maybe_unused]] struct exchange *exchange,
	[[maybe_unused]] enum protocol protocol, uint8_t *out)
{
	memset(out, 0, 12);
	return 12;
}

static bool accept([[maybe_unused]] struct exchange *exchange, struct wire answer)
{
	return (answer.data[2] & 0x80) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exchange exchange = {.write = write_query, .accept = accept};
	struct attempt attempts[8], *attempt;
	struct framing *dot = dot_new();
	struct framing_news news;
	size_t step;

	if (dot == NULL)
		return 0;
	for (size_t i = 0; i < 8; i++) {
		attempts[i] = (struct attempt){.exchange = &exchange};
		if (dot->ops->submit(dot, &attempts[i]) != TRANSPORT_OK)
			abort();
	}
	dot->ops->cancel(dot, &attempts[3]);
	dot->ops->ping(dot);
	step = size > 0 ? (size_t)data[0] + 1 : 1;
	for (size_t at = 1; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		enum framing_event event;

		if (!buf_append(&dot->in, data + at, n))
			abort();
		while ((event = dot->ops->next(dot, &news)) == FRAMING_ANSWERED)
			if (news.attempt < attempts || news.attempt >= attempts + 8 ||
				news.answer.size < 12)
				abort();
		if (event == FRAMING_BROKEN)
			break;
	}
	while ((attempt = dot->ops->take(dot)) != NULL)
		attempt->exchange = NULL;
	if (dot->waiting != 0)
		abort();
	dot->ops->free(dot);
	return 0;
}
