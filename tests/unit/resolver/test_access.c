/* SPDX-License-Identifier: MIT */
#include "resolver/access.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct siphash_key secret = {{1, 2}};

static union socket_address v4(uint32_t address)
{
	union socket_address peer = {.v4 = {.sin_family = AF_INET}};

	peer.v4.sin_addr.s_addr = htonl(address);
	return peer;
}

/* Any number of forged addresses is told no only so often: others would be hit by what we say.
 */
static void test_refusals_are_few([[maybe_unused]] void **state)
{
	struct access *access = access_new(&secret, 1);
	struct conf conf = {.rate_limit = 0};
	union socket_address here = v4(0x7f000001), there = v4(0xc0000201);
	unsigned told = 0;

	for (uint32_t i = 0; i < 10000; i++) {
		union socket_address peer = v4(0xc6336400 + i);
		enum access_verdict verdict = access_query(access, &conf, &peer, false, 5000);

		assert_true(verdict == ACCESS_DENIED || verdict == ACCESS_IGNORED);
		told += verdict == ACCESS_DENIED;
	}
	assert_in_range(told, 1, 100);
	assert_int_equal(access_query(access, &conf, &here, false, 5000), ACCESS_GRANTED);
	/* Who asks now and then is told so. */
	assert_int_equal(access_query(access, &conf, &there, false, 5020), ACCESS_DENIED);
	access_free(access);
}

/* What the denied ask takes nothing from those who may. */
static void test_rate([[maybe_unused]] void **state)
{
	struct access *access = access_new(&secret, 1);
	struct conf_prefix allowed[] = {
		{.address = {.size = 4, .bytes = {192, 0, 2, 0}}, .bits = 24}};
	struct conf conf = {.rate_limit = 10, .allowed = allowed, .n_allowed = 1};
	union socket_address peer = v4(0xc0000201);
	unsigned granted = 0;

	for (uint32_t i = 0; i < 100000; i++) {
		union socket_address denied = v4(0xc6336400 + i);

		(void)!access_query(access, &conf, &denied, false, 5000);
	}
	for (unsigned i = 0; i < 30; i++)
		granted += access_query(access, &conf, &peer, false, 5000) == ACCESS_GRANTED;
	assert_int_equal(granted, 10);
	assert_int_equal(access_query(access, &conf, &peer, true, 5000), ACCESS_GRANTED);
	assert_int_equal(access_query(access, &conf, &peer, false, 5100), ACCESS_GRANTED);
	assert_int_equal(access_query(access, &conf, &peer, false, 5100), ACCESS_LIMITED);
	access_free(access);
}

/* Each worker grants its share; what is asked of all of them is not more than of one. */
static void test_share([[maybe_unused]] void **state)
{
	struct conf_prefix allowed[] = {
		{.address = {.size = 4, .bytes = {192, 0, 2, 0}}, .bits = 24}};
	struct conf conf = {.rate_limit = 12, .allowed = allowed, .n_allowed = 1};
	union socket_address peer = v4(0xc0000201);
	unsigned granted = 0;

	for (unsigned worker = 0; worker < 4; worker++) {
		struct access *access = access_new(&secret, 4);

		for (unsigned i = 0; i < 30; i++)
			granted += access_query(access, &conf, &peer, false, 5000) ==
				   ACCESS_GRANTED;
		access_free(access);
	}
	assert_int_equal(granted, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_refusals_are_few),
		cmocka_unit_test(test_rate), cmocka_unit_test(test_share)};

	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
