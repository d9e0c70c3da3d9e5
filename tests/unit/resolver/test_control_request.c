/* SPDX-License-Identifier: MIT */
#include "resolver/control_request.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct {
	const char *line;
	const char *wrong; /* NULL: nothing */
	enum control_verb verb;
	size_t question_size;
} cases[] = {
	{"{\"verb\": \"status\"}", NULL, CONTROL_STATUS, 0},
	{"{\"verb\": \"statistics\", \"more\": [1]}", NULL, CONTROL_STATISTICS, 0},
	{"{\"verb\":\"flush-caches\"}", NULL, CONTROL_FLUSH_CACHES, 0},
	{"{\"verb\":\"monitor\"}", NULL, CONTROL_MONITOR, 0},
	{"{\"verb\":\"query\",\"question\":\"00fFaB\"}", NULL, CONTROL_QUERY, 3},
	{"{\"verb\":\"query\",\"question\":\"\"}", NULL, CONTROL_QUERY, 0},
	{"{\"verb\":\"query\",\"question\":\"0\"}", "no question in hexadecimal", 0, 0},
	{"{\"verb\":\"query\",\"question\":\"0g\"}", "no question in hexadecimal", 0, 0},
	{"{\"verb\":\"query\",\"question\":1}", "no question in hexadecimal", 0, 0},
	{"{\"verb\":\"query\"}", "no question in hexadecimal", 0, 0},
	{"{\"verb\":\"Status\"}", "there is no such verb", 0, 0},
	{"{\"verb\":null}", "no verb", 0, 0},
	{"{}", "no verb", 0, 0},
	{"[]", "not a JSON object in a line", 0, 0},
	{"", "not a JSON object in a line", 0, 0},
	{"{\"verb\":\"status\"} {}", "not a JSON object in a line", 0, 0},
	{"{\"verb\":\"status\",\"verb\":\"status\"}", "not a JSON object in a line", 0, 0},
	{"{\"verb\":\"status\\u0000\"}", "not a JSON object in a line", 0, 0},
};

static void test_lines([[maybe_unused]] void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct control_request request = {0};
		const char *wrong =
			control_request_read(cases[i].line, strlen(cases[i].line), &request);

		if ((wrong == NULL) != (cases[i].wrong == NULL) ||
			(wrong != NULL && strcmp(wrong, cases[i].wrong) != 0))
			fail_msg("%s: %s", cases[i].line, wrong != NULL ? wrong : "good");
		assert_int_equal(request.verb, cases[i].verb);
		assert_int_equal(request.question_size, cases[i].question_size);
	}
}

static void test_the_longest_question([[maybe_unused]] void **state)
{
	char line[CONTROL_LINE_MAX] = "{\"verb\":\"query\",\"question\":\"";
	size_t used = strlen(line);
	struct control_request request;

	memset(line + used, '0', 2 * MESSAGE_QUESTION_MAX);
	memcpy(line + used + 2 * MESSAGE_QUESTION_MAX, "\"}", 3);
	assert_null(control_request_read(line, strlen(line), &request));
	assert_int_equal(request.question_size, MESSAGE_QUESTION_MAX);
	memset(line + used, '0', 2 * MESSAGE_QUESTION_MAX + 2);
	memcpy(line + used + 2 * MESSAGE_QUESTION_MAX + 2, "\"}", 3);
	assert_non_null(control_request_read(line, strlen(line), &request));
}

static void test_rights([[maybe_unused]] void **state)
{
	assert_false(control_verb_is_privileged(CONTROL_STATUS));
	assert_false(control_verb_is_privileged(CONTROL_STATISTICS));
	assert_false(control_verb_is_privileged(CONTROL_QUERY));
	assert_true(control_verb_is_privileged(CONTROL_FLUSH_CACHES));
	assert_true(control_verb_is_privileged(CONTROL_MONITOR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_the_longest_question),
		cmocka_unit_test(test_rights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
