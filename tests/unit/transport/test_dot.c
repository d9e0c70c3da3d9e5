/* SPDX-License-Identifier: MIT */
#include "transport/dot.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct asked {
	struct exchange exchange;
	struct attempt attempt;
	bool accepts;
};

static size_t write_query([[maybe_unused]] struct exchange *exchange,
	[[maybe_unused]] enum protocol protocol, uint8_t *out)
{
	memset(out, 0, 12);
	return 12;
}

static bool accept(struct exchange *exchange, [[maybe_unused]] struct wire answer)
{
	return container_of(exchange, struct asked, exchange)->accepts;
}

static void asked_init(struct asked *asked)
{
	*asked = (struct asked){
		.exchange = {.write = write_query, .accept = accept}, .accepts = true};
	asked->attempt.exchange = &asked->exchange;
}

static enum transport_err submit(struct framing *dot, struct asked *asked)
{
	asked_init(asked);
	return dot->ops->submit(dot, &asked->attempt);
}

static void release(struct framing *dot)
{
	dot->ops->free(dot);
}

/* An answer under this ID, as the peer would send it. */
static void answer(struct framing *dot, uint16_t id)
{
	uint8_t frame[14] = {0, 12, (uint8_t)(id >> 8), (uint8_t)id};

	assert_true(buf_append(&dot->in, frame, sizeof frame));
}

static struct framing_news expect(
	struct framing *dot, enum framing_event event, const struct asked *asked)
{
	struct framing_news news;

	assert_int_equal(dot->ops->next(dot, &news), event);
	if (event == FRAMING_RETURNED)
		assert_ptr_equal(news.attempt, &asked->attempt);
	if (event == FRAMING_ANSWERED) {
		assert_ptr_equal(news.attempt, &asked->attempt);
		assert_int_equal(news.answer.size, 12);
		assert_int_equal(news.age_s, 0);
		assert_int_equal(news.max_age_s, UINT32_MAX);
	}
	return news;
}

static void test_any_order([[maybe_unused]] void **state)
{
	struct framing *dot = dot_new();
	struct asked asked[3];

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(submit(dot, &asked[i]), TRANSPORT_OK);
	assert_int_equal(buf_size(&dot->out), 3 * 14);
	assert_int_equal(dot->waiting, 3);
	for (size_t i = 3; i-- > 0;)
		answer(dot, asked[i].attempt.id);
	for (size_t i = 3; i-- > 0;)
		expect(dot, FRAMING_ANSWERED, &asked[i]);
	expect(dot, FRAMING_WAIT, NULL);
	assert_int_equal(dot->waiting, 0);
	release(dot);
}

/* Byte by byte, an answer comes when its last byte does. */
static void test_pieces([[maybe_unused]] void **state)
{
	struct framing *dot = dot_new();
	uint8_t frame[14] = {0, 12};
	struct asked asked;

	assert_int_equal(submit(dot, &asked), TRANSPORT_OK);
	frame[3] = (uint8_t)asked.attempt.id;
	for (size_t i = 0; i < sizeof frame; i++) {
		expect(dot, FRAMING_WAIT, NULL);
		assert_true(buf_append(&dot->in, &frame[i], 1));
	}
	expect(dot, FRAMING_ANSWERED, &asked);
	release(dot);
}

static void test_unasked([[maybe_unused]] void **state)
{
	static const uint8_t short_frame[] = {0, 11, 0, 0};
	struct framing *dot;
	struct asked asked;

	/* An ID that nobody has; twice the same answer; a message shorter than a header. */
	dot = dot_new();
	answer(dot, 0);
	expect(dot, FRAMING_BROKEN, NULL);
	release(dot);

	dot = dot_new();
	assert_int_equal(submit(dot, &asked), TRANSPORT_OK);
	answer(dot, asked.attempt.id);
	answer(dot, asked.attempt.id);
	expect(dot, FRAMING_ANSWERED, &asked);
	expect(dot, FRAMING_BROKEN, NULL);
	release(dot);

	dot = dot_new();
	assert_true(buf_append(&dot->in, short_frame, sizeof short_frame));
	expect(dot, FRAMING_BROKEN, NULL);
	release(dot);
}

