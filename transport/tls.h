/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * A TLS client session as a function from bytes to bytes: it touches no socket. Whoever owns it
 * puts what the peer sent into tls_in(), sends what lies in tls_out(), and calls again.
 */
#include "transport/buf.h"
#include "transport/verify.h"

struct tls_context; /* what all sessions of one configuration share; immutable */
struct tls;
struct ticket; /* ticket.h */

/* Hybrid key exchange, X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem). */
enum post_quantum {
	POST_QUANTUM_NO,
	POST_QUANTUM_PREFER,  /* when this GnuTLS knows it, and the server */
	POST_QUANTUM_REQUIRE, /* only if tls_knows_post_quantum() */
};

bool tls_knows_post_quantum(void);
/* Of GnuTLS. Static. */
const char *tls_library_version(void);

/* trust: borrowed, must outlive the context. NULL when there is no memory. */
struct tls_context *tls_context_new(const struct trust *trust, enum post_quantum post_quantum);
void tls_context_free(struct tls_context *context);

struct tls_params {
	const struct tls_context *context; /* borrowed until tls_free(), so too: */
	const struct subject *subject;     /* the server; its name (if any) is sent as SNI */
	const char *alpn;                  /* the protocol offered (RFC 7301), e.g. "dot" */
	bool alpn_required;                /* no session with a server that does not agree */
	/* Offer the extension signed_certificate_timestamp (RFC 6962 section 3.3.1). Not
	 * without need: GnuTLS must be led around what a server answers (certmsg.h). */
	bool asks_scts;
	/* Moved, also when tls_new() fails; NULL: none. Offered if it passes the verdict now.
	 */
	struct ticket *ticket;
};

enum transport_err tls_new(
	const struct tls_params *params, struct ct_clock clock, struct tls **ret);
void tls_free(struct tls *tls);

/* Bytes from the peer, not yet read; bytes for the peer, not yet sent. */
struct buf *tls_in(struct tls *tls);
struct buf *tls_out(struct tls *tls);
/* The peer will send no more. */
void tls_eof(struct tls *tls);

/*
 * Goes on with the handshake. TRANSPORT_OK: it is complete and the peer has passed
 * verify_peer(); TRANSPORT_UNTRUSTED: it has not, and an alert lies in tls_out();
 * TRANSPORT_WAIT: more bytes are needed.
 */
enum transport_err tls_handshake(struct tls *tls, struct ct_clock clock);

/* Only after the handshake returned TRANSPORT_OK; before it, refuses with TRANSPORT_UNTRUSTED.
 */
enum transport_err tls_write(struct tls *tls, struct wire bytes);
/* Reads at most `size` bytes. TRANSPORT_WAIT: none there; TRANSPORT_LOST: the peer has closed.
 */
enum transport_err tls_read(struct tls *tls, uint8_t *data, size_t size, size_t *ret_n);
/* What the server has sent to resume this session by; ticket_free() frees it. NULL: nothing
 * (yet). */
struct ticket *tls_ticket(struct tls *tls);
/* Puts the closure alert into tls_out() (RFC 8446 section 6.1). */
void tls_close(struct tls *tls);

/* What verify_peer() said; all zero before it was asked. */
const struct verdict *tls_verdict(const struct tls *tls);
/* Why the last call failed, in words. */
const char *tls_why(const struct tls *tls);
/* What was agreed on. NULL: nothing yet. */
struct tls_facts {
	const char *version, *group, *cipher; /* static */
	bool post_quantum;                    /* so is the key exchange */
	bool resumed;                         /* by a ticket */
};
struct tls_facts tls_facts(const struct tls *tls);
/* The certificates that the peer showed, the leaf first; valid as long as the session. Returns
 * how many, at most VERIFY_CHAIN_MAX + 1. */
size_t tls_certificates(const struct tls *tls, struct wire ret[VERIFY_CHAIN_MAX + 1]);
