/* SPDX-License-Identifier: MIT */
#include "resolver/bootstrap.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* An answer of no records to any question about "dns.example", in which the type is to be set.
 */
enum { TYPE_AT = 26 };
static const uint8_t NONE[] = "\0\0\x81\x80\0\1\0\0\0\0\0\0\3dns\7example\0\0\0\0\1";

/* One name, with its two families. */
static struct endpoint endpoints[2] = {
	{.subject.name = "dns.example"}, {.subject.name = "dns.example"}};
static struct exchange *asked; /* last; NULL: nothing since */
static struct timer *timer;    /* that was started last, and by how many ms */
static uint64_t timer_ms;
static size_t lacks, expects, addresses;

const struct endpoint *__wrap_set_endpoint(const struct upstream_set *set, size_t i);
bool __wrap_set_is_well(const struct upstream_set *set, size_t i);
void __wrap_set_submit(struct upstream_set *set, struct exchange *exchange);
void __wrap_set_cancel(struct exchange *exchange);
void __wrap_set_address(
	struct upstream_set *set, size_t i, const uint8_t *address, size_t address_size);
void __wrap_set_expect_address(struct upstream_set *set, size_t i, uint32_t ms);
void __wrap_set_lack_address(struct upstream_set *set, size_t i, const char *why);
bool __wrap_timer_start(struct loop *loop, struct timer *started, uint64_t ms);
void __wrap_timer_done(struct timer *done);

const struct endpoint *__wrap_set_endpoint(
	[[maybe_unused]] const struct upstream_set *set, size_t i)
{
	return i < 2 ? &endpoints[i] : NULL;
}

bool __wrap_set_is_well(
	[[maybe_unused]] const struct upstream_set *set, [[maybe_unused]] size_t i)
{
	return true;
}

void __wrap_set_submit([[maybe_unused]] struct upstream_set *set, struct exchange *exchange)
{
	asked = exchange;
}

void __wrap_set_cancel([[maybe_unused]] struct exchange *exchange)
{
}

void __wrap_set_address([[maybe_unused]] struct upstream_set *set, [[maybe_unused]] size_t i,
	[[maybe_unused]] const uint8_t *address, [[maybe_unused]] size_t address_size)
{
	addresses++;
}

void __wrap_set_expect_address([[maybe_unused]] struct upstream_set *set,
	[[maybe_unused]] size_t i, [[maybe_unused]] uint32_t ms)
{
	expects++;
}

void __wrap_set_lack_address([[maybe_unused]] struct upstream_set *set,
	[[maybe_unused]] size_t i, [[maybe_unused]] const char *why)
{
	lacks++;
}

bool __wrap_timer_start([[maybe_unused]] struct loop *loop, struct timer *started, uint64_t ms)
{
	timer = started;
	timer_ms = ms;
	return true;
}

void __wrap_timer_done([[maybe_unused]] struct timer *done)
{
}

/* What is looked for last, IPv6, is asked. The other family waits for its turn all the time. */
static struct bootstrap *begin(void)
{
	struct upstream_set *set = (struct upstream_set *)(void *)&endpoints[0];
	struct upstream_set *ask = (struct upstream_set *)(void *)&endpoints[1];
	struct bootstrap *bootstrap = bootstrap_new(NULL, set, ask);

	assert_non_null(bootstrap);
	asked = NULL;
	lacks = expects = addresses = 0;
	timer->fired(timer);
	assert_non_null(asked);
	assert_int_equal(expects, 1);
	return bootstrap;
}

static void end_in_vain(void)
{
	asked->err = TRANSPORT_UNREACHABLE;
	asked->why = "no route";
	asked->done(asked);
	asked = NULL;
}

static void answer_none(void)
{
	uint8_t answer[sizeof NONE - 1];

	memcpy(answer, NONE, sizeof answer);
	answer[TYPE_AT] = 28; /* AAAA */
	asked->err = TRANSPORT_OK;
	asked->answer = (struct wire){answer, sizeof answer};
	asked->done(asked);
	asked = NULL;
}

static void end_in_vain_often(void)
{
	for (unsigned i = 0; i < 12; i++) {
		end_in_vain();
		assert_int_equal(timer_ms, i < 9 ? UINT64_C(1000) << i : 300000);
		timer->fired(timer);
	}
}

/* Nobody could be asked: a route may be what was wanting. */
static void test_change_is_a_reason([[maybe_unused]] void **state)
{
	struct bootstrap *bootstrap = begin();

	end_in_vain_often();
	end_in_vain();
	assert_int_equal(lacks, 13);
	bootstrap_network_changed(bootstrap);
	assert_int_equal(timer_ms, 0);
	bootstrap_free(bootstrap);
}

/* The route comes just when it is asked: if that is in vain, the next time is not that of who
 * has failed for long. */
static void test_change_while_asking([[maybe_unused]] void **state)
{
	struct bootstrap *bootstrap = begin();

	end_in_vain_often();
	bootstrap_network_changed(bootstrap);
	assert_int_not_equal(timer_ms, 0);
	end_in_vain();
	assert_int_equal(timer_ms, 1000);
	bootstrap_free(bootstrap);
}

/* A name without IPv6: not whenever an interface comes, or a router advertises itself. */
static void test_change_is_no_reason([[maybe_unused]] void **state)
{
	struct bootstrap *bootstrap = begin();

	for (unsigned i = 0; i < 3; i++) {
		answer_none();
		assert_int_equal(timer_ms, 1000 << i);
		bootstrap_network_changed(bootstrap);
		assert_int_equal(timer_ms, 1000 << i);
		timer->fired(timer);
	}
	assert_int_equal(lacks, 3);
	assert_int_equal(addresses, 0);
	/* Asked again, and not heard. */
	end_in_vain();
	bootstrap_network_changed(bootstrap);
	assert_int_equal(timer_ms, 0);
	bootstrap_free(bootstrap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change_is_a_reason),
		cmocka_unit_test(test_change_while_asking),
		cmocka_unit_test(test_change_is_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
