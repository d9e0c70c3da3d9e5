/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The one place of trust: is this peer the one that was dialled, and is its certificate public?
 * Pure but for reading the trust anchors once: certificates and a clock in, a verdict out.
 */
#include "ctpolicy/ctpolicy.h"
#include "transport/distrust.h"
#include "transport/exchange.h"

/* What a peer is judged against. Immutable, may be shared by any number of sessions. */
struct trust;

struct trust_params {
	const char *anchors_path; /* a PEM file; NULL: the system's */
	struct ct_log_list
		*list; /* moved: trust_free() frees it, also when trust_new() fails */
	enum ct_policy policy;
	/* Besides what is built in; borrowed until trust_free(). */
	const struct distrust *distrusted;
	size_t n_distrusted;
};

/* NULL: `why` says what is wrong. */
struct trust *trust_new(const struct trust_params *params, char *why, size_t size);
void trust_free(struct trust *trust);
const struct ct_log_list *trust_log_list(const struct trust *trust);

/* Who the peer must be. */
struct subject {
	uint8_t address[16]; /* as dialled, network order; must be an iPAddress SAN */
	size_t address_size; /* 4 or 16 */
	const char *name;    /* authentication name (RFC 8310): required besides; NULL: none */
};

struct verify_check {
	bool ok;
	char reason[240]; /* in words, when not ok */
};

struct verdict {
	bool accepted; /* every check is ok */
	struct verify_check chain, distrust, name, ct;
	struct ct_report report; /* of the SCTs; empty when the chain failed */
};

/* More than these are refused before anything is parsed. */
#define VERIFY_CHAIN_MAX 8
#define VERIFY_CHAIN_BYTES_MAX 65536

/*
 * Judges a TLS server's chain, leaf first, as it was sent (DER).
 *
 * chain: a path to a trust anchor (RFC 5280), everybody's validity at `now_ms`, key sizes,
 *        serverAuth, a leaf that is v3 and no CA, name constraints
 * distrust: nothing of its path, nor it itself, is in distrust.def or configured to be refused
 * name:  the address among the leaf's iPAddress SANs, byte for byte (never the CN, never a
 * dNSName that spells it); the name among its dNSName SANs (RFC 6125 section 6.4) ct:    the
 * SCTs, under the policy (ctpolicy.h)
 */
void verify_peer(const struct trust *trust, const struct subject *subject,
	const struct wire *der, size_t n, uint64_t now_ms, struct verdict *ret);

/* The reason of the first check that is not ok, or "". */
const char *verdict_reason(const struct verdict *verdict);
