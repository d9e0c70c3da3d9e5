/* SPDX-License-Identifier: MIT */
#include "resolver/cache.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct siphash_key secret = {{1, 2}};

enum { AUTHENTICATED = 0x20 }; /* AD, where the header has it */

/* The key of "NUMBER.example A". */
static struct cache_key key_of(unsigned number, bool dnssec_ok)
{
	struct request request = {.dnssec_ok = dnssec_ok};
	uint8_t question[64];
	struct cache_key key;
	char label[16];
	int n = snprintf(label, sizeof label, "%u", number);

	question[0] = (uint8_t)n;
	memcpy(question + 1, label, (size_t)n);
	memcpy(question + 1 + n, "\7eXample\0\0\1\0\1", 13);
	request.question = (struct wire){question, (size_t)n + 14};
	cache_key(&secret, &request, &key);
	return key;
}

/* One whose body says which it is. */
static void put(struct cache *cache, unsigned number, uint32_t now, uint32_t lifetime,
	size_t body_size, unsigned rcode)
{
	static uint8_t body[65536];
	static const uint16_t ttls[] = {6};
	struct cache_key key = key_of(number, false);
	struct answer answer = {.body = {body, body_size},
		.answers = 1,
		.n_ttls = 1,
		.ttls = ttls,
		.low = (uint8_t)rcode,
		.lifetime_s = lifetime,
		.max_ttl_s = 86400,
		.ede = EDE_NONE};

	memset(body, (int)(number & 255), sizeof body);
	memcpy(body, &number, sizeof number);
	cache_put(cache, &key, now, &answer);
}

static enum cache_freshness get(
	struct cache *cache, unsigned number, uint32_t now, struct answer *ret, bool *ret_due)
{
	struct cache_key key = key_of(number, false);
	enum cache_freshness found = cache_find(cache, &key, now, ret, ret_due);
	unsigned is;

	if (found == CACHE_NOTHING)
		return found;
	memcpy(&is, ret->body.data, sizeof is);
	assert_int_equal(is, number);
	for (size_t i = sizeof is; i < ret->body.size; i++)
		assert_int_equal(ret->body.data[i], number & 255);
	assert_int_equal(ret->ttls[0], 6);
	return found;
}

static bool has(struct cache *cache, unsigned number, uint32_t now)
{
	struct answer answer;
	bool due;

	return get(cache, number, now, &answer, &due) == CACHE_FRESH;
}

static void test_key([[maybe_unused]] void **state)
{
	static const uint8_t lower[] = "\3a-z\7example\0\0\1\0\1",
			     upper[] = "\3A-Z\7EXAMPLE\0\0\1\0\1";
	static const uint8_t near[] = "\3a-z\7e[ample\0\0\1\0\1",
			     far[] = "\3a-z\7e{ample\0\0\1\0\1";
	struct request a = {.question = {lower, 17}}, b = {.question = {upper, 17}};
	struct cache_key x, y;

	cache_key(&secret, &a, &x);
	cache_key(&secret, &b, &y);
	assert_int_equal(x.size, y.size);
	assert_memory_equal(x.bytes, y.bytes, x.size);
	assert_true(x.hash == y.hash);
	b.dnssec_ok = true;
	cache_key(&secret, &b, &y);
	assert_memory_not_equal(x.bytes, y.bytes, x.size);
	/* What is asked of others though it stands in a hosts file is nobody else's answer. */
	a.beyond = b.single_label = true;
	b.dnssec_ok = false;
	cache_key(&secret, &a, &x);
	cache_key(&secret, &b, &y);
	assert_memory_not_equal(x.bytes, y.bytes, x.size);
	a.beyond = false;
	/* '[' and '{' differ as letters of two cases do. */
	a.question.data = near;
	b = (struct request){.question = {far, 17}};
	cache_key(&secret, &a, &x);
	cache_key(&secret, &b, &y);
	assert_memory_not_equal(x.bytes, y.bytes, x.size);
}

