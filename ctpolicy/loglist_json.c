/* SPDX-License-Identifier: MIT */
/* The v3 schema of log_list.json, from JSON (jansson) to the list's own structs. The document's
 * objects do not outlive this file. */
#include "ctpolicy/calendar.h"
#include "ctpolicy/loglist.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LOGS_MAX = 4096,
	PAST_OPERATORS_MAX = 64,
	KEY_SIZE_MAX = 2048,
};

/* Where in the document it is, for messages: operators[2].tiled_logs[0]. */
struct place {
	struct ct_log_list *list;
	struct ct_error *error;
	const char *operator_name;
	const char *array; /* of the operator's logs; NULL: not in one of them */
	size_t operators;  /* begun so far; 0: before the first */
	size_t index;
	bool tiled;
};

static void json_release(json_t **json)
{
	json_decref(*json);
}

[[gnu::format(printf, 2, 3)]] static enum ct_err malformed(
	const struct place *place, const char *format, ...)
{
	struct ct_error *error = place->error;
	size_t used;
	va_list args;

	if (place->array != NULL)
		snprintf(error->text, sizeof error->text, "operators[%zu].%s[%zu].",
			place->operators - 1, place->array, place->index);
	else if (place->operators > 0)
		snprintf(error->text, sizeof error->text, "operators[%zu].",
			place->operators - 1);
	else
		error->text[0] = '\0';
	used = strlen(error->text);
	va_start(args, format);
	vsnprintf(error->text + used, sizeof error->text - used, format, args);
	va_end(args);
	return CT_E_MALFORMED;
}

/* A copy that lives as long as the list. */
static enum ct_err keep(struct ct_log_list *list, const char *text, const char **ret)
{
	char **strings = realloc(list->strings, (list->n_strings + 1) * sizeof *strings);
	char *copy;

	if (strings == NULL)
		return CT_E_NOMEM;
	list->strings = strings;
	copy = strdup(text);
	if (copy == NULL)
		return CT_E_NOMEM;
	list->strings[list->n_strings++] = copy;
	*ret = copy;
	return CT_OK;
}

/* Has it a control character: C0, DEL, or C1 (U+0080 to U+009F)? jansson has made sure that it
 * is UTF-8. */
static bool has_control(const char *text)
{
	for (const uint8_t *c = (const uint8_t *)text; *c != '\0'; c++)
		if (*c < ' ' || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return true;
	return false;
}

/* A line of text, which will stand in logs and on terminals. `absent`: what it is when it is
 * not there; NULL: it must be. */
static enum ct_err read_text(const struct place *place, const json_t *object, const char *key,
	const char *absent, const char **ret)
{
	const json_t *value = json_object_get(object, key);
	const char *text = value == NULL ? absent : json_string_value(value);

	if (text == NULL || has_control(text))
		return malformed(place, "%s: not a line of text, or missing", key);
	return keep(place->list, text, ret);
}

/* A time that must be there, as "2026-08-20T13:34:57Z". */
static enum ct_err read_time(
	const struct place *place, const json_t *object, const char *key, uint64_t *ret_ms)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text != NULL && ctp_calendar_parse(text, ret_ms))
		return CT_OK;
	return malformed(place, "%s: not a time such as 2026-08-20T13:34:57Z", key);
}

static enum ct_log_state state_of(const char *name)
{
	for (int s = CT_LOG_PENDING; s <= CT_LOG_REJECTED; s++)
		if (strcmp(name, ct_log_state_name((enum ct_log_state)s)) == 0)
			return (enum ct_log_state)s;
	return CT_LOG_STATELESS;
}

/* {"usable": {"timestamp": …}}. There may be several: then the newest counts. */
static enum ct_err read_state(
	const struct place *place, const json_t *object, struct ct_log *log)
{
	json_t *states = json_object_get(object, "state"), *value;
	const char *name;

	if (states == NULL)
		return CT_OK;
	if (!json_is_object(states))
		return malformed(place, "state: not an object");
	json_object_foreach(states, name, value)
	{
		enum ct_log_state state = state_of(name);
		uint64_t since_ms;
		enum ct_err err = read_time(place, value, "timestamp", &since_ms);

		if (err != CT_OK)
			return err;
		/* Of two of one time the stricter one, whatever their order. */
		if (since_ms < log->state_since_ms ||
			(since_ms == log->state_since_ms && state < log->state))
			continue;
		log->state = state;
		log->state_since_ms = since_ms;
	}
	return CT_OK;
}

static enum ct_err read_interval(
	const struct place *place, const json_t *object, struct ct_log *log)
{
	const json_t *interval = json_object_get(object, "temporal_interval");
	enum ct_err err;

	log->interval_end_ms = UINT64_MAX;
	if (interval == NULL)
		return CT_OK;
	err = read_time(place, interval, "start_inclusive", &log->interval_start_ms);
	if (err == CT_OK)
		err = read_time(place, interval, "end_exclusive", &log->interval_end_ms);
	if (err == CT_OK && log->interval_start_ms >= log->interval_end_ms)
		err = malformed(place, "temporal_interval: it ends before it begins");
	return err;
}

/* Bytes that must be there, in base64. */
static enum ct_err read_base64(const struct place *place, const json_t *object, const char *key,
	uint8_t *out, size_t max, size_t *ret_size)
{
	const char *text = json_string_value(json_object_get(object, key));
	enum ct_err err = CT_E_MALFORMED;

	if (text != NULL)
		err = ctp_base64_decode(text, out, max, ret_size);
	if (err != CT_E_MALFORMED)
		return err;
	return malformed(place, "%s: not base64 of at most %zu bytes, or missing", key, max);
}

