/* SPDX-License-Identifier: MIT */
#include "transport/dot.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t QUERY[12] = {0};

struct asked {
	struct exchange exchange;
	bool accepts;
};

static bool accept(struct exchange *exchange, [[maybe_unused]] struct wire answer)
{
	return container_of(exchange, struct asked, exchange)->accepts;
}

static struct asked asked_new(void)
{
	return (struct asked){
		.exchange = {.query = {QUERY, sizeof QUERY}, .accept = accept},
		.accepts = true,
	};
}

/* An answer under this ID, as the peer would send it. */
static void answer(struct dot *dot, uint16_t id)
{
	uint8_t frame[14] = {0, 12, (uint8_t)(id >> 8), (uint8_t)id};

	assert_true(buf_append(dot_in(dot), frame, sizeof frame));
}

static void test_any_order([[maybe_unused]] void **state)
{
	struct dot *dot = dot_new();
	struct asked asked[3] = {asked_new(), asked_new(), asked_new()};
	struct exchange *exchange;
	struct wire message;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(dot_submit(dot, &asked[i].exchange), TRANSPORT_OK);
	assert_int_equal(buf_size(dot_out(dot)), 3 * 14);
	assert_int_equal(dot_waiting(dot), 3);
	for (size_t i = 3; i-- > 0;)
		answer(dot, asked[i].exchange.id);
	for (size_t i = 3; i-- > 0;) {
		assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_OK);
		assert_ptr_equal(exchange, &asked[i].exchange);
		assert_int_equal(message.size, 12);
	}
	assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_WAIT);
	assert_int_equal(dot_waiting(dot), 0);
	dot_free(dot);
}

/* Byte by byte, an answer comes when its last byte does. */
static void test_pieces([[maybe_unused]] void **state)
{
	struct dot *dot = dot_new();
	struct asked asked = asked_new();
	uint8_t frame[14] = {0, 12};
	struct exchange *exchange;
	struct wire message;

	assert_int_equal(dot_submit(dot, &asked.exchange), TRANSPORT_OK);
	frame[3] = (uint8_t)asked.exchange.id;
	for (size_t i = 0; i < sizeof frame; i++) {
		assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_WAIT);
		assert_true(buf_append(dot_in(dot), &frame[i], 1));
	}
	assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_OK);
	dot_free(dot);
}

static void test_unasked([[maybe_unused]] void **state)
{
	static const uint8_t short_frame[] = {0, 11, 0, 0};
	struct exchange *exchange;
	struct wire message;
	struct asked asked;
	struct dot *dot;

	/* An ID that nobody has; twice the same answer; a message shorter than a header; one
	 * that its exchange does not take. */
	dot = dot_new();
	answer(dot, 0);
	assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_PROTOCOL);
	dot_free(dot);

	dot = dot_new();
	asked = asked_new();
	assert_int_equal(dot_submit(dot, &asked.exchange), TRANSPORT_OK);
	answer(dot, asked.exchange.id);
	answer(dot, asked.exchange.id);
	assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_OK);
	assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_PROTOCOL);
	dot_free(dot);

	dot = dot_new();
	assert_true(buf_append(dot_in(dot), short_frame, sizeof short_frame));
	assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_PROTOCOL);
	dot_free(dot);

	dot = dot_new();
	asked = asked_new();
	asked.accepts = false;
	assert_int_equal(dot_submit(dot, &asked.exchange), TRANSPORT_OK);
	answer(dot, asked.exchange.id);
	assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_PROTOCOL);
	assert_int_equal(dot_waiting(dot), 1);
	assert_ptr_equal(dot_take(dot), &asked.exchange);
	assert_null(dot_take(dot));
	dot_free(dot);
}

/* A cancelled query's ID rests until its answer has come, and that answer is passed over. */
static void test_cancelled([[maybe_unused]] void **state)
{
	struct dot *dot = dot_new();
	struct asked gone = asked_new(), next[200];
	struct exchange *exchange;
	struct wire message;

	assert_int_equal(dot_submit(dot, &gone.exchange), TRANSPORT_OK);
	dot_cancel(dot, &gone.exchange);
	for (size_t i = 0; i < 200; i++) {
		next[i] = asked_new();
		assert_int_equal(dot_submit(dot, &next[i].exchange), TRANSPORT_OK);
		assert_int_not_equal(next[i].exchange.id, gone.exchange.id);
	}
	assert_int_equal(dot_cancelled(dot), 1);
	answer(dot, gone.exchange.id);
	answer(dot, next[7].exchange.id);
	assert_int_equal(dot_next(dot, &exchange, &message), TRANSPORT_OK);
	assert_ptr_equal(exchange, &next[7].exchange);
	assert_int_equal(dot_cancelled(dot), 0);
	dot_free(dot);
}

static void test_full([[maybe_unused]] void **state)
{
	enum { MANY = 16384 };
	struct asked *asked = calloc(MANY + 1, sizeof *asked);
	struct dot *dot = dot_new();

	for (size_t i = 0; i <= MANY; i++) {
		asked[i] = asked_new();
		assert_int_equal(dot_submit(dot, &asked[i].exchange),
			i < MANY ? TRANSPORT_OK : TRANSPORT_BUSY);
	}
	dot_free(dot);
	free(asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("dot", tests, NULL, NULL);
}
