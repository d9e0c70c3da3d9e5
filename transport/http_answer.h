/* SPDX-License-Identifier: MIT */
#pragma once
/* What of an HTTP response DNS over HTTPS heeds (RFC 8484 section 4.2, RFC 9110, RFC 9111). */
#include "transport/exchange.h"

struct http_answer {
	unsigned status; /* 0: not said yet, or not a number */
	char type[64];   /* content-type, printable, cut; "" for none */
	uint32_t length; /* content-length */
	uint32_t age_s;
	uint32_t max_age_s;     /* UINT32_MAX: not said */
	uint32_t retry_after_s; /* 0: not said */
	size_t bytes, fields;   /* of its header */
};

void http_answer_begin(struct http_answer *answer);
/* One field of its header, the name in lower case. False: there are more, or longer ones, than
 * any server needs. */
bool http_answer_field(struct http_answer *answer, struct wire name, struct wire value);
/* Does it carry a DNS message? False: *why says in words why not; it lasts as long as `answer`
 * and `room`. */
bool http_answer_is_dns(
	const struct http_answer *answer, char *room, size_t size, const char **why);
