/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Writes an answer of our own, in the form in which upstreams' come: header, question, records,
 * no OPT. What does not fit is left out.
 */
#include "resolver/asked.h"

struct composed {
	uint8_t *out;
	size_t at, size;
	size_t name_at; /* of the name that is asked for, in `out` */
	uint16_t answers, authorities;
	bool authoritative;
	unsigned rcode;
};

/* `out` has `size` bytes, MESSAGE_HEADER_SIZE + MESSAGE_QUESTION_MAX at least. */
void compose(struct composed *c, const struct request *request, uint8_t *out, size_t size);
/* A or AAAA, by the size of the address. */
void compose_address(struct composed *c, const struct address *address, uint32_t ttl_s);
/* A PTR record to a name as in a message. */
void compose_pointer(struct composed *c, struct wire name, uint32_t ttl_s);
/* RFC 8482 section 4.2. */
void compose_any(struct composed *c, uint32_t ttl_s);
/* That of the zone whose name begins at this byte of the one that is asked for, as RFC 6303
 * section 3 has them. As an answer, or as what makes a negative answer hold (RFC 2308). */
void compose_soa(struct composed *c, size_t zone_at, uint32_t ttl_s, bool answer);
void compose_ns(struct composed *c, size_t zone_at, uint32_t ttl_s);
/* The size of the whole. */
size_t compose_end(struct composed *c);
