/* SPDX-License-Identifier: MIT */
#include "resolver/varlink_call.h"
#include <string.h>

/* What is not there, or null, is false. */
static bool read_truth(const json_t *value, bool *ret)
{
	*ret = json_is_true(value);
	return value == NULL || json_is_boolean(value) || json_is_null(value);
}

/* Fields that are not known may mean what must not be ignored. */
static bool read_fields(struct varlink_call *call)
{
	static const char *const KNOWN[] = {"method", "parameters", "more", "oneway"};
	const json_t *message = call->message;
	size_t known = 0;

	if (!json_is_object(message))
		return false;
	for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
		known += json_object_get(message, KNOWN[i]) != NULL;
	call->method = json_string_value(json_object_get(message, "method"));
	call->parameters = json_object_get(message, "parameters");
	if (json_is_null(call->parameters))
		call->parameters = NULL;
	return known == json_object_size(message) && call->method != NULL &&
	       (call->parameters == NULL || json_is_object(call->parameters)) &&
	       read_truth(json_object_get(message, "more"), &call->more) &&
	       read_truth(json_object_get(message, "oneway"), &call->oneway) &&
	       !(call->more && call->oneway);
}

bool varlink_call_read(const char *text, size_t size, struct varlink_call *ret)
{
	struct varlink_call call = {
		.message = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL)};

	if (read_fields(&call)) {
		*ret = call;
		return true;
	}
	varlink_call_done(&call);
	return false;
}

void varlink_call_done(struct varlink_call *call)
{
	json_decref(call->message);
	*call = (struct varlink_call){0};
}

static bool read_number(const json_t *value, int64_t min, int64_t max, int64_t *ret)
{
	int64_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < min || number > max)
		return false;
	*ret = number;
	return true;
}

static bool read_bytes(const json_t *value, struct varlink_bytes *ret)
{
	struct varlink_bytes bytes = {.size = json_array_size(value)};

	if (!json_is_array(value))
		return false;
	for (size_t i = 0; i < bytes.size; i++) {
		int64_t number;

		if (!read_number(json_array_get(value, i), 0, UINT8_MAX, &number))
			return false;
		if (i < sizeof bytes.bytes)
			bytes.bytes[i] = (uint8_t)number;
	}
	*ret = bytes;
	return true;
}

static bool read_value(const json_t *value, const struct varlink_parameter *parameter)
{
	switch (parameter->kind) {
	case VARLINK_BOOL: return read_truth(value, parameter->truth);
	case VARLINK_INT:
		return read_number(value, parameter->min, parameter->max, parameter->number);
	case VARLINK_STRING:
		if (json_is_string(value))
			*parameter->string = json_string_value(value);
		return json_is_string(value);
	case VARLINK_BYTES: return read_bytes(value, parameter->bytes);
	}
	return false;
}

static bool is_known(const char *name, const struct varlink_parameter *table, size_t n)
{
	size_t i = 0;

	while (i < n && strcmp(table[i].name, name) != 0)
		i++;
	return i < n;
}

const char *varlink_parameters_read(
	const struct varlink_call *call, const struct varlink_parameter *table, size_t n)
{
	/* jansson's iterators change nothing, but do not say so. */
	json_t *parameters = json_object_get(call->message, "parameters");
	const char *name;
	json_t *value;

	for (size_t i = 0; i < n; i++) {
		value = json_object_get(parameters, table[i].name);
		if (value == NULL || json_is_null(value)) {
			if (table[i].required)
				return table[i].name;
		} else if (!read_value(value, &table[i])) {
			return table[i].name;
		}
	}
	json_object_foreach(parameters, name, value)
	{
		if (!is_known(name, table, n))
			return name;
	}
	return NULL;
}
