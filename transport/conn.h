/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One connection to an upstream, from dialling to its end. Queries can be given to it only when
 * it is ready, and it is ready only when its peer has passed the verdict.
 */
#include "transport/clock.h"
#include "transport/dial.h"
#include "transport/loop.h"
#include "transport/tls.h"

struct conn;

/* Embedded in whoever owns the connection; all are called from the loop, never from a conn_
 * call. */
struct conn_owner {
	void (*ready)(struct conn_owner *);
	void (*answered)(struct conn_owner *, struct exchange *, struct wire answer);
	/* The last call. What is still waiting is to be had by conn_take() during it; then the
	 * connection frees itself. conn_verdict() and conn_why() tell why. */
	void (*ended)(struct conn_owner *, enum transport_err err);
};

/* How long a connection may take until it is ready, and how long a peer may stay silent while
 * it owes an answer. */
struct conn_limits {
	uint32_t ready_ms, silent_ms;
};

/* What connections are made with. */
struct conn_params {
	struct loop *loop;
	const struct tls_context *context;
	const struct clock *clock;
	struct conn_limits limits;
};

/* Dials. NULL when there is no memory. endpoint, and what params point to, are borrowed until
 * it ends. asks_scts: as in tls_new(). */
struct conn *conn_new(const struct endpoint *endpoint, const struct conn_params *params,
	bool asks_scts, struct conn_owner *owner);

/* Only when ready. The query leaves at the end of this turn of the loop, with all the others.
 */
enum transport_err conn_submit(struct conn *conn, struct exchange *exchange);
void conn_cancel(struct conn *conn, struct exchange *exchange);
/* Ends it without a word to the owner; what is waiting must have been taken. */
void conn_close(struct conn *conn);

struct exchange *conn_take(struct conn *conn);
bool conn_is_ready(const struct conn *conn);
/* Has it ever been ready? Has it ever brought an answer? */
bool conn_was_ready(const struct conn *conn);
bool conn_was_useful(const struct conn *conn);
const struct verdict *conn_verdict(const struct conn *conn);
/* Why it ended, in words. */
const char *conn_why(const struct conn *conn);
struct tls_facts conn_tls(const struct conn *conn);
/* As tls_certificates(). */
size_t conn_certificates(const struct conn *conn, struct wire ret[VERIFY_CHAIN_MAX + 1]);
