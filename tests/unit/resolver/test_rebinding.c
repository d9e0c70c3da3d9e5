/* SPDX-License-Identifier: MIT */
#include "resolver/rebinding.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA(literal) literal, sizeof literal - 1

/* The data of one record, and whether an answer with it is passed on. */
static const struct {
	const char *name;
	uint16_t type;
	const char *data;
	size_t size;
	bool passes;
} cases[] = {
	{"public", TYPE_A, DATA("\xc0\0\2\1"), true},
	{"private", TYPE_A, DATA("\xc0\xa8\1\1"), false},
	{"loopback", TYPE_A, DATA("\x7f\1\2\3"), false},
	{"private, IPv6", TYPE_AAAA, DATA("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), false},
	{"mapped", TYPE_AAAA, DATA("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1"), false},
	{"public hint", TYPE_HTTPS, DATA("\0\1\0\0\4\0\4\xc0\0\2\1"), true},
	{"private hint", TYPE_HTTPS, DATA("\0\1\0\0\4\0\4\xc0\xa8\1\1"), false},
	{"the second hint", TYPE_SVCB, DATA("\0\1\0\0\4\0\x08\xc0\0\2\1\x0a\0\0\1"), false},
	{"no hint", TYPE_HTTPS, DATA("\0\1\0\0\1\0\3\2h2"), true},
	/* Not as RFC 9460 section 2.2 wants it, and yet some clients read it. */
	{"behind a compressed name", TYPE_HTTPS, DATA("\0\1\xc0\x0c\0\4\0\4\xc0\xa8\1\1"),
		false},
	{"cut short", TYPE_HTTPS, DATA("\0\1\0\0\1\0\3\2h2\0\4\0\x08\xc0\xa8\1\1"), false},
	{"half a hint", TYPE_HTTPS, DATA("\0\1\0\0\4\0\2\xc0\xa8"), false},
	{"nothing", TYPE_HTTPS, DATA(""), false},
};

static void test_cases([[maybe_unused]] void **state)
{
	static const uint8_t question[] = "\3www\7example\0\0\1\0\1";
	static const uint16_t ttls[] = {6};
	struct conf conf = {.rebind_protection = true};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* An owner, type, class, TTL, size, data. */
		uint8_t body[64] = {0xc0, 0x0c, 0, (uint8_t)cases[i].type, 0,
			1, [11] = (uint8_t)cases[i].size};
		struct answer answer = {.body = {body, 12 + cases[i].size},
			.answers = 1,
			.n_ttls = 1,
			.ttls = ttls};

		if (cases[i].size > 0)
			memcpy(body + 12, cases[i].data, cases[i].size);
		rebinding_refuse(&conf, (struct wire){question, sizeof question - 1}, &answer);
		if ((answer_rcode(&answer) == RCODE_NOERROR) != cases[i].passes)
			fail_msg("%s", cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests_name("rebinding", tests, NULL, NULL);
}
