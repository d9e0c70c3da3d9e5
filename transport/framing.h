/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * How DNS messages travel inside TLS: each behind its length (dot.h), or each in an HTTP/2
 * stream (doh.h). Bytes in, bytes out: no socket, no clock, no peer to judge.
 */
#include "transport/buf.h"

/* What became of what came in. */
enum framing_event {
	FRAMING_WAIT,     /* nothing more until more comes in */
	FRAMING_ANSWERED, /* an answer that the exchange accepts */
	FRAMING_RETURNED, /* this query will not be answered here */
	FRAMING_LEAVING,  /* it takes no more queries; those under way go on. Told once */
	FRAMING_BROKEN,   /* the connection is to be given up; nothing was finished */
};

/* Whether a query may go to the same server again. */
enum retry {
	RETRY_ELSEWHERE, /* it has said that it will not answer it */
	RETRY_ONCE,      /* it may have seen it */
	RETRY_HERE,      /* it has not looked at it */
};

struct framing_news {
	struct attempt *attempt; /* ANSWERED, RETURNED: it is no longer in here */
	/* ANSWERED: valid until the next call of anything here. As in struct exchange. */
	struct wire answer;
	uint32_t age_s, max_age_s;
	const char *why;        /* RETURNED, BROKEN: in words; valid until the next call */
	enum retry retry;       /* RETURNED */
	uint32_t retry_after_s; /* RETURNED: the server asks to be left alone so long; 0: not */
};

struct framing;

struct framing_ops {
	const char *alpn;   /* RFC 7301 */
	bool alpn_required; /* no connection without it */

	/* Queues the query of attempt->exchange. TRANSPORT_BUSY: too many under way here. */
	enum transport_err (*submit)(struct framing *, struct attempt *);
	/* The attempt is forgotten at once; what comes for it later is passed over. */
	void (*cancel)(struct framing *, struct attempt *);
	/* Takes the next event out of `in`. */
	enum framing_event (*next)(struct framing *, struct framing_news *ret);
	/* Asks for a sign of life, which comes in as bytes. A few are under way at most. */
	void (*ping)(struct framing *);
	/* Writes to `out` what is to be sent. Called at the end of a turn, and at its begin for
	 * what opens the connection. False: no memory. */
	bool (*flush)(struct framing *);
	/* An attempt that is still waiting, taken out; NULL when there is none. */
	struct attempt *(*take)(struct framing *);
	/* Attempts still in it are forgotten, not finished: take them out first. */
	void (*free)(struct framing *);
};

/* The head of a struct dot and a struct doh. */
struct framing {
	const struct framing_ops *ops;
	struct buf in, out; /* bytes from the peer, not looked at yet; bytes for the peer */
	size_t waiting;     /* attempts in it */
	size_t forgotten;   /* cancelled ones that still hold their place */
};
