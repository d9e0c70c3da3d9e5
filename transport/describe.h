/* SPDX-License-Identifier: MIT */
#pragma once
/* A certificate in words, for those who look at one. Nothing is judged here. */
#include "transport/exchange.h"

#define DESCRIBE_SANS_MAX 64
#define DESCRIBE_SAN_SIZE 128

/* All text is printable, and cut where it does not fit. */
struct certificate_text {
	char subject[256], issuer[256]; /* RFC 4514 */
	char serial[64];                /* hexadecimal */
	char key[64];                   /* "EC/ECDSA 256 bits" */
	char sans[DESCRIBE_SANS_MAX][DESCRIBE_SAN_SIZE];
	size_t n_sans, sans_left_out;
	uint64_t not_before_ms, not_after_ms;
	uint8_t sha256[32], spki_sha256[32];
};

/* False: it cannot be parsed. */
bool describe_certificate(struct wire der, struct certificate_text *ret);
