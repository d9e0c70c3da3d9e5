/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * All knowledge of the wire format of DNS messages (RFC 1035, 6891, 7828, 7830, 7871, 7873,
 * 8467, 8914). Pure functions: request.c reads a client's message, answer.c an upstream's,
 * message.c writes.
 */
#include "transport/exchange.h"

enum {
	MESSAGE_HEADER_SIZE = 12,
	MESSAGE_SIZE_MAX = 65535,
	MESSAGE_QUESTION_MAX = 255 + 4,
	MESSAGE_UDP_SIZE = 1232, /* what we announce, and the most that we send in a datagram */
	/* Room that message_write_query() and message_write_error() never exceed. */
	MESSAGE_QUERY_MAX = 384,
	MESSAGE_ERROR_MAX = 512,
	/* The most records that find room in a message, behind its question. */
	MESSAGE_RECORDS_MAX = (MESSAGE_SIZE_MAX - MESSAGE_HEADER_SIZE - 5) / 11,
	COOKIE_SIZE = 24, /* a client's 8 bytes and ours (RFC 9018 section 3) */
};
_Static_assert((int)MESSAGE_QUERY_MAX <= EXCHANGE_QUERY_MAX, "transport has the room");

enum rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_BADVERS = 16, /* RFC 6891 section 9: its upper bits are in the OPT record */
};

enum {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_HINFO = 13,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_DNAME = 39,
	TYPE_OPT = 41,
	TYPE_DS = 43,
	TYPE_RRSIG = 46,
	TYPE_NSEC = 47,
	TYPE_NSEC3 = 50,
	TYPE_SVCB = 64,
	TYPE_HTTPS = 65,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	TYPE_ANY = 255,
	CLASS_IN = 1,
	CLASS_CH = 3,
	CLASS_HS = 4,
};

/* Extended DNS Errors (RFC 8914 section 4). */
enum ede {
	EDE_NONE = -1,
	EDE_OTHER = 0,
	EDE_DNSKEY_ALGORITHM = 1,
	EDE_DS_DIGEST = 2,
	EDE_STALE_ANSWER = 3,
	EDE_DNSSEC_INDETERMINATE = 5,
	EDE_DNSSEC_BOGUS = 6,
	EDE_SIGNATURE_EXPIRED = 7,
	EDE_SIGNATURE_NOT_YET_VALID = 8,
	EDE_DNSKEY_MISSING = 9,
	EDE_RRSIGS_MISSING = 10,
	EDE_NSEC_MISSING = 12,
	EDE_FILTERED = 17,
	EDE_PROHIBITED = 18,
	EDE_STALE_NXDOMAIN_ANSWER = 19,
	EDE_NO_REACHABLE_AUTHORITY = 22,
	EDE_NETWORK_ERROR = 23,
	EDE_NSEC3_ITERATIONS = 27,
};

