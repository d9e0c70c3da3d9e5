/* SPDX-License-Identifier: MIT */
/* An upstream's answer: matched with a query, and turned into replies of all sizes, also by way
 * of the cache, and looked through for private addresses. Where the input has a question it is
 * the one that was asked, or few inputs would come past it. */
#include "resolver/cache.h"
#include "resolver/rebinding.h"
#include <stdlib.h>
#include <string.h>

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

/* What is found is what was put: it makes the same reply. */
static void check_cached(const struct request *request, const struct answer *answer)
{
	static const struct siphash_key secret = {{1, 2}};
	static uint8_t direct[MESSAGE_SIZE_MAX], cached[MESSAGE_SIZE_MAX];
	static struct cache *cache;
	static uint32_t now_s;
	struct cache_key key;
	struct answer found;
	bool due, kept;
	size_t size;

	if (cache == NULL)
		cache = cache_new(1 << 20, 0, 0);
	if (cache == NULL)
		abort();
	now_s += 100000; /* what other inputs have left is too old */
	cache_key(&secret, request, &key);
	cache_put(cache, &key, now_s, answer);
	kept = cache_find(cache, &key, now_s, &found, &due) == CACHE_FRESH;
	if (kept != (answer->lifetime_s > 0))
		abort();
	if (!kept)
		return;
	size = message_write_reply(request, answer, direct, sizeof direct);
	if (message_write_reply(request, &found, cached, sizeof cached) != size ||
		memcmp(direct, cached, size) != 0)
		abort();
}

/* Whole, or nothing of it. */
static void check_rebinding(const struct request *request, struct answer answer)
{
	static const struct conf conf = {.rebind_protection = true};
	struct wire body = answer.body;

	rebinding_refuse(&conf, request->question, &answer);
	if (answer.body.data != body.data && (answer.body.size > 0 || answer.lifetime_s > 0))
		abort();
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
	check_cached(&request, &answer);
	check_rebinding(&request, answer);
	return 0;
}
