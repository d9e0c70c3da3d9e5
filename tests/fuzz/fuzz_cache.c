/* SPDX-License-Identifier: MIT */
/* Answers put into a small cache, found again, forgotten, in any order and of any size: what is
 * found is what was put last. */
#include "resolver/cache.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAMES = 64 };

/* What a simple cache without bounds would hold. */
static struct {
	bool is;
	uint32_t born_s, lifetime_s;
	size_t size;
	uint8_t fill, rcode;
} model[NAMES];

static struct cache_key key_of(uint8_t name)
{
	static const struct siphash_key secret = {{1, 2}};
	uint8_t question[] = {1, name, 0, 0, 1, 0, 1};
	struct request request = {.question = {question, sizeof question}};
	struct cache_key key;

	cache_key(&secret, &request, &key);
	return key;
}

static bool is_failure(uint8_t rcode)
{
	return rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN;
}

static void put(struct cache *cache, uint8_t name, uint32_t now, const uint8_t *p)
{
	static uint8_t body[65536];
	static const uint16_t ttls[] = {0, 4, 8};
	struct cache_key key = key_of(name);
	struct answer old;
	bool due, held;
	struct answer answer = {
		.body = {body, (size_t)(p[0] << 8 | p[1]) / (p[2] % 8 == 0 ? 4 : 256)},
		.n_ttls = p[2] % 4,
		.ttls = ttls,
		.low = p[3] % 4,
		.lifetime_s = p[3],
		.age_s = p[2] / 64,
		.ede = EDE_NONE};

	memset(body, p[1], answer.body.size);
	/* It may have been evicted. */
	held = cache_find(cache, &key, now, &old, &due) == CACHE_FRESH;
	cache_put(cache, &key, now, &answer);
	/* A failure is no reason to forget what still holds, nor to keep it. */
	if (held && is_failure(answer.low) && !is_failure(model[name].rcode))
		return;
	/* It may not have found room: then nothing is found. */
	model[name].is = answer.lifetime_s > answer.age_s;
	model[name].born_s = now - answer.age_s;
	model[name].lifetime_s = answer.lifetime_s;
	model[name].size = answer.body.size;
	model[name].fill = p[1];
	model[name].rcode = answer.low;
}

static void find(struct cache *cache, uint8_t name, uint32_t now)
{
	struct cache_key key = key_of(name);
	struct answer answer;
	bool due;

	if (cache_find(cache, &key, now, &answer, &due) != CACHE_FRESH)
		return;
	if (!model[name].is || answer.body.size != model[name].size ||
		answer.age_s != now - model[name].born_s ||
		answer.age_s >= model[name].lifetime_s)
		abort();
	for (size_t i = 0; i < answer.body.size; i++)
		if (answer.body.data[i] != model[name].fill)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cache *cache = cache_new(0, size > 0 ? data[0] % 32 : 0, 0);
	uint32_t now = 1000;

	if (cache == NULL)
		return 0;
	memset(model, 0, sizeof model);
	for (size_t i = 1; i + 6 <= size; i += 6) {
		uint8_t name = data[i + 1] % NAMES;

		now += data[i] % 16 == 0;
		switch (data[i] >> 5) {
		case 0: now += data[i + 1]; break;
		case 1:
		case 2:
		case 3: find(cache, name, now); break;
		case 4:
			if (data[i + 1] == 0) {
				cache_flush(cache);
				memset(model, 0, sizeof model);
			}
			break;
		default: put(cache, name, now, data + i + 2); break;
		}
	}
	cache_free(cache);
	return 0;
}
