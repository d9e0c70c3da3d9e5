/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * DNS messages as people write them (RFC 1035 section 5.1, RFC 3597, RFC 9460 appendix A).
 * Whatever bytes come in, what goes out is printable ASCII.
 */
#include "transport/exchange.h"
#include <stdio.h>

enum { PRESENTATION_NAME_MAX = 255 };

/* A record of a message, as far as all types are alike. */
struct presentation_record {
	size_t name; /* where its owner's name begins */
	uint16_t type, class;
	uint32_t ttl;
	size_t data, data_size; /* where its data are */
};

/* Skips the name at *at, a compressed one, too. False: there is none, and *at is as it was. */
bool presentation_skip_name(struct wire message, size_t *at);
/* Reads the record at *at, and goes behind it. False: there is none. */
bool presentation_read_record(struct wire message, size_t *at, struct presentation_record *ret);

/* Writes the name at `at`, absolute. False: there is none; a part of it may have been written.
 */
bool presentation_name(FILE *out, struct wire message, size_t at);
/* "A", or "TYPE65280". */
void presentation_type(FILE *out, uint16_t type);
/* "IN", or "CLASS7". */
void presentation_class(FILE *out, uint16_t class);
/* As its type has it; what is malformed, or of a type that is not known, as RFC 3597 has it. */
void presentation_data(
	FILE *out, struct wire message, const struct presentation_record *record);
/* "NXDOMAIN"; NULL: not known. */
const char *presentation_rcode_name(unsigned rcode);
/* "NXDOMAIN", or "RCODE77". */
void presentation_rcode(FILE *out, unsigned rcode);
/* An Extended DNS Error's code in words (RFC 8914); NULL: not known. */
const char *presentation_ede(unsigned code);

/* The other way: a name, with escapes, absolute whether it ends in a dot or not. */
bool presentation_read_name(
	const char *text, uint8_t ret[PRESENTATION_NAME_MAX], size_t *ret_size);
/* So too; it may have letters that DNS does not have (idna.h). */
bool presentation_read_any_name(
	const char *text, uint8_t ret[PRESENTATION_NAME_MAX], size_t *ret_size);
bool presentation_read_type(const char *text, uint16_t *ret);
