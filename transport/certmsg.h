/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The Certificate message of TLS 1.3 (RFC 8446 section 4.4.2), walked for two extensions of the
 * leaf's entry. GnuTLS ends a handshake in which a server sends the SCTs that it was asked for,
 * because it knows of no other extension here than status_request: so they are taken out before
 * it looks.
 */
#include "transport/exchange.h"

struct certmsg {
	struct wire scts;   /* SignedCertificateTimestampList; empty: none */
	struct wire staple; /* OCSPResponse; empty: none */
};

/* The leaf's. They point into `body`. False: it is malformed, or names an extension twice. */
bool certmsg_read(struct wire body, struct certmsg *ret);

/*
 * Makes each SCT list in the message a status_request of no known type, which GnuTLS passes
 * over. No length changes. A list of less than four bytes, which nobody could parse, stays.
 */
void certmsg_hide_scts(uint8_t *body, size_t size);
