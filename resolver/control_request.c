/* SPDX-License-Identifier: MIT */
#include "resolver/control_request.h"
#include <jansson.h>
#include <string.h>

static const char *const VERBS[] = {
	[CONTROL_STATUS] = "status",
	[CONTROL_STATISTICS] = "statistics",
	[CONTROL_QUERY] = "query",
	[CONTROL_FLUSH_CACHES] = "flush-caches",
	[CONTROL_MONITOR] = "monitor",
};

bool control_verb_is_privileged(enum control_verb verb)
{
	return verb == CONTROL_FLUSH_CACHES || verb == CONTROL_MONITOR;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool control_from_hex(const char *text, size_t max, uint8_t *ret, size_t *ret_size)
{
	size_t size = 0;

	for (; *text != '\0'; text += 2) {
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

		if (low < 0 || size == max)
			return false;
		ret[size++] = (uint8_t)(high << 4 | low);
	}
	*ret_size = size;
	return true;
}

static const char *read_object(const json_t *object, struct control_request *ret)
{
	const char *verb = json_string_value(json_object_get(object, "verb"));
	const char *question = json_string_value(json_object_get(object, "question"));
	size_t i = 0;

	if (verb == NULL)
		return "no verb";
	while (i < sizeof VERBS / sizeof *VERBS && strcmp(verb, VERBS[i]) != 0)
		i++;
	if (i == sizeof VERBS / sizeof *VERBS)
		return "there is no such verb";
	ret->verb = (enum control_verb)i;
	if (ret->verb != CONTROL_QUERY)
		return NULL;
	if (question == NULL || !control_from_hex(question, sizeof ret->question, ret->question,
					&ret->question_size))
		return "no question in hexadecimal";
	return NULL;
}

const char *control_request_read(const char *line, size_t size, struct control_request *ret)
{
	struct control_request request = {0};
	json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
	const char *wrong = "not a JSON object in a line";

	if (json_is_object(object))
		wrong = read_object(object, &request);
	json_decref(object);
	if (wrong == NULL)
		*ret = request;
	return wrong;
}
