/* SPDX-License-Identifier: MIT */
#include "transport/doh.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 9113 section 6, and the codes of section 7. */
enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, GOAWAY = 7 };
enum { END_STREAM = 1, END_HEADERS = 4 };
enum { INTERNAL_ERROR = 2, REFUSED_STREAM = 7, ENHANCE_YOUR_CALM = 11 };

enum { N = 3 };

struct asked {
	struct exchange exchange;
	struct attempt attempt;
};

static size_t write_query(
	[[maybe_unused]] struct exchange *exchange, enum protocol protocol, uint8_t *out)
{
	assert_int_equal(protocol, PROTOCOL_HTTPS);
	memset(out, 0, 12);
	return 12;
}

static bool accept([[maybe_unused]] struct exchange *exchange, struct wire answer)
{
	return answer.size == 12;
}

/* What the server sends. */
static void frame(struct framing *doh, uint8_t type, uint8_t flags, uint8_t stream,
	const void *payload, uint8_t size)
{
	const uint8_t head[9] = {0, 0, size, type, flags, 0, 0, 0, stream};

	assert_true(buf_append(&doh->in, head, sizeof head));
	assert_true(buf_append(&doh->in, payload, size));
}

static void error_frame(struct framing *doh, uint8_t stream, uint8_t code)
{
	const uint8_t payload[4] = {0, 0, 0, code};

	frame(doh, RST_STREAM, 0, stream, payload, sizeof payload);
}

static void goaway(struct framing *doh, uint8_t last_stream)
{
	const uint8_t payload[8] = {0, 0, 0, last_stream};

	frame(doh, GOAWAY, 0, 0, payload, sizeof payload);
}

/* A status out of the static table of RFC 7541: 8 is 200, 13 is 404. */
static void answer(struct framing *doh, uint8_t stream, uint8_t status)
{
	static const char type[] = "application/dns-message";
	static const uint8_t message[12] = {0};
	uint8_t block[4 + sizeof type - 1] = {0x80 | status, 0x0f, 0x10, sizeof type - 1};

	memcpy(block + 4, type, sizeof type - 1);
	frame(doh, HEADERS, END_HEADERS, stream, block, sizeof block);
	frame(doh, DATA, END_STREAM, stream, message, sizeof message);
}

/* Streams 1, 3, 5 are under way. */
static struct framing *begin(struct asked *asked)
{
	static const struct doh_params params = {.authority = "a", .path = "/dns-query"};
	struct framing *doh = doh_new(&params);

	assert_non_null(doh);
	for (size_t i = 0; i < N; i++) {
		asked[i] = (struct asked){.exchange = {.write = write_query, .accept = accept}};
		asked[i].attempt.exchange = &asked[i].exchange;
		assert_int_equal(doh->ops->submit(doh, &asked[i].attempt), TRANSPORT_OK);
	}
	assert_true(doh->ops->flush(doh));
	frame(doh, SETTINGS, 0, 0, NULL, 0);
	return doh;
}

static struct framing_news expect(
	struct framing *doh, enum framing_event event, const struct asked *asked)
{
	struct framing_news news;

	assert_int_equal(doh->ops->next(doh, &news), event);
	assert_ptr_equal(news.attempt, asked == NULL ? NULL : &asked->attempt);
	return news;
}

static void test_any_order([[maybe_unused]] void **state)
{
	struct asked asked[N];
	struct framing *doh = begin(asked);

	for (size_t i = N; i-- > 0;)
		answer(doh, (uint8_t)(1 + 2 * i), 8);
	for (size_t i = N; i-- > 0;) {
		struct framing_news news = expect(doh, FRAMING_ANSWERED, &asked[i]);

		assert_int_equal(news.answer.size, 12);
		assert_int_equal(news.age_s, 0);
		assert_int_equal(news.max_age_s, UINT32_MAX);
	}
	expect(doh, FRAMING_WAIT, NULL);
	assert_int_equal(doh->waiting, 0);
	doh->ops->free(doh);
}

/* Who is returned is to go to another connection, so that has to be known before. */
static void test_goaway([[maybe_unused]] void **state)
{
	struct asked asked[N], late = {.exchange = {.write = write_query, .accept = accept}};
	struct framing *doh = begin(asked);

	goaway(doh, 1);
	expect(doh, FRAMING_LEAVING, NULL);
	late.attempt.exchange = &late.exchange;
	assert_int_equal(doh->ops->submit(doh, &late.attempt), TRANSPORT_BUSY);
	for (size_t i = 1; i < N; i++) {
		struct framing_news news;

		assert_int_equal(doh->ops->next(doh, &news), FRAMING_RETURNED);
		assert_true(
			news.attempt == &asked[1].attempt || news.attempt == &asked[2].attempt);
		assert_int_equal(news.retry, RETRY_HERE);
	}
	expect(doh, FRAMING_WAIT, NULL);
	answer(doh, 1, 8);
	expect(doh, FRAMING_ANSWERED, &asked[0]);
	expect(doh, FRAMING_WAIT, NULL);
	doh->ops->free(doh);
}

static void test_resets([[maybe_unused]] void **state)
{
	struct asked asked[N];
	struct framing *doh = begin(asked);

	error_frame(doh, 1, REFUSED_STREAM);
	assert_int_equal(expect(doh, FRAMING_RETURNED, &asked[0]).retry, RETRY_HERE);
	error_frame(doh, 3, INTERNAL_ERROR);
	assert_int_equal(expect(doh, FRAMING_RETURNED, &asked[1]).retry, RETRY_ONCE);
	error_frame(doh, 5, ENHANCE_YOUR_CALM);
	assert_int_equal(expect(doh, FRAMING_RETURNED, &asked[2]).retry, RETRY_ELSEWHERE);
	expect(doh, FRAMING_WAIT, NULL);
	doh->ops->free(doh);
}

static void test_status([[maybe_unused]] void **state)
{
	struct asked asked[N];
	struct framing *doh = begin(asked);
	struct framing_news news;

	answer(doh, 1, 13);
	news = expect(doh, FRAMING_RETURNED, &asked[0]);
	assert_int_equal(news.retry, RETRY_ELSEWHERE);
	assert_non_null(strstr(news.why, "404"));
	expect(doh, FRAMING_WAIT, NULL);
	doh->ops->free(doh);
}

/* What is cancelled is passed over when it comes. */
static void test_cancelled([[maybe_unused]] void **state)
{
	struct asked asked[N];
	struct framing *doh = begin(asked);

	doh->ops->cancel(doh, &asked[0].attempt);
	answer(doh, 1, 8);
	answer(doh, 3, 8);
	expect(doh, FRAMING_ANSWERED, &asked[1]);
	expect(doh, FRAMING_WAIT, NULL);
	assert_ptr_equal(doh->ops->take(doh), &asked[2].attempt);
	assert_null(doh->ops->take(doh));
	doh->ops->free(doh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_goaway),
		cmocka_unit_test(test_resets),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
