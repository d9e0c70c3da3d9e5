/* SPDX-License-Identifier: MIT */
#pragma once
/* Questions and records in JSON, as io.systemd.Resolve has them. NULL: no memory, or
 * malformed. */
#include "resolver/asked.h"
#include "resolver/varlink_call.h"

/* {"class", "type", "name"} of a question: name, type and class as in a message. */
json_t *varlink_key(struct wire question);
/* {"raw"} of a whole record, no name compressed; with {"rr"} for the types that are told in
 * words, too, and {"ifindex"}, if that is not 0. */
json_t *varlink_record(struct wire rr, int interface);
/* An array of those of the answer section of a message; as many as find room in so many bytes
 * of base64, the first. */
json_t *varlink_answers(struct wire message, size_t max);
/* An array of numbers. */
json_t *varlink_bytes_json(const uint8_t *bytes, size_t size);
/* What is not printable ASCII is written as an octal number with a backslash in front; so are
 * backslashes and quotes. */
json_t *varlink_text(const uint8_t *bytes, size_t size);
