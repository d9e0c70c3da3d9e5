/* SPDX-License-Identifier: MIT */
#pragma once
/* All knowledge of the wire format of DNS messages (RFC 1035, 6891, 7828, 7830, 7871, 8467,
 * 8914). Pure
 * functions. */
#include "transport/exchange.h"

enum {
	MESSAGE_HEADER_SIZE = 12,
	MESSAGE_SIZE_MAX = 65535,
	MESSAGE_QUESTION_MAX = 255 + 4,
	MESSAGE_UDP_SIZE = 1232, /* what we announce, and the most that we send in a datagram */
	/* Room that message_write_query() and message_write_error() never exceed. */
	MESSAGE_QUERY_MAX = 384,
	MESSAGE_ERROR_MAX = 512,
};
_Static_assert((int)MESSAGE_QUERY_MAX <= EXCHANGE_QUERY_MAX, "transport has the room");

enum rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NOTIMP = 4,
	RCODE_BADVERS = 16, /* RFC 6891 section 9: its upper bits are in the OPT record */
};

/* Extended DNS Errors (RFC 8914 section 4). */
enum ede {
	EDE_NONE = -1,
	EDE_OTHER = 0,
	EDE_NO_REACHABLE_AUTHORITY = 22,
	EDE_NETWORK_ERROR = 23,
};

/* What a client asks, and what a reply to it needs. */
struct request {
	uint16_t id;
	uint8_t opcode;
	bool rd, ad, cd;
	struct wire
		question; /* name, type and class as they were sent; borrowed; may be empty */
	uint16_t type;
	bool edns; /* it has an OPT record, and so has every reply */
	bool dnssec_ok;
	bool ecs_none; /* it asks that no client subnet be told to anybody (RFC 7871) */
	uint16_t ecs_family;
	uint16_t udp_size; /* what it takes in a datagram, 512 at least */
};

/*
 * Reads a client's message.
 *
 * Returns false when it deserves no reply: it is shorter than a header, or is a reply itself.
 * Otherwise *ret_rcode is RCODE_NOERROR, or the error to be returned: FORMERR, NOTIMP (another
 * opcode, a zone transfer), BADVERS. *ret is good for message_write_error() in any case.
 */
bool message_read_request(struct wire message, struct request *ret, enum rcode *ret_rcode);

/*
 * Writes the query for an upstream: the client's question, its RD, AD, CD and DO, its wish that
 * no subnet be told, and an OPT record of our own that pads it to a multiple of 128 bytes where
 * it is encrypted (RFC 8467 section 4.1). Nothing else of the client's leaves. Returns the
 * size; `out` has MESSAGE_QUERY_MAX bytes.
 */
size_t message_write_query(const struct request *request, enum protocol protocol, uint8_t *out);

/* What of an upstream's answer is passed on. */
struct answer {
	size_t size;            /* of header, question, answer and authority */
	uint8_t extended_rcode; /* the upper bits, from its OPT record */
	bool bare;              /* a header alone, with an error */
	bool keepalive;         /* it says how long the server keeps an idle connection: */
	uint32_t keepalive_ms;
	/* As in struct exchange; 0 and UINT32_MAX unless its owner sets them. */
	uint32_t age_s, max_age_s;
};

/* Is `message` a well-formed answer to `question`? RFC 5452 section 9.1: the question must be
 * the one that was asked; the ID is whoever's that matched it. */
bool message_read_answer(struct wire question, struct wire message, struct answer *ret);

/*
 * Writes the reply to the client: the answer under its ID, its question as it was spelled, no
 * additional records but an OPT of our own if it sent one. Larger than `limit` (512 at least):
 * only the question, with TC. `out` has `limit` bytes. Returns the size.
 */
size_t message_write_reply(const struct request *request, struct wire message,
	const struct answer *answer, uint8_t *out, size_t limit);

/*
 * Writes an error; the text goes in an Extended DNS Error when the client speaks EDNS, cut to
 * what fits. code: EDE_NONE for none. `out` has MESSAGE_ERROR_MAX bytes. Returns the size.
 */
size_t message_write_error(const struct request *request, enum rcode rcode, enum ede code,
	const char *text, uint8_t *out);
