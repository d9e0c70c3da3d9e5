/* SPDX-License-Identifier: MIT */
#include "resolver/varlink_record.h"
#include "resolver/names.h"
#include "resolver/resolve_name.h"
#include <stdlib.h>
#include <string.h>

enum { TYPE_MX = 15, RECORD_MAX = MESSAGE_SIZE_MAX + NAME_MAX_SIZE, RECORDS_MAX = 256 };

/* RFC 4648 section 4 */
static json_t *base64(struct wire bytes)
{
	static const char DIGITS[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t size = (bytes.size + 2) / 3 * 4, at = 0;
	char *text = malloc(size + 1);
	json_t *string;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < bytes.size; i += 3) {
		size_t left = bytes.size - i;
		uint32_t bits = (uint32_t)bytes.data[i] << 16;

		bits |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
		bits |= left > 2 ? bytes.data[i + 2] : 0;
		text[at++] = DIGITS[bits >> 18];
		text[at++] = DIGITS[bits >> 12 & 63];
		text[at++] = left > 1 ? DIGITS[bits >> 6 & 63] : '=';
		text[at++] = left > 2 ? DIGITS[bits & 63] : '=';
	}
	string = json_stringn(text, size);
	free(text);
	return string;
}

json_t *varlink_bytes_json(const uint8_t *bytes, size_t size)
{
	json_t *array = json_array();

	for (size_t i = 0; i < size; i++)
		json_array_append_new(array, json_integer(bytes[i]));
	return array;
}

json_t *varlink_text(const uint8_t *bytes, size_t size)
{
	char *text = malloc(4 * size + 1);
	size_t at = 0;
	json_t *string;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		uint8_t c = bytes[i];

		if (c >= ' ' && c < 127 && c != '\\' && c != '"') {
			text[at++] = (char)c;
			continue;
		}
		text[at++] = '\\';
		text[at++] = (char)('0' + (c >> 6));
		text[at++] = (char)('0' + (c >> 3 & 7));
		text[at++] = (char)('0' + (c & 7));
	}
	string = json_stringn(text, at);
	free(text);
	return string;
}

static json_t *name_json(struct wire message, size_t at)
{
	char text[RESOLVE_TEXT_MAX];

	return resolve_name_text(message, at, text) ? json_string(text) : NULL;
}

static json_t *key_of(struct wire message, size_t name, unsigned type, unsigned class)
{
	return json_pack("{s:i, s:i, s:o}", "class", (int)class, "type", (int)type, "name",
		name_json(message, name));
}

json_t *varlink_key(struct wire question)
{
	struct reader r = {.message = question};
	uint16_t type, class;

	skip_plain_name(&r);
	type = take16(&r);
	class = take16(&r);
	return r.bad ? NULL : key_of(question, 0, type, class);
}

/* The strings of a TXT record (RFC 1035 section 3.3.14). */
static json_t *items_json(struct wire data)
{
	struct reader r = {.message = data};
	json_t *items = json_array();

	while (!r.bad && reader_left(&r) > 0) {
		size_t size = take8(&r);
		const uint8_t *text = take(&r, size);

		if (text != NULL)
			json_array_append_new(items, varlink_text(text, size));
	}
	return items;
}

/* Its data, in so far as they are what most ask for; *ret_told false: they are something else.
 */
static json_t *data_json(struct wire rr, const struct record *record, bool *ret_told)
{
	struct wire data = {rr.data + record->data_at, record->data_size};
	size_t at = record->data_at;

	*ret_told = true;
	switch (record->type) {
	case TYPE_A:
	case TYPE_AAAA:
		return data.size == (record->type == TYPE_A ? 4 : 16)
			       ? json_pack("{s:o}", "address",
					 varlink_bytes_json(data.data, data.size))
			       : NULL;
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_PTR:
	case TYPE_DNAME: return json_pack("{s:o}", "name", name_json(rr, at));
	case TYPE_MX:
		return data.size > 2 ? json_pack("{s:i, s:o}", "priority", read16(data.data),
					       "exchange", name_json(rr, at + 2))
				     : NULL;
	case TYPE_SRV:
		return data.size > 6
			       ? json_pack("{s:i, s:i, s:i, s:o}", "priority",
					 read16(data.data), "weight", read16(data.data + 2),
					 "port", read16(data.data + 4), "name",
					 name_json(rr, at + 6))
			       : NULL;
	case TYPE_TXT: return json_pack("{s:o}", "items", items_json(data));
	default: *ret_told = false; return NULL;
	}
}

json_t *varlink_record(struct wire rr, int interface)
{
	struct reader r = {.message = rr};
	struct record record = take_record(&r);
	json_t *object, *data;
	bool told;

	if (r.bad)
		return NULL;
	object = json_pack("{s:o}", "raw", base64(rr));
	data = data_json(rr, &record, &told);
	if (told && data != NULL) {
		json_object_set_new(
			data, "key", key_of(rr, record.owner, record.type, record.class));
		json_object_set_new(object, "rr", data);
	}
	if (interface != 0)
		json_object_set_new(object, "ifindex", json_integer(interface));
	return object;
}

json_t *varlink_answers(struct wire message, size_t max)
{
	struct reader r = {.message = message};
	struct header header = take_header(&r);
	uint8_t raw[RECORD_MAX];
	json_t *array = json_array();
	size_t used = 0;

	for (unsigned i = 0; i < header.questions; i++) {
		skip_plain_name(&r);
		take(&r, 4);
	}
	for (unsigned i = 0; i < header.answers && i < RECORDS_MAX && !r.bad; i++) {
		struct name_writer w = {.out = raw, .size = sizeof raw};
		struct record record = take_record(&r);

		if (!r.bad)
			name_write_record(&w, message, &record);
		used += w.at / 3 * 4;
		if (r.bad || w.bad || used > max)
			break;
		json_array_append_new(array, varlink_record((struct wire){raw, w.at}, 0));
	}
	return array;
}
