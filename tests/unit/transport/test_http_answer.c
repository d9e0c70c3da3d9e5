/* SPDX-License-Identifier: MIT */
#include "transport/http_answer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct wire wire(const char *text)
{
	return (struct wire){(const uint8_t *)text, strlen(text)};
}

static void field(struct http_answer *answer, const char *name, const char *value)
{
	assert_true(http_answer_field(answer, wire(name), wire(value)));
}

static void test_is_dns([[maybe_unused]] void **state)
{
	static const struct {
		const char *status, *type, *why; /* NULL: it is */
	} cases[] = {
		{"200", "application/dns-message", NULL},
		{"200", "Application/DNS-Message; charset=x", NULL},
		{"200", "application/dns-message ;a", NULL},
		{"200", "text/html", "the server answers with text/html, not with"},
		{"200", "application/dns-message2", "application/dns-message2, not"},
		{"200", "a\x01\x80z", "answers with a??z, not with"},
		{"200", "a\"event=accepted", "answers with a?event=accepted, not with"},
		{"200", "", "answers with nothing that has a type"},
		{"204", "application/dns-message", "HTTP status 204"},
		{"404", "application/dns-message", "HTTP status 404"},
		{"2000", "application/dns-message", "HTTP status 999"},
		{"20x", "application/dns-message", "HTTP status 0"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_answer answer;
		char room[160];
		const char *why;

		http_answer_begin(&answer);
		field(&answer, ":status", cases[i].status);
		field(&answer, "content-type", cases[i].type);
		assert_int_equal(http_answer_is_dns(&answer, room, sizeof room, &why),
			cases[i].why == NULL);
		if (cases[i].why != NULL)
			assert_non_null(strstr(why, cases[i].why));
	}
}

static void test_numbers([[maybe_unused]] void **state)
{
	static const struct {
		const char *cache_control;
		uint32_t max_age_s;
	} cases[] = {{"max-age=60", 60}, {"public, max-age=0", 0}, {"no-store,MAX-AGE=5 ,x", 5},
		{"max-age=", UINT32_MAX}, {"max-age=x", UINT32_MAX}, {"max-age=-1", UINT32_MAX},
		{"max-age=\"5\"", UINT32_MAX}, {"s-max-age=5", UINT32_MAX}, {",,,", UINT32_MAX},
		{"max-age=99999999999999999999999", UINT32_MAX - 1}, {"", UINT32_MAX}};
	struct http_answer answer;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		http_answer_begin(&answer);
		field(&answer, "cache-control", cases[i].cache_control);
		assert_int_equal(answer.max_age_s, cases[i].max_age_s);
	}
	http_answer_begin(&answer);
	field(&answer, "age", "100");
	field(&answer, "retry-after", "Wed, 21 Oct 2026 07:28:00 GMT");
	field(&answer, "content-length", "70000");
	assert_int_equal(answer.age_s, 100);
	assert_int_equal(answer.retry_after_s, 0);
	assert_int_equal(answer.length, 70000);
	field(&answer, "retry-after", "99999");
	assert_int_equal(answer.retry_after_s, 3600);
	field(&answer, "age", "184467440737095516160");
	assert_int_equal(answer.age_s, UINT32_MAX - 1);
}

static void test_too_large([[maybe_unused]] void **state)
{
	static char long_value[16000];
	struct http_answer answer;

	memset(long_value, 'a', sizeof long_value - 1);
	http_answer_begin(&answer);
	field(&answer, "x", long_value);
	assert_true(http_answer_field(&answer, wire("y"), wire("z")));
	assert_false(http_answer_field(&answer, wire("x"), wire(long_value)));
	http_answer_begin(&answer);
	for (unsigned i = 0; i < 64; i++)
		field(&answer, "x", "");
	assert_false(http_answer_field(&answer, wire("x"), wire("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_dns),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests_name("http_answer", tests, NULL, NULL);
}
