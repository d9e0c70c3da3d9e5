/* SPDX-License-Identifier: MIT */
#pragma once
/* The inside of a log list: its logs in the order of their ids, each with its key and its past.
 */
#include "ctpolicy/crypto.h"

/* Whose log it was until then. */
struct past_operator {
	const char *name;
	uint64_t end_ms;
};

struct log_entry {
	struct ct_log log; /* what the public sees */
	struct log_key *key;
	struct past_operator *past;
	size_t n_past;
};

struct ct_log_list {
	uint64_t timestamp_ms;
	struct log_entry *entries;
	size_t n;
	char **strings; /* all that the entries point to */
	size_t n_strings;
};

/* The log of this id, or NULL. */
const struct log_entry *ctp_log_list_entry(
	const struct ct_log_list *list, const uint8_t id[CT_LOG_ID_SIZE]);
/* Who operated it at that time. */
const char *ctp_log_operator_at(const struct log_entry *entry, uint64_t when_ms);

/* loglist_json.c: fills an empty list. On failure `error` says why, and the list is as far as
 * it came. */
CT_MUST_CHECK enum ct_err ctp_log_list_read(
	struct ct_bytes json, struct ct_log_list *list, struct ct_error *error);
