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

struct exchange {
	/* Set by the owner before the exchange is submitted. */
	struct wire query; /* borrowed until done() or cancel; at least 12 bytes */
	bool (*accept)(struct exchange *, struct wire answer); /* does it answer the query? */
	void (*done)(struct exchange *); /* called once, unless cancelled */

	/* Set by transport before done(). */
	enum transport_err err;
	struct wire answer; /* when TRANSPORT_OK, during done() only; its ID means nothing */
	const char *why;    /* else: in words, during done() only */

	/* Transport's own. */
	struct list node;
	struct upstream *upstream; /* who has it now; NULL: parked, or nobody */
	uint64_t lost, given_up; /* a bit for each upstream that lost it once; that failed it */
	unsigned sends;          /* how often it went out */
	uint16_t id;             /* on the present connection */
	bool sent;               /* lies in a connection, under `id` */
};
