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

/* Leaves that were accepted before, under a list that was fresh and a policy no laxer. Embedded
 * in whoever remembers them. */
struct accepted_before {
	bool (*ask)(struct accepted_before *, const uint8_t sha256[32], enum ct_policy policy);
};

struct trust_params {
	const char *anchors_path; /* a PEM file; NULL: the system's */
	struct ct_log_list
		*list; /* moved: trust_free() frees it, also when trust_new() fails */
	enum ct_policy policy;
	/* Besides what is built in; borrowed until trust_free(). */
	const struct distrust *distrusted;
	size_t n_distrusted;
	struct accepted_before *accepted_before; /* borrowed until trust_free(); NULL: none */
};

/* NULL: `why` says what is wrong. */
struct trust *trust_new(const struct trust_params *params, char *why, size_t size);
void trust_free(struct trust *trust);
const struct ct_log_list *trust_log_list(const struct trust *trust);
enum ct_policy trust_policy(const struct trust *trust);

/* A key that may stand in a peer's path: SHA-256 of its SubjectPublicKeyInfo. */
struct pin {
	uint8_t sha256[32];
};

/* Who the peer must be. */
struct subject {
	uint8_t address[16]; /* as dialled, network order; must be an iPAddress SAN */
	size_t address_size; /* 4 or 16; 0: not asked for, which is only for certificates in
				files */
	const char *name;    /* authentication name (RFC 8310): required besides; NULL: none */
	const struct pin *pins; /* required besides: one of them (RFC 7858 section 4.2) */
	size_t n_pins;          /* 0: any key will do */
};

/* What a peer showed of itself. What it did not show is empty. */
struct peer {
	const struct wire *der; /* its certificates in DER, as it sent them, the leaf first */
	size_t n;
	struct wire tls_scts; /* SignedCertificateTimestampList (RFC 6962 section 3.3.1) */
	struct wire staple;   /* OCSPResponse (RFC 6066 section 8) */
};

struct verify_check {
	bool ok;
	char reason[240]; /* in words, when not ok */
};

struct verdict {
	bool accepted; /* every check is ok */
	struct verify_check chain, distrust, name, ct;
	struct ct_report report; /* of the SCTs; empty when the chain failed */
	bool accepted_before; /* the list is stale; this leaf was accepted while it was fresh */
	struct identity leaf; /* empty when no certificate could be parsed */
	struct identity issuer; /* empty when the chain failed */
	char issuer_name[128];  /* of the leaf, as it says itself (RFC 4514) */
	uint64_t not_after_ms;  /* of the leaf; 0: unknown */
};

/* More than these are refused before anything is parsed. */
#define VERIFY_CHAIN_MAX 8
#define VERIFY_CHAIN_BYTES_MAX 65536

/*
 * Judges a TLS server.
 *
 * chain     a path to a trust anchor (RFC 5280), everybody's validity at that time, key sizes,
 *           serverAuth, a leaf that is v3 and no CA, name constraints
 * distrust  nothing of its path, nor it itself, is in distrust.def or configured to be refused;
 *           no stapled OCSP response speaks against it, and one is there if it demands one
 *           (RFC 7633)
 * name      the address among the leaf's iPAddress SANs, byte for byte (never the CN, never a
 *           dNSName that spells it); the name among its dNSName SANs (RFC 6125 section 6.4); a
 *           pinned key in its path
 * ct        the SCTs, under the policy (ctpolicy.h)
 *
 * While the clock is not set, nothing is held against a certificate for being too early.
 */
void verify_peer(const struct trust *trust, const struct subject *subject,
	const struct peer *peer, struct ct_clock clock, struct verdict *ret);

/* The reason of the first check that is not ok, or "". */
const char *verdict_reason(const struct verdict *verdict);
/* The verdict in one sentence, also when it is accept. */
void verdict_text(const struct verdict *verdict, char *text, size_t size);
/* Is all that speaks against the peer that it has shown too few SCTs? */
bool verdict_lacks_scts(const struct verdict *verdict);
