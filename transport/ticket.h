/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * TLS sessions that may be resumed (RFC 8446 section 4.6.1), each with what its peer had shown
 * when it was judged: a resumed handshake shows nothing, so that is judged again, by the trust
 * and the clock of now, before a ticket is offered.
 */
#include "transport/verify.h"

/* What a peer showed, copied; counted, for sessions and tickets share it. */
struct shown {
	unsigned references;
	uint64_t judged_ms; /* in the full handshake */
	struct peer peer;
	struct wire der[VERIFY_CHAIN_MAX];
	uint8_t bytes[];
};

struct ticket {
	struct shown *shown; /* a reference */
	size_t size;
	uint8_t session[]; /* secret: GnuTLS's keys of it */
};

/* Longer than this, nobody lives without a full handshake. */
#define TICKET_AGE_MAX_MS (24 * UINT64_C(3600000))

/* peer: of at most VERIFY_CHAIN_MAX certificates. NULL: no memory. */
struct shown *shown_new(const struct peer *peer, uint64_t now_ms);
struct shown *shown_ref(struct shown *shown);
/* NULL is allowed. */
void shown_unref(struct shown *shown);
/* Are these its certificates, byte for byte? */
bool shown_has(const struct shown *shown, const struct wire *der, size_t n);

/* session: copied. NULL: no memory. */
struct ticket *ticket_new(struct wire session, struct shown *shown);
/* Its keys are wiped. NULL is allowed. */
void ticket_free(struct ticket *ticket);

/* May it be offered to `subject` now? *ret is what verify_peer() says of what was shown. */
bool ticket_judge(const struct ticket *ticket, const struct trust *trust,
	const struct subject *subject, struct ct_clock clock, struct verdict *ret);
