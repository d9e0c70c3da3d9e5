/* SPDX-License-Identifier: MIT */
#pragma once
/* What is known of a server, besides how fast it is: how it failed last, whether it may be
 * dialled again, and what has been told of it. */
#include "transport/conn.h"
#include "transport/trace.h"

struct standing {
	struct loop *loop;
	struct trace *trace;
	const struct endpoint *endpoint;
	struct timer timer; /* its owner sets timer.fired, which calls standing_rested() */
	bool resting;       /* not to be dialled */
	unsigned failures;  /* since it was last of use */
	uint64_t hope_until_ms;
	enum transport_err err; /* TRANSPORT_OK: it has not failed since it was ready */
	char why[320];
	bool told; /* the fields below say what */
	enum trace_kind told_kind;
	char told_why[320];
};

/* All but the timer's callback. */
void standing_init(struct standing *standing, struct loop *loop, struct trace *trace,
	const struct endpoint *endpoint);
void standing_done(struct standing *standing);

/* Traces it. conn: the connection that it is about, NULL for none. */
void standing_tell(struct standing *standing, enum trace_kind kind, const struct conn *conn,
	const struct verdict *verdict);
/* It failed, for this reason, which is copied. */
void standing_blame(struct standing *standing, enum transport_err err, const char *why);

/* A failed server rests, longer with each failure, and much longer when its certificate was
 * refused: it has to change first. */
void standing_rest(struct standing *standing);
/* About so long. */
void standing_rest_for(struct standing *standing, uint64_t ms);
void standing_rested(struct standing *standing);
/* It is no longer the first choice, until it is of use again. */
void standing_doubt(struct standing *standing);

/* Whoever waits for it may hope for so long. */
void standing_hope(struct standing *standing, uint64_t ms);
bool standing_hopes(const struct standing *standing);

/* It was of use. */
void standing_praise(struct standing *standing);
/* All that spoke against it is of the past: the network is another one. */
void standing_forgive(struct standing *standing);
