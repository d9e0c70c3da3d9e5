/* SPDX-License-Identifier: MIT */
#include "resolver/control_request.h"
#include "conf/value.h"
#include "resolver/portal.h"
#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>

static const char *const VERBS[] = {
	[CONTROL_STATUS] = "status",
	[CONTROL_STATISTICS] = "statistics",
	[CONTROL_QUERY] = "query",
	[CONTROL_FLUSH_CACHES] = "flush-caches",
	[CONTROL_MONITOR] = "monitor",
	[CONTROL_PORTAL] = "portal",
};

bool control_verb_is_privileged(enum control_verb verb)
{
	return verb == CONTROL_FLUSH_CACHES || verb == CONTROL_MONITOR ||
	       verb == CONTROL_PORTAL;
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

/* False: it does not fit. One that is not there is "". */
static bool read_text(const json_t *object, const char *key, char *ret, size_t size)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (value == NULL)
		return true;
	if (text == NULL || json_string_length(value) >= size ||
		strlen(text) != json_string_length(value))
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

static const char *read_portal(const json_t *object, struct control_request *ret)
{
	const json_t *open = json_object_get(object, "open");
	struct conf_address address = {0};
	char server[INET6_ADDRSTRLEN] = "";

	ret->close = json_is_true(json_object_get(object, "close"));
	if (open != NULL) {
		if (!json_is_integer(open) || json_integer_value(open) < 1 ||
			json_integer_value(open) > PORTAL_SECONDS_MAX)
			return "open: not a number of seconds, up to an hour";
		ret->open_s = (uint32_t)json_integer_value(open);
	}
	if (!read_text(object, "allow", ret->allow, sizeof ret->allow) ||
		(*ret->allow != '\0' && !value_hostname(ret->allow, strlen(ret->allow))))
		return "allow: not a host name";
	if (!read_text(object, "link", ret->link, sizeof ret->link))
		return "link: not the name of a link";
	if (!read_text(object, "server", server, sizeof server) ||
		(*server != '\0' && (!value_ip(server, strlen(server), &address) ||
					    value_is_no_host(&address))))
		return "server: not the address of a server";
	ret->server.size = address.size;
	memcpy(ret->server.bytes, address.bytes, address.size);
	return NULL;
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
	if (ret->verb == CONTROL_PORTAL)
		return read_portal(object, ret);
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
