/* SPDX-License-Identifier: MIT */
#include "ctpolicy/loglist.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two logs that a browser maker runs to find out who misuses its list: their private keys are
 * public, so anybody can make SCTs of theirs. They are barred here, whatever a list says. */
static const uint8_t BARRED[][CT_LOG_ID_SIZE] = {
	{0xf4, 0x41, 0x95, 0xd6, 0xf0, 0x0e, 0x2d, 0xb5, 0x54, 0x35, 0xca, 0xdd, 0x57, 0x78,
		0x92, 0xe5, 0x3e, 0x15, 0xad, 0x41, 0x70, 0x58, 0xf8, 0x78, 0xe1, 0x4f, 0xf6,
		0xb9, 0x18, 0x74, 0x15, 0x89},
	{0xb2, 0x2f, 0x7e, 0xde, 0xb5, 0xaf, 0x6a, 0xfe, 0x50, 0x3d, 0xe0, 0x40, 0x81, 0xb2,
		0xd7, 0x4c, 0x12, 0x53, 0x84, 0x92, 0xfe, 0xdf, 0x2c, 0xb2, 0xa5, 0x26, 0x50,
		0x3c, 0xef, 0x53, 0xce, 0xd2},
};

static int compare_entries(const void *a, const void *b)
{
	const struct log_entry *x = a, *y = b;

	return memcmp(x->log.id, y->log.id, CT_LOG_ID_SIZE);
}

static bool barred(const uint8_t id[CT_LOG_ID_SIZE])
{
	for (size_t i = 0; i < sizeof BARRED / sizeof *BARRED; i++)
		if (memcmp(id, BARRED[i], CT_LOG_ID_SIZE) == 0)
			return true;
	return false;
}

/* Sorted, so that a log is found quickly and one that stands twice is seen. */
static enum ct_err finish(struct ct_log_list *list, struct ct_error *error)
{
	if (list->n == 0) {
		snprintf(error->text, sizeof error->text, "it names no log");
		return CT_E_MALFORMED;
	}
	qsort(list->entries, list->n, sizeof *list->entries, compare_entries);
	for (size_t i = 0; i < list->n; i++) {
		struct ct_log *log = &list->entries[i].log;

		if (i > 0 && compare_entries(&list->entries[i - 1], &list->entries[i]) == 0) {
			snprintf(error->text, sizeof error->text, "it names a log twice: %.80s",
				log->description);
			return CT_E_MALFORMED;
		}
		log->barred = barred(log->id);
	}
	return CT_OK;
}

enum ct_err ct_log_list_parse(
	struct ct_bytes json, struct ct_log_list **ret_list, struct ct_error *error)
{
	struct ct_log_list *list = calloc(1, sizeof *list);
	struct ct_error unwanted;
	enum ct_err err;

	if (error == NULL)
		error = &unwanted;
	error->text[0] = '\0';
	if (list == NULL)
		return CT_E_NOMEM;
	err = ctp_log_list_read(json, list, error);
	if (err == CT_OK)
		err = finish(list, error);
	if (err != CT_OK) {
		ct_log_list_free(list);
		return err;
	}
	*ret_list = list;
	return CT_OK;
}

void ct_log_list_free(struct ct_log_list *list)
{
	if (list == NULL)
		return;
	for (size_t i = 0; i < list->n; i++) {
		ctp_log_key_free(list->entries[i].key);
		free(list->entries[i].past);
	}
	for (size_t i = 0; i < list->n_strings; i++)
		free(list->strings[i]);
	free(list->strings);
	free(list->entries);
	free(list);
}

uint64_t ct_log_list_timestamp_ms(const struct ct_log_list *list)
{
	return list->timestamp_ms;
}

static bool vouches_for_new(const struct ct_log *log)
{
	return !log->barred && (log->state == CT_LOG_QUALIFIED || log->state == CT_LOG_USABLE);
}

uint64_t ct_log_list_horizon_ms(const struct ct_log_list *list)
{
	uint64_t horizon = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct ct_log *log = &list->entries[i].log;

		if (vouches_for_new(log) && log->interval_end_ms > horizon)
			horizon = log->interval_end_ms;
	}
	return horizon;
}

size_t ct_log_list_size(const struct ct_log_list *list)
{
	return list->n;
}

const struct ct_log *ct_log_list_at(const struct ct_log_list *list, size_t index)
{
	return index < list->n ? &list->entries[index].log : NULL;
}

const struct log_entry *ctp_log_list_entry(
	const struct ct_log_list *list, const uint8_t id[CT_LOG_ID_SIZE])
{
	struct log_entry wanted = {0};

	memcpy(wanted.log.id, id, CT_LOG_ID_SIZE);
	return bsearch(&wanted, list->entries, list->n, sizeof *list->entries, compare_entries);
}

const struct ct_log *ct_log_list_find(
	const struct ct_log_list *list, const uint8_t id[CT_LOG_ID_SIZE])
{
	const struct log_entry *entry = ctp_log_list_entry(list, id);

	return entry != NULL ? &entry->log : NULL;
}

/* The first whose time had not ended; they may stand in any order. */
const char *ctp_log_operator_at(const struct log_entry *entry, uint64_t when_ms)
{
	const struct past_operator *found = NULL;

	for (size_t i = 0; i < entry->n_past; i++) {
		const struct past_operator *past = &entry->past[i];

		if (when_ms < past->end_ms && (found == NULL || past->end_ms < found->end_ms))
			found = past;
	}
	return found != NULL ? found->name : entry->log.operator_name;
}

const char *ct_log_state_name(enum ct_log_state state)
{
	switch (state) {
	case CT_LOG_STATELESS: return "no state";
	case CT_LOG_PENDING: return "pending";
	case CT_LOG_QUALIFIED: return "qualified";
	case CT_LOG_USABLE: return "usable";
	case CT_LOG_READONLY: return "readonly";
	case CT_LOG_RETIRED: return "retired";
	case CT_LOG_REJECTED: return "rejected";
	}
	return "?";
}
