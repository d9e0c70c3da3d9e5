/* SPDX-License-Identifier: MIT */
#pragma once
/* Stapled OCSP responses (RFC 6066 section 8, RFC 6960), and certificates that demand one. */
#include "transport/verify.h"
#include <gnutls/x509.h>

enum staple_status {
	STAPLE_NONE,
	STAPLE_GOOD,
	STAPLE_OUTDATED,  /* says good, but of another time */
	STAPLE_NO_ANSWER, /* the responder had none: "try later" and the like */
	STAPLE_REVOKED,   /* then, now, for ever */
	STAPLE_UNKNOWN,   /* the CA does not know the certificate */
	STAPLE_BAD,       /* malformed, not signed by the CA, or of another certificate */
};

struct staple {
	enum staple_status status;
	struct wire scts; /* SignedCertificateTimestampList of a response that the CA signed */
	char words[120];  /* of all but STAPLE_GOOD */
};

/* response: DER as it was sent, empty for none. `ret->scts` points into it. */
void staple_read(struct wire response, gnutls_x509_crt_t leaf, gnutls_x509_crt_t issuer,
	struct ct_clock clock, struct staple *ret);

/* Does what was stapled allow this certificate? False: `check` says why not. */
bool staple_check(
	const struct staple *staple, gnutls_x509_crt_t leaf, struct verify_check *check);