static void test_life([[maybe_unused]] void **state)
{
	struct cache *cache = cache_new(1 << 20, 0, 0);
	struct cache_key other = key_of(1, true);
	struct answer answer;
	bool due;

	put(cache, 1, 1000, 300, 100, RCODE_NOERROR);
	assert_int_equal(get(cache, 1, 1000, &answer, &due), CACHE_FRESH);
	assert_int_equal(answer.age_s, 0);
	assert_int_equal(get(cache, 1, 1269, &answer, &due), CACHE_FRESH);
	assert_int_equal(answer.age_s, 269);
	assert_false(due);
	/* In its last tenth, and asked for often: that is said once. */
	assert_int_equal(get(cache, 1, 1270, &answer, &due), CACHE_FRESH);
	assert_true(due);
	assert_int_equal(get(cache, 1, 1271, &answer, &due), CACHE_FRESH);
	assert_false(due);
	assert_int_equal(get(cache, 1, 1299, &answer, &due), CACHE_FRESH);
	assert_int_equal(get(cache, 1, 1300, &answer, &due), CACHE_NOTHING);
	assert_int_equal(cache_find(cache, &other, 1000, &answer, &due), CACHE_NOTHING);
	/* Of no use any more when it came. */
	put(cache, 2, 1000, 0, 100, RCODE_NOERROR);
	assert_false(has(cache, 2, 1000));
	/* In place of the old one. */
	put(cache, 1, 2000, 100, 50, RCODE_NOERROR);
	assert_int_equal(get(cache, 1, 2000, &answer, &due), CACHE_FRESH);
	assert_int_equal(answer.body.size, 50);
	assert_int_equal(cache_stats(cache).entries, 1);
	cache_flush(cache);
	assert_false(has(cache, 1, 2000));
	assert_int_equal(cache_stats(cache).entries, 0);
	put(cache, 1, 2000, 100, 50, RCODE_NOERROR);
	assert_true(has(cache, 1, 2000));
	cache_free(cache);
}

static void test_stale([[maybe_unused]] void **state)
{
	struct cache *cache = cache_new(1 << 20, 0, 3600);
	struct cache_key key = key_of(1, false);
	struct answer answer;
	bool due;

	put(cache, 1, 1000, 300, 100, RCODE_NOERROR | AUTHENTICATED);
	assert_int_equal(get(cache, 1, 1299, &answer, &due), CACHE_FRESH);
	assert_int_equal(answer.low, AUTHENTICATED);
	assert_int_equal(get(cache, 1, 1300, &answer, &due), CACHE_STALE);
	assert_int_equal(answer.low, 0);
	assert_int_equal(answer.max_ttl_s, 30);
	assert_int_equal(answer.age_s, 0);
	assert_true(due);
	cache_note_vain(cache, &key, 1300);
	assert_int_equal(get(cache, 1, 1329, &answer, &due), CACHE_STALE);
	assert_false(due);
	assert_int_equal(get(cache, 1, 1330, &answer, &due), CACHE_STALE);
	assert_true(due);
	/* A failure does not take its place, an answer does; nor is a failure ever stale. */
	put(cache, 1, 1400, 5, 100, RCODE_SERVFAIL);
	assert_int_equal(get(cache, 1, 1400, &answer, &due), CACHE_STALE);
	assert_int_equal(get(cache, 1, 4899, &answer, &due), CACHE_STALE);
	assert_int_equal(get(cache, 1, 4900, &answer, &due), CACHE_NOTHING);
	put(cache, 1, 4900, 5, 100, RCODE_SERVFAIL);
	assert_int_equal(get(cache, 1, 4904, &answer, &due), CACHE_FRESH);
	assert_int_equal(get(cache, 1, 4905, &answer, &due), CACHE_NOTHING);
	cache_free(cache);
}

