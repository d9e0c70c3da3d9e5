/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What may be asked on the control socket: one JSON object a line.
 *
 *   {"verb": "status"}        also "statistics", "flush-caches", "monitor"
 *   {"verb": "query", "question": HEX}  a name, type and class as in a message (RFC 1035
 * section 4.1.2)
 */
#include "resolver/message.h"

enum control_verb {
	CONTROL_STATUS,
	CONTROL_STATISTICS,
	CONTROL_QUERY,
	CONTROL_FLUSH_CACHES,
	CONTROL_MONITOR,
};

enum { CONTROL_LINE_MAX = 4096 };

struct control_request {
	enum control_verb verb;
	/* CONTROL_QUERY. Nobody has looked whether it is a question. */
	uint8_t question[MESSAGE_QUESTION_MAX];
	size_t question_size;
};

/* A line without its end, of at most CONTROL_LINE_MAX bytes. NULL: it is good; else what is
 * wrong, in words. */
const char *control_request_read(const char *line, size_t size, struct control_request *ret);
/* May only root, and the daemon's own user? */
bool control_verb_is_privileged(enum control_verb verb);

/* Hexadecimal digits to bytes. False: they are none, or more than `max` bytes. */
bool control_from_hex(const char *text, size_t max, uint8_t *ret, size_t *ret_size);
