/* SPDX-License-Identifier: MIT */
#include "transport/distrust.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NONE                                                                                   \
	{                                                                                      \
		{0}, 0                                                                         \
	}
#define OCTETS(text)                                                                           \
	{                                                                                      \
		{text}, sizeof(text) - 1                                                       \
	}

/* A path of three, each with marks of its own. */
static const struct identity path[] = {
	{OCTETS("leaf-id"), OCTETS("leaf-spki"), OCTETS("leaf-sha"), OCTETS("\1\2\3")},
	{OCTETS("ca-id"), OCTETS("ca-spki"), OCTETS("ca-sha"), OCTETS("\4")},
	{OCTETS("root-id"), OCTETS("root-spki"), OCTETS("root-sha"), OCTETS("\5")},
};

static const struct {
	const char *name;
	struct distrust entry;
	bool refused;
} cases[] = {
	{"CA by key id", {DISTRUST_ISSUER_KEY_ID, OCTETS("ca-id"), NONE, ""}, true},
	{"root by key id", {DISTRUST_ISSUER_KEY_ID, OCTETS("root-id"), NONE, ""}, true},
	{"part of a key id", {DISTRUST_ISSUER_KEY_ID, OCTETS("ca-i"), NONE, ""}, false},
	{"no key id", {DISTRUST_ISSUER_KEY_ID, NONE, NONE, ""}, false},
	{"root by key", {DISTRUST_ISSUER_SPKI, OCTETS("root-spki"), NONE, ""}, true},
	{"key id as a key", {DISTRUST_ISSUER_SPKI, OCTETS("ca-id"), NONE, ""}, false},
	{"leaf", {DISTRUST_CERTIFICATE, OCTETS("leaf-sha"), NONE, ""}, true},
	{"CA as a leaf", {DISTRUST_CERTIFICATE, OCTETS("ca-sha"), NONE, ""}, false},
	{"serial", {DISTRUST_SERIAL_OF_SPKI, OCTETS("ca-spki"), OCTETS("\1\2\3"), ""}, true},
	{"other serial", {DISTRUST_SERIAL_OF_SPKI, OCTETS("ca-spki"), OCTETS("\1\2"), ""},
		false},
	{"serial of the root's",
		{DISTRUST_SERIAL_OF_SPKI, OCTETS("root-spki"), OCTETS("\1\2\3"), ""}, false},
};

static void test_find([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct distrust *found = distrust_find(&cases[i].entry, 1, path, 3);

		if ((found != NULL) != cases[i].refused)
			fail_msg("%s", cases[i].name);
		assert_null(distrust_find(&cases[i].entry, 1, path, 0));
		assert_null(distrust_find(&cases[i].entry, 0, path, 3));
	}
}

/* What is built in is whole, and refuses what it is meant for. */
static void test_built_in([[maybe_unused]] void **state)
{
	size_t n;
	const struct distrust *entries = distrust_built_in(&n);

	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		struct identity it[2] = {0};

		it[0].serial = entries[i].serial;
		it[1].key_id = it[1].spki = entries[i].id;
		assert_int_equal(entries[i].id.size,
			entries[i].kind == DISTRUST_ISSUER_KEY_ID ? 20 : 32);
		assert_ptr_equal(distrust_find(&entries[i], 1, it, 2), &entries[i]);
		assert_true(strlen(entries[i].why) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_built_in),
	};

	return cmocka_run_group_tests_name("distrust", tests, NULL, NULL);
}
