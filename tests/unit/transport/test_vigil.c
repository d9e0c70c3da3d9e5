/* SPDX-License-Identifier: MIT */
#include "transport/pace.h"
#include "transport/relief.h"
#include "transport/vigil.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What happens, and when, to a peer that falls silent at 1000 ms. */
struct fate {
	uint64_t ping_ms, suspect_ms, doubt_ms, give_up_ms;
};

static struct fate silence(uint32_t rtt_ms, unsigned patience)
{
	struct vigil vigil = {.silent_ms = 2500,
		.idle_ms = 10000,
		.rtt_ms = rtt_ms,
		.patience = patience,
		.heard_ms = 1000};
	struct fate fate = {0};
	uint64_t now = 1000, wait = 0;

	for (unsigned i = 0; i < 20; i++) {
		switch (vigil_look(&vigil, true, now, &wait)) {
		case VIGIL_NOTHING:
			assert_true(wait > 0);
			now += wait;
			break;
		case VIGIL_PING:
			assert_int_equal(fate.ping_ms, 0);
			fate.ping_ms = now - 1000;
			vigil_pinged(&vigil, now);
			break;
		case VIGIL_SUSPECT:
			assert_int_equal(fate.suspect_ms, 0);
			fate.suspect_ms = now - 1000;
			break;
		case VIGIL_DOUBT:
			assert_int_equal(fate.doubt_ms, 0);
			fate.doubt_ms = now - 1000;
			break;
		case VIGIL_GIVE_UP: fate.give_up_ms = now - 1000; return fate;
		case VIGIL_CLOSE: fail();
		}
	}
	fail();
	return fate;
}

/* Two round trips and half a second; suspected a round trip and 20 ms after it was
 * asked, or later where it is near. */
static void test_silence([[maybe_unused]] void **state)
{
	static const struct {
		uint32_t rtt_ms;
		unsigned patience;
		struct fate want;
	} cases[] = {{1, 0, {251, 348, 502, 2500}}, {20, 0, {270, 310, 540, 2500}},
		{300, 0, {550, 870, 1100, 2500}}, {20, 1, {540, 580, 1080, 2500}},
		{20, 4, {1250, 1290, 0, 2500}}, {5000, 0, {1250, 0, 0, 2500}}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fate fate = silence(cases[i].rtt_ms, cases[i].patience);

		assert_int_equal(fate.ping_ms, cases[i].want.ping_ms);
		assert_int_equal(fate.suspect_ms, cases[i].want.suspect_ms);
		assert_int_equal(fate.doubt_ms, cases[i].want.doubt_ms);
		assert_int_equal(fate.give_up_ms, cases[i].want.give_up_ms);
	}
}

static void test_who_is_heard_is_not_doubted([[maybe_unused]] void **state)
{
	struct vigil vigil = {.silent_ms = 2500, .idle_ms = 10000, .heard_ms = 1000};
	uint64_t wait;

	assert_int_equal(vigil_look(&vigil, true, 1249, &wait), VIGIL_NOTHING);
	assert_int_equal(wait, 1);
	assert_int_equal(vigil_look(&vigil, true, 1250, &wait), VIGIL_PING);
	vigil_pinged(&vigil, 1250);
	vigil_heard(&vigil, 1300);
	assert_int_equal(vigil_look(&vigil, true, 1500, &wait), VIGIL_NOTHING);
	assert_int_equal(wait, 50);
	assert_int_equal(vigil_look(&vigil, true, 1550, &wait), VIGIL_PING);
	vigil_pinged(&vigil, 1550);
	assert_int_equal(vigil_look(&vigil, true, 1649, &wait), VIGIL_NOTHING);
	assert_int_equal(wait, 1);
	assert_int_equal(vigil_look(&vigil, true, 1650, &wait), VIGIL_SUSPECT);
	assert_int_equal(vigil_look(&vigil, true, 1650, &wait), VIGIL_NOTHING);
	assert_int_equal(wait, 150);
	assert_int_equal(vigil_look(&vigil, true, 1800, &wait), VIGIL_DOUBT);
	assert_int_equal(vigil_look(&vigil, true, 1800, &wait), VIGIL_NOTHING);
}

/* Asked for a sign of life before the vigil does, for something was late. */
static void test_pinged_early([[maybe_unused]] void **state)
{
	struct vigil vigil = {.silent_ms = 2500, .idle_ms = 10000, .heard_ms = 1000};
	uint64_t wait;

	vigil_pinged(&vigil, 1030);
	assert_int_equal(vigil_look(&vigil, true, 1030, &wait), VIGIL_NOTHING);
	assert_int_equal(wait, 100);
	vigil_heard(&vigil, 1069);
	assert_int_equal(vigil_look(&vigil, true, 1070, &wait), VIGIL_NOTHING);
	assert_int_equal(wait, 249);
	vigil_pinged(&vigil, 1100);
	assert_int_equal(vigil_look(&vigil, true, 1200, &wait), VIGIL_SUSPECT);
	assert_int_equal(vigil_look(&vigil, true, 1200, &wait), VIGIL_NOTHING);
	assert_int_equal(wait, 369);
}

