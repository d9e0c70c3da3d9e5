/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A message taken apart for validation: its records with whole names, in its own memory.
 * Nothing that is bounded by less than the message is trusted to be there: fixed fields of
 * DNSSEC's own types are read by rrsig_read() and its likes.
 */
#include "resolver/bytes.h"
#include "resolver/dnssec_name.h"
#include "resolver/message.h"

/* More than message.h has. */
enum {
	TYPE_SIG = 24,
	TYPE_DNSKEY = 48,
	TYPE_NXNAME = 128, /* RFC 9824 section 2 */
};

enum { RR_MAX = 2048, RRSIG_MAX = 128 };

enum rr_section { SECTION_ANSWER, SECTION_AUTHORITY };

struct rr {
	const uint8_t *owner;
	uint16_t type, class;
	uint32_t ttl;
	enum rr_section section;
	struct wire rdata; /* its names in full */
};

/* How names are kept: as they were sent, or all in lower case where RFC 4034 section 6.2 says
 * so (as RFC 6840 section 5.1 corrects it), owners included. */
enum rr_form { RR_AS_SENT, RR_CANONICAL };

struct rrs {
	struct rr *list; /* answer, then authority */
	size_t n, n_answers;
	uint8_t rcode; /* of the header: its lower bits */
	const uint8_t *qname;
	uint16_t qtype, qclass;
	struct wire opt; /* the whole OPT record, within the message; empty: none */
	uint8_t *names;  /* all that the list points to */
};

enum rrs_read { RRS_READ, RRS_MALFORMED, RRS_TOO_MANY, RRS_NOMEM };

/* Takes the question and the records of answer and authority; rrs_free() frees them. A message
 * without a question is malformed. It is borrowed for `opt`. */
enum rrs_read rrs_read(struct wire message, enum rr_form form, struct rrs *ret);
void rrs_free(struct rrs *rrs);

/* RFC 4034 section 3.1 */
struct rrsig {
	uint16_t covered, tag;
	uint8_t algorithm, labels;
	uint32_t original_ttl, expiration, inception;
	const uint8_t *signer;
	struct wire signature;
	struct wire signed_part; /* of the RDATA: all before the signature */
};

/* False: it is none. */
bool rrsig_read(struct wire rdata, struct rrsig *ret);

/* RFC 4034 section 2.1 */
struct dnskey {
	uint16_t flags, tag;
	uint8_t protocol, algorithm;
	struct wire key;
};

enum { DNSKEY_ZONE = 0x100, DNSKEY_REVOKED = 0x80 };

bool dnskey_read(struct wire rdata, struct dnskey *ret);

/* RFC 4034 section 5.1 */
struct ds {
	uint16_t tag;
	uint8_t algorithm, digest_type;
	struct wire digest;
};

bool ds_read(struct wire rdata, struct ds *ret);

/* RFC 4034 section 4.1.2; in both kinds of NSEC. */
bool bitmap_has(struct wire bitmap, uint16_t type);
/* Any type but those that only go with a proof. */
bool bitmap_has_data(struct wire bitmap);
bool bitmap_is_good(struct wire bitmap);
