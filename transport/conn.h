/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * One connection to an upstream, from dialling to its end. Queries can be given to it only when
 * it is ready, and it is ready only when its peer has passed the verdict.
 */
#include "transport/clock.h"
#include "transport/dial.h"
#include "transport/framing.h"
#include "transport/loop.h"
#include "transport/tls.h"

struct conn;

/* Embedded in whoever owns the connection; all are called from the loop, never from a conn_
 * call. */
struct conn_owner {
	void (*ready)(struct conn_owner *);
	void (*answered)(struct conn_owner *, const struct framing_news *);
	/* This attempt alone failed. */
	void (*returned)(struct conn_owner *, const struct framing_news *);
	/* It takes no more queries; those under way go on, and it ends with the last of them.
	 * `stalled`: it is silent, though it owes answers. */
	void (*leaving)(struct conn_owner *, bool stalled);
	/* It is suspect, and was not before; may be told of one that is leaving, too. */
	void (*suspected)(struct conn_owner *);
	/* The last call. What is still waiting is to be had by conn_take() during it; then the
	 * connection frees itself. conn_verdict() and conn_why() tell why. */
	void (*ended)(struct conn_owner *, enum transport_err err);
};

struct conn_limits {
	uint32_t ready_ms;  /* until it must be ready */
	uint32_t silent_ms; /* after which a silent peer that owes an answer is given up */
	/* After which an unused connection is closed by us. */
	uint32_t idle_ms;
	unsigned patience; /* doubles what it takes until a silent peer is doubted */
};

/* What connections are made with. */
struct conn_params {
	struct loop *loop;
	const struct tls_context *context;
	const struct clock *clock;
	struct conn_limits limits;
	bool asks_scts;        /* as in struct tls_params */
	struct ticket *ticket; /* so too; moved */
};

/* Dials. NULL when there is no memory. endpoint, and what params point to, are borrowed until
 * it ends. */
struct conn *conn_new(const struct endpoint *endpoint, const struct conn_params *params,
	struct conn_owner *owner);

/* Only when ready. The query leaves at the end of this turn of the loop, with all the others.
 */
enum transport_err conn_submit(struct conn *conn, struct attempt *attempt);
void conn_cancel(struct conn *conn, struct attempt *attempt);
/* Takes no more queries; closes itself when none is under way. */
void conn_leave(struct conn *conn);
/* So too, and it is not doubted any more: the owner does already. */
void conn_doubt(struct conn *conn);
/* Ends it without a word to the owner; what is waiting must have been taken. */
void conn_close(struct conn *conn);

struct attempt *conn_take(struct conn *conn);
bool conn_is_ready(const struct conn *conn);
/* When the peer was heard last, or began to owe; only when ready. */
uint64_t conn_heard_ms(const struct conn *conn);
/* A round trip to the peer; only when ready. */
uint32_t conn_rtt_ms(const struct conn *conn);
/* Has it said something that nobody has read yet? */
bool conn_has_unread(const struct conn *conn);
/* It owes a sign of life for longer than that takes. */
bool conn_is_suspect(const struct conn *conn);
/* Asks it for a sign of life, unless it owes one already. */
void conn_ping(struct conn *conn);
/* Has it ever been ready? Has it ever brought an answer? */
bool conn_was_ready(const struct conn *conn);
bool conn_was_useful(const struct conn *conn);
/* How long nobody has used it, if nobody does now; else 0. */
uint64_t conn_idle_ms(const struct conn *conn);
/* The server has said how long it keeps an idle connection; it is closed before. The last word
 * counts. */
void conn_set_idle_limit(struct conn *conn, uint32_t idle_ms);
/* As tls_ticket(). */
struct ticket *conn_ticket(const struct conn *conn);
const struct verdict *conn_verdict(const struct conn *conn);
/* Why it ended, in words. */
const char *conn_why(const struct conn *conn);
struct tls_facts conn_tls(const struct conn *conn);
/* As tls_certificates(). */
size_t conn_certificates(const struct conn *conn, struct wire ret[VERIFY_CHAIN_MAX + 1]);
