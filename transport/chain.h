/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A path from a server's certificate to a trust anchor (RFC 5280 section 6). GnuTLS verifies
 * signatures, constraints and purposes along one path. What it leaves to its caller is done
 * here: finding the path, the clock, and a handful of certificates that RFC 5280 does not allow
 * and GnuTLS does.
 */
#include "transport/verify.h"
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>

/* The certificates of one peer, and the path through them: indices into crt, leaf first. */
struct chain {
	gnutls_x509_trust_list_t anchors; /* borrowed */
	gnutls_x509_crt_t crt[VERIFY_CHAIN_MAX];
	size_t n_crt;
	size_t step[VERIFY_CHAIN_MAX];
	size_t length;
	unsigned tries;
	unsigned status;          /* GnuTLS's words on the path that failed most tellingly */
	gnutls_x509_crt_t anchor; /* under the path's end; NULL: its end is an anchor itself */
};

/* Parses the certificates, leaf first. False: `check` says why. chain_done() frees in any case.
 */
bool chain_load(
	struct chain *chain, const struct wire *der, size_t n, struct verify_check *check);
void chain_done(struct chain *chain);

/* Finds and judges the path. `sans` are the leaf's; `subject` is who was dialled. */
bool chain_check(struct chain *chain, gnutls_subject_alt_names_t sans,
	const struct subject *subject, struct ct_clock clock, struct verify_check *check);
/* The certificate that issued the leaf, after chain_check(): of the path, or the anchor.
 * Borrowed. */
gnutls_x509_crt_t chain_issuer(const struct chain *chain);

/* Who the leaf is, for those who remember it: after chain_load(). */
void chain_describe_leaf(const struct chain *chain, struct verdict *verdict);

/* Who the certificates of the path are, its anchor last, after chain_check(). Returns how many.
 * `ret` has room for VERIFY_CHAIN_MAX + 1. */
size_t chain_identities(const struct chain *chain, struct identity *ret);

/* The SAN at `i`, borrowed; false past the last. */
bool san_at(gnutls_subject_alt_names_t sans, unsigned i, unsigned *ret_type, struct wire *ret);

/* Names are the peer's choice; they end in logs and terminals. */
void make_printable(char *text);

/* Says in words why a check fails, printable whatever the peer wrote. Always returns false, so
 * that a check can end with it. */
[[gnu::format(printf, 2, 3)]] bool refuse(struct verify_check *check, const char *format, ...);
