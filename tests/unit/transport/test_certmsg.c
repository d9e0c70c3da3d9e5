/* SPDX-License-Identifier: MIT */
/* The Certificate message of TLS 1.3, and what GnuTLS is let see of it. */
#include "transport/certmsg.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An empty context; the leaf with a staple and SCTs; a CA with SCTs, as no CA should have. */
static const uint8_t MESSAGE[] = {
	0, /* certificate_request_context */
	0,
	0,
	48, /* certificate_list */
	0,
	0,
	3,
	'l',
	'e',
	'f', /* cert_data */
	0,
	23, /* extensions */
	0,
	5,
	0,
	7,
	1,
	0,
	0,
	3,
	'o',
	'c',
	's', /* status_request */
	0,
	18,
	0,
	8,
	0,
	6,
	0,
	4,
	's',
	'c',
	't',
	's', /* signed_certificate_timestamp */
	0,
	0,
	2,
	'c',
	'a',
	0,
	10, /* the CA */
	0,
	18,
	0,
	6,
	'a',
	'b',
	'c',
	'd',
	'e',
	'f',
};
enum { STAPLE_AT = 20, SCTS_TYPE_AT = 23, SCTS_AT = 27, CA_TYPE_AT = 42, CA_SCTS_AT = 46 };

static void test_reads_the_leaf([[maybe_unused]] void **state)
{
	struct certmsg message = {0};

	assert_true(certmsg_read((struct wire){MESSAGE, sizeof MESSAGE}, &message));
	assert_ptr_equal(message.staple.data, MESSAGE + STAPLE_AT);
	assert_int_equal(message.staple.size, 3);
	assert_ptr_equal(message.scts.data, MESSAGE + SCTS_AT);
	assert_int_equal(message.scts.size, 8);
}

/* Nothing but the two types and the first byte of each list differs. */
static void test_hides_all_lists([[maybe_unused]] void **state)
{
	uint8_t hidden[sizeof MESSAGE], wanted[sizeof MESSAGE];
	struct certmsg message = {0};

	memcpy(hidden, MESSAGE, sizeof MESSAGE);
	memcpy(wanted, MESSAGE, sizeof MESSAGE);
	certmsg_hide_scts(hidden, sizeof hidden);
	wanted[SCTS_TYPE_AT + 1] = wanted[CA_TYPE_AT + 1] = 5;
	wanted[SCTS_AT] = wanted[CA_SCTS_AT] = 0xff;
	assert_memory_equal(hidden, wanted, sizeof wanted);
	/* Twice a status_request now: what is read is read before. */
	assert_false(certmsg_read((struct wire){hidden, sizeof hidden}, &message));
}

static void test_short_lists_stay([[maybe_unused]] void **state)
{
	uint8_t body[] = {0, 0, 0, 13, 0, 0, 1, 'x', 0, 7, 0, 18, 0, 3, 'a', 'b', 'c'};
	uint8_t before[sizeof body];

	memcpy(before, body, sizeof body);
	certmsg_hide_scts(body, sizeof body);
	assert_memory_equal(body, before, sizeof body);
}

/* Cut anywhere, in memory of just that size, it is malformed, and hiding writes nowhere else.
 */
static void test_every_cut([[maybe_unused]] void **state)
{
	for (size_t size = 0; size < sizeof MESSAGE; size++) {
		uint8_t *body = malloc(size > 0 ? size : 1);
		struct certmsg message = {.staple = {MESSAGE, 1}};

		assert_non_null(body);
		memcpy(body, MESSAGE, size);
		assert_false(certmsg_read((struct wire){body, size}, &message));
		assert_ptr_equal(message.staple.data, MESSAGE); /* untouched */
		certmsg_hide_scts(body, size);
		free(body);
	}
}

static void test_odd_ones([[maybe_unused]] void **state)
{
	static const uint8_t longer[] = {0, 0, 0, 0, 0};
	static const uint8_t none[] = {0, 0, 0, 0};
	static const uint8_t twice[] = {0, 0, 0, 19, 0, 0, 1, 'x', 0, 13, 0, 18, 0, 2, 'a', 'b',
		0, 18, 0, 3, 'a', 'b', 'c'};
	static const uint8_t other_status[] = {
		0, 0, 0, 15, 0, 0, 1, 'x', 0, 9, 0, 5, 0, 5, 2, 0, 0, 1, 'o'};
	static const uint8_t long_status[] = {
		0, 0, 0, 16, 0, 0, 1, 'x', 0, 10, 0, 5, 0, 6, 1, 0, 0, 1, 'o', 'c'};
	struct certmsg message = {0};

	assert_false(certmsg_read((struct wire){longer, sizeof longer}, &message));
	assert_false(certmsg_read((struct wire){twice, sizeof twice}, &message));
	assert_true(certmsg_read((struct wire){none, sizeof none}, &message));
	assert_int_equal(message.scts.size + message.staple.size, 0);
	assert_true(certmsg_read((struct wire){other_status, sizeof other_status}, &message));
	assert_int_equal(message.staple.size, 0);
	assert_true(certmsg_read((struct wire){long_status, sizeof long_status}, &message));
	assert_int_equal(message.staple.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_the_leaf),
		cmocka_unit_test(test_hides_all_lists),
		cmocka_unit_test(test_short_lists_stay),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_odd_ones),
	};

	return cmocka_run_group_tests_name("certmsg", tests, NULL, NULL);
}
