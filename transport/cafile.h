/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The trust anchors of a file, as the bytes that they are. Parsed, GnuTLS has twenty times as
 * much of each, and of 150 a chain needs one or two: those are parsed when it is judged.
 */
#include "transport/exchange.h"
#include <gnutls/x509.h>

struct cafile;

/* Reads the certificates of a file in PEM; each must be one. NULL: none, and `why` says it. */
struct cafile *cafile_read(const char *path, char *why, size_t size);
void cafile_free(struct cafile *cafile);

/* Adds to `list`, which then owns them, all that GnuTLS could find there for a path through
 * these certificates: it looks for issuers, and for the certificates themselves, by name.
 * n is at most VERIFY_CHAIN_MAX. False: out of memory. */
[[nodiscard]] bool cafile_list(const struct cafile *cafile, const gnutls_x509_crt_t *crt,
	size_t n, gnutls_x509_trust_list_t list);
