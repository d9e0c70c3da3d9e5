/* SPDX-License-Identifier: MIT */
/* What an upstream sends on a DoT connection, in pieces, with queries under way. The first byte
 * says how large the pieces are. */
#include "transport/dot.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool accept([[maybe_unused]] struct exchange *exchange, struct wire answer)
{
	return (answer.data[2] & 0x80) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t query[12];
	struct exchange exchanges[8];
	struct exchange *exchange;
	struct dot *dot = dot_new();
	struct wire answer;
	size_t step;

	if (dot == NULL || size == 0)
		goto done;
	for (size_t i = 0; i < 8; i++) {
		exchanges[i] =
			(struct exchange){.query = {query, sizeof query}, .accept = accept};
		if (dot_submit(dot, &exchanges[i]) != TRANSPORT_OK)
			abort();
	}
	dot_cancel(dot, &exchanges[3]);
	step = (size_t)data[0] + 1;
	for (size_t at = 1; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		enum transport_err err;

		if (!buf_append(dot_in(dot), data + at, n))
			abort();
		while ((err = dot_next(dot, &exchange, &answer)) == TRANSPORT_OK)
			if (exchange < exchanges || exchange >= exchanges + 8 ||
				answer.size < 12)
				abort();
		if (err == TRANSPORT_PROTOCOL)
			break;
	}
	while ((exchange = dot_take(dot)) != NULL)
		exchange->done = NULL;
	if (dot_waiting(dot) != 0)
		abort();
done:
	dot_free(dot);
	return 0;
}