static enum ct_err read_key(
	const struct place *place, const json_t *object, struct log_entry *entry)
{
	uint8_t spki[KEY_SIZE_MAX], claimed[CT_LOG_ID_SIZE];
	size_t spki_size, claimed_size;
	enum ct_err err;

	err = read_base64(place, object, "key", spki, sizeof spki, &spki_size);
	if (err == CT_OK)
		err = read_base64(
			place, object, "log_id", claimed, sizeof claimed, &claimed_size);
	if (err == CT_OK)
		err = ctp_sha256((struct ct_bytes){spki, spki_size}, entry->log.id);
	if (err != CT_OK)
		return err;
	if (claimed_size != CT_LOG_ID_SIZE ||
		memcmp(claimed, entry->log.id, CT_LOG_ID_SIZE) != 0)
		return malformed(place, "log_id: not the SHA-256 of the key");
	err = ctp_log_key_new((struct ct_bytes){spki, spki_size}, &entry->key);
	if (err == CT_E_MALFORMED)
		return malformed(place, "key: neither EC P-256 nor RSA of 2048 bits or more");
	return err;
}

static enum ct_err read_past(
	const struct place *place, const json_t *object, struct log_entry *entry)
{
	const json_t *array = json_object_get(object, "previous_operators");
	size_t n = json_array_size(array);

	if (array != NULL && (!json_is_array(array) || n > PAST_OPERATORS_MAX))
		return malformed(place, "previous_operators: not an array, or too long");
	if (n == 0)
		return CT_OK;
	entry->past = calloc(n, sizeof *entry->past);
	if (entry->past == NULL)
		return CT_E_NOMEM;
	for (; entry->n_past < n; entry->n_past++) {
		struct past_operator *past = &entry->past[entry->n_past];
		const json_t *item = json_array_get(array, entry->n_past);
		enum ct_err err = read_time(place, item, "end_time", &past->end_ms);

		if (err == CT_OK)
			err = read_text(place, item, "name", NULL, &past->name);
		if (err != CT_OK)
			return err;
	}
	return CT_OK;
}

static enum ct_err read_texts(
	const struct place *place, const json_t *object, struct ct_log *log)
{
	const char *url = place->tiled ? "submission_url" : "url";
	enum ct_err err;

	log->operator_name = place->operator_name;
	err = read_text(place, object, "description", "unnamed log", &log->description);
	return err == CT_OK ? read_text(place, object, url, "", &log->url) : err;
}

static enum ct_err read_log(const struct place *place, const json_t *object)
{
	struct ct_log_list *list = place->list;
	struct log_entry *entries, *entry;
	enum ct_err err;

	if (list->n == LOGS_MAX)
		return malformed(place, "more than %d logs", LOGS_MAX);
	entries = realloc(list->entries, (list->n + 1) * sizeof *entries);
	if (entries == NULL)
		return CT_E_NOMEM;
	list->entries = entries;
	entry = &entries[list->n++];
	*entry = (struct log_entry){.log.tiled = place->tiled};
	err = read_key(place, object, entry);
	if (err == CT_OK)
		err = read_texts(place, object, &entry->log);
	if (err == CT_OK)
		err = read_state(place, object, &entry->log);
	if (err == CT_OK)
		err = read_interval(place, object, &entry->log);
	if (err == CT_OK)
		err = read_past(place, object, entry);
	return err;
}

static enum ct_err read_logs(struct place *place, const json_t *object, const char *array)
{
	const json_t *logs = json_object_get(object, array);
	enum ct_err err = CT_OK;

	if (logs != NULL && !json_is_array(logs))
		return malformed(place, "%s: not an array", array);
	for (size_t i = 0; err == CT_OK && i < json_array_size(logs); i++) {
		place->array = array;
		place->index = i;
		err = read_log(place, json_array_get(logs, i));
	}
	place->array = NULL;
	return err;
}

static enum ct_err read_operator(struct place *place, const json_t *object)
{
	enum ct_err err = read_text(place, object, "name", NULL, &place->operator_name);

	if (err != CT_OK)
		return err;
	place->tiled = false;
	err = read_logs(place, object, "logs");
	place->tiled = true;
	return err == CT_OK ? read_logs(place, object, "tiled_logs") : err;
}

enum ct_err ctp_log_list_read(
	struct ct_bytes json, struct ct_log_list *list, struct ct_error *error)
{
	struct place place = {.list = list, .error = error};
	json_error_t where = {0};
	[[gnu::cleanup(json_release)]] json_t *document =
		json_loadb((const char *)json.data, json.size, JSON_REJECT_DUPLICATES, &where);
	const json_t *operators = json_object_get(document, "operators");
	enum ct_err err;

	if (document == NULL && json_error_code(&where) == json_error_out_of_memory)
		return CT_E_NOMEM;
	if (document == NULL)
		return malformed(&place, "line %d: %s", where.line,
			json_error_code(&where) == json_error_duplicate_key
				? "a key that stands there already"
				: "not JSON");
	err = read_time(&place, document, "log_list_timestamp", &list->timestamp_ms);
	if (err != CT_OK)
		return err;
	if (!json_is_array(operators))
		return malformed(&place, "operators: missing, or not an array");
	for (size_t i = 0; err == CT_OK && i < json_array_size(operators); i++) {
		place.operators = i + 1;
		err = read_operator(&place, json_array_get(operators, i));
	}
	return err;
}