/* Answers of 20 ms that nobody gives any more from 1000 ms on. */
static void test_all_are_late([[maybe_unused]] void **state)
{
	struct relief relief = {0};

	assert_false(relief_is_due(&relief, 1000, 1018, 22, 1020));
	/* Another type of the same name says nothing new; another query does. */
	assert_false(relief_is_due(&relief, 1001, 1018, 22, 1021));
	assert_true(relief_is_due(&relief, 1005, 1018, 22, 1025));
	assert_true(relief_is_due(&relief, 1010, 1018, 22, 1030));
	/* Something came between: only one name is slow. */
	assert_false(relief_is_due(&relief, 1015, 1034, 22, 1035));
	assert_false(relief_is_due(&relief, 1020, 1038, 22, 1040));
	assert_true(relief_is_due(&relief, 1025, 1038, 22, 1045));
	/* The machine was busy with something else: many are late at once. */
	assert_false(relief_is_due(&relief, 1060, 1060, 22, 1100));
	assert_false(relief_is_due(&relief, 1065, 1060, 22, 1100));
	assert_false(relief_is_due(&relief, 1080, 1060, 22, 1101));
	assert_true(relief_is_due(&relief, 1085, 1060, 22, 1105));
}

/* Next door a new connection is there at once: no need to be hasty. */
static void test_near_and_late([[maybe_unused]] void **state)
{
	struct relief relief = {0};

	assert_false(relief_is_due(&relief, 1000, 1000, 1, 1020));
	assert_false(relief_is_due(&relief, 1060, 1000, 1, 1086));
	assert_true(relief_is_due(&relief, 1065, 1000, 1, 1087));
	assert_true(relief_is_due(&relief, 1065, 1000, 10, 1060));
}

static void test_relief_is_rare([[maybe_unused]] void **state)
{
	struct relief relief = {0};
	unsigned n = 0;

	assert_true(relief_begin(&relief, false, 100000));
	assert_true(relief_begin(&relief, false, 100000));
	assert_false(relief_begin(&relief, false, 100001));
	assert_false(relief_begin(&relief, false, 109999));
	assert_true(relief_begin(&relief, false, 110001));
	assert_false(relief_begin(&relief, false, 110002));
	assert_true(relief_begin(&relief, false, 150000));
	assert_true(relief_begin(&relief, false, 150001));
	assert_false(relief_begin(&relief, false, 150002));
	/* With a better reason there are two more, and no third. */
	assert_true(relief_begin(&relief, true, 150003));
	assert_true(relief_begin(&relief, true, 150004));
	assert_false(relief_begin(&relief, true, 150005));
	for (uint64_t now = 200000; now < 800000; now++)
		n += relief_begin(&relief, false, now);
	assert_in_range(n, 60, 61);
}

static void test_idle([[maybe_unused]] void **state)
{
	struct vigil vigil = {
		.silent_ms = 2500, .idle_ms = 9000, .heard_ms = 1, .used_ms = 1000};
	uint64_t wait;

	assert_int_equal(vigil_look(&vigil, false, 5000, &wait), VIGIL_NOTHING);
	assert_int_equal(wait, 5000);
	assert_int_equal(vigil_look(&vigil, false, 9999, &wait), VIGIL_NOTHING);
	assert_int_equal(vigil_look(&vigil, false, 10000, &wait), VIGIL_CLOSE);
}

static void add(struct pace *pace, unsigned n, uint64_t took_ms)
{
	for (unsigned i = 0; i < n; i++)
		pace_add(pace, took_ms, i);
}

/* Nineteen of twenty come within it, whatever they take. */
static void test_late([[maybe_unused]] void **state)
{
	struct pace pace = {0};
	unsigned late = 0;

	add(&pace, 19, 50);
	assert_true(pace_late_ms(&pace) == UINT64_MAX);
	add(&pace, 1, 50);
	assert_int_equal(pace_late_ms(&pace), 51);
	/* Evenly from 0 to 199 ms: 190. */
	for (unsigned i = 0; i < 20000; i++)
		pace_add(&pace, i * 7919 % 200, i);
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t took = i * 7919 % 200;

		late += took > pace_late_ms(&pace);
		pace_add(&pace, took, i);
	}
	assert_true(late >= 40 && late <= 200);
	/* A server on the next shelf is not late after a millisecond. */
	pace = (struct pace){0};
	add(&pace, 100, 0);
	assert_int_equal(pace_late_ms(&pace), 20);
}

static void test_better([[maybe_unused]] void **state)
{
	struct pace slow = {0}, fast = {0}, unknown = {0};

	add(&slow, 10, 100);
	add(&fast, 10, 50);
	assert_true(pace_is_better(&fast, &slow));
	assert_false(pace_is_better(&slow, &fast));
	assert_false(pace_is_better(&fast, &unknown));
	assert_false(pace_is_better(&unknown, &slow));
	/* Not for a little. */
	add(&fast, 100, 80);
	assert_false(pace_is_better(&fast, &slow));
	/* What is past is forgotten. */
	add(&slow, 50, 10);
	assert_true(pace_is_better(&slow, &fast));
	/* An error that came at once does not make it fast. */
	pace_add_failure(&fast, 0, 0);
	assert_true(fast.mean >= 78 && fast.mean < 83);
	pace_add_failure(&fast, 5000, 0);
	assert_true(fast.mean > 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_who_is_heard_is_not_doubted),
		cmocka_unit_test(test_pinged_early),
		cmocka_unit_test(test_all_are_late),
		cmocka_unit_test(test_near_and_late),
		cmocka_unit_test(test_relief_is_rare),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_better),
	};

	return cmocka_run_group_tests_name("vigil", tests, NULL, NULL);
}
