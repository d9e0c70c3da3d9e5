/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Issuers and certificates that are refused although their chain verifies. A few are built in
 * (distrust.def); the configuration adds others.
 */
#include "transport/exchange.h"

enum distrust_kind {
	DISTRUST_ISSUER_KEY_ID,  /* subject key identifier of any certificate of the path */
	DISTRUST_ISSUER_SPKI,    /* SHA-256 of its SubjectPublicKeyInfo */
	DISTRUST_CERTIFICATE,    /* SHA-256 of the leaf */
	DISTRUST_SERIAL_OF_SPKI, /* serial number of the leaf, under its issuer's SPKI */
};

struct octets {
	uint8_t bytes[32];
	uint8_t size;
};

struct distrust {
	enum distrust_kind kind;
	struct octets id;
	struct octets serial; /* without zeroes in front */
	const char *why;      /* in words */
};

/* What identifies one certificate of a path. What is longer than octets hold has size 0. */
struct identity {
	struct octets key_id, spki, sha256, serial;
};

/* The entries that are built in. Borrowed, never freed. */
const struct distrust *distrust_built_in(size_t *ret_n);

/*
 * The first of `n` entries that refuses a path, its leaf first and its anchor last; NULL: none
 * does. The leaf's issuer is path[1].
 */
const struct distrust *distrust_find(
	const struct distrust *entries, size_t n, const struct identity *path, size_t length);
