/* SPDX-License-Identifier: MIT */
/* An upstream's answer: matched with a query, and turned into replies of all sizes. Where the
 * input has a question it is the one that was asked, or few inputs would come past it. */
#include "resolver/message.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct request asked(struct wire message)
{
	struct request request = {.edns = true, .dnssec_ok = true, .udp_size = 1232};
	size_t at = MESSAGE_HEADER_SIZE;

	while (at < message.size && message.data[at] != 0 && message.data[at] < 64)
		at += (size_t)message.data[at] + 1;
	at += 5;
	if (at <= message.size && at <= MESSAGE_HEADER_SIZE + MESSAGE_QUESTION_MAX)
		request.question = (struct wire){
			message.data + MESSAGE_HEADER_SIZE, at - MESSAGE_HEADER_SIZE};
	else
		request.question = (struct wire){(const uint8_t *)"\1a\0\0\1\0\1", 7};
	return request;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t limits[] = {512, 1232, 65535};
	struct wire message = {data, size};
	struct request request = asked(message);
	static struct answer_room room;
	struct answer answer;

	if (!message_read_answer(request.question, message, &room, &answer))
		return 0;
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		uint8_t *out = malloc(limits[i]);

		if (out == NULL ||
			message_write_reply(&request, &answer, out, limits[i]) > limits[i])
			abort();
		request.edns = !request.edns;
		free(out);
	}
	return 0;
}
