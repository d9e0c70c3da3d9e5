/* SPDX-License-Identifier: MIT */
/* A client's message: read, turned into a query for an upstream, and refused. */
#include "resolver/message.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[MESSAGE_ERROR_MAX];
	struct request request;
	enum rcode rcode;

	if (!message_read_request((struct wire){data, size}, &request, &rcode))
		return 0;
	if (rcode == RCODE_NOERROR &&
		message_write_query(&request, PROTOCOL_TLS, out) % 128 != 0)
		abort();
	if (message_write_error(&request, rcode, EDE_OTHER, "why", out) > MESSAGE_ERROR_MAX)
		abort();
	return 0;
}
