/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What may be asked on the control socket: one JSON object a line.
 *
 *   {"verb": "status"}        also "statistics", "flush-caches", "monitor"
 *   {"verb": "portal"}   with one of "open": SECONDS, "close": true, "allow": NAME, or none of
 * them; with "open" also "link": NAME or "server": ADDRESS
 *   {"verb": "query", "question": HEX}  a name, type and class as in a message (RFC 1035
 * section 4.1.2)
 */
#include "resolver/asked.h"
#include <net/if.h>

enum control_verb {
	CONTROL_STATUS,
	CONTROL_STATISTICS,
	CONTROL_QUERY,
	CONTROL_FLUSH_CACHES,
	CONTROL_MONITOR,
	CONTROL_PORTAL,
};

enum { CONTROL_LINE_MAX = 4096 };

struct control_request {
	enum control_verb verb;
	/* CONTROL_QUERY. Nobody has looked whether it is a question. */
	uint8_t question[MESSAGE_QUESTION_MAX];
	size_t question_size;
	/* CONTROL_PORTAL. */
	uint32_t open_s; /* 0: it is not to be opened */
	bool close;
	char allow[256], link[IF_NAMESIZE]; /* "": none */
	struct address server;              /* size 0: none */
};

/* A line without its end, of at most CONTROL_LINE_MAX bytes. NULL: it is good; else what is
 * wrong, in words. */
const char *control_request_read(const char *line, size_t size, struct control_request *ret);
/* May only root, and the daemon's own user? */
bool control_verb_is_privileged(enum control_verb verb);

/* Hexadecimal digits to bytes. False: they are none, or more than `max` bytes. */
bool control_from_hex(const char *text, size_t max, uint8_t *ret, size_t *ret_size);
