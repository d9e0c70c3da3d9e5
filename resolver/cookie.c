/* SPDX-License-Identifier: MIT */
#include "resolver/cookie.h"
#include <string.h>

enum {
	CLIENT_SIZE = 8,
	COOKIE_VERSION = 1,
	/* RFC 9018 section 4.3: in seconds. */
	OLD_MAX = 3600,
	YOUNG_MAX = 300,
};

/* client cookie, version, reserved, timestamp, then the hash over that and the address. */
static void make(const struct siphash_key *secret, const union socket_address *peer,
	const uint8_t *client, uint32_t time_s, uint8_t *out)
{
	uint8_t input[CLIENT_SIZE + 8 + 16] = {0};
	bool v4 = peer->any.sa_family == AF_INET;
	size_t size = CLIENT_SIZE + 8 + (v4 ? 4 : 16);
	uint64_t hash;

	memcpy(input, client, CLIENT_SIZE);
	input[CLIENT_SIZE] = COOKIE_VERSION;
	for (unsigned i = 0; i < 4; i++)
		input[CLIENT_SIZE + 4 + i] = (uint8_t)(time_s >> (24 - 8 * i));
	if (v4)
		memcpy(input + CLIENT_SIZE + 8, &peer->v4.sin_addr, 4);
	else
		memcpy(input + CLIENT_SIZE + 8, &peer->v6.sin6_addr, 16);
	hash = siphash24(secret, input, size);
	memcpy(out, input, CLIENT_SIZE + 8);
	for (unsigned i = 0; i < 8; i++)
		out[CLIENT_SIZE + 8 + i] = (uint8_t)(hash >> 8 * i);
}

static bool is_ours(const struct siphash_key *secret, const union socket_address *peer,
	uint32_t now_s, struct wire cookie)
{
	uint8_t expected[COOKIE_SIZE], difference = 0;
	uint32_t time_s;

	if (cookie.size != COOKIE_SIZE || cookie.data[CLIENT_SIZE] != COOKIE_VERSION)
		return false;
	time_s = (uint32_t)cookie.data[12] << 24 | (uint32_t)cookie.data[13] << 16 |
		 (uint32_t)cookie.data[14] << 8 | cookie.data[15];
	/* Serial numbers, as RFC 1982 compares them. */
	if ((int32_t)(now_s - time_s) > OLD_MAX || (int32_t)(time_s - now_s) > YOUNG_MAX)
		return false;
	make(secret, peer, cookie.data, time_s, expected);
	for (size_t i = 0; i < COOKIE_SIZE; i++)
		difference |= expected[i] ^ cookie.data[i];
	return difference == 0;
}

void cookie_answer(const struct siphash_key *secret, const union socket_address *peer,
	uint32_t now_s, struct request *request, bool *ret_proven)
{
	*ret_proven = false;
	if (request->cookie.size == 0)
		return;
	*ret_proven = is_ours(secret, peer, now_s, request->cookie);
	make(secret, peer, request->cookie.data, now_s, request->reply_cookie);
	request->with_cookie = true;
}