/* What failed when it was asked anew before its time is as good as before until then. */
static void test_failure_before_the_end([[maybe_unused]] void **state)
{
	struct cache *cache = cache_new(1 << 20, 0, 0);
	struct answer answer;
	bool due;

	put(cache, 1, 1000, 300, 100, RCODE_NOERROR);
	put(cache, 1, 1270, 5, 90, RCODE_SERVFAIL);
	assert_int_equal(get(cache, 1, 1271, &answer, &due), CACHE_FRESH);
	assert_int_equal(answer.low & 15, RCODE_NOERROR);
	assert_int_equal(answer.body.size, 100);
	put(cache, 1, 1299, 0, 90, RCODE_REFUSED);
	assert_true(has(cache, 1, 1299));
	/* Then the failure is what is known. */
	put(cache, 1, 1300, 5, 90, RCODE_SERVFAIL);
	assert_int_equal(get(cache, 1, 1300, &answer, &due), CACHE_FRESH);
	assert_int_equal(answer.low & 15, RCODE_SERVFAIL);
	/* An answer takes its place at once. */
	put(cache, 1, 1301, 60, 80, RCODE_NXDOMAIN);
	assert_int_equal(get(cache, 1, 1301, &answer, &due), CACHE_FRESH);
	assert_int_equal(answer.low & 15, RCODE_NXDOMAIN);
	cache_free(cache);
}

/* Those that are asked for again and again outlive a flood of those that are asked for once. */
static void test_eviction([[maybe_unused]] void **state)
{
	struct cache *cache = cache_new(256 * 1024, 0, 0);
	struct cache_stats stats;

	for (unsigned i = 0; i < 50; i++)
		put(cache, i, 0, 3600, 60, RCODE_NOERROR);
	for (unsigned i = 1000; i < 50000; i++) {
		put(cache, i, 0, 3600, 20 + i % 90, RCODE_NOERROR);
		assert_true(has(cache, i % 50, 0));
		assert_true(has(cache, i, 0));
	}
	for (unsigned i = 0; i < 50; i++)
		assert_true(has(cache, i, 0));
	assert_false(has(cache, 1000, 0));
	stats = cache_stats(cache);
	assert_true(stats.bytes <= stats.capacity && stats.bytes > stats.capacity / 2);
	assert_int_equal(stats.inserted, 50 + 49000);
	assert_int_equal(stats.inserted, stats.evicted + stats.entries);
	cache_free(cache);
}

static void test_number_of_entries([[maybe_unused]] void **state)
{
	struct cache *cache = cache_new(1 << 20, 10, 0);

	for (unsigned i = 0; i < 1000; i++)
		put(cache, i, 0, 3600, 60, RCODE_NOERROR);
	assert_int_equal(cache_stats(cache).entries, 10);
	assert_true(has(cache, 999, 0) && has(cache, 990, 0) && !has(cache, 989, 0));
	cache_free(cache);
}

/* Any order of sizes, of asking, of replacing: what is found is what was put. */
static void test_all_sizes([[maybe_unused]] void **state)
{
	struct cache *cache = cache_new(64 * 1024, 0, 0);
	unsigned found = 0;

	srand(1);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned number = (unsigned)rand() % 700;
		uint32_t now = i / 100;

		if (rand() % 3 != 0)
			found += has(cache, number, now);
		else
			put(cache, number, now, 1 + (uint32_t)rand() % 50,
				4 + (size_t)rand() % (rand() % 50 == 0 ? 9000 : 200),
				RCODE_NOERROR);
	}
	assert_true(found > 10000);
	/* The smallest that can be, of which most find room. */
	for (unsigned i = 0; i < 100000; i++)
		put(cache, i, 5000, 60, 4, RCODE_NOERROR);
	assert_true(has(cache, 99999, 5000));
	assert_false(has(cache, 0, 5000));
	/* One that is too large is not kept, and costs nobody else his place. */
	put(cache, 7, 5000, 60, 60000, RCODE_NOERROR);
	assert_false(has(cache, 7, 5000));
	assert_true(has(cache, 99999, 5000));
	cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_failure_before_the_end),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_number_of_entries),
		cmocka_unit_test(test_all_sizes),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
