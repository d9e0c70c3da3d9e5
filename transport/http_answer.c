/* SPDX-License-Identifier: MIT */
#include "transport/http_answer.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	BYTES_MAX = 16384,
	FIELDS_MAX = 64,
	STATUS_OK = 200,
};

static const char TYPE[] = "application/dns-message";

static bool is(struct wire text, const char *word)
{
	size_t size = strlen(word);

	return text.size == size && strncasecmp((const char *)text.data, word, size) == 0;
}

/* A whole number; one that is larger than `max` is `max` (RFC 9111 section 1.2.2). */
static bool read_number(struct wire text, uint32_t max, uint32_t *ret)
{
	uint64_t number = 0;

	if (text.size == 0)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		number = number * 10 + (text.data[i] - '0');
		if (number > max)
			number = max;
	}
	*ret = (uint32_t)number;
	return true;
}

/* The next of what stands between commas, without white space around it. */
static struct wire next_word(struct wire *rest)
{
	const uint8_t *comma = memchr(rest->data, ',', rest->size);
	size_t size = comma != NULL ? (size_t)(comma - rest->data) : rest->size;
	struct wire word = {rest->data, size};

	rest->data += size + (comma != NULL ? 1 : 0);
	rest->size -= size + (comma != NULL ? 1 : 0);
	while (word.size > 0 && (word.data[0] == ' ' || word.data[0] == '\t')) {
		word.data++;
		word.size--;
	}
	while (word.size > 0 &&
		(word.data[word.size - 1] == ' ' || word.data[word.size - 1] == '\t'))
		word.size--;
	return word;
}

static void read_cache_control(struct http_answer *answer, struct wire value)
{
	static const char MAX_AGE[] = "max-age=";
	const size_t size = sizeof MAX_AGE - 1;

	while (value.size > 0) {
		struct wire word = next_word(&value);

		if (word.size > size && is((struct wire){word.data, size}, MAX_AGE))
			(void)read_number((struct wire){word.data + size, word.size - size},
				UINT32_MAX - 1, &answer->max_age_s);
	}
}

static void read_type(struct http_answer *answer, struct wire value)
{
	const uint8_t *semicolon = memchr(value.data, ';', value.size);
	size_t size = semicolon != NULL ? (size_t)(semicolon - value.data) : value.size;

	while (size > 0 && (value.data[size - 1] == ' ' || value.data[size - 1] == '\t'))
		size--;
	if (size >= sizeof answer->type)
		size = sizeof answer->type - 1;
	/* It is told in a log, between quotes. */
	for (size_t i = 0; i < size; i++)
		answer->type[i] =
			value.data[i] > ' ' && value.data[i] < 0x7f && value.data[i] != '"'
				? (char)value.data[i]
				: '?';
	answer->type[size] = '\0';
}

void http_answer_begin(struct http_answer *answer)
{
	*answer = (struct http_answer){.max_age_s = UINT32_MAX};
}

bool http_answer_field(struct http_answer *answer, struct wire name, struct wire value)
{
	answer->bytes += name.size + value.size;
	answer->fields++;
	if (answer->bytes > BYTES_MAX || answer->fields > FIELDS_MAX)
		return false;
	if (value.size == 0)
		return true;
	if (is(name, ":status")) {
		/* One that comes after an informational response (1xx), too. */
		uint32_t status = 0;

		(void)read_number(value, 999, &status);
		answer->status = status;
	} else if (is(name, "content-type")) {
		read_type(answer, value);
	} else if (is(name, "content-length")) {
		(void)read_number(value, UINT32_MAX, &answer->length);
	} else if (is(name, "age")) {
		(void)read_number(value, UINT32_MAX - 1, &answer->age_s);
	} else if (is(name, "cache-control")) {
		read_cache_control(answer, value);
	} else if (is(name, "retry-after")) {
		(void)read_number(value, 3600, &answer->retry_after_s);
	}
	return true;
}

bool http_answer_is_dns(
	const struct http_answer *answer, char *room, size_t size, const char **why)
{
	*why = room;
	if (answer->status != STATUS_OK)
		snprintf(room, size, "HTTP status %u", answer->status);
	else if (strcasecmp(answer->type, TYPE) != 0)
		snprintf(room, size, "the server answers with %s, not with %s",
			answer->type[0] != '\0' ? answer->type : "nothing that has a type",
			TYPE);
	else
		return true;
	return false;
}
