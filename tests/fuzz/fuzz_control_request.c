/* SPDX-License-Identifier: MIT */
/* A line on the control socket; and what a query makes of its question. */
#include "resolver/control_request.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_request request;
	uint8_t message[MESSAGE_HEADER_SIZE + MESSAGE_QUESTION_MAX] = {[2] = 1, [5] = 1};
	struct request read;
	enum rcode rcode;

	if (size > CONTROL_LINE_MAX ||
		control_request_read((const char *)data, size, &request) != NULL)
		return 0;
	if (request.question_size > MESSAGE_QUESTION_MAX)
		abort();
	memcpy(message + MESSAGE_HEADER_SIZE, request.question, request.question_size);
	(void)!message_read_request(
		(struct wire){message, MESSAGE_HEADER_SIZE + request.question_size}, &read,
		&rcode);
	return 0;
}
