/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The contract between who asks and the upstreams: one DNS message out, one back. Transport
 * sees a message as opaque bytes that begin with an ID, which is transport's own on the way out
 * and back.
 */
#include "transport/list.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes: never freed through this, valid as long as what they point into. */
struct wire {
	const uint8_t *data;
	size_t size;
};

enum [[nodiscard]] transport_err{
	TRANSPORT_OK,
	TRANSPORT_WAIT,        /* nothing wrong: call again when the loop says so */
	TRANSPORT_UNREACHABLE, /* no connection could be made */
	TRANSPORT_TIMEOUT,     /* no connection, or no answer, in time */
	TRANSPORT_LOST,        /* the connection ended */
	TRANSPORT_TLS,         /* the TLS handshake or a record failed */
	TRANSPORT_UNTRUSTED,   /* the peer was refused; its verdict says why */
	TRANSPORT_PROTOCOL,    /* the peer sent what it may not send */
	TRANSPORT_BUSY,        /* too much under way */
	TRANSPORT_NOMEM,
};

enum protocol {
	PROTOCOL_TLS,   /* DNS over TLS (RFC 7858) */
	PROTOCOL_HTTPS, /* DNS over HTTPS (RFC 8484) */
	PROTOCOL_PLAIN, /* neither: for routes that ask for it by name */
};

enum {
	EXCHANGE_QUERY_MIN = 12,
	EXCHANGE_QUERY_MAX = 512,
	EXCHANGE_ATTEMPTS = 2,
};

struct endpoint;

/* One sending of an exchange to one server. It lies in at most one place at a time. */
struct attempt {
	struct exchange *exchange;
	struct upstream *upstream; /* who has it now; NULL: it is free */
	struct list node;          /* of the upstream: who was sent first is first */
	uint64_t sent_ms;
	bool stalled;  /* its connection is; another one of the same upstream may be better */
	void *carrier; /* the upstream's: the connection or plain query that has it */
	union {
		uint16_t id;               /* DoT's */
		struct doh_stream *stream; /* DoH's */
	};
};

struct exchange {
	/* Set by the owner before the exchange is submitted. */

	/* Writes the query for this protocol; `out` has EXCHANGE_QUERY_MAX bytes. Returns its
	 * size, EXCHANGE_QUERY_MIN at least. Called once an attempt. Its ID is overwritten. */
	size_t (*write)(struct exchange *, enum protocol, uint8_t *out);
	/* Does it answer the query? May set keepalive and keepalive_ms. */
	bool (*accept)(struct exchange *, struct wire answer);
	void (*done)(struct exchange *); /* called once, unless cancelled */

	/* What the server said when it closes idle connections (RFC 7828), if it did. */
	bool keepalive;
	uint32_t keepalive_ms;

	/* Set by transport before done(). */
	enum transport_err err;
	struct wire answer; /* when TRANSPORT_OK, during done() only; its ID means nothing */
	/* When TRANSPORT_OK: how long an HTTP cache has held the answer, and how long in all it
	 * may (RFC 8484 section 5.1); UINT32_MAX: it is not said. In seconds. */
	uint32_t age_s, max_age_s;
	const struct endpoint *by; /* so too: who answered; borrowed from the set */
	const char *why;           /* else: in words, during done() only */

	/* Transport's own. */
	struct list node;         /* while no upstream has it */
	struct upstream_set *set; /* NULL: not under way */
	struct attempt attempts[EXCHANGE_ATTEMPTS];
	uint64_t lost, given_up; /* a bit for each upstream that lost it once; that failed it */
	unsigned sends;          /* how often it went out */
};

/* For who finds out whom to ask: set.c. */

void exchange_begin(struct exchange *exchange);
bool exchange_is_under_way(const struct exchange *exchange);
/* Is one of its attempts on a connection that is not stalled? */
bool exchange_is_hopeful(const struct exchange *exchange);
/* NULL: all are under way. */
struct attempt *exchange_free_attempt(struct exchange *exchange);
/* A bit for each upstream that has it already, or has failed it. */
uint64_t exchange_not_for(const struct exchange *exchange);
/* Only to one that is ready; else as upstream_submit(). */
enum transport_err exchange_send(
	struct exchange *exchange, struct attempt *attempt, struct upstream *upstream);
/* Cancels all attempts that are under way. */
void exchange_recall(struct exchange *exchange);