/* What its exchange does not take is that one's misfortune; many in a row are not by chance. */
static void test_not_taken([[maybe_unused]] void **state)
{
	struct framing *dot = dot_new();
	struct framing_news news;
	struct asked asked;

	for (unsigned i = 0; i < 16; i++) {
		assert_int_equal(submit(dot, &asked), TRANSPORT_OK);
		asked.accepts = false;
		answer(dot, asked.attempt.id);
		news = expect(dot, FRAMING_RETURNED, &asked);
		assert_int_equal(news.retry, RETRY_ELSEWHERE);
		assert_non_null(news.why);
		assert_int_equal(dot->waiting, 0);
	}
	assert_int_equal(submit(dot, &asked), TRANSPORT_OK);
	answer(dot, asked.attempt.id);
	expect(dot, FRAMING_BROKEN, NULL);
	assert_int_equal(dot->waiting, 1);
	assert_ptr_equal(dot->ops->take(dot), &asked.attempt);
	assert_null(dot->ops->take(dot));
	release(dot);
}

/* A cancelled query's ID rests until its answer has come, and that answer is passed over. */
static void test_cancelled([[maybe_unused]] void **state)
{
	struct framing *dot = dot_new();
	struct asked gone, next[200];

	assert_int_equal(submit(dot, &gone), TRANSPORT_OK);
	dot->ops->cancel(dot, &gone.attempt);
	for (size_t i = 0; i < 200; i++) {
		assert_int_equal(submit(dot, &next[i]), TRANSPORT_OK);
		assert_int_not_equal(next[i].attempt.id, gone.attempt.id);
	}
	assert_int_equal(dot->forgotten, 1);
	answer(dot, gone.attempt.id);
	answer(dot, next[7].attempt.id);
	expect(dot, FRAMING_ANSWERED, &next[7]);
	assert_int_equal(dot->forgotten, 0);
	release(dot);
}

/* One sign of life at a time; its answer is nobody's. */
static void test_ping([[maybe_unused]] void **state)
{
	struct framing *dot = dot_new();
	struct wire sent;
	struct asked asked;

	dot->ops->ping(dot);
	sent = buf_bytes(&dot->out);
	assert_int_equal(sent.size, 2 + 128);
	/* RD, one question, one additional; the root, NS, IN; OPT with padding to its end. */
	assert_memory_equal(sent.data, "\0\x80\0\0\1\0\0\1\0\0\0\0\0\1\0\0\2\0\1", 19);
	assert_memory_equal(sent.data + 19, "\0\0\x29\4\xd0\0\0\0\0\0\x64\0\x0c\0\x60", 15);
	assert_int_equal(dot->waiting, 0);
	assert_int_equal(submit(dot, &asked), TRANSPORT_OK);
	answer(dot, 0);
	expect(dot, FRAMING_WAIT, NULL);
	answer(dot, asked.attempt.id);
	expect(dot, FRAMING_ANSWERED, &asked);
	/* As long as nobody answers them, a few are enough. */
	for (unsigned i = 0; i < 6; i++)
		dot->ops->ping(dot);
	assert_int_equal(buf_size(&dot->out), 5 * 130 + 14);
	release(dot);
}

static void test_full([[maybe_unused]] void **state)
{
	enum { MANY = 16384 };
	struct asked *asked = calloc(MANY + 1, sizeof *asked);
	struct framing *dot = dot_new();

	for (size_t i = 0; i <= MANY; i++)
		assert_int_equal(
			submit(dot, &asked[i]), i < MANY ? TRANSPORT_OK : TRANSPORT_BUSY);
	release(dot);
	free(asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_not_taken),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("dot", tests, NULL, NULL);
}
