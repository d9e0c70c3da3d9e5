/* SPDX-License-Identifier: MIT */
#pragma once
/* A strict walker over DER (X.690): just what a certificate needs. It copies nothing. */
#include "ctpolicy/ctpolicy.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_CONTEXT_PRIMITIVE = 0x80,   /* + n: [n] IMPLICIT of a primitive type */
	DER_CONTEXT_CONSTRUCTED = 0xa0, /* + n */
};

struct der {
	uint8_t tag;
	struct ct_bytes whole; /* tag, length and value */
	struct ct_bytes value;
};

/* Takes the next element off `rest`. False, and nothing taken: there is none, it runs past the
 * end, its tag has several bytes, or its length is not in its shortest form. */
bool ctp_der_next(struct ct_bytes *rest, struct der *ret);
/* The same, for an element of this tag. */
bool ctp_der_take(struct ct_bytes *rest, uint8_t tag, struct der *ret);

/* Takes an Extension (RFC 5280 section 4.1) off `rest`: its OBJECT IDENTIFIER and what its
 * OCTET STRING holds. */
struct der_extension {
	struct ct_bytes whole, oid, value;
};
bool ctp_der_take_extension(struct ct_bytes *rest, struct der_extension *ret);

/* Time as RFC 5280 section 4.1.2.5 has it: UTCTime until 2049, GeneralizedTime from 2050; to
 * the second, in UTC. */
bool ctp_der_time(const struct der *time, uint64_t *ret_ms);

/* How many bytes the header of an element with this many bytes of value has; and writes it. */
size_t ctp_der_header_size(size_t value_size);
uint8_t *ctp_der_write_header(uint8_t *out, uint8_t tag, size_t value_size);
