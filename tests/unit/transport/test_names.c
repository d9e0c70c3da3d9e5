/* SPDX-License-Identifier: MIT */
#include "transport/names.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WIRE(text)                                                                             \
	{                                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                                      \
	}

static const struct {
	struct wire pattern;
	const char *name;
	bool matches;
} names[] = {
	{WIRE("one.one.one.one"), "one.one.one.one", true},
	{WIRE("ONE.one.One.one"), "one.one.one.one", true},
	{WIRE("one.one.one"), "one.one.one.one", false},
	{WIRE("one.one.one.one."), "one.one.one.one", false},
	{WIRE("one.one.one.one\0.evil.example"), "one.one.one.one", false},
	{WIRE(""), "a.example", false},
	{WIRE("*.example.com"), "a.example.com", true},
	{WIRE("*.EXAMPLE.com"), "a.example.com", true},
	{WIRE("*.example.com"), "example.com", false},
	{WIRE("*.example.com"), "a.b.example.com", false},
	{WIRE("*.example.com"), ".example.com", false},
	{WIRE("*.com"), "example.com", false},
	{WIRE("*"), "example.com", false},
	{WIRE("*."), "example.", false},
	{WIRE("a*.example.com"), "ab.example.com", false},
	{WIRE("a.*.com"), "a.example.com", false},
	{WIRE("*.0.0.1"), "1.0.0.1", true},
};

static void test_name_matches([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (name_matches(names[i].pattern, names[i].name) != names[i].matches)
			fail_msg("%s, %s", names[i].pattern.data, names[i].name);
}

static const struct {
	struct wire constraint;
	bool wellformed;
} name_constraints[] = {
	{WIRE(""), true},
	{WIRE("example.com"), true},
	{WIRE(".example.com"), true},
	{WIRE("x_y.example"), true},
	{WIRE("."), false},
	{WIRE("..com"), false},
	{WIRE("a..com"), false},
	{WIRE("example.com."), false},
	{WIRE("exa mple.com"), false},
	{WIRE("*.example.com"), false},
	{WIRE("ex\0mple"), false},
};

static void test_name_constraints([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof name_constraints / sizeof *name_constraints; i++)
		if (name_constraint_wellformed(name_constraints[i].constraint) !=
			name_constraints[i].wellformed)
			fail_msg("%s", name_constraints[i].constraint.data);
}

static const struct {
	struct wire pattern, constraint;
	bool meets;
} wildcards[] = {
	{WIRE("*.example.com"), WIRE("secret.example.com"), true},
	{WIRE("*.example.com"), WIRE("a.secret.example.com"), true},
	{WIRE("*.example.com"), WIRE("example.com"), true},
	{WIRE("*.a.example.com"), WIRE("example.com"), true},
	{WIRE("*.example.com"), WIRE(".example.com"), true},
	{WIRE("*.example.com"), WIRE("EXAMPLE.COM"), true},
	{WIRE("*.example.com"), WIRE(""), true},
	{WIRE("*.example.com"), WIRE("ample.com"), false},
	{WIRE("*.example.com"), WIRE("example.org"), false},
	{WIRE("*.example.com"), WIRE("notexample.com"), false},
	{WIRE("a.example.com"), WIRE("example.com"), false},
};

static void test_wildcard_meets_subtree([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof wildcards / sizeof *wildcards; i++)
		if (wildcard_meets_subtree(wildcards[i].pattern, wildcards[i].constraint) !=
			wildcards[i].meets)
			fail_msg("%s, %s", wildcards[i].pattern.data,
				wildcards[i].constraint.data);
}

static const struct {
	struct wire constraint;
	bool wellformed;
} address_constraints[] = {
	{WIRE("\x0a\0\0\0\xff\0\0\0"), true},
	{WIRE("\x0a\0\0\0\xff\xfe\0\0"), true},
	{WIRE("\0\0\0\0\0\0\0\0"), true},
	{WIRE("\x0a\0\0\0\xff\xff\xff\xff"), true},
	{WIRE("\x0a\0\0\0\xff\0\xff\0"), false},
	{WIRE("\x0a\0\0\0\x7f\0\0\0"), false},
	{WIRE("\x0a\0\0\0\xff\0\0"), false},
	{WIRE("\x0a\0\0\0"), false},
	{WIRE(""), false},
};

static void test_address_constraints([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof address_constraints / sizeof *address_constraints; i++)
		assert_int_equal(
			address_constraint_wellformed(address_constraints[i].constraint),
			address_constraints[i].wellformed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_matches),
		cmocka_unit_test(test_name_constraints),
		cmocka_unit_test(test_wildcard_meets_subtree),
		cmocka_unit_test(test_address_constraints),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
