/* SPDX-License-Identifier: MIT */
#include "transport/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/timex.h>

#include <cmocka.h>

static uint64_t wall_ms;
static bool synchronized;

uint64_t __wrap_loop_wall_ms(void);
int __wrap_adjtimex(struct timex *ret);
int __wrap___adjtimex_time64(struct timex *ret);

uint64_t __wrap_loop_wall_ms(void)
{
	return wall_ms;
}

int __wrap_adjtimex(struct timex *ret)
{
	ret->status = synchronized ? 0 : STA_UNSYNC;
	return TIME_OK;
}

/* What musl calls it where time_t was 32 bits once. */
int __wrap___adjtimex_time64(struct timex *ret)
{
	return __wrap_adjtimex(ret);
}

static void expect(const struct clock *clock, uint64_t wall, bool kept_right, uint64_t believed)
{
	struct ct_clock now;

	wall_ms = wall;
	synchronized = kept_right;
	now = clock_now(clock);
	assert_int_equal(now.now_ms, believed);
	assert_int_equal(now.unset, believed != wall);
}

static void test_before_what_is_proven([[maybe_unused]] void **state)
{
	struct clock clock = {.bound_ms = 1000};

	expect(&clock, 0, false, 1000);
	expect(&clock, 999, true, 1000);
	expect(&clock, 1000, false, 1000);
	expect(&clock, UINT64_MAX, false, UINT64_MAX);
	clock_raise(&clock, 2000);
	clock_raise(&clock, 1500);
	expect(&clock, 1999, true, 2000);
}

static void test_before_it_was_up_last([[maybe_unused]] void **state)
{
	struct clock clock = {.bound_ms = 1000, .saved_ms = 2000};

	expect(&clock, 999, true, 2000);
	expect(&clock, 1500, false, 2000);
	expect(&clock, 1500, true, 1500);
	expect(&clock, 2000, false, 2000);
}

static void test_beyond_the_list([[maybe_unused]] void **state)
{
	struct clock clock = {.bound_ms = 1000, .horizon_ms = 3000};

	expect(&clock, 2999, false, 2999);
	expect(&clock, 3000, false, 1000);
	expect(&clock, 3000, true, 3000);
	clock.saved_ms = 2000;
	expect(&clock, 3000, false, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_what_is_proven),
		cmocka_unit_test(test_before_it_was_up_last),
		cmocka_unit_test(test_beyond_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
