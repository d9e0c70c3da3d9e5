/* SPDX-License-Identifier: MIT */
#pragma once
/* A verdict on a certificate, as `probe` and `verify` show it: to people and to machines. */
#include "transport/verify.h"
#include <jansson.h>

/* {"verdict", "reason", "checks": {"chain", "name", "ct", "distrust"}}, each check with "ok"
 * and "reason". NULL: no memory. */
json_t *show_verdict_json(const struct verdict *verdict);
/* An array of what the certificates say. NULL: no memory. */
json_t *show_chain_json(const struct wire *der, size_t n);

/* Colours, when standard output is a terminal and $NO_COLOR is not set. */
void show_verdict(const struct verdict *verdict);
void show_chain(const struct wire *der, size_t n);

/* A member that is a string, or "?". */
const char *show_text_of(const json_t *object, const char *key);

/* All records of the evidence, the oldest first; empty when there is no file. NULL: *ret_path
 * cannot be read, errno says why. */
json_t *evidence_records(const char **ret_path);

/* Is there no control character in it? What a daemon says and writes goes to a terminal, which
 * may be root's, while the daemon has fewer rights. */
bool show_is_clean(json_t *value);

/* Numbers as they were measured, in microseconds, not as they lie in memory. */
#define SHOW_JSON JSON_REAL_PRECISION(6)
/* Prints it with a line feed, and frees it. False: it could not be made or printed. */
bool show_json(json_t *object);