/* What a client asks, and what a reply to it needs. */
struct request {
	uint16_t id;
	uint8_t opcode;
	bool rd, ad, cd;
	bool edns; /* it has an OPT record, and so has every reply */
	bool dnssec_ok;
	bool keepalive;   /* it asks how long an idle connection may stay (RFC 7828) */
	bool with_cookie; /* its reply has `reply_cookie` */
	bool ecs_none;    /* it asks that no client subnet be told to anybody (RFC 7871) */
	/* By this program alone, and kept apart in the cache: it asks for what others say of
	 * names that are known here; for names of one label as for any other. */
	bool beyond, single_label;
	uint16_t ecs_family;
	uint16_t type, class;
	uint16_t udp_size;        /* what it takes in a datagram, 512 at least */
	uint16_t keepalive_units; /* of 100 ms, for the reply, if it is over TCP; 0: nothing */
	struct wire
		question;   /* name, type and class as they were sent; borrowed; may be empty */
	struct wire cookie; /* what it sent (RFC 7873); borrowed; may be empty */
	uint8_t reply_cookie[COOKIE_SIZE];
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
 * Writes the query for an upstream: the client's question, its RD, CD and DO, its wish that
 * no subnet be told, AD (we understand it: RFC 6840 section 5.7), and an OPT record of our own
 * that pads it to a multiple of 128 bytes where it is encrypted (RFC 8467 section 4.1). Nothing
 * else of the client's leaves. Returns the size; `out` has MESSAGE_QUERY_MAX bytes.
 */
size_t message_write_query(const struct request *request, enum protocol protocol, uint8_t *out);

/* What of an answer is passed on. It points into the message that it was read from, or into the
 * cache. */
struct answer {
	struct wire body; /* answer and authority section, as they follow the question */
	uint16_t answers, authorities;
	uint16_t n_ttls;
	const uint16_t *ttls;   /* where TTLs stand in the body */
	uint8_t high, low;      /* AA and TC; RA, AD and RCODE, where the header has them */
	uint8_t extended_rcode; /* the upper bits, from its OPT record */
	bool bogus;             /* DNSSEC refuses it; nothing else will do instead */
	bool negative;          /* NXDOMAIN, or nothing of the type that was asked for */
	bool keepalive;         /* it says how long the server keeps an idle connection: */
	uint32_t keepalive_ms;
	/* In seconds: how old it may become; how old it is, which is taken off each TTL; and
	 * what no TTL may exceed before that. */
	uint32_t lifetime_s, age_s, max_ttl_s;
	enum ede ede;
	struct wire ede_text; /* printable */
};

/* What message_read_answer() needs besides, for as long as its answer is used. */
struct answer_room {
	uint16_t ttls[MESSAGE_RECORDS_MAX];
	uint8_t rewritten[MESSAGE_SIZE_MAX];
};

/*
 * Is `message` a well-formed answer to `question`? RFC 5452 section 9.1: the question must be
 * the one that was asked; the ID is whoever's that matched it.
 *
 * Of its records only those are passed on that belong to the answer: of the answer section the
 * chain of CNAMEs and DNAMEs that begins at the question, and what was asked for at its end; of
 * the authority section what is above a name of that chain, or proves something (RFC 2181
 * section 5.4.1). They are kept for the least of their TTLs, 24 hours at most; a negative
 * answer for as long as its SOA says (RFC 2308 section 5), an hour at most, and not without
 * one; failures for 5 seconds (RFC 9520).
 */
bool message_read_answer(struct wire question, struct wire message, struct answer_room *room,
	struct answer *ret);
/* How long an HTTP cache has held it, and how long in all it may; UINT32_MAX: it is not said
 * (RFC 8484 section 5.1). */
void answer_was_cached(struct answer *answer, uint32_t age_s, uint32_t max_age_s);
enum rcode answer_rcode(const struct answer *answer);
/* Calls `each` with each record of the answer section: type, and data as it stands in the
 * message. Stops at false, and returns that. */
bool answer_each(const struct answer *answer,
	bool (*each)(void *context, uint16_t type, struct wire data), void *context);

/*
 * Writes the reply to the client: the answer under its ID, its question as it was spelled, no
 * additional records but an OPT of our own if it sent one. Larger than `limit` (512 at least):
 * only the question, with TC. `out` has `limit` bytes. Returns the size.
 */
size_t message_write_reply(
	const struct request *request, const struct answer *answer, uint8_t *out, size_t limit);

/* Copies what is printable UTF-8 (RFC 8914 section 2); for each byte of anything else, '?'. */
void message_printable(const uint8_t *text, size_t size, uint8_t *out);

/* Writes a reply that says no more than that it does not fit: TC. As the one below. */
size_t message_write_truncated(const struct request *request, uint8_t *out);

/*
 * Writes an error; the text goes in an Extended DNS Error when the client speaks EDNS, cut to
 * what fits. code: EDE_NONE for none. `out` has MESSAGE_ERROR_MAX bytes. Returns the size.
 */
size_t message_write_error(const struct request *request, enum rcode rcode, enum ede code,
	const char *text, uint8_t *out);
